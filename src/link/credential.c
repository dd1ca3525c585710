/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/credential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/certificate_facts.h"
#include "link/key_pair.h"
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

struct chain_reading {
  struct credential_facts *facts;
  bool out_of_memory;
};

static void add_certificate(void *context, const uint8_t *der, size_t length)
{
  struct chain_reading *reading = context;
  struct credential_facts *facts = reading->facts;
  if (facts->chain_length == CHAIN_MAX || reading->out_of_memory) {
    return;
  }
  struct certificate *entry = &facts->chain[facts->chain_length];
  enum status status = certificate_facts_read(der, length, entry);
  if (status != STATUS_OK) {
    reading->out_of_memory = status == STATUS_OUT_OF_MEMORY;
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

/* What the file is called by those who named it. */
static const char *setting_name(const struct source *source, const char *usual)
{
  return source->setting != NULL ? source->setting : usual;
}

static const char *cert_name(const struct credential *credential)
{
  return setting_name(&credential->cert_source, "cert_file");
}

static const char *key_name(const struct credential *credential)
{
  return setting_name(&credential->key_source, "key_file");
}

static const char *password_name(const struct credential *credential)
{
  return setting_name(&credential->key_password_source, "key_password_file");
}

/* The file is read; where that fails the error is placed where it was named. */
static enum status read_named(const char *path, const char *name, const struct source *source,
                              struct buffer *out, struct error *error)
{
  enum status status = pem_file_read(path, name, out, error);
  if (status != STATUS_OK) {
    struct error unplaced = *error;
    return error_set(error, status, source->file, source->line, "%s", unplaced.text);
  }
  return STATUS_OK;
}

static enum status read_password(const struct credential *credential,
                                 struct credential_material *material, struct error *error)
{
  const struct source *source = &credential->key_password_source;
  if (credential->key_password_file == NULL) {
    return STATUS_OK;
  }
  enum status status = read_named(credential->key_password_file, password_name(credential), source,
                                  &material->password, error);
  if (status != STATUS_OK) {
    return status;
  }
  struct buffer *password = &material->password;
  size_t length = strcspn(buffer_text(password), "\r\n");
  if (length == 0 || length > PASSWORD_MAX_BYTES) {
    return error_set(error, STATUS_INVALID, source->file, source->line,
                     "%s %s: the first line must hold the password, at most %d bytes",
                     password_name(credential), credential->key_password_file, PASSWORD_MAX_BYTES);
  }
  password->data[length] = '\0';
  password->length = length;
  return STATUS_OK;
}

static enum status read_files(const struct credential *credential,
                              struct credential_material *material, struct error *error)
{
  enum status status = read_named(credential->cert_file, cert_name(credential),
                                  &credential->cert_source, &material->certificates, error);
  if (status == STATUS_OK) {
    status = read_named(credential->key_file, key_name(credential), &credential->key_source,
                        &material->key, error);
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
  struct chain_reading reading = {.facts = &material->facts};
  (void)pem_certificates(&material->certificates, add_certificate, &reading);
  if (reading.out_of_memory) {
    return STATUS_OUT_OF_MEMORY;
  }
  if (material->facts.chain_length == 0) {
    return error_set(error, STATUS_INVALID, credential->cert_source.file,
                     credential->cert_source.line, "%s %s: no PEM certificate in it",
                     cert_name(credential), credential->cert_file);
  }
  return STATUS_OK;
}

/* "RSA-2048", "P-256" ... of the private key; where that cannot be told, "another". */
static void describe_key(const struct credential_material *material, char *out, size_t out_bytes)
{
  (void)snprintf(out, out_bytes, "another");
  WOLFSSL_BIO *bio = wolfSSL_BIO_new_mem_buf(material->key.data, (int)material->key.length);
  WOLFSSL_EVP_PKEY *key =
      bio != NULL ? wolfSSL_PEM_read_bio_PrivateKey(bio, NULL, give_password,
                                                    (void *)(uintptr_t)&material->password)
                  : NULL;
  if (key != NULL) {
    const char *kind = wolfSSL_EVP_PKEY_id(key) == EVP_PKEY_RSA ? "RSA" : "P";
    (void)snprintf(out, out_bytes, "%s-%d", kind, wolfSSL_EVP_PKEY_bits(key));
  }
  wolfSSL_EVP_PKEY_free(key);
  (void)wolfSSL_BIO_free(bio);
}

static enum status refuse_pair(const struct credential *credential,
                               struct credential_material *material, struct error *error)
{
  const struct certificate *leaf = &material->facts.chain[0];
  char key[32];
  describe_key(material, key, sizeof(key));
  bool same_kind = strcmp(key, leaf->key_type) == 0;
  material->facts.key_mismatch = true;
  return error_set(error, STATUS_INVALID, credential->key_source.file, credential->key_source.line,
                   "%s and %s do not belong together (certificate: %s %.*s.., key: %s%s): %s, %s",
                   cert_name(credential), key_name(credential), leaf->key_type, FINGERPRINT_SHOWN,
                   leaf->spki_sha256, same_kind ? "another " : "", key, credential->cert_file,
                   credential->key_file);
}

static enum status refuse_key(const struct credential *credential,
                              const struct credential_material *material, struct error *error)
{
  const struct source *source = &credential->key_source;
  const char *name = key_name(credential);
  if (strstr(buffer_text(&material->key), "ENCRYPTED") == NULL) {
    return error_set(error, STATUS_INVALID, source->file, source->line,
                     "%s %s: no usable PEM private key in it", name, credential->key_file);
  }
  if (credential->key_password_file == NULL) {
    return error_set(error, STATUS_INVALID, source->file, source->line,
                     "%s %s: the key is encrypted, set %s", name, credential->key_file,
                     password_name(credential));
  }
  source = &credential->key_password_source;
  return error_set(error, STATUS_INVALID, source->file, source->line,
                   "%s %s: the password does not open %s %s", password_name(credential),
                   credential->key_password_file, name, credential->key_file);
}

struct leaf_check {
  const struct credential_material *material;
  bool done;
  bool matches;
};

static void check_leaf(void *context, const uint8_t *der, size_t length)
{
  struct leaf_check *check = context;
  struct x509_certificate fields;
  if (!check->done) {
    check->done = true;
    check->matches =
        x509_read(der, length, &fields) &&
        key_pair_matches(&fields, &check->material->key, buffer_text(&check->material->password));
  }
}

/* The half of the check that wolfSSL leaves out. */
static bool leaf_matches(const struct credential_material *material)
{
  struct leaf_check check = {.material = material};
  (void)pem_certificates(&material->certificates, check_leaf, &check);
  return check.matches;
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
    status = error_set(error, status, credential->cert_source.file, credential->cert_source.line,
                       "%s %s: not a usable certificate chain", cert_name(credential),
                       credential->cert_file);
  } else if (status == STATUS_IO) {
    status = refuse_key(credential, material, error);
  } else if (wolfSSL_CTX_check_private_key(context) != WOLFSSL_SUCCESS || !leaf_matches(material)) {
    status = refuse_pair(credential, material, error);
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
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
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
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
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

const struct buffer *credential_material_certificates(const struct credential_material *material)
{
  return &material->certificates;
}
