/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/credential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/certificate_facts.h"
#include "link/pem.h"
#include "link/wolfssl.h"

enum { CHAIN_MAX = 16, PASSWORD_MAX_BYTES = 1024, FINGERPRINT_SHOWN = 8 };

struct credential_material {
  struct credential_facts facts;
  struct buffer certificates; /* PEM */
  struct buffer key;          /* PEM, perhaps encrypted */
  struct buffer password;
  unsigned references;
};

/* wolfSSL's callback for encrypted keys: the password into its buffer, its length back. */
static int give_password(char *out, int out_bytes, int writing, void *context)
{
  (void)writing;
  const struct buffer *password = context;
  if (password->length == 0 || password->length > (size_t)out_bytes) {
    return 0;
  }
  memcpy(out, password->data, password->length);
  return (int)password->length;
}

enum status credential_install(const struct credential_material *material, WOLFSSL_CTX *context)
{
  /* the callback only reads what it is given */
  wolfSSL_CTX_set_default_passwd_cb(context, give_password);
  wolfSSL_CTX_set_default_passwd_cb_userdata(context, (void *)(uintptr_t)&material->password);
  if (wolfSSL_CTX_use_certificate_chain_buffer(
          context, (const unsigned char *)material->certificates.data,
          (long)material->certificates.length) != WOLFSSL_SUCCESS) {
    return STATUS_INVALID;
  }
  if (wolfSSL_CTX_use_PrivateKey_buffer(context, (const unsigned char *)material->key.data,
                                        (long)material->key.length,
                                        WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS) {
    return STATUS_IO;
  }
  return STATUS_OK;
}

static void add_certificate(void *context, const uint8_t *der, size_t length)
{
  struct credential_facts *facts = context;
  if (facts->chain_length == CHAIN_MAX) {
    return;
  }
  struct certificate *entry = &facts->chain[facts->chain_length];
  if (certificate_facts_read(der, length, entry) != STATUS_OK) {
    return;
  }
  struct x509_certificate fields;
  if (facts->chain_length == 0 && x509_read(der, length, &fields)) {
    facts->self_signed = strcmp(entry->subject_sha256, entry->issuer_sha256) == 0;
    facts->may_authenticate_clients = (!fields.has_extended_key_usage || fields.client_auth) &&
                                      (!fields.has_key_usage || fields.digital_signature);
  }
  facts->chain_length++;
}

static enum status read_password(const struct credential *credential,
                                 struct credential_material *material, struct error *error)
{
  if (credential->key_password_file == NULL) {
    return STATUS_OK;
  }
  enum status status =
      pem_file_read(credential->key_password_file, "key_password_file", &material->password, error);
  if (status != STATUS_OK) {
    return status;
  }
  struct buffer *password = &material->password;
  const char *end = password->data != NULL ? strpbrk(password->data, "\r\n") : NULL;
  if (end != NULL) {
    password->length = (size_t)(end - password->data);
  }
  if (password->length == 0 || password->length > PASSWORD_MAX_BYTES) {
    return error_set(
        error, STATUS_INVALID, NULL, 0,
        "key_password_file %s: the first line must hold the password, at most %d bytes",
        credential->key_password_file, PASSWORD_MAX_BYTES);
  }
  return STATUS_OK;
}

static enum status read_files(const struct credential *credential,
                              struct credential_material *material, struct error *error)
{
  enum status status =
      pem_file_read(credential->cert_file, "cert_file", &material->certificates, error);
  if (status == STATUS_OK) {
    status = pem_file_read(credential->key_file, "key_file", &material->key, error);
  }
  if (status == STATUS_OK) {
    status = read_password(credential, material, error);
  }
  if (status != STATUS_OK) {
    return status;
  }
  material->facts.chain = calloc(CHAIN_MAX, sizeof(*material->facts.chain));
  if (material->facts.chain == NULL) {
    return STATUS_OUT_OF_MEMORY;
  }
  (void)pem_certificates(&material->certificates, add_certificate, &material->facts);
  if (material->facts.chain_length == 0) {
    return error_set(error, STATUS_INVALID, NULL, 0, "cert_file %s: no PEM certificate in it",
                     credential->cert_file);
  }
  return STATUS_OK;
}

/* "RSA-2048", "P-256" ... of the private key's public half; "" when it cannot be told. */
static void describe_key(const struct credential_material *material, char *out, size_t out_bytes)
{
  out[0] = '\0';
  WOLFSSL_BIO *bio = wolfSSL_BIO_new_mem_buf(material->key.data, (int)material->key.length);
  if (bio == NULL) {
    return;
  }
  WOLFSSL_EVP_PKEY *key = wolfSSL_PEM_read_bio_PrivateKey(bio, NULL, give_password,
                                                          (void *)(uintptr_t)&material->password);
  if (key != NULL) {
    int bits = wolfSSL_EVP_PKEY_bits(key);
    const char *kind = wolfSSL_EVP_PKEY_id(key) == EVP_PKEY_RSA ? "RSA" : "P";
    (void)snprintf(out, out_bytes, "%s-%d", kind, bits);
  }
  wolfSSL_EVP_PKEY_free(key);
  (void)wolfSSL_BIO_free(bio);
}

static enum status mismatch(const struct credential_material *material, struct error *error)
{
  const struct certificate *leaf = &material->facts.chain[0];
  char key[32];
  describe_key(material, key, sizeof(key));
  return error_set(
      error, STATUS_INVALID, NULL, 0,
      "cert_file and key_file do not belong together (certificate: %s %.*s.., key: %s)",
      leaf->key_type, FINGERPRINT_SHOWN, leaf->spki_sha256, key[0] != '\0' ? key : "another one");
}

static enum status check_pair(const struct credential *credential,
                              struct credential_material *material, struct error *error)
{
  WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfSSLv23_client_method());
  if (context == NULL) {
    return STATUS_OUT_OF_MEMORY;
  }
  enum status status = credential_install(material, context);
  if (status == STATUS_INVALID) {
    error_set(error, status, NULL, 0, "cert_file %s: not a usable certificate chain",
              credential->cert_file);
  } else if (status == STATUS_IO) {
    bool encrypted = strstr(buffer_text(&material->key), "ENCRYPTED") != NULL;
    status = error_set(error, STATUS_INVALID, NULL, 0, "key_file %s: %s", credential->key_file,
                       !encrypted ? "no usable PEM private key in it"
                       : credential->key_password_file == NULL
                           ? "the key is encrypted, set key_password_file"
                           : "the key is encrypted and the password does not open it");
  } else if (wolfSSL_CTX_check_private_key(context) != WOLFSSL_SUCCESS) {
    material->facts.key_mismatch = true;
    status = mismatch(material, error);
  }
  wolfSSL_CTX_free(context);
  return status;
}

