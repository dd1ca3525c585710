/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A body in the gzip coding (RFC 1952, zlib). Between the modules of web/ only.
 */
#ifndef WEB_GZIP_H
#define WEB_GZIP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* Appends the compressed bytes; false where memory is out or out's cap is reached. Fast rather
 * than small: an exposition repeats itself so much that either way a tenth is left. */
bool gzip_append(struct buffer *out, const char *bytes, size_t length);

#endif
