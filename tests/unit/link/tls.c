/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/tls.h"

#include <check.h>
#include <pthread.h>

#include "link/base64.h"
#include "link/tcp.h"
#include "link/wolfssl.h"
#include "support/link_driver.h"
#include "support/openssl_server.h"
#include "support/pki.h"
#include "support/scripted_link.h"

#define GOOD "-cert server.pem -key server.key "
#define STRANGER "-cert stranger.pem -key stranger.key "
#define ASKS GOOD "-verify 4 -CAfile client_cas.pem "
#define REQUIRES GOOD "-Verify 4 -verify_return_error -CAfile client_cas.pem "

/* The common name of the CA that others are made from. */
#define PATTERN_NAME "NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN"
enum { PATTERN_NAME_BYTES = sizeof(PATTERN_NAME) - 1 };

/* Each case that loops over these runs in both. */
enum { VERSIONS = 2 };
static const enum tls_version versions[VERSIONS] = {TLS_VERSION_1_2, TLS_VERSION_1_3};

static char root_path[160];
static char client_path[160];
static char client_key_path[160];
static char stranger_client_path[160];
static char stranger_client_key_path[160];
static const struct credential client = {
    .name = "client", .cert_file = client_path, .key_file = client_key_path};
static const struct credential stranger_client = {
    .name = "stranger", .cert_file = stranger_client_path, .key_file = stranger_client_key_path};

static struct openssl_server server;
static struct tls_pool *pool;
static struct observation *observation;
static struct tls_observation *seen;
static int connect_error;
static struct link *tcp;
static struct link *tls;

static void begin_case(void)
{
  pool = tls_pool_create();
  observation = observation_create(PRESENTED_CLIENT);
  ck_assert(pool != NULL && observation != NULL);
  seen = &observation->tls;
}

static void end_case(void)
{
  if (server.pid > 0) {
    (void)kill(server.pid, SIGKILL);
    (void)waitpid(server.pid, NULL, 0);
  }
  link_destroy(tls);
  observation_unref(observation);
  tls_pool_destroy(pool);
}

static struct tls_context *context_for(const struct credential *credential,
                                       enum presented presented, enum tls_version version)
{
  const struct tls_need need = {.ca_file = root_path,
                                .credential = credential,
                                .presented = presented,
                                .tls_min = version,
                                .tls_max = version};
  struct tls_context *context = NULL;
  struct error error = {0};
  ck_assert_msg(tls_pool_context(pool, &need, &context, &error) == STATUS_OK, "%s", error.text);
  return context;
}

static struct link *tcp_to(uint16_t port)
{
  struct loopback peer;
  loopback_address(AF_INET, port, &peer);
  tcp = tcp_create((struct sockaddr *)&peer.address, peer.address_bytes, &connect_error);
  ck_assert_ptr_nonnull(tcp);
  return tcp;
}

/* Against `openssl s_server`. name: the server's; the test's default is a good one. */
static enum link_step connect_as(const char *arguments, const char *name, const char *alpn,
                                 struct tls_context *context)
{
  openssl_server_start(&server, arguments);
  tls = tls_create(tcp_to(server.port), context, name, alpn, seen);
  ck_assert_ptr_nonnull(tls);
  return drive_connect(tls, tcp);
}

static enum link_step connect_client(const char *arguments, enum tls_version version)
{
  return connect_as(arguments, "server.test", NULL,
                    context_for(&client, PRESENTED_CLIENT, version));
}

static enum link_step connect_none(const char *arguments, enum tls_version version)
{
  return connect_as(arguments, "server.test", NULL, context_for(&client, PRESENTED_NONE, version));
}

#define assert_connected(step)                                                                     \
  ck_assert_msg((step) == LINK_DONE, "error %d %s, alert %d", seen->library_error,                 \
                seen->library_error_text, seen->alert_received)

/* The first refusal to come, in the handshake or, in TLS 1.3, after it. */
static enum link_step until_refused(enum link_step connected)
{
  char text[4096];
  return connected == LINK_DONE ? drive_read_all(tls, tcp, text, sizeof(text)) : connected;
}

/* What the server says once we are gone. */
static const char *server_said(void)
{
  link_destroy(tls);
  tls = NULL;
  openssl_server_end(&server);
  return server.said;
}

static bool server_got_certificate(void)
{
  return strstr(server_said(), "-----BEGIN CERTIFICATE-----") != NULL &&
         strstr(server.said, "subject=CN=client") != NULL;
}

START_TEST(a_handshake_without_a_request_tells_all_there_is)
{
  assert_connected(connect_client(GOOD, versions[_i]));
  ck_assert(seen->client_hello_sent && seen->server_hello_received && seen->handshake_complete);
  ck_assert_int_eq(seen->version, versions[_i]);
  ck_assert_ptr_nonnull(strstr(seen->cipher, "AES"));
  ck_assert_ptr_nonnull(strstr(seen->cipher, "GCM"));
  ck_assert_str_eq(seen->group, "X25519");
  ck_assert(!seen->hello_retry_request);
  ck_assert_ptr_null(seen->alpn);
  ck_assert_int_eq(seen->requested_during, REQUESTED_NOT);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_NOTHING);
  ck_assert_int_eq(seen->verification, VERIFICATION_OK);
  ck_assert_ptr_null(seen->verification_text);
  ck_assert_int_eq(seen->alert_received, ALERT_NONE);
  ck_assert_int_eq(seen->alert_sent, ALERT_NONE);
  ck_assert_int_eq(seen->library_error, 0);
  ck_assert_int_eq(seen->ending, ENDING_NONE);
  ck_assert_uint_eq(seen->chain_length, 1);
  ck_assert_str_eq(seen->chain[0].subject, "CN=server");
  ck_assert_str_eq(seen->chain[0].issuer, "CN=root");
  ck_assert(!server_got_certificate());
}
END_TEST

