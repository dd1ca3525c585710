/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/certificate_facts.h"
#include "tls_internal.h"

enum {
  CHAIN_CERTIFICATES_MAX = 16,
  ISSUERS_KEPT_MAX = 1024,
  ISSUER_LIMIT_BYTES = 256,
  CIPHER_NUMBER_BYTES = 16,
};

/* Which way, and in which version's format, the messages being fed go. */
struct direction {
  struct tls_witness *witness;
  bool outgoing;
  enum tls_version version;
};

void tls_witness_init(struct tls_witness *witness, struct tls_observation *observation)
{
  witness->observation = observation;
  for (size_t i = 0; i < 2; i++) {
    record_stream_init(&witness->records[i]);
    handshake_stream_init(&witness->messages[i]);
    witness->plain[i] = true;
  }
}

void tls_witness_deinit(struct tls_witness *witness)
{
  for (size_t i = 0; i < 2; i++) {
    handshake_stream_deinit(&witness->messages[i]);
  }
}

void tls_witness_requested(struct tls_observation *observation)
{
  if (observation->requested_during == REQUESTED_NOT) {
    observation->requested_during =
        observation->handshake_complete ? REQUESTED_POST_HANDSHAKE : REQUESTED_HANDSHAKE;
  }
}

/* RFC 5246 section 7.2.2: no_renegotiation answers a HelloRequest, seen or not. */
static void hello_request(struct tls_observation *observation)
{
  observation->hello_request_received = true;
  if (observation->requested_during == REQUESTED_NOT) {
    observation->requested_during = REQUESTED_RENEGOTIATION;
  }
}

void tls_witness_alert(struct tls_observation *observation, bool outgoing, struct alert alert)
{
  if (!outgoing) {
    if (observation->alerts_received_count < ALERTS_KEPT_MAX) {
      observation->alerts_received[observation->alerts_received_count] = alert;
    }
    observation->alerts_received_count++;
  } else if (alert.description == no_renegotiation) {
    hello_request(observation);
  }
  if (alert.description != close_notify) {
    *(outgoing ? &observation->alert_sent : &observation->alert_received) = alert.description;
  }
}

/* The parts of an alert as they flow by; one may be cut anywhere. */
static void take_alerts(struct tls_witness *witness, bool outgoing, const uint8_t *bytes,
                        size_t length)
{
  for (size_t i = 0; i < length; i++) {
    witness->alerts[outgoing][witness->alert_bytes[outgoing]++] = bytes[i];
    if (witness->alert_bytes[outgoing] == sizeof(witness->alerts[outgoing])) {
      const uint8_t *alert = witness->alerts[outgoing];
      witness->alert_bytes[outgoing] = 0;
      tls_witness_alert(witness->observation, outgoing, (struct alert){alert[0], alert[1]});
    }
  }
}

void tls_witness_chain(struct tls_observation *observation, const struct der *chain, size_t length,
                       bool truncated)
{
  if (observation->chain != NULL || length == 0) {
    return;
  }
  size_t kept = length < CHAIN_CERTIFICATES_MAX ? length : CHAIN_CERTIFICATES_MAX;
  observation->chain = calloc(kept, sizeof(*observation->chain));
  if (observation->chain == NULL) {
    return;
  }
  observation->chain_truncated = truncated || kept < length;
  for (size_t i = 0; i < kept; i++) {
    /* one that cannot be read keeps its fingerprint */
    if (certificate_facts_read(chain[i].bytes, chain[i].length, &observation->chain[i]) ==
        STATUS_OUT_OF_MEMORY) {
      return;
    }
    observation->chain_length++;
  }
}

static void peer_certificate(struct tls_observation *observation,
                             const struct handshake_message *message, enum tls_version version)
{
  struct der chain[CHAIN_CERTIFICATES_MAX + 1];
  size_t length = 0;
  size_t offset = 0;
  while (length < sizeof(chain) / sizeof(chain[0]) &&
         certificate_message_next(message, version, &offset, &chain[length].bytes,
                                  &chain[length].length)) {
    length++;
  }
  tls_witness_chain(observation, chain, length, message->truncated);
  /* a message over the cap may hold not even one whole certificate */
  observation->chain_truncated = observation->chain_truncated || message->truncated;
}

