/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/secret_file.h"
#include "base/text.h"
#include "settings_internal.h"

struct section section_of(struct loader *loader, const config_setting_t *group, const char *kind,
                          const char *name)
{
  struct section section = {.loader = loader, .group = group};
  (void)snprintf(section.where, sizeof(section.where), "%.31s%s%.150s", kind,
                 name[0] != '\0' ? " " : "", name);
  return section;
}

static const char *member_name(const config_setting_t *group, size_t i)
{
  return config_setting_name(config_setting_get_elem(group, (unsigned)i));
}

static bool holds(struct names names, const char *name)
{
  for (size_t i = 0; i < names.count; i++) {
    if (strcmp(names.items[i], name) == 0) {
      return true;
    }
  }
  return false;
}

void section_check_names(const struct section *section, struct names names)
{
  char where[sizeof(section->where) + 4] = "";
  if (section->where[0] != '\0') {
    (void)snprintf(where, sizeof(where), " in %s", section->where);
  }
  for (size_t i = 0; i < value_count(section->group); i++) {
    const char *name = member_name(section->group, i);
    if (!holds(names, name)) {
      const config_setting_t *member = config_setting_get_elem(section->group, (unsigned)i);
      problems_add_unknown(section->loader, config_setting_source_line(member), "setting", name,
                           where, names);
    }
  }
}

const config_setting_t *section_find(const struct section *section, const char *name)
{
  bool any = section->group != NULL && name != NULL;
  return any ? config_setting_get_member(section->group, name) : NULL;
}

unsigned section_line(const struct section *section, const char *name)
{
  const config_setting_t *setting = section_find(section, name);
  if (setting == NULL) {
    setting = section->group;
  }
  return setting != NULL ? config_setting_source_line(setting) : 0;
}

size_t value_count(const config_setting_t *aggregate)
{
  int count = aggregate != NULL ? config_setting_length(aggregate) : 0;
  return count > 0 ? (size_t)count : 0;
}

static const char *text_of(const config_setting_t *setting)
{
  const char *text = config_setting_get_string(setting);
  return text != NULL ? text : ""; /* libconfig 1.5 has NULL for "" */
}

/* Strings are never quoted here: the value may be a secret. */
static bool check_text(const struct section *section, const char *name, unsigned line,
                       const char *text)
{
  if (text[0] == '\0') {
    problems_add(section->loader, line, "%s must not be empty", name);
  } else if (!text_is_clean(text)) {
    problems_add(section->loader, line, "%s must be UTF-8 text without control characters", name);
  } else {
    return true;
  }
  return false;
}

/* The raw text, which lives as long as the libconfig tree. */
static bool find_text(const struct section *section, const char *name, const char *example,
                      const char **out)
{
  const config_setting_t *setting = section_find(section, name);
  if (setting == NULL) {
    return false;
  }
  unsigned line = config_setting_source_line(setting);
  if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
    problems_add(section->loader, line, "%s must be a string such as \"%s\"", name, example);
    return false;
  }
  *out = text_of(setting);
  return check_text(section, name, line, *out);
}

bool value_text(const struct section *section, const char *name, const char *example,
                const char **out)
{
  const char *text = NULL;
  if (!find_text(section, name, example, &text)) {
    return false;
  }
  *out = loader_copy(section->loader, text);
  return true;
}

bool value_bool(const struct section *section, const char *name, bool *out)
{
  const config_setting_t *setting = section_find(section, name);
  if (setting == NULL) {
    return false;
  }
  if (config_setting_type(setting) != CONFIG_TYPE_BOOL) {
    problems_add(section->loader, config_setting_source_line(setting), "%s must be true or false",
                 name);
    return false;
  }
  *out = config_setting_get_bool(setting) != 0;
  return true;
}

bool value_duration(const struct section *section, const char *name, const char *example,
                    int64_t *out_ms)
{
  const char *text = NULL;
  if (!find_text(section, name, example, &text)) {
    return false;
  }
  unsigned line = section_line(section, name);
  char quote[64];
  int64_t ms = 0;
  if (duration_parse(text, &ms) != STATUS_OK) {
    problems_add(section->loader, line,
                 "%s \"%s\" is not a duration such as \"30s\", \"1m30s\" or \"500ms\"", name,
                 text_excerpt(text, quote, sizeof(quote)));
    return false;
  }
  if (ms == 0) {
    problems_add(section->loader, line, "%s must be longer than 0", name);
    return false;
  }
  *out_ms = ms;
  return true;
}

bool value_file(const struct section *section, const char *name, const char *example,
                const char **out_path)
{
  const char *text = NULL;
  if (!find_text(section, name, example, &text)) {
    return false;
  }
  *out_path = file_resolve(section->loader, text);
  return true;
}

