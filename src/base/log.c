/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"

/* A longer value is cut, so that one hostile reply cannot fill a disk; a line of
 * the most and longest pairs still fits, escaped, so its end is never lost. */
enum { VALUE_LIMIT_BYTES = 4096, PAIRS_MAX = 16, LINE_LIMIT_BYTES = 256 * 1024 };

static atomic_int least_level = LOG_INFO;
static atomic_int line_format = LOG_LOGFMT;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};
static const char *const format_names[] = {[LOG_LOGFMT] = "logfmt", [LOG_JSON] = "json"};

void log_configure(enum log_level least, enum log_format format)
{
  atomic_store(&least_level, (int)least);
  atomic_store(&line_format, (int)format);
}

enum status log_level_parse(const char *text, enum log_level *out)
{
  for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
    if (strcmp(text, level_names[i]) == 0) {
      *out = (enum log_level)i;
      return STATUS_OK;
    }
  }
  return STATUS_INVALID;
}

enum status log_format_parse(const char *text, enum log_format *out)
{
  for (size_t i = 0; i < sizeof(format_names) / sizeof(format_names[0]); i++) {
    if (strcmp(text, format_names[i]) == 0) {
      *out = (enum log_format)i;
      return STATUS_OK;
    }
  }
  return STATUS_INVALID;
}

static void append_time(struct buffer *line)
{
  int64_t now_ns = clock_wall_ns();
  time_t seconds = (time_t)(now_ns / NS_PER_SECOND);
  struct tm utc;
  char text[32];
  if (gmtime_r(&seconds, &utc) == NULL ||
      strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
    return;
  }
  buffer_append_format(line, "%s.%03dZ", text, (int)(now_ns % NS_PER_SECOND / NS_PER_MS));
}

/* The value is clean, so a quote and a backslash are all that both formats escape. */
static void append_quoted(struct buffer *line, const char *value)
{
  buffer_append_char(line, '"');
  for (const char *c = value; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\') {
      buffer_append_char(line, '\\');
    }
    buffer_append_char(line, *c);
  }
  buffer_append_char(line, '"');
}

/* go-logfmt quotes an empty value and one with a space, '=' or '"'; other text stands bare. */
static bool is_bare(const char *value)
{
  if (*value == '\0') {
    return false;
  }
  for (const char *c = value; *c != '\0'; c++) {
    if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F || strchr("=\"\\", *c) != NULL) {
      return false;
    }
  }
  return true;
}

static void append_pair(struct buffer *line, enum log_format format, const char *key,
                        const char *value)
{
  char *clean = text_clean(value, strlen(value), VALUE_LIMIT_BYTES);
  const char *shown = clean != NULL ? clean : "";
  if (format == LOG_JSON) {
    buffer_append_format(line, "%s\"%s\":", line->length > 1 ? "," : "", key);
    append_quoted(line, shown);
  } else {
    buffer_append_format(line, "%s%s=", line->length > 0 ? " " : "", key);
    if (is_bare(shown)) {
      buffer_append_text(line, shown);
    } else {
      append_quoted(line, shown);
    }
  }
  free(clean);
}

/* A person's phrase: quoted also when it is one word, so that a search for it is the same. */
static void append_message(struct buffer *line, enum log_format format, const char *message)
{
  char *clean = text_clean(message, strlen(message), VALUE_LIMIT_BYTES);
  buffer_append_text(line, format == LOG_JSON ? ",\"msg\":" : " msg=");
  append_quoted(line, clean != NULL ? clean : "");
  free(clean);
}

static void append_head(struct buffer *line, enum log_format format, enum log_level level,
                        const char *message)
{
  struct buffer now;
  buffer_init(&now, 64);
  append_time(&now);
  if (format == LOG_JSON) {
    buffer_append_char(line, '{');
  }
  append_pair(line, format, "time", buffer_text(&now));
  append_pair(line, format, "level", level_names[level]);
  append_message(line, format, message);
  buffer_deinit(&now);
}

static void write_line(const struct buffer *line)
{
  int saved_errno = errno;
  ssize_t written = 0;
  do {
    written = write(STDERR_FILENO, line->data, line->length);
  } while (written < 0 && errno == EINTR);
  errno = saved_errno; /* whoever logs an errno may still want it */
}

void log_write(enum log_level level, const char *message, ...)
{
  if ((int)level < atomic_load(&least_level)) {
    return;
  }
  enum log_format format = (enum log_format)atomic_load(&line_format);
  struct buffer line;
  buffer_init(&line, LINE_LIMIT_BYTES);
  append_head(&line, format, level, message);
  va_list pairs;
  va_start(pairs, message);
  for (int i = 0; i < PAIRS_MAX; i++) {
    const char *key = va_arg(pairs, const char *);
    if (key == NULL) {
      break;
    }
    const char *value = va_arg(pairs, const char *);
    append_pair(&line, format, key, value != NULL ? value : "");
  }
  va_end(pairs);
  buffer_append_text(&line, format == LOG_JSON ? "}\n" : "\n");
  if (line.data != NULL) {
    write_line(&line);
  }
  buffer_deinit(&line);
}
