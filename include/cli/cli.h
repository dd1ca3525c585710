/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands: arguments in, exit status out. 0: as wanted; 1: a fault was found,
 * or the program cannot run; 2: bad usage or configuration.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/status.h"

enum { EXIT_AS_EXPECTED = 0, EXIT_FAULT = 1, EXIT_USAGE = 2 };

/* Finds the command and runs it. */
int cli_main(int argc, char **argv);

/* argv[first] is the first argument of the command. */
int cli_serve(int argc, char **argv, int first);
int cli_probe(int argc, char **argv, int first);
int cli_bypass(int argc, char **argv, int first);

/* For the commands: the version on standard output; EXIT_AS_EXPECTED. */
int cli_print_version(void);
/* For the commands: one line on standard error, and the exit status for it. */
int cli_usage_error(const char *command, const struct error *error);
/* Every error a line; EXIT_USAGE. Frees the list. */
int cli_configuration_errors(struct error_list *errors);

#endif