static bool keep_issuer(struct tls_observation *observation, const uint8_t *name, size_t length)
{
  size_t i = observation->acceptable_issuer_count;
  struct buffer text;
  buffer_init(&text, (size_t)ISSUER_LIMIT_BYTES * 4);
  x509_name_text((struct der){name, length}, ISSUER_LIMIT_BYTES, &text);
  observation->acceptable_issuers[i] = buffer_take(&text);
  buffer_deinit(&text);
  if (observation->acceptable_issuers[i] == NULL) {
    return false;
  }
  fingerprint(name, length, observation->acceptable_issuers_sha256[i]);
  observation->acceptable_issuer_count++;
  return true;
}

static size_t count_names(const struct certificate_request *request)
{
  size_t count = 0;
  size_t offset = 0;
  const uint8_t *name = NULL;
  size_t length = 0;
  while (certificate_request_next_name(request, &offset, &name, &length)) {
    count++;
  }
  return count;
}

static void keep_signature_algorithms(struct tls_observation *observation,
                                      const struct certificate_request *request)
{
  size_t listed = request->signature_algorithms_bytes / 2;
  size_t kept = listed < SIGNATURE_ALGORITHMS_MAX ? listed : SIGNATURE_ALGORITHMS_MAX;
  for (size_t i = 0; i < kept; i++) {
    const uint8_t *bytes = request->signature_algorithms + 2 * i;
    observation->signature_algorithms[i] = (uint16_t)(bytes[0] << 8 | bytes[1]);
  }
  observation->signature_algorithm_count = kept;
}

static void keep_issuers(struct tls_observation *observation,
                         const struct certificate_request *request)
{
  size_t listed = count_names(request);
  size_t kept = listed < ISSUERS_KEPT_MAX ? listed : ISSUERS_KEPT_MAX;
  observation->acceptable_issuers_listed = listed;
  observation->acceptable_issuers_truncated = request->names_truncated || kept < listed;
  if (kept == 0) {
    return;
  }
  observation->acceptable_issuers = calloc(kept, sizeof(*observation->acceptable_issuers));
  observation->acceptable_issuers_sha256 =
      calloc(kept, sizeof(*observation->acceptable_issuers_sha256));
  if (observation->acceptable_issuers == NULL || observation->acceptable_issuers_sha256 == NULL) {
    return;
  }
  size_t offset = 0;
  const uint8_t *name = NULL;
  size_t length = 0;
  while (observation->acceptable_issuer_count < kept &&
         certificate_request_next_name(request, &offset, &name, &length) &&
         keep_issuer(observation, name, length)) {
  }
}

static int compare_fingerprints(const void *first, const void *second)
{
  return memcmp(first, second, FINGERPRINT_BYTES);
}

/* Sorted: servers behind one address may list the same names in different orders. */
static void fingerprint_issuers(struct tls_observation *observation)
{
  size_t count = observation->acceptable_issuer_count;
  assert(count == 0 || observation->acceptable_issuers_sha256 != NULL);
  char(*sorted)[FINGERPRINT_BYTES] = calloc(count > 0 ? count : 1, sizeof(*sorted));
  if (sorted == NULL) {
    return;
  }
  for (size_t i = 0; i < count; i++) {
    memcpy(sorted[i], observation->acceptable_issuers_sha256[i], sizeof(*sorted));
  }
  qsort(sorted, count, sizeof(*sorted), compare_fingerprints);
  fingerprint((const uint8_t *)sorted, count * sizeof(*sorted),
              observation->acceptable_issuer_list_sha256);
  free(sorted);
}

static void certificate_request(struct tls_observation *observation,
                                const struct handshake_message *message, enum tls_version version)
{
  tls_witness_requested(observation);
  struct certificate_request request;
  if (observation->certificate_request_read ||
      !certificate_request_read(message, version, &request)) {
    return;
  }
  observation->certificate_request_read = true;
  keep_signature_algorithms(observation, &request);
  keep_issuers(observation, &request);
  fingerprint_issuers(observation);
}

/* The IANA name; "0x1234" for one that the library does not know. */
static char *cipher_name(uint16_t cipher_suite)
{
  char number[CIPHER_NUMBER_BYTES];
  (void)snprintf(number, sizeof(number), "0x%04x", cipher_suite);
  const char *name = wolfSSL_get_cipher_name_iana_from_suite((unsigned char)(cipher_suite >> 8),
                                                             (unsigned char)(cipher_suite & 0xff));
  return strdup(name != NULL && strcmp(name, "NONE") != 0 ? name : number);
}

