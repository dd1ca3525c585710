/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evidence.h"

#include "base/clock.h"
#include "terminal.h"

enum { ISSUERS_SHOWN = 5, SECONDS_PER_DAY = 86400, PROBLEM_LIMIT_BYTES = 64 * 1024 };

/* The probe whose steps are shown: the main one or, where it was not made, another. */
static const struct observation *find_shown(const struct route_view *route)
{
  const struct observation *shown = view_main(route);
  for (size_t i = 0; shown == NULL && i < PRESENTED_COUNT; i++) {
    shown = route->snapshot.observations[i];
  }
  return shown;
}

static bool failed_in(const struct observation *observation, enum phase phase)
{
  return observation->ended_in == phase;
}

static void append_failure(struct buffer *out, const struct observation *observation)
{
  buffer_append_text(out, "failed: ");
  view_append_problem(out, observation);
}

static void append_client_certificate(struct buffer *out, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  if (verdict == NULL) {
    return;
  }
  buffer_append_format(out, "requested %s", answer_word(verdict->requested));
  const char *during = requested_during_name(verdict->requested_during);
  if (verdict->requested_during > REQUESTED_HANDSHAKE && during != NULL) {
    buffer_append_format(out, " (%s)", during);
  }
  buffer_append_format(out, ", required %s", answer_word(verdict->required));
  buffer_append_format(out, ", accepted %s", answer_word(verdict->accepted));
  const char *by = accepted_by_name(verdict->accepted_by);
  if (verdict->accepted == ANSWER_YES && by != NULL) {
    buffer_append_format(out, " (%s)", by);
  }
  if (verdict->untrusted_accepted != ANSWER_UNKNOWN) {
    buffer_append_format(out, ", untrusted accepted %s", answer_word(verdict->untrusted_accepted));
  }
}

static void append_phase(struct buffer *out, const struct observation *observation,
                         enum phase phase, const char *before)
{
  if (observation->phase_ns[phase] >= 0) {
    buffer_append_text(out, before);
    append_duration(out, observation->phase_ns[phase]);
  }
}

static void append_connection(struct buffer *out, const struct route_view *route)
{
  const struct observation *observation = find_shown(route);
  if (observation == NULL) {
    return;
  }
  escape_terminal(out, observation->peer_address);
  if (failed_in(observation, PHASE_RESOLVE) || failed_in(observation, PHASE_CONNECT)) {
    buffer_append_text(out, observation->peer_address != NULL ? " " : "");
    append_failure(out, observation);
  }
  append_phase(out, observation, PHASE_RESOLVE,
               failed_in(observation, PHASE_RESOLVE) ? ", after " : ", resolved in ");
  append_phase(out, observation, PHASE_CONNECT,
               failed_in(observation, PHASE_CONNECT) ? ", after " : ", connected in ");
}

static void append_field(struct buffer *out, const char *name, const char *value)
{
  if (value != NULL && value[0] != '\0') {
    buffer_append_format(out, ", %s: ", name);
    escape_terminal(out, value);
  }
}

static void append_connect(struct buffer *out, const struct route_view *route)
{
  const struct observation *observation = find_shown(route);
  if (observation == NULL || !observation->tunnel.tried ||
      observation->phase_ns[PHASE_TUNNEL] < 0) {
    return;
  }
  const struct tunnel_observation *tunnel = &observation->tunnel;
  if (tunnel->connect_status != 0) {
    buffer_append_format(out, "%d ", tunnel->connect_status);
    escape_terminal(out, tunnel->reason_phrase);
  } else {
    append_failure(out, observation);
  }
  append_phase(out, observation, PHASE_TUNNEL, ", in ");
  append_field(out, "Via", tunnel->via);
  append_field(out, "Proxy-Authenticate", tunnel->proxy_authenticate);
  append_field(out, "Proxy-Status", tunnel->proxy_status);
  append_field(out, "X-Squid-Error", tunnel->x_squid_error);
}

static void append_tunnel(struct buffer *out, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  if (verdict != NULL && route->route->proxy != NULL &&
      tunnel_state_name(verdict->tunnel) != NULL) {
    buffer_append_text(out, tunnel_state_name(verdict->tunnel));
  }
}

static void append_starttls(struct buffer *out, const struct route_view *route)
{
  const struct observation *observation = find_shown(route);
  if (observation == NULL || !observation->starttls.tried) {
    return;
  }
  if (failed_in(observation, PHASE_STARTTLS)) {
    append_failure(out, observation);
  } else {
    buffer_append_text(out, "go-ahead");
  }
  append_phase(out, observation, PHASE_STARTTLS, ", in ");
}

static void append_item(struct buffer *out, const char *before, const char *text)
{
  if (text != NULL && text[0] != '\0') {
    buffer_append_text(out, before);
    escape_terminal(out, text);
  }
}

static void append_tls(struct buffer *out, const struct route_view *route)
{
  const struct tls_observation *tls = view_tls(route);
  const struct observation *observation = find_shown(route);
  if (tls == NULL || observation == NULL) {
    return;
  }
  append_item(out, "", tls_version_name(tls->version));
  append_item(out, ", ", tls->cipher);
  append_item(out, ", ", tls->group);
  append_item(out, ", ALPN ", tls->alpn);
  append_phase(out, observation, PHASE_HANDSHAKE, ", handshake ");
}

