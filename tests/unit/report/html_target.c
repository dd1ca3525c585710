/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/report.h"
#include "support/html_checks.h"
#include "support/store_fixture.h"

enum { LIMIT_BYTES = 1024 * 1024 };

/* Destroys the store; to be freed. */
static char *render(struct store *store, const char *name)
{
  struct buffer out;
  buffer_init(&out, LIMIT_BYTES);
  ck_assert(report_target_html(store, name, &out));
  ck_assert_int_eq(buffer_status(&out), STATUS_OK);
  char *page = buffer_take(&out);
  store_unref(store);
  return page;
}

START_TEST(page_tells_the_verdict_on_every_route)
{
  char *page = render(fixture_store(), "payments-api");
  assert_has(page, "<title>payments-api - mtls_exporter</title>");
  assert_has(page, "<h1>payments-api</h1>");
  assert_has(page, "<h3>direct: <span class=\"ok\">ok</span></h3>");
  assert_has(page, "<h3>edge_swg: <span class=\"fault\">fault: proxy</span></h3>");
  assert_has(page, "<p><strong>What to do:</strong> Have the proxy tunnel ");
  assert_has(page, "<a href=\"/\">All targets</a>");
  free(page);
}
END_TEST

START_TEST(steps_stand_side_by_side_and_what_differs_is_marked)
{
  char *page = render(fixture_store(), "payments-api");
  assert_has(page, "<h3>Presenting our certificate</h3>");
  assert_has(page,
             "scope=\"col\">direct</th><th role=\"columnheader\" scope=\"col\">edge_swg</th>");
  const char *row = strstr(page, "scope=\"row\">Server certificate</th>");
  ck_assert_ptr_nonnull(row);
  const char *end = strstr(row, "</tr>");
  const char *mark = strstr(row, "class=\"differs\"");
  ck_assert(mark != NULL && mark < end);
  assert_has(page, "<small>not as on the direct route</small>");
  free(page);
}
END_TEST

START_TEST(what_was_not_probed_has_no_table)
{
  char *page = render(fixture_empty_store(), "payments-api");
  ck_assert_ptr_null(strstr(page, "<table"));
  assert_has(page, "<span class=\"waiting\">waiting</span>");
  free(page);
}
END_TEST

START_TEST(policy_and_last_changes_are_told)
{
  struct store *store = fixture_store();
  struct verdict *verdict = fixture_verdict(FAULT_PROXY, "proxy_denied");
  verdict->proxy_policy = strdup("<Proxy tunnel>\n    url.port=443 authenticate(no)\n");
  fixture_record(store, FIXTURE_PAYMENTS, FIXTURE_PROXY,
                 &(struct route_result){.verdict = verdict});
  char *page = render(store, "payments-api");
  assert_has(page, "<summary>Policy for the proxy</summary><pre>&lt;Proxy tunnel&gt;\n"
                   "    url.port=443 authenticate(no)\n</pre></details>");
  assert_has(page, "<code>tls_intercepted</code> (proxy) became <code>proxy_denied</code> (proxy)");
  assert_elements_closed(page);
  free(page);
}
END_TEST

START_TEST(unknown_name_is_no_page)
{
  struct store *store = fixture_store();
  struct buffer out;
  buffer_init(&out, LIMIT_BYTES);
  ck_assert(!report_target_html(store, "payments", &out));
  ck_assert(!report_target_html(store, "", &out));
  ck_assert_uint_eq(out.length, 0);
  buffer_deinit(&out);
  store_unref(store);
}
END_TEST

START_TEST(hostile_bytes_stay_text)
{
  char *page = render(fixture_store(), "payments-api");
  assert_self_contained(page);
  assert_elements_closed(page);
  ck_assert_ptr_null(strchr(page, '\x1b'));
  free(page);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("report/html_target");
  TCase *cases = tcase_create("html_target");
  tcase_add_test(cases, page_tells_the_verdict_on_every_route);
  tcase_add_test(cases, steps_stand_side_by_side_and_what_differs_is_marked);
  tcase_add_test(cases, what_was_not_probed_has_no_table);
  tcase_add_test(cases, policy_and_last_changes_are_told);
  tcase_add_test(cases, unknown_name_is_no_page);
  tcase_add_test(cases, hostile_bytes_stay_text);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
