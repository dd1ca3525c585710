/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/pages.h"

#include "base/clock.h"
#include "base/version.h"
#include "link/tls_context.h"
#include "report/report.h"

static const char plain_text[] = "text/plain; charset=utf-8";

static struct buffer new_body(void)
{
  struct buffer body;
  buffer_init(&body, WEB_BODY_MAX_BYTES);
  return body;
}

static struct exporter_facts exporter_facts_now(const struct pages *pages)
{
  int64_t in_flight = atomic_load(&pages->shared->probes_in_flight);
  return (struct exporter_facts){
      .version = VERSION_TEXT,
      .wolfssl_version = tls_library_version(),
      .probes_in_flight = in_flight > 0 ? (uint64_t)in_flight : 0,
      .rounds_skipped = atomic_load(&pages->statistics->rounds_skipped),
      .scheduler_lag_seconds =
          (double)atomic_load(&pages->statistics->lag_ns) / (double)NS_PER_SECOND,
      .last_reload_successful = true,
      .last_reload_success_ns = pages->started_ns,
      .start_ns = pages->started_ns,
  };
}

/* More names than there are families are nobody's wish. */
enum { NAMES_MAX = 128 };

static void metrics_page(void *context, struct web_exchange *exchange)
{
  static const struct web_offer offers[] = {
      [EXPOSITION_TEXT] = {"text/plain", "0.0.4"},
      [EXPOSITION_OPENMETRICS] = {"application/openmetrics-text", "1.0.0"},
  };
  static const char *const content_types[] = {
      [EXPOSITION_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
      [EXPOSITION_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
  };
  const struct pages *pages = context;
  const struct exporter_facts facts = exporter_facts_now(pages);
  size_t format = web_preferred(exchange, offers, sizeof(offers) / sizeof(offers[0]));
  const char *names[NAMES_MAX];
  struct exposition_wish wish = {.format = (enum exposition_format)format, .names = names};
  const char *name = NULL;
  while (wish.name_count < NAMES_MAX &&
         (name = web_parameter(exchange, "name[]", wish.name_count)) != NULL) {
    names[wish.name_count] = name;
    wish.name_count++;
  }
  struct buffer body = new_body();
  report_exposition(pages->shared->store, &facts, &wish, &body);
  web_answer(exchange, 200, content_types[format], &body);
}

static void index_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  const struct exporter_facts facts = exporter_facts_now(pages);
  struct buffer body = new_body();
  report_index_html(pages->shared->store, &facts, pages->telemetry_path, &body);
  web_answer(exchange, 200, "text/html; charset=utf-8", &body);
}

static void targets_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  struct buffer body = new_body();
  report_json_targets(pages->shared->store, &body);
  web_answer(exchange, 200, "application/json", &body);
}

static void verdicts_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  struct buffer body = new_body();
  report_table(pages->shared->store, false, &body);
  web_answer(exchange, 200, plain_text, &body);
}

static void answer_text(struct web_exchange *exchange, unsigned status, const char *text)
{
  struct buffer body = new_body();
  buffer_append_text(&body, text);
  web_answer(exchange, status, plain_text, &body);
}

static void healthy_page(void *context, struct web_exchange *exchange)
{
  (void)context;
  answer_text(exchange, 200, "mtls_exporter is healthy.\n");
}

static void ready_page(void *context, struct web_exchange *exchange)
{
  const struct pages *pages = context;
  if (store_complete(pages->shared->store) || clock_monotonic_ns() >= pages->ready_by_ns) {
    answer_text(exchange, 200, "mtls_exporter is ready.\n");
  } else {
    answer_text(exchange, 503, "mtls_exporter is not ready: first rounds are still under way.\n");
  }
}

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

void pages_init(struct pages *pages, struct prober_shared *shared,
                struct schedule_statistics *statistics, const char *telemetry_path,
                int64_t first_spread_ns)
{
  *pages = (struct pages){
      .shared = shared,
      .statistics = statistics,
      .telemetry_path = telemetry_path,
      .started_ns = clock_wall_ns(),
      .ready_by_ns = clock_monotonic_ns() + first_spread_ns +
                     longest_first_round_ns(store_settings(shared->store)),
      .table =
          {
              {.path = telemetry_path, .answer = metrics_page},
              {.path = "/", .answer = index_page},
              {.path = "/api/v1/targets", .answer = targets_page},
              {.path = "/verdicts", .answer = verdicts_page},
              {.path = "/-/healthy", .answer = healthy_page},
              {.path = "/-/ready", .answer = ready_page},
          },
  };
}

const struct web_page *pages_table(const struct pages *pages, size_t *count)
{
  *count = PAGES_COUNT;
  return pages->table;
}
