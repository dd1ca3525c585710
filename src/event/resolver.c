/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event/resolver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <ares.h>

#include "base/clock.h"

/* c-ares answers when it likes: inside the question, inside its own processing, while it
 * is torn down. So an answer is only kept at first, and told from a timer of zero: by then
 * c-ares is not on the stack, and `done` may ask, cancel, or destroy the resolver.
 * c-ares cannot take back one question. A cancelled one stays with it, told to nobody,
 * until its answer or its timeout comes. */

enum { TRY_TIMEOUT_MS = 2000, TRIES = 2 }; /* the prober has a deadline of its own */

struct resolution {
  struct resolver *resolver;
  struct resolution *next; /* in resolver->resolutions */
  struct resolution *previous;
  struct timer *telling; /* NULL once cancelled */
  bool with_ares;        /* c-ares still holds this pointer */
  uint16_t port;
  struct resolved result;
  void (*done)(void *context, const struct resolved *result);
  void *context;
};

/* A socket of c-ares: one for each name server, rarely one more for TCP. */
struct ares_watch {
  struct resolver *resolver;
  struct ares_watch *next;
  ares_socket_t descriptor;
  struct watch *watch;
};

struct resolver {
  struct loop *loop;
  ares_channel channel;
  struct timer *timeout;
  struct ares_watch *watches;
  struct resolution *resolutions;
};

static void resolution_free(struct resolution *resolution)
{
  if (resolution->previous != NULL) {
    resolution->previous->next = resolution->next;
  } else {
    resolution->resolver->resolutions = resolution->next;
  }
  if (resolution->next != NULL) {
    resolution->next->previous = resolution->previous;
  }
  timer_destroy(resolution->telling);
  free(resolution);
}

static void rearm(struct resolver *resolver)
{
  struct timeval left;
  if (ares_timeout(resolver->channel, NULL, &left) == NULL) {
    timer_stop(resolver->timeout);
  } else {
    timer_start(resolver->timeout,
                (int64_t)left.tv_sec * NS_PER_SECOND + (int64_t)left.tv_usec * 1000);
  }
}

static void timed_out(void *context)
{
  struct resolver *resolver = context;
  ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  rearm(resolver);
}

static void socket_ready(void *context, int events)
{
  /* c-ares may close this socket, and so free the watch, while it processes it. */
  const struct ares_watch *watch = context;
  struct resolver *resolver = watch->resolver;
  ares_socket_t descriptor = watch->descriptor;
  ares_process_fd(resolver->channel, (events & WATCH_READ) != 0 ? descriptor : ARES_SOCKET_BAD,
                  (events & WATCH_WRITE) != 0 ? descriptor : ARES_SOCKET_BAD);
  rearm(resolver);
}

/* NULL where resources are out: nobody reads the socket, and the question times out. */
static struct ares_watch *watch_socket(struct resolver *resolver, ares_socket_t descriptor)
{
  struct ares_watch *watch = calloc(1, sizeof(*watch));
  if (watch == NULL) {
    return NULL;
  }
  watch->watch = watch_create(resolver->loop, descriptor, socket_ready, watch);
  if (watch->watch == NULL) {
    free(watch);
    return NULL;
  }
  watch->resolver = resolver;
  watch->descriptor = descriptor;
  watch->next = resolver->watches;
  resolver->watches = watch;
  return watch;
}

static void unwatch(struct ares_watch **link)
{
  struct ares_watch *watch = *link;
  *link = watch->next;
  watch_destroy(watch->watch);
  free(watch);
}

/* c-ares says what it waits for on a socket; for nothing just before it closes it. */
static void socket_state(void *context, ares_socket_t descriptor, int readable, int writable)
{
  struct resolver *resolver = context;
  struct ares_watch **link = &resolver->watches;
  while (*link != NULL && (*link)->descriptor != descriptor) {
    link = &(*link)->next;
  }

  if (!readable && !writable) {
    if (*link != NULL) {
      unwatch(link);
    }
    return;
  }
  struct ares_watch *watch = *link != NULL ? *link : watch_socket(resolver, descriptor);
  if (watch != NULL) {
    watch_set(watch->watch, (readable ? WATCH_READ : 0) | (writable ? WATCH_WRITE : 0));
  }
}

static void tell(void *context)
{
  struct resolution *resolution = context;
  const struct resolved result = resolution->result;
  void (*done)(void *, const struct resolved *) = resolution->done;
  void *done_context = resolution->context;
  resolution_free(resolution);
  done(done_context, &result);
}

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
  if (address->ss_family == AF_INET6) {
    ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
  } else {
    ((struct sockaddr_in *)address)->sin_port = htons(port);
  }
}

