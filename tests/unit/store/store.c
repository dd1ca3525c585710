/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { DIRECT, THROUGH_PROXY, ROUTES };
enum { PAYMENTS, LEDGER, TARGETS };

/* Two targets; the first is probed direct and through proxy 1 of 2. */
static struct settings *make_settings(void)
{
  struct settings *settings = settings_create();
  ck_assert_ptr_nonnull(settings);
  settings->proxy_count = 2;
  settings->proxies = settings_allocate(settings, 2 * sizeof(*settings->proxies));
  settings->proxies[0].name = "unused";
  settings->proxies[1].name = "edge_swg";
  settings->credential_count = 1;
  settings->credentials = settings_allocate(settings, sizeof(*settings->credentials));
  settings->credentials[0].name = "payments";
  struct route *routes = settings_allocate(settings, ROUTES * sizeof(*routes));
  routes[DIRECT] = (struct route){.name = "direct"};
  routes[THROUGH_PROXY] = (struct route){.name = "edge_swg", .proxy = &settings->proxies[1]};
  settings->target_count = TARGETS;
  settings->targets = settings_allocate(settings, TARGETS * sizeof(*settings->targets));
  settings->targets[PAYMENTS].name = "payments";
  settings->targets[PAYMENTS].probe.routes = routes;
  settings->targets[PAYMENTS].probe.route_count = ROUTES;
  settings->targets[LEDGER].name = "ledger";
  settings->targets[LEDGER].probe.routes = routes;
  settings->targets[LEDGER].probe.route_count = 1;
  return settings;
}

static struct store *make_store(void)
{
  struct settings *settings = make_settings();
  struct store *store = store_create(settings);
  ck_assert_ptr_nonnull(store);
  settings_unref(settings);
  return store;
}

static struct verdict *make_verdict(enum fault fault, const char *reason)
{
  struct verdict *verdict = verdict_create();
  ck_assert_ptr_nonnull(verdict);
  verdict->fault = fault;
  verdict->reason = reason;
  verdict->success = fault == FAULT_NONE;
  verdict->explanation = strdup(reason);
  return verdict;
}

static struct observation *make_observation(enum presented presented, int64_t started_ns,
                                            int64_t duration_ns)
{
  struct observation *observation = observation_create(presented);
  ck_assert_ptr_nonnull(observation);
  observation->started_ns = started_ns;
  observation->duration_ns = duration_ns;
  return observation;
}

/* Records a round of one probe that presented ours and ended at end_ns. */
static void record(struct store *store, size_t target, size_t route, enum fault fault,
                   const char *reason, int64_t end_ns)
{
  struct observation *observation = make_observation(PRESENTED_CLIENT, end_ns - 5, 5);
  struct verdict *verdict = make_verdict(fault, reason);
  struct route_result result = {.observations = {[PRESENTED_CLIENT] = observation},
                                .verdict = verdict};
  store_record_route(store, target, route, &result);
  observation_unref(observation);
  verdict_unref(verdict);
}

START_TEST(new_slot_is_empty)
{
  struct store *store = make_store();
  struct route_snapshot snapshot;
  store_read_route(store, PAYMENTS, THROUGH_PROXY, &snapshot);
  ck_assert_ptr_null(snapshot.verdict);
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    ck_assert_ptr_null(snapshot.observations[i]);
  }
  ck_assert_int_eq(snapshot.last_probe_ns, 0);
  ck_assert_int_eq(snapshot.last_success_ns, 0);
  ck_assert_int_eq(snapshot.last_change_ns, 0);
  ck_assert_uint_eq(snapshot.diagnosis_changes, 0);
  ck_assert_uint_eq(snapshot.probes, 0);
  route_snapshot_deinit(&snapshot);
  store_unref(store);
}
END_TEST

START_TEST(store_keeps_the_settings_alive)
{
  struct store *store = make_store();
  ck_assert_str_eq(store_settings(store)->targets[LEDGER].name, "ledger");
  store_unref(store);
  store_unref(NULL);
}
END_TEST

