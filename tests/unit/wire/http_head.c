/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/http_head.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/guarded.h"

/* The input of every reading ends at the guarded page. */
static struct guarded guarded;

static void set_up(void)
{
  guarded_init(&guarded, 2 * HTTP_HEAD_MAX_BYTES);
}

static void tear_down(void)
{
  guarded_deinit(&guarded);
}

static struct http_head head;

static enum http_head_result read_bytes(const char *bytes, size_t length)
{
  return http_head_read((const char *)guarded_copy(&guarded, bytes, length), length, &head);
}

static enum http_head_result read_text(const char *text)
{
  return read_bytes(text, strlen(text));
}

#define assert_text(text, expected)                                                                \
  do {                                                                                             \
    ck_assert_uint_eq((text).length, strlen(expected));                                            \
    ck_assert_mem_eq((text).bytes, expected, (text).length);                                       \
  } while (0)

static const char good[] = "HTTP/1.1 407 Proxy Authentication Required\r\n"
                           "Proxy-Authenticate: Negotiate\r\n"
                           "proxy-authenticate:\tBasic realm=\"a: b\" \t\r\n"
                           "Empty:\r\n"
                           "Content-Length: 3\r\n"
                           "\r\n"
                           "abc";
enum { GOOD_HEAD_BYTES = sizeof(good) - 1 - 3 };

START_TEST(a_whole_head_is_read)
{
  ck_assert_int_eq(read_text(good), HTTP_HEAD_COMPLETE);
  ck_assert_uint_eq(head.minor_version, 1);
  ck_assert_uint_eq(head.status, 407);
  assert_text(head.reason, "Proxy Authentication Required");
  ck_assert_uint_eq(head.head_bytes, GOOD_HEAD_BYTES);
  ck_assert_uint_eq(head.field_count, 4);
  assert_text(head.fields[2].name, "Empty");
  assert_text(head.fields[2].value, "");
}
END_TEST

START_TEST(a_field_is_found_by_name_without_case_and_by_number)
{
  ck_assert_int_eq(read_text(good), HTTP_HEAD_COMPLETE);
  const struct http_field *first = http_head_field(&head, "PROXY-AUTHENTICATE", 0);
  const struct http_field *second = http_head_field(&head, "PROXY-AUTHENTICATE", 1);
  ck_assert_ptr_nonnull(first);
  assert_text(first->value, "Negotiate");
  ck_assert_ptr_nonnull(second);
  assert_text(second->value, "Basic realm=\"a: b\"");
  ck_assert_ptr_null(http_head_field(&head, "Proxy-Authenticate", 2));
  ck_assert_ptr_null(http_head_field(&head, "Proxy-Auth", 0));
  ck_assert_ptr_null(http_head_field(&head, "", 0));
}
END_TEST

START_TEST(a_head_is_incomplete_until_its_last_byte)
{
  for (size_t length = 0; length < GOOD_HEAD_BYTES; length++) {
    ck_assert_msg(read_bytes(good, length) == HTTP_HEAD_INCOMPLETE, "after %zu bytes", length);
  }
  for (size_t length = GOOD_HEAD_BYTES; length < sizeof(good); length++) {
    ck_assert_int_eq(read_bytes(good, length), HTTP_HEAD_COMPLETE);
    ck_assert_uint_eq(head.head_bytes, GOOD_HEAD_BYTES);
  }
}
END_TEST

START_TEST(a_bare_line_feed_ends_a_line)
{
  ck_assert_int_eq(read_text("HTTP/1.0 200 OK\nA: b\r\nC: d\n\nbody"), HTTP_HEAD_COMPLETE);
  ck_assert_uint_eq(head.minor_version, 0);
  ck_assert_uint_eq(head.field_count, 2);
  ck_assert_uint_eq(head.head_bytes, strlen("HTTP/1.0 200 OK\nA: b\r\nC: d\n\n"));
}
END_TEST

START_TEST(a_reason_phrase_may_be_missing)
{
  ck_assert_int_eq(read_text("HTTP/1.1 200\r\n\r\n"), HTTP_HEAD_COMPLETE);
  assert_text(head.reason, "");
  ck_assert_int_eq(read_text("HTTP/1.1 200 \r\n\r\n"), HTTP_HEAD_COMPLETE);
  assert_text(head.reason, "");
}
END_TEST

START_TEST(a_status_over_599_is_read_as_it_is)
{
  ck_assert_int_eq(read_text("HTTP/1.1 999 Denied\r\n\r\n"), HTTP_HEAD_COMPLETE);
  ck_assert_uint_eq(head.status, 999);
}
END_TEST

