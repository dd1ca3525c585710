/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedule/worker.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

struct worker {
  struct worker_role role;
  void *context;
  struct loop *loop;
  struct waker *stop;
  pthread_t thread;
  sem_t was_set_up;
  bool set_up; /* written before the semaphore is posted */
};

static void stop_asked(void *context)
{
  loop_stop(context);
}

static void *run(void *context)
{
  struct worker *worker = context;
  (void)pthread_setname_np(pthread_self(), "worker");
  bool set_up = worker->role.set_up(worker->context, worker->loop);
  worker->set_up = set_up;
  (void)sem_post(&worker->was_set_up);
  if (set_up) {
    loop_run(worker->loop);
  }
  worker->role.tear_down(worker->context);
  return NULL;
}

static void worker_free(struct worker *worker)
{
  waker_destroy(worker->stop);
  loop_destroy(worker->loop);
  (void)sem_destroy(&worker->was_set_up);
  free(worker);
}

/* Signals are for the main thread's loop, and a new thread inherits the mask: so they are
 * blocked here already, not in the thread, where one could slip in before. Those that a
 * fault raises stay: blocked, they would end the process without a word. */
static int start_thread(struct worker *worker)
{
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
  sigset_t blocked;
  sigset_t before;
  (void)sigfillset(&blocked);
  for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
    (void)sigdelset(&blocked, faults[i]);
  }
  (void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
  int failure = pthread_create(&worker->thread, NULL, run, worker);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failure;
}

enum status worker_start(const struct worker_role *role, void *context, struct worker **out)
{
  *out = NULL;
  struct worker *worker = calloc(1, sizeof(*worker));
  if (worker == NULL) {
    return STATUS_OUT_OF_MEMORY;
  }
  worker->role = *role;
  worker->context = context;
  (void)sem_init(&worker->was_set_up, 0, 0);
  worker->loop = loop_create();
  if (worker->loop != NULL) {
    worker->stop = waker_create(worker->loop, stop_asked, worker->loop);
  }
  if (worker->stop == NULL || start_thread(worker) != 0) {
    worker_free(worker);
    return STATUS_IO;
  }
  while (sem_wait(&worker->was_set_up) != 0 && errno == EINTR) {
    continue;
  }
  if (!worker->set_up) {
    (void)pthread_join(worker->thread, NULL);
    worker_free(worker);
    return STATUS_IO;
  }
  *out = worker;
  return STATUS_OK;
}

void worker_ask_to_stop(struct worker *worker)
{
  if (worker != NULL) {
    waker_wake(worker->stop);
  }
}

void worker_stop(struct worker *worker)
{
  if (worker == NULL) {
    return;
  }
  worker_ask_to_stop(worker);
  (void)pthread_join(worker->thread, NULL);
  worker_free(worker);
}