START_TEST(result_is_kept_for_its_route_alone)
{
  struct store *store = make_store();
  record(store, PAYMENTS, THROUGH_PROXY, FAULT_PROXY, "tls_intercepted", 100);
  struct route_snapshot snapshot;
  store_read_route(store, PAYMENTS, THROUGH_PROXY, &snapshot);
  ck_assert_str_eq(snapshot.verdict->reason, "tls_intercepted");
  ck_assert_ptr_nonnull(snapshot.observations[PRESENTED_CLIENT]);
  ck_assert_ptr_null(snapshot.observations[PRESENTED_NONE]);
  route_snapshot_deinit(&snapshot);
  store_read_route(store, PAYMENTS, DIRECT, &snapshot);
  ck_assert_ptr_null(snapshot.verdict);
  route_snapshot_deinit(&snapshot);
  store_read_route(store, LEDGER, DIRECT, &snapshot);
  ck_assert_ptr_null(snapshot.verdict);
  route_snapshot_deinit(&snapshot);
  store_unref(store);
}
END_TEST

START_TEST(snapshot_outlives_the_next_result_and_the_store)
{
  struct store *store = make_store();
  record(store, PAYMENTS, DIRECT, FAULT_NONE, "ok", 100);
  struct route_snapshot snapshot;
  store_read_route(store, PAYMENTS, DIRECT, &snapshot);
  record(store, PAYMENTS, DIRECT, FAULT_SERVER, "client_certificate_not_requested", 200);
  store_unref(store);
  ck_assert_str_eq(snapshot.verdict->explanation, "ok");
  ck_assert_int_eq(snapshot.observations[PRESENTED_CLIENT]->started_ns, 95);
  route_snapshot_deinit(&snapshot);
}
END_TEST

START_TEST(first_diagnosis_has_a_time_but_is_no_change)
{
  struct store *store = make_store();
  record(store, PAYMENTS, DIRECT, FAULT_SERVER, "client_certificate_not_requested", 100);
  struct route_snapshot snapshot;
  store_read_route(store, PAYMENTS, DIRECT, &snapshot);
  ck_assert_uint_eq(snapshot.diagnosis_changes, 0);
  ck_assert_int_eq(snapshot.last_change_ns, 100);
  ck_assert_int_eq(snapshot.last_success_ns, 0);
  route_snapshot_deinit(&snapshot);
  store_unref(store);
}
END_TEST

START_TEST(change_of_fault_or_reason_is_counted_and_dated)
{
  struct store *store = make_store();
  /* the same words at another address are the same reason */
  char *reason = strdup("client_certificate_expired");
  record(store, PAYMENTS, DIRECT, FAULT_CLIENT, "client_certificate_expired", 100);
  record(store, PAYMENTS, DIRECT, FAULT_CLIENT, reason, 200);
  struct route_snapshot snapshot;
  store_read_route(store, PAYMENTS, DIRECT, &snapshot);
  ck_assert_uint_eq(snapshot.diagnosis_changes, 0);
  ck_assert_int_eq(snapshot.last_change_ns, 100);
  ck_assert_int_eq(snapshot.last_probe_ns, 200);
  route_snapshot_deinit(&snapshot);

  record(store, PAYMENTS, DIRECT, FAULT_CLIENT, "client_certificate_missing", 300);
  record(store, PAYMENTS, DIRECT, FAULT_SERVER, "client_certificate_missing", 400);
  record(store, PAYMENTS, DIRECT, FAULT_NONE, "ok", 500);
  record(store, PAYMENTS, DIRECT, FAULT_SERVER, "http_status_unexpected", 600);
  store_read_route(store, PAYMENTS, DIRECT, &snapshot);
  ck_assert_uint_eq(snapshot.diagnosis_changes, 4);
  ck_assert_int_eq(snapshot.last_change_ns, 600);
  ck_assert_int_eq(snapshot.last_success_ns, 500);
  route_snapshot_deinit(&snapshot);
  store_unref(store);
  free(reason);
}
END_TEST

