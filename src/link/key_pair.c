/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/key_pair.h"

#include <stdint.h>
#include <string.h>

#include "link/wolfssl.h"

/* Much more than the DER of a key with its parameters and public half needs. */
enum { KEY_MAX_BYTES = 2048 };

/* The secret scalar, big-endian, as long as the key's own curve makes it. 0: not to be had. */
static word32 read_scalar(const struct buffer *key, const char *password,
                          uint8_t scalar[MAX_ECC_BYTES])
{
  ecc_key written;
  word32 index = 0;
  word32 length = MAX_ECC_BYTES;
  uint8_t der[KEY_MAX_BYTES];
  int der_length = wc_KeyPemToDer((const unsigned char *)key->data, (int)key->length, der,
                                  sizeof(der), password);
  (void)wc_ecc_init(&written);
  if (der_length <= 0 || wc_EccPrivateKeyDecode(der, &index, &written, (word32)der_length) != 0 ||
      wc_ecc_export_private_only(&written, scalar, &length) != 0) {
    length = 0;
  }
  (void)wc_ecc_free(&written);
  explicit_bzero(der, sizeof(der));
  return length;
}

/* wolfSSL takes the curve of a PKCS #8 key from its length, so the certificate's is used. */
static bool leads_to_point(const uint8_t *scalar, word32 length, ecc_key *certificate)
{
  ecc_key own;
  (void)wc_ecc_init(&own);
  bool same = wc_ecc_import_private_key_ex(scalar, length, NULL, 0, &own,
                                           wc_ecc_get_curve_id(certificate->idx)) == 0 &&
              wc_ecc_make_pub(&own, NULL) == 0 &&
              wc_ecc_cmp_point(&own.pubkey, &certificate->pubkey) == MP_EQ;
  (void)wc_ecc_free(&own);
  return same;
}

bool key_pair_matches(const struct x509_certificate *certificate, const struct buffer *key,
                      const char *password)
{
  ecc_key leaf;
  word32 index = 0;
  uint8_t scalar[MAX_ECC_BYTES];
  bool matches = true;
  (void)wc_ecc_init(&leaf);
  if (wc_EccPublicKeyDecode(certificate->spki.bytes, &index, &leaf,
                            (word32)certificate->spki.length) == 0) {
    word32 length = read_scalar(key, password, scalar);
    matches = length > 0 && leads_to_point(scalar, length, &leaf);
    explicit_bzero(scalar, sizeof(scalar));
  }
  (void)wc_ecc_free(&leaf);
  return matches;
}
