/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SMTP replies (RFC 5321 section 4.2) and the STARTTLS keyword (RFC 3207). */
#ifndef WIRE_SMTP_H
#define WIRE_SMTP_H

#include "wire/reply.h"

/* With a name that is nobody's (RFC 2606), but a host name, as servers want it. */
#define SMTP_EHLO "EHLO mtls-exporter.invalid\r\n"

/* One reply of any number of lines, "250-...", "250 ...". 2xx is positive, 4xx and 5xx negative,
 * 3xx a challenge. offers: the keywords of an EHLO reply. text: of its first line. */
enum reply_result smtp_reply_read(const char *bytes, size_t length, struct reply *out);

#endif
