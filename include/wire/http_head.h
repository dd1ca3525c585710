/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.x response heads (RFC 9112 sections 4 and 5): reader, and the framing
 * of the body that follows (section 6). Pure, bounds-checked, fuzzed. Used
 * twice: for the proxy's answer to CONNECT and for the target's response.
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
  unsigned status;        /* 100-599 */
  struct http_text reason;
  struct http_field fields[HTTP_FIELDS_MAX];
  size_t field_count;
  size_t head_bytes; /* where the body begins */
};

/* Reads a head from the first byte of the input. Lenient where the RFC asks for it
 * (section 2.2: bare LF), strict elsewhere. obs-fold is malformed. */
enum http_head_result http_head_read(const char *bytes, size_t length, struct http_head *out);

/* Field names are case-insensitive. The nth (from 0) field of that name, or NULL. */
const struct http_field *http_head_field(const struct http_head *head, const char *name,
                                         size_t nth);

/* Body framing, RFC 9112 section 6.3. A small state machine over body bytes: tells
 * when the message is complete and which bytes are content. */
enum http_body_kind { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_UNTIL_CLOSE };
struct http_body {
  enum http_body_kind kind;
  uint64_t remaining; /* LENGTH: of the body; CHUNKED: of the current chunk */
  unsigned chunk_state;
  unsigned line_bytes; /* CHUNKED: of the current size or trailer line, capped */
  bool complete;
  bool malformed;
};
/* head_request: the request's method was HEAD. */
void http_body_begin(struct http_body *body, const struct http_head *head, bool head_request);
/* Consumes input; for each run of content calls content(context, bytes, length). Returns how
 * many bytes were consumed: less than length once complete or malformed. */
size_t http_body_read(struct http_body *body, const char *bytes, size_t length,
                      void (*content)(void *context, const char *bytes, size_t length),
                      void *context);

#endif
