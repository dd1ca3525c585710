/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imitation.h"

#include "wire/der_writer.h"
#include "x509_internal.h"

/* Content of the object identifiers, RFC 5280 sections 4.2.1.2 and 4.2.1.1. */
static const char subject_key_identifier[] = "\x55\x1D\x0E";
static const char authority_key_identifier[] = "\x55\x1D\x23";
enum { OID_BYTES = 3 };

static void append(struct buffer *out, struct der part)
{
  buffer_append(out, part.bytes, part.length);
}

/* The value of such an extension is an OCTET STRING around another element. */
static void put_extension(struct buffer *out, const char *oid, uint8_t tag, struct der identifier,
                          bool in_sequence)
{
  size_t start = out->length;
  der_put(out, DER_OID, oid, OID_BYTES);
  size_t value = out->length;
  der_put(out, tag, identifier.bytes, identifier.length);
  if (in_sequence) {
    der_wrap(out, DER_SEQUENCE, value);
  }
  der_wrap(out, DER_OCTET_STRING, value);
  der_wrap(out, DER_SEQUENCE, start);
}

static void put_subject_key_identifier(const struct imitation *imitation, struct buffer *out)
{
  put_extension(out, subject_key_identifier, DER_OCTET_STRING, imitation->key_identifier, false);
}

/* By the key alone: name and serial number of the issuer's certificate would be another's. */
static void put_authority_key_identifier(const struct imitation *imitation, struct buffer *out)
{
  put_extension(out, authority_key_identifier, DER_CONTEXT + 0, imitation->issuer_key_identifier,
                true);
}

/* Copies Extensions, those that speak of keys replaced; *has_authority: one spoke of the
 * issuer's. */
static bool write_extensions(const struct imitation *imitation, struct der extensions,
                             bool *has_authority, struct buffer *out)
{
  while (extensions.length > 0) {
    struct der_element extension;
    struct der oid;
    if (!der_next(&extensions, &extension) || extension.tag != DER_SEQUENCE ||
        !der_expect(&extension.content, DER_OID, &oid)) {
      return false;
    }
    if (der_equals(oid, subject_key_identifier, OID_BYTES)) {
      put_subject_key_identifier(imitation, out);
    } else if (der_equals(oid, authority_key_identifier, OID_BYTES)) {
      *has_authority = true;
      put_authority_key_identifier(imitation, out);
    } else {
      append(out, extension.whole);
    }
  }
  return true;
}

/* From what follows SubjectPublicKeyInfo in the original. */
static bool write_tail(const struct imitation *imitation, struct der rest, bool self_issued,
                       struct buffer *out)
{
  struct der wrapped;
  struct der extensions = {0};
  struct der unique_id;
  bool has_authority = false;
  for (uint8_t number = 1; number <= 2; number++) { /* issuerUniqueID, subjectUniqueID */
    if (der_expect(&rest, DER_CONTEXT + number, &unique_id)) {
      der_put(out, DER_CONTEXT + number, unique_id.bytes, unique_id.length);
    }
  }
  if (rest.length > 0 && (!der_only(rest, DER_CONTEXT_CONSTRUCTED + 3, &wrapped) ||
                          !der_only(wrapped, DER_SEQUENCE, &extensions))) {
    return false;
  }
  size_t start = out->length;
  if (!write_extensions(imitation, extensions, &has_authority, out)) {
    return false;
  }
  if (!has_authority && !self_issued) {
    put_authority_key_identifier(imitation, out);
  }
  if (out->length > start) {
    der_wrap(out, DER_SEQUENCE, start);
    der_wrap(out, DER_CONTEXT_CONSTRUCTED + 3, start);
  }
  return true;
}

bool imitation_write_tbs(const struct imitation *imitation, struct buffer *out)
{
  struct der certificate;
  struct der tbs;
  struct der ignored;
  struct der issuer;
  struct der validity;
  struct der subject;
  if (!der_only(imitation->original, DER_SEQUENCE, &certificate) ||
      !der_expect(&certificate, DER_SEQUENCE, &tbs)) {
    return false;
  }
  (void)der_expect(&tbs, DER_CONTEXT_CONSTRUCTED + 0, &ignored); /* version */
  if (!der_expect(&tbs, DER_INTEGER, &ignored) ||                /* serialNumber */
      !der_expect(&tbs, DER_SEQUENCE, &ignored) ||               /* signature */
      !der_whole_sequence(&tbs, &issuer) || !der_whole_sequence(&tbs, &validity) ||
      !der_whole_sequence(&tbs, &subject) || !der_expect(&tbs, DER_SEQUENCE, &ignored)) {
    return false;
  }
  size_t start = out->length;
  der_put(out, DER_CONTEXT_CONSTRUCTED + 0, "\x02\x01\x02", 3); /* v3 */
  der_put(out, DER_INTEGER, imitation->serial.bytes, imitation->serial.length);
  append(out, imitation->signature_algorithm);
  append(out, issuer);
  append(out, validity);
  append(out, subject);
  append(out, imitation->spki);
  bool self_issued = der_equals(issuer, subject.bytes, subject.length);
  if (!write_tail(imitation, tbs, self_issued, out)) {
    return false;
  }
  der_wrap(out, DER_SEQUENCE, start);
  return true;
}

void imitation_write_certificate(struct der tbs, struct der signature_algorithm,
                                 struct der signature, struct buffer *out)
{
  size_t start = out->length;
  append(out, tbs);
  append(out, signature_algorithm);
  size_t bits = out->length;
  buffer_append_char(out, '\0'); /* no unused bits */
  append(out, signature);
  der_wrap(out, DER_BIT_STRING, bits);
  der_wrap(out, DER_SEQUENCE, start);
}
