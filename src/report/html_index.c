/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "base/clock.h"
#include "html_parts.h"

enum { ADDRESS_BYTES = 4096 };

static void append_target(struct buffer *out, const struct route_view *route)
{
  char address[ADDRESS_BYTES];
  target_address(route->target, address, sizeof(address));
  buffer_append_text(out, "<a href=\"");
  html_target_path(out, route->target->name);
  buffer_append_text(out, "\">");
  escape_html(out, route->target->name);
  buffer_append_text(out, "</a><small>");
  escape_html(out, address);
  buffer_append_text(out, "</small>");
}

static void append_route(struct buffer *out, const struct route_view *route)
{
  escape_html(out, route->route->name);
}

static void append_answer(struct buffer *out, const struct route_view *route, enum answer answer)
{
  buffer_append_text(out, route->snapshot.verdict != NULL ? answer_word(answer) : "-");
}

static void append_requested(struct buffer *out, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  append_answer(out, route, verdict != NULL ? verdict->requested : ANSWER_UNKNOWN);
}

static void append_required(struct buffer *out, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  append_answer(out, route, verdict != NULL ? verdict->required : ANSWER_UNKNOWN);
}

static void append_accepted(struct buffer *out, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  append_answer(out, route, verdict != NULL ? verdict->accepted : ANSWER_UNKNOWN);
}

static void append_tunnel(struct buffer *out, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  const char *state = verdict != NULL ? tunnel_state_name(verdict->tunnel) : NULL;
  buffer_append_text(out, state != NULL && route->route->proxy != NULL ? state : "-");
}

static void append_since(struct buffer *out, const struct route_view *route)
{
  html_time(out, route->snapshot.last_change_ns);
}

static void append_last_probe(struct buffer *out, const struct route_view *route)
{
  html_time(out, route->snapshot.last_probe_ns);
}

/* The first one is the row's heading. */
static const struct column {
  const char *title;
  void (*append)(struct buffer *out, const struct route_view *route);
} columns[] = {
    {"Target", append_target},       {"Route", append_route},
    {"Verdict", html_verdict},       {"Reason", html_reason},
    {"Requested", append_requested}, {"Required", append_required},
    {"Accepted", append_accepted},   {"Tunnel", append_tunnel},
    {"Since", append_since},         {"Last probe", append_last_probe},
};
enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static void write_row(struct buffer *out, const struct route_view *route)
{
  buffer_append_text(out, "<tr role=\"row\">\n<th role=\"rowheader\" scope=\"row\">");
  columns[0].append(out, route);
  buffer_append_text(out, "</th>\n");
  for (size_t i = 1; i < COLUMN_COUNT; i++) {
    buffer_append_format(out, "<td role=\"cell\" data-label=\"%s\">", columns[i].title);
    columns[i].append(out, route);
    buffer_append_text(out, "</td>\n");
  }
  buffer_append_text(out, "</tr>\n");
}

static void write_rows(struct buffer *out, const struct view *view, enum condition condition)
{
  for (size_t i = 0; i < view->route_count; i++) {
    if (view_condition(&view->routes[i]) == condition) {
      write_row(out, &view->routes[i]);
    }
  }
}

static void write_table(struct buffer *out, const struct view *view)
{
  buffer_append_text(out, "<table role=\"table\">\n<caption>Every target on every route, faults "
                          "first. Requested, required and accepted speak of the client "
                          "certificate.</caption>\n"
                          "<thead role=\"rowgroup\">\n<tr role=\"row\">");
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    buffer_append_format(out, "<th role=\"columnheader\" scope=\"col\">%s</th>", columns[i].title);
  }
  buffer_append_text(out, "</tr>\n</thead>\n<tbody role=\"rowgroup\">\n");
  write_rows(out, view, CONDITION_FAULT);
  write_rows(out, view, CONDITION_WAITING);
  write_rows(out, view, CONDITION_OK);
  buffer_append_text(out, "</tbody>\n</table>\n");
}

struct counts {
  size_t conditions[CONDITION_OK + 1];
  size_t faults[FAULT_COUNT]; /* of routes that are at fault */
};

static void count_routes(const struct view *view, struct counts *counts)
{
  *counts = (struct counts){0};
  for (size_t i = 0; i < view->route_count; i++) {
    enum condition condition = view_condition(&view->routes[i]);
    counts->conditions[condition]++;
    counts->faults[view_fault(&view->routes[i])] += condition == CONDITION_FAULT ? 1 : 0;
  }
}

static void write_summary(struct buffer *out, const struct view *view, const struct counts *counts,
                          size_t target_count)
{
  buffer_append_format(out, "<ul aria-label=\"Summary\">\n<li>%zu targets, %zu routes</li>\n",
                       target_count, view->route_count);
  for (int fault = 0; fault < FAULT_COUNT; fault++) {
    if (counts->faults[fault] > 0) {
      buffer_append_format(out, "<li class=\"fault\">%zu fault: %s</li>\n", counts->faults[fault],
                           fault_name((enum fault)fault));
    }
  }
  if (counts->conditions[CONDITION_WAITING] > 0) {
    buffer_append_format(out, "<li class=\"waiting\">%zu waiting</li>\n",
                         counts->conditions[CONDITION_WAITING]);
  }
  buffer_append_format(out, "<li class=\"ok\">%zu ok</li>\n</ul>\n",
                       counts->conditions[CONDITION_OK]);
}

static void write_head(struct buffer *out, const struct counts *counts)
{
  char title[64] = "";
  if (counts->conditions[CONDITION_FAULT] > 0) {
    (void)snprintf(title, sizeof(title), "%zu at fault", counts->conditions[CONDITION_FAULT]);
  }
  html_head(out, title);
}

static void write_header(struct buffer *out, const struct exporter_facts *exporter,
                         const char *telemetry_path)
{
  buffer_append_text(out, "<header>\n<h1>mtls_exporter</h1>\n<p>Whose fault is it that mutual TLS "
                          "broke? Version ");
  escape_html(out, exporter->version);
  buffer_append_text(out, ", wolfSSL ");
  escape_html(out, exporter->wolfssl_version);
  buffer_append_text(out, ", page of ");
  html_time(out, clock_wall_ns());
  buffer_append_text(out, ".</p>\n<nav aria-label=\"Pages\">\n<ul>\n<li><a href=\"");
  escape_html(out, telemetry_path);
  buffer_append_text(out, "\">Metrics</a></li>\n<li><a href=\"/-/healthy\">Health</a></li>\n"
                          "<li><a href=\"/-/ready\">Readiness</a></li>\n</ul>\n</nav>\n"
                          "</header>\n");
}

void report_index_html(struct store *store, const struct exporter_facts *exporter,
                       const char *telemetry_path, struct buffer *out)
{
  size_t target_count = store_settings(store)->target_count;
  struct view view;
  if (view_init(&view, store, 0, target_count, out) != STATUS_OK) {
    return;
  }
  struct counts counts;
  count_routes(&view, &counts);
  write_head(out, &counts);
  buffer_append_text(out, "<body>\n");
  write_header(out, exporter, telemetry_path);
  buffer_append_text(out, "<main>\n");
  write_summary(out, &view, &counts, target_count);
  write_table(out, &view);
  buffer_append_text(out, "</main>\n</body>\n</html>\n");
  view_deinit(&view);
}
