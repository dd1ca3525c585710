/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flags in Prometheus' style, "--flag=value" and "--flag value", from a table
 * that is also the help. Called by the commands; owns nothing but the lists.
 */
#ifndef CLI_FLAGS_H
#define CLI_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/* The values of a flag that may be given several times, in their order; borrowed from argv. */
struct flag_list {
  const char **items;
  size_t count;
};
void flag_list_deinit(struct flag_list *list);

struct flag {
  const char *name;     /* with "--" */
  const char *argument; /* what the value is called in the help; NULL: takes none */
  const char *help;
  const char **text;      /* exactly one of these three gets the value */
  struct flag_list *list; /* repeatable */
  bool *given;            /* takes no value */
};

/* Reads arguments from argv[first] on; what is no flag goes to operands. "--" ends the flags.
 * STATUS_INVALID with a text that says what would be right. */
NODISCARD enum status flags_parse(const struct flag *flags, size_t count, int argc, char **argv,
                                  int first, struct flag_list *operands, struct error *error);

/* Whether it was among the arguments; after flags_parse(). */
bool flag_is_given(const struct flag *flag);

/* One line a flag, aligned. */
void flags_help(const struct flag *flags, size_t count, struct buffer *out);

#endif
