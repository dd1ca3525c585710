/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One HTTP/1.1 request over a connected link and what came back (RFC 9112): the
 * status, and the beginning of the body, where servers say why they refuse. Reads
 * at most 16 KiB of head and 1 MiB of body. Called by probe.
 */
#ifndef PROBE_HTTP_CHECK_H
#define PROBE_HTTP_CHECK_H

#include "base/buffer.h"
#include "link/link.h"
#include "model/target.h"
#include "wire/http_body.h"

enum { HTTP_BODY_MAX_BYTES = 1024 * 1024 };

struct http_check {
  struct http_observation *observation;
  struct buffer request; /* what is still to be sent */
  struct buffer head;
  struct buffer excerpt;
  struct http_body body;
  bool head_request;
  bool head_complete;
  unsigned interim_responses;
  size_t body_bytes;
};

/* Prepares the request. The configured headers go out only to a verified peer. early: bytes that
 * arrived before the request, taken as the beginning of the answer. */
NODISCARD enum status http_check_init(struct http_check *check, const struct target *target,
                                      bool verified, const struct buffer *early,
                                      struct http_observation *observation);
void http_check_deinit(struct http_check *check);

enum http_check_step {
  HTTP_CHECK_DONE,   /* a whole answer, or as much as we take */
  HTTP_CHECK_WAIT,   /* see wanted */
  HTTP_CHECK_AGAIN,  /* there is more; others first */
  HTTP_CHECK_FAILED, /* the link failed, ended early, or spoke no HTTP; or memory is out */
};
enum http_check_step http_check_step(struct http_check *check, struct link *link,
                                     enum link_step *wanted);
bool http_check_lacks_memory(const struct http_check *check);

#endif
