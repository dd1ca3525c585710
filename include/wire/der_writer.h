/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes DER (ITU-T X.690) into a buffer: the content first, its header put
 * before it afterwards, so that nested lengths need no thought. A failure is the
 * buffer's, asked for once at the end.
 */
#ifndef WIRE_DER_WRITER_H
#define WIRE_DER_WRITER_H

#include <stdint.h>

#include "base/buffer.h"

/* Makes what was appended since start the content of an element; tag: its identifier octet. */
void der_wrap(struct buffer *out, uint8_t tag, size_t start);
/* Appends a whole element. */
void der_put(struct buffer *out, uint8_t tag, const void *content, size_t length);

#endif
