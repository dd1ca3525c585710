/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/tcp.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "support/allocation_fails.h"
#include "support/link_driver.h"
#include "support/loopback.h"

static struct loopback listener;
static struct link *tcp;
static int connect_error;
static int peer; /* the accepted side */

static void begin_case(void)
{
  loopback_listen(AF_INET, &listener);
  connect_error = 0;
  peer = -1;
}

static void end_case(void)
{
  link_destroy(tcp);
  loopback_close(&listener);
  if (peer >= 0) {
    (void)close(peer);
  }
}

static void create(const struct loopback *target)
{
  tcp =
      tcp_create((const struct sockaddr *)&target->address, target->address_bytes, &connect_error);
  ck_assert_ptr_nonnull(tcp);
}

static void connect_and_accept(void)
{
  create(&listener);
  ck_assert_int_eq(drive_connect(tcp, tcp), LINK_DONE);
  peer = accept(listener.descriptor, NULL, NULL);
  ck_assert_int_ge(peer, 0);
}

START_TEST(the_socket_is_made_at_the_first_step)
{
  create(&listener);
  ck_assert_int_eq(tcp_descriptor(tcp), -1);
  ck_assert_int_eq(drive_connect(tcp, tcp), LINK_DONE);
  ck_assert_int_ge(tcp_descriptor(tcp), 0);
  ck_assert_int_eq(connect_error, 0);
  ck_assert_int_eq(link_connect(tcp), LINK_DONE); /* idempotent */
}
END_TEST

START_TEST(an_ipv6_address_is_connected_too)
{
  struct loopback v6;
  loopback_listen(AF_INET6, &v6);
  create(&v6);
  ck_assert_int_eq(drive_connect(tcp, tcp), LINK_DONE);
  loopback_close(&v6);
}
END_TEST

