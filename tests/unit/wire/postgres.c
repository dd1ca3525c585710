/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/postgres.h"

#include <check.h>
#include <stdlib.h>

#include "support/reply_reader.h"

/* "required", "a session" and so on: what a server says to a StartupMessage. */
#define REFUSAL                                                                                    \
  "E\0\0\0\x1E"                                                                                    \
  "SFATAL\0"                                                                                       \
  "C28000\0"                                                                                       \
  "Mno way in\0"                                                                                   \
  "\0"
#define SESSION "R\0\0\0\x08\0\0\0\0"
#define NOTICE                                                                                     \
  "N\0\0\0\x0A"                                                                                    \
  "Mhey\0\0"

static const struct reply_case replies[] = {
    {postgres_ssl_answer_read, REPLY_BYTES("S"), REPLY_POSITIVE, "S", NULL, OFFERS_STARTTLS},
    {postgres_ssl_answer_read, REPLY_BYTES("N"), REPLY_POSITIVE, "N", NULL, 0},
    {postgres_ssl_answer_read, REPLY_BYTES(REFUSAL), REPLY_NEGATIVE, "28000", "no way in", 0},
    {postgres_reply_read, REPLY_BYTES(REFUSAL), REPLY_NEGATIVE, "28000", "no way in", 0},
    {postgres_reply_read, REPLY_BYTES(SESSION), REPLY_POSITIVE, "AuthenticationOk", NULL, 0},
    {postgres_reply_read, REPLY_BYTES(NOTICE "v\0\0\0\x0C\0\0\0\0\0\0\0\0" SESSION), REPLY_POSITIVE,
     "AuthenticationOk", NULL, 0},
    {postgres_reply_read, REPLY_BYTES("R\0\0\0\x08\0\0\0\x03"), REPLY_CHALLENGE,
     "AuthenticationCleartextPassword", NULL, 0},
    {postgres_reply_read, REPLY_BYTES("R\0\0\0\x0C\0\0\0\x05salt"), REPLY_CHALLENGE,
     "AuthenticationMD5Password", NULL, 0},
    {postgres_reply_read, REPLY_BYTES("R\0\0\0\x17\0\0\0\x0ASCRAM-SHA-256\0\0"), REPLY_CHALLENGE,
     "AuthenticationSASL", NULL, 0},
    {postgres_reply_read, REPLY_BYTES("R\0\0\0\x08\0\0\0\x06"), REPLY_CHALLENGE, "Authentication",
     NULL, 0},
    {postgres_reply_read, REPLY_BYTES("R\0\0\0\x08\x01\0\0\0"), REPLY_CHALLENGE, "Authentication",
     NULL, 0},
    {postgres_reply_read,
     REPLY_BYTES("E\0\0\0\x0E"
                 "C57P03\0"
                 "M\0"
                 "\0"),
     REPLY_NEGATIVE, "57P03", NULL, 0},
};

START_TEST(a_reply_is_read_whole)
{
  assert_reply_case(&replies[_i]);
}
END_TEST

static const struct reply_rejection rejections[] = {
    {postgres_ssl_answer_read, REPLY_BYTES("s")},
    {postgres_ssl_answer_read, REPLY_BYTES("X")},
    {postgres_ssl_answer_read, REPLY_BYTES("\0")},
    {postgres_ssl_answer_read, REPLY_BYTES("R")},
    {postgres_ssl_answer_read, REPLY_BYTES("HTTP")},
    {postgres_ssl_answer_read, REPLY_BYTES("EFATAL:  unsupported")},
    {postgres_reply_read, REPLY_BYTES("S")},
    {postgres_reply_read, REPLY_BYTES("\0")},
    {postgres_reply_read, REPLY_BYTES("Z")},
    {postgres_reply_read, REPLY_BYTES("R\0\0\0\x03")},
    {postgres_reply_read, REPLY_BYTES("R\0\0\x40\x01")},
    {postgres_reply_read, REPLY_BYTES("R\xFF\xFF\xFF\xFF")},
    {postgres_reply_read, REPLY_BYTES("R\0\0\0\x07\0\0\0")},
    {postgres_reply_read, REPLY_BYTES("E\0\0\0\x04")},
    {postgres_reply_read, REPLY_BYTES("E\0\0\0\x05\0")},
    {postgres_reply_read, REPLY_BYTES("E\0\0\0\x0B"
                                      "C28000\0")},
    {postgres_reply_read, REPLY_BYTES("E\0\0\0\x0A"
                                      "C28000")},
    {postgres_reply_read, REPLY_BYTES("E\0\0\0\x0D"
                                      "C28000\0"
                                      "\0x")},
    {postgres_reply_read, REPLY_BYTES("E\0\0\0\x08"
                                      "Mx\0"
                                      "\0")},
    {postgres_reply_read, REPLY_BYTES(NOTICE "Z")},
};

START_TEST(what_is_no_reply_is_malformed_at_once)
{
  assert_rejection(&rejections[_i]);
}
END_TEST

START_TEST(a_reply_without_end_is_malformed_at_the_cap)
{
  static char notices[REPLY_MAX_BYTES];
  struct reply reply;
  for (size_t i = 0; i + sizeof(NOTICE) - 1 <= sizeof(notices); i += sizeof(NOTICE) - 1) {
    memcpy(notices + i, NOTICE, sizeof(NOTICE) - 1);
  }
  size_t whole = sizeof(notices) - sizeof(notices) % (sizeof(NOTICE) - 1);
  memcpy(notices + whole, NOTICE, sizeof(notices) - whole);
  ck_assert_int_eq(reply_read(postgres_reply_read, notices, sizeof(notices) - 1, &reply),
                   REPLY_INCOMPLETE);
  ck_assert_int_eq(reply_read(postgres_reply_read, notices, sizeof(notices), &reply),
                   REPLY_MALFORMED);
}
END_TEST

static void assert_written(const struct buffer *out, const char *bytes, size_t length)
{
  ck_assert_int_eq(buffer_status(out), STATUS_OK);
  ck_assert_uint_eq(out->length, length);
  ck_assert_mem_eq(out->data, bytes, length);
}

START_TEST(what_a_client_says_is_written)
{
  struct buffer out;
  buffer_init(&out, 256);
  postgres_ssl_request_write(&out);
  assert_written(&out, REPLY_BYTES("\0\0\0\x08\x04\xD2\x16\x2F"));
  buffer_clear(&out);
  postgres_startup_write(&out, "me", NULL);
  assert_written(&out, REPLY_BYTES("\0\0\0\x11\0\x03\0\0user\0me\0\0"));
  buffer_clear(&out);
  postgres_startup_write(&out, "me", "mine");
  assert_written(&out, REPLY_BYTES("\0\0\0\x1F\0\x03\0\0user\0me\0"
                                   "database\0mine\0\0"));
  buffer_clear(&out);
  postgres_terminate_write(&out);
  assert_written(&out, REPLY_BYTES("X\0\0\0\x04"));
  buffer_deinit(&out);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/postgres");
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
