/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A short conversation in a server's own protocol over a connected link: a table of
 * what we say and how its reply is read. Used by starttls before TLS and by
 * probe/service_check after it. Ends at the first reply that does not let it go on.
 * Reads nothing past a reply before it has said the next thing.
 */
#ifndef LINK_DIALOGUE_H
#define LINK_DIALOGUE_H

#include "base/buffer.h"
#include "link/link.h"
#include "wire/reply.h"

/* What our words are filled in with; borrowed. */
struct dialogue_names {
  const char *server_name;
  const char *user;
  const char *database; /* NULL: none is named */
};

struct dialogue_step {
  /* What we say, as text or by a function; neither: the server speaks first. */
  const char *say;
  void (*write)(struct buffer *out, const struct dialogue_names *names);
  reply_read_fn *read; /* NULL: nothing answers */
  unsigned must_offer; /* in the reply, else the dialogue ends */
  unsigned if_offered; /* by an earlier reply, else the step is passed over */
  bool if_challenged;  /* by the reply before, else the step is passed over */
};

enum dialogue_end {
  DIALOGUE_OPEN,        /* it goes on */
  DIALOGUE_COMPLETE,    /* all has been said and answered, or the last reply is a challenge */
  DIALOGUE_REFUSED,     /* by a negative reply */
  DIALOGUE_NOT_OFFERED, /* a reply lacks what it must offer */
  DIALOGUE_MALFORMED,
  DIALOGUE_CUT, /* the link failed, or the peer closed */
  DIALOGUE_NO_MEMORY,
};

struct dialogue {
  const struct dialogue_step *steps;
  size_t step_count;
  struct dialogue_names names;
  struct reply_observation *reply; /* gets the last reply */
  enum dialogue_end end;
  bool answered; /* at least one reply came */
  size_t step;   /* the one under way */
  bool spoken;   /* its words are in outgoing, or sent */
  unsigned offered;
  struct buffer outgoing;
  struct buffer incoming; /* what was read and is not part of a reply yet */
};

/* The names and reply are borrowed until dialogue_deinit(). early: bytes that were read before, the
 * beginning of the first reply; NULL: none. */
void dialogue_init(struct dialogue *dialogue, const struct dialogue_step *steps, size_t step_count,
                   const struct dialogue_names *names, const struct buffer *early,
                   struct reply_observation *reply);
void dialogue_deinit(struct dialogue *dialogue);

/* One idempotent step. LINK_DONE and LINK_FAILED: see end. */
enum link_step dialogue_go_on(struct dialogue *dialogue, struct link *link);

#endif
