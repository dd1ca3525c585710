/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POP3 replies (RFC 1939 section 3), CAPA (RFC 2449), STLS (RFC 2595), AUTH (RFC 5034). */
#ifndef WIRE_POP3_H
#define WIRE_POP3_H

#include "wire/reply.h"

/* One line: "+OK", "-ERR", or "+ ", which is a challenge. */
enum reply_result pop3_reply_read(const char *bytes, size_t length, struct reply *out);
/* The same, but "+OK" is followed by lines up to ".": the answer to CAPA, with what it offers. */
enum reply_result pop3_capabilities_read(const char *bytes, size_t length, struct reply *out);

#endif
