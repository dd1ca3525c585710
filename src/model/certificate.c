/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/certificate.h"

#include <stdlib.h>
#include <string.h>

void certificate_deinit(struct certificate *certificate)
{
  free(certificate->subject);
  free(certificate->issuer);
  free(certificate->serial);
  free(certificate->dns_names);
  free(certificate->key_type);
  *certificate = (struct certificate){0};
}

void credential_facts_deinit(struct credential_facts *facts)
{
  free(facts->name);
  free(facts->problem);
  for (size_t i = 0; i < facts->chain_length; i++) {
    certificate_deinit(&facts->chain[i]);
  }
  free(facts->chain);
  *facts = (struct credential_facts){0};
}

static bool copy_text(const char *text, char **out)
{
  *out = text != NULL ? strdup(text) : NULL;
  return text == NULL || *out != NULL;
}

static bool copy_certificate(const struct certificate *from, struct certificate *out)
{
  *out = *from;
  bool subject = copy_text(from->subject, &out->subject);
  bool issuer = copy_text(from->issuer, &out->issuer);
  bool serial = copy_text(from->serial, &out->serial);
  bool dns_names = copy_text(from->dns_names, &out->dns_names);
  bool key_type = copy_text(from->key_type, &out->key_type);
  return subject && issuer && serial && dns_names && key_type;
}

static bool copy_chain(const struct credential_facts *from, struct credential_facts *out)
{
  out->chain = calloc(from->chain_length > 0 ? from->chain_length : 1, sizeof(*out->chain));
  bool copied = out->chain != NULL;
  while (copied && out->chain_length < from->chain_length) {
    size_t i = out->chain_length;
    copied = copy_certificate(&from->chain[i], &out->chain[i]);
    out->chain_length++; /* also when in part: deinit frees what there is */
  }
  return copied;
}

enum status credential_facts_copy(const struct credential_facts *facts,
                                  struct credential_facts *out)
{
  *out = *facts;
  out->chain = NULL;
  out->chain_length = 0;
  bool name = copy_text(facts->name, &out->name);
  bool problem = copy_text(facts->problem, &out->problem);
  if (name && problem && copy_chain(facts, out)) {
    return STATUS_OK;
  }
  credential_facts_deinit(out);
  return STATUS_OUT_OF_MEMORY;
}

bool credential_usable(const struct credential_facts *facts, int64_t now)
{
  if (!facts->loaded || facts->chain_length == 0 || !facts->may_authenticate_clients) {
    return false;
  }
  const struct certificate *leaf = &facts->chain[0];
  return now >= leaf->not_before && now <= leaf->not_after; /* inclusive: RFC 5280 4.1.2.5 */
}
