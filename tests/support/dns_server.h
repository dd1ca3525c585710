/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small DNS server (RFC 1035) for tests, on UDP and TCP of one loopback port, in a
 * thread of its own. How it answers stands in the first label of the name:
 *   v4 v6 both nothing nx failing silent garbage alias circle many
 * ("many": cut on UDP, MANY_RECORDS addresses on TCP.)
 */
#ifndef SUPPORT_DNS_SERVER_H
#define SUPPORT_DNS_SERVER_H

#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { DNS_TYPE_A = 1, DNS_TYPE_CNAME = 5, DNS_TYPE_AAAA = 28 };
enum { DNS_OK = 0, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3 };
enum { DNS_HEADER_BYTES = 12, DNS_MESSAGE_MAX = 65535, DNS_MANY_RECORDS = 4000 };

struct dns_server {
  char servers[32]; /* for resolver_create() */
  atomic_int questions;
  int udp;
  int tcp;
  int stop[2];
  pthread_t thread;
};

struct dns_message {
  uint8_t bytes[DNS_MESSAGE_MAX];
  size_t length;
  unsigned answers;
};

static inline void dns_put16(struct dns_message *message, unsigned value)
{
  message->bytes[message->length++] = (uint8_t)(value >> 8);
  message->bytes[message->length++] = (uint8_t)value;
}

static inline void dns_put_record(struct dns_message *message, unsigned type, const uint8_t *data,
                                  size_t data_bytes)
{
  dns_put16(message, 0xc000 | DNS_HEADER_BYTES); /* the name asked for */
  dns_put16(message, type);
  dns_put16(message, 1);
  dns_put16(message, 0);
  dns_put16(message, 60);
  dns_put16(message, (unsigned)data_bytes);
  memcpy(message->bytes + message->length, data, data_bytes);
  message->length += data_bytes;
  message->answers++;
}

/* 192.0.2.1 and 2001:db8::1, of the networks for documentation. */
static inline void dns_put_address(struct dns_message *message, unsigned type)
{
  static const uint8_t v4[4] = {192, 0, 2, 1};
  static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
  if (type == DNS_TYPE_A) {
    dns_put_record(message, type, v4, sizeof(v4));
  } else if (type == DNS_TYPE_AAAA) {
    dns_put_record(message, type, v6, sizeof(v6));
  }
}

static inline void dns_put_many(struct dns_message *message, unsigned type)
{
  for (unsigned i = 0; type == DNS_TYPE_A && i < DNS_MANY_RECORDS; i++) {
    const uint8_t address[4] = {192, 0, (uint8_t)(i >> 8), (uint8_t)i};
    dns_put_record(message, type, address, sizeof(address));
  }
}

/* An alias from the name to itself: the record's data is a pointer back to it. */
static inline void dns_put_circle(struct dns_message *message)
{
  static const uint8_t same_name[2] = {0xc0, DNS_HEADER_BYTES};
  dns_put_record(message, DNS_TYPE_CNAME, same_name, sizeof(same_name));
}

static inline void dns_put_alias(struct dns_message *message, unsigned type)
{
  static const uint8_t other[] = "\x05other\x04test";
  size_t at = message->length + 12;
  dns_put_record(message, DNS_TYPE_CNAME, other, sizeof(other));
  size_t name_at = message->length;
  dns_put_address(message, type);
  if (message->length > name_at) {
    message->bytes[name_at] = (uint8_t)(0xc0 | at >> 8);
    message->bytes[name_at + 1] = (uint8_t)at;
  }
}

/* Turns the question into its answer; false: no answer at all. */
static inline bool dns_answer(struct dns_message *message, bool over_tcp)
{
  size_t name_end = DNS_HEADER_BYTES;
  while (name_end < message->length && message->bytes[name_end] != 0) {
    name_end += 1U + message->bytes[name_end];
  }
  if (name_end + 5 > message->length) {
    return false;
  }
  char label[64] = "";
  memcpy(label, message->bytes + DNS_HEADER_BYTES + 1, message->bytes[DNS_HEADER_BYTES] & 63U);
  unsigned type = message->bytes[name_end + 2];
  unsigned code = DNS_OK;
  bool cut = false;
  message->length = name_end + 5;

  if (strcmp(label, "silent") == 0) {
    return false;
  }
  if (strcmp(label, "both") == 0 || (strcmp(label, "v4") == 0 && type == DNS_TYPE_A) ||
      (strcmp(label, "v6") == 0 && type == DNS_TYPE_AAAA)) {
    dns_put_address(message, type);
  } else if (strcmp(label, "alias") == 0) {
    dns_put_alias(message, type);
  } else if (strcmp(label, "circle") == 0) {
    dns_put_circle(message);
  } else if (strcmp(label, "many") == 0 && over_tcp) {
    dns_put_many(message, type);
  } else if (strcmp(label, "many") == 0) {
    cut = true;
  } else if (strcmp(label, "failing") == 0) {
    code = DNS_SERVFAIL;
  } else if (strcmp(label, "nx") == 0) {
    code = DNS_NXDOMAIN;
  }

  message->bytes[2] = (uint8_t)(0x81 | (cut ? 2 : 0));
  message->bytes[3] = (uint8_t)(0x80 | code);
  message->bytes[6] = (uint8_t)(message->answers >> 8);
  message->bytes[7] = (uint8_t)message->answers;
  memset(message->bytes + 8, 0, 4);
  if (strcmp(label, "garbage") == 0) { /* says that there are answers, and has none */
    message->bytes[7] = 9;
    memset(message->bytes + message->length, 0xff, 7);
    message->length += 7;
  }
  return true;
}

