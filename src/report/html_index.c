/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "html_parts.h"
#include "listing.h"

enum { ADDRESS_BYTES = 4096, LABEL_LIMIT_BYTES = 64 * 1024, CHANGES_SHOWN = 10 };

/* ---- ways to other parts of the list ------------------------------------------------------ */

static void append_parameter(struct buffer *out, size_t begin, const char *name, const char *value)
{
  if (value != NULL && value[0] != '\0') {
    buffer_append_format(out, "%s%s=", out->length == begin ? "?" : "&amp;", name);
    html_percent_encoded(out, value);
  }
}

/* "/?text=api&amp;sort=since": what leads to the list that this query asks for. */
static void append_way(struct buffer *out, const struct index_query *query)
{
  buffer_append_char(out, '/');
  size_t begin = out->length;
  append_parameter(out, begin, "text", query->text);
  append_parameter(out, begin, "fault", query->fault);
  append_parameter(out, begin, "label", query->label);
  append_parameter(out, begin, "sort", query->sort);
  append_parameter(out, begin, "order", query->order);
  append_parameter(out, begin, "page", query->page);
}

static void append_link(struct buffer *out, const struct index_query *query, const char *text)
{
  buffer_append_text(out, "<a href=\"");
  append_way(out, query);
  buffer_append_text(out, "\">");
  escape_html(out, text);
  buffer_append_text(out, "</a>");
}

/* ---- the cells of a route ------------------------------------------------------------------ */

static void append_labels(struct buffer *out, const struct target *target)
{
  for (size_t i = 0; i < target->label_count; i++) {
    struct buffer label;
    buffer_init(&label, LABEL_LIMIT_BYTES);
    buffer_append_text(&label, target->labels[i].name);
    buffer_append_char(&label, '=');
    buffer_append_text(&label, target->labels[i].value);
    buffer_append_text(out, i == 0 ? "<small>" : " ");
    append_link(out, &(struct index_query){.label = buffer_text(&label)}, buffer_text(&label));
    inherit_failure(out, &label);
    buffer_deinit(&label);
  }
  buffer_append_text(out, target->label_count > 0 ? "</small>" : "");
}

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
  append_labels(out, route->target);
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
} columns[SORT_COUNT] = {
    [SORT_TARGET] = {"Target", append_target},
    [SORT_ROUTE] = {"Route", append_route},
    [SORT_VERDICT] = {"Verdict", html_verdict},
    [SORT_REASON] = {"Reason", html_reason},
    [SORT_REQUESTED] = {"Requested", append_requested},
    [SORT_REQUIRED] = {"Required", append_required},
    [SORT_ACCEPTED] = {"Accepted", append_accepted},
    [SORT_TUNNEL] = {"Tunnel", append_tunnel},
    [SORT_SINCE] = {"Since", append_since},
    [SORT_PROBED] = {"Last probe", append_last_probe},
};

static void write_cells(struct buffer *out, const struct route_view *route)
{
  buffer_append_text(out, "<tr role=\"row\">\n<th role=\"rowheader\" scope=\"row\">");
  columns[0].append(out, route);
  buffer_append_text(out, "</th>\n");
  for (size_t i = 1; i < SORT_COUNT; i++) {
    buffer_append_format(out, "<td role=\"cell\" data-label=\"%s\">", columns[i].title);
    columns[i].append(out, route);
    buffer_append_text(out, "</td>\n");
  }
  buffer_append_text(out, "</tr>\n");
}

/* Only what is shown is read in full. */
static void write_row(struct buffer *out, struct store *store, const struct listed *listed)
{
  struct route_view route = {
      .target_index = listed->target_index, .target = listed->target, .route = listed->route};
  store_read_route(store, listed->target_index, listed->route_index, &route.snapshot);
  write_cells(out, &route);
  route_snapshot_deinit(&route.snapshot);
}

