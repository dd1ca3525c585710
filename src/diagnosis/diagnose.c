/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diagnosis/diagnose.h"

#include <stdlib.h>

#include "evidence.h"

/* IANA TLS Alerts; what they mean about certificates depends on what we sent. */
enum { ALERT_CERTIFICATE_REVOKED = 44, ALERT_DECRYPT_ERROR = 51, ALERT_PROTOCOL_VERSION = 70 };

/* What a message may be long: the fullest list of CA names (RFC 8446 section 4.2.4) and what stands
 * around it. Other clients take as much; who sends more has itself to blame. */
enum { MESSAGE_MAX_BYTES = 65536 + 1024 };

/* One route's case while it is being judged. */
struct investigation {
  const struct diagnosis_input *input;
  const struct observation *observation; /* the one that stands for the route; never NULL */
  const struct verdict *verdict;         /* its answers are already there */
};

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

static enum reason connect_answer_cause(const struct investigation *it)
{
  const struct tunnel_observation *tunnel = &it->observation->tunnel;
  if (asks_for_password(tunnel->connect_status)) {
    return tunnel->credentials_sent ? REASON_PROXY_AUTHENTICATION_REJECTED
                                    : REASON_PROXY_AUTHENTICATION_REQUIRED;
  }
  if (is_denial(tunnel->connect_status)) {
    return REASON_PROXY_DENIED;
  }
  if (!proxy_may_blame_target(it->observation)) {
    return REASON_PROXY_PROTOCOL_ERROR;
  }
  enum reason direct = direct_network_cause(it->input);
  if (direct != REASON_NONE) {
    return direct; /* nobody reaches the target */
  }
  return it->observation->timed_out ? REASON_PROXY_TIMED_OUT : REASON_PROXY_CANNOT_REACH_TARGET;
}

static enum reason tunnel_cause(const struct investigation *it)
{
  const struct observation *observation = it->observation;
  if (is_direct(it->input)) {
    return REASON_NONE;
  }
  if (observation->ended_in == PHASE_TUNNEL) {
    return proxy_tls_works(it->input) ? connect_answer_cause(it) : REASON_PROXY_TLS_FAILED;
  }
  return spoke_too_early(it->input, observation) ? REASON_PROXY_PROTOCOL_ERROR : REASON_NONE;
}

/* Nobody speaks in the open tunnel. Where the direct route is no better, it is the server. */
static enum reason dumb_tunnel_cause(const struct investigation *it)
{
  const struct observation *direct = main_of(it->input->direct);
  bool same_direct = direct != NULL && !direct->tls.server_hello_received &&
                     (direct->ended_in == PHASE_STARTTLS || direct->ended_in == PHASE_HANDSHAKE);
  bool somebody_speaks =
      it->observation->tls.server_hello_received || it->observation->starttls.answered;
  return somebody_speaks || same_direct ? REASON_NONE : REASON_NO_ANSWER_THROUGH_TUNNEL;
}

static enum reason broken_tunnel_cause(const struct investigation *it)
{
  if (it->observation->timed_out) {
    return REASON_PROXY_TIMED_OUT;
  }
  return it->observation->ended_in == PHASE_STARTTLS ? REASON_STARTTLS_BLOCKED
                                                     : REASON_TUNNEL_RESET;
}

static enum reason interception_cause(const struct investigation *it)
{
  switch (it->verdict->tunnel) {
  case TUNNEL_INTERCEPTED:
    return REASON_TLS_INTERCEPTED;
  case TUNNEL_DENIED:
    return it->observation->tls.server_hello_received ? REASON_PROXY_DENIED : REASON_TUNNEL_RESET;
  case TUNNEL_BROKEN:
    return broken_tunnel_cause(it);
  case TUNNEL_UNKNOWN:
    return dumb_tunnel_cause(it);
  case TUNNEL_NOT_APPLICABLE:
  case TUNNEL_INTACT:
  case TUNNEL_AUTHENTICATION_REQUIRED:
  case TUNNEL_UNREACHABLE:
    break;
  }
  return REASON_NONE;
}

/* The connection itself gave way before there was an answer. */
static enum reason interrupted_cause(const struct investigation *it)
{
  switch (it->observation->starttls.ending) {
  case ENDING_RESET:
    return REASON_CONNECTION_RESET;
  case ENDING_ERROR:
    return REASON_NO_ROUTE;
  case ENDING_NONE:
  case ENDING_CLOSE_NOTIFY:
  case ENDING_EOF:
    break;
  }
  return REASON_STARTTLS_REFUSED;
}

