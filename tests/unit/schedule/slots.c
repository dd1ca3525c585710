/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedule/slots.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SECOND NS_PER_SECOND
#define BUCKET_NS (100 * NS_PER_MS)
#define START_NS (INT64_C(1234567890123456))

enum { CROWD = 10000, FEW = 40, STEPS = 20000, STARTS_MAX = 400000 };

static struct slots *slots;

/* All starts of a run, in order. */
struct start {
  size_t item;
  int64_t at_ns;
  int64_t lag_ns;
};
static struct start starts[STARTS_MAX];
static size_t start_count;
static uint64_t skipped;

static void make(const struct schedule_item *items, size_t count, unsigned cap)
{
  slots_destroy(slots);
  slots = slots_create(items, count, cap);
  ck_assert_ptr_nonnull(slots);
  start_count = 0;
  skipped = 0;
}

static void set_up(void)
{
  slots = NULL;
}

static void tear_down(void)
{
  slots_destroy(slots);
}

/* Steps to that time and takes all that may start. */
static size_t step(int64_t now_ns)
{
  size_t before = start_count;
  skipped += slots_advance(slots, now_ns);
  size_t item;
  int64_t lag_ns;
  while (slots_take(slots, now_ns, &item, &lag_ns)) {
    ck_assert_uint_lt(start_count, STARTS_MAX);
    starts[start_count++] = (struct start){item, now_ns, lag_ns};
  }
  return start_count - before;
}

static void release(size_t item, int64_t now_ns)
{
  skipped += slots_advance(slots, now_ns);
  slots_release(slots, item);
}

/* Steps from slot to slot until that time; every round ends at once. */
static void run_until(int64_t end_ns)
{
  while (slots_next_ns(slots) <= end_ns) {
    int64_t now_ns = slots_next_ns(slots);
    size_t before = start_count;
    step(now_ns);
    for (size_t i = before; i < start_count; i++) {
      slots_release(slots, starts[i].item);
    }
  }
}

static void fill_crowd(struct schedule_item *items, int64_t interval_ns)
{
  for (size_t i = 0; i < CROWD; i++) {
    char name[32];
    (void)snprintf(name, sizeof(name), "target-%zu", i);
    items[i] = (struct schedule_item){interval_ns, schedule_offset_ns(name, interval_ns), 1, false};
  }
}

static size_t fullest_bucket(int64_t from_ns, int64_t to_ns)
{
  static size_t buckets[4096];
  size_t fullest = 0;
  memset(buckets, 0, sizeof(buckets));
  for (size_t i = 0; i < start_count; i++) {
    if (starts[i].at_ns < from_ns || starts[i].at_ns >= to_ns) {
      continue;
    }
    size_t bucket = (size_t)((starts[i].at_ns - from_ns) / BUCKET_NS);
    ck_assert_uint_lt(bucket, 4096);
    if (++buckets[bucket] > fullest) {
      fullest = buckets[bucket];
    }
  }
  return fullest;
}

START_TEST(an_offset_is_stable_and_within_the_interval)
{
  static const int64_t intervals_ns[] = {NS_PER_MS, SECOND, 30 * SECOND, 86400 * SECOND};
  for (size_t i = 0; i < 4; i++) {
    int64_t offset_ns = schedule_offset_ns("payments-api", intervals_ns[i]);
    ck_assert_int_ge(offset_ns, 0);
    ck_assert_int_lt(offset_ns, intervals_ns[i]);
    ck_assert_int_eq(offset_ns, schedule_offset_ns("payments-api", intervals_ns[i]));
  }
  ck_assert_int_ne(schedule_offset_ns("a", SECOND), schedule_offset_ns("b", SECOND));
  ck_assert_int_eq(schedule_offset_ns("a", 0), 0);
  (void)schedule_offset_ns("", SECOND);
}
END_TEST

START_TEST(names_in_a_row_have_offsets_anywhere)
{
  static const int64_t intervals_ns[] = {SECOND, 15 * SECOND, 30 * SECOND, 60 * SECOND};
  for (size_t n = 0; n < 4; n++) {
    int buckets[100] = {0};
    for (int i = 0; i < 1000; i++) {
      char name[32];
      (void)snprintf(name, sizeof(name), "target-%d", i);
      buckets[schedule_offset_ns(name, intervals_ns[n]) * 100 / intervals_ns[n]]++;
    }
    int squares = 0; /* 1000 in the mean when they fall by chance; 3000 when they cluster */
    for (int i = 0; i < 100; i++) {
      squares += (buckets[i] - 10) * (buckets[i] - 10);
    }
    ck_assert_int_lt(squares, 1500);
  }
}
END_TEST

