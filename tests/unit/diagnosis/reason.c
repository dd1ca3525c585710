/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diagnosis/reason.h"

#include <ctype.h>
#include <stdlib.h>

#include "support/diagnosis_cases.h"

/* Ordinary facts make a sentence that a terminal shows in a few lines. */
enum { SENTENCE_MAX_BYTES = 400 };

/* The closed list of the design, with the rows that reality demanded. A chain that lacks a link has
 * a row once it can be observed. */
static const char *const closed_list[] = {
    "ok",
    "name_not_resolved",
    "connection_refused",
    "connection_timed_out",
    "connection_reset",
    "no_route",
    "proxy_not_resolved",
    "proxy_unreachable",
    "proxy_tls_failed",
    "proxy_timed_out",
    "proxy_authentication_required",
    "proxy_authentication_rejected",
    "proxy_denied",
    "proxy_cannot_reach_target",
    "proxy_protocol_error",
    "tls_intercepted",
    "tunnel_reset",
    "no_answer_through_tunnel",
    "starttls_blocked",
    "starttls_refused",
    "starttls_timed_out",
    "starttls_protocol_error",
    "server_certificate_untrusted",
    "server_certificate_expired",
    "server_certificate_not_yet_valid",
    "server_name_mismatch",
    "tls_version_not_supported",
    "tls_handshake_timed_out",
    "tls_handshake_failed",
    "client_certificate_missing",
    "client_certificate_expired",
    "client_certificate_not_yet_valid",
    "client_certificate_revoked",
    "client_certificate_usage",
    "client_signature_not_accepted",
    "client_certificate_issuer_not_accepted",
    "client_certificate_wrong_account",
    "client_key_mismatch",
    "client_certificate_rejected",
    "server_rejects_valid_certificate",
    "refused_without_reason",
    "http_no_answer",
    "http_status_unexpected",
    "service_no_answer",
    "service_refused",
    "client_certificate_not_requested",
    "client_certificate_not_required",
    "client_certificate_required_unexpectedly",
    "untrusted_certificate_accepted",
    "handshake_message_too_long",
    "renegotiation_not_supported",
    "timed_out_locally",
    "out_of_resources",
    "credential_unreadable",
};
enum { LISTED_COUNT = sizeof(closed_list) / sizeof(closed_list[0]) };

static struct verdict *arranged(const struct diagnosis_case *row, struct bench *bench)
{
  bench_init(bench);
  row->arrange(bench);
  return bench_diagnose(bench);
}

START_TEST(each_case_gets_its_whole_verdict)
{
  const struct diagnosis_case *row = &diagnosis_cases[_i];
  struct bench bench;
  struct verdict *verdict = arranged(row, &bench);
  ck_assert_msg(strcmp(verdict->reason, row->slug) == 0, "case %d: %s instead of %s: %s", _i,
                verdict->reason, row->slug, verdict->explanation);
  ck_assert_msg(verdict->fault == row->fault, "case %d, %s: fault %s", _i, row->slug,
                fault_name(verdict->fault));
  ck_assert_msg(verdict->requested == (enum answer)row->requested, "case %d, %s: requested %d", _i,
                row->slug, (int)verdict->requested);
  ck_assert_msg(verdict->required == (enum answer)row->required, "case %d, %s: required %d", _i,
                row->slug, (int)verdict->required);
  ck_assert_msg(verdict->accepted == (enum answer)row->accepted, "case %d, %s: accepted %d", _i,
                row->slug, (int)verdict->accepted);
  ck_assert_msg(verdict->tunnel == row->tunnel, "case %d, %s: tunnel %d", _i, row->slug,
                (int)verdict->tunnel);
  ck_assert_int_eq(verdict->success, row->fault == FAULT_NONE);
  verdict_unref(verdict);
}
END_TEST

static void assert_sentence(const char *slug, const char *text)
{
  ck_assert_msg(strpbrk(text, "{}\n\r") == NULL, "%s: %s", slug, text);
  ck_assert_msg(strlen(text) < SENTENCE_MAX_BYTES, "%s: %zu bytes: %s", slug, strlen(text), text);
  ck_assert_msg(strstr(text, "(null)") == NULL && strstr(text, "\"?\"") == NULL, "%s: %s", slug,
                text);
  size_t length = strlen(text);
  ck_assert_msg(length == 0 || (text[length - 1] != '.' && text[length - 1] != ' '), "%s: %s", slug,
                text);
}

START_TEST(each_case_is_told_in_one_short_sentence)
{
  const struct diagnosis_case *row = &diagnosis_cases[_i];
  struct bench bench;
  struct verdict *verdict = arranged(row, &bench);
  ck_assert_str_ne(verdict->explanation, "");
  ck_assert_int_eq(verdict->remedy[0] == '\0', row->fault == FAULT_NONE);
  assert_sentence(row->slug, verdict->explanation);
  assert_sentence(row->slug, verdict->remedy);
  verdict_unref(verdict);
}
END_TEST

