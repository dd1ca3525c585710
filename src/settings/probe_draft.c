/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "model/address.h"
#include "settings_internal.h"

static const struct route direct_route = {.name = "direct"};

void probe_draft_init(struct probe_draft *draft)
{
  *draft = (struct probe_draft){
      .probe = {
          .protocol = PROTOCOL_HTTPS,
          .tls_min = TLS_VERSION_1_2,
          .tls_max = TLS_VERSION_1_3,
          .routes = &direct_route,
          .route_count = 1,
          .interval_ms = INT64_C(30) * 1000,
          .contrast_interval_ms = INT64_C(5) * 60 * 1000,
          .timeout_ms = INT64_C(10) * 1000,
          .present_direct =
              {[PRESENTED_CLIENT] = true, [PRESENTED_NONE] = true, [PRESENTED_UNTRUSTED] = true},
          .present_proxy = {[PRESENTED_CLIENT] = true, [PRESENTED_NONE] = true},
          .http = {.method = "GET",
                   .path = "/",
                   .expect_status = {{200, 399}},
                   .expect_status_count = 1},
          .expect_untrusted_refused = true}};
}

static void protocol_read(const struct section *section, struct probe_settings *probe)
{
  const char *text = NULL;
  struct error error;
  if (value_text(section, "protocol", "https", &text) &&
      protocol_parse(text, &probe->protocol, &error) != STATUS_OK) {
    problems_add_error(section->loader, section_line(section, "protocol"), &error);
  }
}

static void server_name_read(const struct section *section, struct probe_settings *probe)
{
  const char *text = NULL;
  char host[HOST_MAX];
  struct error error;
  if (!value_text(section, "server_name", "api.example", &text)) {
    return;
  }
  if (host_parse(text, host, &error) != STATUS_OK) {
    problems_add(section->loader, section_line(section, "server_name"), "server_name: %s",
                 error.text);
    return;
  }
  probe->server_name = loader_copy(section->loader, host);
}

static bool tls_version_read(const struct section *section, const char *name, enum tls_version *out)
{
  const char *text = NULL;
  if (!value_text(section, name, "1.2", &text)) {
    return false;
  }
  if (strcmp(text, "1.2") == 0) {
    *out = TLS_VERSION_1_2;
  } else if (strcmp(text, "1.3") == 0) {
    *out = TLS_VERSION_1_3;
  } else {
    char quote[64];
    problems_add(section->loader, section_line(section, name),
                 "%s \"%s\" is not a TLS version: \"1.2\" or \"1.3\"", name,
                 text_excerpt(text, quote, sizeof(quote)));
    return false;
  }
  return true;
}

static void tls_versions_read(const struct section *section, struct probe_settings *probe)
{
  bool has_min = tls_version_read(section, "tls_min", &probe->tls_min);
  bool has_max = tls_version_read(section, "tls_max", &probe->tls_max);
  if ((has_min || has_max) && probe->tls_min > probe->tls_max) {
    problems_add(section->loader, section_line(section, has_min ? "tls_min" : "tls_max"),
                 "tls_min is above tls_max");
  }
}

static const struct proxy *find_proxy(const struct loader *loader, const char *name)
{
  for (size_t i = 0; i < loader->settings->proxy_count; i++) {
    if (strcmp(loader->settings->proxies[i].name, name) == 0) {
      return &loader->settings->proxies[i];
    }
  }
  return NULL;
}

static bool seen_before(const config_setting_t *array, size_t i)
{
  for (size_t j = 0; j < i; j++) {
    if (strcmp(value_element(array, j), value_element(array, i)) == 0) {
      return true;
    }
  }
  return false;
}

static void routes_read(const struct section *section, struct probe_settings *probe)
{
  struct loader *loader = section->loader;
  const config_setting_t *array =
      value_array(section, "routes", "an array of strings such as [ \"direct\" ]");
  size_t count = value_count(array);
  if (array == NULL) {
    return;
  }
  if (count == 0) {
    problems_add(loader, section_line(section, "routes"),
                 "routes is empty: name \"direct\", proxies, or both");
    return;
  }
  struct route *routes = loader_allocate(loader, count, sizeof(*routes));
  for (size_t i = 0; routes != NULL && i < count; i++) {
    const char *name = value_element(array, i);
    routes[i] = (struct route){loader_copy(loader, name), find_proxy(loader, name)};
    if (seen_before(array, i)) {
      problems_add(loader, value_element_line(section, array, i), "route \"%s\" is named twice",
                   routes[i].name);
    } else if (routes[i].proxy == NULL && strcmp(name, direct_route.name) != 0) {
      problems_add_unknown(loader, value_element_line(section, array, i), "proxy", name,
                           " in routes", loader->proxy_names);
    }
  }
  if (routes != NULL) {
    probe->routes = routes;
    probe->route_count = count;
  }
}

static void present_read(const struct section *section, struct probe_settings *probe)
{
  static const char *const names[PRESENTED_COUNT] = {"client", "none", "untrusted"};
  const config_setting_t *array =
      value_array(section, "present", "an array of strings such as [ \"client\", \"none\" ]");
  if (array == NULL) {
    return;
  }
  bool present[PRESENTED_COUNT] = {false};
  for (size_t i = 0; i < value_count(array); i++) {
    size_t which = 0;
    while (which < PRESENTED_COUNT && strcmp(names[which], value_element(array, i)) != 0) {
      which++;
    }
    if (which == PRESENTED_COUNT) {
      problems_add_unknown(section->loader, value_element_line(section, array, i), "value",
                           value_element(array, i), " in present",
                           (struct names){names, PRESENTED_COUNT});
    } else if (present[which]) {
      problems_add(section->loader, value_element_line(section, array, i),
                   "present has \"%s\" twice", names[which]);
    } else {
      present[which] = true;
    }
  }
  if (value_count(array) == 0) {
    problems_add(section->loader, section_line(section, "present"),
                 "present is empty: name \"client\", \"none\" or \"untrusted\"");
  }
  memcpy(probe->present_direct, present, sizeof(present));
  memcpy(probe->present_proxy, present, sizeof(present));
}

