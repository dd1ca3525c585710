/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/starttls.h"

#include <check.h>
#include <string.h>

#include "support/scripted_link.h"

static struct target target;
static struct starttls_observation seen;
static struct link *top;
static struct scripted_link *peer;

static void begin_case(void)
{
  target = (struct target){.host = "mx.example", .port = 25};
  seen = (struct starttls_observation){0};
}

static void end_case(void)
{
  link_destroy(top);
  free(seen.reply.code);
  free(seen.reply.text);
}

static enum link_step connect_over(enum protocol protocol, struct script script)
{
  target.probe.protocol = protocol;
  peer = scripted_link_create(NULL, script);
  top = starttls_create(&peer->link, &target, &seen);
  ck_assert_ptr_nonnull(top);
  enum link_step step = link_connect(top);
  for (unsigned i = 0; i < 10000 && step != LINK_DONE && step != LINK_FAILED; i++) {
    step = link_connect(top);
  }
  return step;
}

static enum link_step hear(enum protocol protocol, const char *incoming, size_t length)
{
  return connect_over(protocol, script_of(incoming, length));
}
#define BYTES(literal) literal, sizeof(literal) - 1

#define SMTP_GREETING "220 mx ESMTP\r\n"
#define LDAP_SUCCESS "\x30\x0C\x02\x01\x01\x78\x07\x0A\x01\x00\x04\x00\x04\x00"
#define MYSQL_GREETING                                                                             \
  "\x17\0\0\0\n8.0.36\0\x05\0\0\0"                                                                 \
  "6/)}_Dr5\0"                                                                                     \
  "\xFF\xFF"
#define XMPP_STREAM "<?xml version='1.0'?><stream:stream from='mx.example' version='1.0'>"

/* What a server says up to its go-ahead, and what it was told. */
static const struct way {
  enum protocol protocol;
  const char *incoming;
  size_t incoming_bytes;
  const char *said;
  size_t said_bytes;
} ways[] = {
    {PROTOCOL_SMTP, BYTES(SMTP_GREETING "250-mx\r\n250-STARTTLS\r\n250 DSN\r\n220 2.0.0 Ready\r\n"),
     BYTES("EHLO mtls-exporter.invalid\r\nSTARTTLS\r\n")},
    {PROTOCOL_IMAP,
     BYTES("* OK ready\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\na2 OK Begin\r\n"),
     BYTES("a1 CAPABILITY\r\na2 STARTTLS\r\n")},
    {PROTOCOL_POP3, BYTES("+OK ready\r\n+OK\r\nSTLS\r\n.\r\n+OK Begin\r\n"),
     BYTES("CAPA\r\nSTLS\r\n")},
    {PROTOCOL_LDAP, BYTES(LDAP_SUCCESS),
     BYTES("\x30\x1D\x02\x01\x01\x77\x18\x80\x16"
           "1.3.6.1.4.1.1466.20037")},
    {PROTOCOL_POSTGRES, BYTES("S"), BYTES("\0\0\0\x08\x04\xD2\x16\x2F")},
    {PROTOCOL_MYSQL, BYTES(MYSQL_GREETING),
     BYTES("\x20\0\0\x01\x01\x8A\x08\0\0\0\0\x01\x2D"
           "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {PROTOCOL_XMPP, BYTES(XMPP_STREAM "<stream:features><starttls/></stream:features><proceed/>"),
     BYTES("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
           "xmlns:stream='http://etherx.jabber.org/streams' to='mx.example' version='1.0'>"
           "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")},
};
enum { WAY_COUNT = sizeof(ways) / sizeof(ways[0]) };

static void assert_go_ahead(const struct way *way)
{
  ck_assert(seen.tried && seen.answered);
  ck_assert(!seen.not_offered && !seen.malformed && !seen.early_bytes);
  ck_assert_int_ne(seen.reply.kind, REPLY_NEGATIVE);
  ck_assert_uint_eq(peer->written_bytes, way->said_bytes);
  ck_assert_mem_eq(peer->written, way->said, way->said_bytes);
}

START_TEST(every_protocol_leads_to_the_go_ahead)
{
  const struct way *way = &ways[_i];
  ck_assert_int_eq(hear(way->protocol, way->incoming, way->incoming_bytes), LINK_DONE);
  assert_go_ahead(way);
}
END_TEST

START_TEST(it_is_the_same_in_single_bytes_with_waits)
{
  const struct way *way = &ways[_i];
  struct script script = script_of(way->incoming, way->incoming_bytes);
  script.piece_bytes = 1;
  script.write_bytes = 1;
  script.waits = true;
  ck_assert_int_eq(connect_over(way->protocol, script), LINK_DONE);
  assert_go_ahead(way);
}
END_TEST

/* As in CVE-2011-0411 and CVE-2021-23222: the bytes would be taken for ones that TLS protected. */
START_TEST(a_byte_after_the_go_ahead_is_an_error)
{
  const struct way *way = &ways[_i];
  char longer[512];
  memcpy(longer, way->incoming, way->incoming_bytes);
  longer[way->incoming_bytes] = 'x';
  ck_assert_int_eq(hear(way->protocol, longer, way->incoming_bytes + 1), LINK_FAILED);
  ck_assert(seen.early_bytes && !seen.malformed);
}
END_TEST

/* Cut anywhere before its end, it is the peer's end that is told. */
START_TEST(the_end_of_the_peer_is_told)
{
  const struct way *way = &ways[_i];
  for (size_t length = 0; length < way->incoming_bytes; length++) {
    ck_assert_int_eq(hear(way->protocol, way->incoming, length), LINK_FAILED);
    ck_assert_int_eq(seen.ending, ENDING_EOF);
    ck_assert(!seen.malformed && !seen.not_offered && !seen.early_bytes);
    end_case();
    begin_case();
  }
  top = NULL;
}
END_TEST

START_TEST(a_reset_is_told)
{
  struct script script = script_of(ways[_i].incoming, ways[_i].incoming_bytes);
  script.reset_after_read = 0;
  ck_assert_int_eq(connect_over(ways[_i].protocol, script), LINK_FAILED);
  ck_assert_int_eq(seen.ending, ENDING_RESET);
  ck_assert_int_eq(seen.system_error, ECONNRESET);
  ck_assert(!seen.answered);
}
END_TEST

START_TEST(another_protocol_is_malformed)
{
  static const char *const others[] = {"HTTP/1.1 400 Bad Request\r\n\r\n",
                                       "\x15\x03\x03\x02\x02\x28", "SSH-2.0-OpenSSH_9.2\r\n"};
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    bool postgres_yes = ways[_i].protocol == PROTOCOL_POSTGRES && others[i][0] == 'S';
    ck_assert_int_eq(hear(ways[_i].protocol, others[i], strlen(others[i])), LINK_FAILED);
    ck_assert(postgres_yes ? seen.early_bytes : seen.malformed);
    end_case();
    begin_case();
  }
  top = NULL;
}
END_TEST

