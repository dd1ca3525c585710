/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/look_alike.h"

#include <stdlib.h>
#include <string.h>

#include "link/pem.h"
#include "link/throwaway_key.h"
#include "link/wolfssl.h"
#include "wire/imitation.h"

enum {
  CERTIFICATE_MAX_BYTES = 1 << 20,
  OID_TEXT_BYTES = 256,
  SERIAL_MAX_BYTES = 20, /* RFC 5280 section 4.1.2.2 */
  KEY_IDENTIFIER_BYTES = 20,
  KEY_TYPE_BYTES = 64,
};

struct look_alike {
  struct throwaway_key *key;
  struct throwaway_key *issuer_key;
  struct buffer chain;       /* DER of one after the other, leaf first */
  struct buffer private_key; /* DER */
  unsigned references;
};

/* How certificates are signed: RFC 8017 appendix A.2.4, RFC 5758 section 3.2, RFC 8410 section 3.
 */
static const struct signing {
  const char *algorithm;
  enum digest digest;
  const char *issuer_key_type; /* of the key that is made for it */
  const char *key_types;       /* what the types of all keys that can sign so begin with */
} signings[] = {
    {"1.2.840.113549.1.1.5", DIGEST_SHA1, "RSA-2048", "RSA-"},
    {"1.2.840.113549.1.1.14", DIGEST_SHA224, "RSA-2048", "RSA-"},
    {"1.2.840.113549.1.1.11", DIGEST_SHA256, "RSA-2048", "RSA-"},
    {"1.2.840.113549.1.1.12", DIGEST_SHA384, "RSA-2048", "RSA-"},
    {"1.2.840.113549.1.1.13", DIGEST_SHA512, "RSA-2048", "RSA-"},
    {"1.2.840.10045.4.1", DIGEST_SHA1, "P-256", "P-"},
    {"1.2.840.10045.4.3.1", DIGEST_SHA224, "P-256", "P-"},
    {"1.2.840.10045.4.3.2", DIGEST_SHA256, "P-256", "P-"},
    {"1.2.840.10045.4.3.3", DIGEST_SHA384, "P-384", "P-"},
    {"1.2.840.10045.4.3.4", DIGEST_SHA512, "P-521", "P-"},
    {"1.3.101.112", DIGEST_NONE, "Ed25519", "Ed25519"},
    {"1.3.101.113", DIGEST_NONE, "Ed448", "Ed448"},
};

/* For certificates that are signed in another way: ecdsa-with-SHA256. */
static const struct signing other_signing = {NULL, DIGEST_SHA256, "P-256", "P-"};
static const uint8_t other_algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                          0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

static const struct signing *signing_of(const struct x509_certificate *original)
{
  char algorithm[OID_TEXT_BYTES];
  x509_signature_algorithm(original, algorithm, sizeof(algorithm));
  for (size_t i = 0; i < sizeof(signings) / sizeof(signings[0]); i++) {
    if (strcmp(signings[i].algorithm, algorithm) == 0) {
      return &signings[i];
    }
  }
  return &other_signing;
}

/* What the work goes through. */
struct draft {
  struct der original; /* the configured certificate */
  struct x509_certificate fields;
  const struct signing *signing;
  struct der signature_algorithm;
  struct throwaway_key *signing_key; /* one of the look-alike's two */
  uint8_t serial[SERIAL_MAX_BYTES];
  size_t serial_bytes;
  uint8_t key_identifier[KEY_IDENTIFIER_BYTES];
  uint8_t issuer_key_identifier[KEY_IDENTIFIER_BYTES];
  struct buffer spki;
  struct buffer tbs;
  struct buffer signature;
  struct buffer certificate;
};

static void draft_init(struct draft *draft)
{
  struct buffer *const buffers[] = {&draft->spki, &draft->tbs, &draft->signature,
                                    &draft->certificate};
  *draft = (struct draft){0};
  for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
    buffer_init(buffers[i], CERTIFICATE_MAX_BYTES);
  }
}

static void draft_deinit(struct draft *draft)
{
  buffer_deinit(&draft->spki);
  buffer_deinit(&draft->tbs);
  buffer_deinit(&draft->signature);
  buffer_deinit(&draft->certificate);
}

