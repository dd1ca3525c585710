/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bypass/bypass.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { LIMIT_BYTES = 1 << 20 };

static const struct proxy proxy = {.name = "edge"};
static const struct route direct_only[] = {{"direct", NULL}};
static const struct route both_ways[] = {{"direct", NULL}, {"edge", &proxy}};

static struct target target_at(const char *host, uint16_t port, const char *server_name,
                               bool through_proxy)
{
  return (struct target){
      .name = "t",
      .host = host,
      .port = port,
      .probe = {.routes = through_proxy ? both_ways : direct_only,
                .route_count = through_proxy ? 2 : 1,
                .server_name = server_name},
      .source = {.file = "a.conf", .line = 7},
  };
}

static struct buffer out;
static struct error error;

static void begin(void)
{
  buffer_init(&out, LIMIT_BYTES);
  error = (struct error){.text = ""};
}

static void end(void)
{
  buffer_deinit(&out);
}

/* The policy without its comments and the empty line after them. */
static const char *rules(const struct target *targets, size_t count, enum bypass_format format,
                         enum bypass_deployment deployment)
{
  buffer_clear(&out);
  enum status status = bypass_write(targets, count, format, deployment, &out, &error);
  ck_assert_msg(status == STATUS_OK, "%s", error.text);
  ck_assert_int_eq(buffer_status(&out), STATUS_OK);
  const char *found = strstr(buffer_text(&out), "\n\n");
  ck_assert_ptr_nonnull(found);
  return found + 2;
}

START_TEST(cpl_is_one_condition_and_one_rule)
{
  const struct target targets[] = {target_at("api.example", 443, NULL, true),
                                   target_at("192.0.2.10", 8443, NULL, true),
                                   target_at("2001:db8::1", 443, NULL, true)};
  ck_assert_str_eq(rules(targets, 3, BYPASS_CPL, BYPASS_EXPLICIT),
                   "define condition mtls_exporter_Allow\n"
                   "    url.host.exact.no_lookup=\"api.example\" url.port=443\n"
                   "    url.address=2001:db8::1 url.port=443\n"
                   "    url.address=192.0.2.10 url.port=8443\n"
                   "end condition mtls_exporter_Allow\n"
                   "<Proxy mtls_exporter_tunnel>\n"
                   "    condition=mtls_exporter_Allow detect_protocol(no) authenticate(no)\n");
}
END_TEST

START_TEST(cpl_for_a_transparent_proxy_also_stops_the_interception)
{
  const struct target target = target_at("api.example", 443, NULL, true);
  const char *text = rules(&target, 1, BYPASS_CPL, BYPASS_TRANSPARENT);
  ck_assert_ptr_nonnull(strstr(text, "detect_protocol(no) authenticate(no)\n"
                                     "<SSL-Intercept mtls_exporter_tunnel>\n"
                                     "    condition=mtls_exporter_Allow ssl.forward_proxy(no)\n"));
  ck_assert_ptr_nonnull(strstr(buffer_text(&out), "policy trace"));
}
END_TEST

START_TEST(squid_matches_host_and_port_together)
{
  const struct target targets[] = {
      target_at("a.example", 443, NULL, true), target_at("b.example", 443, NULL, true),
      target_at("b.example", 8443, NULL, true), target_at("192.0.2.10", 8443, NULL, true)};
  ck_assert_str_eq(
      rules(targets, 4, BYPASS_SQUID, BYPASS_EXPLICIT),
      "acl mtls_exporter_port_443 port 443\n"
      "acl mtls_exporter_names_443 dstdomain -n a.example\n"
      "acl mtls_exporter_names_443 dstdomain -n b.example\n"
      "http_access allow CONNECT mtls_exporter_names_443 mtls_exporter_port_443\n"
      "ssl_bump splice mtls_exporter_names_443 mtls_exporter_port_443\n"
      "acl mtls_exporter_port_8443 port 8443\n"
      "acl mtls_exporter_names_8443 dstdomain -n b.example\n"
      "http_access allow CONNECT mtls_exporter_names_8443 mtls_exporter_port_8443\n"
      "ssl_bump splice mtls_exporter_names_8443 mtls_exporter_port_8443\n"
      "acl mtls_exporter_addresses_8443 dst -n 192.0.2.10\n"
      "http_access allow CONNECT mtls_exporter_addresses_8443 mtls_exporter_port_8443\n"
      "ssl_bump splice mtls_exporter_addresses_8443 mtls_exporter_port_8443\n");
}
END_TEST

