/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first line of a file as a secret: a password or a token. Called by the
 * settings and the command line, so that both take the same files.
 */
#ifndef BASE_SECRET_FILE_H
#define BASE_SECRET_FILE_H

#include "base/status.h"

enum { SECRET_MAX_BYTES = 4096, SECRET_WHY_BYTES = 160 };

/* The first line without its end (LF or CRLF) into out, for the caller to wipe. STATUS_INVALID: why
 * says what is wrong in words that follow the file's name, and never quotes the content. */
NODISCARD enum status secret_file_read(const char *path, char out[SECRET_MAX_BYTES + 1],
                                       char why[SECRET_WHY_BYTES]);

#endif
