/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe_flags.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/duration.h"
#include "base/secret_file.h"
#include "model/address.h"
#include "model/header.h"

enum { DEFAULT_TIMEOUT_MS = 10000, DEFAULT_INTERVAL_MS = 30000 };

void probe_flags_describe(struct probe_flags *values, struct flag out[PROBE_FLAG_COUNT])
{
  const struct flag flags[PROBE_FLAG_COUNT] = {
      {"--client-cert", "FILE", "our certificate and its chain, PEM", .text = &values->client_cert},
      {"--client-key", "FILE", "its private key, PEM", .text = &values->client_key},
      {"--client-key-password-file", "FILE", "first line: password of the key",
       .text = &values->client_key_password_file},
      {"--ca-file", "FILE", "CAs that the server's certificate may come from, default the system's",
       .text = &values->ca_file},
      {"--server-name", "NAME", "SNI and the name in the server's certificate, default the host",
       .text = &values->server_name},
      {"--proxy", "URL", "probe through http://[user@]host:port or https://..., too",
       .list = &values->proxies},
      {"--proxy-password-file", "FILE", "first line: password of the proxy user",
       .text = &values->proxy_password_file},
      {"--proxy-ca-file", "FILE", "CAs of an https:// proxy, default the system's",
       .text = &values->proxy_ca_file},
      {"--proxy-client-cert", "FILE", "our certificate for an https:// proxy",
       .text = &values->proxy_client_cert},
      {"--proxy-client-key", "FILE", "its private key", .text = &values->proxy_client_key},
      {"--proxy-client-key-password-file", "FILE", "first line: password of that key",
       .text = &values->proxy_client_key_password_file},
      {"--no-direct", NULL, "do not probe directly, only through the proxies",
       .given = &values->no_direct},
      {"--present", "LIST", "what to answer a request for a certificate: client, none, untrusted",
       .text = &values->present},
      {"--expect", "POLICY", "required (default with --client-cert), optional, none",
       .text = &values->expect},
      {"--timeout", "DURATION", "of one probe, default 10s", .text = &values->timeout},
      {"--tls-min", "VERSION", "1.2 (default) or 1.3", .text = &values->tls_min},
      {"--tls-max", "VERSION", "1.2 or 1.3 (default)", .text = &values->tls_max},
      {"--http-method", "METHOD", "of the request to https:// addresses, default GET",
       .text = &values->http_method},
      {"--http-header", "HEADER", "\"Name: value\", sent to a verified server only",
       .list = &values->http_headers},
      {"--http-expect-status", "LIST", "default 200-399", .text = &values->http_expect_status},
      {"--login-user", "NAME", "account named to postgres:// and mysql://, default mtls_exporter",
       .text = &values->login_user},
      {"--login-database", "NAME", "its database, default none", .text = &values->login_database},
      {"--format", "FORMAT", "text (default), json, metrics", .text = &values->format},
      {"--config.file", "FILE", "take the target from this configuration, with --target",
       .text = &values->config_file},
      {"--target", "NAME", "the target's name in the configuration", .text = &values->target},
      {"--version", NULL, "print the version and stop", .given = &values->version},
      {"--help", NULL, "print this and stop", .given = &values->help},
  };
  memcpy(out, flags, sizeof(flags));
}

void probe_flags_deinit(struct probe_flags *values)
{
  flag_list_deinit(&values->proxies);
  flag_list_deinit(&values->http_headers);
  flag_list_deinit(&values->operands);
}

static enum status bad(struct error *error, const char *flag, const char *value, const char *right)
{
  return error_set(error, STATUS_INVALID, NULL, 0, "%s=%.200s must be %s", flag, value, right);
}

static enum status out_of_memory(struct error *error)
{
  return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
}

/* The first line of the file, in the settings' memory, which is wiped at the end. */
static enum status read_password(struct settings *settings, const char *path, const char *flag,
                                 const char **out, struct error *error)
{
  char secret[SECRET_MAX_BYTES + 1];
  char why[SECRET_WHY_BYTES];
  enum status status = secret_file_read(path, secret, why);
  if (status == STATUS_OK) {
    *out = settings_copy_text(settings, secret);
    status = *out != NULL ? STATUS_OK : out_of_memory(error);
  } else {
    status = error_set(error, status, NULL, 0, "%s=%.200s %s", flag, path, why);
  }
  explicit_bzero(secret, sizeof(secret));
  return status;
}

