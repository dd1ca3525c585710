/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/verdict.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(new_verdict_knows_nothing)
{
  struct verdict *verdict = verdict_create();
  ck_assert_ptr_nonnull(verdict);
  ck_assert(!verdict->success);
  ck_assert_int_eq(verdict->fault, FAULT_UNKNOWN);
  ck_assert_str_eq(verdict->reason, "");
  ck_assert_ptr_null(verdict->explanation);
  ck_assert_ptr_null(verdict->remedy);
  ck_assert_int_eq(verdict->requested, ANSWER_UNKNOWN);
  ck_assert_int_eq(verdict->requested_during, REQUESTED_NOT);
  ck_assert_int_eq(verdict->required, ANSWER_UNKNOWN);
  ck_assert_int_eq(verdict->accepted, ANSWER_UNKNOWN);
  ck_assert_int_eq(verdict->accepted_by, ACCEPTED_BY_NOTHING);
  ck_assert_int_eq(verdict->untrusted_accepted, ANSWER_UNKNOWN);
  ck_assert_int_eq(verdict->issuer_acceptable, ANSWER_UNKNOWN);
  ck_assert_int_eq(verdict->tunnel, TUNNEL_UNKNOWN);
  verdict_unref(verdict);
}
END_TEST

START_TEST(verdict_lives_as_long_as_its_last_reference)
{
  struct verdict *verdict = verdict_create();
  ck_assert_ptr_nonnull(verdict);
  verdict->explanation = strdup("explanation");
  verdict->remedy = strdup("remedy");
  ck_assert_ptr_eq(verdict_ref(verdict), verdict);
  verdict_unref(verdict);
  ck_assert_str_eq(verdict->remedy, "remedy");
  verdict_unref(verdict);
  verdict_unref(NULL);
}
END_TEST

START_TEST(faults_have_the_names_of_the_contract)
{
  static const char *const names[] = {"none",    "client",   "server", "proxy",
                                      "network", "exporter", "unknown"};
  for (size_t i = 0; i < FAULT_COUNT; i++) {
    ck_assert_str_eq(fault_name((enum fault)i), names[i]);
  }
}
END_TEST

START_TEST(accepted_by_has_the_names_of_the_contract)
{
  static const char *const names[] = {"http", "session_ticket", "application_data", "handshake",
                                      "silence"};
  ck_assert_ptr_null(accepted_by_name(ACCEPTED_BY_NOTHING));
  for (int i = ACCEPTED_BY_HTTP; i <= ACCEPTED_BY_SILENCE; i++) {
    ck_assert_str_eq(accepted_by_name((enum accepted_by)i), names[i - ACCEPTED_BY_HTTP]);
  }
}
END_TEST

START_TEST(tunnel_states_have_the_names_of_the_contract)
{
  static const char *const names[] = {
      "intact",      "intercepted", "denied", "authentication_required",
      "unreachable", "broken",      "unknown"};
  ck_assert_ptr_null(tunnel_state_name(TUNNEL_NOT_APPLICABLE));
  for (int i = TUNNEL_INTACT; i <= TUNNEL_UNKNOWN; i++) {
    ck_assert_str_eq(tunnel_state_name((enum tunnel_state)i), names[i - TUNNEL_INTACT]);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("model/verdict");
  TCase *cases = tcase_create("verdict");
  tcase_add_test(cases, new_verdict_knows_nothing);
  tcase_add_test(cases, verdict_lives_as_long_as_its_last_reference);
  tcase_add_test(cases, faults_have_the_names_of_the_contract);
  tcase_add_test(cases, accepted_by_has_the_names_of_the_contract);
  tcase_add_test(cases, tunnel_states_have_the_names_of_the_contract);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
