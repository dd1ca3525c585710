/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "evidence.h"
#include "support/observations.h"

static struct bench bench;

/* Through the proxy, which tunnels as it should; the direct route is there beside it. */
static void begin_case(void)
{
  bench_init(&bench);
  bench_through_proxy(&bench);
}

static enum tunnel_state state(void)
{
  return tunnel_state_of(&bench.input);
}

static struct observation *ours(void)
{
  return &bench.here[PRESENTED_CLIENT];
}

/* Another certificate inside the tunnel than on the direct route. */
static void show_leaf(struct certificate *leaf, enum verification verification)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench.here[p].tls.chain = leaf;
    bench.here[p].tls.verification = verification;
  }
}

static void name_other_cas(void)
{
  static char(*others)[FINGERPRINT_BYTES];
  others = bench.other_sha256;
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench.here[p].tls.acceptable_issuers_sha256 = others;
    bench.here[p].tls.acceptable_issuer_count = 1;
    bench.here[p].tls.acceptable_issuers_listed = 1;
  }
}

START_TEST(the_direct_route_has_no_tunnel)
{
  bench_init(&bench);
  ck_assert_int_eq(state(), TUNNEL_NOT_APPLICABLE);
}
END_TEST

/* ---- intact or intercepted ------------------------------------------------------------- */

START_TEST(the_same_leaf_is_intact)
{
  ck_assert_int_eq(state(), TUNNEL_INTACT);
}
END_TEST

START_TEST(the_same_key_in_a_renewed_certificate_is_intact)
{
  static struct certificate renewed;
  renewed = bench.server;
  bench_fingerprint(renewed.sha256, 'n');
  show_leaf(&renewed, VERIFICATION_OK);
  ck_assert_int_eq(state(), TUNNEL_INTACT);
}
END_TEST

START_TEST(the_same_leaf_is_intact_although_it_does_not_verify)
{
  bench_unverified(bench.here, &bench.server, VERIFICATION_UNTRUSTED, "no path");
  bench_unverified(bench.direct, &bench.server, VERIFICATION_UNTRUSTED, "no path");
  ck_assert_int_eq(state(), TUNNEL_INTACT);
}
END_TEST

/* A load balancer with a certificate for each server behind it. */
START_TEST(another_leaf_that_verifies_with_the_same_request_is_intact)
{
  show_leaf(&bench.proxy_leaf, VERIFICATION_OK);
  ck_assert_int_eq(state(), TUNNEL_INTACT);
}
END_TEST

START_TEST(another_leaf_that_verifies_with_other_ca_names_is_not_known)
{
  show_leaf(&bench.proxy_leaf, VERIFICATION_OK);
  name_other_cas();
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
}
END_TEST

START_TEST(another_leaf_that_verifies_without_the_request_is_intercepted)
{
  bench_never_request(bench.here);
  show_leaf(&bench.proxy_leaf, VERIFICATION_OK);
  ck_assert_int_eq(state(), TUNNEL_INTERCEPTED);
}
END_TEST

START_TEST(an_untrusted_leaf_where_direct_verifies_is_intercepted)
{
  show_leaf(&bench.proxy_leaf, VERIFICATION_UNTRUSTED);
  ck_assert_int_eq(state(), TUNNEL_INTERCEPTED);
}
END_TEST

/* A server that verifies nowhere shows nothing about the proxy, but another issuer does. */
START_TEST(an_untrusted_leaf_where_direct_is_untrusted_depends_on_its_issuer)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench.direct[p].tls.verification = VERIFICATION_UNTRUSTED;
  }
  show_leaf(&bench.proxy_leaf, VERIFICATION_UNTRUSTED);
  ck_assert_int_eq(state(), TUNNEL_INTERCEPTED);
  memcpy(bench.proxy_leaf.issuer_sha256, bench.server.issuer_sha256, FINGERPRINT_BYTES);
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
}
END_TEST

START_TEST(a_proxy_that_names_itself_inside_is_intercepting)
{
  bench_never_request(bench.here);
  bench_never_request(bench.direct);
  show_leaf(&bench.proxy_leaf, VERIFICATION_OK);
  ck_assert_int_eq(state(), TUNNEL_INTACT);
  ours()->http.via = "1.1 edge (swg)";
  ck_assert_int_eq(state(), TUNNEL_INTERCEPTED);
  bench.direct[PRESENTED_NONE].http.via = "1.1 cdn"; /* a reverse proxy, seen from everywhere */
  ck_assert_int_eq(state(), TUNNEL_INTACT);
}
END_TEST

