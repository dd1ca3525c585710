/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/http_body.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/guarded.h"
#include "wire/http_head.h"

static struct guarded guarded;

static void set_up(void)
{
  guarded_init(&guarded, 4096);
}

static void tear_down(void)
{
  guarded_deinit(&guarded);
}

static struct http_body body;
static char content[65536];
static size_t content_bytes;
static size_t consumed;

static void take_content(void *context, const char *bytes, size_t length)
{
  ck_assert_ptr_eq(context, content);
  ck_assert_uint_ge(sizeof(content) - content_bytes, length);
  memcpy(content + content_bytes, bytes, length);
  content_bytes += length;
}

/* A response with these fields, each ended by CRLF. */
static void begin(unsigned status, const char *fields, bool head_request)
{
  char text[512];
  struct http_head head;
  (void)snprintf(text, sizeof(text), "HTTP/1.1 %u X\r\n%s\r\n", status, fields);
  ck_assert_int_eq(http_head_read(text, strlen(text), &head), HTTP_HEAD_COMPLETE);
  http_body_begin(&body, &head, head_request);
  content_bytes = 0;
  consumed = 0;
}

/* The bytes end at the guarded page. */
static void feed(const char *bytes, size_t length)
{
  const char *input = (const char *)guarded_copy(&guarded, bytes, length);
  size_t taken = http_body_read(&body, input, length, take_content, content);
  ck_assert_uint_le(taken, length);
  ck_assert(taken == length || body.complete || body.malformed);
  consumed += taken;
}

static void feed_text(const char *text)
{
  feed(text, strlen(text));
}

#define assert_content(expected)                                                                   \
  do {                                                                                             \
    ck_assert_uint_eq(content_bytes, strlen(expected));                                            \
    ck_assert_mem_eq(content, expected, content_bytes);                                            \
  } while (0)

static const char chunked_field[] = "Transfer-Encoding: chunked\r\n";

START_TEST(a_length_ends_the_body)
{
  begin(200, "Content-Length: 5\r\n", false);
  ck_assert_int_eq(body.kind, HTTP_BODY_LENGTH);
  feed_text("hel");
  ck_assert(!body.complete);
  feed_text("lo and more");
  ck_assert(body.complete);
  assert_content("hello");
  ck_assert_uint_eq(consumed, 5);
}
END_TEST

START_TEST(a_length_of_nothing_is_complete_at_once)
{
  begin(200, "Content-Length: 0\r\n", false);
  ck_assert(body.complete);
  feed_text("more");
  ck_assert_uint_eq(consumed, 0);
}
END_TEST

START_TEST(without_framing_the_body_lasts_until_the_connection_closes)
{
  begin(200, "", false);
  ck_assert_int_eq(body.kind, HTTP_BODY_UNTIL_CLOSE);
  feed_text("hello");
  ck_assert(!body.complete);
  assert_content("hello");
}
END_TEST

START_TEST(some_answers_have_no_body_whatever_their_fields_say)
{
  static const unsigned statuses[] = {100, 101, 199, 204, 304};
  for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
    begin(statuses[i], "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", false);
    ck_assert_int_eq(body.kind, HTTP_BODY_NONE);
    ck_assert(body.complete);
  }
  begin(200, "Content-Length: 5\r\n", true);
  ck_assert(body.complete);
  begin(204, "Content-Length: bad\r\n", false);
  ck_assert(!body.malformed);
}
END_TEST

START_TEST(the_same_length_twice_is_one_length)
{
  begin(200, "Content-Length: 5, 5\r\ncontent-length: 05\r\n", false);
  ck_assert(!body.malformed);
  ck_assert_uint_eq(body.remaining, 5);
}
END_TEST

START_TEST(the_largest_length_is_read)
{
  begin(200, "Content-Length: 18446744073709551615\r\n", false);
  ck_assert(!body.malformed);
  ck_assert_uint_eq(body.remaining, UINT64_MAX);
}
END_TEST

