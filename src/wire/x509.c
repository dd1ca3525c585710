/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/x509.h"

#include <limits.h>
#include <string.h>

#include "x509_internal.h"

/* An extension that cannot be read allows nothing: section 4.2 would have it refused. */
static void read_key_usage(struct der value, struct x509_certificate *out)
{
  struct der bits;
  out->has_key_usage = true;
  /* a count of unused bits, then the bits from the top down */
  if (!der_only(value, DER_BIT_STRING, &bits) || bits.length < 2 || bits.bytes[0] > 7) {
    return;
  }
  uint8_t first = bits.bytes[1];
  if (bits.length == 2) {
    first = (uint8_t)(first >> bits.bytes[0] << bits.bytes[0]);
  }
  out->digital_signature = (first & 0x80) != 0;
  out->key_encipherment = (first & 0x20) != 0;
  out->key_cert_sign = (first & 0x04) != 0;
}

static void read_extended_key_usage(struct der value, struct x509_certificate *out)
{
  struct der purposes;
  struct der purpose;
  bool client = false;
  bool server = false;
  out->has_extended_key_usage = true;
  if (!der_only(value, DER_SEQUENCE, &purposes)) {
    return;
  }
  while (purposes.length > 0) {
    char oid[OID_TEXT_BYTES];
    if (!der_expect(&purposes, DER_OID, &purpose)) {
      return;
    }
    if (der_oid_text(purpose, oid, sizeof(oid))) {
      bool any = strcmp(oid, "2.5.29.37.0") == 0;
      server = server || any || strcmp(oid, "1.3.6.1.5.5.7.3.1") == 0;
      client = client || any || strcmp(oid, "1.3.6.1.5.5.7.3.2") == 0;
    }
  }
  out->client_auth = client;
  out->server_auth = server;
}

static bool read_path_length(struct der integer, int *out)
{
  if (integer.length == 0 || (integer.bytes[0] & 0x80) != 0) {
    return false;
  }
  int64_t value = 0;
  for (size_t i = 0; i < integer.length && value <= INT_MAX; i++) {
    value = value << 8 | integer.bytes[i];
  }
  *out = value < INT_MAX ? (int)value : INT_MAX;
  return true;
}

static void read_basic_constraints(struct der value, struct x509_certificate *out)
{
  struct der constraints;
  struct der ca;
  struct der path_length;
  int length = -1;
  if (!der_only(value, DER_SEQUENCE, &constraints) || !der_expect(&constraints, DER_BOOLEAN, &ca)) {
    return; /* cA is FALSE by default */
  }
  if (constraints.length > 0 && (!der_only(constraints, DER_INTEGER, &path_length) ||
                                 !read_path_length(path_length, &length))) {
    return;
  }
  out->is_ca = der_equals(ca, "\xFF", 1);
  out->path_length = length;
}

static void read_alternative_names(struct der value, struct x509_certificate *out)
{
  (void)der_only(value, DER_SEQUENCE, &out->subject_alternative_names);
}

static const struct known_extension {
  const char *oid;
  void (*read)(struct der value, struct x509_certificate *out);
} known_extensions[] = {
    {"2.5.29.15", read_key_usage},
    {"2.5.29.17", read_alternative_names},
    {"2.5.29.19", read_basic_constraints},
    {"2.5.29.37", read_extended_key_usage},
};
enum { KNOWN_EXTENSIONS = sizeof(known_extensions) / sizeof(known_extensions[0]) };

/* Section 4.2 allows one of a kind; the first of several counts. */
static bool read_extension(struct der extension, bool seen[KNOWN_EXTENSIONS],
                           struct x509_certificate *out)
{
  struct der oid;
  struct der critical;
  struct der value;
  char text[OID_TEXT_BYTES];
  if (!der_expect(&extension, DER_OID, &oid)) {
    return false;
  }
  (void)der_expect(&extension, DER_BOOLEAN, &critical);
  if (!der_only(extension, DER_OCTET_STRING, &value)) {
    return false;
  }
  if (!der_oid_text(oid, text, sizeof(text))) {
    return true;
  }
  for (size_t i = 0; i < KNOWN_EXTENSIONS; i++) {
    if (!seen[i] && strcmp(text, known_extensions[i].oid) == 0) {
      known_extensions[i].read(value, out);
      seen[i] = true;
    }
  }
  return true;
}

static bool read_extensions(struct der wrapped, struct x509_certificate *out)
{
  bool seen[KNOWN_EXTENSIONS] = {false};
  struct der extensions;
  struct der extension;
  if (!der_only(wrapped, DER_SEQUENCE, &extensions)) {
    return false;
  }
  while (extensions.length > 0) {
    if (!der_expect(&extensions, DER_SEQUENCE, &extension) ||
        !read_extension(extension, seen, out)) {
      return false;
    }
  }
  return true;
}

static bool read_validity(struct der validity, struct x509_certificate *out)
{
  struct der_element not_before;
  struct der_element not_after;
  return der_next(&validity, &not_before) && der_next(&validity, &not_after) &&
         validity.length == 0 && der_time(&not_before, &out->not_before) &&
         der_time(&not_after, &out->not_after);
}

/* TBSCertificate, section 4.1 */
static bool read_tbs(struct der tbs, struct x509_certificate *out)
{
  struct der ignored;
  struct der validity;
  struct der extensions;
  (void)der_expect(&tbs, DER_CONTEXT_CONSTRUCTED + 0, &ignored); /* version */
  if (!der_expect(&tbs, DER_INTEGER, &out->serial) ||
      !der_expect(&tbs, DER_SEQUENCE, &ignored) || /* signature */
      !der_whole_sequence(&tbs, &out->issuer) || !der_expect(&tbs, DER_SEQUENCE, &validity) ||
      !read_validity(validity, out) || !der_whole_sequence(&tbs, &out->subject) ||
      !der_whole_sequence(&tbs, &out->spki)) {
    return false;
  }
  out->serial = der_magnitude(out->serial);
  (void)der_expect(&tbs, DER_CONTEXT + 1, &ignored); /* issuerUniqueID */
  (void)der_expect(&tbs, DER_CONTEXT + 2, &ignored); /* subjectUniqueID */
  if (tbs.length == 0) {
    return true;
  }
  return der_only(tbs, DER_CONTEXT_CONSTRUCTED + 3, &extensions) &&
         read_extensions(extensions, out);
}

bool x509_read(const uint8_t *der, size_t length, struct x509_certificate *out)
{
  struct x509_certificate fields = {.path_length = -1};
  struct der certificate;
  struct der tbs;
  struct der ignored;
  bool good = der_only((struct der){der, length}, DER_SEQUENCE, &certificate) &&
              der_expect(&certificate, DER_SEQUENCE, &tbs) &&
              der_whole_sequence(&certificate, &fields.signature_algorithm) &&
              der_only(certificate, DER_BIT_STRING, &ignored) && /* signatureValue */
              read_tbs(tbs, &fields);
  *out = good ? fields : (struct x509_certificate){.path_length = -1};
  return good;
}
