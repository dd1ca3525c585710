/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the threads of a serving exporter share: the store that is current, until
 * a reload puts another in its place, and the numbers about the exporter itself.
 * Owned by serve; written by the main thread and the workers, read by the web's.
 */
#ifndef APP_EXPORTER_STATE_H
#define APP_EXPORTER_STATE_H

#include <pthread.h>

#include "report/report.h"
#include "schedule/scheduler.h"
#include "store/store.h"

struct stations;

struct exporter_state {
  pthread_mutex_t lock; /* of the two below */
  struct store *store;
  struct stations *stations; /* borrowed; NULL while there are none */
  atomic_int_fast64_t probes_in_flight;
  struct schedule_statistics statistics;
  atomic_bool last_reload_successful;
  atomic_int_fast64_t last_reload_success_ns; /* wall clock */
  int64_t started_ns;                         /* wall clock */
};

/* Takes over the reference to the store. */
void exporter_state_init(struct exporter_state *state, struct store *store);
void exporter_state_deinit(struct exporter_state *state);

/* A reference to the current store. */
struct store *exporter_state_store(struct exporter_state *state);
/* Takes over the reference to the store; the one before is let go. */
void exporter_state_replace(struct exporter_state *state, struct store *store);
/* Who makes visits from now on; NULL: nobody. */
void exporter_state_set_stations(struct exporter_state *state, struct stations *stations);
/* As stations_visit(); where there are none, ended is called at once. */
void exporter_state_visit(struct exporter_state *state, struct store *store,
                          void (*ended)(void *context, bool complete), void *context);

void exporter_state_reloaded(struct exporter_state *state, bool successful);
struct exporter_facts exporter_state_facts(struct exporter_state *state);

#endif
