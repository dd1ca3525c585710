/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Close around 0.2 s, where a probe ends that waited in vain for a late alert. */
const double store_bucket_bounds[STORE_BUCKETS] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.2,
                                                   0.3,   0.5,  1,     2.5,  5,   10};

struct slot {
  pthread_mutex_t lock;
  size_t route_kind;
  bool judged;               /* had a verdict once */
  struct route_snapshot now; /* holds references */
  struct diagnosis_history history;
};

struct histogram_slot {
  pthread_mutex_t lock;
  struct duration_histogram now;
};

struct credential_slot {
  pthread_mutex_t lock;
  bool set;
  uint64_t changes;
  struct credential_facts facts;
};

struct store {
  atomic_uint references;
  struct settings *settings;
  size_t *first_slots; /* of each target; its routes follow in order */
  struct slot *slots;
  size_t slot_count;
  struct histogram_slot *histograms;
  size_t histogram_count;
  struct credential_slot *credentials;
  atomic_size_t slots_without_verdict;
};

/* calloc() may answer NULL for nothing at all, which is no lack of memory. */
static void *allocate(size_t count, size_t bytes)
{
  return calloc(count > 0 ? count : 1, bytes);
}

static size_t find_route_kind(const struct settings *settings, const struct route *route)
{
  for (size_t i = 0; i < settings->proxy_count; i++) {
    if (route->proxy == &settings->proxies[i]) {
      return 1 + i;
    }
  }
  return 0;
}

static size_t count_slots(const struct settings *settings)
{
  size_t count = 0;
  for (size_t i = 0; i < settings->target_count; i++) {
    count += settings->targets[i].probe.route_count;
  }
  return count;
}

static void init_slots(struct store *store)
{
  size_t next = 0;
  for (size_t i = 0; i < store->settings->target_count; i++) {
    const struct probe_settings *probe = &store->settings->targets[i].probe;
    store->first_slots[i] = next;
    for (size_t j = 0; j < probe->route_count; j++) {
      (void)pthread_mutex_init(&store->slots[next].lock, NULL);
      store->slots[next].route_kind = find_route_kind(store->settings, &probe->routes[j]);
      next++;
    }
  }
  for (size_t i = 0; i < store->histogram_count; i++) {
    (void)pthread_mutex_init(&store->histograms[i].lock, NULL);
  }
  for (size_t i = 0; i < store->settings->credential_count; i++) {
    (void)pthread_mutex_init(&store->credentials[i].lock, NULL);
  }
}

static void free_arrays(struct store *store)
{
  free(store->first_slots);
  free(store->slots);
  free(store->histograms);
  free(store->credentials);
  free(store);
}

struct store *store_create(struct settings *settings)
{
  struct store *store = calloc(1, sizeof(*store));
  if (store == NULL) {
    return NULL;
  }
  store->slot_count = count_slots(settings);
  store->histogram_count = 1 + settings->proxy_count;
  store->first_slots = allocate(settings->target_count, sizeof(*store->first_slots));
  store->slots = allocate(store->slot_count, sizeof(*store->slots));
  store->histograms = allocate(store->histogram_count, sizeof(*store->histograms));
  store->credentials = allocate(settings->credential_count, sizeof(*store->credentials));
  if (store->first_slots == NULL || store->slots == NULL || store->histograms == NULL ||
      store->credentials == NULL) {
    free_arrays(store);
    return NULL;
  }
  atomic_init(&store->references, 1);
  store->settings = settings_ref(settings);
  atomic_init(&store->slots_without_verdict, store->slot_count);
  init_slots(store);
  return store;
}

struct store *store_ref(struct store *store)
{
  (void)atomic_fetch_add(&store->references, 1);
  return store;
}

void store_unref(struct store *store)
{
  if (store == NULL || atomic_fetch_sub(&store->references, 1) > 1) {
    return;
  }
  for (size_t i = 0; i < store->slot_count; i++) {
    route_snapshot_deinit(&store->slots[i].now);
    (void)pthread_mutex_destroy(&store->slots[i].lock);
  }
  for (size_t i = 0; i < store->histogram_count; i++) {
    (void)pthread_mutex_destroy(&store->histograms[i].lock);
  }
  for (size_t i = 0; i < store->settings->credential_count; i++) {
    credential_facts_deinit(&store->credentials[i].facts);
    (void)pthread_mutex_destroy(&store->credentials[i].lock);
  }
  settings_unref(store->settings);
  free_arrays(store);
}

