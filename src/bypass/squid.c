/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * squid.conf, by squid.conf.documented of 5.7: acl, http_access, ssl_bump. In both lists the first
 * rule that matches wins.
 */
#include "bypass_internal.h"

static const char comments[] =
    "# Tunnels these destinations untouched and without asking for a password.\n"
    "# Made by mtls_exporter bypass. Include it in squid.conf after the http_access rules that "
    "say\n"
    "# who may use the proxy, before the first one with a proxy_auth acl and before the first\n"
    "# ssl_bump rule; then run squid -k reconfigure. A Squid that never bumps needs no ssl_bump "
    "line.\n"
    "#\n"
    "# What it gives up for them: no decryption, so no content inspection; no user name in the "
    "log.\n"
    "# It clears the proxy alone: a client that sends no certificate is still refused by the "
    "server.\n";

static const char transparent_comments[] =
    "#\n"
    "# The peek rule looks at every ClientHello for the name in it (SNI) and leaves the rest to "
    "the\n"
    "# rules below. A client can put any name there: where that matters add an acl of type dst.\n";

static void write_comments(enum bypass_deployment deployment, struct buffer *out)
{
  buffer_append_text(out, comments);
  if (deployment == BYPASS_TRANSPARENT) {
    buffer_append_text(out, transparent_comments);
  }
}

/* "names" or "addresses" of one port: destinations from first on that have both in common. */
struct group {
  const struct destination *first;
  size_t count;
  const char *name;
};

static struct group group_at(const struct destinations *destinations, size_t first)
{
  const struct destination *items = &destinations->items[first];
  struct group group = {.first = items, .name = items->is_address ? "addresses" : "names"};
  while (first + group.count < destinations->count && items[group.count].port == items->port &&
         items[group.count].is_address == items->is_address) {
    group.count++;
  }
  return group;
}

/* -n: no lookup. The owner of an address must not become one of the names by a reverse DNS entry,
 * and a request for another name needs no look at its addresses. */
static void write_access(const struct group *group, struct buffer *out)
{
  unsigned port = group->first->port;
  for (size_t i = 0; i < group->count; i++) {
    buffer_append_format(out, "acl mtls_exporter_%s_%u %s -n %s\n", group->name, port,
                         group->first->is_address ? "dst" : "dstdomain", group->first[i].host);
  }
  buffer_append_format(out, "http_access allow CONNECT mtls_exporter_%s_%u mtls_exporter_port_%u\n",
                       group->name, port, port);
}

/* CONNECT says where it goes; on its way a connection says it in its ClientHello. */
static void write_splice(const struct group *group, enum bypass_deployment deployment,
                         struct buffer *out)
{
  unsigned port = group->first->port;
  const char *name = group->name;
  if (deployment == BYPASS_TRANSPARENT && !group->first->is_address) {
    name = "server_names";
    for (size_t i = 0; i < group->count; i++) {
      buffer_append_format(out, "acl mtls_exporter_%s_%u ssl::server_name --client-requested %s\n",
                           name, port, group->first[i].host);
    }
  }
  buffer_append_format(out, "ssl_bump splice mtls_exporter_%s_%u mtls_exporter_port_%u\n", name,
                       port, port);
}

static void write_rules(const struct destinations *destinations, enum bypass_deployment deployment,
                        struct buffer *out)
{
  if (deployment == BYPASS_TRANSPARENT) {
    buffer_append_text(out, "acl mtls_exporter_client_hello at_step SslBump1\n"
                            "ssl_bump peek mtls_exporter_client_hello\n");
  }
  for (size_t i = 0; i < destinations->count;) {
    struct group group = group_at(destinations, i);
    if (i == 0 || group.first[-1].port != group.first->port) {
      buffer_append_format(out, "acl mtls_exporter_port_%u port %u\n", group.first->port,
                           group.first->port);
    }
    write_access(&group, out);
    write_splice(&group, deployment, out);
    i += group.count;
  }
}

const struct bypass_writer squid_writer = {.comments = write_comments, .rules = write_rules};
