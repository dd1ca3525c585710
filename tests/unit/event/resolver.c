/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event/resolver.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/dns_server.h"

/* No bigger a bunch than the receive buffer of a UDP socket holds at once. */
enum { BUNCH = 100, PATIENCE_S = 30 };

static struct dns_server server;
static struct loop *loop;
static struct resolver *resolver;
static int descriptors_before;

static int count_descriptors(void)
{
  int count = 0;
  DIR *all = opendir("/proc/self/fd");
  while (readdir(all) != NULL) {
    count++;
  }
  closedir(all);
  return count;
}

static void set_up(void)
{
  loop_destroy(loop_create()); /* libuv keeps a pipe for signals from its first loop on */
  descriptors_before = count_descriptors();
  dns_server_start(&server);
  loop = loop_create();
  resolver = resolver_create(loop, server.servers);
  ck_assert_ptr_nonnull(resolver);
}

static void tear_down(void)
{
  resolver_destroy(resolver);
  loop_destroy(loop);
  dns_server_stop(&server);
  ck_assert_int_eq(count_descriptors(), descriptors_before);
}

struct question {
  struct resolution *resolution;
  int answers;
  int *left; /* stops the loop when it reaches 0 */
  struct resolved result;
  char address[INET6_ADDRSTRLEN];
  unsigned port;
};

static void note(void *context, const struct resolved *result)
{
  struct question *question = context;
  const struct sockaddr_in *v4 = (const struct sockaddr_in *)&result->address;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&result->address;
  question->answers++;
  question->resolution = NULL;
  question->result = *result;
  if (result->error == NULL && result->address.ss_family == AF_INET) {
    ck_assert_uint_eq(result->address_bytes, sizeof(*v4));
    (void)inet_ntop(AF_INET, &v4->sin_addr, question->address, sizeof(question->address));
    question->port = ntohs(v4->sin_port);
  } else if (result->error == NULL) {
    ck_assert_int_eq(result->address.ss_family, AF_INET6);
    ck_assert_uint_eq(result->address_bytes, sizeof(*v6));
    (void)inet_ntop(AF_INET6, &v6->sin6_addr, question->address, sizeof(question->address));
    question->port = ntohs(v6->sin6_port);
  }
  if (--*question->left == 0) {
    loop_stop(loop);
  }
}

static void ask(struct question *question, const char *host, int *left)
{
  question->left = left;
  question->resolution = resolver_lookup(resolver, host, 4433, note, question);
  ck_assert_ptr_nonnull(question->resolution);
  ck_assert_msg(question->answers == 0, "%s answered from inside the question", host);
}

static struct question resolve(const char *host)
{
  static struct question question;
  int left = 1;
  memset(&question, 0, sizeof(question));
  ask(&question, host, &left);
  loop_run(loop);
  ck_assert_int_eq(question.answers, 1);
  return question;
}

static void stop_loop(void *context)
{
  loop_stop(context);
}

static void run_for(int64_t duration_ns)
{
  struct timer *timer = timer_create_on(loop, stop_loop, loop);
  timer_start(timer, duration_ns);
  loop_run(loop);
  timer_destroy(timer);
}

static void expect_address(const char *host, const char *address)
{
  struct question question = resolve(host);
  ck_assert_msg(question.result.error == NULL, "%s: %s", host, question.result.error);
  ck_assert_str_eq(question.address, address);
  ck_assert_uint_eq(question.port, 4433);
}

static void expect_error(const char *host, const char *words)
{
  struct question question = resolve(host);
  ck_assert_msg(question.result.error != NULL, "%s resolved to %s", host, question.address);
  if (words != NULL) {
    ck_assert_str_eq(question.result.error, words);
  }
  ck_assert_uint_eq(question.result.address_bytes, 0);
}

START_TEST(literals_are_told_without_asking)
{
  expect_address("192.0.2.77", "192.0.2.77");
  expect_address("127.0.0.1", "127.0.0.1");
  expect_address("::1", "::1");
  expect_address("2001:db8::ffff", "2001:db8::ffff");
  ck_assert_int_eq(atomic_load(&server.questions), 0);
}
END_TEST

START_TEST(localhost_needs_no_dns)
{
  struct question question = resolve("localhost");
  ck_assert_ptr_null(question.result.error);
  ck_assert(strcmp(question.address, "127.0.0.1") == 0 || strcmp(question.address, "::1") == 0);
  ck_assert_uint_eq(question.port, 4433);
  ck_assert_int_eq(atomic_load(&server.questions), 0);
}
END_TEST

START_TEST(names_resolve_to_what_the_server_says)
{
  expect_address("v4.test", "192.0.2.1");
  expect_address("v6.test", "2001:db8::1");
  expect_address("alias.test", "192.0.2.1");
}
END_TEST

