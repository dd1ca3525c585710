/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/address.h"
#include "settings_internal.h"

#define EXAMPLE "{ url = \"http://proxy.example:3128\"; }"

static const char *const proxy_settings[] = {"url",     "username",   "password_file",
                                             "ca_file", "credential", "headers"};

/* The URL as written, without the user. */
static const char *url_without_user(struct loader *loader, const char *url)
{
  const char *host = strrchr(url, '@');
  const char *authority = strstr(url, "://");
  if (host == NULL || authority == NULL) {
    return loader_copy(loader, url);
  }
  size_t scheme_length = (size_t)(authority - url) + strlen("://");
  size_t bytes = scheme_length + strlen(host + 1) + 1;
  char *copy = loader_allocate(loader, bytes, 1);
  if (copy == NULL) {
    return "";
  }
  (void)snprintf(copy, bytes, "%.*s%s", (int)scheme_length, url, host + 1);
  return copy;
}

static void url_read(const struct section *section, struct proxy *proxy)
{
  struct loader *loader = section->loader;
  const char *url = NULL;
  struct proxy_address address;
  struct error error;
  if (!value_text(section, "url", "http://proxy.example:3128", &url)) {
    if (section->group != NULL && section_find(section, "url") == NULL) {
      problems_add(loader, section_line(section, NULL), "%s has no url", section->where);
    }
    return;
  }
  if (proxy_address_parse(url, &address, &error) != STATUS_OK) {
    problems_add_error(loader, section_line(section, "url"), &error);
    return;
  }
  proxy->tls = address.tls;
  proxy->host = loader_copy(loader, address.host);
  proxy->port = address.port;
  proxy->url = url_without_user(loader, url);
  if (address.username[0] != '\0') {
    proxy->username = loader_copy(loader, address.username);
  }
}

static void username_read(const struct section *section, struct proxy *proxy)
{
  struct loader *loader = section->loader;
  const char *username = NULL;
  if (value_text(section, "username", "probe", &username)) {
    unsigned line = section_line(section, "username");
    if (proxy->username != NULL) {
      problems_add(loader, line, "the user name is given twice: in url and in username");
    }
    if (strchr(username, ':') != NULL) {
      problems_add(loader, line, "username must not have a \":\" (RFC 7617)");
    }
    proxy->username = username;
  }
  if (section_find(section, "password_file") == NULL) {
    return;
  }
  if (proxy->username == NULL && section_find(section, "username") == NULL) {
    problems_add(loader, section_line(section, "password_file"), "password_file needs a username");
  }
  (void)value_secret_file(section, "password_file", "proxy.pw", &proxy->password);
}

/* A setting that would be ignored is a mistake somewhere. */
static void check_tls_only(const struct section *section, const struct proxy *proxy,
                           const char *name)
{
  if (proxy->host[0] != '\0' && !proxy->tls && section_find(section, name) != NULL) {
    problems_add(section->loader, section_line(section, name),
                 "%s is for a proxy reached by TLS, whose url begins with \"https://\"", name);
  }
}

static void proxy_read(const struct section *section, size_t i)
{
  struct loader *loader = section->loader;
  struct proxy *proxy = &loader->settings->proxies[i];
  *proxy = (struct proxy){.name = loader->proxy_names.items[i],
                          .url = "",
                          .host = "",
                          .password = "",
                          .source = source_at(loader, section_line(section, NULL))};
  section_check_names(section, (struct names){proxy_settings, COUNT_OF(proxy_settings)});
  url_read(section, proxy);
  username_read(section, proxy);
  ca_file_read(section, &proxy->ca_file);
  proxy->credential = credentials_find(section, "credential");
  check_tls_only(section, proxy, "ca_file");
  check_tls_only(section, proxy, "credential");
  headers_read(section, &proxy->headers, &proxy->header_count);
}

void proxies_read(struct loader *loader)
{
  struct section top = value_top(loader);
  struct section all;
  if (!value_group(&top, "proxies", "a group of groups: { NAME = " EXAMPLE "; }", &all)) {
    return;
  }
  struct names names = value_named_groups(&all);
  struct proxy *proxies = loader_allocate(loader, names.count, sizeof(*proxies));
  if (proxies == NULL) {
    return;
  }
  loader->proxy_names = names;
  loader->settings->proxies = proxies;
  loader->settings->proxy_count = names.count;
  for (size_t i = 0; i < names.count; i++) {
    struct section section = value_named_group(&all, i, "proxy", "a group such as " EXAMPLE);
    if (strcmp(names.items[i], "direct") == 0) {
      problems_add(loader, section_line(&all, "direct"),
                   "a proxy cannot be called \"direct\": that is the route without a proxy");
    }
    proxy_read(&section, i);
  }
}
