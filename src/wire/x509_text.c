/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "x509_internal.h"

void limited_cut(struct limited_text *text)
{
  if (!text->cut) {
    buffer_append_text(text->out, "\xE2\x80\xA6"); /* U+2026 */
    text->cut = true;
  }
}

void limited_append(struct limited_text *text, const char *piece, size_t length)
{
  if (text->cut || length > text->left_bytes) {
    limited_cut(text);
    return;
  }
  buffer_append(text->out, piece, length);
  text->left_bytes -= length;
}

void limited_append_text(struct limited_text *text, const char *piece)
{
  limited_append(text, piece, strlen(piece));
}

void limited_append_hex(struct limited_text *text, struct der octets)
{
  static const char digits[] = "0123456789ABCDEF";
  limited_append_text(text, "#");
  for (size_t i = 0; i < octets.length && !text->cut; i++) {
    char pair[2] = {digits[octets.bytes[i] >> 4], digits[octets.bytes[i] & 0x0F]};
    limited_append(text, pair, sizeof(pair));
  }
}

bool is_string_type(uint8_t tag)
{
  return tag == DER_UTF8_STRING || tag == DER_NUMERIC_STRING || tag == DER_PRINTABLE_STRING ||
         tag == DER_T61_STRING || tag == DER_IA5_STRING || tag == DER_VISIBLE_STRING ||
         tag == DER_UNIVERSAL_STRING || tag == DER_BMP_STRING;
}

bool is_control(uint32_t character)
{
  return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

static bool is_surrogate(uint32_t character)
{
  return character >= 0xD800 && character < 0xE000;
}

static void skip(struct der *rest, size_t count)
{
  rest->bytes += count;
  rest->length -= count;
}

/* RFC 3629 section 4. A broken sequence is one replacement up to the byte that breaks it, as
 * in base/text.h. */
static uint32_t take_utf8(struct der *rest)
{
  uint8_t lead = rest->bytes[0];
  size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint8_t second_min = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  uint8_t second_max = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  uint32_t character = length == 1 ? lead : lead & (0x7FU >> length);
  if (length > 1 && (lead < 0xC2 || lead > 0xF4)) {
    skip(rest, 1);
    return CHARACTER_REPLACEMENT;
  }
  for (size_t i = 1; i < length; i++) {
    uint8_t min = i == 1 ? second_min : 0x80;
    uint8_t max = i == 1 ? second_max : 0xBF;
    if (i == rest->length || rest->bytes[i] < min || rest->bytes[i] > max) {
      skip(rest, i);
      return CHARACTER_REPLACEMENT;
    }
    character = character << 6 | (rest->bytes[i] & 0x3FU);
  }
  skip(rest, length);
  return character;
}

/* A big-endian unit of 2 or 4 bytes; an incomplete one takes what is left. */
static uint32_t take_unit(struct der *rest, size_t unit_bytes)
{
  uint32_t value = 0;
  if (rest->length < unit_bytes) {
    skip(rest, rest->length);
    return CHARACTER_REPLACEMENT;
  }
  for (size_t i = 0; i < unit_bytes; i++) {
    value = value << 8 | rest->bytes[i];
  }
  skip(rest, unit_bytes);
  return value;
}

/* BMPString has no surrogates, but software that thinks in UTF-16 writes them. */
static uint32_t take_bmp(struct der *rest)
{
  uint32_t first = take_unit(rest, 2);
  if (!is_surrogate(first)) {
    return first;
  }
  struct der after = *rest;
  uint32_t second = take_unit(&after, 2);
  if (first >= 0xDC00 || second < 0xDC00 || second > 0xDFFF) {
    return CHARACTER_REPLACEMENT;
  }
  *rest = after;
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

static uint32_t take_universal(struct der *rest)
{
  uint32_t character = take_unit(rest, 4);
  return character > 0x10FFFF || is_surrogate(character) ? CHARACTER_REPLACEMENT : character;
}

uint32_t take_character(uint8_t tag, struct der *rest)
{
  if (tag == DER_UTF8_STRING) {
    return take_utf8(rest);
  }
  if (tag == DER_BMP_STRING) {
    return take_bmp(rest);
  }
  if (tag == DER_UNIVERSAL_STRING) {
    return take_universal(rest);
  }
  uint32_t latin_1 = rest->bytes[0];
  skip(rest, 1);
  return latin_1;
}

size_t utf8_encode(uint32_t character, char out[UTF8_MAX_BYTES])
{
  if (character < 0x80) {
    out[0] = (char)character;
    return 1;
  }
  size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--) {
    out[i] = (char)(0x80 | (character & 0x3F));
    character >>= 6;
  }
  out[0] = (char)((0xF00U >> length & 0xFF) | character);
  return length;
}
