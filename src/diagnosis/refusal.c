/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "evidence.h"

/* How servers say in HTTP what they could have said in TLS. text NULL: the status alone. */
static const struct refusal {
  const char *server;
  int status;
  const char *text;
} refusals[] = {
    {"nginx 496", 400, "No required SSL certificate was sent"},
    {"nginx 495", 400, "The SSL certificate error"},
    {"nginx 496, passed on", 496, NULL},
    {"nginx 495, passed on", 495, NULL},
    {"Kong mtls-auth, missing", 401, "No required TLS certificate was sent"},
    {"Kong mtls-auth, rejected", 401, "TLS certificate failed verification"},
    {"Apache, no post-handshake authentication", 403,
     "Cannot perform Post-Handshake Authentication"},
    {"IIS 403.7", 403, "client certificate"},
};

/* The same of the other protocols, in reply to the first thing that a client says over TLS. */
static const struct reply_refusal {
  const char *server;
  enum protocol protocol;
  const char *code;
  const char *text;
  bool for_account; /* the certificate is good, but for another account */
} reply_refusals[] = {
    {"Postfix, missing", PROTOCOL_SMTP, "421", "No client certificate presented", false},
    {"Postfix, rejected", PROTOCOL_SMTP, "421", "Client certificate not trusted", false},
    {"Dovecot", PROTOCOL_IMAP, "NO", "Client didn't present valid SSL certificate", false},
    {"Dovecot", PROTOCOL_POP3, "-ERR", "Client didn't present valid SSL certificate", false},
    {"PostgreSQL, clientcert", PROTOCOL_POSTGRES, "28000",
     "connection requires a valid client certificate", false},
    {"PostgreSQL, method cert", PROTOCOL_POSTGRES, "28000",
     "certificate authentication failed for user", true},
};

static const struct reply_refusal *find_reply_refusal(const struct target *target,
                                                      const struct reply_observation *reply)
{
  for (size_t i = 0; i < sizeof(reply_refusals) / sizeof(reply_refusals[0]); i++) {
    const struct reply_refusal *refusal = &reply_refusals[i];
    if (target->probe.protocol == refusal->protocol && reply->kind == REPLY_NEGATIVE &&
        reply->code != NULL && strcmp(reply->code, refusal->code) == 0 && reply->text != NULL &&
        strcasestr(reply->text, refusal->text) != NULL) {
      return refusal;
    }
  }
  return NULL;
}

bool refusal_by_reply(const struct target *target, const struct observation *observation)
{
  return find_reply_refusal(target, &observation->service.reply) != NULL;
}

bool refused_for_account(const struct target *target, const struct observation *observation)
{
  const struct reply_refusal *refusal = find_reply_refusal(target, &observation->service.reply);
  return refusal != NULL && refusal->for_account;
}

bool refusal_by_text(const struct http_observation *http)
{
  for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
    const struct refusal *refusal = &refusals[i];
    if (http->status == refusal->status &&
        (refusal->text == NULL ||
         (http->body_excerpt != NULL && strcasestr(http->body_excerpt, refusal->text) != NULL))) {
      return true;
    }
  }
  return false;
}
