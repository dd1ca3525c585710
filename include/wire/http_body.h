/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Framing of the body that follows an HTTP/1.x response head (RFC 9112 sections
 * 6 and 7): a small state machine over body bytes that tells when the message is
 * complete and which bytes are content. Called by probe/ for the target's
 * response. Pure, bounds-checked, allocates nothing, fuzzed.
 */
#ifndef WIRE_HTTP_BODY_H
#define WIRE_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_head;

/* Most bytes of chunk extensions and trailers together that a body may have. */
enum { HTTP_BODY_IGNORED_MAX_BYTES = 16384 };

enum http_body_kind { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_UNTIL_CLOSE };

struct http_body {
  enum http_body_kind kind;
  uint64_t remaining; /* LENGTH: of the body; CHUNKED: of the current chunk */
  unsigned chunk_state;
  unsigned line_bytes;    /* CHUNKED: of the current size or trailer line */
  unsigned ignored_bytes; /* CHUNKED: extensions and trailers so far, capped */
  bool complete;          /* never with UNTIL_CLOSE */
  bool malformed;
};

/* Section 6.3. head_request: the request's method was HEAD. A successful answer to CONNECT has
 * no body, and is not for this function. Conflicting or unreadable Content-Length fields are
 * malformed; Transfer-Encoding overrides them. */
void http_body_begin(struct http_body *body, const struct http_head *head, bool head_request);

/* Consumes input; for each run of content calls content(context, bytes, length). Returns how
 * many bytes were consumed: less than length once complete or malformed. */
size_t http_body_read(struct http_body *body, const char *bytes, size_t length,
                      void (*content)(void *context, const char *bytes, size_t length),
                      void *context);

#endif
