/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "base/log.h"
#include "base/nearest.h"
#include "cli/cli.h"
#include "probe_flags.h"
#include "report/report.h"

enum { HELP_LIMIT_BYTES = 16384, OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024 };

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_METRICS };

static int print_help(const struct flag *flags)
{
  struct buffer out;
  buffer_init(&out, HELP_LIMIT_BYTES);
  buffer_append_text(
      &out, "usage: mtls_exporter probe ADDRESS [flags]\n"
            "       mtls_exporter probe --config.file=FILE --target=NAME [--format=FORMAT]\n\n"
            "One round now: with our certificate and without, directly and through every proxy.\n"
            "Says who is at fault, why, and what to do.\n\n"
            "ADDRESS: https://host[:port]/path  TLS, then one HTTP request\n"
            "         tls://host:port, host[:port], [::1]:443  TLS alone; port 443 if left out\n"
            "         smtp:// imap:// pop3:// ldap:// postgres:// mysql:// xmpp://host[:port]\n"
            "           STARTTLS, TLS, then the first thing that a client says\n\n"
            "exit status: 0 as expected, 1 a fault was found, 2 bad usage\n\nflags:\n");
  flags_help(flags, PROBE_FLAG_COUNT, &out);
  (void)fputs(buffer_text(&out), stdout);
  buffer_deinit(&out);
  return EXIT_AS_EXPECTED;
}

static enum status read_format(const char *text, enum format *out, struct error *error)
{
  static const char *const names[] = {"text", "json", "metrics"};
  *out = FORMAT_TEXT;
  for (size_t i = 0; text != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
    if (strcmp(text, names[i]) == 0) {
      *out = (enum format)i;
      return STATUS_OK;
    }
  }
  return text == NULL ? STATUS_OK
                      : error_set(error, STATUS_INVALID, NULL, 0,
                                  "--format=%.64s must be text, json or metrics", text);
}

/* A configured target says itself how it is probed. */
static enum status check_configured(const struct probe_flags *values, const struct flag *flags,
                                    struct error *error)
{
  static const char *const allowed[] = {"--config.file", "--target", "--format"};
  if (values->target == NULL) {
    return error_set(error, STATUS_INVALID, NULL, 0, "--config.file needs --target=NAME beside it");
  }
  if (values->operands.count > 0) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "give either ADDRESS or --config.file with --target, not both");
  }
  for (size_t i = 0; i < PROBE_FLAG_COUNT; i++) {
    bool fine = !flag_is_given(&flags[i]);
    for (size_t a = 0; !fine && a < sizeof(allowed) / sizeof(allowed[0]); a++) {
      fine = strcmp(flags[i].name, allowed[a]) == 0;
    }
    if (!fine) {
      return error_set(error, STATUS_INVALID, NULL, 0,
                       "%s does not go with --config.file, where the target has that setting",
                       flags[i].name);
    }
  }
  return STATUS_OK;
}

static enum status check_usage(const struct probe_flags *values, const struct flag *flags,
                               struct error *error)
{
  if (values->config_file != NULL) {
    return check_configured(values, flags, error);
  }
  if (values->target != NULL) {
    return error_set(error, STATUS_INVALID, NULL, 0, "--target needs --config.file=FILE");
  }
  if (values->operands.count == 0) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "ADDRESS is missing, such as https://api.example/health or host:443");
  }
  return values->operands.count == 1
             ? STATUS_OK
             : error_set(error, STATUS_INVALID, NULL, 0,
                         "one ADDRESS at a time, \"%.200s\" is one too many",
                         values->operands.items[1]);
}

