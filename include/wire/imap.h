/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IMAP responses before login (RFC 9051 section 7; RFC 3501 is alike). Line by line:
 * there are no literals in what is answered to CAPABILITY, STARTTLS and AUTHENTICATE.
 */
#ifndef WIRE_IMAP_H
#define WIRE_IMAP_H

#include "wire/reply.h"

/* "* OK", "* BYE", "* PREAUTH": who is logged in already cannot have STARTTLS (section 7.1.4), so
 * only OK is positive. */
enum reply_result imap_greeting_read(const char *bytes, size_t length, struct reply *out);
/* All up to the tagged response, "+", or "* BYE". "+" is a challenge. offers: of "* CAPABILITY".
 * Whose tag it is does not matter: one command is under way at a time. */
enum reply_result imap_reply_read(const char *bytes, size_t length, struct reply *out);

#endif
