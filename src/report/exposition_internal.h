/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the families of the exposition are written: a page with a cursor on one
 * family and, for the families of targets, on one route. A writer begins a
 * sample, adds the family's own labels and ends it with its value; one that has
 * no value writes nothing. HELP and TYPE come with a family's first sample.
 */
#ifndef REPORT_EXPOSITION_INTERNAL_H
#define REPORT_EXPOSITION_INTERNAL_H

#include "process.h"
#include "report_internal.h"

struct page;

enum family_scope {
  SCOPE_ROUTE,               /* the state of one target on one route */
  SCOPE_ROUTE_SCHEDULED,     /* of a target that is probed again and again, per route */
  SCOPE_HISTORY,             /* counted since start, over all targets */
  SCOPE_CREDENTIALS,         /* the configured client certificates */
  SCOPE_CREDENTIALS_HISTORY, /* counted since start, per credential */
  SCOPE_EXPORTER,            /* the exporter itself */
  SCOPE_VISIT,               /* one round that was asked for */
};

struct family {
  const char *name;
  const char *type; /* of OpenMetrics; "info" is a gauge in the text format */
  const char *help;
  enum family_scope scope;
  void (*write)(struct page *page); /* SCOPE_ROUTE*: called for every route */
};

/* Labels of a route, escaped once for all families; offsets into page->labels. */
struct route_labels {
  size_t head;
  size_t head_length; /* target="...",route="..." */
  size_t tail;
  size_t tail_length; /* ,team="..." or nothing */
};

struct page {
  struct buffer *out;
  const struct exposition_wish *wish;
  struct store *store;
  const struct exporter_facts *exporter; /* NULL: one probe now */
  struct view view;
  struct buffer labels;
  struct route_labels *route_labels;
  struct process_facts process;
  int64_t now; /* Unix seconds */

  const struct family *family;
  bool family_begun;
  bool has_labels;                /* the sample under way */
  const struct route_view *route; /* NULL: the family is of no route */
};

/* exposition_sample.c: suffix is "" or what a histogram adds to the name. */
void sample_begin(struct page *page, const char *suffix);
void sample_label(struct page *page, const char *name, const char *value);
/* Each ends the sample, with the target's own labels before the value. */
void sample_value_integer(struct page *page, int64_t value);
void sample_value_count(struct page *page, uint64_t value);
void sample_value_seconds(struct page *page, int64_t ns);   /* exact */
void sample_value_timestamp(struct page *page, int64_t ns); /* of the calendar, to the ms */
void sample_value_real(struct page *page, double value);    /* shortest that reads back the same */
void append_real(struct buffer *out, double value);
/* The upper bound of a bucket as the format writes it: OpenMetrics wants "1.0". */
void append_bound(struct page *page, struct buffer *out, double value);
/* The whole sample where it has no labels of its own. */
void sample_integer(struct page *page, int64_t value);
void sample_count(struct page *page, uint64_t value);
void sample_answer(struct page *page, enum answer answer); /* nothing for unknown */
void sample_timestamp(struct page *page, int64_t ns);      /* nothing for 0 */

/* exposition_target.c: of page->route */
void expose_success(struct page *page);
void expose_requested(struct page *page);
void expose_required(struct page *page);
void expose_accepted(struct page *page);
void expose_untrusted_accepted(struct page *page);
void expose_issuer_acceptable(struct page *page);
void expose_acceptable_issuers(struct page *page);
void expose_issuer_list(struct page *page);
void expose_tunnel_intact(struct page *page);
void expose_fault(struct page *page);
void expose_diagnosis_info(struct page *page);
void expose_diagnosis_changes(struct page *page);
void expose_last_contrast(struct page *page);
void expose_last_change(struct page *page);
void expose_interval(struct page *page);
void expose_last_probe(struct page *page);
void expose_last_success(struct page *page);
void expose_phases(struct page *page);
void expose_probes(struct page *page);
void expose_probe_failures(struct page *page);
void expose_alert(struct page *page);
void expose_http_status(struct page *page);
void expose_connect_status(struct page *page);
void expose_tls_info(struct page *page);
void expose_server_not_after(struct page *page);
void expose_server_not_before(struct page *page);
void expose_chain_not_after(struct page *page);
void expose_server_info(struct page *page);
void expose_server_verified(struct page *page);

/* exposition_exporter.c */
void expose_durations(struct page *page);
void expose_client_not_after(struct page *page);
void expose_client_info(struct page *page);
void expose_client_usable(struct page *page);
void expose_client_changes(struct page *page);
void expose_visit_success(struct page *page);
void expose_visit_duration(struct page *page);
void expose_targets(struct page *page);
void expose_in_flight(struct page *page);
void expose_rounds_skipped(struct page *page);
void expose_scheduler_lag(struct page *page);
void expose_build_info(struct page *page);
void expose_reload_successful(struct page *page);
void expose_reload_success_time(struct page *page);
void expose_cpu_seconds(struct page *page);
void expose_open_fds(struct page *page);
void expose_max_fds(struct page *page);
void expose_virtual_memory(struct page *page);
void expose_virtual_memory_max(struct page *page);
void expose_resident_memory(struct page *page);
void expose_start_time(struct page *page);
void expose_threads(struct page *page);

#endif
