/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS handshake messages as they come out of records (RFC 8446 section 4, RFC
 * 5246 section 7.4): a reassembler that finds message boundaries in a byte
 * stream, and readers for the messages we look into. Pure, bounds-checked,
 * capped, fuzzed. Does not decrypt anything.
 */
#ifndef WIRE_HANDSHAKE_H
#define WIRE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/target.h"

/* IANA TLS HandshakeType and ContentType */
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
enum {
  CONTENT_CHANGE_CIPHER_SPEC = 20,
  CONTENT_ALERT = 21,
  CONTENT_HANDSHAKE = 22,
  CONTENT_APPLICATION_DATA = 23,
};

/* What is kept of one message; a longer one is passed over and marked truncated. */
enum { HANDSHAKE_MESSAGE_MAX_BYTES = 65536 };

/* message: type, then body (borrowed, without the 4-byte header), body_bytes of it kept;
 * truncated: the message is longer than the cap. */
struct handshake_message {
  uint8_t type;
  const uint8_t *body;
  size_t body_bytes;
  size_t full_bytes; /* as its header says */
  bool truncated;
};

typedef void handshake_message_fn(void *context, const struct handshake_message *message);

/* Finds messages in handshake-type record payloads fed in order. */
struct handshake_stream {
  struct buffer pending; /* header and body of the message under way, capped */
  size_t message_bytes;  /* whole length with header; 0 while the header is incomplete */
  size_t seen_bytes;     /* of the message under way */
};
void handshake_stream_init(struct handshake_stream *stream);
void handshake_stream_deinit(struct handshake_stream *stream);
void handshake_stream_feed(struct handshake_stream *stream, const uint8_t *bytes, size_t length,
                           handshake_message_fn *on_message, void *context);

/* TLSPlaintext/TLSCiphertext framing (RFC 8446 section 5.1): calls on_record with the content
 * type and the fragment as the bytes flow by; a fragment may come in parts. A length over
 * 2^14 + 2048 (RFC 5246 6.2.3) makes the stream broken: it then ignores all further input. */
struct record_stream {
  uint8_t header[5];
  size_t header_bytes;
  size_t remaining; /* of the fragment under way */
  bool broken;
};
typedef void record_fragment_fn(void *context, uint8_t content_type, const uint8_t *bytes,
                                size_t length, bool last_of_record);
void record_stream_init(struct record_stream *stream);
void record_stream_feed(struct record_stream *stream, const uint8_t *bytes, size_t length,
                        record_fragment_fn *on_fragment, void *context);

/* CertificateRequest. names, signature_algorithms: borrowed from the body. */
struct certificate_request {
  size_t context_bytes; /* TLS 1.3: certificate_request_context */
  const uint8_t *names; /* the DistinguishedName list: 2-byte length + DER each */
  size_t names_bytes;   /* of what is there, 0 for no list */
  bool names_truncated;
  const uint8_t *signature_algorithms; /* 2 bytes each */
  size_t signature_algorithms_bytes;
};
/* RFC 8446 section 4.3.2 (version 1.3), RFC 5246 section 7.4.4 (1.2). false: malformed. A
 * truncated message is read as far as it goes. */
bool certificate_request_read(const struct handshake_message *message, enum tls_version version,
                              struct certificate_request *out);
/* The next DER Name of the list; false at the end or where it is malformed. Set *offset to 0
 * first. */
bool certificate_request_next_name(const struct certificate_request *request, size_t *offset,
                                   const uint8_t **der, size_t *der_bytes);

/* Certificate (RFC 8446 section 4.4.2, RFC 5246 section 7.4.2): the number of entries, to
 * tell an empty one from a chain. false: malformed. */
bool certificate_message_count(const struct handshake_message *message, enum tls_version version,
                               size_t *out);

/* TLSInnerPlaintext (RFC 8446 section 5.2): strips padding; the real content type and the
 * length of the content. false: nothing but padding. */
bool inner_plaintext_read(const uint8_t *bytes, size_t length, uint8_t *content_type,
                          size_t *content_bytes);

#endif
