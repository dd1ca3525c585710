/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When each item is due: evenly spread at the start, then every interval at a
 * stable offset of its own with a little jitter; missed slots are skipped and
 * counted, never caught up in a burst; no more than a cap under way at once.
 * Lives on one loop. Does not know what an item is.
 */
#ifndef SCHEDULE_SCHEDULER_H
#define SCHEDULE_SCHEDULER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "event/loop.h"

/* Shared by all schedulers of the process; only ever added to or overwritten. */
struct schedule_statistics {
  atomic_uint_fast64_t rounds_skipped;
  atomic_int_fast64_t lag_ns; /* how late the latest start was */
};

struct schedule_item {
  int64_t interval_ns;
  int64_t offset_ns; /* of its slots, within the interval; from schedule_offset_ns() */
  unsigned weight;   /* how many of the cap it takes while under way, at least 1 */
  bool continued;    /* its rounds go on: the next one is at its regular slot */
};

struct scheduler;

/* start(context, item) begins an item's round; whoever does it calls
 * scheduler_finished() when the round has ended (also from inside start). An item heavier
 * than the cap runs alone. start may stop the scheduler but not destroy it. */
struct scheduler *scheduler_create(struct loop *loop, const struct schedule_item *items,
                                   size_t count, unsigned cap,
                                   struct schedule_statistics *statistics,
                                   void (*start)(void *context, size_t item), void *context);
/* Arms the timer: first rounds are spread over min(interval, first_spread_ns). With
 * INT64_MAX each begins at its regular slot, as if the process had always been there. */
void scheduler_run(struct scheduler *scheduler, int64_t first_spread_ns);
void scheduler_finished(struct scheduler *scheduler, size_t item);
/* No start afterwards. */
void scheduler_stop(struct scheduler *scheduler);
void scheduler_destroy(struct scheduler *scheduler); /* NULL-safe */

/* A stable offset in [0, interval_ns) from the item's name (FNV-1a, then mixed). */
int64_t schedule_offset_ns(const char *name, int64_t interval_ns);

#endif