static enum status unknown_target(const struct settings *settings, const char *name,
                                  struct error *error)
{
  const char **names = calloc(settings->target_count + 1, sizeof(*names)); /* never of 0 bytes */
  const char *meant = NULL;
  for (size_t i = 0; names != NULL && i < settings->target_count; i++) {
    names[i] = settings->targets[i].name;
  }
  if (names != NULL) {
    meant = nearest_name(name, names, settings->target_count);
  }
  free(names);
  return error_set(error, STATUS_INVALID, NULL, 0, "no target \"%.200s\" in %.200s%s%s%s", name,
                   settings->file, meant != NULL ? ", did you mean \"" : "",
                   meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
}

/* The settings as if this target were the only one; whole keeps the memory. */
static enum status narrow(struct settings *whole, const char *name, struct settings **out,
                          struct error *error)
{
  for (size_t i = 0; i < whole->target_count; i++) {
    if (strcmp(whole->targets[i].name, name) == 0) {
      struct settings *one = settings_create();
      if (one == NULL) {
        return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
      }
      one->file = whole->file;
      one->credentials = whole->credentials;
      one->credential_count = whole->credential_count;
      one->proxies = whole->proxies;
      one->proxy_count = whole->proxy_count;
      one->targets = &whole->targets[i];
      one->target_count = 1;
      *out = one;
      return STATUS_OK;
    }
  }
  return unknown_target(whole, name, error);
}

static bool wants_colour(void)
{
  const char *term = getenv("TERM");
  const char *no_colour = getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') && term != NULL &&
         strcmp(term, "dumb") != 0;
}

static int print_result(struct store *store, enum format format)
{
  const struct exposition_wish metrics = {.format = EXPOSITION_TEXT};
  struct buffer out;
  buffer_init(&out, OUTPUT_LIMIT_BYTES);
  switch (format) {
  case FORMAT_TEXT:
    report_text(store, 0, wants_colour(), &out);
    break;
  case FORMAT_JSON:
    report_json_target(store, 0, &out);
    break;
  case FORMAT_METRICS:
    report_exposition(store, NULL, &metrics, &out);
    break;
  }
  bool printed = buffer_status(&out) == STATUS_OK &&
                 fwrite(buffer_text(&out), 1, out.length, stdout) == out.length &&
                 fflush(stdout) == 0;
  buffer_deinit(&out);
  if (!printed) {
    (void)fputs("mtls_exporter probe: the result cannot be written\n", stderr);
    return EXIT_FAULT;
  }
  return EXIT_AS_EXPECTED;
}

static bool all_as_expected(struct store *store)
{
  const struct target *target = &store_settings(store)->targets[0];
  bool expected = true;
  for (size_t i = 0; i < target->probe.route_count; i++) {
    struct route_snapshot snapshot;
    store_read_route(store, 0, i, &snapshot);
    expected = expected && snapshot.verdict != NULL && snapshot.verdict->success;
    route_snapshot_deinit(&snapshot);
  }
  return expected;
}

/* A black hole takes its time: whoever looks on should know that something is going on. */
static void show_progress(const struct settings *settings, bool over)
{
  if (!isatty(STDERR_FILENO)) {
    return;
  }
  if (over) {
    (void)fputs("\r\033[K", stderr);
  } else {
    const struct target *target = &settings->targets[0];
    (void)fprintf(stderr, "probing %s over %zu route%s, %lld s at most for each probe ...",
                  target->name, target->probe.route_count,
                  target->probe.route_count == 1 ? "" : "s",
                  (long long)(target->probe.timeout_ms + 999) / 1000);
  }
}

static int probe_and_print(struct settings *settings, enum format format)
{
  struct error error = {0};
  struct store *store = NULL;
  show_progress(settings, false);
  enum status status = app_probe_once(settings, &store, &error);
  show_progress(settings, true);
  if (status != STATUS_OK) {
    (void)cli_usage_error("probe", &error);
    return EXIT_FAULT;
  }
  int result = print_result(store, format);
  if (result == EXIT_AS_EXPECTED && !all_as_expected(store)) {
    result = EXIT_FAULT;
  }
  store_unref(store);
  return result;
}

static int probe_from_file(const struct probe_flags *values, enum format format)
{
  struct error error = {0};
  struct error_list errors = {0};
  struct settings *whole = NULL;
  struct settings *one = NULL;
  if (app_load_settings(values->config_file, &whole, &errors) != STATUS_OK) {
    return cli_configuration_errors(&errors);
  }
  int result = narrow(whole, values->target, &one, &error) == STATUS_OK
                   ? probe_and_print(one, format)
                   : cli_usage_error("probe", &error);
  settings_unref(one);
  settings_unref(whole);
  return result;
}

static int probe_from_flags(const struct probe_flags *values, enum format format)
{
  struct error error = {0};
  struct settings *settings = NULL;
  enum status status = probe_settings_from_flags(values, &settings, &error);
  if (status == STATUS_OK) {
    status = app_check_settings(settings, &error);
  }
  int result =
      status == STATUS_OK ? probe_and_print(settings, format) : cli_usage_error("probe", &error);
  settings_unref(settings);
  return result;
}

static int run(const struct probe_flags *values, const struct flag *flags)
{
  struct error error = {0};
  enum format format = FORMAT_TEXT;
  enum status status = check_usage(values, flags, &error);
  if (status == STATUS_OK) {
    status = read_format(values->format, &format, &error);
  }
  if (status != STATUS_OK) {
    return cli_usage_error("probe", &error);
  }
  log_configure(LOG_ERROR, LOG_LOGFMT); /* the verdict is on standard output */
  if (app_prepare(&error) != STATUS_OK) {
    (void)cli_usage_error("probe", &error);
    return EXIT_FAULT;
  }
  return values->config_file != NULL ? probe_from_file(values, format)
                                     : probe_from_flags(values, format);
}

int cli_probe(int argc, char **argv, int first)
{
  struct probe_flags values = {0};
  struct flag flags[PROBE_FLAG_COUNT];
  struct error error = {0};
  probe_flags_describe(&values, flags);
  enum status status =
      flags_parse(flags, PROBE_FLAG_COUNT, argc, argv, first, &values.operands, &error);
  int result = status != STATUS_OK ? cli_usage_error("probe", &error)
               : values.help       ? print_help(flags)
               : values.version    ? cli_print_version()
                                   : run(&values, flags);
  probe_flags_deinit(&values);
  return result;
}
