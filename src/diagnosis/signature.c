/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "evidence.h"

/*
 * What a key can sign in CertificateVerify: TLS 1.3 ties a curve to its hash and takes RSA in PSS
 * alone (RFC 8446 section 4.2.3), TLS 1.2 takes any hash and PKCS #1 (RFC 5246 section 7.4.1.4.1).
 * A key type is as in struct certificate, up to the size where that does not matter.
 */
static const struct {
  const char *key_type;
  uint16_t scheme;
  enum tls_version last; /* the last version that takes it */
} able[] = {
    {"P-256", 0x0403, TLS_VERSION_1_3},    {"P-384", 0x0503, TLS_VERSION_1_3},
    {"P-521", 0x0603, TLS_VERSION_1_3},    {"P-", 0x0203, TLS_VERSION_1_2},
    {"P-", 0x0303, TLS_VERSION_1_2},       {"P-", 0x0403, TLS_VERSION_1_2},
    {"P-", 0x0503, TLS_VERSION_1_2},       {"P-", 0x0603, TLS_VERSION_1_2},
    {"RSA-PSS-", 0x0809, TLS_VERSION_1_3}, {"RSA-PSS-", 0x080a, TLS_VERSION_1_3},
    {"RSA-PSS-", 0x080b, TLS_VERSION_1_3}, {"RSA-", 0x0804, TLS_VERSION_1_3},
    {"RSA-", 0x0805, TLS_VERSION_1_3},     {"RSA-", 0x0806, TLS_VERSION_1_3},
    {"RSA-", 0x0201, TLS_VERSION_1_2},     {"RSA-", 0x0301, TLS_VERSION_1_2},
    {"RSA-", 0x0401, TLS_VERSION_1_2},     {"RSA-", 0x0501, TLS_VERSION_1_2},
    {"RSA-", 0x0601, TLS_VERSION_1_2},     {"Ed25519", 0x0807, TLS_VERSION_1_3},
    {"Ed448", 0x0808, TLS_VERSION_1_3},
};

/* "P-" is any curve and "RSA-" any size, but no "RSA-PSS-2048". */
static bool is_of_type(const char *key_type, const char *family)
{
  size_t length = strlen(family);
  return strncmp(key_type, family, length) == 0 &&
         (key_type[length] == '\0' || isdigit((unsigned char)key_type[length]));
}

static bool listed(const struct tls_observation *tls, uint16_t scheme)
{
  for (size_t i = 0; i < tls->signature_algorithm_count; i++) {
    if (tls->signature_algorithms[i] == scheme) {
      return true;
    }
  }
  return false;
}

enum answer signature_acceptable(const struct diagnosis_input *input)
{
  const struct credential_facts *credential = input->credential;
  const struct tls_observation *tls = certificate_request(input->observations);
  if (credential == NULL || credential->chain_length == 0 || tls == NULL ||
      tls->version == TLS_VERSION_UNKNOWN || tls->signature_algorithm_count == 0) {
    return ANSWER_UNKNOWN;
  }
  bool known_key = false;
  for (size_t i = 0; i < sizeof(able) / sizeof(able[0]); i++) {
    if (is_of_type(credential->chain[0].key_type, able[i].key_type)) {
      known_key = true;
      if (tls->version <= able[i].last && listed(tls, able[i].scheme)) {
        return ANSWER_YES;
      }
    }
  }
  /* a list that fills its place may have been cut */
  return known_key && tls->signature_algorithm_count < SIGNATURE_ALGORITHMS_MAX ? ANSWER_NO
                                                                                : ANSWER_UNKNOWN;
}
