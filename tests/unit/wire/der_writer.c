/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/der_writer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_BYTES = 1 << 20 };

static struct buffer out;

static void setup(void)
{
  buffer_init(&out, LIMIT_BYTES);
}

static void teardown(void)
{
  buffer_deinit(&out);
}

static const struct {
  size_t length;
  const char *header;
  size_t header_bytes;
} lengths[] = {
    {0, "\x04\x00", 2},
    {1, "\x04\x01", 2},
    {127, "\x04\x7f", 2},
    {128, "\x04\x81\x80", 3},
    {255, "\x04\x81\xff", 3},
    {256, "\x04\x82\x01\x00", 4},
    {65535, "\x04\x82\xff\xff", 4},
    {65536, "\x04\x83\x01\x00\x00", 5},
};

START_TEST(a_length_is_written_in_its_shortest_form)
{
  char *content = calloc(1, 65536);
  memset(content, 'c', 65536);
  der_put(&out, 0x04, content, lengths[_i].length);
  ck_assert_int_eq(buffer_status(&out), STATUS_OK);
  ck_assert_uint_eq(out.length, lengths[_i].header_bytes + lengths[_i].length);
  ck_assert_mem_eq(out.data, lengths[_i].header, lengths[_i].header_bytes);
  ck_assert(memcmp(out.data + lengths[_i].header_bytes, content, lengths[_i].length) == 0);
  free(content);
}
END_TEST

START_TEST(elements_nest)
{
  der_put(&out, 0x05, "", 0);
  size_t start = out.length;
  der_put(&out, 0x02, "\x07", 1);
  der_put(&out, 0x0C, "ab", 2);
  der_wrap(&out, 0x30, start);
  der_wrap(&out, 0xA3, start);
  static const char expected[] = "\x05\x00\xA3\x09\x30\x07\x02\x01\x07\x0C\x02"
                                 "ab";
  ck_assert_uint_eq(out.length, sizeof(expected) - 1);
  ck_assert_mem_eq(out.data, expected, sizeof(expected) - 1);
}
END_TEST

START_TEST(what_does_not_fit_is_the_buffers_failure)
{
  struct buffer small;
  buffer_init(&small, 4);
  der_put(&small, 0x04, "abc", 3);
  ck_assert_int_eq(buffer_status(&small), STATUS_TOO_LARGE);
  der_wrap(&small, 0x30, 0);
  ck_assert_int_eq(buffer_status(&small), STATUS_TOO_LARGE);
  ck_assert_mem_eq(small.data, "abc", 3);
  buffer_deinit(&small);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/der_writer");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, setup, teardown);
  tcase_add_loop_test(all, a_length_is_written_in_its_shortest_form, 0,
                      sizeof(lengths) / sizeof(lengths[0]));
  tcase_add_test(all, elements_nest);
  tcase_add_test(all, what_does_not_fit_is_the_buffers_failure);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
