/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts.h"

#include <stdlib.h>

#include "support/allocation_fails.h"
#include "support/diagnosis_cases.h"

static struct bench bench;
static char *written;

static void begin_case(void)
{
  bench_init(&bench);
}

static void end_case(void)
{
  free(written);
}

/* The form with its facts filled in, for the bench as it is now. */
static const char *fill(const char *form)
{
  struct verdict *verdict = bench_diagnose(&bench);
  free(written);
  written = sentence(form, &bench.input, verdict);
  verdict_unref(verdict);
  ck_assert_ptr_nonnull(written);
  return written;
}

static struct observation *ours(void)
{
  return &bench.here[PRESENTED_CLIENT];
}

/* ---- forms ----------------------------------------------------------------------------- */

START_TEST(text_without_facts_stays_as_it_is)
{
  ck_assert_str_eq(fill("just words, 100% of them"), "just words, 100% of them");
  ck_assert_str_eq(fill(""), "");
}
END_TEST

START_TEST(facts_are_filled_in_where_they_stand)
{
  ck_assert_str_eq(fill("{host}: {timeout}, {host_name}"), "api.example:443: 10s, api.example");
}
END_TEST

START_TEST(a_fact_that_nobody_knows_is_told_as_such)
{
  ck_assert_str_eq(fill("a {nonsense} b"), "a {unknown fact} b");
  ck_assert_str_eq(fill("a {host"), "a api.example:443"); /* nor does a missing brace run on */
}
END_TEST

START_TEST(want_of_memory_writes_nothing)
{
  struct verdict *verdict = bench_diagnose(&bench);
  long alive = allocations_alive();
  bool failed = true;
  for (unsigned nth = 1; failed; nth++) {
    allocation_fails_at(nth);
    char *text =
        sentence("{host} {server_certificate} {ca_names} {admission}", &bench.input, verdict);
    failed = allocation_did_fail();
    ck_assert_int_eq(text == NULL, failed);
    free(text);
    ck_assert_int_eq(allocations_alive(), alive);
  }
  verdict_unref(verdict);
}
END_TEST

/* ---- the way --------------------------------------------------------------------------- */

START_TEST(an_ipv6_host_is_told_in_brackets)
{
  bench.target.host = "2001:db8::1";
  ck_assert_str_eq(fill("{host}"), "[2001:db8::1]:443");
}
END_TEST

START_TEST(the_address_is_the_one_that_was_used)
{
  ck_assert_str_eq(fill("x{at_address}"), "x (192.0.2.7:443)");
  ours()->peer_address = NULL;
  ck_assert_str_eq(fill("x{at_address}"), "x");
}
END_TEST

START_TEST(a_name_without_an_answer_is_told_so)
{
  bench_time_out(bench.here, PHASE_RESOLVE);
  ck_assert_str_eq(fill("{resolve_error}"), "no DNS server answered within 10s");
  bench_end(bench.here, PHASE_RESOLVE);
  ck_assert_str_eq(fill("{resolve_error}"), "unknown error");
}
END_TEST

START_TEST(the_system_s_words_are_told)
{
  bench_refuse_connection(bench.here, ENETUNREACH);
  ck_assert_str_eq(fill("{system_error}"), "Network is unreachable");
  bench_time_out(bench.here, PHASE_CONNECT);
  ck_assert_str_eq(fill("{system_error}"), "no answer within 10s");
  ours()->timed_out = false;
  ours()->out_of_resources = true;
  ck_assert_str_eq(fill("{system_error}"), "out of memory or file descriptors");
  memset(bench.input.observations, 0, sizeof(bench.input.observations));
  ck_assert_str_eq(fill("{system_error}"), "out of memory or file descriptors");
}
END_TEST

/* ---- the proxy ------------------------------------------------------------------------- */