static const struct refusal {
  enum protocol protocol;
  const char *incoming;
  size_t incoming_bytes;
  bool not_offered;
  const char *code;
  const char *text;
} refusals[] = {
    {PROTOCOL_SMTP, BYTES("554 no service\r\n"), false, "554", "no service"},
    {PROTOCOL_SMTP, BYTES(SMTP_GREETING "250 mx\r\n"), true, "250", "mx"},
    {PROTOCOL_SMTP, BYTES(SMTP_GREETING "250-mx\r\n250 STARTTLS\r\n454 4.7.0 not now\r\n"), false,
     "454", "4.7.0 not now"},
    {PROTOCOL_IMAP, BYTES("* PREAUTH hello\r\n"), false, "PREAUTH", "hello"},
    {PROTOCOL_IMAP, BYTES("* OK\r\n* CAPABILITY IMAP4rev1\r\na1 OK\r\n"), true, "OK", NULL},
    {PROTOCOL_IMAP, BYTES("* OK\r\n* CAPABILITY STARTTLS\r\na1 OK\r\na2 BAD no\r\n"), false, "BAD",
     "no"},
    {PROTOCOL_POP3, BYTES("+OK\r\n-ERR what?\r\n"), false, "-ERR", "what?"},
    {PROTOCOL_POP3, BYTES("+OK\r\n+OK\r\nUSER\r\n.\r\n"), true, "+OK", NULL},
    {PROTOCOL_LDAP, BYTES("\x30\x0E\x02\x01\x01\x78\x09\x0A\x01\x02\x04\x00\x04\x02no"), false,
     "protocolError", "no"},
    {PROTOCOL_POSTGRES, BYTES("N"), true, "N", NULL},
    {PROTOCOL_POSTGRES,
     BYTES("E\0\0\0\x12"
           "C53300\0"
           "Mfull\0"
           "\0"),
     false, "53300", "full"},
    {PROTOCOL_MYSQL,
     BYTES("\x0A\0\0\0\xFF\x69\x04"
           "blocked"),
     false, "1129", "blocked"},
    {PROTOCOL_MYSQL,
     BYTES("\x17\0\0\0\n8.0.36\0\x05\0\0\0"
           "6/)}_Dr5\0"
           "\xFF\xF7"),
     true, "HandshakeV10", "8.0.36"},
    {PROTOCOL_XMPP, BYTES(XMPP_STREAM "<stream:features/>"), true, "features", NULL},
    {PROTOCOL_XMPP, BYTES(XMPP_STREAM "<stream:error><host-unknown/></stream:error>"), false,
     "host-unknown", NULL},
    {PROTOCOL_XMPP, BYTES(XMPP_STREAM "<features><starttls/></features><failure/>"), false,
     "failure", NULL},
};

