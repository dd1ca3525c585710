/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evidence.h"

#include <errno.h>
#include <string.h>

/* ---- how a probe ended ----------------------------------------------------------------- */

/* Alerts (IANA TLS Alerts) that do not speak of certificates: protocol_version, internal_error,
 * user_canceled (JSSE's normal close), unrecognized_name, no_application_protocol. */
static bool alert_tells_nothing(int alert)
{
  return alert == 70 || alert == 80 || alert == 90 || alert == 112 || alert == 120;
}

/* Alert, close or reset; not our deadline, not our own refusal to go on. */
static bool ended_by_peer(const struct tls_observation *tls)
{
  return tls->alert_received != ALERT_NONE || tls->ending != ENDING_NONE;
}

bool renegotiation_is_unanswered(const struct tls_observation *tls)
{
  return tls->requested_during == REQUESTED_RENEGOTIATION &&
         tls->certificate_sent == CERTIFICATE_SENT_NOTHING;
}

static bool certificate_was_due(const struct tls_observation *tls)
{
  /* where we could not renegotiate nothing of ours was judged */
  return tls->requested_during != REQUESTED_NOT && !renegotiation_is_unanswered(tls);
}

/* Ended by the peer once our Certificate was due, without a word of its own protocol. */
static bool cut_off(const struct observation *observation)
{
  return observation->ended_in >= PHASE_HANDSHAKE && observation->ended_in < PHASE_DONE &&
         !observation->timed_out && !observation->http.malformed && observation->http.status == 0 &&
         !observation->service.malformed && certificate_was_due(&observation->tls) &&
         ended_by_peer(&observation->tls);
}

static bool expected(const struct target *target, const struct observation *observation)
{
  return observation->http.status > 0 &&
         http_status_expected(&target->probe.http, (unsigned)observation->http.status);
}

/* Admitted or refused beyond doubt, without looking at the other probe. */
static bool plainly_admitted(const struct target *target, const struct observation *observation)
{
  if (observation == NULL || observation->withheld) {
    return false;
  }
  if (observation->http.status > 0) {
    return expected(target, observation) && !refusal_by_text(&observation->http);
  }
  return observation->ended_in == PHASE_DONE && observation->service.reply.kind != REPLY_NEGATIVE;
}

static bool plainly_refused(const struct target *target, const struct observation *observation)
{
  if (observation == NULL || observation->withheld) {
    return false;
  }
  return refusal_by_text(&observation->http) || refusal_by_reply(target, observation) ||
         (cut_off(observation) && !alert_tells_nothing(observation->tls.alert_received));
}

/* Statuses that servers and gateways give to a certificate they do not like, whatever the text. */
static bool status_is_suspect(int status)
{
  return status == 400 || status == 401 || status == 403 || status == 495 || status == 496;
}

static enum outcome http_outcome(const struct target *target, const struct observation *observation,
                                 const struct observation *other)
{
  int status = observation->http.status;
  if (refusal_by_text(&observation->http)) {
    return OUTCOME_REFUSED;
  }
  if (expected(target, observation)) {
    return OUTCOME_ADMITTED;
  }
  if (status >= 400 && status <= 499 && certificate_was_due(&observation->tls) &&
      plainly_admitted(target, other)) {
    return OUTCOME_REFUSED;
  }
  /* it got past the gate that stopped the other */
  return plainly_refused(target, other) && !status_is_suspect(status) ? OUTCOME_ADMITTED
                                                                      : OUTCOME_UNKNOWN;
}

/* There was a reply over TLS, in a protocol other than HTTP. */
static enum outcome service_outcome(const struct target *target,
                                    const struct observation *observation,
                                    const struct observation *other)
{
  if (refusal_by_reply(target, observation)) {
    return OUTCOME_REFUSED;
  }
  if (observation->service.reply.kind != REPLY_NEGATIVE) {
    return OUTCOME_ADMITTED; /* also where a password is asked for: that gate comes after */
  }
  if (certificate_was_due(&observation->tls) && plainly_admitted(target, other)) {
    return OUTCOME_REFUSED;
  }
  /* It got past the gate that stopped the other. Not so without a certificate: TLS stops a bad one,
   * and the server's own "no" may be to the missing one (MySQL's 1045 is to either). */
  bool past_the_gate = observation->presented != PRESENTED_NONE && plainly_refused(target, other);
  return past_the_gate ? OUTCOME_ADMITTED : OUTCOME_UNKNOWN;
}