START_TEST(ten_thousand_items_are_spread_evenly)
{
  static struct schedule_item items[CROWD];
  fill_crowd(items, 60 * SECOND);
  make(items, CROWD, CROWD);
  slots_begin(slots, START_NS, INT64_MAX);
  run_until(START_NS + 185 * SECOND);
  /* 16.7 of them a bucket in the mean; by pure chance one of 600 has 32 or so. */
  for (int minute = 0; minute < 3; minute++) {
    int64_t from_ns = START_NS + minute * 60 * SECOND;
    ck_assert_uint_lt(fullest_bucket(from_ns, from_ns + 60 * SECOND), 45);
  }
  ck_assert_uint_eq(skipped, 0);
  ck_assert_uint_ge(start_count, 3 * CROWD);
}
END_TEST

START_TEST(first_rounds_are_spread_over_less_when_asked)
{
  static struct schedule_item items[CROWD];
  fill_crowd(items, 60 * SECOND);
  make(items, CROWD, CROWD);
  slots_begin(slots, START_NS, 10 * SECOND);
  run_until(START_NS + 10 * SECOND);
  ck_assert_uint_eq(start_count, CROWD);
  ck_assert_uint_lt(fullest_bucket(START_NS, START_NS + 10 * SECOND), 200); /* mean: 100 */
}
END_TEST

START_TEST(without_a_spread_all_are_due_at_once)
{
  struct schedule_item items[FEW];
  for (size_t i = 0; i < FEW; i++) {
    items[i] = (struct schedule_item){SECOND, (int64_t)i * 25 * NS_PER_MS, 1, false};
  }
  make(items, FEW, FEW);
  slots_begin(slots, START_NS, 0);
  ck_assert_uint_eq(step(START_NS), FEW);
}
END_TEST

/* By item: when it started first and second. */
static void first_two(size_t item, int64_t *first_ns, int64_t *second_ns)
{
  int found = 0;
  for (size_t i = 0; i < start_count && found < 2; i++) {
    if (starts[i].item == item) {
      *(found++ == 0 ? first_ns : second_ns) = starts[i].at_ns;
    }
  }
  ck_assert_int_eq(found, 2);
}

START_TEST(the_second_round_keeps_its_distance_from_the_first)
{
  static const int64_t spreads_ns[] = {0, SECOND, 29 * SECOND, 30 * SECOND, INT64_MAX};
  struct schedule_item items[FEW];
  for (size_t i = 0; i < FEW; i++) {
    items[i] = (struct schedule_item){30 * SECOND, (int64_t)i * 750 * NS_PER_MS, 1, false};
  }
  for (size_t spread = 0; spread < 5; spread++) {
    make(items, FEW, FEW);
    slots_begin(slots, START_NS, spreads_ns[spread]);
    run_until(START_NS + 100 * SECOND);
    for (size_t i = 0; i < FEW; i++) {
      int64_t first_ns = 0;
      int64_t second_ns = 0;
      first_two(i, &first_ns, &second_ns);
      ck_assert_int_le(first_ns - START_NS, 30 * SECOND + SLOTS_JITTER_MAX_NS);
      ck_assert_int_ge(second_ns - first_ns, 15 * SECOND);
      ck_assert_int_le(second_ns - first_ns, 45 * SECOND + SLOTS_JITTER_MAX_NS);
      if (spread >= 3) {
        ck_assert_int_ge(second_ns - first_ns, 30 * SECOND - SLOTS_JITTER_MAX_NS);
      }
    }
    ck_assert_uint_eq(skipped, 0);
  }
}
END_TEST

