/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/pages.h"

#include <stdlib.h>
#include <string.h>

#include "app/on_demand.h"
#include "app/stations.h"
#include "base/clock.h"
#include "report/report.h"

static const char plain_text[] = "text/plain; charset=utf-8";
static const char html[] = "text/html; charset=utf-8";
static const char json[] = "application/json";

static struct buffer new_body(void)
{
  struct buffer body;
  buffer_init(&body, WEB_BODY_MAX_BYTES);
  return body;
}

/* More names than there are families are nobody's wish. */
enum { NAMES_MAX = 128 };

static const struct web_offer exposition_offers[] = {
    [EXPOSITION_TEXT] = {"text/plain", "0.0.4"},
    [EXPOSITION_OPENMETRICS] = {"application/openmetrics-text", "1.0.0"},
};
static const char *const exposition_types[] = {
    [EXPOSITION_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
    [EXPOSITION_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

static enum exposition_format preferred_format(const struct web_exchange *exchange)
{
  size_t count = sizeof(exposition_offers) / sizeof(exposition_offers[0]);
  return (enum exposition_format)web_preferred(exchange, exposition_offers, count);
}

static void metrics_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  const struct exporter_facts facts = exporter_state_facts(pages->state);
  const char *names[NAMES_MAX];
  struct exposition_wish wish = {.format = preferred_format(exchange), .names = names};
  const char *name = NULL;
  while (wish.name_count < NAMES_MAX &&
         (name = web_parameter(exchange, "name[]", wish.name_count)) != NULL) {
    names[wish.name_count] = name;
    wish.name_count++;
  }
  struct buffer body = new_body();
  struct store *store = exporter_state_store(pages->state);
  report_exposition(store, &facts, &wish, &body);
  store_unref(store);
  web_answer(exchange, 200, exposition_types[wish.format], &body);
}

static void index_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  const struct exporter_facts facts = exporter_state_facts(pages->state);
  struct buffer body = new_body();
  struct store *store = exporter_state_store(pages->state);
  const struct index_query query = {
      .sort = web_parameter(exchange, "sort", 0),
      .order = web_parameter(exchange, "order", 0),
      .text = web_parameter(exchange, "text", 0),
      .fault = web_parameter(exchange, "fault", 0),
      .label = web_parameter(exchange, "label", 0),
      .page = web_parameter(exchange, "page", 0),
  };
  report_index_html(store, &facts, pages->telemetry_path, &query, &body);
  store_unref(store);
  web_answer(exchange, 200, html, &body);
}

static const char targets_path[] = "/targets/";

static void target_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  struct buffer body = new_body();
  struct store *store = exporter_state_store(pages->state);
  bool found = report_target_html(store, web_path(exchange) + strlen(targets_path), &body);
  store_unref(store);
  if (!found) {
    buffer_append_text(&body, "There is no target of that name.\n");
  }
  web_answer(exchange, found ? 200 : 404, found ? html : plain_text, &body);
}

static void targets_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  struct buffer body = new_body();
  struct store *store = exporter_state_store(pages->state);
  report_json_targets(store, &body);
  store_unref(store);
  web_answer(exchange, 200, json, &body);
}

static void sd_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  struct buffer body = new_body();
  struct store *store = exporter_state_store(pages->state);
  report_sd(store, &body);
  store_unref(store);
  web_answer(exchange, 200, json, &body);
}

static void verdicts_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  struct buffer body = new_body();
  struct store *store = exporter_state_store(pages->state);
  report_table(store, false, &body);
  store_unref(store);
  web_answer(exchange, 200, plain_text, &body);
}

static void healthy_page(void *context, struct web_exchange *exchange)
{
  (void)context;
  web_answer_text(exchange, 200, "mtls_exporter is healthy.\n");
}

static void ready_page(void *context, struct web_exchange *exchange)
{
  struct pages *pages = context;
  struct store *store = exporter_state_store(pages->state);
  /* a reload makes nobody wait again */
  if (store_complete(store) || clock_monotonic_ns() >= pages->ready_by_ns) {
    atomic_store(&pages->ready, true);
  }
  store_unref(store);
  if (atomic_load(&pages->ready)) {
    web_answer_text(exchange, 200, "mtls_exporter is ready.\n");
  } else {
    web_answer_text(exchange, 503,
                    "mtls_exporter is not ready: first rounds are still under way.\n");
  }
}

