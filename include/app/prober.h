/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One worker's share of the targets on one loop: runs a round of a target, has it
 * diagnosed, puts the result into the store. Made and used on the worker's own
 * thread; shares only the store and the counters with others.
 */
#ifndef APP_PROBER_H
#define APP_PROBER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "event/loop.h"
#include "store/store.h"

struct prober;

/* Of the store's targets this prober takes first, first + stride, ... (its own are then counted
 * from 0), and goes on where the store shows rounds already. in_flight counts the probes under way
 * of all probers. Both are borrowed. NULL where memory or descriptors are out. */
struct prober *prober_create(struct loop *loop, struct store *store, atomic_int_fast64_t *in_flight,
                             size_t first, size_t stride);
/* Closes whatever is under way. NULL-safe. */
void prober_destroy(struct prober *prober);

size_t prober_count(const struct prober *prober);
const struct target *prober_target(const struct prober *prober, size_t own);
/* Whether there was a round of it before this prober was made. */
bool prober_continues(const struct prober *prober, size_t own);

/* One round, now, of the first target of another store, whose credentials and proxies are this
 * prober's; ended is called when its results are there, or with the prober's end. false: it could
 * not start, and nothing is called. */
NODISCARD bool prober_start_visit(struct prober *prober, struct store *store,
                                  void (*ended)(void *context, bool complete), void *context);

/* Starts a round of one of its targets; ended is called from the loop when its results are in the
 * store, never from inside this call. false: it could not start, and nothing is called. */
NODISCARD bool prober_start_round(struct prober *prober, size_t own,
                                  void (*ended)(void *context, size_t own), void *context);

#endif
