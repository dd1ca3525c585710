/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

/* What goes to standard error between capture_begin() and capture_end(). */
static int saved_stderr = -1;
static FILE *captured;
static char text[256 * 1024];

static int64_t fixed_wall_ns(void)
{
  return INT64_C(1795491873123) * NS_PER_MS + 999; /* 2026-11-24T03:44:33.123 */
}

static void capture_begin(void)
{
  clock_replace(NULL, fixed_wall_ns);
  captured = tmpfile();
  ck_assert_ptr_nonnull(captured);
  saved_stderr = dup(STDERR_FILENO);
  ck_assert_int_ge(saved_stderr, 0);
  int flags = fcntl(fileno(captured), F_GETFL);
  ck_assert_int_eq(fcntl(fileno(captured), F_SETFL, flags | O_APPEND), 0);
  ck_assert_int_ge(dup2(fileno(captured), STDERR_FILENO), 0);
}

static const char *capture_end(void)
{
  ck_assert_int_ge(dup2(saved_stderr, STDERR_FILENO), 0);
  (void)close(saved_stderr);
  rewind(captured);
  size_t length = fread(text, 1, sizeof(text) - 1, captured);
  text[length] = '\0';
  (void)fclose(captured);
  clock_replace(NULL, NULL);
  log_configure(LOG_INFO, LOG_LOGFMT);
  return text;
}

START_TEST(logfmt_line_is_as_prometheus_programs_write_it)
{
  capture_begin();
  log_configure(LOG_INFO, LOG_LOGFMT);
  log_write(LOG_INFO, "listening", "address", "127.0.0.1:10063", NULL);
  ck_assert_str_eq(capture_end(), "time=2026-11-24T03:44:33.123Z level=info msg=\"listening\" "
                                  "address=127.0.0.1:10063\n");
}
END_TEST

START_TEST(json_line_is_one_object)
{
  capture_begin();
  log_configure(LOG_INFO, LOG_JSON);
  log_write(LOG_WARN, "cannot listen", "address", "[::1]:1", "error", "in \"use\" \\", NULL);
  ck_assert_str_eq(capture_end(), "{\"time\":\"2026-11-24T03:44:33.123Z\",\"level\":\"warn\","
                                  "\"msg\":\"cannot listen\",\"address\":\"[::1]:1\","
                                  "\"error\":\"in \\\"use\\\" \\\\\"}\n");
}
END_TEST

START_TEST(values_that_need_it_are_quoted)
{
  capture_begin();
  log_write(LOG_ERROR, "two words", "empty", "", "equals", "a=b", "quote", "a\"b", "back", "a\\b",
            "bare", "CN:x,y", "missing", (const char *)NULL, NULL);
  ck_assert_str_eq(capture_end(),
                   "time=2026-11-24T03:44:33.123Z level=error msg=\"two words\" empty=\"\" "
                   "equals=\"a=b\" quote=\"a\\\"b\" back=\"a\\\\b\" bare=CN:x,y missing=\"\"\n");
}
END_TEST

START_TEST(value_from_outside_cannot_begin_a_line_of_its_own)
{
  capture_begin();
  log_write(LOG_INFO, "reply", "text", "a\nlevel=error\r\x1b[31m\xff", NULL);
  const char *line = capture_end();
  ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
  ck_assert_ptr_null(strchr(line, '\x1b'));
  char *copy = strndup(line, strlen(line) - 1);
  ck_assert(text_is_clean(copy));
  free(copy);
}
END_TEST

START_TEST(levels_below_the_least_are_not_written)
{
  capture_begin();
  log_configure(LOG_WARN, LOG_LOGFMT);
  log_write(LOG_DEBUG, "one", NULL);
  log_write(LOG_INFO, "two", NULL);
  log_write(LOG_WARN, "three", NULL);
  log_write(LOG_ERROR, "four", NULL);
  const char *lines = capture_end();
  ck_assert_ptr_null(strstr(lines, "one"));
  ck_assert_ptr_null(strstr(lines, "two"));
  ck_assert_ptr_nonnull(strstr(lines, "msg=\"three\"\n"));
  ck_assert_ptr_nonnull(strstr(lines, "msg=\"four\"\n"));
}
END_TEST

