/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The greeting of an IMAP server, or what it answers. The input is the bytes on the wire. */
#include "wire/imap.h"

#include "support/fuzz_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_reply(imap_greeting_read, data, size);
  fuzz_reply(imap_reply_read, data, size);
  return 0;
}
