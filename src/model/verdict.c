/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/verdict.h"

#include <stdlib.h>

struct verdict *verdict_create(void)
{
  struct verdict *verdict = calloc(1, sizeof(*verdict));
  if (verdict == NULL) {
    return NULL;
  }
  verdict->fault = FAULT_UNKNOWN;
  verdict->reason = "";
  verdict->requested = ANSWER_UNKNOWN;
  verdict->required = ANSWER_UNKNOWN;
  verdict->accepted = ANSWER_UNKNOWN;
  verdict->untrusted_accepted = ANSWER_UNKNOWN;
  verdict->issuer_acceptable = ANSWER_UNKNOWN;
  verdict->tunnel = TUNNEL_UNKNOWN;
  atomic_init(&verdict->references, 1);
  return verdict;
}

struct verdict *verdict_ref(struct verdict *verdict)
{
  (void)atomic_fetch_add_explicit(&verdict->references, 1, memory_order_relaxed);
  return verdict;
}

void verdict_unref(struct verdict *verdict)
{
  if (verdict == NULL ||
      atomic_fetch_sub_explicit(&verdict->references, 1, memory_order_acq_rel) != 1) {
    return;
  }
  free(verdict->explanation);
  free(verdict->remedy);
  free(verdict->proxy_policy);
  free(verdict);
}

const char *fault_name(enum fault fault)
{
  switch (fault) {
  case FAULT_NONE:
    return "none";
  case FAULT_CLIENT:
    return "client";
  case FAULT_SERVER:
    return "server";
  case FAULT_PROXY:
    return "proxy";
  case FAULT_NETWORK:
    return "network";
  case FAULT_EXPORTER:
    return "exporter";
  case FAULT_UNKNOWN:
    return "unknown";
  }
  return "";
}

const char *accepted_by_name(enum accepted_by by)
{
  switch (by) {
  case ACCEPTED_BY_NOTHING:
    return NULL;
  case ACCEPTED_BY_HTTP:
    return "http";
  case ACCEPTED_BY_SESSION_TICKET:
    return "session_ticket";
  case ACCEPTED_BY_APPLICATION_DATA:
    return "application_data";
  case ACCEPTED_BY_HANDSHAKE:
    return "handshake";
  case ACCEPTED_BY_SILENCE:
    return "silence";
  }
  return NULL;
}

const char *tunnel_state_name(enum tunnel_state state)
{
  switch (state) {
  case TUNNEL_NOT_APPLICABLE:
    return NULL;
  case TUNNEL_INTACT:
    return "intact";
  case TUNNEL_INTERCEPTED:
    return "intercepted";
  case TUNNEL_DENIED:
    return "denied";
  case TUNNEL_AUTHENTICATION_REQUIRED:
    return "authentication_required";
  case TUNNEL_UNREACHABLE:
    return "unreachable";
  case TUNNEL_BROKEN:
    return "broken";
  case TUNNEL_UNKNOWN:
    return "unknown";
  }
  return NULL;
}