START_TEST(history_keeps_the_last_diagnoses_newest_first)
{
  static const char *const reasons[] = {"ok", "tls_intercepted", "proxy_denied"};
  struct store *store = make_store();
  struct diagnosis_history history;
  store_read_history(store, PAYMENTS, DIRECT, &history);
  ck_assert_uint_eq(history.count, 0);
  for (int i = 0; i < 12; i++) {
    const char *reason = reasons[i % 3];
    record(store, PAYMENTS, DIRECT, i % 3 == 0 ? FAULT_NONE : FAULT_PROXY, reason, 100 * i + 5);
    record(store, PAYMENTS, DIRECT, i % 3 == 0 ? FAULT_NONE : FAULT_PROXY, reason, 100 * i + 50);
  }
  store_read_history(store, PAYMENTS, DIRECT, &history);
  ck_assert_uint_eq(history.count, STORE_DIAGNOSES_KEPT);
  for (size_t i = 0; i < history.count; i++) {
    ck_assert_str_eq(history.diagnoses[i].reason, reasons[(11 - i) % 3]);
    ck_assert_int_eq(history.diagnoses[i].since_ns, (int64_t)(100 * (11 - i) + 5));
  }
  store_unref(store);
}
END_TEST

START_TEST(summary_tells_the_verdict_and_the_diagnosis_before)
{
  struct store *store = make_store();
  struct route_summary summary;
  store_read_summary(store, PAYMENTS, DIRECT, &summary);
  ck_assert(!summary.judged);
  record(store, PAYMENTS, DIRECT, FAULT_NONE, "ok", 100);
  store_read_summary(store, PAYMENTS, DIRECT, &summary);
  ck_assert(summary.judged && summary.success);
  ck_assert_ptr_null(summary.before.reason);
  record(store, PAYMENTS, DIRECT, FAULT_PROXY, "proxy_denied", 200);
  record(store, PAYMENTS, DIRECT, FAULT_PROXY, "proxy_denied", 300);
  store_read_summary(store, PAYMENTS, DIRECT, &summary);
  ck_assert(summary.judged && !summary.success);
  ck_assert_str_eq(summary.now.reason, "proxy_denied");
  ck_assert_int_eq(summary.now.fault, FAULT_PROXY);
  ck_assert_int_eq(summary.now.since_ns, 200);
  ck_assert_str_eq(summary.before.reason, "ok");
  ck_assert_int_eq(summary.last_probe_ns, 300);
  store_unref(store);
}
END_TEST

START_TEST(last_probe_is_the_newest_of_the_observations)
{
  struct store *store = make_store();
  struct observation *client = make_observation(PRESENTED_CLIENT, 1000, 70);
  struct observation *none = make_observation(PRESENTED_NONE, 400, 50);
  struct verdict *verdict = make_verdict(FAULT_NONE, "ok");
  struct route_result result = {
      .observations = {client, none, NULL}, .verdict = verdict, .contrast_ns = 400};
  store_record_route(store, LEDGER, DIRECT, &result);
  struct route_snapshot snapshot;
  store_read_route(store, LEDGER, DIRECT, &snapshot);
  ck_assert_int_eq(snapshot.last_probe_ns, 1070);
  ck_assert_int_eq(snapshot.last_success_ns, 1070);
  ck_assert_int_eq(snapshot.contrast_ns, 400);
  route_snapshot_deinit(&snapshot);
  observation_unref(client);
  observation_unref(none);
  verdict_unref(verdict);
  store_unref(store);
}
END_TEST

START_TEST(store_is_complete_when_every_route_has_a_verdict)
{
  struct store *store = make_store();
  ck_assert(!store_complete(store));
  record(store, PAYMENTS, DIRECT, FAULT_NONE, "ok", 100);
  record(store, PAYMENTS, DIRECT, FAULT_NONE, "ok", 200);
  record(store, LEDGER, DIRECT, FAULT_NONE, "ok", 100);
  ck_assert(!store_complete(store));
  record(store, PAYMENTS, THROUGH_PROXY, FAULT_PROXY, "proxy_unreachable", 100);
  ck_assert(store_complete(store));
  store_unref(store);
}
END_TEST

START_TEST(store_of_no_targets_is_complete)
{
  struct settings *settings = settings_create();
  struct store *store = store_create(settings);
  ck_assert_ptr_nonnull(store);
  ck_assert(store_complete(store));
  store_unref(store);
  settings_unref(settings);
}
END_TEST

