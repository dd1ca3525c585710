/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One layer of a connection, stacked on the layer below: tcp at the bottom, a
 * tunnel or TLS above. A route is the shape of the chain. The probe steps the
 * top; each link steps the one below first. A link writes raw facts into its own
 * part of the observation and never judges. Knows no loop: it is stepped.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/observation.h"

enum link_step {
  LINK_DONE,
  LINK_WANT_READ,  /* call again when the descriptor is readable */
  LINK_WANT_WRITE, /* call again when it is writable */
  LINK_AGAIN,      /* there is more to do at once: call again, but let others go first */
  LINK_FAILED,     /* for good; ending and system_error say how */
};

struct link;
struct link_operations {
  /* One idempotent step; the link below is already connected. */
  enum link_step (*connect)(struct link *link);
  /* LINK_DONE with *count 0: the peer has closed its side. */
  enum link_step (*read)(struct link *link, uint8_t *bytes, size_t capacity, size_t *count);
  enum link_step (*write)(struct link *link, const uint8_t *bytes, size_t length, size_t *count);
  /* Frees the link alone, not the one below. */
  void (*destroy)(struct link *link);
};

/* The first member of every kind of link. */
struct link {
  const struct link_operations *operations;
  struct link *below; /* owned; NULL at the bottom */
  bool connected;
  bool failed;
  enum ending ending; /* first failing fact wins */
  int system_error;   /* errno with ENDING_RESET and ENDING_ERROR */
};

/* Connects the chain up to this link. Call again when the wanted readiness comes; safe to call
 * early. After LINK_FAILED it stays LINK_FAILED. */
enum link_step link_connect(struct link *link);
enum link_step link_read(struct link *link, uint8_t *bytes, size_t capacity, size_t *count);
enum link_step link_write(struct link *link, const uint8_t *bytes, size_t length, size_t *count);
/* Destroys the whole chain from this link down. NULL-safe. */
void link_destroy(struct link *link);

/* For the links themselves: marks failed, keeps the first ending, returns LINK_FAILED. */
enum link_step link_fail(struct link *link, enum ending ending, int system_error);
/* Fails in the way the link below has failed. */
enum link_step link_fail_as_below(struct link *link);
/* ENDING_RESET for ECONNRESET and EPIPE, else ENDING_ERROR. */
enum ending ending_of_errno(int system_error);

#endif
