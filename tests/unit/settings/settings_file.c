/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/settings_load.h"

START_TEST(the_smallest_file_has_every_default)
{
  expect_good("targets = ( { name = \"api\"; address = \"api.example\"; } );");
  ck_assert_uint_eq(settings->target_count, 1);
  const struct target *target = &settings->targets[0];
  const struct probe_settings *probe = &target->probe;
  ck_assert_str_eq(target->name, "api");
  ck_assert_str_eq(target->host, "api.example");
  ck_assert_uint_eq(target->port, 443);
  ck_assert_int_eq(probe->protocol, PROTOCOL_HTTPS);
  ck_assert_int_eq(probe->interval_ms, 30000);
  ck_assert_int_eq(probe->contrast_interval_ms, 300000);
  ck_assert_int_eq(probe->timeout_ms, 10000);
  ck_assert_int_eq(probe->tls_min, TLS_VERSION_1_2);
  ck_assert_int_eq(probe->tls_max, TLS_VERSION_1_3);
  ck_assert_uint_eq(probe->route_count, 1);
  ck_assert_str_eq(probe->routes[0].name, "direct");
  ck_assert_ptr_null(probe->routes[0].proxy);
  ck_assert_ptr_null(probe->credential);
  ck_assert_ptr_null(probe->ca_file);
  ck_assert_ptr_null(probe->server_name);
  ck_assert_str_eq(probe->http.method, "GET");
  ck_assert_str_eq(probe->http.path, "/");
  ck_assert(http_status_expected(&probe->http, 399) && !http_status_expected(&probe->http, 400));
  ck_assert(probe->present_direct[PRESENTED_UNTRUSTED]);
  ck_assert(probe->present_proxy[PRESENTED_CLIENT] && probe->present_proxy[PRESENTED_NONE]);
  ck_assert(!probe->present_proxy[PRESENTED_UNTRUSTED]);
  ck_assert_int_eq(probe->expect_client_certificate, CERTIFICATE_ANY);
  ck_assert(probe->expect_untrusted_refused);
  ck_assert_uint_eq(settings->listen_address_count, 0);
  ck_assert_uint_eq(settings->probe_allow_count, 0);
  ck_assert_str_eq(settings->file, path);
}
END_TEST

static const char full[] =
    "web = { listen_address = [ \"127.0.0.1:10063\", \":0\" ]; };\n"
    "credentials = { pay = { cert_file = \"pay.crt\"; key_file = \"/abs/pay.key\";\n"
    "                        key_password_file = \"pay.pw\"; }; };\n"
    "proxies = { edge = { url = \"https://Proxy.example:8443\"; username = \"probe\";\n"
    "  password_file = \"proxy.pw\"; ca_file = \"proxy-ca.pem\"; credential = \"pay\";\n"
    "  headers = ( { name = \"X-Team\"; value = \"red\"; } ); }; };\n"
    "modules = { m = {\n"
    "  protocol = \"https\"; credential = \"pay\"; ca_file = \"ca.pem\"; server_name = "
    "\"N.example\";\n"
    "  tls_min = \"1.3\"; tls_max = \"1.3\"; routes = [ \"direct\", \"edge\" ]; interval = "
    "\"1m\";\n"
    "  contrast_interval = \"10m\"; timeout = \"2m\"; present = [ \"client\", \"untrusted\" ];\n"
    "  http = { method = \"HEAD\"; path = \"/health?a=b\"; expect_status = \"204,300-302\";\n"
    "    headers = ( { name = \"A\"; value = \"b\"; }, { name = \"C\"; value_file = \"token\"; } "
    "); };\n"
    "  expect = { client_certificate = \"optional\"; untrusted_refused = false; }; }; };\n"
    "targets = ( { name = \"one\"; address = \"one.example:8443\"; module = \"m\";\n"
    "    labels = { team = \"pay\"; severity = \"critical\"; }; },\n"
    "  { name = \"two\"; address = \"tls://two.example:5432\"; module = \"m\"; interval = \"5s\";\n"
    "    routes = [ \"edge\" ]; http = { path = \"/other\"; }; tls_min = \"1.2\"; },\n"
    "  { name = \"three\"; address = \"https://three.example/path\"; module = \"m\"; } );\n"
    "probe = { allow = [ \"*.Example:443\", \"[::1]:*\" ]; };\n";

