/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS handshake messages as they come out of records (RFC 8446 section 4, RFC
 * 5246 section 7.4): a reassembler that finds message boundaries in a byte
 * stream, and readers for the messages we look into. Called by the tap in link/.
 * Pure, bounds-checked, capped, fuzzed. Does not decrypt anything.
 */
#ifndef WIRE_HANDSHAKE_H
#define WIRE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/tls_version.h"
#include "wire/record.h"

/* IANA TLS HandshakeType */
enum {
  HANDSHAKE_HELLO_REQUEST = 0,
  HANDSHAKE_CLIENT_HELLO = 1,
  HANDSHAKE_SERVER_HELLO = 2,
  HANDSHAKE_NEW_SESSION_TICKET = 4,
  HANDSHAKE_ENCRYPTED_EXTENSIONS = 8,
  HANDSHAKE_CERTIFICATE = 11,
  HANDSHAKE_SERVER_KEY_EXCHANGE = 12,
  HANDSHAKE_CERTIFICATE_REQUEST = 13,
  HANDSHAKE_SERVER_HELLO_DONE = 14,
  HANDSHAKE_CERTIFICATE_VERIFY = 15,
  HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
  HANDSHAKE_FINISHED = 20,
};

/* HANDSHAKE_MESSAGE_MAX_BYTES: what is kept of one message's body; the rest is passed over. */
enum { HANDSHAKE_HEADER_BYTES = 4, HANDSHAKE_MESSAGE_MAX_BYTES = 65536 };

/* message: type, then body (borrowed, without the 4-byte header), body_bytes of it kept;
 * truncated: only the beginning is there. */
struct handshake_message {
  uint8_t type;
  const uint8_t *body;
  size_t body_bytes;
  size_t full_bytes; /* of the body, as its header says */
  bool truncated;
};

typedef void handshake_message_fn(void *context, const struct handshake_message *message);

/* Finds messages in handshake-type record payloads fed in order. Memory grows with what
 * really arrives, up to the cap. */
struct handshake_stream {
  uint8_t header[HANDSHAKE_HEADER_BYTES]; /* of the message under way */
  size_t header_bytes;
  size_t seen_bytes;  /* of its body */
  struct buffer body; /* what is kept of it */
  bool delivered;     /* reported when it reached the cap; the rest is passed over */
};
void handshake_stream_init(struct handshake_stream *stream);
void handshake_stream_deinit(struct handshake_stream *stream);
/* Takes all of the input. Each message is reported once: when it is complete, or truncated as
 * soon as nothing more of it will be kept (the cap is reached or memory is out). */
void handshake_stream_feed(struct handshake_stream *stream, const uint8_t *bytes, size_t length,
                           handshake_message_fn *on_message, void *context);
/* The message under way, truncated to what has arrived; for a connection that ended in the
 * middle of it. false: there is none, or it was reported already. */
bool handshake_stream_partial(const struct handshake_stream *stream, struct handshake_message *out);

/* ServerHello. */
struct server_hello {
  enum tls_version version; /* TLS_VERSION_UNKNOWN: none that we speak */
  bool retry_request;       /* it is a HelloRetryRequest */
  uint16_t cipher_suite;
};
/* RFC 8446 sections 4.1.3 and 4.1.4, RFC 5246 section 7.4.1.3. false: malformed, or cut off. */
bool server_hello_read(const struct handshake_message *message, struct server_hello *out);

/* CertificateRequest. names, signature_algorithms: borrowed from the body. */
struct certificate_request {
  size_t context_bytes; /* TLS 1.3: certificate_request_context */
  const uint8_t *names; /* the DistinguishedName list: 2-byte length + DER each */
  size_t names_bytes;   /* of what is there, 0 for no list */
  bool names_truncated; /* the message ends before the list does, or before it is known
                           that there is none */
  const uint8_t *signature_algorithms; /* 2 bytes each */
  size_t signature_algorithms_bytes;
};
/* RFC 8446 section 4.3.2 (version 1.3), RFC 5246 section 7.4.4 (1.2). false: malformed, also
 * in the list of names. A truncated message is read as far as it goes. */
bool certificate_request_read(const struct handshake_message *message, enum tls_version version,
                              struct certificate_request *out);
/* The next DER Name of the list; false at the end or where it is cut. Set *offset to 0
 * first. */
bool certificate_request_next_name(const struct certificate_request *request, size_t *offset,
                                   const uint8_t **der, size_t *der_bytes);

/* Certificate (RFC 8446 section 4.4.2, RFC 5246 section 7.4.2): the number of entries, to
 * tell an empty one from a chain; of a truncated message those that begin in what is there.
 * false: malformed. */
bool certificate_message_count(const struct handshake_message *message, enum tls_version version,
                               size_t *out);
/* The next certificate of the list, borrowed from the body; false at the end, where it is
 * malformed, or where a truncated message does not hold it whole. Set *offset to 0 first. */
bool certificate_message_next(const struct handshake_message *message, enum tls_version version,
                              size_t *offset, const uint8_t **der, size_t *der_bytes);

#endif