START_TEST(a_requested_certificate_is_sent)
{
  assert_connected(connect_client(ASKS, versions[_i]));
  ck_assert_int_eq(seen->requested_during, REQUESTED_HANDSHAKE);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_CHAIN);
  ck_assert(server_got_certificate());
}
END_TEST

START_TEST(the_acceptable_issuers_are_read)
{
  assert_connected(connect_client(ASKS, versions[_i]));
  ck_assert(seen->certificate_request_read);
  ck_assert(!seen->acceptable_issuers_truncated);
  ck_assert_uint_eq(seen->acceptable_issuers_listed, 2);
  ck_assert_uint_eq(seen->acceptable_issuer_count, 2);
  ck_assert_str_eq(seen->acceptable_issuers[0], "CN=root");
  ck_assert_str_eq(seen->acceptable_issuers[1], "CN=Other\\, CA,O=Älter");
  ck_assert_str_eq(seen->acceptable_issuers_sha256[0], seen->chain[0].issuer_sha256);
}
END_TEST

START_TEST(the_signature_algorithms_are_read)
{
  assert_connected(
      connect_client(ASKS "-client_sigalgs ECDSA+SHA256:ed25519:RSA-PSS+SHA256", versions[_i]));
  ck_assert_uint_eq(seen->signature_algorithm_count, 3);
  ck_assert_uint_eq(seen->signature_algorithms[0], 0x0403);
  ck_assert_uint_eq(seen->signature_algorithms[1], 0x0807);
  ck_assert_uint_eq(seen->signature_algorithms[2], 0x0804);
}
END_TEST

/* Our key is of P-256: wolfSSL gives up, and nothing is claimed to have been sent. */
START_TEST(a_request_that_our_key_cannot_answer_is_read)
{
  ck_assert_int_eq(connect_client(ASKS "-client_sigalgs RSA-PSS+SHA256", versions[_i]),
                   LINK_FAILED);
  ck_assert_int_eq(seen->requested_during, REQUESTED_HANDSHAKE);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_NOTHING);
  ck_assert_uint_eq(seen->signature_algorithm_count, 1);
  ck_assert_int_eq(seen->version, versions[_i]);
}
END_TEST

START_TEST(a_request_without_names_is_read_too)
{
  assert_connected(connect_client(GOOD "-verify 4", versions[_i]));
  ck_assert(seen->certificate_request_read);
  ck_assert_uint_eq(seen->acceptable_issuers_listed, 0);
  ck_assert_uint_eq(seen->acceptable_issuer_count, 0);
  ck_assert_uint_eq(strlen(seen->acceptable_issuer_list_sha256), FINGERPRINT_BYTES - 1);
}
END_TEST

/* Of the CA names that a server lists. */
static void read_list_fingerprint(const char *arguments, enum tls_version version,
                                  char out[FINGERPRINT_BYTES])
{
  assert_connected(connect_client(arguments, version));
  memcpy(out, seen->acceptable_issuer_list_sha256, FINGERPRINT_BYTES);
  (void)server_said();
  observation_unref(observation);
  observation = observation_create(PRESENTED_CLIENT);
  ck_assert_ptr_nonnull(observation);
  seen = &observation->tls;
}

START_TEST(the_fingerprint_of_the_acceptable_issuers_does_not_depend_on_their_order)
{
  char both[FINGERPRINT_BYTES];
  char reversed[FINGERPRINT_BYTES];
  char one[FINGERPRINT_BYTES];
  read_list_fingerprint(ASKS, versions[_i], both);
  read_list_fingerprint(GOOD "-verify 4 -CAfile reversed_cas.pem", versions[_i], reversed);
  read_list_fingerprint(GOOD "-verify 4 -CAfile root.pem", versions[_i], one);
  ck_assert_uint_eq(strlen(both), FINGERPRINT_BYTES - 1);
  ck_assert_str_eq(both, reversed);
  ck_assert_str_ne(both, one);
}
END_TEST

/* Writes number over the name of the pattern, wherever it stands in its certificate. */
static void rename_pattern(uint8_t *der, size_t length, unsigned number)
{
  char name[PATTERN_NAME_BYTES + 1];
  (void)snprintf(name, sizeof(name), "%0*u", PATTERN_NAME_BYTES, number);
  for (size_t i = 0; i + PATTERN_NAME_BYTES <= length; i++) {
    if (memcmp(der + i, PATTERN_NAME, PATTERN_NAME_BYTES) == 0) {
      memcpy(der + i, name, PATTERN_NAME_BYTES);
    }
  }
}

/* So many CAs in many.pem; nobody checks that the pattern's signature does not fit them. */
static void write_many_cas(unsigned count)
{
  uint8_t pattern[2048];
  uint8_t der[sizeof(pattern)];
  size_t length = pki_read("pattern.der", pattern, sizeof(pattern));
  struct buffer pem;
  buffer_init(&pem, SIZE_MAX);
  for (unsigned i = 0; i < count; i++) {
    memcpy(der, pattern, length);
    rename_pattern(der, length, i);
    buffer_append_text(&pem, "-----BEGIN CERTIFICATE-----\n");
    base64_append(&pem, der, length);
    buffer_append_text(&pem, "\n-----END CERTIFICATE-----\n");
  }
  pki_write("many.pem", pem.data, pem.length);
  buffer_deinit(&pem);
}

/* 190 of these names make 18 KiB, over two records, and just not too much. */
START_TEST(a_list_over_several_records_is_read_whole)
{
  write_many_cas(190);
  assert_connected(connect_client(GOOD "-verify 4 -CAfile many.pem", versions[_i]));
  ck_assert(!seen->acceptable_issuers_truncated);
  ck_assert_uint_eq(seen->acceptable_issuers_listed, 190);
  ck_assert_uint_eq(seen->acceptable_issuer_count, 190);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_CHAIN);
}
END_TEST

