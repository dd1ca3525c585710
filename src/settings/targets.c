/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/address.h"
#include "settings_internal.h"

enum { TARGET_NAME_MAX_BYTES = 200 };

static const char *const target_settings[] = {"name", "address", "module", "labels",
                                              PROBE_DRAFT_NAMES};

/* Labels that the program's own families have, or that Prometheus sets. */
static const char *const reserved_labels[] = {
    "target",      "route",     "presented",  "fault",   "reason",   "phase",  "version",
    "cipher",      "group",     "alpn",       "subject", "issuer",   "serial", "sha256",
    "spki_sha256", "dns_names", "credential", "le",      "quantile", "job",    "instance"};

static void name_read(const struct section *section, struct target *target)
{
  if (!value_text(section, "name", "payments-api", &target->name)) {
    if (section_find(section, "name") == NULL) {
      problems_add(section->loader, section_line(section, NULL), "a target has no name");
    }
  } else if (strlen(target->name) > TARGET_NAME_MAX_BYTES) {
    problems_add(section->loader, section_line(section, "name"), "name is longer than %d bytes",
                 TARGET_NAME_MAX_BYTES);
  }
}

/* The module's settings, for the target to override. */
static void module_copy(const struct section *section, struct target *target,
                        struct probe_draft *draft)
{
  struct loader *loader = section->loader;
  const char *name = NULL;
  probe_draft_init(draft);
  if (!value_text(section, "module", "https_mtls", &name)) {
    return;
  }
  for (size_t i = 0; i < loader->settings->module_count; i++) {
    if (strcmp(loader->settings->modules[i].name, name) == 0) {
      *draft = loader->modules[i];
      target->module = loader->settings->modules[i].name;
      return;
    }
  }
  problems_add_unknown(loader, section_line(section, "module"), "module", name, "",
                       loader->module_names);
}

/* A scheme and a path in the address are settings like others of the target. */
static void apply_address(const struct section *section, struct address *address,
                          struct probe_settings *probe)
{
  struct loader *loader = section->loader;
  unsigned line = section_line(section, "address");
  if (address->has_scheme) {
    if (section_find(section, "protocol") != NULL && probe->protocol != address->protocol) {
      problems_add(loader, line, "address begins with \"%s://\" but protocol is \"%s\"",
                   protocol_name(address->protocol), protocol_name(probe->protocol));
    }
    probe->protocol = address->protocol;
  }
  address_set_protocol(address, probe->protocol);
  if (address->path[0] == '\0') {
    return;
  }
  const config_setting_t *http = section_find(section, "http");
  if (http != NULL && config_setting_type(http) == CONFIG_TYPE_GROUP &&
      config_setting_get_member(http, "path") != NULL &&
      strcmp(probe->http.path, address->path) != 0) {
    problems_add(loader, line, "the path is given twice: in address and in http");
  }
  probe->http.path = loader_copy(loader, address->path);
}

static void address_read(const struct section *section, struct target *target)
{
  struct loader *loader = section->loader;
  const char *text = NULL;
  struct address address;
  struct error error;
  if (!value_text(section, "address", "api.example:443", &text)) {
    if (section_find(section, "address") == NULL) {
      problems_add(loader, section_line(section, NULL), "%s has no address", section->where);
    }
    return;
  }
  if (address_parse(text, &address, &error) != STATUS_OK) {
    problems_add_error(loader, section_line(section, "address"), &error);
    return;
  }
  apply_address(section, &address, &target->probe);
  target->host = loader_copy(loader, address.host);
  target->port = address.port;
}

/* https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels */
static void check_label_name(const struct section *labels, const char *name)
{
  static const char letters[] = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static const char rest[] = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  unsigned line = section_line(labels, name);
  if (strspn(name, letters) == 0 || name[strspn(name, rest)] != '\0') {
    problems_add(labels->loader, line,
                 "label name \"%s\" may only have letters, digits (not first) and \"_\"", name);
  }
  if (strncmp(name, "__", 2) == 0) {
    problems_add(labels->loader, line,
                 "label name \"%s\" begins with \"__\": Prometheus keeps those", name);
  }
  for (size_t i = 0; i < COUNT_OF(reserved_labels); i++) {
    if (strcmp(name, reserved_labels[i]) == 0) {
      problems_add(labels->loader, line,
                   "label name \"%s\" is taken: the metrics or Prometheus have it already", name);
    }
  }
}

