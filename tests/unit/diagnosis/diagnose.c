/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diagnosis/diagnose.h"

#include <stdlib.h>

#include "support/allocation_fails.h"
#include "support/diagnosis_cases.h"

static struct bench bench;
static struct verdict *verdict;

static void begin_case(void)
{
  bench_init(&bench);
}

static void end_case(void)
{
  verdict_unref(verdict);
}

static const char *reason(void)
{
  verdict_unref(verdict);
  verdict = bench_diagnose(&bench);
  return verdict->reason;
}

/* ---- the first cause in the order of the wire ------------------------------------------ */

START_TEST(the_network_comes_before_our_certificate)
{
  case_expired(&bench);
  bench_refuse_connection(bench.here, ECONNREFUSED);
  ck_assert_str_eq(reason(), "connection_refused");
}
END_TEST

START_TEST(our_own_trouble_comes_before_the_network)
{
  bench_time_out(bench.here, PHASE_CONNECT);
  bench.here[PRESENTED_CLIENT].lagged = true;
  ck_assert_str_eq(reason(), "timed_out_locally");
}
END_TEST

START_TEST(the_tunnel_comes_before_the_server)
{
  bench_intercept(&bench);
  ck_assert_str_eq(reason(), "tls_intercepted"); /* not server_certificate_untrusted */
}
END_TEST

START_TEST(the_server_s_certificate_comes_before_what_expects_ours)
{
  bench_never_request(bench.here);
  bench_unverified(bench.here, &bench.server, VERIFICATION_EXPIRED, "expired");
  ck_assert_str_eq(reason(), "server_certificate_expired");
}
END_TEST

START_TEST(files_that_cannot_be_used_come_before_the_refusal_of_none)
{
  case_unreadable(&bench);
  ck_assert_str_eq(reason(), "credential_unreadable");
}
END_TEST

START_TEST(a_refusal_comes_before_an_unexpected_status)
{
  bench_http(&bench.here[PRESENTED_CLIENT], 400, NGINX_495);
  bench_list_no_issuer(&bench);
  ck_assert_str_eq(reason(), "client_certificate_rejected");
}
END_TEST

START_TEST(http_comes_before_the_policy)
{
  bench_never_request(bench.here);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench_http(&bench.here[p], 503, "down");
  }
  ck_assert_str_eq(reason(), "http_status_unexpected");
}
END_TEST

START_TEST(the_policy_comes_before_the_untrusted)
{
  bench_admit_all(bench.here);
  ck_assert_str_eq(reason(), "client_certificate_not_required");
}
END_TEST

/* ---- our certificate, refused ---------------------------------------------------------- */

/* Alert numbers are the server's taste: the facts of the certificate name the cause. */
START_TEST(an_expired_certificate_is_expired_whatever_the_alert)
{
  static const int alerts[] = {45, 42, 46, 49, 48, 40, ALERT_NONE};
  bench.own[0].not_after = NOW_SECONDS - 1;
  bench_refuse_ours(&bench, alerts[_i]);
  ck_assert_str_eq(reason(), "client_certificate_expired");
}
END_TEST

START_TEST(a_certificate_is_good_to_its_last_second)
{
  bench_refuse_ours(&bench, 45);
  bench.own[0].not_after = NOW_SECONDS;
  ck_assert_str_ne(reason(), "client_certificate_expired");
  bench.own[0].not_before = NOW_SECONDS;
  ck_assert_str_ne(reason(), "client_certificate_not_yet_valid");
  bench.own[0].not_before = NOW_SECONDS + 1;
  ck_assert_str_eq(reason(), "client_certificate_not_yet_valid");
}
END_TEST

START_TEST(an_expired_certificate_that_is_accepted_is_no_fault)
{
  bench.own[0].not_after = NOW_SECONDS - DAY_SECONDS;
  ck_assert_str_eq(reason(), "ok");
}
END_TEST

/* ---- what is expected ------------------------------------------------------------------ */

enum { ASKS_NOT, ASKS, REQUIRES };

