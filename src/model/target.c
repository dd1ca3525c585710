/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/target.h"

#include <stdio.h>
#include <string.h>

#include "model/address.h"

const char *protocol_name(enum protocol protocol)
{
  switch (protocol) {
  case PROTOCOL_TLS:
    return "tls";
  case PROTOCOL_HTTPS:
    return "https";
  }
  return "";
}

const char *presented_name(enum presented presented)
{
  switch (presented) {
  case PRESENTED_CLIENT:
    return "client";
  case PRESENTED_NONE:
    return "none";
  case PRESENTED_UNTRUSTED:
    return "untrusted";
  }
  return "";
}

const char *tls_version_name(enum tls_version version)
{
  switch (version) {
  case TLS_VERSION_UNKNOWN:
    return "";
  case TLS_VERSION_1_2:
    return "TLSv1.2";
  case TLS_VERSION_1_3:
    return "TLSv1.3";
  }
  return "";
}

const char *certificate_policy_name(enum certificate_policy policy)
{
  switch (policy) {
  case CERTIFICATE_ANY:
    return "any";
  case CERTIFICATE_NONE:
    return "none";
  case CERTIFICATE_OPTIONAL:
    return "optional";
  case CERTIFICATE_REQUIRED:
    return "required";
  }
  return "";
}

const char *target_server_name(const struct target *target)
{
  return target->probe.server_name != NULL ? target->probe.server_name : target->host;
}

bool target_presents(const struct target *target, const struct route *route,
                     enum presented presented)
{
  const struct probe_settings *probe = &target->probe;
  if (probe->credential == NULL) {
    return presented == PRESENTED_NONE;
  }
  return route->proxy == NULL ? probe->present_direct[presented] : probe->present_proxy[presented];
}

void target_address(const struct target *target, char *out, size_t out_bytes)
{
  char endpoint[ENDPOINT_MAX];
  bool has_path = target->probe.protocol == PROTOCOL_HTTPS && target->probe.http.path != NULL;
  endpoint_text(target->host, target->port, endpoint, sizeof(endpoint));
  (void)snprintf(out, out_bytes, "%s://%s%s", protocol_name(target->probe.protocol), endpoint,
                 has_path ? target->probe.http.path : "");
}

bool http_status_expected(const struct http_settings *http, unsigned status)
{
  for (size_t i = 0; i < http->expect_status_count; i++) {
    if (status >= http->expect_status[i].first && status <= http->expect_status[i].last) {
      return true;
    }
  }
  return false;
}
