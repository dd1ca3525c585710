/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/tunnel.h"

#include <check.h>
#include <stdio.h>

#include "model/observation.h"
#include "support/allocation_fails.h"
#include "support/scripted_link.h"
#include "wire/http_head.h"

#define ESTABLISHED "HTTP/1.1 200 Connection established\r\n"

static struct proxy proxy;
static struct observation *observation;
static struct tunnel_observation *seen;
static struct scripted_link *peer;
static struct link *tunnel;
static unsigned destroyed;
static char text[64 * 1024];

static void begin_case(void)
{
  proxy = (struct proxy){.name = "edge", .host = "proxy.example", .port = 8080, .password = ""};
  observation = observation_create(PRESENTED_CLIENT);
  seen = &observation->tunnel;
}

static void end_case(void)
{
  link_destroy(tunnel);
  observation_unref(observation);
}

static void set_up(struct script script)
{
  peer = scripted_link_create(NULL, script);
  peer->destroyed = &destroyed;
  tunnel = tunnel_create(&peer->link, &proxy, "api.example", 443, seen);
  ck_assert_ptr_nonnull(tunnel);
}

static enum link_step drive(void)
{
  enum link_step step = link_connect(tunnel);
  while (step != LINK_DONE && step != LINK_FAILED) {
    step = link_connect(tunnel);
  }
  return step;
}

static enum link_step run_script(struct script script)
{
  set_up(script);
  return drive();
}

static enum link_step answer_with(const char *answer)
{
  return run_script(script_of(answer, strlen(answer)));
}

static struct script silent_after(const char *answer)
{
  struct script script = script_of(answer, strlen(answer));
  script.silent = true;
  return script;
}

/* ---- the request ----------------------------------------------------------------------- */

/* RFC 9110 section 9.3.6 */
START_TEST(connect_names_the_target_and_nothing_else)
{
  ck_assert_int_eq(answer_with(ESTABLISHED "\r\n"), LINK_DONE);
  ck_assert_str_eq(peer->written,
                   "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n");
  ck_assert(seen->tried && !seen->credentials_sent);
}
END_TEST

START_TEST(an_ipv6_target_is_written_in_brackets)
{
  peer = scripted_link_create(NULL, script_of(ESTABLISHED "\r\n", strlen(ESTABLISHED) + 2));
  tunnel = tunnel_create(&peer->link, &proxy, "2001:db8::1", 8443, seen);
  ck_assert_int_eq(drive(), LINK_DONE);
  ck_assert_ptr_nonnull(strstr(peer->written, "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n"));
}
END_TEST

