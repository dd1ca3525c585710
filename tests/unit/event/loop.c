/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event/loop.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { MANY = 2000, TURNS = 50 };

static struct loop *loop;

static void make_loop(void)
{
  loop = loop_create();
  ck_assert_ptr_nonnull(loop);
}

static void drop_loop(void)
{
  loop_destroy(loop);
}

/* A timer that counts, notes when it ran, and does what the case asks for. */
struct probe_timer {
  struct timer *timer;
  int runs;
  int stop_after; /* ends the loop at that many runs */
  bool again;     /* starts itself anew, for the next turn */
  bool destroys_itself;
  struct timer **victim; /* destroys that one */
  int64_t ran_ns;
};

static void probe_expired(void *context)
{
  struct probe_timer *probe = context;
  probe->runs++;
  probe->ran_ns = clock_monotonic_ns();
  if (probe->victim != NULL) {
    timer_destroy(*probe->victim);
    *probe->victim = NULL;
  }
  if (probe->again) {
    timer_start(probe->timer, 0);
  }
  if (probe->destroys_itself) {
    timer_destroy(probe->timer);
    probe->timer = NULL;
  }
  if (probe->runs == probe->stop_after) {
    loop_stop(loop);
  }
}

static void add(struct probe_timer *probe)
{
  probe->timer = timer_create_on(loop, probe_expired, probe);
  ck_assert_ptr_nonnull(probe->timer);
}

static void run_for(int64_t duration_ns)
{
  struct probe_timer end = {.stop_after = 1};
  add(&end);
  timer_start(end.timer, duration_ns);
  loop_run(loop);
  timer_destroy(end.timer);
}

START_TEST(a_loop_that_never_ran_is_destroyed_clean)
{
  struct timer *timer = timer_create_on(loop, probe_expired, NULL);
  timer_start(timer, NS_PER_SECOND);
  timer_destroy(timer);
  timer_destroy(NULL);
  watch_destroy(NULL);
  waker_destroy(NULL);
  signal_watch_destroy(NULL);
}
END_TEST

START_TEST(a_timer_is_never_early)
{
  static const int64_t delays_ns[] = {1, 1000, 999999, 1000000, 1000001, 1500000, 2999999, 7250000};
  for (size_t round = 0; round < 5; round++) {
    for (size_t i = 0; i < sizeof(delays_ns) / sizeof(delays_ns[0]); i++) {
      struct probe_timer probe = {.stop_after = 1};
      add(&probe);
      int64_t started_ns = clock_monotonic_ns();
      timer_start(probe.timer, delays_ns[i]);
      loop_run(loop);
      ck_assert_int_eq(probe.runs, 1);
      ck_assert_int_ge(probe.ran_ns - started_ns, delays_ns[i]);
      timer_destroy(probe.timer);
    }
  }
}
END_TEST

static void busy_then_start(void *context)
{
  struct probe_timer *probe = context;
  int64_t until_ns = clock_monotonic_ns() + 20 * NS_PER_MS;
  while (clock_monotonic_ns() < until_ns) {
    continue;
  }
  probe->ran_ns = clock_monotonic_ns();
  timer_start(probe->timer, 10 * NS_PER_MS);
}

START_TEST(a_timer_started_after_long_work_is_not_early_either)
{
  struct probe_timer probe = {.stop_after = 1};
  add(&probe);
  struct timer *busy = timer_create_on(loop, busy_then_start, &probe);
  timer_start(busy, 1);
  int64_t started_ns = clock_monotonic_ns();
  loop_run(loop);
  ck_assert_int_ge(probe.ran_ns - started_ns, 30 * NS_PER_MS);
  timer_destroy(busy);
  timer_destroy(probe.timer);
}
END_TEST

START_TEST(starting_again_replaces_the_running_one)
{
  struct probe_timer probe = {.stop_after = 1};
  add(&probe);
  timer_start(probe.timer, 3600 * NS_PER_SECOND);
  timer_start(probe.timer, 0);
  timer_start(probe.timer, 2 * NS_PER_MS);
  loop_run(loop);
  run_for(5 * NS_PER_MS);
  ck_assert_int_eq(probe.runs, 1);
  timer_destroy(probe.timer);
}
END_TEST

START_TEST(a_stopped_timer_stays_silent)
{
  struct probe_timer slow = {0};
  struct probe_timer instant = {0};
  add(&slow);
  add(&instant);
  timer_start(slow.timer, NS_PER_MS);
  timer_start(instant.timer, 0);
  timer_stop(slow.timer);
  timer_stop(instant.timer);
  timer_stop(instant.timer);
  run_for(10 * NS_PER_MS);
  ck_assert_int_eq(slow.runs + instant.runs, 0);
  timer_destroy(slow.timer);
  timer_destroy(instant.timer);
}
END_TEST

