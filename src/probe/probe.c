/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "link/tcp.h"
#include "link/tls.h"
#include "model/address.h"
#include "probe/http_check.h"
#include "probe/route.h"
#include "probe/service_check.h"

/*
 * NOTES on the settle time: a TLS 1.3 server judges our certificate after our handshake is over
 * (RFC 8446 section 4.4.2.4). On loopback its alert came after 14 ms at the latest; a server that
 * asks an OCSP responder first needs longer, and so does a long way: four times the TCP handshake.
 */
enum {
  SETTLE_LEAST_MS = 200,
  SETTLE_CONNECT_FACTOR = 4,
  SETTLE_MOST_MS = 2000,
  LAG_TOLERATED_MS = 500,
  EARLY_DATA_MAX_BYTES = 16384,
};

enum step {
  STEP_NEXT,  /* the phase is over, go on to the next */
  STEP_WAIT,  /* for what the link wants, or a timer */
  STEP_AGAIN, /* there is more to do; others first */
  STEP_FAILED,
};

struct probe {
  struct probe_environment environment;
  const struct target *target;
  const struct route *route;
  void (*done)(void *context, struct observation *observation);
  void *context;
  struct observation *observation;
  enum phase phase;
  int64_t started_ns; /* monotonic, as all below */
  int64_t phase_started_ns;
  int64_t deadline_ns;
  int64_t settle_until_ns;
  struct route_contexts contexts;
  struct route_chain chain;
  struct resolution *resolution;
  struct watch *watch;
  struct timer *deadline;
  struct timer *again; /* the end of the settle time, or the next turn */
  enum link_step wanted;
  struct buffer early; /* application data that came before our request */
  struct http_check http;
  bool http_begun;
  struct service_check service;
  bool service_begun;
};

/* The only place where a phase begins, and so where the one before it ends. */
static void enter(struct probe *probe, enum phase phase)
{
  int64_t now = clock_monotonic_ns();
  if (probe->phase_started_ns != 0) {
    probe->observation->phase_ns[probe->phase] = now - probe->phase_started_ns;
  }
  probe->phase = phase;
  probe->phase_started_ns = now;
}

static void release(struct probe *probe)
{
  if (probe->resolution != NULL) {
    resolution_cancel(probe->resolution);
  }
  watch_destroy(probe->watch);
  timer_destroy(probe->deadline);
  timer_destroy(probe->again);
  if (probe->http_begun) {
    http_check_deinit(&probe->http);
  }
  if (probe->service_begun) {
    service_check_deinit(&probe->service);
  }
  buffer_deinit(&probe->early);
  link_destroy(probe->chain.tls);
  route_contexts_deinit(&probe->contexts);
  observation_unref(probe->observation);
  free(probe);
}

static bool lacks_resources(int system_error)
{
  return system_error == EMFILE || system_error == ENFILE || system_error == ENOBUFS ||
         system_error == ENOMEM;
}

/* The only end of a probe that was not cancelled. */
static void finish(struct probe *probe, enum phase ended_in)
{
  struct observation *observation = probe->observation;
  if (ended_in != PHASE_DONE) {
    enter(probe, ended_in); /* stamps the failed phase */
  }
  observation->ended_in = ended_in;
  observation->duration_ns = clock_monotonic_ns() - probe->started_ns;
  observation->out_of_resources = observation->out_of_resources ||
                                  lacks_resources(observation->connect_error) ||
                                  lacks_resources(observation->tunnel.system_error) ||
                                  lacks_resources(observation->starttls.system_error);
  observation->withheld =
      observation->presented != PRESENTED_NONE && observation->tls.verification > VERIFICATION_OK;
  if (ended_in == PHASE_DONE) {
    tls_say_goodbye(probe->chain.tls);
  }
  probe->observation = NULL;
  void (*done)(void *, struct observation *) = probe->done;
  void *context = probe->context;
  release(probe);
  done(context, observation);
}