START_TEST(an_address_is_told_with_a_name_and_not_twice)
{
  struct bench bench;
  bench_init(&bench);
  case_connection_refused(&bench);
  struct verdict *named = bench_diagnose(&bench);
  ck_assert_str_eq(named->explanation,
                   "api.example:443 refuses the TCP connection (192.0.2.7:443)");
  bench.target.host = "192.0.2.7";
  struct verdict *bare = bench_diagnose(&bench);
  ck_assert_str_eq(bare->explanation, "192.0.2.7:443 refuses the TCP connection");
  verdict_unref(named);
  verdict_unref(bare);
}
END_TEST

START_TEST(each_reason_has_a_case)
{
  for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
    bool found = false;
    for (size_t i = 0; i < DIAGNOSIS_CASE_COUNT; i++) {
      found = found || (int)diagnosis_cases[i].reason == reason;
    }
    ck_assert_msg(found, "no case for %s", reason_row((enum reason)reason)->slug);
  }
}
END_TEST

START_TEST(a_case_belongs_to_the_row_of_its_reason)
{
  const struct diagnosis_case *row = &diagnosis_cases[_i];
  ck_assert_str_eq(reason_row(row->reason)->slug, row->slug);
  ck_assert_int_eq(reason_row(row->reason)->fault, row->fault);
}
END_TEST

START_TEST(the_slugs_are_the_closed_list)
{
  ck_assert_int_eq(LISTED_COUNT, REASON_COUNT - 1);
  for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
    const char *slug = reason_row((enum reason)reason)->slug;
    size_t times = 0;
    for (size_t i = 0; i < LISTED_COUNT; i++) {
      times += strcmp(closed_list[i], slug) == 0;
    }
    ck_assert_msg(times == 1, "%s is %zu times in the list", slug, times);
  }
}
END_TEST

START_TEST(a_slug_is_snake_case_and_stands_once)
{
  for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
    const char *slug = reason_row((enum reason)reason)->slug;
    ck_assert_msg(islower((unsigned char)slug[0]) && slug[strlen(slug) - 1] != '_' &&
                      strstr(slug, "__") == NULL &&
                      strspn(slug, "abcdefghijklmnopqrstuvwxyz_") == strlen(slug),
                  "%s", slug);
    for (int other = reason + 1; other < REASON_COUNT; other++) {
      ck_assert_str_ne(slug, reason_row((enum reason)other)->slug);
    }
  }
}
END_TEST

START_TEST(no_row_is_blank)
{
  for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
    const struct reason_row *row = reason_row((enum reason)reason);
    ck_assert_msg(row->explanation[0] != '\0', "%s", row->slug);
    ck_assert_msg((row->remedy[0] == '\0') == (row->fault == FAULT_NONE), "%s", row->slug);
  }
}
END_TEST

/* To be read in one go: PRINT_SENTENCES=1 CK_FORK=no unit_diagnosis_reason. */
START_TEST(the_sentences_are_printed)
{
  struct bench bench;
  struct verdict *verdict = arranged(&diagnosis_cases[_i], &bench);
  printf("%s (%s)\n  %s\n  -> %s\n", verdict->reason, fault_name(verdict->fault),
         verdict->explanation, verdict->remedy);
  verdict_unref(verdict);
}
END_TEST

static Suite *reason_suite(void)
{
  Suite *suite = suite_create("reason");
  TCase *cases = tcase_create("cases");
  tcase_add_loop_test(cases, each_case_gets_its_whole_verdict, 0, DIAGNOSIS_CASE_COUNT);
  tcase_add_loop_test(cases, each_case_is_told_in_one_short_sentence, 0, DIAGNOSIS_CASE_COUNT);
  tcase_add_loop_test(cases, a_case_belongs_to_the_row_of_its_reason, 0, DIAGNOSIS_CASE_COUNT);
  tcase_add_test(cases, an_address_is_told_with_a_name_and_not_twice);
  if (getenv("PRINT_SENTENCES") != NULL) {
    tcase_add_loop_test(cases, the_sentences_are_printed, 0, DIAGNOSIS_CASE_COUNT);
  }
  suite_add_tcase(suite, cases);
  TCase *table = tcase_create("table");
  tcase_add_test(table, each_reason_has_a_case);
  tcase_add_test(table, the_slugs_are_the_closed_list);
  tcase_add_test(table, a_slug_is_snake_case_and_stands_once);
  tcase_add_test(table, no_row_is_blank);
  suite_add_tcase(suite, table);
  return suite;
}

int main(void)
{
  SRunner *runner = srunner_create(reason_suite());
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
