/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/http_check.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "support/allocation_fails.h"
#include "support/scripted_link.h"
#include "wire/http_head.h"

#define OK "HTTP/1.1 200 OK\r\n"

static const struct header headers[] = {{"Authorization", "Bearer hunter2"}, {"X-Team", "a"}};
static struct target target;
static struct buffer early;
static struct http_observation seen;
static struct http_check check;
static struct scripted_link *peer;
static char text[64 * 1024]; /* zeros, until a case writes into it */

static void begin_case(void)
{
  target = (struct target){.host = "api.example", .port = 443};
  target.probe.protocol = PROTOCOL_HTTPS;
  target.probe.http = (struct http_settings){.method = "GET", .path = "/health?a=b"};
  buffer_init(&early, 16384);
  seen = (struct http_observation){0};
}

static void end_check(void)
{
  http_check_deinit(&check);
  if (peer != NULL) {
    link_destroy(&peer->link);
  }
  peer = NULL;
  free(seen.server);
  free(seen.via);
  free(seen.body_excerpt);
  seen = (struct http_observation){0};
}

static void end_case(void)
{
  end_check();
  buffer_deinit(&early);
}

/* Steps until it is over, or until it has been told `turns` times to let others go first. */
static enum http_check_step drive(unsigned turns)
{
  enum link_step wanted = LINK_DONE;
  enum http_check_step step = http_check_step(&check, &peer->link, &wanted);
  while (step == HTTP_CHECK_WAIT || (step == HTTP_CHECK_AGAIN && turns-- > 0)) {
    step = http_check_step(&check, &peer->link, &wanted);
  }
  return step;
}

static enum http_check_step run_script(struct script script)
{
  peer = scripted_link_create(NULL, script);
  ck_assert_int_eq(http_check_init(&check, &target, true, &early, &seen), STATUS_OK);
  return drive(UINT_MAX);
}

static enum http_check_step answer_with(const char *answer)
{
  return run_script(script_of(answer, strlen(answer)));
}

static const char *sent(void)
{
  return peer->written; /* zero after its end */
}

/* ---- the request ----------------------------------------------------------------------- */

START_TEST(the_request_says_what_the_rfc_asks_for)
{
  ck_assert_int_eq(answer_with(OK "Content-Length: 0\r\n\r\n"), HTTP_CHECK_DONE);
  ck_assert_int_eq(
      strncmp(
          sent(), "GET /health?a=b HTTP/1.1\r\nHost: api.example\r\nUser-Agent: mtls_exporter/",
          strlen("GET /health?a=b HTTP/1.1\r\nHost: api.example\r\nUser-Agent: mtls_exporter/")),
      0);
  ck_assert_ptr_nonnull(strstr(sent(), "\r\nConnection: close\r\n"));
  ck_assert_str_eq(sent() + strlen(sent()) - 4, "\r\n\r\n");
  ck_assert_ptr_null(strstr(sent(), "Content-Length"));
  ck_assert(seen.request_sent);
}
END_TEST

/* RFC 9110 section 7.2 */
START_TEST(a_port_other_than_443_is_part_of_the_host)
{
  target.port = 8443;
  (void)answer_with(OK "\r\n");
  ck_assert_ptr_nonnull(strstr(sent(), "\r\nHost: api.example:8443\r\n"));
}
END_TEST

START_TEST(an_ipv6_host_keeps_its_brackets)
{
  target.host = "2001:db8::1";
  (void)answer_with(OK "\r\n");
  ck_assert_ptr_nonnull(strstr(sent(), "\r\nHost: [2001:db8::1]\r\n"));
}
END_TEST

START_TEST(the_configured_server_name_is_the_host)
{
  target.probe.server_name = "other.example";
  (void)answer_with(OK "\r\n");
  ck_assert_ptr_nonnull(strstr(sent(), "\r\nHost: other.example\r\n"));
}
END_TEST

