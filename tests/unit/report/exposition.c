/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "report/report.h"
#include "support/store_fixture.h"

enum { PAGE_LIMIT_BYTES = 16 * 1024 * 1024, LINES_MAX = 4096 };

static const struct exporter_facts exporter = {
    .version = "1.2.3-4-gabc",
    .wolfssl_version = "5.5.4",
    .probes_in_flight = 3,
    .rounds_skipped = 7,
    .scheduler_lag_seconds = 0.1,
    .last_reload_successful = true,
    .last_reload_success_ns = INT64_C(1795491873123456789),
    .start_ns = INT64_C(1795491800000000000),
};

static const struct exposition_wish text_format = {.format = EXPOSITION_TEXT};

/* The page of a store, which is destroyed; to be freed. */
static char *expose_as(struct store *store, const struct exporter_facts *facts,
                       const struct exposition_wish *wish)
{
  struct buffer out;
  buffer_init(&out, PAGE_LIMIT_BYTES);
  report_exposition(store, facts, wish, &out);
  ck_assert_int_eq(buffer_status(&out), STATUS_OK);
  char *page = buffer_take(&out);
  ck_assert_ptr_nonnull(page);
  store_unref(store);
  return page;
}

static char *expose(struct store *store, const struct exporter_facts *facts)
{
  return expose_as(store, facts, &text_format);
}

/* The line that begins so, without its end; NULL: none. Valid until the next call. */
static const char *find_line(const char *page, const char *beginning)
{
  static char line[4096];
  for (const char *at = page; *at != '\0';) {
    size_t length = strcspn(at, "\n");
    if (strncmp(at, beginning, strlen(beginning)) == 0) {
      ck_assert_uint_lt(length, sizeof(line));
      memcpy(line, at, length);
      line[length] = '\0';
      return line;
    }
    at += length + (at[length] == '\n' ? 1 : 0);
  }
  return NULL;
}

#define LABELS_NOTE "note=\"a \\\"b\\\" \\\\c </script><script>alert('x')</script>\\nmtls_fault 1\""
#define OWN_LABELS ",team=\"payments\"," LABELS_NOTE "} "
#define DIRECT "{target=\"payments-api\",route=\"direct\""
#define PROXY "{target=\"payments-api\",route=\"edge_swg\""

static void assert_line(const char *page, const char *line)
{
  const char *found = find_line(page, line);
  ck_assert_msg(found != NULL && strcmp(found, line) == 0, "no line %s", line);
}

static void assert_no_line(const char *page, const char *beginning)
{
  ck_assert_msg(find_line(page, beginning) == NULL, "there is a line %s", beginning);
}

START_TEST(answers_of_a_good_route_are_exposed)
{
  char *page = expose(fixture_store(), &exporter);
  assert_line(page, "mtls_probe_success" DIRECT OWN_LABELS "1");
  assert_line(page, "mtls_client_certificate_requested" DIRECT OWN_LABELS "1");
  assert_line(page, "mtls_client_certificate_required" DIRECT OWN_LABELS "1");
  assert_line(page, "mtls_client_certificate_accepted" DIRECT OWN_LABELS "1");
  assert_line(page, "mtls_untrusted_client_certificate_accepted" DIRECT OWN_LABELS "0");
  assert_line(page, "mtls_client_certificate_issuer_acceptable" DIRECT OWN_LABELS "1");
  assert_line(page, "mtls_acceptable_issuers" DIRECT OWN_LABELS "2");
  assert_line(page, "mtls_acceptable_issuer_list_info" DIRECT ",sha256=\"c0ffee\"" OWN_LABELS "1");
  assert_line(page, "mtls_probe_interval_seconds" DIRECT OWN_LABELS "30");
  assert_line(page, "mtls_fault" DIRECT ",fault=\"none\"" OWN_LABELS "1");
  assert_line(page, "mtls_fault" DIRECT ",fault=\"proxy\"" OWN_LABELS "0");
  assert_line(page, "mtls_diagnosis_info" DIRECT ",fault=\"none\",reason=\"ok\"" OWN_LABELS "1");
  assert_line(page, "mtls_tls_alert_code" DIRECT ",presented=\"none\"" OWN_LABELS "116");
  assert_line(page, "mtls_http_status_code" DIRECT ",presented=\"client\"" OWN_LABELS "200");
  assert_line(page, "mtls_http_status_code" DIRECT ",presented=\"untrusted\"" OWN_LABELS "400");
  assert_line(page, "mtls_tls_info" DIRECT ",version=\"TLSv1.3\","
                    "cipher=\"TLS_AES_128_GCM_SHA256\",group=\"x25519\",alpn=\"http/1.1\"" //
              OWN_LABELS "1");
  free(page);
}
END_TEST

