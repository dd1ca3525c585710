/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
static const char ellipsis[] = "\xE2\x80\xA6";    /* U+2026 */
enum { REPLACEMENT_BYTES = sizeof(replacement) - 1, ELLIPSIS_BYTES = sizeof(ellipsis) - 1 };

/* The piece of input that becomes one character of the copy. */
struct piece {
  size_t length; /* at least 1 */
  bool clean;
};

/* What may follow a leading byte: RFC 3629 section 4. Only the second byte has a
 * range of its own; it keeps out overlong forms, surrogates and above U+10FFFF. */
struct lead {
  uint8_t first;
  uint8_t last;
  uint8_t length;
  uint8_t second_min;
  uint8_t second_max;
};

static const struct lead leads[] = {
    {0xC2, 0xC2, 2, 0xA0, 0xBF}, /* from 0xA0: the C1 controls are no clean text */
    {0xC3, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

static const struct lead *find_lead(uint8_t byte)
{
  for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
    if (byte >= leads[i].first && byte <= leads[i].last) {
      return &leads[i];
    }
  }
  return NULL;
}

/* A broken sequence is one piece up to the byte that breaks it ("maximal
 * subpart", Unicode 3.9, U+FFFD Substitution), so one mistake reads as one. */
static struct piece next_piece(const uint8_t *bytes, size_t length)
{
  if (bytes[0] < 0x80) {
    return (struct piece){.length = 1, .clean = bytes[0] >= 0x20 && bytes[0] != 0x7F};
  }
  if (length >= 2 && bytes[0] == 0xC2 && bytes[1] >= 0x80 && bytes[1] < 0xA0) {
    return (struct piece){.length = 2, .clean = false};
  }
  const struct lead *lead = find_lead(bytes[0]);
  if (lead == NULL || length < 2 || bytes[1] < lead->second_min || bytes[1] > lead->second_max) {
    return (struct piece){.length = 1, .clean = false};
  }
  size_t taken = 2;
  while (taken < lead->length) {
    if (taken == length || (bytes[taken] & 0xC0) != 0x80) {
      return (struct piece){.length = taken, .clean = false};
    }
    taken++;
  }
  return (struct piece){.length = taken, .clean = true};
}

static size_t clean_length(const uint8_t *input, size_t length, size_t limit_bytes)
{
  size_t total = 0;
  for (size_t at = 0; at < length && total <= limit_bytes;) {
    struct piece piece = next_piece(input + at, length - at);
    total += piece.clean ? piece.length : REPLACEMENT_BYTES;
    at += piece.length;
  }
  return total;
}

/* Writes at most limit_bytes and the terminator. */
static void write_clean(const uint8_t *input, size_t length, char *out, size_t limit_bytes)
{
  size_t room = limit_bytes;
  const char *tail = "";
  if (clean_length(input, length, limit_bytes) > limit_bytes && limit_bytes >= ELLIPSIS_BYTES) {
    tail = ellipsis;
    room = limit_bytes - ELLIPSIS_BYTES;
  }
  size_t written = 0;
  for (size_t at = 0; at < length;) {
    struct piece piece = next_piece(input + at, length - at);
    const void *from = piece.clean ? (const void *)(input + at) : replacement;
    size_t wanted = piece.clean ? piece.length : REPLACEMENT_BYTES;
    if (wanted > room - written) {
      break;
    }
    memcpy(out + written, from, wanted);
    written += wanted;
    at += piece.length;
  }
  memcpy(out + written, tail, strlen(tail) + 1);
}

char *text_clean(const void *bytes, size_t length, size_t limit_bytes)
{
  size_t needed = clean_length(bytes, length, limit_bytes);
  if (needed > limit_bytes) {
    needed = limit_bytes;
  }
  char *copy = malloc(needed + 1);
  if (copy != NULL) {
    write_clean(bytes, length, copy, limit_bytes);
  }
  return copy;
}

const char *text_excerpt(const char *text, char *out, size_t out_bytes)
{
  write_clean((const uint8_t *)text, strlen(text), out, out_bytes - 1);
  return out;
}

bool text_is_clean(const char *text)
{
  const uint8_t *bytes = (const uint8_t *)text;
  size_t length = strlen(text);
  for (size_t at = 0; at < length;) {
    struct piece piece = next_piece(bytes + at, length - at);
    if (!piece.clean) {
      return false;
    }
    at += piece.length;
  }
  return true;
}

char text_lower(char c)
{
  if (c >= 'A' && c <= 'Z') {
    return (char)(c - 'A' + 'a');
  }
  return c;
}
