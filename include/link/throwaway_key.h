/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A key pair that nobody trusts, made for look-alikes of our certificates and
 * forgotten with them. Made by wolfCrypt: a moment for elliptic curves, up to a
 * second or two for RSA. Reference-counted, for one thread; wipes itself.
 */
#ifndef LINK_THROWAWAY_KEY_H
#define LINK_THROWAWAY_KEY_H

#include "base/buffer.h"
#include "wire/x509.h"

struct throwaway_key;

/* type: as x509_key_type() tells it. STATUS_INVALID: of no kind that can be made. */
NODISCARD enum status throwaway_key_make(const char *type, struct throwaway_key **out);
struct throwaway_key *throwaway_key_ref(struct throwaway_key *key);
void throwaway_key_unref(struct throwaway_key *key); /* NULL-safe */

const char *throwaway_key_type(const struct throwaway_key *key);

/* Appends SubjectPublicKeyInfo, or the private key in DER as wolfSSL loads it. */
NODISCARD enum status throwaway_key_write_public(struct throwaway_key *key, struct buffer *out);
NODISCARD enum status throwaway_key_write_private(struct throwaway_key *key, struct buffer *out);

enum digest {
  DIGEST_NONE,
  DIGEST_SHA1,
  DIGEST_SHA224,
  DIGEST_SHA256,
  DIGEST_SHA384,
  DIGEST_SHA512
};

/* Appends the bits of a certificate's signature: PKCS #1 version 1.5 for RSA (RFC 8017 section
 * 8.2), ECDSA-Sig-Value (RFC 3279 section 2.2.3), or pure EdDSA (RFC 8410 section 6), which takes
 * DIGEST_NONE. */
NODISCARD enum status throwaway_key_sign(struct throwaway_key *key, enum digest digest,
                                         struct der bytes, struct buffer *out);

#endif
