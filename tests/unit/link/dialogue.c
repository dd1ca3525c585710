/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/dialogue.h"

#include <check.h>
#include <string.h>

#include "support/allocation_fails.h"
#include "support/scripted_link.h"
#include "wire/smtp.h"

#define EHLO_REPLY "250-mx.example\r\n250 STARTTLS\r\n"

static struct dialogue dialogue;
static struct reply_observation reply;
static struct scripted_link *peer;
static struct buffer early;

static void begin_case(void)
{
  reply = (struct reply_observation){0};
  buffer_init(&early, 4096);
}

static void end_case(void)
{
  dialogue_deinit(&dialogue);
  buffer_deinit(&early);
  free(reply.code);
  free(reply.text);
  link_destroy(&peer->link);
}

static void write_name(struct buffer *out, const struct dialogue_names *names)
{
  buffer_append_format(out, "EHLO %s\r\n", names->server_name);
}

static const struct dialogue_step greeted[] = {
    {.read = smtp_reply_read},
    {.write = write_name, .read = smtp_reply_read, .must_offer = OFFERS_STARTTLS},
    {.say = "STARTTLS\r\n", .read = smtp_reply_read},
};
static const struct dialogue_step conditional[] = {
    {.say = "A\r\n", .read = smtp_reply_read},
    {.say = "B\r\n", .read = smtp_reply_read, .if_offered = OFFERS_STARTTLS},
    {.say = "C\r\n", .read = smtp_reply_read, .if_challenged = true},
    {.say = "D\r\n"},
};
#define COUNT(steps) (sizeof(steps) / sizeof((steps)[0]))

/* Steps until it is over, or wants what the script never gives. */
static enum link_step drive(const struct dialogue_step *steps, size_t count, struct script script)
{
  const struct dialogue_names names = {.server_name = "mx.example"};
  peer = scripted_link_create(NULL, script);
  dialogue_init(&dialogue, steps, count, &names, &early, &reply);
  enum link_step step = dialogue_go_on(&dialogue, &peer->link);
  for (unsigned i = 0; i < 10000 && step != LINK_DONE && step != LINK_FAILED; i++) {
    step = dialogue_go_on(&dialogue, &peer->link);
  }
  return step;
}

static enum link_step hear(const struct dialogue_step *steps, size_t count, const char *incoming)
{
  return drive(steps, count, script_of(incoming, strlen(incoming)));
}

#define GOOD "220 mx ESMTP\r\n" EHLO_REPLY "220 2.0.0 Ready\r\n"

static void assert_good(void)
{
  ck_assert_int_eq(dialogue.end, DIALOGUE_COMPLETE);
  ck_assert_str_eq(peer->written, "EHLO mx.example\r\nSTARTTLS\r\n");
  ck_assert_int_eq(reply.kind, REPLY_POSITIVE);
  ck_assert_str_eq(reply.code, "220");
  ck_assert_str_eq(reply.text, "2.0.0 Ready");
  ck_assert_uint_eq(dialogue.incoming.length, 0);
}

START_TEST(every_step_is_said_and_its_reply_read)
{
  ck_assert_int_eq(hear(greeted, COUNT(greeted), GOOD), LINK_DONE);
  assert_good();
}
END_TEST

START_TEST(it_is_the_same_in_single_bytes_with_waits)
{
  struct script script = script_of(GOOD, strlen(GOOD));
  script.piece_bytes = 1;
  script.write_bytes = 1;
  script.waits = true;
  ck_assert_int_eq(drive(greeted, COUNT(greeted), script), LINK_DONE);
  assert_good();
}
END_TEST

START_TEST(bytes_that_came_before_are_the_beginning_of_the_first_reply)
{
  buffer_append_text(&early, "220 mx ES");
  ck_assert_int_eq(hear(greeted, COUNT(greeted), "MTP\r\n" EHLO_REPLY "220 2.0.0 Ready\r\n"),
                   LINK_DONE);
  assert_good();
}
END_TEST

