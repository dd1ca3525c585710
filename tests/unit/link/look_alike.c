/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/look_alike.h"

#include <check.h>
#include <stdlib.h>

#include "link/tls_context.h"
#include "link/wolfssl.h"
#include "support/pki.h"
#include "wire/x509.h"

#define IDENTIFIED "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
#define CLIENT                                                                                     \
  IDENTIFIED PKI_CLIENT "subjectAltName=DNS:payments.test,URI:spiffe://test/payments\n"            \
                        "1.2.3.4=ASN1:UTF8String:whatever\n"

/* Certificates that are imitated; each is "NAME.pem", and its issuer another or itself. */
static const struct pki_certificate originals[] = {
    {.name = "p256", .issuer = "root", .extensions = CLIENT},
    {.name = "p384",
     .issuer = "root",
     .extensions = CLIENT,
     .key = "ec -pkeyopt ec_paramgen_curve:P-384"},
    {.name = "p521",
     .issuer = "root",
     .extensions = CLIENT,
     .key = "ec -pkeyopt ec_paramgen_curve:P-521"},
    {.name = "rsa", .issuer = "root", .extensions = CLIENT, .key = "rsa:2048"},
    {.name = "ed25519", .issuer = "root", .extensions = CLIENT, .key = "ed25519"},
    {.name = "under_rsa", .issuer = "rsa_root", .extensions = CLIENT},
    {.name = "under_ed25519", .issuer = "ed25519_root", .extensions = CLIENT},
    {.name = "bare", .issuer = "root", .extensions = "1.2.3.4=ASN1:NULL\n"},
    {.name = "expired", .issuer = "root", .extensions = CLIENT, .end = PKI_PAST_END},
    {.name = "own_p256", .extensions = CLIENT},
    {.name = "own_p384", .extensions = CLIENT, .key = "ec -pkeyopt ec_paramgen_curve:P-384"},
    {.name = "own_rsa", .extensions = CLIENT, .key = "rsa:2048"},
    {.name = "own_ed25519", .extensions = CLIENT, .key = "ed25519"},
    {.name = "own_bare", .extensions = "1.2.3.4=ASN1:NULL\n"},
};
enum { ORIGINALS = sizeof(originals) / sizeof(originals[0]), DER_MAX_BYTES = 8192 };

static struct credential_material *material;
static struct look_alike *made;
static struct error error;
static WOLFSSL_CTX *context;

/* A certificate that is installed, or configured. */
struct read {
  uint8_t der[DER_MAX_BYTES];
  size_t length;
  struct x509_certificate fields;
};
static struct read original;
static struct read likeness;

static void set_up(void)
{
  context = wolfSSL_CTX_new(wolfSSLv23_client_method());
  ck_assert_ptr_nonnull(context);
}

static void tear_down(void)
{
  wolfSSL_CTX_free(context);
  look_alike_unref(made);
  credential_unref(material);
}

static void load(const char *certificate, const char *key)
{
  char cert_file[512];
  char key_file[512];
  (void)snprintf(cert_file, sizeof(cert_file), "%s/%s", pki_directory, certificate);
  (void)snprintf(key_file, sizeof(key_file), "%s/%s", pki_directory, key);
  const struct credential credential = {.name = "c", .cert_file = cert_file, .key_file = key_file};
  ck_assert_msg(credential_load(&credential, &material, &error) == STATUS_OK, "%s", error.text);
}

static void take(struct read *out, const void *der, size_t length)
{
  ck_assert_uint_le(length, sizeof(out->der));
  memcpy(out->der, der, length);
  out->length = length;
  ck_assert(x509_read(out->der, length, &out->fields));
}

static void read_installed(size_t intermediates_bytes)
{
  ck_assert_int_eq(look_alike_install(made, context), STATUS_OK);
  struct der chain = look_alike_chain(made);
  ck_assert_uint_gt(chain.length, intermediates_bytes);
  take(&likeness, chain.bytes, chain.length - intermediates_bytes);
  pki_write("likeness.der", likeness.der, likeness.length);
  pki_run("openssl x509 -inform DER -in likeness.der -out likeness.pem");
}

static void load_named(const char *name)
{
  char file[64];
  char key[64];
  (void)snprintf(file, sizeof(file), "%s.der", name);
  original.length = pki_read(file, original.der, sizeof(original.der));
  ck_assert(x509_read(original.der, original.length, &original.fields));
  (void)snprintf(file, sizeof(file), "%s.pem", name);
  (void)snprintf(key, sizeof(key), "%s.key", name);
  load(file, key);
}

