/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every page for people must keep: it says what it should, closes what it
 * opens, and brings nothing from elsewhere.
 */
#ifndef SUPPORT_HTML_CHECKS_H
#define SUPPORT_HTML_CHECKS_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { HTML_DEPTH_MAX = 64, HTML_TAG_BYTES = 32 };

static inline void assert_has(const char *page, const char *part)
{
  ck_assert_msg(strstr(page, part) != NULL, "no \"%s\" in:\n%s", part, page);
}

static inline void assert_elements_closed(const char *page)
{
  static char open[HTML_DEPTH_MAX][HTML_TAG_BYTES];
  size_t depth = 0;
  for (const char *at = strchr(page, '<'); at != NULL; at = strchr(at + 1, '<')) {
    bool closes = at[1] == '/';
    const char *name = at + (closes ? 2 : 1);
    size_t length = strcspn(name, " >\n");
    ck_assert_uint_lt(length, HTML_TAG_BYTES);
    if (*name == '!' || strncmp(name, "meta", length) == 0 || strncmp(name, "input", length) == 0) {
      continue;
    }
    if (closes) {
      ck_assert_uint_gt(depth, 0);
      depth--;
      ck_assert_msg(strlen(open[depth]) == length && strncmp(open[depth], name, length) == 0,
                    "<%s> closed by %.*s", open[depth], (int)length, name);
    } else {
      ck_assert_uint_lt(depth, HTML_DEPTH_MAX);
      (void)snprintf(open[depth], HTML_TAG_BYTES, "%.*s", (int)length, name);
      depth++;
    }
  }
  ck_assert_uint_eq(depth, 0);
}

/* Nothing that the Content-Security-Policy would stop, and no secret of the fixture. */
static inline void assert_self_contained(const char *page)
{
  static const char *const forbidden[] = {"src=",    "url(",     "@import", "<link",
                                          "<script", "style=\"", "hunter2"};
  for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
    ck_assert_msg(strstr(page, forbidden[i]) == NULL, "there is %s", forbidden[i]);
  }
}

#endif
