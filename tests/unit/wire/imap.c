/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include <check.h>
#include <stdlib.h>

#include "support/reply_reader.h"

static const struct reply_case replies[] = {
    {imap_greeting_read, REPLY_BYTES("* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.\r\n"),
     REPLY_POSITIVE, "OK", "[CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.", 0},
    {imap_greeting_read, REPLY_BYTES("* ok\r\n"), REPLY_POSITIVE, "ok", NULL, 0},
    {imap_greeting_read, REPLY_BYTES("* PREAUTH logged in as Smith\n"), REPLY_NEGATIVE, "PREAUTH",
     "logged in as Smith", 0},
    {imap_greeting_read, REPLY_BYTES("* BYE Autologout\r\n"), REPLY_NEGATIVE, "BYE", "Autologout",
     0},
    {imap_reply_read, REPLY_BYTES("* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\na OK Listed.\r\n"),
     REPLY_POSITIVE, "OK", "Listed.", OFFERS_STARTTLS | OFFERS_PLAIN},
    {imap_reply_read, REPLY_BYTES("* capability imap4rev1 starttls\r\na OK Listed.\r\n"),
     REPLY_POSITIVE, "OK", "Listed.", OFFERS_STARTTLS},
    {imap_reply_read, REPLY_BYTES("* CAPABILITY IMAP4rev1 XSTARTTLS AUTH=PLAIN-X\r\na OK \r\n"),
     REPLY_POSITIVE, "OK", NULL, 0},
    {imap_reply_read, REPLY_BYTES("* OK STARTTLS\r\n* 3 EXISTS\r\na OK \r\n"), REPLY_POSITIVE, "OK",
     NULL, 0},
    {imap_reply_read, REPLY_BYTES("b OK Begin TLS negotiation now.\r\n"), REPLY_POSITIVE, "OK",
     "Begin TLS negotiation now.", 0},
    {imap_reply_read, REPLY_BYTES("d NO [ALERT] Client didn't present valid SSL certificate\r\n"),
     REPLY_NEGATIVE, "NO", "[ALERT] Client didn't present valid SSL certificate", 0},
    {imap_reply_read, REPLY_BYTES("b BAD TLS support isn't enabled.\r\n"), REPLY_NEGATIVE, "BAD",
     "TLS support isn't enabled.", 0},
    {imap_reply_read, REPLY_BYTES("* BYE Too many connections\r\n"), REPLY_NEGATIVE, "BYE",
     "Too many connections", 0},
    {imap_reply_read, REPLY_BYTES("+ \r\n"), REPLY_CHALLENGE, "+", NULL, 0},
    {imap_reply_read, REPLY_BYTES("+\r\n"), REPLY_CHALLENGE, "+", NULL, 0},
    {imap_reply_read, REPLY_BYTES("+ Zm9v\r\n"), REPLY_CHALLENGE, "+", "Zm9v", 0},
};

START_TEST(a_reply_is_read_whole)
{
  assert_reply_case(&replies[_i]);
}
END_TEST

static const struct reply_rejection rejections[] = {
    {imap_greeting_read, REPLY_BYTES("a")},
    {imap_greeting_read, REPLY_BYTES("+")},
    {imap_greeting_read, REPLY_BYTES("\r\n")},
    {imap_greeting_read, REPLY_BYTES("* HELLO\r\n")},
    {imap_greeting_read, REPLY_BYTES("*\r\n")},
    {imap_greeting_read, REPLY_BYTES("*OK\r\n")},
    {imap_greeting_read, REPLY_BYTES("* OKAY\r\n")},
    {imap_reply_read, REPLY_BYTES("\x15")},
    {imap_reply_read, REPLY_BYTES("\r\n")},
    {imap_reply_read, REPLY_BYTES(" ")},
    {imap_reply_read, REPLY_BYTES("(")},
    {imap_reply_read, REPLY_BYTES("a\r\n")},
    {imap_reply_read, REPLY_BYTES("a MAYBE x\r\n")},
    {imap_reply_read, REPLY_BYTES("HTTP/1.1 400 Bad Request\r\n")},
    {imap_reply_read, REPLY_BYTES("* 1 EXISTS\r\n\r\n")},
};

START_TEST(what_is_no_reply_is_malformed_at_once)
{
  assert_rejection(&rejections[_i]);
}
END_TEST

START_TEST(a_reply_without_end_is_malformed_at_the_cap)
{
  assert_capped(imap_greeting_read, "* OK ", "x");
  assert_capped(imap_reply_read, "a OK ", "x");
  assert_capped(imap_reply_read, "", "* 1 EXISTS\r\n");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/imap");
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
