/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/starttls.h"

#include <errno.h>
#include <stdlib.h>

#include "link/dialogue.h"
#include "wire/imap.h"
#include "wire/ldap.h"
#include "wire/mysql.h"
#include "wire/pop3.h"
#include "wire/postgres.h"
#include "wire/smtp.h"
#include "wire/xmpp.h"

static void write_ldap_starttls(struct buffer *out, const struct dialogue_names *names)
{
  (void)names;
  ldap_starttls_write(out);
}

static void write_postgres_ssl_request(struct buffer *out, const struct dialogue_names *names)
{
  (void)names;
  postgres_ssl_request_write(out);
}

static void write_mysql_ssl_request(struct buffer *out, const struct dialogue_names *names)
{
  (void)names;
  mysql_ssl_request_write(out);
}

static void write_xmpp_stream(struct buffer *out, const struct dialogue_names *names)
{
  xmpp_stream_write(out, names->server_name);
}

static void write_xmpp_starttls(struct buffer *out, const struct dialogue_names *names)
{
  (void)names;
  xmpp_starttls_write(out);
}

static const struct dialogue_step smtp_steps[] = {
    {.read = smtp_reply_read},
    {.say = SMTP_EHLO, .read = smtp_reply_read, .must_offer = OFFERS_STARTTLS},
    {.say = "STARTTLS\r\n", .read = smtp_reply_read},
};
static const struct dialogue_step imap_steps[] = {
    {.read = imap_greeting_read},
    {.say = "a1 CAPABILITY\r\n", .read = imap_reply_read, .must_offer = OFFERS_STARTTLS},
    {.say = "a2 STARTTLS\r\n", .read = imap_reply_read},
};
static const struct dialogue_step pop3_steps[] = {
    {.read = pop3_reply_read},
    {.say = "CAPA\r\n", .read = pop3_capabilities_read, .must_offer = OFFERS_STARTTLS},
    {.say = "STLS\r\n", .read = pop3_reply_read},
};
static const struct dialogue_step ldap_steps[] = {
    {.write = write_ldap_starttls, .read = ldap_reply_read},
};
static const struct dialogue_step postgres_steps[] = {
    {.write = write_postgres_ssl_request,
     .read = postgres_ssl_answer_read,
     .must_offer = OFFERS_STARTTLS},
};
static const struct dialogue_step mysql_steps[] = {
    {.read = mysql_greeting_read, .must_offer = OFFERS_STARTTLS},
    {.write = write_mysql_ssl_request},
};
static const struct dialogue_step xmpp_steps[] = {
    {.write = write_xmpp_stream, .read = xmpp_features_read, .must_offer = OFFERS_STARTTLS},
    {.write = write_xmpp_starttls, .read = xmpp_answer_read},
};

#define STEPS(steps)                                                                               \
  {                                                                                                \
    steps, sizeof(steps) / sizeof((steps)[0])                                                      \
  }
static const struct {
  const struct dialogue_step *steps;
  size_t count;
} protocols[PROTOCOL_COUNT] = {
    [PROTOCOL_SMTP] = STEPS(smtp_steps),         [PROTOCOL_IMAP] = STEPS(imap_steps),
    [PROTOCOL_POP3] = STEPS(pop3_steps),         [PROTOCOL_LDAP] = STEPS(ldap_steps),
    [PROTOCOL_POSTGRES] = STEPS(postgres_steps), [PROTOCOL_MYSQL] = STEPS(mysql_steps),
    [PROTOCOL_XMPP] = STEPS(xmpp_steps),
};

struct starttls {
  struct link link;
  struct dialogue dialogue;
  struct starttls_observation *observation;
};

static enum link_step starttls_failed(struct starttls *starttls, enum ending ending,
                                      int system_error)
{
  starttls->observation->ending = ending;
  starttls->observation->system_error = system_error;
  return link_fail(&starttls->link, ending, system_error);
}

/* The link below has failed, or the peer has closed its side. */
static enum link_step cut(struct starttls *starttls)
{
  const struct link *below = starttls->link.below;
  return below->failed ? starttls_failed(starttls, below->ending, below->system_error)
                       : starttls_failed(starttls, ENDING_EOF, 0);
}

static enum link_step go_ahead(struct starttls *starttls)
{
  struct starttls_observation *observation = starttls->observation;
  /* "go on" is no "yes", but MySQL says nothing */
  observation->malformed = observation->reply.kind == REPLY_CHALLENGE;
  observation->early_bytes = starttls->dialogue.incoming.length > 0;
  return observation->malformed || observation->early_bytes
             ? starttls_failed(starttls, ENDING_NONE, 0)
             : LINK_DONE;
}

static enum link_step conclude(struct starttls *starttls)
{
  struct starttls_observation *observation = starttls->observation;
  switch (starttls->dialogue.end) {
  case DIALOGUE_COMPLETE:
    return go_ahead(starttls);
  case DIALOGUE_NOT_OFFERED:
    observation->not_offered = true;
    return starttls_failed(starttls, ENDING_NONE, 0);
  case DIALOGUE_MALFORMED:
    observation->malformed = true;
    return starttls_failed(starttls, ENDING_NONE, 0);
  case DIALOGUE_CUT:
    return cut(starttls);
  case DIALOGUE_NO_MEMORY:
    return starttls_failed(starttls, ENDING_ERROR, ENOMEM);
  case DIALOGUE_OPEN:
  case DIALOGUE_REFUSED:
    break;
  }
  return starttls_failed(starttls, ENDING_NONE, 0);
}

static enum link_step starttls_connect(struct link *link)
{
  struct starttls *starttls = (struct starttls *)link;
  starttls->observation->tried = true;
  enum link_step step = dialogue_go_on(&starttls->dialogue, link->below);
  starttls->observation->answered = starttls->dialogue.answered;
  return step == LINK_DONE || step == LINK_FAILED ? conclude(starttls) : step;
}

static enum link_step starttls_read(struct link *link, uint8_t *bytes, size_t capacity,
                                    size_t *count)
{
  enum link_step step = link_read(link->below, bytes, capacity, count);
  return step == LINK_FAILED ? link_fail_as_below(link) : step;
}

static enum link_step starttls_write(struct link *link, const uint8_t *bytes, size_t length,
                                     size_t *count)
{
  enum link_step step = link_write(link->below, bytes, length, count);
  return step == LINK_FAILED && link->below->failed ? link_fail_as_below(link) : step;
}

static void starttls_destroy(struct link *link)
{
  struct starttls *starttls = (struct starttls *)link;
  dialogue_deinit(&starttls->dialogue);
  free(starttls);
}

static const struct link_operations starttls_operations = {
    .connect = starttls_connect,
    .read = starttls_read,
    .write = starttls_write,
    .destroy = starttls_destroy,
};

struct link *starttls_create(struct link *below, const struct target *target,
                             struct starttls_observation *observation)
{
  struct starttls *starttls = calloc(1, sizeof(*starttls));
  if (starttls == NULL) {
    link_destroy(below);
    return NULL;
  }
  enum protocol protocol = target->probe.protocol;
  const struct dialogue_names names = {.server_name = target_server_name(target)};
  starttls->link.operations = &starttls_operations;
  starttls->link.below = below;
  starttls->observation = observation;
  dialogue_init(&starttls->dialogue, protocols[protocol].steps, protocols[protocol].count, &names,
                NULL, &observation->reply);
  return &starttls->link;
}
