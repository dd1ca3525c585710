/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/status.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void expect_format(const char *file, unsigned line, const char *expected)
{
  struct error error;
  char out[128];
  (void)error_set(&error, STATUS_INVALID, file, line, "bad %s", "thing");
  error_format(&error, out, sizeof(out));
  ck_assert_str_eq(out, expected);
}

START_TEST(setting_an_error_returns_its_status)
{
  struct error error;
  ck_assert_int_eq(error_set(&error, STATUS_IO, "f", 3, "x"), STATUS_IO);
  ck_assert_str_eq(error.file, "f");
  ck_assert_uint_eq(error.line, 3);
  ck_assert_str_eq(error.text, "x");
}
END_TEST

START_TEST(nobody_need_listen)
{
  ck_assert_int_eq(error_set(NULL, STATUS_NOT_FOUND, "f", 3, "x"), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(file_and_line_stand_before_the_text)
{
  expect_format("a.conf", 12, "a.conf:12: bad thing");
  expect_format("a.conf", 0, "a.conf: bad thing");
  expect_format(NULL, 0, "bad thing");
  expect_format("", 7, "bad thing");
}
END_TEST

START_TEST(long_texts_are_cut_and_terminated)
{
  struct error error;
  char text[4000];
  char out[32];
  memset(text, 'x', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  (void)error_set(&error, STATUS_INVALID, text, 1, "%s", text);
  ck_assert_uint_eq(strlen(error.file), sizeof(error.file) - 1);
  ck_assert_uint_eq(strlen(error.text), sizeof(error.text) - 1);
  error_format(&error, out, sizeof(out));
  ck_assert_uint_eq(strlen(out), sizeof(out) - 1);
}
END_TEST

START_TEST(a_list_keeps_copies_in_order)
{
  struct error_list list = {.items = NULL};
  for (unsigned i = 1; i <= 50; i++) {
    struct error error;
    (void)error_set(&error, STATUS_INVALID, "f", i, "error %u", i);
    ck_assert_int_eq(error_list_add(&list, &error), STATUS_OK);
    (void)error_set(&error, STATUS_INVALID, "g", 0, "other");
  }
  ck_assert_uint_eq(list.count, 50);
  ck_assert_str_eq(list.items[0].text, "error 1");
  ck_assert_uint_eq(list.items[49].line, 50);
  error_list_deinit(&list);
  ck_assert_ptr_null(list.items);
  ck_assert_uint_eq(list.count, 0);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("status");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, setting_an_error_returns_its_status);
  tcase_add_test(cases, nobody_need_listen);
  tcase_add_test(cases, file_and_line_stand_before_the_text);
  tcase_add_test(cases, long_texts_are_cut_and_terminated);
  tcase_add_test(cases, a_list_keeps_copies_in_order);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
