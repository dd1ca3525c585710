/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/clock.h"
#include "evidence.h"
#include "html_parts.h"
#include "terminal.h"

enum { ADDRESS_BYTES = 4096, CELL_LIMIT_BYTES = 256 * 1024, ISSUERS_SHOWN = 20 };

/* ---- the steps of one connection, each one cell of clean text ---------------------------- */

static void step_name(struct buffer *out, const struct observation *observation)
{
  buffer_append_text(out, observation->resolve_error != NULL  ? observation->resolve_error
                          : observation->peer_address != NULL ? observation->peer_address
                                                              : "");
}

static void step_connect(struct buffer *out, const struct observation *observation)
{
  if (observation->phase_ns[PHASE_CONNECT] < 0) {
    return;
  }
  if (observation->ended_in == PHASE_CONNECT) {
    view_append_problem(out, observation);
  } else {
    buffer_append_text(out, "connected");
  }
}

static void step_tunnel(struct buffer *out, const struct observation *observation)
{
  const struct tunnel_observation *tunnel = &observation->tunnel;
  if (tunnel->connect_status != 0) {
    buffer_append_format(out, "%d ", tunnel->connect_status);
    buffer_append_text(out, tunnel->reason_phrase != NULL ? tunnel->reason_phrase : "");
  } else if (observation->ended_in == PHASE_TUNNEL) {
    view_append_problem(out, observation);
  }
}

static void step_starttls(struct buffer *out, const struct observation *observation)
{
  if (observation->ended_in == PHASE_STARTTLS) {
    view_append_problem(out, observation);
  } else if (observation->starttls.tried) {
    buffer_append_text(out, "go-ahead");
  }
}

static void step_tls(struct buffer *out, const struct observation *observation)
{
  const struct tls_observation *tls = &observation->tls;
  const char *const items[] = {tls_version_name(tls->version), tls->cipher, tls->group, tls->alpn};
  size_t begin = out->length;
  for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
    if (items[i] != NULL && items[i][0] != '\0') {
      buffer_append_text(out, out->length > begin ? ", " : "");
      buffer_append_text(out, items[i]);
    }
  }
  if (out->length == begin && tls->client_hello_sent) {
    buffer_append_text(out, "ClientHello sent, no ServerHello came");
  }
}

static void step_server_certificate(struct buffer *out, const struct observation *observation)
{
  const struct tls_observation *tls = &observation->tls;
  if (tls->chain_length == 0) {
    return;
  }
  const struct certificate *leaf = &tls->chain[0];
  buffer_append_format(out, "%s issued by %s, SPKI %.16s..",
                       leaf->subject != NULL ? leaf->subject : "unreadable",
                       leaf->issuer != NULL ? leaf->issuer : "?", leaf->spki_sha256);
  buffer_append_format(out, "; %s",
                       tls->verification_text != NULL         ? tls->verification_text
                       : tls->verification == VERIFICATION_OK ? "verified"
                                                              : "not verified");
}

/* In TLS 1.3 the request comes before the server's own certificate: RFC 8446 section 2. */
static bool request_is_past(const struct tls_observation *tls)
{
  return tls->handshake_complete || (tls->version == TLS_VERSION_1_3 && tls->chain_length > 0);
}

static void step_request(struct buffer *out, const struct observation *observation)
{
  const struct tls_observation *tls = &observation->tls;
  const char *during = requested_during_name(tls->requested_during);
  if (during == NULL) {
    buffer_append_text(out, request_is_past(tls) ? "no certificate asked for" : "");
    return;
  }
  if (tls->requested_during == REQUESTED_RENEGOTIATION) {
    buffer_append_text(out, "HelloRequest: the server wants to renegotiate");
    return;
  }
  buffer_append_format(out, "certificate asked for (%s)", during);
  if (!tls->certificate_request_read) {
    return;
  }
  buffer_append_format(out, ", %zu CA name%s", tls->acceptable_issuers_listed,
                       tls->acceptable_issuers_listed == 1 ? "" : "s");
  for (size_t i = 0; i < tls->acceptable_issuer_count && i < ISSUERS_SHOWN; i++) {
    buffer_append_text(out, i == 0 ? ": " : "; ");
    buffer_append_text(out, tls->acceptable_issuers[i]);
  }
}

