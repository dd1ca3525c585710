/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The {facts} that a sentence of reason.c may hold, each written by one function:
 * facts_route.c on the way and the proxy, facts_peer.c on who answers there,
 * facts_service.c on protocols that have STARTTLS, facts_own.c on our certificate. Between the
 * modules of diagnosis/ only.
 */
#ifndef DIAGNOSIS_FACTS_H
#define DIAGNOSIS_FACTS_H

#include "base/buffer.h"
#include "evidence.h"

struct scene {
  const struct diagnosis_input *input;
  const struct verdict *verdict;
  const struct observation *observation; /* that stands for the route; NULL: none */
  const struct observation *seen;        /* that saw the server's certificate; NULL: none did */
};

struct fact {
  const char *name; /* NULL: the end of the list */
  void (*write)(const struct scene *scene, struct buffer *out);
};

extern const struct fact route_facts[];
extern const struct fact peer_facts[];
extern const struct fact service_facts[];
extern const struct fact own_facts[];

/* Text from outside, cut to what a sentence bears. NULL or empty: otherwise, in its place. */
void add_text(struct buffer *out, const char *text, const char *otherwise);
void add_quoted(struct buffer *out, const char *text);
void add_date(struct buffer *out, int64_t seconds);
void add_timeout(struct buffer *out, const struct scene *scene);
void add_alert(struct buffer *out, int alert);
/* How the connection with the target ended, or that it did not. */
void add_ending(struct buffer *out, const struct scene *scene);
void add_http(struct buffer *out, const struct http_observation *http);
/* What its server said in its own protocol, before TLS and over it. */
void add_starttls(struct buffer *out, const struct scene *scene);
void add_service_reply(struct buffer *out, const struct scene *scene);
/* "subject" issued by "issuer"; NULL: not known. */
void add_certificate(struct buffer *out, const struct certificate *certificate);

#endif
