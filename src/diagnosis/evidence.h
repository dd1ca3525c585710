/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small questions about one observation, or two side by side, on which the
 * answers and the causes are built. Between the modules of diagnosis/ only.
 */
#ifndef DIAGNOSIS_EVIDENCE_H
#define DIAGNOSIS_EVIDENCE_H

#include "diagnosis/diagnose.h"
#include "diagnosis/reason.h"

/* How one probe ended, as far as client certificates go. */
enum outcome {
  OUTCOME_UNKNOWN, /* failed for another cause, or the answer tells nothing */
  OUTCOME_ADMITTED,
  OUTCOME_REFUSED,
};

/* other: what the contrasting probe saw (NULL: nothing); it decides where an HTTP status or an
 * alert alone does not. */
enum outcome outcome_of(const struct target *target, const struct observation *observation,
                        const struct observation *other);
/* Of the probe that stands for the route; not NULL. */
enum outcome main_outcome(const struct diagnosis_input *input);

/* Whether the answer is one that servers give about certificates, by its own words
 * (refusal.c). */
bool refusal_by_text(const struct http_observation *http);
bool refusal_by_reply(const struct target *target, const struct observation *observation);
/* A refusal of a certificate that is good, but not for the account that was named. */
bool refused_for_account(const struct target *target, const struct observation *observation);

/* The probe that stands for a route: with our certificate where there is one. NULL: none. */
const struct observation *main_of(const struct observation *const observations[PRESENTED_COUNT]);
const struct observation *main_observation(const struct diagnosis_input *input);

/* The three below believe an older contrast only where the route still leads to a handshake. */

/* The first of client, none, untrusted that saw a server certificate; NULL: none did. */
const struct observation *
certificate_observation(const struct observation *const observations[PRESENTED_COUNT]);
/* The first that read the server's CertificateRequest; NULL: none did. */
const struct tls_observation *
certificate_request(const struct observation *const observations[PRESENTED_COUNT]);
/* Whether a certificate was requested of this one (NULL: unknown), or of any of them. */
enum answer requested_in(const struct observation *observation);
enum answer requested_by(const struct observation *const observations[PRESENTED_COUNT]);
/* The server asks on the direct route, and nobody asks here. */
bool request_is_missing(const struct diagnosis_input *input);

/* The server wanted to renegotiate (TLS 1.2), and we could not. */
bool renegotiation_is_unanswered(const struct tls_observation *tls);

/* How the connection to the target came to its end, in whichever phase. */
enum ending ending_of(const struct observation *observation);

bool is_direct(const struct diagnosis_input *input);
bool direct_handshake_works(const struct diagnosis_input *input);
/* The reason for a connection that failed before TLS, REASON_NONE when it did not. */
enum reason network_cause(const struct observation *observation);
/* The same of the direct route, now. */
enum reason direct_network_cause(const struct diagnosis_input *input);
/* The proxy's answer to CONNECT, or its silence, may be no more than the target being down. */
bool proxy_may_blame_target(const struct observation *observation);
/* What a proxy's status means: who are you; and, to CONNECT or inside the tunnel, no. */
bool asks_for_password(int status);
bool is_denial(int status);
/* Bytes came through the tunnel before ours, from a server that has to wait for them. */
bool spoke_too_early(const struct diagnosis_input *input, const struct observation *observation);
/* The proxy itself could be talked to: TLS to it, where there is any, is done. */
bool proxy_tls_works(const struct diagnosis_input *input);

enum tunnel_state tunnel_state_of(const struct diagnosis_input *input);

/* Whether the chain we send leads to a CA name that the server listed. */
enum answer issuer_acceptable(const struct diagnosis_input *input);

/* Whether our key can sign in a way that the server's request allows (signature.c). */
enum answer signature_acceptable(const struct diagnosis_input *input);

/* The answers of interface.md, written into a new verdict (answers.c). */
void answer_questions(const struct diagnosis_input *input, struct verdict *verdict);

/* Fills in the {facts} of a row's sentence; to be freed. NULL where memory is out. */
char *sentence(const char *form, const struct diagnosis_input *input,
               const struct verdict *verdict);

#endif
