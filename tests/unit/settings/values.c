/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/settings_load.h"

START_TEST(values_are_checked)
{
  static const struct mistake rows[] = {
      {"modules = { m = { interval = \"30x\"; }; };",
       "interval \"30x\" is not a duration such as \"30s\", \"1m30s\" or \"500ms\""},
      {"modules = { m = { interval = \"-1s\"; }; };",
       "interval \"-1s\" is not a duration such as \"30s\", \"1m30s\" or \"500ms\""},
      {"modules = { m = { timeout = \"0s\"; }; };", "timeout must be longer than 0"},
      {"modules = { m = { contrast_interval = \"\"; }; };", "contrast_interval must not be empty"},
      {"modules = { m = { protocol = \"smpt\"; }; };",
       "unknown protocol \"smpt\" (did you mean \"smtp\"?)"},
      {"modules = { m = { protocol = \"HTTPS\"; }; };",
       "unknown protocol \"HTTPS\" (available: https, tls, smtp, imap, pop3, ldap, postgres, "
       "mysql, "
       "xmpp)"},
      {"modules = { m = { login = { user = \"\"; }; }; };", "user must not be empty"},
      {"modules = { m = { login = { users = \"a\"; }; }; };",
       "unknown setting \"users\" in login of module m (did you mean \"user\"?)"},
      {"modules = { m = { tls_min = \"1.1\"; }; };",
       "tls_min \"1.1\" is not a TLS version: \"1.2\" or \"1.3\""},
      {"modules = { m = { tls_min = \"1.3\"; tls_max = \"1.2\"; }; };", "tls_min is above tls_max"},
      {"modules = { m = { tls_max = \"1.2\"; }; }; targets = ( { name = \"t\"; address = \"h\"; "
       "module = \"m\"; tls_min = \"1.3\"; } );",
       "tls_min is above tls_max"},
      {"modules = { m = { server_name = \"a b\"; }; };",
       "server_name: host \"a b\": a host name has only letters, digits, \"-\" and \".\""},
      {"modules = { m = { routes = [ ]; }; };",
       "routes is empty: name \"direct\", proxies, or both"},
      {"modules = { m = { routes = [ \"direct\", \"direct\" ]; }; };",
       "route \"direct\" is named twice"},
      {"modules = { m = { present = [ ]; }; };",
       "present is empty: name \"client\", \"none\" or \"untrusted\""},
      {"modules = { m = { present = [ \"none\", \"none\" ]; }; };", "present has \"none\" twice"},
      {"modules = { m = { present = [ \"clients\" ]; }; };",
       "unknown value \"clients\" in present (did you mean \"client\"?)"},
      {"modules = { m = { expect = { client_certificate = \"any\"; }; }; };",
       "unknown client_certificate \"any\" (available: required, optional, none)"},
      {"modules = { m = { http = { method = \"get\"; }; }; };",
       "method \"get\" must be upper-case letters such as \"GET\""},
      {"modules = { m = { http = { path = \"x\"; }; }; };",
       "path \"x\": the path must begin with \"/\""},
      {"modules = { m = { http = { expect_status = \"20\"; }; }; };",
       "expected status \"20\": write codes from 100 to 599, as in \"200-399\" or \"200,204\""},
      {"modules = { m = { http = { expect_status = 99; }; }; };",
       "expect_status must be from 100 to 599, or a string such as \"200-399\""},
      {"modules = { m = { ca_file = \"\"; }; };", "ca_file must not be empty"},
      {"web = { listen_address = [ \"10063\" ]; };",
       "listen address \"10063\": the port is missing, as in \"127.0.0.1:10063\" or \":10063\""},
      {"web = { listen_address = [ ]; };",
       "listen_address is empty: name an address, or leave it out for the default"},
      {"probe = { allow = [ \"example\" ]; };",
       "allow \"example\" is not a pattern HOST:PORT such as \"*.example:443\""},
      {"probe = { allow = [ \"https://h:443\" ]; };",
       "allow \"https://h:443\" is not a pattern HOST:PORT such as \"*.example:443\""},
      {"probe = { allow = [ \"::1:443\" ]; };",
       "allow \"::1:443\" is not a pattern HOST:PORT such as \"*.example:443\""},
  };
  EXPECT_MISTAKES(rows);
}
END_TEST

