/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/app.h"
#include "app/pages.h"
#include "app/prober.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "link/tls_context.h"
#include "schedule/scheduler.h"
#include "schedule/worker.h"
#include "web/web.h"

/*
 * NOTES. First rounds: 5 ms a target keeps a start below the pace that one core can shake hands
 * at, and shows small configurations at once. Probes under way: each takes a descriptor and some
 * 50 KB inside the TLS library; a thousand a worker is far more than a core can keep busy.
 */
#define FIRST_SPREAD_NS_PER_TARGET (5 * NS_PER_MS)
#define FIRST_SPREAD_LEAST_NS (200 * NS_PER_MS)
enum { IN_FLIGHT_MOST = 1000, IN_FLIGHT_LEAST = 16, DESCRIPTORS_FOR_OTHERS = 128 };

static const char *const default_listen_address = "127.0.0.1:10063";

struct serving;

/* A worker's thread with its share of the targets. */
struct station {
  struct serving *serving;
  size_t number;
  struct worker *worker;
  struct prober *prober;
  struct scheduler *scheduler;
};

struct serving {
  const struct serve_options *options;
  struct prober_shared shared;
  struct schedule_statistics statistics;
  struct station *stations;
  size_t station_count;
  unsigned cap; /* probes under way at once, of one station */
  struct loop *loop;
  struct web *web;
  struct pages pages;
};

/* ---- a station, on its own thread ------------------------------------------------------ */

static void on_round_ended(void *context, size_t own)
{
  struct station *station = context;
  scheduler_finished(station->scheduler, own);
}

static void on_due(void *context, size_t own)
{
  struct station *station = context;
  if (!prober_start_round(station->prober, own, on_round_ended, station)) {
    log_write(LOG_ERROR, "out of memory: round not started", "target",
              prober_target(station->prober, own)->name, NULL);
    scheduler_finished(station->scheduler, own);
  }
}

static struct schedule_item *plan(const struct prober *prober)
{
  size_t count = prober_count(prober);
  struct schedule_item *items = calloc(count > 0 ? count : 1, sizeof(*items));
  for (size_t i = 0; items != NULL && i < count; i++) {
    const struct target *target = prober_target(prober, i);
    items[i].interval_ns = target->probe.interval_ms * NS_PER_MS;
    items[i].offset_ns = schedule_offset_ns(target->name, items[i].interval_ns);
    items[i].weight = (unsigned)target->probe.route_count;
  }
  return items;
}

static int64_t first_spread_ns(const struct serving *serving)
{
  size_t targets = store_settings(serving->shared.store)->target_count;
  int64_t spread = (int64_t)targets * FIRST_SPREAD_NS_PER_TARGET;
  return spread > FIRST_SPREAD_LEAST_NS ? spread : FIRST_SPREAD_LEAST_NS;
}

static bool set_up_station(void *context, struct loop *loop)
{
  struct station *station = context;
  struct serving *serving = station->serving;
  station->prober = prober_create(loop, &serving->shared, station->number, serving->station_count);
  if (station->prober == NULL) {
    return false;
  }
  struct schedule_item *items = plan(station->prober);
  if (items == NULL) {
    return false;
  }
  station->scheduler = scheduler_create(loop, items, prober_count(station->prober), serving->cap,
                                        &serving->statistics, on_due, station);
  free(items);
  if (station->scheduler == NULL) {
    return false;
  }
  scheduler_run(station->scheduler, first_spread_ns(serving));
  return true;
}

static void tear_down_station(void *context)
{
  struct station *station = context;
  if (station->scheduler != NULL) {
    scheduler_stop(station->scheduler);
  }
  prober_destroy(station->prober);
  scheduler_destroy(station->scheduler);
  station->prober = NULL;
  station->scheduler = NULL;
}

static const struct worker_role station_role = {
    .set_up = set_up_station,
    .tear_down = tear_down_station,
};

/* ---- the whole, on the main thread ----------------------------------------------------- */

static unsigned in_flight_cap(size_t stations)
{
  struct rlimit limit;
  unsigned most = IN_FLIGHT_MOST;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    rlim_t free_ones =
        limit.rlim_cur > DESCRIPTORS_FOR_OTHERS ? limit.rlim_cur - DESCRIPTORS_FOR_OTHERS : 0;
    rlim_t share = free_ones / stations;
    most = share < IN_FLIGHT_MOST ? (unsigned)share : IN_FLIGHT_MOST;
  }
  return most > IN_FLIGHT_LEAST ? most : IN_FLIGHT_LEAST;
}

