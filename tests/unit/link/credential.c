/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/credential.h"

#include <check.h>

#include "link/tls_context.h"
#include "link/wolfssl.h"
#include "support/allocation_fails.h"
#include "support/pki.h"

/* That a key belongs to its certificate, and what is said where it does not, is tested in
 * key_pair.c. */

static char files[3][160]; /* certificate, key, password */
static struct credential credential;
static struct credential_material *material;
static const struct credential_facts *facts;
static struct error error;

static enum status load(const char *cert_file, const char *key_file, const char *password_file)
{
  const char *const names[] = {cert_file, key_file, password_file};
  for (size_t i = 0; i < 3; i++) {
    (void)snprintf(files[i], sizeof(files[i]), "%s", names[i] != NULL ? pki_path(names[i]) : "");
  }
  credential = (struct credential){.name = "payments",
                                   .cert_file = files[0],
                                   .key_file = files[1],
                                   .key_password_file = password_file != NULL ? files[2] : NULL};
  error = (struct error){.line = 0};
  credential_unref(material);
  enum status status = credential_load(&credential, &material, &error);
  ck_assert_ptr_nonnull(material);
  facts = credential_material_facts(material);
  return status;
}

static void end_case(void)
{
  credential_unref(material);
}

#define assert_loaded(call) ck_assert_msg((call) == STATUS_OK, "%s", error.text)

START_TEST(the_facts_are_those_of_the_file_leaf_first)
{
  assert_loaded(load("chain.pem", "client.key", NULL));
  ck_assert(facts->loaded && !facts->key_mismatch && !facts->self_signed);
  ck_assert_ptr_null(facts->problem);
  ck_assert_str_eq(facts->name, "payments");
  ck_assert_uint_eq(facts->chain_length, 3);
  ck_assert_str_eq(facts->chain[0].subject, "CN=client");
  ck_assert_str_eq(facts->chain[1].subject, "CN=intermediate");
  ck_assert_str_eq(facts->chain[2].subject, "CN=root");
  ck_assert(facts->may_authenticate_clients);
}
END_TEST

START_TEST(certificate_and_key_may_be_in_one_file)
{
  assert_loaded(load("both.pem", "both.pem", NULL));
  ck_assert_uint_eq(facts->chain_length, 1);
}
END_TEST

START_TEST(a_self_signed_certificate_is_told)
{
  assert_loaded(load("lonely.pem", "lonely.key", NULL));
  ck_assert(facts->self_signed);
}
END_TEST

/* RFC 5280 sections 4.2.1.3 and 4.2.1.12 */
START_TEST(usages_say_whether_it_may_authenticate_clients)
{
  static const struct {
    const char *name;
    bool may;
  } rows[] = {{"client", true},
              {"server", false},
              {"any_usage", true},
              {"no_usage", true},
              {"encipherment_only", false}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char key[64];
    char certificate[64];
    (void)snprintf(certificate, sizeof(certificate), "%s.pem", rows[i].name);
    (void)snprintf(key, sizeof(key), "%s.key", rows[i].name);
    assert_loaded(load(certificate, key, NULL));
    ck_assert_msg(facts->may_authenticate_clients == rows[i].may, "%s", rows[i].name);
  }
}
END_TEST

START_TEST(a_long_chain_is_cut)
{
  pki_run("cp client.pem long.pem; for i in $(seq 40); do cat root.pem >> long.pem; done");
  (void)load("long.pem", "client.key", NULL);
  ck_assert_uint_eq(facts->chain_length, 16);
}
END_TEST

START_TEST(the_first_line_of_the_password_file_opens_the_key)
{
  static const char *const files_of_it[] = {"open sesame", "open sesame\n",
                                            "open sesame\r\nmore\n"};
  for (size_t i = 0; i < 3; i++) {
    pki_write("password", files_of_it[i], strlen(files_of_it[i]));
    assert_loaded(load("client.pem", "encrypted.key", "password"));
  }
}
END_TEST

START_TEST(a_password_for_a_key_that_needs_none_is_no_fault)
{
  pki_write("password", "open sesame\n", 12);
  assert_loaded(load("client.pem", "client.key", "password"));
}
END_TEST

START_TEST(an_endless_password_is_refused)
{
  pki_run("head -c 2000 /dev/zero | tr '\\0' x > password");
  ck_assert_int_eq(load("client.pem", "encrypted.key", "password"), STATUS_INVALID);
  ck_assert_ptr_nonnull(strstr(error.text, "the first line must hold the password"));
  ck_assert_ptr_null(strstr(error.text, "xxxx"));
}
END_TEST

