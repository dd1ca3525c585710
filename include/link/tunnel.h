/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tunnel through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6) over any
 * link. Sends the proxy's credentials only where some are configured, caps the
 * reply's head, keeps what was read past it for the layer above. Writes what
 * the proxy answered into its part of the observation.
 */
#ifndef LINK_TUNNEL_H
#define LINK_TUNNEL_H

#include "link/link.h"
#include "model/target.h"

/* Takes over below, also when it fails. proxy, host and observation are borrowed until
 * the link is destroyed. NULL where memory is out. */
struct link *tunnel_create(struct link *below, const struct proxy *proxy, const char *host,
                           uint16_t port, struct tunnel_observation *observation);

#endif