START_TEST(types_are_checked)
{
  static const struct mistake rows[] = {
      {"modules = { m = { interval = 30; }; };", "interval must be a string such as \"30s\""},
      {"modules = { m = { timeout = 1.5; }; };", "timeout must be a string such as \"10s\""},
      {"modules = { m = { tls_min = 1.2; }; };", "tls_min must be a string such as \"1.2\""},
      {"modules = { m = { routes = \"direct\"; }; };",
       "routes must be an array of strings such as [ \"direct\" ]"},
      {"modules = { m = { routes = [ 1 ]; }; };",
       "routes must be an array of strings such as [ \"direct\" ]"},
      {"modules = { m = { routes = ( \"direct\", { } ); }; };",
       "routes must be an array of strings such as [ \"direct\" ]"},
      {"modules = { m = { http = \"/\"; }; };",
       "http must be a group such as { path = \"/health\"; }"},
      {"modules = { m = { expect = { untrusted_refused = \"yes\"; }; }; };",
       "untrusted_refused must be true or false"},
      {"modules = { m = { expect = { untrusted_refused = 1; }; }; };",
       "untrusted_refused must be true or false"},
      {"modules = { m = { http = { headers = { A = \"b\"; }; }; }; };",
       "headers must be a list of groups such as ( { name = \"X-Team\"; value = \"red\"; } )"},
      {"modules = { m = { http = { expect_status = true; }; }; };",
       "expect_status must be a string such as \"200-399\""},
      {"modules = { m = 1; };",
       "m must be a group such as { credential = \"payments\"; interval = \"30s\"; }"},
      {"modules = ( );", "modules must be a group of groups: { NAME = { credential = "
                         "\"payments\"; interval = \"30s\"; }; }"},
      {"proxies = \"p\";",
       "proxies must be a group of groups: { NAME = { url = \"http://proxy.example:3128\"; }; }"},
      {"credentials = { c = \"x\"; };",
       "c must be a group such as { cert_file = \"client.crt\"; key_file = \"client.key\"; }"},
      {"web = \":80\";",
       "web must be a group such as { listen_address = [ \"127.0.0.1:10063\" ]; }"},
      {"web = { listen_address = \":80\"; };",
       "listen_address must be an array of strings such as [ \"127.0.0.1:10063\" ]"},
      {"probe = [ \"a:1\" ];", "probe must be a group such as { allow = [ \"*.example:443\" ]; }"},
      {"targets = { };", "targets must be a list of groups such as ( { name = \"api\"; address = "
                         "\"api.example:443\"; } )"},
      {"targets = ( \"h:443\" );", "targets must be a list of groups such as ( { name = \"api\"; "
                                   "address = \"api.example:443\"; } )"},
      {"targets = ( { name = \"t\"; address = \"h\"; labels = ( \"a\" ); } );",
       "labels must be a group such as { team = \"payments\"; }"},
      {"targets = ( { name = \"t\"; address = \"h\"; labels = { a = 1; }; } );",
       "a must be a string such as \"payments\""},
      {"targets = ( { name = 1; address = \"h\"; } );",
       "name must be a string such as \"payments-api\""},
  };
  EXPECT_MISTAKES(rows);
}
END_TEST

START_TEST(unknown_settings_are_refused_with_a_suggestion)
{
  static const struct mistake rows[] = {
      {"modules = { m = { intervall = \"5s\"; }; };",
       "unknown setting \"intervall\" in module m (did you mean \"interval\"?)"},
      {"modules = { m = { http = { pth = \"/\"; }; }; };",
       "unknown setting \"pth\" in http of module m (did you mean \"path\"?)"},
      {"modules = { m = { expect = { zzz = 1; }; }; };",
       "unknown setting \"zzz\" in expect of module m (available: client_certificate, "
       "untrusted_refused)"},
      {"proxies = { p = { url = \"http://h\"; password = \"" SECRET "\"; }; };",
       "unknown setting \"password\" in proxy p (did you mean \"password_file\"?)"},
      {"credentials = { c = { cert_file = \"a\"; key_file = \"b\"; key_flie = \"b\"; }; };",
       "unknown setting \"key_flie\" in credential c (did you mean \"key_file\"?)"},
      {"web = { listen_adress = 1; };",
       "unknown setting \"listen_adress\" in web (did you mean \"listen_address\"?)"},
      {"probe = { deny = 1; };", "unknown setting \"deny\" in probe (available: allow)"},
      {"module = { };", "unknown setting \"module\" (did you mean \"modules\"?)"},
      {"Targets2 = 1;", "unknown setting \"Targets2\" (did you mean \"targets\"?)"},
      {"targets = ( { name = \"t\"; address = \"h\"; adress = \"h\"; } );",
       "unknown setting \"adress\" in target t (did you mean \"address\"?)"},
      {"modules = { m = { http = { headers = ( { name = \"A\"; valeu = \"" SECRET
       "\"; value = \"x\"; } ); }; }; };",
       "unknown setting \"valeu\" in a header of http of module m (did you mean \"value\"?)"},
  };
  EXPECT_MISTAKES(rows);
}
END_TEST

