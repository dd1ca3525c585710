/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "exposition_internal.h"

/* Of the labels of one page; a route's are a few hundred bytes. */
enum { LABELS_LIMIT_BYTES = 256 * 1024 * 1024 };

/* clang-format off */
static const struct family families[] = {
  {"probe_success", "gauge",
   "Whether the round found on every route what is expected, and no fault.",
   SCOPE_VISIT, expose_visit_success},
  {"probe_duration_seconds", "gauge",
   "How long the round took.",
   SCOPE_VISIT, expose_visit_duration},
  {"mtls_probe_success", "gauge",
   "Whether the last round on this route found what is expected and no fault; probed every interval, not at the scrape.",
   SCOPE_ROUTE, expose_success},
  {"mtls_client_certificate_requested", "gauge",
   "Whether the server asked for a client certificate, at any time in the connection.",
   SCOPE_ROUTE, expose_requested},
  {"mtls_client_certificate_required", "gauge",
   "Whether the server refuses a client that has no certificate.",
   SCOPE_ROUTE, expose_required},
  {"mtls_client_certificate_accepted", "gauge",
   "Whether the server accepted the target's client certificate.",
   SCOPE_ROUTE, expose_accepted},
  {"mtls_untrusted_client_certificate_accepted", "gauge",
   "Whether the server accepted an untrusted look-alike of the client certificate.",
   SCOPE_ROUTE, expose_untrusted_accepted},
  {"mtls_client_certificate_issuer_acceptable", "gauge",
   "Whether the client certificate's chain leads to one of the CA names that the server listed.",
   SCOPE_ROUTE, expose_issuer_acceptable},
  {"mtls_acceptable_issuers", "gauge",
   "Number of CA names that the server listed when it asked for a certificate.",
   SCOPE_ROUTE, expose_acceptable_issuers},
  {"mtls_acceptable_issuer_list_info", "info",
   "The list of these CA names, by a fingerprint that does not depend on their order.",
   SCOPE_ROUTE, expose_issuer_list},
  {"mtls_tunnel_intact", "gauge",
   "Whether CONNECT succeeded and TLS ends at the target, not at the proxy.",
   SCOPE_ROUTE, expose_tunnel_intact},
  {"mtls_fault", "gauge",
   "Which party is at fault; exactly one of them is 1, unknown until the first round has ended.",
   SCOPE_ROUTE, expose_fault},
  {"mtls_diagnosis_info", "info",
   "The current diagnosis: the party at fault and the reason.",
   SCOPE_ROUTE, expose_diagnosis_info},
  {"mtls_diagnosis_changes_total", "counter",
   "Changes of the diagnosis since start.",
   SCOPE_ROUTE_SCHEDULED, expose_diagnosis_changes},
  {"mtls_last_contrast_timestamp_seconds", "gauge",
   "When no certificate or the untrusted one was last presented: how old required and untrusted accepted are.",
   SCOPE_ROUTE, expose_last_contrast},
  {"mtls_last_diagnosis_change_timestamp_seconds", "gauge",
   "When the diagnosis last changed.",
   SCOPE_ROUTE, expose_last_change},
  {"mtls_probe_interval_seconds", "gauge",
   "Time from one round to the next, as configured.",
   SCOPE_ROUTE_SCHEDULED, expose_interval},
  {"mtls_last_probe_timestamp_seconds", "gauge",
   "When the last probe ended.",
   SCOPE_ROUTE, expose_last_probe},
  {"mtls_last_success_timestamp_seconds", "gauge",
   "When the last successful round ended.",
   SCOPE_ROUTE, expose_last_success},
  {"mtls_probe_phase_duration_seconds", "gauge",
   "Duration of each phase of the last probe that presented the target's certificate, or none where it has none.",
   SCOPE_ROUTE, expose_phases},
  {"mtls_probe_duration_seconds", "histogram",
   "Duration of whole probes, over all targets.",
   SCOPE_HISTORY, expose_durations},
  {"mtls_probes_total", "counter",
   "Probes that have ended.",
   SCOPE_ROUTE_SCHEDULED, expose_probes},
  {"mtls_probe_failures_total", "counter",
   "Probes that ended before all their phases were done.",
   SCOPE_ROUTE_SCHEDULED, expose_probe_failures},
  {"mtls_tls_alert_code", "gauge",
   "Last TLS alert received, by its number in the IANA registry; absent when there was none.",
   SCOPE_ROUTE, expose_alert},
  {"mtls_http_status_code", "gauge",
   "Status of the last HTTP answer; absent when there was none.",
   SCOPE_ROUTE, expose_http_status},
  {"mtls_proxy_connect_status_code", "gauge",
   "Status of the proxy's last answer to CONNECT; absent when there was none.",
   SCOPE_ROUTE, expose_connect_status},
  {"mtls_tls_info", "info",
   "What the last handshake agreed on.",
   SCOPE_ROUTE, expose_tls_info},
  {"mtls_server_certificate_not_after_timestamp_seconds", "gauge",
   "End of validity of the certificate presented by the server.",
   SCOPE_ROUTE, expose_server_not_after},
  {"mtls_server_certificate_not_before_timestamp_seconds", "gauge",
   "Begin of validity of the certificate presented by the server.",
   SCOPE_ROUTE, expose_server_not_before},
  {"mtls_server_chain_not_after_timestamp_seconds", "gauge",
   "Earliest end of validity in the chain presented by the server.",
   SCOPE_ROUTE, expose_chain_not_after},
  {"mtls_server_certificate_info", "info",
   "The certificate presented by the server.",
   SCOPE_ROUTE, expose_server_info},
  {"mtls_server_certificate_verified", "gauge",
   "Whether the server's certificate leads to a trusted CA, is in its dates and has the name asked for.",
   SCOPE_ROUTE, expose_server_verified},
  {"mtls_client_certificate_not_after_timestamp_seconds", "gauge",
   "End of validity of the configured client certificate.",
   SCOPE_CREDENTIALS, expose_client_not_after},
  {"mtls_client_certificate_info", "info",
   "The configured client certificate.",
   SCOPE_CREDENTIALS, expose_client_info},
  {"mtls_client_certificate_usable", "gauge",
   "Whether the configured client certificate loads, matches its key, is in its dates and may authenticate clients.",
   SCOPE_CREDENTIALS, expose_client_usable},
  {"mtls_client_certificate_changes_total", "counter",
   "How often the files of the configured client certificate were found changed and read again.",
   SCOPE_CREDENTIALS_HISTORY, expose_client_changes},
  {"mtls_targets", "gauge", "Targets configured.", SCOPE_EXPORTER, expose_targets},
  {"mtls_probes_in_flight", "gauge", "Probes under way now.", SCOPE_EXPORTER, expose_in_flight},
  {"mtls_rounds_skipped_total", "counter",
   "Rounds that were due but not begun because the one before had not ended or too many probes were in flight.",
   SCOPE_EXPORTER, expose_rounds_skipped},
  {"mtls_scheduler_lag_seconds", "gauge",
   "How late the scheduler began the last round that was due.",
   SCOPE_EXPORTER, expose_scheduler_lag},
  {"mtls_exporter_build_info", "info",
   "Version of this program and of the TLS library.",
   SCOPE_EXPORTER, expose_build_info},
  {"mtls_exporter_config_last_reload_successful", "gauge",
   "Whether the last reload of the configuration succeeded.",
   SCOPE_EXPORTER, expose_reload_successful},
  {"mtls_exporter_config_last_reload_success_timestamp_seconds", "gauge",
   "When the configuration was last loaded successfully.",
   SCOPE_EXPORTER, expose_reload_success_time},
  {"process_cpu_seconds_total", "counter",
   "Total user and system CPU time spent in seconds.",
   SCOPE_EXPORTER, expose_cpu_seconds},
  {"process_open_fds", "gauge", "Number of open file descriptors.",
   SCOPE_EXPORTER, expose_open_fds},
  {"process_max_fds", "gauge", "Maximum number of open file descriptors.",
   SCOPE_EXPORTER, expose_max_fds},
  {"process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
   SCOPE_EXPORTER, expose_virtual_memory},
  {"process_virtual_memory_max_bytes", "gauge",
   "Maximum amount of virtual memory available in bytes.",
   SCOPE_EXPORTER, expose_virtual_memory_max},
  {"process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
   SCOPE_EXPORTER, expose_resident_memory},
  {"process_start_time_seconds", "gauge",
   "Start time of the process since unix epoch in seconds.",
   SCOPE_EXPORTER, expose_start_time},
  {"process_threads", "gauge", "Number of OS threads in the process.",
   SCOPE_EXPORTER, expose_threads},
};
/* clang-format on */

