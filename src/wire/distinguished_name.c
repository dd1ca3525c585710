/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "x509_internal.h"

/* The most specific parts are kept of a Name that has more. */
enum { RDN_MAX = 64 };

struct attribute {
  char type[OID_TEXT_BYTES];
  struct der_element value;
};

/* The names of RFC 4514 section 3, then those that OpenSSL prints. */
static const char *short_name(const char *oid)
{
  static const struct {
    const char *oid;
    const char *name;
  } names[] = {
      {"2.5.4.3", "CN"},
      {"2.5.4.7", "L"},
      {"2.5.4.8", "ST"},
      {"2.5.4.10", "O"},
      {"2.5.4.11", "OU"},
      {"2.5.4.6", "C"},
      {"2.5.4.9", "STREET"},
      {"0.9.2342.19200300.100.1.25", "DC"},
      {"0.9.2342.19200300.100.1.1", "UID"},
      {"1.2.840.113549.1.9.1", "emailAddress"},
      {"1.2.840.113549.1.9.2", "unstructuredName"},
      {"1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"},
      {"1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"},
      {"1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"},
      {"2.5.4.4", "SN"},
      {"2.5.4.5", "serialNumber"},
      {"2.5.4.12", "title"},
      {"2.5.4.13", "description"},
      {"2.5.4.15", "businessCategory"},
      {"2.5.4.17", "postalCode"},
      {"2.5.4.41", "name"},
      {"2.5.4.42", "GN"},
      {"2.5.4.43", "initials"},
      {"2.5.4.44", "generationQualifier"},
      {"2.5.4.46", "dnQualifier"},
      {"2.5.4.65", "pseudonym"},
      {"2.5.4.97", "organizationIdentifier"},
  };
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (strcmp(names[i].oid, oid) == 0) {
      return names[i].name;
    }
  }
  return NULL;
}

/* AttributeTypeAndValue, RFC 5280 section 4.1.2.4 */
static bool take_attribute(struct der *rdn, struct attribute *out)
{
  struct der pair;
  struct der type;
  return der_expect(rdn, DER_SEQUENCE, &pair) && der_expect(&pair, DER_OID, &type) &&
         der_oid_text(type, out->type, sizeof(out->type)) && der_next(&pair, &out->value) &&
         pair.length == 0;
}

/* Looked at before the first byte is written, so that nobody sees half a Name. */
static bool is_well_formed(struct der rdns)
{
  while (rdns.length > 0) {
    struct der rdn;
    if (!der_expect(&rdns, DER_SET, &rdn) || rdn.length == 0) {
      return false;
    }
    while (rdn.length > 0) {
      struct attribute attribute;
      if (!take_attribute(&rdn, &attribute)) {
        return false;
      }
    }
  }
  return true;
}

static bool needs_backslash(uint32_t character, bool first, bool last)
{
  switch (character) {
  case ' ':
    return first || last;
  case '#':
    return first;
  case '"':
  case '+':
  case ',':
  case ';':
  case '<':
  case '>':
  case '\\':
    return true;
  default:
    return false;
  }
}

/* A control character as its bytes in hexadecimal: RFC 4514 asks for that with NUL only and
 * allows it with all. */
static void append_control(struct limited_text *text, uint32_t character)
{
  static const char digits[] = "0123456789ABCDEF";
  char bytes[UTF8_MAX_BYTES];
  char piece[3 * UTF8_MAX_BYTES];
  size_t count = utf8_encode(character, bytes);
  for (size_t i = 0; i < count; i++) {
    uint8_t byte = (uint8_t)bytes[i];
    piece[3 * i] = '\\';
    piece[3 * i + 1] = digits[byte >> 4];
    piece[3 * i + 2] = digits[byte & 0x0F];
  }
  limited_append(text, piece, 3 * count);
}

/* RFC 4514 section 2.4 */
static void append_string(struct limited_text *text, const struct der_element *value)
{
  struct der rest = value->content;
  bool first = true;
  while (rest.length > 0 && !text->cut) {
    uint32_t character = take_character(value->tag, &rest);
    char piece[1 + UTF8_MAX_BYTES] = {'\\'};
    if (is_control(character)) {
      append_control(text, character);
    } else if (needs_backslash(character, first, rest.length == 0)) {
      limited_append(text, piece, 1 + utf8_encode(character, piece + 1));
    } else {
      limited_append(text, piece + 1, utf8_encode(character, piece + 1));
    }
    first = false;
  }
}

/* A value whose type has no name is written in hexadecimal, since its syntax is not known
 * either: RFC 2253 section 2.4. */
static void append_attribute(struct limited_text *text, const struct attribute *attribute)
{
  const char *name = short_name(attribute->type);
  limited_append_text(text, name != NULL ? name : attribute->type);
  limited_append_text(text, "=");
  if (name != NULL && is_string_type(attribute->value.tag)) {
    append_string(text, &attribute->value);
  } else {
    limited_append_hex(text, attribute->value.whole);
  }
}

static void append_rdn(struct limited_text *text, struct der rdn)
{
  struct attribute attribute;
  for (bool first = true; rdn.length > 0 && !text->cut; first = false) {
    if (!take_attribute(&rdn, &attribute)) {
      return;
    }
    if (!first) {
      limited_append_text(text, "+");
    }
    append_attribute(text, &attribute);
  }
}

void x509_name_text(struct der name, size_t limit_bytes, struct buffer *out)
{
  struct limited_text text = {.out = out, .left_bytes = limit_bytes};
  struct der latest[RDN_MAX];
  size_t count = 0;
  struct der rdns;
  if (!der_only(name, DER_SEQUENCE, &rdns) || !is_well_formed(rdns)) {
    return;
  }
  while (rdns.length > 0 && der_expect(&rdns, DER_SET, &latest[count % RDN_MAX])) {
    count++;
  }
  size_t kept = count < RDN_MAX ? count : RDN_MAX;
  for (size_t i = 0; i < kept && !text.cut; i++) {
    if (i > 0) {
      limited_append_text(&text, ",");
    }
    append_rdn(&text, latest[(count - 1 - i) % RDN_MAX]);
  }
  if (kept < count) {
    limited_cut(&text);
  }
}
