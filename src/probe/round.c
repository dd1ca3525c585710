/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/round.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* One route of the round: which probes are still to be made there. */
struct leg {
  struct round *round;
  size_t route;
  struct probe *probe; /* the one under way */
  bool wanted[PRESENTED_COUNT];
  int main;       /* what is presented first, in every round */
  bool contrasts; /* the others are presented, too */
};

struct round {
  struct probe_environment environment;
  const struct target *target;
  struct round_memory *memory;
  const struct round_events *events;
  void *context;
  struct timer *turn; /* ends a round in which nothing could be started */
  struct leg *legs;
  size_t legs_left;
};

enum status round_memory_init(struct round_memory *memory, const struct target *target)
{
  memory->route_count = target->probe.route_count;
  memory->routes = calloc(memory->route_count, sizeof(*memory->routes));
  return memory->routes != NULL ? STATUS_OK : STATUS_OUT_OF_MEMORY;
}

void round_memory_deinit(struct round_memory *memory)
{
  for (size_t i = 0; memory->routes != NULL && i < memory->route_count; i++) {
    for (size_t p = 0; p < PRESENTED_COUNT; p++) {
      observation_unref(memory->routes[i].observations[p]);
    }
  }
  free(memory->routes);
  *memory = (struct round_memory){0};
}

static bool same_reply(const struct reply_observation *a, const struct reply_observation *b)
{
  bool both = a->code != NULL && b->code != NULL;
  return a->kind == b->kind && (both ? strcmp(a->code, b->code) == 0 : a->code == b->code);
}

/* Whether two probes of the same kind ended alike, as far as certificates go. */
static bool same_outcome(const struct observation *a, const struct observation *b)
{
  return a->ended_in == b->ended_in && a->tls.alert_received == b->tls.alert_received &&
         a->tls.ending == b->tls.ending && a->tls.verification == b->tls.verification &&
         a->tls.requested_during == b->tls.requested_during && a->http.status == b->http.status &&
         a->tunnel.connect_status == b->tunnel.connect_status &&
         same_reply(&a->service.reply, &b->service.reply);
}

static bool reached_handshake(const struct observation *observation)
{
  return observation->ended_in >= PHASE_HANDSHAKE;
}

static struct route_memory *memory_of(const struct leg *leg)
{
  return &leg->round->memory->routes[leg->route];
}

/* Due a little early rather than an interval late: rounds do not fall on the millisecond. */
static bool contrast_due(const struct leg *leg)
{
  const struct route_memory *memory = memory_of(leg);
  const struct probe_settings *settings = &leg->round->target->probe;
  int64_t age_ns = clock_monotonic_ns() - memory->contrast_monotonic_ns;
  int64_t due_ns = (settings->contrast_interval_ms - settings->interval_ms / 2) * NS_PER_MS;
  return memory->contrast_ns == 0 || age_ns >= due_ns;
}

/* A credential that cannot be used is a fact that diagnosis has from its files. */
static bool credential_loaded(const struct leg *leg)
{
  const struct credential_material *material =
      tls_pool_credential(leg->round->environment.pool, leg->round->target->probe.credential);
  return material != NULL && credential_material_facts(material)->loaded;
}

static bool is_wanted(const struct leg *leg, enum presented presented)
{
  const struct target *target = leg->round->target;
  return target_presents(target, &target->probe.routes[leg->route], presented) &&
         (presented == PRESENTED_NONE || credential_loaded(leg));
}

/* The first that is wanted, from this one on; PRESENTED_COUNT: none. */
static int next_wanted(const struct leg *leg, int presented)
{
  while (presented < PRESENTED_COUNT && !leg->wanted[presented]) {
    presented++;
  }
  return presented;
}

/* After the main probe, which is not kept yet: when it is time, and at once when things are other
 * than they were. */
static bool contrast_wanted(const struct leg *leg, const struct observation *observation)
{
  const struct observation *before = memory_of(leg)->observations[observation->presented];
  bool changed = before == NULL || !same_outcome(before, observation);
  return reached_handshake(observation) && (changed || contrast_due(leg));
}

static void release(struct round *round)
{
  timer_destroy(round->turn);
  free(round->legs);
  free(round);
}

