/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "support/allocation_fails.h"
#include "support/probe_stage.h"

enum { PHASES_UNTIL_DONE = PHASE_DONE, SHORT_MS = 300 };

static struct probe_stage stage;
static struct tls_peer peer;
static bool peer_runs;
static struct probe *probe;
static unsigned done_calls;
static bool starting; /* probe_start() is on the stack */
static bool done_from_inside;
static struct observation *seen;
static struct timer *afterwards;
static int64_t skew_ns; /* the monotonic clock is so far ahead */

static int64_t skewed_monotonic_ns(void)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec + skew_ns;
}

/* Some turns later, in which a second done would come. */
static void stop_loop(void *context)
{
  unsigned *turns = context;
  (*turns)++;
  if (*turns < 5) {
    timer_start(afterwards, 0);
  } else {
    loop_stop(stage.loop);
  }
}

static void on_done(void *context, struct observation *observation)
{
  done_from_inside = done_from_inside || starting;
  probe = NULL;
  (*(unsigned *)context)++;
  observation_unref(seen);
  seen = observation;
  timer_start(afterwards, 0);
}

static unsigned turns;

static void begin_case(void)
{
  stage_set(&stage);
  peer = (struct tls_peer){.story = NULL};
  afterwards = timer_create_on(stage.loop, stop_loop, &turns);
}

static void end_case(void)
{
  probe_cancel(probe);
  timer_destroy(afterwards);
  if (peer_runs) {
    peer_stop(&peer);
  }
  observation_unref(seen);
  stage_clear(&stage);
}

/* The target, or the proxy in front of it, is the peer. */
static void play(void (*story)(struct tls_peer *peer), const struct route *route)
{
  peer.story = story;
  peer_start(&peer);
  peer_runs = true;
  if (route->proxy != NULL) {
    stage.proxy.port = peer.listener.port;
    stage.target.host = "target.test";
    stage.target.port = 443;
  } else {
    stage.target.port = peer.listener.port;
  }
}

static bool start(enum presented presented, const struct route *route)
{
  starting = true;
  probe = probe_start(&stage.environment, &stage.target, route, presented, on_done, &done_calls);
  starting = false;
  return probe != NULL;
}

static void run_on(enum presented presented, const struct route *route)
{
  turns = 0;
  done_calls = 0;
  ck_assert(start(presented, route));
  loop_run(stage.loop);
  ck_assert_uint_eq(done_calls, 1);
  ck_assert(!done_from_inside);
  ck_assert_int_eq(seen->presented, presented);
}

static void run_direct(enum presented presented)
{
  run_on(presented, &stage.routes[0]);
}

static void run_through_proxy(void)
{
  run_on(PRESENTED_CLIENT, &stage.routes[1]);
}

static void stop_peer(void)
{
  peer_stop(&peer);
  peer_runs = false;
}

static bool was_in(enum phase phase)
{
  return seen->phase_ns[phase] >= 0;
}

/* ---- stories --------------------------------------------------------------------------- */

static void answer_request(struct tls_peer *one)
{
  if (peer_handshake(one) && peer_await(one, "\r\n\r\n") &&
      peer_say(one, "HTTP/1.1 200 OK\r\nServer: peer\r\nContent-Length: 2\r\n\r\nhi")) {
    (void)peer_listen(one); /* the goodbye */
  }
}

static void handshake_and_silence(struct tls_peer *one)
{
  if (peer_handshake(one)) {
    peer_hold(one);
  }
}

static void take_request_and_hold(struct tls_peer *one)
{
  if (peer_handshake(one) && peer_await(one, "\r\n\r\n")) {
    peer_hold(one);
  }
}

static void hold_at_once(struct tls_peer *one)
{
  peer_hold(one);
}

static bool open_tunnel(struct tls_peer *one)
{
  return peer_await(one, "\r\n\r\n") &&
         peer_say(one, "HTTP/1.1 200 Connection established\r\n\r\n");
}

static void tunnel_to_myself(struct tls_peer *one)
{
  if (open_tunnel(one)) {
    one->received_bytes = 0;
    answer_request(one);
  }
}

/* ---- the phases ------------------------------------------------------------------------ */