static const char *const bad_lengths[] = {
    "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: 5, 6\r\n",
    "Content-Length: 5,\r\n",
    "Content-Length:\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: +1\r\n",
    "Content-Length: 0x10\r\n",
    "Content-Length: 1 2\r\n",
    "Content-Length: 5abc\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Content-Length: 99999999999999999999999999\r\n",
};

START_TEST(a_bad_length_is_malformed)
{
  begin(200, bad_lengths[_i], false);
  ck_assert_msg(body.malformed && !body.complete, "%s", bad_lengths[_i]);
  feed_text("hello");
  ck_assert_uint_eq(consumed, 0);
}
END_TEST

START_TEST(chunked_overrides_a_length)
{
  begin(200, "Content-Length: bad\r\nTransfer-Encoding: gzip,\tCHUNKED\r\n", false);
  ck_assert(!body.malformed);
  ck_assert_int_eq(body.kind, HTTP_BODY_CHUNKED);
  begin(200, "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", false);
  ck_assert_int_eq(body.kind, HTTP_BODY_CHUNKED);
}
END_TEST

START_TEST(another_last_transfer_encoding_lasts_until_close)
{
  static const char *const fields[] = {
      "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
      "Transfer-Encoding: chunked, gzip\r\n",
      "Transfer-Encoding: chunkedx\r\n",
      "Transfer-Encoding:\r\n",
  };
  for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
    begin(200, fields[i], false);
    ck_assert_int_eq(body.kind, HTTP_BODY_UNTIL_CLOSE);
  }
}
END_TEST

static const char chunks[] = "5\r\nhello\r\n"
                             "001;name=\"a b\";x\r\n,\r\n"
                             "6 \t\r\n world\r\n"
                             "A\r\n0123456789\r\n"
                             "b\r\n0123456789a\r\n"
                             "000;last\r\n"
                             "Expires: never\r\n"
                             "Checksum: bare\n"
                             "\r\n"
                             "next";
static const char chunks_content[] = "hello, world01234567890123456789a";
enum { CHUNKS_BYTES = sizeof(chunks) - 1 - 4 };

START_TEST(chunks_with_extensions_and_trailers_are_read)
{
  begin(200, chunked_field, false);
  feed_text(chunks);
  ck_assert(body.complete && !body.malformed);
  assert_content(chunks_content);
  ck_assert_uint_eq(consumed, CHUNKS_BYTES);
}
END_TEST

START_TEST(chunks_split_anywhere_are_the_same_chunks)
{
  for (size_t split = 0; split < sizeof(chunks); split++) {
    begin(200, chunked_field, false);
    feed(chunks, split);
    feed(chunks + consumed, sizeof(chunks) - 1 - consumed);
    ck_assert_msg(body.complete && consumed == CHUNKS_BYTES, "split at %zu", split);
    assert_content(chunks_content);
  }
}
END_TEST

START_TEST(chunks_byte_by_byte_are_the_same_chunks)
{
  begin(200, chunked_field, false);
  for (size_t at = 0; at < CHUNKS_BYTES; at++) {
    ck_assert_msg(!body.complete, "at %zu", at);
    feed(chunks + at, 1);
  }
  ck_assert(body.complete);
  assert_content(chunks_content);
}
END_TEST

START_TEST(the_end_is_not_believed_before_it_is_there)
{
  for (size_t length = 0; length < CHUNKS_BYTES; length++) {
    begin(200, chunked_field, false);
    feed(chunks, length);
    ck_assert_msg(!body.complete && !body.malformed, "after %zu", length);
  }
}
END_TEST

START_TEST(the_largest_chunk_size_is_read)
{
  begin(200, chunked_field, false);
  feed_text("0000FFFFffffFFFFffff\r\nabc");
  ck_assert(!body.malformed);
  assert_content("abc");
  ck_assert_uint_eq(body.remaining, UINT64_MAX - 3);
}
END_TEST

