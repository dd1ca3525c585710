/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/record.h"

#include <string.h>

void record_stream_init(struct record_stream *stream)
{
  *stream = (struct record_stream){0};
}

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Takes what is missing of the header and returns how much that was. */
static size_t take_header(struct record_stream *stream, const uint8_t *bytes, size_t length)
{
  size_t taken = smaller(length, RECORD_HEADER_BYTES - stream->header_bytes);
  memcpy(stream->header + stream->header_bytes, bytes, taken);
  stream->header_bytes += taken;
  if (stream->header_bytes == RECORD_HEADER_BYTES) {
    stream->remaining = (size_t)stream->header[3] << 8 | stream->header[4];
    stream->broken = stream->remaining > RECORD_FRAGMENT_MAX_BYTES;
  }
  return taken;
}

void record_stream_feed(struct record_stream *stream, const uint8_t *bytes, size_t length,
                        record_fragment_fn *on_fragment, void *context)
{
  while (length > 0 && !stream->broken) {
    if (stream->header_bytes < RECORD_HEADER_BYTES) {
      size_t taken = take_header(stream, bytes, length);
      bytes += taken;
      length -= taken;
      bool empty_fragment = stream->header_bytes == RECORD_HEADER_BYTES && stream->remaining == 0;
      if (stream->broken || !empty_fragment) {
        continue;
      }
    }
    size_t part = smaller(length, stream->remaining);
    stream->remaining -= part;
    bool last = stream->remaining == 0;
    if (last) {
      stream->header_bytes = 0;
    }
    on_fragment(context, stream->header[0], bytes, part, last);
    bytes += part;
    length -= part;
  }
}

bool inner_plaintext_read(const uint8_t *bytes, size_t length, uint8_t *content_type,
                          size_t *content_bytes)
{
  while (length > 0 && bytes[length - 1] == 0) {
    length--;
  }
  if (length == 0) {
    return false;
  }
  *content_type = bytes[length - 1];
  *content_bytes = length - 1;
  return true;
}
