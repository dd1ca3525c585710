/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/certificate_facts.h"

#include <check.h>

#include "link/tls_context.h"
#include "support/allocation_fails.h"
#include "support/pki.h"

static struct certificate certificate;
static uint8_t der[8192];

static enum status read_facts(const char *name)
{
  return certificate_facts_read(der, pki_read(name, der, sizeof(der)), &certificate);
}

static void end_case(void)
{
  certificate_deinit(&certificate);
}

/* The first word that the commands print. */
static const char *printed(const char *commands)
{
  static uint8_t text[256];
  pki_run("%s > printed", commands);
  size_t length = pki_read("printed", text, sizeof(text) - 1);
  text[length] = '\0';
  text[strcspn((char *)text, " \n")] = '\0';
  return (const char *)text;
}

START_TEST(every_field_is_read)
{
  ck_assert_int_eq(read_facts("leaf.der"), STATUS_OK);
  ck_assert_str_eq(certificate.subject, "CN=leaf,O=Älter");
  ck_assert_str_eq(certificate.issuer, "CN=root");
  ck_assert_str_eq(certificate.dns_names, "server.test,localhost,127.0.0.1,::1");
  ck_assert_str_eq(certificate.key_type, "P-256");
  ck_assert_int_eq(certificate.not_before, 1577836800); /* 2020-01-01 */
  ck_assert_int_eq(certificate.not_after, 2493072000);  /* 2049-01-01 */
  ck_assert_str_eq(certificate.serial,
                   printed("openssl x509 -in leaf.pem -noout -serial | cut -d= -f2 | tr A-F a-f"));
}
END_TEST

/* Beside openssl and sha256sum. */
START_TEST(the_fingerprints_are_sha_256_of_the_parts)
{
  ck_assert_int_eq(read_facts("leaf.der"), STATUS_OK);
  ck_assert_str_eq(certificate.sha256, printed("sha256sum leaf.der"));
  ck_assert_str_eq(certificate.spki_sha256,
                   printed("openssl x509 -in leaf.pem -noout -pubkey |"
                           "openssl pkey -pubin -outform DER | sha256sum"));
  struct certificate root = {0};
  ck_assert_int_eq(certificate_facts_read(der, pki_read("root.der", der, sizeof(der)), &root),
                   STATUS_OK);
  ck_assert_str_eq(certificate.issuer_sha256, root.subject_sha256);
  ck_assert_str_ne(certificate.subject_sha256, root.subject_sha256);
  ck_assert_str_eq(root.subject_sha256, root.issuer_sha256);
  certificate_deinit(&root);
}
END_TEST

START_TEST(a_digest_is_lower_case_hex)
{
  char text[FINGERPRINT_BYTES];
  fingerprint((const uint8_t *)"abc", 3, text); /* FIPS 180-4, the example of one block */
  ck_assert_str_eq(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(a_certificate_without_names_has_none)
{
  ck_assert_int_eq(read_facts("root.der"), STATUS_OK);
  ck_assert_str_eq(certificate.dns_names, "");
}
END_TEST

START_TEST(what_cannot_be_read_keeps_its_fingerprint)
{
  size_t length = pki_read("leaf.der", der, sizeof(der));
  ck_assert_int_eq(certificate_facts_read(der, length - 1, &certificate), STATUS_INVALID);
  ck_assert_uint_eq(strlen(certificate.sha256), FINGERPRINT_BYTES - 1);
  ck_assert_ptr_null(certificate.subject);
  ck_assert_str_eq(certificate.spki_sha256, "");
  ck_assert_int_eq(certificate_facts_read(der, 0, &certificate), STATUS_INVALID);
}
END_TEST

START_TEST(long_names_are_cut)
{
  ck_assert_int_eq(read_facts("long.der"), STATUS_OK);
  ck_assert_uint_le(strlen(certificate.subject), 512 + strlen("…"));
  ck_assert_uint_gt(strlen(certificate.subject), 500);
  ck_assert_uint_le(strlen(certificate.dns_names), 1024 + strlen("…"));
  ck_assert_uint_gt(strlen(certificate.dns_names), 1000);
}
END_TEST

START_TEST(want_of_memory_leaves_nothing)
{
  size_t length = pki_read("leaf.der", der, sizeof(der));
  long alive = allocations_alive();
  bool failed = true;
  for (unsigned nth = 1; failed; nth++) {
    allocation_fails_at(nth);
    enum status status = certificate_facts_read(der, length, &certificate);
    failed = allocation_did_fail();
    ck_assert_int_eq(status, failed ? STATUS_OUT_OF_MEMORY : STATUS_OK);
    ck_assert(!failed || certificate.subject == NULL);
    certificate_deinit(&certificate);
    certificate = (struct certificate){0};
    ck_assert_int_eq(allocations_alive(), alive);
  }
}
END_TEST

static void make_certificates(void)
{
  char subject[1024] = "/CN=x";
  char names[4096] = "subjectAltName=DNS:first.test";
  for (int i = 0; i < 12; i++) {
    size_t used = strlen(subject);
    (void)snprintf(subject + used, sizeof(subject) - used, "/OU=%c%044d", 'a' + i, 0);
  }
  for (int i = 0; i < 60; i++) {
    size_t used = strlen(names);
    (void)snprintf(names + used, sizeof(names) - used, ",DNS:a-name-of-some-length-%03d.test", i);
  }
  pki_open();
  pki_make(&(struct pki_certificate){.name = "root", .extensions = PKI_CA});
  pki_make(&(struct pki_certificate){.name = "leaf",
                                     .issuer = "root",
                                     .subject = "/O=Älter/CN=leaf",
                                     .extensions = PKI_SERVER,
                                     .end = "20490101000000Z"});
  pki_make(&(struct pki_certificate){
      .name = "long", .issuer = "root", .extensions = names, .subject = subject});
}

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  make_certificates();
  Suite *suite = suite_create("link/certificate_facts");
  TCase *tcase = tcase_create("all");
  tcase_add_checked_fixture(tcase, NULL, end_case);
  tcase_add_test(tcase, every_field_is_read);
  tcase_add_test(tcase, the_fingerprints_are_sha_256_of_the_parts);
  tcase_add_test(tcase, a_digest_is_lower_case_hex);
  tcase_add_test(tcase, a_certificate_without_names_has_none);
  tcase_add_test(tcase, what_cannot_be_read_keeps_its_fingerprint);
  tcase_add_test(tcase, long_names_are_cut);
  tcase_add_test(tcase, want_of_memory_leaves_nothing);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