/* wolfSSL takes no message over MAX_HANDSHAKE_SZ, 18462 bytes as packaged. */
START_TEST(a_list_over_the_librarys_limit_is_read_as_far_as_it_came)
{
  write_many_cas(600);
  ck_assert_int_eq(connect_client(GOOD "-verify 4 -CAfile many.pem", versions[_i]), LINK_FAILED);
  ck_assert_int_eq(seen->requested_during, REQUESTED_HANDSHAKE);
  ck_assert(seen->certificate_request_read);
  ck_assert(seen->acceptable_issuers_truncated);
  ck_assert_uint_gt(seen->acceptable_issuers_listed, 150);
  ck_assert_uint_eq(seen->acceptable_issuer_count, seen->acceptable_issuers_listed);
  ck_assert_uint_gt(seen->refused_message_bytes, 50000);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_NOTHING);
}
END_TEST

START_TEST(nothing_to_present_is_an_empty_certificate_message)
{
  assert_connected(connect_none(ASKS, versions[_i]));
  ck_assert_int_eq(seen->requested_during, REQUESTED_HANDSHAKE);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_EMPTY);
  ck_assert_uint_eq(seen->acceptable_issuer_count, 2);
  ck_assert(!server_got_certificate());
}
END_TEST

START_TEST(a_required_certificate_is_accepted)
{
  assert_connected(connect_client(REQUIRES "-rev", versions[_i]));
  ck_assert_int_eq(drive_write(tls, tcp, "olleh\n"), LINK_DONE);
  char text[64];
  size_t count = 0;
  ck_assert_int_eq(drive_read(tls, tcp, text, sizeof(text), &count), LINK_DONE);
  ck_assert(count == 6 && memcmp(text, "hello\n", 6) == 0);
}
END_TEST

/* RFC 8446 section 4.4.2.4, RFC 5246 section 7.4.6 */
START_TEST(a_missing_certificate_brings_alert_116_or_40)
{
  enum link_step connected = connect_none(REQUIRES, versions[_i]);
  ck_assert_int_eq(connected, versions[_i] == TLS_VERSION_1_3 ? LINK_DONE : LINK_FAILED);
  ck_assert_int_eq(until_refused(connected), LINK_FAILED);
  ck_assert_int_eq(seen->alert_received, versions[_i] == TLS_VERSION_1_3 ? 116 : 40);
  ck_assert_uint_eq(seen->alerts_received_count, 1);
  ck_assert_uint_eq(seen->alerts_received[0].level, ALERT_FATAL);
  ck_assert_int_eq(seen->alerts_received[0].description, seen->alert_received);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_EMPTY);
  ck_assert_int_eq(seen->version, versions[_i]);
  ck_assert_ptr_nonnull(seen->cipher);
  ck_assert_str_eq(seen->group, "X25519");
  ck_assert_int_eq(seen->handshake_complete, versions[_i] == TLS_VERSION_1_3);
}
END_TEST

START_TEST(a_certificate_of_another_ca_brings_alert_48)
{
  enum link_step connected = connect_as(
      REQUIRES, "server.test", NULL, context_for(&stranger_client, PRESENTED_CLIENT, versions[_i]));
  ck_assert_int_eq(until_refused(connected), LINK_FAILED);
  ck_assert_int_eq(seen->alert_received, 48);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_CHAIN);
}
END_TEST

static enum link_step connect_untrusted(const char *arguments, enum tls_version version)
{
  return connect_as(arguments, "server.test", NULL,
                    context_for(&client, PRESENTED_UNTRUSTED, version));
}

/* What the server was sent is told by the server itself. */
START_TEST(a_look_alike_is_really_sent)
{
  assert_connected(connect_untrusted(ASKS, versions[_i]));
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_CHAIN);
  ck_assert(server_got_certificate());
  ck_assert_ptr_nonnull(strstr(server.said, "issuer=CN=root"));
  ck_assert_ptr_nonnull(
      strstr(server.said, "verify error:num=20:unable to get local issuer certificate"));
}
END_TEST

START_TEST(a_look_alike_is_refused_with_alert_48)
{
  ck_assert_int_eq(until_refused(connect_untrusted(REQUIRES, versions[_i])), LINK_FAILED);
  ck_assert_int_eq(seen->alert_received, 48);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_CHAIN);
}
END_TEST

START_TEST(an_untrusted_server_never_gets_a_look_alike_either)
{
  ck_assert_int_eq(connect_untrusted(STRANGER "-Verify 4 -CAfile client_cas.pem", versions[_i]),
                   LINK_FAILED);
  ck_assert_int_eq(seen->verification, VERIFICATION_UNTRUSTED);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_NOTHING);
  ck_assert(!server_got_certificate());
}
END_TEST

START_TEST(a_refused_link_stays_failed)
{
  ck_assert_int_eq(until_refused(connect_none(REQUIRES, versions[_i])), LINK_FAILED);
  char text[16];
  size_t count = 7;
  ck_assert_int_eq(link_read(tls, (uint8_t *)text, sizeof(text), &count), LINK_FAILED);
  ck_assert_uint_eq(count, 0);
  ck_assert_int_eq(link_write(tls, (const uint8_t *)"x", 1, &count), LINK_FAILED);
  ck_assert_int_eq(seen->alert_received, versions[_i] == TLS_VERSION_1_3 ? 116 : 40);
}
END_TEST