START_TEST(probes_are_counted_by_slot_and_their_durations_by_route)
{
  struct store *store = make_store();
  store_record_probe(store, PAYMENTS, DIRECT, 5 * NS_PER_MS, false); /* on a bound: inside it */
  store_record_probe(store, LEDGER, DIRECT, 5 * NS_PER_MS + 1, true);
  store_record_probe(store, PAYMENTS, THROUGH_PROXY, 11 * NS_PER_SECOND, true);
  struct route_snapshot snapshot;
  store_read_route(store, PAYMENTS, DIRECT, &snapshot);
  ck_assert_uint_eq(snapshot.probes, 1);
  ck_assert_uint_eq(snapshot.probe_failures, 0);
  route_snapshot_deinit(&snapshot);
  store_read_route(store, LEDGER, DIRECT, &snapshot);
  ck_assert_uint_eq(snapshot.probes, 1);
  ck_assert_uint_eq(snapshot.probe_failures, 1);
  route_snapshot_deinit(&snapshot);

  struct duration_histogram histogram;
  store_read_histogram(store, 0, &histogram);
  ck_assert_uint_eq(histogram.buckets[0], 1);
  ck_assert_uint_eq(histogram.buckets[1], 1);
  ck_assert_double_eq_tol(histogram.sum_seconds, 0.010000001, 1e-12);
  store_read_histogram(store, 1, &histogram); /* the proxy that no target uses */
  ck_assert_double_eq(histogram.sum_seconds, 0);
  store_read_histogram(store, 2, &histogram);
  ck_assert_uint_eq(histogram.buckets[STORE_BUCKETS], 1);
  store_unref(store);
}
END_TEST

START_TEST(bucket_bounds_ascend)
{
  ck_assert_double_gt(store_bucket_bounds[0], 0);
  for (size_t i = 1; i < STORE_BUCKETS; i++) {
    ck_assert_double_gt(store_bucket_bounds[i], store_bucket_bounds[i - 1]);
  }
}
END_TEST

static void copy_subject(void *context, const struct credential_facts *facts, uint64_t changes)
{
  (void)changes;
  char **out = context;
  *out = facts != NULL && facts->chain_length > 0 ? strdup(facts->chain[0].subject) : NULL;
}

static void set_subject(struct store *store, const char *subject)
{
  struct credential_facts facts = {.name = strdup("payments"), .loaded = true};
  facts.chain = calloc(1, sizeof(*facts.chain));
  ck_assert_ptr_nonnull(facts.chain);
  facts.chain[0].subject = strdup(subject);
  (void)snprintf(facts.chain[0].sha256, sizeof(facts.chain[0].sha256), "of %s", subject);
  facts.chain_length = 1;
  (void)store_set_credential(store, 0, &facts);
  ck_assert_ptr_null(facts.name);
  ck_assert_ptr_null(facts.chain);
}

START_TEST(credential_facts_are_taken_over_and_replaced)
{
  struct store *store = make_store();
  char *subject = NULL;
  store_visit_credential(store, 0, copy_subject, &subject);
  ck_assert_ptr_null(subject);
  set_subject(store, "CN=old");
  set_subject(store, "CN=new");
  store_visit_credential(store, 0, copy_subject, &subject);
  ck_assert_str_eq(subject, "CN=new");
  free(subject);
  store_unref(store);
}
END_TEST

enum { ROUNDS = 2000 };

static void *record_rounds(void *context)
{
  struct store *store = context;
  for (int i = 0; i < ROUNDS; i++) {
    bool good = i % 2 == 0;
    record(store, PAYMENTS, DIRECT, good ? FAULT_NONE : FAULT_SERVER, good ? "ok" : "broken",
           i + 5);
    store_record_probe(store, PAYMENTS, DIRECT, NS_PER_MS, !good);
    set_subject(store, good ? "CN=good" : "CN=bad");
  }
  return NULL;
}

