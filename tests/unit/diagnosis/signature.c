/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "evidence.h"
#include "support/observations.h"

static struct bench bench;

/* Whether a key of the type can sign by the one scheme that the server lists. */
static enum answer ask(const char *key_type, enum tls_version version, uint16_t scheme)
{
  bench_init(&bench);
  bench.own[0].key_type = (char *)(uintptr_t)key_type;
  struct tls_observation *tls = &bench.here[PRESENTED_CLIENT].tls;
  tls->version = version;
  tls->signature_algorithms[0] = scheme;
  tls->signature_algorithm_count = 1;
  return signature_acceptable(&bench.input);
}

/* RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1 */
START_TEST(a_key_signs_as_its_type_and_the_version_allow)
{
  static const struct {
    const char *key_type;
    uint16_t scheme;
    enum answer in_1_2;
    enum answer in_1_3;
  } rows[] = {
      {"P-256", 0x0403, ANSWER_YES, ANSWER_YES}, /* ecdsa_secp256r1_sha256 */
      {"P-256", 0x0503, ANSWER_YES, ANSWER_NO},  /* ecdsa_secp384r1_sha384 */
      {"P-256", 0x0203, ANSWER_YES, ANSWER_NO},  /* ecdsa_sha1 */
      {"P-384", 0x0503, ANSWER_YES, ANSWER_YES},
      {"P-521", 0x0603, ANSWER_YES, ANSWER_YES},
      {"P-256", 0x0804, ANSWER_NO, ANSWER_NO}, /* rsa_pss_rsae_sha256 */
      {"RSA-2048", 0x0804, ANSWER_YES, ANSWER_YES},
      {"RSA-2048", 0x0401, ANSWER_YES, ANSWER_NO}, /* rsa_pkcs1_sha256 */
      {"RSA-2048", 0x0809, ANSWER_NO, ANSWER_NO},  /* rsa_pss_pss_sha256 */
      {"RSA-PSS-2048", 0x0809, ANSWER_YES, ANSWER_YES},
      {"RSA-PSS-2048", 0x0804, ANSWER_NO, ANSWER_NO},
      {"Ed25519", 0x0807, ANSWER_YES, ANSWER_YES},
      {"Ed25519", 0x0403, ANSWER_NO, ANSWER_NO},
      {"Ed448", 0x0808, ANSWER_YES, ANSWER_YES},
      {"ML-DSA-65", 0x0403, ANSWER_UNKNOWN, ANSWER_UNKNOWN}, /* a type we know nothing of */
      {"", 0x0403, ANSWER_UNKNOWN, ANSWER_UNKNOWN},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    ck_assert_msg(ask(rows[i].key_type, TLS_VERSION_1_2, rows[i].scheme) == rows[i].in_1_2,
                  "%s by %04x in TLS 1.2", rows[i].key_type, rows[i].scheme);
    ck_assert_msg(ask(rows[i].key_type, TLS_VERSION_1_3, rows[i].scheme) == rows[i].in_1_3,
                  "%s by %04x in TLS 1.3", rows[i].key_type, rows[i].scheme);
  }
}
END_TEST

START_TEST(a_list_that_fills_its_place_may_have_been_cut)
{
  (void)ask("P-256", TLS_VERSION_1_3, 0x0804);
  struct tls_observation *tls = &bench.here[PRESENTED_CLIENT].tls;
  for (size_t i = 0; i < SIGNATURE_ALGORITHMS_MAX; i++) {
    tls->signature_algorithms[i] = 0x0804;
  }
  tls->signature_algorithm_count = SIGNATURE_ALGORITHMS_MAX;
  ck_assert_int_eq(signature_acceptable(&bench.input), ANSWER_UNKNOWN);
}
END_TEST

START_TEST(without_a_list_a_version_or_a_certificate_it_is_unknown)
{
  ck_assert_int_eq(ask("P-256", TLS_VERSION_UNKNOWN, 0x0804), ANSWER_UNKNOWN);
  (void)ask("P-256", TLS_VERSION_1_3, 0x0804);
  bench.here[PRESENTED_CLIENT].tls.signature_algorithm_count = 0;
  ck_assert_int_eq(signature_acceptable(&bench.input), ANSWER_UNKNOWN);
  (void)ask("P-256", TLS_VERSION_1_3, 0x0804);
  bench.credential.chain_length = 0;
  ck_assert_int_eq(signature_acceptable(&bench.input), ANSWER_UNKNOWN);
  bench.input.credential = NULL;
  ck_assert_int_eq(signature_acceptable(&bench.input), ANSWER_UNKNOWN);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("diagnosis/signature");
  TCase *tcase = tcase_create("all");
  tcase_add_test(tcase, a_key_signs_as_its_type_and_the_version_allow);
  tcase_add_test(tcase, a_list_that_fills_its_place_may_have_been_cut);
  tcase_add_test(tcase, without_a_list_a_version_or_a_certificate_it_is_unknown);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
