/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "terminal.h"

enum column {
  COLUMN_TARGET,
  COLUMN_ROUTE,
  COLUMN_FAULT,
  COLUMN_REASON,
  COLUMN_REQUESTED,
  COLUMN_REQUIRED,
  COLUMN_ACCEPTED,
  COLUMN_TUNNEL,
};
enum { COLUMN_COUNT = COLUMN_TUNNEL + 1, GAP = 2, ROUTES_LIMIT_BYTES = 1 << 20 };

static const char *const titles[COLUMN_COUNT] = {"TARGET",    "ROUTE",    "FAULT",    "REASON",
                                                 "REQUESTED", "REQUIRED", "ACCEPTED", "TUNNEL"};

static void fill_cells(const struct route_view *route, const char *cells[COLUMN_COUNT])
{
  const struct verdict *verdict = route->snapshot.verdict;
  bool known = verdict != NULL;
  const char *tunnel = known ? tunnel_state_name(verdict->tunnel) : NULL;
  cells[COLUMN_TARGET] = route->target->name;
  cells[COLUMN_ROUTE] = route->route->name;
  cells[COLUMN_FAULT] = known ? fault_name(verdict->fault) : "-";
  cells[COLUMN_REASON] = known ? verdict->reason : "(not probed yet)";
  cells[COLUMN_REQUESTED] = known ? answer_word(verdict->requested) : "-";
  cells[COLUMN_REQUIRED] = known ? answer_word(verdict->required) : "-";
  cells[COLUMN_ACCEPTED] = known ? answer_word(verdict->accepted) : "-";
  cells[COLUMN_TUNNEL] = tunnel != NULL && route->route->proxy != NULL ? tunnel : "-";
}

static void widen(size_t widths[COLUMN_COUNT], const char *const cells[COLUMN_COUNT])
{
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    size_t width = terminal_width(cells[i]);
    widths[i] = width > widths[i] ? width : widths[i];
  }
}

static void write_cells(struct terminal *terminal, const size_t widths[COLUMN_COUNT],
                        const char *const cells[COLUMN_COUNT], enum style verdict_style)
{
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    terminal_styled(terminal, i == COLUMN_REASON ? verdict_style : STYLE_PLAIN, cells[i]);
    if (i + 1 < COLUMN_COUNT) {
      terminal_spaces(terminal, widths[i] - terminal_width(cells[i]) + GAP);
    }
  }
  buffer_append_char(terminal->out, '\n');
}

static void write_table(struct terminal *terminal, const struct view *view)
{
  size_t widths[COLUMN_COUNT] = {0};
  const char *cells[COLUMN_COUNT];
  widen(widths, titles);
  for (size_t i = 0; i < view->route_count; i++) {
    fill_cells(&view->routes[i], cells);
    widen(widths, cells);
  }
  write_cells(terminal, widths, titles, STYLE_PLAIN);
  for (size_t i = 0; i < view->route_count; i++) {
    fill_cells(&view->routes[i], cells);
    write_cells(terminal, widths, cells, condition_style(view_condition(&view->routes[i])));
  }
}

static bool same_words(const struct route_view *a, const struct route_view *b)
{
  const char *one = a->snapshot.verdict->explanation;
  const char *other = b->snapshot.verdict->explanation;
  return a->target == b->target && view_condition(b) == CONDITION_FAULT && one != NULL &&
         other != NULL && strcmp(one, other) == 0;
}

static bool told_before(const struct view *view, size_t index)
{
  for (size_t i = index; i-- > 0 && view->routes[i].target == view->routes[index].target;) {
    if (view_condition(&view->routes[i]) == CONDITION_FAULT &&
        same_words(&view->routes[index], &view->routes[i])) {
      return true;
    }
  }
  return false;
}

/* "direct, edge_swg": the routes of the target of which the same is to be said. */
static void append_routes(struct buffer *out, const struct view *view, size_t index)
{
  for (size_t i = index;
       i < view->route_count && view->routes[i].target == view->routes[index].target; i++) {
    if (same_words(&view->routes[index], &view->routes[i])) {
      buffer_append_format(out, "%s%s", out->length > 0 ? ", " : "", view->routes[i].route->name);
    }
  }
}

/* Below the table, so that the table stays one line a route. */
static void write_explanation(struct terminal *terminal, const struct view *view, size_t index)
{
  static const char label[] = "What to do: ";
  const struct route_view *route = &view->routes[index];
  const struct verdict *verdict = route->snapshot.verdict;
  struct buffer routes;
  buffer_init(&routes, ROUTES_LIMIT_BYTES);
  append_routes(&routes, view, index);
  buffer_append_char(terminal->out, '\n');
  terminal_styled(terminal, STYLE_BOLD, route->target->name);
  buffer_append_text(terminal->out, ": ");
  terminal_headline(terminal, verdict,
                    routes.length > 0 ? buffer_text(&routes) : route->route->name);
  buffer_deinit(&routes);
  if (verdict->explanation != NULL) {
    terminal_spaces(terminal, GAP);
    terminal_wrapped(terminal, GAP, GAP, verdict->explanation);
  }
  if (verdict->remedy != NULL && verdict->remedy[0] != '\0') {
    terminal_spaces(terminal, GAP);
    buffer_append_text(terminal->out, label);
    terminal_wrapped(terminal, GAP + strlen(label), GAP, verdict->remedy);
  }
}

void report_table(struct store *store, bool colour, struct buffer *out)
{
  struct terminal terminal = {.out = out, .colour = colour};
  struct view view;
  if (view_init(&view, store, 0, store_settings(store)->target_count, out) != STATUS_OK) {
    return;
  }
  write_table(&terminal, &view);
  for (size_t i = 0; i < view.route_count; i++) {
    if (view_condition(&view.routes[i]) == CONDITION_FAULT && !told_before(&view, i)) {
      write_explanation(&terminal, &view, i);
    }
  }
  view_deinit(&view);
}
