/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/service_check.h"

#include "wire/imap.h"
#include "wire/ldap.h"
#include "wire/mysql.h"
#include "wire/pop3.h"
#include "wire/postgres.h"
#include "wire/smtp.h"
#include "wire/xmpp.h"

enum { FAREWELL_MAX_BYTES = 256 };

/* The account that is named where none is configured, and to a server that is not the one meant. */
#define STRANGER "mtls_exporter"

/* cancel: how we decline to go on when a challenge is the last reply; NULL: by closing. */
struct service_protocol {
  const struct dialogue_step *steps;
  size_t step_count;
  const char *cancel;
  const char *say_farewell;
  void (*write_farewell)(struct buffer *out);
};

static void write_ldap_search(struct buffer *out, const struct dialogue_names *names)
{
  (void)names;
  ldap_root_dse_search_write(out);
}

static void write_postgres_startup(struct buffer *out, const struct dialogue_names *names)
{
  postgres_startup_write(out, names->user, names->database);
}

static void write_mysql_login(struct buffer *out, const struct dialogue_names *names)
{
  mysql_login_write(out, names->user, names->database);
}

static void write_mysql_empty_password(struct buffer *out, const struct dialogue_names *names)
{
  (void)names;
  mysql_empty_password_write(out);
}

static void write_xmpp_stream(struct buffer *out, const struct dialogue_names *names)
{
  xmpp_stream_write(out, names->server_name);
}

/* Postfix refuses a certificate before it is asked anything. */
static const struct dialogue_step smtp_steps[] = {
    {.say = SMTP_EHLO, .read = smtp_reply_read},
};
/* Dovecot refuses a certificate when a login begins (RFC 9051 section 6.2.2), not before; we end
 * it before anything is given away. */
static const struct dialogue_step imap_steps[] = {
    {.say = "a3 CAPABILITY\r\n", .read = imap_reply_read},
    {.say = "a4 AUTHENTICATE PLAIN\r\n", .read = imap_reply_read, .if_offered = OFFERS_PLAIN},
};
static const struct dialogue_step pop3_steps[] = {
    {.say = "CAPA\r\n", .read = pop3_capabilities_read},
    {.say = "AUTH PLAIN\r\n", .read = pop3_reply_read, .if_offered = OFFERS_PLAIN},
};
static const struct dialogue_step ldap_steps[] = {
    {.write = write_ldap_search, .read = ldap_reply_read},
};
static const struct dialogue_step postgres_steps[] = {
    {.write = write_postgres_startup, .read = postgres_reply_read},
};
/* An account is judged with its certificate only once the password is right: the empty one is, for
 * an account that has none. */
static const struct dialogue_step mysql_steps[] = {
    {.write = write_mysql_login, .read = mysql_reply_read},
    {.write = write_mysql_empty_password, .read = mysql_reply_read, .if_challenged = true},
};
static const struct dialogue_step xmpp_steps[] = {
    {.write = write_xmpp_stream, .read = xmpp_features_read},
};

#define STEPS(steps) (steps), sizeof(steps) / sizeof((steps)[0])
static const struct service_protocol protocols[PROTOCOL_COUNT] = {
    [PROTOCOL_SMTP] = {STEPS(smtp_steps), NULL, "QUIT\r\n", NULL},
    [PROTOCOL_IMAP] = {STEPS(imap_steps), "*\r\n", "a5 LOGOUT\r\n", NULL},
    [PROTOCOL_POP3] = {STEPS(pop3_steps), "*\r\n", "QUIT\r\n", NULL},
    [PROTOCOL_LDAP] = {STEPS(ldap_steps), NULL, NULL, ldap_unbind_write},
    [PROTOCOL_POSTGRES] = {STEPS(postgres_steps), NULL, NULL, postgres_terminate_write},
    [PROTOCOL_MYSQL] = {STEPS(mysql_steps), NULL, NULL, mysql_quit_write},
    [PROTOCOL_XMPP] = {STEPS(xmpp_steps), NULL, NULL, xmpp_close_write},
};

void service_check_init(struct service_check *check, const struct target *target, bool verified,
                        const struct buffer *early, struct service_observation *observation)
{
  const struct login_settings *login = &target->probe.login;
  const struct dialogue_names names = {
      .server_name = target_server_name(target),
      .user = verified && login->user != NULL ? login->user : STRANGER,
      .database = verified ? login->database : NULL,
  };
  check->protocol = &protocols[target->probe.protocol];
  check->observation = observation;
  dialogue_init(&check->dialogue, check->protocol->steps, check->protocol->step_count, &names,
                early, &observation->reply);
}

void service_check_deinit(struct service_check *check)
{
  dialogue_deinit(&check->dialogue);
}

/* Without waiting: whether it arrives changes nothing. */
static void say_farewell(const struct service_check *check, struct link *link)
{
  const struct service_protocol *protocol = check->protocol;
  bool challenged = check->observation->reply.kind == REPLY_CHALLENGE;
  if (challenged && protocol->cancel == NULL) {
    return;
  }
  struct buffer farewell;
  size_t count = 0;
  buffer_init(&farewell, FAREWELL_MAX_BYTES);
  if (challenged) {
    buffer_append_text(&farewell, protocol->cancel);
  }
  if (protocol->say_farewell != NULL) {
    buffer_append_text(&farewell, protocol->say_farewell);
  } else {
    protocol->write_farewell(&farewell);
  }
  (void)link_write(link, (const uint8_t *)farewell.data, farewell.length, &count);
  buffer_deinit(&farewell);
}

enum link_step service_check_step(struct service_check *check, struct link *link)
{
  enum link_step step = dialogue_go_on(&check->dialogue, link);
  if (step != LINK_DONE && step != LINK_FAILED) {
    return step;
  }
  check->observation->malformed = check->dialogue.end == DIALOGUE_MALFORMED;
  if (check->dialogue.end != DIALOGUE_COMPLETE && check->dialogue.end != DIALOGUE_REFUSED) {
    return LINK_FAILED;
  }
  say_farewell(check, link);
  return LINK_DONE;
}

bool service_check_lacks_memory(const struct service_check *check)
{
  return check->dialogue.end == DIALOGUE_NO_MEMORY;
}