static void leg_over(struct leg *leg)
{
  struct round *round = leg->round;
  round->legs_left--;
  if (round->legs_left == 0) {
    /* from the loop, also when nothing could be started */
    timer_start(round->turn, 0);
  }
}

static void on_turn(void *context)
{
  struct round *round = context;
  const struct round_events *events = round->events;
  void *events_context = round->context;
  release(round);
  events->done(events_context);
}

static void on_probe_done(void *context, struct observation *observation);

/* false: there is no memory for it. */
static bool start_probe(struct leg *leg, enum presented presented)
{
  struct round *round = leg->round;
  leg->probe = probe_start(&round->environment, round->target,
                           &round->target->probe.routes[leg->route], presented, on_probe_done, leg);
  if (leg->probe == NULL) {
    return false;
  }
  round->events->in_flight(round->context, 1);
  return true;
}

/* presented: PRESENTED_COUNT for none. */
static void go_on(struct leg *leg, int presented)
{
  if (presented == PRESENTED_COUNT || !start_probe(leg, (enum presented)presented)) {
    leg_over(leg);
  }
}

/* The last one completes the contrast. */
static void keep(struct leg *leg, struct observation *observation)
{
  struct route_memory *memory = memory_of(leg);
  int presented = (int)observation->presented;
  observation_unref(memory->observations[presented]);
  memory->observations[presented] = observation;
  if (presented != PRESENTED_CLIENT && next_wanted(leg, presented + 1) == PRESENTED_COUNT) {
    memory->contrast_ns = observation->started_ns;
    memory->contrast_monotonic_ns = clock_monotonic_ns() - observation->duration_ns;
  }
}

static void on_probe_done(void *context, struct observation *observation)
{
  struct leg *leg = context;
  struct round *round = leg->round;
  int presented = (int)observation->presented;
  leg->probe = NULL;
  round->events->in_flight(round->context, -1);
  round->events->probe_ended(round->context, leg->route, observation);
  if (presented == leg->main) {
    leg->contrasts = contrast_wanted(leg, observation);
  }
  keep(leg, observation);
  go_on(leg, leg->contrasts ? next_wanted(leg, presented + 1) : PRESENTED_COUNT);
}

static void forget(struct leg *leg, int presented)
{
  struct route_memory *memory = memory_of(leg);
  observation_unref(memory->observations[presented]);
  memory->observations[presented] = NULL;
}

static void start_leg(struct leg *leg)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    leg->wanted[p] = is_wanted(leg, (enum presented)p);
    if (!leg->wanted[p]) {
      /* what it saw when the files could still be read says nothing about now */
      forget(leg, p);
    }
  }
  leg->main = next_wanted(leg, 0);
  if (leg->main == PRESENTED_COUNT) {
    leg_over(leg);
  } else if (!start_probe(leg, (enum presented)leg->main)) {
    /* nor does what older rounds saw, when nothing can be seen for want of memory */
    for (int p = 0; p < PRESENTED_COUNT; p++) {
      forget(leg, p);
    }
    leg_over(leg);
  }
}

struct round *round_start(const struct probe_environment *environment, const struct target *target,
                          struct round_memory *memory, const struct round_events *events,
                          void *context)
{
  struct round *round = calloc(1, sizeof(*round));
  if (round == NULL) {
    return NULL;
  }
  round->environment = *environment;
  round->target = target;
  round->memory = memory;
  round->events = events;
  round->context = context;
  round->turn = timer_create_on(environment->loop, on_turn, round);
  round->legs = calloc(memory->route_count, sizeof(*round->legs));
  if (round->turn == NULL || round->legs == NULL) {
    release(round);
    return NULL;
  }
  round->legs_left = memory->route_count;
  for (size_t i = 0; i < memory->route_count; i++) {
    round->legs[i].round = round;
    round->legs[i].route = i;
  }
  for (size_t i = 0; i < memory->route_count; i++) {
    start_leg(&round->legs[i]);
  }
  return round;
}

void round_cancel(struct round *round)
{
  if (round == NULL) {
    return;
  }
  for (size_t i = 0; i < round->memory->route_count; i++) {
    if (round->legs[i].probe != NULL) {
      probe_cancel(round->legs[i].probe);
      round->events->in_flight(round->context, -1);
    }
  }
  release(round);
}
