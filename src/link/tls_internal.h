/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the modules of TLS inside link/: what tls_context.c asks of tls.c, and
 * what tls.c asks of tls_witness.c (which turns messages and alerts into facts).
 */
#ifndef LINK_TLS_INTERNAL_H
#define LINK_TLS_INTERNAL_H

#include "link/tap.h"
#include "link/wolfssl.h"
#include "model/observation.h"
#include "wire/handshake.h"
#include "wire/x509.h"

/* Callbacks that every connection of the context needs. */
void tls_configure(WOLFSSL_CTX *wolfssl, bool presents);

/* Watches the bytes of one connection from outside the library. */
struct tls_witness {
  struct tls_observation *observation;
  struct record_stream records[2];     /* [outgoing] */
  struct handshake_stream messages[2]; /* [outgoing] */
  bool plain[2];                       /* records still go unencrypted: until ChangeCipherSpec */
  enum tls_version format[2];          /* of the messages last fed */
  uint8_t alerts[2][2];                /* the alert under way: level, description */
  size_t alert_bytes[2];
};

void tls_witness_init(struct tls_witness *witness, struct tls_observation *observation);
void tls_witness_deinit(struct tls_witness *witness);
/* Bytes as they cross the link below. */
void tls_witness_raw(struct tls_witness *witness, bool outgoing, const uint8_t *bytes,
                     size_t length);
/* A decrypted record, or one about to be encrypted. */
void tls_witness_record(struct tls_witness *witness, const struct tap_record *record);
/* The library takes no message as long as the one that is arriving: what has come of it is all. */
void tls_witness_refused_message(struct tls_witness *witness);

void tls_witness_chain(struct tls_observation *observation, const struct der *chain, size_t length,
                       bool truncated);
void tls_witness_requested(struct tls_observation *observation);
void tls_witness_alert(struct tls_observation *observation, bool outgoing, struct alert alert);

#endif
