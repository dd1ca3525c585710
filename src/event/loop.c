/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event/loop.h"

#include <assert.h>
#include <stdlib.h>

#include <uv.h>

#include "base/clock.h"
#include "base/log.h"

/* libuv frees nothing: the memory of a handle may go only in its close callback, a turn
 * after uv_close(). So a handle stands first in the allocation of what wraps it;
 * and destroying one inside its own callback is safe for the same reason. */

enum { CLOSING_TURNS_MAX = 1000 };

struct loop {
  uv_loop_t uv;
  uv_async_t keeper; /* never sent: keeps uv_run() running when nothing else is active */
  uv_idle_t turn;    /* active while `due` is not empty */
  struct timer *due; /* timers for the next turn, oldest first */
  struct timer *due_last;
  unsigned turn_number;
};

struct timer {
  uv_timer_t uv;
  struct loop *loop;
  struct timer *next; /* in loop->due */
  struct timer *previous;
  bool is_due;          /* stands in loop->due */
  unsigned turn_number; /* in which it was put there */
  void (*expired)(void *context);
  void *context;
};

struct watch {
  uv_poll_t uv;
  int events;
  bool started; /* libuv polls; it stops by itself when it finds an error */
  void (*ready)(void *context, int events);
  void *context;
};

struct waker {
  uv_async_t uv;
  void (*woken)(void *context);
  void *context;
};

struct signal_watch {
  uv_signal_t uv;
  void (*caught)(void *context, int signal_number);
  void *context;
};

static void free_closed(uv_handle_t *handle)
{
  free(handle);
}

/* Timers for the next turn. libuv 1.44 runs a timer of 0 ms that is started by a timer's
 * callback before it polls again, so two of them could starve every descriptor; and its
 * heap is not needed for them. */

static void due_append(struct timer *timer)
{
  struct loop *loop = timer->loop;
  timer->is_due = true;
  timer->turn_number = loop->turn_number;
  timer->next = NULL;
  timer->previous = loop->due_last;
  if (loop->due_last != NULL) {
    loop->due_last->next = timer;
  } else {
    loop->due = timer;
  }
  loop->due_last = timer;
}

static void due_remove(struct timer *timer)
{
  struct loop *loop = timer->loop;
  if (timer->previous != NULL) {
    timer->previous->next = timer->next;
  } else {
    loop->due = timer->next;
  }
  if (timer->next != NULL) {
    timer->next->previous = timer->previous;
  } else {
    loop->due_last = timer->previous;
  }
  timer->next = NULL;
  timer->previous = NULL;
  timer->is_due = false;
}

static void next_turn(uv_idle_t *turn)
{
  struct loop *loop = turn->data;

  /* What these callbacks start anew carries the new number and waits for the turn after. */
  loop->turn_number++;
  while (loop->due != NULL && loop->due->turn_number != loop->turn_number) {
    struct timer *timer = loop->due;
    due_remove(timer);
    timer->expired(timer->context);
  }
  if (loop->due == NULL) {
    (void)uv_idle_stop(turn);
  }
}

struct loop *loop_create(void)
{
  struct loop *loop = calloc(1, sizeof(*loop));
  if (loop == NULL) {
    return NULL;
  }
  if (uv_loop_init(&loop->uv) != 0) {
    free(loop);
    return NULL;
  }
  if (uv_async_init(&loop->uv, &loop->keeper, NULL) != 0) {
    (void)uv_loop_close(&loop->uv);
    free(loop);
    return NULL;
  }
  (void)uv_idle_init(&loop->uv, &loop->turn);
  loop->turn.data = loop;
  return loop;
}

void loop_destroy(struct loop *loop)
{
  if (loop == NULL) {
    return;
  }
  uv_close((uv_handle_t *)&loop->keeper, NULL);
  uv_close((uv_handle_t *)&loop->turn, NULL);
  int closed = uv_loop_close(&loop->uv);
  for (int turns = 0; closed == UV_EBUSY && turns < CLOSING_TURNS_MAX; turns++) {
    (void)uv_run(&loop->uv, UV_RUN_NOWAIT);
    closed = uv_loop_close(&loop->uv);
  }
  if (closed == 0) {
    free(loop);
    return;
  }
  /* What was forgotten still points to the loop: better leaked than freed. */
  log_write(LOG_ERROR, "event loop destroyed before what lives on it", NULL);
  assert(closed == 0);
}

