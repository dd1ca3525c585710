/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diagnosis/diagnose.h"

#include <stdlib.h>
#include <string.h>

#include "evidence.h"

/* IANA TLS Alerts; what they mean about certificates depends on what we sent. */
enum { ALERT_CERTIFICATE_REVOKED = 44, ALERT_DECRYPT_ERROR = 51, ALERT_PROTOCOL_VERSION = 70 };

/* One route's case while it is being judged. */
struct investigation {
  const struct diagnosis_input *input;
  const struct observation *observation; /* the one that stands for the route; never NULL */
  const struct verdict *verdict;         /* its answers are already there */
};

/* ---- the answers ---------------------------------------------------------------------- */

static enum requested_during during_of(const struct diagnosis_input *input)
{
  for (size_t p = 0; p < PRESENTED_COUNT; p++) {
    const struct observation *observation = input->observations[p];
    if (observation != NULL && observation->tls.requested_during != REQUESTED_NOT) {
      return observation->tls.requested_during;
    }
  }
  return REQUESTED_NOT;
}

static enum answer required_answer(const struct diagnosis_input *input, enum answer requested)
{
  if (requested != ANSWER_YES) {
    return requested;
  }
  switch (outcome_of(input->target, input->observations[PRESENTED_NONE],
                     input->observations[PRESENTED_CLIENT])) {
  case OUTCOME_REFUSED:
    return ANSWER_YES;
  case OUTCOME_ADMITTED:
    return ANSWER_NO;
  case OUTCOME_UNKNOWN:
    break;
  }
  return ANSWER_UNKNOWN;
}

/* Whether the certificate that this probe really sent was accepted. */
static enum answer accepted_answer(const struct diagnosis_input *input, enum presented presented)
{
  const struct observation *observation = input->observations[presented];
  if (observation == NULL || observation->tls.certificate_sent != CERTIFICATE_SENT_CHAIN) {
    return ANSWER_UNKNOWN;
  }
  switch (outcome_of(input->target, observation, input->observations[PRESENTED_NONE])) {
  case OUTCOME_ADMITTED:
    return ANSWER_YES;
  case OUTCOME_REFUSED:
    return ANSWER_NO;
  case OUTCOME_UNKNOWN:
    break;
  }
  return ANSWER_UNKNOWN;
}

static enum accepted_by accepted_by_of(const struct observation *observation)
{
  if (observation->http.status > 0) {
    return ACCEPTED_BY_HTTP;
  }
  if (observation->tls.application_data_received) {
    return ACCEPTED_BY_APPLICATION_DATA;
  }
  if (observation->tls.version == TLS_VERSION_1_2) {
    return ACCEPTED_BY_HANDSHAKE;
  }
  return observation->tls.session_tickets > 0 ? ACCEPTED_BY_SESSION_TICKET : ACCEPTED_BY_SILENCE;
}

static void answer_questions(const struct diagnosis_input *input, struct verdict *verdict)
{
  const struct observation *main = main_observation(input);
  verdict->tunnel = tunnel_state_of(input);
  if (main == NULL || main->ended_in < PHASE_HANDSHAKE) {
    return; /* older contrasts say nothing about a connection that is not there */
  }
  verdict->requested = requested_by(input->observations);
  verdict->requested_during = during_of(input);
  verdict->required = required_answer(input, verdict->requested);
  verdict->accepted = accepted_answer(input, PRESENTED_CLIENT);
  if (verdict->accepted == ANSWER_YES) {
    verdict->accepted_by = accepted_by_of(input->observations[PRESENTED_CLIENT]);
  }
  verdict->untrusted_accepted = accepted_answer(input, PRESENTED_UNTRUSTED);
  verdict->issuer_acceptable = issuer_acceptable(input);
}

/* ---- the causes, in the order of the wire --------------------------------------------- */

static enum reason local_cause(const struct investigation *it)
{
  if (it->observation->local_problem != NULL) {
    return REASON_CREDENTIAL_UNREADABLE;
  }
  if (it->observation->out_of_resources) {
    return REASON_OUT_OF_RESOURCES;
  }
  return it->observation->timed_out && it->observation->lagged ? REASON_TIMED_OUT_LOCALLY
                                                               : REASON_NONE;
}

static enum reason way_cause(const struct investigation *it)
{
  enum reason reason = network_cause(it->observation);
  if (reason == REASON_NONE || is_direct(it->input)) {
    return reason;
  }
  return reason == REASON_NAME_NOT_RESOLVED ? REASON_PROXY_NOT_RESOLVED : REASON_PROXY_UNREACHABLE;
}

static enum reason direct_network_cause(const struct diagnosis_input *input)
{
  const struct observation *ours = input->direct[PRESENTED_CLIENT];
  return network_cause(ours != NULL ? ours : input->direct[PRESENTED_NONE]);
}

/* The proxy says that it has no way to the target; so may everybody. */
static enum reason unreachable_behind_proxy(const struct investigation *it)
{
  enum reason direct = direct_network_cause(it->input);
  return direct != REASON_NONE ? direct : REASON_PROXY_CANNOT_REACH_TARGET;
}