START_TEST(an_untrusted_server_never_gets_our_certificate)
{
  ck_assert_int_eq(connect_client(STRANGER "-Verify 4 -CAfile client_cas.pem", versions[_i]),
                   LINK_FAILED);
  ck_assert(!seen->handshake_complete);
  ck_assert_int_eq(seen->verification, VERIFICATION_UNTRUSTED);
  ck_assert_ptr_nonnull(seen->verification_text);
  ck_assert_uint_eq(seen->chain_length, 1);
  ck_assert_str_eq(seen->chain[0].subject, "CN=stranger");
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_NOTHING);
  ck_assert_int_ne(seen->alert_sent, ALERT_NONE);
  ck_assert_int_ne(seen->library_error, 0);
  ck_assert(!server_got_certificate());
}
END_TEST

START_TEST(an_untrusted_server_is_gone_on_with_when_nothing_is_at_stake)
{
  assert_connected(connect_none(STRANGER "-verify 4 -CAfile client_cas.pem", versions[_i]));
  ck_assert_int_eq(seen->verification, VERIFICATION_UNTRUSTED);
  ck_assert_uint_eq(seen->chain_length, 1);
  ck_assert_int_eq(seen->requested_during, REQUESTED_HANDSHAKE);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_EMPTY);
  ck_assert_int_eq(seen->alert_sent, ALERT_NONE);
}
END_TEST

START_TEST(another_name_is_a_mismatch_and_ends_it)
{
  ck_assert_int_eq(connect_as(REQUIRES, "other.test", NULL,
                              context_for(&client, PRESENTED_CLIENT, versions[_i])),
                   LINK_FAILED);
  ck_assert_int_eq(seen->verification, VERIFICATION_NAME_MISMATCH);
  ck_assert_str_eq(seen->verification_text, "not issued for other.test");
  ck_assert(!server_got_certificate());
}
END_TEST

START_TEST(an_expired_server_is_told_so)
{
  ck_assert_int_eq(connect_client("-cert expired.pem -key expired.key", versions[_i]), LINK_FAILED);
  ck_assert_int_eq(seen->verification, VERIFICATION_EXPIRED);
}
END_TEST

START_TEST(a_presented_chain_is_recorded_whole)
{
  assert_connected(
      connect_client("-cert under.pem -key under.key -cert_chain chain.pem", versions[_i]));
  ck_assert_uint_eq(seen->chain_length, 3);
  ck_assert(!seen->chain_truncated);
  ck_assert_str_eq(seen->chain[0].subject, "CN=under");
  ck_assert_str_eq(seen->chain[1].subject, "CN=intermediate");
  ck_assert_str_eq(seen->chain[2].subject, "CN=root");
}
END_TEST

/* One context serves many connections, and wolfSSL keeps the intermediates it has seen there. */
START_TEST(a_forgotten_intermediate_is_untrusted_after_a_good_chain_too)
{
  assert_connected(
      connect_client("-cert under.pem -key under.key -cert_chain chain.pem", versions[_i]));
  (void)server_said();
  observation_unref(observation);
  observation = observation_create(PRESENTED_CLIENT);
  seen = &observation->tls;
  ck_assert_int_eq(connect_client("-cert under.pem -key under.key", versions[_i]), LINK_FAILED);
  ck_assert_int_eq(seen->verification, VERIFICATION_UNTRUSTED);
  ck_assert_uint_eq(seen->chain_length, 1);
}
END_TEST

START_TEST(an_rsa_server_is_good_too)
{
  assert_connected(connect_client("-cert rsa.pem -key rsa.key", versions[_i]));
  ck_assert_str_eq(seen->chain[0].key_type, "RSA-2048");
}
END_TEST

START_TEST(the_name_is_sent_as_server_name_indication)
{
  assert_connected(connect_client(GOOD "-servername x -cert2 rsa.pem -key2 rsa.key", versions[_i]));
  ck_assert_ptr_nonnull(strstr(server_said(), "Hostname in TLS extension: \"server.test\""));
}
END_TEST

/* RFC 6066 section 3 */
START_TEST(an_address_is_not_sent_as_server_name_indication)
{
  assert_connected(connect_as(GOOD "-servername x -cert2 rsa.pem -key2 rsa.key", "127.0.0.1", NULL,
                              context_for(&client, PRESENTED_CLIENT, versions[_i])));
  ck_assert_int_eq(seen->verification, VERIFICATION_OK);
  ck_assert_ptr_null(strstr(server_said(), "Hostname in TLS extension"));
}
END_TEST

START_TEST(a_protocol_is_offered_and_what_was_chosen_is_kept)
{
  assert_connected(connect_as(GOOD "-alpn h2,http/1.1", "server.test", "http/1.1",
                              context_for(&client, PRESENTED_CLIENT, versions[_i])));
  ck_assert_str_eq(seen->alpn, "http/1.1");
}
END_TEST

START_TEST(a_server_without_protocols_chooses_none)
{
  assert_connected(connect_as(GOOD, "server.test", "http/1.1",
                              context_for(&client, PRESENTED_CLIENT, versions[_i])));
  ck_assert_ptr_null(seen->alpn);
}
END_TEST

START_TEST(a_server_with_other_protocols_says_alert_120)
{
  ck_assert_int_eq(connect_as(GOOD "-alpn h2", "server.test", "http/1.1",
                              context_for(&client, PRESENTED_CLIENT, versions[_i])),
                   LINK_FAILED);
  ck_assert_int_eq(seen->alert_received, 120);
}
END_TEST

START_TEST(a_server_of_another_version_says_alert_70)
{
  ck_assert_int_eq(connect_client(versions[_i] == TLS_VERSION_1_3 ? GOOD "-tls1_2" : GOOD "-tls1_3",
                                  versions[_i]),
                   LINK_FAILED);
  ck_assert_int_eq(seen->alert_received, 70);
}
END_TEST

START_TEST(a_group_we_did_not_guess_costs_a_round_trip_only)
{
  assert_connected(connect_client(ASKS "-groups P-256", versions[_i]));
  ck_assert_ptr_nonnull(strstr(seen->group, "256"));
  ck_assert_int_eq(seen->hello_retry_request, versions[_i] == TLS_VERSION_1_3);
  ck_assert_uint_eq(seen->acceptable_issuer_count, 2);
  ck_assert(server_got_certificate());
}
END_TEST