static void load_full(void)
{
  write_file("proxy.pw", SECRET "\r\nsecond line\n");
  write_file("token", "Bearer x");
  expect_good(full);
}

START_TEST(every_setting_of_a_module_is_read)
{
  load_full();
  const struct probe_settings *probe = &settings->modules[0].probe;
  ck_assert_uint_eq(settings->module_count, 1);
  ck_assert_str_eq(settings->modules[0].name, "m");
  ck_assert_int_eq(probe->protocol, PROTOCOL_HTTPS);
  ck_assert_ptr_eq(probe->credential, &settings->credentials[0]);
  ck_assert_str_eq(probe->server_name, "n.example");
  ck_assert_int_eq(probe->tls_min, TLS_VERSION_1_3);
  ck_assert_int_eq(probe->tls_max, TLS_VERSION_1_3);
  ck_assert_uint_eq(probe->route_count, 2);
  ck_assert_ptr_eq(probe->routes[1].proxy, &settings->proxies[0]);
  ck_assert_int_eq(probe->interval_ms, 60000);
  ck_assert_int_eq(probe->contrast_interval_ms, 600000);
  ck_assert_int_eq(probe->timeout_ms, 120000);
  ck_assert(probe->present_direct[PRESENTED_CLIENT] && !probe->present_direct[PRESENTED_NONE]);
  ck_assert(probe->present_proxy[PRESENTED_UNTRUSTED] && !probe->present_proxy[PRESENTED_NONE]);
  ck_assert_str_eq(probe->http.method, "HEAD");
  ck_assert_str_eq(probe->http.path, "/health?a=b");
  ck_assert_uint_eq(probe->http.expect_status_count, 2);
  ck_assert_uint_eq(probe->http.header_count, 2);
  ck_assert_str_eq(probe->http.headers[0].value, "b");
  ck_assert_str_eq(probe->http.headers[1].value, "Bearer x");
  ck_assert_int_eq(probe->expect_client_certificate, CERTIFICATE_OPTIONAL);
  ck_assert(!probe->expect_untrusted_refused);
}
END_TEST

START_TEST(an_account_and_the_port_of_the_protocol_are_read)
{
  expect_good("modules = {\n"
              "  db = { protocol = \"postgres\"; login = { user = \"a\"; database = \"b\"; }; };\n"
              "};\n"
              "targets = (\n"
              "  { name = \"one\"; address = \"db.example\"; module = \"db\"; },\n"
              "  { name = \"two\"; address = \"db.example:1\"; module = \"db\";\n"
              "    login = { user = \"c\"; }; },\n"
              "  { name = \"three\"; address = \"smtp://mx.example\"; module = \"db\"; } );\n");
  const struct target *targets = settings->targets;
  ck_assert_str_eq(targets[0].probe.login.user, "a");
  ck_assert_str_eq(targets[0].probe.login.database, "b");
  ck_assert_uint_eq(targets[0].port, 5432);
  ck_assert_str_eq(targets[1].probe.login.user, "c");
  ck_assert_str_eq(targets[1].probe.login.database, "b");
  ck_assert_uint_eq(targets[1].port, 1);
  ck_assert_int_eq(targets[2].probe.protocol, PROTOCOL_SMTP);
  ck_assert_uint_eq(targets[2].port, 25);
}
END_TEST

