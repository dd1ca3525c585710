/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/round.h"

#include <signal.h>

#include "support/allocation_fails.h"
#include "support/probe_stage.h"

enum { DIRECT, THROUGH_PROXY, ENDED_MAX = 16 };

static struct probe_stage stage;
static struct tls_peer peer;
static struct tls_peer proxy_peer;
static struct round_memory memory;
static struct round *round_;
static struct timer *afterwards;
static unsigned turns;
static int64_t skew_ns; /* both clocks are so far ahead */

/* What the events told. */
static struct {
  int in_flight;
  int most_in_flight;
  size_t routes[ENDED_MAX];
  enum presented presented[ENDED_MAX];
  unsigned ended;
  unsigned done;
  bool from_inside;
} told;
static bool starting;

static int64_t skewed_monotonic_ns(void)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec + skew_ns;
}

static void stop_loop(void *context)
{
  (void)context;
  turns++;
  if (turns < 5) { /* in which a second done would come */
    timer_start(afterwards, 0);
  } else {
    loop_stop(stage.loop);
  }
}

static void on_in_flight(void *context, int change)
{
  (void)context;
  told.in_flight += change;
  told.most_in_flight = told.in_flight > told.most_in_flight ? told.in_flight : told.most_in_flight;
}

static void on_probe_ended(void *context, size_t route, const struct observation *observation)
{
  (void)context;
  told.routes[told.ended % ENDED_MAX] = route;
  told.presented[told.ended % ENDED_MAX] = observation->presented;
  told.ended++;
  told.from_inside = told.from_inside || starting;
}

static void on_done(void *context)
{
  told.done++;
  told.from_inside = told.from_inside || starting || context != &told;
  round_ = NULL;
  timer_start(afterwards, 0);
}

static const struct round_events events = {
    .in_flight = on_in_flight, .probe_ended = on_probe_ended, .done = on_done};

static void begin_case(void)
{
  stage_set(&stage);
  afterwards = timer_create_on(stage.loop, stop_loop, NULL);
  clock_replace(skewed_monotonic_ns, NULL);
}

static void end_case(void)
{
  round_cancel(round_);
  round_memory_deinit(&memory);
  timer_destroy(afterwards);
  if (peer.story != NULL) {
    peer_stop(&peer);
  }
  if (proxy_peer.story != NULL) {
    peer_stop(&proxy_peer);
  }
  stage_clear(&stage);
}

/* As nginx does with ssl_verify_client on: it asks, and refuses in HTTP. In TLS 1.2, which needs
 * no settling. */
static const char *answer_to_certificate = "200 OK";
static const char *answer_to_none = "400 No required SSL certificate was sent";

static void judge_in_http(struct tls_peer *one)
{
  unsigned before = atomic_load(&one->certificates);
  if (peer_handshake(one) && peer_await(one, "\r\n\r\n")) {
    bool certificate = atomic_load(&one->certificates) > before;
    (void)peer_say(one, "HTTP/1.1 ");
    (void)peer_say(one, certificate ? answer_to_certificate : answer_to_none);
    (void)peer_say(one, "\r\nContent-Length: 0\r\n\r\n");
    (void)peer_listen(one);
  }
}

static void tunnel_to_judge(struct tls_peer *one)
{
  if (peer_await(one, "\r\n\r\n") && peer_say(one, "HTTP/1.1 200 OK\r\n\r\n")) {
    one->received_bytes = 0;
    judge_in_http(one);
  }
}

static void hold_at_once(struct tls_peer *one)
{
  peer_hold(one);
}

static void play(struct tls_peer *one, void (*story)(struct tls_peer *peer))
{
  *one = (struct tls_peer){.story = story,
                           .version = PEER_TLS_1_2,
                           .asks = PEER_ASKS,
                           .certificate = one->certificate,
                           .waker = one->waker};
  peer_start(one);
}

static void play_direct(void)
{
  play(&peer, judge_in_http);
  stage.target.port = peer.listener.port;
}

static void remember(void)
{
  ck_assert_int_eq(round_memory_init(&memory, &stage.target), STATUS_OK);
}

static bool start(void)
{
  memset(&told, 0, sizeof(told));
  turns = 0;
  starting = true;
  round_ = round_start(&stage.environment, &stage.target, &memory, &events, &told);
  starting = false;
  return round_ != NULL;
}

