/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/pop3.h"

#include <check.h>
#include <stdlib.h>

#include "support/reply_reader.h"

static const struct reply_case replies[] = {
    {pop3_reply_read, REPLY_BYTES("+OK Dovecot (Debian) ready.\r\n"), REPLY_POSITIVE, "+OK",
     "Dovecot (Debian) ready.", 0},
    {pop3_reply_read, REPLY_BYTES("+OK\n"), REPLY_POSITIVE, "+OK", NULL, 0},
    {pop3_reply_read, REPLY_BYTES("-ERR TLS support isn't enabled.\r\n"), REPLY_NEGATIVE, "-ERR",
     "TLS support isn't enabled.", 0},
    {pop3_reply_read, REPLY_BYTES("+ \r\n"), REPLY_CHALLENGE, "+", NULL, 0},
    {pop3_reply_read, REPLY_BYTES("+ Zm9v\r\n"), REPLY_CHALLENGE, "+", "Zm9v", 0},
    {pop3_capabilities_read,
     REPLY_BYTES("+OK\r\nCAPA\r\nSTLS\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n"), REPLY_POSITIVE, "+OK",
     NULL, OFFERS_STARTTLS | OFFERS_PLAIN},
    {pop3_capabilities_read, REPLY_BYTES("+OK here it comes\r\nstls\r\n.\r\n"), REPLY_POSITIVE,
     "+OK", "here it comes", OFFERS_STARTTLS},
    {pop3_capabilities_read, REPLY_BYTES("+OK STLS\r\nXSTLS\r\nSASL LOGIN\r\nPLAIN\r\n.\r\n"),
     REPLY_POSITIVE, "+OK", "STLS", 0},
    {pop3_capabilities_read, REPLY_BYTES("+OK\r\n.\r\n"), REPLY_POSITIVE, "+OK", NULL, 0},
    {pop3_capabilities_read, REPLY_BYTES("-ERR no such command\r\n"), REPLY_NEGATIVE, "-ERR",
     "no such command", 0},
};

START_TEST(a_reply_is_read_whole)
{
  assert_reply_case(&replies[_i]);
}
END_TEST

static const struct reply_rejection rejections[] = {
    {pop3_reply_read, REPLY_BYTES("x")},         {pop3_reply_read, REPLY_BYTES("\r\n")},
    {pop3_reply_read, REPLY_BYTES("\x15")},      {pop3_reply_read, REPLY_BYTES("+ok")},
    {pop3_reply_read, REPLY_BYTES("+OKAY")},     {pop3_reply_read, REPLY_BYTES("-OK")},
    {pop3_reply_read, REPLY_BYTES("-ERROR")},    {pop3_reply_read, REPLY_BYTES("-\r\n")},
    {pop3_reply_read, REPLY_BYTES(" +OK")},      {pop3_reply_read, REPLY_BYTES("220 ")},
    {pop3_capabilities_read, REPLY_BYTES("+x")},
};

START_TEST(what_is_no_reply_is_malformed_at_once)
{
  assert_rejection(&rejections[_i]);
}
END_TEST

START_TEST(a_reply_without_end_is_malformed_at_the_cap)
{
  assert_capped(pop3_reply_read, "+OK ", "x");
  assert_capped(pop3_capabilities_read, "+OK\r\n", "STLS\r\n");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/pop3");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, reply_set_up, reply_tear_down);
  tcase_add_loop_test(all, a_reply_is_read_whole, 0, sizeof(replies) / sizeof(replies[0]));
  tcase_add_loop_test(all, what_is_no_reply_is_malformed_at_once, 0,
                      sizeof(rejections) / sizeof(rejections[0]));
  tcase_add_test(all, a_reply_without_end_is_malformed_at_the_cap);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
