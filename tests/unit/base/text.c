/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FFFD "\xEF\xBF\xBD"
#define DOTS "\xE2\x80\xA6"

static void expect_clean(const char *input, size_t length, size_t limit, const char *expected)
{
  char *copy = text_clean(input, length, limit);
  ck_assert_ptr_nonnull(copy);
  ck_assert_str_eq(copy, expected);
  free(copy);
}

#define EXPECT(input, expected) expect_clean((input), sizeof(input) - 1, 1000, (expected))

START_TEST(good_text_stays_as_it_is)
{
  EXPECT("", "");
  EXPECT("plain ASCII ~", "plain ASCII ~");
  EXPECT("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\x92", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\x92");
  EXPECT("\xC2\xA0\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF",
         "\xC2\xA0\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF");
  expect_clean(NULL, 0, 10, "");
}
END_TEST

START_TEST(control_characters_are_replaced)
{
  EXPECT("a\nb", "a" FFFD "b");
  EXPECT("\t\r\x1B[31m", FFFD FFFD FFFD "[31m");
  EXPECT("a\0b", "a" FFFD "b");
  EXPECT("\x7F", FFFD);
  EXPECT("\xC2\x80\xC2\x9F\xC2\xA0", FFFD FFFD "\xC2\xA0");
}
END_TEST

START_TEST(invalid_utf8_is_replaced)
{
  EXPECT("\x80", FFFD);                            /* lone continuation */
  EXPECT("\xFF\xFE", FFFD FFFD);                   /* never in UTF-8 */
  EXPECT("\xC0\xAF", FFFD FFFD);                   /* overlong '/' */
  EXPECT("\xC1\xBF", FFFD FFFD);                   /* overlong */
  EXPECT("\xE0\x80\xAF", FFFD FFFD FFFD);          /* overlong */
  EXPECT("\xF0\x80\x80\xAF", FFFD FFFD FFFD FFFD); /* overlong */
  EXPECT("\xED\xA0\x80", FFFD FFFD FFFD);          /* surrogate */
  EXPECT("\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD); /* above U+10FFFF */
  EXPECT("\xF5\x80", FFFD FFFD);
}
END_TEST

START_TEST(one_broken_sequence_is_one_replacement)
{
  EXPECT("\xE2\x82", FFFD);
  EXPECT("\xE2\x82z", FFFD "z");
  EXPECT("\xF0\x9F\x94", FFFD);
  EXPECT("\xF0\x9F\x94\xC3\xA9", FFFD "\xC3\xA9");
  EXPECT("\xC3", FFFD);
}
END_TEST

START_TEST(a_cut_copy_ends_in_an_ellipsis_within_the_limit)
{
  expect_clean("abcdef", 6, 6, "abcdef");
  expect_clean("abcdefg", 7, 6, "abc" DOTS);
  expect_clean("ab\xC3\xA9zz", 6, 5, "ab" DOTS);
  expect_clean("a\xC3\xA9zzz", 6, 5, "a" DOTS); /* the character would be cut in half */
  expect_clean("\n\n\n", 3, 8, FFFD DOTS);
}
END_TEST

START_TEST(a_limit_too_small_for_the_ellipsis_still_holds)
{
  expect_clean("abcdef", 6, 3, DOTS);
  expect_clean("abcdef", 6, 2, "ab");
  expect_clean("\xE2\x82\xAC", 3, 2, "");
  expect_clean("abcdef", 6, 0, "");
}
END_TEST

START_TEST(any_bytes_become_clean_text)
{
  uint32_t seed = 12345;
  for (int round = 0; round < 2000; round++) {
    char bytes[40];
    for (size_t i = 0; i < sizeof(bytes); i++) {
      seed = seed * 1664525U + 1013904223U;
      bytes[i] = (char)(seed >> 24);
    }
    size_t limit = seed % 60;
    char *copy = text_clean(bytes, sizeof(bytes), limit);
    ck_assert_uint_le(strlen(copy), limit);
    ck_assert(text_is_clean(copy));
    free(copy);
  }
}
END_TEST

START_TEST(clean_text_is_told_from_other)
{
  ck_assert(text_is_clean(""));
  ck_assert(text_is_clean("caf\xC3\xA9"));
  ck_assert(!text_is_clean("a\nb"));
  ck_assert(!text_is_clean("\xC3"));
  ck_assert(!text_is_clean("\xC2\x85"));
}
END_TEST

START_TEST(only_ascii_letters_have_a_lower_case)
{
  ck_assert_int_eq(text_lower('A'), 'a');
  ck_assert_int_eq(text_lower('Z'), 'z');
  ck_assert_int_eq(text_lower('@'), '@');
  ck_assert_int_eq(text_lower('['), '[');
  ck_assert_int_eq(text_lower((char)0xC4), (char)0xC4);
}
END_TEST

START_TEST(an_excerpt_fits_its_buffer)
{
  char out[8];
  ck_assert_str_eq(text_excerpt("short", out, sizeof(out)), "short");
  ck_assert_str_eq(text_excerpt("12345678", out, sizeof(out)), "1234" DOTS);
  ck_assert_str_eq(text_excerpt("a\nb", out, sizeof(out)), "a" FFFD "b");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("text");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, good_text_stays_as_it_is);
  tcase_add_test(cases, control_characters_are_replaced);
  tcase_add_test(cases, invalid_utf8_is_replaced);
  tcase_add_test(cases, one_broken_sequence_is_one_replacement);
  tcase_add_test(cases, a_cut_copy_ends_in_an_ellipsis_within_the_limit);
  tcase_add_test(cases, a_limit_too_small_for_the_ellipsis_still_holds);
  tcase_add_test(cases, any_bytes_become_clean_text);
  tcase_add_test(cases, clean_text_is_told_from_other);
  tcase_add_test(cases, only_ascii_letters_have_a_lower_case);
  tcase_add_test(cases, an_excerpt_fits_its_buffer);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
