/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/web.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "base/log.h"
#include "gzip.h"
#include "listen.h"

/* One address serves this many clients at once, each in bounded memory; one that
 * neither sends nor reads is dropped, so it cannot keep its place. */
enum {
  CONNECTION_LIMIT = 1024,
  CONNECTION_LIMIT_PER_CLIENT = 768, /* of one IP address: it cannot take all places */
  CONNECTION_TIMEOUT_SECONDS = 15,
  CONNECTION_MEMORY_BYTES = 32 * 1024,
  THREADS_PER_ADDRESS = 4,     /* so that a page which takes a while delays no scrape */
  COMPRESS_LEAST_BYTES = 1024, /* below, a packet is a packet */
};

struct listener {
  struct MHD_Daemon *daemon;
  char bound_address[BOUND_ADDRESS_MAX];
};

struct web {
  struct web_options options; /* of it the pages and the context are used */
  struct listener *listeners;
  size_t listener_count;
};

/* Lives from the end of the request's head to the end of the answer. */
struct web_exchange {
  struct MHD_Connection *connection;
  char *path;
  bool asked;           /* the page has been */
  pthread_mutex_t lock; /* of the rest: an answer may come from another thread */
  bool suspended;
  bool answered;
  unsigned status;
  struct MHD_Response *response; /* NULL where memory was out */
};

static const struct {
  const char *name;
  const char *value;
} common_headers[] = {
    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
    {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; "
                                "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
};

static const char plain_text[] = "text/plain; charset=utf-8";

static bool add_headers(struct MHD_Response *response, const char *content_type)
{
  bool added =
      MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) == MHD_YES;
  for (size_t i = 0; i < sizeof(common_headers) / sizeof(common_headers[0]); i++) {
    added = MHD_add_response_header(response, common_headers[i].name, common_headers[i].value) ==
                MHD_YES &&
            added;
  }
  return added;
}

