/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/app.h"
#include "app/pages.h"
#include "app/stations.h"
#include "base/log.h"
#include "base/version.h"
#include "link/tls_context.h"

static const char *const default_listen_address = "127.0.0.1:10063";

/* A client of /-/reload that waits for its end. */
struct waiting {
  struct web_exchange *exchange;
  struct waiting *next;
};

struct serving {
  const struct serve_options *options;
  struct exporter_state state;
  struct stations *stations;
  struct loop *loop;
  struct signal_watch *terminated;
  struct signal_watch *interrupted;
  struct signal_watch *hung_up;
  struct waker *reload_asked;
  pthread_mutex_t lock; /* of the two below */
  struct waiting *waiting;
  bool stopping;
  struct web *web;
  struct pages pages;
};

/* ---- reload ------------------------------------------------------------------------------ */

/* All or nothing: the old workers end, the new store takes over what they knew, new workers go on.
 * Where those cannot start, the old configuration goes on. */
static enum status exchange_workers(struct serving *serving, struct settings *settings,
                                    struct error *error)
{
  struct exporter_state *state = &serving->state;
  struct store *store = store_create(settings);
  if (store == NULL) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  struct store *before = exporter_state_store(state);
  exporter_state_set_stations(state, NULL);
  stations_stop(serving->stations);
  store_inherit(store, before);
  enum status status =
      stations_start(state, store, serving->options->workers, &serving->stations, error);
  if (status == STATUS_OK) {
    exporter_state_replace(state, store);
  } else {
    store_unref(store);
    struct error again;
    if (stations_start(state, before, serving->options->workers, &serving->stations, &again) !=
        STATUS_OK) {
      log_write(LOG_ERROR, "no worker is left", "reason", again.text, NULL);
      loop_stop(serving->loop);
    }
  }
  exporter_state_set_stations(state, serving->stations);
  store_unref(before);
  return status;
}

/* Every mistake a line of text and a line in the log; frees the list. */
static void tell_errors(struct error_list *errors, struct buffer *text)
{
  for (size_t i = 0; i < errors->count; i++) {
    char line[sizeof(struct error) + 32];
    error_format(&errors->items[i], line, sizeof(line));
    buffer_append_format(text, "%s\n", line);
    log_write(LOG_ERROR, "reload failed, the configuration before stays", "reason", line, NULL);
  }
  error_list_deinit(errors);
}

static enum status reload(struct serving *serving, struct buffer *text)
{
  struct error_list errors = {0};
  struct error error = {0};
  struct settings *settings = NULL;
  enum status status = app_load_settings(serving->options->config_file, &settings, &errors);
  if (status == STATUS_OK) {
    status = exchange_workers(serving, settings, &error);
    if (status != STATUS_OK && error_list_add(&errors, &error) != STATUS_OK) {
      log_write(LOG_ERROR, "reload failed", "reason", "out of memory", NULL);
    }
  }
  tell_errors(&errors, text);
  exporter_state_reloaded(&serving->state, status == STATUS_OK);
  if (status == STATUS_OK) {
    char targets[32];
    (void)snprintf(targets, sizeof(targets), "%zu", settings->target_count);
    log_write(LOG_INFO, "configuration reloaded", "targets", targets, NULL);
  }
  settings_unref(settings);
  return status;
}

static struct waiting *take_waiting(struct serving *serving, bool stop)
{
  (void)pthread_mutex_lock(&serving->lock);
  struct waiting *waiting = serving->waiting;
  serving->waiting = NULL;
  serving->stopping = serving->stopping || stop;
  (void)pthread_mutex_unlock(&serving->lock);
  return waiting;
}

/* Tells all who wait the same. */
static void answer_waiting(struct waiting *waiting, unsigned status, const char *text)
{
  while (waiting != NULL) {
    struct waiting *next = waiting->next;
    web_answer_text(waiting->exchange, status, text);
    free(waiting);
    waiting = next;
  }
}

static void on_reload_asked(void *context)
{
  struct serving *serving = context;
  /* who asks while it goes on, asks for another */
  struct waiting *waiting = take_waiting(serving, false);
  struct buffer text;
  buffer_init(&text, WEB_BODY_MAX_BYTES);
  enum status status = reload(serving, &text);
  answer_waiting(waiting, status == STATUS_OK ? 200 : 500, buffer_text(&text));
  buffer_deinit(&text);
}

/* POST /-/reload, on a thread of the web's. */
static void on_reload_page(void *context, struct web_exchange *exchange)
{
  struct serving *serving = context;
  struct waiting *waiting = calloc(1, sizeof(*waiting));
  (void)pthread_mutex_lock(&serving->lock);
  bool taken = waiting != NULL && !serving->stopping;
  if (taken) {
    *waiting = (struct waiting){exchange, serving->waiting};
    serving->waiting = waiting;
    waker_wake(serving->reload_asked);
  }
  (void)pthread_mutex_unlock(&serving->lock);
  if (!taken) {
    free(waiting);
    web_answer_text(exchange, 503, "The exporter is stopping.\n");
  }
}

