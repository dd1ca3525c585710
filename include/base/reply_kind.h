/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reply of a server means, read from the wire and kept in an observation. */
#ifndef BASE_REPLY_KIND_H
#define BASE_REPLY_KIND_H

enum reply_kind {
  REPLY_NONE,      /* there is none */
  REPLY_POSITIVE,  /* welcome, or done */
  REPLY_CHALLENGE, /* first it wants more of us: a password */
  REPLY_NEGATIVE,  /* refused */
};

#endif
