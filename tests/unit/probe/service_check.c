/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/service_check.h"

#include <check.h>
#include <string.h>

#include "support/scripted_link.h"

static struct target target;
static struct buffer early;
static struct service_observation seen;
static struct service_check check;
static struct scripted_link *peer;
static bool verified;

static void begin_case(void)
{
  target = (struct target){.host = "mx.example", .port = 25};
  seen = (struct service_observation){0};
  verified = true;
  buffer_init(&early, 4096);
}

static void end_case(void)
{
  service_check_deinit(&check);
  link_destroy(&peer->link);
  buffer_deinit(&early);
  free(seen.reply.code);
  free(seen.reply.text);
}

static enum link_step drive(enum protocol protocol, struct script script)
{
  target.probe.protocol = protocol;
  peer = scripted_link_create(NULL, script);
  service_check_init(&check, &target, verified, &early, &seen);
  enum link_step step = service_check_step(&check, &peer->link);
  for (unsigned i = 0; i < 10000 && step != LINK_DONE && step != LINK_FAILED; i++) {
    step = service_check_step(&check, &peer->link);
  }
  return step;
}

static enum link_step hear(enum protocol protocol, const char *incoming, size_t length)
{
  return drive(protocol, script_of(incoming, length));
}
#define BYTES(literal) literal, sizeof(literal) - 1

#define IMAP_CAPABILITY "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na3 OK\r\n"
#define POP3_CAPA "+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n"
#define ZEROS_23 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define MYSQL_LOGIN                                                                                \
  "\x45\0\0\x02\x01\x8A\x08\0\0\0\0\x01\x2D" ZEROS_23 "mtls_exporter\0\0"                          \
  "mysql_native_password\0"
#define POSTGRES_STARTUP "\0\0\0\x1C\0\x03\0\0user\0mtls_exporter\0\0"
#define XMPP_OPEN                                                                                  \
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "                                     \
  "xmlns:stream='http://etherx.jabber.org/streams' to='mx.example' version='1.0'>"
#define LDAP_SEARCH                                                                                \
  "\x30\x2A\x02\x01\x02\x63\x25\x04\x00\x0A\x01\x00\x0A\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01"   \
  "\x00\x87\x0BobjectClass\x30\x05\x04\x03\x31\x2E\x31"
#define LDAP_FOUND                                                                                 \
  "\x30\x09\x02\x01\x02\x64\x04\x04\x00\x30\x00\x30\x0C\x02\x01\x02\x65\x07\x0A\x01\x00\x04\x00"   \
  "\x04\x00"

