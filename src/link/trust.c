/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/trust.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "link/pem.h"
#include "link/wolfssl.h"

#ifndef SYSTEM_TRUST_STORE
#define SYSTEM_TRUST_STORE "/etc/ssl/certs/ca-certificates.crt"
#endif

/* Signatures tried for one chain: many more than any honest chain needs (a server may present
 * several CAs of one name and key, RFC 5280 section 3.2), few enough for a malicious one. */
enum { SIGNATURES_MAX = 64 };

struct anchor {
  struct der der; /* owned */
  struct x509_certificate fields;
  bool may_issue;
};

struct trust {
  struct anchor *anchors;
  size_t anchor_count;
  bool out_of_memory;
  unsigned references;
};

static bool in_dates(const struct x509_certificate *fields, int64_t now_seconds)
{
  return now_seconds >= fields->not_before && now_seconds <= fields->not_after;
}

static bool allows_signing(const struct x509_certificate *fields)
{
  return (!fields->has_key_usage || fields->key_cert_sign) &&
         (!fields->has_extended_key_usage || fields->server_auth);
}

/* X.509 version 1 has no extensions that could say that it is a CA: then ca_file does. */
static bool is_version_1(const uint8_t *der, size_t length)
{
  WOLFSSL_X509 *x509 = wolfSSL_X509_d2i(NULL, der, (int)length);
  bool version_1 = x509 != NULL && wolfSSL_X509_version(x509) == 1;
  wolfSSL_X509_free(x509);
  return version_1;
}

static void add_anchor(void *context, const uint8_t *der, size_t length)
{
  struct trust *trust = context;
  struct x509_certificate fields;
  if (trust->out_of_memory || !x509_read(der, length, &fields)) {
    return;
  }
  struct anchor *anchors =
      realloc(trust->anchors, (trust->anchor_count + 1) * sizeof(*trust->anchors));
  uint8_t *copy = malloc(length);
  trust->anchors = anchors != NULL ? anchors : trust->anchors;
  if (anchors == NULL || copy == NULL) {
    trust->out_of_memory = true;
    free(copy);
    return;
  }
  memcpy(copy, der, length);
  struct anchor *anchor = &anchors[trust->anchor_count];
  *anchor = (struct anchor){.der = {copy, length}};
  (void)x509_read(copy, length, &anchor->fields); /* the fields point into the copy */
  anchor->may_issue = allows_signing(&fields) && (fields.is_ca || is_version_1(copy, length));
  trust->anchor_count++;
}

static size_t anchors_out_of_dates(const struct trust *trust, int64_t now_seconds)
{
  size_t count = 0;
  for (size_t i = 0; i < trust->anchor_count; i++) {
    count += !in_dates(&trust->anchors[i].fields, now_seconds);
  }
  return count;
}

/* Whether anything can ever be verified with what the file held. */
static enum status check_anchors(const struct trust *trust, const char *file, size_t blocks,
                                 struct error *error)
{
  if (trust->out_of_memory) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  size_t expired = anchors_out_of_dates(trust, clock_wall_ns() / NS_PER_SECOND);
  if (trust->anchor_count > expired) {
    return STATUS_OK;
  }
  return error_set(error, STATUS_INVALID, NULL, 0, "ca_file %s: %s", file,
                   blocks == 0   ? "no PEM certificate in it"
                   : expired > 0 ? "every CA certificate in it is out of its dates"
                                 : "no readable certificate in it");
}

enum status trust_load(const char *path, struct trust **out, struct error *error)
{
  *out = NULL;
  const char *file = path != NULL ? path : SYSTEM_TRUST_STORE;
  struct buffer pem;
  buffer_init(&pem, PEM_FILE_MAX_BYTES);
  struct trust *trust = calloc(1, sizeof(*trust));
  if (trust == NULL) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  trust->references = 1;
  enum status status = pem_file_read(file, "ca_file", &pem, error);
  if (status == STATUS_OK) {
    size_t blocks = pem_certificates(&pem, add_anchor, trust);
    status = check_anchors(trust, file, blocks, error);
  }
  buffer_deinit(&pem);
  if (status != STATUS_OK) {
    trust_unref(trust);
    return status;
  }
  *out = trust;
  return STATUS_OK;
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
  for (size_t i = 0; i < trust->anchor_count; i++) {
    free((void *)(uintptr_t)trust->anchors[i].der.bytes);
  }
  free(trust->anchors);
  free(trust);
}

