/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

enum { FLAGS_MAX = 64, HELP_COLUMN = 34 };

void flag_list_deinit(struct flag_list *list)
{
  free(list->items);
  *list = (struct flag_list){0};
}

static enum status add(struct flag_list *list, const char *value)
{
  const char **items = realloc(list->items, (list->count + 1) * sizeof(*items));
  if (items == NULL) {
    return STATUS_OUT_OF_MEMORY;
  }
  list->items = items;
  items[list->count] = value;
  list->count++;
  return STATUS_OK;
}

static const struct flag *find(const struct flag *flags, size_t count, const char *name,
                               size_t length)
{
  for (size_t i = 0; i < count; i++) {
    if (strlen(flags[i].name) == length && strncmp(flags[i].name, name, length) == 0) {
      return &flags[i];
    }
  }
  return NULL;
}

static enum status unknown(const struct flag *flags, size_t count, const char *argument,
                           size_t length, struct error *error)
{
  const char *names[FLAGS_MAX];
  size_t named = count < FLAGS_MAX ? count : FLAGS_MAX;
  for (size_t i = 0; i < named; i++) {
    names[i] = flags[i].name;
  }
  char value[64];
  (void)snprintf(value, sizeof(value), "%.*s", (int)length, argument);
  const char *meant = nearest_name(value, names, named);
  return meant != NULL
             ? error_set(error, STATUS_INVALID, NULL, 0, "unknown flag %s, did you mean %s?", value,
                         meant)
             : error_set(error, STATUS_INVALID, NULL, 0, "unknown flag %s, see --help", value);
}

/* One flag at argv[*i]; moves *i on when the value is the next argument. */
static enum status parse_one(const struct flag *flags, size_t count, int argc, char **argv, int *i,
                             struct error *error)
{
  const char *argument = argv[*i];
  argument = strcmp(argument, "-h") == 0 ? "--help" : argument;
  size_t length = strcspn(argument, "=");
  const struct flag *flag = find(flags, count, argument, length);
  if (flag == NULL) {
    return unknown(flags, count, argument, length, error);
  }
  const char *value = argument[length] == '=' ? argument + length + 1 : NULL;
  if (flag->given != NULL) {
    *flag->given = true;
    return value == NULL
               ? STATUS_OK
               : error_set(error, STATUS_INVALID, NULL, 0, "%s takes no value", flag->name);
  }
  if (value == NULL && *i + 1 < argc) {
    *i += 1;
    value = argv[*i];
  }
  if (value == NULL || value[0] == '\0') {
    return error_set(error, STATUS_INVALID, NULL, 0, "%s needs a value: %s=%s", flag->name,
                     flag->name, flag->argument);
  }
  if (flag->list != NULL) {
    return add(flag->list, value);
  }
  if (*flag->text != NULL) {
    return error_set(error, STATUS_INVALID, NULL, 0, "%s is given twice", flag->name);
  }
  *flag->text = value;
  return STATUS_OK;
}

enum status flags_parse(const struct flag *flags, size_t count, int argc, char **argv, int first,
                        struct flag_list *operands, struct error *error)
{
  bool flags_ended = false;
  enum status status = STATUS_OK;
  for (int i = first; i < argc && status == STATUS_OK; i++) {
    if (!flags_ended && strcmp(argv[i], "--") == 0) {
      flags_ended = true;
    } else if (!flags_ended && argv[i][0] == '-' && argv[i][1] != '\0') {
      status = parse_one(flags, count, argc, argv, &i, error);
    } else {
      status = add(operands, argv[i]);
    }
  }
  if (status == STATUS_OUT_OF_MEMORY) {
    (void)error_set(error, status, NULL, 0, "out of memory");
  }
  return status;
}

bool flag_is_given(const struct flag *flag)
{
  return flag->given != NULL  ? *flag->given
         : flag->list != NULL ? flag->list->count > 0
                              : *flag->text != NULL;
}

static void align(struct buffer *out, size_t line_start)
{
  while (buffer_status(out) == STATUS_OK && out->length - line_start < HELP_COLUMN) {
    buffer_append_char(out, ' ');
  }
}

void flags_help(const struct flag *flags, size_t count, struct buffer *out)
{
  for (size_t i = 0; i < count; i++) {
    size_t line_start = out->length;
    buffer_append_format(out, "  %s", flags[i].name);
    if (flags[i].argument != NULL) {
      buffer_append_format(out, "=%s", flags[i].argument);
    }
    if (out->length - line_start >= HELP_COLUMN) {
      buffer_append_char(out, '\n');
      line_start = out->length;
    }
    align(out, line_start);
    buffer_append_format(out, "%s%s\n", flags[i].help,
                         flags[i].list != NULL ? " (repeatable)" : "");
  }
}