START_TEST(an_https_target_is_resolved_connected_shaken_hands_with_settled_and_asked)
{
  peer.asks = PEER_REQUIRES;
  play(answer_request, &stage.routes[0]);
  run_direct(PRESENTED_CLIENT);
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert_int_eq(seen->http.status, 200);
  ck_assert_str_eq(seen->http.body_excerpt, "hi");
  ck_assert(was_in(PHASE_RESOLVE) && was_in(PHASE_CONNECT) && was_in(PHASE_HANDSHAKE) &&
            was_in(PHASE_SETTLE) && was_in(PHASE_REQUEST));
  ck_assert(!was_in(PHASE_TUNNEL) && !was_in(PHASE_STARTTLS));
  ck_assert(!seen->timed_out && !seen->lagged && !seen->out_of_resources && !seen->withheld);
  ck_assert_int_eq(seen->tls.version, TLS_VERSION_1_3);
  ck_assert_int_eq(seen->tls.certificate_sent, CERTIFICATE_SENT_CHAIN);
  char address[64];
  (void)snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)peer.listener.port);
  ck_assert_str_eq(seen->peer_address, address);
  stop_peer();
  ck_assert_uint_eq(atomic_load(&peer.certificates), 1);
}
END_TEST

START_TEST(the_phases_make_up_the_duration)
{
  play(answer_request, &stage.routes[0]);
  run_direct(PRESENTED_CLIENT);
  int64_t sum_ns = 0;
  for (int phase = 0; phase < PHASE_COUNT; phase++) {
    sum_ns += seen->phase_ns[phase] > 0 ? seen->phase_ns[phase] : 0;
  }
  ck_assert_int_le(sum_ns, seen->duration_ns);
  ck_assert_int_ge(sum_ns, seen->duration_ns / 2);
  int64_t now_ns = clock_wall_ns();
  ck_assert_int_le(seen->started_ns + seen->duration_ns, now_ns + NS_PER_SECOND);
  ck_assert_int_ge(seen->started_ns, now_ns - 60 * NS_PER_SECOND);
}
END_TEST

START_TEST(a_tls_target_is_asked_nothing)
{
  stage.target.probe.protocol = PROTOCOL_TLS;
  play(handshake_and_silence, &stage.routes[0]);
  run_direct(PRESENTED_NONE);
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert(was_in(PHASE_SETTLE) && !was_in(PHASE_REQUEST));
  ck_assert(!seen->http.request_sent);
}
END_TEST

/* RFC 5246 section 7.3: the server has judged before it finished the handshake. */
START_TEST(tls_1_2_needs_no_settling_before_a_request)
{
  peer.version = PEER_TLS_1_2;
  play(answer_request, &stage.routes[0]);
  run_direct(PRESENTED_CLIENT);
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert_int_eq(seen->tls.version, TLS_VERSION_1_2);
  ck_assert(!was_in(PHASE_SETTLE));
}
END_TEST

START_TEST(tls_1_2_alone_is_settled)
{
  peer.version = PEER_TLS_1_2;
  stage.target.probe.protocol = PROTOCOL_TLS;
  play(handshake_and_silence, &stage.routes[0]);
  run_direct(PRESENTED_CLIENT);
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert_int_ge(seen->phase_ns[PHASE_SETTLE], 200 * NS_PER_MS);
}
END_TEST

START_TEST(a_tunnel_is_asked_for_first)
{
  play(tunnel_to_myself, &stage.routes[1]);
  run_through_proxy();
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert(was_in(PHASE_TUNNEL));
  ck_assert_int_eq(seen->tunnel.connect_status, 200);
  ck_assert_int_eq(seen->http.status, 200);
  char address[64];
  (void)snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)peer.listener.port);
  ck_assert_str_eq(seen->peer_address, address);
}
END_TEST

START_TEST(a_name_is_resolved)
{
  stage.target.host = "v4.test"; /* 192.0.2.1, of a network for documentation */
  stage.target.port = 443;
  stage.target.probe.timeout_ms = SHORT_MS;
  run_direct(PRESENTED_CLIENT);
  ck_assert_ptr_null(seen->resolve_error);
  ck_assert_str_eq(seen->peer_address, "192.0.2.1:443");
  ck_assert_int_eq(seen->ended_in, PHASE_CONNECT);
}
END_TEST

