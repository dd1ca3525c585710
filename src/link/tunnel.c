/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "link/base64.h"
#include "model/address.h"
#include "wire/http_head.h"

enum {
  REQUEST_LIMIT_BYTES = 65536,
  FACT_LIMIT_BYTES = 512,
  JOINED_LIMIT_BYTES = FACT_LIMIT_BYTES * 4, /* before it is cleaned and cut */
  /* RFC 9110 section 15.2: interim responses may come first; nobody sends many. */
  INTERIM_MAX = 8,
  READS_PER_STEP = 16,
};

enum tunnel_state { SENDING, READING_HEAD, OPEN };

struct tunnel {
  struct link link;
  enum tunnel_state state;
  struct buffer outgoing;
  struct buffer incoming; /* the head, then what came past it */
  unsigned interim_responses;
  struct tunnel_observation *observation;
};

static void append_credentials(struct buffer *out, const struct proxy *proxy)
{
  struct buffer plain;
  buffer_init(&plain, REQUEST_LIMIT_BYTES);
  buffer_append_format(&plain, "%s:%s", proxy->username, proxy->password);
  buffer_append_text(out, "Proxy-Authorization: Basic ");
  base64_append(out, plain.data, plain.length);
  buffer_append_text(out, "\r\n");
  buffer_deinit(&plain);
}

