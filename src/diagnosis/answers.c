/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evidence.h"

/* diagnosis.md, "Three probes, one contrast": requested, required, accepted. */

static enum requested_during during_of(const struct diagnosis_input *input)
{
  for (size_t p = 0; p < PRESENTED_COUNT; p++) {
    const struct observation *observation = input->observations[p];
    if (requested_in(observation) == ANSWER_YES) {
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

/* The look-alike stands beside what is admitted, and, where that tells nothing, beside none. */
static enum outcome presented_outcome(const struct diagnosis_input *input, enum presented presented)
{
  const struct observation *observation = input->observations[presented];
  enum outcome outcome = OUTCOME_UNKNOWN;
  if (presented == PRESENTED_UNTRUSTED) {
    outcome = outcome_of(input->target, observation, input->observations[PRESENTED_CLIENT]);
  }
  return outcome != OUTCOME_UNKNOWN
             ? outcome
             : outcome_of(input->target, observation, input->observations[PRESENTED_NONE]);
}

/* Whether the certificate that this probe really sent was accepted. */
static enum answer accepted_answer(const struct diagnosis_input *input, enum presented presented)
{
  const struct observation *observation = input->observations[presented];
  if (observation == NULL || observation->tls.certificate_sent != CERTIFICATE_SENT_CHAIN) {
    return ANSWER_UNKNOWN;
  }
  switch (presented_outcome(input, presented)) {
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
  if (observation->tls.application_data_received || observation->service.reply.kind != REPLY_NONE) {
    return ACCEPTED_BY_APPLICATION_DATA;
  }
  if (observation->tls.version == TLS_VERSION_1_2) {
    return ACCEPTED_BY_HANDSHAKE;
  }
  return observation->tls.session_tickets > 0 ? ACCEPTED_BY_SESSION_TICKET : ACCEPTED_BY_SILENCE;
}

void answer_questions(const struct diagnosis_input *input, struct verdict *verdict)
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