START_TEST(an_ipv6_address_is_told_in_brackets)
{
  stage.target.host = "::1";
  stage.target.port = 1;
  run_direct(PRESENTED_CLIENT);
  ck_assert_str_eq(seen->peer_address, "[::1]:1");
  ck_assert_int_eq(seen->ended_in, PHASE_CONNECT);
}
END_TEST

/* ---- failures -------------------------------------------------------------------------- */

START_TEST(a_name_that_does_not_exist_ends_it)
{
  stage.target.host = "nx.test";
  run_direct(PRESENTED_CLIENT);
  ck_assert_int_eq(seen->ended_in, PHASE_RESOLVE);
  ck_assert_ptr_nonnull(seen->resolve_error);
  ck_assert_ptr_null(seen->peer_address);
  ck_assert(was_in(PHASE_RESOLVE) && !was_in(PHASE_CONNECT));
}
END_TEST

START_TEST(a_refused_connection_ends_it)
{
  struct loopback nobody;
  loopback_bind(AF_INET, &nobody);
  stage.target.port = nobody.port;
  run_direct(PRESENTED_CLIENT);
  ck_assert_int_eq(seen->ended_in, PHASE_CONNECT);
  ck_assert_int_eq(seen->connect_error, ECONNREFUSED);
  ck_assert(was_in(PHASE_CONNECT) && !was_in(PHASE_HANDSHAKE));
  ck_assert(!seen->timed_out && !seen->out_of_resources);
  loopback_close(&nobody);
}
END_TEST

