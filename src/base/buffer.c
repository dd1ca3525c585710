/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void buffer_init(struct buffer *buffer, size_t limit_bytes)
{
  *buffer = (struct buffer){.limit = limit_bytes, .status = STATUS_OK};
}

void buffer_deinit(struct buffer *buffer)
{
  if (buffer->data != NULL) {
    explicit_bzero(buffer->data, buffer->capacity);
    free(buffer->data);
  }
  *buffer = (struct buffer){.limit = buffer->limit, .status = STATUS_OK};
}

/* Makes room for length more bytes and the terminator. A secret may be inside,
 * so the old block is wiped rather than left to realloc(). */
static bool reserve(struct buffer *buffer, size_t length)
{
  if (buffer->status != STATUS_OK) {
    return false;
  }
  if (length > buffer->limit - buffer->length) {
    buffer->status = STATUS_TOO_LARGE;
    return false;
  }
  size_t needed = buffer->length + length + 1;
  if (needed <= buffer->capacity) {
    return true;
  }
  size_t capacity = buffer->capacity != 0 ? buffer->capacity : FIRST_CAPACITY;
  while (capacity < needed) {
    capacity *= 2;
  }
  char *data = malloc(capacity);
  if (data == NULL) {
    buffer->status = STATUS_OUT_OF_MEMORY;
    return false;
  }
  if (buffer->data != NULL) {
    memcpy(data, buffer->data, buffer->length + 1);
    explicit_bzero(buffer->data, buffer->capacity);
    free(buffer->data);
  }
  buffer->data = data;
  buffer->capacity = capacity;
  return true;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
  if (!reserve(buffer, length)) {
    return;
  }
  if (length > 0) {
    memcpy(buffer->data + buffer->length, bytes, length);
  }
  buffer->length += length;
  buffer->data[buffer->length] = '\0';
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
  buffer_append(buffer, text, strlen(text));
}

void buffer_append_char(struct buffer *buffer, char c)
{
  buffer_append(buffer, &c, 1);
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length >= 0 && reserve(buffer, (size_t)length)) {
    (void)vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
    buffer->length += (size_t)length;
  }
  va_end(again);
}

void buffer_consume(struct buffer *buffer, size_t length)
{
  if (length > buffer->length) {
    length = buffer->length;
  }
  if (length == 0) {
    return;
  }
  buffer->length -= length;
  memmove(buffer->data, buffer->data + length, buffer->length + 1);
}

void buffer_clear(struct buffer *buffer)
{
  buffer->length = 0;
  buffer->status = STATUS_OK;
  if (buffer->data != NULL) {
    buffer->data[0] = '\0';
  }
}

enum status buffer_status(const struct buffer *buffer)
{
  return buffer->status;
}

const char *buffer_text(const struct buffer *buffer)
{
  return buffer->data != NULL ? buffer->data : "";
}

char *buffer_take(struct buffer *buffer)
{
  if (buffer->status != STATUS_OK || !reserve(buffer, 0)) {
    return NULL;
  }
  buffer->data[buffer->length] = '\0';
  char *data = buffer->data;
  buffer->data = NULL;
  buffer->length = 0;
  buffer->capacity = 0;
  return data;
}
