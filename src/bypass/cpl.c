/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content Policy Language, by the ProxySG Content Policy Language Guide: "Conditions" for url.host,
 * url.address and url.port, "Layers" for the headers; detect_protocol(no) and authenticate(no) by
 * Broadcom's article 280561. Expressions on one line are joined by AND, lines by OR.
 */
#include "bypass_internal.h"

static const char comments[] =
    "; Tunnels these destinations untouched and without asking for a password.\n"
    "; Made by mtls_exporter bypass. Install it as Local policy or in a CPL layer.\n"
    ";\n"
    "; What it gives up for them:\n"
    "; - no decryption, so no malware scanning and no data-loss prevention\n"
    "; - no user name in the access log, no policy by user or group\n"
    "; - detect_protocol(no) is a finding of DISA STIG SV-104223 (SYMP-AG-000270): have it "
    "approved\n"
    "; A later layer, the VPM's too, can set these properties again: the last one counts.\n"
    "; It clears the proxy alone: a client that sends no certificate is still refused by the "
    "server.\n";

static const char transparent_comments[] =
    ";\n"
    "; Before the ClientHello a transparent proxy may know an address and no name. Where the "
    "trace\n"
    "; shows that a name does not match, add its addresses: url.address=192.0.2.10 url.port=443\n"
    "; This block is put together from the reference, not from a Broadcom example: verify it with "
    "a\n"
    "; policy trace.\n";

static void write_comments(enum bypass_deployment deployment, struct buffer *out)
{
  buffer_append_text(out, comments);
  if (deployment == BYPASS_TRANSPARENT) {
    buffer_append_text(out, transparent_comments);
  }
}

/* .no_lookup: the owner of an address must not become one of the names by a reverse DNS entry. */
static void write_rules(const struct destinations *destinations, enum bypass_deployment deployment,
                        struct buffer *out)
{
  buffer_append_text(out, "define condition mtls_exporter_Allow\n");
  for (size_t i = 0; i < destinations->count; i++) {
    const struct destination *destination = &destinations->items[i];
    buffer_append_format(out,
                         destination->is_address
                             ? "    url.address=%s url.port=%u\n"
                             : "    url.host.exact.no_lookup=\"%s\" url.port=%u\n",
                         destination->host, destination->port);
  }
  buffer_append_text(out,
                     "end condition mtls_exporter_Allow\n"
                     "<Proxy mtls_exporter_tunnel>\n"
                     "    condition=mtls_exporter_Allow detect_protocol(no) authenticate(no)\n");
  if (deployment == BYPASS_TRANSPARENT) {
    buffer_append_text(out, "<SSL-Intercept mtls_exporter_tunnel>\n"
                            "    condition=mtls_exporter_Allow ssl.forward_proxy(no)\n");
  }
}

const struct bypass_writer cpl_writer = {.comments = write_comments, .rules = write_rules};