static enum reason connect_answer_cause(const struct investigation *it)
{
  const struct tunnel_observation *tunnel = &it->observation->tunnel;
  switch (tunnel->connect_status) {
  case 407:
    return tunnel->credentials_sent ? REASON_PROXY_AUTHENTICATION_REJECTED
                                    : REASON_PROXY_AUTHENTICATION_REQUIRED;
  case 403:
  case 405:
  case 451:
    return REASON_PROXY_DENIED;
  case 404: /* privoxy: "No such domain" */
    return unreachable_behind_proxy(it);
  default:
    return tunnel->connect_status >= 500 ? unreachable_behind_proxy(it)
                                         : REASON_PROXY_PROTOCOL_ERROR;
  }
}

static enum reason tunnel_cause(const struct investigation *it)
{
  const struct observation *observation = it->observation;
  const struct proxy *proxy = it->input->route->proxy;
  if (proxy == NULL || observation->ended_in != PHASE_TUNNEL) {
    return proxy != NULL && observation->tunnel.early_bytes ? REASON_PROXY_PROTOCOL_ERROR
                                                            : REASON_NONE;
  }
  if (proxy->tls && !observation->proxy_tls.handshake_complete) {
    return REASON_PROXY_TLS_FAILED;
  }
  if (observation->timed_out) {
    enum reason direct = direct_network_cause(it->input);
    return direct != REASON_NONE ? direct : REASON_PROXY_TIMED_OUT;
  }
  return connect_answer_cause(it);
}

static enum reason interception_cause(const struct investigation *it)
{
  if (it->verdict->tunnel == TUNNEL_INTERCEPTED) {
    return REASON_TLS_INTERCEPTED;
  }
  return it->verdict->tunnel == TUNNEL_DENIED ? REASON_TUNNEL_RESET : REASON_NONE;
}

static enum reason server_certificate_cause(const struct investigation *it)
{
  const struct observation *seen = certificate_observation(it->input->observations);
  switch (seen != NULL ? seen->tls.verification : VERIFICATION_NOT_DONE) {
  case VERIFICATION_UNTRUSTED:
    return REASON_SERVER_CERTIFICATE_UNTRUSTED;
  case VERIFICATION_EXPIRED:
    return REASON_SERVER_CERTIFICATE_EXPIRED;
  case VERIFICATION_NOT_YET_VALID:
    return REASON_SERVER_CERTIFICATE_NOT_YET_VALID;
  case VERIFICATION_NAME_MISMATCH:
    return REASON_SERVER_NAME_MISMATCH;
  case VERIFICATION_NOT_DONE:
  case VERIFICATION_OK:
    break;
  }
  return REASON_NONE;
}

static enum outcome main_outcome(const struct investigation *it)
{
  enum presented contrast =
      it->observation->presented == PRESENTED_NONE ? PRESENTED_CLIENT : PRESENTED_NONE;
  return outcome_of(it->input->target, it->observation, it->input->observations[contrast]);
}

static enum reason handshake_cause(const struct investigation *it)
{
  const struct tls_observation *tls = &it->observation->tls;
  if (it->observation->ended_in != PHASE_HANDSHAKE || main_outcome(it) == OUTCOME_REFUSED) {
    return REASON_NONE;
  }
  if (tls->alert_received == ALERT_PROTOCOL_VERSION || tls->alert_sent == ALERT_PROTOCOL_VERSION) {
    return REASON_TLS_VERSION_NOT_SUPPORTED;
  }
  return it->observation->timed_out ? REASON_TLS_HANDSHAKE_TIMED_OUT : REASON_TLS_HANDSHAKE_FAILED;
}

/* Files that cannot be used: nothing was presented, so nothing was refused. */
static enum reason credential_cause(const struct investigation *it)
{
  const struct credential_facts *credential = it->input->credential;
  if (credential == NULL || credential->loaded) {
    return REASON_NONE;
  }
  return credential->key_mismatch ? REASON_CLIENT_KEY_MISMATCH : REASON_CREDENTIAL_UNREADABLE;
}