START_TEST(one_of_two_families_is_picked)
{
  struct question question = resolve("both.test");
  ck_assert_ptr_null(question.result.error);
  ck_assert(strcmp(question.address, "192.0.2.1") == 0 ||
            strcmp(question.address, "2001:db8::1") == 0);
}
END_TEST

START_TEST(a_name_that_does_not_exist_is_an_error_with_words)
{
  expect_error("nx.test", "Domain name not found");
}
END_TEST

START_TEST(a_name_without_addresses_is_an_error)
{
  expect_error("nothing.test", "DNS server returned answer with no data");
}
END_TEST

START_TEST(a_failing_server_is_an_error)
{
  expect_error("failing.test", NULL);
}
END_TEST

START_TEST(garbage_is_an_error)
{
  expect_error("garbage.test", NULL);
}
END_TEST

START_TEST(an_alias_to_itself_ends)
{
  expect_error("circle.test", NULL);
}
END_TEST

START_TEST(a_silent_server_is_an_error_in_bounded_time)
{
  int64_t started_ns = clock_monotonic_ns();
  struct question question = resolve("silent.test");
  ck_assert_str_eq(question.result.error, "Timeout while contacting DNS servers");
  int64_t took_ns = clock_monotonic_ns() - started_ns;
  ck_assert_int_ge(took_ns, 2 * NS_PER_SECOND);
  ck_assert_int_lt(took_ns, 20 * NS_PER_SECOND);
}
END_TEST

START_TEST(no_server_at_all_is_an_error)
{
  dns_server_stop(&server);
  expect_error("v4.test", NULL);
  dns_server_start(&server);
}
END_TEST

START_TEST(thousands_of_addresses_over_tcp_are_taken)
{
  struct question question = resolve("many.test");
  ck_assert_ptr_null(question.result.error);
  ck_assert_msg(strncmp(question.address, "192.0.", 6) == 0, "%s", question.address);
}
END_TEST

START_TEST(bad_names_are_errors_told_later)
{
  static char endless[5000];
  memset(endless, 'a', sizeof(endless) - 1);
  expect_error(endless, NULL);
  expect_error("nx..test", NULL);
  expect_error("", NULL);
  expect_error("example.onion", NULL);
  expect_error("nx.127.0.0.1", NULL);
}
END_TEST

START_TEST(many_questions_are_answered_once_each)
{
  static const char *const hosts[] = {"v4.test", "192.0.2.9", "nx.test", "v6.test", "localhost"};
  static struct question questions[BUNCH];
  int left = BUNCH;
  for (int i = 0; i < BUNCH; i++) {
    ask(&questions[i], hosts[i % 5], &left);
  }
  loop_run(loop);
  run_for(5 * NS_PER_MS);
  for (int i = 0; i < BUNCH; i++) {
    ck_assert_int_eq(questions[i].answers, 1);
    const char *error = questions[i].result.error;
    ck_assert_msg((error != NULL) == (i % 5 == 2), "%s: %s", hosts[i % 5], error);
  }
}
END_TEST

START_TEST(a_cancelled_question_is_never_answered)
{
  struct question cancelled[4] = {{0}};
  struct question other = {0};
  int left = 1;
  ask(&cancelled[0], "v4.test", &left);
  ask(&cancelled[1], "192.0.2.1", &left);
  ask(&cancelled[2], "localhost", &left);
  ask(&cancelled[3], "silent.test", &left);
  ask(&other, "v6.test", &left);
  for (int i = 0; i < 4; i++) {
    resolution_cancel(cancelled[i].resolution);
  }
  resolution_cancel(NULL);
  loop_run(loop);
  run_for(20 * NS_PER_MS);
  ck_assert_int_eq(other.answers, 1);
  for (int i = 0; i < 4; i++) {
    ck_assert_int_eq(cancelled[i].answers, 0);
  }
}
END_TEST

START_TEST(a_cancelled_question_leaves_no_socket_behind)
{
  struct question question = {0};
  int left = 1;
  int before = count_descriptors();
  ask(&question, "v4.test", &left);
  ck_assert_int_gt(count_descriptors(), before);
  resolution_cancel(question.resolution);
  while (count_descriptors() > before) { /* until the answer is in; the case has a time limit */
    run_for(NS_PER_MS);
  }
  ck_assert_int_eq(question.answers, 0);
}
END_TEST

START_TEST(destroying_the_resolver_ends_all_questions_in_silence)
{
  static const char *const hosts[] = {"v4.test", "192.0.2.9", "silent.test", "localhost"};
  struct question questions[4] = {{0}};
  struct question cancelled = {0};
  int left = 5;
  for (int i = 0; i < 4; i++) {
    ask(&questions[i], hosts[i], &left);
  }
  ask(&cancelled, "silent.test", &left);
  resolution_cancel(cancelled.resolution);
  resolver_destroy(resolver);
  resolver = NULL;
  run_for(20 * NS_PER_MS);
  ck_assert_int_eq(left, 5);
}
END_TEST