static void append_label(struct buffer *out, const char *before, const char *name,
                         const char *value)
{
  buffer_append_text(out, before);
  buffer_append_text(out, name);
  buffer_append_text(out, "=\"");
  escape_label(out, value);
  buffer_append_char(out, '"');
}

static void escape_route(struct page *page, size_t index)
{
  const struct route_view *route = &page->view.routes[index];
  struct route_labels *labels = &page->route_labels[index];
  struct buffer *out = &page->labels;
  labels->head = out->length;
  append_label(out, "", "target", route->target->name);
  append_label(out, ",", "route", route->route->name);
  labels->head_length = out->length - labels->head;
  labels->tail = out->length;
  for (size_t i = 0; i < route->target->label_count; i++) {
    append_label(out, ",", route->target->labels[i].name, route->target->labels[i].value);
  }
  labels->tail_length = out->length - labels->tail;
}

static enum status escape_routes(struct page *page)
{
  size_t count = page->view.route_count;
  page->route_labels = calloc(count > 0 ? count : 1, sizeof(*page->route_labels));
  if (page->route_labels == NULL) {
    return STATUS_OUT_OF_MEMORY;
  }
  for (size_t i = 0; i < count; i++) {
    escape_route(page, i);
  }
  return buffer_status(&page->labels);
}