static void deny_tunnel(struct tls_peer *one)
{
  if (peer_await(one, "\r\n\r\n")) {
    (void)peer_say(one, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    peer_hold(one);
  }
}

START_TEST(a_denied_tunnel_ends_it_before_tls)
{
  play(deny_tunnel, &stage.routes[1]);
  run_through_proxy();
  ck_assert_int_eq(seen->ended_in, PHASE_TUNNEL);
  ck_assert_int_eq(seen->tunnel.connect_status, 403);
  ck_assert(!seen->tls.client_hello_sent);
}
END_TEST

START_TEST(an_unverified_server_gets_nothing_of_ours)
{
  static const struct header secret = {"Authorization", "Bearer hunter2"};
  stage.target.probe.http.headers = &secret;
  stage.target.probe.http.header_count = 1;
  peer.certificate = "stranger";
  peer.asks = PEER_ASKS;
  play(answer_request, &stage.routes[0]);
  run_direct(PRESENTED_CLIENT);
  ck_assert_int_eq(seen->ended_in, PHASE_HANDSHAKE);
  ck_assert(seen->withheld);
  run_direct(PRESENTED_NONE);
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert(!seen->withheld);
  ck_assert_int_eq(seen->http.status, 200);
  ck_assert(!seen->http.configured_headers_sent);
  stop_peer();
  ck_assert_ptr_nonnull(strstr(peer.received, "Host: server.test"));
  ck_assert_ptr_null(strstr(peer.received, "hunter2"));
  ck_assert_uint_eq(atomic_load(&peer.certificates), 0);
}
END_TEST

START_TEST(files_that_cannot_be_read_are_a_fact_told_from_the_loop)
{
  const char *gone = pki_path("gone.pem");
  if (_i == 0) {
    stage.target.probe.ca_file = gone;
  } else {
    stage.credential.cert_file = gone;
  }
  run_direct(PRESENTED_CLIENT);
  ck_assert_int_eq(seen->ended_in, PHASE_RESOLVE);
  ck_assert_ptr_nonnull(strstr(seen->local_problem, "gone.pem cannot be read"));
}
END_TEST

START_TEST(without_descriptors_left_it_says_so)
{
  struct loopback listener;
  loopback_listen(AF_INET, &listener);
  stage.target.port = listener.port;
  stage.target.probe.timeout_ms = SHORT_MS;
  run_direct(PRESENTED_CLIENT); /* the files are read now */
  struct rlimit limit;
  ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const struct rlimit none = {(rlim_t)listener.descriptor + 1, limit.rlim_max};
  int next = dup(listener.descriptor); /* so that none below the limit is free */
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
  while (dup(listener.descriptor) >= 0) {
  }
  run_direct(PRESENTED_CLIENT);
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
  (void)close(next);
  ck_assert(seen->out_of_resources && !seen->timed_out);
  ck_assert_int_le(seen->ended_in, PHASE_CONNECT); /* the TLS library needs one, too */
  loopback_close(&listener);
}
END_TEST

/* ---- one connection, no retry ---------------------------------------------------------- */

static void reset_at_once(struct tls_peer *one)
{
  peer_reset(one);
}

static void speak_garbage(struct tls_peer *one)
{
  (void)peer_say(one, "220 this is a mail server\r\n");
  peer_hold(one);
}

static void close_at_once(struct tls_peer *one)
{
  (void)one;
}

START_TEST(whatever_goes_wrong_there_is_one_connection)
{
  static void (*const stories[])(struct tls_peer *) = {reset_at_once, speak_garbage, close_at_once,
                                                       handshake_and_silence, answer_request};
  stage.target.probe.timeout_ms = 1000;
  play(stories[_i], &stage.routes[0]);
  run_direct(PRESENTED_CLIENT);
  stop_peer();
  ck_assert_uint_eq(atomic_load(&peer.connections), 1);
}
END_TEST

/* ---- settling -------------------------------------------------------------------------- */

static int64_t connect_takes_ns;
static struct timer *slow_connect;

static void connect_slowly(void *context)
{
  (void)context;
  skew_ns += connect_takes_ns;
}

/* The probe's clock goes on by so much between connect() and its end: both callbacks come in the
 * same turn of the loop, the probe's first, and only then what the kernel has to say. */
static void run_slowly_connected(int64_t takes_ns)
{
  connect_takes_ns = takes_ns;
  clock_replace(skewed_monotonic_ns, NULL);
  slow_connect = timer_create_on(stage.loop, connect_slowly, NULL);
  turns = 0;
  done_calls = 0;
  ck_assert(start(PRESENTED_CLIENT, &stage.routes[0]));
  timer_start(slow_connect, 0);
  loop_run(stage.loop);
  timer_destroy(slow_connect);
  ck_assert_uint_eq(done_calls, 1);
  ck_assert_int_ge(seen->phase_ns[PHASE_CONNECT], takes_ns);
}

START_TEST(silence_is_settled_after_four_times_the_connect_200_ms_at_least_2_s_at_most)
{
  static const struct {
    int64_t connect_ms;
    int64_t settle_ms;
  } rows[] = {{0, 200}, {49, 200}, {100, 400}, {1000, 2000}};
  stage.target.probe.protocol = PROTOCOL_TLS;
  play(handshake_and_silence, &stage.routes[0]);
  run_slowly_connected(rows[_i].connect_ms * NS_PER_MS);
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert_int_ge(seen->phase_ns[PHASE_SETTLE], rows[_i].settle_ms * NS_PER_MS);
  int64_t connect_excess_ns = seen->phase_ns[PHASE_CONNECT] - rows[_i].connect_ms * NS_PER_MS;
  int64_t most_ns = rows[_i].settle_ms * NS_PER_MS + 4 * connect_excess_ns;
  ck_assert_int_lt(seen->phase_ns[PHASE_SETTLE], most_ns + 900 * NS_PER_MS); /* a busy machine */
}
END_TEST

START_TEST(settling_leaves_half_of_the_time_for_the_request)
{
  stage.target.probe.timeout_ms = 4000;
  play(answer_request, &stage.routes[0]);
  run_slowly_connected(1000 * NS_PER_MS); /* else it would settle for 2 s of the 3 s left */
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert_int_lt(seen->phase_ns[PHASE_SETTLE], 1950 * NS_PER_MS);
  ck_assert_int_eq(seen->http.status, 200);
}
END_TEST

static void speak_after_handshake(struct tls_peer *one)
{
  if (peer_handshake(one)) {
    (void)peer_say(one, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate");
    peer_hold(one);
  }
}

static void close_after_handshake(struct tls_peer *one)
{
  (void)peer_handshake(one);
}

static void close_notify_after_handshake(struct tls_peer *one)
{
  if (peer_handshake(one)) {
    peer_close_notify(one);
    peer_hold(one);
  }
}

static void reset_after_handshake(struct tls_peer *one)
{
  if (peer_handshake(one)) {
    peer_reset(one);
  }
}

/* Each with a settle time of 2 s that need not be waited for. */
START_TEST(settling_ends_early_with_an_alert)
{
  peer.asks = PEER_REQUIRES;
  stage.target.probe.credential = NULL;
  play(handshake_and_silence, &stage.routes[0]);
  run_slowly_connected(500 * NS_PER_MS);
  ck_assert_int_eq(seen->ended_in, PHASE_SETTLE);
  ck_assert_int_ne(seen->tls.alert_received, ALERT_NONE);
  ck_assert_int_eq(seen->tls.certificate_sent, CERTIFICATE_SENT_EMPTY);
  ck_assert_int_lt(seen->phase_ns[PHASE_SETTLE], 1900 * NS_PER_MS);
}
END_TEST

START_TEST(settling_ends_early_with_a_session_ticket)
{
  peer.sends_tickets = true;
  play(answer_request, &stage.routes[0]);
  run_slowly_connected(500 * NS_PER_MS);
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert_uint_ge(seen->tls.session_tickets, 1);
  ck_assert_int_lt(seen->phase_ns[PHASE_SETTLE], 1900 * NS_PER_MS);
}
END_TEST

START_TEST(settling_ends_early_with_data_which_is_kept)
{
  play(speak_after_handshake, &stage.routes[0]);
  run_slowly_connected(500 * NS_PER_MS);
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert(seen->tls.application_data_received);
  ck_assert_int_eq(seen->http.status, 408);
  ck_assert_str_eq(seen->http.body_excerpt, "late");
  ck_assert_int_lt(seen->phase_ns[PHASE_SETTLE], 1900 * NS_PER_MS);
}
END_TEST

START_TEST(settling_ends_early_with_the_connection)
{
  static const struct {
    void (*story)(struct tls_peer *peer);
    enum ending ending;
  } rows[] = {{close_after_handshake, ENDING_EOF},
              {close_notify_after_handshake, ENDING_CLOSE_NOTIFY},
              {reset_after_handshake, ENDING_RESET}};
  play(rows[_i].story, &stage.routes[0]);
  run_slowly_connected(500 * NS_PER_MS);
  ck_assert_int_eq(seen->ended_in, PHASE_SETTLE);
  ck_assert_int_eq(seen->tls.ending, rows[_i].ending);
  ck_assert_int_lt(seen->phase_ns[PHASE_SETTLE], 1900 * NS_PER_MS);
}
END_TEST

/* ---- deadlines and cancelling ---------------------------------------------------------- */

static void take_connect_and_hold(struct tls_peer *one)
{
  if (peer_await(one, "\r\n\r\n")) {
    peer_hold(one);
  }
}

/* A listener whose queue is full: it answers no SYN any more. */
static struct loopback black_hole;
static int fillers[8];

static void fill_black_hole(void)
{
  loopback_bind(AF_INET, &black_hole);
  ck_assert_int_eq(listen(black_hole.descriptor, 0), 0);
  for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++) {
    fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)connect(fillers[i], (struct sockaddr *)&black_hole.address, black_hole.address_bytes);
  }
  stage.target.port = black_hole.port;
}