const struct settings *store_settings(const struct store *store)
{
  return store->settings;
}

static struct slot *find_slot(struct store *store, size_t target, size_t route)
{
  return &store->slots[store->first_slots[target] + route];
}

/* When the newest of the observations ended; now where there is none. */
static int64_t round_end_ns(const struct route_result *result)
{
  int64_t newest_ns = 0;
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    const struct observation *observation = result->observations[i];
    if (observation != NULL && observation->started_ns + observation->duration_ns > newest_ns) {
      newest_ns = observation->started_ns + observation->duration_ns;
    }
  }
  return newest_ns != 0 ? newest_ns : clock_wall_ns();
}

static bool has_diagnosis(const struct verdict *verdict, enum fault fault, const char *reason)
{
  return verdict->fault == fault && strcmp(verdict->reason, reason) == 0;
}

/* Nothing new where it is the newest already. */
static void remember_diagnosis(struct diagnosis_history *history, const struct verdict *verdict,
                               int64_t since_ns)
{
  const struct diagnosis *newest = &history->diagnoses[0];
  if (history->count > 0 && has_diagnosis(verdict, newest->fault, newest->reason)) {
    return;
  }
  size_t kept = history->count < STORE_DIAGNOSES_KEPT ? history->count : STORE_DIAGNOSES_KEPT - 1;
  memmove(&history->diagnoses[1], &history->diagnoses[0], kept * sizeof(history->diagnoses[0]));
  history->diagnoses[0] = (struct diagnosis){verdict->fault, verdict->reason, since_ns};
  history->count = kept + 1;
}

/* Turns the slot's state into the one after the result. What it replaces goes into
 * old, for the caller to let go outside the lock. */
static void apply_result(struct route_snapshot *now, const struct route_result *result,
                         struct route_snapshot *old)
{
  int64_t end_ns = round_end_ns(result);
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    old->observations[i] = now->observations[i];
    now->observations[i] =
        result->observations[i] != NULL ? observation_ref(result->observations[i]) : NULL;
  }
  old->verdict = now->verdict;
  now->verdict = result->verdict != NULL ? verdict_ref(result->verdict) : NULL;
  now->contrast_ns = result->contrast_ns;
  now->last_probe_ns = end_ns;
  if (now->verdict == NULL) {
    return;
  }
  if (now->verdict->success) {
    now->last_success_ns = end_ns;
  }
  if (old->verdict == NULL) {
    now->last_change_ns = end_ns;
  } else if (!has_diagnosis(now->verdict, old->verdict->fault, old->verdict->reason)) {
    now->last_change_ns = end_ns;
    now->diagnosis_changes++;
  }
}

void store_record_route(struct store *store, size_t target, size_t route,
                        const struct route_result *result)
{
  struct slot *slot = find_slot(store, target, route);
  struct route_snapshot old = {0};
  (void)pthread_mutex_lock(&slot->lock);
  apply_result(&slot->now, result, &old);
  if (slot->now.verdict != NULL) {
    remember_diagnosis(&slot->history, slot->now.verdict, slot->now.last_probe_ns);
  }
  bool first = !slot->judged && slot->now.verdict != NULL;
  slot->judged = slot->judged || first;
  (void)pthread_mutex_unlock(&slot->lock);
  if (first) {
    (void)atomic_fetch_sub(&store->slots_without_verdict, 1);
  }
  route_snapshot_deinit(&old);
}

static size_t find_bucket(double seconds)
{
  size_t bucket = 0;
  while (bucket < STORE_BUCKETS && seconds > store_bucket_bounds[bucket]) {
    bucket++;
  }
  return bucket;
}