static void write_request(struct buffer *out, const struct proxy *proxy, const char *host,
                          uint16_t port)
{
  char authority[ENDPOINT_MAX];
  endpoint_text(host, port, authority, sizeof(authority));
  buffer_append_format(out, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", authority, authority);
  if (proxy->username != NULL) {
    append_credentials(out, proxy);
  }
  for (size_t i = 0; i < proxy->header_count; i++) {
    buffer_append_format(out, "%s: %s\r\n", proxy->headers[i].name, proxy->headers[i].value);
  }
  buffer_append_text(out, "\r\n");
}

static enum link_step tunnel_failed(struct tunnel *tunnel, enum ending ending, int system_error)
{
  tunnel->observation->ending = ending;
  tunnel->observation->system_error = system_error;
  return link_fail(&tunnel->link, ending, system_error);
}

static enum link_step below_failed(struct tunnel *tunnel)
{
  return tunnel_failed(tunnel, tunnel->link.below->ending, tunnel->link.below->system_error);
}

static enum link_step send_request(struct tunnel *tunnel)
{
  while (tunnel->outgoing.length > 0) {
    size_t count = 0;
    enum link_step step = link_write(tunnel->link.below, (uint8_t *)tunnel->outgoing.data,
                                     tunnel->outgoing.length, &count);
    if (step == LINK_FAILED && tunnel->link.below->failed) {
      return below_failed(tunnel);
    }
    if (step == LINK_FAILED) {
      break; /* the write alone failed: the answer may be there already */
    }
    if (step != LINK_DONE) {
      return step;
    }
    buffer_consume(&tunnel->outgoing, count);
  }
  buffer_deinit(&tunnel->outgoing);
  return LINK_DONE;
}

static char *clean(struct http_text text)
{
  return text_clean(text.bytes, text.length, FACT_LIMIT_BYTES);
}

/* All fields of that name, joined; NULL when there is none. */
static char *joined_fields(const struct http_head *head, const char *name)
{
  struct buffer joined;
  buffer_init(&joined, JOINED_LIMIT_BYTES);
  char *result = NULL;
  const struct http_field *field = NULL;
  for (size_t i = 0; (field = http_head_field(head, name, i)) != NULL; i++) {
    if (i > 0) {
      buffer_append_text(&joined, ", ");
    }
    buffer_append(&joined, field->value.bytes, field->value.length);
  }
  if (joined.length > 0) {
    result = text_clean(joined.data, joined.length, FACT_LIMIT_BYTES);
  }
  buffer_deinit(&joined);
  return result;
}

static void record_reply(struct tunnel_observation *observation, const struct http_head *head)
{
  observation->connect_status = (int)head->status;
  observation->reason_phrase = clean(head->reason);
  observation->via = joined_fields(head, "Via");
  observation->x_squid_error = joined_fields(head, "X-Squid-Error");
  observation->proxy_status = joined_fields(head, "Proxy-Status");
  observation->proxy_authenticate = joined_fields(head, "Proxy-Authenticate");
}

/* Decides what a complete head means for the chain: open, failed, or read on. */
static enum link_step head_arrived(struct tunnel *tunnel, const struct http_head *head)
{
  struct tunnel_observation *observation = tunnel->observation;
  if (head->status < 200) {
    tunnel->interim_responses++;
    if (tunnel->interim_responses > INTERIM_MAX) {
      observation->malformed = true;
      return tunnel_failed(tunnel, ENDING_NONE, 0);
    }
    buffer_consume(&tunnel->incoming, head->head_bytes);
    return LINK_WANT_READ;
  }
  record_reply(observation, head);
  size_t status = head->status;
  buffer_consume(&tunnel->incoming, head->head_bytes);
  if (status >= 300) {
    if (tunnel->incoming.length > 0) {
      observation->body_excerpt =
          text_clean(tunnel->incoming.data, tunnel->incoming.length, BODY_EXCERPT_BYTES);
    }
    return tunnel_failed(tunnel, ENDING_NONE, 0);
  }
  /* We have not spoken yet, so nobody at the far end has a reason to (RFC 9110 9.3.6). */
  observation->early_bytes = tunnel->incoming.length > 0;
  tunnel->state = OPEN;
  return LINK_DONE;
}

/* Looks at what has arrived; LINK_WANT_READ when it is not a whole head yet. */
static enum link_step examine(struct tunnel *tunnel)
{
  enum link_step step = LINK_WANT_READ;
  for (unsigned i = 0; i <= INTERIM_MAX && step == LINK_WANT_READ; i++) {
    struct http_head head;
    enum http_head_result result =
        http_head_read(buffer_text(&tunnel->incoming), tunnel->incoming.length, &head);
    if (result == HTTP_HEAD_INCOMPLETE) {
      return LINK_WANT_READ;
    }
    if (result == HTTP_HEAD_MALFORMED) {
      tunnel->observation->malformed = true;
      return tunnel_failed(tunnel, ENDING_NONE, 0);
    }
    step = head_arrived(tunnel, &head);
  }
  return step;
}

static enum link_step read_reply(struct tunnel *tunnel)
{
  uint8_t bytes[4096];
  for (unsigned i = 0; i < READS_PER_STEP; i++) {
    size_t count = 0;
    enum link_step step = link_read(tunnel->link.below, bytes, sizeof(bytes), &count);
    if (step == LINK_FAILED) {
      return below_failed(tunnel);
    }
    if (step != LINK_DONE) {
      return step;
    }
    if (count == 0) {
      return tunnel_failed(tunnel, ENDING_EOF, 0);
    }
    buffer_append(&tunnel->incoming, bytes, count);
    if (buffer_status(&tunnel->incoming) != STATUS_OK) {
      return tunnel_failed(tunnel, ENDING_ERROR, ENOMEM); /* it has room for a whole head */
    }
    step = examine(tunnel);
    if (step != LINK_WANT_READ) {
      return step;
    }
  }
  return LINK_AGAIN;
}

static enum link_step tunnel_connect(struct link *link)
{
  struct tunnel *tunnel = (struct tunnel *)link;
  tunnel->observation->tried = true;
  if (tunnel->state == SENDING) {
    enum link_step step = send_request(tunnel);
    if (step != LINK_DONE) {
      return step;
    }
    tunnel->state = READING_HEAD;
  }
  return read_reply(tunnel);
}

static enum link_step tunnel_read(struct link *link, uint8_t *bytes, size_t capacity, size_t *count)
{
  struct tunnel *tunnel = (struct tunnel *)link;
  if (tunnel->incoming.length > 0) {
    *count = tunnel->incoming.length < capacity ? tunnel->incoming.length : capacity;
    memcpy(bytes, tunnel->incoming.data, *count);
    buffer_consume(&tunnel->incoming, *count);
    return LINK_DONE;
  }
  enum link_step step = link_read(link->below, bytes, capacity, count);
  return step == LINK_FAILED ? link_fail_as_below(link) : step;
}

static enum link_step tunnel_write(struct link *link, const uint8_t *bytes, size_t length,
                                   size_t *count)
{
  enum link_step step = link_write(link->below, bytes, length, count);
  return step == LINK_FAILED && link->below->failed ? link_fail_as_below(link) : step;
}

static void tunnel_destroy(struct link *link)
{
  struct tunnel *tunnel = (struct tunnel *)link;
  buffer_deinit(&tunnel->outgoing);
  buffer_deinit(&tunnel->incoming);
  free(tunnel);
}

static const struct link_operations tunnel_operations = {
    .connect = tunnel_connect,
    .read = tunnel_read,
    .write = tunnel_write,
    .destroy = tunnel_destroy,
};

struct link *tunnel_create(struct link *below, const struct proxy *proxy, const char *host,
                           uint16_t port, struct tunnel_observation *observation)
{
  struct tunnel *tunnel = calloc(1, sizeof(*tunnel));
  if (tunnel == NULL) {
    link_destroy(below);
    return NULL;
  }
  tunnel->link.operations = &tunnel_operations;
  tunnel->link.below = below;
  tunnel->observation = observation;
  buffer_init(&tunnel->outgoing, REQUEST_LIMIT_BYTES);
  buffer_init(&tunnel->incoming, HTTP_HEAD_MAX_BYTES + 4096);
  write_request(&tunnel->outgoing, proxy, host, port);
  if (buffer_status(&tunnel->outgoing) != STATUS_OK) {
    link_destroy(&tunnel->link);
    return NULL;
  }
  observation->credentials_sent = proxy->username != NULL;
  return &tunnel->link;
}
