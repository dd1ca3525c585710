/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread with its loop. Starts, is told to stop from another thread, and is
 * joined; what runs on the loop is made and taken down by the owner's functions,
 * on the worker's own thread.
 */
#ifndef SCHEDULE_WORKER_H
#define SCHEDULE_WORKER_H

#include "base/status.h"
#include "event/loop.h"

struct worker;

struct worker_role {
  /* Makes everything that lives on the loop; false: the worker ends at once. */
  bool (*set_up)(void *context, struct loop *loop);
  /* Takes all of it down; called after set_up, also when that was false. */
  void (*tear_down)(void *context);
};

/* Starts the thread, waits for set_up; STATUS_IO when it could not start or set_up failed. */
NODISCARD enum status worker_start(const struct worker_role *role, void *context,
                                   struct worker **out);
/* Asks the loop to stop, runs tear_down there, joins the thread, frees. NULL-safe. */
void worker_stop(struct worker *worker);
/* Asks several at once before joining any: stop is as fast as the slowest. */
void worker_ask_to_stop(struct worker *worker);

#endif
