/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bypass/bypass.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/flags.h"
#include "settings/settings_file.h"

enum { HELP_LIMIT_BYTES = 16384, OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024 };

struct bypass_flags {
  const char *config_file;
  const char *format;
  const char *deployment;
  bool version;
  bool help;
  struct flag_list operands;
};

enum { BYPASS_FLAG_COUNT = 5 };

static void describe(struct bypass_flags *values, struct flag out[BYPASS_FLAG_COUNT])
{
  const struct flag flags[BYPASS_FLAG_COUNT] = {
      {"--config.file", "FILE", "the configuration (libconfig)", .text = &values->config_file},
      {"--format", "FORMAT", "cpl (Edge SWG), squid, mitmproxy", .text = &values->format},
      {"--deployment", "DEPLOYMENT", "of the proxy: explicit (default), transparent",
       .text = &values->deployment},
      {"--version", NULL, "print the version and stop", .given = &values->version},
      {"--help", NULL, "print this and stop", .given = &values->help},
  };
  memcpy(out, flags, sizeof(flags));
}

static int print_help(const struct flag *flags)
{
  struct buffer out;
  buffer_init(&out, HELP_LIMIT_BYTES);
  buffer_append_text(
      &out,
      "usage: mtls_exporter bypass --config.file=FILE --format=FORMAT [--deployment=DEPLOYMENT]\n\n"
      "Prints the policy that makes a proxy tunnel the configured targets untouched and without\n"
      "asking for a password, and nothing else. Comments in it say where it goes and what it\n"
      "gives up. It is for the targets that have a route through a proxy or, where none has, for\n"
      "all. Certificates and keys are not read.\n\n"
      "exit status: 0 printed, 2 bad usage or configuration, or a name that is not safe to "
      "quote\n\n"
      "flags:\n");
  flags_help(flags, BYPASS_FLAG_COUNT, &out);
  (void)fputs(buffer_text(&out), stdout);
  buffer_deinit(&out);
  return EXIT_AS_EXPECTED;
}

static enum status read_format(const char *text, enum bypass_format *out, struct error *error)
{
  if (text == NULL) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "--format is missing: cpl (Edge SWG), squid or mitmproxy");
  }
  for (size_t i = 0; i < BYPASS_FORMAT_COUNT; i++) {
    if (strcmp(text, bypass_format_name((enum bypass_format)i)) == 0) {
      *out = (enum bypass_format)i;
      return STATUS_OK;
    }
  }
  return error_set(error, STATUS_INVALID, NULL, 0, "--format=%.64s must be cpl, squid or mitmproxy",
                   text);
}

static enum status read_deployment(const char *text, enum bypass_deployment *out,
                                   struct error *error)
{
  *out = BYPASS_EXPLICIT;
  for (size_t i = 0; text != NULL && i < BYPASS_DEPLOYMENT_COUNT; i++) {
    if (strcmp(text, bypass_deployment_name((enum bypass_deployment)i)) == 0) {
      *out = (enum bypass_deployment)i;
      return STATUS_OK;
    }
  }
  return text == NULL ? STATUS_OK
                      : error_set(error, STATUS_INVALID, NULL, 0,
                                  "--deployment=%.64s must be explicit or transparent", text);
}

static int print_policy(const struct settings *settings, enum bypass_format format,
                        enum bypass_deployment deployment)
{
  struct error error = {0};
  struct buffer out;
  buffer_init(&out, OUTPUT_LIMIT_BYTES);
  enum status status =
      bypass_write(settings->targets, settings->target_count, format, deployment, &out, &error);
  int result = EXIT_AS_EXPECTED;
  if (status != STATUS_OK) {
    result = cli_usage_error("bypass", &error);
  } else if (buffer_status(&out) != STATUS_OK ||
             fwrite(buffer_text(&out), 1, out.length, stdout) != out.length ||
             fflush(stdout) != 0) {
    (void)fputs("mtls_exporter bypass: the policy cannot be written\n", stderr);
    result = EXIT_FAULT;
  }
  buffer_deinit(&out);
  return result;
}

static int run(const struct bypass_flags *values)
{
  struct error error = {0};
  struct error_list errors = {0};
  struct settings *settings = NULL;
  enum bypass_format format = BYPASS_CPL;
  enum bypass_deployment deployment = BYPASS_EXPLICIT;
  enum status status = STATUS_OK;
  if (values->operands.count > 0) {
    status = error_set(&error, STATUS_INVALID, NULL, 0, "\"%.64s\" is not a flag, see --help",
                       values->operands.items[0]);
  } else if (values->config_file == NULL) {
    status = error_set(&error, STATUS_INVALID, NULL, 0, "--config.file=FILE is missing");
  } else {
    status = read_format(values->format, &format, &error);
  }
  if (status == STATUS_OK) {
    status = read_deployment(values->deployment, &deployment, &error);
  }
  if (status != STATUS_OK) {
    return cli_usage_error("bypass", &error);
  }
  if (settings_file_load(values->config_file, NULL, &settings, &errors) != STATUS_OK) {
    return cli_configuration_errors(&errors);
  }
  int result = print_policy(settings, format, deployment);
  settings_unref(settings);
  return result;
}

int cli_bypass(int argc, char **argv, int first)
{
  struct bypass_flags values = {0};
  struct flag flags[BYPASS_FLAG_COUNT];
  struct error error = {0};
  describe(&values, flags);
  enum status status =
      flags_parse(flags, BYPASS_FLAG_COUNT, argc, argv, first, &values.operands, &error);
  int result = status != STATUS_OK ? cli_usage_error("bypass", &error)
               : values.help       ? print_help(flags)
               : values.version    ? cli_print_version()
                                   : run(&values);
  flag_list_deinit(&values.operands);
  return result;
}
