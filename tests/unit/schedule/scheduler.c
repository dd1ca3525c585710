/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedule/scheduler.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* When things are due is tested in slots.c, in a time of its own. Here is what the loop,
 * the clock and the statistics add; bounds in real time are upper bounds only. */

enum { MANY = 5000, FEW = 10 };

static struct loop *loop;
static struct scheduler *scheduler;
static struct schedule_statistics statistics;
static struct schedule_item items[MANY];

/* What start() is to do, and what it saw. */
static struct {
  size_t starts;
  size_t of_item[MANY];
  size_t under_way;
  size_t most_under_way;
  int depth;
  int deepest;
  bool finishes_inside;
  size_t stop_after; /* stops the scheduler and the loop at that many starts */
} seen;

static void start(void *context, size_t item)
{
  ck_assert_ptr_eq(context, &seen);
  seen.depth++;
  if (seen.depth > seen.deepest) {
    seen.deepest = seen.depth;
  }
  seen.starts++;
  seen.of_item[item]++;
  seen.under_way++;
  if (seen.under_way > seen.most_under_way) {
    seen.most_under_way = seen.under_way;
  }
  if (seen.starts == seen.stop_after) {
    scheduler_stop(scheduler);
    loop_stop(loop);
  }
  if (seen.finishes_inside) {
    seen.under_way--;
    scheduler_finished(scheduler, item);
  }
  seen.depth--;
}

static void set_up(void)
{
  memset(&seen, 0, sizeof(seen));
  memset(&statistics, 0, sizeof(statistics));
  loop = loop_create();
  ck_assert_ptr_nonnull(loop);
}

static void tear_down(void)
{
  scheduler_destroy(scheduler);
  loop_destroy(loop);
}

static void make(size_t count, int64_t interval_ns, unsigned cap)
{
  for (size_t i = 0; i < count; i++) {
    items[i] = (struct schedule_item){.interval_ns = interval_ns,
                                      .offset_ns = (int64_t)i * interval_ns / (int64_t)count,
                                      .weight = 1};
  }
  scheduler = scheduler_create(loop, items, count, cap, &statistics, start, &seen);
  ck_assert_ptr_nonnull(scheduler);
}

static void stop_loop(void *context)
{
  loop_stop(context);
}

static void run_for(int64_t duration_ns)
{
  struct timer *timer = timer_create_on(loop, stop_loop, loop);
  timer_start(timer, duration_ns);
  loop_run(loop);
  timer_destroy(timer);
}

START_TEST(nothing_starts_before_it_runs_and_nothing_within_the_call)
{
  make(FEW, NS_PER_MS, FEW);
  run_for(10 * NS_PER_MS);
  ck_assert_uint_eq(seen.starts, 0);
  scheduler_run(scheduler, 0);
  ck_assert_uint_eq(seen.starts, 0);
}
END_TEST

START_TEST(every_slot_is_a_start_or_is_counted)
{
  seen.finishes_inside = true;
  make(FEW, 20 * NS_PER_MS, FEW);
  int64_t began_ns = clock_monotonic_ns();
  scheduler_run(scheduler, INT64_MAX);
  run_for(300 * NS_PER_MS);
  scheduler_stop(scheduler);
  uint64_t slots = (uint64_t)((clock_monotonic_ns() - began_ns) / (20 * NS_PER_MS));
  uint64_t told = seen.starts + atomic_load(&statistics.rounds_skipped);
  ck_assert_uint_ge(slots, 15);
  ck_assert_uint_ge(told, FEW * 10);
  ck_assert_uint_le(told, FEW * (slots + 2));
  for (size_t i = 0; i < FEW; i++) {
    ck_assert_uint_ge(seen.of_item[i], 1);
  }
  ck_assert_int_gt(atomic_load(&statistics.lag_ns), 0);
}
END_TEST

START_TEST(a_round_that_does_not_end_is_skipped_from_then_on)
{
  make(1, 10 * NS_PER_MS, 1);
  scheduler_run(scheduler, 0);
  while (atomic_load(&statistics.rounds_skipped) < 5) { /* the case has a time limit */
    run_for(10 * NS_PER_MS);
  }
  ck_assert_uint_eq(seen.starts, 1);
  scheduler_finished(scheduler, 0);
  seen.stop_after = 2;
  loop_run(loop);
  ck_assert_uint_eq(seen.starts, 2);
}
END_TEST

START_TEST(a_slot_that_passed_before_the_round_ended_is_skipped_though_no_timer_ran)
{
  make(1, 10 * NS_PER_MS, 1);
  scheduler_run(scheduler, 0);
  while (seen.starts < 1) {
    run_for(NS_PER_MS);
  }
  uint64_t before = atomic_load(&statistics.rounds_skipped);
  int64_t until_ns = clock_monotonic_ns() + 25 * NS_PER_MS;
  while (clock_monotonic_ns() < until_ns) {
    continue;
  }
  scheduler_finished(scheduler, 0);
  ck_assert_uint_gt(atomic_load(&statistics.rounds_skipped), before);
  ck_assert_uint_eq(seen.starts, 1);
}
END_TEST

