/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the readers of replies: lines and words of the protocols that are text,
 * and what all do at the cap.
 */
#ifndef WIRE_REPLY_INTERNAL_H
#define WIRE_REPLY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/reply.h"

/* Borrowed bytes of the input. */
struct span {
  const char *bytes;
  size_t length;
};

/* The part of the input that is looked at. */
struct span reply_input(const char *bytes, size_t length);
/* What a reply is that does not end in the input. */
enum reply_result reply_unfinished(struct span input);

/* The line at *offset without its end, CRLF or a bare LF, and *offset set to the next. false: it
 * is incomplete; line is then what there is of it. */
bool reply_next_line(struct span input, size_t *offset, struct span *line);

/* Takes the next word off the line; empty at its end. One space ends a word. */
struct span reply_take_word(struct span *line);
/* Without regard to the case of ASCII letters. */
bool span_is(struct span span, const char *word);
bool span_begins_with(struct span span, const char *word);
/* The words of the line are looked through. */
bool span_has_word(struct span line, const char *word);

/* Bytes that are no visible ASCII are left out, what does not fit is cut. */
void reply_set_code(struct reply *reply, struct span code);
void reply_set_text(struct reply *reply, struct span text);

#endif
