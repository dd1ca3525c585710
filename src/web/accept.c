/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "accept.h"

#include <string.h>
#include <strings.h>

/* RFC 9110 section 12.4.2: three digits behind the point are all there are. */
enum { WEIGHT_ONE = 1000 };

struct text {
  const char *bytes;
  size_t length;
};

/* One element of a list: "text/plain;version=0.0.4;q=0.5". */
struct element {
  struct text value;
  struct text version; /* of the parameter; no bytes: there is none */
  unsigned weight;     /* in thousandths */
};

static struct text trimmed(const char *bytes, size_t length)
{
  while (length > 0 && (*bytes == ' ' || *bytes == '\t')) {
    bytes++;
    length--;
  }
  while (length > 0 && (bytes[length - 1] == ' ' || bytes[length - 1] == '\t')) {
    length--;
  }
  return (struct text){bytes, length};
}

static bool is(struct text text, const char *word)
{
  return text.length == strlen(word) && strncasecmp(text.bytes, word, text.length) == 0;
}

/* "0.75" in thousandths, at most WEIGHT_ONE; what is no number is 0. */
static unsigned read_weight(struct text text)
{
  unsigned weight = 0;
  unsigned unit = WEIGHT_ONE;
  bool fraction = false;
  for (size_t i = 0; i < text.length && unit > 0 && weight < WEIGHT_ONE; i++) {
    char c = text.bytes[i];
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (c < '0' || c > '9') {
      return 0;
    } else {
      unit = fraction ? unit / 10 : unit;
      weight += (unsigned)(c - '0') * unit;
    }
  }
  return weight < WEIGHT_ONE ? weight : WEIGHT_ONE;
}

/* How far to the separator or the end, with quoted strings (section 5.6.4) passed over. */
static size_t span_to(const char *bytes, size_t length, char separator)
{
  bool quoted = false;
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] == '"') {
      quoted = !quoted;
    } else if (quoted && bytes[i] == '\\') {
      i++;
    } else if (!quoted && bytes[i] == separator) {
      return i;
    }
  }
  return length;
}

static void read_parameter(struct element *element, struct text parameter)
{
  size_t name_bytes = span_to(parameter.bytes, parameter.length, '=');
  if (name_bytes == parameter.length) {
    return;
  }
  struct text name = trimmed(parameter.bytes, name_bytes);
  struct text value = trimmed(parameter.bytes + name_bytes + 1, parameter.length - name_bytes - 1);
  if (is(name, "q")) {
    element->weight = read_weight(value);
  } else if (is(name, "version") && element->version.bytes == NULL) {
    element->version = value;
  }
}

static struct element read_element(struct text text)
{
  size_t end = span_to(text.bytes, text.length, ';');
  struct element element = {.value = trimmed(text.bytes, end), .weight = WEIGHT_ONE};
  while (end < text.length) {
    const char *begin = text.bytes + end + 1;
    size_t rest = text.length - end - 1;
    size_t length = span_to(begin, rest, ';');
    read_parameter(&element, trimmed(begin, length));
    end += 1 + length;
  }
  return element;
}

/* The next element of the list at *field; false at its end. */
static bool next_element(const char **field, struct element *out)
{
  if (*field == NULL || **field == '\0') {
    return false;
  }
  size_t length = span_to(*field, strlen(*field), ',');
  *out = read_element(trimmed(*field, length));
  *field += length;
  *field += **field == ',';
  return true;
}

static bool matches(const struct element *element, const struct web_offer *offer)
{
  return is(element->value, offer->media_type) &&
         (element->version.bytes == NULL || is(element->version, offer->version));
}

size_t accept_preferred(const char *field, const struct web_offer *offers, size_t count)
{
  size_t best = 0;
  unsigned best_weight = 0;
  struct element element;
  while (next_element(&field, &element)) {
    for (size_t i = 0; i < count; i++) {
      if (element.weight > best_weight && matches(&element, &offers[i])) {
        best = i;
        best_weight = element.weight;
      }
    }
  }
  return best;
}

bool accept_coding(const char *field, const char *coding)
{
  bool any = false;
  struct element element;
  while (next_element(&field, &element)) {
    if (is(element.value, coding)) {
      return element.weight > 0;
    }
    any = any || (is(element.value, "*") && element.weight > 0);
  }
  return any;
}