START_TEST(answers_of_an_intercepted_route_are_exposed)
{
  char *page = expose(fixture_store(), &exporter);
  assert_line(page, "mtls_probe_success" PROXY OWN_LABELS "0");
  assert_line(page, "mtls_tunnel_intact" PROXY OWN_LABELS "0");
  assert_line(page, "mtls_fault" PROXY ",fault=\"proxy\"" OWN_LABELS "1");
  assert_line(page, "mtls_proxy_connect_status_code" PROXY OWN_LABELS "200");
  assert_line(page, "mtls_server_certificate_verified" PROXY OWN_LABELS "0");
  free(page);
}
END_TEST

START_TEST(what_is_not_known_is_absent)
{
  char *page = expose(fixture_store(), &exporter);
  assert_no_line(page, "mtls_untrusted_client_certificate_accepted" PROXY);
  assert_no_line(page, "mtls_client_certificate_accepted" PROXY);
  assert_no_line(page, "mtls_client_certificate_issuer_acceptable" PROXY);
  assert_no_line(page, "mtls_acceptable_issuers" PROXY);
  assert_no_line(page, "mtls_acceptable_issuer_list_info" PROXY);
  assert_no_line(page, "mtls_tunnel_intact" DIRECT);
  assert_no_line(page, "mtls_proxy_connect_status_code" DIRECT);
  assert_no_line(page, "mtls_tls_alert_code" DIRECT ",presented=\"client\"");
  assert_no_line(page, "mtls_http_status_code" DIRECT ",presented=\"none\"");
  assert_no_line(page, "mtls_last_contrast_timestamp_seconds" PROXY);
  assert_no_line(page, "mtls_last_success_timestamp_seconds" PROXY);
  ck_assert_ptr_null(strstr(page, "NaN"));
  free(page);
}
END_TEST

START_TEST(series_known_in_advance_are_there_before_the_first_round)
{
  char *page = expose(fixture_empty_store(), &exporter);
  assert_line(page, "mtls_fault{target=\"ledger\",route=\"direct\",fault=\"unknown\"} 1");
  assert_line(page, "mtls_fault{target=\"ledger\",route=\"direct\",fault=\"none\"} 0");
  assert_line(page, "mtls_probes_total{target=\"ledger\",route=\"direct\"} 0");
  assert_line(page, "mtls_probe_interval_seconds{target=\"ledger\",route=\"direct\"} 30");
  assert_line(page, "mtls_probe_failures_total{target=\"ledger\",route=\"direct\"} 0");
  assert_line(page, "mtls_diagnosis_changes_total{target=\"ledger\",route=\"direct\"} 0");
  assert_line(page, "mtls_probe_duration_seconds_bucket{route=\"edge_swg\",le=\"+Inf\"} 0");
  assert_line(page, "mtls_probe_duration_seconds_sum{route=\"direct\"} 0");
  assert_no_line(page, "mtls_probe_success");
  assert_no_line(page, "mtls_diagnosis_info");
  assert_no_line(page, "mtls_last_probe_timestamp_seconds");
  assert_no_line(page, "mtls_client_certificate_usable");
  free(page);
}
END_TEST

