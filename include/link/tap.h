/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sees the plaintext of every AES-GCM record of a TLS connection, on the packaged
 * wolfSSL: a crypto-callback device that does the operation in software and shows
 * the bytes in passing. That is how a TLS 1.3 CertificateRequest becomes visible.
 * wolfSSL tells the device, not the connection; so the connection at work is kept
 * in a thread-local around each call into the library. Used by tls alone.
 */
#ifndef LINK_TAP_H
#define LINK_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/target.h"

struct tap_record {
  bool outgoing;
  enum tls_version version; /* of the record protection */
  uint8_t content_type;     /* the real one, also in TLS 1.3 */
  const uint8_t *bytes;
  size_t length;
};

struct tap {
  void (*on_record)(void *context, const struct tap_record *record);
  void *context;
};

/* Once per process, before any connection. */
NODISCARD enum status tap_register(void);
/* For wolfSSL_SetDevId(). */
int tap_device(void);

/* The tap that is shown records from now on, in this thread; returns the one before, which
 * tap_leave() puts back: calls nest when TLS runs inside TLS. */
struct tap *tap_enter(struct tap *tap);
void tap_leave(struct tap *before);
/* The one entered, NULL outside. */
struct tap *tap_current(void);

#endif
