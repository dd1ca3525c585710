/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/tls_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "link/look_alike.h"
#include "link/tap.h"
#include "link/wolfssl.h"
#include "tls_internal.h"

/* What tells that a file is another one than before. */
struct file_mark {
  dev_t device;
  ino_t inode;
  off_t size;
  struct timespec modified;
  bool exists;
};

struct pooled_trust {
  const char *ca_file; /* borrowed from the settings */
  struct file_mark mark;
  struct trust *trust; /* NULL: could not be loaded */
  struct error error;
};

struct pooled_credential {
  const struct credential *credential;
  struct file_mark marks[3];
  struct credential_material *material;
  struct look_alike *look_alike; /* NULL: not asked for yet, or it cannot be made */
  bool look_alike_outdated;      /* it is in the likeness of files that are no more */
};

/* What is presented: one of the two, or nothing. */
struct identity {
  struct credential_material *material;
  struct look_alike *look_alike;
};

struct tls_context {
  WOLFSSL_CTX *wolfssl;
  struct trust *trust;
  struct identity identity; /* references */
  struct tls_need need;
  unsigned references;
};

struct tls_pool {
  struct pooled_trust *trusts;
  size_t trust_count;
  struct pooled_credential *credentials;
  size_t credential_count;
  struct tls_context **contexts;
  size_t context_count;
};

enum status tls_initialise(void)
{
  if (wolfSSL_Init() != WOLFSSL_SUCCESS) {
    return STATUS_IO;
  }
  return tap_register();
}

const char *tls_library_version(void)
{
  return wolfSSL_lib_version();
}

static struct file_mark mark_file(const char *path)
{
  struct file_mark mark = {0};
  struct stat facts;
  if (path != NULL && stat(path, &facts) == 0) {
    mark.device = facts.st_dev;
    mark.inode = facts.st_ino;
    mark.size = facts.st_size;
    mark.modified = facts.st_mtim;
    mark.exists = true;
  }
  return mark;
}

static bool same_mark(const struct file_mark *a, const struct file_mark *b)
{
  return a->exists == b->exists && a->device == b->device && a->inode == b->inode &&
         a->size == b->size && a->modified.tv_sec == b->modified.tv_sec &&
         a->modified.tv_nsec == b->modified.tv_nsec;
}

static bool same_text(const char *a, const char *b)
{
  return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

struct tls_pool *tls_pool_create(void)
{
  return calloc(1, sizeof(struct tls_pool));
}

void tls_pool_destroy(struct tls_pool *pool)
{
  if (pool == NULL) {
    return;
  }
  for (size_t i = 0; i < pool->context_count; i++) {
    tls_context_unref(pool->contexts[i]);
  }
  for (size_t i = 0; i < pool->credential_count; i++) {
    credential_unref(pool->credentials[i].material);
    look_alike_unref(pool->credentials[i].look_alike);
  }
  for (size_t i = 0; i < pool->trust_count; i++) {
    trust_unref(pool->trusts[i].trust);
  }
  free(pool->contexts);
  free(pool->credentials);
  free(pool->trusts);
  free(pool);
#ifdef FP_ECC
  /* points that wolfSSL keeps for each thread, and forgets to free when the thread ends */
  wc_ecc_fp_free();
#endif
}

static struct pooled_trust *trust_entry(struct tls_pool *pool, const char *ca_file)
{
  for (size_t i = 0; i < pool->trust_count; i++) {
    if (same_text(pool->trusts[i].ca_file, ca_file)) {
      return &pool->trusts[i];
    }
  }
  struct pooled_trust *trusts =
      realloc(pool->trusts, (pool->trust_count + 1) * sizeof(*pool->trusts));
  if (trusts == NULL) {
    return NULL;
  }
  pool->trusts = trusts;
  struct pooled_trust *entry = &trusts[pool->trust_count];
  *entry = (struct pooled_trust){.ca_file = ca_file};
  pool->trust_count++;
  return entry;
}

/* The trust as its file is now; borrowed. */
static enum status current_trust(struct tls_pool *pool, const char *ca_file, struct trust **out,
                                 struct error *error)
{
  *out = NULL;
  struct pooled_trust *entry = trust_entry(pool, ca_file);
  if (entry == NULL) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  struct file_mark mark = mark_file(ca_file);
  if (entry->trust == NULL || !same_mark(&mark, &entry->mark)) {
    trust_unref(entry->trust);
    enum status status = trust_load(ca_file, &entry->trust, &entry->error);
    entry->mark = mark;
    if (status != STATUS_OK) {
      return error_set(error, status, NULL, 0, "%s", entry->error.text);
    }
  }
  *out = entry->trust;
  return STATUS_OK;
}

static struct pooled_credential *credential_entry(struct tls_pool *pool,
                                                  const struct credential *credential)
{
  for (size_t i = 0; i < pool->credential_count; i++) {
    if (pool->credentials[i].credential == credential) {
      return &pool->credentials[i];
    }
  }
  struct pooled_credential *entries =
      realloc(pool->credentials, (pool->credential_count + 1) * sizeof(*pool->credentials));
  if (entries == NULL) {
    return NULL;
  }
  pool->credentials = entries;
  struct pooled_credential *entry = &entries[pool->credential_count];
  *entry = (struct pooled_credential){.credential = credential};
  pool->credential_count++;
  return entry;
}

/* Borrowed; not loaded when its facts say so. NULL where memory is out. */
static struct credential_material *current_credential(struct tls_pool *pool,
                                                      const struct credential *credential)
{
  struct pooled_credential *entry = credential_entry(pool, credential);
  if (entry == NULL) {
    return NULL;
  }
  const struct file_mark marks[] = {mark_file(credential->cert_file),
                                    mark_file(credential->key_file),
                                    mark_file(credential->key_password_file)};
  /* what could not be read is tried again: permissions, or a full table of descriptors, leave no
   * mark on the file */
  bool same = entry->material != NULL && credential_material_facts(entry->material)->loaded;
  for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
    same = same && same_mark(&marks[i], &entry->marks[i]);
  }
  if (!same) {
    struct credential_material *material = NULL;
    /* a failure is in the facts of the material */
    enum status status = credential_load(credential, &material, NULL);
    if (status == STATUS_OUT_OF_MEMORY) {
      return NULL;
    }
    credential_unref(entry->material);
    entry->material = material;
    entry->look_alike_outdated = true;
    memcpy(entry->marks, marks, sizeof(marks));
  }
  return entry->material;
}