START_TEST(slots_stay_on_their_grid_with_a_little_jitter)
{
  static const int64_t intervals_ns[] = {10 * NS_PER_MS, SECOND, 5 * SECOND, 3600 * SECOND};
  for (size_t n = 0; n < 4; n++) {
    int64_t interval_ns = intervals_ns[n];
    const struct schedule_item item = {interval_ns, interval_ns / 3, 1, false};
    int64_t most_ns =
        interval_ns / 100 < SLOTS_JITTER_MAX_NS ? interval_ns / 100 : SLOTS_JITTER_MAX_NS;
    int64_t widest_ns = 0;
    make(&item, 1, 1);
    slots_begin(slots, START_NS, INT64_MAX);
    run_until(START_NS + 1000 * interval_ns);
    ck_assert_uint_ge(start_count, 999);
    for (size_t i = 0; i < start_count; i++) {
      int64_t jitter_ns = (starts[i].at_ns - item.offset_ns) % interval_ns;
      ck_assert_int_lt(jitter_ns, most_ns);
      ck_assert_int_eq(starts[i].lag_ns, 0);
      if (jitter_ns > widest_ns) {
        widest_ns = jitter_ns;
      }
    }
    ck_assert_int_gt(widest_ns, most_ns / 2);
  }
}
END_TEST

START_TEST(a_second_run_has_the_same_slots)
{
  static struct start before[1000];
  const struct schedule_item items[2] = {{SECOND, 0, 1, false}, {SECOND, 0, 1, false}};
  make(items, 2, 2);
  slots_begin(slots, START_NS, INT64_MAX);
  run_until(START_NS + 100 * SECOND);
  size_t count = start_count;
  ck_assert_uint_le(count, 1000);
  memcpy(before, starts, count * sizeof(before[0]));
  make(items, 2, 2);
  slots_begin(slots, START_NS, INT64_MAX);
  run_until(START_NS + 100 * SECOND);
  ck_assert_uint_eq(start_count, count);
  for (size_t i = 0; i < count; i++) {
    ck_assert_uint_eq(starts[i].item, before[i].item);
    ck_assert_int_eq(starts[i].at_ns, before[i].at_ns);
  }
}
END_TEST

START_TEST(slots_that_come_while_the_round_runs_are_skipped_and_counted)
{
  const struct schedule_item item = {SECOND, 0, 1, false};
  make(&item, 1, 1);
  slots_begin(slots, 0, INT64_MAX);
  ck_assert_uint_eq(step(SECOND + SECOND / 2), 1);
  for (int i = 2; i <= 6; i++) {
    ck_assert_uint_eq(step(i * SECOND + SECOND / 2), 0);
    ck_assert_uint_eq(skipped, (uint64_t)i - 1);
  }
  release(0, 6 * SECOND + SECOND * 3 / 4);
  ck_assert_uint_eq(skipped, 5);
  ck_assert_uint_eq(step(6 * SECOND + SECOND * 4 / 5), 0);
  ck_assert_uint_eq(step(slots_next_ns(slots)), 1);
  ck_assert_int_eq(starts[1].lag_ns, 0);
  ck_assert_int_eq(starts[1].at_ns / SECOND, 7);
  ck_assert_uint_eq(skipped, 5);
}
END_TEST

START_TEST(a_slot_that_came_just_before_the_end_of_the_round_is_skipped)
{
  const struct schedule_item item = {SECOND, 0, 1, false};
  make(&item, 1, 1);
  slots_begin(slots, 0, INT64_MAX);
  ck_assert_uint_eq(step(slots_next_ns(slots)), 1);
  release(0, slots_next_ns(slots)); /* the timer has not run yet */
  ck_assert_uint_eq(skipped, 1);
  ck_assert_uint_eq(step(2 * SECOND + SECOND / 2), 0);
}
END_TEST

START_TEST(all_slots_of_a_stall_are_skipped_and_counted)
{
  static struct schedule_item items[CROWD];
  fill_crowd(items, 60 * SECOND);
  /* How many slots there are, from a run without a stall. */
  int64_t end_ns = START_NS + 1000 * SECOND;
  make(items, CROWD, CROWD);
  slots_begin(slots, START_NS, INT64_MAX);
  run_until(end_ns);
  size_t all = start_count;

  make(items, CROWD, CROWD);
  slots_begin(slots, START_NS, INT64_MAX);
  run_until(START_NS + 100 * SECOND);
  size_t burst = step(START_NS + 777 * SECOND);
  /* One second's worth is 167 in the mean. */
  ck_assert_uint_lt(burst, 300);
  for (size_t i = start_count - burst; i < start_count; i++) {
    ck_assert_int_le(starts[i].lag_ns, SLOTS_LATE_MAX_NS);
    slots_release(slots, starts[i].item);
  }
  run_until(end_ns);
  ck_assert_uint_eq(start_count + skipped, all);
  ck_assert_uint_lt(fullest_bucket(START_NS + 778 * SECOND, end_ns), 45);
}
END_TEST

