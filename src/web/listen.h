/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening TCP sockets, made here rather than by the HTTP library so that port 0,
 * IPv6 and the words of an error are ours. Called by web.c, which owns the socket.
 */
#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H

#include "base/status.h"
#include "model/address.h"

enum { BOUND_ADDRESS_MAX = HOST_MAX + 16 };

/* Binds and listens, non-blocking; address as in model/address.h. A host name stands
 * for its first address, IPv4 before IPv6; no host for every address of the machine.
 * bound becomes "127.0.0.1:10063" with the port really in use. */
NODISCARD enum status listen_open(const char *address, int *out, char bound[BOUND_ADDRESS_MAX],
                                  struct error *error);

#endif
