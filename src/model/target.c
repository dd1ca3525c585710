/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/target.h"

#include <stdio.h>
#include <string.h>

#include "model/address.h"

static const struct protocol_row {
  const char *name;
  uint16_t port;
  bool starttls;
  bool greets;
} protocols[PROTOCOL_COUNT] = {
    [PROTOCOL_TLS] = {"tls", 443, false, false},
    [PROTOCOL_HTTPS] = {"https", 443, false, false},
    [PROTOCOL_SMTP] = {"smtp", 25, true, true},
    [PROTOCOL_IMAP] = {"imap", 143, true, true},
    [PROTOCOL_POP3] = {"pop3", 110, true, true},
    [PROTOCOL_LDAP] = {"ldap", 389, true, false},
    [PROTOCOL_POSTGRES] = {"postgres", 5432, true, false},
    [PROTOCOL_MYSQL] = {"mysql", 3306, true, true},
    [PROTOCOL_XMPP] = {"xmpp", 5222, true, false},
};

const char *protocol_name(enum protocol protocol)
{
  return protocols[protocol].name;
}

uint16_t protocol_default_port(enum protocol protocol)
{
  return protocols[protocol].port;
}

bool protocol_has_starttls(enum protocol protocol)
{
  return protocols[protocol].starttls;
}

bool protocol_greets(enum protocol protocol)
{
  return protocols[protocol].greets;
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

/* ---- whether two targets are the same -------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
  return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_headers(const struct header *a, size_t a_count, const struct header *b,
                         size_t b_count)
{
  for (size_t i = 0; a_count == b_count && i < a_count; i++) {
    if (!same_text(a[i].name, b[i].name) || !same_text(a[i].value, b[i].value)) {
      return false;
    }
  }
  return a_count == b_count;
}

static bool same_credential(const struct credential *a, const struct credential *b)
{
  if (a == NULL || b == NULL) {
    return a == b;
  }
  return same_text(a->name, b->name) && same_text(a->cert_file, b->cert_file) &&
         same_text(a->key_file, b->key_file) &&
         same_text(a->key_password_file, b->key_password_file);
}

static bool same_proxy(const struct proxy *a, const struct proxy *b)
{
  if (a == NULL || b == NULL) {
    return a == b;
  }
  return same_text(a->url, b->url) && same_text(a->username, b->username) &&
         same_text(a->password, b->password) && same_text(a->ca_file, b->ca_file) &&
         same_credential(a->credential, b->credential) &&
         same_headers(a->headers, a->header_count, b->headers, b->header_count);
}

static bool same_routes(const struct probe_settings *a, const struct probe_settings *b)
{
  for (size_t i = 0; a->route_count == b->route_count && i < a->route_count; i++) {
    if (!same_text(a->routes[i].name, b->routes[i].name) ||
        !same_proxy(a->routes[i].proxy, b->routes[i].proxy)) {
      return false;
    }
  }
  return a->route_count == b->route_count;
}

static bool same_http(const struct http_settings *a, const struct http_settings *b)
{
  for (size_t i = 0; a->expect_status_count == b->expect_status_count && i < a->expect_status_count;
       i++) {
    if (a->expect_status[i].first != b->expect_status[i].first ||
        a->expect_status[i].last != b->expect_status[i].last) {
      return false;
    }
  }
  return a->expect_status_count == b->expect_status_count && same_text(a->method, b->method) &&
         same_text(a->path, b->path) &&
         same_headers(a->headers, a->header_count, b->headers, b->header_count);
}

static bool same_presented(const struct probe_settings *a, const struct probe_settings *b)
{
  return memcmp(a->present_direct, b->present_direct, sizeof(a->present_direct)) == 0 &&
         memcmp(a->present_proxy, b->present_proxy, sizeof(a->present_proxy)) == 0;
}

static bool same_probe(const struct probe_settings *a, const struct probe_settings *b)
{
  return a->protocol == b->protocol && same_credential(a->credential, b->credential) &&
         same_text(a->ca_file, b->ca_file) && same_text(a->server_name, b->server_name) &&
         a->tls_min == b->tls_min && a->tls_max == b->tls_max && same_routes(a, b) &&
         a->interval_ms == b->interval_ms && a->contrast_interval_ms == b->contrast_interval_ms &&
         a->timeout_ms == b->timeout_ms && same_presented(a, b) && same_http(&a->http, &b->http) &&
         same_text(a->login.user, b->login.user) &&
         same_text(a->login.database, b->login.database) &&
         a->expect_client_certificate == b->expect_client_certificate &&
         a->expect_untrusted_refused == b->expect_untrusted_refused;
}

bool target_same(const struct target *a, const struct target *b)
{
  for (size_t i = 0; a->label_count == b->label_count && i < a->label_count; i++) {
    if (!same_text(a->labels[i].name, b->labels[i].name) ||
        !same_text(a->labels[i].value, b->labels[i].value)) {
      return false;
    }
  }
  return a->label_count == b->label_count && same_text(a->name, b->name) &&
         same_text(a->module, b->module) && same_text(a->host, b->host) && a->port == b->port &&
         same_probe(&a->probe, &b->probe);
}