void store_record_probe(struct store *store, size_t target, size_t route, int64_t duration_ns,
                        bool failed)
{
  struct slot *slot = find_slot(store, target, route);
  (void)pthread_mutex_lock(&slot->lock);
  slot->now.probes++;
  slot->now.probe_failures += failed ? 1 : 0;
  (void)pthread_mutex_unlock(&slot->lock);

  double seconds = (double)duration_ns / (double)NS_PER_SECOND;
  struct histogram_slot *histogram = &store->histograms[slot->route_kind];
  (void)pthread_mutex_lock(&histogram->lock);
  histogram->now.buckets[find_bucket(seconds)]++;
  histogram->now.sum_seconds += seconds;
  (void)pthread_mutex_unlock(&histogram->lock);
}

static bool same_files(const struct credential_facts *a, const struct credential_facts *b)
{
  if (a->loaded != b->loaded || a->chain_length != b->chain_length) {
    return false;
  }
  for (size_t i = 0; i < a->chain_length; i++) {
    if (strcmp(a->chain[i].sha256, b->chain[i].sha256) != 0) {
      return false;
    }
  }
  return true;
}

bool store_set_credential(struct store *store, size_t credential, struct credential_facts *facts)
{
  struct credential_slot *slot = &store->credentials[credential];
  (void)pthread_mutex_lock(&slot->lock);
  struct credential_facts old = slot->facts;
  /* every worker reads the files and tells: once is enough */
  bool changed = slot->set && !same_files(&old, facts);
  slot->changes += changed ? 1 : 0;
  slot->facts = *facts;
  slot->set = true;
  (void)pthread_mutex_unlock(&slot->lock);
  *facts = (struct credential_facts){0};
  credential_facts_deinit(&old);
  return changed;
}

void store_read_route(struct store *store, size_t target, size_t route, struct route_snapshot *out)
{
  struct slot *slot = find_slot(store, target, route);
  (void)pthread_mutex_lock(&slot->lock);
  *out = slot->now;
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    if (out->observations[i] != NULL) {
      (void)observation_ref(out->observations[i]);
    }
  }
  if (out->verdict != NULL) {
    (void)verdict_ref(out->verdict);
  }
  (void)pthread_mutex_unlock(&slot->lock);
}

void store_read_history(struct store *store, size_t target, size_t route,
                        struct diagnosis_history *out)
{
  struct slot *slot = find_slot(store, target, route);
  (void)pthread_mutex_lock(&slot->lock);
  *out = slot->history;
  (void)pthread_mutex_unlock(&slot->lock);
}

void store_read_summary(struct store *store, size_t target, size_t route, struct route_summary *out)
{
  struct slot *slot = find_slot(store, target, route);
  (void)pthread_mutex_lock(&slot->lock);
  const struct verdict *verdict = slot->now.verdict;
  *out = (struct route_summary){.requested = ANSWER_UNKNOWN,
                                .required = ANSWER_UNKNOWN,
                                .accepted = ANSWER_UNKNOWN,
                                .tunnel = TUNNEL_UNKNOWN,
                                .last_probe_ns = slot->now.last_probe_ns};
  if (verdict != NULL) {
    out->judged = true;
    out->success = verdict->success;
    out->requested = verdict->requested;
    out->required = verdict->required;
    out->accepted = verdict->accepted;
    out->tunnel = verdict->tunnel;
    out->now = slot->history.diagnoses[0];
    out->before = slot->history.diagnoses[1]; /* all zero where there is none */
  }
  (void)pthread_mutex_unlock(&slot->lock);
}

void route_snapshot_deinit(struct route_snapshot *snapshot)
{
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    observation_unref(snapshot->observations[i]);
  }
  verdict_unref(snapshot->verdict);
  *snapshot = (struct route_snapshot){0};
}

void store_read_histogram(struct store *store, size_t route_kind, struct duration_histogram *out)
{
  struct histogram_slot *histogram = &store->histograms[route_kind];
  (void)pthread_mutex_lock(&histogram->lock);
  *out = histogram->now;
  (void)pthread_mutex_unlock(&histogram->lock);
}

