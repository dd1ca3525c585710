/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/http_body.h"

#include <string.h>

#include "wire/http_head.h"

/* RFC 9112 section 7.1, in the order of the wire. */
enum chunk_state {
  CHUNK_SIZE,
  CHUNK_EXTENSION,
  CHUNK_SIZE_LINE_FEED,
  CHUNK_DATA,
  CHUNK_DATA_RETURN,
  CHUNK_DATA_LINE_FEED,
  CHUNK_TRAILER,
  CHUNK_TRAILER_LINE_FEED,
};

/* More digits than a 64-bit size needs, for servers that pad it with zeros. */
enum { CHUNK_SIZE_MAX_DIGITS = 32 };

static bool is_white_space(char c)
{
  return c == ' ' || c == '\t';
}

/* The next element of a comma-separated list (RFC 9110 section 5.6.1), empty ones included,
 * which is cut off the list. false: there is none left. */
static bool next_element(struct http_text *list, struct http_text *out)
{
  if (list->bytes == NULL) {
    return false;
  }
  const char *comma = list->length > 0 ? memchr(list->bytes, ',', list->length) : NULL;
  *out = *list;
  if (comma == NULL) {
    *list = (struct http_text){NULL, 0};
  } else {
    out->length = (size_t)(comma - out->bytes);
    list->bytes = comma + 1;
    list->length -= out->length + 1;
  }
  while (out->length > 0 && is_white_space(out->bytes[0])) {
    out->bytes++;
    out->length--;
  }
  while (out->length > 0 && is_white_space(out->bytes[out->length - 1])) {
    out->length--;
  }
  return true;
}

static bool read_decimal(struct http_text text, uint64_t *out)
{
  uint64_t value = 0;
  for (size_t i = 0; i < text.length; i++) {
    if (text.bytes[i] < '0' || text.bytes[i] > '9') {
      return false;
    }
    unsigned digit = (unsigned)(text.bytes[i] - '0');
    if (value > (UINT64_MAX - digit) / 10) {
      return false;
    }
    value = value * 10 + digit;
  }
  *out = value;
  return text.length > 0;
}

/* Section 6.3, item 5: many values are one when they are the same. false: they are not, or one
 * is no number. */
static bool read_content_length(const struct http_head *head, bool *present, uint64_t *out)
{
  const struct http_field *field;
  *present = false;
  for (size_t nth = 0; (field = http_head_field(head, "Content-Length", nth)) != NULL; nth++) {
    struct http_text list = field->value;
    struct http_text element;
    while (next_element(&list, &element)) {
      uint64_t value;
      if (!read_decimal(element, &value) || (*present && value != *out)) {
        return false;
      }
      *present = true;
      *out = value;
    }
  }
  return true;
}

/* Whether "chunked" is the last transfer coding (section 6.3, item 4). HTTP/1.0 should not have
 * any, but those who send it mean it. */
static bool has_transfer_encoding(const struct http_head *head, bool *chunked)
{
  const struct http_field *field;
  size_t nth = 0;
  for (; (field = http_head_field(head, "Transfer-Encoding", nth)) != NULL; nth++) {
    struct http_text list = field->value;
    struct http_text element;
    while (next_element(&list, &element)) {
      *chunked = http_text_is(element, "chunked");
    }
  }
  return nth > 0;
}

void http_body_begin(struct http_body *body, const struct http_head *head, bool head_request)
{
  *body = (struct http_body){.kind = HTTP_BODY_NONE, .chunk_state = CHUNK_SIZE};
  if (head_request || head->status < 200 || head->status == 204 || head->status == 304) {
    body->complete = true;
    return;
  }
  bool chunked = false;
  if (has_transfer_encoding(head, &chunked)) {
    body->kind = chunked ? HTTP_BODY_CHUNKED : HTTP_BODY_UNTIL_CLOSE;
    return;
  }
  bool present;
  if (!read_content_length(head, &present, &body->remaining)) {
    body->malformed = true;
    return;
  }
  body->kind = present ? HTTP_BODY_LENGTH : HTTP_BODY_UNTIL_CLOSE;
  body->complete = present && body->remaining == 0;
}

