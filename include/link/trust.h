/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom we trust, and the judgement of a presented chain against it (RFC 5280
 * section 6, RFC 9525). Apart from the handshake on purpose: wolfSSL keeps verified
 * intermediates in a connection's context, so that a server that forgets its
 * intermediate would pass because another one had sent it. Here every verdict
 * depends on the chain at hand alone. Immutable, reference-counted, for one thread.
 */
#ifndef LINK_TRUST_H
#define LINK_TRUST_H

#include "base/status.h"
#include "model/observation.h"
#include "wire/x509.h"

struct trust;

/* path NULL: the system's trust store. STATUS_IO or STATUS_INVALID with a text that names the
 * file: cannot be read, or holds no certificate. */
NODISCARD enum status trust_load(const char *path, struct trust **out, struct error *error);
struct trust *trust_ref(struct trust *trust);
void trust_unref(struct trust *trust); /* NULL-safe */

enum { TRUST_CHAIN_MAX = 16 };

/* Verifies the chain (leaf first) for a TLS server of that name or IP address now. text gets the
 * words for anything but VERIFICATION_OK. Of several faults the first of: no path to a trust
 * anchor, dates, name. */
enum verification trust_verify(const struct trust *trust, const struct der *chain, size_t length,
                               const char *server_name, int64_t now_seconds, char *text,
                               size_t text_bytes);

#endif
