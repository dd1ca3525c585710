/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold of every reader of replies (wire/reply.h), whatever the bytes.
 */
#ifndef SUPPORT_FUZZ_REPLY_H
#define SUPPORT_FUZZ_REPLY_H

#include "support/fuzz.h"
#include "wire/reply.h"

static inline void fuzz_check_reply(const struct reply *reply, const char *bytes, size_t length)
{
  fuzz_check(reply->bytes > 0 && reply->bytes <= length && reply->bytes <= REPLY_MAX_BYTES,
             "a reply is no longer than the input and the cap");
  fuzz_check(reply->kind != REPLY_NONE, "a whole reply means something");
  size_t code_bytes = strnlen(reply->code, REPLY_CODE_BYTES);
  fuzz_check(code_bytes > 0 && code_bytes < REPLY_CODE_BYTES, "a whole reply has a code");
  for (size_t i = 0; i < code_bytes; i++) {
    fuzz_check(reply->code[i] > ' ' && reply->code[i] <= '~', "a code is visible ASCII");
  }
  fuzz_check(reply->text_bytes == 0 ||
                 (reply->text >= bytes && reply->text_bytes <= reply->bytes &&
                  (size_t)(reply->text - bytes) <= reply->bytes - reply->text_bytes),
             "the text lies inside the reply");
}

static inline void fuzz_check_reply_prefix(reply_read_fn *read, const uint8_t *data, size_t length,
                                           enum reply_result whole, const struct reply *whole_reply)
{
  char *copy = fuzz_copy(data, length);
  struct reply reply;
  enum reply_result result = read(copy, length, &reply);
  fuzz_check(result == REPLY_INCOMPLETE || result == whole, "more input changes no verdict");
  if (whole == REPLY_COMPLETE) {
    fuzz_check((result == REPLY_COMPLETE) == (length >= whole_reply->bytes),
               "a reply is complete with its last byte");
  }
  if (result == REPLY_COMPLETE) {
    fuzz_check(reply.bytes == whole_reply->bytes && reply.kind == whole_reply->kind &&
                   reply.offers == whole_reply->offers &&
                   strcmp(reply.code, whole_reply->code) == 0 &&
                   reply.text_bytes == whole_reply->text_bytes,
               "more input changes no reply");
  }
  free(copy);
}

static inline void fuzz_reply(reply_read_fn *read, const uint8_t *data, size_t size)
{
  char *bytes = fuzz_copy(data, size);
  struct reply reply;
  enum reply_result result = read(bytes, size, &reply);
  fuzz_check(result != REPLY_INCOMPLETE || size < REPLY_MAX_BYTES, "the cap ends every reply");
  uint64_t random = fuzz_digest(FUZZ_DIGEST_START, data, size);
  fuzz_check_reply_prefix(read, data, (size_t)(random % (size + 1)), result, &reply);
  if (result == REPLY_COMPLETE) {
    fuzz_check_reply(&reply, bytes, size);
    fuzz_check_reply_prefix(read, data, reply.bytes, result, &reply);
    fuzz_check_reply_prefix(read, data, reply.bytes - 1, result, &reply);
  }
  free(bytes);
}

#endif