static struct der der_of(const struct buffer *buffer)
{
  return (struct der){(const uint8_t *)buffer->data, buffer->length};
}

/* RFC 7093 section 2, method 4: of SubjectPublicKeyInfo. */
static enum status identify(struct throwaway_key *key, uint8_t out[KEY_IDENTIFIER_BYTES])
{
  struct buffer spki;
  uint8_t digest[WC_SHA256_DIGEST_SIZE];
  buffer_init(&spki, CERTIFICATE_MAX_BYTES);
  enum status status = throwaway_key_write_public(key, &spki);
  if (status == STATUS_OK &&
      wc_Sha256Hash((const uint8_t *)spki.data, (word32)spki.length, digest) == 0) {
    memcpy(out, digest, KEY_IDENTIFIER_BYTES);
  }
  buffer_deinit(&spki);
  return status;
}

/* As long as the original's, positive, and in its shortest form. */
static enum status make_serial(struct draft *draft)
{
  WC_RNG rng;
  size_t length = draft->fields.serial.length;
  draft->serial_bytes = length == 0 ? 1 : length > SERIAL_MAX_BYTES ? SERIAL_MAX_BYTES : length;
  if (wc_InitRng(&rng) != 0) {
    return STATUS_OUT_OF_MEMORY;
  }
  int result = wc_RNG_GenerateBlock(&rng, draft->serial, (word32)draft->serial_bytes);
  (void)wc_FreeRng(&rng);
  draft->serial[0] = (uint8_t)((draft->serial[0] & 0x3F) | 0x40);
  return result == 0 ? STATUS_OK : STATUS_IO;
}

static enum status key_like(const char *type, struct throwaway_key *before,
                            struct throwaway_key **out)
{
  if (before != NULL && strcmp(throwaway_key_type(before), type) == 0) {
    *out = throwaway_key_ref(before);
    return STATUS_OK;
  }
  return throwaway_key_make(type, out);
}

static enum status make_keys(struct look_alike *made, const struct look_alike *before,
                             struct draft *draft, struct error *error)
{
  char type[KEY_TYPE_BYTES];
  x509_key_type(&draft->fields, type, sizeof(type));
  enum status status = key_like(type, before != NULL ? before->key : NULL, &made->key);
  if (status != STATUS_OK) {
    return error_set(error, status, NULL, 0, "no look-alike: a key of type %s cannot be made",
                     type);
  }
  bool self_issued = draft->fields.issuer.length == draft->fields.subject.length &&
                     memcmp(draft->fields.issuer.bytes, draft->fields.subject.bytes,
                            draft->fields.subject.length) == 0;
  const char *signers = draft->signing->key_types;
  if (self_issued && strncmp(type, signers, strlen(signers)) == 0) {
    draft->signing_key = made->key;
    return STATUS_OK;
  }
  status = key_like(draft->signing->issuer_key_type, before != NULL ? before->issuer_key : NULL,
                    &made->issuer_key);
  if (status != STATUS_OK) {
    return error_set(error, status, NULL, 0, "no look-alike: a key of type %s cannot be made",
                     draft->signing->issuer_key_type);
  }
  draft->signing_key = made->issuer_key;
  return STATUS_OK;
}

/* Keys, numbers and names; then the certificate in DER. */
static enum status write_certificate(struct look_alike *made, struct draft *draft)
{
  enum status status = make_serial(draft);
  if (status == STATUS_OK) {
    status = identify(made->key, draft->key_identifier);
  }
  if (status == STATUS_OK) {
    status = identify(draft->signing_key, draft->issuer_key_identifier);
  }
  if (status == STATUS_OK) {
    status = throwaway_key_write_public(made->key, &draft->spki);
  }
  if (status != STATUS_OK) {
    return status;
  }
  const struct imitation imitation = {
      .original = draft->original,
      .serial = {draft->serial, draft->serial_bytes},
      .signature_algorithm = draft->signature_algorithm,
      .spki = der_of(&draft->spki),
      .key_identifier = {draft->key_identifier, KEY_IDENTIFIER_BYTES},
      .issuer_key_identifier = {draft->issuer_key_identifier, KEY_IDENTIFIER_BYTES},
  };
  if (!imitation_write_tbs(&imitation, &draft->tbs)) {
    return STATUS_INVALID;
  }
  status = throwaway_key_sign(draft->signing_key, draft->signing->digest, der_of(&draft->tbs),
                              &draft->signature);
  imitation_write_certificate(der_of(&draft->tbs), draft->signature_algorithm,
                              der_of(&draft->signature), &draft->certificate);
  return status == STATUS_OK ? buffer_status(&draft->certificate) : status;
}