START_TEST(a_timer_of_zero_or_less_runs_without_waiting)
{
  int64_t started_ns = clock_monotonic_ns();
  for (int i = 0; i < 1000; i++) {
    struct probe_timer probe = {.stop_after = 1};
    add(&probe);
    timer_start(probe.timer, i % 2 == 0 ? 0 : INT64_MIN);
    loop_run(loop);
    ck_assert_int_eq(probe.runs, 1);
    timer_destroy(probe.timer);
  }
  /* 1000 waits for the next millisecond would take a second. */
  ck_assert_int_lt(clock_monotonic_ns() - started_ns, 500 * NS_PER_MS);
}
END_TEST

static void read_and_stop(void *context, int events)
{
  int *seen = context;
  *seen = events;
  loop_stop(loop);
}

START_TEST(timers_of_zero_starve_neither_descriptors_nor_timers)
{
  struct probe_timer first = {.again = true};
  struct probe_timer second = {.again = true};
  add(&first);
  add(&second);
  timer_start(first.timer, 0);
  timer_start(second.timer, 0);

  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  int seen = 0;
  struct watch *watch = watch_create(loop, ends[0], read_and_stop, &seen);
  watch_set(watch, WATCH_READ);
  ck_assert_int_eq(write(ends[1], "x", 1), 1);
  loop_run(loop);
  ck_assert_int_eq(seen, WATCH_READ);
  watch_destroy(watch);

  run_for(5 * NS_PER_MS);
  ck_assert_int_gt(first.runs, 0);
  ck_assert_int_le(abs(first.runs - second.runs), 1);
  timer_destroy(first.timer);
  timer_destroy(second.timer);
  close(ends[0]);
  close(ends[1]);
}
END_TEST

START_TEST(a_timer_may_destroy_itself)
{
  struct probe_timer delayed = {.destroys_itself = true};
  struct probe_timer instant = {.destroys_itself = true, .again = true};
  add(&delayed);
  add(&instant);
  timer_start(delayed.timer, NS_PER_MS);
  timer_start(instant.timer, 0);
  run_for(10 * NS_PER_MS);
  ck_assert_int_eq(delayed.runs, 1);
  ck_assert_int_eq(instant.runs, 1);
}
END_TEST

START_TEST(a_destroyed_timer_of_the_same_turn_stays_silent)
{
  struct probe_timer victims[3] = {{0}};
  struct probe_timer killers[3] = {{0}};
  for (int i = 0; i < 3; i++) {
    add(&killers[i]);
    add(&victims[i]);
    killers[i].victim = &victims[i].timer;
  }
  timer_start(killers[0].timer, 0);
  timer_start(victims[0].timer, 0);
  timer_start(killers[1].timer, NS_PER_MS);
  timer_start(victims[1].timer, NS_PER_MS);
  timer_start(victims[2].timer, 2 * NS_PER_MS);
  timer_start(killers[2].timer, 0);
  run_for(10 * NS_PER_MS);
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(victims[i].runs, 0);
    ck_assert_int_eq(killers[i].runs, 1);
    timer_destroy(killers[i].timer);
  }
}
END_TEST

START_TEST(thousands_of_timers_run_once_each)
{
  static struct probe_timer probes[MANY];
  for (int i = 0; i < MANY; i++) {
    add(&probes[i]);
    timer_start(probes[i].timer, (i * 7919 % MANY) * 5000);
  }
  run_for(50 * NS_PER_MS);
  for (int i = 0; i < MANY; i++) {
    ck_assert_int_eq(probes[i].runs, 1);
    timer_destroy(probes[i].timer);
  }
}
END_TEST

/* One end of a connected pair, watched. */
struct probe_watch {
  struct watch *watch;
  int ours;
  int theirs;
  int runs;
  int events;
  int stop_after;
  int next_events; /* what to watch from then on; -1: no change */
  bool destroys_itself;
};

static void probe_ready(void *context, int events)
{
  struct probe_watch *probe = context;
  probe->runs++;
  probe->events = events;
  if (probe->next_events >= 0) {
    watch_set(probe->watch, probe->next_events);
  }
  if (probe->destroys_itself) {
    watch_destroy(probe->watch);
    close(probe->ours); /* allowed at once */
    probe->watch = NULL;
  }
  if (probe->runs == probe->stop_after) {
    loop_stop(loop);
  }
}