START_TEST(a_slot_a_little_late_is_kept_and_one_too_late_is_not)
{
  const struct schedule_item item = {10 * SECOND, 0, 1, false};
  make(&item, 1, 1);
  slots_begin(slots, 0, INT64_MAX);
  step(slots_next_ns(slots));
  release(0, 11 * SECOND);
  int64_t slot_ns = slots_next_ns(slots);
  ck_assert_uint_eq(step(slot_ns + SLOTS_LATE_MAX_NS), 1);
  ck_assert_int_eq(starts[1].lag_ns, SLOTS_LATE_MAX_NS);
  release(0, 25 * SECOND);
  slot_ns = slots_next_ns(slots);
  ck_assert_uint_eq(step(slot_ns + SLOTS_LATE_MAX_NS + 1), 0);
  ck_assert_uint_eq(skipped, 1);
  ck_assert_uint_eq(step(slots_next_ns(slots)), 1);
}
END_TEST

START_TEST(a_slot_whose_jitter_is_still_to_come_is_not_due)
{
  const struct schedule_item item = {10 * SECOND, 0, 1, false};
  make(&item, 1, 1);
  slots_begin(slots, 0, INT64_MAX);
  ck_assert_uint_eq(step(slots_next_ns(slots)), 1);
  release(0, 11 * SECOND);
  ck_assert_uint_eq(step(50 * SECOND), 0);
  ck_assert_uint_eq(skipped, 3); /* at 20, 30 and 40 s */
  ck_assert_int_gt(slots_next_ns(slots), 50 * SECOND);
  ck_assert_int_lt(slots_next_ns(slots), 50 * SECOND + SLOTS_JITTER_MAX_NS);
}
END_TEST

START_TEST(a_first_round_is_never_too_late)
{
  const struct schedule_item item = {10 * SECOND, 0, 1, false};
  make(&item, 1, 1);
  slots_begin(slots, 0, INT64_MAX);
  ck_assert_uint_eq(step(45 * SECOND), 1);
  ck_assert_uint_eq(skipped, 3);
  ck_assert_int_eq(slots_next_ns(slots) / SECOND, 50);
}
END_TEST

START_TEST(the_cap_is_held_and_those_who_wait_go_first_come_first_served)
{
  struct schedule_item items[FEW];
  for (size_t i = 0; i < FEW; i++) { /* the later the index, the earlier the slot */
    items[i] = (struct schedule_item){100 * SECOND, (int64_t)(FEW - i) * 100 * NS_PER_MS, 1, false};
  }
  make(items, FEW, 3);
  slots_begin(slots, 0, INT64_MAX);
  int64_t now_ns = 5 * SECOND;
  ck_assert_uint_eq(step(now_ns), 3);
  for (size_t i = 0; i < FEW - 3; i++) {
    ck_assert_uint_eq(step(now_ns), 0);
    release(starts[i].item, now_ns);
    ck_assert_uint_eq(step(now_ns), 1);
  }
  ck_assert_uint_eq(start_count, FEW);
  for (size_t i = 0; i < FEW; i++) {
    ck_assert_uint_eq(starts[i].item, FEW - 1 - i);
  }
  ck_assert_uint_eq(skipped, 0);
}
END_TEST

START_TEST(the_next_slot_of_one_that_waits_is_skipped_and_it_keeps_its_place)
{
  const struct schedule_item items[2] = {{SECOND * 100, 0, 1, false},
                                         {SECOND, SECOND / 10, 1, false}};
  make(items, 2, 1);
  slots_begin(slots, 99 * SECOND + SECOND / 2, INT64_MAX);
  ck_assert_uint_eq(step(100 * SECOND + SECOND / 4), 1);
  ck_assert_uint_eq(starts[0].item, 0);
  ck_assert_uint_eq(skipped, 0);
  step(104 * SECOND + SECOND / 4);
  ck_assert_uint_eq(skipped, 4);
  release(0, 104 * SECOND + SECOND / 2);
  ck_assert_uint_eq(step(104 * SECOND + SECOND / 2), 1);
  ck_assert_uint_eq(starts[1].item, 1);
  ck_assert_int_gt(starts[1].lag_ns, 4 * SECOND);
  ck_assert_uint_eq(skipped, 4);
}
END_TEST

