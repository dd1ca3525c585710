/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/prober.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bypass/bypass.h"
#include "diagnosis/diagnose.h"
#include "event/resolver.h"
#include "link/tls_context.h"
#include "probe/round.h"

enum { POLICY_LIMIT_BYTES = 8192 };

/* A target that is being probed, and where its results go. */
struct charge {
  struct prober *prober;
  struct store *store;
  size_t own;   /* as the prober counts; of no meaning for a visit */
  size_t index; /* of the target in the store's settings */
  const struct target *target;
  struct round_memory memory;
  bool continues;
  struct round *round; /* under way; NULL: none */
  void (*ended)(void *context, size_t own);
  void *context;
};

/* One round of a target that is nobody's charge. */
struct visit {
  struct charge charge;
  void (*ended)(void *context, bool complete);
  void *context;
  struct visit *next;
  struct visit *before;
};

struct prober {
  struct store *store;
  atomic_int_fast64_t *in_flight;
  const struct settings *settings;
  struct probe_environment environment;
  struct charge *charges;
  size_t count;
  struct visit *visits;
  /* by credential of the settings: what the store was last told of; references */
  struct credential_material **published;
};

static void on_in_flight(void *context, int change)
{
  struct charge *charge = context;
  (void)atomic_fetch_add(charge->prober->in_flight, change);
}

static void on_probe_ended(void *context, size_t route, const struct observation *observation)
{
  struct charge *charge = context;
  store_record_probe(charge->store, charge->index, route, observation->duration_ns,
                     observation->ended_in != PHASE_DONE);
}

/* Tells the store what the files of its credential say now. */
static void publish(struct charge *charge, size_t index, struct credential_material *material)
{
  struct prober *prober = charge->prober;
  bool own_store = charge->store == prober->store;
  struct credential_facts copy;
  if ((own_store && prober->published[index] == material) ||
      credential_facts_copy(credential_material_facts(material), &copy) != STATUS_OK) {
    return;
  }
  if (own_store) {
    credential_unref(prober->published[index]);
    prober->published[index] = credential_ref(material);
  }
  if (store_set_credential(charge->store, index, &copy)) {
    const struct credential_facts *facts = credential_material_facts(material);
    log_write(facts->loaded ? LOG_INFO : LOG_WARN, "certificate files have changed", "credential",
              facts->name, "problem", facts->loaded ? "none" : facts->problem, NULL);
  }
}

/* The facts of the target's credential as its files are now; NULL: none is configured. */
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
  publish(charge, (size_t)(credential - prober->settings->credentials), material);
  return credential_material_facts(material);
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
  store_read_route(charge->store, charge->index, route, &before);
  bool first = before.verdict == NULL;
  if (first ? !verdict->success : strcmp(before.verdict->reason, verdict->reason) != 0) {
    log_write(verdict->success ? LOG_INFO : LOG_WARN, "diagnosis changed", "target",
              charge->target->name, "route", charge->target->probe.routes[route].name, "fault",
              fault_name(verdict->fault), "reason", verdict->reason, "explanation",
              verdict->explanation, NULL);
  }
  route_snapshot_deinit(&before);
}

