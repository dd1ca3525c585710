/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "base/nearest.h"

static const char help[] =
    "mtls_exporter ends the argument \"whose fault is it that mTLS broke?\": it shakes hands\n"
    "with your mutual TLS endpoints, directly and through proxies, with and without your\n"
    "client certificate, and names the party at fault and the remedy.\n"
    "\n"
    "usage:\n"
    "  mtls_exporter probe ADDRESS [flags]           one round now, the verdict on the terminal\n"
    "  mtls_exporter [serve] --config.file=FILE      probe on a schedule, serve Prometheus "
    "metrics\n"
    "  mtls_exporter --config.file=FILE --config.check\n"
    "                                                check a configuration\n"
    "  mtls_exporter bypass --config.file=FILE --format=cpl|squid|mitmproxy\n"
    "                                                print the policy that makes a proxy tunnel\n"
    "  mtls_exporter --version\n"
    "\n"
    "  mtls_exporter COMMAND --help lists the flags of a command.\n"
    "\n"
    "example:\n"
    "  mtls_exporter probe https://api.example/health \\\n"
    "      --client-cert=client.crt --client-key=client.key --proxy=http://proxy.example:3128\n";

static const struct command {
  const char *name;
  int (*run)(int argc, char **argv, int first);
} commands[] = {
    {"serve", cli_serve},
    {"probe", cli_probe},
    {"bypass", cli_bypass},
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

int cli_usage_error(const char *command, const struct error *error)
{
  char text[sizeof(error->file) + sizeof(error->text) + 32];
  error_format(error, text, sizeof(text));
  (void)fprintf(stderr, "mtls_exporter%s%s: %s\n", command[0] != '\0' ? " " : "", command, text);
  return EXIT_USAGE;
}

int cli_configuration_errors(struct error_list *errors)
{
  for (size_t i = 0; i < errors->count; i++) {
    char text[sizeof(struct error) + 32];
    error_format(&errors->items[i], text, sizeof(text));
    (void)fprintf(stderr, "%s\n", text);
  }
  if (errors->count == 0) {
    (void)fputs("mtls_exporter: out of memory\n", stderr);
  }
  error_list_deinit(errors);
  return EXIT_USAGE;
}

int cli_print_version(void)
{
  (void)printf("%s\n", app_version_text());
  return EXIT_AS_EXPECTED;
}

static int unknown_command(const char *name)
{
  const char *names[COMMAND_COUNT];
  struct error error;
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    names[i] = commands[i].name;
  }
  const char *meant = nearest_name(name, names, COMMAND_COUNT);
  (void)error_set(&error, STATUS_INVALID, NULL, 0,
                  "unknown command \"%.64s\"%s%s%s (commands: serve, probe, bypass)", name,
                  meant != NULL ? ", did you mean \"" : "", meant != NULL ? meant : "",
                  meant != NULL ? "\"?" : "");
  return cli_usage_error("", &error);
}

static const struct command *find_command(const char *name)
{
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(name, commands[i].name) == 0) {
      return &commands[i];
    }
  }
  return NULL;
}

/* "help" alone, or "help COMMAND". */
static int print_help(int argc, char **argv)
{
  if (argc < 3) {
    (void)fputs(help, stdout);
    return EXIT_AS_EXPECTED;
  }
  const struct command *command = find_command(argv[2]);
  char flag[] = "--help";
  char *arguments[] = {argv[0], argv[2], flag};
  return command != NULL ? command->run(3, arguments, 2) : unknown_command(argv[2]);
}

int cli_main(int argc, char **argv)
{
  if (argc < 2) {
    (void)fputs(help, stderr);
    return EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    return print_help(1, argv);
  }
  if (strcmp(argv[1], "help") == 0) {
    return print_help(argc, argv);
  }
  if (strcmp(argv[1], "--version") == 0) {
    return cli_print_version();
  }
  if (argv[1][0] == '-') {
    return cli_serve(argc, argv, 1);
  }
  const struct command *command = find_command(argv[1]);
  return command != NULL ? command->run(argc, argv, 2) : unknown_command(argv[1]);
}
