/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedule/scheduler.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "schedule/slots.h"

struct scheduler {
  struct slots *slots;
  struct timer *timer;
  struct schedule_statistics *statistics;
  void (*start)(void *context, size_t item);
  void *context;
  bool running;
  bool starting; /* start() is on the stack */
};

/* Also called by what start() calls: then the loop below, further down the stack, goes on
 * with what has become free, and the stack does not grow with the queue. */
static void start_what_is_due(struct scheduler *scheduler)
{
  if (scheduler->starting) {
    return;
  }
  scheduler->starting = true;
  size_t item;
  int64_t lag_ns;
  while (scheduler->running && slots_take(scheduler->slots, clock_monotonic_ns(), &item, &lag_ns)) {
    atomic_store_explicit(&scheduler->statistics->lag_ns, lag_ns, memory_order_relaxed);
    scheduler->start(scheduler->context, item);
  }
  scheduler->starting = false;
}

static void advance(struct scheduler *scheduler)
{
  uint64_t skipped = slots_advance(scheduler->slots, clock_monotonic_ns());
  if (skipped > 0) {
    atomic_fetch_add_explicit(&scheduler->statistics->rounds_skipped, skipped,
                              memory_order_relaxed);
  }
}

static void arm(struct scheduler *scheduler)
{
  int64_t next_ns = slots_next_ns(scheduler->slots);
  if (scheduler->running && next_ns != INT64_MAX) {
    timer_start(scheduler->timer, next_ns - clock_monotonic_ns());
  }
}

static void slot_has_come(void *context)
{
  struct scheduler *scheduler = context;
  advance(scheduler);
  start_what_is_due(scheduler);
  arm(scheduler);
}

struct scheduler *scheduler_create(struct loop *loop, const struct schedule_item *items,
                                   size_t count, unsigned cap,
                                   struct schedule_statistics *statistics,
                                   void (*start)(void *context, size_t item), void *context)
{
  struct scheduler *scheduler = calloc(1, sizeof(*scheduler));
  if (scheduler == NULL) {
    return NULL;
  }
  scheduler->statistics = statistics;
  scheduler->start = start;
  scheduler->context = context;
  scheduler->slots = slots_create(items, count, cap);
  scheduler->timer = timer_create_on(loop, slot_has_come, scheduler);
  if (scheduler->slots == NULL || scheduler->timer == NULL) {
    scheduler_destroy(scheduler);
    return NULL;
  }
  return scheduler;
}

void scheduler_run(struct scheduler *scheduler, int64_t first_spread_ns)
{
  slots_begin(scheduler->slots, clock_monotonic_ns(), first_spread_ns);
  scheduler->running = true;
  arm(scheduler);
}

void scheduler_finished(struct scheduler *scheduler, size_t item)
{
  if (scheduler->running) {
    advance(scheduler);
  }
  slots_release(scheduler->slots, item);
  start_what_is_due(scheduler);
}

void scheduler_stop(struct scheduler *scheduler)
{
  scheduler->running = false;
  timer_stop(scheduler->timer);
}

void scheduler_destroy(struct scheduler *scheduler)
{
  if (scheduler == NULL) {
    return;
  }
  timer_destroy(scheduler->timer);
  slots_destroy(scheduler->slots);
  free(scheduler);
}