static void method_read(const struct section *http, struct http_settings *out)
{
  const char *method = NULL;
  char quote[64];
  if (!value_text(http, "method", "GET", &method)) {
    return;
  }
  if (method[strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0') {
    problems_add(http->loader, section_line(http, "method"),
                 "method \"%s\" must be upper-case letters such as \"GET\"",
                 text_excerpt(method, quote, sizeof(quote)));
    return;
  }
  out->method = method;
}

static void path_read(const struct section *http, struct http_settings *out)
{
  const char *path = NULL;
  struct error error;
  if (!value_text(http, "path", "/health", &path)) {
    return;
  }
  if (request_path_check(path, &error) != STATUS_OK) {
    problems_add_error(http->loader, section_line(http, "path"), &error);
    return;
  }
  out->path = path;
}

/* A single status may also be written as the number it is. */
static void expect_status_read(const struct section *http, struct http_settings *out)
{
  struct loader *loader = http->loader;
  const config_setting_t *setting = section_find(http, "expect_status");
  if (setting != NULL && config_setting_type(setting) == CONFIG_TYPE_INT) {
    int status = config_setting_get_int(setting);
    if (status < 100 || status > 599) {
      problems_add(loader, section_line(http, "expect_status"),
                   "expect_status must be from 100 to 599, or a string such as \"200-399\"");
      return;
    }
    out->expect_status[0] = (struct status_range){(uint16_t)status, (uint16_t)status};
    out->expect_status_count = 1;
    return;
  }
  const char *text = NULL;
  struct error error;
  if (value_text(http, "expect_status", "200-399", &text) &&
      status_ranges_parse(text, out->expect_status, &out->expect_status_count, &error) !=
          STATUS_OK) {
    problems_add_error(loader, section_line(http, "expect_status"), &error);
  }
}

static void http_read(const struct section *section, struct http_settings *out)
{
  static const char *const names[] = {"method", "path", "headers", "expect_status"};
  struct section http;
  if (!value_group(section, "http", "a group such as { path = \"/health\"; }", &http)) {
    return;
  }
  section_check_names(&http, (struct names){names, COUNT_OF(names)});
  method_read(&http, out);
  path_read(&http, out);
  expect_status_read(&http, out);
  headers_read(&http, &out->headers, &out->header_count);
}

static void login_name_read(const struct section *login, const char *name, const char **out)
{
  const char *text = NULL;
  struct error error;
  if (!value_text(login, name, "probe", &text)) {
    return;
  }
  if (login_name_check(text, &error) != STATUS_OK) {
    problems_add(login->loader, section_line(login, name), "%s %s", name, error.text);
    return;
  }
  *out = text;
}

static void login_read(const struct section *section, struct login_settings *out)
{
  static const char *const names[] = {"user", "database"};
  struct section login;
  if (!value_group(section, "login", "a group such as { user = \"probe\"; }", &login)) {
    return;
  }
  section_check_names(&login, (struct names){names, COUNT_OF(names)});
  login_name_read(&login, "user", &out->user);
  login_name_read(&login, "database", &out->database);
}

static void expect_read(const struct section *section, struct probe_draft *draft)
{
  static const char *const names[] = {"client_certificate", "untrusted_refused"};
  static const char *const policies[] = {"required", "optional", "none"};
  static const enum certificate_policy values[] = {CERTIFICATE_REQUIRED, CERTIFICATE_OPTIONAL,
                                                   CERTIFICATE_NONE};
  struct section expect;
  const char *text = NULL;
  if (!value_group(section, "expect", "a group such as { client_certificate = \"required\"; }",
                   &expect)) {
    return;
  }
  section_check_names(&expect, (struct names){names, COUNT_OF(names)});
  (void)value_bool(&expect, "untrusted_refused", &draft->probe.expect_untrusted_refused);
  if (!value_text(&expect, "client_certificate", "required", &text)) {
    return;
  }
  for (size_t i = 0; i < COUNT_OF(policies); i++) {
    if (strcmp(text, policies[i]) == 0) {
      draft->expects_client_certificate = true;
      draft->probe.expect_client_certificate = values[i];
      return;
    }
  }
  problems_add_unknown(section->loader, section_line(&expect, "client_certificate"),
                       "client_certificate", text, "",
                       (struct names){policies, COUNT_OF(policies)});
}

void probe_draft_read(const struct section *section, struct probe_draft *draft)
{
  struct probe_settings *probe = &draft->probe;
  protocol_read(section, probe);
  if (section_find(section, "credential") != NULL) {
    probe->credential = credentials_find(section, "credential");
  }
  ca_file_read(section, &probe->ca_file);
  server_name_read(section, probe);
  tls_versions_read(section, probe);
  routes_read(section, probe);
  (void)value_duration(section, "interval", "30s", &probe->interval_ms);
  (void)value_duration(section, "contrast_interval", "5m", &probe->contrast_interval_ms);
  (void)value_duration(section, "timeout", "10s", &probe->timeout_ms);
  present_read(section, probe);
  http_read(section, &probe->http);
  login_read(section, &probe->login);
  expect_read(section, draft);
}

struct probe_settings probe_draft_finish(const struct probe_draft *draft)
{
  struct probe_settings probe = draft->probe;
  if (!draft->expects_client_certificate) {
    probe.expect_client_certificate =
        probe.credential != NULL ? CERTIFICATE_REQUIRED : CERTIFICATE_ANY;
  }
  return probe;
}