enum outcome outcome_of(const struct target *target, const struct observation *observation,
                        const struct observation *other)
{
  if (observation == NULL || observation->withheld) {
    return OUTCOME_UNKNOWN;
  }
  if (observation->http.status > 0) {
    return http_outcome(target, observation, other);
  }
  if (observation->service.reply.kind != REPLY_NONE) {
    return service_outcome(target, observation, other);
  }
  if (observation->ended_in == PHASE_DONE) {
    return OUTCOME_ADMITTED;
  }
  if (!cut_off(observation)) {
    return OUTCOME_UNKNOWN;
  }
  return plainly_refused(target, observation) || plainly_admitted(target, other) ? OUTCOME_REFUSED
                                                                                 : OUTCOME_UNKNOWN;
}

enum outcome main_outcome(const struct diagnosis_input *input)
{
  const struct observation *observation = main_observation(input);
  enum presented contrast =
      observation->presented == PRESENTED_NONE ? PRESENTED_CLIENT : PRESENTED_NONE;
  return outcome_of(input->target, observation, input->observations[contrast]);
}

/* ---- which probe saw it ---------------------------------------------------------------- */

const struct observation *main_of(const struct observation *const observations[PRESENTED_COUNT])
{
  const struct observation *ours = observations[PRESENTED_CLIENT];
  return ours != NULL ? ours : observations[PRESENTED_NONE];
}

const struct observation *main_observation(const struct diagnosis_input *input)
{
  return main_of(input->observations);
}

static bool leads_to_handshake(const struct observation *const observations[PRESENTED_COUNT])
{
  const struct observation *observation = main_of(observations);
  return observation != NULL && observation->ended_in >= PHASE_HANDSHAKE;
}

const struct observation *
certificate_observation(const struct observation *const observations[PRESENTED_COUNT])
{
  for (size_t p = 0; p < PRESENTED_COUNT && leads_to_handshake(observations); p++) {
    if (observations[p] != NULL && observations[p]->tls.chain_length > 0) {
      return observations[p];
    }
  }
  return NULL;
}

const struct tls_observation *
certificate_request(const struct observation *const observations[PRESENTED_COUNT])
{
  for (size_t p = 0; p < PRESENTED_COUNT && leads_to_handshake(observations); p++) {
    if (observations[p] != NULL && observations[p]->tls.certificate_request_read) {
      return &observations[p]->tls;
    }
  }
  return NULL;
}

/* A HelloRequest alone does not say what for (RFC 5246 section 7.4.1.1). In place of an answer to
 * an HTTP request it says that this path wants another session than the one at hand. */
static enum answer asked_by_hello_request(const struct observation *observation)
{
  return observation->http.request_sent ? ANSWER_YES : ANSWER_UNKNOWN;
}

enum answer requested_in(const struct observation *observation)
{
  if (observation == NULL) {
    return ANSWER_UNKNOWN;
  }
  switch (observation->tls.requested_during) {
  case REQUESTED_HANDSHAKE:
  case REQUESTED_POST_HANDSHAKE:
    return ANSWER_YES;
  case REQUESTED_RENEGOTIATION:
    return asked_by_hello_request(observation);
  case REQUESTED_NOT:
    break;
  }
  bool to_the_end = observation->tls.handshake_complete && observation->ended_in == PHASE_DONE;
  return to_the_end ? ANSWER_NO : ANSWER_UNKNOWN;
}

enum answer requested_by(const struct observation *const observations[PRESENTED_COUNT])
{
  enum answer answer = ANSWER_UNKNOWN;
  for (size_t p = 0; p < PRESENTED_COUNT && leads_to_handshake(observations); p++) {
    enum answer one = requested_in(observations[p]);
    answer = one > answer ? one : answer; /* one that was asked outweighs all that were not */
  }
  return answer;
}

bool request_is_missing(const struct diagnosis_input *input)
{
  return requested_by(input->direct) == ANSWER_YES &&
         requested_by(input->observations) == ANSWER_NO;
}

