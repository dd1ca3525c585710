/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/mysql.h"

#include <check.h>
#include <stdlib.h>

#include "support/reply_reader.h"

#define THREAD_AND_SCRAMBLE                                                                        \
  "\x05\0\0\0"                                                                                     \
  "6/)}_Dr5\0"

static const struct reply_case replies[] = {
    {mysql_greeting_read, REPLY_BYTES("\x17\0\0\0\n8.0.36\0" THREAD_AND_SCRAMBLE "\xFF\xFF"),
     REPLY_POSITIVE, "HandshakeV10", "8.0.36", OFFERS_STARTTLS},
    {mysql_greeting_read, REPLY_BYTES("\x17\0\0\0\n8.0.36\0" THREAD_AND_SCRAMBLE "\xFF\xF7"),
     REPLY_POSITIVE, "HandshakeV10", "8.0.36", 0},
    {mysql_greeting_read, REPLY_BYTES("\x1A\0\0\0\n8.0.36\0" THREAD_AND_SCRAMBLE "\0\x08\xFF\0\0"),
     REPLY_POSITIVE, "HandshakeV10", "8.0.36", OFFERS_STARTTLS},
    {mysql_greeting_read, REPLY_BYTES("\x11\0\0\0\n\0" THREAD_AND_SCRAMBLE "\0\0"), REPLY_POSITIVE,
     "HandshakeV10", NULL, 0},
    {mysql_greeting_read, REPLY_BYTES("\x10\0\0\0\xFF\x69\x04Host blocked!"), REPLY_NEGATIVE,
     "1129", "Host blocked!", 0},
    {mysql_reply_read, REPLY_BYTES("\x07\0\0\x03\0\0\0\x02\0\0\0"), REPLY_POSITIVE, "OK", NULL, 0},
    {mysql_reply_read, REPLY_BYTES("\x16\0\0\x03\xFF\x15\x04#28000Access denied"), REPLY_NEGATIVE,
     "1045", "Access denied", 0},
    {mysql_reply_read, REPLY_BYTES("\x03\0\0\x03\xFF\x15\x04"), REPLY_NEGATIVE, "1045", NULL, 0},
    {mysql_reply_read, REPLY_BYTES("\x02\0\0\x04\x01\x04"), REPLY_CHALLENGE, "AuthMoreData", NULL,
     0},
    {mysql_reply_read, REPLY_BYTES("\x0A\0\0\x03\xFEmysql\0abc"), REPLY_CHALLENGE,
     "AuthSwitchRequest", NULL, 0},
};

START_TEST(a_reply_is_read_whole)
{
  assert_reply_case(&replies[_i]);
}
END_TEST

static const struct reply_rejection rejections[] = {
    {mysql_greeting_read, REPLY_BYTES("\0\0\0\0")},
    {mysql_greeting_read, REPLY_BYTES("\xFD\x3F\0\0")},
    {mysql_greeting_read, REPLY_BYTES("220 ")},
    {mysql_greeting_read, REPLY_BYTES("HTTP")},
    {mysql_greeting_read, REPLY_BYTES("\x01\0\0\0\x0A")},
    {mysql_greeting_read, REPLY_BYTES("\x07\0\0\0\x09"
                                      "3.23\0x")},
    {mysql_greeting_read, REPLY_BYTES("\x16\0\0\0\n8.0.36\0" THREAD_AND_SCRAMBLE "\xFF")},
    {mysql_greeting_read, REPLY_BYTES("\x02\0\0\0\xFF\x15")},
    {mysql_reply_read, REPLY_BYTES("\0\0\0\x03")},
    {mysql_reply_read, REPLY_BYTES("\x01\0\0\x03\x02")},
    {mysql_reply_read, REPLY_BYTES("\x02\0\0\x03\xFF\x15")},
};

START_TEST(what_is_no_reply_is_malformed_at_once)
{
  assert_rejection(&rejections[_i]);
}
END_TEST

static void assert_written(const struct buffer *out, const char *bytes, size_t length)
{
  ck_assert_int_eq(buffer_status(out), STATUS_OK);
  ck_assert_uint_eq(out->length, length);
  ck_assert_mem_eq(out->data, bytes, length);
}

#define ZEROS_23 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

START_TEST(what_a_client_says_is_written)
{
  struct buffer out;
  buffer_init(&out, 256);
  mysql_ssl_request_write(&out);
  assert_written(&out, REPLY_BYTES("\x20\0\0\x01\x01\x8A\x08\0\0\0\0\x01\x2D" ZEROS_23));
  buffer_clear(&out);
  mysql_login_write(&out, "me", NULL);
  assert_written(&out, REPLY_BYTES("\x3A\0\0\x02\x01\x8A\x08\0\0\0\0\x01\x2D" ZEROS_23 "me\0\0"
                                   "mysql_native_password\0"));
  buffer_clear(&out);
  mysql_login_write(&out, "me", "db");
  assert_written(&out, REPLY_BYTES("\x3D\0\0\x02\x09\x8A\x08\0\0\0\0\x01\x2D" ZEROS_23 "me\0\0"
                                   "db\0"
                                   "mysql_native_password\0"));
  buffer_clear(&out);
  mysql_empty_password_write(&out);
  assert_written(&out, REPLY_BYTES("\0\0\0\x04"));
  buffer_clear(&out);
  mysql_quit_write(&out);
  assert_written(&out, REPLY_BYTES("\x01\0\0\0\x01"));
  buffer_deinit(&out);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/mysql");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, reply_set_up, reply_tear_down);
  tcase_add_loop_test(all, a_reply_is_read_whole, 0, sizeof(replies) / sizeof(replies[0]));
  tcase_add_loop_test(all, what_is_no_reply_is_malformed_at_once, 0,
                      sizeof(rejections) / sizeof(rejections[0]));
  tcase_add_test(all, what_a_client_says_is_written);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