static void labels_read(const struct section *section, struct target *target)
{
  struct loader *loader = section->loader;
  struct section labels;
  if (!value_group(section, "labels", "a group such as { team = \"payments\"; }", &labels)) {
    return;
  }
  struct names names = value_named_groups(&labels);
  struct label *items = loader_allocate(loader, names.count, sizeof(*items));
  if (items == NULL) {
    return;
  }
  for (size_t i = 0; i < names.count; i++) {
    items[i] = (struct label){.name = names.items[i], .value = ""};
    check_label_name(&labels, items[i].name);
    (void)value_text(&labels, items[i].name, "payments", &items[i].value);
  }
  target->labels = items;
  target->label_count = names.count;
}

static void target_read(struct loader *loader, const config_setting_t *group, struct target *target)
{
  struct section section = section_of(loader, group, "target", "");
  *target = (struct target){
      .name = "", .host = "", .source = source_at(loader, config_setting_source_line(group))};
  name_read(&section, target);
  char quote[TARGET_NAME_MAX_BYTES / 2];
  section = section_of(loader, group, "target", text_excerpt(target->name, quote, sizeof(quote)));
  section_check_names(&section, (struct names){target_settings, COUNT_OF(target_settings)});
  struct probe_draft draft;
  module_copy(&section, target, &draft);
  probe_draft_read(&section, &draft);
  target->probe = probe_draft_finish(&draft);
  address_read(&section, target);
  labels_read(&section, target);
}

/* A target and where it was written: sorted by name, equal ones are neighbours. */
struct place {
  const struct target *target;
  unsigned line;
};

static int compare(const void *left, const void *right)
{
  const struct place *a = left;
  const struct place *b = right;
  int order = strcmp(a->target->name, b->target->name);
  return order != 0 ? order : (a->target < b->target ? -1 : 1);
}

static void check_duplicates(struct loader *loader, const config_setting_t *list)
{
  size_t count = loader->settings->target_count;
  struct place *places = calloc(count, sizeof(*places));
  if (places == NULL) {
    loader->out_of_memory = true;
    return;
  }
  for (size_t i = 0; i < count; i++) {
    struct section section =
        section_of(loader, config_setting_get_elem(list, (unsigned)i), "target", "");
    places[i] = (struct place){&loader->settings->targets[i], section_line(&section, "name")};
  }
  qsort(places, count, sizeof(*places), compare);
  size_t first = 0;
  for (size_t i = 1; i < count; i++) {
    const char *name = places[i].target->name;
    if (name[0] == '\0' || strcmp(places[first].target->name, name) != 0) {
      first = i;
      continue;
    }
    struct source source = source_at(loader, places[first].line);
    problems_add(loader, places[i].line, "target \"%s\" is already defined at %s:%u", name,
                 source.file, source.line);
  }
  free(places);
}

void targets_read(struct loader *loader)
{
  struct section top = value_top(loader);
  const config_setting_t *list = value_groups(
      &top, "targets",
      "a list of groups such as ( { name = \"api\"; address = \"api.example:443\"; } )");
  size_t count = value_count(list);
  if (count == 0) {
    /* an exporter may do nothing but answer /probe */
    bool asked = loader->settings->probe_allow_count > 0;
    if (!asked && (list != NULL || section_find(&top, "targets") == NULL)) {
      problems_add(loader, section_line(&top, "targets"), "no targets are configured");
    }
    return;
  }
  struct target *targets = loader_allocate(loader, count, sizeof(*targets));
  if (targets == NULL) {
    return;
  }
  loader->settings->targets = targets;
  loader->settings->target_count = count;
  for (size_t i = 0; i < count; i++) {
    target_read(loader, config_setting_get_elem(list, (unsigned)i), &targets[i]);
  }
  check_duplicates(loader, list);
}