START_TEST(each_way_in_which_connect_goes_wrong_is_told)
{
  bench_connect_answer(&bench, 0, NULL);
  ck_assert_str_eq(fill("{connect_answer}"), "it closed the connection without an answer");
  ours()->tunnel.ending = ENDING_RESET;
  ck_assert_str_eq(fill("{connect_answer}"), "it reset the connection");
  ours()->proxy_tls.alert_received = 42;
  ck_assert_str_eq(fill("{connect_answer}"), "it ends its own TLS with alert bad_certificate (42)");
  ours()->tunnel.malformed = true;
  ck_assert_str_eq(fill("{connect_answer}"), "what it sends is no HTTP answer");
  bench_connect_answer(&bench, 502, "");
  ours()->tunnel.proxy_status = "edge; error=dns_error";
  ck_assert_str_eq(fill("{connect_answer}"), "502 (Proxy-Status: edge; error=dns_error)");
}
END_TEST

START_TEST(each_way_in_which_tls_to_the_proxy_goes_wrong_is_told)
{
  bench_connect_answer(&bench, 0, NULL);
  bench.proxy.tls = true;
  struct tls_observation *tls = &ours()->proxy_tls;
  ck_assert_str_eq(fill("{proxy_tls_failure}"), "what it sends is not TLS");
  tls->library_error_text = "unknown record type";
  ck_assert_str_eq(fill("{proxy_tls_failure}"), "unknown record type");
  tls->ending = ENDING_EOF;
  ck_assert_str_eq(fill("{proxy_tls_failure}"), "it closed the connection");
  tls->ending = ENDING_RESET;
  ck_assert_str_eq(fill("{proxy_tls_failure}"), "it reset the connection");
  tls->alert_received = 40;
  ck_assert_str_eq(fill("{proxy_tls_failure}"), "alert handshake_failure (40)");
  ours()->timed_out = true;
  ck_assert_str_eq(fill("{proxy_tls_failure}"), "no answer within 10s");
  tls->verification = VERIFICATION_EXPIRED;
  tls->verification_text = "expired";
  ck_assert_str_eq(fill("{proxy_tls_failure}"), "its certificate does not verify: expired");
}
END_TEST

START_TEST(silence_of_a_proxy_is_told_by_where_it_began)
{
  bench_through_proxy(&bench);
  bench_time_out(bench.here, PHASE_TUNNEL);
  ck_assert_str_eq(fill("{proxy} {proxy_silence}{through_proxy}"),
                   "edge_swg did not answer CONNECT api.example:443; proxy edge_swg does not "
                   "answer CONNECT either");
  bench_time_out(bench.here, PHASE_HANDSHAKE);
  ck_assert_str_eq(fill("{proxy_silence}"),
                   "opened the tunnel to api.example:443, but nothing came back through it");
}
END_TEST

START_TEST(a_proxy_s_challenge_is_told_where_there_is_one)
{
  bench_connect_answer(&bench, 407, NULL);
  ck_assert_str_eq(fill("x{challenge}"), "x");
  ours()->tunnel.proxy_authenticate = "Negotiate, Basic realm=\"edge\"";
  ck_assert_str_eq(fill("x{challenge}"), "x, Proxy-Authenticate: Negotiate, Basic realm=\"edge\"");
}
END_TEST

START_TEST(facts_of_a_proxy_are_harmless_on_the_direct_route)
{
  ck_assert_str_eq(fill("{proxy} {proxy_host}{through_proxy}{alone}"), "direct none");
}
END_TEST

START_TEST(an_interception_names_both_issuers_and_what_betrays_it)
{
  bench_intercept(&bench);
  bench_never_request(bench.direct);
  ours()->http.via = "1.1 edge (swg)";
  ck_assert_str_eq(fill("{interception}"),
                   "the certificate in the tunnel is issued by \"CN=Proxy CA\", on the direct "
                   "route by \"CN=Servers CA\", and the answer names a proxy in Via: 1.1 edge "
                   "(swg)");
}
END_TEST

