/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/settings_load.h"

START_TEST(included_files_have_their_own_lines)
{
  make_folder("more");
  write_file("more/targets.conf", "# targets\ntargets = (\n  { name = \"t\"; address = \"h\";\n"
                                  "    ca_file = \"ca.pem\"; }\n);\nfoo = 1;");
  expect_messages("web = { };\n"
                  "  @include \"more/targets.conf\" bar = 1;\n"
                  "baz = 1;\n",
                  (const char *const[]){
                      "more/targets.conf:6: unknown setting \"foo\" (available: web, proxies, "
                      "credentials, modules, targets, probe)",
                      "a.conf:2: unknown setting \"bar\" (available: web, proxies, credentials, "
                      "modules, targets, probe)",
                      "a.conf:3: unknown setting \"baz\" (available: web, proxies, credentials, "
                      "modules, targets, probe)",
                  },
                  3);
}
END_TEST

START_TEST(names_in_included_files_are_relative_to_the_main_file)
{
  char expected[256];
  make_folder("more");
  write_file("more/one.conf", "@include \"more/two.conf\"\n");
  write_file("more/two.conf",
             "targets = ( { name = \"t\"; address = \"h\"; ca_file = \"ca.pem\"; } )");
  expect_good("@include \"more/one.conf\"\n");
  (void)snprintf(expected, sizeof(expected), "%s/ca.pem", directory);
  ck_assert_str_eq(settings->targets[0].probe.ca_file, expected);
  (void)snprintf(expected, sizeof(expected), "%s/more/two.conf", directory);
  ck_assert_str_eq(settings->targets[0].source.file, expected);
  ck_assert_uint_eq(settings->targets[0].source.line, 1);
}
END_TEST

START_TEST(an_include_may_be_absolute)
{
  char text[256];
  write_file("t.conf", TARGETS);
  (void)snprintf(text, sizeof(text), "@include \"%s/t.conf\"\n", directory);
  expect_good(text);
}
END_TEST

START_TEST(an_include_in_a_comment_or_string_is_none)
{
  expect_good("# @include \"nowhere\"\n// x\n/*\n@include \"nowhere\"\n*/\n"
              "targets = ( { name = \"t\"; address = \"h\"; labels = { a = \"x /* # \\\" \"; }; } "
              ");\n# the end");
  ck_assert_str_eq(settings->targets[0].labels[0].value, "x /* # \" ");
}
END_TEST

static void expect_include_error(const char *name, const char *why)
{
  char text[256];
  char message[512];
  (void)snprintf(text, sizeof(text), "\n@include \"%s\"\n" TARGETS, name);
  (void)snprintf(message, sizeof(message), "a.conf:2: @include file \"%s/%s\" %s", directory, name,
                 why);
  expect_messages(text, (const char *const[]){message}, 1);
}

START_TEST(an_include_that_cannot_be_had_is_told)
{
  char name[256];
  (void)snprintf(name, sizeof(name), "%s/fifo", directory);
  ck_assert_int_eq(mkfifo(name, 0600), 0);
  make_folder("folder");
  write_bytes("binary", "a\0b", 3);
  expect_include_error("nowhere", "cannot be read: No such file or directory");
  expect_include_error("folder", "cannot be read: Is a directory");
  expect_include_error("fifo", "is not a regular file");
  expect_include_error("binary", "is not a text file: it has a zero byte");
  expect_include_error("a.conf", "includes itself");
}
END_TEST

START_TEST(include_loops_and_depths_end)
{
  char name[32];
  char text[64];
  write_file("b.conf", "@include \"a.conf\"\n");
  char message[256];
  (void)snprintf(message, sizeof(message), "b.conf:1: @include file \"%s\" includes itself", path);
  expect_messages("@include \"b.conf\"\n", (const char *const[]){message}, 1);
  for (int i = 0; i < 12; i++) {
    (void)snprintf(name, sizeof(name), "d%d", i);
    (void)snprintf(text, sizeof(text), "@include \"d%d\"\n", i + 1);
    write_file(name, text);
  }
  ck_assert_int_eq(load_checked("@include \"d0\"\n", NULL), STATUS_INVALID);
  ck_assert_uint_eq(errors.count, 1);
  ck_assert_ptr_nonnull(strstr(errors.items[0].text, "nested too deep"));
}
END_TEST

START_TEST(a_thousand_includes_are_the_most)
{
  static char text[64 * 1024];
  size_t used = 0;
  write_file("e", "");
  for (int i = 0; i < 1001; i++) {
    used += (size_t)snprintf(text + used, sizeof(text) - used, "@include \"e\"\n");
  }
  ck_assert_int_eq(load_checked(text, NULL), STATUS_INVALID);
  ck_assert_uint_eq(errors.count, 1);
  ck_assert_uint_eq(errors.items[0].line, 1001);
}
END_TEST