START_TEST(nothing_is_said_before_the_greeting)
{
  struct script script = script_of("220", 3);
  script.silent = true;
  ck_assert_int_eq(drive(greeted, COUNT(greeted), script), LINK_WANT_READ);
  ck_assert_uint_eq(peer->written_bytes, 0);
  ck_assert_int_eq(dialogue.end, DIALOGUE_OPEN);
  ck_assert(!dialogue.answered);
}
END_TEST

START_TEST(what_follows_the_last_reply_is_left)
{
  ck_assert_int_eq(hear(greeted, COUNT(greeted), GOOD "250 injected\r\n"), LINK_DONE);
  ck_assert_str_eq(buffer_text(&dialogue.incoming), "250 injected\r\n");
}
END_TEST

START_TEST(a_negative_reply_ends_it)
{
  ck_assert_int_eq(hear(greeted, COUNT(greeted), "220 mx\r\n502 5.5.1 no\x01\r\n250 mx\r\n"),
                   LINK_FAILED);
  ck_assert_int_eq(dialogue.end, DIALOGUE_REFUSED);
  ck_assert_str_eq(reply.code, "502");
  ck_assert_str_eq(reply.text, "5.5.1 no\xEF\xBF\xBD");
  ck_assert_str_eq(peer->written, "EHLO mx.example\r\n");
}
END_TEST

START_TEST(an_offer_that_is_missing_ends_it)
{
  ck_assert_int_eq(hear(greeted, COUNT(greeted), "220 mx\r\n250 mx\r\n220 go\r\n"), LINK_FAILED);
  ck_assert_int_eq(dialogue.end, DIALOGUE_NOT_OFFERED);
  ck_assert_int_eq(reply.kind, REPLY_POSITIVE);
}
END_TEST

START_TEST(what_is_no_reply_ends_it)
{
  ck_assert_int_eq(hear(greeted, COUNT(greeted), "220 mx\r\nHTTP/1.1 400\r\n"), LINK_FAILED);
  ck_assert_int_eq(dialogue.end, DIALOGUE_MALFORMED);
  ck_assert(dialogue.answered);
  ck_assert_int_eq(reply.kind, REPLY_NONE); /* the greeting answered nothing of ours */
  ck_assert_ptr_null(reply.code);
}
END_TEST

START_TEST(the_end_of_the_peer_ends_it)
{
  ck_assert_int_eq(hear(greeted, COUNT(greeted), "220 mx\r\n250"), LINK_FAILED);
  ck_assert_int_eq(dialogue.end, DIALOGUE_CUT);
  ck_assert(!peer->link.failed);
}
END_TEST

START_TEST(a_reset_ends_it)
{
  struct script script = script_of(GOOD, strlen(GOOD));
  script.piece_bytes = 14;
  script.reset_after_read = 14;
  ck_assert_int_eq(drive(greeted, COUNT(greeted), script), LINK_FAILED);
  ck_assert_int_eq(dialogue.end, DIALOGUE_CUT);
  ck_assert(peer->link.failed);
}
END_TEST

START_TEST(after_a_broken_pipe_what_arrived_is_read)
{
  struct script script = script_of("220 mx\r\n421 4.3.2 shutting down\r\n", 33);
  script.piece_bytes = 8;
  script.broken_pipe_after_written = 0;
  ck_assert_int_eq(drive(greeted, COUNT(greeted), script), LINK_FAILED);
  ck_assert_int_eq(dialogue.end, DIALOGUE_REFUSED);
  ck_assert_str_eq(reply.code, "421");
}
END_TEST

