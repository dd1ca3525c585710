/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/trust.h"

#include <check.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "link/tls_context.h"
#include "support/pki.h"

enum { DER_MAX_BYTES = 4096, TEXT_BYTES = 256 };

static char text[TEXT_BYTES];
static uint8_t storage[TRUST_CHAIN_MAX + 4][DER_MAX_BYTES];

static struct trust *trust_of(const char *file)
{
  struct trust *trust = NULL;
  struct error error = {0};
  ck_assert_msg(trust_load(pki_path(file), &trust, &error) == STATUS_OK, "%s", error.text);
  return trust;
}

/* The chain of the names, separated by blanks, against an existing trust. */
static enum verification verify_with(const struct trust *trust, const char *names,
                                     const char *server_name)
{
  struct der chain[TRUST_CHAIN_MAX + 4];
  size_t length = 0;
  char copy[1024];
  (void)snprintf(copy, sizeof(copy), "%s", names);
  char *rest = copy;
  for (char *name = strsep(&rest, " "); name != NULL; name = strsep(&rest, " ")) {
    char file[128];
    (void)snprintf(file, sizeof(file), "%s.der", name);
    chain[length].bytes = storage[length];
    chain[length].length = pki_read(file, storage[length], DER_MAX_BYTES);
    length++;
  }
  return trust_verify(trust, chain, length, server_name, clock_wall_ns() / NS_PER_SECOND, text,
                      sizeof(text));
}

static enum verification verify_for(const char *ca_file, const char *names, const char *server_name)
{
  struct trust *trust = trust_of(ca_file);
  enum verification result = verify_with(trust, names, server_name);
  trust_unref(trust);
  return result;
}

static enum verification verify(const char *names)
{
  return verify_for("root.pem", names, "server.test");
}

#define assert_verified(result) ck_assert_msg((result) == VERIFICATION_OK, "%s", text)