START_TEST(exactly_one_party_is_at_fault)
{
  char *page = expose(fixture_store(), &exporter);
  int ones = 0;
  int zeros = 0;
  for (char *at = page; (at = strstr(at, "\nmtls_fault{")) != NULL; at++) {
    const char *end = strchr(at + 1, '\n');
    ck_assert_ptr_nonnull(end);
    ones += end[-1] == '1' ? 1 : 0;
    zeros += end[-1] == '0' ? 1 : 0;
  }
  ck_assert_int_eq(ones, 3);
  ck_assert_int_eq(zeros, 3 * (FAULT_COUNT - 1));
  free(page);
}
END_TEST

START_TEST(histogram_is_cumulative_and_only_of_routes_in_use)
{
  char *page = expose(fixture_store(), &exporter);
  assert_line(page, "mtls_probe_duration_seconds_bucket{route=\"direct\",le=\"0.005\"} 0");
  assert_line(page, "mtls_probe_duration_seconds_bucket{route=\"direct\",le=\"0.01\"} 0");
  assert_line(page, "mtls_probe_duration_seconds_bucket{route=\"direct\",le=\"0.025\"} 3");
  assert_line(page, "mtls_probe_duration_seconds_bucket{route=\"direct\",le=\"10\"} 3");
  assert_line(page, "mtls_probe_duration_seconds_bucket{route=\"direct\",le=\"+Inf\"} 3");
  const char *sum = find_line(page, "mtls_probe_duration_seconds_sum{route=\"direct\"} ");
  ck_assert_ptr_nonnull(sum);
  ck_assert_double_eq_tol(strtod(strrchr(sum, ' '), NULL), 0.0375, 1e-12);
  assert_line(page, "mtls_probe_duration_seconds_count{route=\"direct\"} 3");
  ck_assert_ptr_null(strstr(page, "route=\"unused\""));
  free(page);
}
END_TEST

START_TEST(times_are_exact_and_timestamps_have_milliseconds)
{
  char *page = expose(fixture_store(), &exporter);
  assert_line(page,
              "mtls_probe_phase_duration_seconds" DIRECT ",phase=\"resolve\"" OWN_LABELS "0.001");
  assert_line(page, "mtls_probe_phase_duration_seconds" DIRECT ",phase=\"handshake\"" //
              OWN_LABELS "0.004123456");
  assert_line(page,
              "mtls_probe_phase_duration_seconds" DIRECT ",phase=\"settle\"" OWN_LABELS "0.000001");
  assert_no_line(page, "mtls_probe_phase_duration_seconds" DIRECT ",phase=\"tunnel\"");
  assert_line(page, "mtls_last_contrast_timestamp_seconds" DIRECT OWN_LABELS "1795491873.123");
  assert_line(page, "mtls_last_probe_timestamp_seconds" DIRECT OWN_LABELS "1795491873.115");
  assert_line(page, "mtls_exporter_config_last_reload_success_timestamp_seconds 1795491873.123");
  assert_line(page, "process_start_time_seconds 1795491800");
  free(page);
}
END_TEST

START_TEST(chain_ends_with_its_first_certificate_to_expire)
{
  char *page = expose(fixture_store(), &exporter);
  assert_line(page,
              "mtls_server_certificate_not_after_timestamp_seconds" DIRECT OWN_LABELS "1796355873");
  assert_line(page, "mtls_server_certificate_not_before_timestamp_seconds" DIRECT OWN_LABELS
                    "1795490873");
  assert_line(page, "mtls_server_chain_not_after_timestamp_seconds" DIRECT OWN_LABELS "1795578273");
  free(page);
}
END_TEST

START_TEST(client_certificates_are_those_of_the_files)
{
  char *page = expose(fixture_store(), &exporter);
  assert_line(page, "mtls_client_certificate_not_after_timestamp_seconds"
                    "{credential=\"payments\"} 1795495473");
  assert_line(page, "mtls_client_certificate_usable{credential=\"payments\"} 1");
  ck_assert_ptr_nonnull(strstr(page, "\nmtls_client_certificate_info{credential=\"payments\","
                                     "subject=\"CN=payments\",issuer=\"CN=Clients CA\","));
  free(page);
}
END_TEST

