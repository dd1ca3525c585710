/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exposition_internal.h"

static bool uses_proxy(const struct view *view, const struct proxy *proxy)
{
  for (size_t i = 0; i < view->route_count; i++) {
    if (view->routes[i].route->proxy == proxy) {
      return true;
    }
  }
  return false;
}

static void write_histogram(struct page *page, const char *route, size_t route_kind)
{
  struct duration_histogram histogram;
  store_read_histogram(page->store, route_kind, &histogram);
  uint64_t count = 0;
  for (size_t i = 0; i <= STORE_BUCKETS; i++) {
    struct buffer bound;
    buffer_init(&bound, 64);
    if (i < STORE_BUCKETS) {
      append_bound(page, &bound, store_bucket_bounds[i]);
    } else {
      buffer_append_text(&bound, "+Inf");
    }
    count += histogram.buckets[i];
    sample_begin(page, "_bucket");
    sample_label(page, "route", route);
    sample_label(page, "le", buffer_text(&bound));
    sample_value_count(page, count);
    inherit_failure(page->out, &bound);
    buffer_deinit(&bound);
  }
  sample_begin(page, "_sum");
  sample_label(page, "route", route);
  sample_value_real(page, histogram.sum_seconds);
  sample_begin(page, "_count");
  sample_label(page, "route", route);
  sample_value_count(page, count);
}

void expose_durations(struct page *page)
{
  const struct settings *settings = store_settings(page->store);
  if (uses_proxy(&page->view, NULL)) {
    write_histogram(page, "direct", 0);
  }
  for (size_t i = 0; i < settings->proxy_count; i++) {
    if (uses_proxy(&page->view, &settings->proxies[i])) {
      write_histogram(page, settings->proxies[i].name, 1 + i);
    }
  }
}

/* Calls write for every credential whose facts are known. */
static void visit_credentials(struct page *page,
                              void (*write)(void *page, const struct credential_facts *facts,
                                            uint64_t changes))
{
  const struct settings *settings = store_settings(page->store);
  for (size_t i = 0; i < settings->credential_count; i++) {
    store_visit_credential(page->store, i, write, page);
  }
}

static void write_client_not_after(void *context, const struct credential_facts *facts,
                                   uint64_t changes)
{
  (void)changes;
  struct page *page = context;
  if (facts != NULL && facts->chain_length > 0) {
    sample_begin(page, "");
    sample_label(page, "credential", facts->name);
    sample_value_integer(page, facts->chain[0].not_after);
  }
}

void expose_client_not_after(struct page *page)
{
  visit_credentials(page, write_client_not_after);
}

static void write_client_info(void *context, const struct credential_facts *facts, uint64_t changes)
{
  (void)changes;
  struct page *page = context;
  if (facts != NULL && facts->chain_length > 0) {
    const struct certificate *leaf = &facts->chain[0];
    sample_begin(page, "");
    sample_label(page, "credential", facts->name);
    sample_label(page, "subject", leaf->subject);
    sample_label(page, "issuer", leaf->issuer);
    sample_label(page, "serial", leaf->serial);
    sample_label(page, "sha256", leaf->sha256);
    sample_label(page, "spki_sha256", leaf->spki_sha256);
    sample_label(page, "dns_names", leaf->dns_names);
    sample_value_integer(page, 1);
  }
}

void expose_client_info(struct page *page)
{
  visit_credentials(page, write_client_info);
}

static void write_client_usable(void *context, const struct credential_facts *facts,
                                uint64_t changes)
{
  (void)changes;
  struct page *page = context;
  if (facts != NULL) {
    sample_begin(page, "");
    sample_label(page, "credential", facts->name);
    sample_value_integer(page, credential_usable(facts, page->now) ? 1 : 0);
  }
}

void expose_client_usable(struct page *page)
{
  visit_credentials(page, write_client_usable);
}

static void write_client_changes(void *context, const struct credential_facts *facts,
                                 uint64_t changes)
{
  struct page *page = context;
  if (facts != NULL) {
    sample_begin(page, "");
    sample_label(page, "credential", facts->name);
    sample_value_count(page, changes);
  }
}

void expose_client_changes(struct page *page)
{
  visit_credentials(page, write_client_changes);
}

void expose_visit_success(struct page *page)
{
  bool success = page->view.route_count > 0;
  for (size_t i = 0; i < page->view.route_count; i++) {
    success = success && view_condition(&page->view.routes[i]) == CONDITION_OK;
  }
  sample_integer(page, success ? 1 : 0);
}

void expose_visit_duration(struct page *page)
{
  sample_begin(page, "");
  sample_value_seconds(page, page->wish->duration_ns);
}

void expose_targets(struct page *page)
{
  sample_count(page, store_settings(page->store)->target_count);
}

void expose_in_flight(struct page *page)
{
  sample_count(page, page->exporter->probes_in_flight);
}

void expose_rounds_skipped(struct page *page)
{
  sample_count(page, page->exporter->rounds_skipped);
}

void expose_scheduler_lag(struct page *page)
{
  sample_begin(page, "");
  sample_value_real(page, page->exporter->scheduler_lag_seconds);
}

void expose_build_info(struct page *page)
{
  sample_begin(page, "");
  sample_label(page, "version", page->exporter->version);
  sample_label(page, "wolfssl_version", page->exporter->wolfssl_version);
  sample_value_integer(page, 1);
}

void expose_reload_successful(struct page *page)
{
  sample_integer(page, page->exporter->last_reload_successful ? 1 : 0);
}

void expose_reload_success_time(struct page *page)
{
  sample_timestamp(page, page->exporter->last_reload_success_ns);
}

static void sample_known(struct page *page, int64_t value)
{
  if (value >= 0) {
    sample_integer(page, value);
  }
}

void expose_cpu_seconds(struct page *page)
{
  if (page->process.cpu_seconds >= 0) {
    sample_begin(page, "");
    sample_value_real(page, page->process.cpu_seconds);
  }
}

void expose_open_fds(struct page *page)
{
  sample_known(page, page->process.open_fds);
}

void expose_max_fds(struct page *page)
{
  sample_known(page, page->process.max_fds);
}

void expose_virtual_memory(struct page *page)
{
  sample_known(page, page->process.virtual_memory_bytes);
}

void expose_virtual_memory_max(struct page *page)
{
  sample_known(page, page->process.virtual_memory_max_bytes);
}

void expose_resident_memory(struct page *page)
{
  sample_known(page, page->process.resident_memory_bytes);
}

void expose_start_time(struct page *page)
{
  sample_timestamp(page, page->exporter->start_ns);
}

void expose_threads(struct page *page)
{
  sample_known(page, page->process.threads);
}
