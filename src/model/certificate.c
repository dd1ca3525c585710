/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/certificate.h"

#include <stdlib.h>

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

bool credential_usable(const struct credential_facts *facts, int64_t now)
{
  if (!facts->loaded || facts->chain_length == 0 || !facts->may_authenticate_clients) {
    return false;
  }
  const struct certificate *leaf = &facts->chain[0];
  return now >= leaf->not_before && now <= leaf->not_after; /* inclusive: RFC 5280 4.1.2.5 */
}
