/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/route.h"

#include "link/starttls.h"
#include "link/tcp.h"
#include "link/tls.h"
#include "link/tunnel.h"

enum status route_contexts_get(struct tls_pool *pool, const struct target *target,
                               const struct route *route, enum presented presented,
                               struct route_contexts *out, struct error *error)
{
  *out = (struct route_contexts){0};
  const struct tls_need need = {
      .ca_file = target->probe.ca_file,
      .credential = target->probe.credential,
      .presented = presented,
      .tls_min = target->probe.tls_min,
      .tls_max = target->probe.tls_max,
  };
  enum status status = tls_pool_context(pool, &need, &out->target, error);
  if (status != STATUS_OK || route->proxy == NULL || !route->proxy->tls) {
    return status;
  }
  /* The proxy's password goes through this connection, so the proxy must verify: a context that
   * presents is strict, also where there is nothing to present. */
  const struct tls_need proxy_need = {
      .ca_file = route->proxy->ca_file,
      .credential = route->proxy->credential,
      .presented = PRESENTED_CLIENT,
      .tls_min = TLS_VERSION_1_2,
      .tls_max = TLS_VERSION_1_3,
  };
  status = tls_pool_context(pool, &proxy_need, &out->proxy, error);
  if (status != STATUS_OK) {
    route_contexts_deinit(out);
  }
  return status;
}

void route_contexts_deinit(struct route_contexts *contexts)
{
  tls_context_unref(contexts->target);
  tls_context_unref(contexts->proxy);
  *contexts = (struct route_contexts){0};
}

const char *route_first_host(const struct target *target, const struct route *route)
{
  return route->proxy != NULL ? route->proxy->host : target->host;
}

uint16_t route_first_port(const struct target *target, const struct route *route)
{
  return route->proxy != NULL ? route->proxy->port : target->port;
}

/* From tcp up to an open tunnel. */
static struct link *build_tunnel(const struct target *target, const struct proxy *proxy,
                                 struct tls_context *proxy_context, struct link *tcp,
                                 struct observation *observation)
{
  struct link *below = tcp;
  if (proxy->tls) {
    below = tls_create(tcp, proxy_context, proxy->host, NULL, &observation->proxy_tls);
    if (below == NULL) {
      return NULL;
    }
  }
  return tunnel_create(below, proxy, target->host, target->port, &observation->tunnel);
}

enum status route_build(const struct target *target, const struct route *route,
                        struct route_contexts *contexts, const struct sockaddr *address,
                        socklen_t address_bytes, struct observation *observation,
                        struct route_chain *out)
{
  *out = (struct route_chain){0};
  struct route_chain chain = {0};
  struct route_contexts owned = *contexts;
  *contexts = (struct route_contexts){0};
  chain.tcp = tcp_create(address, address_bytes, &observation->connect_error);
  struct link *below = chain.tcp;
  if (below != NULL && route->proxy != NULL) {
    struct tls_context *proxy_context = owned.proxy;
    owned.proxy = NULL; /* handed over, whatever comes of it */
    below = build_tunnel(target, route->proxy, proxy_context, chain.tcp, observation);
    chain.tunnel = below;
  }
  if (below != NULL && protocol_has_starttls(target->probe.protocol)) {
    below = starttls_create(below, target, &observation->starttls);
    chain.starttls = below;
  }
  if (below == NULL) {
    route_contexts_deinit(&owned);
    return STATUS_OUT_OF_MEMORY;
  }
  const char *alpn = target->probe.protocol == PROTOCOL_HTTPS ? "http/1.1" : NULL;
  chain.tls = tls_create(below, owned.target, target_server_name(target), alpn, &observation->tls);
  if (chain.tls == NULL) {
    return STATUS_OUT_OF_MEMORY;
  }
  *out = chain;
  return STATUS_OK;
}
