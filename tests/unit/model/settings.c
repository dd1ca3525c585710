/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/settings.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(new_settings_are_empty)
{
  struct settings *settings = settings_create();
  ck_assert_ptr_nonnull(settings);
  ck_assert_uint_eq(settings->target_count, 0);
  ck_assert_ptr_null(settings->file);
  settings_unref(settings);
}
END_TEST

START_TEST(memory_is_zeroed_aligned_and_apart)
{
  struct settings *settings = settings_create();
  unsigned char *before = NULL;
  for (size_t bytes = 1; bytes < 500; bytes += 7) {
    unsigned char *memory = settings_allocate(settings, bytes);
    ck_assert_ptr_nonnull(memory);
    ck_assert_ptr_ne(memory, before);
    ck_assert_uint_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < bytes; i++) {
      ck_assert_uint_eq(memory[i], 0);
    }
    memset(memory, 0xFF, bytes);
    before = memory;
  }
  settings_unref(settings);
}
END_TEST

START_TEST(a_text_is_copied)
{
  struct settings *settings = settings_create();
  char text[] = "secret";
  char *copy = settings_copy_text(settings, text);
  text[0] = 'X';
  ck_assert_str_eq(copy, "secret");
  ck_assert_str_eq(settings_copy_text(settings, ""), "");
  settings_unref(settings);
}
END_TEST

START_TEST(an_impossible_size_is_refused)
{
  struct settings *settings = settings_create();
  ck_assert_ptr_null(settings_allocate(settings, SIZE_MAX));
  ck_assert_ptr_null(settings_allocate(settings, SIZE_MAX - 8));
  ck_assert_ptr_nonnull(settings_allocate(settings, 0));
  settings_unref(settings);
}
END_TEST

START_TEST(the_last_reference_frees)
{
  struct settings *settings = settings_create();
  char *text = settings_copy_text(settings, "still here");
  ck_assert_ptr_eq(settings_ref(settings), settings);
  settings_unref(settings);
  ck_assert_str_eq(text, "still here");
  settings_unref(settings);
  settings_unref(NULL);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("settings");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, new_settings_are_empty);
  tcase_add_test(cases, memory_is_zeroed_aligned_and_apart);
  tcase_add_test(cases, a_text_is_copied);
  tcase_add_test(cases, an_impossible_size_is_refused);
  tcase_add_test(cases, the_last_reference_frees);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