START_TEST(a_denial_inside_the_tunnel_is_told_with_its_page)
{
  case_denied_by_a_page(&bench);
  ck_assert_str_eq(fill("{connect_answer}"),
                   "it opens it, and inside, with a certificate issued by \"CN=Proxy CA\", answers "
                   "HTTP 403 \"Access Denied (policy_denied)\"");
}
END_TEST

START_TEST(a_tunnel_without_a_direct_route_is_said_to_be_judged_alone)
{
  bench_through_proxy(&bench);
  ck_assert_str_eq(fill("x{alone}"), "x");
  bench_refuse_connection(bench.direct, ECONNREFUSED);
  ck_assert_str_eq(fill("x{alone}"), "x; the tunnel is judged by the certificate in it alone: "
                                     "there is no direct route to compare with");
  bench_unverified(bench.here, &bench.proxy_leaf, VERIFICATION_UNTRUSTED, "no path");
  ck_assert_str_eq(fill("x{alone}"), "x; or it is proxy edge_swg that answers so: there is no "
                                     "direct route to compare with");
}
END_TEST

/* ---- the server ------------------------------------------------------------------------ */

START_TEST(the_certificate_that_is_out_of_its_dates_is_named_not_the_leaf)
{
  static struct certificate chain[2];
  chain[0] = bench.server;
  bench_certificate(&chain[1], "CN=Old Intermediate", "CN=Root", 'i', 'r');
  chain[1].not_after = NOW_SECONDS - DAY_SECONDS;
  ours()->tls.chain = chain;
  ours()->tls.chain_length = 2;
  ck_assert_str_eq(fill("{expired_certificate} {server_not_after}"),
                   "\"CN=Old Intermediate\" issued by \"CN=Root\" 2026-11-23 03:44:33 UTC");
  chain[1].not_before = NOW_SECONDS + DAY_SECONDS;
  ck_assert_str_eq(fill("{future_certificate} {server_not_before}"),
                   "\"CN=Old Intermediate\" issued by \"CN=Root\" 2026-11-25 03:44:33 UTC");
}
END_TEST

START_TEST(a_certificate_without_names_is_told_by_its_subject)
{
  bench.server.dns_names = "";
  ck_assert_str_eq(fill("{server_names}"), "\"CN=api.example\"");
}
END_TEST

START_TEST(a_certificate_that_could_not_be_read_is_told_so)
{
  bench.server.subject = NULL;
  ck_assert_str_eq(fill("{server_certificate}"), "that could not be read");
}
END_TEST

START_TEST(a_date_beyond_the_calendar_is_unknown)
{
  bench.server.not_after = INT64_MAX;
  ck_assert_str_eq(fill("{server_not_after}"), "an unknown date");
}
END_TEST

START_TEST(the_trust_store_is_the_one_that_was_used)
{
  ck_assert_str_eq(fill("{trust_store}"), "ca_file");
  bench.target.probe.ca_file = NULL;
  ck_assert_str_eq(fill("{trust_store}"), "this machine's trust store");
}
END_TEST

/* What of a page is shown: its title, or all of it where it is one short line. */
START_TEST(a_page_is_told_in_short)
{
  static const struct {
    const char *body;
    const char *told;
  } rows[] = {
      {NULL, "HTTP 503"},
      {"", "HTTP 503"},
      {"out of service", "HTTP 503 \"out of service\""},
      {"<html><TITLE>503 Away</TITLE><body>long text", "HTTP 503 \"503 Away\""},
      {"<title>\xEF\xBF\xBD  two\xEF\xBF\xBDlines</title>", "HTTP 503 \"two\""},
      {"first line\xEF\xBF\xBDsecond line", "HTTP 503 \"first line\""},
      {"<p>no title</p>", "HTTP 503"},
      {"a line that goes on and on and on and on and on and on and on and on and on and on and on "
       "and on and on and on and on and on and on",
       "HTTP 503"},
  };
  bench_http(ours(), 503, rows[_i].body);
  ck_assert_str_eq(fill("{seen}"), rows[_i].told);
}
END_TEST
enum { PAGE_ROWS = 8 };