START_TEST(longest_line_keeps_its_end)
{
  char *quotes = malloc(8193);
  ck_assert_ptr_nonnull(quotes);
  memset(quotes, '"', 8192);
  quotes[8192] = '\0';
  capture_begin();
  log_configure(LOG_INFO, LOG_JSON);
  log_write(LOG_INFO, quotes, "a", quotes, "b", quotes, "c", quotes, "d", quotes, "e", quotes, "f",
            quotes, "g", quotes, "h", quotes, "i", quotes, "j", quotes, "k", quotes, "l", quotes,
            "m", quotes, "n", quotes, "o", quotes, "p", quotes, NULL);
  const char *line = capture_end();
  ck_assert_uint_gt(strlen(line), 100000);
  ck_assert_str_eq(line + strlen(line) - 3, "\"}\n");
  free(quotes);
}
END_TEST

START_TEST(errno_survives_logging)
{
  capture_begin();
  errno = ECONNREFUSED;
  log_write(LOG_INFO, "listening", NULL);
  int kept = errno;
  (void)capture_end();
  ck_assert_int_eq(kept, ECONNREFUSED);
}
END_TEST

enum { WRITERS = 4, LINES_EACH = 200 };

static void *write_lines(void *argument)
{
  (void)argument;
  for (int i = 0; i < LINES_EACH; i++) {
    log_write(LOG_INFO, "line", "value", "abcdefghijklmnopqrstuvwxyz", NULL);
  }
  return NULL;
}

START_TEST(lines_of_several_threads_are_never_mixed)
{
  capture_begin();
  pthread_t threads[WRITERS];
  for (size_t i = 0; i < WRITERS; i++) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
  }
  for (size_t i = 0; i < WRITERS; i++) {
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
  }
  static const char line[] = "time=2026-11-24T03:44:33.123Z level=info msg=\"line\" "
                             "value=abcdefghijklmnopqrstuvwxyz\n";
  const char *lines = capture_end();
  ck_assert_uint_eq(strlen(lines), WRITERS * LINES_EACH * strlen(line));
  for (size_t i = 0; i < WRITERS * LINES_EACH; i++) {
    ck_assert_mem_eq(lines + i * strlen(line), line, strlen(line));
  }
}
END_TEST

START_TEST(words_of_the_command_line_are_read)
{
  enum log_level level = LOG_DEBUG;
  ck_assert_int_eq(log_level_parse("debug", &level), STATUS_OK);
  ck_assert_int_eq(level, LOG_DEBUG);
  ck_assert_int_eq(log_level_parse("error", &level), STATUS_OK);
  ck_assert_int_eq(level, LOG_ERROR);
  ck_assert_int_eq(log_level_parse("warning", &level), STATUS_INVALID);
  ck_assert_int_eq(log_level_parse("", &level), STATUS_INVALID);

  enum log_format format = LOG_LOGFMT;
  ck_assert_int_eq(log_format_parse("json", &format), STATUS_OK);
  ck_assert_int_eq(format, LOG_JSON);
  ck_assert_int_eq(log_format_parse("logfmt", &format), STATUS_OK);
  ck_assert_int_eq(format, LOG_LOGFMT);
  ck_assert_int_eq(log_format_parse("JSON", &format), STATUS_INVALID);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("base/log");
  TCase *cases = tcase_create("log");
  tcase_add_test(cases, logfmt_line_is_as_prometheus_programs_write_it);
  tcase_add_test(cases, json_line_is_one_object);
  tcase_add_test(cases, values_that_need_it_are_quoted);
  tcase_add_test(cases, value_from_outside_cannot_begin_a_line_of_its_own);
  tcase_add_test(cases, levels_below_the_least_are_not_written);
  tcase_add_test(cases, longest_line_keeps_its_end);
  tcase_add_test(cases, errno_survives_logging);
  tcase_add_test(cases, lines_of_several_threads_are_never_mixed);
  tcase_add_test(cases, words_of_the_command_line_are_read);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