/* What the administrator of a proxy that breaks the tunnel, or wants a password for it, can do. */
static void add_proxy_policy(const struct target *target, struct verdict *verdict)
{
  if (verdict->tunnel != TUNNEL_INTERCEPTED && verdict->tunnel != TUNNEL_AUTHENTICATION_REQUIRED) {
    return;
  }
  struct buffer rules;
  buffer_init(&rules, POLICY_LIMIT_BYTES);
  bypass_write_rules(target, &rules);
  if (rules.length > 0) {
    verdict->proxy_policy = buffer_take(&rules);
  }
  buffer_deinit(&rules);
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
  add_proxy_policy(charge->target, result.verdict);
  memcpy(result.observations, memory->observations, sizeof(result.observations));
  if (charge->store == charge->prober->store) {
    log_verdict(charge, route, result.verdict);
  }
  store_record_route(charge->store, charge->index, route, &result);
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

/* What the store knows of the route already: a reload takes nothing from a target. */
static bool recall(struct charge *charge, size_t route)
{
  struct route_snapshot known;
  store_read_route(charge->store, charge->index, route, &known);
  struct route_memory *memory = &charge->memory.routes[route];
  memcpy(memory->observations, known.observations, sizeof(memory->observations));
  memset(known.observations, 0, sizeof(known.observations)); /* the references are the memory's */
  memory->contrast_ns = known.contrast_ns;
  memory->contrast_monotonic_ns = clock_monotonic_ns() - (clock_wall_ns() - known.contrast_ns);
  bool known_already = known.verdict != NULL;
  route_snapshot_deinit(&known);
  return known_already;
}

/* Before the first round: it may take longer than a probe. */
static void prepare_look_alike(const struct charge *charge)
{
  const struct probe_settings *probe = &charge->target->probe;
  bool wanted = false;
  for (size_t i = 0; i < probe->route_count; i++) {
    wanted = wanted || target_presents(charge->target, &probe->routes[i], PRESENTED_UNTRUSTED);
  }
  if (wanted) {
    tls_pool_prepare_look_alike(charge->prober->environment.pool, probe->credential);
  }
}

static bool charge_init(struct charge *charge, struct prober *prober, struct store *store,
                        size_t index)
{
  charge->prober = prober;
  charge->store = store;
  charge->index = index;
  charge->target = &store_settings(store)->targets[index];
  if (round_memory_init(&charge->memory, charge->target) != STATUS_OK) {
    return false;
  }
  charge->continues = true;
  for (size_t i = 0; i < charge->memory.route_count; i++) {
    charge->continues = recall(charge, i) && charge->continues;
  }
  prepare_look_alike(charge);
  return true;
}

static void charge_deinit(struct charge *charge)
{
  round_cancel(charge->round);
  round_memory_deinit(&charge->memory);
}

static bool charge_start(struct charge *charge, void (*ended)(void *context, size_t own),
                         void *context)
{
  charge->ended = ended;
  charge->context = context;
  charge->round = round_start(&charge->prober->environment, charge->target, &charge->memory,
                              &round_events, charge);
  return charge->round != NULL;
}

struct prober *prober_create(struct loop *loop, struct store *store, atomic_int_fast64_t *in_flight,
                             size_t first, size_t stride)
{
  struct prober *prober = calloc(1, sizeof(*prober));
  if (prober == NULL) {
    return NULL;
  }
  const struct settings *settings = store_settings(store);
  size_t targets = settings->target_count;
  size_t count = first < targets ? (targets - first + stride - 1) / stride : 0;
  prober->store = store;
  prober->in_flight = in_flight;
  prober->settings = settings;
  prober->environment.loop = loop;
  prober->environment.resolver = resolver_create(loop, NULL);
  prober->environment.pool = tls_pool_create();
  prober->charges = calloc(count > 0 ? count : 1, sizeof(*prober->charges));
  prober->published = calloc(settings->credential_count + 1, sizeof(struct credential_material *));
  bool ready = prober->environment.resolver != NULL && prober->environment.pool != NULL &&
               prober->charges != NULL && prober->published != NULL;
  while (ready && prober->count < count) {
    struct charge *charge = &prober->charges[prober->count];
    charge->own = prober->count;
    ready = charge_init(charge, prober, store, first + prober->count * stride);
    prober->count++;
  }
  if (!ready) {
    prober_destroy(prober);
    return NULL;
  }
  return prober;
}

/* The only end of a visit. */
static void end_visit(struct visit *visit, bool complete)
{
  struct visit **link =
      visit->before != NULL ? &visit->before->next : &visit->charge.prober->visits;
  *link = visit->next;
  if (visit->next != NULL) {
    visit->next->before = visit->before;
  }
  void (*ended)(void *, bool) = visit->ended;
  void *context = visit->context;
  charge_deinit(&visit->charge);
  free(visit);
  ended(context, complete);
}

static void on_visit_round_ended(void *context, size_t own)
{
  (void)own;
  end_visit(context, true);
}

bool prober_start_visit(struct prober *prober, struct store *store,
                        void (*ended)(void *context, bool complete), void *context)
{
  struct visit *visit = calloc(1, sizeof(*visit));
  if (visit == NULL) {
    return false;
  }
  if (!charge_init(&visit->charge, prober, store, 0) ||
      !charge_start(&visit->charge, on_visit_round_ended, visit)) {
    charge_deinit(&visit->charge);
    free(visit);
    return false;
  }
  visit->ended = ended;
  visit->context = context;
  visit->next = prober->visits;
  if (visit->next != NULL) {
    visit->next->before = visit;
  }
  prober->visits = visit;
  return true;
}

void prober_destroy(struct prober *prober)
{
  if (prober == NULL) {
    return;
  }
  while (prober->visits != NULL) {
    end_visit(prober->visits, false);
  }
  for (size_t i = 0; prober->charges != NULL && i < prober->count; i++) {
    charge_deinit(&prober->charges[i]);
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

bool prober_continues(const struct prober *prober, size_t own)
{
  return prober->charges[own].continues;
}

bool prober_start_round(struct prober *prober, size_t own, void (*ended)(void *context, size_t own),
                        void *context)
{
  return charge_start(&prober->charges[own], ended, context);
}
