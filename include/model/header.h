/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a configured HTTP field may go onto the wire (RFC 9110 section 5).
 * Called by the settings and the command line. Never quotes a value: it may be
 * a secret.
 */
#ifndef MODEL_HEADER_H
#define MODEL_HEADER_H

#include "base/status.h"

/* STATUS_INVALID: no token (section 5.6.2), or a field that the program writes itself: Host,
 * Connection, Content-Length, Transfer-Encoding, Proxy-Authorization. */
NODISCARD enum status header_name_check(const char *name, struct error *error);

/* The name as above; STATUS_INVALID also where the value is not clean (base/text.h). */
NODISCARD enum status header_check(const char *name, const char *value, struct error *error);

#endif