struct credential_material *tls_pool_credential(struct tls_pool *pool,
                                                const struct credential *credential)
{
  return current_credential(pool, credential);
}

/* Borrowed, and loaded. */
static enum status usable_credential(struct tls_pool *pool, const struct credential *credential,
                                     struct credential_material **out, struct error *error)
{
  *out = NULL;
  struct credential_material *material = current_credential(pool, credential);
  if (material == NULL) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  const struct credential_facts *facts = credential_material_facts(material);
  if (!facts->loaded) {
    return error_set(error, STATUS_INVALID, NULL, 0, "%s", facts->problem);
  }
  *out = material;
  return STATUS_OK;
}

/* Of the files as they are now; borrowed. */
static enum status current_look_alike(struct tls_pool *pool, const struct credential *credential,
                                      struct look_alike **out, struct error *error)
{
  *out = NULL;
  struct credential_material *material = NULL;
  enum status status = usable_credential(pool, credential, &material, error);
  if (status != STATUS_OK) {
    return status;
  }
  struct pooled_credential *entry = credential_entry(pool, credential);
  if (entry->look_alike == NULL || entry->look_alike_outdated) {
    struct look_alike *made = NULL;
    status = look_alike_make(material, entry->look_alike, &made, error);
    if (status != STATUS_OK) {
      return status;
    }
    look_alike_unref(entry->look_alike);
    entry->look_alike = made;
    entry->look_alike_outdated = false;
  }
  *out = entry->look_alike;
  return STATUS_OK;
}

void tls_pool_prepare_look_alike(struct tls_pool *pool, const struct credential *credential)
{
  struct look_alike *look_alike = NULL;
  struct error error;
  /* what stands in the way is told when it is to be presented */
  (void)current_look_alike(pool, credential, &look_alike, &error);
}

static bool same_identity(const struct identity *a, const struct identity *b)
{
  return a->material == b->material && a->look_alike == b->look_alike;
}

static bool is_somebody(const struct identity *identity)
{
  return identity->material != NULL || identity->look_alike != NULL;
}

static bool same_need(const struct tls_context *context, const struct tls_need *need,
                      const struct trust *trust, const struct identity *identity)
{
  return context->trust == trust && same_identity(&context->identity, identity) &&
         context->need.presented == need->presented && context->need.tls_min == need->tls_min &&
         context->need.tls_max == need->tls_max;
}

/* Drops contexts whose trust or credential has been replaced by a newer file. */
static void forget_outdated(struct tls_pool *pool, const struct tls_need *need,
                            const struct trust *trust, const struct identity *identity)
{
  size_t kept = 0;
  for (size_t i = 0; i < pool->context_count; i++) {
    struct tls_context *context = pool->contexts[i];
    bool outdated_trust =
        same_text(context->need.ca_file, need->ca_file) && context->trust != trust;
    bool outdated_identity =
        is_somebody(identity) && context->need.credential == need->credential &&
        context->need.presented == need->presented && !same_identity(&context->identity, identity);
    if (outdated_trust || outdated_identity) {
      tls_context_unref(context);
    } else {
      pool->contexts[kept] = context;
      kept++;
    }
  }
  pool->context_count = kept;
}

