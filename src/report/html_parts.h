/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the pages for people have in common: the look, the head, and how a
 * verdict, a time or the way to a target's page is written. Shared by
 * html_index.c and html_target.c.
 */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "report_internal.h"

/* The first thing that a keyboard comes to. */
#define HTML_SKIP_LINK "<a class=\"skip\" href=\"#main\">To the content</a>\n"

/* Up to the end of <head>. title: what goes before the program's name, or "". */
void html_head(struct buffer *out, const char *title);
/* "2026-11-24 03:44:33 UTC", for machines as RFC 3339; "-" for never. */
void html_time(struct buffer *out, int64_t ns);
/* "ok", "fault: proxy", "waiting" */
void html_verdict(struct buffer *out, const struct route_view *route);
/* The reason with explanation and remedy. */
void html_reason(struct buffer *out, const struct route_view *route);
/* The lines of policy that make the proxy tunnel; nothing where they are no help. */
void html_policy(struct buffer *out, const struct route_view *route);
/* "tls_intercepted (proxy) became ok" */
void html_change(struct buffer *out, const struct diagnosis *before, const struct diagnosis *now);
/* RFC 3986 section 2.1 */
void html_percent_encoded(struct buffer *out, const char *text);
/* "/targets/NAME", percent-encoded. */
void html_target_path(struct buffer *out, const char *name);

#endif
