/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/tls_context.h"

#include <check.h>
#include <sys/resource.h>

#include "link/wolfssl.h"
#include "support/allocation_fails.h"
#include "support/pki.h"

static char ca_file[160];
static char cert_file[160];
static char key_file[160];
static const struct credential client = {
    .name = "client", .cert_file = cert_file, .key_file = key_file};
static struct tls_need need;
static struct tls_pool *pool;
static struct error error;

/* The files of this case, which it may change. */
static void begin_case(void)
{
  pki_run("cp root.pem ca.pem; cp one.pem client.pem; cp one.key client.key");
  (void)snprintf(ca_file, sizeof(ca_file), "%s", pki_path("ca.pem"));
  (void)snprintf(cert_file, sizeof(cert_file), "%s", pki_path("client.pem"));
  (void)snprintf(key_file, sizeof(key_file), "%s", pki_path("client.key"));
  need = (struct tls_need){.ca_file = ca_file,
                           .credential = &client,
                           .presented = PRESENTED_CLIENT,
                           .tls_min = TLS_VERSION_1_2,
                           .tls_max = TLS_VERSION_1_3};
  pool = tls_pool_create();
  ck_assert_ptr_nonnull(pool);
}

static void end_case(void)
{
  tls_pool_destroy(pool);
}

/* A reference, which the caller lets go. */
static struct tls_context *take(void)
{
  struct tls_context *context = NULL;
  ck_assert_msg(tls_pool_context(pool, &need, &context, &error) == STATUS_OK, "%s", error.text);
  ck_assert_ptr_nonnull(context);
  return context;
}

/* Another file under the same name, as a rotation leaves it. */
static void rotate(const char *from, const char *to)
{
  pki_run("cp %s next; mv next %s", from, to);
}

START_TEST(one_need_is_one_context)
{
  struct tls_context *first = take();
  struct tls_context *second = take();
  ck_assert_ptr_eq(first, second);
  tls_context_unref(first);
  tls_context_unref(second);
}
END_TEST

START_TEST(whatever_differs_makes_another_context)
{
  struct tls_context *contexts[4];
  contexts[0] = take();
  need.presented = PRESENTED_NONE;
  contexts[1] = take();
  need.tls_max = TLS_VERSION_1_2;
  contexts[2] = take();
  need.ca_file = pki_path("other.pem");
  contexts[3] = take();
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < i; j++) {
      ck_assert_ptr_ne(contexts[i], contexts[j]);
    }
  }
  for (int i = 0; i < 4; i++) {
    tls_context_unref(contexts[i]);
  }
}
END_TEST

START_TEST(only_a_context_that_presents_is_strict)
{
  struct tls_context *context = take();
  ck_assert(tls_context_strict(context));
  tls_context_unref(context);
  need.presented = PRESENTED_NONE;
  context = take();
  ck_assert(!tls_context_strict(context));
  tls_context_unref(context);
}
END_TEST

/* As for an https:// proxy without a credential: its password is at stake. */
START_TEST(a_client_s_context_without_a_credential_is_strict_all_the_same)
{
  need.credential = NULL;
  struct tls_context *context = take();
  ck_assert(tls_context_strict(context));
  tls_context_unref(context);
}
END_TEST

START_TEST(a_context_outlives_the_pool_that_gave_it)
{
  struct tls_context *context = take();
  tls_pool_destroy(pool);
  pool = NULL;
  ck_assert_ptr_nonnull(tls_context_wolfssl(context));
  ck_assert_ptr_nonnull(tls_context_trust(context));
  tls_context_unref(context);
  tls_context_unref(NULL);
}
END_TEST

START_TEST(another_ca_file_makes_another_context)
{
  struct tls_context *before = take();
  rotate("other.pem", "ca.pem");
  struct tls_context *after = take();
  ck_assert_ptr_ne(before, after);
  ck_assert_ptr_nonnull(tls_context_trust(before)); /* those who have it go on with it */
  tls_context_unref(before);
  tls_context_unref(after);
}
END_TEST

