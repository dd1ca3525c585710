/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/ldap.h"

#include <check.h>
#include <stdlib.h>

#include "support/reply_reader.h"

#define SUCCESS "\x0A\x01\x00\x04\x00\x04\x00"

static const struct reply_case replies[] = {
    {ldap_reply_read, REPLY_BYTES("\x30\x0C\x02\x01\x01\x78\x07" SUCCESS), REPLY_POSITIVE,
     "success", NULL, 0},
    {ldap_reply_read, REPLY_BYTES("\x30\x0C\x02\x01\x02\x61\x07" SUCCESS), REPLY_POSITIVE,
     "success", NULL, 0},
    {ldap_reply_read,
     REPLY_BYTES("\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07" SUCCESS),
     REPLY_POSITIVE, "success", NULL, 0},
    {ldap_reply_read,
     REPLY_BYTES(
         "\x30\x09\x02\x01\x02\x64\x04\x04\x00\x30\x00\x30\x0C\x02\x01\x02\x65\x07" SUCCESS),
     REPLY_POSITIVE, "success", NULL, 0},
    {ldap_reply_read,
     REPLY_BYTES("\x30\x05\x02\x01\x02\x73\x00\x30\x05\x02\x01\x02\x79\x00\x30\x0C\x02\x01\x02\x65"
                 "\x07" SUCCESS),
     REPLY_POSITIVE, "success", NULL, 0},
    {ldap_reply_read,
     REPLY_BYTES(
         "\x30\x2A\x02\x01\x01\x78\x25\x0A\x01\x02\x04\x00\x04\x1Eunsupported extended operation"),
     REPLY_NEGATIVE, "protocolError", "unsupported extended operation", 0},
    {ldap_reply_read, REPLY_BYTES("\x30\x0D\x02\x01\x02\x65\x08\x0A\x02\x10\x01\x04\x00\x04\x00"),
     REPLY_NEGATIVE, "4097", NULL, 0},
    {ldap_reply_read,
     REPLY_BYTES("\x30\x10\x02\x01\x00\x78\x0B\x0A\x01\x34\x04\x00\x04\x00\x8A\x02"
                 "ab"),
     REPLY_NEGATIVE, "unavailable", NULL, 0},
};

START_TEST(a_reply_is_read_whole)
{
  assert_reply_case(&replies[_i]);
}
END_TEST

static const struct reply_rejection rejections[] = {
    {ldap_reply_read, REPLY_BYTES("H")},
    {ldap_reply_read, REPLY_BYTES("\x31")},
    {ldap_reply_read, REPLY_BYTES("\x30\x80")},
    {ldap_reply_read, REPLY_BYTES("\x30\x85")},
    {ldap_reply_read, REPLY_BYTES("\x30\x84\xFF\xFF\xFF\xFF")},
    {ldap_reply_read, REPLY_BYTES("\x30\x82\x40\x01")},
    {ldap_reply_read, REPLY_BYTES("\x30\x00")},
    {ldap_reply_read, REPLY_BYTES("\x30\x03\x04\x01\x01")},
    {ldap_reply_read, REPLY_BYTES("\x30\x03\x02\x01\x01")},
    {ldap_reply_read, REPLY_BYTES("\x30\x05\x02\x01\x01\x42\x00")},
    {ldap_reply_read, REPLY_BYTES("\x30\x05\x02\x01\x01\x78\x00")},
    {ldap_reply_read, REPLY_BYTES("\x30\x0C\x02\x01\x01\x78\x07\x02\x01\x00\x04\x00\x04\x00")},
    {ldap_reply_read, REPLY_BYTES("\x30\x0A\x02\x01\x01\x78\x05\x0A\x01\x00\x04\x00")},
    {ldap_reply_read, REPLY_BYTES("\x30\x0B\x02\x01\x01\x78\x06\x0A\x00\x04\x00\x04\x00")},
    {ldap_reply_read,
     REPLY_BYTES("\x30\x0E\x02\x01\x01\x78\x09\x0A\x03\x00\x00\x00\x04\x00\x04\x00")},
    {ldap_reply_read, REPLY_BYTES("\x30\x0C\x02\x01\x01\x78\x08" SUCCESS)},
    {ldap_reply_read, REPLY_BYTES("\x30\x05\x02\x01\x02\x64\x00\x31")},
};

START_TEST(what_is_no_reply_is_malformed_at_once)
{
  assert_rejection(&rejections[_i]);
}
END_TEST

START_TEST(a_reply_without_end_is_malformed_at_the_cap)
{
  assert_capped(ldap_reply_read, "", "\x30\x06\x02\x01\x02\x64\x01\x01"); /* no NUL inside */
}
END_TEST

/* Each is one element that fills the bytes, and so are the parts of the last one. */
START_TEST(a_request_is_well_formed)
{
  static const struct {
    void (*write)(struct buffer *out);
    size_t length;
    char operation;
  } requests[] = {{ldap_starttls_write, 31, 0x77},
                  {ldap_root_dse_search_write, 44, 0x63},
                  {ldap_unbind_write, 7, 0x42}};
  for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
    struct buffer out;
    buffer_init(&out, 64);
    requests[i].write(&out);
    ck_assert_int_eq(buffer_status(&out), STATUS_OK);
    ck_assert_uint_eq(out.length, requests[i].length);
    ck_assert_int_eq(out.data[0], 0x30);
    ck_assert_uint_eq((size_t)out.data[1], out.length - 2);
    ck_assert_int_eq(out.data[5], requests[i].operation);
    ck_assert_uint_eq((size_t)out.data[6], out.length - 7);
    buffer_deinit(&out);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/ldap");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, reply_set_up, reply_tear_down);
  tcase_add_loop_test(all, a_reply_is_read_whole, 0, sizeof(replies) / sizeof(replies[0]));
  tcase_add_loop_test(all, what_is_no_reply_is_malformed_at_once, 0,
                      sizeof(rejections) / sizeof(rejections[0]));
  tcase_add_test(all, a_reply_without_end_is_malformed_at_the_cap);
  tcase_add_test(all, a_request_is_well_formed);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
