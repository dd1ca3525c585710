/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the DER of a certificate to the facts that we report: wire/ reads the
 * fields, wolfCrypt makes the fingerprints. Used for what a server presents and
 * for our own files.
 */
#ifndef LINK_CERTIFICATE_FACTS_H
#define LINK_CERTIFICATE_FACTS_H

#include "base/status.h"
#include "model/certificate.h"
#include "wire/x509.h"

/* Fills out, whose strings the caller frees with certificate_deinit(). STATUS_INVALID: not
 * readable as X.509; the fingerprint of the DER is there all the same. */
NODISCARD enum status certificate_facts_read(const uint8_t *der, size_t length,
                                             struct certificate *out);

/* SHA-256 (FIPS 180-4) in lower-case hex. */
void fingerprint(const uint8_t *bytes, size_t length, char out[FINGERPRINT_BYTES]);

#endif