START_TEST(each_policy_has_its_answer_to_each_server)
{
  static const struct {
    enum certificate_policy policy;
    int server;
    const char *reason;
  } rows[] = {
      {CERTIFICATE_REQUIRED, REQUIRES, "ok"},
      {CERTIFICATE_REQUIRED, ASKS, "client_certificate_not_required"},
      {CERTIFICATE_REQUIRED, ASKS_NOT, "client_certificate_not_requested"},
      {CERTIFICATE_OPTIONAL, REQUIRES, "client_certificate_required_unexpectedly"},
      {CERTIFICATE_OPTIONAL, ASKS, "ok"},
      {CERTIFICATE_OPTIONAL, ASKS_NOT, "client_certificate_not_requested"},
      {CERTIFICATE_NONE, REQUIRES, "client_certificate_required_unexpectedly"},
      {CERTIFICATE_NONE, ASKS, "client_certificate_required_unexpectedly"},
      {CERTIFICATE_NONE, ASKS_NOT, "ok"},
      {CERTIFICATE_ANY, REQUIRES, "ok"},
      {CERTIFICATE_ANY, ASKS, "ok"},
      {CERTIFICATE_ANY, ASKS_NOT, "ok"},
  };
  bench.target.probe.expect_client_certificate = rows[_i].policy;
  if (rows[_i].server == ASKS_NOT) {
    bench_never_request(bench.here);
  } else if (rows[_i].server == ASKS) {
    bench_http(&bench.here[PRESENTED_NONE], 200, "hello");
  }
  ck_assert_str_eq(reason(), rows[_i].reason);
}
END_TEST
enum { POLICY_ROWS = 12 };

START_TEST(the_untrusted_may_be_accepted_where_that_is_expected)
{
  bench_http(&bench.here[PRESENTED_UNTRUSTED], 200, "hello");
  ck_assert_str_eq(reason(), "untrusted_certificate_accepted");
  bench.target.probe.expect_untrusted_refused = false;
  ck_assert_str_eq(reason(), "ok");
}
END_TEST

START_TEST(a_route_that_never_presents_ours_is_judged_by_none)
{
  bench_through_proxy(&bench);
  bench.input.observations[PRESENTED_CLIENT] = NULL; /* the credential is configured all the same */
  ck_assert_str_eq(reason(), "ok");
}
END_TEST

/* ---- not even one probe ---------------------------------------------------------------- */

START_TEST(no_observation_at_all_is_want_of_resources)
{
  memset(bench.input.observations, 0, sizeof(bench.input.observations));
  ck_assert_str_eq(reason(), "out_of_resources");
  case_key_mismatch(&bench);
  ck_assert_str_eq(reason(), "client_key_mismatch");
}
END_TEST

START_TEST(want_of_memory_gives_no_verdict)
{
  case_issuer(&bench);
  long alive = allocations_alive();
  bool failed = true;
  for (unsigned nth = 1; failed; nth++) {
    allocation_fails_at(nth);
    struct verdict *one = diagnose(&bench.input);
    failed = allocation_did_fail();
    ck_assert_int_eq(one == NULL, failed);
    verdict_unref(one);
    ck_assert_int_eq(allocations_alive(), alive);
  }
}
END_TEST

/* ---- whatever was seen ----------------------------------------------------------------- */

static uint64_t random_state;

/* splitmix64: the same observations in every run */
static unsigned pick(unsigned below)
{
  random_state += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t x = random_state;
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (unsigned)((x ^ (x >> 31)) % below);
}

