/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/settings_load.h"

START_TEST(the_user_of_a_proxy_may_stand_in_its_url)
{
  expect_good("proxies = { p = { url = \"http://us%20er@h:8080/\"; }; };\n" TARGETS);
  ck_assert_str_eq(settings->proxies[0].username, "us er");
  ck_assert_str_eq(settings->proxies[0].password, "");
  ck_assert_str_eq(settings->proxies[0].url, "http://h:8080/");
}
END_TEST

START_TEST(proxies_are_checked)
{
  static const struct mistake rows[] = {
      {"proxies = { p = { }; };", "proxy p has no url"},
      {"proxies = { p = { url = \"proxy:8080\"; }; };",
       "proxy URL \"proxy:8080\": it must begin with \"http://\" or \"https://\""},
      {"proxies = { p = { url = \"http://u:" SECRET "@h\"; }; };",
       "proxy URL: a password must not stand in it: put it into a password file"},
      {"proxies = { p = { url = \"http://u@h\"; username = \"v\"; }; };",
       "the user name is given twice: in url and in username"},
      {"proxies = { p = { url = \"http://h\"; username = \"a:b\"; }; };",
       "username must not have a \":\" (RFC 7617)"},
      {"proxies = { p = { url = \"http://h\"; ca_file = \"x\"; }; };",
       "ca_file is for a proxy reached by TLS, whose url begins with \"https://\""},
      {"credentials = { c = { cert_file = \"a\"; key_file = \"b\"; }; }; proxies = { p = { url = "
       "\"http://h\"; credential = \"c\"; }; };",
       "credential is for a proxy reached by TLS, whose url begins with \"https://\""},
      {"proxies = { direct = { url = \"http://h\"; }; };",
       "a proxy cannot be called \"direct\": that is the route without a proxy"},
  };
  EXPECT_MISTAKES(rows);
  write_file("pw", SECRET);
  static const struct mistake with_file[] = {
      {"proxies = { p = { url = \"http://h\"; password_file = \"pw\"; }; };",
       "password_file needs a username"},
  };
  EXPECT_MISTAKES(with_file);
}
END_TEST

START_TEST(credentials_need_both_files)
{
  static const struct mistake rows[] = {
      {"credentials = { c = { cert_file = \"a\"; }; };", "credential c has no key_file"},
      {"credentials = { c = { key_file = \"a\"; }; };", "credential c has no cert_file"},
  };
  EXPECT_MISTAKES(rows);
}
END_TEST

#define HEADERS(group) "modules = { m = { http = { headers = ( " group " ); }; }; };"

START_TEST(headers_are_checked)
{
  static const struct mistake rows[] = {
      {HEADERS("{ value = \"" SECRET "\"; }"), "a header has no name"},
      {HEADERS("{ name = \"A\"; }"), "a header needs either value or value_file"},
      {HEADERS("{ name = \"A\"; value = \"" SECRET "\"; value_file = \"f\"; }"),
       "a header needs either value or value_file"},
      {HEADERS("{ name = \"A b\"; value = \"x\"; }"),
       "\"A b\" is not a header name: letters, digits and \"-\""},
      {HEADERS("{ name = \"A:\"; value = \"x\"; }"),
       "\"A:\" is not a header name: letters, digits and \"-\""},
      {HEADERS("{ name = \"A\"; value = \"" SECRET "\\r\\nB: c\"; }"),
       "value must be UTF-8 text without control characters"},
      {HEADERS("{ name = \"A\"; value = 1; }"), "value must be a string such as \"text\""},
      {HEADERS("{ name = \"hOST\"; value = \"x\"; }"),
       "header hOST cannot be configured: the program writes it itself"},
      {HEADERS("{ name = \"Connection\"; value = \"x\"; }"),
       "header Connection cannot be configured: the program writes it itself"},
      {HEADERS("{ name = \"Content-Length\"; value = \"x\"; }"),
       "header Content-Length cannot be configured: the program writes it itself"},
      {HEADERS("{ name = \"Transfer-Encoding\"; value = \"x\"; }"),
       "header Transfer-Encoding cannot be configured: the program writes it itself"},
      {"proxies = { p = { url = \"http://h\"; headers = ( { name = \"Proxy-Authorization\"; value "
       "= \"" SECRET "\"; } ); }; };",
       "header Proxy-Authorization cannot be configured: the program writes it itself"},
  };
  EXPECT_MISTAKES(rows);
}
END_TEST

int main(void)
{
  const TTest *const tests[] = {the_user_of_a_proxy_may_stand_in_its_url, proxies_are_checked,
                                credentials_need_both_files, headers_are_checked};
  return run_suite("proxies", tests, sizeof(tests) / sizeof(tests[0]));
}
