/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/text.h"
#include "settings_internal.h"

enum {
  KEPT_MAX = 1000, /* collected, so that the ones shown are the first by line */
  SHOWN_MAX = 100,
  NAMES_SHOWN_MAX = 16,
  HINT_MAX = 400,
};

static void add(struct loader *loader, unsigned line, const struct error *error)
{
  struct problems *problems = &loader->problems;
  if (problems->count == KEPT_MAX) {
    problems->not_kept++;
    return;
  }
  struct problem *items = realloc(problems->items, (problems->count + 1) * sizeof(*items));
  if (items == NULL) {
    loader->out_of_memory = true;
    return;
  }
  problems->items = items;
  items[problems->count] = (struct problem){line, problems->count, *error};
  problems->count++;
}

void problems_add_error(struct loader *loader, unsigned line, const struct error *error)
{
  struct error placed = *error;
  if (placed.file[0] != '\0') {
    unsigned own_line = source_line(loader, placed.file, placed.line);
    line = own_line != 0 ? own_line : line;
  } else {
    struct source source = source_at(loader, line);
    (void)error_set(&placed, STATUS_INVALID, source.file, source.line, "%s", error->text);
  }
  add(loader, line, &placed);
}

void problems_add(struct loader *loader, unsigned line, const char *format, ...)
{
  struct error error = {.file = ""};
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(error.text, sizeof(error.text), format, arguments);
  va_end(arguments);
  problems_add_error(loader, line, &error);
}

static void append_names(struct buffer *out, struct names names)
{
  for (size_t i = 0; i < names.count && i < NAMES_SHOWN_MAX; i++) {
    buffer_append_format(out, "%s%s", i > 0 ? ", " : "", names.items[i]);
  }
  if (names.count > NAMES_SHOWN_MAX) {
    buffer_append_format(out, " and %zu more", names.count - NAMES_SHOWN_MAX);
  }
}

void problems_add_unknown(struct loader *loader, unsigned line, const char *kind, const char *value,
                          const char *where, struct names names)
{
  char quote[96];
  struct buffer hint;
  buffer_init(&hint, HINT_MAX);
  const char *nearest = nearest_name(value, names.items, names.count);
  if (nearest != NULL) {
    buffer_append_format(&hint, "did you mean \"%s\"?", nearest);
  } else if (names.count == 0) {
    buffer_append_text(&hint, "none is configured");
  } else {
    buffer_append_text(&hint, "available: ");
    append_names(&hint, names);
  }
  problems_add(loader, line, "unknown %s \"%s\"%s (%s)", kind,
               text_excerpt(value, quote, sizeof(quote)), where, buffer_text(&hint));
  buffer_deinit(&hint);
}

static int compare(const void *left, const void *right)
{
  const struct problem *a = left;
  const struct problem *b = right;
  if (a->line != b->line) {
    return a->line < b->line ? -1 : 1;
  }
  return a->sequence < b->sequence ? -1 : 1;
}

enum status problems_hand_over(struct loader *loader, struct error_list *errors)
{
  struct problems *problems = &loader->problems;
  if (problems->count > 1) {
    qsort(problems->items, problems->count, sizeof(*problems->items), compare);
  }
  enum status status = STATUS_OK;
  for (size_t i = 0; i < problems->count && i < SHOWN_MAX && status == STATUS_OK; i++) {
    status = error_list_add(errors, &problems->items[i].error);
  }
  if (problems->count > SHOWN_MAX && status == STATUS_OK) {
    struct error more;
    (void)error_set(&more, STATUS_INVALID, loader->path, 0, "and %zu more errors",
                    problems->count - SHOWN_MAX + problems->not_kept);
    status = error_list_add(errors, &more);
  }
  return status;
}

void problems_deinit(struct problems *problems)
{
  free(problems->items);
  *problems = (struct problems){.items = NULL};
}
