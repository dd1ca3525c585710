/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The MySQL client/server protocol's connection phase, as MySQL and MariaDB document
 * it ("Connection Phase", "Connecting"): the server's greeting, SSLRequest, and a login
 * without a password.
 */
#ifndef WIRE_MYSQL_H
#define WIRE_MYSQL_H

#include "base/buffer.h"
#include "wire/reply.h"

/* SSLRequest: nothing answers it, TLS follows. */
void mysql_ssl_request_write(struct buffer *out);
/* HandshakeResponse41 with an empty password, after SSLRequest. database NULL: none. */
void mysql_login_write(struct buffer *out, const char *user, const char *database);
/* The empty password once more, for an account whose plugin is not the one that login named. */
void mysql_empty_password_write(struct buffer *out);
void mysql_quit_write(struct buffer *out);

/* Initial handshake packet, version 10, or ERR. offers: CLIENT_SSL. text: the server's version. */
enum reply_result mysql_greeting_read(const char *bytes, size_t length, struct reply *out);
/* OK is positive, ERR negative, AuthSwitchRequest and AuthMoreData are challenges. code: the error
 * number, or the name of the packet. */
enum reply_result mysql_reply_read(const char *bytes, size_t length, struct reply *out);

#endif
