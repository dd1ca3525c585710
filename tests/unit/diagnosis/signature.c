/* SPDX-License-Identifier: GPL-3.0-or-later */
/* src/diagnosis/signature.c, as the verdict tells it. */
#include <stdlib.h>

#include "support/observations.h"

static const struct {
  const char *key_type;
  enum tls_version version;
  uint16_t listed[2]; /* 0: no more */
  bool accepted;      /* or not known */
} cases[] = {
    {"P-256", TLS_VERSION_1_3, {0x0804, 0x0403}, true},
    {"P-256", TLS_VERSION_1_3, {0x0503, 0x0603}, false}, /* the curve is tied to the hash */
    {"P-256", TLS_VERSION_1_2, {0x0503, 0x0603}, true},
    {"P-256", TLS_VERSION_1_2, {0x0401, 0x0804}, false},
    {"P-384", TLS_VERSION_1_3, {0x0503}, true},
    {"P-384", TLS_VERSION_1_3, {0x0403}, false},
    {"P-384", TLS_VERSION_1_2, {0x0403}, true},
    {"P-521", TLS_VERSION_1_3, {0x0603}, true},
    {"RSA-2048", TLS_VERSION_1_3, {0x0805}, true},
    {"RSA-2048", TLS_VERSION_1_3, {0x0401}, false}, /* in certificates alone */
    {"RSA-2048", TLS_VERSION_1_2, {0x0401}, true},
    {"RSA-PSS-2048", TLS_VERSION_1_3, {0x0809}, true},
    {"RSA-PSS-2048", TLS_VERSION_1_3, {0x0804}, false},
    {"Ed25519", TLS_VERSION_1_3, {0x0807}, true},
    {"Ed25519", TLS_VERSION_1_2, {0x0403, 0x0808}, false},
    {"Ed448", TLS_VERSION_1_2, {0x0808}, true},
    {"ML-DSA-65", TLS_VERSION_1_3, {0x0403}, true},
    {"", TLS_VERSION_1_3, {0x0403}, true},
    {"P-256", TLS_VERSION_UNKNOWN, {0x0403}, true},
    {"P-256", TLS_VERSION_1_3, {0}, true},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static void list(struct tls_observation *tls, const uint16_t schemes[2])
{
  while (tls->signature_algorithm_count < 2 && schemes[tls->signature_algorithm_count] != 0) {
    tls->signature_algorithms[tls->signature_algorithm_count] =
        schemes[tls->signature_algorithm_count];
    tls->signature_algorithm_count++;
  }
}

static bool blames_the_signature(const struct bench *bench)
{
  struct verdict *verdict = bench_diagnose(bench);
  bool blamed = strcmp(verdict->reason, "client_signature_not_accepted") == 0;
  verdict_unref(verdict);
  return blamed;
}

START_TEST(a_key_is_compared_with_what_the_version_takes)
{
  struct bench bench;
  bench_init(&bench);
  bench_refuse_ours(&bench, 42);
  bench.own[0].key_type = (char *)(uintptr_t)cases[_i].key_type;
  bench.here[PRESENTED_CLIENT].tls.version = cases[_i].version;
  list(&bench.here[PRESENTED_CLIENT].tls, cases[_i].listed);
  ck_assert_msg(blames_the_signature(&bench) != cases[_i].accepted, "case %d: %s", _i,
                cases[_i].key_type);
}
END_TEST

START_TEST(a_list_that_is_cut_rules_nothing_out)
{
  struct bench bench;
  bench_init(&bench);
  bench_refuse_ours(&bench, 42);
  struct tls_observation *tls = &bench.here[PRESENTED_CLIENT].tls;
  tls->signature_algorithms[0] = 0x0804;
  tls->signature_algorithm_count = SIGNATURE_ALGORITHMS_MAX - 1;
  ck_assert(blames_the_signature(&bench));
  tls->signature_algorithm_count = SIGNATURE_ALGORITHMS_MAX;
  ck_assert(!blames_the_signature(&bench));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("diagnosis/signature");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_loop_test(all, a_key_is_compared_with_what_the_version_takes, 0, CASES);
  tcase_add_test(all, a_list_that_is_cut_rules_nothing_out);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
