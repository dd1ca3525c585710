/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS 1.2 and 1.3 over any link (wolfSSL): handshakes, verifies the peer before
 * our certificate can go out, and writes all that it sees into its part of the
 * observation: versions, the presented chain, the server's request for a
 * certificate with its CA names, what we sent, tickets, alerts, how it ended.
 */
#ifndef LINK_TLS_H
#define LINK_TLS_H

#include "link/link.h"
#include "link/tls_context.h"

/* Takes over below (also when it fails) and a reference to the context. server_name (a DNS name,
 * sent as SNI, or an IP address) and observation are borrowed until the link is destroyed.
 * alpn: one protocol to offer, or NULL. NULL where memory is out. */
struct link *tls_create(struct link *below, struct tls_context *context, const char *server_name,
                        const char *alpn, struct tls_observation *observation);

/* Says goodbye (close_notify) if the connection is still whole; never waits. */
void tls_say_goodbye(struct link *link);

#endif