/* RFC 7617 section 2 */
START_TEST(credentials_are_sent_where_they_are_configured)
{
  proxy.username = "Aladdin";
  proxy.password = "open sesame";
  ck_assert_int_eq(answer_with(ESTABLISHED "\r\n"), LINK_DONE);
  ck_assert_ptr_nonnull(
      strstr(peer->written, "\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  ck_assert(seen->credentials_sent);
}
END_TEST

START_TEST(a_user_may_have_no_password)
{
  proxy.username = "user";
  ck_assert_int_eq(answer_with(ESTABLISHED "\r\n"), LINK_DONE);
  ck_assert_ptr_nonnull(strstr(peer->written, "\r\nProxy-Authorization: Basic dXNlcjo=\r\n"));
}
END_TEST

START_TEST(configured_headers_are_for_the_proxy)
{
  static const struct header headers[] = {{"X-Team", "payments"}, {"X-Reason", "probe"}};
  proxy.headers = headers;
  proxy.header_count = 2;
  ck_assert_int_eq(answer_with(ESTABLISHED "\r\n"), LINK_DONE);
  ck_assert_ptr_nonnull(strstr(peer->written, "\r\nX-Team: payments\r\nX-Reason: probe\r\n\r\n"));
}
END_TEST

START_TEST(nothing_is_sent_before_the_first_step)
{
  set_up(script_of(ESTABLISHED "\r\n", strlen(ESTABLISHED) + 2));
  ck_assert_uint_eq(peer->written_bytes, 0);
  ck_assert(!seen->tried);
}
END_TEST

START_TEST(a_request_over_the_cap_makes_no_link)
{
  static char value[65536];
  memset(value, 'x', sizeof(value) - 1);
  static const struct header endless = {"X-Endless", value};
  proxy.headers = &endless;
  proxy.header_count = 1;
  peer = scripted_link_create(NULL, script_of("", 0));
  peer->destroyed = &destroyed;
  ck_assert_ptr_null(tunnel_create(&peer->link, &proxy, "api.example", 443, seen));
  ck_assert_uint_eq(destroyed, 1);
}
END_TEST

START_TEST(single_bytes_and_waits_make_the_same_tunnel)
{
  struct script script = script_of(ESTABLISHED "Via: 1.1 edge\r\n\r\n", strlen(ESTABLISHED) + 17);
  script.piece_bytes = 1;
  script.write_bytes = 1;
  script.waits = true;
  ck_assert_int_eq(run_script(script), LINK_DONE);
  ck_assert_str_eq(peer->written,
                   "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n");
  ck_assert_str_eq(seen->via, "1.1 edge");
  ck_assert(!seen->early_bytes);
}
END_TEST

/* ---- the answer ------------------------------------------------------------------------ */

START_TEST(any_2xx_opens_the_tunnel)
{
  static const int statuses[] = {200, 201, 204, 206, 299};
  (void)snprintf(text, sizeof(text), "HTTP/1.1 %d\r\n\r\n", statuses[_i]);
  ck_assert_int_eq(answer_with(text), LINK_DONE);
  ck_assert_int_eq(seen->connect_status, statuses[_i]);
  ck_assert_str_eq(seen->reason_phrase, "");
}
END_TEST

START_TEST(any_other_status_is_kept_and_ends_it)
{
  static const int statuses[] = {300, 302, 400, 403, 404, 407, 451, 500, 502, 503, 504, 999};
  (void)snprintf(text, sizeof(text), "HTTP/1.1 %d Some Reason\r\nContent-Length: 2\r\n\r\nno",
                 statuses[_i]);
  ck_assert_int_eq(run_script(silent_after(text)), LINK_FAILED);
  ck_assert_int_eq(seen->connect_status, statuses[_i]);
  ck_assert_str_eq(seen->reason_phrase, "Some Reason");
  ck_assert_str_eq(seen->body_excerpt, "no");
  ck_assert_int_eq(seen->ending, ENDING_NONE);
  ck_assert(!seen->malformed);
}
END_TEST

START_TEST(the_facts_of_a_refusal_are_kept)
{
  ck_assert_int_eq(
      answer_with("HTTP/1.1 407 Proxy Authentication Required\r\n"
                  "Proxy-Authenticate: Negotiate\r\nproxy-authenticate: Basic realm=\"edge\"\r\n"
                  "Via: 1.1 a\r\nVia: 1.1 b\r\nX-Squid-Error: ERR_CACHE_ACCESS_DENIED 0\r\n"
                  "Proxy-Status: edge; error=http_request_denied\r\n\r\n"),
      LINK_FAILED);
  ck_assert_str_eq(seen->proxy_authenticate, "Negotiate, Basic realm=\"edge\"");
  ck_assert_str_eq(seen->via, "1.1 a, 1.1 b");
  ck_assert_str_eq(seen->x_squid_error, "ERR_CACHE_ACCESS_DENIED 0");
  ck_assert_str_eq(seen->proxy_status, "edge; error=http_request_denied");
  ck_assert_ptr_null(seen->body_excerpt);
}
END_TEST

START_TEST(what_is_kept_is_clean_text_of_bounded_length)
{
  (void)snprintf(text, sizeof(text),
                 "HTTP/1.1 403 a\x1b[31m\xff\r\nVia: %01500d\r\nVia: %01500d\r\n\r\n%05000d\n", 0,
                 0, 0);
  ck_assert_int_eq(answer_with(text), LINK_FAILED);
  ck_assert_str_eq(seen->reason_phrase, "a\xEF\xBF\xBD[31m\xEF\xBF\xBD");
  ck_assert_uint_le(strlen(seen->via), 512);
  ck_assert_uint_le(strlen(seen->body_excerpt), BODY_EXCERPT_BYTES);
}
END_TEST

START_TEST(interim_answers_are_passed_over)
{
  ck_assert_int_eq(
      answer_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102\r\n\r\n" ESTABLISHED "\r\n"),
      LINK_DONE);
  ck_assert_int_eq(seen->connect_status, 200);
  ck_assert(!seen->early_bytes);
}
END_TEST

START_TEST(endless_interim_answers_are_no_http)
{
  struct script script = script_of("HTTP/1.1 100 Continue\r\n\r\n", 25);
  script.endless = true;
  ck_assert_int_eq(run_script(script), LINK_FAILED);
  ck_assert(seen->malformed);
  ck_assert_int_eq(seen->connect_status, 0);
}
END_TEST

START_TEST(an_answer_that_is_no_http_is_malformed_at_once)
{
  ck_assert_int_eq(run_script(silent_after("SSH-2.0-OpenSSH_9.2")), LINK_FAILED);
  ck_assert(seen->malformed);
}
END_TEST

/* ---- bytes past the head --------------------------------------------------------------- */

START_TEST(bytes_read_past_the_head_are_kept_for_the_layer_above)
{
  ck_assert_int_eq(answer_with(ESTABLISHED "\r\n\x16\x03\x03 first flight"), LINK_DONE);
  ck_assert(seen->early_bytes);
  char got[64] = "";
  size_t length = 0;
  size_t count = 1;
  while (count > 0) { /* in the pieces that are asked for, then the peer's end */
    ck_assert_int_eq(link_read(tunnel, (uint8_t *)got + length, 4, &count), LINK_DONE);
    length += count;
  }
  ck_assert_str_eq(got, "\x16\x03\x03 first flight");
}
END_TEST

START_TEST(bytes_that_come_later_are_not_early)
{
  struct script script = script_of(ESTABLISHED "\r\nlater", strlen(ESTABLISHED) + 7);
  script.piece_bytes = strlen(ESTABLISHED) + 2;
  ck_assert_int_eq(run_script(script), LINK_DONE);
  ck_assert(!seen->early_bytes);
  char got[64] = "";
  size_t count = 0;
  ck_assert_int_eq(link_read(tunnel, (uint8_t *)got, sizeof(got) - 1, &count), LINK_DONE);
  ck_assert_str_eq(got, "later");
}
END_TEST

START_TEST(what_is_written_goes_through)
{
  set_up(silent_after(ESTABLISHED "\r\n"));
  ck_assert_int_eq(drive(), LINK_DONE);
  size_t before = peer->written_bytes;
  size_t count = 0;
  ck_assert_int_eq(link_write(tunnel, (const uint8_t *)"hello", 5, &count), LINK_DONE);
  ck_assert_uint_eq(count, 5);
  ck_assert_str_eq(peer->written + before, "hello");
}
END_TEST

/* ---- caps ------------------------------------------------------------------------------ */

static size_t long_answer(size_t head_bytes, size_t more_bytes)
{
  static const char end[] = "\r\n\r\n";
  size_t length = (size_t)snprintf(text, sizeof(text), ESTABLISHED "X-Long: ");
  memset(text + length, 'x', head_bytes - length - strlen(end));
  memcpy(text + head_bytes - strlen(end), end, strlen(end));
  memset(text + head_bytes, 'b', more_bytes);
  return head_bytes + more_bytes;
}

START_TEST(the_longest_head_is_read_whatever_follows_it)
{
  static const size_t pieces[] = {0, 1, 4095, 4097};
  struct script script = script_of(text, long_answer(HTTP_HEAD_MAX_BYTES, 5000));
  script.piece_bytes = pieces[_i];
  ck_assert_int_eq(run_script(script), LINK_DONE);
  ck_assert_int_eq(seen->connect_status, 200);
}
END_TEST

START_TEST(a_longer_head_is_no_http)
{
  struct script script = script_of(text, long_answer(HTTP_HEAD_MAX_BYTES + 1, 0));
  script.silent = true;
  ck_assert_int_eq(run_script(script), LINK_FAILED);
  ck_assert(seen->malformed);
}
END_TEST

/* A step over TLS to the proxy, whose bytes may all be there, gives others a turn. */
START_TEST(an_endless_head_lets_others_go_first_and_ends_at_its_cap)
{
  static const char field[] = "X: y\r\n";
  struct script script = script_of(field, strlen(field));
  script.endless = true;
  script.piece_bytes = 1;
  set_up(script);
  peer->script.incoming = ESTABLISHED;
  peer->script.incoming_bytes = strlen(ESTABLISHED);
  ck_assert_int_eq(link_connect(tunnel), LINK_AGAIN);
  ck_assert_uint_le(peer->read_bytes, 64);
  peer->script.incoming = field;
  peer->script.incoming_bytes = strlen(field);
  ck_assert_int_eq(drive(), LINK_FAILED);
  ck_assert(seen->malformed);
  ck_assert_uint_le(peer->read_bytes, HTTP_HEAD_MAX_BYTES + 4096);
}
END_TEST

/* ---- ends ------------------------------------------------------------------------------ */

START_TEST(an_end_instead_of_an_answer_is_kept)
{
  ck_assert_int_eq(answer_with("HTTP/1.1 2"), LINK_FAILED);
  ck_assert_int_eq(seen->ending, ENDING_EOF);
  ck_assert_int_eq(seen->connect_status, 0);
  ck_assert(!seen->malformed);
}
END_TEST

START_TEST(a_reset_instead_of_an_answer_is_kept)
{
  struct script script = script_of("", 0);
  script.reset_after_read = 0;
  ck_assert_int_eq(run_script(script), LINK_FAILED);
  ck_assert_int_eq(seen->ending, ENDING_RESET);
  ck_assert_int_eq(seen->system_error, ECONNRESET);
  ck_assert_int_eq(tunnel->ending, ENDING_RESET);
}
END_TEST

START_TEST(a_reset_while_the_request_goes_out_is_kept)
{
  struct script script = script_of("", 0);
  script.write_bytes = 8;
  script.reset_after_written = 8;
  ck_assert_int_eq(run_script(script), LINK_FAILED);
  ck_assert_int_eq(seen->ending, ENDING_RESET);
  ck_assert_int_eq(seen->system_error, EPIPE);
}
END_TEST

START_TEST(an_answer_that_came_before_the_pipe_broke_is_read)
{
  static const char answer[] = "HTTP/1.1 503 Too Busy\r\n\r\n";
  struct script script = script_of(answer, strlen(answer));
  script.broken_pipe_after_written = 0;
  ck_assert_int_eq(run_script(script), LINK_FAILED);
  ck_assert_int_eq(seen->connect_status, 503);
}
END_TEST

START_TEST(a_reset_in_the_open_tunnel_is_the_links_own)
{
  struct script script = silent_after(ESTABLISHED "\r\n");
  script.reset_after_read = (long)script.incoming_bytes;
  ck_assert_int_eq(run_script(script), LINK_DONE);
  char got[8];
  size_t count = 0;
  ck_assert_int_eq(link_read(tunnel, (uint8_t *)got, sizeof(got), &count), LINK_FAILED);
  ck_assert_int_eq(tunnel->ending, ENDING_RESET);
  ck_assert_int_eq(tunnel->system_error, ECONNRESET);
  ck_assert_int_eq(seen->ending, ENDING_NONE); /* CONNECT itself went well */
}
END_TEST

START_TEST(a_broken_write_in_the_open_tunnel_leaves_reading)
{
  struct script script = script_of(ESTABLISHED "\r\nwhy", strlen(ESTABLISHED) + 5);
  set_up(script);
  ck_assert_int_eq(drive(), LINK_DONE);
  peer->script.broken_pipe_after_written = 0;
  char got[8] = "";
  size_t count = 0;
  ck_assert_int_eq(link_write(tunnel, (const uint8_t *)"x", 1, &count), LINK_FAILED);
  ck_assert_int_eq(link_read(tunnel, (uint8_t *)got, sizeof(got) - 1, &count), LINK_DONE);
  ck_assert_str_eq(got, "why");
}
END_TEST

START_TEST(want_of_memory_is_never_the_proxy_s_fault)
{
  proxy.username = "user";
  long alive = allocations_alive();
  bool failed = true;
  for (unsigned nth = 1; failed; nth++) {
    peer = scripted_link_create(
        NULL, script_of(ESTABLISHED "Via: a\r\n\r\nearly", strlen(ESTABLISHED) + 15));
    allocation_fails_at(nth);
    tunnel = tunnel_create(&peer->link, &proxy, "api.example", 443, seen);
    enum link_step step = tunnel != NULL ? drive() : LINK_FAILED;
    failed = allocation_did_fail();
    ck_assert(!seen->malformed);
    ck_assert(step == LINK_DONE || tunnel == NULL ||
              (seen->ending == ENDING_ERROR && seen->system_error == ENOMEM));
    ck_assert(failed || step == LINK_DONE);
    link_destroy(tunnel);
    tunnel = NULL;
    free(seen->reason_phrase);
    free(seen->via);
    *seen = (struct tunnel_observation){0};
    ck_assert_int_eq(allocations_alive(), alive);
  }
}
END_TEST

static TCase *fresh(const char *name)
{
  TCase *tcase = tcase_create(name);
  tcase_add_checked_fixture(tcase, begin_case, end_case);
  return tcase;
}

static TCase *requests(void)
{
  TCase *tcase = fresh("request");
  tcase_add_test(tcase, connect_names_the_target_and_nothing_else);
  tcase_add_test(tcase, an_ipv6_target_is_written_in_brackets);
  tcase_add_test(tcase, credentials_are_sent_where_they_are_configured);
  tcase_add_test(tcase, a_user_may_have_no_password);
  tcase_add_test(tcase, configured_headers_are_for_the_proxy);
  tcase_add_test(tcase, nothing_is_sent_before_the_first_step);
  tcase_add_test(tcase, a_request_over_the_cap_makes_no_link);
  tcase_add_test(tcase, single_bytes_and_waits_make_the_same_tunnel);
  return tcase;
}

static TCase *answers(void)
{
  TCase *tcase = fresh("answer");
  tcase_add_loop_test(tcase, any_2xx_opens_the_tunnel, 0, 5);
  tcase_add_loop_test(tcase, any_other_status_is_kept_and_ends_it, 0, 12);
  tcase_add_test(tcase, the_facts_of_a_refusal_are_kept);
  tcase_add_test(tcase, what_is_kept_is_clean_text_of_bounded_length);
  tcase_add_test(tcase, interim_answers_are_passed_over);
  tcase_add_test(tcase, endless_interim_answers_are_no_http);
  tcase_add_test(tcase, an_answer_that_is_no_http_is_malformed_at_once);
  tcase_add_test(tcase, bytes_read_past_the_head_are_kept_for_the_layer_above);
  tcase_add_test(tcase, bytes_that_come_later_are_not_early);
  tcase_add_test(tcase, what_is_written_goes_through);
  return tcase;
}

static TCase *caps_and_ends(void)
{
  TCase *tcase = fresh("caps and ends");
  tcase_add_loop_test(tcase, the_longest_head_is_read_whatever_follows_it, 0, 4);
  tcase_add_test(tcase, a_longer_head_is_no_http);
  tcase_add_test(tcase, an_endless_head_lets_others_go_first_and_ends_at_its_cap);
  tcase_add_test(tcase, an_end_instead_of_an_answer_is_kept);
  tcase_add_test(tcase, a_reset_instead_of_an_answer_is_kept);
  tcase_add_test(tcase, a_reset_while_the_request_goes_out_is_kept);
  tcase_add_test(tcase, an_answer_that_came_before_the_pipe_broke_is_read);
  tcase_add_test(tcase, a_reset_in_the_open_tunnel_is_the_links_own);
  tcase_add_test(tcase, a_broken_write_in_the_open_tunnel_leaves_reading);
  tcase_add_test(tcase, want_of_memory_is_never_the_proxy_s_fault);
  return tcase;
}

int main(void)
{
  Suite *suite = suite_create("link/tunnel");
  suite_add_tcase(suite, requests());
  suite_add_tcase(suite, answers());
  suite_add_tcase(suite, caps_and_ends());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
