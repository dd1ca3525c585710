/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PostgreSQL's frontend/backend protocol, version 3 (its documentation, chapter
 * "Message Formats"): SSLRequest and its one-byte answer, the start-up of a session, and
 * what the server says to it first.
 */
#ifndef WIRE_POSTGRES_H
#define WIRE_POSTGRES_H

#include "base/buffer.h"
#include "wire/reply.h"

void postgres_ssl_request_write(struct buffer *out);
/* StartupMessage. database NULL: the server takes the user's name. */
void postgres_startup_write(struct buffer *out, const char *user, const char *database);
void postgres_terminate_write(struct buffer *out);

/* "S" offers TLS, "N" does not; a server that cannot even fork answers with an ErrorResponse. */
enum reply_result postgres_ssl_answer_read(const char *bytes, size_t length, struct reply *out);
/* All up to the first Authentication message or ErrorResponse. AuthenticationOk is positive, any
 * other Authentication a challenge. code: the SQLSTATE, or the kind of authentication. */
enum reply_result postgres_reply_read(const char *bytes, size_t length, struct reply *out);

#endif
