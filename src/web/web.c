/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/web.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "listen.h"

/* One address serves this many clients at once, each in bounded memory; one that
 * neither sends nor reads is dropped, so it cannot keep its place. */
enum {
  CONNECTION_LIMIT = 256,
  CONNECTION_LIMIT_PER_CLIENT = 128, /* of one IP address: it cannot take all places */
  CONNECTION_TIMEOUT_SECONDS = 15,
  CONNECTION_MEMORY_BYTES = 32 * 1024,
  BODY_LIMIT_BYTES = 256 * 1024 * 1024,
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

static const struct {
  const char *name;
  const char *value;
} common_headers[] = {
    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
    {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; "
                                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
};

static const char plain_text[] = "text/plain; charset=utf-8";

static bool add_headers(struct MHD_Response *response, const char *content_type, bool allow)
{
  bool added =
      MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) == MHD_YES;
  for (size_t i = 0; i < sizeof(common_headers) / sizeof(common_headers[0]); i++) {
    added = MHD_add_response_header(response, common_headers[i].name, common_headers[i].value) ==
                MHD_YES &&
            added;
  }
  if (allow) {
    added =
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES && added;
  }
  return added;
}

/* Consumes the response; NULL where memory is out. MHD_NO closes the connection. */
static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned status,
                                     const char *content_type, struct MHD_Response *response)
{
  if (response == NULL) {
    return MHD_NO;
  }
  enum MHD_Result result = MHD_NO;
  if (add_headers(response, content_type, status == MHD_HTTP_METHOD_NOT_ALLOWED)) {
    result = MHD_queue_response(connection, status, response);
  }
  MHD_destroy_response(response);
  return result;
}

/* text must live for ever. */
static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status,
                                 const char *text)
{
  return send_response(connection, status, plain_text,
                       MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                       MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result send_page(struct MHD_Connection *connection, const struct web_page *page,
                                 void *context)
{
  struct buffer body;
  buffer_init(&body, BODY_LIMIT_BYTES);
  unsigned status = page->render(context, &body);
  size_t length = body.length;
  char *bytes = buffer_take(&body);
  buffer_deinit(&body);
  if (bytes == NULL) {
    log_write(LOG_ERROR, "page could not be made", "path", page->path, NULL);
    return send_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "Internal Server Error\n");
  }
  struct MHD_Response *response =
      MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_MUST_FREE);
  if (response == NULL) {
    free(bytes);
  }
  return send_response(connection, status, page->content_type, response);
}

static const struct web_page *find_page(const struct web *web, const char *path)
{
  for (size_t i = 0; i < web->options.page_count; i++) {
    if (strcmp(web->options.pages[i].path, path) == 0) {
      return &web->options.pages[i];
    }
  }
  return NULL;
}

static bool announces_body(struct MHD_Connection *connection)
{
  const char *length =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return (length != NULL && strcmp(length, "0") != 0) ||
         MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                     MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

/* The library calls this when the head is there and again at the request's end. An
 * answer to the first call makes it close the connection with the body unread, which
 * is right for a body, as no page wants one; else the connection should live on. */
static enum MHD_Result handle_request(void *context, struct MHD_Connection *connection,
                                      const char *path, const char *method, const char *version,
                                      const char *upload, size_t *upload_bytes, void **state)
{
  (void)version;
  (void)upload;
  (void)upload_bytes;
  static char head_seen;
  if (*state == NULL && !announces_body(connection)) {
    *state = &head_seen;
    return MHD_YES;
  }
  const struct web *web = context;
  const struct web_page *page = find_page(web, path);
  if (page == NULL) {
    return send_text(connection, MHD_HTTP_NOT_FOUND, "Not Found\n");
  }
  if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
    return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed\n");
  }
  return send_page(connection, page, web->options.context);
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
  listener->daemon =
      MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0, NULL,
                       NULL, handle_request, web,                                                 //
                       MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,                             //
                       MHD_OPTION_LISTEN_SOCKET, fd,                                              //
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
  for (size_t i = 0; i < web->listener_count; i++) {
    MHD_stop_daemon(web->listeners[i].daemon);
  }
  free(web->listeners);
  free(web);
}