/* One conversation: what the server says, what it is told with the farewell, what is kept. */
static const struct conversation {
  enum protocol protocol;
  const char *incoming;
  size_t incoming_bytes;
  const char *said;
  size_t said_bytes;
  enum reply_kind kind;
  const char *code;
} conversations[] = {
    {PROTOCOL_SMTP, BYTES("250-mx\r\n250 DSN\r\n"), BYTES("EHLO mtls-exporter.invalid\r\nQUIT\r\n"),
     REPLY_POSITIVE, "250"},
    {PROTOCOL_SMTP, BYTES("421 4.7.1 mx Error: No client certificate presented\r\n"),
     BYTES("EHLO mtls-exporter.invalid\r\nQUIT\r\n"), REPLY_NEGATIVE, "421"},
    {PROTOCOL_IMAP, BYTES(IMAP_CAPABILITY "+ \r\n"),
     BYTES("a3 CAPABILITY\r\na4 AUTHENTICATE PLAIN\r\n*\r\na5 LOGOUT\r\n"), REPLY_CHALLENGE, "+"},
    {PROTOCOL_IMAP, BYTES(IMAP_CAPABILITY "a4 NO Client didn't present valid SSL certificate\r\n"),
     BYTES("a3 CAPABILITY\r\na4 AUTHENTICATE PLAIN\r\na5 LOGOUT\r\n"), REPLY_NEGATIVE, "NO"},
    {PROTOCOL_IMAP, BYTES("* CAPABILITY IMAP4rev1\r\na3 OK\r\n"),
     BYTES("a3 CAPABILITY\r\na5 LOGOUT\r\n"), REPLY_POSITIVE, "OK"},
    {PROTOCOL_POP3, BYTES(POP3_CAPA "+ \r\n"), BYTES("CAPA\r\nAUTH PLAIN\r\n*\r\nQUIT\r\n"),
     REPLY_CHALLENGE, "+"},
    {PROTOCOL_POP3, BYTES(POP3_CAPA "-ERR [AUTH] no\r\n"), BYTES("CAPA\r\nAUTH PLAIN\r\nQUIT\r\n"),
     REPLY_NEGATIVE, "-ERR"},
    {PROTOCOL_POP3, BYTES("+OK\r\nUSER\r\n.\r\n"), BYTES("CAPA\r\nQUIT\r\n"), REPLY_POSITIVE,
     "+OK"},
    {PROTOCOL_LDAP, BYTES(LDAP_FOUND), BYTES(LDAP_SEARCH "\x30\x05\x02\x01\x03\x42\x00"),
     REPLY_POSITIVE, "success"},
    {PROTOCOL_POSTGRES, BYTES("R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"),
     BYTES(POSTGRES_STARTUP "X\0\0\0\x04"), REPLY_POSITIVE, "AuthenticationOk"},
    {PROTOCOL_POSTGRES, BYTES("R\0\0\0\x08\0\0\0\x03"), BYTES(POSTGRES_STARTUP), REPLY_CHALLENGE,
     "AuthenticationCleartextPassword"},
    {PROTOCOL_POSTGRES,
     BYTES("E\0\0\0\x10"
           "C28000\0"
           "Mno\0"
           "\0"),
     BYTES(POSTGRES_STARTUP "X\0\0\0\x04"), REPLY_NEGATIVE, "28000"},
    {PROTOCOL_MYSQL, BYTES("\x07\0\0\x03\0\0\0\x02\0\0\0"), BYTES(MYSQL_LOGIN "\x01\0\0\0\x01"),
     REPLY_POSITIVE, "OK"},
    {PROTOCOL_MYSQL, BYTES("\x03\0\0\x03\xFF\x15\x04"), BYTES(MYSQL_LOGIN "\x01\0\0\0\x01"),
     REPLY_NEGATIVE, "1045"},
    {PROTOCOL_MYSQL,
     BYTES("\x04\0\0\x03\xFE"
           "a\0b\x07\0\0\x05\0\0\0\x02\0\0\0"),
     BYTES(MYSQL_LOGIN "\0\0\0\x04"
                       "\x01\0\0\0\x01"),
     REPLY_POSITIVE, "OK"},
    {PROTOCOL_MYSQL,
     BYTES("\x04\0\0\x03\xFE"
           "a\0b\x02\0\0\x05\x01\x04"),
     BYTES(MYSQL_LOGIN "\0\0\0\x04"), REPLY_CHALLENGE, "AuthMoreData"},
    {PROTOCOL_XMPP, BYTES("<stream:stream><stream:features/>"), BYTES(XMPP_OPEN "</stream:stream>"),
     REPLY_POSITIVE, "features"},
    {PROTOCOL_XMPP, BYTES("<stream:stream><stream:error><policy-violation/></stream:error>"),
     BYTES(XMPP_OPEN "</stream:stream>"), REPLY_NEGATIVE, "policy-violation"},
};
enum { CONVERSATION_COUNT = sizeof(conversations) / sizeof(conversations[0]) };

static void assert_conversation(const struct conversation *conversation)
{
  ck_assert_int_eq(seen.reply.kind, conversation->kind);
  ck_assert_str_eq(seen.reply.code, conversation->code);
  ck_assert(!seen.malformed);
  ck_assert_uint_eq(peer->written_bytes, conversation->said_bytes);
  ck_assert_mem_eq(peer->written, conversation->said, conversation->said_bytes);
}

