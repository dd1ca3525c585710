/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the formats of this room share: one reading of the store taken before
 * anything is written, the choice which probe speaks for a route, and escaping.
 * Owns the snapshots it took; borrows the settings from the store.
 */
#ifndef REPORT_REPORT_INTERNAL_H
#define REPORT_REPORT_INTERNAL_H

#include "report/report.h"

/* One target on one route. */
struct route_view {
  size_t target_index;
  const struct target *target;
  const struct route *route;
  struct route_snapshot snapshot;
};

struct view {
  struct route_view *routes; /* target by target, in the order of the settings */
  size_t route_count;
};

/* Of count targets from first on. */
size_t view_count_routes(const struct settings *settings, size_t first, size_t count);
/* Reads count targets from first on. STATUS_OUT_OF_MEMORY also makes out fail. */
NODISCARD enum status view_init(struct view *view, struct store *store, size_t first, size_t count,
                                struct buffer *out);
void view_deinit(struct view *view);

/* What a route looks like at a glance. */
enum condition { CONDITION_FAULT, CONDITION_WAITING, CONDITION_OK };
enum condition view_condition(const struct route_view *route);
/* FAULT_UNKNOWN before the first verdict. */
enum fault view_fault(const struct route_view *route);

/* The probe that speaks for the route: the one that presented ours or, without a
 * credential, nothing. NULL: not yet made. */
const struct observation *view_main(const struct route_view *route);
/* The first of client, none, untrusted that saw such a thing; NULL: none of them. */
const struct tls_observation *view_tls(const struct route_view *route);
const struct tls_observation *view_server_chain(const struct route_view *route);
const struct tls_observation *view_certificate_request(const struct route_view *route);
const struct observation *view_tunnel(const struct route_view *route);

/* What stopped the probe, in words, for a person or a log; nothing for one that was
 * done. Facts, no judgement. */
void view_append_problem(struct buffer *out, const struct observation *observation);
/* "454 4.7.0 TLS not available": clean, not escaped. */
void view_append_reply(struct buffer *out, const struct reply_observation *reply);
/* "ok", "untrusted", ...; NULL for VERIFICATION_NOT_DONE. */
const char *verification_name(enum verification verification);
/* "yes", "no", "unknown" */
const char *answer_word(enum answer answer);
/* "nothing", "empty", "chain" */
const char *certificate_sent_name(enum certificate_sent sent);
/* The earliest end of the chain's certificates, Unix seconds. At least one must be there. */
int64_t chain_not_after(const struct tls_observation *tls);

/* Text was composed in part: where that failed, out fails too. */
void inherit_failure(struct buffer *out, const struct buffer *part);

/* Each appends valid UTF-8 whatever the text is; NULL counts as "". */
void escape_label(struct buffer *out, const char *text);
void escape_html(struct buffer *out, const char *text);
void escape_terminal(struct buffer *out, const char *text);
/* Each line of text by itself, with before in front, and a line feed behind. */
void escape_lines(struct buffer *out, const char *before, const char *text,
                  void (*escape)(struct buffer *out, const char *text));

/* "2026-11-24T03:44:33Z" of Unix seconds; "" for a time that the calendar cannot name. */
enum { ISO_TIME_BYTES = 32 };
void format_iso_time(int64_t seconds, char out[ISO_TIME_BYTES]);

#endif
