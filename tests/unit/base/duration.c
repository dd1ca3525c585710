/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/duration.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct row {
  const char *text;
  int64_t ms;
};

START_TEST(every_unit_is_read)
{
  static const struct row rows[] = {
      {"0", 0},
      {"0s", 0},
      {"1ms", 1},
      {"250ms", 250},
      {"30s", 30000},
      {"1m30s", 90000},
      {"5m", 300000},
      {"1h", 3600000},
      {"1d", 86400000},
      {"1w", 604800000},
      {"2h1ms", 7200001},
      {"007s", 7000},
      {"1y", INT64_C(31536000000)},
      {"1y1w1d1h1m1s1ms", INT64_C(31536000000) + 604800000 + 86400000 + 3600000 + 60000 + 1001},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    int64_t ms = -1;
    ck_assert_msg(duration_parse(rows[i].text, &ms) == STATUS_OK, "%s", rows[i].text);
    ck_assert_msg(ms == rows[i].ms, "%s gave %lld", rows[i].text, (long long)ms);
  }
}
END_TEST

START_TEST(what_prometheus_refuses_is_refused)
{
  static const char *const wrong[] = {"",     "1",   "s",    "-1s",  "+1s",   "1.5s", "1 s",
                                      " 1s",  "1s ", "1s1m", "1s1s", "1ms1s", "1S",   "1us",
                                      "1m30", "00",  "0x1s", "1mss", "1hm",   "1sms", "1\xC2\xB5s"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    int64_t ms = -1;
    ck_assert_msg(duration_parse(wrong[i], &ms) == STATUS_INVALID, "\"%s\"", wrong[i]);
    ck_assert_int_eq(ms, 0);
  }
}
END_TEST

START_TEST(more_than_a_hundred_years_is_refused)
{
  int64_t ms = 0;
  ck_assert_int_eq(duration_parse("100y", &ms), STATUS_OK);
  ck_assert_int_eq(ms, DURATION_MAX_MS);
  ck_assert_int_lt(ms, INT64_MAX / 1000000 / 2); /* nanoseconds of two can be added */
  ck_assert_int_eq(duration_parse("3153600000000ms", &ms), STATUS_OK);
  ck_assert_int_eq(duration_parse("3153600000001ms", &ms), STATUS_INVALID);
  ck_assert_int_eq(duration_parse("100y1ms", &ms), STATUS_INVALID);
  ck_assert_int_eq(duration_parse("99y53w", &ms), STATUS_INVALID);
  ck_assert_int_eq(duration_parse("99999999999999999999999999ms", &ms), STATUS_INVALID);
}
END_TEST

START_TEST(the_shortest_text_is_written)
{
  static const struct row rows[] = {
      {"0s", 0},
      {"1ms", 1},
      {"30s", 30000},
      {"1m30s", 90000},
      {"1h", 3600000},
      {"10d", 864000000},
      {"1w", 604800000},
      {"1y", INT64_C(31536000000)},
      {"0s", -5},
      {"1s1ms", 1001},
      {"365d1h", INT64_C(31536000000) + 3600000},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char text[64];
    duration_format(rows[i].ms, text, sizeof(text));
    ck_assert_str_eq(text, rows[i].text);
  }
}
END_TEST

START_TEST(what_is_written_reads_the_same)
{
  for (int64_t ms = 1; ms < DURATION_MAX_MS; ms = ms * 3 + 7) {
    char text[64];
    int64_t again = 0;
    duration_format(ms, text, sizeof(text));
    ck_assert_int_eq(duration_parse(text, &again), STATUS_OK);
    ck_assert_int_eq(again, ms);
  }
}
END_TEST

START_TEST(a_small_buffer_is_terminated)
{
  for (size_t bytes = 1; bytes < 8; bytes++) {
    char text[8] = "xxxxxxx";
    duration_format(90061001, text, bytes);
    ck_assert_uint_lt(strlen(text), bytes);
    ck_assert_msg(text[bytes - 1] == '\0' || strlen(text) < bytes - 1, "%zu", bytes);
  }
  duration_format(1, NULL, 0);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("duration");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, every_unit_is_read);
  tcase_add_test(cases, what_prometheus_refuses_is_refused);
  tcase_add_test(cases, more_than_a_hundred_years_is_refused);
  tcase_add_test(cases, the_shortest_text_is_written);
  tcase_add_test(cases, what_is_written_reads_the_same);
  tcase_add_test(cases, a_small_buffer_is_terminated);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