static void close_black_hole(void)
{
  for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++) {
    (void)close(fillers[i]);
  }
  loopback_close(&black_hole);
}

/* Whoever the probe meets stays silent in this phase. */
static const struct silence {
  enum phase phase;
  size_t route;
  void (*story)(struct tls_peer *peer); /* NULL: the resolver, or the kernel, does it */
} silences[] = {
    {PHASE_RESOLVE, 0, NULL},
    {PHASE_CONNECT, 0, NULL},
    {PHASE_TUNNEL, 1, take_connect_and_hold},
    {PHASE_HANDSHAKE, 0, hold_at_once},
    {PHASE_REQUEST, 0, take_request_and_hold},
};
enum { SILENCES = sizeof(silences) / sizeof(silences[0]) };

static void fall_silent(const struct silence *silence)
{
  if (silence->story != NULL) {
    play(silence->story, &stage.routes[silence->route]);
  } else if (silence->phase == PHASE_RESOLVE) {
    stage.target.host = "silent.test";
  } else {
    fill_black_hole();
  }
}

START_TEST(the_deadline_ends_each_phase)
{
  const struct silence *silence = &silences[_i];
  stage.target.probe.timeout_ms = silence->phase == PHASE_REQUEST ? 2000 : SHORT_MS;
  fall_silent(silence);
  run_on(PRESENTED_CLIENT, &stage.routes[silence->route]);
  ck_assert_int_eq(seen->ended_in, silence->phase);
  ck_assert(seen->timed_out);
  ck_assert(was_in(silence->phase));
  int64_t timeout_ns = stage.target.probe.timeout_ms * NS_PER_MS;
  ck_assert_int_ge(seen->duration_ns, timeout_ns);
  ck_assert(seen->lagged || seen->duration_ns < timeout_ns + 600 * NS_PER_MS);
  close_black_hole();
}
END_TEST