static void *read_rounds(void *context)
{
  struct store *store = context;
  for (int i = 0; i < ROUNDS; i++) {
    struct route_snapshot snapshot;
    store_read_route(store, PAYMENTS, DIRECT, &snapshot);
    if (snapshot.verdict != NULL) { /* never half of one and half of another */
      ck_assert_str_eq(snapshot.verdict->explanation, snapshot.verdict->reason);
      ck_assert_int_eq(snapshot.last_probe_ns,
                       snapshot.observations[PRESENTED_CLIENT]->started_ns + 5);
    }
    route_snapshot_deinit(&snapshot);
    struct duration_histogram histogram;
    store_read_histogram(store, 0, &histogram);
    char *subject = NULL;
    store_visit_credential(store, 0, copy_subject, &subject);
    free(subject);
    (void)store_complete(store);
  }
  return NULL;
}

static void copy_changes(void *context, const struct credential_facts *facts, uint64_t changes)
{
  (void)facts;
  *(uint64_t *)context = changes;
}

START_TEST(changed_files_of_a_credential_are_counted_once_for_all_workers)
{
  struct store *store = make_store();
  uint64_t changes = 99;
  set_subject(store, "CN=old");
  set_subject(store, "CN=old");
  store_visit_credential(store, 0, copy_changes, &changes);
  ck_assert_uint_eq(changes, 0);
  set_subject(store, "CN=new");
  set_subject(store, "CN=new");
  store_visit_credential(store, 0, copy_changes, &changes);
  ck_assert_uint_eq(changes, 1);
  store_unref(store);
}
END_TEST

/* What a reload makes of the same file. */
static struct store *make_heir(struct store *before, void (*change)(struct settings *settings))
{
  struct settings *settings = make_settings();
  if (change != NULL) {
    change(settings);
  }
  struct store *heir = store_create(settings);
  ck_assert_ptr_nonnull(heir);
  settings_unref(settings);
  store_inherit(heir, before);
  return heir;
}

START_TEST(target_that_stays_the_same_keeps_everything_over_a_reload)
{
  struct store *before = make_store();
  record(before, PAYMENTS, DIRECT, FAULT_NONE, "ok", 100);
  record(before, PAYMENTS, DIRECT, FAULT_SERVER, "http_status_unexpected", 200);
  record(before, PAYMENTS, THROUGH_PROXY, FAULT_PROXY, "tls_intercepted", 100);
  store_record_probe(before, PAYMENTS, THROUGH_PROXY, NS_PER_SECOND, true);
  set_subject(before, "CN=ours");
  struct store *heir = make_heir(before, NULL);
  store_unref(before);
  struct route_snapshot snapshot;
  store_read_route(heir, PAYMENTS, DIRECT, &snapshot);
  ck_assert_str_eq(snapshot.verdict->reason, "http_status_unexpected");
  ck_assert_int_eq(snapshot.last_change_ns, 200);
  ck_assert_int_eq(snapshot.last_success_ns, 100);
  ck_assert_uint_eq(snapshot.diagnosis_changes, 1);
  ck_assert_ptr_nonnull(snapshot.observations[PRESENTED_CLIENT]);
  route_snapshot_deinit(&snapshot);
  store_read_route(heir, PAYMENTS, THROUGH_PROXY, &snapshot);
  ck_assert_uint_eq(snapshot.probes, 1);
  ck_assert_uint_eq(snapshot.probe_failures, 1);
  route_snapshot_deinit(&snapshot);
  struct diagnosis_history history;
  store_read_history(heir, PAYMENTS, DIRECT, &history);
  ck_assert_uint_eq(history.count, 2);
  ck_assert_str_eq(history.diagnoses[1].reason, "ok");
  struct duration_histogram histogram;
  store_read_histogram(heir, 2, &histogram);
  ck_assert(histogram.sum_seconds > 0.5);
  char *subject = NULL;
  store_visit_credential(heir, 0, copy_subject, &subject);
  ck_assert_str_eq(subject, "CN=ours");
  free(subject);
  ck_assert(!store_complete(heir));
  record(heir, LEDGER, DIRECT, FAULT_NONE, "ok", 300);
  ck_assert(store_complete(heir));
  store_unref(heir);
}
END_TEST

static void move_elsewhere(struct settings *settings)
{
  settings->targets[PAYMENTS].port = 8443;
}

