/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The workers of one configuration: each station is a thread with its loop, its
 * share of the targets, their schedule and a prober; besides, any of them makes a
 * visit when asked. Made anew by a reload. Called by serve and the pages.
 */
#ifndef APP_STATIONS_H
#define APP_STATIONS_H

#include "app/exporter_state.h"
#include "base/status.h"

struct stations;

/* Probes the targets of the store, which is referenced; state is borrowed. workers 0: one per
 * core. */
NODISCARD enum status stations_start(struct exporter_state *state, struct store *store,
                                     unsigned workers, struct stations **out, struct error *error);
/* Closes whatever is under way, within a second; visits end incomplete. NULL-safe. */
void stations_stop(struct stations *stations);
size_t stations_count(const struct stations *stations);

/* How long the first rounds of so many targets are spread. */
int64_t stations_first_spread_ns(size_t targets);

/* One round, now, of the first target of this store, from any thread; ended is called once, later,
 * on a station's thread. false: there is no room, and nothing is called. */
NODISCARD bool stations_visit(struct stations *stations, struct store *store,
                              void (*ended)(void *context, bool complete), void *context);

#endif
