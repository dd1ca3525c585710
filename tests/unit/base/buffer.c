/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct buffer buffer;

START_TEST(an_empty_buffer_has_empty_text)
{
  buffer_init(&buffer, 10);
  ck_assert_str_eq(buffer_text(&buffer), "");
  ck_assert_uint_eq(buffer.length, 0);
  ck_assert_int_eq(buffer_status(&buffer), STATUS_OK);
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(appended_pieces_stand_in_order)
{
  buffer_init(&buffer, 100);
  buffer_append_text(&buffer, "ab");
  buffer_append_char(&buffer, 'c');
  buffer_append(&buffer, "\0d", 2);
  buffer_append_format(&buffer, "%d-%s", 42, "x");
  ck_assert_uint_eq(buffer.length, 9);
  ck_assert_mem_eq(buffer_text(&buffer), "abc\0d42-x", 10);
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(the_limit_is_reached_but_never_passed)
{
  buffer_init(&buffer, 4);
  buffer_append_text(&buffer, "abcd");
  ck_assert_int_eq(buffer_status(&buffer), STATUS_OK);
  buffer_append_char(&buffer, 'e');
  ck_assert_int_eq(buffer_status(&buffer), STATUS_TOO_LARGE);
  ck_assert_str_eq(buffer_text(&buffer), "abcd");
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(a_failure_is_for_good)
{
  buffer_init(&buffer, 3);
  buffer_append_text(&buffer, "abcd");
  buffer_append_text(&buffer, "x");
  ck_assert_int_eq(buffer_status(&buffer), STATUS_TOO_LARGE);
  ck_assert_str_eq(buffer_text(&buffer), "");
  ck_assert_ptr_null(buffer_take(&buffer));
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(a_format_that_does_not_fit_leaves_nothing)
{
  buffer_init(&buffer, 5);
  buffer_append_text(&buffer, "ab");
  buffer_append_format(&buffer, "%s", "long text");
  ck_assert_int_eq(buffer_status(&buffer), STATUS_TOO_LARGE);
  ck_assert_str_eq(buffer_text(&buffer), "ab");
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(consuming_drops_the_front)
{
  buffer_init(&buffer, 100);
  buffer_append_text(&buffer, "hello world");
  buffer_consume(&buffer, 6);
  ck_assert_str_eq(buffer_text(&buffer), "world");
  buffer_consume(&buffer, 100);
  ck_assert_str_eq(buffer_text(&buffer), "");
  buffer_consume(&buffer, 0);
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(clearing_also_clears_a_failure)
{
  buffer_init(&buffer, 3);
  buffer_append_text(&buffer, "ab");
  buffer_append_text(&buffer, "cd");
  buffer_clear(&buffer);
  ck_assert_int_eq(buffer_status(&buffer), STATUS_OK);
  ck_assert_str_eq(buffer_text(&buffer), "");
  buffer_append_text(&buffer, "new");
  ck_assert_str_eq(buffer_text(&buffer), "new");
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(taking_hands_over_the_text)
{
  buffer_init(&buffer, 100);
  buffer_append_text(&buffer, "mine");
  char *text = buffer_take(&buffer);
  ck_assert_str_eq(text, "mine");
  ck_assert_uint_eq(buffer.length, 0);
  buffer_append_text(&buffer, "next");
  ck_assert_str_eq(buffer_text(&buffer), "next");
  free(text);
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(taking_an_empty_buffer_gives_empty_text)
{
  buffer_init(&buffer, 100);
  char *text = buffer_take(&buffer);
  ck_assert_str_eq(text, "");
  free(text);
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(many_appends_keep_all_bytes)
{
  buffer_init(&buffer, 1 << 20);
  for (int i = 0; i < 100000; i++) {
    buffer_append_char(&buffer, (char)('a' + i % 26));
  }
  ck_assert_uint_eq(buffer.length, 100000);
  for (int i = 0; i < 100000; i++) {
    ck_assert_int_eq(buffer.data[i], 'a' + i % 26);
  }
  ck_assert_int_eq(buffer.data[buffer.length], '\0');
  buffer_deinit(&buffer);
}
END_TEST

START_TEST(a_deinitialised_buffer_can_be_used_again)
{
  buffer_init(&buffer, 10);
  buffer_append_text(&buffer, "secret");
  buffer_deinit(&buffer);
  ck_assert_ptr_null(buffer.data);
  buffer_append_text(&buffer, "again");
  ck_assert_str_eq(buffer_text(&buffer), "again");
  buffer_deinit(&buffer);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("buffer");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, an_empty_buffer_has_empty_text);
  tcase_add_test(cases, appended_pieces_stand_in_order);
  tcase_add_test(cases, the_limit_is_reached_but_never_passed);
  tcase_add_test(cases, a_failure_is_for_good);
  tcase_add_test(cases, a_format_that_does_not_fit_leaves_nothing);
  tcase_add_test(cases, consuming_drops_the_front);
  tcase_add_test(cases, clearing_also_clears_a_failure);
  tcase_add_test(cases, taking_hands_over_the_text);
  tcase_add_test(cases, taking_an_empty_buffer_gives_empty_text);
  tcase_add_test(cases, many_appends_keep_all_bytes);
  tcase_add_test(cases, a_deinitialised_buffer_can_be_used_again);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
