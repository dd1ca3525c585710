/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two clocks: one that only goes forward, for durations and deadlines, and
 * the calendar, for what a person or Prometheus reads. Called by whoever waits
 * or stamps; tests put a clock of their own in its place.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_SECOND INT64_C(1000000000)

/* Nanoseconds since an arbitrary point; never goes back (CLOCK_MONOTONIC). */
int64_t clock_monotonic_ns(void);
/* Nanoseconds since 1970-01-01 UTC (CLOCK_REALTIME). */
int64_t clock_wall_ns(void);

/* For tests: both clocks answer from these functions; NULL restores the real one. */
void clock_replace(int64_t (*monotonic_ns)(void), int64_t (*wall_ns)(void));

#endif
