/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flags of `mtls_exporter probe`, and the settings with one target that they
 * come to. Between the files of the command only.
 */
#ifndef CLI_PROBE_FLAGS_H
#define CLI_PROBE_FLAGS_H

#include "cli/flags.h"
#include "model/settings.h"

struct probe_flags {
  const char *client_cert;
  const char *client_key;
  const char *client_key_password_file;
  const char *ca_file;
  const char *server_name;
  struct flag_list proxies;
  const char *proxy_password_file;
  const char *proxy_ca_file;
  const char *proxy_client_cert;
  const char *proxy_client_key;
  const char *proxy_client_key_password_file;
  bool no_direct;
  const char *present;
  const char *expect;
  const char *timeout;
  const char *tls_min;
  const char *tls_max;
  const char *http_method;
  struct flag_list http_headers;
  const char *http_expect_status;
  const char *login_user;
  const char *login_database;
  const char *format;
  const char *config_file;
  const char *target;
  bool version;
  bool help;
  struct flag_list operands;
};

enum { PROBE_FLAG_COUNT = 27 };
void probe_flags_describe(struct probe_flags *values, struct flag out[PROBE_FLAG_COUNT]);
void probe_flags_deinit(struct probe_flags *values);

/* From ADDRESS and flags; the files they name are not read but for passwords. */
NODISCARD enum status probe_settings_from_flags(const struct probe_flags *values,
                                                struct settings **out, struct error *error);

#endif