/* Consumes the response; NULL where memory is out. MHD_NO closes the connection. */
static enum MHD_Result queue(struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *response)
{
  if (response == NULL) {
    return MHD_NO;
  }
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

/* NULL where memory is out. text must live for ever. */
static struct MHD_Response *text_response(const char *text)
{
  struct MHD_Response *response = MHD_create_response_from_buffer(
      strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
  if (response != NULL && !add_headers(response, plain_text)) {
    MHD_destroy_response(response);
    return NULL;
  }
  return response;
}

static enum MHD_Result refuse_method(struct MHD_Connection *connection, enum web_methods allowed)
{
  struct MHD_Response *response = text_response("Method Not Allowed\n");
  if (response != NULL &&
      MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
                              allowed == WEB_READ ? "GET, HEAD" : "POST, PUT") != MHD_YES) {
    MHD_destroy_response(response);
    response = NULL;
  }
  return queue(connection, MHD_HTTP_METHOD_NOT_ALLOWED, response);
}

/* ---- an exchange ----------------------------------------------------------------------- */

const char *web_path(const struct web_exchange *exchange)
{
  return exchange->path;
}

const char *web_field(const struct web_exchange *exchange, const char *name)
{
  return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

struct parameter_search {
  const char *name;
  size_t to_pass; /* of that name, before the one wanted */
  const char *value;
};

static enum MHD_Result visit_parameter(void *context, enum MHD_ValueKind kind, const char *name,
                                       const char *value)
{
  (void)kind;
  struct parameter_search *search = context;
  if (strcmp(name, search->name) != 0) {
    return MHD_YES;
  }
  if (search->to_pass > 0) {
    search->to_pass--;
    return MHD_YES;
  }
  search->value = value != NULL ? value : "";
  return MHD_NO;
}

const char *web_parameter(const struct web_exchange *exchange, const char *name, size_t nth)
{
  struct parameter_search search = {.name = name, .to_pass = nth};
  (void)MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, visit_parameter,
                                  &search);
  return search.value;
}

size_t web_preferred(const struct web_exchange *exchange, const struct web_offer *offers,
                     size_t count)
{
  return accept_preferred(web_field(exchange, MHD_HTTP_HEADER_ACCEPT), offers, count);
}

/* The body in the gzip coding, where the client takes that and it is worth it. */
static bool compress(const struct web_exchange *exchange, struct buffer *body)
{
  if (body->length < COMPRESS_LEAST_BYTES ||
      !accept_coding(web_field(exchange, MHD_HTTP_HEADER_ACCEPT_ENCODING), "gzip")) {
    return false;
  }
  struct buffer compressed;
  buffer_init(&compressed, WEB_BODY_MAX_BYTES);
  if (!gzip_append(&compressed, body->data, body->length)) {
    buffer_deinit(&compressed);
    return false;
  }
  buffer_deinit(body);
  *body = compressed;
  return true;
}

/* Takes over the body's bytes. NULL where memory is out. */
static struct MHD_Response *body_response(struct buffer *body, const char *content_type,
                                          bool compressed)
{
  size_t length = body->length;
  char *bytes = buffer_take(body);
  if (bytes == NULL) {
    return NULL;
  }
  struct MHD_Response *response =
      MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_MUST_FREE);
  if (response == NULL) {
    free(bytes);
    return NULL;
  }
  /* RFC 9110 section 12.5.5: what the answer depends on */
  bool complete =
      add_headers(response, content_type) &&
      MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding") ==
          MHD_YES &&
      (!compressed ||
       MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip") == MHD_YES);
  if (!complete) {
    MHD_destroy_response(response);
    return NULL;
  }
  return response;
}

void web_answer(struct web_exchange *exchange, unsigned status, const char *content_type,
                struct buffer *body)
{
  struct MHD_Response *response = NULL;
  if (buffer_status(body) == STATUS_OK) {
    bool compressed = compress(exchange, body);
    response = body_response(body, content_type, compressed);
  }
  if (response == NULL) {
    log_write(LOG_ERROR, "page could not be made", "path", exchange->path, NULL);
    status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    response = text_response("Internal Server Error\n");
  }
  buffer_deinit(body);
  (void)pthread_mutex_lock(&exchange->lock);
  exchange->status = status;
  exchange->response = response;
  exchange->answered = true;
  bool suspended = exchange->suspended;
  struct MHD_Connection *connection = exchange->connection;
  (void)pthread_mutex_unlock(&exchange->lock);
  if (suspended) {
    MHD_resume_connection(connection); /* the exchange may be gone by now */
  }
}

void web_answer_text(struct web_exchange *exchange, unsigned status, const char *text)
{
  struct buffer body;
  buffer_init(&body, WEB_BODY_MAX_BYTES);
  buffer_append_text(&body, text);
  web_answer(exchange, status, plain_text, &body);
}

static struct web_exchange *exchange_create(struct MHD_Connection *connection, const char *path)
{
  struct web_exchange *exchange = calloc(1, sizeof(*exchange));
  if (exchange == NULL) {
    return NULL;
  }
  exchange->connection = connection;
  exchange->path = strdup(path);
  if (exchange->path == NULL || pthread_mutex_init(&exchange->lock, NULL) != 0) {
    free(exchange->path);
    free(exchange);
    return NULL;
  }
  return exchange;
}

/* The answer onto the wire, or the connection aside until there is one. */
static enum MHD_Result answer_or_wait(struct web_exchange *exchange)
{
  (void)pthread_mutex_lock(&exchange->lock);
  bool answered = exchange->answered;
  if (!answered) {
    exchange->suspended = true;
    MHD_suspend_connection(exchange->connection);
  }
  (void)pthread_mutex_unlock(&exchange->lock);
  if (!answered) {
    return MHD_YES;
  }
  struct MHD_Response *response = exchange->response;
  exchange->response = NULL;
  return queue(exchange->connection, exchange->status, response);
}

/* ---- the library's calls ---------------------------------------------------------------- */

/* The longest path that fits wins, so that an exact one goes before what lies below "/". */
static const struct web_page *find_page(const struct web *web, const char *path)
{
  const struct web_page *found = NULL;
  for (size_t i = 0; i < web->options.page_count; i++) {
    const struct web_page *page = &web->options.pages[i];
    size_t length = strlen(page->path);
    bool fits = page->below ? strncmp(page->path, path, length) == 0 && path[length] != '\0'
                            : strcmp(page->path, path) == 0;
    if (fits && (found == NULL || length > strlen(found->path))) {
      found = page;
    }
  }
  return found;
}

static bool method_allowed(const struct web_page *page, const char *method)
{
  switch (page->methods) {
  case WEB_READ:
    return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
  case WEB_CHANGE:
    return strcmp(method, MHD_HTTP_METHOD_POST) == 0 || strcmp(method, MHD_HTTP_METHOD_PUT) == 0;
  }
  return false;
}

static bool announces_body(struct MHD_Connection *connection)
{
  const char *length =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return (length != NULL && strcmp(length, "0") != 0) ||
         MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                     MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

/* No page wants a body: it stays unread, and the connection ends. */
static enum MHD_Result refuse_body(struct MHD_Connection *connection)
{
  return queue(connection, MHD_HTTP_CONTENT_TOO_LARGE, text_response("Content Too Large\n"));
}

static enum MHD_Result ask_page(const struct web *web, struct web_exchange *exchange,
                                const char *method)
{
  const struct web_page *page = find_page(web, exchange->path);
  if (page == NULL) {
    return queue(exchange->connection, MHD_HTTP_NOT_FOUND, text_response("Not Found\n"));
  }
  if (!method_allowed(page, method)) {
    return refuse_method(exchange->connection, page->methods);
  }
  page->answer(web->options.context, exchange);
  return answer_or_wait(exchange);
}

/* The library calls this when the head is there, again at the request's end, and again when a
 * suspended connection goes on. An answer to the first call would close the connection. */
static enum MHD_Result handle_request(void *context, struct MHD_Connection *connection,
                                      const char *path, const char *method, const char *version,
                                      const char *upload, size_t *upload_bytes, void **state)
{
  (void)version;
  (void)upload;
  (void)upload_bytes;
  struct web_exchange *exchange = *state;
  if (exchange == NULL) {
    if (announces_body(connection)) {
      return refuse_body(connection);
    }
    *state = exchange_create(connection, path);
    return *state != NULL ? MHD_YES : MHD_NO;
  }
  if (!exchange->asked) {
    exchange->asked = true;
    return ask_page(context, exchange, method);
  }
  return answer_or_wait(exchange);
}

static void exchange_ended(void *context, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode code)
{
  (void)context;
  (void)connection;
  (void)code;
  struct web_exchange *exchange = *state;
  *state = NULL;
  if (exchange != NULL) {
    if (exchange->response != NULL) {
      MHD_destroy_response(exchange->response);
    }
    (void)pthread_mutex_destroy(&exchange->lock);
    free(exchange->path);
    free(exchange);
  }
}

static void log_library(void *context, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

/* The library's words are about misbehaving clients, which are none of ours. */
static void log_library(void *context, const char *format, va_list arguments)
{
  (void)context;
  char text[512];
  (void)vsnprintf(text, sizeof(text), format, arguments);
  text[strcspn(text, "\r\n")] = '\0';
  log_write(LOG_DEBUG, "http server", "text", text, NULL);
}

static enum status start_listener(struct web *web, const char *address, struct error *error)
{
  struct listener *listener = &web->listeners[web->listener_count];
  int fd = -1;
  enum status status = listen_open(address, &fd, listener->bound_address, error);
  if (status != STATUS_OK) {
    return status;
  }
  /* The thread's epoll is also woken by its own channel, so that stopping is immediate. */
  listener->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME, 0,
      NULL, NULL, handle_request, web,                                           //
      MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,                             //
      MHD_OPTION_LISTEN_SOCKET, fd,                                              //
      MHD_OPTION_NOTIFY_COMPLETED, exchange_ended, NULL,                         //
      MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS_PER_ADDRESS,                //
      MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTION_LIMIT,                   //
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTION_LIMIT_PER_CLIENT, //
      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_SECONDS,       //
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,       //
      MHD_OPTION_END);
  if (listener->daemon == NULL) { /* the library has closed the socket */
    return error_set(error, STATUS_IO, NULL, 0, "cannot serve on %s: the HTTP server refuses",
                     address);
  }
  web->listener_count++;
  return STATUS_OK;
}

enum status web_start(const struct web_options *options, struct web **out, struct error *error)
{
  *out = NULL;
  struct web *web = calloc(1, sizeof(*web));
  if (web == NULL) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  web->options = *options;
  size_t count = options->listen_address_count;
  web->listeners = calloc(count > 0 ? count : 1, sizeof(*web->listeners));
  enum status status = STATUS_OK;
  if (web->listeners == NULL) {
    status = error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    status = start_listener(web, options->listen_addresses[i], error);
  }
  if (status != STATUS_OK) {
    web_stop(web);
    return status;
  }
  *out = web;
  return STATUS_OK;
}

const char *web_bound_address(const struct web *web, size_t index)
{
  return index < web->listener_count ? web->listeners[index].bound_address : NULL;
}

void web_stop(struct web *web)
{
  if (web == NULL) {
    return;
  }
  for (size_t i = 0; web->listeners != NULL && i < web->listener_count; i++) {
    MHD_stop_daemon(web->listeners[i].daemon);
  }
  free(web->listeners);
  free(web);
}
