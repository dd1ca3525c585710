/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/web.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"

enum {
  REPLY_BYTES = 512 * 1024,
  LARGE_BYTES = 32 * 1024 * 1024,
  PAGE_BYTES = 256 * 1024,
  IDLE_CLIENTS = 20,
  PATIENCE_SECONDS = 10,
};

static const char v4[] = "127.0.0.1:0";

static void answer(struct web_exchange *exchange, unsigned status, const char *text)
{
  struct buffer body;
  buffer_init(&body, LARGE_BYTES);
  buffer_append_text(&body, text);
  web_answer(exchange, status, "text/html; charset=utf-8", &body);
}

static void answer_hello(void *context, struct web_exchange *exchange)
{
  atomic_uint *calls = context;
  (void)atomic_fetch_add(calls, 1);
  answer(exchange, 200, "hello\n");
}

static void answer_unready(void *context, struct web_exchange *exchange)
{
  (void)context;
  answer(exchange, 503, "not yet\n");
}

static void answer_empty(void *context, struct web_exchange *exchange)
{
  (void)context;
  answer(exchange, 200, "");
}

static void answer_failed(void *context, struct web_exchange *exchange)
{
  (void)context;
  struct buffer body;
  buffer_init(&body, LARGE_BYTES);
  buffer_append_text(&body, "half of a page");
  body.status = STATUS_OUT_OF_MEMORY;
  web_answer(exchange, 200, "text/html; charset=utf-8", &body);
}

static void answer_lines(struct web_exchange *exchange, size_t bytes)
{
  static const char line[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n";
  struct buffer body;
  buffer_init(&body, LARGE_BYTES);
  for (size_t i = 0; i < bytes / (sizeof(line) - 1); i++) {
    buffer_append(&body, line, sizeof(line) - 1);
  }
  web_answer(exchange, 200, "text/plain; charset=utf-8", &body);
}

static void answer_large(void *context, struct web_exchange *exchange)
{
  (void)context;
  answer_lines(exchange, LARGE_BYTES);
}

static void answer_page(void *context, struct web_exchange *exchange)
{
  (void)context;
  answer_lines(exchange, PAGE_BYTES);
}

static void answer_question(void *context, struct web_exchange *exchange)
{
  (void)context;
  char text[256];
  const char *first = web_parameter(exchange, "name", 0);
  const char *second = web_parameter(exchange, "name", 1);
  const char *third = web_parameter(exchange, "name", 2);
  const char *field = web_field(exchange, "X-Question");
  (void)snprintf(text, sizeof(text), "path %s, names %s %s %s, field %s\n", web_path(exchange),
                 first != NULL ? first : "-", second != NULL ? second : "-",
                 third != NULL ? third : "-", field != NULL ? field : "-");
  answer(exchange, 200, text);
}

static void answer_preferred(void *context, struct web_exchange *exchange)
{
  (void)context;
  static const struct web_offer offers[] = {{"text/plain", "0.0.4"},
                                            {"application/openmetrics-text", "1.0.0"}};
  answer(exchange, 200, web_preferred(exchange, offers, 2) == 0 ? "text" : "openmetrics");
}

/* Answers on a thread of its own, after the asking one has gone. */
static void *answer_in_thread(void *context)
{
  struct web_exchange *exchange = context;
  answer(exchange, 200, web_parameter(exchange, "say", 0));
  return NULL;
}

static void answer_later(void *context, struct web_exchange *exchange)
{
  (void)context;
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, answer_in_thread, exchange), 0);
  ck_assert_int_eq(pthread_detach(thread), 0);
}

static const struct web_page pages[] = {
    {.path = "/hello", .answer = answer_hello},
    {.path = "/unready", .answer = answer_unready},
    {.path = "/empty", .answer = answer_empty},
    {.path = "/failed", .answer = answer_failed},
    {.path = "/large", .answer = answer_large},
    {.path = "/page", .answer = answer_page},
    {.path = "/below/", .below = true, .answer = answer_question},
    {.path = "/below/exact", .answer = answer_hello},
    {.path = "/preferred", .answer = answer_preferred},
    {.path = "/later", .answer = answer_later},
    {.path = "/change", .methods = WEB_CHANGE, .answer = answer_hello},
};

static atomic_uint calls;

