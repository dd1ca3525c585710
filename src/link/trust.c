/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/trust.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/pem.h"
#include "link/wolfssl.h"
#include "model/address.h"

#ifndef SYSTEM_TRUST_STORE
#define SYSTEM_TRUST_STORE "/etc/ssl/certs/ca-certificates.crt"
#endif

struct trust {
  WOLFSSL_CERT_MANAGER *anchors;
  size_t anchor_count;
  size_t expired_count; /* anchors in the file that are out of their dates */
  unsigned references;
};

static void add_anchor(void *context, const uint8_t *der, size_t length)
{
  struct trust *trust = context;
  int result =
      wolfSSL_CertManagerLoadCABuffer(trust->anchors, der, (long)length, WOLFSSL_FILETYPE_ASN1);
  if (result == WOLFSSL_SUCCESS) {
    trust->anchor_count++;
  } else if (result == ASN_AFTER_DATE_E || result == ASN_BEFORE_DATE_E) {
    trust->expired_count++;
  }
}

enum status trust_load(const char *path, struct trust **out, struct error *error)
{
  *out = NULL;
  struct buffer pem;
  buffer_init(&pem, PEM_FILE_MAX_BYTES);
  struct trust *trust = calloc(1, sizeof(*trust));
  enum status status = STATUS_OUT_OF_MEMORY;
  if (trust == NULL) {
    goto done;
  }
  trust->references = 1;
  trust->anchors = wolfSSL_CertManagerNew();
  if (trust->anchors == NULL) {
    goto done;
  }
  const char *file = path != NULL ? path : SYSTEM_TRUST_STORE;
  status = pem_file_read(file, "ca_file", &pem, error);
  if (status != STATUS_OK) {
    goto done;
  }
  size_t count = pem_certificates(&pem, add_anchor, trust);
  if (trust->anchor_count == 0) {
    status = error_set(error, STATUS_INVALID, NULL, 0, "ca_file %s: %s", file,
                       count == 0                 ? "no PEM certificate in it"
                       : trust->expired_count > 0 ? "every CA certificate in it has expired"
                                                  : "no usable CA certificate in it");
    goto done;
  }
  *out = trust;
  trust = NULL;
done:
  buffer_deinit(&pem);
  trust_unref(trust);
  return status;
}

struct trust *trust_ref(struct trust *trust)
{
  trust->references++;
  return trust;
}

void trust_unref(struct trust *trust)
{
  if (trust == NULL || --trust->references > 0) {
    return;
  }
  if (trust->anchors != NULL) {
    wolfSSL_CertManagerFree(trust->anchors);
  }
  free(trust);
}

/* Whether child is signed by issuer, which is no trust anchor itself. */
static int verify_by_issuer(const struct der *child, const struct der *issuer)
{
  WOLFSSL_CERT_MANAGER *manager = wolfSSL_CertManagerNew();
  if (manager == NULL) {
    return MEMORY_E;
  }
  int result = wolfSSL_CertManagerLoadCABuffer(manager, issuer->bytes, (long)issuer->length,
                                               WOLFSSL_FILETYPE_ASN1);
  if (result == WOLFSSL_SUCCESS) {
    result = wolfSSL_CertManagerVerifyBuffer(manager, child->bytes, (long)child->length,
                                             WOLFSSL_FILETYPE_ASN1);
  }
  wolfSSL_CertManagerFree(manager);
  return result;
}

