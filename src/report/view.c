/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "report_internal.h"

size_t view_count_routes(const struct settings *settings, size_t first, size_t count)
{
  size_t routes = 0;
  for (size_t i = first; i < first + count; i++) {
    routes += settings->targets[i].probe.route_count;
  }
  return routes;
}

enum status view_init(struct view *view, struct store *store, size_t first, size_t count,
                      struct buffer *out)
{
  const struct settings *settings = store_settings(store);
  size_t route_count = view_count_routes(settings, first, count);
  *view = (struct view){.routes = calloc(route_count > 0 ? route_count : 1, sizeof(*view->routes))};
  if (view->routes == NULL) {
    out->status = STATUS_OUT_OF_MEMORY;
    return STATUS_OUT_OF_MEMORY;
  }
  for (size_t i = first; i < first + count; i++) {
    const struct target *target = &settings->targets[i];
    for (size_t j = 0; j < target->probe.route_count; j++) {
      struct route_view *route = &view->routes[view->route_count++];
      route->target_index = i;
      route->target = target;
      route->route = &target->probe.routes[j];
      store_read_route(store, i, j, &route->snapshot);
    }
  }
  return STATUS_OK;
}

void view_deinit(struct view *view)
{
  for (size_t i = 0; i < view->route_count; i++) {
    route_snapshot_deinit(&view->routes[i].snapshot);
  }
  free(view->routes);
  *view = (struct view){0};
}

enum condition view_condition(const struct route_view *route)
{
  if (route->snapshot.verdict == NULL) {
    return CONDITION_WAITING;
  }
  return route->snapshot.verdict->success ? CONDITION_OK : CONDITION_FAULT;
}

enum fault view_fault(const struct route_view *route)
{
  return route->snapshot.verdict != NULL ? route->snapshot.verdict->fault : FAULT_UNKNOWN;
}

const struct observation *view_main(const struct route_view *route)
{
  bool has_credential = route->target->probe.credential != NULL;
  return route->snapshot.observations[has_credential ? PRESENTED_CLIENT : PRESENTED_NONE];
}

static const struct tls_observation *find_tls(const struct route_view *route,
                                              bool (*matches)(const struct tls_observation *tls))
{
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    const struct observation *observation = route->snapshot.observations[i];
    if (observation != NULL && matches(&observation->tls)) {
      return &observation->tls;
    }
  }
  return NULL;
}

static bool is_complete(const struct tls_observation *tls)
{
  return tls->handshake_complete && tls->version != TLS_VERSION_UNKNOWN;
}

static bool has_version(const struct tls_observation *tls)
{
  return tls->version != TLS_VERSION_UNKNOWN;
}

static bool has_chain(const struct tls_observation *tls)
{
  return tls->chain_length > 0;
}

static bool has_certificate_request(const struct tls_observation *tls)
{
  return tls->certificate_request_read;
}

const struct tls_observation *view_tls(const struct route_view *route)
{
  const struct tls_observation *complete = find_tls(route, is_complete);
  return complete != NULL ? complete : find_tls(route, has_version);
}

const struct tls_observation *view_server_chain(const struct route_view *route)
{
  return find_tls(route, has_chain);
}

const struct tls_observation *view_certificate_request(const struct route_view *route)
{
  return find_tls(route, has_certificate_request);
}

const struct observation *view_tunnel(const struct route_view *route)
{
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    const struct observation *observation = route->snapshot.observations[i];
    if (observation != NULL && observation->tunnel.tried &&
        observation->tunnel.connect_status != 0) {
      return observation;
    }
  }
  return NULL;
}

const char *verification_name(enum verification verification)
{
  switch (verification) {
  case VERIFICATION_NOT_DONE:
    return NULL;
  case VERIFICATION_OK:
    return "ok";
  case VERIFICATION_UNTRUSTED:
    return "untrusted";
  case VERIFICATION_EXPIRED:
    return "expired";
  case VERIFICATION_NOT_YET_VALID:
    return "not_yet_valid";
  case VERIFICATION_NAME_MISMATCH:
    return "name_mismatch";
  }
  return NULL;
}

const char *certificate_sent_name(enum certificate_sent sent)
{
  switch (sent) {
  case CERTIFICATE_SENT_NOTHING:
    return "nothing";
  case CERTIFICATE_SENT_EMPTY:
    return "empty";
  case CERTIFICATE_SENT_CHAIN:
    return "chain";
  }
  return "";
}

int64_t chain_not_after(const struct tls_observation *tls)
{
  int64_t earliest = tls->chain[0].not_after;
  for (size_t i = 1; i < tls->chain_length; i++) {
    if (tls->chain[i].not_after < earliest) {
      earliest = tls->chain[i].not_after;
    }
  }
  return earliest;
}

const char *answer_word(enum answer answer)
{
  switch (answer) {
  case ANSWER_UNKNOWN:
    return "unknown";
  case ANSWER_NO:
    return "no";
  case ANSWER_YES:
    return "yes";
  }
  return "unknown";
}