/* RFC 9110 section 8.6 */
START_TEST(a_method_that_could_have_content_says_that_there_is_none)
{
  target.probe.http.method = "POST";
  (void)answer_with(OK "\r\n");
  ck_assert_ptr_nonnull(strstr(sent(), "\r\nContent-Length: 0\r\n"));
}
END_TEST

START_TEST(configured_headers_go_to_a_verified_peer)
{
  target.probe.http.headers = headers;
  target.probe.http.header_count = 2;
  (void)answer_with(OK "\r\n");
  ck_assert_ptr_nonnull(strstr(sent(), "\r\nAuthorization: Bearer hunter2\r\nX-Team: a\r\n"));
  ck_assert(seen.configured_headers_sent);
}
END_TEST

START_TEST(configured_headers_never_go_to_an_unverified_peer)
{
  target.probe.http.headers = headers;
  target.probe.http.header_count = 2;
  peer = scripted_link_create(NULL, script_of(OK "\r\n", strlen(OK "\r\n")));
  ck_assert_int_eq(http_check_init(&check, &target, false, &early, &seen), STATUS_OK);
  ck_assert_int_eq(drive(1), HTTP_CHECK_DONE);
  ck_assert_ptr_null(strstr(sent(), "hunter2"));
  ck_assert_ptr_null(strstr(sent(), "X-Team"));
  ck_assert(seen.request_sent && !seen.configured_headers_sent);
}
END_TEST

START_TEST(a_request_that_is_too_long_is_refused_before_it_is_sent)
{
  static char value[300 * 1024];
  memset(value, 'x', sizeof(value) - 1);
  static const struct header endless = {"X-Endless", value};
  target.probe.http.headers = &endless;
  target.probe.http.header_count = 1;
  ck_assert_int_eq(http_check_init(&check, &target, true, &early, &seen), STATUS_TOO_LARGE);
}
END_TEST

START_TEST(a_request_written_in_pieces_arrives_whole)
{
  struct script script = script_of(OK "\r\n", strlen(OK "\r\n"));
  script.write_bytes = 1;
  script.waits = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert_str_eq(sent() + strlen(sent()) - 4, "\r\n\r\n");
  ck_assert(seen.request_sent);
}
END_TEST

/* ---- the answer ------------------------------------------------------------------------ */

START_TEST(status_and_fields_are_kept)
{
  ck_assert_int_eq(answer_with("HTTP/1.1 418 I'm a teapot\r\nserver: nginx/1.22.1\r\n"
                               "Via: 1.1 edge (swg)\r\nContent-Length: 5\r\n\r\nshort"),
                   HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 418);
  ck_assert_str_eq(seen.server, "nginx/1.22.1");
  ck_assert_str_eq(seen.via, "1.1 edge (swg)");
  ck_assert_str_eq(seen.body_excerpt, "short");
  ck_assert(!seen.malformed && !seen.body_truncated);
}
END_TEST

START_TEST(what_is_kept_is_clean_text_of_bounded_length)
{
  (void)snprintf(text, sizeof(text), OK "Server: a\x1b[31m\xff\r\nVia: %0300d\r\n\r\nb\n\xfe", 0);
  ck_assert_int_eq(answer_with(text), HTTP_CHECK_DONE);
  ck_assert_str_eq(seen.server, "a\xEF\xBF\xBD[31m\xEF\xBF\xBD");
  ck_assert_uint_le(strlen(seen.via), 256);
  ck_assert_str_eq(seen.body_excerpt, "b\xEF\xBF\xBD\xEF\xBF\xBD");
}
END_TEST

START_TEST(an_answer_in_single_bytes_is_the_same_answer)
{
  static const char answer[] = "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  struct script script = script_of(answer, strlen(answer));
  script.piece_bytes = 1;
  script.waits = true;
  script.silent = true; /* so its end is seen, not waited for */
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 400);
  ck_assert_str_eq(seen.server, "nginx");
  ck_assert_str_eq(seen.body_excerpt, "abcde");
}
END_TEST