START_TEST(exporter_tells_of_itself)
{
  char *page = expose(fixture_store(), &exporter);
  assert_line(page, "mtls_targets 2");
  assert_line(page, "mtls_probes_in_flight 3");
  assert_line(page, "mtls_rounds_skipped_total 7");
  assert_line(page, "mtls_scheduler_lag_seconds 0.1");
  assert_line(page,
              "mtls_exporter_build_info{version=\"1.2.3-4-gabc\",wolfssl_version=\"5.5.4\"} 1");
  assert_line(page, "mtls_exporter_config_last_reload_successful 1");
  ck_assert_ptr_nonnull(find_line(page, "process_cpu_seconds_total "));
  ck_assert_ptr_nonnull(find_line(page, "process_open_fds "));
  ck_assert_ptr_nonnull(find_line(page, "process_max_fds "));
  ck_assert_ptr_nonnull(find_line(page, "process_resident_memory_bytes "));
  ck_assert_ptr_nonnull(find_line(page, "process_virtual_memory_bytes "));
  ck_assert_ptr_nonnull(find_line(page, "process_threads "));
  free(page);
}
END_TEST

START_TEST(one_probe_now_has_no_history_and_no_exporter)
{
  char *page = expose(fixture_store(), NULL);
  assert_line(page, "mtls_probe_success" DIRECT OWN_LABELS "1");
  assert_line(page, "mtls_client_certificate_usable{credential=\"payments\"} 1");
  ck_assert_ptr_null(strstr(page, "_total"));
  ck_assert_ptr_null(strstr(page, "process_"));
  ck_assert_ptr_null(strstr(page, "mtls_exporter_"));
  ck_assert_ptr_null(strstr(page, "mtls_probe_duration_seconds"));
  free(page);
}
END_TEST

START_TEST(no_secret_and_no_raw_bytes_of_a_peer_are_on_the_page)
{
  struct store *store = fixture_empty_store();
  struct settings *settings = (struct settings *)(uintptr_t)store_settings(store);
  settings->targets[FIXTURE_LEDGER].name = HOSTILE_BYTES "\n\r";
  fixture_record_direct(store);
  char *page = expose(store, &exporter);
  ck_assert_ptr_null(strstr(page, "hunter2"));
  ck_assert_ptr_null(strchr(page, '\r'));
  ck_assert_ptr_null(strchr(page, '\x1b'));
  for (char *at = page; *at != '\0'; at++) {
    if (*at == '\n') {
      *at = ' ';
    }
  }
  ck_assert(text_is_clean(page));
  free(page);
}
END_TEST

