/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening sockets on the loopback, on ports that the kernel chooses.
 */
#ifndef SUPPORT_LOOPBACK_H
#define SUPPORT_LOOPBACK_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 }; /* for what must come; long, for busy machines */

struct loopback {
  int descriptor;
  struct sockaddr_storage address;
  socklen_t address_bytes;
  uint16_t port;
};

static inline void loopback_address(int family, uint16_t port, struct loopback *out)
{
  *out = (struct loopback){.descriptor = -1, .port = port};
  if (family == AF_INET6) {
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->address;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    v6->sin6_addr = in6addr_loopback;
    out->address_bytes = sizeof(*v6);
  } else {
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->address;
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out->address_bytes = sizeof(*v4);
  }
}

/* Bound to a port but not listening: connections are refused. */
static inline void loopback_bind(int family, struct loopback *out)
{
  loopback_address(family, 0, out);
  out->descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ck_assert_int_ge(out->descriptor, 0);
  ck_assert_int_eq(bind(out->descriptor, (struct sockaddr *)&out->address, out->address_bytes), 0);
  ck_assert_int_eq(
      getsockname(out->descriptor, (struct sockaddr *)&out->address, &out->address_bytes), 0);
  out->port = ntohs(family == AF_INET6 ? ((struct sockaddr_in6 *)&out->address)->sin6_port
                                       : ((struct sockaddr_in *)&out->address)->sin_port);
}

static inline void loopback_listen(int family, struct loopback *out)
{
  loopback_bind(family, out);
  ck_assert_int_eq(listen(out->descriptor, 16), 0);
}

static inline void loopback_close(struct loopback *loopback)
{
  if (loopback->descriptor >= 0) {
    (void)close(loopback->descriptor);
  }
  loopback->descriptor = -1;
}

/* Closes so that the peer sees a reset. */
static inline void close_with_reset(int descriptor)
{
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  (void)setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  (void)close(descriptor);
}

#endif
