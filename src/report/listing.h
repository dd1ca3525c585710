/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which routes the page "/" shows, and in which order: all of them read in short
 * from the store, counted, chosen, sorted, cut into pages. Pure; called by
 * html_index.c. Borrows the settings from the store.
 */
#ifndef REPORT_LISTING_H
#define REPORT_LISTING_H

#include "report_internal.h"

enum { LISTING_PAGE_ROUTES = 100 };

enum listing_sort {
  SORT_TARGET,
  SORT_ROUTE,
  SORT_VERDICT, /* faults first */
  SORT_REASON,
  SORT_REQUESTED,
  SORT_REQUIRED,
  SORT_ACCEPTED,
  SORT_TUNNEL,
  SORT_SINCE,
  SORT_PROBED,
};
enum { SORT_COUNT = SORT_PROBED + 1 };
/* As a query names it. */
const char *listing_sort_name(enum listing_sort sort);

struct listed {
  size_t target_index;
  size_t route_index;
  const struct target *target;
  const struct route *route;
  enum condition condition;
  struct route_summary summary;
};

struct listing {
  enum listing_sort sort;
  bool descending;
  struct listed *routes; /* those that were chosen, sorted */
  size_t route_count;
  size_t all_count; /* chosen or not, as the two below */
  size_t conditions[CONDITION_OK + 1];
  size_t faults[FAULT_COUNT]; /* of routes that are at fault */
  size_t page;                /* from 1 on */
  size_t page_count;          /* at least 1 */
};

/* STATUS_OUT_OF_MEMORY also makes out fail. */
NODISCARD enum status listing_init(struct listing *listing, struct store *store,
                                   const struct index_query *query, struct buffer *out);
void listing_deinit(struct listing *listing);
/* The routes of its page: how many there are, beginning with *first. */
size_t listing_shown(const struct listing *listing, const struct listed **first);
/* At most count of those chosen that have changed, the newest change first. */
size_t listing_changed(const struct listing *listing, const struct listed **out, size_t count);

#endif
