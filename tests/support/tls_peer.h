/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A peer on the loopback that plays a story for each connection, one after the other
 * in a thread of its own: what a proxy answers, TLS by wolfSSL, TLS inside TLS, and
 * any misbehaviour that a case needs. Certificates are those of support/pki.h:
 * "server" serves, "root" has issued the clients'.
 */
#ifndef SUPPORT_TLS_PEER_H
#define SUPPORT_TLS_PEER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/time.h>

#include "event/loop.h"
#include "link/wolfssl.h"
#include "support/loopback.h"
#include "support/pki.h"

enum { PEER_RECEIVED_MAX = 65536 };

struct tls_peer {
  /* what a case chooses before it starts the peer */
  void (*story)(struct tls_peer *peer);
  enum { PEER_TLS_1_3, PEER_TLS_1_2 } version;
  enum { PEER_ASKS_NOT, PEER_ASKS, PEER_REQUIRES } asks; /* for a certificate */
  bool sends_tickets;
  const char *certificate; /* NULL: "server" */
  struct waker *waker;     /* woken when a story has come to peer_hold(); NULL: nobody is */

  /* what it tells */
  struct loopback listener;
  atomic_uint connections;
  atomic_uint certificates;         /* received from clients */
  atomic_uint holds;                /* how often a story has come to peer_hold() */
  char received[PEER_RECEIVED_MAX]; /* on the present connection, decrypted; terminated */
  size_t received_bytes;

  pthread_t thread;
  int stop[2];
  int descriptor;
  WOLFSSL_CTX *context;
  WOLFSSL *outer; /* below ssl, where TLS runs inside TLS */
  WOLFSSL *ssl;   /* NULL: what is said goes out as it is */
};

/* ---- what stories are made of ---------------------------------------------------------- */

static inline int peer_receive_inside(WOLFSSL *ssl, char *bytes, int capacity, void *outer)
{
  (void)ssl;
  int got = wolfSSL_read(outer, bytes, capacity);
  return got > 0 ? got : WOLFSSL_CBIO_ERR_CONN_CLOSE;
}

static inline int peer_send_inside(WOLFSSL *ssl, char *bytes, int length, void *outer)
{
  (void)ssl;
  return wolfSSL_write(outer, bytes, length) > 0 ? length : WOLFSSL_CBIO_ERR_CONN_CLOSE;
}

/* Again: TLS inside the TLS that there is. */
static inline bool peer_handshake(struct tls_peer *peer)
{
  peer->outer = peer->ssl;
  peer->ssl = wolfSSL_new(peer->context);
  (void)wolfSSL_set_fd(peer->ssl, peer->descriptor);
  if (peer->outer != NULL) {
    wolfSSL_SSLSetIORecv(peer->ssl, peer_receive_inside);
    wolfSSL_SSLSetIOSend(peer->ssl, peer_send_inside);
    wolfSSL_SetIOReadCtx(peer->ssl, peer->outer);
    wolfSSL_SetIOWriteCtx(peer->ssl, peer->outer);
  }
  bool done = wolfSSL_accept(peer->ssl) == WOLFSSL_SUCCESS;
  WOLFSSL_X509 *certificate = wolfSSL_get_peer_certificate(peer->ssl);
  if (certificate != NULL) {
    (void)atomic_fetch_add(&peer->certificates, 1);
  }
  wolfSSL_X509_free(certificate);
  return done;
}

/* Some more bytes; false: the client says nothing more. */
static inline bool peer_listen(struct tls_peer *peer)
{
  size_t room = sizeof(peer->received) - 1 - peer->received_bytes;
  char *end = peer->received + peer->received_bytes;
  ssize_t got = peer->ssl != NULL ? wolfSSL_read(peer->ssl, end, (int)room)
                                  : recv(peer->descriptor, end, room, 0);
  if (got <= 0) {
    return false;
  }
  peer->received_bytes += (size_t)got;
  peer->received[peer->received_bytes] = '\0';
  return true;
}

/* Whether the client said the words. */
static inline bool peer_await(struct tls_peer *peer, const char *words)
{
  while (strstr(peer->received, words) == NULL) {
    if (!peer_listen(peer)) {
      return false;
    }
  }
  return true;
}

/* Whether there is still somebody to say it to. */
static inline bool peer_say_bytes(struct tls_peer *peer, const void *bytes, size_t length)
{
  if (peer->ssl != NULL) {
    return wolfSSL_write(peer->ssl, bytes, (int)length) > 0;
  }
  return send(peer->descriptor, bytes, length, MSG_NOSIGNAL) > 0;
}