/* Ours was sent and refused: the facts of the certificate turn a vague alert into a cause. */
static enum reason own_certificate_cause(const struct investigation *it)
{
  const struct credential_facts *credential = it->input->credential;
  const struct tls_observation *tls = &it->observation->tls;
  if (credential == NULL || credential->chain_length == 0) {
    return REASON_CLIENT_CERTIFICATE_REJECTED;
  }
  const struct certificate *leaf = &credential->chain[0];
  if (it->input->now_seconds > leaf->not_after) {
    return REASON_CLIENT_CERTIFICATE_EXPIRED;
  }
  if (it->input->now_seconds < leaf->not_before) {
    return REASON_CLIENT_CERTIFICATE_NOT_YET_VALID;
  }
  if (tls->alert_received == ALERT_CERTIFICATE_REVOKED) {
    return REASON_CLIENT_CERTIFICATE_REVOKED;
  }
  if (!credential->may_authenticate_clients) {
    return REASON_CLIENT_CERTIFICATE_USAGE;
  }
  if (tls->alert_received == ALERT_DECRYPT_ERROR) {
    return REASON_CLIENT_CERTIFICATE_REJECTED;
  }
  switch (it->verdict->issuer_acceptable) {
  case ANSWER_NO:
    return REASON_CLIENT_CERTIFICATE_ISSUER_NOT_ACCEPTED;
  case ANSWER_YES:
    return REASON_SERVER_REJECTS_VALID_CERTIFICATE;
  case ANSWER_UNKNOWN:
    break;
  }
  return tls->alert_received != ALERT_NONE || it->observation->http.status > 0
             ? REASON_CLIENT_CERTIFICATE_REJECTED
             : REASON_REFUSED_WITHOUT_REASON;
}

static enum reason refusal_cause(const struct investigation *it)
{
  if (main_outcome(it) != OUTCOME_REFUSED) {
    return REASON_NONE;
  }
  if (it->observation->tls.certificate_sent == CERTIFICATE_SENT_CHAIN) {
    return own_certificate_cause(it);
  }
  /* A refusal for want of a certificate that was never asked for is the server's own knot. */
  return it->verdict->requested == ANSWER_YES ? REASON_CLIENT_CERTIFICATE_MISSING
                                              : REASON_CLIENT_CERTIFICATE_NOT_REQUESTED;
}

static enum reason http_cause(const struct investigation *it)
{
  const struct observation *observation = it->observation;
  if (observation->ended_in == PHASE_SETTLE) {
    return REASON_TLS_HANDSHAKE_FAILED;
  }
  if (observation->ended_in == PHASE_REQUEST) {
    return REASON_HTTP_NO_ANSWER;
  }
  return observation->http.status > 0 && main_outcome(it) == OUTCOME_UNKNOWN
             ? REASON_HTTP_STATUS_UNEXPECTED
             : REASON_NONE;
}

static enum reason expectation_cause(const struct investigation *it)
{
  const struct probe_settings *settings = &it->input->target->probe;
  const struct verdict *verdict = it->verdict;
  if (settings->expect_untrusted_refused && verdict->untrusted_accepted == ANSWER_YES) {
    return REASON_UNTRUSTED_CERTIFICATE_ACCEPTED;
  }
  switch (settings->expect_client_certificate) {
  case CERTIFICATE_REQUIRED:
    if (verdict->requested == ANSWER_NO) {
      return REASON_CLIENT_CERTIFICATE_NOT_REQUESTED;
    }
    return verdict->required == ANSWER_NO ? REASON_CLIENT_CERTIFICATE_NOT_REQUIRED : REASON_NONE;
  case CERTIFICATE_OPTIONAL:
    if (verdict->requested == ANSWER_NO) {
      return REASON_CLIENT_CERTIFICATE_NOT_REQUESTED;
    }
    return verdict->required == ANSWER_YES ? REASON_CLIENT_CERTIFICATE_REQUIRED_UNEXPECTEDLY
                                           : REASON_NONE;
  case CERTIFICATE_NONE:
    return verdict->requested == ANSWER_YES ? REASON_CLIENT_CERTIFICATE_REQUIRED_UNEXPECTEDLY
                                            : REASON_NONE;
  case CERTIFICATE_ANY:
    break;
  }
  return REASON_NONE;
}

/* The first one that finds something names the reason. */
static enum reason (*const causes[])(const struct investigation *it) = {
    local_cause,     way_cause,        tunnel_cause,  interception_cause, server_certificate_cause,
    handshake_cause, credential_cause, refusal_cause, http_cause,         expectation_cause,
};

static enum reason find_reason(const struct diagnosis_input *input, const struct verdict *verdict)
{
  const struct investigation it = {input, main_observation(input), verdict};
  if (it.observation == NULL) {
    enum reason reason = input->credential != NULL && !input->credential->loaded
                             ? credential_cause(&it)
                             : REASON_OUT_OF_RESOURCES; /* not even one probe could be started */
    return reason;
  }
  for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
    enum reason reason = causes[i](&it);
    if (reason != REASON_NONE) {
      return reason;
    }
  }
  return REASON_OK;
}

struct verdict *diagnose(const struct diagnosis_input *input)
{
  struct verdict *verdict = verdict_create();
  if (verdict == NULL) {
    return NULL;
  }
  answer_questions(input, verdict);
  const struct reason_row *row = reason_row(find_reason(input, verdict));
  verdict->reason = row->slug;
  verdict->fault = row->fault;
  verdict->success = row->fault == FAULT_NONE;
  verdict->explanation = sentence(row->explanation, input, verdict);
  verdict->remedy = sentence(row->remedy, input, verdict);
  if (verdict->explanation == NULL || verdict->remedy == NULL) {
    verdict_unref(verdict);
    return NULL;
  }
  return verdict;
}