START_TEST(the_answer_to_head_has_no_body)
{
  target.probe.http.method = "HEAD";
  struct script script = script_of(OK "Content-Length: 5\r\n\r\n", strlen(OK) + 21);
  script.silent = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert_ptr_null(seen.body_excerpt);
}
END_TEST

START_TEST(what_came_before_the_request_is_the_beginning_of_the_answer)
{
  buffer_append_text(&early, "HTTP/1.1 400 Bad");
  ck_assert_int_eq(answer_with(" Request\r\n\r\nno"), HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 400);
  ck_assert_str_eq(seen.body_excerpt, "no");
}
END_TEST

START_TEST(a_whole_answer_before_the_request_is_enough)
{
  buffer_append_text(&early, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate");
  struct script script = script_of("", 0);
  script.silent = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 408);
  ck_assert_str_eq(seen.body_excerpt, "late");
}
END_TEST

/* RFC 9110 section 15.2 */
START_TEST(interim_answers_are_passed_over)
{
  ck_assert_int_eq(answer_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x"
                               "\r\n\r\n" OK "Content-Length: 1\r\n\r\n!"),
                   HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 200);
  ck_assert_str_eq(seen.body_excerpt, "!");
}
END_TEST

START_TEST(endless_interim_answers_are_no_http)
{
  struct script script = script_of("HTTP/1.1 100 Continue\r\n\r\n", 25);
  script.endless = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_FAILED);
  ck_assert(seen.malformed);
  ck_assert_int_eq(seen.status, 0);
}
END_TEST

START_TEST(switching_protocols_is_final)
{
  struct script script = script_of("HTTP/1.1 101 Switching\r\n\r\nraw", 29);
  script.silent = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 101);
}
END_TEST

START_TEST(another_protocol_is_no_http)
{
  struct script script = script_of("220 mail ESMTP\r\n", 16);
  script.silent = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_FAILED);
  ck_assert(seen.malformed);
  ck_assert(seen.request_sent);
}
END_TEST

/* ---- caps ------------------------------------------------------------------------------ */

/* A head of head_bytes, then so many bytes of body. */
static size_t long_answer(size_t head_bytes, size_t body_bytes)
{
  static const char end[] = "\r\n\r\n";
  size_t length = (size_t)snprintf(text, sizeof(text), OK "X-Long: ");
  memset(text + length, 'x', head_bytes - length - strlen(end));
  memcpy(text + head_bytes - strlen(end), end, strlen(end));
  memset(text + head_bytes, 'b', body_bytes);
  return head_bytes + body_bytes;
}

START_TEST(the_longest_head_is_read_whatever_follows_it)
{
  struct script script = script_of(text, long_answer(HTTP_HEAD_MAX_BYTES, 40000));
  script.piece_bytes = _i > 0 ? (size_t)_i : 0;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 200);
  ck_assert(!seen.malformed);
}
END_TEST

/* A part of the head first, then the rest and as much of the body as one read takes. */
START_TEST(a_head_in_two_parts_is_read_whatever_follows_it)
{
  size_t length = long_answer(8000, 40000);
  buffer_append(&early, text, 7000);
  ck_assert_int_eq(run_script(script_of(text + 7000, length - 7000)), HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 200);
  ck_assert(!seen.malformed);
}
END_TEST

START_TEST(a_longer_head_is_no_http)
{
  struct script script = script_of(text, long_answer(HTTP_HEAD_MAX_BYTES + 1, 0));
  script.silent = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_FAILED);
  ck_assert(seen.malformed);
  ck_assert_int_eq(seen.status, 0);
}
END_TEST

START_TEST(an_endless_head_is_no_http)
{
  static const char field[] = "X-Field: value\r\n";
  buffer_append_text(&early, OK);
  struct script script = script_of(field, strlen(field));
  script.endless = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_FAILED);
  ck_assert(seen.malformed);
  ck_assert_uint_le(peer->read_bytes, HTTP_HEAD_MAX_BYTES + 16384);
}
END_TEST