static void scramble_tls(struct tls_observation *tls)
{
  static const int alerts[] = {ALERT_NONE, 0, 40, 42, 45, 48, 70, 100, 116, 120, 255};
  tls->client_hello_sent = pick(2);
  tls->server_hello_received = pick(2);
  tls->handshake_complete = pick(2);
  tls->version = pick(3) == 0 ? TLS_VERSION_UNKNOWN : (pick(2) ? TLS_VERSION_1_2 : TLS_VERSION_1_3);
  tls->alert_received = alerts[pick(sizeof(alerts) / sizeof(alerts[0]))];
  tls->alert_sent = alerts[pick(sizeof(alerts) / sizeof(alerts[0]))];
  tls->ending = (enum ending)pick(ENDING_ERROR + 1);
  tls->verification = (enum verification)pick(VERIFICATION_NAME_MISMATCH + 1);
  tls->chain_length = pick(2);
  tls->chain = tls->chain_length > 0 ? (pick(2) ? &bench.server : &bench.proxy_leaf) : NULL;
  tls->requested_during = (enum requested_during)pick(REQUESTED_RENEGOTIATION + 1);
  tls->certificate_request_read = pick(2);
  tls->acceptable_issuer_count = pick(3);
  tls->acceptable_issuers_listed = tls->acceptable_issuer_count + pick(2);
  tls->acceptable_issuers = bench.issuers;
  tls->acceptable_issuers_sha256 = bench.issuers_sha256;
  tls->certificate_sent = (enum certificate_sent)pick(CERTIFICATE_SENT_CHAIN + 1);
  tls->session_tickets = pick(3);
  tls->application_data_received = pick(2);
  tls->signature_algorithm_count = pick(3);
  tls->signature_algorithms[0] = 0x0804;
  tls->signature_algorithms[1] = pick(2) ? 0x0403 : 0x0401;
  tls->refused_message_bytes = pick(8) == 0 ? 50000 : 0;
}

static void scramble(struct observation *observation)
{
  static const int statuses[] = {0,   200, 301, 400, 401, 403, 404,
                                 407, 451, 495, 496, 500, 503, 999};
  static const char *const bodies[] = {NULL, "", NGINX_496, NGINX_495, "hello"};
  const size_t status_count = sizeof(statuses) / sizeof(statuses[0]);
  bench_blank(observation, observation->presented);
  observation->ended_in = (enum phase)pick(PHASE_DONE + 1);
  observation->timed_out = pick(4) == 0;
  observation->lagged = pick(4) == 0;
  observation->withheld = pick(4) == 0;
  observation->out_of_resources = pick(16) == 0;
  observation->local_problem = pick(16) == 0 ? "a file" : NULL;
  observation->connect_error = pick(4) == 0 ? (int)pick(130) : 0;
  observation->tunnel.tried = pick(2);
  observation->tunnel.credentials_sent = pick(2);
  observation->tunnel.connect_status = statuses[pick(status_count)];
  observation->tunnel.malformed = pick(4) == 0;
  observation->tunnel.early_bytes = pick(8) == 0;
  scramble_tls(&observation->proxy_tls);
  scramble_tls(&observation->tls);
  observation->http.status = statuses[pick(status_count)];
  observation->http.body_excerpt = (char *)(uintptr_t)bodies[pick(5)];
  observation->http.via = pick(4) == 0 ? "1.1 edge" : NULL;
  observation->http.malformed = pick(8) == 0;
}

static void scramble_bench(void)
{
  bench_init(&bench);
  if (pick(2)) {
    bench_through_proxy(&bench);
  }
  bench.proxy.tls = pick(2);
  bench.target.probe.protocol = pick(2) ? PROTOCOL_TLS : PROTOCOL_HTTPS;
  bench.target.probe.expect_client_certificate =
      (enum certificate_policy)pick(CERTIFICATE_REQUIRED + 1);
  bench.target.probe.expect_untrusted_refused = pick(2);
  bench.credential.loaded = pick(4) != 0;
  bench.credential.key_mismatch = !bench.credential.loaded && pick(2);
  bench.credential.problem = bench.credential.loaded ? NULL : "a problem";
  bench.credential.may_authenticate_clients = pick(4) != 0;
  bench.credential.chain_length = pick(3);
  bench.own[0].not_after = NOW_SECONDS + (int64_t)pick(3) - 1;
  if (pick(8) == 0) {
    bench.input.credential = NULL;
  }
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    scramble(&bench.here[p]);
    scramble(&bench.direct[p]);
    if (pick(4) == 0) {
      bench.input.observations[p] = NULL;
    }
    if (pick(4) == 0) {
      bench.input.direct[p] = NULL;
    }
  }
}

