/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/der_writer.h"

#include <string.h>

enum { LENGTH_LONG_FORM = 0x80, HEADER_MAX_BYTES = 2 + sizeof(size_t) };

/* X.690 section 10.1: the shortest form; the number of octets written. */
static size_t write_header(uint8_t tag, size_t length, uint8_t out[HEADER_MAX_BYTES])
{
  size_t octets = 0;
  out[0] = tag;
  if (length < LENGTH_LONG_FORM) {
    out[1] = (uint8_t)length;
    return 2;
  }
  for (size_t left = length; left > 0; left >>= 8) {
    octets++;
  }
  out[1] = (uint8_t)(LENGTH_LONG_FORM | octets);
  for (size_t i = 0; i < octets; i++) {
    out[2 + i] = (uint8_t)(length >> (8 * (octets - 1 - i)));
  }
  return 2 + octets;
}

void der_wrap(struct buffer *out, uint8_t tag, size_t start)
{
  uint8_t header[HEADER_MAX_BYTES];
  size_t length = out->length - start;
  size_t header_bytes = write_header(tag, length, header);
  buffer_append(out, header, header_bytes); /* makes the room, in the wrong place */
  if (buffer_status(out) == STATUS_OK) {
    memmove(out->data + start + header_bytes, out->data + start, length);
    memcpy(out->data + start, header, header_bytes);
  }
}

void der_put(struct buffer *out, uint8_t tag, const void *content, size_t length)
{
  size_t start = out->length;
  buffer_append(out, content, length);
  der_wrap(out, tag, start);
}
