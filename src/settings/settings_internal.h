/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of this room share: the state of one load. Each section of the
 * configuration has its .c file, which reads its libconfig group with the
 * readers of values.c and tells what is wrong through problems.c. Sections go on
 * after a mistake, so that all mistakes are found in one go. Lines here are
 * lines of the merged text (source.c), which is in the order of the files.
 */
#ifndef SETTINGS_SETTINGS_INTERNAL_H
#define SETTINGS_SETTINGS_INTERNAL_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "model/settings.h"
#include "settings/settings_file.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct names {
  const char *const *items;
  size_t count;
};

/* From this line of the merged text on, lines come from file, from file_line on. */
struct source_segment {
  unsigned first_line;
  const char *file;
  unsigned file_line;
};

struct source_text {
  struct buffer text;
  unsigned line_count;
  struct source_segment *segments;
  size_t segment_count;
};

struct problem {
  unsigned line;
  size_t sequence;
  struct error error;
};

struct problems {
  struct problem *items;
  size_t count;
  size_t not_kept;
};

/* Probe settings that are still being read, with what a default depends on. */
struct probe_draft {
  struct probe_settings probe;
  bool expects_client_certificate; /* expect.client_certificate was written */
};

struct ca_use {
  const char *path;
  unsigned line;
  struct ca_use *next;
};

struct loader {
  const struct settings_checks *checks; /* NULL: none */
  const char *path;
  const char *directory; /* of path, with its '/'; "" where it has none */
  struct settings *settings;
  struct source_text source;
  config_t config;
  struct problems problems;
  bool out_of_memory;
  struct names credential_names;
  struct names proxy_names;
  struct names module_names;
  unsigned *credential_lines;  /* of cert_file, one per credential; 0: none */
  struct probe_draft *modules; /* one per module */
  struct ca_use *ca_uses;
};

/* settings_file.c: memory of the settings. NULL, resp. "", where memory is out,
 * which also fails the load. */
void *loader_allocate(struct loader *loader, size_t count, size_t size);
const char *loader_copy(struct loader *loader, const char *text);

/* source.c */
void source_read(struct loader *loader);
void source_deinit(struct source_text *source);
struct source source_at(const struct loader *loader, unsigned line);
/* The line of the merged text that is this line of the file; 0: none is. */
unsigned source_line(const struct loader *loader, const char *file, unsigned line);
/* Where text stands, at or before `line` but not before `first`; else line. */
unsigned source_find_back(const struct loader *loader, unsigned first, unsigned line,
                          const char *text);

/* files.c: appends at most most_bytes of the file. 0 or an errno. */
int file_read(const char *path, size_t most_bytes, struct buffer *out);
const char *file_resolve(struct loader *loader, const char *name);

/* problems.c; line 0: of the file as a whole */
void problems_add(struct loader *loader, unsigned line, const char *format, ...) PRINTF_LIKE(3, 4);
/* Keeps the error's own file and line where it has them, and its place among the others. */
void problems_add_error(struct loader *loader, unsigned line, const struct error *error);
/* `unknown KIND "VALUE"WHERE (did you mean ...)`, or with all names that exist. */
void problems_add_unknown(struct loader *loader, unsigned line, const char *kind, const char *value,
                          const char *where, struct names names);
NODISCARD enum status problems_hand_over(struct loader *loader, struct error_list *errors);
void problems_deinit(struct problems *problems);

/* values.c. A section is a group and how messages call it ("module web"). The
 * readers return true when the setting is there and right; a setting that is
 * there and wrong is told. */
struct section {
  struct loader *loader;
  const config_setting_t *group; /* NULL: as if empty */
  char where[192];
};
struct section section_of(struct loader *loader, const config_setting_t *group, const char *kind,
                          const char *name);
void section_check_names(const struct section *section, struct names names);
const config_setting_t *section_find(const struct section *section, const char *name);
/* Line of the setting; of the section itself where it is not there, or name is NULL. */
unsigned section_line(const struct section *section, const char *name);

bool value_text(const struct section *section, const char *name, const char *example,
                const char **out);
bool value_bool(const struct section *section, const char *name, bool *out);
bool value_duration(const struct section *section, const char *name, const char *example,
                    int64_t *out_ms);
bool value_file(const struct section *section, const char *name, const char *example,
                const char **out_path);
/* The first line of the file that the setting names. */
bool value_secret_file(const struct section *section, const char *name, const char *example,
                       const char **out_secret);
/* `what` completes the message "NAME must be ...". */
bool value_group(const struct section *section, const char *name, const char *what,
                 struct section *out);
/* Arrays of strings and lists of groups; NULL: not there or wrong. */
const config_setting_t *value_array(const struct section *section, const char *name,
                                    const char *what);
const config_setting_t *value_groups(const struct section *section, const char *name,
                                     const char *what);
size_t value_count(const config_setting_t *aggregate); /* 0 for NULL */
/* Of element i of a value_array(). */
const char *value_element(const config_setting_t *array, size_t i);
unsigned value_element_line(const struct section *section, const config_setting_t *array, size_t i);
/* The file as a whole, and groups of groups that have names of their own. */
struct section value_top(struct loader *loader);
struct names value_named_groups(const struct section *section);
struct section value_named_group(const struct section *section, size_t i, const char *kind,
                                 const char *what);

/* headers.c */
void headers_read(const struct section *section, const struct header **out, size_t *out_count);

/* One per section. */
void credentials_read(struct loader *loader);
void credentials_check(struct loader *loader);
/* The credential that the setting of this name names; NULL: none. */
const struct credential *credentials_find(const struct section *section, const char *name);
void ca_file_read(const struct section *section, const char **out_path);
void ca_files_check(struct loader *loader);
void proxies_read(struct loader *loader);
void modules_read(struct loader *loader);
void targets_read(struct loader *loader);
void web_read(struct loader *loader);

/* probe_draft.c: the settings that modules and targets share */
void probe_draft_init(struct probe_draft *draft);
void probe_draft_read(const struct section *section, struct probe_draft *draft);
/* The settings with the defaults that depend on others. */
struct probe_settings probe_draft_finish(const struct probe_draft *draft);

#define PROBE_DRAFT_NAMES                                                                          \
  "protocol", "credential", "ca_file", "server_name", "tls_min", "tls_max", "routes", "interval",  \
      "contrast_interval", "timeout", "present", "http", "login", "expect"

#endif
