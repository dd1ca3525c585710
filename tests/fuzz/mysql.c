/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The greeting of a MySQL server, or its answer to a login. The input is the bytes on the wire. */
#include "wire/mysql.h"

#include "support/fuzz_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_reply(mysql_greeting_read, data, size);
  fuzz_reply(mysql_reply_read, data, size);
  return 0;
}