START_TEST(a_refusal_is_told_in_the_servers_words)
{
  const struct refusal *refusal = &refusals[_i];
  ck_assert_int_eq(hear(refusal->protocol, refusal->incoming, refusal->incoming_bytes),
                   LINK_FAILED);
  ck_assert_int_eq(seen.not_offered, refusal->not_offered);
  ck_assert_int_eq(seen.reply.kind == REPLY_NEGATIVE, !refusal->not_offered);
  ck_assert_str_eq(seen.reply.code, refusal->code);
  ck_assert_pstr_eq(seen.reply.text, refusal->text);
  ck_assert_int_eq(seen.ending, ENDING_NONE);
  ck_assert(!seen.malformed && !seen.early_bytes);
}
END_TEST

START_TEST(a_challenge_is_no_go_ahead)
{
  ck_assert_int_eq(hear(PROTOCOL_POP3, BYTES("+OK\r\n+OK\r\nSTLS\r\n.\r\n+ \r\n")), LINK_FAILED);
  ck_assert(seen.malformed);
}
END_TEST

START_TEST(silence_is_waited_for)
{
  struct script script = script_of("", 0);
  script.silent = true;
  ck_assert_int_eq(connect_over(PROTOCOL_SMTP, script), LINK_WANT_READ);
  ck_assert(seen.tried && !seen.answered);
  ck_assert_uint_eq(peer->written_bytes, 0);
}
END_TEST

START_TEST(the_configured_server_name_is_the_domain)
{
  target.probe.server_name = "example.org";
  (void)hear(PROTOCOL_XMPP, BYTES("x"));
  ck_assert_ptr_nonnull(strstr(peer->written, " to='example.org' "));
}
END_TEST

START_TEST(after_the_go_ahead_bytes_pass_through)
{
  struct script script = script_of("Shello", 6);
  script.piece_bytes = 1;
  uint8_t bytes[8];
  size_t count = 0;
  ck_assert_int_eq(connect_over(PROTOCOL_POSTGRES, script), LINK_DONE);
  ck_assert_int_eq(link_read(top, bytes, sizeof(bytes), &count), LINK_DONE);
  ck_assert_uint_eq(count, 1);
  ck_assert_int_eq(bytes[0], 'h');
  ck_assert_int_eq(link_write(top, (const uint8_t *)"hi", 2, &count), LINK_DONE);
  ck_assert_mem_eq(peer->written + 8, "hi", 2);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("link/starttls");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, begin_case, end_case);
  tcase_add_loop_test(all, every_protocol_leads_to_the_go_ahead, 0, WAY_COUNT);
  tcase_add_loop_test(all, it_is_the_same_in_single_bytes_with_waits, 0, WAY_COUNT);
  tcase_add_loop_test(all, a_byte_after_the_go_ahead_is_an_error, 0, WAY_COUNT);
  tcase_add_loop_test(all, the_end_of_the_peer_is_told, 0, WAY_COUNT);
  tcase_add_loop_test(all, a_reset_is_told, 0, WAY_COUNT);
  tcase_add_loop_test(all, another_protocol_is_malformed, 0, WAY_COUNT);
  tcase_add_loop_test(all, a_refusal_is_told_in_the_servers_words, 0,
                      sizeof(refusals) / sizeof(refusals[0]));
  tcase_add_test(all, a_challenge_is_no_go_ahead);
  tcase_add_test(all, silence_is_waited_for);
  tcase_add_test(all, the_configured_server_name_is_the_domain);
  tcase_add_test(all, after_the_go_ahead_bytes_pass_through);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
