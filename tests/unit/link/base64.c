/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/base64.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(the_vectors_of_rfc_4648_section_10_hold)
{
  static const char *const rows[][2] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct buffer out;
    buffer_init(&out, 64);
    base64_append(&out, rows[i][0], strlen(rows[i][0]));
    ck_assert_int_eq(buffer_status(&out), STATUS_OK);
    ck_assert_str_eq(buffer_text(&out), rows[i][1]);
    buffer_deinit(&out);
  }
}
END_TEST

START_TEST(every_byte_may_be_encoded_behind_what_is_there)
{
  static const uint8_t bytes[] = {0x00, 0xff, 0xfb, 0xf0};
  struct buffer out;
  buffer_init(&out, 64);
  buffer_append_text(&out, "Basic ");
  base64_append(&out, bytes, sizeof(bytes));
  ck_assert_str_eq(buffer_text(&out), "Basic AP/78A==");
  buffer_deinit(&out);
}
END_TEST

START_TEST(long_input_is_one_line)
{
  static char password[4096 + 256 + 1];
  memset(password, 'x', sizeof(password));
  struct buffer out;
  buffer_init(&out, 65536);
  base64_append(&out, password, sizeof(password));
  ck_assert_uint_eq(out.length, (sizeof(password) + 2) / 3 * 4);
  ck_assert_ptr_null(strpbrk(out.data, "\r\n"));
  buffer_deinit(&out);
}
END_TEST

START_TEST(input_over_the_cap_makes_the_buffer_fail)
{
  static char endless[65536];
  struct buffer out;
  buffer_init(&out, 1024 * 1024);
  base64_append(&out, endless, sizeof(endless));
  ck_assert_int_eq(buffer_status(&out), STATUS_TOO_LARGE);
  ck_assert_uint_eq(out.length, 0);
  buffer_deinit(&out);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("link/base64");
  TCase *tcase = tcase_create("all");
  tcase_add_test(tcase, the_vectors_of_rfc_4648_section_10_hold);
  tcase_add_test(tcase, every_byte_may_be_encoded_behind_what_is_there);
  tcase_add_test(tcase, long_input_is_one_line);
  tcase_add_test(tcase, input_over_the_cap_makes_the_buffer_fail);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
