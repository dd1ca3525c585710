/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LDAP (RFC 4511): StartTLS, and the smallest question that every server answers
 * to everybody, a search of the root DSE (RFC 4512 section 5.1) for no attributes.
 */
#ifndef WIRE_LDAP_H
#define WIRE_LDAP_H

#include "base/buffer.h"
#include "wire/reply.h"

/* ExtendedRequest 1.3.6.1.4.1.1466.20037, section 4.14.1. */
void ldap_starttls_write(struct buffer *out);
void ldap_root_dse_search_write(struct buffer *out);
void ldap_unbind_write(struct buffer *out);

/* All messages up to a SearchResultDone, an ExtendedResponse (also a notice of disconnection,
 * section 4.4.1) or a BindResponse. code: the resultCode by its name there,
 * in decimal for one that has none; "success" alone is positive. text: the diagnosticMessage. Whose
 * messageID it is does not matter: one request is under way. */
enum reply_result ldap_reply_read(const char *bytes, size_t length, struct reply *out);

#endif
