/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client says first once it has TLS, in the protocols that have STARTTLS, and
 * what it is told: many servers judge the certificate only then. Harmless: nothing
 * is asked for but what the server is or whether it wants a password, and none is
 * given. Says goodbye as the protocol has it. Called by probe, beside http_check.
 */
#ifndef PROBE_SERVICE_CHECK_H
#define PROBE_SERVICE_CHECK_H

#include "link/dialogue.h"
#include "model/target.h"

struct service_check {
  struct dialogue dialogue;
  const struct service_protocol *protocol;
  struct service_observation *observation;
};

/* The configured account is named only to a verified peer. early: bytes that arrived before we said
 * anything, taken as the beginning of the answer. target and observation are borrowed until
 * service_check_deinit(). */
void service_check_init(struct service_check *check, const struct target *target, bool verified,
                        const struct buffer *early, struct service_observation *observation);
void service_check_deinit(struct service_check *check);

/* LINK_DONE: there is an answer, good or bad. LINK_FAILED: there is none, or memory is out. */
enum link_step service_check_step(struct service_check *check, struct link *link);
bool service_check_lacks_memory(const struct service_check *check);

#endif
