/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One event loop of one thread (libuv behind it): timers, readiness of
 * descriptors, wake-ups from other threads. Whoever runs a worker owns the loop;
 * everything else borrows it. Timers and watches are created once and used many
 * times; destroying one is safe inside its own callback.
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct loop;

/* NULL where the system has no resources left. */
struct loop *loop_create(void);
/* Only after loop_run() has returned and all timers, watches and wakers were destroyed. */
void loop_destroy(struct loop *loop);
/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
/* From a callback of this loop only. */
void loop_stop(struct loop *loop);

struct timer;
struct timer *timer_create_on(struct loop *loop, void (*expired)(void *context), void *context);
/* Once, delay_ns from now (rounded up to whole milliseconds, never early); replaces a
 * running one. delay <= 0: on the next turn of the loop. */
void timer_start(struct timer *timer, int64_t delay_ns);
void timer_stop(struct timer *timer);
void timer_destroy(struct timer *timer); /* NULL-safe; no callback afterwards */

enum { WATCH_NOTHING = 0, WATCH_READ = 1, WATCH_WRITE = 2 };
struct watch;
/* The descriptor stays the caller's: destroy the watch before closing it. */
struct watch *watch_create(struct loop *loop, int descriptor,
                           void (*ready)(void *context, int events), void *context);
/* Level-triggered; errors and hang-ups are told as everything that is watched. */
void watch_set(struct watch *watch, int events);
void watch_destroy(struct watch *watch); /* NULL-safe */

/* The one thing that may be used from another thread (or a signal handler). */
struct waker;
struct waker *waker_create(struct loop *loop, void (*woken)(void *context), void *context);
void waker_wake(struct waker *waker); /* several before the callback count as one */
void waker_destroy(struct waker *waker);

/* Runs handler on this loop for SIGTERM, SIGINT or SIGHUP. */
struct signal_watch;
struct signal_watch *signal_watch_create(struct loop *loop, int signal_number,
                                         void (*caught)(void *context, int signal_number),
                                         void *context);
void signal_watch_destroy(struct signal_watch *watch);

#endif