/* One whole round. */
static void run(void)
{
  ck_assert(start());
  loop_run(stage.loop);
  ck_assert_uint_eq(told.done, 1);
  ck_assert_int_eq(told.in_flight, 0);
  ck_assert(!told.from_inside);
}

#define assert_presented(...)                                                                      \
  do {                                                                                             \
    const enum presented expected_[] = {__VA_ARGS__};                                              \
    ck_assert_uint_eq(told.ended, sizeof(expected_) / sizeof(expected_[0]));                       \
    for (unsigned i_ = 0; i_ < told.ended; i_++) {                                                 \
      ck_assert_int_eq(told.presented[i_], expected_[i_]);                                         \
    }                                                                                              \
  } while (0)

static const struct observation *kept(size_t route, enum presented presented)
{
  return memory.routes[route].observations[presented];
}

static void only_present(bool client, bool none)
{
  stage.target.probe.present_direct[PRESENTED_CLIENT] = client;
  stage.target.probe.present_direct[PRESENTED_NONE] = none;
}

/* ---- which probes ---------------------------------------------------------------------- */

START_TEST(the_first_round_presents_ours_and_then_none)
{
  play_direct();
  remember();
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE);
  ck_assert_int_eq(told.most_in_flight, 1);
  ck_assert_int_eq(kept(DIRECT, PRESENTED_CLIENT)->http.status, 200);
  ck_assert_int_eq(kept(DIRECT, PRESENTED_NONE)->http.status, 400);
  ck_assert_ptr_null(kept(DIRECT, PRESENTED_UNTRUSTED));
  ck_assert_int_eq(memory.routes[DIRECT].contrast_ns, kept(DIRECT, PRESENTED_NONE)->started_ns);
}
END_TEST

START_TEST(the_next_rounds_present_ours_alone)
{
  play_direct();
  remember();
  run();
  const struct observation *contrast = kept(DIRECT, PRESENTED_NONE);
  for (int i = 0; i < 3; i++) {
    run();
    assert_presented(PRESENTED_CLIENT);
    ck_assert_ptr_eq(kept(DIRECT, PRESENTED_NONE), contrast);
  }
}
END_TEST

/* Due half an interval early rather than late. */
START_TEST(the_contrast_is_due_again_after_its_interval)
{
  play_direct();
  remember();
  run();
  int64_t due_ns =
      (stage.target.probe.contrast_interval_ms - stage.target.probe.interval_ms / 2) * NS_PER_MS;
  skew_ns += due_ns - 20 * NS_PER_SECOND; /* the rounds here take much less */
  run();
  assert_presented(PRESENTED_CLIENT);
  skew_ns += 20 * NS_PER_SECOND;
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE);
  run();
  assert_presented(PRESENTED_CLIENT);
}
END_TEST

START_TEST(a_contrast_interval_as_long_as_the_interval_is_every_round)
{
  stage.target.probe.contrast_interval_ms = stage.target.probe.interval_ms;
  play_direct();
  remember();
  for (int i = 0; i < 3; i++) {
    run();
    assert_presented(PRESENTED_CLIENT, PRESENTED_NONE);
    skew_ns += stage.target.probe.interval_ms * NS_PER_MS;
  }
}
END_TEST

START_TEST(a_changed_outcome_asks_for_the_contrast_at_once)
{
  play_direct();
  remember();
  run();
  run();
  assert_presented(PRESENTED_CLIENT);
  answer_to_certificate = "403 Forbidden";
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE);
  run();
  assert_presented(PRESENTED_CLIENT);
  answer_to_certificate = "200 OK";
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE);
}
END_TEST

START_TEST(who_cannot_be_shaken_hands_with_is_not_asked_twice)
{
  struct loopback nobody;
  loopback_bind(AF_INET, &nobody);
  stage.target.port = nobody.port;
  remember();
  run();
  assert_presented(PRESENTED_CLIENT);
  ck_assert_int_eq(memory.routes[DIRECT].contrast_ns, 0);
  loopback_close(&nobody);
}
END_TEST

