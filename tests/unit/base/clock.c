/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

static int64_t always_seven(void)
{
  return 7;
}

static int64_t always_nine(void)
{
  return 9;
}

START_TEST(the_monotonic_clock_never_goes_back)
{
  int64_t before = clock_monotonic_ns();
  for (int i = 0; i < 10000; i++) {
    int64_t now = clock_monotonic_ns();
    ck_assert_int_ge(now, before);
    before = now;
  }
}
END_TEST

START_TEST(the_wall_clock_is_the_calendar)
{
  int64_t before = (int64_t)time(NULL) - 2;
  int64_t now = clock_wall_ns() / NS_PER_SECOND;
  int64_t after = (int64_t)time(NULL) + 2;
  ck_assert_int_ge(now, before);
  ck_assert_int_le(now, after);
}
END_TEST

START_TEST(tests_put_their_clock_in_its_place)
{
  clock_replace(always_seven, always_nine);
  ck_assert_int_eq(clock_monotonic_ns(), 7);
  ck_assert_int_eq(clock_wall_ns(), 9);
  clock_replace(NULL, always_nine);
  ck_assert_int_ne(clock_monotonic_ns(), 7);
  ck_assert_int_eq(clock_wall_ns(), 9);
  clock_replace(NULL, NULL);
  ck_assert_int_gt(clock_wall_ns(), NS_PER_SECOND);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("clock");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, the_monotonic_clock_never_goes_back);
  tcase_add_test(cases, the_wall_clock_is_the_calendar);
  tcase_add_test(cases, tests_put_their_clock_in_its_place);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