static void open_pair(struct probe_watch *probe)
{
  int ends[2];
  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  probe->ours = ends[0];
  probe->theirs = ends[1];
  probe->next_events = -1;
  probe->watch = watch_create(loop, probe->ours, probe_ready, probe);
  ck_assert_ptr_nonnull(probe->watch);
}

static void close_pair(struct probe_watch *probe)
{
  watch_destroy(probe->watch);
  close(probe->ours);
  close(probe->theirs);
}

START_TEST(readiness_is_told_for_what_is_watched_only)
{
  struct probe_watch probe = {.stop_after = 1};
  open_pair(&probe);
  watch_set(probe.watch, WATCH_READ | WATCH_WRITE);
  loop_run(loop);
  ck_assert_int_eq(probe.events, WATCH_WRITE);

  probe.stop_after = 2;
  ck_assert_int_eq(write(probe.theirs, "x", 1), 1);
  watch_set(probe.watch, WATCH_READ);
  loop_run(loop);
  ck_assert_int_eq(probe.events, WATCH_READ);

  watch_set(probe.watch, WATCH_NOTHING);
  run_for(5 * NS_PER_MS);
  ck_assert_int_eq(probe.runs, 2);
  close_pair(&probe);
}
END_TEST

START_TEST(what_is_not_read_is_told_again)
{
  struct probe_watch probe = {.stop_after = 5};
  open_pair(&probe);
  watch_set(probe.watch, WATCH_READ);
  ck_assert_int_eq(write(probe.theirs, "x", 1), 1);
  loop_run(loop);
  ck_assert_int_eq(probe.runs, 5);
  close_pair(&probe);
}
END_TEST

START_TEST(a_hang_up_is_told_as_what_is_watched)
{
  static const int watched[] = {WATCH_READ, WATCH_WRITE, WATCH_READ | WATCH_WRITE};
  for (size_t i = 0; i < 3; i++) {
    struct probe_watch probe = {.stop_after = 3};
    open_pair(&probe);
    watch_set(probe.watch, watched[i]);
    close(probe.theirs);
    loop_run(loop);
    ck_assert_int_eq(probe.events, watched[i]);
    probe.theirs = -1;
    close_pair(&probe);
  }
}
END_TEST

/* A port where nobody listens: bound, so that it stays free, but no more than that. */
static int connect_refused(int *holder)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof(address);
  *holder = socket(AF_INET, SOCK_STREAM, 0);
  ck_assert_int_eq(bind(*holder, (struct sockaddr *)&address, length), 0);
  ck_assert_int_eq(getsockname(*holder, (struct sockaddr *)&address, &length), 0);
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  (void)connect(descriptor, (struct sockaddr *)&address, length);
  return descriptor;
}

START_TEST(an_error_is_told_as_what_is_watched_again_and_again)
{
  struct probe_watch probe = {.stop_after = 3, .next_events = -1};
  int holder;
  probe.ours = connect_refused(&holder);
  probe.watch = watch_create(loop, probe.ours, probe_ready, &probe);
  watch_set(probe.watch, WATCH_WRITE);
  loop_run(loop);
  ck_assert_int_eq(probe.events, WATCH_WRITE);
  ck_assert_int_eq(probe.runs, 3);

  int error = 0;
  socklen_t length = sizeof(error);
  ck_assert_int_eq(getsockopt(probe.ours, SOL_SOCKET, SO_ERROR, &error, &length), 0);
  ck_assert_int_eq(error, ECONNREFUSED);
  probe.theirs = holder;
  close_pair(&probe);
}
END_TEST

START_TEST(a_watch_may_be_changed_in_its_own_callback_after_an_error)
{
  struct probe_watch probe = {.next_events = WATCH_NOTHING};
  int holder;
  probe.ours = connect_refused(&holder);
  probe.watch = watch_create(loop, probe.ours, probe_ready, &probe);
  watch_set(probe.watch, WATCH_READ | WATCH_WRITE);
  run_for(10 * NS_PER_MS);
  ck_assert_int_eq(probe.runs, 1);
  probe.theirs = holder;
  close_pair(&probe);
}
END_TEST

START_TEST(a_watch_may_destroy_itself_and_close_its_descriptor)
{
  struct probe_watch hung_up = {.destroys_itself = true};
  struct probe_watch readable = {.destroys_itself = true};
  open_pair(&hung_up);
  open_pair(&readable);
  watch_set(hung_up.watch, WATCH_READ);
  watch_set(readable.watch, WATCH_READ | WATCH_WRITE);
  close(hung_up.theirs);
  ck_assert_int_eq(write(readable.theirs, "x", 1), 1);
  run_for(5 * NS_PER_MS);
  ck_assert_int_eq(hung_up.runs, 1);
  ck_assert_int_eq(readable.runs, 1);
  close(readable.theirs);
}
END_TEST

