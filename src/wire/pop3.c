/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/pop3.h"

#include <string.h>

#include "reply_internal.h"

static const struct indicator {
  const char *word;
  enum reply_kind kind;
} indicators[] = {{"+OK", REPLY_POSITIVE}, {"-ERR", REPLY_NEGATIVE}, {"+", REPLY_CHALLENGE}};
enum { INDICATOR_COUNT = sizeof(indicators) / sizeof(indicators[0]) };

/* Whether the line, or the beginning of one, can become a status line. Status indicators are in
 * upper case (RFC 1939 section 3). */
static bool fits(struct span line)
{
  for (size_t i = 0; i < INDICATOR_COUNT; i++) {
    size_t length = strlen(indicators[i].word);
    size_t common = line.length < length ? line.length : length;
    bool ends = line.length <= length || line.bytes[length] == ' ';
    if (strncmp(line.bytes, indicators[i].word, common) == 0 && ends) {
      return true;
    }
  }
  return false;
}

static bool take_status(struct span line, struct reply *out)
{
  struct span word = reply_take_word(&line);
  for (size_t i = 0; i < INDICATOR_COUNT; i++) {
    if (word.length == strlen(indicators[i].word) &&
        strncmp(word.bytes, indicators[i].word, word.length) == 0) {
      out->kind = indicators[i].kind;
      reply_set_code(out, word);
      reply_set_text(out, line);
      return true;
    }
  }
  return false;
}

static void note_capability(struct span line, struct reply *out)
{
  struct span word = reply_take_word(&line);
  if (span_is(word, "STLS")) {
    out->offers |= OFFERS_STARTTLS;
  }
  if (span_is(word, "SASL") && span_has_word(line, "PLAIN")) {
    out->offers |= OFFERS_PLAIN;
  }
}

enum reply_result pop3_reply_read(const char *bytes, size_t length, struct reply *out)
{
  *out = (struct reply){0};
  struct span input = reply_input(bytes, length);
  struct span line;
  if (!reply_next_line(input, &out->bytes, &line)) {
    return line.length == 0 || fits(line) ? reply_unfinished(input) : REPLY_MALFORMED;
  }
  return take_status(line, out) ? REPLY_COMPLETE : REPLY_MALFORMED;
}

enum reply_result pop3_capabilities_read(const char *bytes, size_t length, struct reply *out)
{
  enum reply_result result = pop3_reply_read(bytes, length, out);
  if (result != REPLY_COMPLETE || out->kind != REPLY_POSITIVE) {
    return result;
  }
  struct span input = reply_input(bytes, length);
  struct span line;
  while (reply_next_line(input, &out->bytes, &line)) {
    if (line.length == 1 && line.bytes[0] == '.') {
      return REPLY_COMPLETE;
    }
    note_capability(line, out);
  }
  return reply_unfinished(input);
}