START_TEST(a_server_that_comes_back_is_contrasted_at_once)
{
  play_direct();
  remember();
  run();
  uint16_t port = stage.target.port;
  struct loopback nobody;
  loopback_bind(AF_INET, &nobody);
  stage.target.port = nobody.port;
  run();
  assert_presented(PRESENTED_CLIENT);
  stage.target.port = port;
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE);
  loopback_close(&nobody);
}
END_TEST

START_TEST(an_unverified_server_is_asked_again_with_none)
{
  peer.certificate = "stranger";
  play_direct();
  remember();
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE);
  ck_assert(kept(DIRECT, PRESENTED_CLIENT)->withheld);
  ck_assert_int_eq(kept(DIRECT, PRESENTED_NONE)->http.status, 400);
  ck_assert_uint_eq(atomic_load(&peer.certificates), 0);
}
END_TEST

START_TEST(only_what_the_target_presents_is_presented)
{
  play_direct();
  remember();
  only_present(true, false);
  run();
  assert_presented(PRESENTED_CLIENT);
  only_present(false, true);
  run();
  assert_presented(PRESENTED_NONE);
  ck_assert_ptr_null(kept(DIRECT, PRESENTED_CLIENT)); /* it would stand for the route */
}
END_TEST

START_TEST(a_target_without_a_credential_is_asked_with_none_every_round)
{
  stage.target.probe.credential = NULL;
  play_direct();
  remember();
  for (int i = 0; i < 2; i++) {
    run();
    assert_presented(PRESENTED_NONE);
  }
}
END_TEST

START_TEST(files_that_can_no_longer_be_read_leave_none_to_present)
{
  play_direct();
  remember();
  run();
  stage.credential.key_file = pki_path("gone.key");
  run();
  assert_presented(PRESENTED_NONE);
  ck_assert_ptr_null(kept(DIRECT, PRESENTED_CLIENT));
}
END_TEST

START_TEST(a_round_in_which_nothing_is_presented_ends_from_the_loop)
{
  remember();
  only_present(false, false);
  run();
  ck_assert_uint_eq(told.ended, 0);
}
END_TEST

static void present_untrusted_too(void)
{
  stage.target.probe.present_direct[PRESENTED_UNTRUSTED] = true;
}

START_TEST(the_look_alike_comes_last)
{
  present_untrusted_too();
  play_direct();
  remember();
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE, PRESENTED_UNTRUSTED);
  ck_assert_int_eq(told.most_in_flight, 1);
  const struct observation *untrusted = kept(DIRECT, PRESENTED_UNTRUSTED);
  ck_assert_int_eq(untrusted->tls.certificate_sent, CERTIFICATE_SENT_CHAIN);
  ck_assert_int_eq(untrusted->ended_in, PHASE_HANDSHAKE); /* wolfSSL verifies whom it asks */
  ck_assert_int_eq(memory.routes[DIRECT].contrast_ns, untrusted->started_ns);
}
END_TEST

START_TEST(the_look_alike_is_due_when_none_is)
{
  present_untrusted_too();
  play_direct();
  remember();
  run();
  run();
  assert_presented(PRESENTED_CLIENT);
  skew_ns += stage.target.probe.contrast_interval_ms * NS_PER_MS;
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE, PRESENTED_UNTRUSTED);
  answer_to_certificate = "403 Forbidden";
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE, PRESENTED_UNTRUSTED);
}
END_TEST

START_TEST(the_look_alike_may_be_the_only_contrast)
{
  present_untrusted_too();
  play_direct();
  remember();
  only_present(true, false);
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_UNTRUSTED);
  only_present(false, true);
  run();
  assert_presented(PRESENTED_NONE, PRESENTED_UNTRUSTED);
  run();
  assert_presented(PRESENTED_NONE);
  skew_ns += stage.target.probe.contrast_interval_ms * NS_PER_MS;
  run();
  assert_presented(PRESENTED_NONE, PRESENTED_UNTRUSTED);
}
END_TEST

START_TEST(an_unverified_server_gets_no_look_alike_either)
{
  present_untrusted_too();
  peer.certificate = "stranger";
  play_direct();
  remember();
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE, PRESENTED_UNTRUSTED);
  ck_assert(kept(DIRECT, PRESENTED_UNTRUSTED)->withheld);
  ck_assert_uint_eq(atomic_load(&peer.certificates), 0);
}
END_TEST

