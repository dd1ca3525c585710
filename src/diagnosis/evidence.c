/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evidence.h"

#include <errno.h>
#include <string.h>

bool is_direct(const struct diagnosis_input *input)
{
  return input->route->proxy == NULL;
}

bool ended_by_peer(const struct tls_observation *tls)
{
  return tls->alert_received != ALERT_NONE || tls->ending != ENDING_NONE;
}

static bool certificate_was_due(const struct tls_observation *tls)
{
  return tls->requested_during != REQUESTED_NOT;
}

/* Whether a status may be a refusal, when the contrast says so. */
static bool status_may_refuse(int status)
{
  return status >= 400 && status <= 499;
}

static bool expected(const struct target *target, const struct observation *observation)
{
  return observation->http.status > 0 &&
         http_status_expected(&target->probe.http, (unsigned)observation->http.status);
}

static enum outcome http_outcome(const struct target *target, const struct observation *observation,
                                 const struct observation *other)
{
  if (refusal_by_text(&observation->http)) {
    return OUTCOME_REFUSED;
  }
  if (expected(target, observation)) {
    return OUTCOME_ADMITTED;
  }
  if (status_may_refuse(observation->http.status) && other != NULL && expected(target, other)) {
    return OUTCOME_REFUSED;
  }
  return OUTCOME_UNKNOWN;
}

enum outcome outcome_of(const struct target *target, const struct observation *observation,
                        const struct observation *other)
{
  if (observation == NULL || observation->timed_out || observation->withheld) {
    return OUTCOME_UNKNOWN;
  }
  if (observation->http.status > 0) {
    return http_outcome(target, observation, other);
  }
  if (observation->ended_in == PHASE_DONE) {
    return OUTCOME_ADMITTED;
  }
  bool after_certificate =
      observation->ended_in >= PHASE_HANDSHAKE && certificate_was_due(&observation->tls);
  return after_certificate && ended_by_peer(&observation->tls) ? OUTCOME_REFUSED : OUTCOME_UNKNOWN;
}

const struct observation *main_observation(const struct diagnosis_input *input)
{
  const struct observation *ours = input->observations[PRESENTED_CLIENT];
  return ours != NULL ? ours : input->observations[PRESENTED_NONE];
}

const struct observation *
certificate_observation(const struct observation *const observations[PRESENTED_COUNT])
{
  for (size_t p = 0; p < PRESENTED_COUNT; p++) {
    if (observations[p] != NULL && observations[p]->tls.chain_length > 0) {
      return observations[p];
    }
  }
  return NULL;
}

enum answer requested_by(const struct observation *const observations[PRESENTED_COUNT])
{
  enum answer answer = ANSWER_UNKNOWN;
  for (size_t p = 0; p < PRESENTED_COUNT; p++) {
    const struct observation *observation = observations[p];
    if (observation == NULL) {
      continue;
    }
    if (certificate_was_due(&observation->tls)) {
      return ANSWER_YES;
    }
    if (observation->tls.handshake_complete && observation->ended_in == PHASE_DONE) {
      answer = ANSWER_NO;
    }
  }
  return answer;
}

bool direct_handshake_works(const struct diagnosis_input *input)
{
  for (size_t p = 0; p < PRESENTED_COUNT; p++) {
    if (input->direct[p] != NULL && input->direct[p]->tls.server_hello_received) {
      return true;
    }
  }
  return false;
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

static bool listed(const struct tls_observation *tls, const char *name_sha256)
{
  for (size_t i = 0; i < tls->acceptable_issuer_count; i++) {
    if (strcmp(tls->acceptable_issuers_sha256[i], name_sha256) == 0) {
      return true;
    }
  }
  return false;
}

static const struct tls_observation *certificate_request(const struct diagnosis_input *input)
{
  for (size_t p = 0; p < PRESENTED_COUNT; p++) {
    const struct observation *observation = input->observations[p];
    if (observation != NULL && observation->tls.certificate_request_read) {
      return &observation->tls;
    }
  }
  return NULL;
}

enum answer issuer_acceptable(const struct diagnosis_input *input)
{
  const struct credential_facts *credential = input->credential;
  const struct tls_observation *tls = certificate_request(input);
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