START_TEST(every_protocol_is_spoken_to_its_farewell)
{
  const struct conversation *conversation = &conversations[_i];
  ck_assert_int_eq(
      hear(conversation->protocol, conversation->incoming, conversation->incoming_bytes),
      LINK_DONE);
  assert_conversation(conversation);
}
END_TEST

START_TEST(an_answer_in_single_bytes_is_the_same_answer)
{
  const struct conversation *conversation = &conversations[_i];
  struct script script = script_of(conversation->incoming, conversation->incoming_bytes);
  script.piece_bytes = 1;
  ck_assert_int_eq(drive(conversation->protocol, script), LINK_DONE);
  assert_conversation(conversation);
}
END_TEST

/* Postfix says it as soon as the handshake is over. */
START_TEST(what_came_before_we_spoke_is_the_answer)
{
  buffer_append_text(&early, "421 4.7.1 mx Error: Client certificate not trusted\r\n");
  ck_assert_int_eq(hear(PROTOCOL_SMTP, BYTES("")), LINK_DONE);
  ck_assert_int_eq(seen.reply.kind, REPLY_NEGATIVE);
  ck_assert_str_eq(seen.reply.text, "4.7.1 mx Error: Client certificate not trusted");
}
END_TEST

START_TEST(an_end_before_the_answer_is_none)
{
  const struct conversation *conversation = &conversations[_i];
  ck_assert_int_eq(hear(conversation->protocol, conversation->incoming, 2), LINK_FAILED);
  ck_assert_int_eq(seen.reply.kind, REPLY_NONE);
  ck_assert(!seen.malformed && !service_check_lacks_memory(&check));
}
END_TEST

/* The answer to CAPABILITY is none to AUTHENTICATE. */
START_TEST(an_end_before_the_last_answer_is_none)
{
  ck_assert_int_eq(hear(PROTOCOL_IMAP, BYTES(IMAP_CAPABILITY)), LINK_FAILED);
  ck_assert_int_eq(seen.reply.kind, REPLY_NONE);
  ck_assert_ptr_null(seen.reply.code);
}
END_TEST

START_TEST(another_protocol_is_malformed)
{
  const struct conversation *conversation = &conversations[_i];
  ck_assert_int_eq(hear(conversation->protocol, BYTES("HTTP/1.1 400 Bad Request\r\n\r\n")),
                   LINK_FAILED);
  ck_assert(seen.malformed);
  ck_assert_int_eq(seen.reply.kind, REPLY_NONE);
}
END_TEST

START_TEST(the_configured_account_is_named)
{
  target.probe.login = (struct login_settings){.user = "payments", .database = "ledger"};
  (void)hear(PROTOCOL_POSTGRES, BYTES("R\0\0\0\x08\0\0\0\0"));
  ck_assert_mem_eq(peer->written,
                   "\0\0\0\x27\0\x03\0\0user\0payments\0"
                   "database\0ledger\0\0",
                   0x27);
}
END_TEST

START_TEST(an_unverified_peer_is_told_no_account)
{
  target.probe.login = (struct login_settings){.user = "payments", .database = "ledger"};
  verified = false;
  (void)hear(PROTOCOL_POSTGRES, BYTES("R\0\0\0\x08\0\0\0\0"));
  ck_assert_mem_eq(peer->written, POSTGRES_STARTUP, sizeof(POSTGRES_STARTUP) - 1);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("probe/service_check");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, begin_case, end_case);
  tcase_add_loop_test(all, every_protocol_is_spoken_to_its_farewell, 0, CONVERSATION_COUNT);
  tcase_add_loop_test(all, an_answer_in_single_bytes_is_the_same_answer, 0, CONVERSATION_COUNT);
  tcase_add_test(all, what_came_before_we_spoke_is_the_answer);
  tcase_add_loop_test(all, an_end_before_the_answer_is_none, 0, CONVERSATION_COUNT);
  tcase_add_test(all, an_end_before_the_last_answer_is_none);
  tcase_add_loop_test(all, another_protocol_is_malformed, 0, CONVERSATION_COUNT);
  tcase_add_test(all, the_configured_account_is_named);
  tcase_add_test(all, an_unverified_peer_is_told_no_account);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