static void cancel_it(void *context)
{
  (void)context;
  probe_cancel(probe);
  probe = NULL;
  timer_start(afterwards, 0);
}

/* The handshake is over for the peer as soon as our Finished is there: then the probe settles. */
static const struct silence cancelled_there[] = {
    {PHASE_RESOLVE, 0, NULL},
    {PHASE_CONNECT, 0, NULL},
    {PHASE_TUNNEL, 1, take_connect_and_hold},
    {PHASE_HANDSHAKE, 0, hold_at_once},
    {PHASE_SETTLE, 0, handshake_and_silence},
    {PHASE_REQUEST, 0, take_request_and_hold},
};
enum { CANCELLED_THERE = sizeof(cancelled_there) / sizeof(cancelled_there[0]) };

START_TEST(cancelling_in_each_phase_closes_all_and_tells_nobody)
{
  const struct silence *silence = &cancelled_there[_i];
  int before = descriptors_open();
  if (silence->phase == PHASE_SETTLE) {
    stage.target.probe.protocol = PROTOCOL_TLS;
  }
  fall_silent(silence);
  struct waker *waker = waker_create(stage.loop, cancel_it, NULL);
  peer.waker = waker;
  struct timer *soon = timer_create_on(stage.loop, cancel_it, NULL);
  if (silence->story == NULL) {
    timer_start(soon, 50 * NS_PER_MS);
  }
  ck_assert(start(PRESENTED_CLIENT, &stage.routes[silence->route]));
  loop_run(stage.loop);
  ck_assert_uint_eq(done_calls, 0);
  timer_destroy(soon);
  waker_destroy(waker);
  if (silence->phase == PHASE_CONNECT) {
    close_black_hole();
  }
  if (peer_runs) {
    stop_peer(); /* its story has seen the end of the connection, or this would hang */
  }
  if (silence->phase != PHASE_RESOLVE) { /* the resolver keeps its socket */
    ck_assert_int_eq(descriptors_open(), before);
  }
}
END_TEST

START_TEST(cancelling_at_once_tells_nobody)
{
  play(answer_request, &stage.routes[0]);
  ck_assert(start(PRESENTED_CLIENT, &stage.routes[0]));
  probe_cancel(probe);
  probe = NULL;
  probe_cancel(NULL);
  timer_start(afterwards, 0);
  loop_run(stage.loop);
  ck_assert_uint_eq(done_calls, 0);
  stop_peer();
  ck_assert_uint_eq(atomic_load(&peer.connections), 0);
}
END_TEST

static void jump_ahead(void *context)
{
  (void)context;
  skew_ns += 20 * NS_PER_SECOND;
}

START_TEST(a_deadline_that_this_program_was_late_for_is_told)
{
  stage.target.probe.timeout_ms = SHORT_MS;
  play(hold_at_once, &stage.routes[0]);
  clock_replace(skewed_monotonic_ns, NULL);
  struct timer *stall = timer_create_on(stage.loop, jump_ahead, NULL);
  timer_start(stall, 100 * NS_PER_MS);
  run_direct(PRESENTED_CLIENT);
  timer_destroy(stall);
  ck_assert(seen->timed_out && seen->lagged);
}
END_TEST

