/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "x509_internal.h"

static const char ec_public_key[] = "1.2.840.10045.2.1";     /* RFC 5480 section 2.1.1 */
static const char rsa_encryption[] = "1.2.840.113549.1.1.1"; /* RFC 8017 appendix A.1 */
static const char rsassa_pss[] = "1.2.840.113549.1.1.10";    /* RFC 4055 section 3.1 */

static const struct {
  const char *oid;
  const char *name;
} key_names[] = {
    {"1.2.840.10045.3.1.1", "P-192"},
    {"1.3.132.0.33", "P-224"},
    {"1.2.840.10045.3.1.7", "P-256"},
    {"1.3.132.0.34", "P-384"},
    {"1.3.132.0.35", "P-521"},
    {"1.3.132.0.10", "secp256k1"},
    {"1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"},
    {"1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"},
    {"1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"},
    {"1.3.101.112", "Ed25519"},
    {"1.3.101.113", "Ed448"},
    {"1.2.840.10040.4.1", "DSA"},
    {"2.16.840.1.101.3.4.3.17", "ML-DSA-44"},
    {"2.16.840.1.101.3.4.3.18", "ML-DSA-65"},
    {"2.16.840.1.101.3.4.3.19", "ML-DSA-87"},
};

static const char *key_name(const char *oid)
{
  for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++) {
    if (strcmp(key_names[i].oid, oid) == 0) {
      return key_names[i].name;
    }
  }
  return oid;
}

/* RSAPublicKey, RFC 8017 appendix A.1.1; the first octet of a BIT STRING counts the bits
 * that its last octet leaves unused. 0: unreadable. */
static size_t modulus_bits(struct der bit_string)
{
  struct der key;
  struct der modulus;
  if (bit_string.length == 0 || bit_string.bytes[0] != 0) {
    return 0;
  }
  struct der inside = {bit_string.bytes + 1, bit_string.length - 1};
  if (!der_only(inside, DER_SEQUENCE, &key) || !der_expect(&key, DER_INTEGER, &modulus) ||
      modulus.length == 0) {
    return 0;
  }
  modulus = der_magnitude(modulus);
  size_t bits = modulus.length * 8;
  for (uint8_t top = modulus.bytes[0]; bits > 0 && (top & 0x80) == 0; top = (uint8_t)(top << 1)) {
    bits--;
  }
  return bits;
}

void x509_key_type(const struct x509_certificate *certificate, char *out, size_t out_bytes)
{
  struct der info;
  struct der algorithm;
  struct der oid;
  struct der key;
  char text[OID_TEXT_BYTES];
  if (out_bytes > 0) {
    out[0] = '\0';
  }
  if (!der_only(certificate->spki, DER_SEQUENCE, &info) ||
      !der_expect(&info, DER_SEQUENCE, &algorithm) || !der_expect(&info, DER_BIT_STRING, &key) ||
      !der_expect(&algorithm, DER_OID, &oid) || !der_oid_text(oid, text, sizeof(text))) {
    return;
  }
  bool pss = strcmp(text, rsassa_pss) == 0;
  if (pss || strcmp(text, rsa_encryption) == 0) {
    size_t bits = modulus_bits(key);
    if (bits > 0) {
      (void)snprintf(out, out_bytes, "%s-%zu", pss ? "RSA-PSS" : "RSA", bits);
    }
    return;
  }
  struct der curve;
  if (strcmp(text, ec_public_key) == 0 && der_only(algorithm, DER_OID, &curve) &&
      !der_oid_text(curve, text, sizeof(text))) {
    return;
  }
  (void)snprintf(out, out_bytes, "%s", key_name(text));
}

void x509_signature_algorithm(const struct x509_certificate *certificate, char *out,
                              size_t out_bytes)
{
  struct der algorithm;
  struct der oid = {0};
  (void)(der_only(certificate->signature_algorithm, DER_SEQUENCE, &algorithm) &&
         der_expect(&algorithm, DER_OID, &oid));
  (void)der_oid_text(oid, out, out_bytes);
}