static void keep_first_address(struct resolution *resolution, const struct ares_addrinfo *answer)
{
  struct resolved *result = &resolution->result;
  const struct ares_addrinfo_node *node = answer->nodes;
  while (node != NULL && node->ai_family != AF_INET && node->ai_family != AF_INET6) {
    node = node->ai_next;
  }
  if (node == NULL || (size_t)node->ai_addrlen > sizeof(result->address)) {
    result->error = ares_strerror(ARES_ENODATA);
    return;
  }
  result->address_bytes = (socklen_t)node->ai_addrlen;
  memcpy(&result->address, node->ai_addr, result->address_bytes);
  set_port(&result->address, resolution->port);
}

static void answered(void *context, int status, int timeouts, struct ares_addrinfo *answer)
{
  struct resolution *resolution = context;
  (void)timeouts;
  resolution->with_ares = false;
  if (status != ARES_SUCCESS) {
    resolution->result.error = ares_strerror(status);
  } else {
    keep_first_address(resolution, answer);
  }
  ares_freeaddrinfo(answer);

  if (resolution->telling == NULL) {
    resolution_free(resolution);
  } else {
    timer_start(resolution->telling, 0);
  }
}

static bool keep_literal(struct resolution *resolution, const char *host)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *)&resolution->result.address;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&resolution->result.address;
  if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    resolution->result.address_bytes = sizeof(*v4);
  } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    resolution->result.address_bytes = sizeof(*v6);
  } else {
    return false;
  }
  set_port(&resolution->result.address, resolution->port);
  return true;
}

struct resolution *resolver_lookup(struct resolver *resolver, const char *host, uint16_t port,
                                   void (*done)(void *context, const struct resolved *result),
                                   void *context)
{
  struct resolution *resolution = calloc(1, sizeof(*resolution));
  if (resolution == NULL) {
    return NULL;
  }
  resolution->telling = timer_create_on(resolver->loop, tell, resolution);
  if (resolution->telling == NULL) {
    free(resolution);
    return NULL;
  }
  resolution->resolver = resolver;
  resolution->port = port;
  resolution->done = done;
  resolution->context = context;
  resolution->next = resolver->resolutions;
  if (resolver->resolutions != NULL) {
    resolver->resolutions->previous = resolution;
  }
  resolver->resolutions = resolution;

  if (keep_literal(resolution, host)) {
    timer_start(resolution->telling, 0);
    return resolution;
  }
  resolution->with_ares = true;
  const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  ares_getaddrinfo(resolver->channel, host, NULL, &hints, answered, resolution);
  rearm(resolver);
  return resolution;
}

void resolution_cancel(struct resolution *resolution)
{
  if (resolution == NULL) {
    return;
  }
  if (!resolution->with_ares) {
    resolution_free(resolution);
    return;
  }
  timer_destroy(resolution->telling);
  resolution->telling = NULL;
}

static void initialise_ares(void)
{
  (void)ares_library_init(ARES_LIB_INIT_ALL);
}

static bool open_channel(struct resolver *resolver, const char *servers)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  char files_then_dns[] = "fb";
  struct ares_options options = {.timeout = TRY_TIMEOUT_MS,
                                 .tries = TRIES,
                                 .lookups = files_then_dns,
                                 .sock_state_cb = socket_state,
                                 .sock_state_cb_data = resolver};
  int set = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE /* c-ares 1.31: a probe is to see the DNS as it is now */
  options.qcache_max_ttl = 0;
  set |= ARES_OPT_QUERY_CACHE;
#endif

  (void)pthread_once(&once, initialise_ares);
  if (ares_init_options(&resolver->channel, &options, set) != ARES_SUCCESS) {
    return false;
  }
  if (servers == NULL || ares_set_servers_ports_csv(resolver->channel, servers) == ARES_SUCCESS) {
    return true;
  }
  ares_destroy(resolver->channel);
  return false;
}

struct resolver *resolver_create(struct loop *loop, const char *servers)
{
  struct resolver *resolver = calloc(1, sizeof(*resolver));
  if (resolver == NULL) {
    return NULL;
  }
  resolver->loop = loop;
  resolver->timeout = timer_create_on(loop, timed_out, resolver);
  if (resolver->timeout == NULL || !open_channel(resolver, servers)) {
    timer_destroy(resolver->timeout);
    free(resolver);
    return NULL;
  }
  return resolver;
}

void resolver_destroy(struct resolver *resolver)
{
  if (resolver == NULL) {
    return;
  }
  ares_destroy(resolver->channel); /* answers all that is under way, closes its sockets */
  struct resolution *resolution = resolver->resolutions;
  while (resolution != NULL) {
    struct resolution *next = resolution->next;
    resolution_free(resolution);
    resolution = next;
  }
  while (resolver->watches != NULL) {
    unwatch(&resolver->watches);
  }
  timer_destroy(resolver->timeout);
  free(resolver);
}
