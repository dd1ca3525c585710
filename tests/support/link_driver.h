/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Steps a chain of links over a real socket as the probe does, but with poll()
 * instead of a loop.
 */
#ifndef SUPPORT_LINK_DRIVER_H
#define SUPPORT_LINK_DRIVER_H

#include "link/tcp.h"
#include "support/loopback.h"

/* Waits for what the chain wants. */
static inline void await_link(const struct link *tcp, enum link_step wanted)
{
  if (wanted == LINK_AGAIN) {
    return;
  }
  struct pollfd waited = {tcp_descriptor(tcp), wanted == LINK_WANT_WRITE ? POLLOUT : POLLIN, 0};
  ck_assert_msg(poll(&waited, 1, PATIENCE_MS) == 1, "the peer is silent");
}

/* LINK_DONE or LINK_FAILED. */
static inline enum link_step drive_connect(struct link *top, const struct link *tcp)
{
  enum link_step step = link_connect(top);
  while (step != LINK_DONE && step != LINK_FAILED) {
    await_link(tcp, step);
    step = link_connect(top);
  }
  return step;
}

/* One read: LINK_DONE (count 0: the peer's end) or LINK_FAILED. */
static inline enum link_step drive_read(struct link *top, const struct link *tcp, char *out,
                                        size_t capacity, size_t *count)
{
  enum link_step step = link_read(top, (uint8_t *)out, capacity, count);
  while (step != LINK_DONE && step != LINK_FAILED) {
    await_link(tcp, step);
    step = link_read(top, (uint8_t *)out, capacity, count);
  }
  return step;
}

/* Reads to the peer's end, LINK_DONE, or to the failure. out is terminated. */
static inline enum link_step drive_read_all(struct link *top, const struct link *tcp, char *out,
                                            size_t capacity)
{
  size_t length = 0;
  for (;;) {
    size_t count = 0;
    enum link_step step = drive_read(top, tcp, out + length, capacity - 1 - length, &count);
    length += count;
    out[length] = '\0';
    if (step != LINK_DONE || count == 0) {
      return step;
    }
  }
}

static inline enum link_step drive_write(struct link *top, const struct link *tcp, const char *text)
{
  size_t length = strlen(text);
  while (length > 0) {
    size_t count = 0;
    enum link_step step = link_write(top, (const uint8_t *)text, length, &count);
    if (step == LINK_FAILED) {
      return step;
    }
    if (step != LINK_DONE) {
      await_link(tcp, step);
    }
    text += count;
    length -= count;
  }
  return LINK_DONE;
}

#endif
