/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/xmpp.h"

#include <check.h>
#include <stdlib.h>

#include "support/reply_reader.h"

#define OPEN                                                                                       \
  "<?xml version='1.0'?><stream:stream version='1.0' from='localhost' "                            \
  "xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'>"

static const struct reply_case replies[] = {
    {xmpp_features_read,
     REPLY_BYTES(
         OPEN
         "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
         "</stream:features>"),
     REPLY_POSITIVE, "features", NULL, OFFERS_STARTTLS},
    {xmpp_features_read, REPLY_BYTES(OPEN "<stream:features><starttls/></stream:features>"),
     REPLY_POSITIVE, "features", NULL, OFFERS_STARTTLS},
    {xmpp_features_read,
     REPLY_BYTES(OPEN "<stream:features><mechanisms><mechanism>PLAIN</mechanism></mechanisms></"
                      "stream:features>"),
     REPLY_POSITIVE, "features", NULL, 0},
    {xmpp_features_read, REPLY_BYTES(OPEN "<stream:features/>"), REPLY_POSITIVE, "features", NULL,
     0},
    {xmpp_features_read, REPLY_BYTES("<stream>\n <features >\t<starttls\n/></features\n>"),
     REPLY_POSITIVE, "features", NULL, OFFERS_STARTTLS},
    {xmpp_features_read, REPLY_BYTES("<stream:stream a='>' b=\"/>\"><x:features/>"), REPLY_POSITIVE,
     "features", NULL, 0},
    {xmpp_features_read,
     REPLY_BYTES(OPEN "<stream:error><host-unknown xmlns='x'/><text>This server does not serve "
                      "it</text></stream:error>"),
     REPLY_NEGATIVE, "host-unknown", "This server does not serve it", 0},
    {xmpp_features_read,
     REPLY_BYTES(OPEN "<stream:error><text/><policy-violation/><other/></stream:error>"),
     REPLY_NEGATIVE, "policy-violation", NULL, 0},
    {xmpp_features_read, REPLY_BYTES(OPEN "<stream:error/>"), REPLY_NEGATIVE, "error", NULL, 0},
    {xmpp_features_read, REPLY_BYTES(OPEN "</stream:stream>"), REPLY_NEGATIVE, "closed", NULL, 0},
    {xmpp_answer_read, REPLY_BYTES("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
     REPLY_POSITIVE, "proceed", NULL, 0},
    {xmpp_answer_read, REPLY_BYTES(" <proceed></proceed>"), REPLY_POSITIVE, "proceed", NULL, 0},
    {xmpp_answer_read, REPLY_BYTES("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
     REPLY_NEGATIVE, "failure", NULL, 0},
    {xmpp_answer_read, REPLY_BYTES("<stream:error><unsupported-stanza-type/></stream:error>"),
     REPLY_NEGATIVE, "unsupported-stanza-type", NULL, 0},
    {xmpp_answer_read, REPLY_BYTES("</stream:stream>"), REPLY_NEGATIVE, "closed", NULL, 0},
};

START_TEST(a_reply_is_read_whole)
{
  assert_reply_case(&replies[_i]);
}
END_TEST

static const struct reply_rejection rejections[] = {
    {xmpp_features_read, REPLY_BYTES("H")},
    {xmpp_features_read, REPLY_BYTES(" x")},
    {xmpp_features_read, REPLY_BYTES("\0")},
    {xmpp_features_read, REPLY_BYTES("<\0")},
    {xmpp_features_read, REPLY_BYTES("<html>")},
    {xmpp_features_read, REPLY_BYTES("< stream>")},
    {xmpp_features_read, REPLY_BYTES("<>")},
    {xmpp_features_read, REPLY_BYTES("<!-- x -->")},
    {xmpp_features_read, REPLY_BYTES("<!DOCTYPE x>")},
    {xmpp_features_read, REPLY_BYTES("<?php ")},
    {xmpp_features_read, REPLY_BYTES("</stream>")},
    {xmpp_features_read, REPLY_BYTES("<stream/>")},
    {xmpp_features_read, REPLY_BYTES("<stream<")},
    {xmpp_features_read, REPLY_BYTES("<stream:>")},
    {xmpp_features_read, REPLY_BYTES("<stream,x>")},
    {xmpp_features_read, REPLY_BYTES(OPEN "x")},
    {xmpp_features_read, REPLY_BYTES(OPEN "<proceed/>")},
    {xmpp_features_read, REPLY_BYTES(OPEN "<message/>")},
    {xmpp_features_read, REPLY_BYTES(OPEN "<?xml version='1.0'?>")},
    {xmpp_features_read, REPLY_BYTES(OPEN "<![CDATA[x]]>")},
    {xmpp_features_read, REPLY_BYTES(OPEN "<error><x/></error"
                                          "/>")},
    {xmpp_features_read, REPLY_BYTES(OPEN "<features>\0")},
    {xmpp_features_read, REPLY_BYTES(OPEN "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>")},
    {xmpp_answer_read, REPLY_BYTES("x")},
    {xmpp_answer_read, REPLY_BYTES("<features/>")},
    {xmpp_answer_read, REPLY_BYTES("<stream:stream></stream:stream>")},
};

START_TEST(what_is_no_reply_is_malformed_at_once)
{
  assert_rejection(&rejections[_i]);
}
END_TEST

START_TEST(a_reply_without_end_is_malformed_at_the_cap)
{
  assert_capped(xmpp_features_read, "", " ");
  assert_capped(xmpp_features_read, "<?xml ", "x");
  assert_capped(xmpp_features_read, "<stream x='", ">");
  assert_capped(xmpp_features_read, "<stream><features>", "<a/>");
  assert_capped(xmpp_answer_read, "<proceed>", "x");
}
END_TEST

START_TEST(what_a_client_says_is_written)
{
  struct buffer out;
  buffer_init(&out, 512);
  xmpp_stream_write(&out, "example.org");
  ck_assert_str_eq(buffer_text(&out),
                   "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                   "xmlns:stream='http://etherx.jabber.org/streams' to='example.org' "
                   "version='1.0'>");
  buffer_clear(&out);
  xmpp_starttls_write(&out);
  ck_assert_str_eq(buffer_text(&out), "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  buffer_clear(&out);
  xmpp_close_write(&out);
  ck_assert_str_eq(buffer_text(&out), "</stream:stream>");
  buffer_deinit(&out);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/xmpp");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, reply_set_up, reply_tear_down);
  tcase_add_loop_test(all, a_reply_is_read_whole, 0, sizeof(replies) / sizeof(replies[0]));
  tcase_add_loop_test(all, what_is_no_reply_is_malformed_at_once, 0,
                      sizeof(rejections) / sizeof(rejections[0]));
  tcase_add_test(all, a_reply_without_end_is_malformed_at_the_cap);
  tcase_add_test(all, what_a_client_says_is_written);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
