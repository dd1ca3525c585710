/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A certificate in the likeness of another: all that the original says of itself
 * (RFC 5280 section 4.1) is copied byte by byte, but for the key, and what stands
 * for a key, and the serial number. Who makes the keys and signs is link/'s
 * business. Pure, bounds-checked, fuzzed.
 */
#ifndef WIRE_IMITATION_H
#define WIRE_IMITATION_H

#include "base/buffer.h"
#include "wire/x509.h"

/* What differs from the original. All borrowed. */
struct imitation {
  struct der original;              /* the whole certificate */
  struct der serial;                /* content of the INTEGER, in its shortest form */
  struct der signature_algorithm;   /* the whole AlgorithmIdentifier */
  struct der spki;                  /* the whole SubjectPublicKeyInfo */
  struct der key_identifier;        /* of that key */
  struct der issuer_key_identifier; /* of the key that signs */
};

/* Appends the TBSCertificate, which is to be signed. Always one of version 3; where the original
 * has another issuer and no authorityKeyIdentifier the likeness has one all the same, so that
 * nobody takes the original's issuer for its own. false: the original cannot be read. */
bool imitation_write_tbs(const struct imitation *imitation, struct buffer *out);

/* Appends the Certificate. signature: the bits, of whole octets. */
void imitation_write_certificate(struct der tbs, struct der signature_algorithm,
                                 struct der signature, struct buffer *out);

#endif