START_TEST(without_files_to_be_like_there_is_no_look_alike)
{
  present_untrusted_too();
  play_direct();
  remember();
  run();
  stage.credential.key_file = pki_path("gone.key");
  run();
  assert_presented(PRESENTED_NONE);
  ck_assert_ptr_null(kept(DIRECT, PRESENTED_UNTRUSTED));
}
END_TEST

/* Nothing else is told of it: the others are presented as ever. */
START_TEST(what_cannot_be_imitated_is_told_by_its_probe)
{
  present_untrusted_too();
  stage.credential.cert_file = pki_path("odd.pem");
  stage.credential.key_file = pki_path("odd.key");
  play_direct();
  remember();
  run();
  assert_presented(PRESENTED_CLIENT, PRESENTED_NONE, PRESENTED_UNTRUSTED);
  ck_assert_str_eq(kept(DIRECT, PRESENTED_UNTRUSTED)->local_problem,
                   "no look-alike: a key of type secp256k1 cannot be made");
}
END_TEST

/* ---- routes ---------------------------------------------------------------------------- */

static void use_both_routes(void (*proxy_story)(struct tls_peer *peer))
{
  stage.target.probe.route_count = 2;
  play_direct();
  play(&proxy_peer, proxy_story);
  stage.proxy.port = proxy_peer.listener.port;
  remember();
}

START_TEST(each_route_has_its_probes_and_its_memory)
{
  use_both_routes(tunnel_to_judge);
  run();
  ck_assert_uint_eq(told.ended, 4);
  ck_assert_int_eq(told.most_in_flight, 2);
  for (size_t route = 0; route < 2; route++) {
    ck_assert_int_eq(kept(route, PRESENTED_CLIENT)->http.status, 200);
    ck_assert_int_eq(kept(route, PRESENTED_NONE)->http.status, 400);
    ck_assert_int_eq(kept(route, PRESENTED_NONE)->tunnel.tried, route == THROUGH_PROXY);
  }
}
END_TEST

START_TEST(a_slow_route_holds_up_no_other)
{
  stage.target.probe.timeout_ms = 1000;
  use_both_routes(hold_at_once);
  run();
  ck_assert_uint_eq(told.ended, 3);
  ck_assert(told.routes[0] == DIRECT && told.routes[1] == DIRECT);
  ck_assert_uint_eq(told.routes[2], THROUGH_PROXY);
  ck_assert(kept(THROUGH_PROXY, PRESENTED_CLIENT)->timed_out);
}
END_TEST

/* ---- cancelling, memory ---------------------------------------------------------------- */

static void cancel_it(void *context)
{
  (void)context;
  round_cancel(round_);
  round_ = NULL;
  timer_start(afterwards, 0);
}

START_TEST(cancelling_closes_all_and_tells_nothing_more)
{
  int before = descriptors_open();
  stage.target.probe.route_count = 2;
  remember();
  play(&peer, hold_at_once);
  play(&proxy_peer, hold_at_once);
  stage.target.port = peer.listener.port;
  stage.proxy.port = proxy_peer.listener.port;
  peer.waker = waker_create(stage.loop, cancel_it, NULL);
  ck_assert(start());
  ck_assert_int_eq(told.in_flight, 2);
  loop_run(stage.loop);
  ck_assert_uint_eq(told.ended + told.done, 0);
  ck_assert_int_eq(told.in_flight, 0);
  waker_destroy(peer.waker);
  peer_stop(&peer);
  peer_stop(&proxy_peer);
  peer.story = NULL;
  proxy_peer.story = NULL;
  ck_assert_int_eq(descriptors_open(), before);
  round_cancel(NULL);
}
END_TEST

START_TEST(a_round_that_has_just_begun_can_be_cancelled)
{
  remember();
  only_present(_i == 1, false);
  ck_assert(start());
  round_cancel(round_);
  round_ = NULL;
  timer_start(afterwards, 0);
  loop_run(stage.loop);
  ck_assert_uint_eq(told.done, 0);
  ck_assert_int_eq(told.in_flight, 0);
}
END_TEST

static bool remembers(size_t route)
{
  return kept(route, PRESENTED_CLIENT) != NULL || kept(route, PRESENTED_NONE) != NULL;
}

