/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A target and a route become a chain of links, built whole before the first
 * step: tls > tcp, tls > tunnel > tcp, or tls > tunnel > tls > tcp for a proxy
 * reached by TLS; in a protocol that has STARTTLS, its link comes below the
 * target's tls. Called by probe; owns nothing.
 */
#ifndef PROBE_ROUTE_H
#define PROBE_ROUTE_H

#include <sys/socket.h>

#include "link/link.h"
#include "link/tls_context.h"
#include "model/target.h"

/* The TLS contexts that a chain needs; references. */
struct route_contexts {
  struct tls_context *target;
  struct tls_context *proxy; /* NULL but for https:// proxies */
};

/* On failure error says which file is at fault and *out is empty. */
NODISCARD enum status route_contexts_get(struct tls_pool *pool, const struct target *target,
                                         const struct route *route, enum presented presented,
                                         struct route_contexts *out, struct error *error);
void route_contexts_deinit(struct route_contexts *contexts);

struct route_chain {
  struct link *tcp;
  struct link *tunnel;   /* NULL on the direct route */
  struct link *starttls; /* NULL where TLS comes first */
  struct link *tls;      /* the top, which owns all below */
};

/* Who is resolved and connected to: the proxy, or the target. */
const char *route_first_host(const struct target *target, const struct route *route);
uint16_t route_first_port(const struct target *target, const struct route *route);

/* Takes over the contexts. target, route and observation are borrowed until the chain is
 * destroyed (link_destroy(chain.tls)). */
NODISCARD enum status route_build(const struct target *target, const struct route *route,
                                  struct route_contexts *contexts, const struct sockaddr *address,
                                  socklen_t address_bytes, struct observation *observation,
                                  struct route_chain *out);

#endif
