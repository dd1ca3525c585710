/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"

#include <stdlib.h>
#include <string.h>

enum { ADDRESS_BYTES = 4096, PAGE_MAX = 1000 * 1000 };

static const char *const sort_names[SORT_COUNT] = {
    [SORT_TARGET] = "target",     [SORT_ROUTE] = "route",         [SORT_VERDICT] = "verdict",
    [SORT_REASON] = "reason",     [SORT_REQUESTED] = "requested", [SORT_REQUIRED] = "required",
    [SORT_ACCEPTED] = "accepted", [SORT_TUNNEL] = "tunnel",       [SORT_SINCE] = "since",
    [SORT_PROBED] = "probed",
};

const char *listing_sort_name(enum listing_sort sort)
{
  return sort_names[sort];
}

/* ---- the choice ---------------------------------------------------------------------------- */

static bool is_asked(const char *parameter)
{
  return parameter != NULL && parameter[0] != '\0';
}

static bool contains(const char *whole, const char *part)
{
  return strcasestr(whole, part) != NULL;
}

static bool has_text(const struct listed *listed, const char *sought)
{
  const char *reason = listed->summary.now.reason;
  if (contains(listed->target->name, sought) || contains(listed->route->name, sought) ||
      (reason != NULL && contains(reason, sought))) {
    return true;
  }
  char address[ADDRESS_BYTES];
  target_address(listed->target, address, sizeof(address));
  return contains(address, sought);
}

static bool has_fault(const struct listed *listed, const char *fault)
{
  switch (listed->condition) {
  case CONDITION_WAITING:
    return strcmp(fault, "waiting") == 0;
  case CONDITION_FAULT:
    return strcmp(fault, "any") == 0 || strcmp(fault, fault_name(listed->summary.now.fault)) == 0;
  case CONDITION_OK:
    return strcmp(fault, fault_name(FAULT_NONE)) == 0;
  }
  return false;
}

static bool has_label(const struct target *target, const char *label)
{
  size_t name_length = strcspn(label, "=");
  const char *value = label[name_length] != '\0' ? label + name_length + 1 : NULL;
  for (size_t i = 0; i < target->label_count; i++) {
    const struct label *own = &target->labels[i];
    if (strlen(own->name) == name_length && strncmp(own->name, label, name_length) == 0 &&
        (value == NULL || strcmp(own->value, value) == 0)) {
      return true;
    }
  }
  return false;
}

static bool is_chosen(const struct listed *listed, const struct index_query *query)
{
  return (!is_asked(query->text) || has_text(listed, query->text)) &&
         (!is_asked(query->fault) || has_fault(listed, query->fault)) &&
         (!is_asked(query->label) || has_label(listed->target, query->label));
}

/* ---- the order ----------------------------------------------------------------------------- */

static int compare_numbers(int64_t a, int64_t b)
{
  return a < b ? -1 : a > b ? 1 : 0;
}

