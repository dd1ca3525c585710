/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `openssl s_server` on a loopback port as a peer that is not wolfSSL: serves one
 * connection, then ends. What it says about the client is asked afterwards. Runs
 * in the directory of support/pki.h.
 */
#ifndef SUPPORT_OPENSSL_SERVER_H
#define SUPPORT_OPENSSL_SERVER_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "support/loopback.h"
#include "support/pki.h"

struct openssl_server {
  pid_t pid;
  uint16_t port;
  int input;  /* commands and text for the client */
  int output; /* what the server says */
  char said[65536];
  size_t said_bytes;
};

static inline void openssl_server_run(const char *arguments, const int input[2],
                                      const int output[2])
{
  char command[2048];
  (void)dup2(input[0], STDIN_FILENO);
  (void)dup2(output[1], STDOUT_FILENO);
  (void)dup2(output[1], STDERR_FILENO);
  (void)snprintf(command, sizeof(command),
                 "exec openssl s_server -accept 127.0.0.1:0 -naccept 1 -nameopt RFC2253 %s",
                 arguments);
  if (chdir(pki_directory) == 0) {
    (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
  }
  _exit(127);
}

/* More of what the server says; false when it has said all. */
static inline bool openssl_server_listen(struct openssl_server *server)
{
  struct pollfd waited = {server->output, POLLIN, 0};
  ck_assert_msg(poll(&waited, 1, PATIENCE_MS) == 1, "s_server is silent: %s", server->said);
  size_t room = sizeof(server->said) - 1 - server->said_bytes;
  ssize_t got = read(server->output, server->said + server->said_bytes, room);
  ck_assert_int_ge(got, 0);
  server->said_bytes += (size_t)got;
  server->said[server->said_bytes] = '\0';
  return got > 0;
}

/* Waits until it has said the words. */
static inline void openssl_server_await(struct openssl_server *server, const char *words)
{
  while (strstr(server->said, words) == NULL) {
    ck_assert_msg(openssl_server_listen(server), "s_server never said %s: %s", words, server->said);
  }
}

static inline void openssl_server_start(struct openssl_server *server, const char *arguments)
{
  int input[2];
  int output[2];
  memset(server, 0, sizeof(*server));
  ck_assert_int_eq(pipe2(input, O_CLOEXEC), 0);
  ck_assert_int_eq(pipe2(output, O_CLOEXEC), 0);
  server->pid = fork();
  ck_assert_int_ge(server->pid, 0);
  if (server->pid == 0) {
    openssl_server_run(arguments, input, output);
  }
  (void)close(input[0]);
  (void)close(output[1]);
  server->input = input[1];
  server->output = output[0];
  openssl_server_await(server, "ACCEPT 127.0.0.1:");
  while (strchr(strstr(server->said, "ACCEPT "), '\n') == NULL) {
    ck_assert(openssl_server_listen(server));
  }
  server->port = (uint16_t)strtoul(strrchr(server->said, ':') + 1, NULL, 10);
}

/* A command ("Q\n": close_notify and end) or, when it is none, text for the client. */
static inline void openssl_server_type(const struct openssl_server *server, const char *text)
{
  ck_assert_int_eq(write(server->input, text, strlen(text)), (ssize_t)strlen(text));
}

/* Waits for its end, which comes with the end of the connection. */
static inline void openssl_server_end(struct openssl_server *server)
{
  while (openssl_server_listen(server)) {
  }
  int status = 0;
  ck_assert_int_eq(waitpid(server->pid, &status, 0), server->pid);
  (void)close(server->input);
  (void)close(server->output);
  server->pid = 0;
}

/* Ends it as a crash would. */
static inline void openssl_server_kill(struct openssl_server *server)
{
  ck_assert_int_eq(kill(server->pid, SIGKILL), 0);
  openssl_server_end(server);
}

#endif
