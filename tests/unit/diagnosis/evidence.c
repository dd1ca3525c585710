/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "evidence.h"
#include "support/observations.h"

static struct bench bench;

static void begin_case(void)
{
  bench_init(&bench);
}

static struct observation *ours(void)
{
  return &bench.here[PRESENTED_CLIENT];
}

static struct observation *none(void)
{
  return &bench.here[PRESENTED_NONE];
}

/* How the probe with our certificate ended, beside the one with none. */
static enum outcome outcome(void)
{
  return outcome_of(&bench.target, ours(), none());
}

/* ---- how a probe ended ----------------------------------------------------------------- */

START_TEST(an_expected_status_is_admission)
{
  ck_assert_int_eq(outcome(), OUTCOME_ADMITTED);
}
END_TEST

START_TEST(a_known_text_is_refusal_whatever_is_expected)
{
  bench.target.probe.http.expect_status[0] = (struct status_range){400, 400};
  bench_http(ours(), 400, NGINX_496);
  ck_assert_int_eq(outcome(), OUTCOME_REFUSED);
}
END_TEST

START_TEST(nothing_seen_is_unknown)
{
  ck_assert_int_eq(outcome_of(&bench.target, NULL, none()), OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(what_was_withheld_was_not_judged)
{
  ours()->withheld = true;
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
}
END_TEST

/* 4xx to one of them, and the other is let in: it is the certificate that makes the difference. */
START_TEST(a_4xx_is_refusal_where_the_contrast_is_admitted)
{
  bench_http(ours(), 403, "go away");
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN); /* none is refused, too */
  bench_http(none(), 200, "hello");
  ck_assert_int_eq(outcome(), OUTCOME_REFUSED);
  bench_http(ours(), 503, "go away"); /* 5xx is about the server */
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(a_4xx_is_no_refusal_where_no_certificate_was_due)
{
  bench_never_request(bench.here);
  bench_http(ours(), 403, "go away");
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
}
END_TEST

/* 404 behind the gate that stopped the other one. */
START_TEST(an_unexpected_status_past_the_gate_is_admission)
{
  static const int suspect[] = {400, 401, 403};
  bench_http(ours(), 404, "not here");
  ck_assert_int_eq(outcome(), OUTCOME_ADMITTED);
  for (size_t i = 0; i < sizeof(suspect) / sizeof(suspect[0]); i++) {
    bench_http(ours(), suspect[i], "not here");
    ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
  }
  bench_http(ours(), 404, "not here");
  bench_http(none(), 404, "not here"); /* no gate at all */
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(an_end_without_http_after_our_certificate_was_due_is_refusal)
{
  static const struct {
    enum tls_version version;
    int alert;
    enum ending ending;
  } rows[] = {
      {TLS_VERSION_1_3, 116, ENDING_NONE},
      {TLS_VERSION_1_3, 42, ENDING_RESET},
      {TLS_VERSION_1_2, 40, ENDING_NONE},
      {TLS_VERSION_1_3, ALERT_NONE, ENDING_EOF},
      {TLS_VERSION_1_2, ALERT_NONE, ENDING_RESET},
      {TLS_VERSION_1_3, ALERT_NONE, ENDING_CLOSE_NOTIFY},
  };
  bench_refuse_in_tls(&bench, PRESENTED_CLIENT, rows[_i].version, rows[_i].alert, rows[_i].ending);
  ck_assert_int_eq(outcome(), OUTCOME_REFUSED);
}
END_TEST

/* protocol_version, internal_error, user_canceled, unrecognized_name, no_application_protocol */
START_TEST(an_alert_that_does_not_speak_of_certificates_needs_the_contrast)
{
  static const int alerts[] = {70, 80, 90, 112, 120};
  bench_refuse_in_tls(&bench, PRESENTED_CLIENT, TLS_VERSION_1_3, alerts[_i], ENDING_NONE);
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
  bench_http(none(), 200, "hello");
  ck_assert_int_eq(outcome(), OUTCOME_REFUSED);
}
END_TEST

START_TEST(an_end_that_was_not_the_peer_s_is_unknown)
{
  bench_refuse_in_tls(&bench, PRESENTED_CLIENT, TLS_VERSION_1_3, 116, ENDING_NONE);
  ours()->timed_out = true;
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
  ours()->timed_out = false;
  ours()->tls.alert_received = ALERT_NONE; /* nor alert nor end: we went */
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(an_end_before_a_certificate_was_asked_for_is_unknown)
{
  bench_refuse_in_tls(&bench, PRESENTED_CLIENT, TLS_VERSION_1_2, 40, ENDING_NONE);
  ours()->tls.requested_during = REQUESTED_NOT;
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(a_renegotiation_that_was_not_gone_through_with_judges_nothing)
{
  bench_ask_to_renegotiate(ours());
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(no_http_at_all_is_unknown)
{
  bench_refuse_in_tls(&bench, PRESENTED_CLIENT, TLS_VERSION_1_3, ALERT_NONE, ENDING_EOF);
  ours()->ended_in = PHASE_REQUEST;
  ours()->http.malformed = true;
  ck_assert_int_eq(outcome(), OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(silence_is_admission_for_tls_alone)
{
  bench_protocol_tls(&bench);
  ck_assert_int_eq(outcome(), OUTCOME_ADMITTED);
}
END_TEST

START_TEST(without_a_credential_none_stands_for_the_route)
{
  ck_assert_ptr_eq(main_observation(&bench.input), ours());
  bench_no_credential(&bench);
  ck_assert_ptr_eq(main_observation(&bench.input), none());
  ck_assert_int_eq(main_outcome(&bench.input), OUTCOME_REFUSED);
  bench.input.observations[PRESENTED_NONE] = NULL;
  ck_assert_ptr_null(main_observation(&bench.input));
}
END_TEST

/* ---- which probe saw it ---------------------------------------------------------------- */

START_TEST(the_first_that_saw_a_certificate_is_believed)
{
  ck_assert_ptr_eq(certificate_observation(bench.input.observations), ours());
  ours()->tls.chain_length = 0;
  ck_assert_ptr_eq(certificate_observation(bench.input.observations), none());
  ours()->ended_in = PHASE_CONNECT; /* what none saw earlier is of another time */
  ck_assert_ptr_null(certificate_observation(bench.input.observations));
}
END_TEST

START_TEST(the_first_that_read_the_request_is_believed)
{
  ck_assert_ptr_eq(certificate_request(bench.input.observations), &ours()->tls);
  ours()->tls.certificate_request_read = false;
  ck_assert_ptr_eq(certificate_request(bench.input.observations), &none()->tls);
  ours()->ended_in = PHASE_TUNNEL;
  ck_assert_ptr_null(certificate_request(bench.input.observations));
}
END_TEST

START_TEST(requested_is_known_from_any_probe_that_was_asked)
{
  ck_assert_int_eq(requested_by(bench.input.observations), ANSWER_YES);
  bench_never_request(bench.here);
  ck_assert_int_eq(requested_by(bench.input.observations), ANSWER_NO);
  none()->tls.requested_during = REQUESTED_POST_HANDSHAKE;
  ck_assert_int_eq(requested_by(bench.input.observations), ANSWER_YES);
}
END_TEST

/* Nobody says what for: a server may want other keys. */
START_TEST(a_hello_request_is_a_request_only_in_place_of_an_answer)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench_ask_to_renegotiate(&bench.here[p]);
  }
  ck_assert_int_eq(requested_by(bench.input.observations), ANSWER_YES);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench.here[p].http.request_sent = false;
  }
  ck_assert_int_eq(requested_by(bench.input.observations), ANSWER_UNKNOWN);
}
END_TEST

START_TEST(not_requested_is_known_only_from_a_probe_that_came_to_its_end)
{
  bench_never_request(bench.here);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench.here[p].ended_in = PHASE_SETTLE; /* it may have asked later */
  }
  ck_assert_int_eq(requested_by(bench.input.observations), ANSWER_UNKNOWN);
  memset(bench.input.observations, 0, sizeof(bench.input.observations));
  ck_assert_int_eq(requested_by(bench.input.observations), ANSWER_UNKNOWN);
}
END_TEST

START_TEST(a_request_is_missing_only_where_direct_shows_one)
{
  bench_through_proxy(&bench);
  ck_assert(!request_is_missing(&bench.input));
  bench_never_request(bench.here);
  ck_assert(request_is_missing(&bench.input));
  bench_never_request(bench.direct);
  ck_assert(!request_is_missing(&bench.input));
}
END_TEST

/* ---- the way --------------------------------------------------------------------------- */

START_TEST(errors_of_connecting_are_told_apart)
{
  static const struct {
    int error;
    enum reason reason;
  } rows[] = {{ECONNREFUSED, REASON_CONNECTION_REFUSED},
              {ETIMEDOUT, REASON_CONNECTION_TIMED_OUT},
              {ECONNRESET, REASON_CONNECTION_RESET},
              {EHOSTUNREACH, REASON_NO_ROUTE},
              {ENETUNREACH, REASON_NO_ROUTE},
              {EACCES, REASON_NO_ROUTE}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    bench_refuse_connection(bench.here, rows[i].error);
    ck_assert_int_eq(network_cause(ours()), rows[i].reason);
  }
  bench_time_out(bench.here, PHASE_CONNECT);
  ck_assert_int_eq(network_cause(ours()), REASON_CONNECTION_TIMED_OUT);
  bench_end(bench.here, PHASE_RESOLVE);
  ck_assert_int_eq(network_cause(ours()), REASON_NAME_NOT_RESOLVED);
}
END_TEST

START_TEST(our_own_trouble_is_not_the_network_s)
{
  ck_assert_int_eq(network_cause(NULL), REASON_NONE);
  ck_assert_int_eq(network_cause(ours()), REASON_NONE);
  bench_end(bench.here, PHASE_RESOLVE);
  ours()->local_problem = "ca_file cannot be read";
  ck_assert_int_eq(network_cause(ours()), REASON_NONE);
  bench_refuse_connection(bench.here, EMFILE);
  ours()->out_of_resources = true;
  ck_assert_int_eq(network_cause(ours()), REASON_NONE);
}
END_TEST

START_TEST(a_direct_route_that_we_were_late_for_tells_nothing)
{
  bench_through_proxy(&bench);
  bench_time_out(bench.direct, PHASE_CONNECT);
  ck_assert_int_eq(direct_network_cause(&bench.input), REASON_CONNECTION_TIMED_OUT);
  bench.direct[PRESENTED_CLIENT].lagged = true;
  ck_assert_int_eq(direct_network_cause(&bench.input), REASON_NONE);
  bench_no_direct(&bench);
  ck_assert_int_eq(direct_network_cause(&bench.input), REASON_NONE);
}
END_TEST

START_TEST(a_proxy_may_blame_the_target_by_silence_or_5xx)
{
  static const struct {
    int status;
    const char *phrase;
    bool may;
  } rows[] = {{500, "Internal Server Error", true},
              {502, NULL, true},
              {504, "Gateway Timeout", true},
              {404, "No Such Domain", true},
              {404, "Not Found", false},
              {404, NULL, false},
              {403, "Forbidden", false},
              {407, NULL, false},
              {0, NULL, false}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    bench_connect_answer(&bench, rows[i].status, rows[i].phrase);
    ck_assert_msg(proxy_may_blame_target(ours()) == rows[i].may, "%d %s", rows[i].status,
                  rows[i].phrase);
  }
  ours()->timed_out = true;
  ck_assert(proxy_may_blame_target(ours()));
}
END_TEST

START_TEST(tls_to_the_proxy_works_where_there_is_none_or_it_is_done)
{
  bench_through_proxy(&bench);
  ck_assert(proxy_tls_works(&bench.input));
  bench.proxy.tls = true;
  ck_assert(!proxy_tls_works(&bench.input));
  ours()->proxy_tls.handshake_complete = true;
  ck_assert(proxy_tls_works(&bench.input));
}
END_TEST

START_TEST(tls_to_the_proxy_does_not_work_where_a_late_alert_took_the_place_of_an_answer)
{
  bench_connect_answer(&bench, 0, NULL);
  bench.proxy.tls = true;
  ours()->proxy_tls.handshake_complete = true;
  ck_assert(proxy_tls_works(&bench.input));
  ours()->proxy_tls.alert_received = 116;
  ck_assert(!proxy_tls_works(&bench.input));
  ours()->tunnel.connect_status = 200;
  ck_assert(proxy_tls_works(&bench.input));
}
END_TEST

/* ---- the CA names ---------------------------------------------------------------------- */

START_TEST(an_issuer_is_acceptable_when_any_of_the_chain_leads_to_a_listed_name)
{
  ck_assert_int_eq(issuer_acceptable(&bench.input), ANSWER_YES);
  bench_foreign_issuer(&bench);
  ck_assert_int_eq(issuer_acceptable(&bench.input), ANSWER_NO);
  bench.credential.chain_length = 2; /* the intermediate's own issuer is listed */
  bench_fingerprint(bench.own[1].issuer_sha256, 'e');
  ck_assert_int_eq(issuer_acceptable(&bench.input), ANSWER_YES);
}
END_TEST

START_TEST(whether_an_issuer_is_acceptable_may_be_unknown)
{
  bench_foreign_issuer(&bench);
  ours()->tls.acceptable_issuers_truncated = true; /* it may be among those that were cut */
  ck_assert_int_eq(issuer_acceptable(&bench.input), ANSWER_UNKNOWN);
  bench_init(&bench);
  bench_list_no_issuer(&bench); /* any may do */
  ck_assert_int_eq(issuer_acceptable(&bench.input), ANSWER_UNKNOWN);
  bench_init(&bench);
  bench.credential.chain_length = 0;
  ck_assert_int_eq(issuer_acceptable(&bench.input), ANSWER_UNKNOWN);
  bench_init(&bench);
  bench_no_credential(&bench);
  ck_assert_int_eq(issuer_acceptable(&bench.input), ANSWER_UNKNOWN);
}
END_TEST

static TCase *fresh(const char *name)
{
  TCase *tcase = tcase_create(name);
  tcase_add_checked_fixture(tcase, begin_case, NULL);
  return tcase;
}

static TCase *outcomes(void)
{
  TCase *tcase = fresh("outcomes");
  tcase_add_test(tcase, an_expected_status_is_admission);
  tcase_add_test(tcase, a_known_text_is_refusal_whatever_is_expected);
  tcase_add_test(tcase, nothing_seen_is_unknown);
  tcase_add_test(tcase, what_was_withheld_was_not_judged);
  tcase_add_test(tcase, a_4xx_is_refusal_where_the_contrast_is_admitted);
  tcase_add_test(tcase, a_4xx_is_no_refusal_where_no_certificate_was_due);
  tcase_add_test(tcase, an_unexpected_status_past_the_gate_is_admission);
  tcase_add_loop_test(tcase, an_end_without_http_after_our_certificate_was_due_is_refusal, 0, 6);
  tcase_add_loop_test(tcase, an_alert_that_does_not_speak_of_certificates_needs_the_contrast, 0, 5);
  tcase_add_test(tcase, an_end_that_was_not_the_peer_s_is_unknown);
  tcase_add_test(tcase, an_end_before_a_certificate_was_asked_for_is_unknown);
  tcase_add_test(tcase, a_renegotiation_that_was_not_gone_through_with_judges_nothing);
  tcase_add_test(tcase, no_http_at_all_is_unknown);
  tcase_add_test(tcase, silence_is_admission_for_tls_alone);
  tcase_add_test(tcase, without_a_credential_none_stands_for_the_route);
  return tcase;
}

static TCase *sights(void)
{
  TCase *tcase = fresh("who saw it");
  tcase_add_test(tcase, the_first_that_saw_a_certificate_is_believed);
  tcase_add_test(tcase, the_first_that_read_the_request_is_believed);
  tcase_add_test(tcase, requested_is_known_from_any_probe_that_was_asked);
  tcase_add_test(tcase, a_hello_request_is_a_request_only_in_place_of_an_answer);
  tcase_add_test(tcase, not_requested_is_known_only_from_a_probe_that_came_to_its_end);
  tcase_add_test(tcase, a_request_is_missing_only_where_direct_shows_one);
  tcase_add_test(tcase, errors_of_connecting_are_told_apart);
  tcase_add_test(tcase, our_own_trouble_is_not_the_network_s);
  tcase_add_test(tcase, a_direct_route_that_we_were_late_for_tells_nothing);
  tcase_add_test(tcase, a_proxy_may_blame_the_target_by_silence_or_5xx);
  tcase_add_test(tcase, tls_to_the_proxy_works_where_there_is_none_or_it_is_done);
  tcase_add_test(tcase,
                 tls_to_the_proxy_does_not_work_where_a_late_alert_took_the_place_of_an_answer);
  tcase_add_test(tcase, an_issuer_is_acceptable_when_any_of_the_chain_leads_to_a_listed_name);
  tcase_add_test(tcase, whether_an_issuer_is_acceptable_may_be_unknown);
  return tcase;
}

int main(void)
{
  Suite *suite = suite_create("diagnosis/evidence");
  suite_add_tcase(suite, outcomes());
  suite_add_tcase(suite, sights());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