START_TEST(the_socket_neither_blocks_nor_delays_nor_is_inherited)
{
  connect_and_accept();
  int on = 0;
  socklen_t length = sizeof(on);
  ck_assert_int_eq(getsockopt(tcp_descriptor(tcp), IPPROTO_TCP, TCP_NODELAY, &on, &length), 0);
  ck_assert_int_ne(on, 0);
  ck_assert_int_ne(fcntl(tcp_descriptor(tcp), F_GETFL) & O_NONBLOCK, 0);
  ck_assert_int_ne(fcntl(tcp_descriptor(tcp), F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

START_TEST(a_step_that_comes_too_early_waits)
{
  create(&listener);
  ck_assert_int_eq(link_connect(tcp), LINK_WANT_WRITE);
  await_link(tcp, LINK_WANT_WRITE);
  ck_assert_int_eq(link_connect(tcp), LINK_DONE);
}
END_TEST

START_TEST(a_connection_under_way_is_waited_for)
{
  struct loopback full; /* answers no SYN any more once its queue is full */
  int fillers[8];
  loopback_bind(AF_INET, &full);
  ck_assert_int_eq(listen(full.descriptor, 0), 0);
  for (int i = 0; i < 8; i++) {
    fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)connect(fillers[i], (struct sockaddr *)&full.address, full.address_bytes);
  }
  create(&full);
  for (int i = 0; i < 5; i++) {
    ck_assert_int_eq(link_connect(tcp), LINK_WANT_WRITE);
  }
  ck_assert_int_eq(connect_error, 0);
  for (int i = 0; i < 8; i++) {
    (void)close(fillers[i]);
  }
  loopback_close(&full);
}
END_TEST

START_TEST(a_refusal_keeps_its_error_and_stays)
{
  struct loopback nobody;
  loopback_bind(AF_INET, &nobody);
  create(&nobody);
  ck_assert_int_eq(drive_connect(tcp, tcp), LINK_FAILED);
  ck_assert_int_eq(connect_error, ECONNREFUSED);
  ck_assert_int_eq(tcp->ending, ENDING_ERROR);
  ck_assert_int_eq(tcp->system_error, ECONNREFUSED);
  ck_assert_int_eq(link_connect(tcp), LINK_FAILED);
  loopback_close(&nobody);
}
END_TEST

START_TEST(an_address_that_cannot_be_reached_fails_at_once)
{
  struct loopback nowhere;
  loopback_address(AF_INET, 1, &nowhere);
  ((struct sockaddr_in *)&nowhere.address)->sin_addr.s_addr = htonl(INADDR_BROADCAST);
  create(&nowhere);
  ck_assert_int_eq(link_connect(tcp), LINK_FAILED);
  ck_assert_int_ne(connect_error, 0);
  ck_assert_int_eq(tcp->ending, ENDING_ERROR);
}
END_TEST

START_TEST(without_a_descriptor_left_it_says_so)
{
  struct rlimit limit;
  ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const struct rlimit none = {0, limit.rlim_max};
  create(&listener);
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
  ck_assert_int_eq(link_connect(tcp), LINK_FAILED);
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
  ck_assert_int_eq(connect_error, EMFILE);
  ck_assert_int_eq(tcp_descriptor(tcp), -1);
}
END_TEST

START_TEST(bytes_go_both_ways)
{
  connect_and_accept();
  char got[16] = "";
  ck_assert_int_eq(drive_write(tcp, tcp, "ping"), LINK_DONE);
  ck_assert_int_eq(recv(peer, got, 4, MSG_WAITALL), 4);
  ck_assert_str_eq(got, "ping");
  size_t count = 0;
  ck_assert_int_eq(link_read(tcp, (uint8_t *)got, sizeof(got), &count), LINK_WANT_READ);
  ck_assert_int_eq(send(peer, "pong!", 5, 0), 5);
  ck_assert_int_eq(drive_read(tcp, tcp, got, sizeof(got), &count), LINK_DONE);
  ck_assert(count == 5 && memcmp(got, "pong!", 5) == 0);
}
END_TEST

START_TEST(a_full_pipe_is_waited_for)
{
  static const uint8_t zeros[65536];
  connect_and_accept();
  enum link_step step = LINK_DONE;
  size_t sent = 0;
  while (step == LINK_DONE && sent < 1024 * sizeof(zeros)) {
    size_t count = 0;
    step = link_write(tcp, zeros, sizeof(zeros), &count);
    sent += count;
  }
  ck_assert_int_eq(step, LINK_WANT_WRITE);
  ck_assert(!tcp->failed);
}
END_TEST

START_TEST(the_peer_s_end_is_no_failure)
{
  connect_and_accept();
  ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
  char got[4];
  size_t count = 7;
  ck_assert_int_eq(drive_read(tcp, tcp, got, sizeof(got), &count), LINK_DONE);
  ck_assert_uint_eq(count, 0);
  ck_assert_int_eq(drive_write(tcp, tcp, "still"), LINK_DONE);
}
END_TEST

START_TEST(a_reset_is_told_apart)
{
  connect_and_accept();
  close_with_reset(peer);
  peer = -1;
  char got[4];
  size_t count = 0;
  ck_assert_int_eq(drive_read(tcp, tcp, got, sizeof(got), &count), LINK_FAILED);
  ck_assert_int_eq(tcp->ending, ENDING_RESET);
  ck_assert_int_eq(tcp->system_error, ECONNRESET);
}
END_TEST

/* What arrived before the reset says why; so only the write fails, not the link. */
START_TEST(after_a_broken_write_what_arrived_is_read)
{
  connect_and_accept();
  ck_assert_int_eq(send(peer, "why", 3, 0), 3);
  (void)close(peer);
  peer = -1;
  char got[8] = "";
  size_t count = 0;
  enum link_step step = LINK_DONE;
  for (int i = 0; i < 1000 && step == LINK_DONE; i++) { /* until its reset is here */
    step = link_write(tcp, (const uint8_t *)"x", 1, &count);
    (void)usleep(1000);
  }
  ck_assert_int_eq(step, LINK_FAILED);
  ck_assert(!tcp->failed);
  ck_assert_int_eq(link_read(tcp, (uint8_t *)got, sizeof(got) - 1, &count), LINK_DONE);
  ck_assert_str_eq(got, "why");
}
END_TEST

START_TEST(writing_to_nobody_raises_no_signal)
{
  connect_and_accept();
  close_with_reset(peer);
  peer = -1;
  size_t count = 0;
  for (int i = 0; i < 10; i++) {
    (void)link_write(tcp, (const uint8_t *)"x", 1, &count); /* SIGPIPE would end the case */
  }
}
END_TEST

START_TEST(destroying_closes_the_descriptor)
{
  connect_and_accept();
  int descriptor = tcp_descriptor(tcp);
  link_destroy(tcp);
  tcp = NULL;
  ck_assert_int_eq(fcntl(descriptor, F_GETFD), -1);
  char got[4];
  ck_assert_int_eq(recv(peer, got, sizeof(got), 0), 0);
}
END_TEST

START_TEST(a_link_that_never_connected_can_be_destroyed)
{
  create(&listener);
}
END_TEST

START_TEST(what_is_no_address_makes_no_link)
{
  ck_assert_ptr_null(tcp_create((struct sockaddr *)&listener.address,
                                sizeof(struct sockaddr_storage) + 1, &connect_error));
}
END_TEST

START_TEST(want_of_memory_makes_no_link)
{
  allocation_fails_at(1);
  struct link *none =
      tcp_create((struct sockaddr *)&listener.address, listener.address_bytes, &connect_error);
  ck_assert(allocation_did_fail());
  ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("link/tcp");
  TCase *tcase = tcase_create("all");
  tcase_add_checked_fixture(tcase, begin_case, end_case);
  tcase_add_test(tcase, the_socket_is_made_at_the_first_step);
  tcase_add_test(tcase, an_ipv6_address_is_connected_too);
  tcase_add_test(tcase, the_socket_neither_blocks_nor_delays_nor_is_inherited);
  tcase_add_test(tcase, a_step_that_comes_too_early_waits);
  tcase_add_test(tcase, a_connection_under_way_is_waited_for);
  tcase_add_test(tcase, a_refusal_keeps_its_error_and_stays);
  tcase_add_test(tcase, an_address_that_cannot_be_reached_fails_at_once);
  tcase_add_test(tcase, without_a_descriptor_left_it_says_so);
  tcase_add_test(tcase, bytes_go_both_ways);
  tcase_add_test(tcase, a_full_pipe_is_waited_for);
  tcase_add_test(tcase, the_peer_s_end_is_no_failure);
  tcase_add_test(tcase, a_reset_is_told_apart);
  tcase_add_test(tcase, after_a_broken_write_what_arrived_is_read);
  tcase_add_test(tcase, writing_to_nobody_raises_no_signal);
  tcase_add_test(tcase, destroying_closes_the_descriptor);
  tcase_add_test(tcase, a_link_that_never_connected_can_be_destroyed);
  tcase_add_test(tcase, what_is_no_address_makes_no_link);
  tcase_add_test(tcase, want_of_memory_makes_no_link);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