/* What an older round saw is not told as if it were of this one. */
START_TEST(want_of_memory_leaves_nothing_old_behind)
{
  play_direct();
  remember();
  run();
  bool failed = true;
  for (unsigned nth = 1; failed; nth++) {
    allocation_fails_at(nth);
    bool started = start();
    if (started) {
      loop_run(stage.loop);
    }
    failed = allocation_did_fail();
    ck_assert_uint_eq(told.done, started ? 1 : 0);
    ck_assert_int_eq(told.in_flight, 0);
    ck_assert(!started || told.ended > 0 || !remembers(DIRECT));
  }
  ck_assert(remembers(DIRECT));
}
END_TEST

START_TEST(a_memory_of_nothing_can_be_taken_down)
{
  struct round_memory nothing = {0};
  round_memory_deinit(&nothing);
  allocation_fails_at(1);
  ck_assert_int_eq(round_memory_init(&nothing, &stage.target), STATUS_OUT_OF_MEMORY);
  ck_assert(allocation_did_fail());
  round_memory_deinit(&nothing);
}
END_TEST

static TCase *fresh(const char *name)
{
  TCase *tcase = tcase_create(name);
  tcase_set_timeout(tcase, 20);
  tcase_add_checked_fixture(tcase, begin_case, end_case);
  return tcase;
}

static TCase *presented(void)
{
  TCase *tcase = fresh("presented");
  tcase_add_test(tcase, the_first_round_presents_ours_and_then_none);
  tcase_add_test(tcase, the_next_rounds_present_ours_alone);
  tcase_add_test(tcase, the_contrast_is_due_again_after_its_interval);
  tcase_add_test(tcase, a_contrast_interval_as_long_as_the_interval_is_every_round);
  tcase_add_test(tcase, a_changed_outcome_asks_for_the_contrast_at_once);
  tcase_add_test(tcase, who_cannot_be_shaken_hands_with_is_not_asked_twice);
  tcase_add_test(tcase, a_server_that_comes_back_is_contrasted_at_once);
  tcase_add_test(tcase, an_unverified_server_is_asked_again_with_none);
  tcase_add_test(tcase, only_what_the_target_presents_is_presented);
  tcase_add_test(tcase, a_target_without_a_credential_is_asked_with_none_every_round);
  tcase_add_test(tcase, files_that_can_no_longer_be_read_leave_none_to_present);
  tcase_add_test(tcase, a_round_in_which_nothing_is_presented_ends_from_the_loop);
  return tcase;
}

static TCase *look_alike(void)
{
  TCase *tcase = fresh("look-alike");
  tcase_add_test(tcase, the_look_alike_comes_last);
  tcase_add_test(tcase, the_look_alike_is_due_when_none_is);
  tcase_add_test(tcase, the_look_alike_may_be_the_only_contrast);
  tcase_add_test(tcase, an_unverified_server_gets_no_look_alike_either);
  tcase_add_test(tcase, without_files_to_be_like_there_is_no_look_alike);
  tcase_add_test(tcase, what_cannot_be_imitated_is_told_by_its_probe);
  return tcase;
}

static TCase *routes_and_ends(void)
{
  TCase *tcase = fresh("routes and ends");
  tcase_add_test(tcase, each_route_has_its_probes_and_its_memory);
  tcase_add_test(tcase, a_slow_route_holds_up_no_other);
  tcase_add_test(tcase, cancelling_closes_all_and_tells_nothing_more);
  tcase_add_loop_test(tcase, a_round_that_has_just_begun_can_be_cancelled, 0, 2);
  tcase_add_test(tcase, want_of_memory_leaves_nothing_old_behind);
  tcase_add_test(tcase, a_memory_of_nothing_can_be_taken_down);
  return tcase;
}

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  (void)signal(SIGPIPE, SIG_IGN);
  stage_make_certificates();
  pki_make(&(struct pki_certificate){.name = "odd",
                                     .issuer = "root",
                                     .extensions = PKI_CLIENT,
                                     .key = "ec -pkeyopt ec_paramgen_curve:secp256k1"});
  Suite *suite = suite_create("probe/round");
  suite_add_tcase(suite, presented());
  suite_add_tcase(suite, look_alike());
  suite_add_tcase(suite, routes_and_ends());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
