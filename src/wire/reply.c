/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/reply.h"

#include <string.h>
#include <strings.h>

#include "reply_internal.h"

struct span reply_input(const char *bytes, size_t length)
{
  return (struct span){bytes, length < REPLY_MAX_BYTES ? length : REPLY_MAX_BYTES};
}

enum reply_result reply_unfinished(struct span input)
{
  return input.length < REPLY_MAX_BYTES ? REPLY_INCOMPLETE : REPLY_MALFORMED;
}

/* The CR of a line end, also one whose LF is still to come. */
static void drop_carriage_return(struct span *line)
{
  if (line->length > 0 && line->bytes[line->length - 1] == '\r') {
    line->length--;
  }
}

bool reply_next_line(struct span input, size_t *offset, struct span *line)
{
  *line = (struct span){input.bytes + *offset, input.length - *offset};
  const char *end = line->length > 0 ? memchr(line->bytes, '\n', line->length) : NULL;
  if (end != NULL) {
    line->length = (size_t)(end - line->bytes);
    *offset += line->length + 1;
  }
  drop_carriage_return(line);
  return end != NULL;
}

struct span reply_take_word(struct span *line)
{
  struct span word = {line->bytes, 0};
  while (word.length < line->length && word.bytes[word.length] != ' ') {
    word.length++;
  }
  size_t taken = word.length < line->length ? word.length + 1 : word.length;
  line->bytes += taken;
  line->length -= taken;
  return word;
}

bool span_is(struct span span, const char *word)
{
  return span.length == strlen(word) && strncasecmp(span.bytes, word, span.length) == 0;
}

bool span_begins_with(struct span span, const char *word)
{
  size_t length = strlen(word);
  return span.length >= length && strncasecmp(span.bytes, word, length) == 0;
}

bool span_has_word(struct span line, const char *word)
{
  while (line.length > 0) {
    if (span_is(reply_take_word(&line), word)) {
      return true;
    }
  }
  return false;
}

void reply_set_code(struct reply *reply, struct span code)
{
  size_t used = 0;
  for (size_t i = 0; i < code.length && used + 1 < REPLY_CODE_BYTES; i++) {
    if (code.bytes[i] > ' ' && code.bytes[i] <= '~') {
      reply->code[used++] = code.bytes[i];
    }
  }
  reply->code[used] = '\0';
}

void reply_set_text(struct reply *reply, struct span text)
{
  reply->text = text.length > 0 ? text.bytes : NULL;
  reply->text_bytes = text.length;
}
