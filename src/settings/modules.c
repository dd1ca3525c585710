/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings_internal.h"

#define EXAMPLE "{ credential = \"payments\"; interval = \"30s\"; }"

static const char *const module_settings[] = {PROBE_DRAFT_NAMES};

static void module_read(const struct section *section, size_t i)
{
  struct loader *loader = section->loader;
  struct probe_draft *draft = &loader->modules[i];
  section_check_names(section, (struct names){module_settings, COUNT_OF(module_settings)});
  probe_draft_init(draft);
  probe_draft_read(section, draft);
  loader->settings->modules[i] =
      (struct module){.name = loader->module_names.items[i],
                      .probe = probe_draft_finish(draft),
                      .source = source_at(loader, section_line(section, NULL))};
}

void modules_read(struct loader *loader)
{
  struct section top = value_top(loader);
  struct section all;
  if (!value_group(&top, "modules", "a group of groups: { NAME = " EXAMPLE "; }", &all)) {
    return;
  }
  struct names names = value_named_groups(&all);
  struct module *modules = loader_allocate(loader, names.count, sizeof(*modules));
  loader->modules = loader_allocate(loader, names.count, sizeof(*loader->modules));
  if (modules == NULL || loader->modules == NULL) {
    return;
  }
  loader->module_names = names;
  loader->settings->modules = modules;
  loader->settings->module_count = names.count;
  for (size_t i = 0; i < names.count; i++) {
    struct section section = value_named_group(&all, i, "module", "a group such as " EXAMPLE);
    module_read(&section, i);
  }
}