static bool is_listed(const char *slug)
{
  for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
    if (strcmp(reason_row((enum reason)i)->slug, slug) == 0) {
      return true;
    }
  }
  return false;
}

/* A peer chooses what we see: nothing of it may lead to a verdict that contradicts itself. */
START_TEST(any_observations_get_one_verdict_that_agrees_with_itself)
{
  random_state = (uint64_t)_i;
  for (int i = 0; i < 20000; i++) {
    scramble_bench();
    struct verdict *one = diagnose(&bench.input);
    ck_assert_ptr_nonnull(one);
    ck_assert_msg(is_listed(one->reason), "%d.%d: %s", _i, i, one->reason);
    ck_assert_int_eq(one->success, one->fault == FAULT_NONE);
    ck_assert_int_eq(strcmp(one->reason, "ok") == 0, one->fault == FAULT_NONE);
    ck_assert_str_ne(one->explanation, "");
    ck_assert_msg(strpbrk(one->explanation, "{}") == NULL && strpbrk(one->remedy, "{}") == NULL,
                  "%d.%d: %s", _i, i, one->explanation);
    ck_assert_int_eq(one->tunnel == TUNNEL_NOT_APPLICABLE, bench.route.proxy == NULL);
    ck_assert(one->required != ANSWER_YES || one->requested == ANSWER_YES);
    ck_assert(one->requested != ANSWER_NO || one->required == ANSWER_NO);
    ck_assert_int_eq(one->accepted == ANSWER_YES, one->accepted_by != ACCEPTED_BY_NOTHING);
    verdict_unref(one);
  }
}
END_TEST

static TCase *fresh(const char *name)
{
  TCase *tcase = tcase_create(name);
  tcase_set_timeout(tcase, 30);
  tcase_add_checked_fixture(tcase, begin_case, end_case);
  return tcase;
}

static TCase *order(void)
{
  TCase *tcase = fresh("order");
  tcase_add_test(tcase, the_network_comes_before_our_certificate);
  tcase_add_test(tcase, our_own_trouble_comes_before_the_network);
  tcase_add_test(tcase, the_tunnel_comes_before_the_server);
  tcase_add_test(tcase, the_server_s_certificate_comes_before_what_expects_ours);
  tcase_add_test(tcase, files_that_cannot_be_used_come_before_the_refusal_of_none);
  tcase_add_test(tcase, a_refusal_comes_before_an_unexpected_status);
  tcase_add_test(tcase, http_comes_before_the_policy);
  tcase_add_test(tcase, the_policy_comes_before_the_untrusted);
  return tcase;
}

static TCase *rules(void)
{
  TCase *tcase = fresh("rules");
  tcase_add_loop_test(tcase, an_expired_certificate_is_expired_whatever_the_alert, 0, 7);
  tcase_add_test(tcase, a_certificate_is_good_to_its_last_second);
  tcase_add_test(tcase, an_expired_certificate_that_is_accepted_is_no_fault);
  tcase_add_loop_test(tcase, each_policy_has_its_answer_to_each_server, 0, POLICY_ROWS);
  tcase_add_test(tcase, the_untrusted_may_be_accepted_where_that_is_expected);
  tcase_add_test(tcase, a_route_that_never_presents_ours_is_judged_by_none);
  tcase_add_test(tcase, no_observation_at_all_is_want_of_resources);
  tcase_add_test(tcase, want_of_memory_gives_no_verdict);
  tcase_add_loop_test(tcase, any_observations_get_one_verdict_that_agrees_with_itself, 0, 4);
  return tcase;
}

int main(void)
{
  Suite *suite = suite_create("diagnosis/diagnose");
  suite_add_tcase(suite, order());
  suite_add_tcase(suite, rules());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
