/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client says it takes: the fields Accept and Accept-Encoding (RFC 9110
 * section 12.5). Pure. Between the modules of web/ only.
 */
#ifndef WEB_ACCEPT_H
#define WEB_ACCEPT_H

#include "web/web.h"

/* See web_preferred(). field NULL: there is none. A weight above 1, as Prometheus 2.49 sends it,
 * counts as 1; what cannot be read is passed over. */
size_t accept_preferred(const char *field, const struct web_offer *offers, size_t count);

/* Whether the content coding may be used: named, or covered by "*", with a weight above 0. */
bool accept_coding(const char *field, const char *coding);

#endif