static inline void dns_serve_udp(struct dns_server *server, struct dns_message *message)
{
  struct sockaddr_in peer;
  socklen_t peer_bytes = sizeof(peer);
  ssize_t got =
      recvfrom(server->udp, message->bytes, 512, 0, (struct sockaddr *)&peer, &peer_bytes);
  if (got < DNS_HEADER_BYTES) {
    return;
  }
  message->length = (size_t)got;
  message->answers = 0;
  atomic_fetch_add(&server->questions, 1);
  if (dns_answer(message, false)) {
    (void)sendto(server->udp, message->bytes, message->length, 0, (struct sockaddr *)&peer,
                 peer_bytes);
  }
}

static inline void dns_serve_tcp(struct dns_server *server, struct dns_message *message)
{
  const struct timeval patience = {.tv_sec = 1};
  int peer = accept(server->tcp, NULL, NULL);
  (void)setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  (void)setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  uint8_t head[2];
  while (recv(peer, head, sizeof(head), MSG_WAITALL) == sizeof(head)) {
    message->length = (size_t)head[0] << 8 | head[1];
    message->answers = 0;
    if (recv(peer, message->bytes, message->length, MSG_WAITALL) != (ssize_t)message->length) {
      break;
    }
    atomic_fetch_add(&server->questions, 1);
    if (!dns_answer(message, true)) {
      continue;
    }
    head[0] = (uint8_t)(message->length >> 8);
    head[1] = (uint8_t)message->length;
    (void)send(peer, head, sizeof(head), MSG_NOSIGNAL | MSG_MORE);
    (void)send(peer, message->bytes, message->length, MSG_NOSIGNAL);
  }
  close(peer);
}

static inline void *dns_serve(void *context)
{
  static struct dns_message message;
  struct dns_server *server = context;
  for (;;) {
    struct pollfd ready[3] = {{.fd = server->stop[0], .events = POLLIN},
                              {.fd = server->udp, .events = POLLIN},
                              {.fd = server->tcp, .events = POLLIN}};
    if (poll(ready, 3, -1) < 0 || ready[0].revents != 0) {
      return NULL;
    }
    if (ready[1].revents != 0) {
      dns_serve_udp(server, &message);
    }
    if (ready[2].revents != 0) {
      dns_serve_tcp(server, &message);
    }
  }
}

static inline bool dns_bind(struct dns_server *server)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof(address);
  server->tcp = socket(AF_INET, SOCK_STREAM, 0);
  server->udp = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(server->tcp, (struct sockaddr *)&address, length) == 0 &&
      getsockname(server->tcp, (struct sockaddr *)&address, &length) == 0 &&
      listen(server->tcp, 16) == 0 && bind(server->udp, (struct sockaddr *)&address, length) == 0) {
    (void)snprintf(server->servers, sizeof(server->servers), "127.0.0.1:%u",
                   (unsigned)ntohs(address.sin_port));
    return true;
  }
  close(server->tcp);
  close(server->udp);
  return false;
}

static inline void dns_server_start(struct dns_server *server)
{
  memset(server, 0, sizeof(*server));
  int tries = 0;
  while (!dns_bind(server)) { /* the port of the one protocol may be taken in the other */
    ck_assert_int_lt(++tries, 100);
  }
  ck_assert_int_eq(pipe(server->stop), 0);
  ck_assert_int_eq(pthread_create(&server->thread, NULL, dns_serve, server), 0);
}

static inline void dns_server_stop(struct dns_server *server)
{
  close(server->stop[1]);
  pthread_join(server->thread, NULL);
  close(server->stop[0]);
  close(server->udp);
  close(server->tcp);
}

#endif
