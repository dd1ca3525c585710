/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `untrusted` presents: a certificate in the likeness of a configured one,
 * with a key of its own, signed by a key that is thrown away; the intermediates
 * of the configured chain go along. A server that admits it verifies nothing, or
 * names alone. Made by the pool of tls_context. Immutable, reference-counted, for
 * one thread.
 */
#ifndef LINK_LOOK_ALIKE_H
#define LINK_LOOK_ALIKE_H

#include "base/status.h"
#include "link/credential.h"
#include "wire/x509.h"

struct look_alike;

/* before: that of the same credential's files as they were, whose keys are used again where they
 * are of the right kind, since new ones take time; NULL: none. STATUS_INVALID: a key or a
 * certificate like this cannot be made; error says why. */
NODISCARD enum status look_alike_make(const struct credential_material *material,
                                      const struct look_alike *before, struct look_alike **out,
                                      struct error *error);
struct look_alike *look_alike_ref(struct look_alike *look_alike);
void look_alike_unref(struct look_alike *look_alike); /* NULL-safe */

/* All that is presented: the DER of one certificate after the other, leaf first; borrowed. */
struct der look_alike_chain(const struct look_alike *look_alike);

/* Puts the chain and the key into a WOLFSSL_CTX. */
struct WOLFSSL_CTX;
NODISCARD enum status look_alike_install(const struct look_alike *look_alike,
                                         struct WOLFSSL_CTX *context);

#endif
