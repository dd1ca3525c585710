/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From one round's observations to the verdict on one route: a pure function of
 * what was seen, what the owner expects, and the configured certificate's own
 * facts. Never guesses: what cannot be known is ANSWER_UNKNOWN. Called by app.
 */
#ifndef DIAGNOSIS_DIAGNOSE_H
#define DIAGNOSIS_DIAGNOSE_H

#include "model/certificate.h"
#include "model/target.h"
#include "model/verdict.h"

struct diagnosis_input {
  const struct target *target;
  const struct route *route;
  const struct credential_facts *credential; /* NULL: none is configured */
  /* By presented; NULL: there is none. All borrowed. */
  const struct observation *observations[PRESENTED_COUNT];
  const struct observation *direct[PRESENTED_COUNT]; /* on the direct route, where probed */
  int64_t now_seconds;                               /* Unix time */
};

/* A new verdict; NULL where memory is out. */
struct verdict *diagnose(const struct diagnosis_input *input);

#endif
