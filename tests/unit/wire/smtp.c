/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/smtp.h"

#include <check.h>
#include <stdlib.h>

#include "support/reply_reader.h"

#define POSTFIX_EHLO                                                                               \
  "250-mail.lab.test\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 CHUNKING\r\n"

static const struct reply_case replies[] = {
    {smtp_reply_read, REPLY_BYTES("220 mail.lab.test ESMTP Postfix\r\n"), REPLY_POSITIVE, "220",
     "mail.lab.test ESMTP Postfix", 0},
    {smtp_reply_read, REPLY_BYTES(POSTFIX_EHLO), REPLY_POSITIVE, "250", "mail.lab.test",
     OFFERS_STARTTLS},
    {smtp_reply_read, REPLY_BYTES("250-mx\n250-starttls\n250 HELP\n"), REPLY_POSITIVE, "250", "mx",
     OFFERS_STARTTLS},
    {smtp_reply_read, REPLY_BYTES("250-mx\r\n250 STARTTLS REQUIRED\r\n"), REPLY_POSITIVE, "250",
     "mx", OFFERS_STARTTLS},
    {smtp_reply_read, REPLY_BYTES("250-mx\r\n250 XSTARTTLS\r\n"), REPLY_POSITIVE, "250", "mx", 0},
    {smtp_reply_read, REPLY_BYTES("250 STARTTLS\r\n"), REPLY_POSITIVE, "250", "STARTTLS", 0},
    {smtp_reply_read, REPLY_BYTES("250-STARTTLS\r\n250 mx\r\n"), REPLY_POSITIVE, "250", "STARTTLS",
     0},
    {smtp_reply_read, REPLY_BYTES("220\r\n"), REPLY_POSITIVE, "220", NULL, 0},
    {smtp_reply_read, REPLY_BYTES("334 \r\n"), REPLY_CHALLENGE, "334", NULL, 0},
    {smtp_reply_read, REPLY_BYTES("421 4.7.1 mx Error: No client certificate presented\r\n"),
     REPLY_NEGATIVE, "421", "4.7.1 mx Error: No client certificate presented", 0},
    {smtp_reply_read, REPLY_BYTES("554-No SMTP service here\r\n554 try later\r\n"), REPLY_NEGATIVE,
     "554", "No SMTP service here", 0},
};

START_TEST(a_reply_is_read_whole)
{
  assert_reply_case(&replies[_i]);
}
END_TEST

static const struct reply_rejection rejections[] = {
    {smtp_reply_read, REPLY_BYTES("H")},
    {smtp_reply_read, REPLY_BYTES("\x15")},
    {smtp_reply_read, REPLY_BYTES("\r\n")},
    {smtp_reply_read, REPLY_BYTES("150 ")},
    {smtp_reply_read, REPLY_BYTES("620 ")},
    {smtp_reply_read, REPLY_BYTES("22x")},
    {smtp_reply_read, REPLY_BYTES("22\r\n")},
    {smtp_reply_read, REPLY_BYTES("220x")},
    {smtp_reply_read, REPLY_BYTES("2200 ")},
    {smtp_reply_read, REPLY_BYTES("250-a\r\n251 b\r\n")},
    {smtp_reply_read, REPLY_BYTES("250-a\r\n\r\n")},
    {smtp_reply_read, REPLY_BYTES("250-a\r\nSTARTTLS\r\n")},
};

START_TEST(what_is_no_reply_is_malformed_at_once)
{
  assert_rejection(&rejections[_i]);
}
END_TEST

START_TEST(a_reply_without_end_is_malformed_at_the_cap)
{
  assert_capped(smtp_reply_read, "220 ", "x");
  assert_capped(smtp_reply_read, "", "250-x\r\n");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/smtp");
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
