/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/http_check.h"

#include <string.h>

#include "base/text.h"
#include "base/version.h"
#include "model/address.h"
#include "wire/http_head.h"

enum {
  REQUEST_LIMIT_BYTES = 256 * 1024,
  FACT_LIMIT_BYTES = 256,
  INTERIM_MAX = 8,
  READS_PER_STEP = 16,
  READ_BYTES = 16384,
  HTTPS_PORT = 443,
};

/* RFC 9110 section 7.2: the default port is left out. */
static void append_host(struct buffer *request, const struct target *target)
{
  char text[ENDPOINT_MAX];
  endpoint_text(target_server_name(target), target->port, text, sizeof(text));
  if (target->port == HTTPS_PORT) {
    *strrchr(text, ':') = '\0';
  }
  buffer_append_text(request, text);
}

static void write_request(struct buffer *request, const struct target *target, bool with_headers)
{
  const struct http_settings *http = &target->probe.http;
  buffer_append_format(request, "%s %s HTTP/1.1\r\nHost: ", http->method, http->path);
  append_host(request, target);
  buffer_append_text(request, "\r\nUser-Agent: mtls_exporter/" VERSION_TEXT
                              "\r\nAccept: */*\r\nConnection: close\r\n");
  for (size_t i = 0; with_headers && i < http->header_count; i++) {
    buffer_append_format(request, "%s: %s\r\n", http->headers[i].name, http->headers[i].value);
  }
  if (strcmp(http->method, "GET") != 0 && strcmp(http->method, "HEAD") != 0) {
    buffer_append_text(request, "Content-Length: 0\r\n");
  }
  buffer_append_text(request, "\r\n");
}

enum status http_check_init(struct http_check *check, const struct target *target, bool verified,
                            const struct buffer *early, struct http_observation *observation)
{
  *check = (struct http_check){.observation = observation};
  buffer_init(&check->request, REQUEST_LIMIT_BYTES);
  /* a head that is not over yet, and a whole read more */
  buffer_init(&check->head, HTTP_HEAD_MAX_BYTES + READ_BYTES);
  buffer_init(&check->excerpt, BODY_EXCERPT_BYTES);
  check->head_request = strcmp(target->probe.http.method, "HEAD") == 0;
  observation->configured_headers_sent = verified && target->probe.http.header_count > 0;
  write_request(&check->request, target, verified);
  buffer_append(&check->head, early->data, early->length);
  return buffer_status(&check->request);
}

void http_check_deinit(struct http_check *check)
{
  buffer_deinit(&check->request);
  buffer_deinit(&check->head);
  buffer_deinit(&check->excerpt);
}

bool http_check_lacks_memory(const struct http_check *check)
{
  return buffer_status(&check->head) == STATUS_OUT_OF_MEMORY;
}

static enum http_check_step not_yet(enum link_step step, enum link_step *wanted)
{
  *wanted = step;
  return step == LINK_AGAIN ? HTTP_CHECK_AGAIN : HTTP_CHECK_WAIT;
}

static enum http_check_step send_request(struct http_check *check, struct link *link,
                                         enum link_step *wanted)
{
  while (check->request.length > 0) {
    size_t count = 0;
    enum link_step step =
        link_write(link, (const uint8_t *)check->request.data, check->request.length, &count);
    if (step == LINK_FAILED) {
      /* The answer, or the alert, may have arrived before the pipe broke. */
      buffer_clear(&check->request);
      return HTTP_CHECK_DONE;
    }
    if (step != LINK_DONE) {
      return not_yet(step, wanted);
    }
    buffer_consume(&check->request, count);
    check->observation->request_sent = check->request.length == 0;
  }
  return HTTP_CHECK_DONE;
}

static void on_content(void *context, const char *bytes, size_t length)
{
  struct http_check *check = context;
  size_t room = BODY_EXCERPT_BYTES - check->excerpt.length;
  buffer_append(&check->excerpt, bytes, length < room ? length : room);
  check->body_bytes += length;
}

/* Body bytes; true when nothing more is to be read. */
static bool take_body(struct http_check *check, const char *bytes, size_t length)
{
  (void)http_body_read(&check->body, bytes, length, on_content, check);
  if (check->body_bytes > HTTP_BODY_MAX_BYTES) {
    check->observation->body_truncated = true;
    return true;
  }
  return check->body.complete || check->body.malformed;
}

static char *fact(const struct http_head *head, const char *name)
{
  const struct http_field *field = http_head_field(head, name, 0);
  return field != NULL ? text_clean(field->value.bytes, field->value.length, FACT_LIMIT_BYTES)
                       : NULL;
}

static bool interim(struct http_check *check, const struct http_head *head)
{
  if (head->status >= 200 || head->status == 101) {
    return false;
  }
  check->interim_responses++;
  buffer_consume(&check->head, head->head_bytes);
  return true;
}

/* Head bytes; true when nothing more is to be read. */
static bool take_head(struct http_check *check)
{
  struct http_head head;
  enum http_head_result result = HTTP_HEAD_INCOMPLETE;
  do {
    result = http_head_read(buffer_text(&check->head), check->head.length, &head);
  } while (result == HTTP_HEAD_COMPLETE && interim(check, &head) &&
           check->interim_responses <= INTERIM_MAX);
  if (result == HTTP_HEAD_INCOMPLETE && buffer_status(&check->head) == STATUS_OK) {
    return false;
  }
  if (http_check_lacks_memory(check)) {
    return true;
  }
  if (result != HTTP_HEAD_COMPLETE || check->interim_responses > INTERIM_MAX) {
    check->observation->malformed = true;
    return true;
  }
  check->head_complete = true;
  check->observation->status = (int)head.status;
  check->observation->server = fact(&head, "Server");
  check->observation->via = fact(&head, "Via");
  http_body_begin(&check->body, &head, check->head_request);
  if (check->body.complete) {
    return true;
  }
  return take_body(check, check->head.data + head.head_bytes, check->head.length - head.head_bytes);
}

static bool take(struct http_check *check, const uint8_t *bytes, size_t length)
{
  if (check->head_complete) {
    return take_body(check, (const char *)bytes, length);
  }
  buffer_append(&check->head, bytes, length);
  return take_head(check);
}

static enum http_check_step finished(struct http_check *check)
{
  if (check->excerpt.length > 0) {
    check->observation->body_excerpt =
        text_clean(check->excerpt.data, check->excerpt.length, BODY_EXCERPT_BYTES);
  }
  return check->head_complete ? HTTP_CHECK_DONE : HTTP_CHECK_FAILED;
}

enum http_check_step http_check_step(struct http_check *check, struct link *link,
                                     enum link_step *wanted)
{
  enum http_check_step sent = send_request(check, link, wanted);
  if (sent != HTTP_CHECK_DONE) {
    return sent;
  }
  if (!check->head_complete && check->head.length > 0 && take_head(check)) {
    return finished(check); /* it was all there before we asked */
  }
  uint8_t bytes[READ_BYTES];
  for (unsigned i = 0; i < READS_PER_STEP; i++) {
    size_t count = 0;
    enum link_step step = link_read(link, bytes, sizeof(bytes), &count);
    if (step != LINK_DONE && step != LINK_FAILED) {
      return not_yet(step, wanted);
    }
    if (step == LINK_FAILED || count == 0 || take(check, bytes, count)) {
      return finished(check);
    }
  }
  return HTTP_CHECK_AGAIN;
}
