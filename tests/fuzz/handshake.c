/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes of a TLS connection, read in every way the tap reads them: as records,
 * as handshake messages, as a decrypted TLS 1.3 record. Each message is read as
 * a ServerHello, and as a CertificateRequest and a Certificate of both versions.
 */
#include "wire/handshake.h"

#include "support/fuzz.h"
#include "wire/record.h"

static void check_request(const struct handshake_message *message, enum tls_version version)
{
  struct certificate_request request;
  bool good = certificate_request_read(message, version, &request);
  const uint8_t *end = message->body + message->body_bytes;
  if (!good) {
    return;
  }
  fuzz_check(request.context_bytes <= 255, "a context has at most 255 bytes");
  fuzz_check(request.signature_algorithms_bytes % 2 == 0, "an algorithm has two bytes");
  fuzz_check(request.signature_algorithms_bytes == 0 ||
                 (request.signature_algorithms >= message->body &&
                  request.signature_algorithms + request.signature_algorithms_bytes <= end),
             "algorithms lie inside the body");
  fuzz_check(message->truncated || !request.names_truncated, "only a cut message has cut names");
  size_t offset = 0;
  size_t listed_bytes = 0;
  const uint8_t *der;
  size_t der_bytes;
  while (certificate_request_next_name(&request, &offset, &der, &der_bytes)) {
    fuzz_check(der_bytes > 0 && der >= message->body && der + der_bytes <= end,
               "names lie inside the body");
    listed_bytes += 2 + der_bytes;
    fuzz_check(offset == listed_bytes && offset <= request.names_bytes, "each name moves on");
  }
  fuzz_check(request.names_truncated || listed_bytes == request.names_bytes,
             "a whole list is names from end to end");
}

static void check_hello(const struct handshake_message *message)
{
  struct server_hello hello;
  if (server_hello_read(message, &hello)) {
    fuzz_check(!message->truncated && message->body_bytes >= 38, "a hello is read whole");
  }
}

static void check_count(const struct handshake_message *message, enum tls_version version)
{
  size_t count;
  if (certificate_message_count(message, version, &count)) {
    fuzz_check(count <= message->body_bytes, "an entry has at least one byte");
  }
}

/* What a stream amounted to, to compare one way of feeding it with another. */
struct reading {
  uint64_t digest;
  size_t bytes;
};
static const struct reading nothing_read = {FUZZ_DIGEST_START, 0};

static void take_message(void *context, const struct handshake_message *message)
{
  struct reading *reading = context;
  fuzz_check(message->body_bytes <= HANDSHAKE_MESSAGE_MAX_BYTES, "a message is capped");
  fuzz_check(message->truncated == (message->body_bytes < message->full_bytes),
             "a cut message says so");
  struct handshake_message exact = *message;
  uint8_t *body = fuzz_copy(message->body, message->body_bytes);
  exact.body = body;
  check_hello(&exact);
  check_request(&exact, TLS_VERSION_1_2);
  check_request(&exact, TLS_VERSION_1_3);
  check_count(&exact, TLS_VERSION_1_2);
  check_count(&exact, TLS_VERSION_1_3);
  free(body);
  reading->digest = fuzz_digest_number(reading->digest, message->type);
  reading->digest = fuzz_digest_number(reading->digest, message->full_bytes);
  reading->digest = fuzz_digest(reading->digest, message->body, message->body_bytes);
  reading->bytes += message->body_bytes;
}

struct connection {
  struct record_stream records;
  struct handshake_stream handshake;
  struct reading fragments;
  struct reading messages;
};

static void take_fragment(void *context, uint8_t content_type, const uint8_t *bytes, size_t length,
                          bool last_of_record)
{
  struct connection *connection = context;
  struct reading *reading = &connection->fragments;
  reading->digest = fuzz_digest(reading->digest, bytes, length);
  if (last_of_record) {
    reading->digest = fuzz_digest_number(reading->digest, content_type);
  }
  reading->bytes += length;
  if (content_type == CONTENT_HANDSHAKE) {
    handshake_stream_feed(&connection->handshake, bytes, length, take_message,
                          &connection->messages);
  }
}

/* Feeds the input in parts of part_bytes, each from a block of its own; as records, or as the
 * handshake messages that would be in them. */
static uint64_t read_parts(const uint8_t *data, size_t size, size_t part_bytes, bool as_records)
{
  struct connection connection = {.fragments = nothing_read, .messages = nothing_read};
  record_stream_init(&connection.records);
  handshake_stream_init(&connection.handshake);
  for (size_t at = 0; at < size; at += part_bytes) {
    size_t length = size - at < part_bytes ? size - at : part_bytes;
    uint8_t *part = fuzz_copy(data + at, length);
    if (as_records) {
      record_stream_feed(&connection.records, part, length, take_fragment, &connection);
    } else {
      handshake_stream_feed(&connection.handshake, part, length, take_message,
                            &connection.messages);
    }
    free(part);
  }
  fuzz_check(connection.fragments.bytes <= size && connection.messages.bytes <= size,
             "nothing is found that was not sent");
  struct handshake_message partial;
  if (handshake_stream_partial(&connection.handshake, &partial)) {
    take_message(&connection.messages, &partial);
  }
  handshake_stream_deinit(&connection.handshake);
  return fuzz_digest_number(connection.fragments.digest, connection.messages.digest) +
         connection.records.broken;
}

static void check_inner_plaintext(const uint8_t *data, size_t size)
{
  uint8_t content_type;
  size_t content_bytes;
  if (inner_plaintext_read(data, size, &content_type, &content_bytes)) {
    fuzz_check(content_bytes < size && content_type != 0 && data[content_bytes] == content_type,
               "the content type follows the content");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0) {
    return 0;
  }
  size_t part_bytes = 1 + (size_t)(fuzz_digest(FUZZ_DIGEST_START, data, size) % size);
  for (int as_records = 0; as_records <= 1; as_records++) {
    uint64_t whole = read_parts(data, size, size, as_records);
    fuzz_check(whole == read_parts(data, size, part_bytes, as_records),
               "what comes in parts is the same");
    fuzz_check(size > 512 || whole == read_parts(data, size, 1, as_records),
               "what comes byte by byte is the same");
  }
  check_inner_plaintext(data, size);
  return 0;
}
