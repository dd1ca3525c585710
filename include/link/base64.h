/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base64 (RFC 4648 section 4) of a few bytes, for Proxy-Authorization.
 */
#ifndef LINK_BASE64_H
#define LINK_BASE64_H

#include "base/buffer.h"

/* Appends the text of length bytes, padded, in one line. */
void base64_append(struct buffer *out, const void *bytes, size_t length);

#endif
