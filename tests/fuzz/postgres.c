/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer of a PostgreSQL server to SSLRequest, or its first messages. The input is the bytes on
 * the wire. */
#include "wire/postgres.h"

#include "support/fuzz_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_reply(postgres_ssl_answer_read, data, size);
  fuzz_reply(postgres_reply_read, data, size);
  return 0;
}
