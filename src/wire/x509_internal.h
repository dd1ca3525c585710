/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the modules that read certificates: der.c takes DER apart (ITU-T X.690)
 * without recursion or copies, x509_text.c writes characters of the peer's choice
 * as valid UTF-8 within a limit.
 */
#ifndef WIRE_X509_INTERNAL_H
#define WIRE_X509_INTERNAL_H

#include "wire/x509.h"

/* Identifier octets: X.690 section 8.1.2. */
enum {
  DER_BOOLEAN = 0x01,
  DER_INTEGER = 0x02,
  DER_BIT_STRING = 0x03,
  DER_OCTET_STRING = 0x04,
  DER_OID = 0x06,
  DER_UTF8_STRING = 0x0C,
  DER_NUMERIC_STRING = 0x12,
  DER_PRINTABLE_STRING = 0x13,
  DER_T61_STRING = 0x14,
  DER_IA5_STRING = 0x16,
  DER_UTC_TIME = 0x17,
  DER_GENERALIZED_TIME = 0x18,
  DER_VISIBLE_STRING = 0x1A,
  DER_UNIVERSAL_STRING = 0x1C,
  DER_BMP_STRING = 0x1E,
  DER_SEQUENCE = 0x30,
  DER_SET = 0x31,
  DER_CONTEXT = 0x80,             /* [n] is DER_CONTEXT + n */
  DER_CONTEXT_CONSTRUCTED = 0xA0, /* likewise */
};

struct der_element {
  uint8_t tag;
  struct der content;
  struct der whole; /* with the header */
};

/* Takes the first element off rest. false, and rest stays: it does not fit into rest, or its
 * header is of a form that certificates do not use (tags above 30, indefinite length, a length
 * of more than 4 octets). A length that is not the shortest is read: verifiers do so too. */
bool der_next(struct der *rest, struct der_element *out);
/* The same for an element that must have the tag; its content, empty when false. */
bool der_expect(struct der *rest, uint8_t tag, struct der *content);
/* Takes a SEQUENCE, header and all. */
bool der_whole_sequence(struct der *rest, struct der *whole);
/* The content of an element that must have the tag and fill input; empty when false. */
bool der_only(struct der input, uint8_t tag, struct der *content);

bool der_equals(struct der a, const void *bytes, size_t length);
/* UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 restricts them, in Unix seconds. */
bool der_time(const struct der_element *element, int64_t *out);
/* The content of an OBJECT IDENTIFIER as "1.2.840...". false: malformed, a number in it has
 * more than 128 bits, or the text does not fit. */
bool der_oid_text(struct der oid, char *out, size_t out_bytes);
enum { OID_TEXT_BYTES = 256 }; /* enough for any that is in use */
/* The content of an INTEGER without the octets in front that say only that it is positive. */
struct der der_magnitude(struct der integer);

/* Text of at most left_bytes more; the first piece that does not fit is replaced by "…" and
 * ends it. */
struct limited_text {
  struct buffer *out;
  size_t left_bytes;
  bool cut;
};
/* A piece is written whole or not at all. */
void limited_append(struct limited_text *text, const char *piece, size_t length);
void limited_append_text(struct limited_text *text, const char *piece);
/* "#" and the octets in hexadecimal. */
void limited_append_hex(struct limited_text *text, struct der octets);
/* Ends the text as if more had been to come. */
void limited_cut(struct limited_text *text);

enum { UTF8_MAX_BYTES = 4, CHARACTER_REPLACEMENT = 0xFFFD };

/* The first character of a string type, taken off rest, which must not be empty;
 * CHARACTER_REPLACEMENT where the bytes are none. tag: a type that is_string_type() knows. */
uint32_t take_character(uint8_t tag, struct der *rest);
bool is_string_type(uint8_t tag);
/* Whether it is a control character: C0, DEL, C1. */
bool is_control(uint32_t character);
/* RFC 3629; the number of bytes. */
size_t utf8_encode(uint32_t character, char out[UTF8_MAX_BYTES]);

#endif