/* Edge SWG's page; but a server that tells the same to who presents nothing denies by itself. */
START_TEST(a_page_of_denial_from_an_interceptor_is_denied)
{
  bench_intercept(&bench);
  bench_http(&bench.here[PRESENTED_NONE], 403, "<title>Access Denied</title>");
  ck_assert_int_eq(state(), TUNNEL_DENIED);
  bench_http(&bench.direct[PRESENTED_NONE], 403, "<title>Forbidden</title>");
  ck_assert_int_eq(state(), TUNNEL_INTERCEPTED);
  bench.input.direct[PRESENTED_NONE] = NULL;
  ck_assert_int_eq(state(), TUNNEL_INTERCEPTED);
}
END_TEST

/* ---- judged alone ---------------------------------------------------------------------- */

START_TEST(without_a_direct_route_a_certificate_of_ca_file_is_intact)
{
  bench_no_direct(&bench);
  ck_assert_int_eq(state(), TUNNEL_INTACT);
}
END_TEST

START_TEST(without_a_direct_route_the_system_s_trust_store_proves_nothing)
{
  bench_no_direct(&bench);
  bench_never_request(bench.here);
  bench.target.probe.ca_file = NULL; /* where an intercepting proxy's CA often is */
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
  bench.here[PRESENTED_NONE].tls.requested_during = REQUESTED_HANDSHAKE;
  ck_assert_int_eq(state(), TUNNEL_INTACT);
}
END_TEST

START_TEST(without_a_direct_route_an_untrusted_certificate_is_not_known)
{
  bench_no_direct(&bench);
  bench_unverified(bench.here, &bench.proxy_leaf, VERIFICATION_UNTRUSTED, "no path");
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
}
END_TEST

START_TEST(without_a_direct_route_via_betrays_the_proxy)
{
  bench_no_direct(&bench);
  bench.here[PRESENTED_NONE].http.via = "1.1 edge (swg)";
  ck_assert_int_eq(state(), TUNNEL_INTERCEPTED);
}
END_TEST

/* ---- refused --------------------------------------------------------------------------- */

START_TEST(each_answer_to_connect_has_its_state)
{
  static const struct {
    int status;
    enum tunnel_state state;
  } rows[] = {{407, TUNNEL_AUTHENTICATION_REQUIRED},
              {401, TUNNEL_AUTHENTICATION_REQUIRED},
              {403, TUNNEL_DENIED},
              {405, TUNNEL_DENIED},
              {451, TUNNEL_DENIED},
              {503, TUNNEL_BROKEN},
              {400, TUNNEL_BROKEN},
              {302, TUNNEL_BROKEN},
              {0, TUNNEL_BROKEN}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    bench_connect_answer(&bench, rows[i].status, NULL);
    ck_assert_msg(state() == rows[i].state, "%d: %d", rows[i].status, (int)state());
  }
}
END_TEST

START_TEST(a_5xx_while_the_target_is_down_says_nothing_about_the_proxy)
{
  bench_connect_answer(&bench, 503, NULL);
  bench_refuse_connection(bench.direct, ECONNREFUSED);
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
}
END_TEST

START_TEST(a_proxy_that_is_not_reached_is_unreachable)
{
  bench_refuse_connection(bench.here, ECONNREFUSED);
  ck_assert_int_eq(state(), TUNNEL_UNREACHABLE);
  bench_end(bench.here, PHASE_RESOLVE);
  ck_assert_int_eq(state(), TUNNEL_UNREACHABLE);
}
END_TEST

START_TEST(tls_to_the_proxy_that_fails_is_broken)
{
  bench_connect_answer(&bench, 0, NULL);
  bench.proxy.tls = true;
  ck_assert_int_eq(state(), TUNNEL_BROKEN);
}
END_TEST

START_TEST(bytes_before_ours_are_broken)
{
  ours()->tunnel.early_bytes = true;
  ck_assert_int_eq(state(), TUNNEL_BROKEN);
}
END_TEST