START_TEST(session_tickets_are_counted)
{
  assert_connected(connect_client(GOOD "-num_tickets 3", TLS_VERSION_1_3));
  openssl_server_type(&server, "text\n");
  char text[64];
  size_t count = 0;
  ck_assert_int_eq(drive_read(tls, tcp, text, sizeof(text), &count), LINK_DONE);
  ck_assert_uint_eq(count, 5);
  ck_assert_uint_eq(seen->session_tickets, 3);
}
END_TEST

START_TEST(no_session_ticket_is_none)
{
  assert_connected(connect_client(GOOD "-num_tickets 0", TLS_VERSION_1_3));
  openssl_server_type(&server, "text\n");
  char text[64];
  size_t count = 0;
  ck_assert_int_eq(drive_read(tls, tcp, text, sizeof(text), &count), LINK_DONE);
  ck_assert_uint_eq(seen->session_tickets, 0);
}
END_TEST

/* The tap does not see this cipher; that a certificate was asked for is known all the same. */
START_TEST(a_request_under_chacha20_is_known_without_its_names)
{
  assert_connected(
      connect_client(ASKS "-ciphersuites TLS_CHACHA20_POLY1305_SHA256", TLS_VERSION_1_3));
  ck_assert_str_eq(seen->cipher, "TLS_CHACHA20_POLY1305_SHA256");
  ck_assert_int_eq(seen->requested_during, REQUESTED_HANDSHAKE);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_CHAIN);
  ck_assert(!seen->certificate_request_read);
  ck_assert_uint_eq(seen->chain_length, 2); /* s_server adds the root that it knows */
}
END_TEST

START_TEST(a_request_after_the_handshake_is_answered)
{
  assert_connected(connect_client(GOOD "-CAfile client_cas.pem -num_tickets 0", TLS_VERSION_1_3));
  openssl_server_type(&server, "c\n");
  char text[64];
  size_t count = 0;
  while (seen->requested_during == REQUESTED_NOT) {
    await_link(tcp, LINK_WANT_READ);
    ck_assert_int_eq(link_read(tls, (uint8_t *)text, sizeof(text), &count), LINK_WANT_READ);
  }
  ck_assert_int_eq(seen->requested_during, REQUESTED_POST_HANDSHAKE);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_CHAIN);
  ck_assert(seen->certificate_request_read);
}
END_TEST

START_TEST(a_request_by_renegotiation_is_seen)
{
  assert_connected(connect_client(GOOD "-CAfile client_cas.pem", TLS_VERSION_1_2));
  openssl_server_type(&server, "R\n");
  ck_assert_int_eq(until_refused(LINK_DONE), LINK_FAILED);
  ck_assert_int_eq(seen->requested_during, REQUESTED_RENEGOTIATION);
  ck_assert(seen->hello_request_received);
  ck_assert_int_eq(seen->alert_sent, 100);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_NOTHING);
}
END_TEST

/* What goes by unseen is told by what the library answers. */
START_TEST(a_renegotiation_under_chacha20_is_known_by_our_answer)
{
  assert_connected(connect_client(
      GOOD "-CAfile client_cas.pem -cipher ECDHE-ECDSA-CHACHA20-POLY1305", TLS_VERSION_1_2));
  openssl_server_type(&server, "R\n");
  ck_assert_int_eq(until_refused(LINK_DONE), LINK_FAILED);
  ck_assert_int_eq(seen->requested_during, REQUESTED_RENEGOTIATION);
  ck_assert(seen->hello_request_received);
  ck_assert_int_eq(seen->alert_sent, 100);
  ck_assert_int_eq(seen->alert_received, 40);
  ck_assert_uint_eq(seen->alerts_received_count, 1);
}
END_TEST

START_TEST(close_notify_is_an_orderly_end)
{
  assert_connected(connect_client(GOOD "-rev", versions[_i]));
  ck_assert_int_eq(drive_write(tls, tcp, "CLOSE\n"), LINK_DONE);
  ck_assert_int_eq(until_refused(LINK_DONE), LINK_DONE);
  ck_assert_int_eq(seen->ending, ENDING_CLOSE_NOTIFY);
  ck_assert_int_eq(seen->alert_received, ALERT_NONE);
  ck_assert_uint_eq(seen->alerts_received_count, 1);
  ck_assert_uint_eq(seen->alerts_received[0].description, 0);
  ck_assert_int_eq(seen->library_error, 0);
}
END_TEST

START_TEST(a_close_without_close_notify_is_told_apart)
{
  assert_connected(connect_client(GOOD, versions[_i]));
  openssl_server_type(&server, "Q\n");
  ck_assert_int_eq(until_refused(LINK_DONE), LINK_FAILED);
  ck_assert_int_eq(seen->ending, ENDING_EOF);
  ck_assert_int_eq(seen->library_error, 0);
}
END_TEST

START_TEST(a_server_that_dies_is_an_end_without_close_notify)
{
  assert_connected(connect_client(GOOD "-num_tickets 0", versions[_i]));
  openssl_server_await(&server, "CIPHER is"); /* with unread bytes its death is a reset */
  openssl_server_kill(&server);
  ck_assert_int_eq(until_refused(LINK_DONE), LINK_FAILED);
  ck_assert_int_eq(seen->ending, ENDING_EOF);
  ck_assert_int_eq(seen->system_error, 0);
}
END_TEST

START_TEST(our_goodbye_is_a_close_notify)
{
  assert_connected(connect_client(GOOD "-msg", versions[_i]));
  tls_say_goodbye(tls);
  ck_assert_ptr_nonnull(strstr(server_said(), "close_notify"));
}
END_TEST