START_TEST(an_endless_body_is_cut_at_its_cap)
{
  buffer_append_text(&early, OK "\r\n");
  struct script script = script_of(text, sizeof(text));
  script.endless = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert(seen.body_truncated && !seen.malformed);
  ck_assert_uint_gt(strlen(seen.body_excerpt), BODY_EXCERPT_BYTES - 8);
  ck_assert_uint_le(strlen(seen.body_excerpt), BODY_EXCERPT_BYTES);
  ck_assert_uint_gt(peer->read_bytes, HTTP_BODY_MAX_BYTES);
  ck_assert_uint_le(peer->read_bytes, HTTP_BODY_MAX_BYTES + 16384);
}
END_TEST

START_TEST(a_body_as_long_as_its_cap_is_whole)
{
  buffer_append_format(&early, OK "Content-Length: %d\r\n\r\n", HTTP_BODY_MAX_BYTES);
  struct script script = script_of(text, sizeof(text));
  script.endless = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert(!seen.body_truncated);
}
END_TEST

/* So that it never holds up the probes of other targets. */
START_TEST(an_endless_body_lets_others_go_first)
{
  buffer_append_text(&early, OK "\r\n");
  struct script script = script_of(text, sizeof(text));
  script.endless = true;
  peer = scripted_link_create(NULL, script);
  ck_assert_int_eq(http_check_init(&check, &target, true, &early, &seen), STATUS_OK);
  ck_assert_int_eq(drive(0), HTTP_CHECK_AGAIN);
  ck_assert_uint_le(peer->read_bytes, 16 * 16384);
}
END_TEST

/* ---- ends ------------------------------------------------------------------------------ */

START_TEST(an_end_before_the_head_is_no_answer)
{
  ck_assert_int_eq(answer_with("HTTP/1.1 20"), HTTP_CHECK_FAILED);
  ck_assert(!seen.malformed);
  ck_assert_int_eq(seen.status, 0);
}
END_TEST

START_TEST(an_end_inside_the_body_leaves_the_status)
{
  ck_assert_int_eq(answer_with("HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\nbegun"),
                   HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 403);
  ck_assert_str_eq(seen.body_excerpt, "begun");
}
END_TEST

START_TEST(a_reset_inside_the_body_leaves_the_status)
{
  static const char answer[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\nbegun";
  struct script script = script_of(answer, strlen(answer));
  script.reset_after_read = (long)strlen(answer);
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 403);
}
END_TEST

START_TEST(a_reset_before_the_head_is_no_answer)
{
  struct script script = script_of("", 0);
  script.reset_after_read = 0;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_FAILED);
  ck_assert(seen.request_sent);
}
END_TEST

START_TEST(framing_that_cannot_be_read_ends_the_body)
{
  struct script script = script_of(OK "Transfer-Encoding: chunked\r\n\r\nzz", strlen(OK) + 32);
  script.silent = true;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 200);
}
END_TEST

/* The server refused and closed before it had read our request. */
START_TEST(an_answer_is_read_although_the_request_could_not_be_sent)
{
  static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno";
  struct script script = script_of(answer, strlen(answer));
  script.broken_pipe_after_written = 0;
  script.waits = true; /* several steps: it must not be forgotten in the second */
  script.piece_bytes = 7;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_DONE);
  ck_assert_int_eq(seen.status, 400);
  ck_assert(!seen.request_sent);
}
END_TEST

START_TEST(a_request_that_was_sent_in_part_was_not_sent)
{
  struct script script = script_of("", 0);
  script.write_bytes = 10;
  script.broken_pipe_after_written = 20;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_FAILED);
  ck_assert(!seen.request_sent);
}
END_TEST

START_TEST(a_link_that_fails_at_once_is_no_answer)
{
  struct script script = script_of("", 0);
  script.reset_after_written = 0;
  ck_assert_int_eq(run_script(script), HTTP_CHECK_FAILED);
  ck_assert(!seen.request_sent);
}
END_TEST