static const char *const bad_chunks[] = {
    "\r\n",                                  /* no size */
    "x\r\n",                                 /* no hexadecimal */
    "-1\r\n",                                /* a sign */
    "0x5\r\nhello",                          /* C's notation */
    ";a\r\n",                                /* an extension of nothing */
    "5\nhello\n",                            /* a bare LF ends no size line */
    "5\rhello",                              /* nor does a bare CR */
    "5;a\nhello",                            /* nor after an extension */
    "5\r\nhelloX\r\n",                       /* longer than it says */
    "5\r\nhello\n0\r\n\r\n",                 /* a bare LF after the data */
    "10000000000000000\r\n",                 /* over 64 bits */
    "000000000000000000000000000000001\r\n", /* zeros without end */
    "0\r\nA: b\rc\r\n\r\n",                  /* a bare CR in a trailer */
};

START_TEST(a_bad_chunk_is_malformed)
{
  begin(200, chunked_field, false);
  feed_text(bad_chunks[_i]);
  ck_assert_msg(body.malformed && !body.complete, "%s", bad_chunks[_i]);
  size_t before = consumed;
  feed_text("0\r\n\r\n");
  ck_assert_uint_eq(consumed, before);
}
END_TEST

START_TEST(a_nul_in_a_chunk_extension_is_malformed)
{
  begin(200, chunked_field, false);
  feed("1;\0\r\n", 5);
  ck_assert(body.malformed);
}
END_TEST

/* Feeds bytes that are not content until they are malformed; how many were consumed by then. */
static size_t endless(const char *first, const char *line)
{
  begin(200, chunked_field, false);
  feed_text(first);
  for (size_t i = 0; i < 4096 && !body.malformed; i++) {
    feed_text(line);
  }
  ck_assert(body.malformed);
  return consumed;
}

START_TEST(extensions_and_trailers_without_end_are_malformed_at_the_cap)
{
  ck_assert_uint_le(endless("1;", "xxxxxxxxxx"), HTTP_BODY_IGNORED_MAX_BYTES + 16);
  ck_assert_uint_le(endless("0\r\n", "xxxxxxxxxx"), HTTP_BODY_IGNORED_MAX_BYTES + 16);
  ck_assert_uint_le(endless("0\r\n", "Trailer: of many\r\n"), 2 * HTTP_BODY_IGNORED_MAX_BYTES);
  ck_assert_uint_le(endless("", "1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\na\r\n"),
                    2 * HTTP_BODY_IGNORED_MAX_BYTES);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/http_body");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, set_up, tear_down);
  tcase_add_test(all, a_length_ends_the_body);
  tcase_add_test(all, a_length_of_nothing_is_complete_at_once);
  tcase_add_test(all, without_framing_the_body_lasts_until_the_connection_closes);
  tcase_add_test(all, some_answers_have_no_body_whatever_their_fields_say);
  tcase_add_test(all, the_same_length_twice_is_one_length);
  tcase_add_test(all, the_largest_length_is_read);
  tcase_add_loop_test(all, a_bad_length_is_malformed, 0,
                      sizeof(bad_lengths) / sizeof(bad_lengths[0]));
  tcase_add_test(all, chunked_overrides_a_length);
  tcase_add_test(all, another_last_transfer_encoding_lasts_until_close);
  tcase_add_test(all, chunks_with_extensions_and_trailers_are_read);
  tcase_add_test(all, chunks_split_anywhere_are_the_same_chunks);
  tcase_add_test(all, chunks_byte_by_byte_are_the_same_chunks);
  tcase_add_test(all, the_end_is_not_believed_before_it_is_there);
  tcase_add_test(all, the_largest_chunk_size_is_read);
  tcase_add_loop_test(all, a_bad_chunk_is_malformed, 0, sizeof(bad_chunks) / sizeof(bad_chunks[0]));
  tcase_add_test(all, a_nul_in_a_chunk_extension_is_malformed);
  tcase_add_test(all, extensions_and_trailers_without_end_are_malformed_at_the_cap);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
