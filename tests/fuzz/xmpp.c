/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The features of an XMPP stream, or what is answered in it. The input is the bytes on the wire. */
#include "wire/xmpp.h"

#include "support/fuzz_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_reply(xmpp_features_read, data, size);
  fuzz_reply(xmpp_answer_read, data, size);
  return 0;
}