START_TEST(a_reply_without_end_lets_others_go_first_and_ends_at_the_cap)
{
  const struct dialogue_names names = {.server_name = "mx.example"};
  struct script script = script_of("250-x\r\n", 7);
  script.endless = true;
  script.piece_bytes = 7;
  peer = scripted_link_create(NULL, script);
  dialogue_init(&dialogue, greeted, COUNT(greeted), &names, NULL, &reply);
  ck_assert_int_eq(dialogue_go_on(&dialogue, &peer->link), LINK_AGAIN);
  enum link_step step = LINK_AGAIN;
  while (step == LINK_AGAIN) {
    step = dialogue_go_on(&dialogue, &peer->link);
  }
  ck_assert_int_eq(step, LINK_FAILED);
  ck_assert_int_eq(dialogue.end, DIALOGUE_MALFORMED);
  ck_assert_uint_le(peer->read_bytes, REPLY_MAX_BYTES + 4096);
}
END_TEST

START_TEST(steps_are_passed_over_unless_an_earlier_reply_calls_for_them)
{
  ck_assert_int_eq(hear(conditional, COUNT(conditional), "250 a\r\n"), LINK_DONE);
  ck_assert_str_eq(peer->written, "A\r\nD\r\n");
  end_case();
  begin_case();
  ck_assert_int_eq(hear(conditional, COUNT(conditional), EHLO_REPLY "250 b\r\n"), LINK_DONE);
  ck_assert_str_eq(peer->written, "A\r\nB\r\nD\r\n");
  end_case();
  begin_case();
  ck_assert_int_eq(hear(conditional, COUNT(conditional), "334 a\r\n250 c\r\n"), LINK_DONE);
  ck_assert_str_eq(peer->written, "A\r\nC\r\nD\r\n");
}
END_TEST

START_TEST(want_of_memory_is_told_and_nothing_is_lost)
{
  const struct dialogue_names names = {.server_name = "mx.example"};
  bool failed = true;
  unsigned nth = 1;
  for (; failed; nth++) {
    begin_case();
    peer = scripted_link_create(NULL, script_of(GOOD, strlen(GOOD)));
    long alive = allocations_alive();
    allocation_fails_at(nth);
    dialogue_init(&dialogue, greeted, COUNT(greeted), &names, NULL, &reply);
    enum link_step step = dialogue_go_on(&dialogue, &peer->link);
    failed = allocation_did_fail();
    ck_assert_int_eq(step, failed ? LINK_FAILED : LINK_DONE);
    ck_assert_int_eq(dialogue.end, failed ? DIALOGUE_NO_MEMORY : DIALOGUE_COMPLETE);
    free(reply.code);
    free(reply.text);
    reply = (struct reply_observation){0};
    dialogue_deinit(&dialogue);
    ck_assert_int_eq(allocations_alive(), alive);
    link_destroy(&peer->link);
  }
  ck_assert_uint_gt(nth, 5);
  peer = scripted_link_create(NULL, script_of("", 0)); /* for end_case() */
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("link/dialogue");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, begin_case, end_case);
  tcase_add_test(all, every_step_is_said_and_its_reply_read);
  tcase_add_test(all, it_is_the_same_in_single_bytes_with_waits);
  tcase_add_test(all, bytes_that_came_before_are_the_beginning_of_the_first_reply);
  tcase_add_test(all, nothing_is_said_before_the_greeting);
  tcase_add_test(all, what_follows_the_last_reply_is_left);
  tcase_add_test(all, a_negative_reply_ends_it);
  tcase_add_test(all, an_offer_that_is_missing_ends_it);
  tcase_add_test(all, what_is_no_reply_ends_it);
  tcase_add_test(all, the_end_of_the_peer_ends_it);
  tcase_add_test(all, a_reset_ends_it);
  tcase_add_test(all, after_a_broken_pipe_what_arrived_is_read);
  tcase_add_test(all, a_reply_without_end_lets_others_go_first_and_ends_at_the_cap);
  tcase_add_test(all, steps_are_passed_over_unless_an_earlier_reply_calls_for_them);
  tcase_add_test(all, want_of_memory_is_told_and_nothing_is_lost);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
