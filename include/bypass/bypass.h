/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The policy that makes a proxy tunnel targets untouched and without asking for a
 * password, in the words of one product. Pure: targets in, text out, the same text
 * for the same targets in whatever order they come. Called by the command line for
 * a whole configuration and by app for one target.
 */
#ifndef BYPASS_BYPASS_H
#define BYPASS_BYPASS_H

#include "base/buffer.h"
#include "base/status.h"
#include "model/target.h"

enum bypass_format {
  BYPASS_CPL,       /* Edge SWG (ProxySG): Content Policy Language */
  BYPASS_SQUID,     /* a file to include in squid.conf */
  BYPASS_MITMPROXY, /* for config.yaml */
};
enum { BYPASS_FORMAT_COUNT = 3 };
const char *bypass_format_name(enum bypass_format format); /* "cpl", "squid", "mitmproxy" */

/* How connections come to the proxy: by CONNECT with a name, or intercepted on their way. */
enum bypass_deployment { BYPASS_EXPLICIT, BYPASS_TRANSPARENT };
enum { BYPASS_DEPLOYMENT_COUNT = 2 };
const char *bypass_deployment_name(enum bypass_deployment deployment);

/* Appends the policy for the targets that have a route through a proxy, or for all where none has,
 * with comments that say where it goes and what it gives up. STATUS_INVALID: a name cannot be
 * quoted safely; error says which, with the target's file and line. */
NODISCARD enum status bypass_write(const struct target *targets, size_t count,
                                   enum bypass_format format, enum bypass_deployment deployment,
                                   struct buffer *out, struct error *error);

/* Appends the same rules for one target and an explicit proxy, for Edge SWG and for Squid, each
 * with one line that says so; nothing where its name cannot be quoted safely. */
void bypass_write_rules(const struct target *target, struct buffer *out);

#endif
