/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "xml_internal.h"

static bool is_white_space(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* NameStartChar and NameChar, section 2.3; beyond ASCII all is let through. */
static bool may_begin_name(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_name_char(char c)
{
  return may_begin_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

/* The '>' that ends the tag which begins at tag.bytes: not one inside an attribute's value. */
static enum reply_result find_end(struct span tag, size_t *end)
{
  char quote = '\0';
  for (size_t i = 1; i < tag.length; i++) {
    char c = tag.bytes[i];
    if (c == '\0' || c == '<') {
      return REPLY_MALFORMED;
    }
    if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (quote != '\0') {
      continue;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      *end = i;
      return REPLY_COMPLETE;
    }
  }
  return REPLY_INCOMPLETE;
}

static struct span local_name(struct span inside)
{
  struct span name = {inside.bytes, 0};
  while (name.length < inside.length && is_name_char(name.bytes[name.length])) {
    name.length++;
  }
  const char *colon = name.length > 0 ? memrchr(name.bytes, ':', name.length) : NULL;
  if (colon != NULL) {
    name.length -= (size_t)(colon + 1 - name.bytes);
    name.bytes = colon + 1;
  }
  return name;
}

/* What stands between '<' and '>'. */
static bool read_tag(struct span inside, struct xml_token *out)
{
  out->kind = XML_START;
  if (inside.length > 0 && inside.bytes[0] == '/') {
    out->kind = XML_END;
    inside.bytes++;
    inside.length--;
  } else if (inside.length > 0 && inside.bytes[inside.length - 1] == '/') {
    out->kind = XML_EMPTY;
    inside.length--;
  }
  if (inside.length == 0 || !may_begin_name(inside.bytes[0])) {
    return false;
  }
  out->name = local_name(inside);
  size_t end = (size_t)(out->name.bytes + out->name.length - inside.bytes);
  return out->name.length > 0 && (end == inside.length || is_white_space(inside.bytes[end]));
}

static enum reply_result take_tag(struct span rest, size_t *offset, struct xml_token *out)
{
  size_t end = 0;
  enum reply_result result = find_end(rest, &end);
  if (rest.length > 1 && rest.bytes[1] != '/' && !may_begin_name(rest.bytes[1])) {
    return REPLY_MALFORMED;
  }
  if (result != REPLY_COMPLETE) {
    return result;
  }
  *offset += end + 1;
  struct span inside = {rest.bytes + 1, end - 1};
  return read_tag(inside, out) ? REPLY_COMPLETE : REPLY_MALFORMED;
}

static enum reply_result take_text(struct span rest, size_t *offset, struct xml_token *out)
{
  size_t length = 0;
  while (length < rest.length && rest.bytes[length] != '<') {
    if (rest.bytes[length] == '\0') {
      return REPLY_MALFORMED;
    }
    length++;
  }
  *out = (struct xml_token){.kind = XML_TEXT, .text = {rest.bytes, length}};
  *offset += length;
  return length < rest.length ? REPLY_COMPLETE : REPLY_INCOMPLETE;
}

/* XMLDecl, section 2.8: it can only stand at the first byte. */
static enum reply_result pass_declaration(struct span input, size_t *offset)
{
  static const char declaration[] = "<?xml ";
  size_t length = sizeof(declaration) - 1;
  size_t common = input.length < length ? input.length : length;
  if (*offset > 0 || common < 2 || strncmp(input.bytes, "<?", 2) != 0) {
    return REPLY_COMPLETE; /* there is none */
  }
  if (strncmp(input.bytes, declaration, common) != 0) {
    return REPLY_MALFORMED;
  }
  const char *end = memmem(input.bytes, input.length, "?>", 2);
  if (end == NULL) {
    return REPLY_INCOMPLETE;
  }
  *offset = (size_t)(end + 2 - input.bytes);
  return REPLY_COMPLETE;
}

enum reply_result xml_next(struct span input, size_t *offset, struct xml_token *out)
{
  *out = (struct xml_token){0};
  enum reply_result result = pass_declaration(input, offset);
  if (result != REPLY_COMPLETE || *offset == input.length) {
    return result == REPLY_MALFORMED ? REPLY_MALFORMED : REPLY_INCOMPLETE;
  }
  struct span rest = {input.bytes + *offset, input.length - *offset};
  return rest.bytes[0] == '<' ? take_tag(rest, offset, out) : take_text(rest, offset, out);
}
