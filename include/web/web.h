/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTTP side (libmicrohttpd, with threads of its own): listens, routes,
 * limits, compresses. Does not know what the pages say or how results are made:
 * app hands it the table of pages, and each page answers an exchange, at once or
 * later from any thread, so that no thread waits for a probe.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

/* One request and its answer. */
struct web_exchange;

enum web_methods {
  WEB_READ,   /* GET, HEAD */
  WEB_CHANGE, /* POST, PUT */
};

struct web_page {
  const char *path; /* without query, percent-decoded */
  bool below;       /* path is a beginning: all that lies below it */
  enum web_methods methods;
  /* Calls web_answer() once, from inside or later. May be called from several threads at
   * once. */
  void (*answer)(void *context, struct web_exchange *exchange);
};

/* Of the request, borrowed until web_answer(). */
const char *web_path(const struct web_exchange *exchange);
/* The first field of that name, and the nth (from 0) query parameter, percent-decoded; NULL: there
 * is none. */
const char *web_field(const struct web_exchange *exchange, const char *name);
const char *web_parameter(const struct web_exchange *exchange, const char *name, size_t nth);

/* A content type that an answer may have. */
struct web_offer {
  const char *media_type; /* "application/openmetrics-text" */
  const char *version;    /* of its version parameter */
};
/* RFC 9110 section 12.5.1: the offer that the Accept field names with the highest weight; where it
 * names none of them, the first. */
size_t web_preferred(const struct web_exchange *exchange, const struct web_offer *offers,
                     size_t count);

/* Ends the exchange; takes over the body, which is empty afterwards. A failed buffer becomes 500.
 * content_type is static. */
void web_answer(struct web_exchange *exchange, unsigned status, const char *content_type,
                struct buffer *body);
/* The same with a short text as it is, text/plain. */
void web_answer_text(struct web_exchange *exchange, unsigned status, const char *text);
/* The most that a body may have. */
enum { WEB_BODY_MAX_BYTES = 512 * 1024 * 1024 };

struct web_options {
  const char *const *listen_addresses; /* as in model/address.h */
  size_t listen_address_count;
  const struct web_page *pages; /* borrowed until web_stop() */
  size_t page_count;
  void *context;
};

struct web;

/* Listens on all addresses or on none. STATUS_INVALID: an address cannot be
 * read; STATUS_IO: the system refuses one; error names it. */
NODISCARD enum status web_start(const struct web_options *options, struct web **out,
                                struct error *error);
/* "127.0.0.1:10063": the i-th address really bound (port 0 resolved); NULL past
 * the end. Borrowed until web_stop(). */
const char *web_bound_address(const struct web *web, size_t index);
/* Closes every connection and joins the threads, within a second. Every exchange must have been
 * answered, or be answered at once by whoever is asked now. NULL-safe. */
void web_stop(struct web *web);

#endif