static bool same_name(struct der a, struct der b)
{
  return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/* The presented chain with what is needed of its fields. */
struct path {
  const struct der *chain;
  struct x509_certificate fields[TRUST_CHAIN_MAX];
  bool readable[TRUST_CHAIN_MAX];
  size_t length;
  size_t steps[TRUST_CHAIN_MAX]; /* indices from the leaf to below the anchor */
  size_t step_count;
};

/* May issue a certificate with below further CAs between it and the leaf
 * (RFC 5280 sections 4.2.1.3 and 4.2.1.9). */
static bool may_issue(const struct x509_certificate *issuer, size_t below)
{
  return issuer->is_ca && (!issuer->has_key_usage || issuer->key_cert_sign) &&
         (issuer->path_length < 0 || (size_t)issuer->path_length >= below);
}

/* The presented certificate that issued the last step, not yet on the path. */
static bool find_issuer(const struct path *path, size_t *out)
{
  const struct x509_certificate *child = &path->fields[path->steps[path->step_count - 1]];
  for (size_t i = 1; i < path->length; i++) {
    bool used = false;
    for (size_t s = 0; s < path->step_count; s++) {
      used = used || path->steps[s] == i;
    }
    if (!used && path->readable[i] && same_name(path->fields[i].subject, child->issuer) &&
        may_issue(&path->fields[i], path->step_count - 1)) {
      *out = i;
      return true;
    }
  }
  return false;
}

/* Climbs from the leaf until the anchors vouch for a step: wolfSSL's result for the top step.
 * Presented certificates may stand in any order (RFC 8446 section 4.4.2). */
static int climb(const struct trust *trust, struct path *path)
{
  path->steps[0] = 0;
  path->step_count = 1;
  for (;;) {
    const struct der *top = &path->chain[path->steps[path->step_count - 1]];
    int result = wolfSSL_CertManagerVerifyBuffer(trust->anchors, top->bytes, (long)top->length,
                                                 WOLFSSL_FILETYPE_ASN1);
    size_t issuer = 0;
    if (result != ASN_NO_SIGNER_E && result != ASN_SELF_SIGNED_E) {
      return result;
    }
    if (path->step_count == TRUST_CHAIN_MAX || !find_issuer(path, &issuer)) {
      return result;
    }
    path->steps[path->step_count] = issuer;
    path->step_count++;
  }
}

static enum verification from_result(int result, char *text, size_t text_bytes)
{
  if (result == WOLFSSL_SUCCESS) {
    return VERIFICATION_OK;
  }
  if (result == ASN_AFTER_DATE_E) {
    (void)snprintf(text, text_bytes, "expired");
    return VERIFICATION_EXPIRED;
  }
  if (result == ASN_BEFORE_DATE_E) {
    (void)snprintf(text, text_bytes, "not yet valid");
    return VERIFICATION_NOT_YET_VALID;
  }
  if (result == ASN_NO_SIGNER_E) {
    (void)snprintf(text, text_bytes, "no path to a trusted CA");
  } else if (result == ASN_SELF_SIGNED_E) {
    (void)snprintf(text, text_bytes, "self-signed and not trusted");
  } else {
    char words[WOLFSSL_MAX_ERROR_SZ] = "";
    wolfSSL_ERR_error_string_n((unsigned long)-result, words, sizeof(words));
    (void)snprintf(text, text_bytes, "%s", words);
  }
  return VERIFICATION_UNTRUSTED;
}

/* The path downwards: each step by the one above it. */
static int descend(const struct path *path)
{
  int result = WOLFSSL_SUCCESS;
  for (size_t s = path->step_count; s-- > 1 && result == WOLFSSL_SUCCESS;) {
    result = verify_by_issuer(&path->chain[path->steps[s - 1]], &path->chain[path->steps[s]]);
  }
  return result;
}

static bool name_matches(const struct path *path, const char *server_name)
{
  uint8_t address[sizeof(struct in6_addr)];
  if (inet_pton(AF_INET, server_name, address) == 1) {
    return x509_has_ip_address(&path->fields[0], address, sizeof(struct in_addr));
  }
  if (inet_pton(AF_INET6, server_name, address) == 1) {
    return x509_has_ip_address(&path->fields[0], address, sizeof(struct in6_addr));
  }
  WOLFSSL_X509 *leaf = wolfSSL_X509_d2i(NULL, path->chain[0].bytes, (int)path->chain[0].length);
  bool matches = leaf != NULL && wolfSSL_X509_check_host(leaf, server_name, strlen(server_name), 0,
                                                         NULL) == WOLFSSL_SUCCESS;
  wolfSSL_X509_free(leaf);
  return matches;
}

static bool may_authenticate_servers(const struct x509_certificate *leaf)
{
  return (!leaf->has_extended_key_usage || leaf->server_auth) &&
         (!leaf->has_key_usage || leaf->digital_signature || leaf->key_encipherment);
}

/* wolfSSL takes the dates from its own clock; the leaf's are looked at here too, so that the
 * words can say when. */
static enum verification check_leaf(const struct path *path, const char *server_name,
                                    int64_t now_seconds, char *text, size_t text_bytes)
{
  const struct x509_certificate *leaf = &path->fields[0];
  if (!may_authenticate_servers(leaf)) {
    (void)snprintf(text, text_bytes, "its key usage does not allow server authentication");
    return VERIFICATION_UNTRUSTED;
  }
  if (now_seconds > leaf->not_after) {
    (void)snprintf(text, text_bytes, "expired");
    return VERIFICATION_EXPIRED;
  }
  if (!name_matches(path, server_name)) {
    (void)snprintf(text, text_bytes, "not issued for %s", server_name);
    return VERIFICATION_NAME_MISMATCH;
  }
  return VERIFICATION_OK;
}

enum verification trust_verify(const struct trust *trust, const struct der *chain, size_t length,
                               const char *server_name, int64_t now_seconds, char *text,
                               size_t text_bytes)
{
  text[0] = '\0';
  if (length == 0) {
    return VERIFICATION_NOT_DONE;
  }
  struct path path = {.chain = chain};
  path.length = length < TRUST_CHAIN_MAX ? length : TRUST_CHAIN_MAX;
  for (size_t i = 0; i < path.length; i++) {
    path.readable[i] = x509_read(chain[i].bytes, chain[i].length, &path.fields[i]);
  }
  if (!path.readable[0]) {
    (void)snprintf(text, text_bytes, "not readable as X.509");
    return VERIFICATION_UNTRUSTED;
  }
  int result = climb(trust, &path);
  if (result == WOLFSSL_SUCCESS) {
    result = descend(&path);
  }
  enum verification verification = from_result(result, text, text_bytes);
  if (verification == VERIFICATION_UNTRUSTED && trust->expired_count > 0) {
    size_t used = strlen(text);
    (void)snprintf(text + used, text_bytes - used, " (%zu CA in ca_file out of its dates)",
                   trust->expired_count);
  }
  if (verification != VERIFICATION_OK) {
    return verification;
  }
  return check_leaf(&path, server_name, now_seconds, text, text_bytes);
}