/* The original and its likeness, side by side. */
static void imitate(const char *name)
{
  load_named(name);
  ck_assert_msg(look_alike_make(material, NULL, &made, &error) == STATUS_OK, "%s", error.text);
  read_installed(0);
}

static void assert_same(struct der a, struct der b)
{
  ck_assert_uint_eq(a.length, b.length);
  ck_assert(a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

static void assert_differ(struct der a, struct der b)
{
  ck_assert(a.length != b.length || memcmp(a.bytes, b.bytes, a.length) != 0);
}

START_TEST(it_says_of_itself_what_the_original_does)
{
  imitate(originals[_i].name);
  assert_same(likeness.fields.subject, original.fields.subject);
  assert_same(likeness.fields.issuer, original.fields.issuer);
  assert_same(likeness.fields.subject_alternative_names, original.fields.subject_alternative_names);
  assert_same(likeness.fields.signature_algorithm, original.fields.signature_algorithm);
  ck_assert_int_eq(likeness.fields.not_before, original.fields.not_before);
  ck_assert_int_eq(likeness.fields.not_after, original.fields.not_after);
  ck_assert_int_eq(likeness.fields.has_key_usage, original.fields.has_key_usage);
  ck_assert_int_eq(likeness.fields.digital_signature, original.fields.digital_signature);
  ck_assert_int_eq(likeness.fields.client_auth, original.fields.client_auth);
}
END_TEST

/* What openssl prints of both, but for what has to differ. */
START_TEST(openssl_tells_them_apart_by_numbers_alone)
{
  static const char names_and_extensions[] =
      "for one in likeness %s; do openssl x509 -in $one.pem -noout -text -certopt "
      "no_serial,no_pubkey,no_sigdump | grep -v '^ *\\([0-9A-F][0-9A-F]:\\)*[0-9A-F][0-9A-F]$' "
      "| grep -v 'keyid:' >$one.text; done; cmp likeness.text %s.text";
  if (strstr(originals[_i].name, "bare") != NULL) {
    return; /* has no key identifiers to be like */
  }
  imitate(originals[_i].name);
  pki_run(names_and_extensions, originals[_i].name, originals[_i].name);
}
END_TEST

START_TEST(its_key_is_its_own_and_of_the_same_type)
{
  char types[2][64];
  imitate(originals[_i].name);
  x509_key_type(&likeness.fields, types[0], sizeof(types[0]));
  x509_key_type(&original.fields, types[1], sizeof(types[1]));
  ck_assert_str_eq(types[0], types[1]);
  assert_differ(likeness.fields.spki, original.fields.spki);
  ck_assert_int_eq(wolfSSL_CTX_check_private_key(context), WOLFSSL_SUCCESS);
}
END_TEST

START_TEST(its_serial_number_is_its_own_and_of_the_same_length)
{
  imitate(originals[_i].name);
  ck_assert_uint_eq(likeness.fields.serial.length, original.fields.serial.length);
  assert_differ(likeness.fields.serial, original.fields.serial);
}
END_TEST

/* The authorities are those that the original verifies against; nobody's key made the signature,
 * and OpenSSL does not even take the authority for the issuer. */
START_TEST(nobody_trusts_it)
{
  imitate(originals[_i].name);
  pki_run("cat root.pem rsa_root.pem ed25519_root.pem own_*.pem >all.pem;"
          "openssl verify -no_check_time -CAfile all.pem %s.pem;"
          "! openssl verify -no_check_time -CAfile all.pem likeness.pem >verdict 2>&1;"
          "grep -q 'error \\(18\\|20\\) at 0' verdict",
          originals[_i].name);
}
END_TEST

/* A server that has this very certificate in its trust store would find no fault with it. */
START_TEST(a_self_signed_one_is_signed_by_its_own_key)
{
  if (originals[_i].issuer == NULL) {
    imitate(originals[_i].name);
    pki_run("openssl verify -check_ss_sig -CAfile likeness.pem likeness.pem");
  }
}
END_TEST

START_TEST(the_intermediates_go_along)
{
  uint8_t others[2 * DER_MAX_BYTES];
  size_t length = pki_read("intermediate.der", others, DER_MAX_BYTES);
  length += pki_read("root.der", others + length, DER_MAX_BYTES);
  load_named("chained");
  ck_assert_int_eq(look_alike_make(material, NULL, &made, &error), STATUS_OK);
  read_installed(length);
  ck_assert_mem_eq(look_alike_chain(made).bytes + likeness.length, others, length);
  assert_same(likeness.fields.subject, original.fields.subject);
}
END_TEST

/* Whose key is the same is not made anew: it may take seconds. */
START_TEST(keys_are_used_again_when_the_files_change)
{
  imitate("rsa");
  struct read first = likeness;
  struct look_alike *before = made;
  ck_assert_int_eq(look_alike_make(material, before, &made, &error), STATUS_OK);
  look_alike_unref(before);
  wolfSSL_CTX_free(context);
  context = wolfSSL_CTX_new(wolfSSLv23_client_method());
  read_installed(0);
  ck_assert(x509_read(first.der, first.length, &first.fields));
  assert_same(likeness.fields.spki, first.fields.spki);
  assert_differ(likeness.fields.serial, first.fields.serial);
}
END_TEST

START_TEST(a_key_of_another_type_is_made_anew)
{
  imitate("p256");
  struct look_alike *before = made;
  credential_unref(material);
  load("p384.pem", "p384.key");
  ck_assert_int_eq(look_alike_make(material, before, &made, &error), STATUS_OK);
  look_alike_unref(before);
  wolfSSL_CTX_free(context);
  context = wolfSSL_CTX_new(wolfSSLv23_client_method());
  read_installed(0);
  char type[64];
  x509_key_type(&likeness.fields, type, sizeof(type));
  ck_assert_str_eq(type, "P-384");
}
END_TEST

START_TEST(what_cannot_be_imitated_is_said)
{
  load("secp256k1.pem", "secp256k1.key");
  ck_assert_int_eq(look_alike_make(material, NULL, &made, &error), STATUS_INVALID);
  ck_assert_ptr_null(made);
  ck_assert_str_eq(error.text, "no look-alike: a key of type secp256k1 cannot be made");
}
END_TEST

static void make_certificates(void)
{
  static const struct pki_certificate issuers[] = {
      {.name = "root", .extensions = IDENTIFIED PKI_CA},
      {.name = "rsa_root", .extensions = IDENTIFIED PKI_CA, .key = "rsa:2048"},
      {.name = "ed25519_root", .extensions = IDENTIFIED PKI_CA, .key = "ed25519"},
      {.name = "intermediate", .issuer = "root", .extensions = IDENTIFIED PKI_CA},
      {.name = "chained", .issuer = "intermediate", .extensions = CLIENT},
      {.name = "secp256k1",
       .issuer = "root",
       .extensions = CLIENT,
       .key = "ec -pkeyopt ec_paramgen_curve:secp256k1"},
  };
  pki_open();
  for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
    pki_make(&issuers[i]);
  }
  for (size_t i = 0; i < ORIGINALS; i++) {
    pki_make(&originals[i]);
  }
  pki_run("cat intermediate.pem root.pem >>chained.pem");
}

static Suite *look_alike_suite(void)
{
  Suite *suite = suite_create("link/look_alike");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_set_timeout(all, 60);
  tcase_add_checked_fixture(all, set_up, tear_down);
  tcase_add_loop_test(all, it_says_of_itself_what_the_original_does, 0, ORIGINALS);
  tcase_add_loop_test(all, openssl_tells_them_apart_by_numbers_alone, 0, ORIGINALS);
  tcase_add_loop_test(all, its_key_is_its_own_and_of_the_same_type, 0, ORIGINALS);
  tcase_add_loop_test(all, its_serial_number_is_its_own_and_of_the_same_length, 0, ORIGINALS);
  tcase_add_loop_test(all, nobody_trusts_it, 0, ORIGINALS);
  tcase_add_loop_test(all, a_self_signed_one_is_signed_by_its_own_key, 0, ORIGINALS);
  tcase_add_test(all, the_intermediates_go_along);
  tcase_add_test(all, keys_are_used_again_when_the_files_change);
  tcase_add_test(all, a_key_of_another_type_is_made_anew);
  tcase_add_test(all, what_cannot_be_imitated_is_said);
  return suite;
}

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  make_certificates();
  SRunner *runner = srunner_create(look_alike_suite());
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
