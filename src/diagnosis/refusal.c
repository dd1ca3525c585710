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