static void append_expiry(struct buffer *out, int64_t not_after)
{
  char date[ISO_TIME_BYTES];
  format_iso_time(not_after, date);
  int64_t left = not_after - clock_wall_ns() / NS_PER_SECOND;
  long long days = (long long)((left < 0 ? -left : left) / SECONDS_PER_DAY);
  buffer_append_format(out,
                       left < 0 ? "; expired %.10s (%lld days ago)" //
                                : "; expires %.10s (in %lld days)",
                       date, days);
}

static void append_server_certificate(struct buffer *out, const struct route_view *route)
{
  const struct tls_observation *tls = view_server_chain(route);
  if (tls == NULL) {
    return;
  }
  switch (tls->verification) {
  case VERIFICATION_NOT_DONE:
    break;
  case VERIFICATION_OK:
    buffer_append_text(out, "verified: ");
    break;
  case VERIFICATION_UNTRUSTED:
  case VERIFICATION_EXPIRED:
  case VERIFICATION_NOT_YET_VALID:
  case VERIFICATION_NAME_MISMATCH:
    buffer_append_format(out, "NOT VERIFIED, %s: ", verification_name(tls->verification));
    break;
  }
  escape_terminal(out, tls->chain[0].subject);
  append_item(out, ", issued by ", tls->chain[0].issuer);
  append_expiry(out, tls->chain[0].not_after);
}

static void append_acceptable_issuers(struct buffer *out, const struct route_view *route)
{
  const struct tls_observation *tls = view_certificate_request(route);
  if (tls == NULL) {
    return;
  }
  if (tls->acceptable_issuers_listed == 0) {
    buffer_append_text(out, "none listed: any issuer may do");
    return;
  }
  size_t shown = tls->acceptable_issuer_count;
  shown = shown > ISSUERS_SHOWN ? ISSUERS_SHOWN : shown;
  for (size_t i = 0; i < shown; i++) {
    append_item(out, i > 0 ? "; " : "", tls->acceptable_issuers[i]);
  }
  if (tls->acceptable_issuers_listed > shown) {
    buffer_append_format(out, "; and %zu more", tls->acceptable_issuers_listed - shown);
  }
}

const struct evidence_row evidence_rows[] = {
    {"client certificate", append_client_certificate},
    {"connection", append_connection},
    {"CONNECT", append_connect},
    {"tunnel", append_tunnel},
    {"STARTTLS", append_starttls},
    {"TLS", append_tls},
    {"server certificate", append_server_certificate},
    {"acceptable issuers", append_acceptable_issuers},
};
const size_t evidence_row_count = sizeof(evidence_rows) / sizeof(evidence_rows[0]);

const char *evidence_describe_sent(const struct observation *observation)
{
  if (observation->withheld) {
    return "withheld, because the peer did not verify";
  }
  switch (observation->tls.certificate_sent) {
  case CERTIFICATE_SENT_CHAIN:
    return observation->presented == PRESENTED_UNTRUSTED ? "look-alike sent" : "certificate sent";
  case CERTIFICATE_SENT_EMPTY:
    return "no certificate sent";
  case CERTIFICATE_SENT_NOTHING:
    break;
  }
  if (observation->tls.requested_during == REQUESTED_RENEGOTIATION) {
    return "asked to renegotiate, which this program cannot";
  }
  return observation->tls.handshake_complete ? "not asked for a certificate" : NULL;
}

/* How a probe ended that was not done: "received alert 48 unknown_ca (handshake)". */
static void append_end(struct buffer *out, const struct observation *observation)
{
  struct buffer problem;
  buffer_init(&problem, PROBLEM_LIMIT_BYTES);
  view_append_problem(&problem, observation);
  bool known = problem.length > 0;
  buffer_append_format(out, known ? "%s (%s)" : "%sended in %s", buffer_text(&problem),
                       phase_name(observation->ended_in));
  inherit_failure(out, &problem);
  buffer_deinit(&problem);
}

static void append_outcome(struct buffer *out, const struct observation *observation)
{
  bool done = observation->ended_in == PHASE_DONE;
  if (observation->http.status != 0) {
    buffer_append_format(out, "HTTP %d", observation->http.status);
    append_item(out, " from ", observation->http.server);
    buffer_append_text(out, done ? "" : "; ");
  } else if (observation->service.reply.kind != REPLY_NONE) {
    append_item(out, "answered ", observation->service.reply.code);
    append_item(out, " ", observation->service.reply.text);
  } else if (done) {
    buffer_append_text(out, "no objection within the settle time");
  }
  if (!done) {
    append_end(out, observation);
  }
}

void evidence_append_probe(struct buffer *out, const struct observation *observation)
{
  const char *sent = evidence_describe_sent(observation);
  if (sent != NULL) {
    buffer_append_format(out, "%s; ", sent);
  }
  append_outcome(out, observation);
  buffer_append_text(out, "; ");
  append_duration(out, observation->duration_ns);
}
