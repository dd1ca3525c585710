/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/pages.h"

#include "base/clock.h"
#include "base/version.h"
#include "link/tls_context.h"
#include "report/report.h"

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

static unsigned metrics_page(void *context, struct buffer *body)
{
  const struct pages *pages = context;
  const struct exporter_facts facts = exporter_facts_now(pages);
  report_exposition(pages->shared->store, &facts, body);
  return 200;
}

static unsigned index_page(void *context, struct buffer *body)
{
  const struct pages *pages = context;
  const struct exporter_facts facts = exporter_facts_now(pages);
  report_index_html(pages->shared->store, &facts, pages->telemetry_path, body);
  return 200;
}

static unsigned targets_page(void *context, struct buffer *body)
{
  const struct pages *pages = context;
  report_json_targets(pages->shared->store, body);
  return 200;
}

static unsigned verdicts_page(void *context, struct buffer *body)
{
  const struct pages *pages = context;
  report_table(pages->shared->store, false, body);
  return 200;
}

static unsigned healthy_page(void *context, struct buffer *body)
{
  (void)context;
  buffer_append_text(body, "mtls_exporter is healthy.\n");
  return 200;
}

static unsigned ready_page(void *context, struct buffer *body)
{
  const struct pages *pages = context;
  if (store_complete(pages->shared->store) || clock_monotonic_ns() >= pages->ready_by_ns) {
    buffer_append_text(body, "mtls_exporter is ready.\n");
    return 200;
  }
  buffer_append_text(body, "mtls_exporter is not ready: first rounds are still under way.\n");
  return 503;
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
  static const char text[] = "text/plain; charset=utf-8";
  *pages = (struct pages){
      .shared = shared,
      .statistics = statistics,
      .telemetry_path = telemetry_path,
      .started_ns = clock_wall_ns(),
      .ready_by_ns = clock_monotonic_ns() + first_spread_ns +
                     longest_first_round_ns(store_settings(shared->store)),
      .table =
          {
              {telemetry_path, "text/plain; version=0.0.4; charset=utf-8", metrics_page},
              {"/", "text/html; charset=utf-8", index_page},
              {"/api/v1/targets", "application/json", targets_page},
              {"/verdicts", text, verdicts_page},
              {"/-/healthy", text, healthy_page},
              {"/-/ready", text, ready_page},
          },
  };
}

const struct web_page *pages_table(const struct pages *pages, size_t *count)
{
  *count = PAGES_COUNT;
  return pages->table;
}
