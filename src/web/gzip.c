/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gzip.h"

#include <limits.h>
#include <zlib.h>

enum {
  WINDOW_BITS_GZIP = 15 + 16, /* zlib.h: 16 more for the gzip wrapper */
  MEMORY_LEVEL = 8,
  PIECE_BYTES = 64 * 1024,
};

static bool deflate_all(z_stream *stream, struct buffer *out, size_t rest)
{
  uint8_t piece[PIECE_BYTES];
  int result = Z_OK;
  while (result == Z_OK) {
    if (stream->avail_in == 0 && rest > 0) {
      stream->avail_in = rest < UINT_MAX ? (uInt)rest : UINT_MAX;
      rest -= stream->avail_in;
    }
    stream->next_out = piece;
    stream->avail_out = PIECE_BYTES;
    result = deflate(stream, rest > 0 ? Z_NO_FLUSH : Z_FINISH);
    buffer_append(out, piece, PIECE_BYTES - stream->avail_out);
  }
  return result == Z_STREAM_END && buffer_status(out) == STATUS_OK;
}

bool gzip_append(struct buffer *out, const char *bytes, size_t length)
{
  z_stream stream = {0};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS_GZIP, MEMORY_LEVEL,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return false;
  }
  /* zlib's interface lacks the const; deflate only reads */
  stream.next_in = (Bytef *)(uintptr_t)bytes;
  bool done = deflate_all(&stream, out, length);
  (void)deflateEnd(&stream);
  return done;
}
