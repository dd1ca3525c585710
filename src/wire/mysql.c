/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/mysql.h"

#include <stdio.h>
#include <string.h>

#include "reply_internal.h"

enum { HEADER_BYTES = 4 }; /* length in 3 bytes, little-endian, and a sequence number */

/* Capability flags. */
enum {
  CLIENT_LONG_PASSWORD = 1 << 0, /* MariaDB: CLIENT_MYSQL */
  CLIENT_CONNECT_WITH_DB = 1 << 3,
  CLIENT_PROTOCOL_41 = 1 << 9,
  CLIENT_SSL = 1 << 11,
  CLIENT_SECURE_CONNECTION = 1 << 15,
  CLIENT_PLUGIN_AUTH = 1 << 19,
  OUR_CAPABILITIES = CLIENT_LONG_PASSWORD | CLIENT_PROTOCOL_41 | CLIENT_SSL |
                     CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH,
};

/* The server counts packets: its greeting is number 0. */
enum { SEQUENCE_SSL_REQUEST = 1, SEQUENCE_LOGIN = 2, SEQUENCE_PASSWORD = 4, SEQUENCE_QUIT = 0 };

enum {
  PROTOCOL_10 = 10,
  PACKET_OK = 0x00,
  PACKET_AUTH_MORE_DATA = 0x01,
  PACKET_AUTH_SWITCH_REQUEST = 0xFE,
  PACKET_ERR = 0xFF,
  COMMAND_QUIT = 0x01,
};

enum { MAX_PACKET_BYTES = 1 << 24, CHARSET_UTF8MB4 = 45, RESERVED_BYTES = 23 };

static const char plugin[] = "mysql_native_password";

/* Little-endian. */
static void append_number(struct buffer *out, size_t value, size_t bytes)
{
  for (size_t i = 0; i < bytes; i++) {
    buffer_append_char(out, (char)(value >> (8 * i)));
  }
}

static void append_string(struct buffer *out, const char *text)
{
  buffer_append(out, text, strlen(text) + 1);
}

static void append_header(struct buffer *out, size_t payload_bytes, unsigned sequence)
{
  append_number(out, payload_bytes, 3);
  append_number(out, sequence, 1);
}

enum { CLIENT_FACTS_BYTES = 4 + 4 + 1 + RESERVED_BYTES };

/* What SSLRequest is, and HandshakeResponse41 begins with. */
static void append_client_facts(struct buffer *out, size_t capabilities)
{
  append_number(out, capabilities, 4);
  append_number(out, MAX_PACKET_BYTES, 4);
  append_number(out, CHARSET_UTF8MB4, 1);
  for (size_t i = 0; i < RESERVED_BYTES; i++) {
    append_number(out, 0, 1);
  }
}

void mysql_ssl_request_write(struct buffer *out)
{
  append_header(out, CLIENT_FACTS_BYTES, SEQUENCE_SSL_REQUEST);
  append_client_facts(out, OUR_CAPABILITIES);
}

void mysql_login_write(struct buffer *out, const char *user, const char *database)
{
  size_t length = CLIENT_FACTS_BYTES + strlen(user) + 1 + 1 + sizeof(plugin);
  size_t capabilities = OUR_CAPABILITIES;
  if (database != NULL) {
    capabilities |= CLIENT_CONNECT_WITH_DB;
    length += strlen(database) + 1;
  }
  append_header(out, length, SEQUENCE_LOGIN);
  append_client_facts(out, capabilities);
  append_string(out, user);
  append_number(out, 0, 1); /* an empty password: its scramble has no bytes */
  if (database != NULL) {
    append_string(out, database);
  }
  append_string(out, plugin);
}

void mysql_empty_password_write(struct buffer *out)
{
  append_header(out, 0, SEQUENCE_PASSWORD);
}

void mysql_quit_write(struct buffer *out)
{
  append_header(out, 1, SEQUENCE_QUIT);
  append_number(out, COMMAND_QUIT, 1);
}

static uint8_t byte_at(struct span span, size_t offset)
{
  return (uint8_t)span.bytes[offset];
}