START_TEST(a_value_keeps_bytes_that_are_no_ascii)
{
  ck_assert_int_eq(read_text("HTTP/1.1 200 \xc3\xa4\r\nX: \x01\xff\r\n\r\n"), HTTP_HEAD_COMPLETE);
  assert_text(head.reason, "\xc3\xa4");
  assert_text(head.fields[0].value, "\x01\xff");
}
END_TEST

static const char *const bad_status_lines[] = {
    "ICY 200 OK\r\n\r\n",       "http/1.1 200 OK\r\n\r\n",   "HTTP/2 200\r\n\r\n",
    "HTTP/2.0 200 OK\r\n\r\n",  "HTTP/1.x 200 OK\r\n\r\n",   "HTTP/1.10 200 OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1\t200 OK\r\n\r\n",  "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 Low\r\n\r\n",  "HTTP/1.1 200OK\r\n\r\n",
    "HTTP/1.1 200\tO\r\n\r\n",  "HTTP/1.1 +20 OK\r\n\r\n",   "HTTP/1.1 \r\n\r\n",
    "\r\nHTTP/1.1 200\r\n\r\n", " HTTP/1.1 200 OK\r\n\r\n",  "HTTP/1.1 200 O\rK\r\n\r\n",
    "<html></html>\r\n\r\n",    "SSH-2.0-OpenSSH\r\n\r\n",   "\r\n\r\n",
    "HTTP/1.\r\n\r\n",          "HTTP/1.1 200 OK\r\r\n\r\n", "\x15\x03\x01\x02\x02\x28\n\n",
};

START_TEST(a_bad_status_line_is_malformed)
{
  ck_assert_msg(read_text(bad_status_lines[_i]) == HTTP_HEAD_MALFORMED, "%s", bad_status_lines[_i]);
}
END_TEST

static const char *const bad_fields[] = {
    "A : b\r\n\r\n",          /* white space before the colon */
    "A\t: b\r\n\r\n",         /* the same */
    ": b\r\n\r\n",            /* no name */
    "A\r\n\r\n",              /* no colon */
    "A: b\r\n c\r\n\r\n",     /* obs-fold */
    "A: b\r\n\tc: d\r\n\r\n", /* the same, that looks like a field */
    " A: b\r\n\r\n",          /* white space before the first field */
    "A: b\rc\r\n\r\n",        /* bare CR */
    "A: b\r\r\n\r\n",         /* the same at the end */
    "A(: b\r\n\r\n",          /* no token */
    "\xc3\xa4: b\r\n\r\n",    /* the same */
    "\r\r\n",                 /* an empty line with a bare CR */
};

START_TEST(a_bad_field_is_malformed)
{
  char text[256];
  (void)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n%s", bad_fields[_i]);
  ck_assert_msg(read_text(text) == HTTP_HEAD_MALFORMED, "%s", text);
}
END_TEST

