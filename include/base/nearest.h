/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "Did you mean ...?": the word of a list that a mistyped one was probably meant
 * to be. Called by the settings and the command line.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* One of the names, or NULL: none is near enough. Counts insertions, deletions, substitutions and
 * swaps of neighbours (optimal string alignment); a beginning of a name counts as that name. */
const char *nearest_name(const char *value, const char *const *names, size_t count);

#endif
