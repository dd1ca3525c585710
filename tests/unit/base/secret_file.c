/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/secret_file.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[32];
static char secret[SECRET_MAX_BYTES + 1];
static char why[SECRET_WHY_BYTES];

static void begin(void)
{
  (void)snprintf(path, sizeof(path), "/tmp/secret_file.XXXXXX");
  int file = mkstemp(path);
  ck_assert_int_ge(file, 0);
  ck_assert_int_eq(close(file), 0);
}

static void end(void)
{
  (void)unlink(path);
}

static enum status read_bytes(const void *bytes, size_t length)
{
  int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  ck_assert_int_ge(file, 0);
  ck_assert_int_eq(write(file, bytes, length), (ssize_t)length);
  ck_assert_int_eq(close(file), 0);
  return secret_file_read(path, secret, why);
}

static void assert_secret(const char *text, const char *expected)
{
  ck_assert_msg(read_bytes(text, strlen(text)) == STATUS_OK, "%s", why);
  ck_assert_str_eq(secret, expected);
}

static void assert_refused(enum status status, const char *words)
{
  ck_assert_int_eq(status, STATUS_INVALID);
  ck_assert_str_eq(secret, "");
  ck_assert_msg(strstr(why, words) != NULL, "%s", why);
}

START_TEST(the_first_line_counts_without_its_end)
{
  assert_secret("hunter2", "hunter2");
  assert_secret("hunter2\n", "hunter2");
  assert_secret("hunter2\r\n", "hunter2");
  assert_secret("hunter2\nsecond\n", "hunter2");
  assert_secret(" two  words \n", " two  words ");
  assert_secret("p\xC3\xA4ss\n", "p\xC3\xA4ss");
}
END_TEST

START_TEST(a_line_may_have_4096_bytes_and_no_more)
{
  char bytes[SECRET_MAX_BYTES + 8];
  memset(bytes, 'x', sizeof(bytes));
  ck_assert_int_eq(read_bytes(bytes, SECRET_MAX_BYTES), STATUS_OK);
  ck_assert_uint_eq(strlen(secret), SECRET_MAX_BYTES);
  assert_refused(read_bytes(bytes, SECRET_MAX_BYTES + 1), "longer than 4096 bytes");
  assert_refused(read_bytes(bytes, sizeof(bytes)), "longer than 4096 bytes");
  bytes[SECRET_MAX_BYTES] = '\r';
  bytes[SECRET_MAX_BYTES + 1] = '\n';
  ck_assert_int_eq(read_bytes(bytes, sizeof(bytes)), STATUS_OK);
  ck_assert_uint_eq(strlen(secret), SECRET_MAX_BYTES);
}
END_TEST

START_TEST(what_is_no_secret_is_refused_without_being_repeated)
{
  static const char *const controls[] = {"hunter2\x01\n", "\thunter2", "hun\rter2", "hunter2\x7F"};
  for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
    assert_refused(read_bytes(controls[i], strlen(controls[i])), "control character");
    ck_assert_ptr_null(strstr(why, "hunter2"));
  }
  assert_refused(read_bytes("hun\0ter2\n", 9), "control character");
  assert_refused(read_bytes("", 0), "nothing in its first line");
  assert_refused(read_bytes("\nhunter2\n", 9), "nothing in its first line");
  assert_refused(read_bytes("\r\n", 2), "nothing in its first line");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
  assert_refused(secret_file_read("/nowhere/secret", secret, why), "No such file");
  assert_refused(secret_file_read("/tmp", secret, why), "Is a directory");
}
END_TEST

int main(void)
{
  const TTest *const tests[] = {
      the_first_line_counts_without_its_end,
      a_line_may_have_4096_bytes_and_no_more,
      what_is_no_secret_is_refused_without_being_repeated,
      a_file_that_cannot_be_read_is_told,
  };
  Suite *suite = suite_create("base/secret_file");
  TCase *cases = tcase_create("all");
  tcase_add_checked_fixture(cases, begin, end);
  for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
    tcase_add_test(cases, tests[i]);
  }
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
