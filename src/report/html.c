/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/clock.h"
#include "report_internal.h"

enum { ADDRESS_BYTES = 4096 };

/* On a narrow screen each row becomes a card whose cells carry their column's name;
 * the roles in the table keep it a table for screen readers all the same. */
static const char style_sheet[] =
    ":root{color-scheme:light dark;--text:#1b1b1f;--soft:#55565c;--line:#d4d5da;--page:#fff;"
    "--band:#f5f6f8;--good:#176b2c;--bad:#b00020;--unsure:#7a5200;--link:#0b57d0}"
    "@media (prefers-color-scheme:dark){:root{--text:#e7e7ea;--soft:#a9abb3;--line:#3c3e45;"
    "--page:#16171b;--band:#1e2025;--good:#7fd894;--bad:#ff8f88;--unsure:#f5c869;--link:#9dbfff}}"
    "body{margin:0 auto;max-width:90rem;padding:1rem;background:var(--page);color:var(--text);"
    "font:1rem/1.45 system-ui,sans-serif}"
    "a{color:var(--link)}h1{font-size:1.4rem;margin:0}"
    "header p{margin:.25rem 0;color:var(--soft)}"
    "ul{list-style:none;margin:.75rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.5rem 1.25rem}"
    "table{border-collapse:collapse;width:100%}"
    "caption{text-align:left;padding:.5rem 0;color:var(--soft)}"
    "th,td{text-align:left;vertical-align:top;padding:.5rem .6rem;"
    "border-bottom:1px solid var(--line)}"
    "thead th{background:var(--band);font-size:.8rem}"
    "tbody{font-size:.92rem}tbody "
    "th{font-weight:600;min-width:8rem;max-width:16rem;overflow-wrap:anywhere}"
    "td:nth-child(4){min-width:20rem;width:50%;overflow-wrap:anywhere}"
    "td:nth-child(8){min-width:6rem;overflow-wrap:anywhere}small{display:block;font-"
    "weight:400;color:var(--soft)}"
    "p{margin:.25rem 0}code,pre{font-size:.95em}pre{white-space:pre-wrap}time{font-size:.9em}"
    ".ok{color:var(--good)}.fault{color:var(--bad)}.waiting{color:var(--unsure)}"
    ".ok,.fault,.waiting{font-weight:600}"
    "@media (max-width:70rem){table,caption,tbody,tr,th,td{display:block}"
    "thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
    "tr{border:1px solid var(--line);border-radius:.4rem;margin:.75rem 0;padding:.25rem 0}"
    "tbody th,td,td:nth-child(n){border:0;padding:.25rem "
    ".6rem;min-width:0;max-width:none;width:auto}"
    "td::before{content:attr(data-label) \": \";color:var(--soft);font-weight:400}}";

static const char *condition_class(enum condition condition)
{
  switch (condition) {
  case CONDITION_OK:
    return "ok";
  case CONDITION_FAULT:
    return "fault";
  case CONDITION_WAITING:
    return "waiting";
  }
  return "";
}

/* "2026-11-24 03:44:33 UTC", for machines as RFC 3339; "-" for never. */
static void append_time(struct buffer *out, int64_t ns)
{
  char iso[ISO_TIME_BYTES];
  format_iso_time(ns / NS_PER_SECOND, iso);
  if (ns == 0 || strlen(iso) != strlen("2026-11-24T03:44:33Z")) {
    buffer_append_char(out, '-');
    return;
  }
  buffer_append_format(out, "<time datetime=\"%s\">%.10s %.8s UTC</time>", iso, iso, iso + 11);
}

static void append_target(struct buffer *out, const struct route_view *route)
{
  char address[ADDRESS_BYTES];
  target_address(route->target, address, sizeof(address));
  escape_html(out, route->target->name);
  buffer_append_text(out, "<small>");
  escape_html(out, address);
  buffer_append_text(out, "</small>");
}

static void append_route(struct buffer *out, const struct route_view *route)
{
  escape_html(out, route->route->name);
}

static void append_verdict(struct buffer *out, const struct route_view *route)
{
  enum condition condition = view_condition(route);
  buffer_append_format(out, "<span class=\"%s\">", condition_class(condition));
  switch (condition) {
  case CONDITION_OK:
    buffer_append_text(out, "ok");
    break;
  case CONDITION_FAULT:
    buffer_append_format(out, "fault: %s", fault_name(view_fault(route)));
    break;
  case CONDITION_WAITING:
    buffer_append_text(out, "waiting");
    break;
  }
  buffer_append_text(out, "</span>");
}

static void append_paragraph(struct buffer *out, const char *before, const char *text)
{
  if (text != NULL && text[0] != '\0') {
    buffer_append_format(out, "<p>%s", before);
    escape_html(out, text);
    buffer_append_text(out, "</p>");
  }
}

static void append_reason(struct buffer *out, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  if (verdict == NULL) {
    buffer_append_text(out, "not probed yet");
    return;
  }
  buffer_append_text(out, "<code>");
  escape_html(out, verdict->reason);
  buffer_append_text(out, "</code>");
  append_paragraph(out, "", verdict->explanation);
  append_paragraph(out, "<strong>What to do:</strong> ", verdict->remedy);
  if (verdict->proxy_policy != NULL) {
    buffer_append_text(out, "<details><summary>Policy for the proxy</summary><pre>");
    escape_lines(out, "", verdict->proxy_policy, escape_html);
    buffer_append_text(out, "</pre></details>");
  }
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
  append_time(out, route->snapshot.last_change_ns);
}

static void append_last_probe(struct buffer *out, const struct route_view *route)
{
  append_time(out, route->snapshot.last_probe_ns);
}

/* The first one is the row's heading. */
static const struct column {
  const char *title;
  void (*append)(struct buffer *out, const struct route_view *route);
} columns[] = {
    {"Target", append_target},       {"Route", append_route},
    {"Verdict", append_verdict},     {"Reason", append_reason},
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
  buffer_append_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                          "<meta name=\"viewport\" content=\"width=device-width,"
                          "initial-scale=1\">\n<title>");
  if (counts->conditions[CONDITION_FAULT] > 0) {
    buffer_append_format(out, "%zu at fault - ", counts->conditions[CONDITION_FAULT]);
  }
  buffer_append_format(out, "mtls_exporter</title>\n<style>%s</style>\n</head>\n", style_sheet);
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
  append_time(out, clock_wall_ns());
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