static bool same_der(struct der a, struct der b)
{
  return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/* The search for a path from the leaf to an anchor, over what was presented in any order
 * (RFC 8446 section 4.4.2). */
struct search {
  const struct trust *trust;
  int64_t now_seconds;
  const struct der *chain;
  struct x509_certificate fields[TRUST_CHAIN_MAX];
  bool readable[TRUST_CHAIN_MAX];
  size_t length;
  size_t steps[TRUST_CHAIN_MAX]; /* indices from the leaf to below the anchor */
  size_t step_count;
  bool dates_matter;
  unsigned signatures_left;
  int library_error; /* the first one that is more than a missing signer */
};

/* Whether child carries issuer's signature. Dates are judged apart: wolfSSL looks at them after
 * the signature, and by its own clock. */
static bool signed_by(struct search *search, struct der child, struct der issuer)
{
  WOLFSSL_CERT_MANAGER *manager = wolfSSL_CertManagerNew();
  if (manager == NULL || search->signatures_left == 0) {
    wolfSSL_CertManagerFree(manager);
    return false;
  }
  search->signatures_left--;
  int result = wolfSSL_CertManagerLoadCABuffer(manager, issuer.bytes, (long)issuer.length,
                                               WOLFSSL_FILETYPE_ASN1);
  if (result == WOLFSSL_SUCCESS) {
    result = wolfSSL_CertManagerVerifyBuffer(manager, child.bytes, (long)child.length,
                                             WOLFSSL_FILETYPE_ASN1);
  }
  wolfSSL_CertManagerFree(manager);
  bool is_signed =
      result == WOLFSSL_SUCCESS || result == ASN_AFTER_DATE_E || result == ASN_BEFORE_DATE_E;
  if (!is_signed && search->library_error == 0 && result != ASN_NO_SIGNER_E &&
      result != ASN_SELF_SIGNED_E) {
    search->library_error = result;
  }
  return is_signed;
}

/* CAs between the leaf and whoever issued the last step; those that issued themselves do not
 * count (RFC 5280 section 4.2.1.9). */
static int cas_below(const struct search *search)
{
  int count = 0;
  for (size_t s = 1; s < search->step_count; s++) {
    const struct x509_certificate *fields = &search->fields[search->steps[s]];
    count += !same_der(fields->subject, fields->issuer);
  }
  return count;
}

/* By name and path length; the signature is still to be tried. */
static bool could_have_issued(const struct search *search, const struct x509_certificate *issuer)
{
  const struct x509_certificate *child = &search->fields[search->steps[search->step_count - 1]];
  return same_der(issuer->subject, child->issuer) &&
         (issuer->path_length < 0 || issuer->path_length >= cas_below(search));
}

/* Whether ca_file vouches for the last step: it is there itself, or its issuer is. */
static bool vouched_for(struct search *search)
{
  const struct trust *trust = search->trust;
  struct der child = search->chain[search->steps[search->step_count - 1]];
  for (size_t i = 0; i < trust->anchor_count; i++) {
    const struct anchor *anchor = &trust->anchors[i];
    if (same_der(anchor->der, child)) {
      return true;
    }
    if (anchor->may_issue && in_dates(&anchor->fields, search->now_seconds) &&
        could_have_issued(search, &anchor->fields) && signed_by(search, child, anchor->der)) {
      return true;
    }
  }
  return false;
}

static bool on_path(const struct search *search, size_t index)
{
  for (size_t s = 0; s < search->step_count; s++) {
    if (search->steps[s] == index) {
      return true;
    }
  }
  return false;
}

/* Whether the presented certificate issued the last step. */
static bool is_issuer(struct search *search, size_t index)
{
  const struct x509_certificate *fields = &search->fields[index];
  return search->readable[index] && !on_path(search, index) && fields->is_ca &&
         allows_signing(fields) && could_have_issued(search, fields) &&
         (!search->dates_matter || in_dates(fields, search->now_seconds)) &&
         signed_by(search, search->chain[search->steps[search->step_count - 1]],
                   search->chain[index]);
}

/* From the last step upwards; each level adds a certificate, so at most TRUST_CHAIN_MAX deep.
 * NOLINTNEXTLINE(misc-no-recursion) */
static bool climb(struct search *search)
{
  if (vouched_for(search)) {
    return true;
  }
  for (size_t i = 1; i < search->length; i++) {
    if (is_issuer(search, i)) {
      search->steps[search->step_count] = i;
      search->step_count++;
      if (climb(search)) {
        return true;
      }
      search->step_count--;
    }
  }
  return false;
}

static bool find_path(struct search *search, bool dates_matter)
{
  search->steps[0] = 0;
  search->step_count = 1;
  search->dates_matter = dates_matter;
  search->signatures_left = SIGNATURES_MAX;
  return climb(search);
}

static enum verification untrusted(const struct search *search, char *text, size_t text_bytes)
{
  bool self_signed = same_der(search->fields[0].subject, search->fields[0].issuer);
  (void)snprintf(text, text_bytes, "%s",
                 self_signed ? "self-signed and not trusted" : "no path to a trusted CA");
  size_t used = strlen(text);
  size_t expired = anchors_out_of_dates(search->trust, search->now_seconds);
  if (search->library_error != 0) {
    char words[WOLFSSL_MAX_ERROR_SZ] = "";
    wolfSSL_ERR_error_string_n((unsigned long)-search->library_error, words, sizeof(words));
    (void)snprintf(text + used, text_bytes - used, " (%s)", words);
  } else if (expired > 0) {
    (void)snprintf(text + used, text_bytes - used, " (%zu CA in ca_file out of its dates)",
                   expired);
  }
  return VERIFICATION_UNTRUSTED;
}

/* The leaf's dates first, then upwards. */
static enum verification check_dates(const struct search *search, char *text, size_t text_bytes)
{
  for (size_t s = 0; s < search->step_count; s++) {
    const struct x509_certificate *fields = &search->fields[search->steps[s]];
    const char *issuing = s > 0 ? " (an issuing CA)" : "";
    if (search->now_seconds > fields->not_after) {
      (void)snprintf(text, text_bytes, "expired%s", issuing);
      return VERIFICATION_EXPIRED;
    }
    if (search->now_seconds < fields->not_before) {
      (void)snprintf(text, text_bytes, "not yet valid%s", issuing);
      return VERIFICATION_NOT_YET_VALID;
    }
  }
  return VERIFICATION_OK;
}

static bool name_matches(const struct x509_certificate *leaf, const char *server_name)
{
  uint8_t address[sizeof(struct in6_addr)];
  if (inet_pton(AF_INET, server_name, address) == 1) {
    return x509_has_ip_address(leaf, address, sizeof(struct in_addr));
  }
  if (inet_pton(AF_INET6, server_name, address) == 1) {
    return x509_has_ip_address(leaf, address, sizeof(struct in6_addr));
  }
  return x509_has_dns_name(leaf, server_name);
}

static bool may_authenticate_servers(const struct x509_certificate *leaf)
{
  return (!leaf->has_extended_key_usage || leaf->server_auth) &&
         (!leaf->has_key_usage || leaf->digital_signature || leaf->key_encipherment);
}

enum verification trust_verify(const struct trust *trust, const struct der *chain, size_t length,
                               const char *server_name, int64_t now_seconds, char *text,
                               size_t text_bytes)
{
  text[0] = '\0';
  if (length == 0) {
    return VERIFICATION_NOT_DONE;
  }
  struct search search = {.trust = trust, .now_seconds = now_seconds, .chain = chain};
  search.length = length < TRUST_CHAIN_MAX ? length : TRUST_CHAIN_MAX;
  for (size_t i = 0; i < search.length; i++) {
    search.readable[i] = x509_read(chain[i].bytes, chain[i].length, &search.fields[i]);
  }
  if (!search.readable[0]) {
    (void)snprintf(text, text_bytes, "not readable as X.509");
    return VERIFICATION_UNTRUSTED;
  }
  if (!find_path(&search, true) && !find_path(&search, false)) {
    return untrusted(&search, text, text_bytes);
  }
  if (!may_authenticate_servers(&search.fields[0])) {
    (void)snprintf(text, text_bytes, "its key usage does not allow server authentication");
    return VERIFICATION_UNTRUSTED;
  }
  enum verification dates = check_dates(&search, text, text_bytes);
  if (dates != VERIFICATION_OK) {
    return dates;
  }
  if (!name_matches(&search.fields[0], server_name)) {
    (void)snprintf(text, text_bytes, "not issued for %s", server_name);
    return VERIFICATION_NAME_MISMATCH;
  }
  return VERIFICATION_OK;
}
