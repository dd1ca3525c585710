/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When each item is due and which may start now, as pure arithmetic: time is
 * handed in, so that years of it can be tested in a second. Called by the
 * scheduler alone, which owns the clock, the timer and the statistics.
 */
#ifndef SCHEDULE_SLOTS_H
#define SCHEDULE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schedule/scheduler.h"

/* A slot of an item is at offset + k * interval + jitter, the jitter below
 * min(interval / 100, SLOTS_JITTER_MAX_NS) and always the same for that item and k. */
#define SLOTS_JITTER_MAX_NS INT64_C(50000000)
/* A slot noticed later than this is skipped: after a stall there is at most this much to
 * make up for, whatever its length. First rounds are excepted. */
#define SLOTS_LATE_MAX_NS INT64_C(1000000000)

struct slots;

/* Copies the items. NULL where memory is out. */
struct slots *slots_create(const struct schedule_item *items, size_t count, unsigned cap);
void slots_destroy(struct slots *slots); /* NULL-safe */

/* Sets the first slot of each item: its next regular one, its distance from now_ns shrunk
 * by first_spread_ns / interval where that is below 1. */
void slots_begin(struct slots *slots, int64_t now_ns, int64_t first_spread_ns);
/* Queues what has become due; returns how many slots were skipped. */
uint64_t slots_advance(struct slots *slots, int64_t now_ns);
/* Takes the next one that may start, first come, first served; false: none waits, or
 * there is no room for the first. It is under way from then on. */
bool slots_take(struct slots *slots, int64_t now_ns, size_t *item, int64_t *lag_ns);
/* The item's round has ended. Advance first: until then its slots are skipped. */
void slots_release(struct slots *slots, size_t item);
/* When something becomes due; INT64_MAX: never. */
int64_t slots_next_ns(const struct slots *slots);

#endif
