/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "model/address.h"
#include "settings_internal.h"

static void listen_addresses_read(const struct section *web)
{
  struct loader *loader = web->loader;
  const config_setting_t *array =
      value_array(web, "listen_address", "an array of strings such as [ \"127.0.0.1:10063\" ]");
  size_t count = value_count(array);
  const char **texts = loader_allocate(loader, count, sizeof(*texts));
  if (array == NULL || texts == NULL) {
    return;
  }
  if (count == 0) {
    problems_add(loader, section_line(web, "listen_address"),
                 "listen_address is empty: name an address, or leave it out for the default");
  }
  for (size_t i = 0; i < count; i++) {
    char host[HOST_MAX];
    uint16_t port = 0;
    struct error error;
    texts[i] = loader_copy(loader, value_element(array, i));
    if (listen_address_parse(texts[i], host, &port, &error) != STATUS_OK) {
      problems_add_error(loader, value_element_line(web, array, i), &error);
    }
  }
  loader->settings->listen_addresses = texts;
  loader->settings->listen_address_count = count;
}

/* "HOST:PORT" where HOST may have "*" and PORT may be "*". */
static bool is_pattern(const char *text)
{
  static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "-_.*[]:";
  const char *colon = strrchr(text, ':');
  if (colon == NULL || colon == text || strspn(text, host_bytes) != strlen(text)) {
    return false;
  }
  size_t host_length = (size_t)(colon - text);
  bool bracketed = text[0] == '[' && colon[-1] == ']';
  if (!bracketed && strcspn(text, "[]:") != host_length) {
    return false;
  }
  const char *port = colon + 1;
  size_t digits = strspn(port, "0123456789");
  return strcmp(port, "*") == 0 || (digits > 0 && digits <= 5 && port[digits] == '\0');
}

static const char *lower_case(struct loader *loader, const char *text)
{
  size_t length = strlen(text);
  char *copy = loader_allocate(loader, length + 1, 1);
  for (size_t i = 0; copy != NULL && i < length; i++) {
    copy[i] = text_lower(text[i]);
  }
  return copy != NULL ? copy : "";
}

static void allow_read(const struct section *probe)
{
  struct loader *loader = probe->loader;
  const config_setting_t *array =
      value_array(probe, "allow", "an array of strings such as [ \"*.example:443\" ]");
  size_t count = value_count(array);
  const char **patterns = loader_allocate(loader, count, sizeof(*patterns));
  if (array == NULL || patterns == NULL) {
    return;
  }
  for (size_t i = 0; i < count; i++) {
    char quote[96];
    patterns[i] = lower_case(loader, value_element(array, i));
    if (!is_pattern(patterns[i])) {
      problems_add(loader, value_element_line(probe, array, i),
                   "allow \"%s\" is not a pattern HOST:PORT such as \"*.example:443\"",
                   text_excerpt(patterns[i], quote, sizeof(quote)));
    }
  }
  loader->settings->probe_allow = patterns;
  loader->settings->probe_allow_count = count;
}

void web_read(struct loader *loader)
{
  static const char *const web_settings[] = {"listen_address"};
  static const char *const probe_settings[] = {"allow"};
  struct section top = value_top(loader);
  struct section section;
  if (value_group(&top, "web", "a group such as { listen_address = [ \"127.0.0.1:10063\" ]; }",
                  &section)) {
    section_check_names(&section, (struct names){web_settings, COUNT_OF(web_settings)});
    listen_addresses_read(&section);
  }
  if (value_group(&top, "probe", "a group such as { allow = [ \"*.example:443\" ]; }", &section)) {
    section_check_names(&section, (struct names){probe_settings, COUNT_OF(probe_settings)});
    allow_read(&section);
  }
}
