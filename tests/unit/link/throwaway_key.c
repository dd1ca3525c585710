/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/throwaway_key.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "link/tls_context.h"
#include "support/pki.h"

/* md: how `openssl pkeyutl` is told the digest; "" for EdDSA. */
static const struct {
  const char *type;
  enum digest digest;
  const char *options;
} kinds[] = {
    {"P-256", DIGEST_SHA256, "-rawin -digest sha256"},
    {"P-256", DIGEST_SHA1, "-rawin -digest sha1"},
    {"P-384", DIGEST_SHA384, "-rawin -digest sha384"},
    {"P-521", DIGEST_SHA512, "-rawin -digest sha512"},
    {"RSA-2048", DIGEST_SHA256, "-rawin -digest sha256"},
    {"RSA-2048", DIGEST_SHA224, "-rawin -digest sha224"},
    {"RSA-3072", DIGEST_SHA512, "-rawin -digest sha512"},
    {"Ed25519", DIGEST_NONE, "-rawin"},
    {"Ed448", DIGEST_NONE, "-rawin"},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), LIMIT_BYTES = 65536, TYPE_BYTES = 64 };

static void write_file(const char *name, const struct buffer *bytes)
{
  ck_assert_int_eq(buffer_status(bytes), STATUS_OK);
  pki_write(name, bytes->data, bytes->length);
}

START_TEST(a_key_is_of_the_type_asked_for)
{
  struct throwaway_key *key = NULL;
  struct buffer spki;
  char type[TYPE_BYTES];
  buffer_init(&spki, LIMIT_BYTES);
  ck_assert_int_eq(throwaway_key_make(kinds[_i].type, &key), STATUS_OK);
  ck_assert_str_eq(throwaway_key_type(key), kinds[_i].type);
  ck_assert_int_eq(throwaway_key_write_public(key, &spki), STATUS_OK);
  const struct x509_certificate fields = {.spki = {(const uint8_t *)spki.data, spki.length}};
  x509_key_type(&fields, type, sizeof(type));
  ck_assert_str_eq(type, kinds[_i].type);
  buffer_deinit(&spki);
  throwaway_key_unref(key);
}
END_TEST

START_TEST(openssl_verifies_what_it_signs)
{
  static const char text[] = "some bytes to be signed";
  struct throwaway_key *key = NULL;
  struct buffer spki;
  struct buffer signature;
  buffer_init(&spki, LIMIT_BYTES);
  buffer_init(&signature, LIMIT_BYTES);
  ck_assert_int_eq(throwaway_key_make(kinds[_i].type, &key), STATUS_OK);
  ck_assert_int_eq(throwaway_key_write_public(key, &spki), STATUS_OK);
  ck_assert_int_eq(throwaway_key_sign(key, kinds[_i].digest,
                                      (struct der){(const uint8_t *)text, strlen(text)},
                                      &signature),
                   STATUS_OK);
  write_file("spki.der", &spki);
  write_file("signature", &signature);
  pki_write("text", text, strlen(text));
  pki_run("openssl pkey -pubin -inform DER -in spki.der -out spki.pem;"
          "openssl pkeyutl -verify -pubin -inkey spki.pem %s -in text -sigfile signature",
          kinds[_i].options);
  buffer_deinit(&spki);
  buffer_deinit(&signature);
  throwaway_key_unref(key);
}
END_TEST

START_TEST(two_keys_are_never_the_same)
{
  struct buffer spki[2];
  for (size_t i = 0; i < 2; i++) {
    struct throwaway_key *key = NULL;
    buffer_init(&spki[i], LIMIT_BYTES);
    ck_assert_int_eq(throwaway_key_make("P-256", &key), STATUS_OK);
    ck_assert_int_eq(throwaway_key_write_public(key, &spki[i]), STATUS_OK);
    throwaway_key_unref(key);
  }
  ck_assert_uint_eq(spki[0].length, spki[1].length);
  ck_assert_mem_ne(spki[0].data, spki[1].data, spki[0].length);
  buffer_deinit(&spki[0]);
  buffer_deinit(&spki[1]);
}
END_TEST

static const char *const others[] = {"",          "RSA-", "RSA-PSS-2048", "RSA-512", "RSA-9999",
                                     "secp256k1", "P-0",  "ML-DSA-65",    "DSA",     "1.2.3.4.5"};

START_TEST(a_key_of_another_type_cannot_be_made)
{
  struct throwaway_key *key = NULL;
  ck_assert_int_eq(throwaway_key_make(others[_i], &key), STATUS_INVALID);
  ck_assert_ptr_null(key);
}
END_TEST

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  pki_open();
  Suite *suite = suite_create("link/throwaway_key");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_set_timeout(all, 60);
  tcase_add_loop_test(all, a_key_is_of_the_type_asked_for, 0, KINDS);
  tcase_add_loop_test(all, openssl_verifies_what_it_signs, 0, KINDS);
  tcase_add_test(all, two_keys_are_never_the_same);
  tcase_add_loop_test(all, a_key_of_another_type_cannot_be_made, 0,
                      sizeof(others) / sizeof(others[0]));
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
