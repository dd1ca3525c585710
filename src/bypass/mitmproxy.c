/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mitmproxy's option ignore_hosts: regular expressions (Python's re). mitmproxy 8 searches them in
 * the host and the SNI, later versions in both with ":port" behind.
 */
#include "bypass_internal.h"

static const char comments[] =
    "# mitmproxy leaves the TLS of these destinations alone.\n"
    "# Made by mtls_exporter bypass. Merge it into config.yaml and start mitmproxy anew.\n"
    "#\n"
    "# What it gives up: mitmproxy sees none of their requests. Version 8 looks at the host alone\n"
    "# and gives up all ports of it.\n"
    "# Where proxyauth is set it asks for the password all the same: mitmproxy has no exception.\n"
    "# It clears the proxy alone: a client that sends no certificate is still refused by the "
    "server.\n";

static void write_comments(enum bypass_deployment deployment, struct buffer *out)
{
  (void)deployment; /* the same: by CONNECT, or by address and SNI */
  buffer_append_text(out, comments);
}

static void append_escaped(struct buffer *out, const char *host)
{
  for (const char *c = host; *c != '\0'; c++) {
    buffer_append_text(out, *c == '.' ? "\\" : "");
    buffer_append_char(out, *c);
  }
}

static void write_rules(const struct destinations *destinations, enum bypass_deployment deployment,
                        struct buffer *out)
{
  (void)deployment;
  buffer_append_text(out, "ignore_hosts:\n");
  for (size_t i = 0; i < destinations->count; i++) {
    const struct destination *destination = &destinations->items[i];
    buffer_append_text(out, "  - '^");
    append_escaped(out, destination->host);
    buffer_append_format(out, "(:%u)?$'\n", destination->port);
  }
}

const struct bypass_writer mitmproxy_writer = {.comments = write_comments, .rules = write_rules};