START_TEST(a_target_overrides_its_module)
{
  load_full();
  const struct probe_settings *one = &settings->targets[0].probe;
  const struct probe_settings *two = &settings->targets[1].probe;
  const struct probe_settings *three = &settings->targets[2].probe;
  ck_assert_str_eq(one->http.path, "/health?a=b");
  ck_assert_int_eq(one->interval_ms, 60000);
  ck_assert_int_eq(two->protocol, PROTOCOL_TLS);
  ck_assert_int_eq(two->interval_ms, 5000);
  ck_assert_uint_eq(two->route_count, 1);
  ck_assert_str_eq(two->http.path, "/other");
  ck_assert_str_eq(two->http.method, "HEAD");
  ck_assert_int_eq(two->tls_min, TLS_VERSION_1_2);
  ck_assert_int_eq(two->expect_client_certificate, CERTIFICATE_OPTIONAL);
  ck_assert_str_eq(three->http.path, "/path");
  ck_assert_str_eq(three->http.headers[1].name, "C");
  ck_assert_uint_eq(settings->targets[0].label_count, 2);
  ck_assert_str_eq(settings->targets[0].labels[0].name, "team");
  ck_assert_str_eq(settings->targets[0].labels[1].value, "critical");
  ck_assert_uint_eq(settings->targets[1].source.line, 16);
  ck_assert_str_eq(settings->targets[1].source.file, path);
}
END_TEST

START_TEST(proxies_credentials_and_web_are_read)
{
  load_full();
  const struct proxy *proxy = &settings->proxies[0];
  const struct credential *credential = &settings->credentials[0];
  char expected[256];
  ck_assert(proxy->tls);
  ck_assert_str_eq(proxy->url, "https://Proxy.example:8443");
  ck_assert_str_eq(proxy->host, "proxy.example");
  ck_assert_uint_eq(proxy->port, 8443);
  ck_assert_str_eq(proxy->username, "probe");
  ck_assert_str_eq(proxy->password, SECRET);
  ck_assert_ptr_eq(proxy->credential, credential);
  ck_assert_uint_eq(proxy->header_count, 1);
  (void)snprintf(expected, sizeof(expected), "%s/pay.crt", directory);
  ck_assert_str_eq(credential->cert_file, expected);
  ck_assert_str_eq(credential->key_file, "/abs/pay.key");
  ck_assert_uint_eq(credential->cert_source.line, 2);
  (void)snprintf(expected, sizeof(expected), "%s/proxy-ca.pem", directory);
  ck_assert_str_eq(proxy->ca_file, expected);
  ck_assert_uint_eq(settings->listen_address_count, 2);
  ck_assert_str_eq(settings->listen_addresses[1], ":0");
  ck_assert_uint_eq(settings->probe_allow_count, 2);
  ck_assert_str_eq(settings->probe_allow[0], "*.example:443");
}
END_TEST

START_TEST(a_credential_makes_a_client_certificate_expected)
{
  expect_good(
      "credentials = { c = { cert_file = \"c\"; key_file = \"k\"; }; };\n"
      "modules = { m = { interval = \"1s\"; }; };\n"
      "targets = ( { name = \"a\"; address = \"h\"; credential = \"c\"; module = \"m\"; },\n"
      "  { name = \"b\"; address = \"h\"; module = \"m\"; },\n"
      "  { name = \"c\"; address = \"h\"; credential = \"c\";\n"
      "    expect = { client_certificate = \"none\"; }; } );\n");
  ck_assert_int_eq(settings->targets[0].probe.expect_client_certificate, CERTIFICATE_REQUIRED);
  ck_assert_int_eq(settings->targets[1].probe.expect_client_certificate, CERTIFICATE_ANY);
  ck_assert_int_eq(settings->targets[2].probe.expect_client_certificate, CERTIFICATE_NONE);
}
END_TEST

START_TEST(one_expected_status_may_be_a_number)
{
  expect_good("modules = { m = { http = { expect_status = 204; }; }; };\n" TARGETS);
  const struct http_settings *http = &settings->modules[0].probe.http;
  ck_assert(http_status_expected(http, 204) && !http_status_expected(http, 200));
}
END_TEST

