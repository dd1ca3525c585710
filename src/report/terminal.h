/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text for a terminal of 80 to 100 columns: wrapped paragraphs, rows of a label
 * and a value, colour only where asked for. Shared by text.c and table.c.
 */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include "report_internal.h"

enum { TERMINAL_COLUMNS = 96 };

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_GOOD, STYLE_BAD, STYLE_UNSURE };

struct terminal {
  struct buffer *out;
  bool colour;
};

void terminal_styled(struct terminal *terminal, enum style style, const char *text);
enum style condition_style(enum condition condition);

/* Columns that the clean text takes: one for each character. */
size_t terminal_width(const char *text);
/* Writes the words of text from column on and begins each further line with indent
 * spaces; ends the line. */
void terminal_wrapped(struct terminal *terminal, size_t column, size_t indent, const char *text);
void terminal_spaces(struct terminal *terminal, size_t count);

/* "4.12ms", "123ms", "1.23s": no space, so that no line ends inside. */
void append_duration(struct buffer *out, int64_t ns);
/* "FAULT proxy edge_swg: tls_intercepted"; the routes are named by the caller. */
void terminal_headline(struct terminal *terminal, const struct verdict *verdict,
                       const char *routes);

#endif