static void step_sent(struct buffer *out, const struct observation *observation)
{
  const char *sent = evidence_describe_sent(observation);
  buffer_append_text(out, sent != NULL ? sent : "");
}

static void step_alert(struct buffer *out, const struct observation *observation)
{
  const struct tls_observation *tls = &observation->tls;
  if (tls->alert_received != ALERT_NONE) {
    buffer_append_format(out, "received %s (%d)", alert_name(tls->alert_received),
                         tls->alert_received);
  } else if (tls->server_hello_received) {
    buffer_append_text(out, "none");
  }
}

static void step_http(struct buffer *out, const struct observation *observation)
{
  const struct http_observation *http = &observation->http;
  if (http->status == 0) {
    return;
  }
  buffer_append_format(out, "%d", http->status);
  if (http->server != NULL) {
    buffer_append_format(out, ", Server: %s", http->server);
  }
  if (http->via != NULL) {
    buffer_append_format(out, ", Via: %s", http->via);
  }
}

static void step_reply(struct buffer *out, const struct observation *observation)
{
  view_append_reply(out, &observation->service.reply);
}

static void step_end(struct buffer *out, const struct observation *observation)
{
  if (observation->ended_in == PHASE_DONE) {
    buffer_append_text(out, "done");
    return;
  }
  buffer_append_format(out, "ended in %s: ", phase_name(observation->ended_in));
  view_append_problem(out, observation);
}

enum whose { OF_ALL, OF_STARTTLS, OF_OTHERS }; /* which protocols have the step */

/* In the order of the wire. compared: a proxy that only tunnels changes nothing of it. */
static const struct step {
  const char *title;
  void (*append)(struct buffer *out, const struct observation *observation);
  enum phase phase; /* whose time it took; PHASE_DONE: of none, or of all */
  bool compared;
  enum whose whose;
} steps[] = {
    {"Name and address", step_name, PHASE_RESOLVE, false, OF_ALL},
    {"TCP", step_connect, PHASE_CONNECT, false, OF_ALL},
    {"CONNECT", step_tunnel, PHASE_TUNNEL, false, OF_ALL},
    {"STARTTLS", step_starttls, PHASE_STARTTLS, true, OF_STARTTLS},
    {"TLS handshake", step_tls, PHASE_HANDSHAKE, true, OF_ALL},
    {"Server certificate", step_server_certificate, PHASE_DONE, true, OF_ALL},
    {"Certificate request", step_request, PHASE_DONE, true, OF_ALL},
    {"Our answer", step_sent, PHASE_DONE, true, OF_ALL},
    {"Late alert", step_alert, PHASE_SETTLE, true, OF_ALL},
    {"Reply", step_reply, PHASE_REQUEST, true, OF_STARTTLS},
    {"HTTP", step_http, PHASE_REQUEST, true, OF_OTHERS},
    {"End", step_end, PHASE_DONE, true, OF_ALL},
};
enum { STEP_COUNT = sizeof(steps) / sizeof(steps[0]) };

/* ---- the table of one kind of probe, route beside route ----------------------------------- */

static void make_cell(struct buffer *text, const struct step *step,
                      const struct observation *observation)
{
  buffer_init(text, CELL_LIMIT_BYTES);
  if (observation == NULL) {
    buffer_append_text(text, "not probed");
  } else {
    step->append(text, observation);
  }
}

static const struct observation *direct_observation(const struct view *view, size_t presented)
{
  for (size_t i = 0; i < view->route_count; i++) {
    if (view->routes[i].route->proxy == NULL) {
      return view->routes[i].snapshot.observations[presented];
    }
  }
  return NULL;
}

/* What a tunnel should have left as it is, and is not as on the direct route; not what the
 * connection never came to. */
