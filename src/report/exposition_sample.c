/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "exposition_internal.h"

static void begin_text_family(struct page *page)
{
  const struct family *family = page->family;
  const char *type = strcmp(family->type, "info") == 0 ? "gauge" : family->type;
  buffer_append_format(page->out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
                       family->name, type);
}

static bool ends_in(const char *name, size_t length, const char *ending)
{
  size_t ending_length = strlen(ending);
  return length > ending_length &&
         strncmp(name + length - ending_length, ending, ending_length) == 0;
}

/* OpenMetrics leaves the sample's suffix out of the family's name, and wants the unit named. */
static void begin_openmetrics_family(struct page *page)
{
  static const char *const suffixes[] = {"_total", "_info"};
  static const char *const units[] = {"seconds", "bytes"};
  const struct family *family = page->family;
  size_t length = strlen(family->name);
  for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
    length -= ends_in(family->name, length, suffixes[i]) ? strlen(suffixes[i]) : 0;
  }
  buffer_append_format(page->out, "# TYPE %.*s %s\n", (int)length, family->name, family->type);
  for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
    if (ends_in(family->name, length, units[i])) {
      buffer_append_format(page->out, "# UNIT %.*s %s\n", (int)length, family->name, units[i]);
    }
  }
  buffer_append_format(page->out, "# HELP %.*s %s\n", (int)length, family->name, family->help);
}

static void begin_family(struct page *page)
{
  switch (page->wish->format) {
  case EXPOSITION_TEXT:
    begin_text_family(page);
    break;
  case EXPOSITION_OPENMETRICS:
    begin_openmetrics_family(page);
    break;
  }
  page->family_begun = true;
}

static void append_route_labels(struct page *page, size_t start, size_t length)
{
  if (length > 0) {
    buffer_append(page->out, buffer_text(&page->labels) + start, length);
  }
}

void sample_begin(struct page *page, const char *suffix)
{
  if (!page->family_begun) {
    begin_family(page);
  }
  buffer_append_text(page->out, page->family->name);
  buffer_append_text(page->out, suffix);
  page->has_labels = page->route != NULL;
  if (page->route != NULL) {
    const struct route_labels *labels = &page->route_labels[page->route - page->view.routes];
    buffer_append_char(page->out, '{');
    append_route_labels(page, labels->head, labels->head_length);
  }
}

void sample_label(struct page *page, const char *name, const char *value)
{
  buffer_append_char(page->out, page->has_labels ? ',' : '{');
  buffer_append_text(page->out, name);
  buffer_append_text(page->out, "=\"");
  escape_label(page->out, value);
  buffer_append_char(page->out, '"');
  page->has_labels = true;
}

static void end_labels(struct page *page)
{
  if (page->route != NULL) {
    const struct route_labels *labels = &page->route_labels[page->route - page->view.routes];
    append_route_labels(page, labels->tail, labels->tail_length);
  }
  buffer_append_text(page->out, page->has_labels ? "} " : " ");
}

void sample_value_integer(struct page *page, int64_t value)
{
  end_labels(page);
  buffer_append_format(page->out, "%lld\n", (long long)value);
}

void sample_value_count(struct page *page, uint64_t value)
{
  end_labels(page);
  buffer_append_format(page->out, "%llu\n", (unsigned long long)value);
}

/* Decimal digits straight from the integer: exact, and in every locale. */
static void append_ns(struct buffer *out, int64_t ns)
{
  if (ns < 0) {
    buffer_append_char(out, '-');
  }
  uint64_t magnitude = ns < 0 ? (uint64_t)0 - (uint64_t)ns : (uint64_t)ns;
  unsigned long long whole = magnitude / (uint64_t)NS_PER_SECOND;
  unsigned fraction = (unsigned)(magnitude % (uint64_t)NS_PER_SECOND);
  if (fraction == 0) {
    buffer_append_format(out, "%llu", whole);
    return;
  }
  int digits = 9;
  while (fraction % 10 == 0) {
    fraction /= 10;
    digits--;
  }
  buffer_append_format(out, "%llu.%0*u", whole, digits, fraction);
}

void sample_value_seconds(struct page *page, int64_t ns)
{
  end_labels(page);
  append_ns(page->out, ns);
  buffer_append_char(page->out, '\n');
}

void sample_value_timestamp(struct page *page, int64_t ns)
{
  sample_value_seconds(page, ns - ns % NS_PER_MS);
}

void append_real(struct buffer *out, double value)
{
  char text[32] = "";
  locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  locale_t before = uselocale(plain);
  for (int precision = 15; precision <= 17; precision++) {
    (void)snprintf(text, sizeof(text), "%.*g", precision, value);
    if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value)) {
      break;
    }
  }
  (void)uselocale(before);
  if (plain != (locale_t)0) {
    freelocale(plain);
  }
  buffer_append_text(out, text);
}

void append_bound(struct page *page, struct buffer *out, double value)
{
  size_t before = out->length;
  append_real(out, value);
  bool whole = out->data != NULL && strpbrk(out->data + before, ".e") == NULL;
  if (page->wish->format == EXPOSITION_OPENMETRICS && whole) {
    buffer_append_text(out, ".0");
  }
}

void sample_value_real(struct page *page, double value)
{
  end_labels(page);
  append_real(page->out, value);
  buffer_append_char(page->out, '\n');
}

void sample_integer(struct page *page, int64_t value)
{
  sample_begin(page, "");
  sample_value_integer(page, value);
}

void sample_count(struct page *page, uint64_t value)
{
  sample_begin(page, "");
  sample_value_count(page, value);
}

void sample_answer(struct page *page, enum answer answer)
{
  if (answer != ANSWER_UNKNOWN) {
    sample_integer(page, answer == ANSWER_YES ? 1 : 0);
  }
}

void sample_timestamp(struct page *page, int64_t ns)
{
  if (ns != 0) {
    sample_begin(page, "");
    sample_value_timestamp(page, ns);
  }
}
