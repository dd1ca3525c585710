/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One probe: one connection to one target on one route, presenting one thing,
 * never retried. Goes through the phases of the wire with one deadline over all
 * of them and ends in an observation, whatever the peer does. Called by round;
 * owns the connection. Does not know who asked or what the facts mean.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "event/loop.h"
#include "event/resolver.h"
#include "link/tls_context.h"
#include "model/observation.h"
#include "model/target.h"

/* What probes of one worker share; borrowed. */
struct probe_environment {
  struct loop *loop;
  struct resolver *resolver;
  struct tls_pool *pool;
};

struct probe;

/* done is called exactly once, from the loop, never from inside this call, unless the probe is
 * cancelled before; the observation then is the callee's, the probe is gone. target and route
 * are borrowed until then. NULL where memory is out. */
struct probe *probe_start(const struct probe_environment *environment, const struct target *target,
                          const struct route *route, enum presented presented,
                          void (*done)(void *context, struct observation *observation),
                          void *context);
/* Closes the connection; done is not called. NULL-safe. */
void probe_cancel(struct probe *probe);

#endif
