/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pages that the web serves, each made by the report from the store: the
 * table that joins path and content. Called by the web's threads.
 */
#ifndef APP_PAGES_H
#define APP_PAGES_H

#include "app/exporter_state.h"
#include "web/web.h"

enum { PAGES_COUNT = 10 };

struct pages {
  struct exporter_state *state;
  const char *telemetry_path;
  int64_t ready_by_ns; /* monotonic: when every first round has had its time */
  atomic_bool ready;
  /* Answers the exchange when the reload is over; NULL: not to be asked for by HTTP. */
  void (*reload)(void *context, struct web_exchange *exchange);
  void *reload_context;
  struct web_page table[PAGES_COUNT];
};

void pages_init(struct pages *pages, struct exporter_state *state, const char *telemetry_path);
/* Borrowed from pages. */
const struct web_page *pages_table(const struct pages *pages, size_t *count);

#endif
