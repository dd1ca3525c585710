/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTTP side (libmicrohttpd, with threads of its own): listens, routes,
 * limits, and asks the page's function for the body. Does not know what the
 * pages say or how results are made; app hands it the table of pages.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

struct web_page {
  const char *path; /* exact match, without query */
  const char *content_type;
  /* Fills body, returns the HTTP status. May be called from several threads at
   * once. A failed buffer becomes 500. */
  unsigned (*render)(void *context, struct buffer *body);
};

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
/* Closes every connection and joins the threads, within a second. NULL-safe. */
void web_stop(struct web *web);

#endif
