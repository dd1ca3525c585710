/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/report.h"
#include "support/html_checks.h"
#include "support/store_fixture.h"

enum { LIMIT_BYTES = 1024 * 1024 };

static const struct exporter_facts exporter = {.version = "1.2.3<b>", .wolfssl_version = "5.5.4"};

/* Destroys the store; to be freed. */
static char *render(struct store *store, const char *telemetry_path)
{
  struct buffer out;
  buffer_init(&out, LIMIT_BYTES);
  report_index_html(store, &exporter, telemetry_path, &out);
  ck_assert_int_eq(buffer_status(&out), STATUS_OK);
  char *page = buffer_take(&out);
  store_unref(store);
  return page;
}

START_TEST(page_tells_name_version_and_where_to_go)
{
  char *page = render(fixture_store(), "/custom\"metrics");
  assert_has(page, "<!DOCTYPE html>\n<html lang=\"en\">");
  assert_has(page, "<h1>mtls_exporter</h1>");
  assert_has(page, "1.2.3&lt;b&gt;");
  assert_has(page, "<a href=\"/custom&quot;metrics\">");
  assert_has(page, "<a href=\"/-/healthy\">");
  free(page);
}
END_TEST

START_TEST(summary_counts_routes_by_party)
{
  char *page = render(fixture_store(), "/metrics");
  assert_has(page, "<title>1 at fault - mtls_exporter</title>");
  assert_has(page, "<li>2 targets, 3 routes</li>");
  assert_has(page, "<li class=\"fault\">1 fault: proxy</li>");
  assert_has(page, "<li class=\"waiting\">1 waiting</li>");
  assert_has(page, "<li class=\"ok\">1 ok</li>");
  free(page);
}
END_TEST

START_TEST(faults_come_first_and_good_routes_last)
{
  char *page = render(fixture_store(), "/metrics");
  const char *fault = strstr(page, "<code>tls_intercepted</code>");
  const char *waiting = strstr(page, "not probed yet");
  const char *good = strstr(page, "<code>ok</code>");
  ck_assert_ptr_nonnull(fault);
  ck_assert_ptr_nonnull(waiting);
  ck_assert_ptr_nonnull(good);
  ck_assert(fault < waiting);
  ck_assert(waiting < good);
  free(page);
}
END_TEST

START_TEST(row_tells_verdict_explanation_remedy_and_times)
{
  char *page = render(fixture_store(), "/metrics");
  assert_has(page, "<span class=\"fault\">fault: proxy</span>");
  assert_has(page, "<p>The proxy answers TLS itself: ");
  assert_has(page, "<p><strong>What to do:</strong> Have the proxy tunnel ");
  assert_has(page, "<details><summary>Policy for the proxy</summary><pre>&lt;Proxy tunnel&gt;\n"
                   "    url.port=443 authenticate(no)\n</pre></details>");
  assert_has(page, "data-label=\"Requested\">no<");
  assert_has(page, "data-label=\"Accepted\">unknown<");
  assert_has(page, "data-label=\"Tunnel\">intercepted<");
  assert_has(page, "data-label=\"Since\"><time datetime=\"2026-11-24T03:44:33Z\">"
                   "2026-11-24 03:44:33 UTC</time>");
  free(page);
}
END_TEST

START_TEST(table_can_be_heard)
{
  char *page = render(fixture_store(), "/metrics");
  assert_has(page, "<caption>");
  assert_has(page, "scope=\"col\">Verdict</th>");
  assert_has(page, "scope=\"row\"><a href=\"/targets/payments-api\">payments-api</a>");
  assert_has(page, "prefers-color-scheme:dark");
  free(page);
}
END_TEST

START_TEST(hostile_bytes_stay_text)
{
  struct store *store = fixture_empty_store();
  struct settings *settings = (struct settings *)(uintptr_t)store_settings(store);
  settings->targets[FIXTURE_LEDGER].name = HOSTILE_TEXT HOSTILE_BYTES;
  struct verdict *verdict = fixture_verdict(FAULT_SERVER, "http_status_unexpected");
  verdict->explanation = strdup("HTTP 500: " HOSTILE_TEXT);
  verdict->remedy = strdup("<img src=x onerror=alert(1)>");
  struct route_result result = {.verdict = verdict};
  fixture_record(store, FIXTURE_LEDGER, FIXTURE_DIRECT, &result);
  char *page = render(store, "/metrics");
  ck_assert_ptr_null(strstr(page, "<script"));
  ck_assert_ptr_null(strstr(page, "</script"));
  ck_assert_ptr_null(strstr(page, "<img"));
  ck_assert_ptr_null(strchr(page, '\x1b'));
  ck_assert_ptr_null(strstr(page, "\xff"));
  assert_has(page, "a &quot;b&quot; \\c &lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)");
  free(page);
}
END_TEST

START_TEST(nothing_comes_from_elsewhere)
{
  char *page = render(fixture_store(), "/metrics");
  assert_self_contained(page);
  free(page);
}
END_TEST

START_TEST(every_element_is_closed)
{
  char *page = render(fixture_store(), "/metrics");
  assert_elements_closed(page);
  free(page);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("report/html_index");
  TCase *cases = tcase_create("html");
  tcase_add_test(cases, page_tells_name_version_and_where_to_go);
  tcase_add_test(cases, summary_counts_routes_by_party);
  tcase_add_test(cases, faults_come_first_and_good_routes_last);
  tcase_add_test(cases, row_tells_verdict_explanation_remedy_and_times);
  tcase_add_test(cases, table_can_be_heard);
  tcase_add_test(cases, hostile_bytes_stay_text);
  tcase_add_test(cases, nothing_comes_from_elsewhere);
  tcase_add_test(cases, every_element_is_closed);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
