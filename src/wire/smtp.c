/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/smtp.h"

#include <string.h>

#include "reply_internal.h"

enum { CODE_DIGITS = 3 };

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* Whether the line, or the beginning of one, is what a line of a reply begins with: RFC 5321
 * section 4.2. Of 1xx there is none in SMTP. */
static bool fits(struct span line)
{
  if (line.length > 0 && (line.bytes[0] < '2' || line.bytes[0] > '5')) {
    return false;
  }
  for (size_t i = 1; i < line.length && i < CODE_DIGITS; i++) {
    if (!is_digit(line.bytes[i])) {
      return false;
    }
  }
  return line.length <= CODE_DIGITS || line.bytes[CODE_DIGITS] == ' ' ||
         line.bytes[CODE_DIGITS] == '-';
}

static enum reply_kind kind_of(char first_digit)
{
  if (first_digit == '2') {
    return REPLY_POSITIVE;
  }
  return first_digit == '3' ? REPLY_CHALLENGE : REPLY_NEGATIVE;
}

/* A whole line: the first one sets the code, which the others must repeat. */
static bool take_line(struct span line, bool first, struct reply *out)
{
  if (line.length < CODE_DIGITS || !fits(line)) {
    return false;
  }
  size_t skipped = line.length > CODE_DIGITS ? CODE_DIGITS + 1 : CODE_DIGITS;
  struct span text = {line.bytes + skipped, line.length - skipped};
  if (first) {
    reply_set_code(out, (struct span){line.bytes, CODE_DIGITS});
    reply_set_text(out, text);
    out->kind = kind_of(line.bytes[0]);
    return true;
  }
  if (span_is(reply_take_word(&text), "STARTTLS")) {
    out->offers |= OFFERS_STARTTLS;
  }
  return memcmp(out->code, line.bytes, CODE_DIGITS) == 0;
}

enum reply_result smtp_reply_read(const char *bytes, size_t length, struct reply *out)
{
  *out = (struct reply){0};
  struct span input = reply_input(bytes, length);
  struct span line;
  size_t offset = 0;
  for (bool first = true; reply_next_line(input, &offset, &line); first = false) {
    if (!take_line(line, first, out)) {
      return REPLY_MALFORMED;
    }
    if (line.length == CODE_DIGITS || line.bytes[CODE_DIGITS] == ' ') {
      out->bytes = offset;
      return REPLY_COMPLETE;
    }
  }
  return fits(line) ? reply_unfinished(input) : REPLY_MALFORMED;
}