/* ---- peers that never end -------------------------------------------------------------- */

static unsigned long ticks;
static struct timer *ticker;

static void tick(void *context)
{
  (void)context;
  ticks++;
  timer_start(ticker, 0);
}

/* Another target's work on the same loop. */
static void run_beside_another(void)
{
  ticker = timer_create_on(stage.loop, tick, NULL);
  timer_start(ticker, 0);
  run_direct(PRESENTED_CLIENT);
  timer_destroy(ticker);
}

static void update_keys_for_ever(struct tls_peer *one)
{
  if (peer_handshake(one)) {
    while (wolfSSL_update_keys(one->ssl) == WOLFSSL_SUCCESS) {
    }
  }
}

/* RFC 8446 section 4.6.3; each takes the library more time than the network. */
START_TEST(endless_key_updates_hold_up_neither_the_deadline_nor_others)
{
  stage.target.probe.timeout_ms = 1500;
  stage.target.probe.protocol = _i == 0 ? PROTOCOL_TLS : PROTOCOL_HTTPS;
  play(update_keys_for_ever, &stage.routes[0]);
  run_beside_another();
  ck_assert_int_eq(seen->ended_in, _i == 0 ? PHASE_DONE : PHASE_REQUEST);
  ck_assert(seen->phase_ns[PHASE_SETTLE] >= 200 * NS_PER_MS);
  ck_assert_uint_gt(ticks, 20);
}
END_TEST

static void send_body_for_ever(struct tls_peer *one)
{
  static const char zeros[16384];
  if (peer_handshake(one) && peer_await(one, "\r\n\r\n") &&
      peer_say(one, "HTTP/1.1 200 OK\r\n\r\n")) {
    while (peer_say_bytes(one, zeros, sizeof(zeros))) {
    }
  }
}

START_TEST(an_endless_body_ends_at_its_cap)
{
  play(send_body_for_ever, &stage.routes[0]);
  run_beside_another();
  ck_assert_int_eq(seen->ended_in, PHASE_DONE);
  ck_assert_int_eq(seen->http.status, 200);
  ck_assert(seen->http.body_truncated);
}
END_TEST

static void send_garbage_for_ever(struct tls_peer *one)
{
  static const char zeros[16384];
  while (peer_say_bytes(one, zeros, sizeof(zeros))) {
  }
}

START_TEST(endless_garbage_ends_the_handshake)
{
  play(send_garbage_for_ever, &stage.routes[0]);
  run_beside_another();
  ck_assert_int_eq(seen->ended_in, PHASE_HANDSHAKE);
  ck_assert(!seen->timed_out);
}
END_TEST

static void answer_connect_for_ever(struct tls_peer *one)
{
  if (peer_await(one, "\r\n\r\n") && peer_say(one, "HTTP/1.1 200 OK\r\n")) {
    while (peer_say(one, "X-Field: value\r\n")) {
    }
  }
}

START_TEST(an_endless_answer_to_connect_ends_the_tunnel)
{
  play(answer_connect_for_ever, &stage.routes[1]);
  run_through_proxy();
  ck_assert_int_eq(seen->ended_in, PHASE_TUNNEL);
  ck_assert(seen->tunnel.malformed && !seen->timed_out);
}
END_TEST

/* ---- memory ---------------------------------------------------------------------------- */

START_TEST(want_of_memory_is_told_or_costs_a_fact_alone)
{
  peer.version = PEER_TLS_1_2; /* needs no settling */
  peer.asks = PEER_ASKS;
  play(answer_request, &stage.routes[0]);
  run_direct(PRESENTED_CLIENT); /* the pool has its contexts now */
  observation_unref(seen);
  seen = NULL;
  long alive = allocations_alive();
  bool failed = true;
  for (unsigned nth = 1; failed; nth++) {
    turns = 0;
    done_calls = 0;
    allocation_fails_at(nth);
    bool started = start(PRESENTED_CLIENT, &stage.routes[0]);
    if (started) {
      loop_run(stage.loop);
    }
    failed = allocation_did_fail();
    ck_assert_uint_eq(done_calls, started ? 1 : 0);
    ck_assert(started || failed);
    ck_assert_msg(seen == NULL || seen->out_of_resources || seen->ended_in == PHASE_DONE,
                  "allocation %u: %s", nth, phase_name(seen->ended_in));
    observation_unref(seen);
    seen = NULL;
    turns = 0;
    timer_start(afterwards, 0); /* what was closed is freed in the next turns */
    loop_run(stage.loop);
    ck_assert_int_eq(allocations_alive(), alive);
  }
}
END_TEST

