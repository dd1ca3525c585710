/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests of the settings: a directory of its own for each case, files in it,
 * and what a load of "a.conf" says. Each test is one file and includes this once.
 */
#ifndef SUPPORT_SETTINGS_LOAD_H
#define SUPPORT_SETTINGS_LOAD_H

#include "settings/settings_file.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "hunter2"
#define TARGETS "targets = ( { name = \"t\"; address = \"h:1\"; } );\n"

static char directory[64];
static char path[128];
static struct settings *settings;
static struct error_list errors;

static inline int remove_entry(const char *name, const struct stat *status, int kind,
                               struct FTW *walk)
{
  (void)status;
  (void)kind;
  (void)walk;
  return remove(name);
}

static inline void begin(void)
{
  (void)snprintf(directory, sizeof(directory), "/tmp/settings_file.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(directory));
  (void)snprintf(path, sizeof(path), "%s/a.conf", directory);
}

static inline void end(void)
{
  settings_unref(settings);
  error_list_deinit(&errors);
  settings = NULL;
  (void)nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void write_bytes(const char *name, const void *bytes, size_t length)
{
  char file_path[256];
  (void)snprintf(file_path, sizeof(file_path), "%s/%s", directory, name);
  FILE *file = fopen(file_path, "we");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
  ck_assert_int_eq(fclose(file), 0);
}

static inline void write_file(const char *name, const char *text)
{
  write_bytes(name, text, strlen(text));
}

static inline void make_folder(const char *name)
{
  char folder_path[256];
  (void)snprintf(folder_path, sizeof(folder_path), "%s/%s", directory, name);
  ck_assert_int_eq(mkdir(folder_path, 0700), 0);
}

static inline enum status load_checked(const char *text, const struct settings_checks *checks)
{
  settings_unref(settings);
  error_list_deinit(&errors);
  write_file("a.conf", text);
  return settings_file_load(path, checks, &settings, &errors);
}

static inline void expect_good(const char *text)
{
  enum status status = load_checked(text, NULL);
  char message[1200] = "";
  if (errors.count > 0) {
    error_format(&errors.items[0], message, sizeof(message));
  }
  ck_assert_msg(status == STATUS_OK, "%s", message);
  ck_assert_uint_eq(errors.count, 0);
  ck_assert_ptr_nonnull(settings);
}

/* Messages as a person sees them, without the directory in front of the file. */
static inline void expect_message(size_t i, const char *expected)
{
  char message[1200];
  ck_assert_msg(i < errors.count, "only %zu messages; missing: %s", errors.count, expected);
  error_format(&errors.items[i], message, sizeof(message));
  const char *shown = message;
  size_t length = strlen(directory);
  if (strncmp(message, directory, length) == 0) {
    shown += length + 1;
  }
  ck_assert_str_eq(shown, expected);
  ck_assert_ptr_null(strstr(message, SECRET));
}

static inline void expect_messages(const char *text, const char *const *expected, size_t count)
{
  ck_assert_int_eq(load_checked(text, NULL), STATUS_INVALID);
  ck_assert_ptr_null(settings);
  for (size_t i = 0; i < count; i++) {
    expect_message(i, expected[i]);
  }
  ck_assert_uint_eq(errors.count, count);
}

/* One mistake in a configuration that has targets, on line 1. */
struct mistake {
  const char *text;
  const char *message;
};

static inline void expect_mistakes(const struct mistake *mistakes, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    char text[2048];
    char message[1200];
    (void)snprintf(text, sizeof(text), "%s\n%s", mistakes[i].text,
                   strstr(mistakes[i].text, "targets") == NULL ? TARGETS : "");
    (void)snprintf(message, sizeof(message), "a.conf:1: %s", mistakes[i].message);
    expect_messages(text, (const char *const[]){message}, 1);
  }
}
#define EXPECT_MISTAKES(rows) expect_mistakes((rows), sizeof(rows) / sizeof((rows)[0]))

static inline int run_suite(const char *name, const TTest *const *tests, size_t count)
{
  Suite *suite = suite_create(name);
  TCase *cases = tcase_create("all");
  tcase_add_checked_fixture(cases, begin, end);
  for (size_t i = 0; i < count; i++) {
    tcase_add_test(cases, tests[i]);
  }
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