/* A flag that would be ignored is a mistake somewhere. */
static enum status check_companions(const struct probe_flags *values, struct error *error)
{
  bool tls_proxy = false;
  for (size_t i = 0; i < values->proxies.count; i++) {
    tls_proxy = tls_proxy || strncasecmp(values->proxies.items[i], "https:", strlen("https:")) == 0;
  }
  const char *const https_proxy = "--proxy=https://host:port";
  const struct {
    const char *flag;
    bool given;
    const char *needed;
    bool there;
  } rows[] = {
      {"--client-cert", values->client_cert != NULL, "--client-key", values->client_key != NULL},
      {"--client-key", values->client_key != NULL, "--client-cert", values->client_cert != NULL},
      {"--client-key-password-file", values->client_key_password_file != NULL, "--client-key",
       values->client_key != NULL},
      {"--proxy-client-cert", values->proxy_client_cert != NULL, "--proxy-client-key",
       values->proxy_client_key != NULL},
      {"--proxy-client-key", values->proxy_client_key != NULL, "--proxy-client-cert",
       values->proxy_client_cert != NULL},
      {"--proxy-client-key-password-file", values->proxy_client_key_password_file != NULL,
       "--proxy-client-key", values->proxy_client_key != NULL},
      {"--proxy-password-file", values->proxy_password_file != NULL,
       "--proxy=http://USER@host:port", values->proxies.count > 0},
      {"--proxy-ca-file", values->proxy_ca_file != NULL, https_proxy, tls_proxy},
      {"--proxy-client-cert", values->proxy_client_cert != NULL, https_proxy, tls_proxy},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (rows[i].given && !rows[i].there) {
      return error_set(error, STATUS_INVALID, NULL, 0, "%s needs %s beside it", rows[i].flag,
                       rows[i].needed);
    }
  }
  return STATUS_OK;
}

static struct credential *add_credential(struct settings *settings, const char *name,
                                         const char *cert_file, const char *key_file)
{
  struct credential *credential = &settings->credentials[settings->credential_count];
  settings->credential_count++;
  *credential = (struct credential){.name = name, .cert_file = cert_file, .key_file = key_file};
  return credential;
}

static enum status read_credentials(const struct probe_flags *values, struct settings *settings,
                                    const struct credential **own, const struct credential **proxys,
                                    struct error *error)
{
  settings->credentials = settings_allocate(settings, 2 * sizeof(*settings->credentials));
  if (settings->credentials == NULL) {
    return out_of_memory(error);
  }
  if (values->client_cert != NULL) {
    struct credential *credential =
        add_credential(settings, "client", values->client_cert, values->client_key);
    credential->key_password_file = values->client_key_password_file;
    credential->cert_source.setting = "--client-cert";
    credential->key_source.setting = "--client-key";
    credential->key_password_source.setting = "--client-key-password-file";
    *own = credential;
  }
  if (values->proxy_client_cert != NULL) {
    struct credential *credential =
        add_credential(settings, "proxy", values->proxy_client_cert, values->proxy_client_key);
    credential->cert_source.setting = "--proxy-client-cert";
    credential->key_password_file = values->proxy_client_key_password_file;
    credential->key_source.setting = "--proxy-client-key";
    credential->key_password_source.setting = "--proxy-client-key-password-file";
    *proxys = credential;
  }
  return STATUS_OK;
}

