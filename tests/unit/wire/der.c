/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of DER is private to its room: it is tested by certificates that hold the DER. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/x509_sample.h"

enum { UTC_TIME = 0x17, GENERALIZED_TIME = 0x18 };

static const struct {
  uint8_t tag;
  const char *text;
  bool good;
  int64_t expected;
} times[] = {
    {UTC_TIME, "700101000000Z", true, 0},
    {UTC_TIME, "691231235959Z", true, -1},
    {UTC_TIME, "500101000000Z", true, INT64_C(-631152000)},
    {UTC_TIME, "491231235959Z", true, INT64_C(2524607999)},
    {UTC_TIME, "000229120000Z", true, INT64_C(951825600)},
    {UTC_TIME, "260228235959Z", true, INT64_C(1772323199)},
    {GENERALIZED_TIME, "20500101000000Z", true, INT64_C(2524608000)},
    {GENERALIZED_TIME, "20260101000000Z", true, INT64_C(1767225600)},
    {GENERALIZED_TIME, "19500101000000Z", true, INT64_C(-631152000)},
    {GENERALIZED_TIME, "20000229000000Z", true, INT64_C(951782400)},
    {GENERALIZED_TIME, "99991231235959Z", true, INT64_C(253402300799)},
    {GENERALIZED_TIME, "19491231235959Z", false, 0},
    {GENERALIZED_TIME, "21000229000000Z", false, 0},
    {GENERALIZED_TIME, "20260101000000.5Z", false, 0},
    {GENERALIZED_TIME, "100000101000000Z", false, 0},
    {GENERALIZED_TIME, "260101000000Z", false, 0},
    {UTC_TIME, "20260101000000Z", false, 0},
    {UTC_TIME, "260229000000Z", false, 0},
    {UTC_TIME, "260001000000Z", false, 0},
    {UTC_TIME, "261301000000Z", false, 0},
    {UTC_TIME, "260100000000Z", false, 0},
    {UTC_TIME, "260132000000Z", false, 0},
    {UTC_TIME, "260431000000Z", false, 0},
    {UTC_TIME, "260101240000Z", false, 0},
    {UTC_TIME, "260101006000Z", false, 0},
    {UTC_TIME, "260101000060Z", false, 0},
    {UTC_TIME, "2601010000Z", false, 0},
    {UTC_TIME, "260101000000", false, 0},
    {UTC_TIME, "260101000000+0000", false, 0},
    {UTC_TIME, "260101000000z", false, 0},
    {UTC_TIME, " 60101000000Z", false, 0},
    {UTC_TIME, "26010100000:Z", false, 0},
    {UTC_TIME, "26010100000/Z", false, 0},
    {UTC_TIME, "", false, 0},
    {0x0C, "260101000000Z", false, 0},
};

START_TEST(times_are_read_as_rfc_5280_restricts_them)
{
  buffer_clear(&sample.recipe.validity);
  der_put(&sample.recipe.validity, UTC_TIME, "260101000000Z", 13);
  der_put(&sample.recipe.validity, times[_i].tag, times[_i].text, strlen(times[_i].text));
  ck_assert_msg(read_sample() == times[_i].good, "%s", times[_i].text);
  ck_assert_int_eq(sample.fields.not_after, times[_i].expected);
}
END_TEST

/* Around the ends of what can be said, and leap years of each kind. */
static const int years[] = {1950, 1951, 1952, 1969, 1970, 1999, 2000,
                            2001, 2049, 2050, 2100, 2400, 9998, 9999};

START_TEST(every_day_of_a_year_is_read_as_the_c_library_counts_it)
{
  for (int day = 1; day <= 365; day++) {
    struct tm parts = {.tm_year = years[_i] - 1900, .tm_mday = day};
    int64_t expected = timegm(&parts); /* brings the day into its month, too */
    char text[64];
    (void)snprintf(text, sizeof(text), "%04d%02d%02d000000Z", parts.tm_year + 1900,
                   parts.tm_mon + 1, parts.tm_mday);
    buffer_clear(&sample.recipe.validity);
    der_put(&sample.recipe.validity, GENERALIZED_TIME, text, 15);
    der_put(&sample.recipe.validity, GENERALIZED_TIME, text, 15);
    ck_assert(read_sample());
    ck_assert_int_eq(sample.fields.not_before, expected);
  }
}
END_TEST