START_TEST(a_transparent_squid_reads_the_name_in_the_client_hello)
{
  const struct target target = target_at("api.example", 443, NULL, true);
  ck_assert_str_eq(
      rules(&target, 1, BYPASS_SQUID, BYPASS_TRANSPARENT),
      "acl mtls_exporter_client_hello at_step SslBump1\n"
      "ssl_bump peek mtls_exporter_client_hello\n"
      "acl mtls_exporter_port_443 port 443\n"
      "acl mtls_exporter_names_443 dstdomain -n api.example\n"
      "http_access allow CONNECT mtls_exporter_names_443 mtls_exporter_port_443\n"
      "acl mtls_exporter_server_names_443 ssl::server_name --client-requested api.example\n"
      "ssl_bump splice mtls_exporter_server_names_443 mtls_exporter_port_443\n");
}
END_TEST

START_TEST(mitmproxy_matches_the_host_with_and_without_the_port)
{
  const struct target targets[] = {target_at("api-1.example", 443, NULL, true),
                                   target_at("192.0.2.10", 8443, NULL, true)};
  ck_assert_str_eq(rules(targets, 2, BYPASS_MITMPROXY, BYPASS_EXPLICIT),
                   "ignore_hosts:\n"
                   "  - '^api-1\\.example(:443)?$'\n"
                   "  - '^192\\.0\\.2\\.10(:8443)?$'\n");
}
END_TEST

START_TEST(every_format_says_what_it_gives_up)
{
  const struct target target = target_at("api.example", 443, NULL, true);
  for (int format = 0; format < BYPASS_FORMAT_COUNT; format++) {
    for (int deployment = 0; deployment < BYPASS_DEPLOYMENT_COUNT; deployment++) {
      (void)rules(&target, 1, (enum bypass_format)format, (enum bypass_deployment)deployment);
      ck_assert_ptr_nonnull(strstr(buffer_text(&out), "gives up"));
      ck_assert_ptr_nonnull(strstr(buffer_text(&out), "clears the proxy alone"));
    }
  }
  (void)rules(&target, 1, BYPASS_CPL, BYPASS_EXPLICIT);
  ck_assert_ptr_nonnull(strstr(buffer_text(&out), "SV-104223"));
}
END_TEST

START_TEST(the_same_targets_in_another_order_give_the_same_text)
{
  struct target targets[] = {
      target_at("b.example", 443, NULL, true), target_at("192.0.2.10", 443, NULL, true),
      target_at("a.example", 8443, NULL, true), target_at("a.example", 443, NULL, true),
      target_at("b.example", 443, NULL, true)};
  const size_t count = sizeof(targets) / sizeof(targets[0]);
  for (int format = 0; format < BYPASS_FORMAT_COUNT; format++) {
    char *first = strdup(rules(targets, count, (enum bypass_format)format, BYPASS_EXPLICIT));
    for (size_t i = 0; i < count / 2; i++) {
      struct target kept = targets[i];
      targets[i] = targets[count - 1 - i];
      targets[count - 1 - i] = kept;
    }
    ck_assert_str_eq(rules(targets, count, (enum bypass_format)format, BYPASS_EXPLICIT), first);
    free(first);
  }
  (void)rules(targets, count, BYPASS_MITMPROXY, BYPASS_EXPLICIT);
  const char *once = strstr(buffer_text(&out), "^b\\.example(:443)");
  ck_assert_ptr_nonnull(once);
  ck_assert_ptr_null(strstr(once + 1, "^b\\.example(:443)"));
}
END_TEST

START_TEST(targets_without_a_proxy_are_left_out_where_others_have_one)
{
  const struct target targets[] = {target_at("inside.example", 443, NULL, false),
                                   target_at("outside.example", 443, NULL, true)};
  ck_assert_str_eq(rules(targets, 2, BYPASS_MITMPROXY, BYPASS_EXPLICIT),
                   "ignore_hosts:\n  - '^outside\\.example(:443)?$'\n");
  ck_assert_str_eq(rules(targets, 1, BYPASS_MITMPROXY, BYPASS_EXPLICIT),
                   "ignore_hosts:\n  - '^inside\\.example(:443)?$'\n");
}
END_TEST

START_TEST(connect_shows_the_host_and_a_client_hello_the_server_name)
{
  const struct target named = target_at("front.example", 443, "api.example", true);
  const struct target numbered = target_at("192.0.2.10", 443, "api.example", true);
  ck_assert_str_eq(rules(&named, 1, BYPASS_MITMPROXY, BYPASS_EXPLICIT),
                   "ignore_hosts:\n  - '^front\\.example(:443)?$'\n");
  ck_assert_str_eq(rules(&named, 1, BYPASS_MITMPROXY, BYPASS_TRANSPARENT),
                   "ignore_hosts:\n  - '^api\\.example(:443)?$'\n");
  ck_assert_str_eq(rules(&numbered, 1, BYPASS_MITMPROXY, BYPASS_EXPLICIT),
                   "ignore_hosts:\n  - '^192\\.0\\.2\\.10(:443)?$'\n");
  ck_assert_str_eq(
      rules(&numbered, 1, BYPASS_MITMPROXY, BYPASS_TRANSPARENT),
      "ignore_hosts:\n  - '^api\\.example(:443)?$'\n  - '^192\\.0\\.2\\.10(:443)?$'\n");
}
END_TEST