START_TEST(all_mistakes_are_told_in_the_order_of_lines)
{
  expect_messages(
      "targets = (\n"
      "  { name = \"t\"; address = \"h:0\"; module = \"m\";\n"
      "    labels = { job = \"x\"; }; },\n"
      "  { name = \"u\"; address = \"h\"; module = \"n\"; } );\n"
      "modules = { m = {\n"
      "  interval = \"x\";\n"
      "  credential = \"c\";\n"
      "  routes = [ \"direct\",\n"
      "             \"edge\"\n"
      "           ];\n"
      "  http = { path = \"/\"; expect_status = \"1\"; };\n"
      "}; };\n"
      "proxies = { p = {\n"
      "  url = \"ftp://h\"; }; };\n"
      "credentials = { d = { cert_file = \"a\"; }; };\n"
      "wbe = 1;\n",
      (const char *const[]){
          "a.conf:2: address \"h:0\": the port must be a number from 1 to 65535",
          "a.conf:3: label name \"job\" is taken: the metrics or Prometheus have it already",
          "a.conf:4: unknown module \"n\" (available: m)",
          "a.conf:6: interval \"x\" is not a duration such as \"30s\", \"1m30s\" or \"500ms\"",
          "a.conf:7: unknown credential \"c\" (available: d)",
          "a.conf:9: unknown proxy \"edge\" in routes (available: p)",
          "a.conf:11: expected status \"1\": write codes from 100 to 599, as in \"200-399\" or "
          "\"200,204\"",
          "a.conf:14: proxy URL \"ftp://h\": it must begin with \"http://\" or \"https://\"",
          "a.conf:15: credential d has no key_file",
          "a.conf:16: unknown setting \"wbe\" (did you mean \"web\"?)",
      },
      10);
}
END_TEST

START_TEST(only_a_hundred_mistakes_are_told)
{
  static char text[64 * 1024];
  size_t used = 0;
  for (int i = 0; i < 1130; i++) {
    used += (size_t)snprintf(text + used, sizeof(text) - used, "s%d = 1;\n", i);
  }
  (void)snprintf(text + used, sizeof(text) - used, TARGETS);
  ck_assert_int_eq(load_checked(text, NULL), STATUS_INVALID);
  ck_assert_uint_eq(errors.count, 101);
  expect_message(99, "a.conf:100: unknown setting \"s99\" (available: web, proxies, credentials, "
                     "modules, targets, probe)");
  expect_message(100, "a.conf: and 1030 more errors");
}
END_TEST

START_TEST(an_empty_file_has_no_targets)
{
  expect_messages("", (const char *const[]){"a.conf: no targets are configured"}, 1);
  expect_messages("# nothing", (const char *const[]){"a.conf: no targets are configured"}, 1);
}
END_TEST

static unsigned credential_calls;
static unsigned ca_file_calls;

static enum status refuse_credential(const struct credential *credential, struct error *error)
{
  credential_calls++;
  if (strcmp(credential->name, "good") == 0) {
    return STATUS_OK;
  }
  if (strcmp(credential->name, "own") == 0) {
    return error_set(error, STATUS_INVALID, "own.crt", 7, "not a certificate");
  }
  return error_set(error, STATUS_INVALID, NULL, 0, "cert_file and key_file do not belong together");
}

static enum status refuse_ca_file(const char *file, struct error *error)
{
  ca_file_calls++;
  if (strstr(file, "good.pem") != NULL) {
    return STATUS_OK;
  }
  return error_set(error, STATUS_INVALID, NULL, 0, "ca_file has no certificate");
}

static const struct settings_checks refusing = {refuse_credential, refuse_ca_file};

