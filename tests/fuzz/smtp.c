/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reply of an SMTP server. The input is the bytes on the wire. */
#include "wire/smtp.h"

#include "support/fuzz_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_reply(smtp_reply_read, data, size);
  return 0;
}