static inline bool peer_say(struct tls_peer *peer, const char *text)
{
  return peer_say_bytes(peer, text, strlen(text));
}

/* Says that it is here, and nothing more until the client has closed or the peer is stopped. */
static inline void peer_hold(struct tls_peer *peer)
{
  (void)atomic_fetch_add(&peer->holds, 1);
  if (peer->waker != NULL) {
    waker_wake(peer->waker);
  }
  char bytes[4096];
  struct pollfd ready[2] = {{peer->descriptor, POLLIN, 0}, {peer->stop[0], POLLIN, 0}};
  while (poll(ready, 2, -1) > 0 && ready[1].revents == 0 &&
         recv(peer->descriptor, bytes, sizeof(bytes), 0) > 0) {
  }
}

static inline void peer_close_notify(struct tls_peer *peer)
{
  (void)wolfSSL_shutdown(peer->ssl);
}

/* The connection ends by a reset instead of an end. */
static inline void peer_reset(struct tls_peer *peer)
{
  close_with_reset(peer->descriptor);
  peer->descriptor = -1;
}

/* ---- the peer -------------------------------------------------------------------------- */

static inline void peer_serve(struct tls_peer *peer)
{
  const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
  peer->descriptor = accept(peer->listener.descriptor, NULL, NULL);
  if (peer->descriptor < 0) {
    return;
  }
  (void)setsockopt(peer->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  (void)atomic_fetch_add(&peer->connections, 1);
  peer->received_bytes = 0;
  peer->received[0] = '\0';
  peer->story(peer);
  wolfSSL_free(peer->ssl);
  wolfSSL_free(peer->outer);
  peer->ssl = NULL;
  peer->outer = NULL;
  if (peer->descriptor >= 0) {
    (void)close(peer->descriptor);
  }
}

static inline void *peer_run(void *context)
{
  struct tls_peer *peer = context;
  struct pollfd ready[2] = {{peer->listener.descriptor, POLLIN, 0}, {peer->stop[0], POLLIN, 0}};
  while (poll(ready, 2, -1) > 0 && ready[1].revents == 0) {
    peer_serve(peer);
  }
  wc_ecc_fp_free(); /* of this thread */
  return NULL;
}

static inline WOLFSSL_CTX *peer_context(const struct tls_peer *peer)
{
  WOLFSSL_CTX *context = wolfSSL_CTX_new(
      peer->version == PEER_TLS_1_2 ? wolfTLSv1_2_server_method() : wolfTLSv1_3_server_method());
  char certificate[64];
  char key[64];
  const char *name = peer->certificate != NULL ? peer->certificate : "server";
  (void)snprintf(certificate, sizeof(certificate), "%s.pem", name);
  (void)snprintf(key, sizeof(key), "%s.key", name);
  ck_assert_int_eq(
      wolfSSL_CTX_use_certificate_file(context, pki_path(certificate), WOLFSSL_FILETYPE_PEM),
      WOLFSSL_SUCCESS);
  ck_assert_int_eq(wolfSSL_CTX_use_PrivateKey_file(context, pki_path(key), WOLFSSL_FILETYPE_PEM),
                   WOLFSSL_SUCCESS);
  ck_assert_int_eq(wolfSSL_CTX_load_verify_locations(context, pki_path("root.pem"), NULL),
                   WOLFSSL_SUCCESS);
  wolfSSL_CTX_set_verify(context,
                         peer->asks == PEER_REQUIRES
                             ? WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : peer->asks == PEER_ASKS ? WOLFSSL_VERIFY_PEER
                                                   : WOLFSSL_VERIFY_NONE,
                         NULL);
  if (!peer->sends_tickets) {
    (void)wolfSSL_CTX_no_ticket_TLSv13(context);
  }
  return context;
}

static inline void peer_start(struct tls_peer *peer)
{
  peer->context = peer_context(peer);
  peer->descriptor = -1;
  loopback_listen(AF_INET, &peer->listener);
  ck_assert_int_eq(pipe(peer->stop), 0);
  ck_assert_int_eq(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

/* Ends a story that holds, waits for one that does not. */
static inline void peer_stop(struct tls_peer *peer)
{
  (void)close(peer->stop[1]);
  (void)pthread_join(peer->thread, NULL);
  (void)close(peer->stop[0]);
  struct pollfd waiting = {peer->listener.descriptor, POLLIN, 0};
  while (poll(&waiting, 1, 0) == 1) { /* nobody has taken these */
    (void)close(accept(peer->listener.descriptor, NULL, NULL));
    (void)atomic_fetch_add(&peer->connections, 1);
  }
  loopback_close(&peer->listener);
  wolfSSL_CTX_free(peer->context);
}

#endif