static enum status read_proxy(const struct probe_flags *values, struct settings *settings,
                              const char *url, const struct credential *credential,
                              struct error *error)
{
  struct proxy_address address;
  enum status status = proxy_address_parse(url, &address, error);
  if (status != STATUS_OK) {
    return status;
  }
  struct proxy *proxy = &settings->proxies[settings->proxy_count];
  char name[ENDPOINT_MAX];
  char shown[ENDPOINT_MAX + 16];
  endpoint_text(address.host, address.port, name, sizeof(name));
  (void)snprintf(shown, sizeof(shown), "%s://%s", address.tls ? "https" : "http", name);
  *proxy = (struct proxy){
      .name = settings_copy_text(settings, name),
      .url = settings_copy_text(settings, shown),
      .tls = address.tls,
      .host = settings_copy_text(settings, address.host),
      .port = address.port,
      .password = "",
      .ca_file = values->proxy_ca_file,
      .credential = credential,
  };
  if (proxy->name == NULL || proxy->url == NULL || proxy->host == NULL) {
    return out_of_memory(error);
  }
  settings->proxy_count++;
  if (address.username[0] == '\0') {
    return values->proxy_password_file == NULL
               ? STATUS_OK
               : bad(error, "--proxy", url, "http://USER@host:port for --proxy-password-file");
  }
  proxy->username = settings_copy_text(settings, address.username);
  return values->proxy_password_file != NULL
             ? read_password(settings, values->proxy_password_file, "--proxy-password-file",
                             &proxy->password, error)
             : STATUS_OK;
}

static enum status read_routes(const struct probe_flags *values, struct settings *settings,
                               const struct credential *credential, struct probe_settings *probe,
                               struct error *error)
{
  size_t count = values->proxies.count + 1;
  struct route *routes = settings_allocate(settings, count * sizeof(*routes));
  settings->proxies = settings_allocate(settings, count * sizeof(*settings->proxies));
  if (routes == NULL || settings->proxies == NULL) {
    return out_of_memory(error);
  }
  if (values->no_direct && values->proxies.count == 0) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "--no-direct leaves no route, add --proxy=URL");
  }
  probe->routes = routes;
  if (!values->no_direct) {
    routes[probe->route_count++] = (struct route){.name = "direct"};
  }
  for (size_t i = 0; i < values->proxies.count; i++) {
    enum status status = read_proxy(values, settings, values->proxies.items[i], credential, error);
    if (status != STATUS_OK) {
      return status;
    }
    const struct proxy *proxy = &settings->proxies[settings->proxy_count - 1];
    for (size_t r = 0; r < probe->route_count; r++) {
      if (strcmp(routes[r].name, proxy->name) == 0) {
        return error_set(error, STATUS_INVALID, NULL, 0, "--proxy=%.200s is given twice",
                         values->proxies.items[i]);
      }
    }
    routes[probe->route_count++] = (struct route){proxy->name, proxy};
  }
  return STATUS_OK;
}

/* Which of the names the word is; PRESENTED_COUNT: none of them. */
static size_t find_presented(const char *word, size_t length)
{
  size_t which = 0;
  while (which < PRESENTED_COUNT &&
         (strlen(presented_name((enum presented)which)) != length ||
          strncmp(presented_name((enum presented)which), word, length) != 0)) {
    which++;
  }
  return which;
}

/* Where nothing is said, as in a configuration: the look-alike on the direct route only. */
static enum status read_present(const char *text, struct probe_settings *probe, struct error *error)
{
  static const char right[] = "a list of client, none, untrusted, each at most once";
  bool present[PRESENTED_COUNT] = {false};
  if (text == NULL) {
    for (size_t i = 0; i < PRESENTED_COUNT; i++) {
      probe->present_direct[i] = true;
      probe->present_proxy[i] = i != PRESENTED_UNTRUSTED;
    }
    return STATUS_OK;
  }
  for (const char *word = text;; word++) {
    size_t length = strcspn(word, ",");
    size_t which = find_presented(word, length);
    if (which == PRESENTED_COUNT || present[which]) {
      return bad(error, "--present", text, right);
    }
    present[which] = true;
    word += length;
    if (*word == '\0') {
      break;
    }
  }
  if (probe->credential == NULL && (present[PRESENTED_CLIENT] || present[PRESENTED_UNTRUSTED])) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "--present=%.200s needs --client-cert and --client-key beside it", text);
  }
  memcpy(probe->present_direct, present, sizeof(present));
  memcpy(probe->present_proxy, present, sizeof(present));
  return STATUS_OK;
}

