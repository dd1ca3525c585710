/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One reply of a server in a protocol that has STARTTLS: what the readers of
 * smtp.h, imap.h, pop3.h, ldap.h, postgres.h, mysql.h and xmpp.h have in common, so
 * that a conversation (link/dialogue.h) is a table whatever the protocol. They
 * are pure, bounds-checked, allocate nothing, and are fuzzed.
 */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include <stddef.h>

#include "base/reply_kind.h"

/* Of one reply with all its lines or messages. Real ones are below 4 KiB. */
enum { REPLY_MAX_BYTES = 16384 };

enum reply_result {
  REPLY_COMPLETE,
  REPLY_INCOMPLETE, /* call again with more bytes from the same start */
  REPLY_MALFORMED,  /* not of this protocol, or over REPLY_MAX_BYTES */
};

/* What a server lists in a reply, as bits. */
enum {
  OFFERS_STARTTLS = 1,
  OFFERS_PLAIN = 2, /* SASL PLAIN, RFC 4616 */
};

enum { REPLY_CODE_BYTES = 48 };

struct reply {
  enum reply_kind kind;
  unsigned offers;
  char code[REPLY_CODE_BYTES]; /* as the protocol writes it: "250", "NO", "28000"; visible ASCII */
  const char *text;            /* the words beside it; borrowed, not clean; NULL: none */
  size_t text_bytes;
  size_t bytes; /* of the input: what follows is not part of this reply */
};

/* Reads a reply from the first byte of the input. Bytes that cannot become one are malformed as
 * soon as they are seen. Once it is complete or malformed, more input changes nothing. */
typedef enum reply_result reply_read_fn(const char *bytes, size_t length, struct reply *out);

#endif