static enum step from_link(struct probe *probe, enum link_step step)
{
  switch (step) {
  case LINK_DONE:
    return STEP_NEXT;
  case LINK_AGAIN:
    return STEP_AGAIN;
  case LINK_FAILED:
    return STEP_FAILED;
  case LINK_WANT_READ:
  case LINK_WANT_WRITE:
    break;
  }
  probe->wanted = step;
  return STEP_WAIT;
}

static enum step connect_step(struct probe *probe)
{
  return from_link(probe, link_connect(probe->chain.tcp));
}

static enum step tunnel_step(struct probe *probe)
{
  return from_link(probe, link_connect(probe->chain.tunnel));
}

static enum step starttls_step(struct probe *probe)
{
  return from_link(probe, link_connect(probe->chain.starttls));
}

static enum step handshake_step(struct probe *probe)
{
  return from_link(probe, link_connect(probe->chain.tls));
}

static void begin_settling(struct probe *probe)
{
  int64_t settle_ns = probe->observation->phase_ns[PHASE_CONNECT] * SETTLE_CONNECT_FACTOR;
  if (settle_ns < SETTLE_LEAST_MS * NS_PER_MS) {
    settle_ns = SETTLE_LEAST_MS * NS_PER_MS;
  }
  if (settle_ns > SETTLE_MOST_MS * NS_PER_MS) {
    settle_ns = SETTLE_MOST_MS * NS_PER_MS;
  }
  int64_t now = clock_monotonic_ns();
  if (settle_ns > (probe->deadline_ns - now) / 2) {
    settle_ns = (probe->deadline_ns - now) / 2; /* the request needs time, too */
  }
  probe->settle_until_ns = now + settle_ns;
}

/* Reads until the server has said something, or has had the time to. */
static enum step settle_step(struct probe *probe)
{
  struct tls_observation *tls = &probe->observation->tls;
  uint8_t bytes[4096];
  size_t count = 0;
  enum link_step step = link_read(probe->chain.tls, bytes, sizeof(bytes), &count);
  if (step == LINK_FAILED || (step == LINK_DONE && count == 0)) {
    return STEP_FAILED;
  }
  if (step == LINK_DONE) {
    tls->application_data_received = true;
    buffer_append(&probe->early, bytes, count);
    return STEP_NEXT;
  }
  int64_t left_ns = probe->settle_until_ns - clock_monotonic_ns();
  if (tls->session_tickets > 0 || left_ns <= 0) {
    return STEP_NEXT;
  }
  timer_start(probe->again, left_ns);
  return from_link(probe, step);
}

static enum step http_step(struct probe *probe)
{
  switch (http_check_step(&probe->http, probe->chain.tls, &probe->wanted)) {
  case HTTP_CHECK_DONE:
    return STEP_NEXT;
  case HTTP_CHECK_WAIT:
    return STEP_WAIT;
  case HTTP_CHECK_AGAIN:
    return STEP_AGAIN;
  case HTTP_CHECK_FAILED:
    probe->observation->out_of_resources = http_check_lacks_memory(&probe->http);
    return STEP_FAILED;
  }
  return STEP_FAILED;
}

static enum step service_step(struct probe *probe)
{
  enum step step = from_link(probe, service_check_step(&probe->service, probe->chain.tls));
  probe->observation->out_of_resources =
      step == STEP_FAILED && service_check_lacks_memory(&probe->service);
  return step;
}

static enum step request_step(struct probe *probe)
{
  return probe->http_begun ? http_step(probe) : service_step(probe);
}

static enum step phase_step(struct probe *probe)
{
  switch (probe->phase) {
  case PHASE_CONNECT:
    return connect_step(probe);
  case PHASE_TUNNEL:
    return tunnel_step(probe);
  case PHASE_STARTTLS:
    return starttls_step(probe);
  case PHASE_HANDSHAKE:
    return handshake_step(probe);
  case PHASE_SETTLE:
    return settle_step(probe);
  case PHASE_REQUEST:
    return request_step(probe);
  case PHASE_RESOLVE:
  case PHASE_DONE:
    break;
  }
  return STEP_FAILED;
}