static enum status read_expect(const struct probe_flags *values, struct probe_settings *probe,
                               struct error *error)
{
  static const enum certificate_policy policies[] = {CERTIFICATE_REQUIRED, CERTIFICATE_OPTIONAL,
                                                     CERTIFICATE_NONE};
  probe->expect_untrusted_refused = true;
  probe->expect_client_certificate =
      probe->credential != NULL ? CERTIFICATE_REQUIRED : CERTIFICATE_ANY;
  if (values->expect == NULL) {
    return STATUS_OK;
  }
  for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
    if (strcmp(values->expect, certificate_policy_name(policies[i])) == 0) {
      probe->expect_client_certificate = policies[i];
      return STATUS_OK;
    }
  }
  return bad(error, "--expect", values->expect, "required, optional or none");
}

static enum status read_tls_version(const char *flag, const char *text, enum tls_version *out,
                                    struct error *error)
{
  if (text == NULL) {
    return STATUS_OK;
  }
  if (strcmp(text, "1.2") != 0 && strcmp(text, "1.3") != 0) {
    return bad(error, flag, text, "1.2 or 1.3");
  }
  *out = strcmp(text, "1.2") == 0 ? TLS_VERSION_1_2 : TLS_VERSION_1_3;
  return STATUS_OK;
}

static enum status read_tls(const struct probe_flags *values, struct probe_settings *probe,
                            struct error *error)
{
  probe->tls_min = TLS_VERSION_1_2;
  probe->tls_max = TLS_VERSION_1_3;
  enum status status = read_tls_version("--tls-min", values->tls_min, &probe->tls_min, error);
  if (status == STATUS_OK) {
    status = read_tls_version("--tls-max", values->tls_max, &probe->tls_max, error);
  }
  if (status == STATUS_OK && probe->tls_min > probe->tls_max) {
    status = error_set(error, STATUS_INVALID, NULL, 0, "--tls-min is above --tls-max");
  }
  return status;
}

static enum status read_header(struct settings *settings, const char *text, struct header *header,
                               struct error *error)
{
  size_t length = strcspn(text, ":");
  char *name = settings_copy_text(settings, text);
  if (name == NULL) {
    return out_of_memory(error);
  }
  if (text[length] != ':') {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "--http-header must be \"Name: value\", there is no colon in it");
  }
  name[length] = '\0';
  const char *value = text + length + 1;
  value += strspn(value, " \t");
  *header = (struct header){name, settings_copy_text(settings, value)};
  if (header->value == NULL) {
    return out_of_memory(error);
  }
  return header_check(header->name, header->value, error);
}

static enum status read_http(const struct probe_flags *values, struct settings *settings,
                             const struct address *address, struct probe_settings *probe,
                             struct error *error)
{
  struct http_settings *http = &probe->http;
  bool asked = values->http_method != NULL || values->http_headers.count > 0 ||
               values->http_expect_status != NULL;
  if (asked && probe->protocol != PROTOCOL_HTTPS) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "--http-* flags need an https:// address, this one is %s://",
                     protocol_name(probe->protocol));
  }
  http->method = values->http_method != NULL ? values->http_method : "GET";
  if (http->method[strspn(http->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0') {
    return bad(error, "--http-method", http->method, "upper-case letters such as GET");
  }
  http->path = settings_copy_text(settings, address->path[0] != '\0' ? address->path : "/");
  struct header *headers =
      settings_allocate(settings, (values->http_headers.count + 1) * sizeof(*headers));
  if (http->path == NULL || headers == NULL) {
    return out_of_memory(error);
  }
  http->headers = headers;
  for (size_t i = 0; i < values->http_headers.count; i++) {
    enum status status = read_header(settings, values->http_headers.items[i], &headers[i], error);
    if (status != STATUS_OK) {
      return status;
    }
    http->header_count++;
  }
  const char *ranges = values->http_expect_status != NULL ? values->http_expect_status : "200-399";
  return status_ranges_parse(ranges, http->expect_status, &http->expect_status_count, error);
}

static enum status read_login_name(const char *flag, const char *name, const char **out,
                                   struct error *error)
{
  struct error reason;
  *out = name;
  return name == NULL || login_name_check(name, &reason) == STATUS_OK
             ? STATUS_OK
             : error_set(error, STATUS_INVALID, NULL, 0, "%s %s", flag, reason.text);
}

static enum status read_login(const struct probe_flags *values, struct probe_settings *probe,
                              struct error *error)
{
  bool asked = values->login_user != NULL || values->login_database != NULL;
  if (asked && probe->protocol != PROTOCOL_POSTGRES && probe->protocol != PROTOCOL_MYSQL) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "--login-* flags need a postgres:// or mysql:// address, this one is %s://",
                     protocol_name(probe->protocol));
  }
  enum status status =
      read_login_name("--login-user", values->login_user, &probe->login.user, error);
  return status == STATUS_OK ? read_login_name("--login-database", values->login_database,
                                               &probe->login.database, error)
                             : status;
}