START_TEST(each_end_of_a_connection_is_told)
{
  bench_end(bench.here, PHASE_HANDSHAKE);
  ck_assert_str_eq(fill("{seen}"), "the connection ended");
  ours()->tls.library_error_text = "unknown record type";
  ck_assert_str_eq(fill("{seen}"), "unknown record type");
  ours()->tls.ending = ENDING_ERROR;
  ours()->tls.system_error = EHOSTUNREACH;
  ck_assert_str_eq(fill("{seen}"), "No route to host");
  ours()->tls.ending = ENDING_CLOSE_NOTIFY;
  ck_assert_str_eq(fill("{seen}"), "connection closed without an alert");
  ours()->tls.ending = ENDING_RESET;
  ck_assert_str_eq(fill("{seen}"), "connection reset without an alert");
  ours()->http.malformed = true;
  ck_assert_str_eq(fill("{seen}"), "what it sends is not HTTP");
  ours()->timed_out = true;
  ck_assert_str_eq(fill("{seen}"), "nothing more came within 10s");
  ours()->tls.alert_received = 200;
  ck_assert_str_eq(fill("{seen}"), "alert unknown (200)");
}
END_TEST

START_TEST(an_answer_that_was_begun_is_told_with_its_status)
{
  case_http_no_answer(&bench);
  ours()->http.status = 200;
  ck_assert_str_eq(fill("{http_failure}"), "did not finish its answer (HTTP 200) within 10s");
}
END_TEST

/* ---- ours ------------------------------------------------------------------------------ */

START_TEST(only_the_first_of_many_ca_names_are_told)
{
  static char *many[6] = {"CN=a", "CN=b", "CN=c", "CN=d", "CN=e", "CN=f"};
  static char many_sha256[6][FINGERPRINT_BYTES];
  ours()->tls.acceptable_issuers = many;
  ours()->tls.acceptable_issuers_sha256 = many_sha256;
  ours()->tls.acceptable_issuer_count = 6;
  ours()->tls.acceptable_issuers_listed = 300; /* more than were kept */
  ck_assert_str_eq(fill("{ca_names}"), "\"CN=a\", \"CN=b\", \"CN=c\", \"CN=d\" and 296 more");
}
END_TEST

START_TEST(a_missing_link_is_hinted_at_only_where_there_may_be_one)
{
  ck_assert_ptr_nonnull(strstr(fill("{chain_hint}"), "intermediate CA"));
  bench.credential.chain_length = 2;
  ck_assert_str_eq(fill("{chain_hint}"), "");
  bench.credential.chain_length = 1;
  bench.credential.self_signed = true;
  ck_assert_str_eq(fill("{chain_hint}"), "");
}
END_TEST

START_TEST(facts_of_ours_are_harmless_without_a_credential)
{
  bench_no_credential(&bench);
  ck_assert_str_eq(fill("{own_subject} {own_issuer} {credential_problem}"),
                   "\"?\" \"?\" unknown problem");
  ck_assert_str_eq(fill("{own_not_after}"), "1970-01-01 00:00:00 UTC");
}
END_TEST

START_TEST(what_is_certain_about_admission_is_told_apart)
{
  ck_assert_str_eq(fill("{admission}"), "a client certificate is required, and ours is accepted");
  bench_protocol_tls(&bench);
  bench.input.observations[PRESENTED_NONE] = NULL;
  ck_assert_str_eq(fill("{admission}"),
                   "a client certificate is asked for, and ours is not refused");
  begin_case();
  bench_never_request(bench.here);
  ck_assert_str_eq(fill("{admission}"), "it asks for no client certificate");
}
END_TEST

/* ---- what peers send ------------------------------------------------------------------- */

