/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing run of bytes with a hard cap. The first append that does not fit,
 * or finds no memory, makes the buffer fail for good; so a writer appends
 * freely and asks buffer_status() once at the end. What was appended before
 * stays readable. Owns its bytes; wipes them when deinitialised.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct buffer {
  char *data; /* NUL-terminated whenever it is not NULL */
  size_t length;
  size_t capacity;
  size_t limit; /* most bytes that length may reach */
  enum status status;
};

void buffer_init(struct buffer *buffer, size_t limit_bytes);
void buffer_deinit(struct buffer *buffer);

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char c);
void buffer_append_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Drops length bytes (at most all) from the front. */
void buffer_consume(struct buffer *buffer, size_t length);
/* Empties the buffer, keeps its memory and clears a failure. */
void buffer_clear(struct buffer *buffer);

NODISCARD enum status buffer_status(const struct buffer *buffer);
/* The text so far; "" for an empty buffer. Borrowed until the next call. */
const char *buffer_text(const struct buffer *buffer);
/* Hands over the bytes, NUL-terminated, to be freed with free(); NULL when the
 * buffer has failed or memory is out. The buffer is empty afterwards. */
NODISCARD char *buffer_take(struct buffer *buffer);

#endif
