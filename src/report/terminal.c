/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "terminal.h"

#include <string.h>

#include "base/clock.h"

enum { PARAGRAPH_LIMIT_BYTES = 4 << 20 };

static const char *const style_codes[] = {
    [STYLE_BOLD] = "\x1b[1m",
    [STYLE_GOOD] = "\x1b[1;32m",
    [STYLE_BAD] = "\x1b[1;31m",
    [STYLE_UNSURE] = "\x1b[1;33m",
};

void terminal_styled(struct terminal *terminal, enum style style, const char *text)
{
  bool coloured = terminal->colour && style != STYLE_PLAIN;
  if (coloured) {
    buffer_append_text(terminal->out, style_codes[style]);
  }
  escape_terminal(terminal->out, text);
  if (coloured) {
    buffer_append_text(terminal->out, "\x1b[0m");
  }
}

enum style condition_style(enum condition condition)
{
  switch (condition) {
  case CONDITION_OK:
    return STYLE_GOOD;
  case CONDITION_FAULT:
    return STYLE_BAD;
  case CONDITION_WAITING:
    return STYLE_UNSURE;
  }
  return STYLE_PLAIN;
}

static size_t characters(const char *text, size_t length)
{
  size_t count = 0;
  for (size_t i = 0; i < length; i++) {
    count += ((unsigned char)text[i] & 0xC0) != 0x80 ? 1 : 0; /* not a UTF-8 continuation */
  }
  return count;
}

size_t terminal_width(const char *text)
{
  return characters(text, strlen(text));
}

void terminal_spaces(struct terminal *terminal, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    buffer_append_char(terminal->out, ' ');
  }
}

static void wrap_words(struct terminal *terminal, size_t column, size_t indent, const char *text)
{
  bool line_has_word = false;
  while (*text != '\0') {
    size_t length = strcspn(text, " ");
    size_t width = characters(text, length);
    if (line_has_word && column + 1 + width > TERMINAL_COLUMNS) {
      buffer_append_char(terminal->out, '\n');
      terminal_spaces(terminal, indent);
      column = indent;
      line_has_word = false;
    }
    if (line_has_word) {
      buffer_append_char(terminal->out, ' ');
      column++;
    }
    buffer_append(terminal->out, text, length);
    column += width;
    line_has_word = true;
    text += length;
    text += strspn(text, " ");
  }
  buffer_append_char(terminal->out, '\n');
}

void terminal_wrapped(struct terminal *terminal, size_t column, size_t indent, const char *text)
{
  struct buffer clean;
  buffer_init(&clean, PARAGRAPH_LIMIT_BYTES);
  escape_terminal(&clean, text);
  wrap_words(terminal, column, indent, buffer_text(&clean));
  inherit_failure(terminal->out, &clean);
  buffer_deinit(&clean);
}

/* Three digits that count are enough for a person. */
void append_duration(struct buffer *out, int64_t ns)
{
  long long us = (long long)(ns / 1000);
  if (ns < 10 * NS_PER_MS) {
    buffer_append_format(out, "%lld.%02lldms", us / 1000, us % 1000 / 10);
  } else if (ns < 100 * NS_PER_MS) {
    buffer_append_format(out, "%lld.%lldms", us / 1000, us % 1000 / 100);
  } else if (ns < NS_PER_SECOND) {
    buffer_append_format(out, "%lldms", us / 1000);
  } else {
    buffer_append_format(out, "%lld.%02llds", us / 1000000, us % 1000000 / 10000);
  }
}

void terminal_headline(struct terminal *terminal, const struct verdict *verdict, const char *routes)
{
  terminal_styled(terminal, STYLE_BAD, "FAULT");
  buffer_append_format(terminal->out, " %s ", fault_name(verdict->fault));
  escape_terminal(terminal->out, routes);
  buffer_append_format(terminal->out, ": %s\n", verdict->reason);
}