static int hex_value(char c)
{
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

static void enter(struct http_body *body, enum chunk_state state)
{
  body->chunk_state = state;
  body->line_bytes = 0;
}

static bool read_size_char(struct http_body *body, char c)
{
  int value = hex_value(c);
  if (value >= 0) {
    if (body->line_bytes == CHUNK_SIZE_MAX_DIGITS || body->remaining > UINT64_MAX >> 4) {
      return false;
    }
    body->remaining = body->remaining << 4 | (unsigned)value;
    body->line_bytes++;
    return true;
  }
  if (body->line_bytes == 0) {
    return false;
  }
  if (c == '\r') {
    enter(body, CHUNK_SIZE_LINE_FEED);
    return true;
  }
  enter(body, CHUNK_EXTENSION);
  return c == ';' || is_white_space(c);
}

static bool ignore_char(struct http_body *body, char c)
{
  return c != '\0' && ++body->ignored_bytes <= HTTP_BODY_IGNORED_MAX_BYTES;
}

static bool read_extension_char(struct http_body *body, char c)
{
  if (c == '\r') {
    enter(body, CHUNK_SIZE_LINE_FEED);
    return true;
  }
  return c != '\n' && ignore_char(body, c);
}

/* The end of the size line; a size of 0 is the last chunk. */
static bool read_size_line_feed(struct http_body *body, char c)
{
  enter(body, body->remaining == 0 ? CHUNK_TRAILER : CHUNK_DATA);
  return c == '\n';
}

/* Trailer fields are lines like those of the head, so a bare LF ends them too. The empty one
 * is the end. What they say is nothing that we report. */
static bool read_trailer_char(struct http_body *body, char c)
{
  if (c == '\r') {
    body->chunk_state = CHUNK_TRAILER_LINE_FEED;
    return true;
  }
  if (c == '\n') {
    body->complete = body->line_bytes == 0;
    enter(body, CHUNK_TRAILER);
    return true;
  }
  body->line_bytes++;
  return ignore_char(body, c);
}

/* One byte of framing. false: malformed. */
static bool read_chunk_framing(struct http_body *body, char c)
{
  switch ((enum chunk_state)body->chunk_state) {
  case CHUNK_SIZE:
    return read_size_char(body, c);
  case CHUNK_EXTENSION:
    return read_extension_char(body, c);
  case CHUNK_SIZE_LINE_FEED:
    return read_size_line_feed(body, c);
  case CHUNK_DATA_RETURN:
    enter(body, CHUNK_DATA_LINE_FEED);
    return c == '\r';
  case CHUNK_DATA_LINE_FEED:
    enter(body, CHUNK_SIZE);
    return c == '\n';
  case CHUNK_TRAILER:
    return read_trailer_char(body, c);
  case CHUNK_TRAILER_LINE_FEED:
    body->chunk_state = CHUNK_TRAILER;
    return c == '\n' && read_trailer_char(body, c);
  case CHUNK_DATA:
    break;
  }
  return false;
}

/* As much content as is there and belongs to the body or chunk under way. */
static size_t read_content(struct http_body *body, const char *bytes, size_t length,
                           void (*content)(void *context, const char *bytes, size_t length),
                           void *context)
{
  size_t run = length;
  if (body->kind != HTTP_BODY_UNTIL_CLOSE) {
    run = body->remaining < length ? (size_t)body->remaining : length;
    body->remaining -= run;
  }
  content(context, bytes, run);
  if (body->kind == HTTP_BODY_LENGTH) {
    body->complete = body->remaining == 0;
  } else if (body->kind == HTTP_BODY_CHUNKED && body->remaining == 0) {
    enter(body, CHUNK_DATA_RETURN);
  }
  return run;
}

size_t http_body_read(struct http_body *body, const char *bytes, size_t length,
                      void (*content)(void *context, const char *bytes, size_t length),
                      void *context)
{
  size_t at = 0;
  while (at < length && !body->complete && !body->malformed) {
    if (body->kind == HTTP_BODY_CHUNKED && body->chunk_state != CHUNK_DATA) {
      body->malformed = !read_chunk_framing(body, bytes[at]);
      at += body->malformed ? 0 : 1;
    } else {
      at += read_content(body, bytes + at, length - at, content, context);
    }
  }
  return at;
}