START_TEST(a_goodbye_before_the_handshake_says_nothing)
{
  openssl_server_start(&server, GOOD);
  tls = tls_create(tcp_to(server.port), context_for(&client, PRESENTED_CLIENT, versions[_i]),
                   "server.test", NULL, seen);
  tls_say_goodbye(tls);
  ck_assert(!seen->client_hello_sent);
}
END_TEST

/* One byte a call and a wait before each, in both directions. */
static void start_slowly(const char *arguments, enum tls_version version)
{
  openssl_server_start(&server, arguments);
  struct script single = script_of("", 0);
  single.piece_bytes = 1;
  single.write_bytes = 1;
  single.waits = true;
  struct scripted_link *slow = scripted_link_create(tcp_to(server.port), single);
  tls = tls_create(&slow->link, context_for(&client, PRESENTED_CLIENT, version), "server.test",
                   NULL, seen);
}

START_TEST(single_bytes_make_the_same_handshake)
{
  start_slowly(ASKS "-rev", versions[_i]);
  assert_connected(drive_connect(tls, tcp));
  ck_assert_uint_eq(seen->chain_length, 2);
  ck_assert_uint_eq(seen->acceptable_issuer_count, 2);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_CHAIN);
  ck_assert_int_eq(drive_write(tls, tcp, "olleh\n"), LINK_DONE);
  char text[64];
  size_t count = 0;
  ck_assert_int_eq(drive_read(tls, tcp, text, sizeof(text), &count), LINK_DONE);
  ck_assert(count == 6 && memcmp(text, "hello\n", 6) == 0);
}
END_TEST

START_TEST(a_link_may_be_destroyed_in_the_middle_of_a_handshake)
{
  start_slowly(REQUIRES, versions[_i]);
  while (!seen->server_hello_received) {
    enum link_step step = link_connect(tls);
    ck_assert(step != LINK_DONE && step != LINK_FAILED);
    await_link(tcp, step);
  }
  ck_assert(!seen->handshake_complete);
}
END_TEST

static enum link_step connect_scripted(struct script script)
{
  struct scripted_link *peer = scripted_link_create(NULL, script);
  tls = tls_create(&peer->link, context_for(&client, PRESENTED_CLIENT, TLS_VERSION_1_3),
                   "server.test", NULL, seen);
  return link_connect(tls);
}

START_TEST(a_peer_that_speaks_http_is_no_tls)
{
  static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
  ck_assert_int_eq(connect_scripted(script_of(answer, strlen(answer))), LINK_FAILED);
  ck_assert(seen->client_hello_sent && !seen->server_hello_received);
  ck_assert_int_ne(seen->library_error, 0);
  ck_assert_ptr_nonnull(seen->library_error_text);
  ck_assert_int_eq(seen->ending, ENDING_NONE);
}
END_TEST

START_TEST(a_peer_that_closes_at_once_is_an_end)
{
  ck_assert_int_eq(connect_scripted(script_of("", 0)), LINK_FAILED);
  ck_assert(seen->client_hello_sent && !seen->server_hello_received);
  ck_assert_int_eq(seen->ending, ENDING_EOF);
  ck_assert_int_eq(seen->alert_received, ALERT_NONE);
}
END_TEST

START_TEST(a_reset_keeps_its_error)
{
  struct script script = script_of("", 0);
  script.reset_after_read = 0;
  ck_assert_int_eq(connect_scripted(script), LINK_FAILED);
  ck_assert_int_eq(seen->ending, ENDING_RESET);
  ck_assert_int_eq(seen->system_error, ECONNRESET);
}
END_TEST

START_TEST(an_alert_before_a_reset_is_not_lost)
{
  static const char alert[] = {21, 3, 3, 0, 2, 2, 40};
  struct script script = script_of(alert, sizeof(alert));
  script.reset_after_read = sizeof(alert);
  script.broken_pipe_after_written = 0;
  ck_assert_int_eq(connect_scripted(script), LINK_FAILED);
  ck_assert_int_eq(seen->alert_received, 40);
}
END_TEST

START_TEST(every_alert_is_kept)
{
  static const char alerts[] = {21, 3, 3,  0,  2, 1, 112, 21, 3, 3, 0,
                                2,  1, 90, 21, 3, 3, 0,   2,  2, 40};
  ck_assert_int_eq(connect_scripted(script_of(alerts, sizeof(alerts))), LINK_FAILED);
  ck_assert_uint_eq(seen->alerts_received_count, 3);
  ck_assert_uint_eq(seen->alerts_received[0].level, ALERT_WARNING);
  ck_assert_uint_eq(seen->alerts_received[0].description, 112);
  ck_assert_uint_eq(seen->alerts_received[1].description, 90);
  ck_assert_uint_eq(seen->alerts_received[2].level, ALERT_FATAL);
  ck_assert_uint_eq(seen->alerts_received[2].description, 40);
  ck_assert_int_eq(seen->alert_received, 40);
}
END_TEST

/* One read a step: another one could only find the same. */
START_TEST(silence_is_waited_for)
{
  struct script script = script_of("", 0);
  script.silent = true;
  ck_assert_int_eq(connect_scripted(script), LINK_WANT_READ);
  ck_assert_uint_eq(((struct scripted_link *)tls->below)->reads, 1);
  ck_assert_int_eq(link_connect(tls), LINK_WANT_READ);
  ck_assert_uint_eq(((struct scripted_link *)tls->below)->reads, 2);
  ck_assert_int_eq(seen->ending, ENDING_NONE);
}
END_TEST

