/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings/settings_file.h"

#include <string.h>

#include "settings_internal.h"

static const char *const top_settings[] = {"web",     "proxies", "credentials",
                                           "modules", "targets", "probe"};

void *loader_allocate(struct loader *loader, size_t count, size_t size)
{
  void *memory = NULL;
  if (count <= SIZE_MAX / size) {
    memory = settings_allocate(loader->settings, count * size);
  }
  if (memory == NULL) {
    loader->out_of_memory = true;
  }
  return memory;
}

const char *loader_copy(struct loader *loader, const char *text)
{
  char *copy = settings_copy_text(loader->settings, text);
  if (copy == NULL) {
    loader->out_of_memory = true;
    return "";
  }
  return copy;
}

static const char *directory_of(struct loader *loader, const char *path)
{
  const char *slash = strrchr(path, '/');
  if (slash == NULL) {
    return "";
  }
  size_t length = (size_t)(slash - path) + 1;
  char *directory = loader_allocate(loader, length + 1, 1);
  if (directory == NULL) {
    return "";
  }
  memcpy(directory, path, length);
  return directory;
}

/* libconfig's own words, with a hint for those that say nothing. */
static void refuse_syntax(struct loader *loader, unsigned line, const char *words)
{
  if (words == NULL || strcmp(words, "syntax error") == 0) {
    problems_add(loader, line,
                 "syntax error: a quote, bracket or \"=\" is missing or too many here or just "
                 "before (groups stand in lists \"( )\", not in arrays \"[ ]\")");
    return;
  }
  problems_add(loader, line, "%s", words);
}

static bool parse(struct loader *loader)
{
  if (config_read_string(&loader->config, buffer_text(&loader->source.text)) == CONFIG_TRUE) {
    return true;
  }
  int error_line = config_error_line(&loader->config);
  unsigned line = error_line > 0 ? (unsigned)error_line : 1;
  if (line > loader->source.line_count) {
    line = loader->source.line_count;
  }
  refuse_syntax(loader, line, config_error_text(&loader->config));
  return false;
}

/* What others refer to comes first. */
static void read_sections(struct loader *loader)
{
  struct section top = value_top(loader);
  section_check_names(&top, (struct names){top_settings, COUNT_OF(top_settings)});
  web_read(loader);
  credentials_read(loader);
  proxies_read(loader);
  modules_read(loader);
  targets_read(loader);
  credentials_check(loader);
  ca_files_check(loader);
}

static void load(struct loader *loader)
{
  source_read(loader);
  if (loader->problems.count == 0 && !loader->out_of_memory && parse(loader)) {
    read_sections(loader);
  }
}

static enum status finish(struct loader *loader, struct error_list *errors)
{
  size_t before = errors->count;
  enum status status = problems_hand_over(loader, errors);
  if (status == STATUS_OK && loader->out_of_memory) {
    status = STATUS_OUT_OF_MEMORY;
  }
  if (status == STATUS_OUT_OF_MEMORY) {
    struct error error;
    (void)error_set(&error, status, loader->path, 0, "out of memory");
    if (error_list_add(errors, &error) != STATUS_OK) {
      return STATUS_OUT_OF_MEMORY;
    }
    return status;
  }
  return errors->count > before ? STATUS_INVALID : status;
}

enum status settings_file_load(const char *path, const struct settings_checks *checks,
                               struct settings **out, struct error_list *errors)
{
  *out = NULL;
  struct loader loader = {.checks = checks, .path = path, .settings = settings_create()};
  if (loader.settings == NULL) {
    return finish(&(struct loader){.path = path, .out_of_memory = true}, errors);
  }
  config_init(&loader.config);
  loader.path = loader_copy(&loader, path);
  loader.settings->file = loader.path;
  loader.directory = directory_of(&loader, path);
  load(&loader);
  enum status status = finish(&loader, errors);
  if (status == STATUS_OK) {
    *out = settings_ref(loader.settings);
  }
  config_destroy(&loader.config);
  problems_deinit(&loader.problems);
  source_deinit(&loader.source);
  settings_unref(loader.settings);
  return status;
}