static bool differs(const struct step *step, const struct buffer *text,
                    const struct observation *direct)
{
  if (!step->compared || direct == NULL || text->length == 0) {
    return false;
  }
  struct buffer other;
  make_cell(&other, step, direct);
  bool same = strcmp(buffer_text(text), buffer_text(&other)) == 0;
  buffer_deinit(&other);
  return !same;
}

static int64_t step_duration_ns(const struct step *step, const struct observation *observation)
{
  bool last = step == &steps[STEP_COUNT - 1];
  return last                       ? observation->duration_ns
         : step->phase < PHASE_DONE ? observation->phase_ns[step->phase]
                                    : -1;
}

static void write_cell(struct buffer *out, const struct step *step, const struct route_view *route,
                       const struct observation *observation, const struct observation *direct)
{
  struct buffer text;
  make_cell(&text, step, observation);
  bool marked = observation != NULL && observation != direct && differs(step, &text, direct);
  buffer_append_text(out, marked ? "<td role=\"cell\" class=\"differs\" data-label=\""
                                 : "<td role=\"cell\" data-label=\"");
  escape_html(out, route->route->name);
  buffer_append_text(out, "\">");
  escape_html(out, text.length > 0 ? buffer_text(&text) : "-");
  if (observation != NULL && step_duration_ns(step, observation) >= 0) {
    buffer_append_text(out, "<small>");
    append_duration(out, step_duration_ns(step, observation));
    buffer_append_text(out, "</small>");
  }
  buffer_append_text(out, marked ? "<small>not as on the direct route</small></td>" : "</td>");
  inherit_failure(out, &text);
  buffer_deinit(&text);
}

static bool was_presented(const struct view *view, size_t presented)
{
  for (size_t i = 0; i < view->route_count; i++) {
    if (view->routes[i].snapshot.observations[presented] != NULL) {
      return true;
    }
  }
  return false;
}

static bool has_step(enum protocol protocol, const struct step *step)
{
  switch (step->whose) {
  case OF_ALL:
    break;
  case OF_STARTTLS:
    return protocol_has_starttls(protocol);
  case OF_OTHERS:
    return !protocol_has_starttls(protocol);
  }
  return true;
}

static void write_steps(struct buffer *out, const struct view *view, size_t presented)
{
  static const char *const titles[PRESENTED_COUNT] = {
      [PRESENTED_CLIENT] = "Presenting our certificate",
      [PRESENTED_NONE] = "Presenting none",
      [PRESENTED_UNTRUSTED] = "Presenting an untrusted look-alike",
  };
  const struct observation *direct = direct_observation(view, presented);
  buffer_append_format(out,
                       "<section>\n<h3>%s</h3>\n<table role=\"table\" class=\"steps\">\n"
                       "<caption>In the order of the wire, each with the time it took; marked is "
                       "what is not as on the direct route.</caption>\n"
                       "<thead role=\"rowgroup\">\n<tr role=\"row\">"
                       "<th role=\"columnheader\" scope=\"col\">Step</th>",
                       titles[presented]);
  for (size_t i = 0; i < view->route_count; i++) {
    buffer_append_text(out, "<th role=\"columnheader\" scope=\"col\">");
    escape_html(out, view->routes[i].route->name);
    buffer_append_text(out, "</th>");
  }
  buffer_append_text(out, "</tr>\n</thead>\n<tbody role=\"rowgroup\">\n");
  for (size_t s = 0; s < STEP_COUNT; s++) {
    if (!has_step(view->routes[0].target->probe.protocol, &steps[s])) {
      continue;
    }
    buffer_append_format(out, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">%s</th>",
                         steps[s].title);
    for (size_t i = 0; i < view->route_count; i++) {
      const struct route_view *route = &view->routes[i];
      write_cell(out, &steps[s], route, route->snapshot.observations[presented], direct);
    }
    buffer_append_text(out, "</tr>\n");
  }
  buffer_append_text(out, "</tbody>\n</table>\n</section>\n");
}