START_TEST(a_heavy_item_waits_for_room_and_nobody_overtakes_it)
{
  const struct schedule_item items[4] = {
      {SECOND * 100, 1 * NS_PER_MS, 2, false},
      {SECOND * 100, 100 * NS_PER_MS, 1, false},
      {SECOND * 100, 200 * NS_PER_MS, 2, false},
      {SECOND * 100, 300 * NS_PER_MS, 1, false},
  };
  make(items, 4, 3);
  slots_begin(slots, 0, INT64_MAX);
  int64_t now_ns = SECOND;
  ck_assert_uint_eq(step(now_ns), 4 - 2);
  release(1, now_ns);
  ck_assert_uint_eq(step(now_ns), 0); /* the last would fit, but it is not its turn */
  release(0, now_ns);
  ck_assert_uint_eq(step(now_ns), 2);
  ck_assert_uint_eq(starts[2].item, 2);
  ck_assert_uint_eq(starts[3].item, 3);
}
END_TEST

START_TEST(an_item_heavier_than_the_cap_runs_alone)
{
  const struct schedule_item items[3] = {{SECOND * 100, 0, 1, false},
                                         {SECOND * 100, SECOND, 50, false},
                                         {SECOND * 100, 2 * SECOND, 1, false}};
  make(items, 3, 4);
  slots_begin(slots, 0, 0);
  ck_assert_uint_eq(step(SECOND), 1);
  size_t first = starts[0].item;
  for (size_t i = 1; i < 3; i++) {
    release(starts[i - 1].item, SECOND);
    size_t started = step(SECOND);
    ck_assert_uint_eq(started, 1);
  }
  ck_assert_uint_ne(starts[1].item, first);
  ck_assert_uint_eq(start_count, 3);
}
END_TEST

START_TEST(strange_settings_are_made_harmless)
{
  const struct schedule_item items[3] = {
      {0, 0, 0, false}, {-5, 99, 1, false}, {SECOND, -7 * SECOND - 1, 1, false}};
  make(items, 3, 0);
  slots_begin(slots, START_NS, INT64_MAX);
  run_until(START_NS + 100 * NS_PER_MS);
  ck_assert_uint_gt(start_count, 100);
  slots_begin(slots, START_NS + SECOND, -1);
  run_until(START_NS + 2 * SECOND);
}
END_TEST

START_TEST(no_items_are_never_due)
{
  make(NULL, 0, 4);
  slots_begin(slots, START_NS, SECOND);
  ck_assert_int_eq(slots_next_ns(slots), INT64_MAX);
  ck_assert_uint_eq(step(START_NS + SECOND), 0);
}
END_TEST

/* What a test of many steps knows by itself of the items under way. */
struct book {
  struct schedule_item items[FEW];
  bool under_way[FEW];
  int64_t last_slot_ns[FEW];
  unsigned weight;
  unsigned cap;
  size_t booked; /* starts that are in the book */
};

static void check_starts(struct book *book)
{
  for (; book->booked < start_count; book->booked++) {
    const struct start *start = &starts[book->booked];
    int64_t slot_ns = start->at_ns - start->lag_ns;
    ck_assert(!book->under_way[start->item]);
    ck_assert_int_ge(start->lag_ns, 0);
    ck_assert_int_gt(slot_ns, book->last_slot_ns[start->item]);
    book->last_slot_ns[start->item] = slot_ns;
    book->under_way[start->item] = true;
    book->weight += book->items[start->item].weight;
    ck_assert_uint_le(book->weight, book->cap);
  }
}

static int64_t random_below(uint64_t *state, int64_t bound)
{
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (int64_t)((*state >> 33) % (uint64_t)bound);
}

static void release_some(struct book *book, uint64_t *random, int64_t now_ns, int64_t one_in)
{
  for (size_t i = 0; i < FEW; i++) {
    if (!book->under_way[i] || random_below(random, one_in) != 0) {
      continue;
    }
    release(i, now_ns);
    book->under_way[i] = false;
    book->weight -= book->items[i].weight;
  }
}

