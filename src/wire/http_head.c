/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/http_head.h"

#include <string.h>
#include <strings.h>

/* RFC 9112 section 4; 9 stands for any digit. */
static const char status_line_shape[] = "HTTP/1.9 999";
enum {
  STATUS_LINE_MINOR_VERSION = 7,
  STATUS_LINE_STATUS = 9,
  STATUS_LINE_REASON = sizeof(status_line_shape) - 1,
};

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static unsigned digit(char c)
{
  return (unsigned)(c - '0');
}

/* token, RFC 9110 section 5.6.2 */
static bool is_token_char(char c)
{
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || is_digit(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_white_space(char c)
{
  return c == ' ' || c == '\t';
}

/* CR and NUL are dangerous in a value (RFC 9110 section 5.5); a LF cannot be inside a line. */
static bool is_value(struct http_text text)
{
  return memchr(text.bytes, '\r', text.length) == NULL &&
         memchr(text.bytes, '\0', text.length) == NULL;
}

/* Whether the line, or the beginning of one, is what a status line begins with. */
static bool fits_status_line(struct http_text line)
{
  for (size_t i = 0; i < line.length && i < STATUS_LINE_REASON; i++) {
    bool fits = status_line_shape[i] == '9' ? is_digit(line.bytes[i])
                                            : line.bytes[i] == status_line_shape[i];
    if (!fits) {
      return false;
    }
  }
  return true;
}

static bool read_status_line(struct http_text line, struct http_head *out)
{
  if (line.length < STATUS_LINE_REASON || !fits_status_line(line)) {
    return false;
  }
  out->minor_version = digit(line.bytes[STATUS_LINE_MINOR_VERSION]);
  const char *status = line.bytes + STATUS_LINE_STATUS;
  out->status = digit(status[0]) * 100 + digit(status[1]) * 10 + digit(status[2]);
  out->reason = (struct http_text){line.bytes + STATUS_LINE_REASON, 0};
  if (line.length > STATUS_LINE_REASON) {
    if (line.bytes[STATUS_LINE_REASON] != ' ') {
      return false;
    }
    out->reason.bytes++;
    out->reason.length = line.length - STATUS_LINE_REASON - 1;
  }
  return out->status >= 100 && is_value(out->reason);
}

static struct http_text without_white_space_around(struct http_text text)
{
  while (text.length > 0 && is_white_space(text.bytes[0])) {
    text.bytes++;
    text.length--;
  }
  while (text.length > 0 && is_white_space(text.bytes[text.length - 1])) {
    text.length--;
  }
  return text;
}

/* No white space may stand before the colon (RFC 9112 section 5.1), nor before the name, where
 * it would be obs-fold (section 5.2): neither is a token character. */
static bool read_field(struct http_text line, struct http_head *out)
{
  size_t name_bytes = 0;
  while (name_bytes < line.length && is_token_char(line.bytes[name_bytes])) {
    name_bytes++;
  }
  if (name_bytes == 0 || name_bytes == line.length || line.bytes[name_bytes] != ':' ||
      out->field_count == HTTP_FIELDS_MAX) {
    return false;
  }
  struct http_text rest = {line.bytes + name_bytes + 1, line.length - name_bytes - 1};
  struct http_field field = {
      .name = {line.bytes, name_bytes},
      .value = without_white_space_around(rest),
  };
  if (!is_value(field.value)) {
    return false;
  }
  out->fields[out->field_count++] = field;
  return true;
}

/* The line at *offset without its end, and *offset set to the next. false: it is incomplete;
 * line is then what there is of it. */
static bool next_line(struct http_text input, size_t *offset, struct http_text *line)
{
  *line = (struct http_text){input.bytes + *offset, input.length - *offset};
  if (line->length == 0) {
    return false;
  }
  const char *end = memchr(line->bytes, '\n', line->length);
  if (end == NULL) {
    return false;
  }
  line->length = (size_t)(end - line->bytes);
  *offset += line->length + 1;
  if (line->length > 0 && line->bytes[line->length - 1] == '\r') {
    line->length--;
  }
  return true;
}

enum http_head_result http_head_read(const char *bytes, size_t length, struct http_head *out)
{
  *out = (struct http_head){0};
  if (length == 0) {
    return HTTP_HEAD_INCOMPLETE;
  }
  bool all_that_may_come = length >= HTTP_HEAD_MAX_BYTES;
  struct http_text input = {bytes, all_that_may_come ? HTTP_HEAD_MAX_BYTES : length};
  struct http_text line;
  size_t offset = 0;
  if (!next_line(input, &offset, &line)) {
    bool may_become_one = !all_that_may_come && fits_status_line(line);
    return may_become_one ? HTTP_HEAD_INCOMPLETE : HTTP_HEAD_MALFORMED;
  }
  if (!read_status_line(line, out)) {
    return HTTP_HEAD_MALFORMED;
  }
  while (next_line(input, &offset, &line)) {
    if (line.length == 0) {
      out->head_bytes = offset;
      return HTTP_HEAD_COMPLETE;
    }
    if (!read_field(line, out)) {
      return HTTP_HEAD_MALFORMED;
    }
  }
  return all_that_may_come ? HTTP_HEAD_MALFORMED : HTTP_HEAD_INCOMPLETE;
}

bool http_text_is(struct http_text text, const char *word)
{
  return text.length == strlen(word) && strncasecmp(text.bytes, word, text.length) == 0;
}

const struct http_field *http_head_field(const struct http_head *head, const char *name, size_t nth)
{
  for (size_t i = 0; i < head->field_count; i++) {
    if (http_text_is(head->fields[i].name, name) && nth-- == 0) {
      return &head->fields[i];
    }
  }
  return NULL;
}