void loop_run(struct loop *loop)
{
  (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
  uv_stop(&loop->uv);
}

static void timer_expired(uv_timer_t *handle)
{
  struct timer *timer = handle->data;
  timer->expired(timer->context);
}

struct timer *timer_create_on(struct loop *loop, void (*expired)(void *context), void *context)
{
  struct timer *timer = calloc(1, sizeof(*timer));
  if (timer == NULL) {
    return NULL;
  }
  (void)uv_timer_init(&loop->uv, &timer->uv);
  timer->uv.data = timer;
  timer->loop = loop;
  timer->expired = expired;
  timer->context = context;
  return timer;
}

/* libuv counts from its cached time in whole milliseconds. Aiming at the millisecond
 * after the deadline on its own clock is never early, and needs no uv_update_time(). */
static uint64_t uv_delay_ms(const struct timer *timer, int64_t delay_ns)
{
  uint64_t deadline_ns = uv_hrtime() + (uint64_t)delay_ns;
  uint64_t deadline_ms = (deadline_ns + (uint64_t)NS_PER_MS - 1) / (uint64_t)NS_PER_MS;
  uint64_t now_ms = uv_now(&timer->loop->uv);
  return deadline_ms > now_ms ? deadline_ms - now_ms : 0;
}

void timer_start(struct timer *timer, int64_t delay_ns)
{
  timer_stop(timer);
  if (delay_ns > 0) {
    (void)uv_timer_start(&timer->uv, timer_expired, uv_delay_ms(timer, delay_ns), 0);
    return;
  }
  due_append(timer);
  (void)uv_idle_start(&timer->loop->turn, next_turn);
}

void timer_stop(struct timer *timer)
{
  if (timer->is_due) {
    due_remove(timer);
  } else {
    (void)uv_timer_stop(&timer->uv);
  }
}

void timer_destroy(struct timer *timer)
{
  if (timer == NULL) {
    return;
  }
  timer_stop(timer);
  uv_close((uv_handle_t *)&timer->uv, free_closed);
}

static int to_uv_events(int events)
{
  return ((events & WATCH_READ) != 0 ? UV_READABLE : 0) |
         ((events & WATCH_WRITE) != 0 ? UV_WRITABLE : 0);
}

static void watch_apply(struct watch *watch);

static void watch_ready(uv_poll_t *handle, int status, int uv_events)
{
  struct watch *watch = handle->data;
  int events = ((uv_events & UV_READABLE) != 0 ? WATCH_READ : 0) |
               ((uv_events & UV_WRITABLE) != 0 ? WATCH_WRITE : 0);

  if (status < 0) { /* libuv has stopped polling; the caller's read or write learns why */
    watch->started = false;
    events = watch->events;
  }
  events &= watch->events;
  if (events != WATCH_NOTHING) {
    watch->ready(watch->context, events);
  }
  if (!watch->started && watch->events != WATCH_NOTHING && !uv_is_closing((uv_handle_t *)handle)) {
    watch_apply(watch);
  }
}

static void watch_apply(struct watch *watch)
{
  if (watch->events == WATCH_NOTHING) {
    (void)uv_poll_stop(&watch->uv);
    watch->started = false;
    return;
  }
  int started = uv_poll_start(&watch->uv, to_uv_events(watch->events), watch_ready);
  assert(started == 0 && "one watch per descriptor");
  watch->started = started == 0;
}

struct watch *watch_create(struct loop *loop, int descriptor,
                           void (*ready)(void *context, int events), void *context)
{
  struct watch *watch = calloc(1, sizeof(*watch));
  if (watch == NULL) {
    return NULL;
  }
  if (uv_poll_init(&loop->uv, &watch->uv, descriptor) != 0) {
    free(watch);
    return NULL;
  }
  watch->uv.data = watch;
  watch->ready = ready;
  watch->context = context;
  return watch;
}

void watch_set(struct watch *watch, int events)
{
  /* uv_poll_start() always takes the descriptor out of epoll and puts it in again. */
  if (events == watch->events && (watch->started || events == WATCH_NOTHING)) {
    return;
  }
  watch->events = events;
  watch_apply(watch);
}

void watch_destroy(struct watch *watch)
{
  if (watch != NULL) {
    uv_close((uv_handle_t *)&watch->uv, free_closed);
  }
}

static void waker_woken(uv_async_t *handle)
{
  struct waker *waker = handle->data;
  waker->woken(waker->context);
}

struct waker *waker_create(struct loop *loop, void (*woken)(void *context), void *context)
{
  struct waker *waker = calloc(1, sizeof(*waker));
  if (waker == NULL) {
    return NULL;
  }
  if (uv_async_init(&loop->uv, &waker->uv, waker_woken) != 0) {
    free(waker);
    return NULL;
  }
  waker->uv.data = waker;
  waker->woken = woken;
  waker->context = context;
  return waker;
}

void waker_wake(struct waker *waker)
{
  (void)uv_async_send(&waker->uv);
}

void waker_destroy(struct waker *waker)
{
  if (waker != NULL) {
    uv_close((uv_handle_t *)&waker->uv, free_closed);
  }
}

static void signal_caught(uv_signal_t *handle, int signal_number)
{
  struct signal_watch *watch = handle->data;
  watch->caught(watch->context, signal_number);
}

struct signal_watch *signal_watch_create(struct loop *loop, int signal_number,
                                         void (*caught)(void *context, int signal_number),
                                         void *context)
{
  struct signal_watch *watch = calloc(1, sizeof(*watch));
  if (watch == NULL) {
    return NULL;
  }
  if (uv_signal_init(&loop->uv, &watch->uv) != 0) {
    free(watch);
    return NULL;
  }
  watch->uv.data = watch;
  watch->caught = caught;
  watch->context = context;
  if (uv_signal_start(&watch->uv, signal_caught, signal_number) != 0) {
    uv_close((uv_handle_t *)&watch->uv, free_closed);
    return NULL;
  }
  return watch;
}

void signal_watch_destroy(struct signal_watch *watch)
{
  if (watch != NULL) {
    uv_close((uv_handle_t *)&watch->uv, free_closed);
  }
}
