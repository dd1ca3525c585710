/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedule/worker.h"

#include <check.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { WORKERS = 8 };

struct job {
  struct loop *loop;
  struct timer *timer;
  pthread_t set_up_by;
  pthread_t torn_down_by;
  atomic_int ticks;
  int set_ups;
  int tear_downs;
  bool refuses;
  bool stops_itself;
  char thread_name[16];
  sigset_t blocked;
};

static void tick(void *context)
{
  struct job *job = context;
  atomic_fetch_add(&job->ticks, 1);
  timer_start(job->timer, 0);
  if (job->stops_itself) {
    loop_stop(job->loop);
  }
}

static bool set_up(void *context, struct loop *loop)
{
  struct job *job = context;
  job->set_ups++;
  job->loop = loop;
  job->set_up_by = pthread_self();
  (void)pthread_getname_np(pthread_self(), job->thread_name, sizeof(job->thread_name));
  (void)pthread_sigmask(SIG_SETMASK, NULL, &job->blocked);
  job->timer = timer_create_on(loop, tick, job);
  timer_start(job->timer, 0);
  return !job->refuses;
}

static void tear_down(void *context)
{
  struct job *job = context;
  job->tear_downs++;
  job->torn_down_by = pthread_self();
  timer_destroy(job->timer);
}

static const struct worker_role role = {.set_up = set_up, .tear_down = tear_down};

static void wait_for_a_tick(struct job *job)
{
  while (atomic_load(&job->ticks) == 0) { /* the case has a time limit */
    (void)usleep(100);
  }
}

static int count_descriptors(void)
{
  int count = 0;
  DIR *all = opendir("/proc/self/fd");
  while (readdir(all) != NULL) {
    count++;
  }
  closedir(all);
  return count;
}

START_TEST(what_runs_on_the_loop_is_made_and_taken_down_on_the_worker_s_thread)
{
  struct job job = {0};
  struct worker *worker;
  ck_assert_int_eq(worker_start(&role, &job, &worker), STATUS_OK);
  ck_assert_int_eq(job.set_ups, 1);
  wait_for_a_tick(&job);
  worker_stop(worker);
  ck_assert_int_eq(job.set_ups, 1);
  ck_assert_int_eq(job.tear_downs, 1);
  ck_assert(pthread_equal(job.set_up_by, job.torn_down_by));
  ck_assert(!pthread_equal(job.set_up_by, pthread_self()));
  ck_assert_str_eq(job.thread_name, "worker");
}
END_TEST

START_TEST(a_worker_that_cannot_be_set_up_is_taken_down_and_refused)
{
  struct job job = {.refuses = true};
  struct worker *worker = (struct worker *)&job;
  ck_assert_int_eq(worker_start(&role, &job, &worker), STATUS_IO);
  ck_assert_ptr_null(worker);
  ck_assert_int_eq(job.tear_downs, 1);
  ck_assert_int_eq(atomic_load(&job.ticks), 0);
}
END_TEST

START_TEST(a_worker_may_be_stopped_before_its_loop_has_turned)
{
  for (int i = 0; i < 100; i++) {
    struct job job = {0};
    struct worker *worker;
    ck_assert_int_eq(worker_start(&role, &job, &worker), STATUS_OK);
    worker_stop(worker);
    ck_assert_int_eq(job.tear_downs, 1);
  }
  worker_stop(NULL);
  worker_ask_to_stop(NULL);
}
END_TEST

START_TEST(a_worker_whose_loop_stopped_by_itself_is_joined)
{
  struct job job = {.stops_itself = true};
  struct worker *worker;
  ck_assert_int_eq(worker_start(&role, &job, &worker), STATUS_OK);
  wait_for_a_tick(&job);
  worker_stop(worker);
  ck_assert_int_eq(job.tear_downs, 1);
  ck_assert_int_eq(atomic_load(&job.ticks), 1);
}
END_TEST

START_TEST(several_are_asked_before_any_is_joined_and_nothing_is_left)
{
  loop_destroy(loop_create()); /* libuv keeps a pipe for signals from its first loop on */
  int before = count_descriptors();
  struct job jobs[WORKERS];
  struct worker *workers[WORKERS];
  memset(jobs, 0, sizeof(jobs));
  for (int i = 0; i < WORKERS; i++) {
    ck_assert_int_eq(worker_start(&role, &jobs[i], &workers[i]), STATUS_OK);
  }
  for (int i = 0; i < WORKERS; i++) {
    worker_ask_to_stop(workers[i]);
  }
  for (int i = 0; i < WORKERS; i++) {
    worker_ask_to_stop(workers[i]);
    worker_stop(workers[i]);
    ck_assert_int_eq(jobs[i].tear_downs, 1);
  }
  ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

START_TEST(signals_are_left_to_the_main_thread)
{
  static const int blocked[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD};
  struct job job = {0};
  struct worker *worker;
  sigset_t before;
  sigset_t after;
  (void)pthread_sigmask(SIG_SETMASK, NULL, &before);
  ck_assert_int_eq(worker_start(&role, &job, &worker), STATUS_OK);
  (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
  worker_stop(worker);
  for (size_t i = 0; i < sizeof(blocked) / sizeof(blocked[0]); i++) {
    ck_assert_int_eq(sigismember(&job.blocked, blocked[i]), 1);
    ck_assert_int_eq(sigismember(&after, blocked[i]), sigismember(&before, blocked[i]));
  }
  ck_assert_int_eq(sigismember(&job.blocked, SIGSEGV), 0);
}
END_TEST

static void caught(void *context, int signal_number)
{
  (void)signal_number;
  loop_stop(context);
}

START_TEST(a_signal_of_the_process_reaches_the_main_loop)
{
  struct job job = {0};
  struct worker *worker;
  struct loop *main_loop = loop_create();
  struct signal_watch *watch = signal_watch_create(main_loop, SIGTERM, caught, main_loop);
  ck_assert_int_eq(worker_start(&role, &job, &worker), STATUS_OK);
  ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
  loop_run(main_loop);
  worker_stop(worker);
  signal_watch_destroy(watch);
  loop_destroy(main_loop);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("worker");
  TCase *cases = tcase_create("worker");
  tcase_set_timeout(cases, 30);
  tcase_add_test(cases, what_runs_on_the_loop_is_made_and_taken_down_on_the_worker_s_thread);
  tcase_add_test(cases, a_worker_that_cannot_be_set_up_is_taken_down_and_refused);
  tcase_add_test(cases, a_worker_may_be_stopped_before_its_loop_has_turned);
  tcase_add_test(cases, a_worker_whose_loop_stopped_by_itself_is_joined);
  tcase_add_test(cases, several_are_asked_before_any_is_joined_and_nothing_is_left);
  tcase_add_test(cases, signals_are_left_to_the_main_thread);
  tcase_add_test(cases, a_signal_of_the_process_reaches_the_main_loop);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
