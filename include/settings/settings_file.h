/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the libconfig file (and what it @includes) into a struct settings, or
 * says everything that is wrong with it, each with file and line. Called by
 * app. Knows the model only: whether certificate files are any good is asked
 * of the caller's functions.
 */
#ifndef SETTINGS_SETTINGS_FILE_H
#define SETTINGS_SETTINGS_FILE_H

#include "base/status.h"
#include "model/settings.h"

struct settings_checks {
  /* Whether the files load and belong together; error with the source of the setting that is at
   * fault, or without file and line. NULL: not checked. */
  enum status (*credential)(const struct credential *credential, struct error *error);
  /* Whether the file holds at least one certificate. NULL: not checked. */
  enum status (*ca_file)(const char *path, struct error *error);
};

/* On STATUS_OK *out is a new reference; otherwise *out is NULL and errors holds
 * at least one message, in the order of file and line. */
NODISCARD enum status settings_file_load(const char *path, const struct settings_checks *checks,
                                         struct settings **out, struct error_list *errors);

#endif
