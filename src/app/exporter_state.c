/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/exporter_state.h"

#include "app/stations.h"
#include "base/clock.h"
#include "base/version.h"
#include "link/tls_context.h"

void exporter_state_init(struct exporter_state *state, struct store *store)
{
  *state = (struct exporter_state){.store = store, .started_ns = clock_wall_ns()};
  (void)pthread_mutex_init(&state->lock, NULL);
  exporter_state_reloaded(state, true);
}

void exporter_state_deinit(struct exporter_state *state)
{
  store_unref(state->store);
  (void)pthread_mutex_destroy(&state->lock);
}

struct store *exporter_state_store(struct exporter_state *state)
{
  (void)pthread_mutex_lock(&state->lock);
  struct store *store = store_ref(state->store);
  (void)pthread_mutex_unlock(&state->lock);
  return store;
}

void exporter_state_replace(struct exporter_state *state, struct store *store)
{
  (void)pthread_mutex_lock(&state->lock);
  struct store *before = state->store;
  state->store = store;
  (void)pthread_mutex_unlock(&state->lock);
  store_unref(before);
}

void exporter_state_set_stations(struct exporter_state *state, struct stations *stations)
{
  (void)pthread_mutex_lock(&state->lock);
  state->stations = stations;
  (void)pthread_mutex_unlock(&state->lock);
}

void exporter_state_visit(struct exporter_state *state, struct store *store,
                          void (*ended)(void *context, bool complete), void *context)
{
  (void)pthread_mutex_lock(&state->lock);
  bool taken = state->stations != NULL && stations_visit(state->stations, store, ended, context);
  (void)pthread_mutex_unlock(&state->lock);
  if (!taken) {
    ended(context, false);
  }
}

void exporter_state_reloaded(struct exporter_state *state, bool successful)
{
  atomic_store(&state->last_reload_successful, successful);
  if (successful) {
    atomic_store(&state->last_reload_success_ns, clock_wall_ns());
  }
}

struct exporter_facts exporter_state_facts(struct exporter_state *state)
{
  int64_t in_flight = atomic_load(&state->probes_in_flight);
  return (struct exporter_facts){
      .version = VERSION_TEXT,
      .wolfssl_version = tls_library_version(),
      .probes_in_flight = in_flight > 0 ? (uint64_t)in_flight : 0,
      .rounds_skipped = atomic_load(&state->statistics.rounds_skipped),
      .scheduler_lag_seconds =
          (double)atomic_load(&state->statistics.lag_ns) / (double)NS_PER_SECOND,
      .last_reload_successful = atomic_load(&state->last_reload_successful),
      .last_reload_success_ns = atomic_load(&state->last_reload_success_ns),
      .start_ns = state->started_ns,
  };
}