static int wolfssl_version(enum tls_version version)
{
  return version == TLS_VERSION_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

static enum status install(const struct identity *identity, WOLFSSL_CTX *wolfssl)
{
  if (identity->look_alike != NULL) {
    return look_alike_install(identity->look_alike, wolfssl);
  }
  return identity->material != NULL ? credential_install(identity->material, wolfssl) : STATUS_OK;
}

static enum status configure(struct tls_context *context, struct error *error)
{
  const struct tls_need *need = &context->need;
  WOLFSSL_CTX *wolfssl = context->wolfssl;
  int least = need->tls_min == TLS_VERSION_1_3 ? WOLFSSL_TLSV1_3 : WOLFSSL_TLSV1_2;
  if (wolfSSL_CTX_SetMinVersion(wolfssl, least) != WOLFSSL_SUCCESS ||
      wolfSSL_CTX_set_max_proto_version(wolfssl, wolfssl_version(need->tls_max)) !=
          WOLFSSL_SUCCESS) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "this wolfSSL cannot do the TLS versions %s to %s",
                     tls_version_name(need->tls_min), tls_version_name(need->tls_max));
  }
  /* A resumed connection asks for no certificate. */
  (void)wolfSSL_CTX_set_session_cache_mode(wolfssl, WOLFSSL_SESS_CACHE_OFF);
  if (install(&context->identity, wolfssl) != STATUS_OK) {
    return error_set(error, STATUS_INVALID, NULL, 0, "%s %s cannot be used",
                     need->presented == PRESENTED_UNTRUSTED ? "look-alike of credential"
                                                            : "credential",
                     need->credential->name);
  }
  tls_configure(wolfssl, is_somebody(&context->identity));
  return STATUS_OK;
}

static enum status create_context(const struct tls_need *need, struct trust *trust,
                                  const struct identity *identity, struct tls_context **out,
                                  struct error *error)
{
  struct tls_context *context = calloc(1, sizeof(*context));
  if (context == NULL) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  context->references = 1;
  context->need = *need;
  context->trust = trust_ref(trust);
  context->identity = (struct identity){
      .material = identity->material != NULL ? credential_ref(identity->material) : NULL,
      .look_alike = identity->look_alike != NULL ? look_alike_ref(identity->look_alike) : NULL,
  };
  context->wolfssl = wolfSSL_CTX_new(wolfSSLv23_client_method());
  enum status status = context->wolfssl != NULL
                           ? configure(context, error)
                           : error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  if (status != STATUS_OK) {
    tls_context_unref(context);
    return status;
  }
  *out = context;
  return STATUS_OK;
}

static enum status keep(struct tls_pool *pool, struct tls_context *context)
{
  struct tls_context **contexts =
      realloc(pool->contexts, (pool->context_count + 1) * sizeof(struct tls_context *));
  if (contexts == NULL) {
    return STATUS_OUT_OF_MEMORY;
  }
  pool->contexts = contexts;
  contexts[pool->context_count] = context;
  pool->context_count++;
  return STATUS_OK;
}

static enum status current_identity(struct tls_pool *pool, const struct tls_need *need,
                                    struct identity *out, struct error *error)
{
  *out = (struct identity){0};
  if (need->presented == PRESENTED_NONE || need->credential == NULL) {
    return STATUS_OK;
  }
  if (need->presented == PRESENTED_UNTRUSTED) {
    return current_look_alike(pool, need->credential, &out->look_alike, error);
  }
  return usable_credential(pool, need->credential, &out->material, error);
}

enum status tls_pool_context(struct tls_pool *pool, const struct tls_need *need,
                             struct tls_context **out, struct error *error)
{
  *out = NULL;
  struct trust *trust = NULL;
  struct identity identity = {0};
  enum status status = current_trust(pool, need->ca_file, &trust, error);
  if (status == STATUS_OK) {
    status = current_identity(pool, need, &identity, error);
  }
  if (status != STATUS_OK) {
    return status;
  }
  for (size_t i = 0; i < pool->context_count; i++) {
    if (same_need(pool->contexts[i], need, trust, &identity)) {
      *out = pool->contexts[i];
      (*out)->references++;
      return STATUS_OK;
    }
  }
  forget_outdated(pool, need, trust, &identity);
  struct tls_context *context = NULL;
  status = create_context(need, trust, &identity, &context, error);
  if (status != STATUS_OK) {
    return status;
  }
  if (keep(pool, context) != STATUS_OK) {
    tls_context_unref(context);
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  context->references++;
  *out = context;
  return STATUS_OK;
}

void tls_context_unref(struct tls_context *context)
{
  if (context == NULL || --context->references > 0) {
    return;
  }
  wolfSSL_CTX_free(context->wolfssl);
  trust_unref(context->trust);
  credential_unref(context->identity.material);
  look_alike_unref(context->identity.look_alike);
  free(context);
}

WOLFSSL_CTX *tls_context_wolfssl(const struct tls_context *context)
{
  return context->wolfssl;
}

const struct trust *tls_context_trust(const struct tls_context *context)
{
  return context->trust;
}

bool tls_context_strict(const struct tls_context *context)
{
  return context->need.presented != PRESENTED_NONE;
}

bool tls_context_presents(const struct tls_context *context)
{
  return is_somebody(&context->identity);
}