START_TEST(another_certificate_and_key_make_another_context)
{
  struct tls_context *before = take();
  rotate("two.pem", "client.pem");
  rotate("two.key", "client.key");
  struct tls_context *after = take();
  ck_assert_ptr_ne(before, after);
  ck_assert_str_eq(credential_material_facts(tls_pool_credential(pool, &client))->chain[0].subject,
                   "CN=two");
  tls_context_unref(before);
  tls_context_unref(after);
}
END_TEST

START_TEST(a_look_alike_is_another_context_than_what_it_is_like)
{
  struct tls_context *ours = take();
  need.presented = PRESENTED_UNTRUSTED;
  struct tls_context *look_alike = take();
  struct tls_context *again = take();
  ck_assert_ptr_ne(look_alike, ours);
  ck_assert_ptr_eq(look_alike, again);
  ck_assert(tls_context_presents(look_alike) && tls_context_strict(look_alike));
  tls_context_unref(ours);
  tls_context_unref(look_alike);
  tls_context_unref(again);
}
END_TEST

START_TEST(a_look_alike_is_made_anew_with_the_files_it_is_like)
{
  need.presented = PRESENTED_UNTRUSTED;
  tls_pool_prepare_look_alike(pool, &client);
  struct tls_context *before = take();
  rotate("two.pem", "client.pem");
  rotate("two.key", "client.key");
  struct tls_context *after = take();
  ck_assert_ptr_ne(before, after);
  tls_context_unref(before);
  tls_context_unref(after);
}
END_TEST

START_TEST(without_files_there_is_nothing_to_be_like)
{
  pki_run("rm client.key");
  need.presented = PRESENTED_UNTRUSTED;
  tls_pool_prepare_look_alike(pool, &client);
  struct tls_context *context = NULL;
  ck_assert_int_eq(tls_pool_context(pool, &need, &context, &error), STATUS_INVALID);
  ck_assert_ptr_nonnull(strstr(error.text, "client.key"));
}
END_TEST

START_TEST(an_unchanged_credential_is_read_once)
{
  const struct credential_material *first = tls_pool_credential(pool, &client);
  ck_assert_ptr_eq(tls_pool_credential(pool, &client), first);
  ck_assert(credential_material_facts(first)->loaded);
}
END_TEST

START_TEST(a_half_finished_rotation_is_an_error_until_it_is_finished)
{
  rotate("two.pem", "client.pem");
  struct tls_context *context = NULL;
  ck_assert_int_eq(tls_pool_context(pool, &need, &context, &error), STATUS_INVALID);
  ck_assert_ptr_null(context);
  ck_assert_ptr_nonnull(strstr(error.text, "do not belong together"));
  rotate("two.key", "client.key");
  tls_context_unref(take());
}
END_TEST

START_TEST(a_file_that_is_gone_is_named_until_it_is_back)
{
  const char *file = _i == 0 ? "ca.pem" : "client.key";
  const char *copy = _i == 0 ? "root.pem" : "one.key";
  tls_context_unref(take());
  pki_run("rm %s", file);
  struct tls_context *context = NULL;
  ck_assert_int_eq(tls_pool_context(pool, &need, &context, &error),
                   _i == 0 ? STATUS_IO : STATUS_INVALID);
  ck_assert_ptr_null(context);
  ck_assert_ptr_nonnull(strstr(error.text, file));
  ck_assert_ptr_nonnull(strstr(error.text, "cannot be read"));
  pki_run("cp %s %s", copy, file);
  tls_context_unref(take());
}
END_TEST

/* The files are the same as before, and yet they can be read now. */
START_TEST(what_could_not_be_read_is_tried_again_though_no_file_has_changed)
{
  struct rlimit limit;
  ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const struct rlimit none = {0, limit.rlim_max};
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
  const struct credential_material *material = tls_pool_credential(pool, &client);
  struct tls_context *context = NULL;
  enum status status = tls_pool_context(pool, &need, &context, &error);
  bool loaded = credential_material_facts(material)->loaded;
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
  ck_assert_int_eq(status, STATUS_IO);
  ck_assert(!loaded);
  ck_assert(credential_material_facts(tls_pool_credential(pool, &client))->loaded);
  tls_context_unref(take());
}
END_TEST