static enum reason starttls_cause(const struct investigation *it)
{
  const struct starttls_observation *starttls = &it->observation->starttls;
  if (it->observation->ended_in != PHASE_STARTTLS) {
    return REASON_NONE;
  }
  if (it->observation->timed_out) {
    return REASON_STARTTLS_TIMED_OUT;
  }
  if (starttls->malformed || starttls->early_bytes) {
    return REASON_STARTTLS_PROTOCOL_ERROR;
  }
  return is_direct(it->input) ? interrupted_cause(it) : REASON_STARTTLS_REFUSED;
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

static enum reason handshake_cause(const struct investigation *it)
{
  const struct tls_observation *tls = &it->observation->tls;
  if (tls->refused_message_bytes > 0 && tls->refused_message_bytes <= MESSAGE_MAX_BYTES) {
    return REASON_HANDSHAKE_MESSAGE_TOO_LONG;
  }
  if (it->observation->presented == PRESENTED_CLIENT && tls->certificate_request_read &&
      !tls->handshake_complete && tls->certificate_sent == CERTIFICATE_SENT_NOTHING &&
      signature_acceptable(it->input) == ANSWER_NO) {
    return REASON_CLIENT_SIGNATURE_NOT_ACCEPTED;
  }
  if (it->observation->ended_in != PHASE_HANDSHAKE || main_outcome(it->input) == OUTCOME_REFUSED) {
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
  if (refused_for_account(it->input->target, it->observation)) {
    return REASON_CLIENT_CERTIFICATE_WRONG_ACCOUNT;
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
  if (signature_acceptable(it->input) == ANSWER_NO) {
    return REASON_CLIENT_SIGNATURE_NOT_ACCEPTED;
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
  bool told = tls->alert_received != ALERT_NONE || it->observation->http.status > 0 ||
              it->observation->service.reply.kind != REPLY_NONE;
  return told ? REASON_CLIENT_CERTIFICATE_REJECTED : REASON_REFUSED_WITHOUT_REASON;
}

static bool may_be_required(const struct investigation *it)
{
  enum certificate_policy policy = it->input->target->probe.expect_client_certificate;
  return policy == CERTIFICATE_REQUIRED || policy == CERTIFICATE_ANY;
}

/* It was not our certificate that was judged: nothing could be sent. */
static enum reason renegotiation_cause(const struct investigation *it)
{
  bool admitted = main_outcome(it->input) == OUTCOME_ADMITTED;
  return renegotiation_is_unanswered(&it->observation->tls) && !admitted
             ? REASON_RENEGOTIATION_NOT_SUPPORTED
             : REASON_NONE;
}

static enum reason refusal_cause(const struct investigation *it)
{
  if (main_outcome(it->input) != OUTCOME_REFUSED) {
    return REASON_NONE;
  }
  if (it->observation->tls.certificate_sent == CERTIFICATE_SENT_CHAIN) {
    return own_certificate_cause(it);
  }
  if (it->verdict->requested != ANSWER_YES) {
    /* A refusal for want of a certificate that was never asked for is the server's own knot. */
    return REASON_CLIENT_CERTIFICATE_NOT_REQUESTED;
  }
  if (!may_be_required(it)) {
    return REASON_CLIENT_CERTIFICATE_REQUIRED_UNEXPECTEDLY;
  }
  /* a target whose certificate is configured, but is not to be presented on this route */
  bool on_purpose = it->observation->presented == PRESENTED_NONE && it->input->credential != NULL;
  return on_purpose ? REASON_NONE : REASON_CLIENT_CERTIFICATE_MISSING;
}

static enum reason service_cause(const struct observation *observation)
{
  if (observation->ended_in == PHASE_REQUEST) {
    return REASON_SERVICE_NO_ANSWER;
  }
  return observation->service.reply.kind == REPLY_NEGATIVE ? REASON_SERVICE_REFUSED : REASON_NONE;
}

static enum reason answer_cause(const struct investigation *it)
{
  const struct observation *observation = it->observation;
  if (main_outcome(it->input) == OUTCOME_REFUSED) {
    return REASON_NONE;
  }
  if (observation->ended_in == PHASE_SETTLE) {
    return REASON_TLS_HANDSHAKE_FAILED;
  }
  if (protocol_has_starttls(it->input->target->probe.protocol)) {
    return service_cause(observation);
  }
  if (observation->ended_in == PHASE_REQUEST) {
    return REASON_HTTP_NO_ANSWER;
  }
  unsigned status = (unsigned)observation->http.status;
  return status > 0 && !http_status_expected(&it->input->target->probe.http, status)
             ? REASON_HTTP_STATUS_UNEXPECTED
             : REASON_NONE;
}

static enum reason policy_cause(const struct investigation *it)
{
  const struct verdict *verdict = it->verdict;
  switch (it->input->target->probe.expect_client_certificate) {
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

static enum reason untrusted_cause(const struct investigation *it)
{
  return it->input->target->probe.expect_untrusted_refused &&
                 it->verdict->untrusted_accepted == ANSWER_YES
             ? REASON_UNTRUSTED_CERTIFICATE_ACCEPTED
             : REASON_NONE;
}

/* The first one that finds something names the reason. */
static enum reason (*const causes[])(const struct investigation *it) = {
    local_cause,        way_cause,        tunnel_cause,
    interception_cause, starttls_cause,   server_certificate_cause,
    handshake_cause,    credential_cause, renegotiation_cause,
    refusal_cause,      answer_cause,     policy_cause,
    untrusted_cause,
};

static enum reason find_reason(const struct diagnosis_input *input, const struct verdict *verdict)
{
  const struct investigation it = {input, main_observation(input), verdict};
  if (it.observation == NULL) {
    enum reason reason = credential_cause(&it);
    /* else not even one probe could be started */
    return reason != REASON_NONE ? reason : REASON_OUT_OF_RESOURCES;
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
