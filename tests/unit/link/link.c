/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/link.h"

#include <check.h>
#include <stdlib.h>

#include "support/scripted_link.h"

/* A link that does what it is told, and counts how often it is asked. */
struct puppet {
  struct link link;
  enum link_step answer;
  unsigned connects;
  unsigned reads;
  unsigned writes;
  unsigned *destroyed;
};

static enum link_step puppet_connect(struct link *link)
{
  struct puppet *puppet = (struct puppet *)link;
  puppet->connects++;
  return puppet->answer == LINK_FAILED ? link_fail(link, ENDING_RESET, ECONNRESET) : puppet->answer;
}

static enum link_step puppet_read(struct link *link, uint8_t *bytes, size_t capacity, size_t *count)
{
  (void)bytes;
  ((struct puppet *)link)->reads++;
  *count = capacity;
  return LINK_DONE;
}

static enum link_step puppet_write(struct link *link, const uint8_t *bytes, size_t length,
                                   size_t *count)
{
  (void)bytes;
  ((struct puppet *)link)->writes++;
  *count = length;
  return LINK_DONE;
}

static void puppet_destroy(struct link *link)
{
  (*((struct puppet *)link)->destroyed)++;
}

static const struct link_operations operations = {
    .connect = puppet_connect,
    .read = puppet_read,
    .write = puppet_write,
    .destroy = puppet_destroy,
};

enum { BOTTOM, MIDDLE, TOP, LAYERS };
static unsigned destroyed;
static struct puppet layers[LAYERS];

static void begin_case(void)
{
  for (int i = 0; i < LAYERS; i++) {
    layers[i] = (struct puppet){
        .link = {.operations = &operations}, .answer = LINK_DONE, .destroyed = &destroyed};
    layers[i].link.below = i > BOTTOM ? &layers[i - 1].link : NULL;
  }
}

static enum link_step connect_top(void)
{
  return link_connect(&layers[TOP].link);
}

START_TEST(the_layers_connect_from_the_bottom_up)
{
  ck_assert_int_eq(connect_top(), LINK_DONE);
  for (int i = 0; i < LAYERS; i++) {
    ck_assert_uint_eq(layers[i].connects, 1);
    ck_assert(layers[i].link.connected);
  }
}
END_TEST

START_TEST(a_connected_layer_is_not_asked_again)
{
  (void)connect_top();
  ck_assert_int_eq(connect_top(), LINK_DONE);
  ck_assert_uint_eq(layers[TOP].connects, 1);
}
END_TEST

START_TEST(what_a_layer_waits_for_is_waited_for_by_those_above)
{
  static const enum link_step waits[] = {LINK_WANT_READ, LINK_WANT_WRITE, LINK_AGAIN};
  layers[MIDDLE].answer = waits[_i];
  ck_assert_int_eq(connect_top(), waits[_i]);
  ck_assert_uint_eq(layers[TOP].connects, 0);
  layers[MIDDLE].answer = LINK_DONE;
  ck_assert_int_eq(connect_top(), LINK_DONE);
  ck_assert_uint_eq(layers[BOTTOM].connects, 1);
}
END_TEST

START_TEST(a_failure_rises_through_all_layers_and_stays)
{
  layers[BOTTOM].answer = LINK_FAILED;
  ck_assert_int_eq(connect_top(), LINK_FAILED);
  layers[BOTTOM].answer = LINK_DONE;
  ck_assert_int_eq(connect_top(), LINK_FAILED);
  ck_assert_uint_eq(layers[BOTTOM].connects, 1);
  ck_assert_uint_eq(layers[MIDDLE].connects, 0);
  for (int i = 0; i < LAYERS; i++) {
    ck_assert(layers[i].link.failed && !layers[i].link.connected);
    ck_assert_int_eq(layers[i].link.ending, ENDING_RESET);
    ck_assert_int_eq(layers[i].link.system_error, ECONNRESET);
  }
}
END_TEST

START_TEST(a_failed_link_is_neither_read_nor_written)
{
  uint8_t bytes[4];
  size_t count = 9;
  (void)link_fail(&layers[TOP].link, ENDING_EOF, 0);
  ck_assert_int_eq(link_read(&layers[TOP].link, bytes, sizeof(bytes), &count), LINK_FAILED);
  ck_assert_uint_eq(count, 0);
  count = 9;
  ck_assert_int_eq(link_write(&layers[TOP].link, bytes, sizeof(bytes), &count), LINK_FAILED);
  ck_assert_uint_eq(count, 0);
  ck_assert_uint_eq(layers[TOP].reads + layers[TOP].writes, 0);
}
END_TEST

START_TEST(the_first_failing_fact_wins)
{
  struct link *link = &layers[TOP].link;
  ck_assert_int_eq(link_fail(link, ENDING_EOF, 0), LINK_FAILED);
  ck_assert_int_eq(link_fail(link, ENDING_ERROR, ENOMEM), LINK_FAILED);
  ck_assert_int_eq(link->ending, ENDING_EOF);
  ck_assert_int_eq(link->system_error, 0);
}
END_TEST

START_TEST(a_chain_is_destroyed_whole)
{
  link_destroy(&layers[TOP].link);
  ck_assert_uint_eq(destroyed, LAYERS);
  link_destroy(NULL);
}
END_TEST

START_TEST(resets_are_told_apart_from_other_errors)
{
  ck_assert_int_eq(ending_of_errno(ECONNRESET), ENDING_RESET);
  ck_assert_int_eq(ending_of_errno(EPIPE), ENDING_RESET);
  ck_assert_int_eq(ending_of_errno(ECONNREFUSED), ENDING_ERROR);
  ck_assert_int_eq(ending_of_errno(ETIMEDOUT), ENDING_ERROR);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("link/link");
  TCase *tcase = tcase_create("all");
  tcase_add_checked_fixture(tcase, begin_case, NULL);
  tcase_add_test(tcase, the_layers_connect_from_the_bottom_up);
  tcase_add_test(tcase, a_connected_layer_is_not_asked_again);
  tcase_add_loop_test(tcase, what_a_layer_waits_for_is_waited_for_by_those_above, 0, 3);
  tcase_add_test(tcase, a_failure_rises_through_all_layers_and_stays);
  tcase_add_test(tcase, a_failed_link_is_neither_read_nor_written);
  tcase_add_test(tcase, the_first_failing_fact_wins);
  tcase_add_test(tcase, a_chain_is_destroyed_whole);
  tcase_add_test(tcase, resets_are_told_apart_from_other_errors);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