/* A column's title leads to the list sorted by it, the other way round where it already is. */
static void write_column_head(struct buffer *out, const struct index_query *query,
                              const struct listing *listing, enum listing_sort sort)
{
  bool sorted = listing->sort == sort;
  struct index_query other = *query;
  other.sort = listing_sort_name(sort);
  other.order = sorted && !listing->descending ? "desc" : "asc";
  other.page = NULL;
  buffer_append_text(out, "<th role=\"columnheader\" scope=\"col\"");
  buffer_append_text(out, !sorted               ? ">"
                          : listing->descending ? " aria-sort=\"descending\">"
                                                : " aria-sort=\"ascending\">");
  append_link(out, &other, columns[sort].title);
  buffer_append_text(out, "</th>");
}

static void write_table(struct buffer *out, struct store *store, const struct index_query *query,
                        const struct listing *listing)
{
  buffer_append_text(out, "<table role=\"table\">\n<caption>Targets on their routes, faults first "
                          "unless sorted otherwise; a column's title sorts by it. Requested, "
                          "required and accepted speak of the client certificate.</caption>\n"
                          "<thead role=\"rowgroup\">\n<tr role=\"row\">");
  for (int i = 0; i < SORT_COUNT; i++) {
    write_column_head(out, query, listing, (enum listing_sort)i);
  }
  buffer_append_text(out, "</tr>\n</thead>\n<tbody role=\"rowgroup\">\n");
  const struct listed *shown;
  size_t count = listing_shown(listing, &shown);
  for (size_t i = 0; i < count; i++) {
    write_row(out, store, &shown[i]);
  }
  buffer_append_text(out, "</tbody>\n</table>\n");
}

static void write_page_link(struct buffer *out, const struct index_query *query, size_t page,
                            const char *text)
{
  char number[32];
  (void)snprintf(number, sizeof(number), "%zu", page);
  struct index_query other = *query;
  other.page = number;
  buffer_append_text(out, "<li>");
  append_link(out, &other, text);
  buffer_append_text(out, "</li>\n");
}

static void write_pages(struct buffer *out, const struct index_query *query,
                        const struct listing *listing)
{
  if (listing->page_count == 1) {
    return;
  }
  buffer_append_text(out, "<nav aria-label=\"Parts of the list\">\n<ul>\n");
  if (listing->page > 1) {
    write_page_link(out, query, 1, "First");
    write_page_link(out, query, listing->page - 1, "Previous");
  }
  buffer_append_format(out, "<li>Page %zu of %zu</li>\n", listing->page, listing->page_count);
  if (listing->page < listing->page_count) {
    write_page_link(out, query, listing->page + 1, "Next");
    write_page_link(out, query, listing->page_count, "Last");
  }
  buffer_append_text(out, "</ul>\n</nav>\n");
}

/* ---- the choice ---------------------------------------------------------------------------- */

static void write_text_field(struct buffer *out, const char *name, const char *label,
                             const char *value, const char *hint)
{
  buffer_append_format(out, "<label>%s <input name=\"%s\" placeholder=\"%s\" value=\"", label, name,
                       hint);
  escape_html(out, value);
  buffer_append_text(out, "\"></label>\n");
}

static void write_option(struct buffer *out, const char *chosen, const char *value,
                         const char *text)
{
  bool selected = chosen != NULL && strcmp(chosen, value) == 0;
  buffer_append_format(out, "<option value=\"%s\"%s>%s</option>\n", value,
                       selected ? " selected" : "", text);
}

static void write_fault_field(struct buffer *out, const char *chosen)
{
  buffer_append_text(out, "<label>Verdict <select name=\"fault\">\n");
  write_option(out, chosen, "", "every");
  write_option(out, chosen, "any", "any fault");
  for (int fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
    char text[32];
    (void)snprintf(text, sizeof(text), "fault: %s", fault_name((enum fault)fault));
    write_option(out, chosen, fault_name((enum fault)fault), text);
  }
  write_option(out, chosen, "waiting", "waiting");
  write_option(out, chosen, fault_name(FAULT_NONE), "ok");
  buffer_append_text(out, "</select></label>\n");
}

