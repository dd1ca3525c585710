/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks a server for TLS in its own protocol, over tcp or a tunnel, until it has given
 * the go-ahead: SMTP (RFC 3207), IMAP (RFC 9051 section 6.2.1), POP3 (RFC 2595), LDAP (RFC
 * 4511 section 4.14), PostgreSQL, MySQL, XMPP (RFC 6120 section 5). A byte that follows the
 * go-ahead came from nobody who knows of TLS (as in CVE-2011-0411, CVE-2021-23222): it is
 * an error, never data. Writes what the server said into its part of the observation.
 */
#ifndef LINK_STARTTLS_H
#define LINK_STARTTLS_H

#include "link/link.h"
#include "model/target.h"

/* Takes over below, also when it fails. target, whose protocol must have STARTTLS, and observation
 * are borrowed until the link is destroyed. NULL where memory is out. */
struct link *starttls_create(struct link *below, const struct target *target,
                             struct starttls_observation *observation);

#endif
