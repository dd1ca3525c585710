/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "facts.h"

static enum protocol protocol_of(const struct scene *scene)
{
  return scene->input->target->probe.protocol;
}

static const char *protocol_words(enum protocol protocol)
{
  switch (protocol) {
  case PROTOCOL_TLS:
    return "TLS";
  case PROTOCOL_HTTPS:
    return "HTTP";
  case PROTOCOL_SMTP:
    return "SMTP";
  case PROTOCOL_IMAP:
    return "IMAP";
  case PROTOCOL_POP3:
    return "POP3";
  case PROTOCOL_LDAP:
    return "LDAP";
  case PROTOCOL_POSTGRES:
    return "PostgreSQL";
  case PROTOCOL_MYSQL:
    return "MySQL";
  case PROTOCOL_XMPP:
    return "XMPP";
  }
  return "";
}

static void fact_protocol(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, protocol_words(protocol_of(scene)));
}

/* ---- what the server said -------------------------------------------------------------- */

/* What a bare number of this protocol is called. */
static const char *code_label(enum protocol protocol, const char *code)
{
  bool number = code[0] >= '0' && code[0] <= '9';
  if (number && protocol == PROTOCOL_MYSQL) {
    return "error ";
  }
  return number && protocol == PROTOCOL_POSTGRES ? "SQLSTATE " : "";
}

static void add_reply(struct buffer *out, const struct scene *scene,
                      const struct reply_observation *reply)
{
  if (reply->code != NULL) {
    buffer_append_text(out, code_label(protocol_of(scene), reply->code));
    add_text(out, reply->code, "");
  }
  if (reply->text != NULL) {
    buffer_append_char(out, ' ');
    add_quoted(out, reply->text);
  }
}

void add_service_reply(struct buffer *out, const struct scene *scene)
{
  add_reply(out, scene, &scene->observation->service.reply);
}

static void add_starttls_ending(struct buffer *out, const struct scene *scene)
{
  const struct observation *observation = scene->observation;
  if (observation->timed_out) {
    buffer_append_text(out, "nothing more came within ");
    add_timeout(out, scene);
  } else if (observation->starttls.ending == ENDING_RESET) {
    buffer_append_text(out, "it reset the connection");
  } else if (observation->starttls.ending == ENDING_ERROR) {
    buffer_append_text(out, strerror(observation->starttls.system_error));
  } else {
    buffer_append_text(out, "it closed the connection");
  }
}

void add_starttls(struct buffer *out, const struct scene *scene)
{
  const struct starttls_observation *starttls = &scene->observation->starttls;
  if (starttls->early_bytes) {
    buffer_append_text(out,
                       "bytes in the clear followed its go-ahead, which nobody may send there");
  } else if (starttls->malformed) {
    buffer_append_text(out, "what it sends cannot be read");
  } else if (starttls->not_offered) {
    buffer_append_text(out, "it does not offer TLS");
  } else if (starttls->reply.kind == REPLY_NEGATIVE) {
    buffer_append_text(out, "it answers ");
    add_reply(out, scene, &starttls->reply);
  } else {
    add_starttls_ending(out, scene);
  }
}

static void fact_starttls(const struct scene *scene, struct buffer *out)
{
  add_starttls(out, scene);
}

static void fact_starttls_silence(const struct scene *scene, struct buffer *out)
{
  if (scene->observation->starttls.answered) {
    buffer_append_text(out, "did not come as far as TLS");
  } else if (protocol_greets(protocol_of(scene))) {
    buffer_append_text(out, "did not greet");
  } else {
    buffer_append_text(out, "did not answer when it was asked for TLS");
  }
}

/* ---- what to do about it --------------------------------------------------------------- */

static void fact_starttls_hint(const struct scene *scene, struct buffer *out)
{
  if (protocol_of(scene) == PROTOCOL_XMPP) {
    buffer_append_text(out, "; server_name must be the domain that the server is for, here ");
    buffer_append_text(out, target_server_name(scene->input->target));
  }
}

static void fact_starttls_repair(const struct scene *scene, struct buffer *out)
{
  if (scene->observation->starttls.early_bytes) {
    buffer_append_text(out, "update the server; if it is not the server, somebody on the way puts "
                            "words into its mouth");
    return;
  }
  buffer_append_text(out, "check that this port speaks ");
  fact_protocol(scene, out);
  buffer_append_text(out, ", and does not begin with TLS");
}

static void fact_account(const struct scene *scene, struct buffer *out)
{
  const char *user = scene->input->target->probe.login.user;
  add_quoted(out, user != NULL ? user : "mtls_exporter");
}

static void fact_account_hint(const struct scene *scene, struct buffer *out)
{
  enum protocol protocol = protocol_of(scene);
  if (protocol == PROTOCOL_POSTGRES || protocol == PROTOCOL_MYSQL) {
    buffer_append_text(out, "name an account that the server has (user in login, or --login-user), "
                            "or ");
  }
}

const struct fact service_facts[] = {
    {"protocol", fact_protocol},
    {"starttls", fact_starttls},
    {"starttls_silence", fact_starttls_silence},
    {"starttls_hint", fact_starttls_hint},
    {"starttls_repair", fact_starttls_repair},
    {"account", fact_account},
    {"account_hint", fact_account_hint},
    {NULL, NULL},
};
