/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/prober.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "diagnosis/diagnose.h"
#include "event/resolver.h"
#include "link/tls_context.h"
#include "probe/round.h"

/* One of the targets. */
struct charge {
  struct prober *prober;
  size_t own;
  size_t index; /* of the target in the settings */
  const struct target *target;
  struct round_memory memory;
  struct round *round; /* under way; NULL: none */
  void (*ended)(void *context, size_t own);
  void *context;
};

struct prober {
  struct prober_shared *shared;
  const struct settings *settings;
  struct probe_environment environment;
  struct charge *charges;
  size_t count;
  /* by credential of the settings: what the store was last told of; references */
  struct credential_material **published;
};

static void on_in_flight(void *context, int change)
{
  struct charge *charge = context;
  (void)atomic_fetch_add(&charge->prober->shared->probes_in_flight, change);
}

static void on_probe_ended(void *context, size_t route, const struct observation *observation)
{
  struct charge *charge = context;
  store_record_probe(charge->prober->shared->store, charge->index, route, observation->duration_ns,
                     observation->ended_in != PHASE_DONE);
}

/* The facts of the target's credential as its files are now; NULL: none is configured. Tells the
 * store when they are new. */
static const struct credential_facts *credential_facts_of(struct charge *charge)
{
  struct prober *prober = charge->prober;
  const struct credential *credential = charge->target->probe.credential;
  if (credential == NULL) {
    return NULL;
  }
  struct credential_material *material = tls_pool_credential(prober->environment.pool, credential);
  if (material == NULL) {
    return NULL;
  }
  size_t index = (size_t)(credential - prober->settings->credentials);
  const struct credential_facts *facts = credential_material_facts(material);
  struct credential_facts copy;
  if (prober->published[index] != material && credential_facts_copy(facts, &copy) == STATUS_OK) {
    credential_unref(prober->published[index]);
    prober->published[index] = credential_ref(material);
    store_set_credential(prober->shared->store, index, &copy);
  }
  return facts;
}

static const struct route_memory *direct_memory(const struct charge *charge)
{
  for (size_t i = 0; i < charge->memory.route_count; i++) {
    if (charge->target->probe.routes[i].proxy == NULL) {
      return &charge->memory.routes[i];
    }
  }
  return NULL;
}

static void log_verdict(const struct charge *charge, size_t route, const struct verdict *verdict)
{
  struct route_snapshot before;
  store_read_route(charge->prober->shared->store, charge->index, route, &before);
  bool first = before.verdict == NULL;
  if (first ? !verdict->success : strcmp(before.verdict->reason, verdict->reason) != 0) {
    log_write(verdict->success ? LOG_INFO : LOG_WARN, "diagnosis changed", "target",
              charge->target->name, "route", charge->target->probe.routes[route].name, "fault",
              fault_name(verdict->fault), "reason", verdict->reason, "explanation",
              verdict->explanation, NULL);
  }
  route_snapshot_deinit(&before);
}

static void judge_route(struct charge *charge, size_t route,
                        const struct credential_facts *credential)
{
  const struct route_memory *memory = &charge->memory.routes[route];
  const struct route_memory *direct = direct_memory(charge);
  struct diagnosis_input input = {
      .target = charge->target,
      .route = &charge->target->probe.routes[route],
      .credential = credential,
      .now_seconds = clock_wall_ns() / NS_PER_SECOND,
  };
  for (size_t p = 0; p < PRESENTED_COUNT; p++) {
    input.observations[p] = memory->observations[p];
    input.direct[p] = direct != NULL ? direct->observations[p] : NULL;
  }
  struct route_result result = {
      .verdict = diagnose(&input),
      .contrast_ns = memory->contrast_ns,
  };
  if (result.verdict == NULL) {
    log_write(LOG_ERROR, "out of memory", "target", charge->target->name, NULL);
    return;
  }
  memcpy(result.observations, memory->observations, sizeof(result.observations));
  log_verdict(charge, route, result.verdict);
  store_record_route(charge->prober->shared->store, charge->index, route, &result);
  verdict_unref(result.verdict);
}

static void on_round_done(void *context)
{
  struct charge *charge = context;
  charge->round = NULL;
  const struct credential_facts *credential = credential_facts_of(charge);
  for (size_t i = 0; i < charge->memory.route_count; i++) {
    judge_route(charge, i, credential);
  }
  charge->ended(charge->context, charge->own);
}

static const struct round_events round_events = {
    .in_flight = on_in_flight,
    .probe_ended = on_probe_ended,
    .done = on_round_done,
};

static bool take_charge(struct prober *prober, size_t own, size_t index)
{
  struct charge *charge = &prober->charges[own];
  charge->prober = prober;
  charge->own = own;
  charge->index = index;
  charge->target = &prober->settings->targets[index];
  return round_memory_init(&charge->memory, charge->target) == STATUS_OK;
}

struct prober *prober_create(struct loop *loop, struct prober_shared *shared, size_t first,
                             size_t stride)
{
  struct prober *prober = calloc(1, sizeof(*prober));
  if (prober == NULL) {
    return NULL;
  }
  const struct settings *settings = store_settings(shared->store);
  size_t targets = settings->target_count;
  size_t count = first < targets ? (targets - first + stride - 1) / stride : 0;
  prober->shared = shared;
  prober->settings = settings;
  prober->environment.loop = loop;
  prober->environment.resolver = resolver_create(loop, NULL);
  prober->environment.pool = tls_pool_create();
  prober->charges = calloc(count > 0 ? count : 1, sizeof(*prober->charges));
  prober->published = calloc(settings->credential_count + 1, sizeof(struct credential_material *));
  bool ready = prober->environment.resolver != NULL && prober->environment.pool != NULL &&
               prober->charges != NULL && prober->published != NULL;
  while (ready && prober->count < count) {
    ready = take_charge(prober, prober->count, first + prober->count * stride);
    prober->count++;
  }
  if (!ready) {
    prober_destroy(prober);
    return NULL;
  }
  return prober;
}

void prober_destroy(struct prober *prober)
{
  if (prober == NULL) {
    return;
  }
  for (size_t i = 0; prober->charges != NULL && i < prober->count; i++) {
    round_cancel(prober->charges[i].round);
    round_memory_deinit(&prober->charges[i].memory);
  }
  for (size_t i = 0; prober->published != NULL && i < prober->settings->credential_count; i++) {
    credential_unref(prober->published[i]);
  }
  free(prober->published);
  free(prober->charges);
  tls_pool_destroy(prober->environment.pool);
  if (prober->environment.resolver != NULL) {
    resolver_destroy(prober->environment.resolver);
  }
  free(prober);
}

size_t prober_count(const struct prober *prober)
{
  return prober->count;
}

const struct target *prober_target(const struct prober *prober, size_t own)
{
  return prober->charges[own].target;
}

bool prober_start_round(struct prober *prober, size_t own, void (*ended)(void *context, size_t own),
                        void *context)
{
  struct charge *charge = &prober->charges[own];
  charge->ended = ended;
  charge->context = context;
  charge->round =
      round_start(&prober->environment, charge->target, &charge->memory, &round_events, charge);
  return charge->round != NULL;
}