/* The first counts: what follows a HelloRetryRequest chooses the same. */
static void server_hello(struct tls_observation *observation,
                         const struct handshake_message *message)
{
  struct server_hello hello;
  if (observation->cipher != NULL || !server_hello_read(message, &hello)) {
    return;
  }
  observation->version = hello.version;
  observation->hello_retry_request = hello.retry_request;
  observation->cipher = cipher_name(hello.cipher_suite);
}

static void incoming_message(const struct direction *direction,
                             const struct handshake_message *message)
{
  struct tls_observation *observation = direction->witness->observation;
  if (message->type == HANDSHAKE_SERVER_HELLO) {
    server_hello(observation, message);
  } else if (message->type == HANDSHAKE_CERTIFICATE) {
    peer_certificate(observation, message, direction->version);
  } else if (message->type == HANDSHAKE_CERTIFICATE_REQUEST) {
    certificate_request(observation, message, direction->version);
  } else if (message->type == HANDSHAKE_HELLO_REQUEST && observation->handshake_complete) {
    hello_request(observation);
  }
}

static void outgoing_message(const struct direction *direction,
                             const struct handshake_message *message)
{
  size_t count = 0;
  if (message->type == HANDSHAKE_CERTIFICATE &&
      certificate_message_count(message, direction->version, &count)) {
    direction->witness->observation->certificate_sent =
        count > 0 ? CERTIFICATE_SENT_CHAIN : CERTIFICATE_SENT_EMPTY;
  }
}

static void on_message(void *context, const struct handshake_message *message)
{
  const struct direction *direction = context;
  if (direction->outgoing) {
    outgoing_message(direction, message);
  } else {
    incoming_message(direction, message);
  }
}

static void feed_messages(struct tls_witness *witness, bool outgoing, enum tls_version version,
                          const uint8_t *bytes, size_t length)
{
  struct direction direction = {witness, outgoing, version};
  witness->format[outgoing] = version;
  handshake_stream_feed(&witness->messages[outgoing], bytes, length, on_message, &direction);
}

static void on_plain_fragment(void *context, uint8_t content_type, const uint8_t *bytes,
                              size_t length, bool last_of_record)
{
  (void)last_of_record;
  const struct direction *direction = context;
  struct tls_witness *witness = direction->witness;
  if (content_type == CONTENT_HANDSHAKE && !direction->outgoing) {
    witness->observation->server_hello_received = true;
  }
  if (content_type == CONTENT_CHANGE_CIPHER_SPEC) {
    /* RFC 5246 section 7.1: what follows is encrypted */
    witness->plain[direction->outgoing] = false;
  }
  if (!witness->plain[direction->outgoing]) {
    return;
  }
  if (content_type == CONTENT_HANDSHAKE) {
    feed_messages(witness, direction->outgoing, direction->version, bytes, length);
  } else if (content_type == CONTENT_ALERT) {
    take_alerts(witness, direction->outgoing, bytes, length);
  }
}

void tls_witness_raw(struct tls_witness *witness, bool outgoing, const uint8_t *bytes,
                     size_t length)
{
  struct direction direction = {witness, outgoing, TLS_VERSION_1_2};
  witness->observation->client_hello_sent = witness->observation->client_hello_sent || outgoing;
  record_stream_feed(&witness->records[outgoing], bytes, length, on_plain_fragment, &direction);
}

void tls_witness_record(struct tls_witness *witness, const struct tap_record *record)
{
  if (record->content_type == CONTENT_HANDSHAKE) {
    feed_messages(witness, record->outgoing, record->version, record->bytes, record->length);
  } else if (record->content_type == CONTENT_ALERT) {
    take_alerts(witness, record->outgoing, record->bytes, record->length);
  }
}

void tls_witness_refused_message(struct tls_witness *witness)
{
  struct direction direction = {witness, false, witness->format[false]};
  struct handshake_message message;
  if (handshake_stream_partial(&witness->messages[false], &message)) {
    witness->observation->refused_message_bytes = message.full_bytes;
    on_message(&direction, &message);
  }
}