START_TEST(what_cannot_be_loaded_says_why_in_its_facts)
{
  ck_assert_int_eq(load("gone.pem", "client.key", NULL), STATUS_IO);
  ck_assert(!facts->loaded);
  ck_assert_ptr_nonnull(strstr(facts->problem, "gone.pem cannot be read"));
  ck_assert_str_eq(facts->problem, error.text);
  ck_assert_uint_eq(facts->chain_length, 0);
  /* the certificate that was read is told although its key is missing */
  ck_assert_int_eq(load("client.pem", "server.key", NULL), STATUS_INVALID);
  ck_assert(!facts->loaded && facts->key_mismatch);
  ck_assert_str_eq(facts->chain[0].subject, "CN=client");
}
END_TEST

START_TEST(an_error_need_not_be_asked_for)
{
  struct credential_material *silent = NULL;
  (void)load("client.pem", "client.key", NULL);
  credential.cert_file = "/nowhere";
  ck_assert_int_eq(credential_load(&credential, &silent, NULL), STATUS_IO);
  credential_unref(silent);
}
END_TEST

START_TEST(it_lives_as_long_as_somebody_refers_to_it)
{
  assert_loaded(load("client.pem", "client.key", NULL));
  struct credential_material *second = credential_ref(material);
  ck_assert_ptr_eq(second, material);
  credential_unref(material);
  material = NULL;
  ck_assert_str_eq(credential_material_facts(second)->name, "payments");
  credential_unref(second);
  credential_unref(NULL);
}
END_TEST

START_TEST(it_is_put_into_a_context_with_its_password)
{
  pki_write("password", "open sesame\n", 12);
  assert_loaded(load("chain.pem", "encrypted.key", "password"));
  WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfSSLv23_client_method());
  ck_assert_int_eq(credential_install(material, context), STATUS_OK);
  ck_assert_int_eq(wolfSSL_CTX_check_private_key(context), WOLFSSL_SUCCESS);
  wolfSSL_CTX_free(context);
}
END_TEST

START_TEST(want_of_memory_is_never_a_fault_of_the_files)
{
  assert_loaded(load("chain.pem", "encrypted.key", "password"));
  credential_unref(material);
  material = NULL;
  long alive = allocations_alive();
  bool failed = true;
  for (unsigned nth = 1; failed; nth++) {
    allocation_fails_at(nth);
    enum status status = credential_load(&credential, &material, &error);
    failed = allocation_did_fail();
    ck_assert_msg(status == (failed ? STATUS_OUT_OF_MEMORY : STATUS_OK), "allocation %u: %s", nth,
                  error.text);
    ck_assert(!failed || material == NULL);
    ck_assert(!failed || strcmp(error.text, "out of memory") == 0);
    credential_unref(material);
    material = NULL;
    ck_assert_int_eq(allocations_alive(), alive);
  }
}
END_TEST

static void make_certificates(void)
{
  static const struct pki_certificate made[] = {
      {.name = "root", .extensions = PKI_CA},
      {.name = "intermediate", .issuer = "root", .extensions = PKI_CA},
      {.name = "client", .issuer = "intermediate", .extensions = PKI_CLIENT},
      {.name = "server", .issuer = "root", .extensions = PKI_SERVER},
      {.name = "lonely", .extensions = PKI_CLIENT},
      {.name = "no_usage", .issuer = "root", .extensions = "basicConstraints=CA:FALSE\n"},
      {.name = "any_usage", .issuer = "root", .extensions = "extendedKeyUsage=2.5.29.37.0\n"},
      {.name = "encipherment_only", .issuer = "root", .extensions = "keyUsage=keyEncipherment\n"},
  };
  pki_open();
  for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
    pki_make(&made[i]);
  }
  pki_run("cat client.pem intermediate.pem root.pem > chain.pem; cat client.key client.pem > "
          "both.pem; echo 'open sesame' > password;"
          "openssl pkcs8 -topk8 -in client.key -passout file:password -out encrypted.key");
}

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  make_certificates();
  Suite *suite = suite_create("link/credential");
  TCase *tcase = tcase_create("all");
  tcase_set_timeout(tcase, 30);
  tcase_add_checked_fixture(tcase, NULL, end_case);
  tcase_add_test(tcase, the_facts_are_those_of_the_file_leaf_first);
  tcase_add_test(tcase, certificate_and_key_may_be_in_one_file);
  tcase_add_test(tcase, a_self_signed_certificate_is_told);
  tcase_add_test(tcase, usages_say_whether_it_may_authenticate_clients);
  tcase_add_test(tcase, a_long_chain_is_cut);
  tcase_add_test(tcase, the_first_line_of_the_password_file_opens_the_key);
  tcase_add_test(tcase, a_password_for_a_key_that_needs_none_is_no_fault);
  tcase_add_test(tcase, an_endless_password_is_refused);
  tcase_add_test(tcase, what_cannot_be_loaded_says_why_in_its_facts);
  tcase_add_test(tcase, an_error_need_not_be_asked_for);
  tcase_add_test(tcase, it_lives_as_long_as_somebody_refers_to_it);
  tcase_add_test(tcase, it_is_put_into_a_context_with_its_password);
  tcase_add_test(tcase, want_of_memory_is_never_a_fault_of_the_files);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
