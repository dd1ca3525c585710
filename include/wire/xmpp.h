/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XMPP streams (RFC 6120 section 4) and their STARTTLS (section 5), for a client. */
#ifndef WIRE_XMPP_H
#define WIRE_XMPP_H

#include "base/buffer.h"
#include "wire/reply.h"

/* A new stream to that domain, which must be a host name or an address (model/address.h). */
void xmpp_stream_write(struct buffer *out, const char *domain);
void xmpp_starttls_write(struct buffer *out);
void xmpp_close_write(struct buffer *out);

/* The server's stream header and its features, which are positive, or a stream error (section
 * 4.9), whose condition is the code. */
enum reply_result xmpp_features_read(const char *bytes, size_t length, struct reply *out);
/* Inside the stream: <proceed/>, <failure/>, or a stream error. */
enum reply_result xmpp_answer_read(const char *bytes, size_t length, struct reply *out);

#endif