/* A TLS 1.2 server has judged before it finished the handshake (RFC 5246 section 7.3). */
static bool needs_settling(const struct probe *probe)
{
  return probe->observation->tls.version != TLS_VERSION_1_2 ||
         probe->target->probe.protocol == PROTOCOL_TLS;
}

static enum phase first_phase_with_target(const struct probe *probe)
{
  return probe->chain.starttls != NULL ? PHASE_STARTTLS : PHASE_HANDSHAKE;
}

static enum phase phase_after(const struct probe *probe, enum phase phase)
{
  switch (phase) {
  case PHASE_RESOLVE:
    return PHASE_CONNECT;
  case PHASE_CONNECT:
    return probe->chain.tunnel != NULL ? PHASE_TUNNEL : first_phase_with_target(probe);
  case PHASE_TUNNEL:
    return first_phase_with_target(probe);
  case PHASE_STARTTLS:
    return PHASE_HANDSHAKE;
  case PHASE_HANDSHAKE:
    if (needs_settling(probe)) {
      return PHASE_SETTLE;
    }
    return PHASE_REQUEST;
  case PHASE_SETTLE:
    return probe->target->probe.protocol == PROTOCOL_TLS ? PHASE_DONE : PHASE_REQUEST;
  case PHASE_REQUEST:
  case PHASE_DONE:
    return PHASE_DONE;
  }
  return PHASE_DONE;
}

static bool begin_request(struct probe *probe)
{
  bool verified = probe->observation->tls.verification == VERIFICATION_OK;
  if (protocol_has_starttls(probe->target->probe.protocol)) {
    probe->service_begun = true;
    service_check_init(&probe->service, probe->target, verified, &probe->early,
                       &probe->observation->service);
    return true;
  }
  probe->http_begun = true;
  return http_check_init(&probe->http, probe->target, verified, &probe->early,
                         &probe->observation->http) == STATUS_OK;
}

/* What a phase needs besides its name; false: there is no memory for it. */
static bool begin(struct probe *probe, enum phase phase)
{
  enter(probe, phase);
  if (phase == PHASE_SETTLE) {
    begin_settling(probe);
  }
  return phase != PHASE_REQUEST || begin_request(probe);
}

static void on_ready(void *context, int events);

/* Polls exactly what the link asked for. */
static bool wait_for(struct probe *probe, enum link_step wanted)
{
  if (probe->watch == NULL) {
    probe->watch =
        watch_create(probe->environment.loop, tcp_descriptor(probe->chain.tcp), on_ready, probe);
  }
  if (probe->watch == NULL) {
    return false;
  }
  watch_set(probe->watch, wanted == LINK_WANT_WRITE ? WATCH_WRITE : WATCH_READ);
  return true;
}

static void out_of_resources(struct probe *probe)
{
  probe->observation->out_of_resources = true;
  finish(probe, probe->phase);
}

static void advance(struct probe *probe)
{
  for (;;) {
    switch (phase_step(probe)) {
    case STEP_NEXT:
      if (phase_after(probe, probe->phase) == PHASE_DONE) {
        enter(probe, PHASE_DONE);
        finish(probe, PHASE_DONE);
        return;
      }
      if (!begin(probe, phase_after(probe, probe->phase))) {
        out_of_resources(probe);
        return;
      }
      break;
    case STEP_WAIT:
      if (!wait_for(probe, probe->wanted)) {
        out_of_resources(probe);
      }
      return;
    case STEP_AGAIN:
      timer_start(probe->again, 0);
      return;
    case STEP_FAILED:
      finish(probe, probe->phase);
      return;
    }
  }
}