static void write_family(struct page *page, const struct family *family)
{
  page->family = family;
  page->family_begun = false;
  page->route = NULL;
  switch (family->scope) {
  case SCOPE_ROUTE:
  case SCOPE_ROUTE_SCHEDULED:
    for (size_t i = 0; i < page->view.route_count; i++) {
      page->route = &page->view.routes[i];
      family->write(page);
    }
    break;
  case SCOPE_CREDENTIALS:
  case SCOPE_CREDENTIALS_HISTORY:
  case SCOPE_HISTORY:
  case SCOPE_EXPORTER:
  case SCOPE_VISIT:
    family->write(page);
    break;
  }
}

/* Of one round that was asked for, or of the serving exporter. */
static bool has_meaning(enum family_scope scope, bool visit)
{
  switch (scope) {
  case SCOPE_ROUTE:
  case SCOPE_CREDENTIALS:
    return true;
  case SCOPE_VISIT:
    return visit;
  case SCOPE_ROUTE_SCHEDULED:
  case SCOPE_HISTORY:
  case SCOPE_CREDENTIALS_HISTORY:
  case SCOPE_EXPORTER:
    return !visit;
  }
  return false;
}

static bool is_wished(const struct exposition_wish *wish, const struct family *family)
{
  for (size_t i = 0; i < wish->name_count; i++) {
    if (strcmp(wish->names[i], family->name) == 0) {
      return true;
    }
  }
  return wish->name_count == 0;
}

void report_exposition(struct store *store, const struct exporter_facts *exporter,
                       const struct exposition_wish *wish, struct buffer *out)
{
  struct page page = {.out = out, .wish = wish, .store = store, .exporter = exporter};
  page.now = clock_wall_ns() / NS_PER_SECOND;
  buffer_init(&page.labels, LABELS_LIMIT_BYTES);
  if (view_init(&page.view, store, 0, store_settings(store)->target_count, out) == STATUS_OK) {
    enum status status = escape_routes(&page);
    if (status != STATUS_OK) {
      out->status = status;
    }
    if (exporter != NULL) {
      process_read(&page.process);
    }
    for (size_t i = 0; status == STATUS_OK && i < sizeof(families) / sizeof(families[0]); i++) {
      if (is_wished(wish, &families[i]) && has_meaning(families[i].scope, exporter == NULL)) {
        write_family(&page, &families[i]);
      }
    }
    view_deinit(&page.view);
  }
  if (wish->format == EXPOSITION_OPENMETRICS) {
    buffer_append_text(out, "# EOF\n");
  }
  free(page.route_labels);
  buffer_deinit(&page.labels);
}
