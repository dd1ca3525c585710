/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/dialogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { SAID_MAX_BYTES = 4096, READ_BYTES = 4096, READS_PER_STEP = 16, FACT_LIMIT_BYTES = 512 };

void dialogue_init(struct dialogue *dialogue, const struct dialogue_step *steps, size_t step_count,
                   const struct dialogue_names *names, const struct buffer *early,
                   struct reply_observation *reply)
{
  *dialogue =
      (struct dialogue){.steps = steps, .step_count = step_count, .names = *names, .reply = reply};
  buffer_init(&dialogue->outgoing, SAID_MAX_BYTES);
  /* a reply that is not over yet, and a whole read more */
  buffer_init(&dialogue->incoming, REPLY_MAX_BYTES + READ_BYTES);
  if (early != NULL) {
    buffer_append(&dialogue->incoming, early->data, early->length);
  }
}

void dialogue_deinit(struct dialogue *dialogue)
{
  buffer_deinit(&dialogue->outgoing);
  buffer_deinit(&dialogue->incoming);
}

static enum link_step ended(struct dialogue *dialogue, enum dialogue_end end)
{
  dialogue->end = end;
  return end == DIALOGUE_COMPLETE ? LINK_DONE : LINK_FAILED;
}

static void forget_reply(struct reply_observation *reply)
{
  free(reply->code);
  free(reply->text);
  reply->code = NULL;
  reply->text = NULL;
  reply->kind = REPLY_NONE;
}

static bool keep_reply(struct dialogue *dialogue, const struct reply *reply)
{
  struct reply_observation *kept = dialogue->reply;
  forget_reply(kept);
  kept->kind = reply->kind;
  kept->code = strdup(reply->code);
  if (reply->text != NULL) {
    kept->text = text_clean(reply->text, reply->text_bytes, FACT_LIMIT_BYTES);
  }
  dialogue->answered = true;
  dialogue->offered |= reply->offers;
  return kept->code != NULL && (reply->text == NULL || kept->text != NULL);
}

static bool passed_over(const struct dialogue *dialogue, const struct dialogue_step *step)
{
  return (dialogue->offered & step->if_offered) != step->if_offered ||
         (step->if_challenged && dialogue->reply->kind != REPLY_CHALLENGE);
}

/* Puts the words of the step into outgoing, once. */
static bool speak(struct dialogue *dialogue, const struct dialogue_step *step)
{
  if (dialogue->spoken) {
    return true;
  }
  dialogue->spoken = true;
  if (step->say != NULL) {
    buffer_append_text(&dialogue->outgoing, step->say);
  } else if (step->write != NULL) {
    step->write(&dialogue->outgoing, &dialogue->names);
  }
  forget_reply(dialogue->reply);
  return buffer_status(&dialogue->outgoing) == STATUS_OK;
}

static enum link_step send_words(struct dialogue *dialogue, struct link *link)
{
  while (dialogue->outgoing.length > 0) {
    size_t count = 0;
    enum link_step step = link_write(link, (const uint8_t *)dialogue->outgoing.data,
                                     dialogue->outgoing.length, &count);
    if (step == LINK_FAILED && !link->failed) {
      buffer_clear(&dialogue->outgoing); /* the write alone failed: why may be there to be read */
      break;
    }
    if (step != LINK_DONE) {
      return step == LINK_FAILED ? ended(dialogue, DIALOGUE_CUT) : step;
    }
    buffer_consume(&dialogue->outgoing, count);
  }
  return LINK_DONE;
}

/* A whole reply, at the beginning of incoming. */
static enum link_step take_reply(struct dialogue *dialogue, const struct dialogue_step *step,
                                 const struct reply *reply)
{
  bool kept = keep_reply(dialogue, reply);
  buffer_consume(&dialogue->incoming, reply->bytes);
  if (!kept) {
    return ended(dialogue, DIALOGUE_NO_MEMORY);
  }
  if (reply->kind == REPLY_NEGATIVE) {
    return ended(dialogue, DIALOGUE_REFUSED);
  }
  if ((reply->offers & step->must_offer) != step->must_offer) {
    return ended(dialogue, DIALOGUE_NOT_OFFERED);
  }
  return LINK_DONE;
}

/* LINK_WANT_READ: the reply is not whole yet. */
static enum link_step look_at_incoming(struct dialogue *dialogue, const struct dialogue_step *step)
{
  struct reply reply;
  switch (step->read(buffer_text(&dialogue->incoming), dialogue->incoming.length, &reply)) {
  case REPLY_COMPLETE:
    return take_reply(dialogue, step, &reply);
  case REPLY_MALFORMED:
    return ended(dialogue, DIALOGUE_MALFORMED);
  case REPLY_INCOMPLETE:
    break;
  }
  return LINK_WANT_READ;
}

static enum link_step read_reply(struct dialogue *dialogue, const struct dialogue_step *step,
                                 struct link *link)
{
  enum link_step seen = look_at_incoming(dialogue, step);
  uint8_t bytes[READ_BYTES];
  for (unsigned i = 0; seen == LINK_WANT_READ; i++) {
    size_t count = 0;
    enum link_step got = link_read(link, bytes, sizeof(bytes), &count);
    if (got == LINK_FAILED || (got == LINK_DONE && count == 0)) {
      return ended(dialogue, DIALOGUE_CUT);
    }
    if (got != LINK_DONE) {
      return got;
    }
    buffer_append(&dialogue->incoming, bytes, count);
    if (buffer_status(&dialogue->incoming) != STATUS_OK) {
      return ended(dialogue, DIALOGUE_NO_MEMORY); /* it has room for a whole reply */
    }
    seen = look_at_incoming(dialogue, step);
    if (seen == LINK_WANT_READ && i + 1 == READS_PER_STEP) {
      return LINK_AGAIN;
    }
  }
  return seen;
}

enum link_step dialogue_go_on(struct dialogue *dialogue, struct link *link)
{
  while (dialogue->step < dialogue->step_count) {
    const struct dialogue_step *step = &dialogue->steps[dialogue->step];
    if (dialogue->spoken || !passed_over(dialogue, step)) {
      if (!speak(dialogue, step)) {
        return ended(dialogue, DIALOGUE_NO_MEMORY);
      }
      enum link_step result = send_words(dialogue, link);
      if (result == LINK_DONE && step->read != NULL) {
        result = read_reply(dialogue, step, link);
      }
      if (result != LINK_DONE) {
        return result;
      }
    }
    dialogue->spoken = false;
    dialogue->step++;
  }
  return ended(dialogue, DIALOGUE_COMPLETE);
}
