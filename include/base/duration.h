/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Durations as Prometheus writes them ("30s", "1m30s", "250ms"), from text and
 * to text. Called by the settings and by the command line; owns nothing.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A hundred years: any two together are less than INT64_MAX nanoseconds. */
#define DURATION_MAX_MS (INT64_C(100) * 365 * 24 * 3600 * 1000)

/* Reads a whole Prometheus duration: units y w d h m s ms, each at most once, in
 * that order, whole numbers, or "0". STATUS_INVALID for anything else or where it
 * exceeds DURATION_MAX_MS. Source: prometheus/common, model.ParseDuration. */
NODISCARD enum status duration_parse(const char *text, int64_t *out_ms);

/* Writes the shortest such text, "0s" for 0; always terminated. */
void duration_format(int64_t ms, char *out, size_t out_bytes);

#endif
