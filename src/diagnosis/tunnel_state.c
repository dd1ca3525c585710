/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "evidence.h"

/* diagnosis.md, "The tunnel": what a proxy did with CONNECT, and who answers inside. */

static enum tunnel_state refused_state(const struct diagnosis_input *input,
                                       const struct observation *observation)
{
  int status = observation->tunnel.connect_status;
  if (!proxy_tls_works(input)) {
    return TUNNEL_BROKEN;
  }
  if (asks_for_password(status)) {
    return TUNNEL_AUTHENTICATION_REQUIRED;
  }
  if (is_denial(status)) {
    return TUNNEL_DENIED;
  }
  /* the proxy may be all right: nobody reaches the target */
  bool target_is_down =
      proxy_may_blame_target(observation) && direct_network_cause(input) != REASON_NONE;
  return target_is_down ? TUNNEL_UNKNOWN : TUNNEL_BROKEN;
}

/* Somebody inside the tunnel speaks the protocol of the target, but does not go on to TLS. */
static enum tunnel_state plain_state(const struct diagnosis_input *input)
{
  return direct_handshake_works(input) ? TUNNEL_BROKEN : TUNNEL_UNKNOWN;
}

/* CONNECT was answered 200, and then nobody spoke TLS. */
static enum tunnel_state dumb_state(const struct diagnosis_input *input,
                                    const struct observation *observation)
{
  if (!direct_handshake_works(input)) {
    return TUNNEL_UNKNOWN;
  }
  /* Edge SWG denies so, with its protocol detection on */
  return !observation->timed_out && ending_of(observation) != ENDING_NONE ? TUNNEL_DENIED
                                                                          : TUNNEL_BROKEN;
}

static bool same_leaf(const struct certificate *a, const struct certificate *b)
{
  return strcmp(a->sha256, b->sha256) == 0 ||
         (a->spki_sha256[0] != '\0' && strcmp(a->spki_sha256, b->spki_sha256) == 0);
}

static bool same_issuer(const struct certificate *a, const struct certificate *b)
{
  return a->issuer_sha256[0] != '\0' && strcmp(a->issuer_sha256, b->issuer_sha256) == 0;
}

/* A proxy names itself inside the TLS connection (RFC 9110 section 7.6.3), where it has no
 * business to be. */
static bool via_inside(const struct observation *const observations[PRESENTED_COUNT])
{
  for (size_t p = 0; p < PRESENTED_COUNT; p++) {
    if (observations[p] != NULL && observations[p]->http.via != NULL) {
      return true;
    }
  }
  return false;
}

static bool names_contain(const struct tls_observation *tls, const char *sha256)
{
  for (size_t i = 0; i < tls->acceptable_issuer_count; i++) {
    if (strcmp(tls->acceptable_issuers_sha256[i], sha256) == 0) {
      return true;
    }
  }
  return false;
}

/* Two requests that were read and name different CAs: not the same server's. */
static bool other_names_requested(const struct diagnosis_input *input)
{
  const struct tls_observation *inside = certificate_request(input->observations);
  const struct tls_observation *direct = certificate_request(input->direct);
  if (inside == NULL || direct == NULL || inside->acceptable_issuers_truncated ||
      direct->acceptable_issuers_truncated) {
    return false;
  }
  if (inside->acceptable_issuers_listed != direct->acceptable_issuers_listed) {
    return true;
  }
  for (size_t i = 0; i < inside->acceptable_issuer_count; i++) {
    if (!names_contain(direct, inside->acceptable_issuers_sha256[i])) {
      return true;
    }
  }
  return false;
}

/* No direct route to compare with: what the peer itself shows has to do. */
static enum tunnel_state judged_alone(const struct diagnosis_input *input,
                                      const struct observation *inside)
{
  if (via_inside(input->observations)) {
    return TUNNEL_INTERCEPTED;
  }
  /* an intercepting proxy's CA is often in the system's trust store */
  bool telling =
      input->target->probe.ca_file != NULL || requested_by(input->observations) == ANSWER_YES;
  return inside->tls.verification == VERIFICATION_OK && telling ? TUNNEL_INTACT : TUNNEL_UNKNOWN;
}

/* Edge SWG denies so, with its protocol detection and its interception on. The server itself has
 * another answer for who presents nothing. */
static bool page_denies(const struct diagnosis_input *input)
{
  const struct observation *inside = input->observations[PRESENTED_NONE];
  const struct observation *direct = input->direct[PRESENTED_NONE];
  return inside != NULL && direct != NULL && is_denial(inside->http.status) &&
         direct->http.status != inside->http.status;
}

static enum tunnel_state inside_state(const struct diagnosis_input *input)
{
  const struct observation *inside = certificate_observation(input->observations);
  const struct observation *direct = certificate_observation(input->direct);
  if (inside == NULL) {
    return TUNNEL_UNKNOWN;
  }
  if (direct == NULL) {
    return judged_alone(input, inside);
  }
  const struct certificate *leaf = &inside->tls.chain[0];
  const struct certificate *direct_leaf = &direct->tls.chain[0];
  if (same_leaf(leaf, direct_leaf)) {
    return TUNNEL_INTACT;
  }
  /* a server that fails to verify everywhere shows nothing about the proxy */
  bool untrusted_only_here =
      inside->tls.verification == VERIFICATION_UNTRUSTED &&
      (direct->tls.verification == VERIFICATION_OK || !same_issuer(leaf, direct_leaf));
  bool proxy_inside = via_inside(input->observations) && !via_inside(input->direct);
  if (untrusted_only_here || request_is_missing(input) ||
      (proxy_inside && requested_by(input->observations) != ANSWER_YES)) {
    return page_denies(input) ? TUNNEL_DENIED : TUNNEL_INTERCEPTED;
  }
  return inside->tls.verification == VERIFICATION_OK && !other_names_requested(input)
             ? TUNNEL_INTACT
             : TUNNEL_UNKNOWN;
}

enum tunnel_state tunnel_state_of(const struct diagnosis_input *input)
{
  const struct observation *observation = main_observation(input);
  if (is_direct(input)) {
    return TUNNEL_NOT_APPLICABLE;
  }
  if (observation == NULL || observation->local_problem != NULL || observation->out_of_resources ||
      (observation->timed_out && observation->lagged)) {
    return TUNNEL_UNKNOWN;
  }
  if (observation->ended_in <= PHASE_CONNECT) {
    return TUNNEL_UNREACHABLE;
  }
  if (observation->ended_in == PHASE_TUNNEL) {
    return refused_state(input, observation);
  }
  if (spoke_too_early(input, observation)) {
    return TUNNEL_BROKEN;
  }
  if (observation->ended_in == PHASE_STARTTLS && observation->starttls.answered) {
    return plain_state(input);
  }
  return observation->tls.server_hello_received ? inside_state(input)
                                                : dumb_state(input, observation);
}