START_TEST(broken_syntax_is_told_where_it_begins)
{
  static const char syntax[] =
      "syntax error: a quote, bracket or \"=\" is missing or too many here "
      "or just before (groups stand in lists \"( )\", not in arrays \"[ ]\")";
  static const char bad_include[] = "@include needs a file name in quotes on the same line";
  static const struct {
    const char *text;
    unsigned line;
    const char *message;
  } rows[] = {
      {"a\n= = 1;\n", 2, syntax},
      {"web { };\n", 1, syntax},
      {"targets = [\n{ name = \"a\"; } ];\n", 2, syntax},
      {"web = { };\n\nweb = { };\n", 3, "duplicate setting name"},
      {"a = [ 1,\n \"x\" ];\n", 2, "mismatched element type in array"},
      {"\nx = \"abc\n\n", 2, "the string that begins here has no closing quote"},
      {"x = 1;\n/* abc\n\n", 2, "the comment that begins here has no \"*/\""},
      {"web = {\n x = 1;\n\n", 1, "the \"{\" that opens here is never closed"},
      {"targets = (\n{ name = \"a\";\n);\n", 3, "\")\" where the \"{\" of line 2 needs \"}\""},
      {"a = 1;\n};\n", 2, "\"}\" closes nothing"},
      {"a = 1;\n@include nowhere\n", 2, bad_include},
      {"@include \"\"\n", 1, bad_include},
      {"x = 1; @include \"b\"\n", 1, syntax},
      {"@include \"no\nwhere\"\n", 1, bad_include},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char message[512];
    (void)snprintf(message, sizeof(message), "a.conf:%u: %s", rows[i].line, rows[i].message);
    expect_messages(rows[i].text, (const char *const[]){message}, 1);
  }
}
END_TEST

START_TEST(brackets_have_a_deepest_level)
{
  char text[64] = "a = ((((((((((((((((((((((((((((((((((((";
  expect_messages(text, (const char *const[]){"a.conf:1: brackets are nested more than 32 deep"},
                  1);
}
END_TEST

START_TEST(a_broken_included_file_is_named)
{
  write_file("b.conf", "a = 1;\nb = \"x\n");
  expect_messages(
      "\n@include \"b.conf\"\n" TARGETS,
      (const char *const[]){"b.conf:2: the string that begins here has no closing quote"}, 1);
  write_file("b.conf", "a = 1;\nb = = 2\n");
  ck_assert_int_eq(load_checked("\n@include \"b.conf\"\n" TARGETS, NULL), STATUS_INVALID);
  ck_assert_uint_eq(errors.items[0].line, 2);
  ck_assert_ptr_nonnull(strstr(errors.items[0].file, "/b.conf"));
}
END_TEST

START_TEST(a_comma_before_the_closing_bracket_is_no_mistake)
{
  expect_good("modules = { m = { routes = [ \"direct\", /* last */ ]; }; };\n"
              "targets = ( { name = \"t\"; address = \"h\"; module = \"m\"; },\n# end\n);\n");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
  (void)snprintf(path, sizeof(path), "%s/missing.conf", directory);
  ck_assert_int_eq(settings_file_load(path, NULL, &settings, &errors), STATUS_INVALID);
  expect_message(0, "missing.conf: cannot be read: No such file or directory");
  error_list_deinit(&errors);
  ck_assert_int_eq(mkdir(path, 0700), 0);
  ck_assert_int_eq(settings_file_load(path, NULL, &settings, &errors), STATUS_INVALID);
  expect_message(0, "missing.conf: cannot be read: Is a directory");
  ck_assert_ptr_null(settings);
}
END_TEST

START_TEST(a_file_over_the_cap_is_told)
{
  enum { BYTES = 16 * 1024 * 1024 + 1 };
  char *text = malloc(BYTES);
  ck_assert_ptr_nonnull(text);
  memset(text, ' ', BYTES);
  write_bytes("b.conf", text, BYTES);
  free(text);
  (void)snprintf(path, sizeof(path), "%s/b.conf", directory);
  ck_assert_int_eq(settings_file_load(path, NULL, &settings, &errors), STATUS_INVALID);
  expect_message(0, "b.conf: is too large: the limit is 16 MiB with all includes");
}
END_TEST

START_TEST(what_is_no_text_is_told)
{
  write_bytes("b.conf",
              "\x7F"
              "ELF\0\1\2",
              7);
  (void)snprintf(path, sizeof(path), "%s/b.conf", directory);
  ck_assert_int_eq(settings_file_load(path, NULL, &settings, &errors), STATUS_INVALID);
  expect_message(0, "b.conf: is not a text file: it has a zero byte");
}
END_TEST

int main(void)
{
  const TTest *const tests[] = {included_files_have_their_own_lines,
                                names_in_included_files_are_relative_to_the_main_file,
                                an_include_may_be_absolute,
                                an_include_in_a_comment_or_string_is_none,
                                an_include_that_cannot_be_had_is_told,
                                include_loops_and_depths_end,
                                a_thousand_includes_are_the_most,
                                broken_syntax_is_told_where_it_begins,
                                brackets_have_a_deepest_level,
                                a_broken_included_file_is_named,
                                a_comma_before_the_closing_bracket_is_no_mistake,
                                a_file_that_cannot_be_read_is_told,
                                what_is_no_text_is_told,
                                a_file_over_the_cap_is_told};
  return run_suite("source", tests, sizeof(tests) / sizeof(tests[0]));
}
