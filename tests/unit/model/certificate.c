/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/certificate.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_BEFORE = 1000, NOT_AFTER = 2000 };

static struct credential_facts usable_facts(void)
{
  struct certificate *chain = calloc(2, sizeof(*chain));
  ck_assert_ptr_nonnull(chain);
  chain[0].subject = strdup("CN=client");
  chain[0].issuer = strdup("CN=ca");
  chain[0].serial = strdup("0a");
  chain[0].dns_names = strdup("");
  chain[0].key_type = strdup("P-256");
  chain[0].not_before = NOT_BEFORE;
  chain[0].not_after = NOT_AFTER;
  chain[1].subject = strdup("CN=ca");
  return (struct credential_facts){.name = strdup("payments"),
                                   .loaded = true,
                                   .chain = chain,
                                   .chain_length = 2,
                                   .may_authenticate_clients = true};
}

START_TEST(loaded_credential_in_its_dates_is_usable)
{
  struct credential_facts facts = usable_facts();
  ck_assert(credential_usable(&facts, NOT_BEFORE));
  ck_assert(credential_usable(&facts, NOT_AFTER));
  credential_facts_deinit(&facts);
}
END_TEST

START_TEST(credential_outside_its_dates_is_not_usable)
{
  struct credential_facts facts = usable_facts();
  ck_assert(!credential_usable(&facts, NOT_BEFORE - 1));
  ck_assert(!credential_usable(&facts, NOT_AFTER + 1));
  credential_facts_deinit(&facts);
}
END_TEST

START_TEST(credential_that_did_not_load_is_not_usable)
{
  struct credential_facts facts = usable_facts();
  facts.loaded = false;
  facts.problem = strdup("payments.key: no such file");
  ck_assert(!credential_usable(&facts, NOT_BEFORE));
  credential_facts_deinit(&facts);
}
END_TEST

START_TEST(credential_that_may_not_authenticate_clients_is_not_usable)
{
  struct credential_facts facts = usable_facts();
  facts.may_authenticate_clients = false;
  ck_assert(!credential_usable(&facts, NOT_BEFORE));
  credential_facts_deinit(&facts);
}
END_TEST

START_TEST(credential_without_a_certificate_is_not_usable)
{
  struct credential_facts facts = {.loaded = true, .may_authenticate_clients = true};
  ck_assert(!credential_usable(&facts, NOT_BEFORE));
}
END_TEST

START_TEST(deinit_leaves_an_empty_value_that_may_be_deinitialised_again)
{
  struct credential_facts facts = usable_facts();
  credential_facts_deinit(&facts);
  ck_assert_ptr_null(facts.name);
  ck_assert_ptr_null(facts.chain);
  ck_assert_uint_eq(facts.chain_length, 0);
  credential_facts_deinit(&facts);

  struct certificate certificate = {.subject = strdup("CN=x"), .not_after = 1};
  certificate_deinit(&certificate);
  ck_assert_ptr_null(certificate.subject);
  ck_assert_int_eq(certificate.not_after, 0);
  certificate_deinit(&certificate);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("model/certificate");
  TCase *cases = tcase_create("certificate");
  tcase_add_test(cases, loaded_credential_in_its_dates_is_usable);
  tcase_add_test(cases, credential_outside_its_dates_is_not_usable);
  tcase_add_test(cases, credential_that_did_not_load_is_not_usable);
  tcase_add_test(cases, credential_that_may_not_authenticate_clients_is_not_usable);
  tcase_add_test(cases, credential_without_a_certificate_is_not_usable);
  tcase_add_test(cases, deinit_leaves_an_empty_value_that_may_be_deinitialised_again);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
