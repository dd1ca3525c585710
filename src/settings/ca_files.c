/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "settings_internal.h"

void ca_file_read(const struct section *section, const char **out_path)
{
  struct loader *loader = section->loader;
  if (!value_file(section, "ca_file", "servers-ca.pem", out_path)) {
    return;
  }
  for (const struct ca_use *use = loader->ca_uses; use != NULL; use = use->next) {
    if (strcmp(use->path, *out_path) == 0) {
      return;
    }
  }
  struct ca_use *use = loader_allocate(loader, 1, sizeof(*use));
  if (use != NULL) {
    *use = (struct ca_use){*out_path, section_line(section, "ca_file"), loader->ca_uses};
    loader->ca_uses = use;
  }
}

void ca_files_check(struct loader *loader)
{
  if (loader->checks == NULL || loader->checks->ca_file == NULL) {
    return;
  }
  for (const struct ca_use *use = loader->ca_uses; use != NULL; use = use->next) {
    struct error error = {.file = ""};
    if (loader->checks->ca_file(use->path, &error) != STATUS_OK) {
      problems_add_error(loader, use->line, &error);
    }
  }
}
