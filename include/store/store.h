/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last result, the counters and the histogram of every target and route:
 * the only state that workers (who record) and the web (who reads) share. One
 * small lock a slot; a reader takes references, never holds a lock while it
 * formats. Knows no format.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "model/certificate.h"
#include "model/observation.h"
#include "model/settings.h"
#include "model/verdict.h"

struct store;

/* One slot for each target and route of the settings (of which it takes a
 * reference), with one reference. NULL where memory is out. */
struct store *store_create(struct settings *settings);
struct store *store_ref(struct store *store);
void store_unref(struct store *store); /* NULL-safe */
/* Takes over what the store before a reload knew: all of a target that is the same, the counters
 * of one that was changed, the histogram of a route and the facts of a credential of that name.
 * Nobody writes to either store meanwhile. */
void store_inherit(struct store *store, struct store *before);
const struct settings *store_settings(const struct store *store);

/* What was found on one route in one round. observations[p] is the newest one for
 * each presented, NULL where there never was one. References are taken. */
struct route_result {
  struct observation *observations[PRESENTED_COUNT];
  struct verdict *verdict;
  int64_t contrast_ns; /* wall clock: when none or untrusted was last presented; 0 never */
};
void store_record_route(struct store *store, size_t target, size_t route,
                        const struct route_result *result);

/* Counts one ended probe: totals of the slot and the histogram of its route.
 * failed: the probe did not reach PHASE_DONE. */
void store_record_probe(struct store *store, size_t target, size_t route, int64_t duration_ns,
                        bool failed);

/* Facts of a configured credential, by its index in the settings. Their contents are
 * taken over: *facts is empty afterwards. true: other files were known before. */
bool store_set_credential(struct store *store, size_t credential, struct credential_facts *facts);

struct route_snapshot {
  struct observation *observations[PRESENTED_COUNT]; /* referenced; NULL: none yet */
  struct verdict *verdict;                           /* referenced; NULL: none yet */
  int64_t contrast_ns;
  int64_t last_probe_ns; /* wall clock; 0 never */
  int64_t last_success_ns;
  int64_t last_change_ns; /* of fault or reason */
  uint64_t diagnosis_changes;
  uint64_t probes;
  uint64_t probe_failures;
};
void store_read_route(struct store *store, size_t target, size_t route, struct route_snapshot *out);
void route_snapshot_deinit(struct route_snapshot *snapshot);

/* A fault with its reason, which lasted from then on. */
struct diagnosis {
  enum fault fault;
  const char *reason; /* static; NULL: none */
  int64_t since_ns;   /* wall clock */
};
/* The newest first, the last eight changes with what there was before them. */
enum { STORE_DIAGNOSES_KEPT = 9 };
struct diagnosis_history {
  struct diagnosis diagnoses[STORE_DIAGNOSES_KEPT];
  size_t count;
};
void store_read_history(struct store *store, size_t target, size_t route,
                        struct diagnosis_history *out);

/* A route in a line of a long list: no reference is taken, nothing is to be let go. */
struct route_summary {
  bool judged; /* else all is unknown but last_probe_ns */
  bool success;
  enum answer requested;
  enum answer required;
  enum answer accepted;
  enum tunnel_state tunnel;
  struct diagnosis now;
  struct diagnosis before; /* the diagnosis that now took the place of */
  int64_t last_probe_ns;   /* wall clock; 0 never */
};
void store_read_summary(struct store *store, size_t target, size_t route,
                        struct route_summary *out);

/* Upper bounds in seconds of the duration histogram, without +Inf. */
extern const double store_bucket_bounds[];
enum { STORE_BUCKETS = 12 };
struct duration_histogram {
  uint64_t buckets[STORE_BUCKETS + 1]; /* not cumulative; the last is +Inf */
  double sum_seconds;
};
/* By route name over all targets: 0 is direct, 1 + i is proxy i of the settings. */
void store_read_histogram(struct store *store, size_t route_kind, struct duration_histogram *out);

/* Calls visit with the facts under the lock (NULL when not set), and how often they have changed.
 * Keep it short. */
void store_visit_credential(struct store *store, size_t credential,
                            void (*visit)(void *context, const struct credential_facts *facts,
                                          uint64_t changes),
                            void *context);

/* Whether every target has had its first round recorded on every route. */
bool store_complete(struct store *store);

#endif