static size_t worker_count(const struct serve_options *options, size_t targets)
{
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  size_t count = options->workers > 0 ? options->workers : cores > 0 ? (size_t)cores : 1;
  return count < targets ? count : targets;
}

static enum status start_stations(struct serving *serving, struct error *error)
{
  for (size_t i = 0; i < serving->station_count; i++) {
    struct station *station = &serving->stations[i];
    station->serving = serving;
    station->number = i;
    if (worker_start(&station_role, station, &station->worker) != STATUS_OK) {
      return error_set(error, STATUS_IO, NULL, 0,
                       "worker %zu cannot start: out of memory, threads or descriptors", i);
    }
  }
  return STATUS_OK;
}

static void stop_stations(struct serving *serving)
{
  for (size_t i = 0; serving->stations != NULL && i < serving->station_count; i++) {
    if (serving->stations[i].worker != NULL) {
      worker_ask_to_stop(serving->stations[i].worker);
    }
  }
  for (size_t i = 0; serving->stations != NULL && i < serving->station_count; i++) {
    worker_stop(serving->stations[i].worker);
  }
}

static enum status start_web(struct serving *serving, struct error *error)
{
  const struct settings *settings = store_settings(serving->shared.store);
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
  pages_init(&serving->pages, &serving->shared, &serving->statistics,
             serving->options->telemetry_path, first_spread_ns(serving));
  web.pages = pages_table(&serving->pages, &web.page_count);
  web.context = &serving->pages;
  return web_start(&web, &serving->web, error);
}

static void announce(const struct serving *serving)
{
  const struct settings *settings = store_settings(serving->shared.store);
  char targets[32];
  char workers[32];
  (void)snprintf(targets, sizeof(targets), "%zu", settings->target_count);
  (void)snprintf(workers, sizeof(workers), "%zu", serving->station_count);
  log_write(LOG_INFO, "mtls_exporter started", "version", VERSION_TEXT, "wolfssl",
            tls_library_version(), "targets", targets, "workers", workers, NULL);
  const char *address = NULL;
  for (size_t i = 0; (address = web_bound_address(serving->web, i)) != NULL; i++) {
    log_write(LOG_INFO, "listening", "address", address, NULL);
  }
}

static void on_signal(void *context, int signal_number)
{
  struct serving *serving = context;
  log_write(LOG_INFO, "stopping", "signal", signal_number == SIGINT ? "SIGINT" : "SIGTERM", NULL);
  loop_stop(serving->loop);
}

/* Stays here until a signal says to stop. */
static enum status run_until_told(struct serving *serving, struct error *error)
{
  struct signal_watch *terminated = signal_watch_create(serving->loop, SIGTERM, on_signal, serving);
  struct signal_watch *interrupted = signal_watch_create(serving->loop, SIGINT, on_signal, serving);
  enum status status = terminated != NULL && interrupted != NULL
                           ? start_web(serving, error)
                           : error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  if (status == STATUS_OK) {
    status = start_stations(serving, error);
  }
  if (status == STATUS_OK) {
    announce(serving);
    loop_run(serving->loop);
  }
  signal_watch_destroy(terminated);
  signal_watch_destroy(interrupted);
  stop_stations(serving);
  web_stop(serving->web);
  return status;
}

enum status app_serve(struct settings *settings, const struct serve_options *options,
                      struct error *error)
{
  struct serving serving = {.options = options};
  enum status status = STATUS_OUT_OF_MEMORY;
  serving.shared.store = store_create(settings);
  serving.loop = loop_create();
  serving.station_count = worker_count(options, settings->target_count);
  serving.stations = calloc(serving.station_count, sizeof(*serving.stations));
  serving.cap = in_flight_cap(serving.station_count);
  if (serving.shared.store == NULL || serving.loop == NULL || serving.stations == NULL) {
    (void)error_set(error, status, NULL, 0, "out of memory or descriptors");
  } else {
    status = run_until_told(&serving, error);
  }
  if (serving.loop != NULL) {
    loop_destroy(serving.loop);
  }
  store_destroy(serving.shared.store);
  free(serving.stations);
  return status;
}