/* What a callback may do: ask again, cancel another question, destroy the resolver. */
struct meddler {
  struct question victims[2];
  struct question follower;
  int left;
  int answers;
};

static void meddle(void *context, const struct resolved *result)
{
  struct meddler *meddler = context;
  (void)result;
  meddler->answers++;
  resolution_cancel(meddler->victims[0].resolution);
  resolution_cancel(meddler->victims[1].resolution);
  ask(&meddler->follower, "v4.test", &meddler->left);
}

START_TEST(a_callback_may_ask_again_and_cancel_others)
{
  struct meddler meddler = {.left = 1};
  ck_assert_ptr_nonnull(resolver_lookup(resolver, "192.0.2.1", 1, meddle, &meddler));
  ask(&meddler.victims[0], "192.0.2.2", &meddler.left);
  ask(&meddler.victims[1], "both.test", &meddler.left);
  loop_run(loop);
  run_for(20 * NS_PER_MS);
  ck_assert_int_eq(meddler.answers, 1);
  ck_assert_int_eq(meddler.victims[0].answers + meddler.victims[1].answers, 0);
  ck_assert_int_eq(meddler.follower.answers, 1);
}
END_TEST

static void destroy_resolver(void *context, const struct resolved *result)
{
  (void)context;
  (void)result;
  resolver_destroy(resolver);
  resolver = NULL;
}

START_TEST(a_callback_may_destroy_the_resolver)
{
  static const char *const hosts[] = {"v4.test", "192.0.2.9", "nx.test"};
  for (int i = 0; i < 3; i++) {
    struct question other[2] = {{0}};
    int left = 2;
    resolver_destroy(resolver);
    resolver = resolver_create(loop, server.servers);
    ck_assert_ptr_nonnull(resolver_lookup(resolver, hosts[i], 1, destroy_resolver, NULL));
    ask(&other[0], "silent.test", &left);
    ask(&other[1], "silent.test", &left);
    run_for(100 * NS_PER_MS);
    ck_assert_ptr_null(resolver);
    ck_assert_int_eq(left, 2);
  }
}
END_TEST

START_TEST(wrong_servers_are_refused)
{
  ck_assert_ptr_null(resolver_create(loop, "not an address"));
}
END_TEST

START_TEST(the_system_s_servers_are_the_default)
{
  struct resolver *own = resolver_create(loop, NULL);
  ck_assert_ptr_nonnull(own);
  resolver_destroy(own);
  resolver_destroy(NULL);
}
END_TEST

static TCase *answers(void)
{
  TCase *cases = tcase_create("answers");
  tcase_add_checked_fixture(cases, set_up, tear_down);
  tcase_set_timeout(cases, PATIENCE_S);
  tcase_add_test(cases, literals_are_told_without_asking);
  tcase_add_test(cases, localhost_needs_no_dns);
  tcase_add_test(cases, names_resolve_to_what_the_server_says);
  tcase_add_test(cases, one_of_two_families_is_picked);
  tcase_add_test(cases, a_name_that_does_not_exist_is_an_error_with_words);
  tcase_add_test(cases, a_name_without_addresses_is_an_error);
  tcase_add_test(cases, a_failing_server_is_an_error);
  tcase_add_test(cases, garbage_is_an_error);
  tcase_add_test(cases, an_alias_to_itself_ends);
  tcase_add_test(cases, a_silent_server_is_an_error_in_bounded_time);
  tcase_add_test(cases, no_server_at_all_is_an_error);
  tcase_add_test(cases, thousands_of_addresses_over_tcp_are_taken);
  tcase_add_test(cases, bad_names_are_errors_told_later);
  tcase_add_test(cases, many_questions_are_answered_once_each);
  return cases;
}

static TCase *ends(void)
{
  TCase *cases = tcase_create("ends");
  tcase_add_checked_fixture(cases, set_up, tear_down);
  tcase_set_timeout(cases, PATIENCE_S);
  tcase_add_test(cases, a_cancelled_question_is_never_answered);
  tcase_add_test(cases, a_cancelled_question_leaves_no_socket_behind);
  tcase_add_test(cases, destroying_the_resolver_ends_all_questions_in_silence);
  tcase_add_test(cases, a_callback_may_ask_again_and_cancel_others);
  tcase_add_test(cases, a_callback_may_destroy_the_resolver);
  tcase_add_test(cases, wrong_servers_are_refused);
  tcase_add_test(cases, the_system_s_servers_are_the_default);
  return cases;
}

int main(void)
{
  Suite *suite = suite_create("resolver");
  suite_add_tcase(suite, answers());
  suite_add_tcase(suite, ends());
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