START_TEST(the_same_descriptor_number_is_watched_anew_at_once)
{
  struct probe_watch probe = {0};
  open_pair(&probe);
  for (int i = 0; i < TURNS; i++) { /* never a turn of the loop between two */
    int number = probe.ours;
    watch_set(probe.watch, WATCH_READ);
    close_pair(&probe);
    open_pair(&probe);
    ck_assert_int_eq(probe.ours, number);
  }
  probe.stop_after = 1;
  watch_set(probe.watch, WATCH_READ);
  ck_assert_int_eq(write(probe.theirs, "x", 1), 1);
  loop_run(loop);
  ck_assert_int_eq(probe.runs, 1);
  close_pair(&probe);
}
END_TEST

/* Both are ready in one poll; whichever runs first replaces the other's descriptor. */
struct swapper {
  struct probe_watch a;
  struct probe_watch b;
  struct probe_watch fresh;
  bool swapped;
};

static void swap(void *context, int events)
{
  struct swapper *swapper = context;
  (void)events;
  if (swapper->swapped) {
    return;
  }
  swapper->swapped = true;
  int number = swapper->b.ours;
  watch_destroy(swapper->b.watch);
  close(swapper->b.ours);
  close(swapper->b.theirs);
  open_pair(&swapper->fresh);
  ck_assert_int_eq(swapper->fresh.ours, number);
  watch_set(swapper->fresh.watch, WATCH_READ);
  watch_set(swapper->a.watch, WATCH_NOTHING);
}

START_TEST(what_an_old_descriptor_had_to_tell_is_not_told_to_a_new_one)
{
  struct swapper swapper = {.swapped = false};
  open_pair(&swapper.a);
  watch_destroy(swapper.a.watch);
  swapper.a.watch = watch_create(loop, swapper.a.ours, swap, &swapper);
  open_pair(&swapper.b);
  watch_set(swapper.a.watch, WATCH_READ);
  watch_set(swapper.b.watch, WATCH_READ);
  ck_assert_int_eq(write(swapper.a.theirs, "x", 1), 1);
  ck_assert_int_eq(write(swapper.b.theirs, "x", 1), 1);
  run_for(5 * NS_PER_MS);
  ck_assert(swapper.swapped);
  ck_assert_int_eq(swapper.fresh.runs, 0);
  close_pair(&swapper.a);
  close_pair(&swapper.fresh);
}
END_TEST

START_TEST(a_file_cannot_be_watched_and_a_bad_descriptor_neither)
{
  int file = open("/proc/self/status", O_RDONLY);
  ck_assert_int_ge(file, 0);
  ck_assert_ptr_null(watch_create(loop, file, probe_ready, NULL));
  close(file);
  ck_assert_ptr_null(watch_create(loop, -1, probe_ready, NULL));
}
END_TEST

struct wake_up {
  struct waker *waker;
  int runs;
  bool destroys_itself;
};

static void woken(void *context)
{
  struct wake_up *wake_up = context;
  wake_up->runs++;
  if (wake_up->destroys_itself) {
    waker_destroy(wake_up->waker);
  }
  loop_stop(loop);
}

static void *wake_from_thread(void *context)
{
  struct wake_up *wake_up = context;
  for (int i = 0; i < 10; i++) {
    waker_wake(wake_up->waker);
  }
  return NULL;
}

START_TEST(another_thread_wakes_the_loop)
{
  struct wake_up wake_up = {0};
  wake_up.waker = waker_create(loop, woken, &wake_up);
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, wake_from_thread, &wake_up), 0);
  loop_run(loop);
  pthread_join(thread, NULL);
  ck_assert_int_ge(wake_up.runs, 1);
  waker_destroy(wake_up.waker);
}
END_TEST

START_TEST(several_wake_ups_before_the_callback_count_as_one)
{
  struct wake_up wake_up = {0};
  wake_up.waker = waker_create(loop, woken, &wake_up);
  (void)wake_from_thread(&wake_up);
  loop_run(loop);
  run_for(2 * NS_PER_MS);
  ck_assert_int_eq(wake_up.runs, 1);
  waker_destroy(wake_up.waker);
}
END_TEST

START_TEST(a_waker_may_destroy_itself)
{
  struct wake_up wake_up = {.destroys_itself = true};
  wake_up.waker = waker_create(loop, woken, &wake_up);
  waker_wake(wake_up.waker);
  loop_run(loop);
  ck_assert_int_eq(wake_up.runs, 1);
}
END_TEST

