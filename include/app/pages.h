/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pages that the web serves, each made by the report from the store: the
 * table that joins path and content. Called by the web's threads.
 */
#ifndef APP_PAGES_H
#define APP_PAGES_H

#include "app/prober.h"
#include "schedule/scheduler.h"
#include "web/web.h"

enum { PAGES_COUNT = 6 };

struct pages {
  struct prober_shared *shared;
  struct schedule_statistics *statistics;
  const char *telemetry_path;
  int64_t started_ns;  /* wall clock */
  int64_t ready_by_ns; /* monotonic: when every first round has had its time */
  struct web_page table[PAGES_COUNT];
};

void pages_init(struct pages *pages, struct prober_shared *shared,
                struct schedule_statistics *statistics, const char *telemetry_path,
                int64_t first_spread_ns);
/* Borrowed from pages. */
const struct web_page *pages_table(const struct pages *pages, size_t *count);

#endif