START_TEST(want_of_memory_is_told_or_costs_a_fact_alone)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nServer: a\r\nVia: b\r\n\r\nc";
  long alive = allocations_alive();
  bool failed = true;
  for (unsigned nth = 1; failed; nth++) {
    peer = scripted_link_create(NULL, script_of(answer, strlen(answer)));
    allocation_fails_at(nth);
    enum status status = http_check_init(&check, &target, true, &early, &seen);
    enum http_check_step step = status == STATUS_OK ? drive(1) : HTTP_CHECK_FAILED;
    failed = allocation_did_fail();
    ck_assert(failed || (step == HTTP_CHECK_DONE && seen.status == 200 && seen.server != NULL));
    end_check();
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
  tcase_add_test(tcase, the_request_says_what_the_rfc_asks_for);
  tcase_add_test(tcase, a_port_other_than_443_is_part_of_the_host);
  tcase_add_test(tcase, an_ipv6_host_keeps_its_brackets);
  tcase_add_test(tcase, the_configured_server_name_is_the_host);
  tcase_add_test(tcase, a_method_that_could_have_content_says_that_there_is_none);
  tcase_add_test(tcase, configured_headers_go_to_a_verified_peer);
  tcase_add_test(tcase, configured_headers_never_go_to_an_unverified_peer);
  tcase_add_test(tcase, a_request_that_is_too_long_is_refused_before_it_is_sent);
  tcase_add_test(tcase, a_request_written_in_pieces_arrives_whole);
  return tcase;
}

static TCase *answers(void)
{
  TCase *tcase = fresh("answer");
  tcase_add_test(tcase, status_and_fields_are_kept);
  tcase_add_test(tcase, what_is_kept_is_clean_text_of_bounded_length);
  tcase_add_test(tcase, an_answer_in_single_bytes_is_the_same_answer);
  tcase_add_test(tcase, the_answer_to_head_has_no_body);
  tcase_add_test(tcase, what_came_before_the_request_is_the_beginning_of_the_answer);
  tcase_add_test(tcase, a_whole_answer_before_the_request_is_enough);
  tcase_add_test(tcase, interim_answers_are_passed_over);
  tcase_add_test(tcase, endless_interim_answers_are_no_http);
  tcase_add_test(tcase, switching_protocols_is_final);
  tcase_add_test(tcase, another_protocol_is_no_http);
  return tcase;
}

static TCase *caps(void)
{
  TCase *tcase = fresh("caps");
  tcase_add_loop_test(tcase, the_longest_head_is_read_whatever_follows_it, 0, 3);
  tcase_add_test(tcase, a_head_in_two_parts_is_read_whatever_follows_it);
  tcase_add_test(tcase, a_longer_head_is_no_http);
  tcase_add_test(tcase, an_endless_head_is_no_http);
  tcase_add_test(tcase, an_endless_body_is_cut_at_its_cap);
  tcase_add_test(tcase, a_body_as_long_as_its_cap_is_whole);
  tcase_add_test(tcase, an_endless_body_lets_others_go_first);
  return tcase;
}

static TCase *ends(void)
{
  TCase *tcase = fresh("ends");
  tcase_add_test(tcase, an_end_before_the_head_is_no_answer);
  tcase_add_test(tcase, an_end_inside_the_body_leaves_the_status);
  tcase_add_test(tcase, a_reset_inside_the_body_leaves_the_status);
  tcase_add_test(tcase, a_reset_before_the_head_is_no_answer);
  tcase_add_test(tcase, framing_that_cannot_be_read_ends_the_body);
  tcase_add_test(tcase, an_answer_is_read_although_the_request_could_not_be_sent);
  tcase_add_test(tcase, a_request_that_was_sent_in_part_was_not_sent);
  tcase_add_test(tcase, a_link_that_fails_at_once_is_no_answer);
  tcase_add_test(tcase, want_of_memory_is_told_or_costs_a_fact_alone);
  return tcase;
}

int main(void)
{
  Suite *suite = suite_create("probe/http_check");
  suite_add_tcase(suite, requests());
  suite_add_tcase(suite, answers());
  suite_add_tcase(suite, caps());
  suite_add_tcase(suite, ends());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