START_TEST(a_name_that_is_not_safe_to_quote_is_refused_and_nothing_is_written)
{
  static const char *const names[] = {
      "",    "a\"b",      "a'b",  "a;b",   "a<b",    "a>b", "a b",      "a\nb",  "a\rb",  "a\tb",
      "a\\", "a,b",       "a|b",  "a(b)",  "a[b]",   "a!b", "a=b",      "a#b",   "a/b",   "*.a",
      "a*",  "a?b",       "a$b",  "^a",    "a{b",    ".a",  "a.",       "a..b",  "-n",    "a%b",
      "a&b", "b\xC3\xBC", "\x7F", "a:443", "999.1 ", "::x", "1.2.3.4;", "[::1]", "a\001b"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    const struct target target = target_at(names[i], 443, NULL, true);
    for (int format = 0; format < BYPASS_FORMAT_COUNT; format++) {
      ck_assert_msg(bypass_write(&target, 1, (enum bypass_format)format, BYPASS_EXPLICIT, &out,
                                 &error) == STATUS_INVALID,
                    "\"%s\" was not refused", names[i]);
      ck_assert_uint_eq(out.length, 0);
      ck_assert_str_eq(error.file, "a.conf");
      ck_assert_uint_eq(error.line, 7);
      ck_assert_ptr_nonnull(strstr(error.text, "target \"t\""));
      char quote[64];
      ck_assert_ptr_nonnull(strstr(error.text, text_excerpt(names[i], quote, sizeof(quote))));
      ck_assert(text_is_clean(error.text));
    }
    bypass_write_rules(&target, &out);
    ck_assert_uint_eq(out.length, 0);
  }
}
END_TEST

START_TEST(a_server_name_is_checked_as_the_host_is)
{
  const struct target target = target_at("a.example", 443, "a\"b", true);
  ck_assert_int_eq(bypass_write(&target, 1, BYPASS_CPL, BYPASS_TRANSPARENT, &out, &error),
                   STATUS_INVALID);
  ck_assert_ptr_nonnull(strstr(error.text, "a\"b"));
}
END_TEST

START_TEST(the_rules_of_one_target_are_those_of_the_whole_policy)
{
  const struct target target = target_at("api.example", 443, NULL, true);
  char *cpl = strdup(rules(&target, 1, BYPASS_CPL, BYPASS_EXPLICIT));
  char *squid = strdup(rules(&target, 1, BYPASS_SQUID, BYPASS_EXPLICIT));
  buffer_clear(&out);
  bypass_write_rules(&target, &out);
  ck_assert_ptr_nonnull(strstr(buffer_text(&out), cpl));
  ck_assert_ptr_nonnull(strstr(buffer_text(&out), squid));
  free(cpl);
  free(squid);
}
END_TEST

START_TEST(names_of_formats_and_deployments_are_those_of_the_flags)
{
  ck_assert_str_eq(bypass_format_name(BYPASS_CPL), "cpl");
  ck_assert_str_eq(bypass_format_name(BYPASS_SQUID), "squid");
  ck_assert_str_eq(bypass_format_name(BYPASS_MITMPROXY), "mitmproxy");
  ck_assert_str_eq(bypass_deployment_name(BYPASS_EXPLICIT), "explicit");
  ck_assert_str_eq(bypass_deployment_name(BYPASS_TRANSPARENT), "transparent");
}
END_TEST

int main(void)
{
  const TTest *const tests[] = {
      cpl_is_one_condition_and_one_rule,
      cpl_for_a_transparent_proxy_also_stops_the_interception,
      squid_matches_host_and_port_together,
      a_transparent_squid_reads_the_name_in_the_client_hello,
      mitmproxy_matches_the_host_with_and_without_the_port,
      every_format_says_what_it_gives_up,
      the_same_targets_in_another_order_give_the_same_text,
      targets_without_a_proxy_are_left_out_where_others_have_one,
      connect_shows_the_host_and_a_client_hello_the_server_name,
      a_name_that_is_not_safe_to_quote_is_refused_and_nothing_is_written,
      a_server_name_is_checked_as_the_host_is,
      the_rules_of_one_target_are_those_of_the_whole_policy,
      names_of_formats_and_deployments_are_those_of_the_flags,
  };
  Suite *suite = suite_create("bypass/bypass");
  TCase *cases = tcase_create("all");
  tcase_add_checked_fixture(cases, begin, end);
  for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
    tcase_add_test(cases, tests[i]);
  }
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