/* "name{labels}" of every sample; the value begins after the last space. */
static size_t split_series(char *page, char *series[LINES_MAX])
{
  size_t count = 0;
  char *rest = NULL;
  for (char *line = strtok_r(page, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    if (line[0] != '#') {
      char *value = strrchr(line, ' ');
      ck_assert_ptr_nonnull(value);
      char *end = NULL;
      (void)strtod(value + 1, &end);
      ck_assert_msg(end != value + 1 && *end == '\0', "no number: %s", line);
      *value = '\0';
      ck_assert_uint_lt(count, LINES_MAX);
      series[count++] = line;
    }
  }
  return count;
}

static int compare_series(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

START_TEST(no_series_is_there_twice)
{
  static char *series[LINES_MAX];
  char *page = expose(fixture_store(), &exporter);
  size_t count = split_series(page, series);
  ck_assert_uint_gt(count, 100);
  qsort(series, count, sizeof(series[0]), compare_series);
  for (size_t i = 1; i < count; i++) {
    ck_assert_msg(strcmp(series[i - 1], series[i]) != 0, "twice: %s", series[i]);
  }
  free(page);
}
END_TEST

/* The family that a line belongs to: its name without what a histogram adds. */
static size_t family_length(const char *line)
{
  static const char histogram[] = "mtls_probe_duration_seconds";
  if (strncmp(line, histogram, strlen(histogram)) == 0) {
    return strlen(histogram);
  }
  return strcspn(line, "{ ");
}

START_TEST(families_stand_together_after_their_help_and_type)
{
  static char *seen[LINES_MAX];
  size_t seen_count = 0;
  char family[256] = "";
  char *page = expose(fixture_store(), &exporter);
  char *rest = NULL;
  for (char *line = strtok_r(page, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    if (strncmp(line, "# HELP ", 7) == 0) {
      size_t length = strcspn(line + 7, " ");
      ck_assert_uint_gt(strlen(line + 7), length + 1);
      (void)snprintf(family, sizeof(family), "%.*s", (int)length, line + 7);
      for (size_t i = 0; i < seen_count; i++) {
        ck_assert_str_ne(seen[i], family);
      }
      seen[seen_count++] = strdup(family);
      line = strtok_r(NULL, "\n", &rest);
      ck_assert_ptr_nonnull(line);
      ck_assert_int_eq(strncmp(line, "# TYPE ", 7), 0);
      ck_assert_int_eq(strncmp(line + 7, family, strlen(family)), 0);
    } else {
      ck_assert_uint_eq(family_length(line), strlen(family));
      ck_assert_int_eq(strncmp(line, family, strlen(family)), 0);
    }
  }
  ck_assert_uint_gt(seen_count, 40);
  for (size_t i = 0; i < seen_count; i++) {
    free(seen[i]);
  }
  free(page);
}
END_TEST

START_TEST(numbers_have_a_point_in_every_locale)
{
  static const char *const with_comma[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "pt_BR.UTF-8"};
  const char *set = NULL;
  for (size_t i = 0; i < sizeof(with_comma) / sizeof(with_comma[0]) && set == NULL; i++) {
    set = setlocale(LC_ALL, with_comma[i]);
  }
  if (set == NULL) {
    (void)fprintf(stderr, "SKIPPED: no locale with a decimal comma is installed\n");
    return;
  }
  char *page = expose(fixture_store(), &exporter);
  (void)setlocale(LC_ALL, "C");
  assert_line(page, "mtls_scheduler_lag_seconds 0.1");
  assert_line(page, "mtls_probe_duration_seconds_bucket{route=\"direct\",le=\"0.005\"} 0");
  free(page);
}
END_TEST

START_TEST(openmetrics_names_families_without_suffix_and_ends_in_eof)
{
  const struct exposition_wish wish = {.format = EXPOSITION_OPENMETRICS};
  char *page = expose_as(fixture_store(), &exporter, &wish);
  assert_line(page, "# TYPE mtls_probes counter");
  assert_line(page, "# TYPE mtls_diagnosis info");
  assert_line(page, "# TYPE process_cpu_seconds counter");
  assert_line(page, "# UNIT process_cpu_seconds seconds");
  assert_line(page, "# UNIT process_resident_memory_bytes bytes");
  assert_line(page, "# UNIT mtls_probe_duration_seconds seconds");
  ck_assert_ptr_nonnull(find_line(page, "mtls_probes_total{"));
  ck_assert_ptr_nonnull(find_line(page, "mtls_diagnosis_info{"));
  ck_assert_ptr_nonnull(strstr(page, "le=\"1.0\"}"));
  ck_assert_ptr_nonnull(strstr(page, "le=\"0.005\"}"));
  assert_no_line(page, "# TYPE mtls_probes_total");
  ck_assert_str_eq(page + strlen(page) - strlen("\n# EOF\n"), "\n# EOF\n");
  free(page);
}
END_TEST

START_TEST(text_format_knows_neither_info_nor_unit_nor_eof)
{
  char *page = expose(fixture_store(), &exporter);
  assert_line(page, "# TYPE mtls_diagnosis_info gauge");
  assert_line(page, "# TYPE mtls_probes_total counter");
  assert_no_line(page, "# UNIT");
  assert_no_line(page, "# EOF");
  free(page);
}
END_TEST

START_TEST(only_the_families_asked_for_are_exposed)
{
  static const char *const names[] = {"mtls_probes_total", "mtls_fault", "no_such_family"};
  const struct exposition_wish wish = {
      .format = EXPOSITION_OPENMETRICS, .names = names, .name_count = 3};
  char *page = expose_as(fixture_store(), &exporter, &wish);
  for (const char *line = page; *line != '\0'; line = strchr(line, '\n') + 1) {
    bool asked = strncmp(line, "mtls_probes_total{", 18) == 0 ||
                 strncmp(line, "mtls_fault{", 11) == 0 || line[0] == '#';
    ck_assert_msg(asked, "%.60s", line);
  }
  ck_assert_ptr_nonnull(find_line(page, "mtls_probes_total{"));
  ck_assert_ptr_nonnull(find_line(page, "mtls_fault{"));
  free(page);
}
END_TEST

START_TEST(page_that_does_not_fit_is_a_failure)
{
  struct store *store = fixture_store();
  struct buffer out;
  buffer_init(&out, 1000);
  report_exposition(store, &exporter, &text_format, &out);
  ck_assert_int_eq(buffer_status(&out), STATUS_TOO_LARGE);
  buffer_deinit(&out);
  store_unref(store);
}
END_TEST

static void check_with_promtool(char *page)
{
  FILE *pipe = popen("promtool check metrics 2>&1 >/dev/null", "w");
  ck_assert_ptr_nonnull(pipe);
  ck_assert_uint_eq(fwrite(page, 1, strlen(page), pipe), strlen(page));
  ck_assert_int_eq(pclose(pipe), 0);
  free(page);
}

START_TEST(promtool_has_nothing_to_say)
{
  if (system("command -v promtool >/dev/null") != 0) {
    (void)fprintf(stderr, "SKIPPED: promtool is not installed (package prometheus)\n");
    return;
  }
  check_with_promtool(expose(fixture_store(), &exporter));
  check_with_promtool(expose(fixture_empty_store(), &exporter));
  check_with_promtool(expose(fixture_store(), NULL));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("report/exposition");
  TCase *cases = tcase_create("exposition");
  tcase_set_timeout(cases, 30);
  tcase_add_test(cases, answers_of_a_good_route_are_exposed);
  tcase_add_test(cases, answers_of_an_intercepted_route_are_exposed);
  tcase_add_test(cases, what_is_not_known_is_absent);
  tcase_add_test(cases, series_known_in_advance_are_there_before_the_first_round);
  tcase_add_test(cases, exactly_one_party_is_at_fault);
  tcase_add_test(cases, histogram_is_cumulative_and_only_of_routes_in_use);
  tcase_add_test(cases, times_are_exact_and_timestamps_have_milliseconds);
  tcase_add_test(cases, chain_ends_with_its_first_certificate_to_expire);
  tcase_add_test(cases, client_certificates_are_those_of_the_files);
  tcase_add_test(cases, exporter_tells_of_itself);
  tcase_add_test(cases, one_probe_now_has_no_history_and_no_exporter);
  tcase_add_test(cases, no_secret_and_no_raw_bytes_of_a_peer_are_on_the_page);
  tcase_add_test(cases, no_series_is_there_twice);
  tcase_add_test(cases, families_stand_together_after_their_help_and_type);
  tcase_add_test(cases, numbers_have_a_point_in_every_locale);
  tcase_add_test(cases, page_that_does_not_fit_is_a_failure);
  tcase_add_test(cases, openmetrics_names_families_without_suffix_and_ends_in_eof);
  tcase_add_test(cases, text_format_knows_neither_info_nor_unit_nor_eof);
  tcase_add_test(cases, only_the_families_asked_for_are_exposed);
  tcase_add_test(cases, promtool_has_nothing_to_say);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
