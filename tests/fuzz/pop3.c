/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reply of a POP3 server, of one line or a list. The input is the bytes on the wire. */
#include "wire/pop3.h"

#include "support/fuzz_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_reply(pop3_reply_read, data, size);
  fuzz_reply(pop3_capabilities_read, data, size);
  return 0;
}