static TCase *fresh(const char *name)
{
  TCase *tcase = tcase_create(name);
  tcase_set_timeout(tcase, 20);
  tcase_add_checked_fixture(tcase, begin_case, end_case);
  return tcase;
}

static TCase *phases(void)
{
  TCase *tcase = fresh("phases");
  tcase_add_test(tcase, an_https_target_is_resolved_connected_shaken_hands_with_settled_and_asked);
  tcase_add_test(tcase, the_phases_make_up_the_duration);
  tcase_add_test(tcase, a_tls_target_is_asked_nothing);
  tcase_add_test(tcase, tls_1_2_needs_no_settling_before_a_request);
  tcase_add_test(tcase, tls_1_2_alone_is_settled);
  tcase_add_test(tcase, a_tunnel_is_asked_for_first);
  tcase_add_test(tcase, a_name_is_resolved);
  tcase_add_test(tcase, an_ipv6_address_is_told_in_brackets);
  return tcase;
}

static TCase *failures(void)
{
  TCase *tcase = fresh("failures");
  tcase_add_test(tcase, a_name_that_does_not_exist_ends_it);
  tcase_add_test(tcase, a_refused_connection_ends_it);
  tcase_add_test(tcase, a_denied_tunnel_ends_it_before_tls);
  tcase_add_test(tcase, an_unverified_server_gets_nothing_of_ours);
  tcase_add_loop_test(tcase, files_that_cannot_be_read_are_a_fact_told_from_the_loop, 0, 2);
  tcase_add_test(tcase, without_descriptors_left_it_says_so);
  tcase_add_loop_test(tcase, whatever_goes_wrong_there_is_one_connection, 0, 5);
  tcase_add_test(tcase, want_of_memory_is_told_or_costs_a_fact_alone);
  return tcase;
}

static TCase *settling(void)
{
  TCase *tcase = fresh("settling");
  tcase_add_loop_test(
      tcase, silence_is_settled_after_four_times_the_connect_200_ms_at_least_2_s_at_most, 0, 4);
  tcase_add_test(tcase, settling_leaves_half_of_the_time_for_the_request);
  tcase_add_test(tcase, settling_ends_early_with_an_alert);
  tcase_add_test(tcase, settling_ends_early_with_a_session_ticket);
  tcase_add_test(tcase, settling_ends_early_with_data_which_is_kept);
  tcase_add_loop_test(tcase, settling_ends_early_with_the_connection, 0, 3);
  return tcase;
}

static TCase *deadlines(void)
{
  TCase *tcase = fresh("deadlines");
  tcase_add_loop_test(tcase, the_deadline_ends_each_phase, 0, SILENCES);
  tcase_add_loop_test(tcase, cancelling_in_each_phase_closes_all_and_tells_nobody, 0,
                      CANCELLED_THERE);
  tcase_add_test(tcase, cancelling_at_once_tells_nobody);
  tcase_add_test(tcase, a_deadline_that_this_program_was_late_for_is_told);
  tcase_add_loop_test(tcase, endless_key_updates_hold_up_neither_the_deadline_nor_others, 0, 2);
  tcase_add_test(tcase, an_endless_body_ends_at_its_cap);
  tcase_add_test(tcase, endless_garbage_ends_the_handshake);
  tcase_add_test(tcase, an_endless_answer_to_connect_ends_the_tunnel);
  return tcase;
}

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  (void)signal(SIGPIPE, SIG_IGN);
  stage_make_certificates();
  Suite *suite = suite_create("probe/probe");
  suite_add_tcase(suite, phases());
  suite_add_tcase(suite, failures());
  suite_add_tcase(suite, settling());
  suite_add_tcase(suite, deadlines());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
