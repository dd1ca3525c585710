/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/key_pair.h"

#include <check.h>

#include "link/credential.h"
#include "link/tls_context.h"
#include "support/pki.h"

/* Two certificates "NAME-one" and "NAME-other" of each kind. */
static const struct kind {
  const char *name;
  const char *key; /* what follows -newkey */
} kinds[] = {
    {"p256", "ec -pkeyopt ec_paramgen_curve:P-256"},
    {"p384", "ec -pkeyopt ec_paramgen_curve:P-384"},
    {"p521", "ec -pkeyopt ec_paramgen_curve:P-521"},
    {"secp256k1", "ec -pkeyopt ec_paramgen_curve:secp256k1"},
    {"rsa", "rsa:2048"},
    {"ed25519", "ed25519"},
};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static void make_pairs(void)
{
  static const char *const names[] = {"one", "other"};
  for (size_t i = 0; i < KIND_COUNT; i++) {
    for (size_t n = 0; n < 2; n++) {
      char name[64];
      (void)snprintf(name, sizeof(name), "%s-%s", kinds[i].name, names[n]);
      pki_make(
          &(struct pki_certificate){.name = name, .extensions = PKI_CLIENT, .key = kinds[i].key});
    }
  }
  pki_run("openssl ec -in p256-one.key -out sec1.key;"
          "openssl ec -in p256-one.key -no_public -out no-public.key;"
          "openssl ecparam -name prime256v1 -out parameters;"
          "cat parameters sec1.key > with-parameters.key;"
          "echo 'correct horse' > password;"
          "openssl pkcs8 -topk8 -in p256-one.key -passout file:password -out pkcs8.key;"
          "openssl ec -in p256-one.key -aes256 -passout file:password -out dek-info.key;"
          "openssl ec -in p256-one.key -conv_form compressed -out compressed.key;"
          "openssl req -x509 -new -key compressed.key -subj /CN=c -out compressed.pem");
}

static struct error error;

static enum status load(const char *certificate, const char *key, const char *password)
{
  char cert_file[512];
  char key_file[512];
  char password_file[512];
  (void)snprintf(cert_file, sizeof(cert_file), "%s/%s", pki_directory, certificate);
  (void)snprintf(key_file, sizeof(key_file), "%s/%s", pki_directory, key);
  (void)snprintf(password_file, sizeof(password_file), "%s/%s", pki_directory,
                 password != NULL ? password : "");
  const struct credential credential = {
      .name = "c",
      .cert_file = cert_file,
      .key_file = key_file,
      .key_password_file = password != NULL ? password_file : NULL,
      .cert_source = {"a.conf", 1, "cert_file"},
      .key_source = {"a.conf", 2, "key_file"},
      .key_password_source = {"a.conf", 3, "key_password_file"},
  };
  struct credential_material *material = NULL;
  error = (struct error){.file = ""};
  enum status status = credential_load(&credential, &material, &error);
  ck_assert_ptr_nonnull(material);
  const struct credential_facts *facts = credential_material_facts(material);
  ck_assert_int_eq(facts->loaded, status == STATUS_OK);
  ck_assert_int_eq(facts->key_mismatch, strstr(error.text, "do not belong together") != NULL);
  credential_unref(material);
  return status;
}

#define assert_good(call) ck_assert_msg((call) == STATUS_OK, "%s", error.text)

/* Where the error is told, and some of its words. */
static void assert_refused(enum status status, unsigned line, const char *words)
{
  ck_assert_int_ne(status, STATUS_OK);
  ck_assert_msg(error.line == line && strcmp(error.file, "a.conf") == 0, "%s:%u: %s", error.file,
                error.line, error.text);
  ck_assert_msg(strstr(error.text, words) != NULL, "%s", error.text);
}

START_TEST(a_key_belongs_to_its_own_certificate)
{
  char certificate[64];
  char key[64];
  (void)snprintf(certificate, sizeof(certificate), "%s-one.pem", kinds[_i].name);
  (void)snprintf(key, sizeof(key), "%s-one.key", kinds[_i].name);
  assert_good(load(certificate, key, NULL));
}
END_TEST

START_TEST(a_key_of_another_certificate_is_refused_although_its_kind_is_the_same)
{
  char certificate[64];
  char key[64];
  (void)snprintf(certificate, sizeof(certificate), "%s-one.pem", kinds[_i].name);
  (void)snprintf(key, sizeof(key), "%s-other.key", kinds[_i].name);
  assert_refused(load(certificate, key, NULL), 2, "do not belong together");
}
END_TEST

START_TEST(a_key_of_another_kind_is_refused)
{
  char certificate[64];
  char key[64];
  (void)snprintf(certificate, sizeof(certificate), "%s-one.pem", kinds[_i].name);
  (void)snprintf(key, sizeof(key), "%s-one.key", kinds[(_i + 1) % KIND_COUNT].name);
  assert_refused(load(certificate, key, NULL), 2, "do not belong together");
}
END_TEST

START_TEST(a_key_is_compared_in_every_form_it_is_written_in)
{
  static const struct {
    const char *key;
    const char *password;
  } forms[] = {
      {"sec1.key", NULL},        {"no-public.key", NULL},      {"with-parameters.key", NULL},
      {"pkcs8.key", "password"}, {"dek-info.key", "password"}, {"compressed.key", NULL}};
  for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
    assert_good(load("p256-one.pem", forms[i].key, forms[i].password));
    assert_good(load("compressed.pem", forms[i].key, forms[i].password));
    assert_refused(load("p256-other.pem", forms[i].key, forms[i].password), 2,
                   "do not belong together");
  }
}
END_TEST

START_TEST(a_mistake_is_told_at_the_setting_that_is_wrong)
{
  pki_write("wrong", "hunter2\n", 8);
  pki_write("empty", "\n", 1);
  assert_refused(load("nowhere.pem", "p256-one.key", NULL), 1, "cannot be read");
  assert_refused(load("p256-one.key", "p256-one.key", NULL), 1, "no PEM certificate");
  assert_refused(load("p256-one.pem", "nowhere.key", NULL), 2, "cannot be read");
  assert_refused(load("p256-one.pem", "p256-one.pem", NULL), 2, "no usable PEM private key");
  assert_refused(load("p256-one.pem", "pkcs8.key", NULL), 2, "set key_password_file");
  assert_refused(load("p256-one.pem", "pkcs8.key", "nowhere"), 3, "cannot be read");
  assert_refused(load("p256-one.pem", "pkcs8.key", "empty"), 3, "the first line must hold");
  assert_refused(load("p256-one.pem", "pkcs8.key", "wrong"), 3, "does not open key_file");
  ck_assert_ptr_null(strstr(error.text, "hunter2"));
}
END_TEST

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  pki_open();
  make_pairs();
  Suite *suite = suite_create("link/key_pair");
  TCase *cases = tcase_create("all");
  tcase_set_timeout(cases, 30);
  tcase_add_loop_test(cases, a_key_belongs_to_its_own_certificate, 0, KIND_COUNT);
  tcase_add_loop_test(cases, a_key_of_another_certificate_is_refused_although_its_kind_is_the_same,
                      0, KIND_COUNT);
  tcase_add_loop_test(cases, a_key_of_another_kind_is_refused, 0, KIND_COUNT);
  tcase_add_test(cases, a_key_is_compared_in_every_form_it_is_written_in);
  tcase_add_test(cases, a_mistake_is_told_at_the_setting_that_is_wrong);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