static void caught(void *context, int signal_number)
{
  int *last = context;
  *last = signal_number;
  loop_stop(loop);
}

START_TEST(signals_are_caught_on_the_loop)
{
  static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < 3; i++) {
    int last = 0;
    struct signal_watch *watch = signal_watch_create(loop, numbers[i], caught, &last);
    ck_assert_ptr_nonnull(watch);
    ck_assert_int_eq(raise(numbers[i]), 0);
    loop_run(loop);
    ck_assert_int_eq(last, numbers[i]);
    signal_watch_destroy(watch);
  }
}
END_TEST

START_TEST(a_signal_that_cannot_be_caught_is_refused)
{
  int last = 0;
  ck_assert_ptr_null(signal_watch_create(loop, SIGKILL, caught, &last));
}
END_TEST

START_TEST(a_loop_runs_again_after_it_was_stopped)
{
  for (int i = 0; i < 3; i++) {
    run_for(0);
  }
  run_for(NS_PER_MS);
}
END_TEST

static void stop_own(void *context)
{
  loop_stop(context);
}

static void *run_own_loop(void *context)
{
  struct loop *own = context;
  struct timer *timer = timer_create_on(own, stop_own, own);
  timer_start(timer, 2 * NS_PER_MS);
  loop_run(own);
  timer_destroy(timer);
  return NULL;
}

/* Made and destroyed here, as the workers' are: libuv closes its descriptors by a bare
 * system call, which ThreadSanitizer does not see when a thread opens that number anew. */
START_TEST(loops_of_several_threads_do_not_meet)
{
  struct loop *loops[4];
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) {
    loops[i] = loop_create();
    ck_assert_int_eq(pthread_create(&threads[i], NULL, run_own_loop, loops[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
    loop_destroy(loops[i]);
  }
}
END_TEST

static TCase *timers(void)
{
  TCase *cases = tcase_create("timers");
  tcase_add_checked_fixture(cases, make_loop, drop_loop);
  tcase_add_test(cases, a_loop_that_never_ran_is_destroyed_clean);
  tcase_add_test(cases, a_timer_is_never_early);
  tcase_add_test(cases, a_timer_started_after_long_work_is_not_early_either);
  tcase_add_test(cases, starting_again_replaces_the_running_one);
  tcase_add_test(cases, a_stopped_timer_stays_silent);
  tcase_add_test(cases, a_timer_of_zero_or_less_runs_without_waiting);
  tcase_add_test(cases, timers_of_zero_starve_neither_descriptors_nor_timers);
  tcase_add_test(cases, a_timer_may_destroy_itself);
  tcase_add_test(cases, a_destroyed_timer_of_the_same_turn_stays_silent);
  tcase_add_test(cases, thousands_of_timers_run_once_each);
  tcase_add_test(cases, a_loop_runs_again_after_it_was_stopped);
  tcase_add_test(cases, loops_of_several_threads_do_not_meet);
  return cases;
}

static TCase *watches(void)
{
  TCase *cases = tcase_create("watches");
  tcase_add_checked_fixture(cases, make_loop, drop_loop);
  tcase_add_test(cases, readiness_is_told_for_what_is_watched_only);
  tcase_add_test(cases, what_is_not_read_is_told_again);
  tcase_add_test(cases, a_hang_up_is_told_as_what_is_watched);
  tcase_add_test(cases, an_error_is_told_as_what_is_watched_again_and_again);
  tcase_add_test(cases, a_watch_may_be_changed_in_its_own_callback_after_an_error);
  tcase_add_test(cases, a_watch_may_destroy_itself_and_close_its_descriptor);
  tcase_add_test(cases, the_same_descriptor_number_is_watched_anew_at_once);
  tcase_add_test(cases, what_an_old_descriptor_had_to_tell_is_not_told_to_a_new_one);
  tcase_add_test(cases, a_file_cannot_be_watched_and_a_bad_descriptor_neither);
  return cases;
}

static TCase *wake_ups(void)
{
  TCase *cases = tcase_create("wake_ups");
  tcase_add_checked_fixture(cases, make_loop, drop_loop);
  tcase_add_test(cases, another_thread_wakes_the_loop);
  tcase_add_test(cases, several_wake_ups_before_the_callback_count_as_one);
  tcase_add_test(cases, a_waker_may_destroy_itself);
  tcase_add_test(cases, signals_are_caught_on_the_loop);
  tcase_add_test(cases, a_signal_that_cannot_be_caught_is_refused);
  return cases;
}

int main(void)
{
  Suite *suite = suite_create("loop");
  suite_add_tcase(suite, timers());
  suite_add_tcase(suite, watches());
  suite_add_tcase(suite, wake_ups());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
