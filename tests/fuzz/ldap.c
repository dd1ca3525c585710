/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of an LDAP server. The input is the bytes on the wire. */
#include "wire/ldap.h"

#include "support/fuzz_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_reply(ldap_reply_read, data, size);
  return 0;
}