static struct web *start_on(const char *const *addresses, size_t count)
{
  const struct web_options options = {.listen_addresses = addresses,
                                      .listen_address_count = count,
                                      .pages = pages,
                                      .page_count = sizeof(pages) / sizeof(pages[0]),
                                      .context = &calls};
  struct web *web = NULL;
  struct error error = {0};
  ck_assert_msg(web_start(&options, &web, &error) == STATUS_OK, "%s", error.text);
  ck_assert_ptr_nonnull(web);
  return web;
}

static struct web *start(void)
{
  static const char *const addresses[] = {v4};
  return start_on(addresses, 1);
}

static unsigned port_of(const char *bound)
{
  const char *colon = strrchr(bound, ':');
  ck_assert_ptr_nonnull(colon);
  return (unsigned)strtoul(colon + 1, NULL, 10);
}

/* A connection to the i-th address; a read on it fails rather than waits for ever. */
static int connect_to(const struct web *web, size_t index)
{
  const char *bound = web_bound_address(web, index);
  struct sockaddr_in6 v6_address = {.sin6_family = AF_INET6,
                                    .sin6_port = htons((uint16_t)port_of(bound)),
                                    .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct sockaddr_in v4_address = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port_of(bound)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  bool is_v6 = bound[0] == '[';
  int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ck_assert_int_ge(fd, 0);
  struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
  ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
  int result = is_v6 ? connect(fd, (struct sockaddr *)&v6_address, sizeof(v6_address))
                     : connect(fd, (struct sockaddr *)&v4_address, sizeof(v4_address));
  ck_assert_msg(result == 0, "%s: %s", bound, strerror(errno));
  return fd;
}

static void send_all(int fd, const char *text)
{
  ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* All that comes until the server closes; valid until the next call. */
static const char *read_all(int fd)
{
  static char reply[REPLY_BYTES];
  size_t length = 0;
  for (;;) {
    ssize_t got = recv(fd, reply + length, sizeof(reply) - 1 - length, 0);
    ck_assert_msg(got >= 0, "%s", strerror(errno));
    if (got == 0) {
      break;
    }
    length += (size_t)got;
    ck_assert_uint_lt(length, sizeof(reply) - 1);
  }
  reply[length] = '\0';
  return reply;
}

static const char *ask_on(const struct web *web, size_t index, const char *method, const char *path)
{
  char request[512];
  (void)snprintf(request, sizeof(request),
                 "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", method, path);
  int fd = connect_to(web, index);
  send_all(fd, request);
  const char *reply = read_all(fd);
  (void)close(fd);
  return reply;
}

static const char *ask(const struct web *web, const char *method, const char *path)
{
  return ask_on(web, 0, method, path);
}

static void assert_status(const char *reply, const char *status)
{
  char expected[32];
  (void)snprintf(expected, sizeof(expected), "HTTP/1.1 %s ", status);
  ck_assert_msg(strncmp(reply, expected, strlen(expected)) == 0, "not %s: %.200s", status, reply);
}

/* Field names are compared without case, RFC 9110 section 5.1. */
static void assert_field(const char *reply, const char *line)
{
  char expected[256];
  (void)snprintf(expected, sizeof(expected), "\r\n%s\r\n", line);
  ck_assert_msg(strcasestr(reply, expected) != NULL, "no %s in: %.600s", line, reply);
}

static const char *body_of(const char *reply)
{
  const char *end = strstr(reply, "\r\n\r\n");
  ck_assert_ptr_nonnull(end);
  return end + 4;
}

START_TEST(page_is_served_with_its_type)
{
  struct web *web = start();
  const char *reply = ask(web, "GET", "/hello");
  assert_status(reply, "200");
  assert_field(reply, "Content-Type: text/html; charset=utf-8");
  assert_field(reply, "Content-Length: 6");
  ck_assert_str_eq(body_of(reply), "hello\n");
  reply = ask(web, "GET", "/hello?name=value");
  ck_assert_str_eq(body_of(reply), "hello\n");
  web_stop(web);
}
END_TEST

START_TEST(every_answer_carries_the_security_fields)
{
  struct web *web = start();
  static const char *const paths[] = {"/hello", "/nothing"};
  for (size_t i = 0; i < 2; i++) {
    const char *reply = ask(web, "GET", paths[i]);
    ck_assert_ptr_nonnull(strcasestr(reply, "\r\nContent-Security-Policy: default-src 'none'; "
                                            "style-src 'unsafe-inline'"));
    assert_field(reply, "X-Content-Type-Options: nosniff");
    assert_field(reply, "Referrer-Policy: no-referrer");
    assert_field(reply, "Cache-Control: no-store");
  }
  web_stop(web);
}
END_TEST

START_TEST(status_of_the_page_is_passed_on)
{
  struct web *web = start();
  const char *reply = ask(web, "GET", "/unready");
  assert_status(reply, "503");
  ck_assert_str_eq(body_of(reply), "not yet\n");
  web_stop(web);
}
END_TEST

START_TEST(empty_page_is_a_page)
{
  struct web *web = start();
  const char *reply = ask(web, "GET", "/empty");
  assert_status(reply, "200");
  assert_field(reply, "Content-Length: 0");
  web_stop(web);
}
END_TEST

START_TEST(page_that_failed_is_an_internal_error_and_not_half_a_page)
{
  struct web *web = start();
  const char *reply = ask(web, "GET", "/failed");
  assert_status(reply, "500");
  ck_assert_ptr_null(strstr(reply, "half"));
  web_stop(web);
}
END_TEST

START_TEST(unknown_path_is_not_found)
{
  struct web *web = start();
  assert_status(ask(web, "GET", "/"), "404");
  assert_status(ask(web, "GET", "/hello/"), "404");
  assert_status(ask(web, "GET", "/hellooo"), "404");
  assert_status(ask(web, "POST", "/nothing"), "404");
  web_stop(web);
}
END_TEST

START_TEST(head_has_the_fields_but_no_body)
{
  struct web *web = start();
  const char *reply = ask(web, "HEAD", "/hello");
  assert_status(reply, "200");
  assert_field(reply, "Content-Length: 6");
  ck_assert_str_eq(body_of(reply), "");
  web_stop(web);
}
END_TEST

START_TEST(other_methods_are_not_allowed)
{
  static const char *const methods[] = {"PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"};
  struct web *web = start();
  unsigned before = atomic_load(&calls);
  for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
    const char *reply = ask(web, methods[i], "/hello");
    assert_status(reply, "405");
    assert_field(reply, "Allow: GET, HEAD");
  }
  ck_assert_uint_eq(atomic_load(&calls), before);
  web_stop(web);
}
END_TEST

START_TEST(body_of_a_request_is_refused_unread)
{
  struct web *web = start();
  int fd = connect_to(web, 0);
  send_all(fd, "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n");
  assert_status(read_all(fd), "413");
  (void)close(fd);
  fd = connect_to(web, 0);
  send_all(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  assert_status(read_all(fd), "413");
  (void)close(fd);
  web_stop(web);
}
END_TEST

START_TEST(page_below_a_path_is_told_the_whole_path)
{
  struct web *web = start();
  const char *reply = ask(web, "GET", "/below/a%20%2Fb?name=1&x=y&name=two%26");
  ck_assert_str_eq(body_of(reply), "path /below/a /b, names 1 two& -, field -\n");
  assert_status(ask(web, "GET", "/below/"), "404");
  ck_assert_str_eq(body_of(ask(web, "GET", "/below/exact")), "hello\n");
  web_stop(web);
}
END_TEST

START_TEST(page_that_changes_something_wants_post_or_put)
{
  struct web *web = start();
  assert_status(ask(web, "POST", "/change"), "200");
  assert_status(ask(web, "PUT", "/change"), "200");
  const char *reply = ask(web, "GET", "/change");
  assert_status(reply, "405");
  assert_field(reply, "Allow: POST, PUT");
  web_stop(web);
}
END_TEST

START_TEST(answer_may_come_later_from_another_thread)
{
  enum { AT_ONCE = 64 };
  struct web *web = start();
  int fds[AT_ONCE];
  for (int i = 0; i < AT_ONCE; i++) {
    char request[128];
    (void)snprintf(request, sizeof(request),
                   "GET /later?say=%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", i);
    fds[i] = connect_to(web, 0);
    send_all(fds[i], request);
  }
  for (int i = 0; i < AT_ONCE; i++) {
    char expected[16];
    (void)snprintf(expected, sizeof(expected), "%d", i);
    ck_assert_str_eq(body_of(read_all(fds[i])), expected);
    (void)close(fds[i]);
  }
  web_stop(web);
}
END_TEST

/* What Prometheus of several versions, curl and a browser send, and what nobody should. */
static const struct accept_case {
  const char *field;
  const char *preferred;
} accept_cases[] = {
    {NULL, "text"},
    {"", "text"},
    {"*/*", "text"},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text"},
    /* 2.42 */
    {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
     "openmetrics"},
    /* 2.49: a weight above 1 */
    {"application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;"
     "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=2",
     "openmetrics"},
    /* 3.0: a parameter given twice, and more of them */
    {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
     "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;version=1.0.0;"
     "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
     "openmetrics"},
    /* 3.9 with native histograms */
    {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
     "q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
     "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
     "openmetrics"},
    {"text/plain;version=0.0.4;q=0.6, application/openmetrics-text;version=1.0.0;q=0.5", "text"},
    {"TEXT/PLAIN ; Version=\"0.0.4\" ; Q=0.1 , Application/OpenMetrics-Text ; version=1.0.0",
     "openmetrics"},
    {"application/openmetrics-text; version=1.0.0; q=0", "text"},
    {"application/openmetrics-text; version=2.0.0", "text"},
    {"application/openmetrics-text", "openmetrics"},
    {"application/openmetrics-text;q=0.001", "openmetrics"},
    {"application/openmetrics-text;q=x", "text"},
    {"application/openmetrics-text;q", "openmetrics"},
    {"a\"b,application/openmetrics-text", "text"},
    {";;;,,,=;q=", "text"},
};

START_TEST(content_type_is_negotiated)
{
  const struct accept_case *one = &accept_cases[_i];
  struct web *web = start();
  char request[1024];
  (void)snprintf(request, sizeof(request),
                 "GET /preferred HTTP/1.1\r\nHost: a\r\n%s%s%sConnection: close\r\n\r\n",
                 one->field != NULL ? "Accept: " : "", one->field != NULL ? one->field : "",
                 one->field != NULL ? "\r\n" : "");
  int fd = connect_to(web, 0);
  send_all(fd, request);
  ck_assert_str_eq(body_of(read_all(fd)), one->preferred);
  (void)close(fd);
  web_stop(web);
}
END_TEST

/* Whether a page comes compressed for this Accept-Encoding. */
static const struct coding_case {
  const char *field;
  bool compressed;
} coding_cases[] = {
    {"gzip", true},
    {"GZIP", true},
    {"deflate, gzip;q=1.0, *;q=0.5", true},
    {"*", true},
    {"identity", false},
    {"gzip;q=0", false},
    {"*, gzip;q=0.000", false},
    {"x-gzip, br", false},
    {"", false},
};

START_TEST(coding_is_negotiated)
{
  const struct coding_case *one = &coding_cases[_i];
  struct web *web = start();
  char request[256];
  (void)snprintf(request, sizeof(request),
                 "HEAD /page HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n"
                 "Connection: close\r\n\r\n",
                 one->field);
  int fd = connect_to(web, 0);
  send_all(fd, request);
  const char *reply = read_all(fd);
  ck_assert_int_eq(strcasestr(reply, "\r\nContent-Encoding: gzip\r\n") != NULL, one->compressed);
  (void)close(fd);
  web_stop(web);
}
END_TEST

START_TEST(body_is_compressed_for_those_who_take_it)
{
  struct web *web = start();
  int fd = connect_to(web, 0);
  send_all(fd, "GET /page HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br, gzip;q=0.5\r\n"
               "Connection: close\r\n\r\n");
  const char *reply = read_all(fd);
  (void)close(fd);
  assert_status(reply, "200");
  assert_field(reply, "Content-Encoding: gzip");
  assert_field(reply, "Vary: Accept, Accept-Encoding");
  const char *body = body_of(reply);
  ck_assert_int_eq((uint8_t)body[0], 0x1f);
  ck_assert_int_eq((uint8_t)body[1], 0x8b);
  const char *length = strcasestr(reply, "\r\nContent-Length: ");
  ck_assert(length != NULL && strtoul(length + 18, NULL, 10) < PAGE_BYTES / 10);
  web_stop(web);
}
END_TEST

START_TEST(garbage_does_no_harm)
{
  static const char *const requests[] = {
      "\r\n\r\n", "\x16\x03\x01\x02\x01\x01", "GET\r\n\r\n", "GET /hello HTTP/9.9\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"};
  struct web *web = start();
  unsigned before = atomic_load(&calls);
  for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
    int fd = connect_to(web, 0);
    send_all(fd, requests[i]);
    (void)close(fd);
  }
  assert_status(ask(web, "GET", "/hello"), "200");
  ck_assert_uint_eq(atomic_load(&calls), before + 1);
  web_stop(web);
}
END_TEST

START_TEST(head_of_a_request_has_a_limit)
{
  struct web *web = start();
  int fd = connect_to(web, 0);
  send_all(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
  static char long_value[256 * 1024];
  memset(long_value, 'a', sizeof(long_value) - 1);
  size_t sent = 0;
  while (sent < sizeof(long_value) - 1) { /* until the server has had enough */
    ssize_t written = send(fd, long_value + sent, sizeof(long_value) - 1 - sent, MSG_NOSIGNAL);
    if (written <= 0) {
      break;
    }
    sent += (size_t)written;
  }
  char reply[64] = "";
  ssize_t got = recv(fd, reply, sizeof(reply) - 1, 0);
  ck_assert(got <= 0 || strncmp(reply, "HTTP/1.1 4", 10) == 0);
  (void)close(fd);
  assert_status(ask(web, "GET", "/hello"), "200");
  web_stop(web);
}
END_TEST

START_TEST(connection_serves_several_requests)
{
  struct web *web = start();
  int fd = connect_to(web, 0);
  send_all(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
               "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const char *reply = read_all(fd);
  assert_status(reply, "200");
  ck_assert_ptr_nonnull(strstr(body_of(reply), "hello\nHTTP/1.1 200 "));
  (void)close(fd);
  web_stop(web);
}
END_TEST

START_TEST(bound_addresses_have_the_real_ports)
{
  static const char *const addresses[] = {v4, "[::1]:0", "localhost:0"};
  struct web *web = start_on(addresses, 3);
  ck_assert_int_eq(strncmp(web_bound_address(web, 0), "127.0.0.1:", 10), 0);
  ck_assert_int_eq(strncmp(web_bound_address(web, 1), "[::1]:", 6), 0);
  ck_assert_ptr_null(web_bound_address(web, 3));
  for (size_t i = 0; i < 3; i++) {
    ck_assert_uint_ne(port_of(web_bound_address(web, i)), 0);
    assert_status(ask_on(web, i, "GET", "/hello"), "200");
  }
  web_stop(web);
}
END_TEST

START_TEST(no_host_means_every_address)
{
  static const char *const addresses[] = {":0"};
  struct web *web = start_on(addresses, 1);
  assert_status(ask(web, "GET", "/hello"), "200");
  web_stop(web);
}
END_TEST

START_TEST(address_in_use_is_an_error_that_names_it)
{
  struct web *web = start();
  char taken[64];
  (void)snprintf(taken, sizeof(taken), "%s", web_bound_address(web, 0));
  const char *const addresses[] = {v4, taken};
  const struct web_options options = {.listen_addresses = addresses, .listen_address_count = 2};
  struct web *second = NULL;
  struct error error = {0};
  ck_assert_int_eq(web_start(&options, &second, &error), STATUS_IO);
  ck_assert_ptr_null(second);
  ck_assert_ptr_nonnull(strstr(error.text, taken));
  ck_assert_ptr_nonnull(strstr(error.text, "in use"));
  web_stop(web);
}
END_TEST

START_TEST(unreadable_address_is_an_error)
{
  static const char *const addresses[] = {"127.0.0.1"};
  const struct web_options options = {.listen_addresses = addresses, .listen_address_count = 1};
  struct web *web = NULL;
  struct error error = {0};
  ck_assert_int_eq(web_start(&options, &web, &error), STATUS_INVALID);
  ck_assert_ptr_null(web);
  ck_assert_uint_gt(strlen(error.text), 0);
  web_stop(NULL);
}
END_TEST

/* Connects clients that have sent half a request, and one that reads nothing of a
 * page much larger than what the sockets hold. */
static void connect_bad_clients(const struct web *web, int fds[IDLE_CLIENTS + 1])
{
  for (size_t i = 0; i < IDLE_CLIENTS; i++) {
    fds[i] = connect_to(web, 0);
    send_all(fds[i], i % 2 == 0 ? "GET /hel" : "GET /hello HTTP/1.1\r\nHost: lo");
  }
  fds[IDLE_CLIENTS] = connect_to(web, 0);
  send_all(fds[IDLE_CLIENTS], "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  char first = 0; /* the answer has begun, and is left where it is */
  ck_assert_int_eq(recv(fds[IDLE_CLIENTS], &first, 1, MSG_PEEK), 1);
}

static void close_all(const int fds[IDLE_CLIENTS + 1])
{
  for (size_t i = 0; i <= IDLE_CLIENTS; i++) {
    (void)close(fds[i]);
  }
}

START_TEST(dead_and_slow_clients_hold_up_nobody)
{
  struct web *web = start();
  int fds[IDLE_CLIENTS + 1];
  connect_bad_clients(web, fds);
  int64_t begin_ns = clock_monotonic_ns();
  for (int i = 0; i < 10; i++) {
    assert_status(ask(web, "GET", "/hello"), "200");
  }
  ck_assert_int_lt(clock_monotonic_ns() - begin_ns, 2 * NS_PER_SECOND);
  close_all(fds);
  web_stop(web);
}
END_TEST

START_TEST(stopping_does_not_wait_for_clients)
{
  struct web *web = start();
  int fds[IDLE_CLIENTS + 1];
  connect_bad_clients(web, fds);
  int64_t begin_ns = clock_monotonic_ns();
  web_stop(web);
  ck_assert_int_lt(clock_monotonic_ns() - begin_ns, NS_PER_SECOND);
  char end = 0; /* the connection is closed, not forgotten */
  ck_assert_int_le(recv(fds[0], &end, 1, 0), 0);
  close_all(fds);
}
END_TEST

enum { SCRAPERS = 4, SCRAPES = 25 };

static void *scrape(void *context)
{
  const struct web *web = context;
  for (int i = 0; i < SCRAPES; i++) {
    int fd = connect_to(web, 0);
    send_all(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    char reply[1024];
    size_t length = 0;
    ssize_t got = 0;
    while ((got = recv(fd, reply + length, sizeof(reply) - 1 - length, 0)) > 0) {
      length += (size_t)got;
    }
    reply[length] = '\0';
    ck_assert_int_eq(got, 0);
    ck_assert_ptr_nonnull(strstr(reply, "\r\n\r\nhello\n"));
    (void)close(fd);
  }
  return NULL;
}

START_TEST(several_clients_are_served_at_once)
{
  struct web *web = start();
  unsigned before = atomic_load(&calls);
  pthread_t threads[SCRAPERS];
  for (size_t i = 0; i < SCRAPERS; i++) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, scrape, web), 0);
  }
  for (size_t i = 0; i < SCRAPERS; i++) {
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
  }
  ck_assert_uint_eq(atomic_load(&calls) - before, SCRAPERS * SCRAPES);
  web_stop(web);
}
END_TEST

START_TEST(port_can_be_used_again_at_once)
{
  struct web *web = start();
  char address[64];
  (void)snprintf(address, sizeof(address), "%s", web_bound_address(web, 0));
  assert_status(ask(web, "GET", "/hello"), "200");
  web_stop(web);
  const char *const addresses[] = {address};
  web = start_on(addresses, 1);
  assert_status(ask(web, "GET", "/hello"), "200");
  web_stop(web);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("web/web");
  TCase *cases = tcase_create("web");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, page_is_served_with_its_type);
  tcase_add_test(cases, every_answer_carries_the_security_fields);
  tcase_add_test(cases, status_of_the_page_is_passed_on);
  tcase_add_test(cases, empty_page_is_a_page);
  tcase_add_test(cases, page_that_failed_is_an_internal_error_and_not_half_a_page);
  tcase_add_test(cases, unknown_path_is_not_found);
  tcase_add_test(cases, head_has_the_fields_but_no_body);
  tcase_add_test(cases, other_methods_are_not_allowed);
  tcase_add_test(cases, body_of_a_request_is_refused_unread);
  tcase_add_test(cases, garbage_does_no_harm);
  tcase_add_test(cases, page_below_a_path_is_told_the_whole_path);
  tcase_add_test(cases, page_that_changes_something_wants_post_or_put);
  tcase_add_test(cases, answer_may_come_later_from_another_thread);
  tcase_add_test(cases, body_is_compressed_for_those_who_take_it);
  tcase_add_loop_test(cases, content_type_is_negotiated, 0,
                      (int)(sizeof(accept_cases) / sizeof(accept_cases[0])));
  tcase_add_loop_test(cases, coding_is_negotiated, 0,
                      (int)(sizeof(coding_cases) / sizeof(coding_cases[0])));
  tcase_add_test(cases, head_of_a_request_has_a_limit);
  tcase_add_test(cases, connection_serves_several_requests);
  tcase_add_test(cases, bound_addresses_have_the_real_ports);
  tcase_add_test(cases, no_host_means_every_address);
  tcase_add_test(cases, address_in_use_is_an_error_that_names_it);
  tcase_add_test(cases, unreadable_address_is_an_error);
  tcase_add_test(cases, dead_and_slow_clients_hold_up_nobody);
  tcase_add_test(cases, stopping_does_not_wait_for_clients);
  tcase_add_test(cases, several_clients_are_served_at_once);
  tcase_add_test(cases, port_can_be_used_again_at_once);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
