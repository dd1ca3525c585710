/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text that came from outside made safe to keep: always valid UTF-8 (RFC 3629),
 * no control characters, bounded. Called wherever bytes of a peer, a certificate
 * or a file become words in an observation. Escaping for one format or another
 * is the report's business, not done here.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A copy of at most limit_bytes of the input, to be freed with free(). Invalid
 * UTF-8 and control characters (C0, DEL, C1) become U+FFFD; a
 * copy that was cut ends in "…" (within the limit). NULL where memory is out. */
char *text_clean(const void *bytes, size_t length, size_t limit_bytes);

/* The same into out, cut to out_bytes - 1 and always terminated; returns out. For
 * quoting in a message, where no memory is to be had. */
const char *text_excerpt(const char *text, char *out, size_t out_bytes);

/* Whether the text is one that text_clean() would leave as it is. */
bool text_is_clean(const char *text);

/* Of an ASCII letter, whatever the locale; other bytes stay. */
char text_lower(char c);

#endif
