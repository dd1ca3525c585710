/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of XML (1.0, fifth edition) that may stand in an XMPP stream (RFC 6120
 * section 11.1): one token after the other, without recursion or copies. For xmpp.c.
 * Neither names of end tags nor references are checked: we only look for words.
 */
#ifndef WIRE_XML_INTERNAL_H
#define WIRE_XML_INTERNAL_H

#include "reply_internal.h"

enum xml_kind {
  XML_START, /* <name ...> */
  XML_EMPTY, /* <name .../> */
  XML_END,   /* </name> */
  XML_TEXT,
};

struct xml_token {
  enum xml_kind kind;
  struct span name; /* of a tag, without its prefix */
  struct span text; /* as it stands there; up to the next tag */
};

/* Takes the token at *offset and sets it to the next. An XML declaration at the very beginning is
 * passed over. MALFORMED: what no stream may hold (comments, CDATA, DTDs, other processing
 * instructions, NUL), and what is no tag. Text is complete when a tag follows; of one that is
 * incomplete, out has what there is. */
enum reply_result xml_next(struct span input, size_t *offset, struct xml_token *out);

#endif
