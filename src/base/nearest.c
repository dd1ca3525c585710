/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/nearest.h"

#include <string.h>

enum { NAME_BYTES_MAX = 63 }; /* longer names get no suggestion */

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that lead from a
 * to b (optimal string alignment). Both at most NAME_BYTES_MAX long. */
static size_t edit_distance(const char *a, const char *b)
{
  size_t rows[3][NAME_BYTES_MAX + 1];
  size_t *before = rows[0];
  size_t *above = rows[1];
  size_t *row = rows[2];
  size_t length = strlen(b);
  for (size_t j = 0; j <= length; j++) {
    above[j] = j;
    before[j] = 0;
  }
  for (size_t i = 1; i <= strlen(a); i++) {
    row[0] = i;
    for (size_t j = 1; j <= length; j++) {
      size_t substituted = above[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
      row[j] = least(substituted, least(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = least(row[j], before[j - 2] + 1);
      }
    }
    size_t *spare = before;
    before = above;
    above = row;
    row = spare;
  }
  return above[length];
}

const char *nearest_name(const char *value, const char *const *names, size_t count)
{
  const char *nearest = NULL;
  size_t length = strlen(value);
  size_t limit = length / 3 + 1;
  if (length > NAME_BYTES_MAX) {
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    if (length >= 3 && strncmp(names[i], value, length) == 0) {
      return names[i];
    }
    if (strlen(names[i]) > NAME_BYTES_MAX) {
      continue;
    }
    size_t distance = edit_distance(value, names[i]);
    if (distance < limit) {
      limit = distance;
      nearest = names[i];
    }
  }
  return nearest;
}
