/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include "reply_internal.h"

/* The rest of a line after the tag: "OK text". false: none of the words of section 7.1. */
static bool take_status(struct span line, struct reply *out)
{
  static const struct {
    const char *word;
    enum reply_kind kind;
  } words[] = {
      {"OK", REPLY_POSITIVE},      {"NO", REPLY_NEGATIVE},  {"BAD", REPLY_NEGATIVE},
      {"PREAUTH", REPLY_NEGATIVE}, {"BYE", REPLY_NEGATIVE},
  };
  struct span word = reply_take_word(&line);
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (span_is(word, words[i].word)) {
      out->kind = words[i].kind;
      reply_set_code(out, word);
      reply_set_text(out, line);
      return true;
    }
  }
  return false;
}

/* tag, section 9: here it is enough that it is visible and no list. */
static bool may_begin(char c)
{
  return c > ' ' && c <= '~' && c != '(' && c != ')' && c != '{' && c != '"' && c != '\\';
}

static bool fits(struct span line)
{
  return line.length == 0 || may_begin(line.bytes[0]);
}

enum reply_result imap_greeting_read(const char *bytes, size_t length, struct reply *out)
{
  *out = (struct reply){0};
  struct span input = reply_input(bytes, length);
  struct span line;
  size_t offset = 0;
  bool whole = reply_next_line(input, &offset, &line);
  if (line.length > 0 && line.bytes[0] != '*') {
    return REPLY_MALFORMED;
  }
  if (!whole) {
    return reply_unfinished(input);
  }
  if (!span_is(reply_take_word(&line), "*") || !take_status(line, out)) {
    return REPLY_MALFORMED;
  }
  out->bytes = offset;
  return REPLY_COMPLETE;
}

static void note_capabilities(struct span words, struct reply *out)
{
  if (span_has_word(words, "STARTTLS")) {
    out->offers |= OFFERS_STARTTLS;
  }
  if (span_has_word(words, "AUTH=PLAIN")) {
    out->offers |= OFFERS_PLAIN;
  }
}

/* Any untagged response; COMPLETE for the one that ends the connection. */
static enum reply_result take_untagged(struct span line, struct reply *out)
{
  struct span rest = line;
  struct span word = reply_take_word(&rest);
  if (span_is(word, "BYE")) {
    (void)take_status(line, out);
    return REPLY_COMPLETE;
  }
  if (span_is(word, "CAPABILITY")) {
    note_capabilities(rest, out);
  }
  return REPLY_INCOMPLETE;
}

/* INCOMPLETE: the reply goes on after this line. */
static enum reply_result take_line(struct span line, struct reply *out)
{
  struct span tag = reply_take_word(&line);
  if (span_is(tag, "*")) {
    return take_untagged(line, out);
  }
  if (span_is(tag, "+")) {
    out->kind = REPLY_CHALLENGE;
    reply_set_code(out, tag);
    reply_set_text(out, line);
    return REPLY_COMPLETE;
  }
  return fits(tag) && tag.length > 0 && take_status(line, out) ? REPLY_COMPLETE : REPLY_MALFORMED;
}

enum reply_result imap_reply_read(const char *bytes, size_t length, struct reply *out)
{
  *out = (struct reply){0};
  struct span input = reply_input(bytes, length);
  struct span line;
  size_t offset = 0;
  while (reply_next_line(input, &offset, &line)) {
    enum reply_result result = take_line(line, out);
    out->bytes = offset;
    if (result != REPLY_INCOMPLETE) {
      return result;
    }
  }
  return fits(line) ? reply_unfinished(input) : REPLY_MALFORMED;
}
