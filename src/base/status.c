/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void error_write(struct error *error, const char *file, unsigned line, const char *format, ...)
{
  if (error == NULL) {
    return;
  }
  (void)snprintf(error->file, sizeof(error->file), "%s", file != NULL ? file : "");
  error->line = line;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(error->text, sizeof(error->text), format, arguments);
  va_end(arguments);
}

enum status error_list_add(struct error_list *list, const struct error *error)
{
  struct error *items = realloc(list->items, (list->count + 1) * sizeof(*items));
  if (items == NULL) {
    return STATUS_OUT_OF_MEMORY;
  }
  list->items = items;
  list->items[list->count] = *error;
  list->count++;
  return STATUS_OK;
}

void error_list_deinit(struct error_list *list)
{
  free(list->items);
  list->items = NULL;
  list->count = 0;
}

void error_format(const struct error *error, char *out, size_t out_bytes)
{
  if (error->file[0] == '\0') {
    (void)snprintf(out, out_bytes, "%s", error->text);
  } else if (error->line == 0) {
    (void)snprintf(out, out_bytes, "%s: %s", error->file, error->text);
  } else {
    (void)snprintf(out, out_bytes, "%s:%u: %s", error->file, error->line, error->text);
  }
}
