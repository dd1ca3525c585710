/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stopped a probe, in words: facts in the order of the wire, no judgement. */
#include <stddef.h>
#include <string.h>

#include "report_internal.h"

static void separate(struct buffer *out, size_t start)
{
  if (out->length > start) {
    buffer_append_text(out, "; ");
  }
}

static void append_words(struct buffer *out, size_t start, const char *words)
{
  if (words != NULL && words[0] != '\0') {
    separate(out, start);
    buffer_append_text(out, words);
  }
}

static void append_errno(struct buffer *out, size_t start, int error)
{
  if (error != 0) {
    char text[128];
    append_words(out, start, strerror_r(error, text, sizeof(text)));
  }
}

static void append_ending(struct buffer *out, size_t start, enum ending ending, int system_error)
{
  switch (ending) {
  case ENDING_NONE:
    break;
  case ENDING_CLOSE_NOTIFY:
    append_words(out, start, "the peer closed with close_notify");
    break;
  case ENDING_EOF:
    append_words(out, start, "the peer closed without close_notify");
    break;
  case ENDING_RESET:
    append_words(out, start, "the peer reset the connection");
    break;
  case ENDING_ERROR:
    append_errno(out, start, system_error);
    break;
  }
}

static void append_alert(struct buffer *out, size_t start, int alert)
{
  if (alert != ALERT_NONE) {
    separate(out, start);
    buffer_append_format(out, "alert %d %s", alert, alert_name(alert));
  }
}

static void append_tls(struct buffer *out, size_t start, const struct tls_observation *tls)
{
  append_alert(out, start, tls->alert_received);
  append_words(out, start, tls->verification_text);
  if (tls->alert_received == ALERT_NONE && tls->verification_text == NULL) {
    append_words(out, start, tls->library_error_text);
  }
  append_ending(out, start, tls->ending, tls->system_error);
}

static void append_tunnel(struct buffer *out, size_t start, const struct tunnel_observation *tunnel)
{
  if (tunnel->connect_status != 0) {
    separate(out, start);
    buffer_append_format(out, "CONNECT was answered with %d", tunnel->connect_status);
    if (tunnel->reason_phrase != NULL && tunnel->reason_phrase[0] != '\0') {
      buffer_append_format(out, " %s", tunnel->reason_phrase);
    }
  }
  if (tunnel->malformed) {
    append_words(out, start, "the answer to CONNECT is no HTTP");
  }
  if (tunnel->early_bytes) {
    append_words(out, start, "bytes came through the tunnel before ours");
  }
  append_ending(out, start, tunnel->ending, tunnel->system_error);
}

static void append_starttls(struct buffer *out, size_t start,
                            const struct starttls_observation *starttls)
{
  if (starttls->malformed) {
    append_words(out, start, "what came is not of this protocol");
  }
  if (starttls->early_bytes) {
    append_words(out, start, "bytes followed the go-ahead before our ClientHello");
  }
  if (starttls->not_offered) {
    append_words(out, start, "TLS is not offered");
  }
  if (starttls->reply.kind == REPLY_NEGATIVE) {
    separate(out, start);
    buffer_append_text(out, "refused: ");
    view_append_reply(out, &starttls->reply);
  }
  append_ending(out, start, starttls->ending, starttls->system_error);
}

static void append_phase_problem(struct buffer *out, size_t start,
                                 const struct observation *observation)
{
  switch (observation->ended_in) {
  case PHASE_RESOLVE:
    append_words(out, start, observation->local_problem);
    append_words(out, start, observation->resolve_error);
    break;
  case PHASE_CONNECT:
    append_errno(out, start, observation->connect_error);
    break;
  case PHASE_TUNNEL:
    append_tls(out, start, &observation->proxy_tls);
    append_tunnel(out, start, &observation->tunnel);
    break;
  case PHASE_STARTTLS:
    append_starttls(out, start, &observation->starttls);
    break;
  case PHASE_HANDSHAKE:
  case PHASE_SETTLE:
    append_tls(out, start, &observation->tls);
    break;
  case PHASE_REQUEST:
    append_tls(out, start, &observation->tls);
    if (observation->http.malformed) {
      append_words(out, start, "the answer is no HTTP");
    }
    if (observation->service.malformed) {
      append_words(out, start, "the answer is not of this protocol");
    }
    break;
  case PHASE_DONE:
    break;
  }
}

void view_append_reply(struct buffer *out, const struct reply_observation *reply)
{
  buffer_append_text(out, reply->code != NULL ? reply->code : "");
  if (reply->text != NULL && reply->text[0] != '\0') {
    buffer_append_format(out, " %s", reply->text);
  }
}

void view_append_problem(struct buffer *out, const struct observation *observation)
{
  if (observation->ended_in == PHASE_DONE) {
    return;
  }
  size_t start = out->length;
  if (observation->timed_out) {
    append_words(out, start, "timed out");
  }
  if (observation->lagged) {
    append_words(out, start, "this program itself was late");
  }
  if (observation->out_of_resources) {
    append_words(out, start, "this program is out of memory or descriptors");
  }
  append_phase_problem(out, start, observation);
}