START_TEST(a_nul_byte_is_malformed_wherever_it_stands)
{
  static const char small[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  for (size_t at = 0; at < sizeof(small) - 1; at++) {
    char copy[sizeof(small)];
    memcpy(copy, small, sizeof(small));
    copy[at] = '\0';
    bool ends_a_line = small[at] == '\n';
    enum http_head_result result = read_bytes(copy, sizeof(copy) - 1);
    ck_assert_msg(result == HTTP_HEAD_MALFORMED || (ends_a_line && result == HTTP_HEAD_INCOMPLETE),
                  "at %zu", at);
  }
}
END_TEST

START_TEST(garbage_is_malformed_at_its_first_byte_that_cannot_be)
{
  ck_assert_int_eq(read_text("<"), HTTP_HEAD_MALFORMED);
  ck_assert_int_eq(read_text("\x16\x03"), HTTP_HEAD_MALFORMED);
  ck_assert_int_eq(read_text("HTTP/1.1"), HTTP_HEAD_INCOMPLETE);
  ck_assert_int_eq(read_text("HTTP/2"), HTTP_HEAD_MALFORMED);
  ck_assert_int_eq(read_text("HTTP/1.1 2x"), HTTP_HEAD_MALFORMED);
  ck_assert_int_eq(read_text("HTTP/1.1 200 O"), HTTP_HEAD_INCOMPLETE);
}
END_TEST

START_TEST(a_bad_line_is_malformed_before_the_head_ends)
{
  ck_assert_int_eq(read_text("HTTP/1.1 200 OK\r\nno field\r\n"), HTTP_HEAD_MALFORMED);
}
END_TEST

/* A head of so many bytes with one long field. */
static char *head_of(size_t head_bytes)
{
  static const char before[] = "HTTP/1.1 200 OK\r\nLong: ";
  char *text = malloc(head_bytes + 1);
  ck_assert_ptr_nonnull(text);
  memset(text, 'x', head_bytes);
  memcpy(text, before, sizeof(before) - 1);
  memcpy(text + head_bytes - 4, "\r\n\r\n", 5);
  return text;
}

START_TEST(a_head_of_the_cap_is_read_and_one_more_byte_is_malformed)
{
  char *largest = head_of(HTTP_HEAD_MAX_BYTES);
  ck_assert_int_eq(read_text(largest), HTTP_HEAD_COMPLETE);
  ck_assert_uint_eq(head.head_bytes, HTTP_HEAD_MAX_BYTES);
  ck_assert_int_eq(read_bytes(largest, HTTP_HEAD_MAX_BYTES - 1), HTTP_HEAD_INCOMPLETE);
  char *larger = head_of(HTTP_HEAD_MAX_BYTES + 1);
  ck_assert_int_eq(read_text(larger), HTTP_HEAD_MALFORMED);
  ck_assert_int_eq(read_bytes(larger, HTTP_HEAD_MAX_BYTES), HTTP_HEAD_MALFORMED);
  free(largest);
  free(larger);
}
END_TEST

START_TEST(a_status_line_without_end_is_malformed_at_the_cap)
{
  char *endless = malloc(HTTP_HEAD_MAX_BYTES);
  ck_assert_ptr_nonnull(endless);
  memset(endless, 'x', HTTP_HEAD_MAX_BYTES);
  memcpy(endless, "HTTP/1.1 200 ", 13);
  ck_assert_int_eq(read_bytes(endless, HTTP_HEAD_MAX_BYTES - 1), HTTP_HEAD_INCOMPLETE);
  ck_assert_int_eq(read_bytes(endless, HTTP_HEAD_MAX_BYTES), HTTP_HEAD_MALFORMED);
  free(endless);
}
END_TEST

START_TEST(as_many_fields_as_the_cap_are_read_and_one_more_is_malformed)
{
  char text[64 + 8 * (HTTP_FIELDS_MAX + 1)];
  size_t length = (size_t)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n");
  for (size_t i = 0; i < HTTP_FIELDS_MAX; i++) {
    length += (size_t)snprintf(text + length, sizeof(text) - length, "A: b\r\n");
  }
  (void)snprintf(text + length, sizeof(text) - length, "\r\n");
  ck_assert_int_eq(read_text(text), HTTP_HEAD_COMPLETE);
  ck_assert_uint_eq(head.field_count, HTTP_FIELDS_MAX);
  (void)snprintf(text + length, sizeof(text) - length, "A: b\r\n\r\n");
  ck_assert_int_eq(read_text(text), HTTP_HEAD_MALFORMED);
}
END_TEST

START_TEST(a_text_is_compared_whole_and_without_case)
{
  struct http_text text = {"Chunked!", 7};
  ck_assert(http_text_is(text, "chunked"));
  ck_assert(!http_text_is(text, "chunke"));
  ck_assert(!http_text_is(text, "chunked!"));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/http_head");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, set_up, tear_down);
  tcase_add_test(all, a_whole_head_is_read);
  tcase_add_test(all, a_field_is_found_by_name_without_case_and_by_number);
  tcase_add_test(all, a_head_is_incomplete_until_its_last_byte);
  tcase_add_test(all, a_bare_line_feed_ends_a_line);
  tcase_add_test(all, a_reason_phrase_may_be_missing);
  tcase_add_test(all, a_status_over_599_is_read_as_it_is);
  tcase_add_test(all, a_value_keeps_bytes_that_are_no_ascii);
  tcase_add_loop_test(all, a_bad_status_line_is_malformed, 0,
                      sizeof(bad_status_lines) / sizeof(bad_status_lines[0]));
  tcase_add_loop_test(all, a_bad_field_is_malformed, 0, sizeof(bad_fields) / sizeof(bad_fields[0]));
  tcase_add_test(all, a_nul_byte_is_malformed_wherever_it_stands);
  tcase_add_test(all, garbage_is_malformed_at_its_first_byte_that_cannot_be);
  tcase_add_test(all, a_bad_line_is_malformed_before_the_head_ends);
  tcase_add_test(all, a_head_of_the_cap_is_read_and_one_more_byte_is_malformed);
  tcase_add_test(all, a_status_line_without_end_is_malformed_at_the_cap);
  tcase_add_test(all, as_many_fields_as_the_cap_are_read_and_one_more_is_malformed);
  tcase_add_test(all, a_text_is_compared_whole_and_without_case);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
