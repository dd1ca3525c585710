/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A link that plays a script instead of using a socket: pieces to be read, waits
 * in between, writes of at most so many bytes, a reset or the peer's end at a
 * chosen place; what was written is kept. Over a link below it lets bytes
 * through instead, in small pieces with a wait before each.
 */
#ifndef SUPPORT_SCRIPTED_LINK_H
#define SUPPORT_SCRIPTED_LINK_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link/link.h"

enum { SCRIPT_UNLIMITED = -1, SCRIPT_WRITTEN_MAX = 65536 };

struct script {
  const char *incoming; /* what the peer says */
  size_t incoming_bytes;
  size_t piece_bytes;    /* most that one read gives; 0: all */
  bool waits;            /* LINK_WANT_READ or LINK_WANT_WRITE before each piece */
  size_t write_bytes;    /* most that one write takes; 0: all */
  long reset_after_read; /* bytes; SCRIPT_UNLIMITED: never */
  long reset_after_written;
  long broken_pipe_after_written; /* the write alone fails, reading goes on */
  bool silent;  /* LINK_WANT_READ for ever after the incoming bytes, not the peer's end */
  bool endless; /* the incoming bytes over and over */
};

struct scripted_link {
  struct link link;
  struct script script;
  size_t read_bytes;
  unsigned reads; /* calls */
  bool waited;
  char written[SCRIPT_WRITTEN_MAX];
  size_t written_bytes;
  unsigned *destroyed; /* counts; may be NULL */
};

static inline struct script script_of(const char *incoming, size_t length)
{
  return (struct script){.incoming = incoming,
                         .incoming_bytes = length,
                         .reset_after_read = SCRIPT_UNLIMITED,
                         .reset_after_written = SCRIPT_UNLIMITED,
                         .broken_pipe_after_written = SCRIPT_UNLIMITED};
}

static inline enum link_step scripted_connect(struct link *link)
{
  (void)link;
  return LINK_DONE;
}

/* Every second call waits. */
static inline bool scripted_waits(struct scripted_link *scripted)
{
  scripted->waited = scripted->script.waits && !scripted->waited;
  return scripted->waited;
}

static inline size_t scripted_piece(size_t wanted, size_t limit)
{
  return limit > 0 && limit < wanted ? limit : wanted;
}

static inline enum link_step scripted_read(struct link *link, uint8_t *bytes, size_t capacity,
                                           size_t *count)
{
  struct scripted_link *scripted = (struct scripted_link *)link;
  const struct script *script = &scripted->script;
  scripted->reads++;
  if (scripted_waits(scripted)) {
    return LINK_WANT_READ;
  }
  size_t most = scripted_piece(capacity, script->piece_bytes);
  if (link->below != NULL) {
    enum link_step step = link_read(link->below, bytes, most, count);
    return step == LINK_FAILED ? link_fail_as_below(link) : step;
  }
  if (script->reset_after_read != SCRIPT_UNLIMITED &&
      scripted->read_bytes >= (size_t)script->reset_after_read) {
    return link_fail(link, ENDING_RESET, ECONNRESET);
  }
  size_t offset =
      script->endless ? scripted->read_bytes % script->incoming_bytes : scripted->read_bytes;
  size_t left = script->incoming_bytes - offset;
  if (left == 0 && script->silent) {
    return LINK_WANT_READ;
  }
  *count = most < left ? most : left;
  memcpy(bytes, script->incoming + offset, *count);
  scripted->read_bytes += *count;
  return LINK_DONE;
}

static inline enum link_step scripted_write(struct link *link, const uint8_t *bytes, size_t length,
                                            size_t *count)
{
  struct scripted_link *scripted = (struct scripted_link *)link;
  const struct script *script = &scripted->script;
  if (scripted_waits(scripted)) {
    return LINK_WANT_WRITE;
  }
  size_t most = scripted_piece(length, script->write_bytes);
  if (link->below != NULL) {
    enum link_step step = link_write(link->below, bytes, most, count);
    return step == LINK_FAILED && link->below->failed ? link_fail_as_below(link) : step;
  }
  if (script->reset_after_written != SCRIPT_UNLIMITED &&
      scripted->written_bytes >= (size_t)script->reset_after_written) {
    return link_fail(link, ENDING_RESET, EPIPE);
  }
  if (script->broken_pipe_after_written != SCRIPT_UNLIMITED &&
      scripted->written_bytes >= (size_t)script->broken_pipe_after_written) {
    return LINK_FAILED;
  }
  size_t room = sizeof(scripted->written) - 1 - scripted->written_bytes;
  *count = most < room ? most : room;
  memcpy(scripted->written + scripted->written_bytes, bytes, *count);
  scripted->written_bytes += *count;
  return LINK_DONE;
}

static inline void scripted_destroy(struct link *link)
{
  struct scripted_link *scripted = (struct scripted_link *)link;
  if (scripted->destroyed != NULL) {
    (*scripted->destroyed)++;
  }
  free(scripted);
}

/* Takes over below, which may be NULL. Never NULL: a test without memory ends. */
static inline struct scripted_link *scripted_link_create(struct link *below, struct script script)
{
  static const struct link_operations operations = {
      .connect = scripted_connect,
      .read = scripted_read,
      .write = scripted_write,
      .destroy = scripted_destroy,
  };
  struct scripted_link *scripted = calloc(1, sizeof(*scripted));
  if (scripted == NULL) {
    abort();
  }
  scripted->link.operations = &operations;
  scripted->link.below = below;
  scripted->script = script;
  return scripted;
}

#endif