/* ---- start and stop ---------------------------------------------------------------------- */

static void on_signal(void *context, int signal_number)
{
  struct serving *serving = context;
  if (signal_number == SIGHUP) {
    on_reload_asked(serving);
    return;
  }
  log_write(LOG_INFO, "stopping", "signal", signal_number == SIGINT ? "SIGINT" : "SIGTERM", NULL);
  loop_stop(serving->loop);
}

static enum status start_web(struct serving *serving, const struct settings *settings,
                             struct error *error)
{
  struct web_options web = {
      .listen_addresses = &default_listen_address,
      .listen_address_count = 1,
  };
  if (serving->options->listen_address_count > 0) {
    web.listen_addresses = serving->options->listen_addresses;
    web.listen_address_count = serving->options->listen_address_count;
  } else if (settings->listen_address_count > 0) {
    web.listen_addresses = settings->listen_addresses;
    web.listen_address_count = settings->listen_address_count;
  }
  pages_init(&serving->pages, &serving->state, serving->options->telemetry_path);
  if (serving->options->enable_lifecycle) {
    serving->pages.reload = on_reload_page;
    serving->pages.reload_context = serving;
  }
  web.pages = pages_table(&serving->pages, &web.page_count);
  web.context = &serving->pages;
  return web_start(&web, &serving->web, error);
}

static void announce(const struct serving *serving, const struct settings *settings)
{
  char targets[32];
  char workers[32];
  (void)snprintf(targets, sizeof(targets), "%zu", settings->target_count);
  (void)snprintf(workers, sizeof(workers), "%zu", stations_count(serving->stations));
  log_write(LOG_INFO, "mtls_exporter started", "version", VERSION_TEXT, "wolfssl",
            tls_library_version(), "targets", targets, "workers", workers, NULL);
  const char *address = NULL;
  for (size_t i = 0; (address = web_bound_address(serving->web, i)) != NULL; i++) {
    log_write(LOG_INFO, "listening", "address", address, NULL);
  }
}

static bool watch_signals(struct serving *serving)
{
  struct loop *loop = serving->loop;
  serving->terminated = signal_watch_create(loop, SIGTERM, on_signal, serving);
  serving->interrupted = signal_watch_create(loop, SIGINT, on_signal, serving);
  serving->hung_up = signal_watch_create(loop, SIGHUP, on_signal, serving);
  serving->reload_asked = waker_create(loop, on_reload_asked, serving);
  return serving->terminated != NULL && serving->interrupted != NULL && serving->hung_up != NULL &&
         serving->reload_asked != NULL;
}

static void stop(struct serving *serving)
{
  exporter_state_set_stations(&serving->state, NULL);
  stations_stop(serving->stations);
  answer_waiting(take_waiting(serving, true), 503, "The exporter is stopping.\n");
  web_stop(serving->web);
  signal_watch_destroy(serving->terminated);
  signal_watch_destroy(serving->interrupted);
  signal_watch_destroy(serving->hung_up);
  waker_destroy(serving->reload_asked);
}

/* Stays here until a signal says to stop. */
static enum status run_until_told(struct serving *serving, const struct settings *settings,
                                  struct error *error)
{
  enum status status = watch_signals(serving)
                           ? start_web(serving, settings, error)
                           : error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  if (status == STATUS_OK) {
    status = stations_start(&serving->state, serving->state.store, serving->options->workers,
                            &serving->stations, error);
  }
  if (status == STATUS_OK) {
    exporter_state_set_stations(&serving->state, serving->stations);
    announce(serving, settings);
    loop_run(serving->loop);
  }
  stop(serving);
  return status;
}

enum status app_serve(struct settings *settings, const struct serve_options *options,
                      struct error *error)
{
  struct serving serving = {.options = options, .loop = loop_create()};
  struct store *store = store_create(settings);
  enum status status = STATUS_OUT_OF_MEMORY;
  if (store == NULL || serving.loop == NULL) {
    (void)error_set(error, status, NULL, 0, "out of memory or descriptors");
    store_unref(store);
  } else {
    (void)pthread_mutex_init(&serving.lock, NULL);
    exporter_state_init(&serving.state, store);
    status = run_until_told(&serving, settings, error);
    exporter_state_deinit(&serving.state);
    (void)pthread_mutex_destroy(&serving.lock);
  }
  if (serving.loop != NULL) {
    loop_destroy(serving.loop);
  }
  return status;
}
