/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "evidence.h"
#include "terminal.h"

enum { LABEL_COLUMNS = 21, ROW_INDENT = 2, VALUE_LIMIT_BYTES = 1 << 20, ADDRESS_BYTES = 4096 };

static bool same_finding(const struct verdict *a, const struct verdict *b)
{
  return a->fault == b->fault && strcmp(a->reason, b->reason) == 0;
}

/* Whether an earlier route has the same fault and reason, so that it is told with it. */
static bool told_before(const struct view *view, size_t index)
{
  for (size_t i = 0; i < index; i++) {
    if (view_condition(&view->routes[i]) == CONDITION_FAULT &&
        same_finding(view->routes[i].snapshot.verdict, view->routes[index].snapshot.verdict)) {
      return true;
    }
  }
  return false;
}

/* "direct, edge_swg": the routes with the finding of the one at index. */
static void append_routes(struct buffer *out, const struct view *view, size_t index)
{
  for (size_t i = index; i < view->route_count; i++) {
    if (view_condition(&view->routes[i]) == CONDITION_FAULT &&
        same_finding(view->routes[i].snapshot.verdict, view->routes[index].snapshot.verdict)) {
      buffer_append_text(out, out->length > 0 ? ", " : "");
      buffer_append_text(out, view->routes[i].route->name);
    }
  }
}

static size_t count_condition(const struct view *view, enum condition condition)
{
  size_t count = 0;
  for (size_t i = 0; i < view->route_count; i++) {
    count += view_condition(&view->routes[i]) == condition ? 1 : 0;
  }
  return count;
}

static void write_finding(struct terminal *terminal, const struct view *view, size_t index)
{
  const struct verdict *verdict = view->routes[index].snapshot.verdict;
  struct buffer routes;
  buffer_init(&routes, VALUE_LIMIT_BYTES);
  append_routes(&routes, view, index);
  terminal_headline(terminal, verdict, buffer_text(&routes));
  inherit_failure(terminal->out, &routes);
  buffer_deinit(&routes);
  if (verdict->explanation != NULL) {
    terminal_wrapped(terminal, 0, 0, verdict->explanation);
  }
}

/* The verdict on the whole, before any evidence. */
static void write_headlines(struct terminal *terminal, const struct view *view)
{
  for (size_t i = 0; i < view->route_count; i++) {
    if (view_condition(&view->routes[i]) == CONDITION_FAULT && !told_before(view, i)) {
      write_finding(terminal, view, i);
    }
  }
  if (count_condition(view, CONDITION_FAULT) > 0) {
    return;
  }
  bool waiting = count_condition(view, CONDITION_WAITING) > 0;
  terminal_styled(terminal, waiting ? STYLE_UNSURE : STYLE_GOOD, waiting ? "WAITING" : "OK");
  buffer_append_char(terminal->out, ' ');
  escape_terminal(terminal->out, view->routes[0].target->name);
  buffer_append_text(terminal->out, waiting ? ": not all routes have been probed yet\n" : "\n");
  const struct verdict *first = view->routes[0].snapshot.verdict;
  if (!waiting && first->explanation != NULL) {
    terminal_wrapped(terminal, 0, 0, first->explanation);
  }
}

static void write_row(struct terminal *terminal, const char *label, const struct buffer *value)
{
  inherit_failure(terminal->out, value);
  if (value->length == 0) {
    return;
  }
  terminal_spaces(terminal, ROW_INDENT);
  buffer_append_text(terminal->out, label);
  terminal_spaces(terminal, LABEL_COLUMNS - strlen(label));
  terminal_wrapped(terminal, ROW_INDENT + LABEL_COLUMNS, ROW_INDENT + LABEL_COLUMNS,
                   buffer_text(value));
}

static void write_probes(struct terminal *terminal, const struct route_view *route)
{
  static const char *const labels[] = {[PRESENTED_CLIENT] = "presented client",
                                       [PRESENTED_NONE] = "presented none",
                                       [PRESENTED_UNTRUSTED] = "presented untrusted"};
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    if (route->snapshot.observations[i] != NULL) {
      struct buffer value;
      buffer_init(&value, VALUE_LIMIT_BYTES);
      evidence_append_probe(&value, route->snapshot.observations[i]);
      write_row(terminal, labels[i], &value);
      buffer_deinit(&value);
    }
  }
}

static void write_route(struct terminal *terminal, const struct route_view *route)
{
  enum condition condition = view_condition(route);
  const struct verdict *verdict = route->snapshot.verdict;
  buffer_append_char(terminal->out, '\n');
  terminal_styled(terminal, STYLE_BOLD, route->route->name);
  if (route->route->proxy != NULL && route->route->proxy->url != NULL) {
    buffer_append_text(terminal->out, " (");
    escape_terminal(terminal->out, route->route->proxy->url);
    buffer_append_char(terminal->out, ')');
  }
  buffer_append_text(terminal->out, ": ");
  terminal_styled(terminal, condition_style(condition),
                  verdict != NULL ? verdict->reason : "not probed yet");
  buffer_append_char(terminal->out, '\n');
  for (size_t i = 0; i < evidence_row_count; i++) {
    struct buffer value;
    buffer_init(&value, VALUE_LIMIT_BYTES);
    evidence_rows[i].append(&value, route);
    write_row(terminal, evidence_rows[i].label, &value);
    buffer_deinit(&value);
  }
  write_probes(terminal, route);
}

/* Never wrapped: it is there to be pasted. */
static void write_policy(struct terminal *terminal, const char *policy)
{
  buffer_append_char(terminal->out, '\n');
  terminal_styled(terminal, STYLE_BOLD, "Policy for the proxy");
  buffer_append_text(terminal->out,
                     " (mtls_exporter bypass writes it for a whole configuration):\n");
  escape_lines(terminal->out, "  ", policy, escape_terminal);
}

static void write_remedies(struct terminal *terminal, const struct view *view)
{
  for (size_t i = 0; i < view->route_count; i++) {
    const struct verdict *verdict = view->routes[i].snapshot.verdict;
    if (view_condition(&view->routes[i]) != CONDITION_FAULT || told_before(view, i) ||
        verdict->remedy == NULL || verdict->remedy[0] == '\0') {
      continue;
    }
    static const char label[] = "What to do: ";
    buffer_append_char(terminal->out, '\n');
    terminal_styled(terminal, STYLE_BOLD, label);
    terminal_wrapped(terminal, strlen(label), strlen(label), verdict->remedy);
    if (verdict->proxy_policy != NULL) {
      write_policy(terminal, verdict->proxy_policy);
    }
  }
}

static void write_target(struct terminal *terminal, const struct view *view)
{
  char address[ADDRESS_BYTES];
  write_headlines(terminal, view);
  target_address(view->routes[0].target, address, sizeof(address));
  buffer_append_char(terminal->out, '\n');
  escape_terminal(terminal->out, address);
  buffer_append_char(terminal->out, '\n');
  for (size_t i = 0; i < view->route_count; i++) {
    write_route(terminal, &view->routes[i]);
  }
  write_remedies(terminal, view);
}

void report_text(struct store *store, size_t target, bool colour, struct buffer *out)
{
  struct terminal terminal = {.out = out, .colour = colour};
  struct view view;
  if (view_init(&view, store, target, 1, out) == STATUS_OK) {
    write_target(&terminal, &view);
    view_deinit(&view);
  }
}