static int compare_texts(const char *a, const char *b)
{
  return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int compare_places(const struct listed *a, const struct listed *b)
{
  int by_target = compare_numbers((int64_t)a->target_index, (int64_t)b->target_index);
  return by_target != 0 ? by_target
                        : compare_numbers((int64_t)a->route_index, (int64_t)b->route_index);
}

static int compare_verdicts(const struct listed *a, const struct listed *b)
{
  int by_condition = compare_numbers(a->condition, b->condition);
  return by_condition != 0 ? by_condition
                           : compare_numbers(a->summary.now.fault, b->summary.now.fault);
}

static int compare_by(enum listing_sort sort, const struct listed *a, const struct listed *b)
{
  switch (sort) {
  case SORT_TARGET:
    return compare_texts(a->target->name, b->target->name);
  case SORT_ROUTE:
    return compare_texts(a->route->name, b->route->name);
  case SORT_VERDICT:
    return compare_verdicts(a, b);
  case SORT_REASON:
    return compare_texts(a->summary.now.reason, b->summary.now.reason);
  case SORT_REQUESTED:
    return compare_numbers(a->summary.requested, b->summary.requested);
  case SORT_REQUIRED:
    return compare_numbers(a->summary.required, b->summary.required);
  case SORT_ACCEPTED:
    return compare_numbers(a->summary.accepted, b->summary.accepted);
  case SORT_TUNNEL:
    return compare_texts(tunnel_state_name(a->summary.tunnel),
                         tunnel_state_name(b->summary.tunnel));
  case SORT_SINCE:
    return compare_numbers(a->summary.now.since_ns, b->summary.now.since_ns);
  case SORT_PROBED:
    return compare_numbers(a->summary.last_probe_ns, b->summary.last_probe_ns);
  }
  return 0;
}

static int compare(const void *a, const void *b, void *context)
{
  const struct listing *listing = context;
  int order = compare_by(listing->sort, a, b);
  order = listing->descending ? -order : order;
  return order != 0 ? order : compare_places(a, b);
}

/* ---- all together -------------------------------------------------------------------------- */

static enum condition summary_condition(const struct route_summary *summary)
{
  return !summary->judged ? CONDITION_WAITING : summary->success ? CONDITION_OK : CONDITION_FAULT;
}

static void add_route(struct listing *listing, const struct listed *listed,
                      const struct index_query *query)
{
  listing->all_count++;
  listing->conditions[listed->condition]++;
  listing->faults[listed->summary.now.fault] += listed->condition == CONDITION_FAULT ? 1 : 0;
  if (is_chosen(listed, query)) {
    listing->routes[listing->route_count] = *listed;
    listing->route_count++;
  }
}

static void read_routes(struct listing *listing, struct store *store,
                        const struct index_query *query)
{
  const struct settings *settings = store_settings(store);
  for (size_t i = 0; i < settings->target_count; i++) {
    const struct target *target = &settings->targets[i];
    for (size_t j = 0; j < target->probe.route_count; j++) {
      struct listed listed = {
          .target_index = i, .route_index = j, .target = target, .route = &target->probe.routes[j]};
      store_read_summary(store, i, j, &listed.summary);
      listed.condition = summary_condition(&listed.summary);
      add_route(listing, &listed, query);
    }
  }
}

static void read_order(struct listing *listing, const struct index_query *query)
{
  listing->sort = SORT_VERDICT;
  for (int i = 0; query->sort != NULL && i < SORT_COUNT; i++) {
    if (strcmp(query->sort, sort_names[i]) == 0) {
      listing->sort = (enum listing_sort)i;
    }
  }
  listing->descending = query->order != NULL && strcmp(query->order, "desc") == 0;
}

static void read_page(struct listing *listing, const struct index_query *query)
{
  size_t pages = (listing->route_count + LISTING_PAGE_ROUTES - 1) / LISTING_PAGE_ROUTES;
  listing->page_count = pages > 0 ? pages : 1;
  size_t page = 0;
  const char *digit = query->page != NULL ? query->page : "";
  for (; *digit >= '0' && *digit <= '9' && page < PAGE_MAX; digit++) {
    page = page * 10 + (size_t)(*digit - '0');
  }
  page = page > 0 ? page : 1;
  listing->page = page < listing->page_count ? page : listing->page_count;
}

enum status listing_init(struct listing *listing, struct store *store,
                         const struct index_query *query, struct buffer *out)
{
  size_t count = view_count_routes(store_settings(store), 0, store_settings(store)->target_count);
  *listing = (struct listing){.routes = calloc(count > 0 ? count : 1, sizeof(*listing->routes))};
  if (listing->routes == NULL) {
    out->status = STATUS_OUT_OF_MEMORY;
    return STATUS_OUT_OF_MEMORY;
  }
  read_order(listing, query);
  read_routes(listing, store, query);
  qsort_r(listing->routes, listing->route_count, sizeof(*listing->routes), compare, listing);
  read_page(listing, query);
  return STATUS_OK;
}

void listing_deinit(struct listing *listing)
{
  free(listing->routes);
  *listing = (struct listing){0};
}

size_t listing_shown(const struct listing *listing, const struct listed **first)
{
  size_t begin = (listing->page - 1) * LISTING_PAGE_ROUTES;
  size_t left = listing->route_count - begin;
  *first = &listing->routes[begin];
  return left < LISTING_PAGE_ROUTES ? left : LISTING_PAGE_ROUTES;
}

size_t listing_changed(const struct listing *listing, const struct listed **out, size_t count)
{
  size_t found = 0;
  for (size_t i = 0; i < listing->route_count; i++) {
    const struct listed *listed = &listing->routes[i];
    if (listed->summary.before.reason == NULL) {
      continue;
    }
    size_t place = found < count ? found : count;
    while (place > 0 && out[place - 1]->summary.now.since_ns < listed->summary.now.since_ns) {
      if (place < count) {
        out[place] = out[place - 1];
      }
      place--;
    }
    if (place < count) {
      out[place] = listed;
      found += found < count ? 1 : 0;
    }
  }
  return found;
}
