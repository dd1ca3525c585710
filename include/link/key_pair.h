/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether an elliptic-curve private key belongs to a certificate. wolfSSL_CTX_check_private_key()
 * of 5.5.4 compares RSA, Ed25519 and Ed448 keys, but says yes to any two keys of one curve. Used by
 * credential.
 */
#ifndef LINK_KEY_PAIR_H
#define LINK_KEY_PAIR_H

#include <stdbool.h>

#include "base/buffer.h"
#include "wire/x509.h"

/* key: PEM, perhaps encrypted with password ("": none). false: the certificate's key is one of an
 * elliptic curve (RFC 5480), and the private key's point on that curve is another, or it is of
 * another kind. true also for certificates with keys of other kinds. */
bool key_pair_matches(const struct x509_certificate *certificate, const struct buffer *key,
                      const char *password);

#endif
