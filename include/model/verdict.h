/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The judgement on one route of one target: who is at fault, why, what to do,
 * and the answers to requested, required, accepted. Made by diagnosis, kept by
 * the store, shown by the report. Immutable and reference-counted.
 */
#ifndef MODEL_VERDICT_H
#define MODEL_VERDICT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "model/observation.h"

enum answer { ANSWER_UNKNOWN = -1, ANSWER_NO = 0, ANSWER_YES = 1 };

enum fault {
  FAULT_NONE,
  FAULT_CLIENT,
  FAULT_SERVER,
  FAULT_PROXY,
  FAULT_NETWORK,
  FAULT_EXPORTER,
  FAULT_UNKNOWN,
};
enum { FAULT_COUNT = 7 };
const char *fault_name(enum fault fault);

enum accepted_by {
  ACCEPTED_BY_NOTHING,
  ACCEPTED_BY_HTTP,
  ACCEPTED_BY_SESSION_TICKET,
  ACCEPTED_BY_APPLICATION_DATA,
  ACCEPTED_BY_HANDSHAKE,
  ACCEPTED_BY_SILENCE,
};
/* "http", "session_ticket", ...; NULL for ACCEPTED_BY_NOTHING. */
const char *accepted_by_name(enum accepted_by by);

enum tunnel_state {
  TUNNEL_NOT_APPLICABLE, /* the direct route */
  TUNNEL_INTACT,
  TUNNEL_INTERCEPTED,
  TUNNEL_DENIED,
  TUNNEL_AUTHENTICATION_REQUIRED,
  TUNNEL_UNREACHABLE,
  TUNNEL_BROKEN,
  TUNNEL_UNKNOWN,
};
/* "intact", ...; NULL for TUNNEL_NOT_APPLICABLE. */
const char *tunnel_state_name(enum tunnel_state state);

struct verdict {
  bool success; /* as expected, and no fault */
  enum fault fault;
  const char *reason; /* slug of the closed list, static */
  char *explanation;  /* one sentence with what was seen */
  char *remedy;       /* one sentence: who should do what; "" when nothing */
  char *proxy_policy; /* lines that make the proxy tunnel, put in by app; NULL: no help here */
  enum answer requested;
  enum requested_during requested_during;
  enum answer required;
  enum answer accepted;
  enum accepted_by accepted_by;
  enum answer untrusted_accepted;
  enum answer issuer_acceptable;
  enum tunnel_state tunnel;

  atomic_uint references;
};

struct verdict *verdict_create(void); /* all unknown; NULL where memory is out */
struct verdict *verdict_ref(struct verdict *verdict);
void verdict_unref(struct verdict *verdict); /* NULL-safe */

#endif
