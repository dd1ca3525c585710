/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "base/text.h"
#include "report/report.h"
#include "support/store_fixture.h"

enum { LIMIT_BYTES = 1024 * 1024, COLUMNS = 96 };

/* Destroys the store; to be freed. */
static char *tell(struct store *store, size_t target, bool colour)
{
  struct buffer out;
  buffer_init(&out, LIMIT_BYTES);
  report_text(store, target, colour, &out);
  ck_assert_int_eq(buffer_status(&out), STATUS_OK);
  char *text = buffer_take(&out);
  store_unref(store);
  return text;
}

static char *tell_table(struct store *store, bool colour)
{
  struct buffer out;
  buffer_init(&out, LIMIT_BYTES);
  report_table(store, colour, &out);
  ck_assert_int_eq(buffer_status(&out), STATUS_OK);
  char *text = buffer_take(&out);
  store_unref(store);
  return text;
}

static void assert_has(const char *text, const char *part)
{
  ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

static void assert_begins_with(const char *text, const char *beginning)
{
  ck_assert_msg(strncmp(text, beginning, strlen(beginning)) == 0, "not at the beginning of:\n%s",
                text);
}

/* Two routes of the payments target with the same finding. */
static struct store *expired_store(void)
{
  struct store *store = fixture_empty_store();
  for (size_t route = 0; route < FIXTURE_ROUTES; route++) {
    struct verdict *verdict = fixture_verdict(FAULT_CLIENT, "client_certificate_expired");
    verdict->explanation = strdup("Our certificate expired on 2026-11-01.");
    verdict->remedy = strdup("Renew the certificate.");
    struct route_result result = {.verdict = verdict};
    fixture_record(store, FIXTURE_PAYMENTS, route, &result);
  }
  return store;
}

START_TEST(verdict_and_its_explanation_come_first)
{
  char *text = tell(fixture_store(), FIXTURE_PAYMENTS, false);
  assert_begins_with(text, "FAULT proxy edge_swg: tls_intercepted\n"
                           "The proxy answers TLS itself: its certificate was issued by "
                           "CN=Proxy CA, while the direct route\n"
                           "shows CN=Servers CA and asks for a certificate.\n\n"
                           "https://api.example:443/health\n");
  free(text);
}
END_TEST

START_TEST(remedy_and_policy_come_last)
{
  char *text = tell(fixture_store(), FIXTURE_PAYMENTS, false);
  static const char remedy[] =
      "\nWhat to do: Have the proxy tunnel api.example:443: detect_protocol(no).\n"
      "\nPolicy for the proxy (mtls_exporter bypass writes it for a whole configuration):\n"
      "  <Proxy tunnel>\n"
      "      url.port=443 authenticate(no)\n";
  ck_assert_str_eq(text + strlen(text) - strlen(remedy), remedy);
  free(text);
}
END_TEST

START_TEST(evidence_is_told_step_by_step)
{
  char *text = tell(fixture_store(), FIXTURE_PAYMENTS, false);
  assert_has(text, "\ndirect: ok\n"
                   "  client certificate   requested yes, required yes, accepted yes (http), "
                   "untrusted accepted no\n"
                   "  connection           192.0.2.1:443, resolved in 1.00ms, connected in 0.25ms\n"
                   "  TLS                  TLSv1.3, TLS_AES_128_GCM_SHA256, x25519, "
                   "ALPN http/1.1, handshake 4.12ms\n"
                   "  server certificate   verified: CN=");
  assert_has(text, "expires 2026-12-04 (in 10 days)\n");
  assert_has(text, "  acceptable issuers   CN=Clients CA,O=Example; CN=a");
  assert_has(text, "  presented client     certificate sent; HTTP 200 from nginx");
  assert_has(text, "  presented none       no certificate sent; "
                   "alert 116 certificate_required (settle); 12.5ms\n");
  assert_has(text, "  presented untrusted  look-alike sent; HTTP 400; 12.5ms\n");
  assert_has(text, "\nedge_swg (http://proxy.example:8080): tls_intercepted\n");
  assert_has(text, "  CONNECT              200 Connection established, in 3.00ms, Via: 1.1");
  assert_has(text, "  tunnel               intercepted\n");
  assert_has(text, "NOT VERIFIED, untrusted: CN=");
  assert_has(text, "  presented client     withheld, because the peer did not verify");
  free(text);
}
END_TEST

START_TEST(good_target_is_told_in_one_word)
{
  struct store *store = fixture_empty_store();
  fixture_record_direct(store);
  struct verdict *verdict = fixture_verdict(FAULT_NONE, "ok");
  struct route_result result = {.verdict = verdict};
  fixture_record(store, FIXTURE_PAYMENTS, FIXTURE_PROXY, &result);
  char *text = tell(store, FIXTURE_PAYMENTS, false);
  assert_begins_with(text, "OK payments-api\n"
                           "The server requires a client certificate and accepted ours.\n");
  ck_assert_ptr_null(strstr(text, "What to do"));
  free(text);
}
END_TEST

START_TEST(same_fault_on_two_routes_is_told_once)
{
  char *text = tell(expired_store(), FIXTURE_PAYMENTS, false);
  assert_begins_with(text, "FAULT client direct, edge_swg: client_certificate_expired\n"
                           "Our certificate expired on 2026-11-01.\n\n");
  const char *first = strstr(text, "What to do:");
  ck_assert_ptr_nonnull(first);
  ck_assert_ptr_null(strstr(first + 1, "What to do:"));
  free(text);
}
END_TEST

START_TEST(target_that_waits_is_told_so)
{
  char *text = tell(fixture_store(), FIXTURE_LEDGER, false);
  assert_begins_with(text, "WAITING ledger: ");
  assert_has(text, "\ntls://[::1]:8443\n");
  free(text);
}
END_TEST

START_TEST(failed_connection_is_told_with_its_cause)
{
  struct store *store = fixture_empty_store();
  struct observation *none = observation_create(PRESENTED_NONE);
  none->ended_in = PHASE_CONNECT;
  none->connect_error = 111; /* ECONNREFUSED */
  none->phase_ns[PHASE_RESOLVE] = NS_PER_MS;
  none->phase_ns[PHASE_CONNECT] = NS_PER_MS;
  none->duration_ns = INT64_C(1234) * NS_PER_MS;
  none->peer_address = strdup("[::1]:8443");
  struct route_result result = {.observations = {[PRESENTED_NONE] = none},
                                .verdict = fixture_verdict(FAULT_NETWORK, "connection_refused")};
  fixture_record(store, FIXTURE_LEDGER, FIXTURE_DIRECT, &result);
  char *text = tell(store, FIXTURE_LEDGER, false);
  assert_begins_with(text, "FAULT network direct: connection_refused\n");
  assert_has(text, "  connection           [::1]:8443 failed: Connection refused, resolved in "
                   "1.00ms, after 1.00ms\n");
  assert_has(text, "  presented none       Connection refused (connect); 1.23s\n");
  free(text);
}
END_TEST

static void assert_no_line_is_wide(const char *text)
{
  while (*text != '\0') {
    size_t columns = 0;
    for (; *text != '\n'; text++) {
      ck_assert_int_ne(*text, '\0');
      columns += ((unsigned char)*text & 0xC0) != 0x80 ? 1 : 0;
    }
    ck_assert_uint_le(columns, COLUMNS);
    text++;
  }
}

START_TEST(lines_fit_a_terminal)
{
  char *text = tell(fixture_store(), FIXTURE_PAYMENTS, false);
  assert_no_line_is_wide(text);
  free(text);
  text = tell_table(fixture_store(), false);
  assert_no_line_is_wide(text);
  free(text);
}
END_TEST

START_TEST(colour_is_only_there_when_asked_for)
{
  char *text = tell(fixture_store(), FIXTURE_PAYMENTS, true);
  assert_begins_with(text, "\x1b[1;31mFAULT\x1b[0m proxy edge_swg: tls_intercepted\n");
  free(text);
  text = tell_table(fixture_store(), true);
  assert_has(text, "\x1b[1;32mok\x1b[0m");
  free(text);
  text = tell(fixture_store(), FIXTURE_PAYMENTS, false);
  ck_assert_ptr_null(strchr(text, '\x1b'));
  free(text);
}
END_TEST

START_TEST(peer_cannot_steer_the_terminal)
{
  struct store *store = fixture_empty_store();
  struct settings *settings = (struct settings *)(uintptr_t)store_settings(store);
  settings->targets[FIXTURE_LEDGER].name = HOSTILE_BYTES;
  struct verdict *verdict = fixture_verdict(FAULT_SERVER, "http_status_unexpected");
  verdict->explanation = strdup("a\x1b[2J\nOK ledger");
  struct route_result result = {.verdict = verdict};
  fixture_record(store, FIXTURE_LEDGER, FIXTURE_DIRECT, &result);
  char *text = tell(store, FIXTURE_LEDGER, false);
  ck_assert_ptr_null(strchr(text, '\x1b'));
  ck_assert_ptr_null(strstr(text, "\nOK ledger"));
  free(text);
}
END_TEST

START_TEST(table_has_one_aligned_line_for_each_route)
{
  char *text = tell_table(fixture_store(), false);
  assert_begins_with(
      text,
      "TARGET        ROUTE     FAULT  REASON            REQUESTED  REQUIRED  ACCEPTED  TUNNEL\n"
      "payments-api  direct    none   ok                yes        yes       yes       -\n"
      "payments-api  edge_swg  proxy  tls_intercepted   no         no        unknown   "
      "intercepted\n"
      "ledger        direct    -      (not probed yet)  -          -         -         -\n"
      "\n"
      "payments-api: FAULT proxy edge_swg: tls_intercepted\n"
      "  The proxy answers TLS itself");
  free(text);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("report/text");
  TCase *cases = tcase_create("text");
  tcase_add_test(cases, verdict_and_its_explanation_come_first);
  tcase_add_test(cases, remedy_and_policy_come_last);
  tcase_add_test(cases, evidence_is_told_step_by_step);
  tcase_add_test(cases, good_target_is_told_in_one_word);
  tcase_add_test(cases, same_fault_on_two_routes_is_told_once);
  tcase_add_test(cases, target_that_waits_is_told_so);
  tcase_add_test(cases, failed_connection_is_told_with_its_cause);
  tcase_add_test(cases, lines_fit_a_terminal);
  tcase_add_test(cases, colour_is_only_there_when_asked_for);
  tcase_add_test(cases, peer_cannot_steer_the_terminal);
  tcase_add_test(cases, table_has_one_aligned_line_for_each_route);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