START_TEST(unknown_names_are_told_with_those_that_exist)
{
  static const struct mistake rows[] = {
      {"modules = { m = { credential = \"c\"; }; };",
       "unknown credential \"c\" (none is configured)"},
      {"credentials = { payments = { cert_file = \"a\"; key_file = \"b\"; }; }; modules = { m = { "
       "credential = \"payment\"; }; };",
       "unknown credential \"payment\" (did you mean \"payments\"?)"},
      {"modules = { m = { routes = [ \"edge\" ]; }; };",
       "unknown proxy \"edge\" in routes (none is configured)"},
      {"proxies = { a = { url = \"http://h\"; }; b = { url = \"http://h\"; }; }; modules = { m = { "
       "routes = [ \"edge\" ]; }; };",
       "unknown proxy \"edge\" in routes (available: a, b)"},
      {"modules = { one = { }; two = { }; }; targets = ( { name = \"t\"; address = \"h\"; module = "
       "\"zzzzz\"; } );",
       "unknown module \"zzzzz\" (available: one, two)"},
      {"proxies = { p = { url = \"https://h\"; credential = \"c\"; }; };",
       "unknown credential \"c\" (none is configured)"},
  };
  EXPECT_MISTAKES(rows);
}
END_TEST

static const char password_config[] = "proxies = { p = { url = \"http://h\"; username = \"u\";\n "
                                      "password_file = \"pw\"; }; };\n" TARGETS;

static void expect_password_error(const char *why)
{
  char message[512];
  (void)snprintf(message, sizeof(message), "a.conf:2: password_file \"%s/pw\" %s", directory, why);
  expect_messages(password_config, (const char *const[]){message}, 1);
}

START_TEST(a_long_list_of_names_is_cut)
{
  char text[2048] = "";
  size_t used = (size_t)snprintf(text, sizeof(text), "modules = { ");
  for (int i = 10; i < 30; i++) {
    used += (size_t)snprintf(text + used, sizeof(text) - used, "m%d = { }; ", i);
  }
  (void)snprintf(text + used, sizeof(text) - used,
                 "};\ntargets = ( { name = \"t\"; address = \"h\"; module = \"other\"; } );");
  expect_messages(text,
                  (const char *const[]){"a.conf:2: unknown module \"other\" (available: m10, m11, "
                                        "m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22, "
                                        "m23, m24, m25 and 4 more)"},
                  1);
}
END_TEST

START_TEST(secrets_are_the_first_line_of_their_file)
{
  expect_password_error("cannot be read: No such file or directory");
  write_file("pw", "");
  expect_password_error("has nothing in its first line");
  write_file("pw", "\n" SECRET "\n");
  expect_password_error("has nothing in its first line");
  write_file("pw", "\r\n");
  expect_password_error("has nothing in its first line");
  write_file("pw", SECRET "\tx\n");
  expect_password_error("has a control character in its first line");
  write_bytes("pw", SECRET "\0x\n", 10);
  expect_password_error("has a control character in its first line");
  char long_line[4098];
  memset(long_line, 'x', sizeof(long_line));
  write_bytes("pw", long_line, 4097);
  expect_password_error("has a first line longer than 4096 bytes");
  write_bytes("pw", long_line, 4096);
  expect_good(password_config);
  ck_assert_uint_eq(strlen(settings->proxies[0].password), 4096);
  write_file("pw", "p\xC3\xA4ss w\xFFrd");
  expect_good(password_config);
  ck_assert_str_eq(settings->proxies[0].password, "p\xC3\xA4ss w\xFFrd");
}
END_TEST

int main(void)
{
  const TTest *const tests[] = {values_are_checked,
                                types_are_checked,
                                unknown_settings_are_refused_with_a_suggestion,
                                unknown_names_are_told_with_those_that_exist,
                                secrets_are_the_first_line_of_their_file,
                                a_long_list_of_names_is_cut};
  return run_suite("values", tests, sizeof(tests) / sizeof(tests[0]));
}
