/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tcp {
  struct link link;
  struct sockaddr_storage address;
  socklen_t address_bytes;
  int descriptor;
  int *connect_error;
};

static enum link_step connecting_failed(struct tcp *tcp, int system_error)
{
  *tcp->connect_error = system_error;
  return link_fail(&tcp->link, ending_of_errno(system_error), system_error);
}

static enum link_step begin(struct tcp *tcp)
{
  tcp->descriptor =
      socket(tcp->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (tcp->descriptor < 0) {
    int system_error = errno;
    return connecting_failed(tcp, system_error);
  }
  int on = 1;
  /* Without it a handshake in two writes waits 40 ms for an acknowledgement. */
  (void)setsockopt(tcp->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(tcp->descriptor, (const struct sockaddr *)&tcp->address, tcp->address_bytes) == 0) {
    return LINK_DONE;
  }
  int system_error = errno;
  return system_error == EINPROGRESS ? LINK_WANT_WRITE : connecting_failed(tcp, system_error);
}

static enum link_step tcp_connect(struct link *link)
{
  struct tcp *tcp = (struct tcp *)link;
  if (tcp->descriptor < 0) {
    return begin(tcp);
  }
  int system_error = 0;
  socklen_t length = sizeof(system_error);
  if (getsockopt(tcp->descriptor, SOL_SOCKET, SO_ERROR, &system_error, &length) < 0) {
    system_error = errno;
  }
  if (system_error != 0) {
    return connecting_failed(tcp, system_error);
  }
  /* No error may also mean that it is still under way. */
  struct sockaddr_storage peer;
  socklen_t peer_bytes = sizeof(peer);
  if (getpeername(tcp->descriptor, (struct sockaddr *)&peer, &peer_bytes) < 0) {
    return LINK_WANT_WRITE;
  }
  return LINK_DONE;
}

static enum link_step transfer_failed(struct link *link, int system_error, enum link_step wanted)
{
  if (system_error == EAGAIN || system_error == EWOULDBLOCK || system_error == EINTR) {
    return wanted;
  }
  return link_fail(link, ending_of_errno(system_error), system_error);
}

static enum link_step tcp_read(struct link *link, uint8_t *bytes, size_t capacity, size_t *count)
{
  ssize_t got = recv(((struct tcp *)link)->descriptor, bytes, capacity, 0);
  if (got < 0) {
    int system_error = errno;
    return transfer_failed(link, system_error, LINK_WANT_READ);
  }
  *count = (size_t)got;
  return LINK_DONE;
}

static enum link_step tcp_write(struct link *link, const uint8_t *bytes, size_t length,
                                size_t *count)
{
  ssize_t sent = send(((struct tcp *)link)->descriptor, bytes, length, MSG_NOSIGNAL);
  if (sent < 0) {
    int system_error = errno;
    if (ending_of_errno(system_error) == ENDING_RESET) {
      /* What arrived before the reset is still there to be read, and says why: so only
       * this write fails, not the link. */
      return LINK_FAILED;
    }
    return transfer_failed(link, system_error, LINK_WANT_WRITE);
  }
  *count = (size_t)sent;
  return LINK_DONE;
}

static void tcp_destroy(struct link *link)
{
  struct tcp *tcp = (struct tcp *)link;
  if (tcp->descriptor >= 0) {
    (void)close(tcp->descriptor);
  }
  free(tcp);
}

static const struct link_operations tcp_operations = {
    .connect = tcp_connect,
    .read = tcp_read,
    .write = tcp_write,
    .destroy = tcp_destroy,
};

struct link *tcp_create(const struct sockaddr *address, socklen_t address_bytes, int *connect_error)
{
  if (address_bytes > sizeof(struct sockaddr_storage)) {
    return NULL;
  }
  struct tcp *tcp = calloc(1, sizeof(*tcp));
  if (tcp == NULL) {
    return NULL;
  }
  tcp->link.operations = &tcp_operations;
  memcpy(&tcp->address, address, address_bytes);
  tcp->address_bytes = address_bytes;
  tcp->descriptor = -1;
  tcp->connect_error = connect_error;
  return &tcp->link;
}

int tcp_descriptor(const struct link *tcp)
{
  return ((const struct tcp *)tcp)->descriptor;
}