/* ---- the verdicts -------------------------------------------------------------------------- */

static void write_facts(struct buffer *out, const struct route_view *route)
{
  buffer_append_text(out, "<dl>\n");
  for (size_t i = 0; i < evidence_row_count; i++) {
    struct buffer value;
    buffer_init(&value, CELL_LIMIT_BYTES);
    evidence_rows[i].append(&value, route);
    if (value.length > 0) {
      buffer_append_format(out, "<dt>%s</dt><dd>", evidence_rows[i].label);
      escape_html(out, buffer_text(&value));
      buffer_append_text(out, "</dd>\n");
    }
    inherit_failure(out, &value);
    buffer_deinit(&value);
  }
  buffer_append_text(out, "</dl>\n");
}

static void write_changes(struct buffer *out, const struct diagnosis_history *history)
{
  if (history->count < 2) {
    return;
  }
  buffer_append_text(out, "<h4>Last changes</h4>\n<ol class=\"changes\">\n");
  for (size_t i = 0; i + 1 < history->count; i++) {
    buffer_append_text(out, "<li>");
    html_time(out, history->diagnoses[i].since_ns);
    buffer_append_text(out, ": ");
    html_change(out, &history->diagnoses[i + 1], &history->diagnoses[i]);
    buffer_append_text(out, "</li>\n");
  }
  buffer_append_text(out, "</ol>\n");
}

static void write_route(struct buffer *out, const struct route_view *route,
                        const struct diagnosis_history *history)
{
  buffer_append_text(out, "<section>\n<h3>");
  escape_html(out, route->route->name);
  buffer_append_text(out, ": ");
  html_verdict(out, route);
  buffer_append_text(out, "</h3>\n");
  html_reason(out, route);
  html_policy(out, route);
  buffer_append_text(out, "<p>Since ");
  html_time(out, route->snapshot.last_change_ns);
  buffer_append_text(out, ", last probe ");
  html_time(out, route->snapshot.last_probe_ns);
  buffer_append_format(out, ", %llu changes of the diagnosis since start.</p>\n",
                       (unsigned long long)route->snapshot.diagnosis_changes);
  write_facts(out, route);
  write_changes(out, history);
  buffer_append_text(out, "</section>\n");
}

static void write_page(struct buffer *out, struct store *store, const struct view *view)
{
  const struct target *target = view->routes[0].target;
  char address[ADDRESS_BYTES];
  target_address(target, address, sizeof(address));
  buffer_append_text(out, "<body>\n" HTML_SKIP_LINK
                          "<header>\n<nav aria-label=\"Pages\"><a href=\"/\">All targets"
                          "</a></nav>\n<h1>");
  escape_html(out, target->name);
  buffer_append_text(out, "</h1>\n<p>");
  escape_html(out, address);
  buffer_append_text(out, "</p>\n</header>\n<main id=\"main\">\n<h2>Verdict</h2>\n");
  for (size_t i = 0; i < view->route_count; i++) {
    struct diagnosis_history history;
    store_read_history(store, view->routes[i].target_index, i, &history);
    write_route(out, &view->routes[i], &history);
  }
  buffer_append_text(out, "<h2>The connections, step by step</h2>\n");
  for (size_t presented = 0; presented < PRESENTED_COUNT; presented++) {
    if (was_presented(view, presented)) {
      write_steps(out, view, presented);
    }
  }
  buffer_append_text(out, "</main>\n</body>\n</html>\n");
}

bool report_target_html(struct store *store, const char *name, struct buffer *out)
{
  const struct settings *settings = store_settings(store);
  for (size_t i = 0; i < settings->target_count; i++) {
    struct view view;
    if (strcmp(settings->targets[i].name, name) != 0) {
      continue;
    }
    if (view_init(&view, store, i, 1, out) == STATUS_OK) {
      html_head(out, name);
      write_page(out, store, &view);
      view_deinit(&view);
    }
    return true;
  }
  return false;
}
