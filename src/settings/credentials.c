/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "settings_internal.h"

#define EXAMPLE "{ cert_file = \"client.crt\"; key_file = \"client.key\"; }"

static const char *const credential_settings[] = {"cert_file", "key_file", "key_password_file"};

static void require(const struct section *section, const char *name)
{
  if (section->group != NULL && section_find(section, name) == NULL) {
    problems_add(section->loader, section_line(section, name), "%s has no %s", section->where,
                 name);
  }
}

static struct source source_of(const struct section *section, const char *setting)
{
  struct source source = source_at(section->loader, section_line(section, setting));
  source.setting = setting;
  return source;
}

static void credential_read(const struct section *section, size_t i)
{
  struct loader *loader = section->loader;
  struct credential *credential = &loader->settings->credentials[i];
  credential->name = loader->credential_names.items[i];
  section_check_names(section, (struct names){credential_settings, COUNT_OF(credential_settings)});
  require(section, "cert_file");
  require(section, "key_file");
  bool complete = value_file(section, "cert_file", "client.crt", &credential->cert_file);
  complete = value_file(section, "key_file", "client.key", &credential->key_file) && complete;
  (void)value_file(section, "key_password_file", "client.pw", &credential->key_password_file);
  credential->cert_source = source_of(section, "cert_file");
  credential->key_source = source_of(section, "key_file");
  credential->key_password_source = source_of(section, "key_password_file");
  loader->credential_lines[i] = complete ? section_line(section, "cert_file") : 0;
}

void credentials_read(struct loader *loader)
{
  struct section top = value_top(loader);
  struct section all;
  if (!value_group(&top, "credentials", "a group of groups: { NAME = " EXAMPLE "; }", &all)) {
    return;
  }
  struct names names = value_named_groups(&all);
  struct credential *credentials = loader_allocate(loader, names.count, sizeof(*credentials));
  loader->credential_lines =
      loader_allocate(loader, names.count, sizeof(*loader->credential_lines));
  if (credentials == NULL || loader->credential_lines == NULL) {
    return;
  }
  loader->credential_names = names;
  loader->settings->credentials = credentials;
  loader->settings->credential_count = names.count;
  for (size_t i = 0; i < names.count; i++) {
    struct section section = value_named_group(&all, i, "credential", "a group such as " EXAMPLE);
    credential_read(&section, i);
  }
}

void credentials_check(struct loader *loader)
{
  if (loader->checks == NULL || loader->checks->credential == NULL) {
    return;
  }
  for (size_t i = 0; i < loader->settings->credential_count; i++) {
    struct error error = {.file = ""};
    if (loader->credential_lines[i] != 0 &&
        loader->checks->credential(&loader->settings->credentials[i], &error) != STATUS_OK) {
      problems_add_error(loader, loader->credential_lines[i], &error);
    }
  }
}

const struct credential *credentials_find(const struct section *section, const char *name)
{
  struct loader *loader = section->loader;
  const char *wanted = NULL;
  if (!value_text(section, name, "payments", &wanted)) {
    return NULL;
  }
  for (size_t i = 0; i < loader->settings->credential_count; i++) {
    if (strcmp(loader->settings->credentials[i].name, wanted) == 0) {
      return &loader->settings->credentials[i];
    }
  }
  problems_add_unknown(loader, section_line(section, name), "credential", wanted, "",
                       loader->credential_names);
  return NULL;
}
