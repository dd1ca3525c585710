/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS records (RFC 8446 section 5, RFC 5246 section 6.2): finds their fragments
 * in the bytes of a connection, and reads the plaintext inside an encrypted TLS
 * 1.3 record. Called by the tap in link/, which sees what flows by. Pure,
 * bounds-checked, allocates nothing, fuzzed. Does not decrypt anything.
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IANA TLS ContentType */
enum {
  CONTENT_CHANGE_CIPHER_SPEC = 20,
  CONTENT_ALERT = 21,
  CONTENT_HANDSHAKE = 22,
  CONTENT_APPLICATION_DATA = 23,
};

enum { RECORD_HEADER_BYTES = 5, RECORD_FRAGMENT_MAX_BYTES = 16384 + 2048 };

/* TLSPlaintext and TLSCiphertext framing. A length over RECORD_FRAGMENT_MAX_BYTES (RFC 5246
 * section 6.2.3) makes the stream broken: it then ignores all further input. */
struct record_stream {
  uint8_t header[RECORD_HEADER_BYTES];
  size_t header_bytes;
  size_t remaining; /* of the fragment under way */
  bool broken;
};

/* bytes: the next part of a record's fragment as it flows by; the last part has
 * last_of_record. An empty fragment is one part of length 0. */
typedef void record_fragment_fn(void *context, uint8_t content_type, const uint8_t *bytes,
                                size_t length, bool last_of_record);

void record_stream_init(struct record_stream *stream);
/* Takes all of the input; calls on_fragment for every part of a fragment in it, in order. */
void record_stream_feed(struct record_stream *stream, const uint8_t *bytes, size_t length,
                        record_fragment_fn *on_fragment, void *context);

/* TLSInnerPlaintext (RFC 8446 section 5.2): strips padding; the real content type and the
 * length of the content, which begins at bytes. false: nothing but padding. */
bool inner_plaintext_read(const uint8_t *bytes, size_t length, uint8_t *content_type,
                          size_t *content_bytes);

#endif
