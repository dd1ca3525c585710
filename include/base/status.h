/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a function of this program says that it could not do its work, and where
 * the words for it go. A failure of a remote peer is never one of these: it is
 * a fact in an observation. Used by every room; owns nothing.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stddef.h>

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

enum status {
  STATUS_OK = 0,
  STATUS_OUT_OF_MEMORY,
  STATUS_INVALID, /* the input is wrong; the error says where and how */
  STATUS_NOT_FOUND,
  STATUS_TOO_LARGE, /* a cap was reached */
  STATUS_IO,        /* the system refused; the error carries its words */
};

/* One message for a person. file is "" and line 0 where they do not apply. */
struct error {
  char file[256];
  unsigned line;
  char text[768];
};

/* Fills error, which may be NULL; file, too. */
void error_write(struct error *error, const char *file, unsigned line, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* The same with a status as its value, so that
 * `return error_set(error, STATUS_INVALID, file, line, "...")` reads as one. A macro, so that
 * compilers and analysers see which status it is. */
#define error_set(error, value, ...) (error_write((error), __VA_ARGS__), (enum status)(value))

/* All that is wrong, in the order found. The list owns its items. */
struct error_list {
  struct error *items;
  size_t count;
};

/* Adds a copy. Where memory is out the message is lost but count still shows
 * a failure through the STATUS_OUT_OF_MEMORY returned. */
NODISCARD enum status error_list_add(struct error_list *list, const struct error *error);
void error_list_deinit(struct error_list *list);

/* "FILE:LINE: text", "FILE: text" or "text" into out (always terminated). */
void error_format(const struct error *error, char *out, size_t out_bytes);

#endif