bool value_secret_file(const struct section *section, const char *name, const char *example,
                       const char **out_secret)
{
  const char *path = NULL;
  if (!value_file(section, name, example, &path)) {
    return false;
  }
  char secret[SECRET_MAX_BYTES + 1];
  char why[SECRET_WHY_BYTES];
  bool good = secret_file_read(path, secret, why) == STATUS_OK;
  if (good) {
    *out_secret = loader_copy(section->loader, secret);
  } else {
    char quote[256];
    problems_add(section->loader, section_line(section, name), "%s \"%s\" %s", name,
                 text_excerpt(path, quote, sizeof(quote)), why);
  }
  explicit_bzero(secret, sizeof(secret));
  return good;
}

static bool is_type(const struct section *section, const config_setting_t *setting,
                    const char *name, int type, const char *what)
{
  if (config_setting_type(setting) == type) {
    return true;
  }
  problems_add(section->loader, config_setting_source_line(setting), "%s must be %s", name, what);
  return false;
}

bool value_group(const struct section *section, const char *name, const char *what,
                 struct section *out)
{
  const config_setting_t *setting = section_find(section, name);
  if (setting == NULL || !is_type(section, setting, name, CONFIG_TYPE_GROUP, what)) {
    return false;
  }
  if (section->where[0] == '\0') {
    *out = section_of(section->loader, setting, name, "");
    return true;
  }
  char kind[64];
  (void)snprintf(kind, sizeof(kind), "%s of", name);
  *out = section_of(section->loader, setting, kind, section->where);
  return true;
}

struct section value_top(struct loader *loader)
{
  return section_of(loader, config_root_setting(&loader->config), "", "");
}

const config_setting_t *value_array(const struct section *section, const char *name,
                                    const char *what)
{
  const config_setting_t *setting = section_find(section, name);
  if (setting == NULL) {
    return NULL;
  }
  int type = config_setting_type(setting);
  bool valid = type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST;
  for (size_t i = 0; valid && i < value_count(setting); i++) {
    const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
    valid = config_setting_type(element) == CONFIG_TYPE_STRING;
  }
  if (!valid) {
    problems_add(section->loader, config_setting_source_line(setting), "%s must be %s", name, what);
    return NULL;
  }
  for (size_t i = 0; i < value_count(setting); i++) {
    if (!check_text(section, name, config_setting_source_line(setting),
                    value_element(setting, i))) {
      return NULL;
    }
  }
  return setting;
}

const config_setting_t *value_groups(const struct section *section, const char *name,
                                     const char *what)
{
  const config_setting_t *setting = section_find(section, name);
  if (setting == NULL) {
    return NULL;
  }
  /* "[]" is the one array that can stand where a list of groups belongs. */
  int type = config_setting_type(setting);
  bool valid = type == CONFIG_TYPE_LIST || (type == CONFIG_TYPE_ARRAY && value_count(setting) == 0);
  if (!valid) {
    problems_add(section->loader, config_setting_source_line(setting), "%s must be %s", name, what);
    return NULL;
  }
  for (size_t i = 0; i < value_count(setting); i++) {
    const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
    if (!is_type(section, element, name, CONFIG_TYPE_GROUP, what)) {
      return NULL;
    }
  }
  return setting;
}

const char *value_element(const config_setting_t *array, size_t i)
{
  return text_of(config_setting_get_elem(array, (unsigned)i));
}

/* libconfig notes the line where it saw that the string is over: the next
 * element's or the closing bracket's. */
unsigned value_element_line(const struct section *section, const config_setting_t *array, size_t i)
{
  const config_setting_t *element = config_setting_get_elem(array, (unsigned)i);
  return source_find_back(section->loader, config_setting_source_line(array),
                          config_setting_source_line(element), text_of(element));
}

struct names value_named_groups(const struct section *section)
{
  size_t count = value_count(section->group);
  const char **items = loader_allocate(section->loader, count, sizeof(*items));
  if (items == NULL) {
    return (struct names){.items = NULL};
  }
  for (size_t i = 0; i < count; i++) {
    items[i] = loader_copy(section->loader, member_name(section->group, i));
  }
  return (struct names){.items = items, .count = count};
}

struct section value_named_group(const struct section *section, size_t i, const char *kind,
                                 const char *what)
{
  const config_setting_t *member = config_setting_get_elem(section->group, (unsigned)i);
  const char *name = config_setting_name(member);
  bool valid = is_type(section, member, name, CONFIG_TYPE_GROUP, what);
  return section_of(section->loader, valid ? member : NULL, kind, name);
}
