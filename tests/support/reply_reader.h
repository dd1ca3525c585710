/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For the tests of the readers of replies: every input ends at a page nobody may
 * read, is read whole, byte by byte, and with more behind it.
 */
#ifndef SUPPORT_REPLY_READER_H
#define SUPPORT_REPLY_READER_H

#include <stdlib.h>

#include "support/guarded.h"
#include "wire/reply.h"

static struct guarded reply_guarded;

static inline void reply_set_up(void)
{
  guarded_init(&reply_guarded, 2 * REPLY_MAX_BYTES);
}

static inline void reply_tear_down(void)
{
  guarded_deinit(&reply_guarded);
}

static inline enum reply_result reply_read(reply_read_fn *read, const char *bytes, size_t length,
                                           struct reply *out)
{
  return read((const char *)guarded_copy(&reply_guarded, bytes, length), length, out);
}

/* A whole reply, and what is to be read in it. */
struct reply_case {
  reply_read_fn *read;
  const char *bytes;
  size_t length;
  enum reply_kind kind;
  const char *code;
  const char *text; /* NULL: none */
  unsigned offers;
};
#define REPLY_BYTES(literal) literal, sizeof(literal) - 1

static inline void assert_reply(const struct reply_case *expected, size_t length)
{
  struct reply reply;
  ck_assert_msg(reply_read(expected->read, expected->bytes, length, &reply) == REPLY_COMPLETE, "%s",
                expected->bytes);
  ck_assert_msg(reply.kind == expected->kind, "%s: kind %d", expected->bytes, (int)reply.kind);
  ck_assert_str_eq(reply.code, expected->code);
  ck_assert_msg(reply.offers == expected->offers, "%s: offers %u", expected->bytes, reply.offers);
  ck_assert_uint_eq(reply.text_bytes, expected->text != NULL ? strlen(expected->text) : 0);
  ck_assert_mem_eq(reply.text != NULL ? reply.text : "",
                   expected->text != NULL ? expected->text : "", reply.text_bytes);
}

/* The reply is complete with its last byte, not before, and the same with more behind it. */
static inline void assert_reply_case(const struct reply_case *expected)
{
  struct reply reply;
  for (size_t length = 0; length < expected->length; length++) {
    ck_assert_msg(reply_read(expected->read, expected->bytes, length, &reply) == REPLY_INCOMPLETE,
                  "%s after %zu bytes", expected->bytes, length);
  }
  assert_reply(expected, expected->length);
  char *longer = malloc(expected->length + 1);
  ck_assert_ptr_nonnull(longer);
  memcpy(longer, expected->bytes, expected->length);
  longer[expected->length] = 'x';
  ck_assert_int_eq(reply_read(expected->read, longer, expected->length + 1, &reply),
                   REPLY_COMPLETE);
  ck_assert_uint_eq(reply.bytes, expected->length);
  free(longer);
}

/* What cannot become a reply. */
struct reply_rejection {
  reply_read_fn *read;
  const char *bytes;
  size_t length;
};

static inline void assert_rejection(const struct reply_rejection *rejection)
{
  struct reply reply;
  ck_assert_msg(reply_read(rejection->read, rejection->bytes, rejection->length, &reply) ==
                    REPLY_MALFORMED,
                "%s", rejection->bytes);
}

/* A reply that begins so and goes on with the filling for ever is malformed at the cap. */
static inline void assert_capped(reply_read_fn *read, const char *beginning, const char *filling)
{
  static char endless[REPLY_MAX_BYTES + 1];
  struct reply reply;
  size_t begin_bytes = strlen(beginning);
  size_t fill_bytes = strlen(filling);
  memcpy(endless, beginning, begin_bytes);
  for (size_t i = begin_bytes; i < sizeof(endless); i++) {
    endless[i] = filling[(i - begin_bytes) % fill_bytes];
  }
  ck_assert_int_eq(reply_read(read, endless, REPLY_MAX_BYTES - 1, &reply), REPLY_INCOMPLETE);
  ck_assert_int_eq(reply_read(read, endless, REPLY_MAX_BYTES, &reply), REPLY_MALFORMED);
  ck_assert_int_eq(reply_read(read, endless, sizeof(endless), &reply), REPLY_MALFORMED);
}

#endif
