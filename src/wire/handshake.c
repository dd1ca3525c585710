/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/handshake.h"

#include <string.h>

/* IANA TLS ExtensionType */
enum {
  EXTENSION_SIGNATURE_ALGORITHMS = 13,
  EXTENSION_SUPPORTED_VERSIONS = 43,
  EXTENSION_CERTIFICATE_AUTHORITIES = 47,
};

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

void handshake_stream_init(struct handshake_stream *stream)
{
  *stream = (struct handshake_stream){0};
  buffer_init(&stream->body, HANDSHAKE_MESSAGE_MAX_BYTES);
}

void handshake_stream_deinit(struct handshake_stream *stream)
{
  buffer_deinit(&stream->body);
  handshake_stream_init(stream);
}

static size_t body_bytes_of(const uint8_t header[HANDSHAKE_HEADER_BYTES])
{
  return (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
}

static struct handshake_message message_so_far(const struct handshake_stream *stream)
{
  size_t full_bytes = body_bytes_of(stream->header);
  return (struct handshake_message){
      .type = stream->header[0],
      .body = (const uint8_t *)buffer_text(&stream->body),
      .body_bytes = stream->body.length,
      .full_bytes = full_bytes,
      .truncated = stream->body.length < full_bytes,
  };
}

/* Each takes what it can use of the input and returns how much that was. */
static size_t take_header(struct handshake_stream *stream, const uint8_t *bytes, size_t length)
{
  size_t taken = smaller(length, HANDSHAKE_HEADER_BYTES - stream->header_bytes);
  memcpy(stream->header + stream->header_bytes, bytes, taken);
  stream->header_bytes += taken;
  return taken;
}

static size_t take_body(struct handshake_stream *stream, const uint8_t *bytes, size_t length)
{
  size_t taken = smaller(length, body_bytes_of(stream->header) - stream->seen_bytes);
  size_t kept = smaller(taken, HANDSHAKE_MESSAGE_MAX_BYTES - stream->body.length);
  if (!stream->delivered && kept > 0) {
    buffer_append(&stream->body, bytes, kept);
  }
  stream->seen_bytes += taken;
  return taken;
}

/* Reports the message when no more of it will come or be kept, and makes room for the next. */
static void deliver(struct handshake_stream *stream, handshake_message_fn *on_message,
                    void *context)
{
  bool complete = stream->seen_bytes == body_bytes_of(stream->header);
  bool full = stream->body.length == HANDSHAKE_MESSAGE_MAX_BYTES ||
              buffer_status(&stream->body) != STATUS_OK;
  if (!stream->delivered && (complete || full)) {
    struct handshake_message message = message_so_far(stream);
    on_message(context, &message);
    stream->delivered = true;
  }
  if (complete) {
    buffer_clear(&stream->body);
    stream->header_bytes = 0;
    stream->seen_bytes = 0;
    stream->delivered = false;
  }
}

void handshake_stream_feed(struct handshake_stream *stream, const uint8_t *bytes, size_t length,
                           handshake_message_fn *on_message, void *context)
{
  while (length > 0) {
    size_t taken = stream->header_bytes < HANDSHAKE_HEADER_BYTES
                       ? take_header(stream, bytes, length)
                       : take_body(stream, bytes, length);
    bytes += taken;
    length -= taken;
    if (stream->header_bytes == HANDSHAKE_HEADER_BYTES) {
      deliver(stream, on_message, context);
    }
  }
}

bool handshake_stream_partial(const struct handshake_stream *stream, struct handshake_message *out)
{
  *out = (struct handshake_message){0};
  if (stream->header_bytes < HANDSHAKE_HEADER_BYTES || stream->delivered) {
    return false;
  }
  *out = message_so_far(stream);
  return true;
}

/* What is left to read. cut: the bytes may end before what they should hold does, since the
 * message they belong to is truncated. */
struct reader {
  const uint8_t *bytes;
  size_t length;
  bool cut;
};

static struct reader reader_of(const struct handshake_message *message)
{
  return (struct reader){message->body, message->body_bytes, message->truncated};
}

/* A big-endian number. false: there is too little left; if cut, nothing is left then. */
static bool read_number(struct reader *reader, size_t number_bytes, size_t *out)
{
  *out = 0;
  if (reader->length < number_bytes) {
    reader->length = 0;
    return false;
  }
  for (size_t i = 0; i < number_bytes; i++) {
    *out = *out << 8 | reader->bytes[i];
  }
  reader->bytes += number_bytes;
  reader->length -= number_bytes;
  return true;
}

/* A vector<> with its length before it (RFC 8446 section 3.4). What a cut message still holds
 * of it is a vector that is cut; false: it does not fit, or a cut message ends before it. */
static bool read_vector(struct reader *reader, size_t number_bytes, struct reader *out)
{
  size_t length;
  *out = (struct reader){reader->bytes, 0, reader->cut};
  if (!read_number(reader, number_bytes, &length)) {
    return false;
  }
  if (length > reader->length && !reader->cut) {
    return false;
  }
  *out = (struct reader){reader->bytes, smaller(length, reader->length), length > reader->length};
  reader->bytes += out->length;
  reader->length -= out->length;
  return true;
}

enum { RANDOM_BYTES = 32 };

/* SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3) */
static const uint8_t retry_random[RANDOM_BYTES] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static enum tls_version known_version(size_t number)
{
  return number == TLS_VERSION_1_2 || number == TLS_VERSION_1_3 ? (enum tls_version)number
                                                                : TLS_VERSION_UNKNOWN;
}

/* In TLS 1.3 the real version stands in an extension (RFC 8446 section 4.2.1). */
static bool take_versions(struct reader extensions, struct server_hello *out)
{
  while (extensions.length > 0) {
    size_t type;
    size_t version;
    struct reader data;
    if (!read_number(&extensions, 2, &type) || !read_vector(&extensions, 2, &data)) {
      return false;
    }
    if (type == EXTENSION_SUPPORTED_VERSIONS) {
      if (!read_number(&data, 2, &version) || data.length > 0) {
        return false;
      }
      out->version = known_version(version);
    }
  }
  return true;
}

bool server_hello_read(const struct handshake_message *message, struct server_hello *out)
{
  struct reader body = reader_of(message);
  struct reader session_id;
  struct reader extensions;
  size_t version;
  size_t cipher_suite;
  size_t compression_method;
  *out = (struct server_hello){0};
  if (message->truncated || !read_number(&body, 2, &version) || body.length < RANDOM_BYTES) {
    return false;
  }
  out->version = known_version(version);
  out->retry_request = memcmp(body.bytes, retry_random, RANDOM_BYTES) == 0;
  body.bytes += RANDOM_BYTES;
  body.length -= RANDOM_BYTES;
  if (!read_vector(&body, 1, &session_id) || !read_number(&body, 2, &cipher_suite) ||
      !read_number(&body, 1, &compression_method)) {
    return false;
  }
  out->cipher_suite = (uint16_t)cipher_suite;
  if (body.length == 0) {
    return true; /* TLS 1.2 without extensions */
  }
  return read_vector(&body, 2, &extensions) && take_versions(extensions, out) && body.length == 0;
}

/* SignatureSchemeList (RFC 8446 section 4.2.3), the same in RFC 5246 section 7.4.1.4.1. */
static bool take_signature_algorithms(struct reader *reader, struct certificate_request *out)
{
  struct reader list;
  if (!read_vector(reader, 2, &list)) {
    return reader->cut;
  }
  out->signature_algorithms = list.bytes;
  out->signature_algorithms_bytes = list.length - list.length % 2;
  return list.length % 2 == 0 || list.cut;
}

/* DistinguishedName certificate_authorities<0..2^16-1>, each <1..2^16-1> */
static bool take_names(struct reader *reader, struct certificate_request *out)
{
  struct reader list;
  if (!read_vector(reader, 2, &list)) {
    return reader->cut;
  }
  out->names = list.bytes;
  out->names_bytes = list.length;
  out->names_truncated = list.cut;
  while (list.length > 0) {
    struct reader name;
    if (!read_vector(&list, 2, &name)) {
      return list.cut;
    }
    if (name.length == 0 && !name.cut) {
      return false;
    }
  }
  return true;
}

static bool take_extension(struct reader *extensions, struct certificate_request *out)
{
  size_t type;
  struct reader data;
  if (!read_number(extensions, 2, &type) || !read_vector(extensions, 2, &data)) {
    return extensions->cut;
  }
  bool good = true;
  if (type == EXTENSION_SIGNATURE_ALGORITHMS) {
    good = out->signature_algorithms == NULL && take_signature_algorithms(&data, out);
  } else if (type == EXTENSION_CERTIFICATE_AUTHORITIES) {
    good = out->names == NULL && take_names(&data, out);
  } else {
    data.length = 0;
  }
  return good && (data.length == 0 || data.cut);
}

static bool read_request_1_3(struct reader body, struct certificate_request *out)
{
  struct reader context;
  struct reader extensions;
  if (!read_vector(&body, 1, &context)) {
    return body.cut;
  }
  out->context_bytes = context.length;
  if (!read_vector(&body, 2, &extensions)) {
    return body.cut;
  }
  while (extensions.length > 0) {
    if (!take_extension(&extensions, out)) {
      return false;
    }
  }
  return body.length == 0;
}

static bool read_request_1_2(struct reader body, struct certificate_request *out)
{
  struct reader certificate_types;
  if (!read_vector(&body, 1, &certificate_types)) {
    return body.cut;
  }
  if (!take_signature_algorithms(&body, out) || !take_names(&body, out)) {
    return false;
  }
  return body.length == 0;
}

bool certificate_request_read(const struct handshake_message *message, enum tls_version version,
                              struct certificate_request *out)
{
  *out = (struct certificate_request){.names_truncated = message->truncated};
  switch (version) {
  case TLS_VERSION_1_3:
    return read_request_1_3(reader_of(message), out);
  case TLS_VERSION_1_2:
    return read_request_1_2(reader_of(message), out);
  case TLS_VERSION_UNKNOWN:
    return false;
  }
  return false;
}

bool certificate_request_next_name(const struct certificate_request *request, size_t *offset,
                                   const uint8_t **der, size_t *der_bytes)
{
  *der = NULL;
  *der_bytes = 0;
  if (*offset >= request->names_bytes) {
    return false;
  }
  struct reader rest = {request->names + *offset, request->names_bytes - *offset, false};
  struct reader name;
  if (!read_vector(&rest, 2, &name) || name.length == 0) {
    return false;
  }
  *der = name.bytes;
  *der_bytes = name.length;
  *offset = request->names_bytes - rest.length;
  return true;
}

bool certificate_message_count(const struct handshake_message *message, enum tls_version version,
                               size_t *out)
{
  struct reader body = reader_of(message);
  struct reader part;
  *out = 0;
  if (version == TLS_VERSION_UNKNOWN) {
    return false;
  }
  if (version == TLS_VERSION_1_3 && !read_vector(&body, 1, &part)) {
    return body.cut;
  }
  struct reader list;
  if (!read_vector(&body, 3, &list)) {
    return body.cut;
  }
  while (list.length > 0) {
    (*out)++;
    if (!read_vector(&list, 3, &part) || (part.length == 0 && !part.cut) ||
        (version == TLS_VERSION_1_3 && !read_vector(&list, 2, &part))) {
      return list.cut;
    }
  }
  return body.length == 0;
}

/* The certificate_list of the message; false: the message does not hold its beginning. */
static bool certificate_list(const struct handshake_message *message, enum tls_version version,
                             struct reader *out)
{
  struct reader body = reader_of(message);
  struct reader context;
  if (version == TLS_VERSION_UNKNOWN ||
      (version == TLS_VERSION_1_3 && !read_vector(&body, 1, &context))) {
    return false;
  }
  return read_vector(&body, 3, out);
}

bool certificate_message_next(const struct handshake_message *message, enum tls_version version,
                              size_t *offset, const uint8_t **der, size_t *der_bytes)
{
  struct reader list;
  *der = NULL;
  *der_bytes = 0;
  if (!certificate_list(message, version, &list) || *offset >= list.length) {
    return false;
  }
  struct reader rest = {list.bytes + *offset, list.length - *offset, list.cut};
  struct reader certificate;
  struct reader extensions;
  if (!read_vector(&rest, 3, &certificate) || certificate.length == 0 || certificate.cut) {
    return false;
  }
  /* a certificate that is whole counts, also when its extensions are cut off */
  if (version == TLS_VERSION_1_3 && !read_vector(&rest, 2, &extensions) && !rest.cut) {
    return false;
  }
  *der = certificate.bytes;
  *der_bytes = certificate.length;
  *offset = list.length - rest.length;
  return true;
}
