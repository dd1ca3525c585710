/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One round: the probes of one target at one time, over all its routes side by
 * side; on each route first what presents our certificate, then, when a contrast
 * is due or the first one's outcome has changed, none and the untrusted one. What the last rounds
 * saw is kept in the memory. Called by app; does not know what the facts mean.
 */
#ifndef PROBE_ROUND_H
#define PROBE_ROUND_H

#include "probe/probe.h"

struct route_memory {
  struct observation *observations[PRESENTED_COUNT]; /* newest of each, owned; NULL: none */
  int64_t contrast_ns;           /* wall clock: when all else was last presented, 0 never */
  int64_t contrast_monotonic_ns; /* the same on the other clock */
};

struct round_memory {
  struct route_memory *routes; /* of the target, by index */
  size_t route_count;
};

NODISCARD enum status round_memory_init(struct round_memory *memory, const struct target *target);
void round_memory_deinit(struct round_memory *memory);

struct round_events {
  /* one more, or one less, probe is under way (change is +1 or -1) */
  void (*in_flight)(void *context, int change);
  void (*probe_ended)(void *context, size_t route, const struct observation *observation);
  /* all routes are through; the round is gone */
  void (*done)(void *context);
};

struct round;

/* The events come from the loop, never from inside this call. All arguments are borrowed until
 * done or round_cancel(). NULL where memory is out. */
struct round *round_start(const struct probe_environment *environment, const struct target *target,
                          struct round_memory *memory, const struct round_events *events,
                          void *context);
/* Closes what is open; no event afterwards. NULL-safe. */
void round_cancel(struct round *round);

#endif