START_TEST(rotations_do_not_pile_up)
{
  long alive = 0;
  for (int i = 0; i < 20; i++) {
    rotate(i % 2 == 0 ? "two.pem" : "one.pem", "client.pem");
    rotate(i % 2 == 0 ? "two.key" : "one.key", "client.key");
    rotate(i % 2 == 0 ? "other.pem" : "root.pem", "ca.pem");
    for (int p = PRESENTED_CLIENT; p < PRESENTED_COUNT; p++) {
      need.presented = (enum presented)p;
      tls_context_unref(take());
    }
    alive = i == 1 ? allocations_alive() : alive;
  }
  ck_assert_int_eq(allocations_alive(), alive);
}
END_TEST

START_TEST(want_of_memory_is_told_and_mends_itself)
{
  tls_pool_destroy(pool);
  pool = NULL;
  long alive = allocations_alive();
  bool failed = true;
  for (unsigned nth = 1; failed; nth++) {
    pool = tls_pool_create();
    struct tls_context *context = NULL;
    error = (struct error){.line = 0};
    allocation_fails_at(nth);
    enum status status = tls_pool_context(pool, &need, &context, &error);
    failed = allocation_did_fail();
    ck_assert_msg(status == (failed ? STATUS_OUT_OF_MEMORY : STATUS_OK), "allocation %u: %d %s",
                  nth, (int)status, error.text);
    ck_assert(!failed || (context == NULL && strcmp(error.text, "out of memory") == 0));
    tls_context_unref(context);
    tls_context_unref(take());
    tls_pool_destroy(pool);
    pool = NULL;
    ck_assert_int_eq(allocations_alive(), alive);
  }
}
END_TEST

START_TEST(the_version_of_the_library_is_told)
{
  ck_assert_str_eq(tls_library_version(), wolfSSL_lib_version());
  ck_assert_uint_eq(strspn(tls_library_version(), "0123456789."), strlen(tls_library_version()));
}
END_TEST

int main(void)
{
  static const struct pki_certificate made[] = {
      {.name = "root", .extensions = PKI_CA},
      {.name = "other", .extensions = PKI_CA},
      {.name = "one", .issuer = "root", .extensions = PKI_CLIENT},
      {.name = "two", .issuer = "root", .extensions = PKI_CLIENT},
  };
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  pki_open();
  for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
    pki_make(&made[i]);
  }
  Suite *suite = suite_create("link/tls_context");
  TCase *tcase = tcase_create("all");
  tcase_set_timeout(tcase, 30);
  tcase_add_checked_fixture(tcase, begin_case, end_case);
  tcase_add_test(tcase, one_need_is_one_context);
  tcase_add_test(tcase, whatever_differs_makes_another_context);
  tcase_add_test(tcase, only_a_context_that_presents_is_strict);
  tcase_add_test(tcase, a_client_s_context_without_a_credential_is_strict_all_the_same);
  tcase_add_test(tcase, a_context_outlives_the_pool_that_gave_it);
  tcase_add_test(tcase, another_ca_file_makes_another_context);
  tcase_add_test(tcase, another_certificate_and_key_make_another_context);
  tcase_add_test(tcase, a_look_alike_is_another_context_than_what_it_is_like);
  tcase_add_test(tcase, a_look_alike_is_made_anew_with_the_files_it_is_like);
  tcase_add_test(tcase, without_files_there_is_nothing_to_be_like);
  tcase_add_test(tcase, an_unchanged_credential_is_read_once);
  tcase_add_test(tcase, a_half_finished_rotation_is_an_error_until_it_is_finished);
  tcase_add_loop_test(tcase, a_file_that_is_gone_is_named_until_it_is_back, 0, 2);
  tcase_add_test(tcase, what_could_not_be_read_is_tried_again_though_no_file_has_changed);
  tcase_add_test(tcase, rotations_do_not_pile_up);
  tcase_add_test(tcase, want_of_memory_is_told_and_mends_itself);
  tcase_add_test(tcase, the_version_of_the_library_is_told);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