static enum status imitate(struct look_alike *made, const struct look_alike *before,
                           struct der original, struct error *error)
{
  struct draft draft;
  draft_init(&draft);
  draft.original = original;
  if (!x509_read(original.bytes, original.length, &draft.fields)) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "no look-alike: the certificate cannot be read");
  }
  draft.signing = signing_of(&draft.fields);
  draft.signature_algorithm = draft.signing == &other_signing
                                  ? (struct der){other_algorithm, sizeof(other_algorithm)}
                                  : draft.fields.signature_algorithm;
  enum status status = make_keys(made, before, &draft, error);
  if (status == STATUS_OK) {
    status = write_certificate(made, &draft);
    if (status != STATUS_OK) {
      (void)error_set(error, status, NULL, 0, "no look-alike: the certificate cannot be made");
    }
  }
  buffer_append(&made->chain, draft.certificate.data, draft.certificate.length);
  draft_deinit(&draft);
  return status;
}

/* The configured chain, one by one: the first is imitated, the others go along as they are. */
struct walk {
  struct look_alike *made;
  const struct look_alike *before;
  struct error *error;
  enum status status;
  bool leaf_done;
};

static void on_certificate(void *context, const uint8_t *der, size_t length)
{
  struct walk *walk = context;
  if (walk->leaf_done) {
    buffer_append(&walk->made->chain, der, length);
  } else {
    walk->leaf_done = true;
    walk->status = imitate(walk->made, walk->before, (struct der){der, length}, walk->error);
  }
}

enum status look_alike_make(const struct credential_material *material,
                            const struct look_alike *before, struct look_alike **out,
                            struct error *error)
{
  *out = NULL;
  struct look_alike *made = calloc(1, sizeof(*made));
  if (made == NULL) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  made->references = 1;
  buffer_init(&made->chain, PEM_FILE_MAX_BYTES);
  buffer_init(&made->private_key, CERTIFICATE_MAX_BYTES);
  struct walk walk = {.made = made, .before = before, .error = error, .status = STATUS_INVALID};
  (void)pem_certificates(credential_material_certificates(material), on_certificate, &walk);
  enum status status = walk.status;
  if (status == STATUS_OK) {
    status = throwaway_key_write_private(made->key, &made->private_key);
  }
  if (status == STATUS_OK) {
    status = buffer_status(&made->chain);
  }
  if (status != STATUS_OK) {
    look_alike_unref(made);
    return status;
  }
  *out = made;
  return STATUS_OK;
}

struct look_alike *look_alike_ref(struct look_alike *look_alike)
{
  look_alike->references++;
  return look_alike;
}

void look_alike_unref(struct look_alike *look_alike)
{
  if (look_alike == NULL || --look_alike->references > 0) {
    return;
  }
  throwaway_key_unref(look_alike->key);
  throwaway_key_unref(look_alike->issuer_key);
  buffer_deinit(&look_alike->chain);
  buffer_deinit(&look_alike->private_key);
  free(look_alike);
}

struct der look_alike_chain(const struct look_alike *look_alike)
{
  return der_of(&look_alike->chain);
}

enum status look_alike_install(const struct look_alike *look_alike, WOLFSSL_CTX *context)
{
  bool good = wolfSSL_CTX_use_certificate_chain_buffer_format(
                  context, (const unsigned char *)look_alike->chain.data,
                  (long)look_alike->chain.length, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS &&
              wolfSSL_CTX_use_PrivateKey_buffer(
                  context, (const unsigned char *)look_alike->private_key.data,
                  (long)look_alike->private_key.length, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS;
  return good ? STATUS_OK : STATUS_INVALID;
}
