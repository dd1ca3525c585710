/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was seen on one route, step by step, as rows of a label and a value for
 * a person. Pure; called by text.c, which says where the rows go.
 */
#ifndef REPORT_EVIDENCE_H
#define REPORT_EVIDENCE_H

#include "report_internal.h"

struct evidence_row {
  const char *label;
  /* Appends the value, clean text on one line; nothing: the row is left out. */
  void (*append)(struct buffer *out, const struct route_view *route);
};

extern const struct evidence_row evidence_rows[];
extern const size_t evidence_row_count;

/* "certificate sent" and the like: what our side answered; NULL: the connection did not come so
 * far. */
const char *evidence_describe_sent(const struct observation *observation);

/* What became of the probe that presented this, as one line. */
void evidence_append_probe(struct buffer *out, const struct observation *observation);

#endif
