/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/duration.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
  const char *name;
  int64_t ms;
};

/* In the order in which they may be written. */
static const struct unit units[] = {
    {"y", INT64_C(365) * 24 * 3600 * 1000},
    {"w", INT64_C(7) * 24 * 3600 * 1000},
    {"d", INT64_C(24) * 3600 * 1000},
    {"h", INT64_C(3600) * 1000},
    {"m", INT64_C(60) * 1000},
    {"s", INT64_C(1000)},
    {"ms", INT64_C(1)},
};
enum { UNIT_COUNT = sizeof(units) / sizeof(units[0]) };

/* Reads the digits at *text and moves past them. */
static bool read_number(const char **text, int64_t *out)
{
  const char *at = *text;
  int64_t number = 0;
  for (; *at >= '0' && *at <= '9'; at++) {
    if (number > DURATION_MAX_MS / 10) {
      return false;
    }
    number = number * 10 + (*at - '0');
  }
  bool any = at != *text;
  *text = at;
  *out = number;
  return any;
}

/* Reads the letters at *text as a unit no earlier than `from`; UNIT_COUNT: none. */
static size_t read_unit(const char **text, size_t from)
{
  size_t length = strspn(*text, "ywdhms");
  for (size_t i = from; i < UNIT_COUNT; i++) {
    if (strlen(units[i].name) == length && strncmp(units[i].name, *text, length) == 0) {
      *text += length;
      return i;
    }
  }
  return UNIT_COUNT;
}

enum status duration_parse(const char *text, int64_t *out_ms)
{
  *out_ms = 0;
  if (strcmp(text, "0") == 0) {
    return STATUS_OK;
  }
  int64_t total_ms = 0;
  size_t next_unit = 0;
  const char *at = text;
  do {
    int64_t number = 0;
    if (!read_number(&at, &number)) {
      return STATUS_INVALID;
    }
    size_t unit = read_unit(&at, next_unit);
    if (unit == UNIT_COUNT || number > (DURATION_MAX_MS - total_ms) / units[unit].ms) {
      return STATUS_INVALID;
    }
    total_ms += number * units[unit].ms;
    next_unit = unit + 1;
  } while (*at != '\0');
  *out_ms = total_ms;
  return STATUS_OK;
}

/* Weeks and years are only used for a duration that is nothing else: people
 * read "10d" more easily than "1w3d". */
static bool unit_fits(const struct unit *unit, int64_t ms)
{
  return unit->ms > units[2].ms ? ms % unit->ms == 0 : ms >= unit->ms;
}

void duration_format(int64_t ms, char *out, size_t out_bytes)
{
  if (out_bytes == 0) {
    return;
  }
  (void)snprintf(out, out_bytes, "0s");
  size_t used = 0;
  for (size_t i = 0; i < UNIT_COUNT && ms > 0; i++) {
    if (!unit_fits(&units[i], ms)) {
      continue;
    }
    int written =
        snprintf(out + used, out_bytes - used, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
    if (written < 0 || (size_t)written >= out_bytes - used) {
      return;
    }
    used += (size_t)written;
    ms %= units[i].ms;
  }
}