START_TEST(a_leaf_of_the_root_is_good)
{
  assert_verified(verify("direct"));
  ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(a_leaf_by_way_of_an_intermediate_is_good)
{
  assert_verified(verify("server intermediate"));
}
END_TEST

START_TEST(the_root_may_be_presented_too)
{
  assert_verified(verify("server intermediate root"));
}
END_TEST

START_TEST(a_long_chain_in_the_wrong_order_with_strangers_is_good)
{
  assert_verified(verify("deep stranger intermediate root second stranger_root"));
  assert_verified(verify("deep second intermediate"));
}
END_TEST

START_TEST(a_missing_intermediate_is_untrusted)
{
  ck_assert_int_eq(verify("server"), VERIFICATION_UNTRUSTED);
  ck_assert_str_eq(text, "no path to a trusted CA");
}
END_TEST

/* The reason why verification stands apart from the handshake. */
START_TEST(an_intermediate_of_an_earlier_chain_is_not_remembered)
{
  struct trust *trust = trust_of("root.pem");
  assert_verified(verify_with(trust, "server intermediate", "server.test"));
  ck_assert_int_eq(verify_with(trust, "server", "server.test"), VERIFICATION_UNTRUSTED);
  assert_verified(verify_with(trust, "server intermediate", "server.test"));
  trust_unref(trust);
}
END_TEST

START_TEST(an_intermediate_alone_as_trust_anchor_is_enough)
{
  assert_verified(verify_for("intermediate.pem", "server", "server.test"));
}
END_TEST

START_TEST(a_stranger_is_untrusted)
{
  ck_assert_int_eq(verify("stranger stranger_root"), VERIFICATION_UNTRUSTED);
  ck_assert_int_eq(verify("stranger"), VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_self_signed_leaf_is_untrusted_and_says_so)
{
  ck_assert_int_eq(verify("self_signed"), VERIFICATION_UNTRUSTED);
  ck_assert_str_eq(text, "self-signed and not trusted");
}
END_TEST

START_TEST(a_leaf_that_is_itself_in_ca_file_is_good)
{
  assert_verified(verify_for("self_signed.pem", "self_signed", "server.test"));
  assert_verified(verify_for("direct.pem", "direct", "server.test"));
}
END_TEST

START_TEST(a_leaf_in_ca_file_vouches_for_nobody_else)
{
  ck_assert_int_eq(verify_for("direct.pem", "by_leaf", "server.test"), VERIFICATION_UNTRUSTED);
  ck_assert_int_eq(verify_for("direct.pem", "server intermediate", "server.test"),
                   VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(an_expired_leaf_is_expired)
{
  ck_assert_int_eq(verify("expired"), VERIFICATION_EXPIRED);
  ck_assert_str_eq(text, "expired");
}
END_TEST

START_TEST(a_leaf_of_tomorrow_is_not_yet_valid)
{
  ck_assert_int_eq(verify("tomorrow"), VERIFICATION_NOT_YET_VALID);
  ck_assert_str_eq(text, "not yet valid");
}
END_TEST

START_TEST(an_expired_intermediate_is_expired)
{
  ck_assert_int_eq(verify("by_expired expired_ca"), VERIFICATION_EXPIRED);
}
END_TEST

START_TEST(a_renewed_intermediate_beside_the_expired_one_is_good)
{
  assert_verified(verify("by_expired expired_ca renewed_ca"));
  assert_verified(verify("by_expired renewed_ca expired_ca"));
}
END_TEST

START_TEST(a_foreign_ca_of_the_same_name_is_passed_over)
{
  assert_verified(verify("server impostor intermediate"));
  assert_verified(verify("server intermediate impostor"));
  ck_assert_int_eq(verify("server impostor"), VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_forged_signature_is_untrusted)
{
  ck_assert_int_eq(verify("forged root"), VERIFICATION_UNTRUSTED);
  ck_assert_int_eq(verify("forged"), VERIFICATION_UNTRUSTED);
  ck_assert_msg(strstr(text, "no path to a trusted CA (ASN sig error") != NULL, "%s", text);
}
END_TEST

START_TEST(no_path_comes_before_dates_and_dates_before_the_name)
{
  ck_assert_int_eq(verify("expired_stranger"), VERIFICATION_UNTRUSTED);
  ck_assert_int_eq(verify_for("root.pem", "expired", "other.test"), VERIFICATION_EXPIRED);
  ck_assert_int_eq(verify_for("root.pem", "stranger", "other.test"), VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_leaf_may_not_issue)
{
  ck_assert_int_eq(verify("by_leaf direct"), VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_certificate_without_basic_constraints_may_not_issue)
{
  ck_assert_int_eq(verify("by_plain plain"), VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_ca_without_key_cert_sign_may_not_issue)
{
  ck_assert_int_eq(verify("by_unsigning unsigning"), VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_ca_for_clients_alone_may_not_issue_servers)
{
  ck_assert_int_eq(verify("by_client_ca client_ca"), VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_version_1_certificate_in_ca_file_is_a_ca)
{
  assert_verified(verify_for("version_1.pem", "by_version_1", "server.test"));
}
END_TEST

START_TEST(a_presented_version_1_certificate_is_no_ca)
{
  ck_assert_int_eq(verify("by_version_1 version_1"), VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_path_length_of_the_intermediate_is_kept)
{
  assert_verified(verify("under_short short"));
  ck_assert_int_eq(verify("too_deep below_short short"), VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_path_length_of_the_anchor_is_kept)
{
  assert_verified(verify_for("short_root.pem", "under_short_root", "server.test"));
  ck_assert_int_eq(verify_for("short_root.pem", "too_deep_root below_short_root", "server.test"),
                   VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(a_client_certificate_is_no_server)
{
  ck_assert_int_eq(verify("client"), VERIFICATION_UNTRUSTED);
  ck_assert_str_eq(text, "its key usage does not allow server authentication");
}
END_TEST

START_TEST(a_leaf_without_any_usage_may_do_all)
{
  assert_verified(verify_for("root.pem", "plain", "plain.test"));
}
END_TEST

START_TEST(another_name_is_a_mismatch_and_says_which)
{
  ck_assert_int_eq(verify_for("root.pem", "direct", "other.test"), VERIFICATION_NAME_MISMATCH);
  ck_assert_str_eq(text, "not issued for other.test");
  ck_assert_int_eq(verify_for("root.pem", "direct", "server.test.evil"),
                   VERIFICATION_NAME_MISMATCH);
  ck_assert_int_eq(verify_for("root.pem", "direct", "x.server.test"), VERIFICATION_NAME_MISMATCH);
}
END_TEST

START_TEST(the_case_of_the_name_does_not_matter)
{
  assert_verified(verify_for("root.pem", "direct", "SERVER.Test"));
}
END_TEST

/* RFC 9525 section 2 */
START_TEST(the_common_name_does_not_count)
{
  ck_assert_int_eq(verify_for("root.pem", "direct", "direct"), VERIFICATION_NAME_MISMATCH);
  ck_assert_int_eq(verify_for("root.pem", "only_common_name", "server.test"),
                   VERIFICATION_NAME_MISMATCH);
}
END_TEST

/* RFC 9525 section 6.3 */
START_TEST(a_wildcard_stands_for_one_whole_label)
{
  assert_verified(verify_for("root.pem", "wildcard", "a.wild.test"));
  ck_assert_int_eq(verify_for("root.pem", "wildcard", "wild.test"), VERIFICATION_NAME_MISMATCH);
  ck_assert_int_eq(verify_for("root.pem", "wildcard", "a.b.wild.test"), VERIFICATION_NAME_MISMATCH);
  ck_assert_int_eq(verify_for("root.pem", "wildcard", ".wild.test"), VERIFICATION_NAME_MISMATCH);
  ck_assert_int_eq(verify_for("root.pem", "wildcard", "foobar.part.test"),
                   VERIFICATION_NAME_MISMATCH);
}
END_TEST

START_TEST(an_address_matches_ip_entries_only)
{
  assert_verified(verify_for("root.pem", "direct", "127.0.0.1"));
  assert_verified(verify_for("root.pem", "direct", "::1"));
  assert_verified(verify_for("root.pem", "direct", "0:0:0:0:0:0:0:1"));
  ck_assert_int_eq(verify_for("root.pem", "direct", "127.0.0.2"), VERIFICATION_NAME_MISMATCH);
  ck_assert_int_eq(verify_for("root.pem", "direct", "::ffff:127.0.0.1"),
                   VERIFICATION_NAME_MISMATCH);
  ck_assert_int_eq(verify_for("root.pem", "address_as_name", "192.0.2.1"),
                   VERIFICATION_NAME_MISMATCH);
  ck_assert_int_eq(verify_for("root.pem", "address_as_name", "192.0.2.9"),
                   VERIFICATION_NAME_MISMATCH);
}
END_TEST

START_TEST(keys_of_other_kinds_are_good_too)
{
  assert_verified(verify("rsa"));
  assert_verified(verify("p384"));
  assert_verified(verify_for("rsa_root.pem", "by_rsa", "server.test"));
}
END_TEST

START_TEST(an_empty_chain_is_not_verified)
{
  struct trust *trust = trust_of("root.pem");
  ck_assert_int_eq(trust_verify(trust, NULL, 0, "server.test", 0, text, sizeof(text)),
                   VERIFICATION_NOT_DONE);
  trust_unref(trust);
}
END_TEST

START_TEST(garbage_as_leaf_is_untrusted)
{
  struct trust *trust = trust_of("root.pem");
  static const uint8_t garbage[] = "not a certificate";
  const struct der chain[] = {{garbage, sizeof(garbage)}, {garbage, 0}};
  ck_assert_int_eq(trust_verify(trust, chain, 2, "server.test", 0, text, sizeof(text)),
                   VERIFICATION_UNTRUSTED);
  ck_assert_str_eq(text, "not readable as X.509");
  trust_unref(trust);
}
END_TEST

START_TEST(garbage_behind_the_leaf_is_passed_over)
{
  pki_write("garbage.der", "\x30\x82\xff\xff", 4);
  pki_write("nothing.der", "", 0);
  assert_verified(verify("server garbage nothing intermediate"));
}
END_TEST

START_TEST(a_leaf_cut_anywhere_is_never_good)
{
  struct trust *trust = trust_of("root.pem");
  uint8_t leaf[DER_MAX_BYTES];
  size_t length = pki_read("direct.der", leaf, sizeof(leaf));
  for (size_t cut = 0; cut < length; cut += 7) {
    uint8_t *exact = malloc(cut + 1);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, leaf, cut);
    const struct der chain = {exact, cut};
    ck_assert_int_eq(trust_verify(trust, &chain, 1, "server.test", clock_wall_ns() / NS_PER_SECOND,
                                  text, sizeof(text)),
                     VERIFICATION_UNTRUSTED);
    free(exact);
  }
  trust_unref(trust);
}
END_TEST

START_TEST(a_changed_byte_anywhere_is_never_good)
{
  struct trust *trust = trust_of("root.pem");
  uint8_t leaf[DER_MAX_BYTES];
  size_t length = pki_read("direct.der", leaf, sizeof(leaf));
  for (size_t at = 0; at < length; at += 5) {
    const struct der chain = {leaf, length};
    leaf[at] ^= 0x01;
    ck_assert_msg(trust_verify(trust, &chain, 1, "server.test", clock_wall_ns() / NS_PER_SECOND,
                               text, sizeof(text)) != VERIFICATION_OK,
                  "byte %zu", at);
    leaf[at] ^= 0x01;
  }
  trust_unref(trust);
}
END_TEST

START_TEST(a_longer_chain_than_the_cap_is_read_up_to_it)
{
  struct buffer names;
  buffer_init(&names, 512);
  buffer_append_text(&names, "server");
  for (int i = 0; i < TRUST_CHAIN_MAX; i++) {
    buffer_append_text(&names, " stranger_root");
  }
  buffer_append_text(&names, " intermediate");
  ck_assert_int_eq(verify(buffer_text(&names)), VERIFICATION_UNTRUSTED);
  buffer_deinit(&names);
}
END_TEST

START_TEST(cas_that_sign_each_other_end_the_search)
{
  ck_assert_int_eq(verify("by_ring ring_a ring_b ring_a ring_b ring_a ring_b ring_a ring_b ring_a "
                          "ring_b ring_a ring_b ring_a ring_b ring_a"),
                   VERIFICATION_UNTRUSTED);
}
END_TEST

START_TEST(an_expired_anchor_is_told)
{
  pki_run("cat expired_root.pem stranger_root.pem >mixed.pem");
  ck_assert_int_eq(verify_for("mixed.pem", "by_expired_root", "server.test"),
                   VERIFICATION_UNTRUSTED);
  ck_assert_str_eq(text, "no path to a trusted CA (1 CA in ca_file out of its dates)");
}
END_TEST

START_TEST(text_is_cut_to_its_room)
{
  struct trust *trust = trust_of("root.pem");
  uint8_t leaf[DER_MAX_BYTES];
  const struct der chain = {leaf, pki_read("direct.der", leaf, sizeof(leaf))};
  char small[8];
  ck_assert_int_eq(trust_verify(trust, &chain, 1, "other.test", clock_wall_ns() / NS_PER_SECOND,
                                small, sizeof(small)),
                   VERIFICATION_NAME_MISMATCH);
  ck_assert_str_eq(small, "not iss");
  trust_unref(trust);
}
END_TEST

static void assert_load_fails(const char *path, enum status expected, const char *words)
{
  struct trust *trust = NULL;
  struct error error = {0};
  ck_assert_int_eq(trust_load(path, &trust, &error), expected);
  ck_assert_ptr_null(trust);
  ck_assert_msg(strstr(error.text, words) != NULL, "%s", error.text);
  ck_assert_msg(strstr(error.text, path) != NULL, "%s", error.text);
}

START_TEST(a_ca_file_that_is_not_there_is_named)
{
  assert_load_fails(pki_path("missing.pem"), STATUS_IO, "cannot be read: No such file");
}
END_TEST

START_TEST(a_directory_as_ca_file_is_named)
{
  assert_load_fails(pki_directory, STATUS_IO, "cannot be read: Is a directory");
}
END_TEST

START_TEST(a_ca_file_without_a_certificate_is_named)
{
  pki_write("empty.pem", "", 0);
  assert_load_fails(pki_path("empty.pem"), STATUS_INVALID, "no PEM certificate in it");
  assert_load_fails(pki_path("root.key"), STATUS_INVALID, "no PEM certificate in it");
  assert_load_fails(pki_path("root.der"), STATUS_INVALID, "no PEM certificate in it");
}
END_TEST

START_TEST(a_ca_file_of_expired_cas_alone_is_named)
{
  assert_load_fails(pki_path("expired_root.pem"), STATUS_INVALID, "is out of its dates");
}
END_TEST

START_TEST(text_between_and_around_certificates_is_passed_over)
{
  pki_run("{ echo '# comment'; openssl x509 -in stranger_root.pem -text; echo; "
          "sed 's/$/\\r/' root.pem; echo end; } >commented.pem");
  assert_verified(verify_for("commented.pem", "direct", "server.test"));
}
END_TEST

START_TEST(a_key_between_the_certificates_does_not_hide_the_next)
{
  pki_run("cat stranger_root.key stranger_root.pem root.key root.pem >keys.pem");
  assert_verified(verify_for("keys.pem", "direct", "server.test"));
}
END_TEST

START_TEST(one_unreadable_certificate_does_not_hide_the_next)
{
  pki_run("{ echo '-----BEGIN CERTIFICATE-----'; echo MAA=; echo '-----END CERTIFICATE-----'; "
          "cat root.pem; } >with_garbage.pem");
  assert_verified(verify_for("with_garbage.pem", "direct", "server.test"));
}
END_TEST

START_TEST(a_trusted_certificate_block_of_openssl_is_read)
{
  pki_run("openssl x509 -in root.pem -trustout -out trusted.pem; cat stranger_root.pem "
          "root.pem >>trusted.pem");
  assert_verified(verify_for("trusted.pem", "direct", "server.test"));
}
END_TEST

static void make_authorities(void)
{
  static const struct pki_certificate made[] = {
      {.name = "root", .extensions = PKI_CA},
      {.name = "rsa_root", .extensions = PKI_CA, .key = "rsa:2048"},
      {.name = "expired_root", .extensions = PKI_CA, .end = PKI_PAST_END},
      {.name = "stranger_root", .extensions = PKI_CA},
      {.name = "short_root", .extensions = "basicConstraints=critical,CA:TRUE,pathlen:0\n"},
      {.name = "intermediate", .issuer = "root", .extensions = PKI_CA},
      {.name = "impostor",
       .issuer = "stranger_root",
       .subject = "/CN=intermediate",
       .extensions = PKI_CA},
      {.name = "second", .issuer = "intermediate", .extensions = PKI_CA},
      {.name = "expired_ca",
       .issuer = "root",
       .subject = "/CN=renewed",
       .extensions = PKI_CA,
       .end = PKI_PAST_END},
      {.name = "plain", .issuer = "root", .extensions = "subjectAltName=DNS:plain.test\n"},
      {.name = "unsigning",
       .issuer = "root",
       .extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature\n"},
      {.name = "short",
       .issuer = "root",
       .extensions = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign\n"},
      {.name = "below_short", .issuer = "short", .extensions = PKI_CA},
      {.name = "below_short_root", .issuer = "short_root", .extensions = PKI_CA},
      {.name = "client_ca", .issuer = "root", .extensions = PKI_CA "extendedKeyUsage=clientAuth\n"},
      {.name = "ring_a", .subject = "/CN=ring a", .extensions = PKI_CA},
      {.name = "ring_b", .issuer = "ring_a", .subject = "/CN=ring b", .extensions = PKI_CA},
  };
  for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
    pki_make(&made[i]);
  }
  /* the same key and name again, with other dates or another issuer */
  pki_run("openssl req -new -key expired_ca.key -config ca.conf -subj /CN=renewed -out request; "
          "openssl x509 -req -in request -CA root.pem -CAkey root.key -CAcreateserial -days 900 "
          "-extfile ca_extensions -outform DER -out renewed_ca.der");
  pki_run("openssl req -new -key ring_a.key -config ca.conf -subj '/CN=ring a' -out request; "
          "openssl x509 -req -in request -CA ring_b.pem -CAkey ring_b.key -CAcreateserial "
          "-days 900 -extfile ca_extensions -outform DER -out ring_a.der");
}

static void make_leaves(void)
{
  static const struct pki_certificate made[] = {
      {.name = "direct", .issuer = "root", .extensions = PKI_SERVER},
      {.name = "server", .issuer = "intermediate", .extensions = PKI_SERVER},
      {.name = "deep", .issuer = "second", .extensions = PKI_SERVER},
      {.name = "stranger", .issuer = "stranger_root", .extensions = PKI_SERVER},
      {.name = "self_signed", .extensions = PKI_SERVER},
      {.name = "expired", .issuer = "root", .extensions = PKI_SERVER, .end = PKI_PAST_END},
      {.name = "expired_stranger",
       .issuer = "stranger_root",
       .extensions = PKI_SERVER,
       .end = PKI_PAST_END},
      {.name = "tomorrow", .issuer = "root", .extensions = PKI_SERVER, .start = PKI_FUTURE_START},
      {.name = "by_expired", .issuer = "expired_ca", .extensions = PKI_SERVER},
      {.name = "by_expired_root", .issuer = "expired_root", .extensions = PKI_SERVER},
      {.name = "by_leaf", .issuer = "direct", .extensions = PKI_SERVER},
      {.name = "by_plain", .issuer = "plain", .extensions = PKI_SERVER},
      {.name = "by_unsigning", .issuer = "unsigning", .extensions = PKI_SERVER},
      {.name = "under_short", .issuer = "short", .extensions = PKI_SERVER},
      {.name = "too_deep", .issuer = "below_short", .extensions = PKI_SERVER},
      {.name = "under_short_root", .issuer = "short_root", .extensions = PKI_SERVER},
      {.name = "too_deep_root", .issuer = "below_short_root", .extensions = PKI_SERVER},
      {.name = "by_client_ca", .issuer = "client_ca", .extensions = PKI_SERVER},
      {.name = "by_ring", .issuer = "ring_a", .extensions = PKI_SERVER},
      {.name = "client", .issuer = "root", .extensions = PKI_CLIENT},
      {.name = "rsa", .issuer = "root", .extensions = PKI_SERVER, .key = "rsa:2048"},
      {.name = "p384",
       .issuer = "root",
       .extensions = PKI_SERVER,
       .key = "ec -pkeyopt ec_paramgen_curve:P-384"},
      {.name = "by_rsa", .issuer = "rsa_root", .extensions = PKI_SERVER},
      {.name = "only_common_name",
       .issuer = "root",
       .subject = "/CN=server.test",
       .extensions = "extendedKeyUsage=serverAuth\n"},
      {.name = "wildcard",
       .issuer = "root",
       .extensions = "subjectAltName=DNS:*.wild.test,DNS:foo*.part.test\n"},
      {.name = "address_as_name",
       .issuer = "root",
       .subject = "/CN=192.0.2.9",
       .extensions = "subjectAltName=DNS:192.0.2.1\n"},
  };
  for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
    pki_make(&made[i]);
  }
}

/* A certificate that names the root as its issuer and was signed by another key. */
static void make_forged(void)
{
  pki_run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config ca.conf "
          "-subj /CN=root -keyout false_root.key -out false_root.pem -days 90");
  /* without key identifiers, or those would already tell the roots apart */
  static const char extensions[] =
      PKI_SERVER "subjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n";
  pki_write("forged_extensions", extensions, strlen(extensions));
  pki_run("openssl x509 -req -in request -CA false_root.pem -CAkey false_root.key "
          "-CAcreateserial -days 90 -extfile forged_extensions -outform DER -out forged.der");
}

static void make_version_1(void)
{
  pki_run("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config ca.conf "
          "-subj /CN=version_1 -keyout version_1.key -out request");
  /* OpenSSL makes version 1 by default before 3.4, and only when asked since. */
  pki_run("openssl req -x509 -x509v1 -config ca.conf -in request -key version_1.key -days 90 "
          "-out version_1.pem || "
          "openssl x509 -req -in request -signkey version_1.key -days 90 -out version_1.pem; "
          "openssl x509 -in version_1.pem -text | grep -q 'Version: 1 '; "
          "openssl x509 -in version_1.pem -outform DER -out version_1.der");
  pki_make(&(struct pki_certificate){
      .name = "by_version_1", .issuer = "version_1", .extensions = PKI_SERVER});
}

static void make_all(void)
{
  pki_open();
  pki_write("ca_extensions", PKI_CA, strlen(PKI_CA));
  pki_write("server_extensions", PKI_SERVER, strlen(PKI_SERVER));
  make_authorities();
  make_leaves();
  make_forged();
  make_version_1();
}

static TCase *chains(void)
{
  TCase *tcase = tcase_create("chains");
  tcase_add_test(tcase, a_leaf_of_the_root_is_good);
  tcase_add_test(tcase, a_leaf_by_way_of_an_intermediate_is_good);
  tcase_add_test(tcase, the_root_may_be_presented_too);
  tcase_add_test(tcase, a_long_chain_in_the_wrong_order_with_strangers_is_good);
  tcase_add_test(tcase, a_missing_intermediate_is_untrusted);
  tcase_add_test(tcase, an_intermediate_of_an_earlier_chain_is_not_remembered);
  tcase_add_test(tcase, an_intermediate_alone_as_trust_anchor_is_enough);
  tcase_add_test(tcase, a_stranger_is_untrusted);
  tcase_add_test(tcase, a_self_signed_leaf_is_untrusted_and_says_so);
  tcase_add_test(tcase, a_leaf_that_is_itself_in_ca_file_is_good);
  tcase_add_test(tcase, a_leaf_in_ca_file_vouches_for_nobody_else);
  tcase_add_test(tcase, an_expired_leaf_is_expired);
  tcase_add_test(tcase, a_leaf_of_tomorrow_is_not_yet_valid);
  tcase_add_test(tcase, an_expired_intermediate_is_expired);
  tcase_add_test(tcase, a_renewed_intermediate_beside_the_expired_one_is_good);
  tcase_add_test(tcase, a_foreign_ca_of_the_same_name_is_passed_over);
  tcase_add_test(tcase, a_forged_signature_is_untrusted);
  tcase_add_test(tcase, no_path_comes_before_dates_and_dates_before_the_name);
  tcase_add_test(tcase, a_leaf_may_not_issue);
  tcase_add_test(tcase, a_certificate_without_basic_constraints_may_not_issue);
  tcase_add_test(tcase, a_ca_without_key_cert_sign_may_not_issue);
  tcase_add_test(tcase, a_ca_for_clients_alone_may_not_issue_servers);
  tcase_add_test(tcase, a_version_1_certificate_in_ca_file_is_a_ca);
  tcase_add_test(tcase, a_presented_version_1_certificate_is_no_ca);
  tcase_add_test(tcase, a_path_length_of_the_intermediate_is_kept);
  tcase_add_test(tcase, a_path_length_of_the_anchor_is_kept);
  tcase_add_test(tcase, keys_of_other_kinds_are_good_too);
  tcase_add_test(tcase, cas_that_sign_each_other_end_the_search);
  tcase_add_test(tcase, a_longer_chain_than_the_cap_is_read_up_to_it);
  return tcase;
}

static TCase *leaves(void)
{
  TCase *tcase = tcase_create("leaves");
  tcase_add_test(tcase, a_client_certificate_is_no_server);
  tcase_add_test(tcase, a_leaf_without_any_usage_may_do_all);
  tcase_add_test(tcase, another_name_is_a_mismatch_and_says_which);
  tcase_add_test(tcase, the_case_of_the_name_does_not_matter);
  tcase_add_test(tcase, the_common_name_does_not_count);
  tcase_add_test(tcase, a_wildcard_stands_for_one_whole_label);
  tcase_add_test(tcase, an_address_matches_ip_entries_only);
  tcase_add_test(tcase, an_empty_chain_is_not_verified);
  tcase_add_test(tcase, garbage_as_leaf_is_untrusted);
  tcase_add_test(tcase, garbage_behind_the_leaf_is_passed_over);
  tcase_add_test(tcase, a_leaf_cut_anywhere_is_never_good);
  tcase_add_test(tcase, a_changed_byte_anywhere_is_never_good);
  tcase_add_test(tcase, text_is_cut_to_its_room);
  return tcase;
}

static TCase *files(void)
{
  TCase *tcase = tcase_create("files");
  tcase_add_test(tcase, an_expired_anchor_is_told);
  tcase_add_test(tcase, a_ca_file_that_is_not_there_is_named);
  tcase_add_test(tcase, a_directory_as_ca_file_is_named);
  tcase_add_test(tcase, a_ca_file_without_a_certificate_is_named);
  tcase_add_test(tcase, a_ca_file_of_expired_cas_alone_is_named);
  tcase_add_test(tcase, text_between_and_around_certificates_is_passed_over);
  tcase_add_test(tcase, a_key_between_the_certificates_does_not_hide_the_next);
  tcase_add_test(tcase, one_unreadable_certificate_does_not_hide_the_next);
  tcase_add_test(tcase, a_trusted_certificate_block_of_openssl_is_read);
  return tcase;
}

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  make_all();
  Suite *suite = suite_create("link/trust");
  TCase *cases[] = {chains(), leaves(), files()};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    tcase_set_timeout(cases[i], 30);
    suite_add_tcase(suite, cases[i]);
  }
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
