/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the fields that we report from the DER of an X.509 certificate (RFC
 * 5280 section 4) and writes names as text (RFC 4514). Verifies nothing: that is
 * the TLS library's work. Also reads what a verifier would refuse, because a bad
 * certificate is what people want to see. Pure, bounds-checked, fuzzed.
 */
#ifndef WIRE_X509_H
#define WIRE_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Borrowed bytes of the certificate. */
struct der {
  const uint8_t *bytes;
  size_t length;
};

struct x509_certificate {
  struct der serial;  /* big-endian, without leading zero octets: as openssl prints it */
  struct der issuer;  /* the whole Name with its header */
  struct der subject; /* the whole Name with its header */
  struct der spki;    /* the whole SubjectPublicKeyInfo with its header */
  struct der signature_algorithm;       /* the whole AlgorithmIdentifier with its header */
  struct der subject_alternative_names; /* content of GeneralNames, empty when absent */
  int64_t not_before;                   /* Unix seconds; GeneralizedTime beyond 9999 is malformed */
  int64_t not_after;
  bool has_key_usage;
  bool digital_signature; /* key usage, RFC 5280 section 4.2.1.3 */
  bool key_encipherment;
  bool key_cert_sign;
  bool has_extended_key_usage;
  bool client_auth; /* id-kp-clientAuth or anyExtendedKeyUsage, section 4.2.1.12 */
  bool server_auth; /* id-kp-serverAuth or anyExtendedKeyUsage */
  bool is_ca;       /* basicConstraints, section 4.2.1.9 */
  int path_length;  /* pathLenConstraint; -1: none */
};

/* false: not a certificate, or a field does not fit its frame; *out is then empty. An extension
 * whose value cannot be read is there but allows nothing; of several of a kind the first counts. */
bool x509_read(const uint8_t *der, size_t length, struct x509_certificate *out);

/* "P-256", "P-384", "P-521", "RSA-2048" (bits of the modulus), "RSA-PSS-2048", "Ed25519", "Ed448",
 * "DSA", "ML-DSA-65"; the dotted OID (of the curve, for elliptic curves) for others; "" where it
 * cannot be read. Always terminated. */
void x509_key_type(const struct x509_certificate *certificate, char *out, size_t out_bytes);

/* The dotted object identifier of the signature's algorithm: "1.2.840.10045.4.3.2" is
 * ecdsa-with-SHA256; "" where it cannot be read. Always terminated. */
void x509_signature_algorithm(const struct x509_certificate *certificate, char *out,
                              size_t out_bytes);

/* dNSName and iPAddress entries joined by ",": as they are but cleaned as text_clean() does
 * (base/text.h), an iPAddress of neither 4 nor 16 octets as "#hex". At most limit_bytes of text,
 * then "…". */
void x509_alternative_names_text(const struct x509_certificate *certificate, size_t limit_bytes,
                                 struct buffer *out);

/* Whether subjectAltName lists this iPAddress: 4 or 16 octets in network order. */
bool x509_has_ip_address(const struct x509_certificate *certificate, const uint8_t *address,
                         size_t length);

/* Whether a dNSName of subjectAltName stands for this host, without regard to case. "*" only as
 * the whole first label, for exactly one label (RFC 9525 sections 6.2 and 6.3). */
bool x509_has_dns_name(const struct x509_certificate *certificate, const char *host);

/* A DER Name as RFC 4514 text: most specific part first ("CN=x,OU=y,O=z"), short names for the
 * usual attribute types; dotted OID for others, "#hex" for their values and for values that are no
 * strings. Escaped by section 2.4, control characters too; valid UTF-8 whatever the bytes
 * (T61/Latin-1, BMPString and UniversalString converted, U+FFFD for what is no character). ""
 * for an empty or malformed Name. At most limit_bytes of text, then "…"; of more than 64 RDNs
 * the most specific 64, then "…". */
void x509_name_text(struct der name, size_t limit_bytes, struct buffer *out);

#endif
