/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of this room share: the destinations that a policy is for. Each
 * product has its .c file with two writers: comments, and rules.
 */
#ifndef BYPASS_BYPASS_INTERNAL_H
#define BYPASS_BYPASS_INTERNAL_H

#include <stdbool.h>

#include "bypass/bypass.h"

/* What a proxy gets to see of a target. The name is borrowed. */
struct destination {
  const char *host; /* safe in every product's words: an address, or a name of LDH labels and "_" */
  bool is_address;
  uint16_t port;
};

/* By port, then names before addresses, then by name; none twice. */
struct destinations {
  struct destination *items;
  size_t count;
};

NODISCARD enum status destinations_collect(const struct target *targets, size_t count,
                                           enum bypass_deployment deployment,
                                           struct destinations *out, struct error *error);
void destinations_deinit(struct destinations *destinations);

/* A product's own words. */
struct bypass_writer {
  void (*comments)(enum bypass_deployment deployment, struct buffer *out);
  void (*rules)(const struct destinations *destinations, enum bypass_deployment deployment,
                struct buffer *out);
};
extern const struct bypass_writer cpl_writer;
extern const struct bypass_writer squid_writer;
extern const struct bypass_writer mitmproxy_writer;

#endif