START_TEST(certificate_files_are_checked_by_the_caller)
{
  credential_calls = 0;
  ca_file_calls = 0;
  ck_assert_int_eq(
      load_checked("modules = { m = {\n"
                   "  ca_file = \"bad.pem\"; };\n"
                   "  n = { ca_file = \"bad.pem\"; }; o = { ca_file = \"good.pem\"; }; };\n"
                   "credentials = {\n"
                   "  bad = { key_file = \"k\";\n"
                   "          cert_file = \"c\"; };\n"
                   "  good = { cert_file = \"c\"; key_file = \"k\"; };\n"
                   "  half = { cert_file = \"c\"; };\n"
                   "  own = { cert_file = \"c\"; key_file = \"k\"; }; };\n" TARGETS,
                   &refusing),
      STATUS_INVALID);
  expect_message(0, "a.conf:2: ca_file has no certificate");
  expect_message(1, "a.conf:6: cert_file and key_file do not belong together");
  expect_message(2, "a.conf:8: credential half has no key_file");
  expect_message(3, "own.crt:7: not a certificate");
  ck_assert_uint_eq(errors.count, 4);
  ck_assert_uint_eq(credential_calls, 3);
  ck_assert_uint_eq(ca_file_calls, 2);
}
END_TEST

START_TEST(checks_that_pass_are_silent)
{
  ck_assert_int_eq(
      load_checked("credentials = { good = { cert_file = \"c\"; key_file = \"k\"; }; };\n"
                   "modules = { m = { ca_file = \"good.pem\"; }; };\n" TARGETS,
                   &refusing),
      STATUS_OK);
  ck_assert_uint_eq(errors.count, 0);
}
END_TEST

START_TEST(errors_found_before_are_kept)
{
  struct error error;
  (void)error_set(&error, STATUS_INVALID, NULL, 0, "earlier");
  ck_assert_int_eq(error_list_add(&errors, &error), STATUS_OK);
  write_file("a.conf", TARGETS);
  ck_assert_int_eq(settings_file_load(path, NULL, &settings, &errors), STATUS_OK);
  ck_assert_uint_eq(errors.count, 1);
}
END_TEST

START_TEST(ten_thousand_targets_load)
{
  enum { COUNT = 10000, BYTES = COUNT * 64 };
  char *text = malloc(BYTES);
  ck_assert_ptr_nonnull(text);
  size_t used = (size_t)snprintf(text, BYTES, "targets = (\n");
  for (int i = 0; i < COUNT; i++) {
    used += (size_t)snprintf(text + used, BYTES - used, "{ name = \"t%d\"; address = \"h%d\"; },\n",
                             i, i);
  }
  (void)snprintf(text + used, BYTES - used, ");");
  expect_good(text);
  free(text);
  ck_assert_uint_eq(settings->target_count, COUNT);
  ck_assert_str_eq(settings->targets[COUNT - 1].name, "t9999");
  ck_assert_uint_eq(settings->targets[COUNT - 1].source.line, COUNT + 1);
}
END_TEST

START_TEST(the_example_configuration_is_valid)
{
  /* tests run in the project's folder */
  ck_assert_int_eq(settings_file_load("etc/mtls_exporter.conf", NULL, &settings, &errors),
                   STATUS_OK);
  ck_assert_uint_ge(settings->target_count, 1);
}
END_TEST

int main(void)
{
  const TTest *const tests[] = {the_smallest_file_has_every_default,
                                every_setting_of_a_module_is_read,
                                an_account_and_the_port_of_the_protocol_are_read,
                                a_target_overrides_its_module,
                                proxies_credentials_and_web_are_read,
                                a_credential_makes_a_client_certificate_expected,
                                one_expected_status_may_be_a_number,
                                all_mistakes_are_told_in_the_order_of_lines,
                                only_a_hundred_mistakes_are_told,
                                an_empty_file_has_no_targets,
                                certificate_files_are_checked_by_the_caller,
                                checks_that_pass_are_silent,
                                errors_found_before_are_kept,
                                ten_thousand_targets_load,
                                the_example_configuration_is_valid};
  return run_suite("settings_file", tests, sizeof(tests) / sizeof(tests[0]));
}
