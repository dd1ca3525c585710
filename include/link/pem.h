/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that hold certificates: read whole with a cap, and taken apart into the
 * DER of each certificate (RFC 7468). Used by credential and trust.
 */
#ifndef LINK_PEM_H
#define LINK_PEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

enum { PEM_FILE_MAX_BYTES = 4 * 1024 * 1024, PEM_CERTIFICATES_MAX = 4096 };

/* Reads the file into the empty buffer. error->text begins with what, e.g. "cert_file". */
NODISCARD enum status pem_file_read(const char *path, const char *what, struct buffer *out,
                                    struct error *error);

/* Calls each with what every CERTIFICATE block holds, in order, be it DER or not; a block that is
 * no base64 ends the walk. Returns how many were given. */
size_t pem_certificates(const struct buffer *pem,
                        void (*each)(void *context, const uint8_t *der, size_t length),
                        void *context);

#endif
