/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bottom of every chain: one non-blocking TCP connection to one address, no
 * second address and no retry. Owns the descriptor.
 */
#ifndef LINK_TCP_H
#define LINK_TCP_H

#include <sys/socket.h>

#include "link/link.h"

/* Takes one address and creates the socket at the first step, with TCP_NODELAY.
 * *connect_error gets the errno when connecting fails. NULL where memory is out. */
struct link *tcp_create(const struct sockaddr *address, socklen_t address_bytes,
                        int *connect_error);
/* -1 before the first step. Stays the link's. */
int tcp_descriptor(const struct link *tcp);

#endif
