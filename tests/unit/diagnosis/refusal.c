/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "evidence.h"
#include "support/observations.h"

static bool refuses(int status, const char *body)
{
  const struct http_observation http = {.status = status, .body_excerpt = (char *)(uintptr_t)body};
  return refusal_by_text(&http);
}

/* As the servers send them, from faults-observed.md section 2.3. */
static const struct {
  int status;
  const char *body;
} refusals[] = {
    {400, NGINX_496},
    {400, NGINX_495},
    {496, NULL},
    {495, "<html>whatever a gateway makes of it</html>"},
    {401, "{\"message\":\"No required TLS certificate was sent\"}"},
    {401, "{\"message\":\"TLS certificate failed verification\"}"},
    {403, "<p>Reason: Cannot perform Post-Handshake Authentication.<br /></p>"},
    {403, "<h2>403 - Forbidden: Access is denied.</h2> a valid client certificate is required"},
};

START_TEST(the_words_of_servers_are_known)
{
  ck_assert_msg(refuses(refusals[_i].status, refusals[_i].body), "%d %s", refusals[_i].status,
                refusals[_i].body);
}
END_TEST

START_TEST(the_same_words_with_another_status_are_no_refusal)
{
  if (refusals[_i].body != NULL && refusals[_i].status < 495) {
    ck_assert(!refuses(200, refusals[_i].body));
    ck_assert(!refuses(503, refusals[_i].body));
  }
}
END_TEST

START_TEST(case_does_not_matter)
{
  ck_assert(refuses(400, "NO REQUIRED ssl CERTIFICATE WAS SENT"));
}
END_TEST

START_TEST(other_answers_are_no_refusal)
{
  ck_assert(!refuses(0, NULL));
  ck_assert(!refuses(0, "No required SSL certificate was sent"));
  ck_assert(!refuses(200, "hello"));
  ck_assert(!refuses(400, NULL));
  ck_assert(!refuses(400, ""));
  ck_assert(!refuses(400, "<title>400 Bad Request</title>"));
  ck_assert(!refuses(400, "The plain HTTP request was sent to HTTPS port"));
  ck_assert(!refuses(401, "Unauthorized"));
  ck_assert(!refuses(403, "You don't have permission to access this resource."));
  ck_assert(!refuses(421, "No required SSL certificate was sent"));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("diagnosis/refusal");
  TCase *tcase = tcase_create("all");
  tcase_add_loop_test(tcase, the_words_of_servers_are_known, 0,
                      sizeof(refusals) / sizeof(refusals[0]));
  tcase_add_loop_test(tcase, the_same_words_with_another_status_are_no_refusal, 0,
                      sizeof(refusals) / sizeof(refusals[0]));
  tcase_add_test(tcase, case_does_not_matter);
  tcase_add_test(tcase, other_answers_are_no_refusal);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
