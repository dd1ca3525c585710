/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/settings_load.h"

START_TEST(targets_are_checked)
{
  static const struct mistake rows[] = {
      {"targets = ( { address = \"h\"; } );", "a target has no name"},
      {"targets = ( { name = \"\"; address = \"h\"; } );", "name must not be empty"},
      {"targets = ( { name = \"t\"; } );", "target t has no address"},
      {"targets = ( { name = \"t\"; address = \"h:0\"; } );",
       "address \"h:0\": the port must be a number from 1 to 65535"},
      {"targets = ( { name = \"t\"; address = \"https://u:" SECRET "@h\"; } );",
       "address: a user or password must not stand in it"},
      {"targets = ( { name = \"t\"; address = \"https://h\"; protocol = \"tls\"; } );",
       "address begins with \"https://\" but protocol is \"tls\""},
      {"targets = ( { name = \"t\"; address = \"https://h/a\"; http = { path = \"/b\"; }; } );",
       "the path is given twice: in address and in http"},
      {"targets = ( );", "no targets are configured"},
      {"targets = [ ];", "no targets are configured"},
  };
  EXPECT_MISTAKES(rows);
  expect_good("targets = ( { name = \"t\"; address = \"https://h/a\"; protocol = \"https\";\n"
              "http = { path = \"/a\"; }; } );");
  /* for those who have Prometheus schedule */
  expect_good("modules = { m = { }; }; probe = { allow = [ \"*:443\" ]; };");
}
END_TEST

START_TEST(labels_are_checked)
{
  static const char *const taken[] = {
      "target",      "route",     "presented",  "fault",   "reason",   "phase",  "version",
      "cipher",      "group",     "alpn",       "subject", "issuer",   "serial", "sha256",
      "spki_sha256", "dns_names", "credential", "le",      "quantile", "job",    "instance"};
  for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
    char text[256];
    char message[256];
    (void)snprintf(text, sizeof(text),
                   "targets = ( { name = \"t\"; address = \"h\"; labels = { %s = \"x\"; }; } );",
                   taken[i]);
    (void)snprintf(
        message, sizeof(message),
        "a.conf:1: label name \"%s\" is taken: the metrics or Prometheus have it already",
        taken[i]);
    expect_messages(text, (const char *const[]){message}, 1);
  }
  static const struct mistake rows[] = {
      {"targets = ( { name = \"t\"; address = \"h\"; labels = { a-b = \"x\"; }; } );",
       "label name \"a-b\" may only have letters, digits (not first) and \"_\""},
      {"targets = ( { name = \"t\"; address = \"h\"; labels = { a = \"\xFF\"; }; } );",
       "a must be UTF-8 text without control characters"},
      {"targets = ( { name = \"t\"; address = \"h\"; labels = { a = \"\"; }; } );",
       "a must not be empty"},
  };
  EXPECT_MISTAKES(rows);
}
END_TEST

START_TEST(target_names_are_unique)
{
  char first[256];
  char second[256];
  (void)snprintf(first, sizeof(first), "a.conf:4: target \"a\" is already defined at %s:2", path);
  (void)snprintf(second, sizeof(second), "a.conf:6: target \"a\" is already defined at %s:2", path);
  expect_messages("targets = (\n"
                  "  { name = \"a\"; address = \"h\"; },\n"
                  "  { name = \"b\"; address = \"h\"; },\n"
                  "  { name = \"a\"; address = \"i\"; },\n"
                  "  { address = \"j\";\n"
                  "    name = \"a\"; }\n"
                  ");\n",
                  (const char *const[]){first, second}, 2);
}
END_TEST

int main(void)
{
  const TTest *const tests[] = {targets_are_checked, labels_are_checked, target_names_are_unique};
  return run_suite("targets", tests, sizeof(tests) / sizeof(tests[0]));
}