START_TEST(a_failure_below_is_the_links_own)
{
  struct loopback nobody;
  loopback_bind(AF_INET, &nobody);
  tls = tls_create(tcp_to(nobody.port), context_for(&client, PRESENTED_CLIENT, TLS_VERSION_1_3),
                   "server.test", NULL, seen);
  ck_assert_int_eq(drive_connect(tls, tcp), LINK_FAILED);
  ck_assert_int_eq(connect_error, ECONNREFUSED);
  ck_assert_int_eq(tls->system_error, ECONNREFUSED);
  ck_assert(!seen->client_hello_sent);
  loopback_close(&nobody);
}
END_TEST

/* A wolfSSL server in a thread that speaks TLS inside TLS. */
struct nested_server {
  struct loopback listener;
  int version;
  bool inner_got_certificate;
  bool outer_got_certificate;
};

static int nested_receive(WOLFSSL *ssl, char *bytes, int capacity, void *outer)
{
  (void)ssl;
  int got = wolfSSL_read(outer, bytes, capacity);
  return got > 0 ? got : WOLFSSL_CBIO_ERR_CONN_CLOSE;
}

static int nested_send(WOLFSSL *ssl, char *bytes, int length, void *outer)
{
  (void)ssl;
  return wolfSSL_write(outer, bytes, length);
}

static WOLFSSL_CTX *nested_context(void)
{
  WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfSSLv23_server_method());
  (void)wolfSSL_CTX_use_certificate_file(context, pki_path("server.pem"), WOLFSSL_FILETYPE_PEM);
  (void)wolfSSL_CTX_use_PrivateKey_file(context, pki_path("server.key"), WOLFSSL_FILETYPE_PEM);
  (void)wolfSSL_CTX_load_verify_locations(context, root_path, NULL);
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, NULL);
  return context;
}

static bool got_certificate(WOLFSSL *ssl)
{
  WOLFSSL_X509 *certificate = wolfSSL_get_peer_certificate(ssl);
  wolfSSL_X509_free(certificate);
  return certificate != NULL;
}

static void *serve_nested(void *context)
{
  struct nested_server *nested = context;
  int descriptor = accept(nested->listener.descriptor, NULL, NULL);
  WOLFSSL_CTX *outer_context = nested_context();
  WOLFSSL_CTX *inner_context = nested_context();
  wolfSSL_CTX_SetIORecv(inner_context, nested_receive);
  wolfSSL_CTX_SetIOSend(inner_context, nested_send);
  WOLFSSL *outer = wolfSSL_new(outer_context);
  WOLFSSL *inner = wolfSSL_new(inner_context);
  (void)wolfSSL_set_fd(outer, descriptor);
  wolfSSL_SetIOReadCtx(inner, outer);
  wolfSSL_SetIOWriteCtx(inner, outer);
  if (wolfSSL_accept(outer) == WOLFSSL_SUCCESS && wolfSSL_accept(inner) == WOLFSSL_SUCCESS) {
    nested->outer_got_certificate = got_certificate(outer);
    nested->inner_got_certificate = got_certificate(inner);
    (void)wolfSSL_write(inner, "inside", 6);
    (void)wolfSSL_shutdown(inner);
  }
  wolfSSL_free(inner);
  wolfSSL_free(outer);
  wolfSSL_CTX_free(inner_context);
  wolfSSL_CTX_free(outer_context);
  wc_ecc_fp_free(); /* of this thread */
  (void)close(descriptor);
  return NULL;
}

START_TEST(tls_inside_tls_sees_each_layer_by_itself)
{
  struct nested_server nested = {0};
  pthread_t thread;
  loopback_listen(AF_INET, &nested.listener);
  ck_assert_int_eq(pthread_create(&thread, NULL, serve_nested, &nested), 0);
  struct link *outer =
      tls_create(tcp_to(nested.listener.port), context_for(NULL, PRESENTED_CLIENT, versions[_i]),
                 "localhost", NULL, &observation->proxy_tls);
  tls = tls_create(outer, context_for(&client, PRESENTED_CLIENT, versions[_i]), "server.test", NULL,
                   seen);
  assert_connected(drive_connect(tls, tcp));
  char text[64];
  ck_assert_int_eq(drive_read_all(tls, tcp, text, sizeof(text)), LINK_DONE);
  ck_assert_str_eq(text, "inside");
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  ck_assert(!nested.outer_got_certificate && nested.inner_got_certificate);
  ck_assert_int_eq(observation->proxy_tls.certificate_sent, CERTIFICATE_SENT_EMPTY);
  ck_assert_int_eq(seen->certificate_sent, CERTIFICATE_SENT_CHAIN);
  ck_assert_int_eq(seen->ending, ENDING_CLOSE_NOTIFY);
  ck_assert(seen->certificate_request_read && observation->proxy_tls.certificate_request_read);
  ck_assert_uint_eq(seen->chain_length, 1);
  ck_assert_uint_eq(observation->proxy_tls.chain_length, 1);
  loopback_close(&nested.listener);
}
END_TEST

static void make_certificates(void)
{
  static const struct pki_certificate made[] = {
      {.name = "root", .extensions = PKI_CA},
      {.name = "stranger_root", .extensions = PKI_CA},
      {.name = "other", .subject = "/O=Älter/CN=Other, CA", .extensions = PKI_CA},
      {.name = "pattern", .subject = "/O=Lab/CN=" PATTERN_NAME, .extensions = PKI_CA},
      {.name = "intermediate", .issuer = "root", .extensions = PKI_CA},
      {.name = "server", .issuer = "root", .extensions = PKI_SERVER},
      {.name = "under", .issuer = "intermediate", .extensions = PKI_SERVER},
      {.name = "rsa", .issuer = "root", .extensions = PKI_SERVER, .key = "rsa:2048"},
      {.name = "expired", .issuer = "root", .extensions = PKI_SERVER, .end = PKI_PAST_END},
      {.name = "stranger", .issuer = "stranger_root", .extensions = PKI_SERVER},
      {.name = "client", .issuer = "root", .extensions = PKI_CLIENT},
      {.name = "stranger_client", .issuer = "stranger_root", .extensions = PKI_CLIENT},
  };
  pki_open();
  for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
    pki_make(&made[i]);
  }
  pki_run("cat root.pem other.pem >client_cas.pem; cat other.pem root.pem >reversed_cas.pem;"
          "cat intermediate.pem root.pem >chain.pem");
}