static void reload_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  if (pages->reload == NULL) {
    web_answer_text(exchange, 403,
                    "Reloading by HTTP is not enabled: start with --web.enable-lifecycle.\n");
  } else {
    pages->reload(pages->reload_context, exchange);
  }
}

/* ---- /probe ----------------------------------------------------------------------------- */

struct visit {
  struct web_exchange *exchange;
  struct store *store;
  enum exposition_format format;
  bool debug;
  int64_t begun_ns;
};

static void on_visit_ended(void *context, bool complete)
{
  struct visit *visit = context;
  if (!complete) {
    web_answer_text(visit->exchange, 503, "The exporter is reloading or stopping.\n");
  } else if (visit->debug) {
    struct buffer body = new_body();
    report_text(visit->store, 0, false, &body);
    web_answer(visit->exchange, 200, plain_text, &body);
  } else {
    const struct exposition_wish wish = {.format = visit->format,
                                         .duration_ns = clock_monotonic_ns() - visit->begun_ns};
    struct buffer body = new_body();
    report_exposition(visit->store, NULL, &wish, &body);
    web_answer(visit->exchange, 200, exposition_types[wish.format], &body);
  }
  store_unref(visit->store);
  free(visit);
}

static bool is_true(const char *word)
{
  return word != NULL && strcmp(word, "true") == 0;
}

/* Takes over the settings. */
static void start_visit(const struct pages *pages, struct web_exchange *exchange,
                        struct settings *settings)
{
  struct visit *visit = calloc(1, sizeof(*visit));
  struct store *store = store_create(settings);
  settings_unref(settings);
  if (visit == NULL || store == NULL) {
    free(visit);
    store_unref(store);
    web_answer_text(exchange, 500, "out of memory\n");
    return;
  }
  *visit = (struct visit){
      .exchange = exchange,
      .store = store,
      .format = preferred_format(exchange),
      .debug = is_true(web_parameter(exchange, "debug", 0)),
      .begun_ns = clock_monotonic_ns(),
  };
  exporter_state_visit(pages->state, store, on_visit_ended, visit);
}

static void probe_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  const struct on_demand_query query = {
      .target = web_parameter(exchange, "target", 0),
      .module = web_parameter(exchange, "module", 0),
      .proxies = web_parameter(exchange, "proxy", 0),
      .timeout_seconds = web_field(exchange, "X-Prometheus-Scrape-Timeout-Seconds"),
  };
  struct error error = {0};
  struct settings *settings = NULL;
  struct store *store = exporter_state_store(pages->state);
  unsigned status = on_demand_settings(store_settings(store), &query, &settings, &error);
  store_unref(store);
  if (status == 200) {
    start_visit(pages, exchange, settings);
    return;
  }
  struct buffer body = new_body();
  buffer_append_format(&body, "%s\n", error.text);
  web_answer(exchange, status, plain_text, &body);
}

/* ---- the table -------------------------------------------------------------------------- */

static int64_t longest_first_round_ns(const struct settings *settings)
{
  int64_t longest_ms = 0;
  for (size_t i = 0; i < settings->target_count; i++) {
    /* ours, then none */
    int64_t round_ms = settings->targets[i].probe.timeout_ms * 2;
    longest_ms = round_ms > longest_ms ? round_ms : longest_ms;
  }
  return longest_ms * NS_PER_MS;
}

void pages_init(struct pages *pages, struct exporter_state *state, const char *telemetry_path)
{
  struct store *store = exporter_state_store(state);
  const struct settings *settings = store_settings(store);
  *pages = (struct pages){
      .state = state,
      .telemetry_path = telemetry_path,
      .ready_by_ns = clock_monotonic_ns() + stations_first_spread_ns(settings->target_count) +
                     longest_first_round_ns(settings),
      .table =
          {
              {.path = telemetry_path, .answer = metrics_page},
              {.path = "/", .answer = index_page},
              {.path = targets_path, .below = true, .answer = target_page},
              {.path = "/probe", .answer = probe_page},
              {.path = "/sd", .answer = sd_page},
              {.path = "/api/v1/targets", .answer = targets_page},
              {.path = "/verdicts", .answer = verdicts_page},
              {.path = "/-/healthy", .answer = healthy_page},
              {.path = "/-/ready", .answer = ready_page},
              {.path = "/-/reload", .methods = WEB_CHANGE, .answer = reload_page},
          },
  };
  store_unref(store);
}

const struct web_page *pages_table(const struct pages *pages, size_t *count)
{
  *count = PAGES_COUNT;
  return pages->table;
}