static void write_hidden(struct buffer *out, const char *name, const char *value)
{
  if (value != NULL) {
    buffer_append_format(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    escape_html(out, value);
    buffer_append_text(out, "\">\n");
  }
}

static void write_form(struct buffer *out, const struct index_query *query,
                       const struct listing *listing)
{
  buffer_append_text(out, "<form action=\"/\" method=\"get\" role=\"search\">\n");
  write_text_field(out, "text", "Text", query->text, "name, address, reason");
  write_fault_field(out, query->fault);
  write_text_field(out, "label", "Label", query->label, "team=payments");
  write_hidden(out, "sort", query->sort);
  write_hidden(out, "order", query->order);
  buffer_append_format(out,
                       "<button>Filter</button> <a href=\"/\">All</a>\n</form>\n"
                       "<p>%zu of %zu routes.</p>\n",
                       listing->route_count, listing->all_count);
}

/* ---- what changed ---------------------------------------------------------------------------- */

static void write_changes(struct buffer *out, const struct listing *listing)
{
  const struct listed *changed[CHANGES_SHOWN];
  size_t count = listing_changed(listing, changed, CHANGES_SHOWN);
  buffer_append_text(out, "<section>\n<h2>Recent changes</h2>\n");
  buffer_append_text(out, count > 0 ? "<ol class=\"changes\">\n"
                                    : "<p>No diagnosis has changed since start.</p>\n");
  for (size_t i = 0; i < count; i++) {
    buffer_append_text(out, "<li>");
    html_time(out, changed[i]->summary.now.since_ns);
    buffer_append_text(out, " <a href=\"");
    html_target_path(out, changed[i]->target->name);
    buffer_append_text(out, "\">");
    escape_html(out, changed[i]->target->name);
    buffer_append_text(out, "</a> ");
    escape_html(out, changed[i]->route->name);
    buffer_append_text(out, ": ");
    html_change(out, &changed[i]->summary.before, &changed[i]->summary.now);
    buffer_append_text(out, "</li>\n");
  }
  buffer_append_text(out, count > 0 ? "</ol>\n</section>\n" : "</section>\n");
}

/* ---- head and summary ------------------------------------------------------------------------ */

static void write_count(struct buffer *out, const char *css_class, size_t count, const char *word,
                        const char *fault)
{
  if (count > 0) {
    char text[64];
    (void)snprintf(text, sizeof(text), "%zu %s", count, word);
    buffer_append_format(out, "<li class=\"%s\">", css_class);
    append_link(out, &(struct index_query){.fault = fault}, text);
    buffer_append_text(out, "</li>\n");
  }
}

static void write_summary(struct buffer *out, const struct listing *listing, size_t target_count)
{
  buffer_append_format(out, "<ul aria-label=\"Summary\">\n<li>%zu targets, %zu routes</li>\n",
                       target_count, listing->all_count);
  for (int fault = 0; fault < FAULT_COUNT; fault++) {
    const char *name = fault_name((enum fault)fault);
    char word[32];
    (void)snprintf(word, sizeof(word), "fault: %s", name);
    write_count(out, "fault", listing->faults[fault], word, name);
  }
  write_count(out, "waiting", listing->conditions[CONDITION_WAITING], "waiting", "waiting");
  write_count(out, "ok", listing->conditions[CONDITION_OK], "ok", fault_name(FAULT_NONE));
  buffer_append_text(out, "</ul>\n");
}

static void write_head(struct buffer *out, const struct listing *listing)
{
  char title[64] = "";
  if (listing->conditions[CONDITION_FAULT] > 0) {
    (void)snprintf(title, sizeof(title), "%zu at fault", listing->conditions[CONDITION_FAULT]);
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
                       const char *telemetry_path, const struct index_query *query,
                       struct buffer *out)
{
  struct listing listing;
  if (listing_init(&listing, store, query, out) != STATUS_OK) {
    return;
  }
  write_head(out, &listing);
  buffer_append_text(out, "<body>\n" HTML_SKIP_LINK);
  write_header(out, exporter, telemetry_path);
  buffer_append_text(out, "<main id=\"main\">\n");
  write_summary(out, &listing, store_settings(store)->target_count);
  write_form(out, query, &listing);
  write_table(out, store, query, &listing);
  write_pages(out, query, &listing);
  write_changes(out, &listing);
  buffer_append_text(out, "</main>\n</body>\n</html>\n");
  listing_deinit(&listing);
}
