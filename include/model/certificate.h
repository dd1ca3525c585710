/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of an X.509 certificate (RFC 5280), as text and numbers, and of
 * the configured credential as a whole. Written by link/, read by diagnosis and
 * report. Each struct owns its strings.
 */
#ifndef MODEL_CERTIFICATE_H
#define MODEL_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { FINGERPRINT_BYTES = 65 }; /* SHA-256 in lower-case hex, terminated */

struct certificate {
  char *subject; /* RFC 4514 order and escaping, "CN=x,O=y"; cleaned UTF-8 */
  char *issuer;
  char *serial;                        /* lower-case hex, no separators */
  char *dns_names;                     /* dNSName and iPAddress of subjectAltName, joined by "," */
  char *key_type;                      /* "P-256", "RSA-2048", "Ed25519" ... */
  char sha256[FINGERPRINT_BYTES];      /* of the DER */
  char spki_sha256[FINGERPRINT_BYTES]; /* of SubjectPublicKeyInfo */
  char subject_sha256[FINGERPRINT_BYTES]; /* of the DER of the subject's Name */
  char issuer_sha256[FINGERPRINT_BYTES];  /* of the DER of the issuer's Name */
  int64_t not_before;                     /* Unix seconds */
  int64_t not_after;
};

void certificate_deinit(struct certificate *certificate);

/* What the configured files themselves say; not what any server thinks of them. */
struct credential_facts {
  char *name;                /* of the credential */
  bool loaded;               /* certificate and key could be read and belong together */
  char *problem;             /* why not, for a person; NULL when loaded */
  bool key_mismatch;         /* both were read but do not belong together */
  struct certificate *chain; /* leaf first, as in cert_file */
  size_t chain_length;
  bool self_signed;              /* the leaf's issuer is its subject */
  bool may_authenticate_clients; /* key usage and extended key usage allow it */
};

void credential_facts_deinit(struct credential_facts *facts);
/* A deep copy; STATUS_OUT_OF_MEMORY leaves *out empty. */
NODISCARD enum status credential_facts_copy(const struct credential_facts *facts,
                                            struct credential_facts *out);

/* loaded, in its dates at now (Unix seconds), and may authenticate clients */
bool credential_usable(const struct credential_facts *facts, int64_t now);

#endif