START_TEST(target_that_changed_keeps_its_counters_alone)
{
  struct store *before = make_store();
  record(before, PAYMENTS, DIRECT, FAULT_NONE, "ok", 100);
  store_record_probe(before, PAYMENTS, DIRECT, 5, false);
  struct store *heir = make_heir(before, move_elsewhere);
  struct route_snapshot snapshot;
  store_read_route(heir, PAYMENTS, DIRECT, &snapshot);
  ck_assert_ptr_null(snapshot.verdict);
  ck_assert_ptr_null(snapshot.observations[PRESENTED_CLIENT]);
  ck_assert_int_eq(snapshot.last_probe_ns, 0);
  ck_assert_uint_eq(snapshot.probes, 1);
  route_snapshot_deinit(&snapshot);
  store_unref(heir);
  store_unref(before);
}
END_TEST

static void turn_around(struct settings *settings)
{
  struct target payments = settings->targets[PAYMENTS];
  settings->targets[PAYMENTS] = settings->targets[LEDGER];
  settings->targets[LEDGER] = payments;
}

START_TEST(targets_are_known_by_their_names_not_their_places)
{
  struct store *before = make_store();
  record(before, LEDGER, DIRECT, FAULT_NONE, "ok", 100);
  struct store *heir = make_heir(before, turn_around);
  struct route_snapshot snapshot;
  store_read_route(heir, PAYMENTS, DIRECT, &snapshot);
  ck_assert_ptr_nonnull(snapshot.verdict);
  route_snapshot_deinit(&snapshot);
  store_read_route(heir, LEDGER, DIRECT, &snapshot);
  ck_assert_ptr_null(snapshot.verdict);
  route_snapshot_deinit(&snapshot);
  store_unref(heir);
  store_unref(before);
}
END_TEST

START_TEST(readers_and_writers_do_not_disturb_each_other)
{
  struct store *store = make_store();
  pthread_t threads[4];
  for (size_t i = 0; i < 4; i++) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, i < 2 ? record_rounds : read_rounds, store),
                     0);
  }
  for (size_t i = 0; i < 4; i++) {
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
  }
  struct route_snapshot snapshot;
  store_read_route(store, PAYMENTS, DIRECT, &snapshot);
  ck_assert_uint_eq(snapshot.probes, 2 * ROUNDS);
  ck_assert_uint_eq(snapshot.probe_failures, ROUNDS);
  route_snapshot_deinit(&snapshot);
  struct duration_histogram histogram;
  store_read_histogram(store, 0, &histogram);
  ck_assert_uint_eq(histogram.buckets[0], 2 * ROUNDS);
  store_unref(store);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("store/store");
  TCase *cases = tcase_create("store");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, new_slot_is_empty);
  tcase_add_test(cases, store_keeps_the_settings_alive);
  tcase_add_test(cases, result_is_kept_for_its_route_alone);
  tcase_add_test(cases, snapshot_outlives_the_next_result_and_the_store);
  tcase_add_test(cases, first_diagnosis_has_a_time_but_is_no_change);
  tcase_add_test(cases, change_of_fault_or_reason_is_counted_and_dated);
  tcase_add_test(cases, history_keeps_the_last_diagnoses_newest_first);
  tcase_add_test(cases, summary_tells_the_verdict_and_the_diagnosis_before);
  tcase_add_test(cases, last_probe_is_the_newest_of_the_observations);
  tcase_add_test(cases, store_is_complete_when_every_route_has_a_verdict);
  tcase_add_test(cases, store_of_no_targets_is_complete);
  tcase_add_test(cases, probes_are_counted_by_slot_and_their_durations_by_route);
  tcase_add_test(cases, bucket_bounds_ascend);
  tcase_add_test(cases, credential_facts_are_taken_over_and_replaced);
  tcase_add_test(cases, changed_files_of_a_credential_are_counted_once_for_all_workers);
  tcase_add_test(cases, target_that_stays_the_same_keeps_everything_over_a_reload);
  tcase_add_test(cases, target_that_changed_keeps_its_counters_alone);
  tcase_add_test(cases, targets_are_known_by_their_names_not_their_places);
  tcase_add_test(cases, readers_and_writers_do_not_disturb_each_other);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