/* Edge SWG denies so, with its protocol detection on. */
START_TEST(an_end_right_after_200_is_denied)
{
  bench_end(bench.here, PHASE_HANDSHAKE);
  ours()->tls.ending = ENDING_RESET;
  ck_assert_int_eq(state(), TUNNEL_DENIED);
  ours()->tls.ending = ENDING_EOF;
  ck_assert_int_eq(state(), TUNNEL_DENIED);
}
END_TEST

START_TEST(silence_after_200_is_broken_where_direct_speaks)
{
  bench_time_out(bench.here, PHASE_HANDSHAKE);
  ck_assert_int_eq(state(), TUNNEL_BROKEN);
}
END_TEST

START_TEST(a_dumb_tunnel_without_a_direct_route_is_not_known)
{
  bench_end(bench.here, PHASE_HANDSHAKE);
  ours()->tls.ending = ENDING_RESET;
  bench_no_direct(&bench);
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
}
END_TEST

/* ---- not known ------------------------------------------------------------------------- */

START_TEST(our_own_trouble_leaves_it_unknown)
{
  ours()->local_problem = "ca_file cannot be read";
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
  begin_case();
  ours()->out_of_resources = true;
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
  begin_case();
  ours()->timed_out = true;
  ours()->lagged = true;
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
  begin_case();
  memset(bench.input.observations, 0, sizeof(bench.input.observations));
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
}
END_TEST

START_TEST(without_a_certificate_seen_inside_it_is_unknown)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench.here[p].tls.chain_length = 0;
  }
  ck_assert_int_eq(state(), TUNNEL_UNKNOWN);
}
END_TEST

static TCase *fresh(const char *name)
{
  TCase *tcase = tcase_create(name);
  tcase_add_checked_fixture(tcase, begin_case, NULL);
  return tcase;
}

static TCase *inside(void)
{
  TCase *tcase = fresh("inside");
  tcase_add_test(tcase, the_direct_route_has_no_tunnel);
  tcase_add_test(tcase, the_same_leaf_is_intact);
  tcase_add_test(tcase, the_same_key_in_a_renewed_certificate_is_intact);
  tcase_add_test(tcase, the_same_leaf_is_intact_although_it_does_not_verify);
  tcase_add_test(tcase, another_leaf_that_verifies_with_the_same_request_is_intact);
  tcase_add_test(tcase, another_leaf_that_verifies_with_other_ca_names_is_not_known);
  tcase_add_test(tcase, another_leaf_that_verifies_without_the_request_is_intercepted);
  tcase_add_test(tcase, an_untrusted_leaf_where_direct_verifies_is_intercepted);
  tcase_add_test(tcase, an_untrusted_leaf_where_direct_is_untrusted_depends_on_its_issuer);
  tcase_add_test(tcase, a_proxy_that_names_itself_inside_is_intercepting);
  tcase_add_test(tcase, a_page_of_denial_from_an_interceptor_is_denied);
  tcase_add_test(tcase, without_a_direct_route_a_certificate_of_ca_file_is_intact);
  tcase_add_test(tcase, without_a_direct_route_the_system_s_trust_store_proves_nothing);
  tcase_add_test(tcase, without_a_direct_route_an_untrusted_certificate_is_not_known);
  tcase_add_test(tcase, without_a_direct_route_via_betrays_the_proxy);
  return tcase;
}

static TCase *refused(void)
{
  TCase *tcase = fresh("refused");
  tcase_add_test(tcase, each_answer_to_connect_has_its_state);
  tcase_add_test(tcase, a_5xx_while_the_target_is_down_says_nothing_about_the_proxy);
  tcase_add_test(tcase, a_proxy_that_is_not_reached_is_unreachable);
  tcase_add_test(tcase, tls_to_the_proxy_that_fails_is_broken);
  tcase_add_test(tcase, bytes_before_ours_are_broken);
  tcase_add_test(tcase, an_end_right_after_200_is_denied);
  tcase_add_test(tcase, silence_after_200_is_broken_where_direct_speaks);
  tcase_add_test(tcase, a_dumb_tunnel_without_a_direct_route_is_not_known);
  tcase_add_test(tcase, our_own_trouble_leaves_it_unknown);
  tcase_add_test(tcase, without_a_certificate_seen_inside_it_is_unknown);
  return tcase;
}

int main(void)
{
  Suite *suite = suite_create("diagnosis/tunnel_state");
  suite_add_tcase(suite, inside());
  suite_add_tcase(suite, refused());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
