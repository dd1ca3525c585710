/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/base64.h"

#include <string.h>

#include "link/wolfssl.h"

enum { INPUT_MAX_BYTES = 8192 };

void base64_append(struct buffer *out, const void *bytes, size_t length)
{
  unsigned char text[INPUT_MAX_BYTES / 3 * 4 + 8];
  word32 text_bytes = sizeof(text);
  if (length > INPUT_MAX_BYTES ||
      Base64_Encode_NoNl(bytes, (word32)length, text, &text_bytes) != 0) {
    out->status = STATUS_TOO_LARGE;
    return;
  }
  /* wolfSSL counts a terminator in some versions */
  while (text_bytes > 0 && text[text_bytes - 1] == '\0') {
    text_bytes--;
  }
  buffer_append(out, text, text_bytes);
  explicit_bzero(text, sizeof(text));
}
