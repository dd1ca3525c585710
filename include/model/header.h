/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a configured HTTP field may go onto the wire (RFC 9110 section 5).
 * Called by the settings and the command line. Never quotes a value: it may be
 * a secret.
 */
#ifndef MODEL_HEADER_H
#define MODEL_HEADER_H

#include <stdbool.h>

#include "base/status.h"

/* STATUS_INVALID: the name is no token, or is a field that the program writes itself (Host,
 * Connection, Content-Length, Transfer-Encoding), or the value has control characters. */
NODISCARD enum status header_check(const char *name, const char *value, struct error *error);

/* token of RFC 9110 section 5.6.2, not empty */
bool is_token(const char *text);

#endif
