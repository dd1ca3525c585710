/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/target.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct proxy proxy = {.name = "edge"};
static const struct route direct = {.name = "direct"};
static const struct route through_proxy = {.name = "edge", .proxy = &proxy};
static const struct credential credential = {.name = "payments"};

static struct target make_target(void)
{
  return (struct target){.name = "api",
                         .host = "api.example",
                         .port = 443,
                         .probe = {.protocol = PROTOCOL_HTTPS,
                                   .credential = &credential,
                                   .present_direct = {true, true, true},
                                   .present_proxy = {true, false, false},
                                   .http = {.path = "/health"}}};
}

START_TEST(every_value_has_the_name_of_the_interface)
{
  static const char *const protocols[PROTOCOL_COUNT] = {"tls",  "https",    "smtp",  "imap", "pop3",
                                                        "ldap", "postgres", "mysql", "xmpp"};
  for (int protocol = 0; protocol < PROTOCOL_COUNT; protocol++) {
    ck_assert_str_eq(protocol_name((enum protocol)protocol), protocols[protocol]);
  }
  ck_assert_str_eq(presented_name(PRESENTED_CLIENT), "client");
  ck_assert_str_eq(presented_name(PRESENTED_NONE), "none");
  ck_assert_str_eq(presented_name(PRESENTED_UNTRUSTED), "untrusted");
  ck_assert_str_eq(tls_version_name(TLS_VERSION_UNKNOWN), "");
  ck_assert_str_eq(tls_version_name(TLS_VERSION_1_2), "TLSv1.2");
  ck_assert_str_eq(tls_version_name(TLS_VERSION_1_3), "TLSv1.3");
  ck_assert_str_eq(certificate_policy_name(CERTIFICATE_ANY), "any");
  ck_assert_str_eq(certificate_policy_name(CERTIFICATE_NONE), "none");
  ck_assert_str_eq(certificate_policy_name(CERTIFICATE_OPTIONAL), "optional");
  ck_assert_str_eq(certificate_policy_name(CERTIFICATE_REQUIRED), "required");
}
END_TEST

START_TEST(the_server_name_is_the_host_unless_configured)
{
  struct target target = make_target();
  ck_assert_str_eq(target_server_name(&target), "api.example");
  target.probe.server_name = "other.example";
  ck_assert_str_eq(target_server_name(&target), "other.example");
}
END_TEST

START_TEST(what_is_presented_depends_on_the_route)
{
  struct target target = make_target();
  ck_assert(target_presents(&target, &direct, PRESENTED_CLIENT));
  ck_assert(target_presents(&target, &direct, PRESENTED_UNTRUSTED));
  ck_assert(target_presents(&target, &through_proxy, PRESENTED_CLIENT));
  ck_assert(!target_presents(&target, &through_proxy, PRESENTED_NONE));
}
END_TEST

START_TEST(without_a_credential_only_none_is_presented)
{
  struct target target = make_target();
  target.probe.credential = NULL;
  ck_assert(target_presents(&target, &through_proxy, PRESENTED_NONE));
  ck_assert(target_presents(&target, &direct, PRESENTED_NONE));
  ck_assert(!target_presents(&target, &direct, PRESENTED_CLIENT));
  ck_assert(!target_presents(&target, &direct, PRESENTED_UNTRUSTED));
}
END_TEST

START_TEST(an_address_is_written_as_a_user_would)
{
  struct target target = make_target();
  char text[64];
  target_address(&target, text, sizeof(text));
  ck_assert_str_eq(text, "https://api.example:443/health");
  target.probe.protocol = PROTOCOL_TLS;
  target.host = "::1";
  target.port = 8443;
  target_address(&target, text, sizeof(text));
  ck_assert_str_eq(text, "tls://[::1]:8443");
  target_address(&target, text, 6);
  ck_assert_str_eq(text, "tls:/");
}
END_TEST

START_TEST(servers_with_starttls_speak_first_or_not)
{
  ck_assert(!protocol_has_starttls(PROTOCOL_TLS) && !protocol_has_starttls(PROTOCOL_HTTPS));
  for (int protocol = PROTOCOL_SMTP; protocol < PROTOCOL_COUNT; protocol++) {
    ck_assert(protocol_has_starttls((enum protocol)protocol));
  }
  ck_assert(protocol_greets(PROTOCOL_SMTP) && protocol_greets(PROTOCOL_MYSQL));
  ck_assert(!protocol_greets(PROTOCOL_HTTPS) && !protocol_greets(PROTOCOL_LDAP));
}
END_TEST

START_TEST(status_ranges_are_inclusive)
{
  const struct http_settings http = {.expect_status = {{200, 204}, {401, 401}},
                                     .expect_status_count = 2};
  ck_assert(!http_status_expected(&http, 199));
  ck_assert(http_status_expected(&http, 200));
  ck_assert(http_status_expected(&http, 204));
  ck_assert(!http_status_expected(&http, 205));
  ck_assert(http_status_expected(&http, 401));
  ck_assert(!http_status_expected(&http, 0));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("target");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, every_value_has_the_name_of_the_interface);
  tcase_add_test(cases, the_server_name_is_the_host_unless_configured);
  tcase_add_test(cases, what_is_presented_depends_on_the_route);
  tcase_add_test(cases, without_a_credential_only_none_is_presented);
  tcase_add_test(cases, an_address_is_written_as_a_user_would);
  tcase_add_test(cases, servers_with_starttls_speak_first_or_not);
  tcase_add_test(cases, status_ranges_are_inclusive);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