static enum status read_times(const struct probe_flags *values, struct probe_settings *probe,
                              struct error *error)
{
  probe->interval_ms = DEFAULT_INTERVAL_MS;
  probe->contrast_interval_ms = DEFAULT_INTERVAL_MS;
  probe->timeout_ms = DEFAULT_TIMEOUT_MS;
  if (values->timeout != NULL &&
      (duration_parse(values->timeout, &probe->timeout_ms) != STATUS_OK ||
       probe->timeout_ms <= 0)) {
    return bad(error, "--timeout", values->timeout, "a duration such as 10s or 500ms");
  }
  return STATUS_OK;
}

static enum status read_server_name(const struct probe_flags *values, struct settings *settings,
                                    struct probe_settings *probe, struct error *error)
{
  char host[HOST_MAX];
  if (values->server_name == NULL) {
    return STATUS_OK;
  }
  struct error why;
  enum status status = host_parse(values->server_name, host, &why);
  if (status != STATUS_OK) {
    return error_set(error, status, NULL, 0, "--server-name: %s", why.text);
  }
  probe->server_name = settings_copy_text(settings, host);
  return probe->server_name != NULL ? STATUS_OK : out_of_memory(error);
}

static enum status fill(const struct probe_flags *values, struct settings *settings,
                        struct error *error)
{
  struct address address;
  const struct credential *own = NULL;
  const struct credential *proxys = NULL;
  enum status status = address_parse(values->operands.items[0], &address, error);
  struct target *target = settings_allocate(settings, sizeof(*target));
  if (status == STATUS_OK && target == NULL) {
    status = out_of_memory(error);
  }
  if (status != STATUS_OK) {
    return status;
  }
  struct probe_settings *probe = &target->probe;
  settings->targets = target;
  settings->target_count = 1;
  target->name = settings_copy_text(settings, values->operands.items[0]);
  target->host = settings_copy_text(settings, address.host);
  target->port = address.port;
  probe->protocol = address.protocol;
  probe->ca_file = values->ca_file;
  if (target->name == NULL || target->host == NULL) {
    return out_of_memory(error);
  }
  status = check_companions(values, error);
  if (status == STATUS_OK) {
    status = read_credentials(values, settings, &own, &proxys, error);
  }
  probe->credential = own;
  if (status == STATUS_OK) {
    status = read_routes(values, settings, proxys, probe, error);
  }
  if (status == STATUS_OK) {
    status = read_server_name(values, settings, probe, error);
  }
  if (status == STATUS_OK) {
    status = read_present(values->present, probe, error);
  }
  if (status == STATUS_OK) {
    status = read_expect(values, probe, error);
  }
  if (status == STATUS_OK) {
    status = read_tls(values, probe, error);
  }
  if (status == STATUS_OK) {
    status = read_times(values, probe, error);
  }
  if (status == STATUS_OK) {
    status = read_login(values, probe, error);
  }
  return status == STATUS_OK ? read_http(values, settings, &address, probe, error) : status;
}

enum status probe_settings_from_flags(const struct probe_flags *values, struct settings **out,
                                      struct error *error)
{
  *out = NULL;
  struct settings *settings = settings_create();
  if (settings == NULL) {
    return out_of_memory(error);
  }
  enum status status = fill(values, settings, error);
  if (status != STATUS_OK) {
    settings_unref(settings);
    return status;
  }
  *out = settings;
  return STATUS_OK;
}