START_TEST(a_validity_has_two_times)
{
  buffer_clear(&sample.recipe.validity);
  der_put(&sample.recipe.validity, UTC_TIME, "260101000000Z", 13);
  ck_assert(!read_sample());
  der_put(&sample.recipe.validity, UTC_TIME, "260101000000Z", 13);
  ck_assert(read_sample());
  der_put(&sample.recipe.validity, UTC_TIME, "260101000000Z", 13);
  ck_assert(!read_sample());
}
END_TEST

/* The outermost header is replaced; the rest is a certificate. */
static const struct {
  const char *header;
  size_t length;
  bool good;
} headers[] = {
    {"\x30\x81\x00", 3, true},
    {"\x30\x82\x00\x00", 4, true},
    {"\x30\x83\x00\x00\x00", 5, true},
    {"\x30\x84\x00\x00\x00\x00", 6, true},
    {"\x30\x85\x00\x00\x00\x00\x00", 7, false}, /* more octets than anyone needs */
    {"\x30\x80", 2, false},                     /* indefinite */
    {"\x30\xFF", 2, false},
    {"\x31\x82\x00\x00", 4, false},
    {"\x3F\x10\x82\x00\x00", 5, false}, /* tag number in octets of its own */
};

START_TEST(definite_lengths_of_up_to_four_octets_are_read)
{
  ck_assert(read_sample());
  size_t old_bytes = 3;
  ck_assert_mem_eq(sample.bytes.data, "\x30\x81", 2);
  size_t length = sample.bytes.length - old_bytes;
  ck_assert_uint_lt(length, 256);
  struct buffer changed;
  buffer_init(&changed, DER_WRITER_MAX_BYTES);
  buffer_append(&changed, headers[_i].header, headers[_i].length);
  if (headers[_i].length > 2) {
    changed.data[headers[_i].length - 1] = (char)length;
  }
  buffer_append(&changed, sample.bytes.data + old_bytes, length);
  struct x509_certificate fields;
  ck_assert(x509_read((const uint8_t *)changed.data, changed.length, &fields) == headers[_i].good);
  buffer_deinit(&changed);
}
END_TEST

START_TEST(a_length_is_never_more_than_there_is)
{
  static const struct {
    const char *bytes;
    size_t length;
  } inputs[] = {
      {"", 0},
      {"\x30", 1},
      {"\x30\x01", 2},
      {"\x30\x81", 2},
      {"\x30\x84\x00\x00\x00", 5},
      {"\x30\x84\x7F\xFF\xFF\xFF", 6},
      {"\x30\x84\xFF\xFF\xFF\xFF", 6},
      {"\x30\x84\xFF\xFF\xFF\xFF\x30\x00", 8},
  };
  for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
    ck_assert(!x509_read((const uint8_t *)inputs[i].bytes, inputs[i].length, &sample.fields));
  }
}
END_TEST

static Suite *der_suite(void)
{
  Suite *suite = suite_create("der");
  TCase *time = tcase_create("times");
  tcase_add_checked_fixture(time, setup, teardown);
  tcase_set_timeout(time, 60);
  tcase_add_loop_test(time, times_are_read_as_rfc_5280_restricts_them, 0,
                      (int)(sizeof(times) / sizeof(times[0])));
  tcase_add_loop_test(time, every_day_of_a_year_is_read_as_the_c_library_counts_it, 0,
                      (int)(sizeof(years) / sizeof(years[0])));
  tcase_add_test(time, a_validity_has_two_times);
  suite_add_tcase(suite, time);
  TCase *lengths = tcase_create("lengths");
  tcase_add_checked_fixture(lengths, setup, teardown);
  tcase_set_timeout(lengths, 60);
  tcase_add_loop_test(lengths, definite_lengths_of_up_to_four_octets_are_read, 0,
                      (int)(sizeof(headers) / sizeof(headers[0])));
  tcase_add_test(lengths, a_length_is_never_more_than_there_is);
  suite_add_tcase(suite, lengths);
  return suite;
}

int main(void)
{
  SRunner *runner = srunner_create(der_suite());
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