static void name_files(void)
{
  (void)snprintf(root_path, sizeof(root_path), "%s", pki_path("root.pem"));
  (void)snprintf(client_path, sizeof(client_path), "%s", pki_path("client.pem"));
  (void)snprintf(client_key_path, sizeof(client_key_path), "%s", pki_path("client.key"));
  (void)snprintf(stranger_client_path, sizeof(stranger_client_path), "%s",
                 pki_path("stranger_client.pem"));
  (void)snprintf(stranger_client_key_path, sizeof(stranger_client_key_path), "%s",
                 pki_path("stranger_client.key"));
}

static TCase *fresh(const char *name)
{
  TCase *tcase = tcase_create(name);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, begin_case, end_case);
  return tcase;
}

#define add_for_both(tcase, test) tcase_add_loop_test(tcase, test, 0, VERSIONS)

static TCase *requests(void)
{
  TCase *tcase = fresh("requests");
  add_for_both(tcase, a_handshake_without_a_request_tells_all_there_is);
  add_for_both(tcase, a_requested_certificate_is_sent);
  add_for_both(tcase, the_acceptable_issuers_are_read);
  add_for_both(tcase, the_signature_algorithms_are_read);
  add_for_both(tcase, a_request_that_our_key_cannot_answer_is_read);
  add_for_both(tcase, the_fingerprint_of_the_acceptable_issuers_does_not_depend_on_their_order);
  add_for_both(tcase, a_request_without_names_is_read_too);
  add_for_both(tcase, a_list_over_several_records_is_read_whole);
  add_for_both(tcase, a_list_over_the_librarys_limit_is_read_as_far_as_it_came);
  add_for_both(tcase, nothing_to_present_is_an_empty_certificate_message);
  add_for_both(tcase, a_required_certificate_is_accepted);
  add_for_both(tcase, a_missing_certificate_brings_alert_116_or_40);
  add_for_both(tcase, a_certificate_of_another_ca_brings_alert_48);
  add_for_both(tcase, a_look_alike_is_really_sent);
  add_for_both(tcase, a_look_alike_is_refused_with_alert_48);
  add_for_both(tcase, an_untrusted_server_never_gets_a_look_alike_either);
  add_for_both(tcase, a_refused_link_stays_failed);
  tcase_add_test(tcase, a_request_under_chacha20_is_known_without_its_names);
  tcase_add_test(tcase, a_request_after_the_handshake_is_answered);
  tcase_add_test(tcase, a_request_by_renegotiation_is_seen);
  tcase_add_test(tcase, a_renegotiation_under_chacha20_is_known_by_our_answer);
  return tcase;
}

static TCase *servers(void)
{
  TCase *tcase = fresh("servers");
  add_for_both(tcase, an_untrusted_server_never_gets_our_certificate);
  add_for_both(tcase, an_untrusted_server_is_gone_on_with_when_nothing_is_at_stake);
  add_for_both(tcase, another_name_is_a_mismatch_and_ends_it);
  add_for_both(tcase, an_expired_server_is_told_so);
  add_for_both(tcase, a_presented_chain_is_recorded_whole);
  add_for_both(tcase, a_forgotten_intermediate_is_untrusted_after_a_good_chain_too);
  add_for_both(tcase, an_rsa_server_is_good_too);
  add_for_both(tcase, the_name_is_sent_as_server_name_indication);
  add_for_both(tcase, an_address_is_not_sent_as_server_name_indication);
  add_for_both(tcase, a_protocol_is_offered_and_what_was_chosen_is_kept);
  add_for_both(tcase, a_server_without_protocols_chooses_none);
  add_for_both(tcase, a_server_with_other_protocols_says_alert_120);
  add_for_both(tcase, a_server_of_another_version_says_alert_70);
  add_for_both(tcase, a_group_we_did_not_guess_costs_a_round_trip_only);
  return tcase;
}

static TCase *endings(void)
{
  TCase *tcase = fresh("endings");
  tcase_add_test(tcase, session_tickets_are_counted);
  tcase_add_test(tcase, no_session_ticket_is_none);
  add_for_both(tcase, close_notify_is_an_orderly_end);
  add_for_both(tcase, a_close_without_close_notify_is_told_apart);
  add_for_both(tcase, a_server_that_dies_is_an_end_without_close_notify);
  add_for_both(tcase, our_goodbye_is_a_close_notify);
  add_for_both(tcase, a_goodbye_before_the_handshake_says_nothing);
  add_for_both(tcase, a_link_may_be_destroyed_in_the_middle_of_a_handshake);
  add_for_both(tcase, single_bytes_make_the_same_handshake);
  add_for_both(tcase, tls_inside_tls_sees_each_layer_by_itself);
  tcase_add_test(tcase, a_peer_that_speaks_http_is_no_tls);
  tcase_add_test(tcase, a_peer_that_closes_at_once_is_an_end);
  tcase_add_test(tcase, a_reset_keeps_its_error);
  tcase_add_test(tcase, an_alert_before_a_reset_is_not_lost);
  tcase_add_test(tcase, every_alert_is_kept);
  tcase_add_test(tcase, silence_is_waited_for);
  tcase_add_test(tcase, a_failure_below_is_the_links_own);
  return tcase;
}

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  make_certificates();
  name_files();
  Suite *suite = suite_create("link/tls");
  suite_add_tcase(suite, requests());
  suite_add_tcase(suite, servers());
  suite_add_tcase(suite, endings());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