START_TEST(nothing_is_lost_or_doubled_whatever_happens)
{
  uint64_t random = (uint64_t)_i + 1;
  struct book book = {.cap = 7};
  for (size_t i = 0; i < FEW; i++) {
    int64_t interval_ns = SECOND / 2 + random_below(&random, 10) * SECOND;
    book.items[i] = (struct schedule_item){interval_ns, random_below(&random, SECOND / 2),
                                           (unsigned)random_below(&random, 3) + 1, false};
  }
  make(book.items, FEW, book.cap);
  slots_begin(slots, START_NS, INT64_MAX);
  int64_t now_ns = START_NS;
  for (int i = 0; i < STEPS && start_count < STARTS_MAX - FEW; i++) {
    bool stall = random_below(&random, 1000) == 0;
    now_ns += random_below(&random, (stall ? 100 * SECOND : SECOND / 10));
    step(now_ns);
    check_starts(&book);
    release_some(&book, &random, now_ns, 5);
  }
  do { /* and the rest: those under way, those that wait */
    release_some(&book, &random, now_ns, 1);
    step(now_ns);
    check_starts(&book);
  } while (book.weight > 0);
  size_t started = start_count;
  uint64_t skipped_then = skipped;
  ck_assert_uint_gt(started, 1000);
  ck_assert_uint_gt(skipped_then, 100);

  make(book.items, FEW, FEW * 3);
  slots_begin(slots, START_NS, INT64_MAX);
  run_until(now_ns);
  ck_assert_uint_eq(start_count, started + skipped_then);
}
END_TEST

static TCase *spread(void)
{
  TCase *cases = tcase_create("spread");
  tcase_add_checked_fixture(cases, set_up, tear_down);
  tcase_set_timeout(cases, 30);
  tcase_add_test(cases, an_offset_is_stable_and_within_the_interval);
  tcase_add_test(cases, names_in_a_row_have_offsets_anywhere);
  tcase_add_test(cases, ten_thousand_items_are_spread_evenly);
  tcase_add_test(cases, first_rounds_are_spread_over_less_when_asked);
  tcase_add_test(cases, without_a_spread_all_are_due_at_once);
  tcase_add_test(cases, the_second_round_keeps_its_distance_from_the_first);
  tcase_add_test(cases, slots_stay_on_their_grid_with_a_little_jitter);
  tcase_add_test(cases, a_second_run_has_the_same_slots);
  tcase_add_test(cases, strange_settings_are_made_harmless);
  tcase_add_test(cases, no_items_are_never_due);
  return cases;
}

static TCase *skips(void)
{
  TCase *cases = tcase_create("skips");
  tcase_add_checked_fixture(cases, set_up, tear_down);
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, slots_that_come_while_the_round_runs_are_skipped_and_counted);
  tcase_add_test(cases, a_slot_that_came_just_before_the_end_of_the_round_is_skipped);
  tcase_add_test(cases, all_slots_of_a_stall_are_skipped_and_counted);
  tcase_add_test(cases, a_slot_a_little_late_is_kept_and_one_too_late_is_not);
  tcase_add_test(cases, a_slot_whose_jitter_is_still_to_come_is_not_due);
  tcase_add_test(cases, a_first_round_is_never_too_late);
  tcase_add_loop_test(cases, nothing_is_lost_or_doubled_whatever_happens, 0, 8);
  return cases;
}

static TCase *room(void)
{
  TCase *cases = tcase_create("room");
  tcase_add_checked_fixture(cases, set_up, tear_down);
  tcase_add_test(cases, the_cap_is_held_and_those_who_wait_go_first_come_first_served);
  tcase_add_test(cases, the_next_slot_of_one_that_waits_is_skipped_and_it_keeps_its_place);
  tcase_add_test(cases, a_heavy_item_waits_for_room_and_nobody_overtakes_it);
  tcase_add_test(cases, an_item_heavier_than_the_cap_runs_alone);
  return cases;
}

int main(void)
{
  Suite *suite = suite_create("slots");
  suite_add_tcase(suite, spread());
  suite_add_tcase(suite, skips());
  suite_add_tcase(suite, room());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
