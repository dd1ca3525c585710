/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/throwaway_key.h"

#include <stdlib.h>
#include <string.h>

#include "link/wolfssl.h"

enum {
  TYPE_BYTES = 24,
  DER_MAX_BYTES = 4096, /* of the private key of RSA-4096, and more */
  SIGNATURE_MAX_BYTES = 1024,
  RSA_EXPONENT = 65537,
  RSA_LEAST_BITS = 1024,
};

struct family;

struct throwaway_key {
  char type[TYPE_BYTES];
  const struct family *family;
  WC_RNG rng;
  union {
    RsaKey rsa;
    ecc_key ecc;
    ed25519_key ed25519;
    ed448_key ed448;
  } as;
  unsigned references;
};

/* All but destroy return wolfCrypt's errors, negative; write_* otherwise the length. */
struct family {
  const char *types; /* what the types of its keys begin with */
  int (*make)(struct throwaway_key *key);
  void (*destroy)(struct throwaway_key *key);
  int (*write_public)(struct throwaway_key *key, uint8_t *out, word32 out_bytes);
  int (*write_private)(struct throwaway_key *key, uint8_t *out, word32 out_bytes);
  int (*sign)(struct throwaway_key *key, enum wc_HashType hash, struct der bytes, uint8_t *out,
              word32 *out_bytes);
};

/* ---- RSA ------------------------------------------------------------------------------- */

static int rsa_make(struct throwaway_key *key)
{
  long bits = strtol(key->type + strlen(key->family->types), NULL, 10);
  int result = wc_InitRsaKey(&key->as.rsa, NULL);
  if (result == 0 && (bits < RSA_LEAST_BITS || bits > RSA_MAX_SIZE)) {
    return BAD_FUNC_ARG;
  }
  if (result == 0) {
    result = wc_RsaSetRNG(&key->as.rsa, &key->rng);
  }
  return result == 0 ? wc_MakeRsaKey(&key->as.rsa, (int)bits, RSA_EXPONENT, &key->rng) : result;
}

static void rsa_destroy(struct throwaway_key *key)
{
  (void)wc_FreeRsaKey(&key->as.rsa);
}

static int rsa_write_public(struct throwaway_key *key, uint8_t *out, word32 out_bytes)
{
  return wc_RsaKeyToPublicDer(&key->as.rsa, out, out_bytes);
}

static int rsa_write_private(struct throwaway_key *key, uint8_t *out, word32 out_bytes)
{
  return wc_RsaKeyToDer(&key->as.rsa, out, out_bytes);
}

static int rsa_sign(struct throwaway_key *key, enum wc_HashType hash, struct der bytes,
                    uint8_t *out, word32 *out_bytes)
{
  return wc_SignatureGenerate(hash, WC_SIGNATURE_TYPE_RSA_W_ENC, bytes.bytes, (word32)bytes.length,
                              out, out_bytes, &key->as.rsa, sizeof(key->as.rsa), &key->rng);
}

/* ---- elliptic curves ------------------------------------------------------------------- */

static int ecc_make(struct throwaway_key *key)
{
  static const struct {
    const char *type;
    int curve;
  } curves[] = {{"P-256", ECC_SECP256R1}, {"P-384", ECC_SECP384R1}, {"P-521", ECC_SECP521R1}};
  int result = wc_ecc_init(&key->as.ecc);
  for (size_t i = 0; result == 0 && i < sizeof(curves) / sizeof(curves[0]); i++) {
    if (strcmp(key->type, curves[i].type) == 0) {
      int size = wc_ecc_get_curve_size_from_id(curves[i].curve);
      return wc_ecc_make_key_ex(&key->rng, size, &key->as.ecc, curves[i].curve);
    }
  }
  return result == 0 ? BAD_FUNC_ARG : result;
}

static void ecc_destroy(struct throwaway_key *key)
{
  (void)wc_ecc_free(&key->as.ecc);
}

static int ecc_write_public(struct throwaway_key *key, uint8_t *out, word32 out_bytes)
{
  return wc_EccPublicKeyToDer(&key->as.ecc, out, out_bytes, 1);
}

static int ecc_write_private(struct throwaway_key *key, uint8_t *out, word32 out_bytes)
{
  return wc_EccKeyToDer(&key->as.ecc, out, out_bytes);
}

static int ecc_sign(struct throwaway_key *key, enum wc_HashType hash, struct der bytes,
                    uint8_t *out, word32 *out_bytes)
{
  return wc_SignatureGenerate(hash, WC_SIGNATURE_TYPE_ECC, bytes.bytes, (word32)bytes.length, out,
                              out_bytes, &key->as.ecc, sizeof(key->as.ecc), &key->rng);
}

/* ---- Edwards curves -------------------------------------------------------------------- */

static int ed25519_make(struct throwaway_key *key)
{
  int result = wc_ed25519_init(&key->as.ed25519);
  return result == 0 ? wc_ed25519_make_key(&key->rng, ED25519_KEY_SIZE, &key->as.ed25519) : result;
}

static void ed25519_destroy(struct throwaway_key *key)
{
  wc_ed25519_free(&key->as.ed25519);
}

static int ed25519_write_public(struct throwaway_key *key, uint8_t *out, word32 out_bytes)
{
  return wc_Ed25519PublicKeyToDer(&key->as.ed25519, out, out_bytes, 1);
}

static int ed25519_write_private(struct throwaway_key *key, uint8_t *out, word32 out_bytes)
{
  return wc_Ed25519KeyToDer(&key->as.ed25519, out, out_bytes);
}

