/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.x response heads (RFC 9112 sections 4 and 5). Used twice: for the
 * proxy's answer to CONNECT and for the target's response. The body is read by
 * wire/http_body.h. Pure, bounds-checked, allocates nothing, fuzzed.
 */
#ifndef WIRE_HTTP_HEAD_H
#define WIRE_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_HEAD_MAX_BYTES = 16384, HTTP_FIELDS_MAX = 128 };

enum http_head_result {
  HTTP_HEAD_COMPLETE,
  HTTP_HEAD_INCOMPLETE, /* call again with more bytes from the same start */
  HTTP_HEAD_MALFORMED,  /* no HTTP/1.x response, or over HTTP_HEAD_MAX_BYTES or HTTP_FIELDS_MAX */
};

/* Borrowed bytes of the caller's input; not terminated. */
struct http_text {
  const char *bytes;
  size_t length;
};

struct http_field {
  struct http_text name;
  struct http_text value; /* optional white space around it removed */
};

struct http_head {
  unsigned minor_version; /* HTTP/1.x */
  unsigned status;        /* 100-999; over 599 means what 500 does (RFC 9110 section 15) */
  struct http_text reason;
  struct http_field fields[HTTP_FIELDS_MAX];
  size_t field_count;
  size_t head_bytes; /* where the body begins */
};

/* Reads a head from the first byte of the input. Lenient where the RFC asks for it (bare LF,
 * section 2.2; no reason phrase, section 4; control characters other than CR and NUL in a
 * value, RFC 9110 section 5.5), strict elsewhere. obs-fold is malformed. Bytes that cannot
 * become a status line, or a line that is no field, are malformed as soon as they are seen, not
 * when the head ends. Once it is complete or malformed, more input changes nothing. */
enum http_head_result http_head_read(const char *bytes, size_t length, struct http_head *out);

/* Field names are case-insensitive. The nth (from 0) field of that name, or NULL. */
const struct http_field *http_head_field(const struct http_head *head, const char *name,
                                         size_t nth);

/* Whether the text is the word, without regard to case. */
bool http_text_is(struct http_text text, const char *word);

#endif
