/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/stations.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/prober.h"
#include "base/clock.h"
#include "base/log.h"
#include "schedule/worker.h"

/*
 * NOTES. First rounds: 5 ms a target keeps a start below the pace that one core can shake hands
 * at, and shows small configurations at once. Probes under way: each takes a descriptor and some
 * 50 KB inside the TLS library; a thousand a worker is far more than a core can keep busy. The
 * descriptors left to others are those of the web's clients.
 */
#define FIRST_SPREAD_NS_PER_TARGET (5 * NS_PER_MS)
#define FIRST_SPREAD_LEAST_NS (200 * NS_PER_MS)
enum { IN_FLIGHT_MOST = 1000, IN_FLIGHT_LEAST = 16, DESCRIPTORS_FOR_OTHERS = 1152 };

/* A visit that has been asked for and not begun. */
struct request {
  struct store *store;
  void (*ended)(void *context, bool complete);
  void *context;
  struct request *next;
};

/* A worker's thread with its share of the targets. */
struct station {
  struct stations *stations;
  size_t number;
  struct worker *worker;
  struct prober *prober;
  struct scheduler *scheduler;
  struct waker *waker;
  pthread_mutex_t lock; /* of the two below */
  struct request *requests;
  bool closed; /* takes none any more */
};

struct stations {
  struct exporter_state *state;
  struct store *store;
  struct station *items;
  size_t count;
  unsigned cap; /* probes under way at once, of one station */
  atomic_uint next_visited;
};

/* ---- scheduled rounds, on the station's own thread -------------------------------------- */

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
    items[i].continued = prober_continues(prober, i);
  }
  return items;
}

int64_t stations_first_spread_ns(size_t targets)
{
  int64_t spread = (int64_t)targets * FIRST_SPREAD_NS_PER_TARGET;
  return spread > FIRST_SPREAD_LEAST_NS ? spread : FIRST_SPREAD_LEAST_NS;
}

/* ---- visits ----------------------------------------------------------------------------- */

static void request_end(struct request *request)
{
  store_unref(request->store);
  free(request);
}

/* The prober's word to whoever asked. */
static void on_visit_ended(void *context, bool complete)
{
  struct request *request = context;
  request->ended(request->context, complete);
  request_end(request);
}

static struct request *take_requests(struct station *station, bool close)
{
  (void)pthread_mutex_lock(&station->lock);
  struct request *requests = station->requests;
  station->requests = NULL;
  station->closed = station->closed || close;
  (void)pthread_mutex_unlock(&station->lock);
  return requests;
}

static void on_woken(void *context)
{
  struct station *station = context;
  struct request *request = take_requests(station, false);
  while (request != NULL) {
    struct request *next = request->next;
    if (!prober_start_visit(station->prober, request->store, on_visit_ended, request)) {
      on_visit_ended(request, false);
    }
    request = next;
  }
}

static bool hand_over(struct station *station, struct request *request)
{
  (void)pthread_mutex_lock(&station->lock);
  bool open = !station->closed && station->waker != NULL;
  if (open) {
    request->next = station->requests;
    station->requests = request;
    waker_wake(station->waker);
  }
  (void)pthread_mutex_unlock(&station->lock);
  return open;
}

bool stations_visit(struct stations *stations, struct store *store,
                    void (*ended)(void *context, bool complete), void *context)
{
  struct request *request = calloc(1, sizeof(*request));
  if (request == NULL) {
    return false;
  }
  *request = (struct request){store_ref(store), ended, context, NULL};
  size_t turn = atomic_fetch_add(&stations->next_visited, 1) % stations->count;
  if (!hand_over(&stations->items[turn], request)) {
    request_end(request);
    return false;
  }
  return true;
}

/* ---- a station's beginning and end ------------------------------------------------------ */

static bool set_up_station(void *context, struct loop *loop)
{
  struct station *station = context;
  struct stations *stations = station->stations;
  struct exporter_state *state = stations->state;
  station->waker = waker_create(loop, on_woken, station);
  station->prober = prober_create(loop, stations->store, &state->probes_in_flight, station->number,
                                  stations->count);
  if (station->waker == NULL || station->prober == NULL) {
    return false;
  }
  struct schedule_item *items = plan(station->prober);
  if (items == NULL) {
    return false;
  }
  station->scheduler = scheduler_create(loop, items, prober_count(station->prober), stations->cap,
                                        &state->statistics, on_due, station);
  free(items);
  if (station->scheduler == NULL) {
    return false;
  }
  size_t targets = store_settings(stations->store)->target_count;
  scheduler_run(station->scheduler, stations_first_spread_ns(targets));
  return true;
}

static void tear_down_station(void *context)
{
  struct station *station = context;
  struct request *request = take_requests(station, true);
  while (request != NULL) {
    struct request *next = request->next;
    on_visit_ended(request, false);
    request = next;
  }
  if (station->scheduler != NULL) {
    scheduler_stop(station->scheduler);
  }
  prober_destroy(station->prober);
  scheduler_destroy(station->scheduler);
  waker_destroy(station->waker);
}

static const struct worker_role station_role = {
    .set_up = set_up_station,
    .tear_down = tear_down_station,
};

/* ---- all of them ------------------------------------------------------------------------ */

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

static size_t worker_count(unsigned workers)
{
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return workers > 0 ? workers : cores > 0 ? (size_t)cores : 1;
}

static enum status start_all(struct stations *stations, struct error *error)
{
  for (size_t i = 0; i < stations->count; i++) {
    struct station *station = &stations->items[i];
    if (worker_start(&station_role, station, &station->worker) != STATUS_OK) {
      return error_set(error, STATUS_IO, NULL, 0,
                       "worker %zu cannot start: out of memory, threads or descriptors", i);
    }
  }
  return STATUS_OK;
}

enum status stations_start(struct exporter_state *state, struct store *store, unsigned workers,
                           struct stations **out, struct error *error)
{
  *out = NULL;
  struct stations *stations = calloc(1, sizeof(*stations));
  if (stations == NULL) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  size_t count = worker_count(workers);
  stations->state = state;
  stations->store = store_ref(store);
  stations->cap = in_flight_cap(count);
  stations->items = calloc(count, sizeof(*stations->items));
  if (stations->items == NULL) {
    stations_stop(stations);
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  for (; stations->count < count; stations->count++) {
    struct station *station = &stations->items[stations->count];
    station->stations = stations;
    station->number = stations->count;
    (void)pthread_mutex_init(&station->lock, NULL);
  }
  enum status status = start_all(stations, error);
  if (status != STATUS_OK) {
    stations_stop(stations);
    return status;
  }
  *out = stations;
  return STATUS_OK;
}

void stations_stop(struct stations *stations)
{
  if (stations == NULL) {
    return;
  }
  for (size_t i = 0; i < stations->count; i++) {
    if (stations->items[i].worker != NULL) {
      worker_ask_to_stop(stations->items[i].worker);
    }
  }
  for (size_t i = 0; i < stations->count; i++) {
    worker_stop(stations->items[i].worker);
    (void)pthread_mutex_destroy(&stations->items[i].lock);
  }
  store_unref(stations->store);
  free(stations->items);
  free(stations);
}

size_t stations_count(const struct stations *stations)
{
  return stations->count;
}
