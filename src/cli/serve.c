/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/flags.h"

enum { WORKERS_MOST = 256, HELP_LIMIT_BYTES = 16384 };

struct serve_flags {
  const char *config_file;
  bool check;
  struct flag_list listen_addresses;
  const char *telemetry_path;
  const char *workers;
  bool enable_lifecycle;
  const char *log_level;
  const char *log_format;
  bool help;
  bool version;
  struct flag_list operands;
};

enum { SERVE_FLAG_COUNT = 10 };

static void describe(struct serve_flags *values, struct flag out[SERVE_FLAG_COUNT])
{
  const struct flag flags[SERVE_FLAG_COUNT] = {
      {"--config.file", "FILE", "the configuration (libconfig)", .text = &values->config_file},
      {"--config.check", NULL, "check the configuration and stop", .given = &values->check},
      {"--web.listen-address", "ADDRESS", "HOST:PORT, :PORT or [::1]:PORT, default 127.0.0.1:10063",
       .list = &values->listen_addresses},
      {"--web.telemetry-path", "PATH", "where the metrics are, default /metrics",
       .text = &values->telemetry_path},
      {"--web.enable-lifecycle", NULL, "reload on POST /-/reload, not only on SIGHUP",
       .given = &values->enable_lifecycle},
      {"--workers", "N", "threads that probe, default one per core", .text = &values->workers},
      {"--log.level", "LEVEL", "debug, info (default), warn, error", .text = &values->log_level},
      {"--log.format", "FORMAT", "logfmt (default) or json", .text = &values->log_format},
      {"--version", NULL, "print the version and stop", .given = &values->version},
      {"--help", NULL, "print this and stop", .given = &values->help},
  };
  memcpy(out, flags, sizeof(flags));
}

static int print_help(const struct flag *flags)
{
  struct buffer out;
  buffer_init(&out, HELP_LIMIT_BYTES);
  buffer_append_text(&out,
                     "usage: mtls_exporter [serve] --config.file=FILE [flags]\n\n"
                     "Probes the configured targets on a schedule and serves the results:\n"
                     "/metrics for Prometheus, / for people. SIGHUP reloads the configuration,\n"
                     "SIGTERM and SIGINT stop.\n"
                     "\nflags:\n");
  flags_help(flags, SERVE_FLAG_COUNT, &out);
  (void)fputs(buffer_text(&out), stdout);
  buffer_deinit(&out);
  return EXIT_AS_EXPECTED;
}

static enum status read_log_flags(const struct serve_flags *values, struct error *error)
{
  enum log_level level = LOG_INFO;
  enum log_format format = LOG_LOGFMT;
  if (values->log_level != NULL && log_level_parse(values->log_level, &level) != STATUS_OK) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "--log.level=%.64s must be debug, info, warn or error", values->log_level);
  }
  if (values->log_format != NULL && log_format_parse(values->log_format, &format) != STATUS_OK) {
    return error_set(error, STATUS_INVALID, NULL, 0, "--log.format=%.64s must be logfmt or json",
                     values->log_format);
  }
  log_configure(level, format);
  return STATUS_OK;
}

static enum status read_workers(const char *text, unsigned *out, struct error *error)
{
  if (text == NULL) {
    *out = 0;
    return STATUS_OK;
  }
  char *end = NULL;
  unsigned long workers = strtoul(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || workers < 1 || workers > WORKERS_MOST) {
    return error_set(error, STATUS_INVALID, NULL, 0, "--workers=%.64s must be 1 to %d", text,
                     WORKERS_MOST);
  }
  *out = (unsigned)workers;
  return STATUS_OK;
}

static enum status read_options(const struct serve_flags *values, struct serve_options *options,
                                struct error *error)
{
  *options = (struct serve_options){
      .config_file = values->config_file,
      .enable_lifecycle = values->enable_lifecycle,
      .listen_addresses = values->listen_addresses.items,
      .listen_address_count = values->listen_addresses.count,
      .telemetry_path = values->telemetry_path != NULL ? values->telemetry_path : "/metrics",
  };
  if (values->operands.count > 0) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "\"%.64s\" is not a flag; did you mean mtls_exporter probe %.64s?",
                     values->operands.items[0], values->operands.items[0]);
  }
  if (values->config_file == NULL) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "--config.file=FILE is missing (or probe one endpoint: "
                     "mtls_exporter probe ADDRESS)");
  }
  if (options->telemetry_path[0] != '/' || options->telemetry_path[1] == '\0') {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "--web.telemetry-path=%.64s must begin with / and not be / alone",
                     options->telemetry_path);
  }
  enum status status = read_log_flags(values, error);
  return status == STATUS_OK ? read_workers(values->workers, &options->workers, error) : status;
}

static int check_or_serve(const struct serve_flags *values, const struct serve_options *options)
{
  struct error error = {0};
  struct error_list errors = {0};
  struct settings *settings = NULL;
  if (app_prepare(&error) != STATUS_OK) {
    (void)cli_usage_error("serve", &error);
    return EXIT_FAULT;
  }
  if (app_load_settings(values->config_file, &settings, &errors) != STATUS_OK) {
    return cli_configuration_errors(&errors);
  }
  int result = EXIT_AS_EXPECTED;
  if (values->check) {
    (void)printf("configuration ok: %zu targets\n", settings->target_count);
  } else {
    enum status status = app_serve(settings, options, &error);
    if (status != STATUS_OK) {
      (void)cli_usage_error("serve", &error);
      result = status == STATUS_INVALID ? EXIT_USAGE : EXIT_FAULT;
    }
  }
  settings_unref(settings);
  return result;
}

int cli_serve(int argc, char **argv, int first)
{
  struct serve_flags values = {0};
  struct serve_options options;
  struct flag flags[SERVE_FLAG_COUNT];
  struct error error = {0};
  int result = EXIT_AS_EXPECTED;
  describe(&values, flags);
  enum status status =
      flags_parse(flags, SERVE_FLAG_COUNT, argc, argv, first, &values.operands, &error);
  if (status == STATUS_OK && values.help) {
    result = print_help(flags);
  } else if (status == STATUS_OK && values.version) {
    result = cli_print_version();
  } else {
    if (status == STATUS_OK) {
      status = read_options(&values, &options, &error);
    }
    result =
        status == STATUS_OK ? check_or_serve(&values, &options) : cli_usage_error("serve", &error);
  }
  flag_list_deinit(&values.listen_addresses);
  flag_list_deinit(&values.operands);
  return result;
}
