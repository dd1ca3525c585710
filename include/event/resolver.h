/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names to addresses on the loop, by c-ares: /etc/hosts, then DNS as
 * /etc/resolv.conf says, A and AAAA, in the order of RFC 6724. One per loop.
 * Nothing is cached, so that a probe sees the DNS as it is; /etc/resolv.conf is
 * read once, when the resolver is created. A question ends by itself, by two
 * tries of each name server; who cannot wait that long cancels it.
 */
#ifndef EVENT_RESOLVER_H
#define EVENT_RESOLVER_H

#include <stdint.h>
#include <sys/socket.h>

#include "event/loop.h"

struct resolver;
struct resolution; /* a question under way */

struct resolved {
  const char *error;               /* NULL: resolved; else words such as "Domain name not found" */
  struct sockaddr_storage address; /* the first one, with the port asked for */
  socklen_t address_bytes;
};

/* servers: NULL for the system's, else "127.0.0.1:5353,..." (for tests). */
struct resolver *resolver_create(struct loop *loop, const char *servers);
void resolver_destroy(struct resolver *resolver); /* no callback afterwards */

/* host: a name or an IPv4/IPv6 literal. done is called exactly once, always from the loop
 * and never from inside this call, unless cancelled before. NULL where memory is out. */
struct resolution *resolver_lookup(struct resolver *resolver, const char *host, uint16_t port,
                                   void (*done)(void *context, const struct resolved *result),
                                   void *context);
/* No callback afterwards. NULL-safe. Must not be called once done was called. */
void resolution_cancel(struct resolution *resolution);

#endif