static void on_ready(void *context, int events)
{
  (void)events; /* a step is idempotent: it finds out by itself */
  advance(context);
}

static void on_again(void *context)
{
  struct probe *probe = context;
  if (probe->observation->local_problem != NULL) {
    finish(probe, PHASE_RESOLVE);
    return;
  }
  advance(probe);
}

static void on_deadline(void *context)
{
  struct probe *probe = context;
  probe->observation->timed_out = true;
  probe->observation->lagged =
      clock_monotonic_ns() > probe->deadline_ns + LAG_TOLERATED_MS * NS_PER_MS;
  finish(probe, probe->phase);
}

static char *address_text(const struct sockaddr_storage *address)
{
  char host[INET6_ADDRSTRLEN] = "";
  char text[ENDPOINT_MAX];
  in_port_t port = 0;
  if (address->ss_family == AF_INET6) {
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    (void)inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
    port = v6->sin6_port;
  } else {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    (void)inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
    port = v4->sin_port;
  }
  endpoint_text(host, ntohs(port), text, sizeof(text));
  return strdup(text);
}

static void on_resolved(void *context, const struct resolved *result)
{
  struct probe *probe = context;
  probe->resolution = NULL;
  if (result->error != NULL) {
    probe->observation->resolve_error = strdup(result->error);
    finish(probe, PHASE_RESOLVE);
    return;
  }
  probe->observation->peer_address = address_text(&result->address);
  if (route_build(probe->target, probe->route, &probe->contexts,
                  (const struct sockaddr *)&result->address, result->address_bytes,
                  probe->observation, &probe->chain) != STATUS_OK) {
    out_of_resources(probe);
    return;
  }
  (void)begin(probe, PHASE_CONNECT);
  advance(probe);
}

/* The first phase, or the fact that not even that can begin. */
static bool begin_resolving(struct probe *probe, enum presented presented)
{
  struct error error = {0};
  enter(probe, PHASE_RESOLVE);
  enum status status = route_contexts_get(probe->environment.pool, probe->target, probe->route,
                                          presented, &probe->contexts, &error);
  if (status == STATUS_OUT_OF_MEMORY) {
    return false;
  }
  if (status != STATUS_OK) {
    probe->observation->local_problem = strdup(error.text);
    timer_start(probe->again, 0);
    return probe->observation->local_problem != NULL;
  }
  probe->resolution =
      resolver_lookup(probe->environment.resolver, route_first_host(probe->target, probe->route),
                      route_first_port(probe->target, probe->route), on_resolved, probe);
  return probe->resolution != NULL;
}

struct probe *probe_start(const struct probe_environment *environment, const struct target *target,
                          const struct route *route, enum presented presented,
                          void (*done)(void *context, struct observation *observation),
                          void *context)
{
  struct probe *probe = calloc(1, sizeof(*probe));
  if (probe == NULL) {
    return NULL;
  }
  *probe = (struct probe){
      .environment = *environment,
      .target = target,
      .route = route,
      .done = done,
      .context = context,
      .observation = observation_create(presented),
      .deadline = timer_create_on(environment->loop, on_deadline, probe),
      .again = timer_create_on(environment->loop, on_again, probe),
  };
  buffer_init(&probe->early, EARLY_DATA_MAX_BYTES);
  if (probe->observation == NULL || probe->deadline == NULL || probe->again == NULL) {
    release(probe);
    return NULL;
  }
  probe->started_ns = clock_monotonic_ns();
  probe->deadline_ns = probe->started_ns + target->probe.timeout_ms * NS_PER_MS;
  probe->observation->started_ns = clock_wall_ns();
  timer_start(probe->deadline, target->probe.timeout_ms * NS_PER_MS);
  if (!begin_resolving(probe, presented)) {
    release(probe);
    return NULL;
  }
  return probe;
}

void probe_cancel(struct probe *probe)
{
  if (probe != NULL) {
    release(probe);
  }
}
