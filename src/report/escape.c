/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "report_internal.h"

/* Names from a configuration file have not been cleaned as an observation's text has. */
enum { CLEAN_LIMIT_BYTES = 1 << 20 };

/* Calls append with the text made clean; fails the buffer where memory is out. */
static void with_clean(struct buffer *out, const char *text, size_t length,
                       void (*append)(struct buffer *out, const char *clean))
{
  char *clean = text_clean(text, length, CLEAN_LIMIT_BYTES);
  if (clean == NULL) {
    out->status = STATUS_OUT_OF_MEMORY;
    return;
  }
  append(out, clean);
  free(clean);
}

/* Appends the text with each of the bytes in special replaced. */
static void append_replaced(struct buffer *out, const char *text, const char *special,
                            const char *(*replace)(char c))
{
  while (*text != '\0') {
    size_t plain = strcspn(text, special);
    buffer_append(out, text, plain);
    text += plain;
    if (*text != '\0') {
      buffer_append_text(out, replace(*text));
      text++;
    }
  }
}

static const char *replace_in_label(char c)
{
  return c == '"' ? "\\\"" : "\\\\";
}

static void append_clean_label(struct buffer *out, const char *clean)
{
  append_replaced(out, clean, "\"\\", replace_in_label);
}

/* A line feed is the one control character that the format has an escape for. */
void escape_label(struct buffer *out, const char *text)
{
  if (text == NULL) {
    return;
  }
  if (text_is_clean(text)) {
    append_clean_label(out, text);
    return;
  }
  for (;;) {
    size_t length = strcspn(text, "\n");
    with_clean(out, text, length, append_clean_label);
    text += length;
    if (*text == '\0') {
      return;
    }
    buffer_append_text(out, "\\n");
    text++;
  }
}

static const char *replace_in_html(char c)
{
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  default:
    return "&#39;";
  }
}

static void append_clean_html(struct buffer *out, const char *clean)
{
  append_replaced(out, clean, "&<>\"'", replace_in_html);
}

void escape_html(struct buffer *out, const char *text)
{
  if (text != NULL) {
    with_clean(out, text, strlen(text), append_clean_html);
  }
}

void escape_terminal(struct buffer *out, const char *text)
{
  if (text != NULL) {
    with_clean(out, text, strlen(text), buffer_append_text);
  }
}

void escape_lines(struct buffer *out, const char *before, const char *text,
                  void (*escape)(struct buffer *out, const char *text))
{
  struct buffer line;
  buffer_init(&line, CLEAN_LIMIT_BYTES);
  while (*text != '\0') {
    size_t length = strcspn(text, "\n");
    buffer_clear(&line);
    buffer_append(&line, text, length);
    buffer_append_text(out, before);
    escape(out, buffer_text(&line));
    buffer_append_char(out, '\n');
    inherit_failure(out, &line);
    text += length + (text[length] == '\n' ? 1 : 0);
  }
  buffer_deinit(&line);
}

void inherit_failure(struct buffer *out, const struct buffer *part)
{
  if (buffer_status(part) != STATUS_OK) {
    out->status = buffer_status(part);
  }
}

void format_iso_time(int64_t seconds, char out[ISO_TIME_BYTES])
{
  time_t when = (time_t)seconds;
  struct tm utc;
  if (gmtime_r(&when, &utc) == NULL || utc.tm_year < -1900 || utc.tm_year > 8099 ||
      strftime(out, ISO_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) {
    out[0] = '\0';
  }
}
