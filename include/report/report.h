/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the store holds, as text for Prometheus, JSON, a terminal or a browser.
 * Pure: reads the store, appends to a buffer; all escaping is done here. Called
 * by app and cli, which know where the text goes.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "store/store.h"

/* About the exporter itself. */
struct exporter_facts {
  const char *version;
  const char *wolfssl_version;
  uint64_t probes_in_flight;
  uint64_t rounds_skipped;
  double scheduler_lag_seconds;
  bool last_reload_successful;
  int64_t last_reload_success_ns; /* wall clock */
  int64_t start_ns;               /* wall clock, of the process */
};

/* Sources: prometheus.io/docs/instrumenting/exposition_formats, OpenMetrics 1.0. */
enum exposition_format { EXPOSITION_TEXT /* 0.0.4 */, EXPOSITION_OPENMETRICS };

struct exposition_wish {
  enum exposition_format format;
  const char *const *names; /* only these families, as they are called in the text format */
  size_t name_count;        /* 0: all */
  int64_t duration_ns;      /* of the one round that was asked for; of no meaning with exporter */
};

/* For Prometheus. exporter NULL: one round that was asked for, with blackbox_exporter's
 * probe_success and probe_duration_seconds and the state of the target and its credential; counters
 * and the histogram need a history. */
void report_exposition(struct store *store, const struct exporter_facts *exporter,
                       const struct exposition_wish *wish, struct buffer *out);

/* interface.md, JSON: one target's object; {"targets": [...]}. STATUS_OUT_OF_MEMORY
 * makes out fail. Ends with a newline. */
void report_json_target(struct store *store, size_t target, struct buffer *out);
void report_json_targets(struct store *store, struct buffer *out);

/* Prometheus' http_sd format: what /probe is to be asked, one element a target. */
void report_sd(struct store *store, struct buffer *out);

/* For a person at a terminal: verdict, evidence route by route, remedy. */
void report_text(struct store *store, size_t target, bool colour, struct buffer *out);

/* One line a target and route, aligned, for quickstart and `serve` at a glance. */
void report_table(struct store *store, bool colour, struct buffer *out);

/* What a query of "/" asks for: its parameters as they came, NULL for those that did not. What
 * cannot be understood counts as not asked for. */
struct index_query {
  const char *sort;  /* "target", "route", "verdict", "reason", "since", "probed", ... */
  const char *order; /* "asc", "desc" */
  const char *text;  /* in name, address, route or reason; case does not matter */
  const char *fault; /* a party, "any" or "waiting" */
  const char *label; /* "team=payments", or "team" for whatever its value */
  const char *page;  /* from "1" on */
};

/* The page "/": complete HTML, no script needed, nothing from elsewhere. A part of the routes, in
 * time and size that a long list does not change much. */
void report_index_html(struct store *store, const struct exporter_facts *exporter,
                       const char *telemetry_path, const struct index_query *query,
                       struct buffer *out);
/* The page "/targets/NAME": the verdict on every route, and each connection step by step, route
 * beside route. false: there is no such target. */
bool report_target_html(struct store *store, const char *name, struct buffer *out);

#endif
