/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/header.h"
#include "settings_internal.h"

static const char *const header_names[] = {"name", "value", "value_file"};

static void check_field_name(const struct section *section, const char *name)
{
  struct error error;
  if (header_name_check(name, &error) != STATUS_OK) {
    problems_add_error(section->loader, section_line(section, "name"), &error);
  }
}

static void header_read(const struct section *section, struct header *header)
{
  section_check_names(section, (struct names){header_names, COUNT_OF(header_names)});
  unsigned line = section_line(section, NULL);
  if (value_text(section, "name", "Authorization", &header->name)) {
    check_field_name(section, header->name);
  } else if (section_find(section, "name") == NULL) {
    problems_add(section->loader, line, "a header has no name");
  }
  bool has_value = section_find(section, "value") != NULL;
  bool has_file = section_find(section, "value_file") != NULL;
  if (has_value == has_file) {
    problems_add(section->loader, line, "a header needs either value or value_file");
  }
  if (has_value) {
    (void)value_text(section, "value", "text", &header->value);
  } else if (has_file) {
    (void)value_secret_file(section, "value_file", "token.txt", &header->value);
  }
}

void headers_read(const struct section *section, const struct header **out, size_t *out_count)
{
  const config_setting_t *list = value_groups(
      section, "headers", "a list of groups such as ( { name = \"X-Team\"; value = \"red\"; } )");
  size_t count = value_count(list);
  if (list == NULL) {
    return;
  }
  struct header *headers = loader_allocate(section->loader, count, sizeof(*headers));
  if (headers == NULL) {
    return;
  }
  for (size_t i = 0; i < count; i++) {
    headers[i] = (struct header){.name = "", .value = ""};
    struct section header = section_of(section->loader, config_setting_get_elem(list, (unsigned)i),
                                       "a header of", section->where);
    header_read(&header, &headers[i]);
  }
  *out = headers;
  *out_count = count;
}