static int ed25519_sign(struct throwaway_key *key, enum wc_HashType hash, struct der bytes,
                        uint8_t *out, word32 *out_bytes)
{
  (void)hash;
  return wc_ed25519_sign_msg(bytes.bytes, (word32)bytes.length, out, out_bytes, &key->as.ed25519);
}

static int ed448_make(struct throwaway_key *key)
{
  int result = wc_ed448_init(&key->as.ed448);
  return result == 0 ? wc_ed448_make_key(&key->rng, ED448_KEY_SIZE, &key->as.ed448) : result;
}

static void ed448_destroy(struct throwaway_key *key)
{
  wc_ed448_free(&key->as.ed448);
}

static int ed448_write_public(struct throwaway_key *key, uint8_t *out, word32 out_bytes)
{
  return wc_Ed448PublicKeyToDer(&key->as.ed448, out, out_bytes, 1);
}

static int ed448_write_private(struct throwaway_key *key, uint8_t *out, word32 out_bytes)
{
  return wc_Ed448KeyToDer(&key->as.ed448, out, out_bytes);
}

static int ed448_sign(struct throwaway_key *key, enum wc_HashType hash, struct der bytes,
                      uint8_t *out, word32 *out_bytes)
{
  (void)hash;
  return wc_ed448_sign_msg(bytes.bytes, (word32)bytes.length, out, out_bytes, &key->as.ed448, NULL,
                           0);
}

/* ---- all of them ----------------------------------------------------------------------- */

/* "RSA-PSS-2048" is no size of RSA: strtol() finds no digits in "PSS-2048". */
static const struct family families[] = {
    {"RSA-", rsa_make, rsa_destroy, rsa_write_public, rsa_write_private, rsa_sign},
    {"P-", ecc_make, ecc_destroy, ecc_write_public, ecc_write_private, ecc_sign},
    {"Ed25519", ed25519_make, ed25519_destroy, ed25519_write_public, ed25519_write_private,
     ed25519_sign},
    {"Ed448", ed448_make, ed448_destroy, ed448_write_public, ed448_write_private, ed448_sign},
};

static const struct family *family_of(const char *type)
{
  for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
    if (strncmp(type, families[i].types, strlen(families[i].types)) == 0 &&
        strlen(type) < TYPE_BYTES) {
      return &families[i];
    }
  }
  return NULL;
}

enum status throwaway_key_make(const char *type, struct throwaway_key **out)
{
  *out = NULL;
  const struct family *family = family_of(type);
  if (family == NULL) {
    return STATUS_INVALID;
  }
  struct throwaway_key *key = calloc(1, sizeof(*key));
  if (key == NULL || wc_InitRng(&key->rng) != 0) {
    free(key);
    return STATUS_OUT_OF_MEMORY;
  }
  memcpy(key->type, type, strlen(type));
  key->family = family;
  key->references = 1;
  int result = family->make(key);
  if (result != 0) {
    throwaway_key_unref(key);
    return result == MEMORY_E ? STATUS_OUT_OF_MEMORY : STATUS_INVALID;
  }
  *out = key;
  return STATUS_OK;
}

struct throwaway_key *throwaway_key_ref(struct throwaway_key *key)
{
  key->references++;
  return key;
}

void throwaway_key_unref(struct throwaway_key *key)
{
  if (key == NULL || --key->references > 0) {
    return;
  }
  key->family->destroy(key);
  (void)wc_FreeRng(&key->rng);
  free(key);
}

const char *throwaway_key_type(const struct throwaway_key *key)
{
  return key->type;
}

static enum status append(struct buffer *out, uint8_t *bytes, size_t capacity, int length)
{
  if (length > 0) {
    buffer_append(out, bytes, (size_t)length);
  }
  explicit_bzero(bytes, capacity);
  return length > 0 ? buffer_status(out) : STATUS_INVALID;
}

enum status throwaway_key_write_public(struct throwaway_key *key, struct buffer *out)
{
  uint8_t der[DER_MAX_BYTES];
  return append(out, der, sizeof(der), key->family->write_public(key, der, sizeof(der)));
}

enum status throwaway_key_write_private(struct throwaway_key *key, struct buffer *out)
{
  uint8_t der[DER_MAX_BYTES];
  return append(out, der, sizeof(der), key->family->write_private(key, der, sizeof(der)));
}

static enum wc_HashType hash_of(enum digest digest)
{
  switch (digest) {
  case DIGEST_NONE:
    return WC_HASH_TYPE_NONE;
  case DIGEST_SHA1:
    return WC_HASH_TYPE_SHA;
  case DIGEST_SHA224:
    return WC_HASH_TYPE_SHA224;
  case DIGEST_SHA256:
    return WC_HASH_TYPE_SHA256;
  case DIGEST_SHA384:
    return WC_HASH_TYPE_SHA384;
  case DIGEST_SHA512:
    return WC_HASH_TYPE_SHA512;
  }
  return WC_HASH_TYPE_NONE;
}

enum status throwaway_key_sign(struct throwaway_key *key, enum digest digest, struct der bytes,
                               struct buffer *out)
{
  uint8_t signature[SIGNATURE_MAX_BYTES];
  word32 length = sizeof(signature);
  int result = key->family->sign(key, hash_of(digest), bytes, signature, &length);
  return append(out, signature, sizeof(signature), result == 0 ? (int)length : 0);
}
