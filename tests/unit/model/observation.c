/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/observation.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(new_observation_knows_nothing)
{
  struct observation *observation = observation_create(PRESENTED_UNTRUSTED);
  ck_assert_ptr_nonnull(observation);
  ck_assert_int_eq(observation->presented, PRESENTED_UNTRUSTED);
  for (size_t i = 0; i < PHASE_COUNT; i++) {
    ck_assert_int_eq(observation->phase_ns[i], -1);
  }
  ck_assert_int_eq(observation->tls.alert_received, ALERT_NONE);
  ck_assert_int_eq(observation->tls.alert_sent, ALERT_NONE);
  ck_assert_int_eq(observation->proxy_tls.alert_received, ALERT_NONE);
  ck_assert_int_eq(observation->proxy_tls.alert_sent, ALERT_NONE);
  ck_assert_int_eq(observation->tls.verification, VERIFICATION_NOT_DONE);
  ck_assert_int_eq(observation->tls.requested_during, REQUESTED_NOT);
  ck_assert_uint_eq(atomic_load(&observation->references), 1);
  observation_unref(observation);
}
END_TEST

static void fill_tls(struct tls_observation *tls)
{
  tls->cipher = strdup("TLS_AES_128_GCM_SHA256");
  tls->group = strdup("x25519");
  tls->alpn = strdup("http/1.1");
  tls->library_error_text = strdup("error");
  tls->verification_text = strdup("untrusted");
  tls->chain = calloc(2, sizeof(*tls->chain));
  tls->chain_length = 2;
  tls->chain[0].subject = strdup("CN=a");
  tls->chain[1].issuer = strdup("CN=b");
  tls->acceptable_issuers = calloc(2, sizeof(*tls->acceptable_issuers));
  tls->acceptable_issuers_sha256 = calloc(2, sizeof(*tls->acceptable_issuers_sha256));
  tls->acceptable_issuers[0] = strdup("CN=a");
  tls->acceptable_issuers[1] = strdup("CN=b");
  tls->acceptable_issuer_count = 2;
}

/* That the last reference frees it all is for the address sanitizer to see. */
START_TEST(last_reference_frees_all_that_is_owned)
{
  struct observation *observation = observation_create(PRESENTED_CLIENT);
  ck_assert_ptr_nonnull(observation);
  observation->resolve_error = strdup("no such name");
  observation->peer_address = strdup("192.0.2.1:443");
  observation->tunnel.reason_phrase = strdup("Forbidden");
  observation->tunnel.via = strdup("1.1 proxy");
  observation->tunnel.x_squid_error = strdup("ERR_ACCESS_DENIED 0");
  observation->tunnel.proxy_status = strdup("proxy");
  observation->tunnel.proxy_authenticate = strdup("Basic");
  observation->tunnel.body_excerpt = strdup("denied");
  fill_tls(&observation->tls);
  fill_tls(&observation->proxy_tls);
  observation->http.server = strdup("nginx");
  observation->http.via = strdup("1.1 proxy");
  observation->http.body_excerpt = strdup("ok");

  ck_assert_ptr_eq(observation_ref(observation), observation);
  observation_unref(observation);
  ck_assert_str_eq(observation->tls.cipher, "TLS_AES_128_GCM_SHA256");
  observation_unref(observation);
}
END_TEST

START_TEST(no_observation_may_be_unreferenced)
{
  observation_unref(NULL);
}
END_TEST

START_TEST(phases_have_the_names_of_the_contract)
{
  static const char *const names[] = {"resolve",   "connect", "tunnel",  "starttls",
                                      "handshake", "settle",  "request", "done"};
  for (size_t i = 0; i <= PHASE_COUNT; i++) {
    ck_assert_str_eq(phase_name((enum phase)i), names[i]);
  }
}
END_TEST

START_TEST(requested_during_is_null_when_not_requested)
{
  ck_assert_ptr_null(requested_during_name(REQUESTED_NOT));
  ck_assert_str_eq(requested_during_name(REQUESTED_HANDSHAKE), "handshake");
  ck_assert_str_eq(requested_during_name(REQUESTED_POST_HANDSHAKE), "post_handshake");
  ck_assert_str_eq(requested_during_name(REQUESTED_RENEGOTIATION), "renegotiation");
}
END_TEST

START_TEST(alerts_have_the_names_of_the_registry)
{
  ck_assert_str_eq(alert_name(0), "close_notify");
  ck_assert_str_eq(alert_name(40), "handshake_failure");
  ck_assert_str_eq(alert_name(41), "no_certificate");
  ck_assert_str_eq(alert_name(48), "unknown_ca");
  ck_assert_str_eq(alert_name(116), "certificate_required");
  ck_assert_str_eq(alert_name(120), "no_application_protocol");
  ck_assert_str_eq(alert_name(121), "ech_required");
}
END_TEST

START_TEST(other_alert_codes_are_unknown)
{
  static const int codes[] = {ALERT_NONE, 1, 39, 119, 122, 255, 256, -2147483647};
  for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
    ck_assert_str_eq(alert_name(codes[i]), "unknown");
  }
}
END_TEST

START_TEST(signature_algorithms_have_the_names_of_the_registry)
{
  ck_assert_str_eq(signature_algorithm_name(0x0401), "rsa_pkcs1_sha256");
  ck_assert_str_eq(signature_algorithm_name(0x0403), "ecdsa_secp256r1_sha256");
  ck_assert_str_eq(signature_algorithm_name(0x0804), "rsa_pss_rsae_sha256");
  ck_assert_str_eq(signature_algorithm_name(0x0807), "ed25519");
  ck_assert_ptr_null(signature_algorithm_name(0x0000));
  ck_assert_ptr_null(signature_algorithm_name(0x0a0a)); /* RFC 8701 */
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("model/observation");
  TCase *cases = tcase_create("observation");
  tcase_add_test(cases, new_observation_knows_nothing);
  tcase_add_test(cases, last_reference_frees_all_that_is_owned);
  tcase_add_test(cases, no_observation_may_be_unreferenced);
  tcase_add_test(cases, phases_have_the_names_of_the_contract);
  tcase_add_test(cases, requested_during_is_null_when_not_requested);
  tcase_add_test(cases, alerts_have_the_names_of_the_registry);
  tcase_add_test(cases, other_alert_codes_are_unknown);
  tcase_add_test(cases, signature_algorithms_have_the_names_of_the_registry);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