/* The payload of the first packet. */
static enum reply_result take_packet(struct span input, struct span *payload, struct reply *out)
{
  if (input.length < HEADER_BYTES) {
    return REPLY_INCOMPLETE;
  }
  size_t length =
      byte_at(input, 0) | (size_t)byte_at(input, 1) << 8 | (size_t)byte_at(input, 2) << 16;
  if (length == 0 || length > REPLY_MAX_BYTES - HEADER_BYTES) {
    return REPLY_MALFORMED;
  }
  if (input.length - HEADER_BYTES < length) {
    return REPLY_INCOMPLETE;
  }
  *payload = (struct span){input.bytes + HEADER_BYTES, length};
  out->bytes = HEADER_BYTES + length;
  return REPLY_COMPLETE;
}

static bool take_error(struct span payload, struct reply *out)
{
  enum { CODE_BYTES = 2, STATE_BYTES = 6 }; /* "#28000", left out before the login */
  if (payload.length < 1 + CODE_BYTES) {
    return false;
  }
  out->kind = REPLY_NEGATIVE;
  (void)snprintf(out->code, sizeof(out->code), "%u",
                 byte_at(payload, 1) | (unsigned)byte_at(payload, 2) << 8);
  struct span text = {payload.bytes + 1 + CODE_BYTES, payload.length - 1 - CODE_BYTES};
  if (text.length >= STATE_BYTES && text.bytes[0] == '#') {
    text.bytes += STATE_BYTES;
    text.length -= STATE_BYTES;
  }
  reply_set_text(out, text);
  return true;
}

/* HandshakeV10: version, thread id, scramble, filler, capabilities. */
static bool take_greeting(struct span payload, struct reply *out)
{
  enum { THREAD_ID_BYTES = 4, SCRAMBLE_BYTES = 8, FILLER_BYTES = 1, CAPABILITIES_BYTES = 2 };
  const char *end = memchr(payload.bytes, '\0', payload.length);
  if (byte_at(payload, 0) != PROTOCOL_10 || end == NULL) {
    return false;
  }
  struct span version = {payload.bytes + 1, (size_t)(end - payload.bytes - 1)};
  size_t at = version.length + 2 + THREAD_ID_BYTES + SCRAMBLE_BYTES + FILLER_BYTES;
  if (payload.length < at + CAPABILITIES_BYTES) {
    return false;
  }
  unsigned capabilities = byte_at(payload, at) | (unsigned)byte_at(payload, at + 1) << 8;
  out->kind = REPLY_POSITIVE;
  out->offers = (capabilities & CLIENT_SSL) != 0 ? OFFERS_STARTTLS : 0;
  reply_set_code(out, (struct span){"HandshakeV10", strlen("HandshakeV10")});
  reply_set_text(out, version);
  return true;
}

enum reply_result mysql_greeting_read(const char *bytes, size_t length, struct reply *out)
{
  *out = (struct reply){0};
  struct span payload;
  enum reply_result result = take_packet(reply_input(bytes, length), &payload, out);
  if (result != REPLY_COMPLETE) {
    return result;
  }
  bool read =
      byte_at(payload, 0) == PACKET_ERR ? take_error(payload, out) : take_greeting(payload, out);
  return read ? REPLY_COMPLETE : REPLY_MALFORMED;
}

static void set_packet(struct reply *out, enum reply_kind kind, const char *name)
{
  out->kind = kind;
  reply_set_code(out, (struct span){name, strlen(name)});
}

enum reply_result mysql_reply_read(const char *bytes, size_t length, struct reply *out)
{
  *out = (struct reply){0};
  struct span payload;
  enum reply_result result = take_packet(reply_input(bytes, length), &payload, out);
  if (result != REPLY_COMPLETE) {
    return result;
  }
  switch (byte_at(payload, 0)) {
  case PACKET_OK:
    set_packet(out, REPLY_POSITIVE, "OK");
    return REPLY_COMPLETE;
  case PACKET_AUTH_MORE_DATA:
    set_packet(out, REPLY_CHALLENGE, "AuthMoreData");
    return REPLY_COMPLETE;
  case PACKET_AUTH_SWITCH_REQUEST:
    set_packet(out, REPLY_CHALLENGE, "AuthSwitchRequest");
    return REPLY_COMPLETE;
  case PACKET_ERR:
    return take_error(payload, out) ? REPLY_COMPLETE : REPLY_MALFORMED;
  default:
    return REPLY_MALFORMED;
  }
}
