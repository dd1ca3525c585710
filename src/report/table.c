/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "terminal.h"

enum column {
  COLUMN_TARGET,
  COLUMN_ROUTE,
  COLUMN_VERDICT,
  COLUMN_FAULT,
  COLUMN_REQUESTED,
  COLUMN_REQUIRED,
  COLUMN_ACCEPTED,
  COLUMN_TUNNEL,
};
enum { COLUMN_COUNT = COLUMN_TUNNEL + 1, GAP = 2 };

static const char *const titles[COLUMN_COUNT] = {"TARGET",    "ROUTE",    "VERDICT",  "FAULT",
                                                 "REQUESTED", "REQUIRED", "ACCEPTED", "TUNNEL"};

static const char *condition_word(enum condition condition)
{
  switch (condition) {
  case CONDITION_OK:
    return "ok";
  case CONDITION_FAULT:
    return "FAULT";
  case CONDITION_WAITING:
    return "waiting";
  }
  return "";
}

static void fill_cells(const struct route_view *route, const char *cells[COLUMN_COUNT])
{
  const struct verdict *verdict = route->snapshot.verdict;
  bool known = verdict != NULL;
  const char *tunnel = known ? tunnel_state_name(verdict->tunnel) : NULL;
  cells[COLUMN_TARGET] = route->target->name;
  cells[COLUMN_ROUTE] = route->route->name;
  cells[COLUMN_VERDICT] = condition_word(view_condition(route));
  cells[COLUMN_FAULT] = known ? fault_name(verdict->fault) : "-";
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
    terminal_styled(terminal, i == COLUMN_VERDICT ? verdict_style : STYLE_PLAIN, cells[i]);
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

/* Below the table, so that the table stays one line a route. */
static void write_explanation(struct terminal *terminal, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  buffer_append_char(terminal->out, '\n');
  terminal_styled(terminal, STYLE_BOLD, route->target->name);
  buffer_append_char(terminal->out, ' ');
  terminal_headline(terminal, verdict, route->route->name);
  if (verdict->explanation != NULL) {
    terminal_spaces(terminal, GAP);
    terminal_wrapped(terminal, GAP, GAP, verdict->explanation);
  }
  if (verdict->remedy != NULL && verdict->remedy[0] != '\0') {
    terminal_spaces(terminal, GAP);
    terminal_wrapped(terminal, GAP, GAP, verdict->remedy);
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
    if (view_condition(&view.routes[i]) == CONDITION_FAULT) {
      write_explanation(&terminal, &view.routes[i]);
    }
  }
  view_deinit(&view);
}