enum status credential_load(const struct credential *credential, struct credential_material **out,
                            struct error *error)
{
  *out = NULL;
  struct error local = {0};
  struct credential_material *material = calloc(1, sizeof(*material));
  if (material == NULL) {
    return STATUS_OUT_OF_MEMORY;
  }
  material->references = 1;
  buffer_init(&material->certificates, PEM_FILE_MAX_BYTES);
  buffer_init(&material->key, PEM_FILE_MAX_BYTES);
  buffer_init(&material->password, PEM_FILE_MAX_BYTES);
  material->facts.name = strdup(credential->name);
  enum status status = read_files(credential, material, &local);
  if (status == STATUS_OK) {
    status = check_pair(credential, material, &local);
  }
  material->facts.loaded = status == STATUS_OK;
  if (status != STATUS_OK) {
    material->facts.problem = strdup(local.text);
  }
  if (material->facts.name == NULL || status == STATUS_OUT_OF_MEMORY ||
      (status != STATUS_OK && material->facts.problem == NULL)) {
    credential_unref(material);
    return STATUS_OUT_OF_MEMORY;
  }
  if (error != NULL && status != STATUS_OK) {
    *error = local;
  }
  *out = material;
  return status;
}

struct credential_material *credential_ref(struct credential_material *material)
{
  material->references++;
  return material;
}

void credential_unref(struct credential_material *material)
{
  if (material == NULL || --material->references > 0) {
    return;
  }
  credential_facts_deinit(&material->facts);
  buffer_deinit(&material->certificates);
  buffer_deinit(&material->key);
  buffer_deinit(&material->password);
  free(material);
}

const struct credential_facts *credential_material_facts(const struct credential_material *material)
{
  return &material->facts;
}
