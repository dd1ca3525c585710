/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The composition: settings -> schedule -> round -> diagnosis -> store -> report
 * -> web, joined here and nowhere else. Called by cli with what the user asked
 * for; owns everything while the program runs.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "base/status.h"
#include "model/settings.h"
#include "store/store.h"

/* Before anything else of this room: no core files with keys in them, no SIGPIPE, as many
 * descriptors as allowed, the TLS library. */
NODISCARD enum status app_prepare(struct error *error);

/* "mtls_exporter, version 0.1.0 (wolfSSL 5.5.4)". Static. */
const char *app_version_text(void);

/* Loads the file and checks every certificate file in it; on failure errors has all of them. */
NODISCARD enum status app_load_settings(const char *path, struct settings **out,
                                        struct error_list *errors);
/* Checks the files of the credentials, proxies and targets that a command line named. */
NODISCARD enum status app_check_settings(const struct settings *settings, struct error *error);

struct serve_options {
  const char *config_file;             /* what a reload reads */
  const char *const *listen_addresses; /* none: those of the settings, or the default */
  size_t listen_address_count;
  const char *telemetry_path;
  bool enable_lifecycle; /* /-/reload */
  unsigned workers;      /* 0: one per core */
};

/* Schedules probes and serves HTTP until SIGTERM or SIGINT; SIGHUP reloads. */
NODISCARD enum status app_serve(struct settings *settings, const struct serve_options *options,
                                struct error *error);

/* One round of the first target now; the results are in the new store. */
NODISCARD enum status app_probe_once(struct settings *settings, struct store **out,
                                     struct error *error);

#endif
