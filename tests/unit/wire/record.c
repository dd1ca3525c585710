/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/record.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "support/guarded.h"

static struct guarded guarded;

static void set_up(void)
{
  guarded_init(&guarded, RECORD_HEADER_BYTES + RECORD_FRAGMENT_MAX_BYTES);
}

static void tear_down(void)
{
  guarded_deinit(&guarded);
}

/* What came out: the content type, the content and "|" for each record. */
static char out[131072];
static size_t out_bytes;
static size_t parts;

static void take_fragment(void *context, uint8_t content_type, const uint8_t *bytes, size_t length,
                          bool last_of_record)
{
  ck_assert_ptr_eq(context, out);
  ck_assert_uint_ge(sizeof(out) - out_bytes, length + 2);
  memcpy(out + out_bytes, bytes, length);
  out_bytes += length;
  parts++;
  if (last_of_record) {
    out[out_bytes++] = (char)('a' + content_type - CONTENT_CHANGE_CIPHER_SPEC);
    out[out_bytes++] = '|';
  }
}

static void feed(struct record_stream *stream, const void *bytes, size_t length)
{
  record_stream_feed(stream, guarded_copy(&guarded, bytes, length), length, take_fragment, out);
}

static void start(struct record_stream *stream)
{
  record_stream_init(stream);
  out_bytes = 0;
  parts = 0;
}

static void assert_out(const char *expected)
{
  ck_assert_uint_eq(out_bytes, strlen(expected));
  ck_assert_mem_eq(out, expected, out_bytes);
}

static const char records[] = "\x16\x03\x01\x00\x05hello"
                              "\x17\x03\x03\x00\x00"
                              "\x14\x03\x03\x00\x01!"
                              "\x15\x03\x03\x00\x02\x7e\x7e";
static const char records_out[] = "helloc|d|!a|~~b|";
enum { RECORDS_BYTES = sizeof(records) - 1 };

START_TEST(records_are_found_one_after_another)
{
  struct record_stream stream;
  start(&stream);
  feed(&stream, records, RECORDS_BYTES);
  assert_out(records_out);
  ck_assert_uint_eq(parts, 4);
  ck_assert(!stream.broken);
}
END_TEST

START_TEST(records_split_anywhere_are_the_same_records)
{
  for (size_t split = 0; split <= RECORDS_BYTES; split++) {
    struct record_stream stream;
    start(&stream);
    feed(&stream, records, split);
    feed(&stream, records + split, RECORDS_BYTES - split);
    assert_out(records_out);
  }
}
END_TEST

START_TEST(records_byte_by_byte_are_the_same_records)
{
  struct record_stream stream;
  start(&stream);
  for (size_t at = 0; at < RECORDS_BYTES; at++) {
    feed(&stream, records + at, 1);
  }
  assert_out(records_out);
}
END_TEST

START_TEST(the_largest_fragment_is_read)
{
  static char record[RECORD_HEADER_BYTES + RECORD_FRAGMENT_MAX_BYTES] = "\x17\x03\x03\x48\x00";
  struct record_stream stream;
  start(&stream);
  feed(&stream, record, sizeof(record));
  ck_assert(!stream.broken);
  ck_assert_uint_eq(out_bytes, RECORD_FRAGMENT_MAX_BYTES + 2);
}
END_TEST

START_TEST(a_fragment_over_the_cap_breaks_the_stream_for_good)
{
  struct record_stream stream;
  start(&stream);
  feed(&stream, "\x17\x03\x03\x48\x01zzz", 8);
  ck_assert(stream.broken);
  feed(&stream, records, RECORDS_BYTES);
  ck_assert_uint_eq(parts, 0);
}
END_TEST

START_TEST(an_answer_in_http_breaks_the_stream)
{
  struct record_stream stream;
  start(&stream);
  feed(&stream, "HTTP/1.1 400 Bad Request\r\n", 26);
  ck_assert(stream.broken);
  ck_assert_uint_eq(parts, 0);
}
END_TEST

START_TEST(padding_is_stripped_from_inner_plaintext)
{
  const uint8_t *input = guarded_copy(&guarded, "content\x16\0\0\0", 11);
  uint8_t content_type;
  size_t content_bytes;
  ck_assert(inner_plaintext_read(input, 11, &content_type, &content_bytes));
  ck_assert_uint_eq(content_type, CONTENT_HANDSHAKE);
  ck_assert_uint_eq(content_bytes, 7);
  ck_assert(inner_plaintext_read(input, 8, &content_type, &content_bytes));
  ck_assert_uint_eq(content_bytes, 7);
}
END_TEST

START_TEST(inner_plaintext_may_be_empty_but_not_without_a_type)
{
  uint8_t content_type;
  size_t content_bytes;
  ck_assert(inner_plaintext_read((const uint8_t *)"\x17", 1, &content_type, &content_bytes));
  ck_assert_uint_eq(content_bytes, 0);
  ck_assert(!inner_plaintext_read((const uint8_t *)"\0\0\0", 3, &content_type, &content_bytes));
  ck_assert(!inner_plaintext_read(NULL, 0, &content_type, &content_bytes));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/record");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, set_up, tear_down);
  tcase_add_test(all, records_are_found_one_after_another);
  tcase_add_test(all, records_split_anywhere_are_the_same_records);
  tcase_add_test(all, records_byte_by_byte_are_the_same_records);
  tcase_add_test(all, the_largest_fragment_is_read);
  tcase_add_test(all, a_fragment_over_the_cap_breaks_the_stream_for_good);
  tcase_add_test(all, an_answer_in_http_breaks_the_stream);
  tcase_add_test(all, padding_is_stripped_from_inner_plaintext);
  tcase_add_test(all, inner_plaintext_may_be_empty_but_not_without_a_type);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