START_TEST(the_cap_is_held_and_the_end_of_one_starts_the_next)
{
  make(FEW, 3600 * NS_PER_SECOND, 3);
  scheduler_run(scheduler, 0);
  while (seen.starts < 3) {
    run_for(NS_PER_MS);
  }
  run_for(10 * NS_PER_MS);
  ck_assert_uint_eq(seen.starts, 3);
  for (size_t ended = 0; ended < FEW; ended++) { /* with one offset each, they go in order */
    size_t next = 0;
    while (seen.of_item[next] != 1) {
      next++;
    }
    seen.of_item[next] = 2;
    seen.under_way--;
    scheduler_finished(scheduler, next);
    ck_assert_uint_eq(seen.starts, ended + 4 < FEW ? ended + 4 : FEW);
  }
  ck_assert_uint_eq(seen.most_under_way, 3);
  ck_assert_uint_eq(atomic_load(&statistics.rounds_skipped), 0);
}
END_TEST

START_TEST(rounds_that_end_inside_start_do_not_pile_up_on_the_stack)
{
  seen.finishes_inside = true;
  seen.stop_after = MANY;
  make(MANY, 3600 * NS_PER_SECOND, 1);
  scheduler_run(scheduler, 0);
  loop_run(loop);
  ck_assert_uint_eq(seen.starts, MANY);
  ck_assert_int_eq(seen.deepest, 1);
  ck_assert_uint_eq(seen.most_under_way, 1);
}
END_TEST

START_TEST(a_scheduler_stopped_from_inside_start_starts_no_more)
{
  seen.finishes_inside = true;
  seen.stop_after = 3;
  make(FEW, 5 * NS_PER_MS, 1);
  scheduler_run(scheduler, 0);
  loop_run(loop);
  run_for(30 * NS_PER_MS);
  ck_assert_uint_eq(seen.starts, 3);
}
END_TEST

START_TEST(rounds_that_end_after_the_stop_start_no_others)
{
  make(FEW, 5 * NS_PER_MS, 1);
  scheduler_run(scheduler, 0);
  while (seen.starts < 1) {
    run_for(NS_PER_MS);
  }
  scheduler_stop(scheduler);
  for (size_t i = 0; i < FEW; i++) {
    if (seen.of_item[i] == 1) {
      scheduler_finished(scheduler, i);
    }
  }
  run_for(20 * NS_PER_MS);
  ck_assert_uint_eq(seen.starts, 1);
}
END_TEST

START_TEST(no_items_are_no_trouble)
{
  make(0, NS_PER_SECOND, 1);
  scheduler_run(scheduler, NS_PER_SECOND);
  run_for(2 * NS_PER_MS);
  scheduler_destroy(NULL);
}
END_TEST

static int64_t jump_ns;

static int64_t jumping_clock(void)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec + jump_ns;
}

START_TEST(a_stall_of_an_hour_is_counted_and_not_caught_up)
{
  const int64_t interval_ns = 20 * NS_PER_MS;
  const int64_t hour_ns = 3600 * NS_PER_SECOND;
  seen.finishes_inside = true;
  clock_replace(jumping_clock, NULL);
  make(FEW, interval_ns, FEW);
  scheduler_run(scheduler, INT64_MAX);
  run_for(50 * NS_PER_MS);
  size_t before = seen.starts;
  int64_t jumped_ns = clock_monotonic_ns();
  jump_ns = hour_ns;
  run_for(50 * NS_PER_MS);
  scheduler_stop(scheduler);
  uint64_t slots = (uint64_t)((clock_monotonic_ns() - hour_ns - jumped_ns) / interval_ns);
  clock_replace(NULL, NULL);
  ck_assert_uint_le(seen.starts - before, FEW * (slots + 3));
  ck_assert_uint_ge(atomic_load(&statistics.rounds_skipped),
                    FEW * (uint64_t)(hour_ns / interval_ns - 2));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("scheduler");
  TCase *cases = tcase_create("scheduler");
  tcase_add_checked_fixture(cases, set_up, tear_down);
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, nothing_starts_before_it_runs_and_nothing_within_the_call);
  tcase_add_test(cases, every_slot_is_a_start_or_is_counted);
  tcase_add_test(cases, a_round_that_does_not_end_is_skipped_from_then_on);
  tcase_add_test(cases, a_slot_that_passed_before_the_round_ended_is_skipped_though_no_timer_ran);
  tcase_add_test(cases, the_cap_is_held_and_the_end_of_one_starts_the_next);
  tcase_add_test(cases, rounds_that_end_inside_start_do_not_pile_up_on_the_stack);
  tcase_add_test(cases, a_scheduler_stopped_from_inside_start_starts_no_more);
  tcase_add_test(cases, rounds_that_end_after_the_stop_start_no_others);
  tcase_add_test(cases, no_items_are_no_trouble);
  tcase_add_test(cases, a_stall_of_an_hour_is_counted_and_not_caught_up);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
