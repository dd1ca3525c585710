/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "evidence.h"
#include "support/observations.h"

static struct bench bench;
static struct verdict verdict;

static void begin_case(void)
{
  bench_init(&bench);
}

static void ask(void)
{
  verdict = (struct verdict){.requested = ANSWER_UNKNOWN,
                             .required = ANSWER_UNKNOWN,
                             .accepted = ANSWER_UNKNOWN,
                             .untrusted_accepted = ANSWER_UNKNOWN,
                             .issuer_acceptable = ANSWER_UNKNOWN};
  answer_questions(&bench.input, &verdict);
}

#define assert_answers(requested_, required_, accepted_, untrusted_)                               \
  do {                                                                                             \
    ask();                                                                                         \
    ck_assert_int_eq(verdict.requested, ANSWER_##requested_);                                      \
    ck_assert_int_eq(verdict.required, ANSWER_##required_);                                        \
    ck_assert_int_eq(verdict.accepted, ANSWER_##accepted_);                                        \
    ck_assert_int_eq(verdict.untrusted_accepted, ANSWER_##untrusted_);                             \
  } while (0)

/* nginx finishes every handshake and sends tickets to everybody: the HTTP answer decides. */
START_TEST(nginx_requires)
{
  assert_answers(YES, YES, YES, NO);
  ck_assert_int_eq(verdict.accepted_by, ACCEPTED_BY_HTTP);
  ck_assert_int_eq(verdict.requested_during, REQUESTED_HANDSHAKE);
  ck_assert_int_eq(verdict.issuer_acceptable, ANSWER_YES);
}
END_TEST

START_TEST(who_admits_none_does_not_require)
{
  bench_http(&bench.here[PRESENTED_NONE], 200, "hello");
  assert_answers(YES, NO, YES, NO);
}
END_TEST

START_TEST(who_admits_all_accepts_the_untrusted)
{
  bench_admit_all(bench.here);
  assert_answers(YES, NO, YES, YES);
}
END_TEST

START_TEST(who_asks_nobody_requires_nothing)
{
  bench_never_request(bench.here);
  assert_answers(NO, NO, UNKNOWN, UNKNOWN);
  ck_assert_int_eq(verdict.requested_during, REQUESTED_NOT);
}
END_TEST

START_TEST(a_refusal_in_tls_is_one_as_well)
{
  bench_refuse_ours(&bench, 48);
  assert_answers(YES, YES, NO, NO);
  ck_assert_int_eq(verdict.accepted_by, ACCEPTED_BY_NOTHING);
}
END_TEST

/* The request may come later, for one path (RFC 8446 section 4.6.2), or by HelloRequest. */
START_TEST(when_it_was_requested_is_told)
{
  static const enum requested_during durings[] = {REQUESTED_POST_HANDSHAKE,
                                                  REQUESTED_RENEGOTIATION};
  bench.here[PRESENTED_CLIENT].tls.requested_during = durings[_i];
  ask();
  ck_assert_int_eq(verdict.requested, ANSWER_YES);
  ck_assert_int_eq(verdict.requested_during, durings[_i]);
}
END_TEST

START_TEST(without_the_contrast_required_is_not_known)
{
  bench.input.observations[PRESENTED_NONE] = NULL;
  assert_answers(YES, UNKNOWN, YES, NO);
}
END_TEST

START_TEST(what_was_not_sent_was_not_accepted)
{
  bench.here[PRESENTED_CLIENT].tls.certificate_sent = CERTIFICATE_SENT_EMPTY;
  bench.here[PRESENTED_UNTRUSTED].tls.certificate_sent = CERTIFICATE_SENT_EMPTY;
  bench_admit_all(bench.here);
  assert_answers(YES, NO, UNKNOWN, UNKNOWN);
}
END_TEST

START_TEST(the_same_unexpected_status_for_all_says_nothing)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench_http(&bench.here[p], 503, "down");
  }
  assert_answers(YES, UNKNOWN, UNKNOWN, UNKNOWN);
}
END_TEST

/* MariaDB says 1045 to a missing certificate and to a wrong account alike. */
START_TEST(a_reply_that_may_be_to_a_missing_certificate_tells_nothing)
{
  bench_service(&bench, PROTOCOL_MYSQL);
  bench_refuse_in_tls(&bench, PRESENTED_CLIENT, TLS_VERSION_1_3, 45, ENDING_NONE);
  bench_reply(&bench.here[PRESENTED_NONE].service.reply, REPLY_NEGATIVE, "1045",
              "Access denied for user 'probe'@'192.0.2.1' (using password: NO)");
  bench_refuse_in_tls(&bench, PRESENTED_UNTRUSTED, TLS_VERSION_1_3, 48, ENDING_NONE);
  assert_answers(YES, UNKNOWN, NO, NO);
}
END_TEST

START_TEST(without_a_credential_only_none_can_tell)
{
  bench_no_credential(&bench);
  assert_answers(YES, YES, UNKNOWN, UNKNOWN);
}
END_TEST

START_TEST(older_contrasts_say_nothing_about_a_connection_that_is_not_there)
{
  bench_end(bench.here, PHASE_CONNECT);
  bench_nginx(&bench, bench.direct);
  bench.input.observations[PRESENTED_NONE] = &bench.direct[PRESENTED_NONE];
  assert_answers(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN);
}
END_TEST

START_TEST(nothing_seen_answers_nothing)
{
  memset(bench.input.observations, 0, sizeof(bench.input.observations));
  assert_answers(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN);
}
END_TEST

/* ---- by what it was accepted, where there is no HTTP ----------------------------------- */

START_TEST(data_before_any_request_is_acceptance)
{
  bench_protocol_tls(&bench);
  bench.here[PRESENTED_CLIENT].tls.application_data_received = true;
  ask();
  ck_assert_int_eq(verdict.accepted_by, ACCEPTED_BY_APPLICATION_DATA);
}
END_TEST

START_TEST(a_ticket_alone_is_told_as_such)
{
  bench_protocol_tls(&bench);
  ask();
  ck_assert_int_eq(verdict.accepted_by, ACCEPTED_BY_SESSION_TICKET);
}
END_TEST

START_TEST(silence_is_told_as_such)
{
  bench_protocol_tls(&bench);
  bench.here[PRESENTED_CLIENT].tls.session_tickets = 0;
  ask();
  ck_assert_int_eq(verdict.accepted, ANSWER_YES);
  ck_assert_int_eq(verdict.accepted_by, ACCEPTED_BY_SILENCE);
}
END_TEST

/* RFC 5246 section 7.3: there the server has judged before it finished. */
START_TEST(a_handshake_of_tls_1_2_is_acceptance)
{
  bench_protocol_tls(&bench);
  bench.here[PRESENTED_CLIENT].tls.version = TLS_VERSION_1_2;
  ask();
  ck_assert_int_eq(verdict.accepted_by, ACCEPTED_BY_HANDSHAKE);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("diagnosis/answers");
  TCase *tcase = tcase_create("all");
  tcase_add_checked_fixture(tcase, begin_case, NULL);
  tcase_add_test(tcase, nginx_requires);
  tcase_add_test(tcase, who_admits_none_does_not_require);
  tcase_add_test(tcase, who_admits_all_accepts_the_untrusted);
  tcase_add_test(tcase, who_asks_nobody_requires_nothing);
  tcase_add_test(tcase, a_refusal_in_tls_is_one_as_well);
  tcase_add_loop_test(tcase, when_it_was_requested_is_told, 0, 2);
  tcase_add_test(tcase, without_the_contrast_required_is_not_known);
  tcase_add_test(tcase, what_was_not_sent_was_not_accepted);
  tcase_add_test(tcase, the_same_unexpected_status_for_all_says_nothing);
  tcase_add_test(tcase, a_reply_that_may_be_to_a_missing_certificate_tells_nothing);
  tcase_add_test(tcase, without_a_credential_only_none_can_tell);
  tcase_add_test(tcase, older_contrasts_say_nothing_about_a_connection_that_is_not_there);
  tcase_add_test(tcase, nothing_seen_answers_nothing);
  tcase_add_test(tcase, data_before_any_request_is_acceptance);
  tcase_add_test(tcase, a_ticket_alone_is_told_as_such);
  tcase_add_test(tcase, silence_is_told_as_such);
  tcase_add_test(tcase, a_handshake_of_tls_1_2_is_acceptance);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
