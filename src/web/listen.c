/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128, PORT_TEXT_BYTES = 8 };

static enum status refuse(struct error *error, const char *address, int code)
{
  char text[128];
  return error_set(error, STATUS_IO, NULL, 0, "cannot listen on %s: %s", address,
                   strerror_r(code, text, sizeof(text)));
}

/* One address or all of the machine's: with no host, IPv6 takes IPv4 along. */
static int open_socket(const struct addrinfo *where, bool any_host)
{
  int fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) {
    return -1;
  }
  int on = 1;
  int v6_only = any_host ? 0 : 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      (where->ai_family == AF_INET6 &&
       setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only)) != 0) ||
      bind(fd, where->ai_addr, where->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
    int code = errno;
    (void)close(fd);
    errno = code;
    return -1;
  }
  return fd;
}

static const struct addrinfo *find_family(const struct addrinfo *list, int family)
{
  while (list != NULL && list->ai_family != family) {
    list = list->ai_next;
  }
  return list;
}

/* The preferred family first; the other one where the machine lacks it. */
static int open_preferred(const struct addrinfo *list, bool any_host)
{
  int families[] = {any_host ? AF_INET6 : AF_INET, any_host ? AF_INET : AF_INET6};
  int fd = -1;
  errno = EADDRNOTAVAIL;
  for (size_t i = 0; i < 2 && fd < 0; i++) {
    const struct addrinfo *where = find_family(list, families[i]);
    if (where != NULL) {
      fd = open_socket(where, any_host);
      if (fd < 0 && errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) {
        return -1;
      }
    }
  }
  return fd;
}

static enum status describe(int fd, char bound[BOUND_ADDRESS_MAX])
{
  struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
  socklen_t length = sizeof(address);
  char host[HOST_MAX];
  char port[PORT_TEXT_BYTES];
  if (getsockname(fd, (struct sockaddr *)&address, &length) != 0 ||
      getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return STATUS_IO;
  }
  bool bracketed = address.ss_family == AF_INET6;
  (void)snprintf(bound, BOUND_ADDRESS_MAX, "%s%s%s:%s", bracketed ? "[" : "", host,
                 bracketed ? "]" : "", port);
  return STATUS_OK;
}

enum status listen_open(const char *address, int *out, char bound[BOUND_ADDRESS_MAX],
                        struct error *error)
{
  *out = -1;
  char host[HOST_MAX];
  uint16_t port = 0;
  enum status status = listen_address_parse(address, host, &port, error);
  if (status != STATUS_OK) {
    return status;
  }
  char service[PORT_TEXT_BYTES];
  (void)snprintf(service, sizeof(service), "%u", (unsigned)port);
  const struct addrinfo hints = {
      .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *list = NULL;
  bool any_host = host[0] == '\0';
  int code = getaddrinfo(any_host ? NULL : host, service, &hints, &list);
  if (code != 0) {
    return error_set(error, STATUS_IO, NULL, 0, "cannot listen on %s: %s", address,
                     gai_strerror(code));
  }
  int fd = open_preferred(list, any_host);
  code = errno;
  freeaddrinfo(list);
  if (fd < 0) {
    return refuse(error, address, code);
  }
  if (describe(fd, bound) != STATUS_OK) {
    code = errno;
    (void)close(fd);
    return refuse(error, address, code);
  }
  *out = fd;
  return STATUS_OK;
}
