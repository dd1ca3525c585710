/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "evidence.h"

/* diagnosis.md, "The tunnel": what a proxy did with CONNECT, and who answers inside. */

static bool is_denial(int status)
{
  return status == 403 || status == 405 || status == 451;
}

static bool direct_fails_in_network(const struct diagnosis_input *input)
{
  for (size_t p = 0; p < PRESENTED_COUNT; p++) {
    if (network_cause(input->direct[p]) != REASON_NONE) {
      return true;
    }
  }
  return false;
}

static enum tunnel_state refused_state(const struct diagnosis_input *input,
                                       const struct observation *observation)
{
  int status = observation->tunnel.connect_status;
  if (status == 407) {
    return TUNNEL_AUTHENTICATION_REQUIRED;
  }
  if (is_denial(status)) {
    return TUNNEL_DENIED;
  }
  /* the proxy may be all right: nobody reaches the target */
  return direct_fails_in_network(input) ? TUNNEL_UNKNOWN : TUNNEL_BROKEN;
}

static bool same_leaf(const struct certificate *a, const struct certificate *b)
{
  return strcmp(a->sha256, b->sha256) == 0 ||
         (a->spki_sha256[0] != '\0' && strcmp(a->spki_sha256, b->spki_sha256) == 0);
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

static bool request_is_missing(const struct diagnosis_input *input)
{
  return requested_by(input->direct) == ANSWER_YES &&
         requested_by(input->observations) == ANSWER_NO;
}

static enum tunnel_state inside_state(const struct diagnosis_input *input)
{
  const struct observation *inside = certificate_observation(input->observations);
  const struct observation *direct = certificate_observation(input->direct);
  if (inside == NULL) {
    return TUNNEL_UNKNOWN;
  }
  bool verified = inside->tls.verification == VERIFICATION_OK;
  bool proxy_inside = via_inside(input->observations) && !via_inside(input->direct);
  if (direct == NULL) {
    return verified && !proxy_inside ? TUNNEL_INTACT
           : proxy_inside            ? TUNNEL_INTERCEPTED
                                     : TUNNEL_UNKNOWN;
  }
  if (same_leaf(&inside->tls.chain[0], &direct->tls.chain[0])) {
    return TUNNEL_INTACT;
  }
  bool untrusted = inside->tls.verification == VERIFICATION_UNTRUSTED;
  if (untrusted || request_is_missing(input) ||
      (proxy_inside && requested_by(input->observations) != ANSWER_YES)) {
    return TUNNEL_INTERCEPTED;
  }
  return verified ? TUNNEL_INTACT : TUNNEL_UNKNOWN;
}

enum tunnel_state tunnel_state_of(const struct diagnosis_input *input)
{
  const struct observation *observation = main_observation(input);
  if (is_direct(input)) {
    return TUNNEL_NOT_APPLICABLE;
  }
  if (observation == NULL || observation->local_problem != NULL || observation->out_of_resources) {
    return TUNNEL_UNKNOWN;
  }
  if (observation->ended_in <= PHASE_CONNECT) {
    return TUNNEL_UNREACHABLE;
  }
  if (observation->ended_in == PHASE_TUNNEL) {
    return refused_state(input, observation);
  }
  if (observation->tunnel.early_bytes) {
    return TUNNEL_BROKEN;
  }
  if (!observation->tls.server_hello_received) {
    return direct_handshake_works(input) ? TUNNEL_DENIED : TUNNEL_UNKNOWN;
  }
  return inside_state(input);
}