void store_visit_credential(struct store *store, size_t credential,
                            void (*visit)(void *context, const struct credential_facts *facts,
                                          uint64_t changes),
                            void *context)
{
  struct credential_slot *slot = &store->credentials[credential];
  (void)pthread_mutex_lock(&slot->lock);
  visit(context, slot->set ? &slot->facts : NULL, slot->changes);
  (void)pthread_mutex_unlock(&slot->lock);
}

bool store_complete(struct store *store)
{
  return atomic_load(&store->slots_without_verdict) == 0;
}

/* ---- a reload -------------------------------------------------------------------------- */

/* Names beside their index, sorted: ten thousand targets are matched in no time. */
struct named {
  const char *name;
  size_t index;
};

static int compare_names(const void *a, const void *b)
{
  return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* To be freed; NULL where memory is out. */
static struct named *targets_by_name(const struct settings *settings)
{
  struct named *names = allocate(settings->target_count, sizeof(*names));
  for (size_t i = 0; names != NULL && i < settings->target_count; i++) {
    names[i] = (struct named){settings->targets[i].name, i};
  }
  if (names != NULL) {
    qsort(names, settings->target_count, sizeof(*names), compare_names);
  }
  return names;
}

static void inherit_slot(struct store *store, struct slot *slot, const struct slot *before,
                         bool same)
{
  struct route_snapshot known = before->now;
  if (same) {
    for (size_t i = 0; i < PRESENTED_COUNT; i++) {
      known.observations[i] =
          known.observations[i] != NULL ? observation_ref(known.observations[i]) : NULL;
    }
    known.verdict = known.verdict != NULL ? verdict_ref(known.verdict) : NULL;
    slot->judged = before->judged;
    (void)atomic_fetch_sub(&store->slots_without_verdict, before->judged ? 1 : 0);
    slot->now = known;
    slot->history = before->history;
    return;
  }
  slot->now.probes = known.probes;
  slot->now.probe_failures = known.probe_failures;
  slot->now.diagnosis_changes = known.diagnosis_changes;
}

static void inherit_target(struct store *store, size_t index, struct store *before,
                           size_t before_index)
{
  const struct target *target = &store->settings->targets[index];
  const struct target *was = &before->settings->targets[before_index];
  bool same = target_same(target, was);
  for (size_t i = 0; i < target->probe.route_count; i++) {
    for (size_t j = 0; j < was->probe.route_count; j++) {
      if (strcmp(target->probe.routes[i].name, was->probe.routes[j].name) == 0) {
        inherit_slot(store, find_slot(store, index, i), find_slot(before, before_index, j), same);
      }
    }
  }
}

static void inherit_histograms(struct store *store, const struct store *before)
{
  store->histograms[0].now = before->histograms[0].now;
  for (size_t i = 0; i < store->settings->proxy_count; i++) {
    for (size_t j = 0; j < before->settings->proxy_count; j++) {
      if (strcmp(store->settings->proxies[i].name, before->settings->proxies[j].name) == 0) {
        store->histograms[1 + i].now = before->histograms[1 + j].now;
      }
    }
  }
}

static void inherit_credentials(struct store *store, const struct store *before)
{
  for (size_t i = 0; i < store->settings->credential_count; i++) {
    for (size_t j = 0; j < before->settings->credential_count; j++) {
      const struct credential_slot *was = &before->credentials[j];
      struct credential_slot *slot = &store->credentials[i];
      if (strcmp(store->settings->credentials[i].name, before->settings->credentials[j].name) ==
              0 &&
          was->set && credential_facts_copy(&was->facts, &slot->facts) == STATUS_OK) {
        slot->set = true;
        slot->changes = was->changes;
      }
    }
  }
}

void store_inherit(struct store *store, struct store *before)
{
  struct named *names = targets_by_name(before->settings);
  for (size_t i = 0; names != NULL && i < store->settings->target_count; i++) {
    const struct named wanted = {.name = store->settings->targets[i].name};
    const struct named *found =
        bsearch(&wanted, names, before->settings->target_count, sizeof(*names), compare_names);
    if (found != NULL) {
      inherit_target(store, i, before, found->index);
    }
  }
  free(names);
  inherit_histograms(store, before);
  inherit_credentials(store, before);
}
