/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/postgres.h"

#include <string.h>

#include "reply_internal.h"

enum {
  PROTOCOL_VERSION = 3 << 16,
  SSL_REQUEST_CODE = 1234 << 16 | 5679,
  INT32_BYTES = 4,
  HEADER_BYTES = 1 + INT32_BYTES, /* type, and a length that counts itself */
};

static void append_int32(struct buffer *out, size_t value)
{
  const char bytes[INT32_BYTES] = {(char)(value >> 24), (char)(value >> 16), (char)(value >> 8),
                                   (char)value};
  buffer_append(out, bytes, sizeof(bytes));
}

static void append_string(struct buffer *out, const char *text)
{
  buffer_append(out, text, strlen(text) + 1);
}

void postgres_ssl_request_write(struct buffer *out)
{
  append_int32(out, 2 * (size_t)INT32_BYTES);
  append_int32(out, SSL_REQUEST_CODE);
}

static size_t parameter_bytes(const char *name, const char *value)
{
  return strlen(name) + 1 + strlen(value) + 1;
}

void postgres_startup_write(struct buffer *out, const char *user, const char *database)
{
  size_t length = 2 * (size_t)INT32_BYTES + parameter_bytes("user", user) + 1;
  if (database != NULL) {
    length += parameter_bytes("database", database);
  }
  append_int32(out, length);
  append_int32(out, PROTOCOL_VERSION);
  append_string(out, "user");
  append_string(out, user);
  if (database != NULL) {
    append_string(out, "database");
    append_string(out, database);
  }
  append_string(out, "");
}

void postgres_terminate_write(struct buffer *out)
{
  buffer_append_char(out, 'X');
  append_int32(out, INT32_BYTES);
}

static uint32_t int32_at(const char *bytes)
{
  const uint8_t *octets = (const uint8_t *)bytes;
  return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
         octets[3];
}

/* ErrorResponse: fields of one letter and a string each, ended by a zero byte. */
static bool take_error(struct span content, struct reply *out)
{
  out->kind = REPLY_NEGATIVE;
  while (content.length > 0 && content.bytes[0] != '\0') {
    char field = content.bytes[0];
    const char *end = memchr(content.bytes, '\0', content.length);
    if (end == NULL) {
      return false;
    }
    struct span value = {content.bytes + 1, (size_t)(end - content.bytes - 1)};
    if (field == 'C') {
      reply_set_code(out, value);
    } else if (field == 'M') {
      reply_set_text(out, value);
    }
    content.bytes = end + 1;
    content.length -= value.length + 2;
  }
  return content.length == 1 && out->code[0] != '\0';
}

static bool take_authentication(struct span content, struct reply *out)
{
  static const char *const names[] = {
      [0] = "AuthenticationOk",
      [2] = "AuthenticationKerberosV5",
      [3] = "AuthenticationCleartextPassword",
      [5] = "AuthenticationMD5Password",
      [7] = "AuthenticationGSS",
      [9] = "AuthenticationSSPI",
      [10] = "AuthenticationSASL",
  };
  if (content.length < INT32_BYTES) {
    return false;
  }
  uint32_t type = int32_at(content.bytes);
  const char *name = type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
  name = name != NULL ? name : "Authentication";
  out->kind = type == 0 ? REPLY_POSITIVE : REPLY_CHALLENGE;
  reply_set_code(out, (struct span){name, strlen(name)});
  return true;
}

/* INCOMPLETE: what is asked for comes after this message. */
static enum reply_result take_message(char type, struct span content, struct reply *out)
{
  switch (type) {
  case 'E':
    return take_error(content, out) ? REPLY_COMPLETE : REPLY_MALFORMED;
  case 'R':
    return take_authentication(content, out) ? REPLY_COMPLETE : REPLY_MALFORMED;
  case 'N': /* NoticeResponse */
  case 'v': /* NegotiateProtocolVersion */
    return REPLY_INCOMPLETE;
  default:
    return REPLY_MALFORMED;
  }
}

enum reply_result postgres_reply_read(const char *bytes, size_t length, struct reply *out)
{
  *out = (struct reply){0};
  struct span input = reply_input(bytes, length);
  while (input.length > out->bytes) {
    struct span rest = {input.bytes + out->bytes, input.length - out->bytes};
    if (strchr("ERNv", rest.bytes[0]) == NULL || rest.bytes[0] == '\0') {
      return REPLY_MALFORMED;
    }
    if (rest.length < HEADER_BYTES) {
      break;
    }
    size_t counted = int32_at(rest.bytes + 1);
    if (counted < INT32_BYTES || counted > REPLY_MAX_BYTES) {
      return REPLY_MALFORMED;
    }
    if (rest.length - 1 < counted) {
      break;
    }
    struct span content = {rest.bytes + HEADER_BYTES, counted - INT32_BYTES};
    enum reply_result result = take_message(rest.bytes[0], content, out);
    out->bytes += 1 + counted;
    if (result != REPLY_INCOMPLETE) {
      return result;
    }
  }
  return reply_unfinished(input);
}

enum reply_result postgres_ssl_answer_read(const char *bytes, size_t length, struct reply *out)
{
  *out = (struct reply){0};
  if (length == 0) {
    return REPLY_INCOMPLETE;
  }
  if (bytes[0] == 'E') {
    return postgres_reply_read(bytes, length, out);
  }
  if (bytes[0] != 'S' && bytes[0] != 'N') {
    return REPLY_MALFORMED;
  }
  out->kind = REPLY_POSITIVE;
  out->offers = bytes[0] == 'S' ? OFFERS_STARTTLS : 0;
  reply_set_code(out, (struct span){bytes, 1});
  out->bytes = 1;
  return REPLY_COMPLETE;
}
