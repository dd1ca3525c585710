/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/xmpp.h"

#include <string.h>

#include "xml_internal.h"

enum { DEPTH_STREAM = 1, DEPTH_CHILD = 2, DEPTH_MAX = 16 };

/* Where we are in a stream. */
struct walk {
  const char *wanted; /* the child of the stream that is the positive answer */
  unsigned depth;     /* inside so many elements */
  struct span child;  /* of the stream, that we are in or were in last */
  bool in_error_text;
};

void xmpp_stream_write(struct buffer *out, const char *domain)
{
  buffer_append_format(out,
                       "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                       "xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>",
                       domain);
}

void xmpp_starttls_write(struct buffer *out)
{
  buffer_append_text(out, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
}

void xmpp_close_write(struct buffer *out)
{
  buffer_append_text(out, "</stream:stream>");
}

static enum reply_result answered(struct reply *out, enum reply_kind kind, struct span name)
{
  out->kind = kind;
  reply_set_code(out, name);
  return REPLY_COMPLETE;
}

/* A start tag, or an empty element, at the depth that the walk has now. */
static bool note_element(struct walk *walk, const struct xml_token *token, struct reply *out)
{
  if (walk->depth == 0) {
    return token->kind == XML_START && span_is(token->name, "stream");
  }
  if (walk->depth == DEPTH_STREAM) {
    walk->child = token->name;
  } else if (span_is(walk->child, "features")) {
    out->offers |= span_is(token->name, "starttls") ? OFFERS_STARTTLS : 0;
  } else if (span_is(walk->child, "error") && walk->depth == DEPTH_CHILD) {
    bool is_text = span_is(token->name, "text");
    walk->in_error_text = is_text && token->kind == XML_START;
    if (!is_text && out->code[0] == '\0') {
      reply_set_code(out, token->name); /* the condition, RFC 6120 section 4.9.3 */
    }
  }
  return true;
}

/* A child of the stream has ended. */
static enum reply_result end_child(const struct walk *walk, struct reply *out)
{
  if (span_is(walk->child, "error") && out->code[0] != '\0') {
    out->kind = REPLY_NEGATIVE;
    return REPLY_COMPLETE;
  }
  if (span_is(walk->child, "error") || span_is(walk->child, "failure")) {
    return answered(out, REPLY_NEGATIVE, walk->child);
  }
  return span_is(walk->child, walk->wanted) ? answered(out, REPLY_POSITIVE, walk->child)
                                            : REPLY_MALFORMED;
}

static enum reply_result take_end_tag(struct walk *walk, struct reply *out)
{
  static const char closed[] = "closed";
  if (walk->depth == 0) {
    return REPLY_MALFORMED;
  }
  walk->depth--;
  walk->in_error_text = false;
  if (walk->depth == 0) {
    return answered(out, REPLY_NEGATIVE, (struct span){closed, sizeof(closed) - 1});
  }
  return walk->depth == DEPTH_STREAM ? end_child(walk, out) : REPLY_INCOMPLETE;
}

/* Between elements of a stream there is white space alone. */
static enum reply_result take_text(const struct walk *walk, struct span text, struct reply *out)
{
  if (walk->depth <= DEPTH_STREAM) {
    bool blank = true;
    for (size_t i = 0; blank && i < text.length; i++) {
      blank = strchr(" \t\r\n", text.bytes[i]) != NULL;
    }
    return blank ? REPLY_INCOMPLETE : REPLY_MALFORMED;
  }
  if (walk->in_error_text) {
    reply_set_text(out, text);
  }
  return REPLY_INCOMPLETE;
}

/* INCOMPLETE: the answer goes on after this token. */
static enum reply_result take_token(struct walk *walk, const struct xml_token *token,
                                    struct reply *out)
{
  switch (token->kind) {
  case XML_TEXT:
    return take_text(walk, token->text, out);
  case XML_END:
    return take_end_tag(walk, out);
  case XML_START:
  case XML_EMPTY:
    break;
  }
  if (!note_element(walk, token, out)) {
    return REPLY_MALFORMED;
  }
  if (token->kind == XML_EMPTY) {
    return walk->depth == DEPTH_STREAM ? end_child(walk, out) : REPLY_INCOMPLETE;
  }
  walk->depth++;
  return walk->depth > DEPTH_MAX ? REPLY_MALFORMED : REPLY_INCOMPLETE;
}

static enum reply_result read_stream(struct walk *walk, const char *bytes, size_t length,
                                     struct reply *out)
{
  *out = (struct reply){0};
  struct span input = reply_input(bytes, length);
  struct xml_token token;
  for (;;) {
    enum reply_result lexed = xml_next(input, &out->bytes, &token);
    if (lexed == REPLY_MALFORMED) {
      return REPLY_MALFORMED;
    }
    /* the beginning of a text already shows whether it may stand here */
    bool shows = lexed == REPLY_COMPLETE || token.kind == XML_TEXT;
    enum reply_result result = shows ? take_token(walk, &token, out) : REPLY_INCOMPLETE;
    if (result != REPLY_INCOMPLETE) {
      return result;
    }
    if (lexed == REPLY_INCOMPLETE) {
      return reply_unfinished(input);
    }
  }
}

enum reply_result xmpp_features_read(const char *bytes, size_t length, struct reply *out)
{
  struct walk walk = {.wanted = "features"};
  return read_stream(&walk, bytes, length, out);
}

enum reply_result xmpp_answer_read(const char *bytes, size_t length, struct reply *out)
{
  struct walk walk = {.wanted = "proceed", .depth = DEPTH_STREAM};
  return read_stream(&walk, bytes, length, out);
}