/* ---- the way to the target ------------------------------------------------------------- */

enum ending ending_of(const struct observation *observation)
{
  return observation->ended_in == PHASE_STARTTLS ? observation->starttls.ending
                                                 : observation->tls.ending;
}

bool is_direct(const struct diagnosis_input *input)
{
  return input->route->proxy == NULL;
}

bool direct_handshake_works(const struct diagnosis_input *input)
{
  const struct observation *direct = main_of(input->direct);
  return direct != NULL && direct->tls.server_hello_received;
}

static enum reason connect_cause(const struct observation *observation)
{
  if (observation->timed_out || observation->connect_error == ETIMEDOUT) {
    return REASON_CONNECTION_TIMED_OUT;
  }
  if (observation->connect_error == ECONNREFUSED) {
    return REASON_CONNECTION_REFUSED;
  }
  return observation->connect_error == ECONNRESET ? REASON_CONNECTION_RESET : REASON_NO_ROUTE;
}

enum reason network_cause(const struct observation *observation)
{
  if (observation == NULL || observation->local_problem != NULL || observation->out_of_resources) {
    return REASON_NONE;
  }
  if (observation->ended_in == PHASE_RESOLVE) {
    return REASON_NAME_NOT_RESOLVED;
  }
  return observation->ended_in == PHASE_CONNECT ? connect_cause(observation) : REASON_NONE;
}

enum reason direct_network_cause(const struct diagnosis_input *input)
{
  const struct observation *direct = main_of(input->direct);
  bool too_late_to_tell = direct != NULL && direct->timed_out && direct->lagged;
  return too_late_to_tell ? REASON_NONE : network_cause(direct);
}

bool proxy_may_blame_target(const struct observation *observation)
{
  const struct tunnel_observation *tunnel = &observation->tunnel;
  if (observation->timed_out || tunnel->connect_status >= 500) {
    return true;
  }
  /* privoxy's way of saying that DNS knows no such name */
  return tunnel->connect_status == 404 && tunnel->reason_phrase != NULL &&
         strcasestr(tunnel->reason_phrase, "No such domain") != NULL;
}

bool asks_for_password(int status)
{
  /* 401 is what tinyproxy says to a wrong password */
  return status == 407 || status == 401;
}

bool is_denial(int status)
{
  return status == 403 || status == 405 || status == 451;
}

bool spoke_too_early(const struct diagnosis_input *input, const struct observation *observation)
{
  return observation->tunnel.early_bytes && !protocol_greets(input->target->probe.protocol);
}

bool proxy_tls_works(const struct diagnosis_input *input)
{
  const struct observation *observation = main_observation(input);
  const struct tls_observation *tls = &observation->proxy_tls;
  /* RFC 8446 section 4.4.2.4: the refusal of our certificate may come after our handshake */
  bool refused = tls->alert_received != ALERT_NONE && observation->tunnel.connect_status == 0;
  return !input->route->proxy->tls || (tls->handshake_complete && !refused);
}

/* ---- the CA names ---------------------------------------------------------------------- */

static bool listed(const struct tls_observation *tls, const char *name_sha256)
{
  for (size_t i = 0; i < tls->acceptable_issuer_count; i++) {
    if (strcmp(tls->acceptable_issuers_sha256[i], name_sha256) == 0) {
      return true;
    }
  }
  return false;
}

enum answer issuer_acceptable(const struct diagnosis_input *input)
{
  const struct credential_facts *credential = input->credential;
  const struct tls_observation *tls = certificate_request(input->observations);
  /* an empty list accepts any issuer (RFC 5246 section 7.4.4): nothing to compare with */
  if (credential == NULL || credential->chain_length == 0 || tls == NULL ||
      tls->acceptable_issuers_listed == 0) {
    return ANSWER_UNKNOWN;
  }
  for (size_t i = 0; i < credential->chain_length; i++) {
    if (listed(tls, credential->chain[i].issuer_sha256)) {
      return ANSWER_YES;
    }
  }
  return tls->acceptable_issuers_truncated ? ANSWER_UNKNOWN : ANSWER_NO;
}