START_TEST(endless_text_of_a_peer_is_cut)
{
  static char endless[100000];
  memset(endless, 'x', sizeof(endless) - 1);
  bench.server.subject = endless;
  bench.server.issuer = endless;
  bench.server.dns_names = endless;
  ours()->tls.library_error_text = endless;
  ours()->tls.verification_text = endless;
  ck_assert_uint_lt(strlen(fill("{server_certificate}{server_names}{verification}")), 1000);
  bench_connect_answer(&bench, 407, endless);
  ours()->tunnel.proxy_authenticate = endless;
  ours()->tunnel.x_squid_error = endless;
  ours()->tunnel.proxy_status = endless;
  ck_assert_uint_lt(strlen(fill("{connect_answer}{challenge}")), 1000);
}
END_TEST

START_TEST(a_peer_s_braces_are_no_facts)
{
  bench.server.subject = "CN={host}";
  ck_assert_ptr_nonnull(strstr(fill("{server_certificate}"), "\"CN={host}\""));
}
END_TEST

static TCase *fresh(const char *name)
{
  TCase *tcase = tcase_create(name);
  tcase_add_checked_fixture(tcase, begin_case, end_case);
  return tcase;
}

static TCase *ways(void)
{
  TCase *tcase = fresh("ways");
  tcase_add_test(tcase, text_without_facts_stays_as_it_is);
  tcase_add_test(tcase, facts_are_filled_in_where_they_stand);
  tcase_add_test(tcase, a_fact_that_nobody_knows_is_told_as_such);
  tcase_add_test(tcase, want_of_memory_writes_nothing);
  tcase_add_test(tcase, an_ipv6_host_is_told_in_brackets);
  tcase_add_test(tcase, the_address_is_the_one_that_was_used);
  tcase_add_test(tcase, a_name_without_an_answer_is_told_so);
  tcase_add_test(tcase, the_system_s_words_are_told);
  tcase_add_test(tcase, each_way_in_which_connect_goes_wrong_is_told);
  tcase_add_test(tcase, each_way_in_which_tls_to_the_proxy_goes_wrong_is_told);
  tcase_add_test(tcase, silence_of_a_proxy_is_told_by_where_it_began);
  tcase_add_test(tcase, a_proxy_s_challenge_is_told_where_there_is_one);
  tcase_add_test(tcase, facts_of_a_proxy_are_harmless_on_the_direct_route);
  tcase_add_test(tcase, an_interception_names_both_issuers_and_what_betrays_it);
  tcase_add_test(tcase, a_denial_inside_the_tunnel_is_told_with_its_page);
  tcase_add_test(tcase, a_tunnel_without_a_direct_route_is_said_to_be_judged_alone);
  return tcase;
}

static TCase *peers(void)
{
  TCase *tcase = fresh("peers");
  tcase_add_test(tcase, the_certificate_that_is_out_of_its_dates_is_named_not_the_leaf);
  tcase_add_test(tcase, a_certificate_without_names_is_told_by_its_subject);
  tcase_add_test(tcase, a_certificate_that_could_not_be_read_is_told_so);
  tcase_add_test(tcase, a_date_beyond_the_calendar_is_unknown);
  tcase_add_test(tcase, the_trust_store_is_the_one_that_was_used);
  tcase_add_loop_test(tcase, a_page_is_told_in_short, 0, PAGE_ROWS);
  tcase_add_test(tcase, each_end_of_a_connection_is_told);
  tcase_add_test(tcase, an_answer_that_was_begun_is_told_with_its_status);
  tcase_add_test(tcase, only_the_first_of_many_ca_names_are_told);
  tcase_add_test(tcase, a_missing_link_is_hinted_at_only_where_there_may_be_one);
  tcase_add_test(tcase, facts_of_ours_are_harmless_without_a_credential);
  tcase_add_test(tcase, what_is_certain_about_admission_is_told_apart);
  tcase_add_test(tcase, endless_text_of_a_peer_is_cut);
  tcase_add_test(tcase, a_peer_s_braces_are_no_facts);
  return tcase;
}

int main(void)
{
  Suite *suite = suite_create("diagnosis/facts");
  suite_add_tcase(suite, ways());
  suite_add_tcase(suite, peers());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
