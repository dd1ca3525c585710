/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "exposition_internal.h"

static const struct verdict *verdict_of(const struct page *page)
{
  return page->route->snapshot.verdict;
}

void expose_success(struct page *page)
{
  if (verdict_of(page) != NULL) {
    sample_integer(page, verdict_of(page)->success ? 1 : 0);
  }
}

void expose_requested(struct page *page)
{
  if (verdict_of(page) != NULL) {
    sample_answer(page, verdict_of(page)->requested);
  }
}

void expose_required(struct page *page)
{
  if (verdict_of(page) != NULL) {
    sample_answer(page, verdict_of(page)->required);
  }
}

void expose_accepted(struct page *page)
{
  if (verdict_of(page) != NULL) {
    sample_answer(page, verdict_of(page)->accepted);
  }
}

void expose_untrusted_accepted(struct page *page)
{
  if (verdict_of(page) != NULL) {
    sample_answer(page, verdict_of(page)->untrusted_accepted);
  }
}

void expose_issuer_acceptable(struct page *page)
{
  if (verdict_of(page) != NULL) {
    sample_answer(page, verdict_of(page)->issuer_acceptable);
  }
}

void expose_acceptable_issuers(struct page *page)
{
  const struct tls_observation *tls = view_certificate_request(page->route);
  if (tls != NULL) {
    sample_count(page, tls->acceptable_issuers_listed);
  }
}

void expose_issuer_list(struct page *page)
{
  const struct tls_observation *tls = view_certificate_request(page->route);
  if (tls != NULL && tls->acceptable_issuer_list_sha256[0] != '\0') {
    sample_begin(page, "");
    sample_label(page, "sha256", tls->acceptable_issuer_list_sha256);
    sample_value_integer(page, 1);
  }
}

void expose_tunnel_intact(struct page *page)
{
  if (verdict_of(page) == NULL || page->route->route->proxy == NULL) {
    return;
  }
  switch (verdict_of(page)->tunnel) {
  case TUNNEL_NOT_APPLICABLE:
  case TUNNEL_UNKNOWN:
    break;
  case TUNNEL_INTACT:
    sample_integer(page, 1);
    break;
  case TUNNEL_INTERCEPTED:
  case TUNNEL_DENIED:
  case TUNNEL_AUTHENTICATION_REQUIRED:
  case TUNNEL_UNREACHABLE:
  case TUNNEL_BROKEN:
    sample_integer(page, 0);
    break;
  }
}

void expose_fault(struct page *page)
{
  enum fault fault = view_fault(page->route);
  for (int party = 0; party < FAULT_COUNT; party++) {
    sample_begin(page, "");
    sample_label(page, "fault", fault_name((enum fault)party));
    sample_value_integer(page, (enum fault)party == fault ? 1 : 0);
  }
}

void expose_diagnosis_info(struct page *page)
{
  if (verdict_of(page) != NULL) {
    sample_begin(page, "");
    sample_label(page, "fault", fault_name(verdict_of(page)->fault));
    sample_label(page, "reason", verdict_of(page)->reason);
    sample_value_integer(page, 1);
  }
}

void expose_diagnosis_changes(struct page *page)
{
  sample_count(page, page->route->snapshot.diagnosis_changes);
}

void expose_last_contrast(struct page *page)
{
  sample_timestamp(page, page->route->snapshot.contrast_ns);
}

void expose_last_change(struct page *page)
{
  sample_timestamp(page, page->route->snapshot.last_change_ns);
}

void expose_interval(struct page *page)
{
  sample_begin(page, "");
  sample_value_seconds(page, page->route->target->probe.interval_ms * NS_PER_MS);
}

void expose_last_probe(struct page *page)
{
  sample_timestamp(page, page->route->snapshot.last_probe_ns);
}

void expose_last_success(struct page *page)
{
  sample_timestamp(page, page->route->snapshot.last_success_ns);
}

void expose_phases(struct page *page)
{
  const struct observation *observation = view_main(page->route);
  if (observation == NULL) {
    return;
  }
  for (int phase = 0; phase < PHASE_COUNT; phase++) {
    if (observation->phase_ns[phase] >= 0) {
      sample_begin(page, "");
      sample_label(page, "phase", phase_name((enum phase)phase));
      sample_value_seconds(page, observation->phase_ns[phase]);
    }
  }
}

void expose_probes(struct page *page)
{
  sample_count(page, page->route->snapshot.probes);
}

void expose_probe_failures(struct page *page)
{
  sample_count(page, page->route->snapshot.probe_failures);
}

void expose_alert(struct page *page)
{
  for (int presented = 0; presented < PRESENTED_COUNT; presented++) {
    const struct observation *observation = page->route->snapshot.observations[presented];
    if (observation != NULL && observation->tls.alert_received != ALERT_NONE) {
      sample_begin(page, "");
      sample_label(page, "presented", presented_name((enum presented)presented));
      sample_value_integer(page, observation->tls.alert_received);
    }
  }
}

void expose_http_status(struct page *page)
{
  for (int presented = 0; presented < PRESENTED_COUNT; presented++) {
    const struct observation *observation = page->route->snapshot.observations[presented];
    if (observation != NULL && observation->http.status != 0) {
      sample_begin(page, "");
      sample_label(page, "presented", presented_name((enum presented)presented));
      sample_value_integer(page, observation->http.status);
    }
  }
}

void expose_connect_status(struct page *page)
{
  const struct observation *observation = view_tunnel(page->route);
  if (observation != NULL) {
    sample_integer(page, observation->tunnel.connect_status);
  }
}

void expose_tls_info(struct page *page)
{
  const struct tls_observation *tls = view_tls(page->route);
  if (tls != NULL) {
    sample_begin(page, "");
    sample_label(page, "version", tls_version_name(tls->version));
    sample_label(page, "cipher", tls->cipher);
    sample_label(page, "group", tls->group);
    sample_label(page, "alpn", tls->alpn);
    sample_value_integer(page, 1);
  }
}

void expose_server_not_after(struct page *page)
{
  const struct tls_observation *tls = view_server_chain(page->route);
  if (tls != NULL) {
    sample_integer(page, tls->chain[0].not_after);
  }
}

void expose_server_not_before(struct page *page)
{
  const struct tls_observation *tls = view_server_chain(page->route);
  if (tls != NULL) {
    sample_integer(page, tls->chain[0].not_before);
  }
}

void expose_chain_not_after(struct page *page)
{
  const struct tls_observation *tls = view_server_chain(page->route);
  if (tls != NULL) {
    sample_integer(page, chain_not_after(tls));
  }
}

void expose_server_info(struct page *page)
{
  const struct tls_observation *tls = view_server_chain(page->route);
  if (tls != NULL) {
    sample_begin(page, "");
    sample_label(page, "subject", tls->chain[0].subject);
    sample_label(page, "issuer", tls->chain[0].issuer);
    sample_label(page, "serial", tls->chain[0].serial);
    sample_label(page, "sha256", tls->chain[0].sha256);
    sample_label(page, "spki_sha256", tls->chain[0].spki_sha256);
    sample_label(page, "dns_names", tls->chain[0].dns_names);
    sample_value_integer(page, 1);
  }
}

void expose_server_verified(struct page *page)
{
  const struct tls_observation *tls = view_server_chain(page->route);
  if (tls != NULL && tls->verification != VERIFICATION_NOT_DONE) {
    sample_integer(page, tls->verification == VERIFICATION_OK ? 1 : 0);
  }
}
