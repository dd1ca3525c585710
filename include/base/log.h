/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line a message on standard error, as Prometheus' programs write it
 * (logfmt, or JSON objects). Safe from any thread; a line is one write(2).
 * Values are cleaned and quoted here; a secret must never be passed.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/status.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

void log_configure(enum log_level least, enum log_format format);

/* message: a short constant phrase. Then pairs of key and value (const char *),
 * ended by NULL: log_write(LOG_INFO, "listening", "address", text, NULL). */
void log_write(enum log_level level, const char *message, ...) __attribute__((sentinel));

/* "debug", "info", "warn", "error"; STATUS_INVALID for other words. */
NODISCARD enum status log_level_parse(const char *text, enum log_level *out);
/* "logfmt", "json"; STATUS_INVALID for other words. */
NODISCARD enum status log_format_parse(const char *text, enum log_format *out);

#endif
