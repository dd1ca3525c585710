/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <stdio.h>

#include "report/report.h"
#include "support/store_fixture.h"

enum { LIMIT_BYTES = 4 * 1024 * 1024 };

/* Destroys the store. The text is one line feed longer than the value. */
static json_t *parse(struct store *store, void (*write)(struct store *store, struct buffer *out))
{
  struct buffer out;
  buffer_init(&out, LIMIT_BYTES);
  write(store, &out);
  ck_assert_int_eq(buffer_status(&out), STATUS_OK);
  ck_assert_int_eq(out.data[out.length - 1], '\n');
  json_error_t error;
  json_t *value = json_loads(buffer_text(&out), JSON_REJECT_DUPLICATES, &error);
  ck_assert_msg(value != NULL, "line %d: %s", error.line, error.text);
  buffer_deinit(&out);
  store_unref(store);
  return value;
}

static void write_payments(struct store *store, struct buffer *out)
{
  report_json_target(store, FIXTURE_PAYMENTS, out);
}

static void write_ledger(struct store *store, struct buffer *out)
{
  report_json_target(store, FIXTURE_LEDGER, out);
}

static json_t *route_of(const json_t *target, size_t index)
{
  return json_array_get(json_object_get(target, "routes"), index);
}

static json_t *probe_of(const json_t *route, size_t index)
{
  return json_array_get(json_object_get(route, "probes"), index);
}

/* Compares the member, dumped, with the text. */
static void assert_member(const json_t *object, const char *key, const char *expected)
{
  const json_t *value = json_object_get(object, key);
  ck_assert_msg(value != NULL, "no member %s", key);
  char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
  ck_assert_msg(strcmp(dumped, expected) == 0, "%s is %s, not %s", key, dumped, expected);
  free(dumped);
}

/* The object begins with these members in this order; others may follow. */
static void assert_begins_with(json_t *object, const char *const *keys, size_t count)
{
  void *at = json_object_iter(object);
  for (size_t i = 0; i < count; i++) {
    ck_assert_msg(at != NULL, "no member %s", keys[i]);
    ck_assert_str_eq(json_object_iter_key(at), keys[i]);
    at = json_object_iter_next(object, at);
  }
}

#define ASSERT_BEGINS_WITH(object, ...)                                                            \
  do {                                                                                             \
    static const char *const keys[] = {__VA_ARGS__};                                               \
    assert_begins_with((object), keys, sizeof(keys) / sizeof(keys[0]));                            \
  } while (0)

START_TEST(members_stand_in_the_order_of_the_contract)
{
  json_t *target = parse(fixture_store(), write_payments);
  json_t *direct = route_of(target, FIXTURE_DIRECT);
  json_t *proxy = route_of(target, FIXTURE_PROXY);
  ASSERT_BEGINS_WITH(target, "target", "address", "labels", "success", "routes");
  ASSERT_BEGINS_WITH(direct, "route", "success", "fault", "reason", "explanation", "remedy",
                     "client_certificate", "tunnel", "server_certificate", "tls", "probes");
  ASSERT_BEGINS_WITH(json_object_get(direct, "client_certificate"), "requested", "requested_during",
                     "required", "accepted", "accepted_by", "untrusted_accepted",
                     "issuer_acceptable", "acceptable_issuers");
  ASSERT_BEGINS_WITH(json_object_get(proxy, "tunnel"), "state", "connect_status");
  ASSERT_BEGINS_WITH(json_object_get(direct, "server_certificate"), "verified", "subject", "issuer",
                     "sha256", "spki_sha256", "not_before", "not_after");
  ASSERT_BEGINS_WITH(json_object_get(direct, "tls"), "version", "cipher", "group", "alpn");
  ASSERT_BEGINS_WITH(probe_of(direct, 0), "presented", "ended_in", "alert", "http_status",
                     "seconds");
  ASSERT_BEGINS_WITH(json_object_get(probe_of(direct, 0), "seconds"), "resolve", "connect",
                     "handshake", "settle", "request");
  json_decref(target);
}
END_TEST

START_TEST(good_route_is_told_in_full)
{
  json_t *target = parse(fixture_store(), write_payments);
  json_t *direct = route_of(target, FIXTURE_DIRECT);
  assert_member(target, "target", "\"payments-api\"");
  assert_member(target, "address", "\"https://api.example:443/health\"");
  assert_member(target, "success", "false"); /* the other route */
  assert_member(direct, "success", "true");
  assert_member(direct, "fault", "\"none\"");
  assert_member(direct, "reason", "\"ok\"");
  assert_member(direct, "remedy", "\"\"");
  assert_member(direct, "tunnel", "null");
  const json_t *certificate = json_object_get(direct, "client_certificate");
  assert_member(certificate, "requested", "true");
  assert_member(certificate, "requested_during", "\"handshake\"");
  assert_member(certificate, "required", "true");
  assert_member(certificate, "accepted_by", "\"http\"");
  assert_member(certificate, "untrusted_accepted", "false");
  ck_assert_uint_eq(json_array_size(json_object_get(certificate, "acceptable_issuers")), 2);
  const json_t *server = json_object_get(direct, "server_certificate");
  assert_member(server, "verified", "true");
  assert_member(server, "not_after", "1796355873");
  assert_member(json_object_get(direct, "tls"), "version", "\"TLSv1.3\"");
  json_decref(target);
}
END_TEST

START_TEST(probes_tell_what_each_one_met)
{
  json_t *target = parse(fixture_store(), write_payments);
  const json_t *direct = route_of(target, FIXTURE_DIRECT);
  ck_assert_uint_eq(json_array_size(json_object_get(direct, "probes")), 3);
  const json_t *client = probe_of(direct, 0);
  assert_member(client, "presented", "\"client\"");
  assert_member(client, "ended_in", "\"done\"");
  assert_member(client, "alert", "null");
  assert_member(client, "http_status", "200");
  assert_member(client, "error", "null");
  assert_member(json_object_get(client, "seconds"), "handshake", "0.004123456");
  const json_t *none = probe_of(direct, 1);
  assert_member(none, "presented", "\"none\"");
  assert_member(none, "ended_in", "\"settle\"");
  assert_member(none, "alert", "116");
  assert_member(none, "alert_name", "\"certificate_required\"");
  assert_member(none, "http_status", "null");
  assert_member(none, "certificate_sent", "\"empty\"");
  ck_assert_ptr_null(json_object_get(json_object_get(none, "seconds"), "request"));
  assert_member(probe_of(direct, 2), "presented", "\"untrusted\"");
  json_decref(target);
}
END_TEST

START_TEST(intercepted_route_tells_of_the_tunnel)
{
  json_t *target = parse(fixture_store(), write_payments);
  const json_t *proxy = route_of(target, FIXTURE_PROXY);
  assert_member(proxy, "success", "false");
  assert_member(proxy, "fault", "\"proxy\"");
  assert_member(json_object_get(proxy, "tunnel"), "state", "\"intercepted\"");
  assert_member(json_object_get(proxy, "tunnel"), "connect_status", "200");
  assert_member(json_object_get(proxy, "client_certificate"), "acceptable_issuers", "[]");
  assert_member(json_object_get(proxy, "client_certificate"), "accepted", "null");
  assert_member(json_object_get(proxy, "server_certificate"), "verified", "false");
  assert_member(probe_of(proxy, 0), "withheld", "true");
  assert_member(proxy, "proxy_policy", "\"<Proxy tunnel>\\n    url.port=443 authenticate(no)\\n\"");
  assert_member(route_of(target, FIXTURE_DIRECT), "proxy_policy", "null");
  json_decref(target);
}
END_TEST

START_TEST(unknown_is_null_before_the_first_round)
{
  json_t *target = parse(fixture_empty_store(), write_ledger);
  const json_t *direct = route_of(target, FIXTURE_DIRECT);
  assert_member(target, "success", "null");
  assert_member(target, "address", "\"tls://[::1]:8443\"");
  assert_member(target, "labels", "{}");
  assert_member(direct, "success", "null");
  assert_member(direct, "fault", "\"unknown\"");
  assert_member(direct, "reason", "null");
  assert_member(direct, "server_certificate", "null");
  assert_member(direct, "tls", "null");
  assert_member(direct, "probes", "[]");
  assert_member(direct, "since", "null");
  const json_t *certificate = json_object_get(direct, "client_certificate");
  assert_member(certificate, "requested", "null");
  assert_member(certificate, "requested_during", "null");
  assert_member(certificate, "acceptable_issuers", "null");
  json_decref(target);
}
END_TEST

START_TEST(hostile_text_comes_back_as_it_was)
{
  json_t *target = parse(fixture_store(), write_payments);
  ck_assert_str_eq(json_string_value(json_object_get(json_object_get(target, "labels"), "note")),
                   HOSTILE_TEXT);
  json_decref(target);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_replaced)
{
  struct store *store = fixture_empty_store();
  struct settings *settings = (struct settings *)(uintptr_t)store_settings(store);
  settings->targets[FIXTURE_LEDGER].name = HOSTILE_BYTES;
  json_t *target = parse(store, write_ledger);
  ck_assert_str_eq(json_string_value(json_object_get(target, "target")),
                   "\xEF\xBF\xBD\xEF\xBF\xBD{broken\xEF\xBF\xBD[31m");
  json_decref(target);
}
END_TEST

START_TEST(all_targets_are_an_array)
{
  json_t *all = parse(fixture_store(), report_json_targets);
  const json_t *targets = json_object_get(all, "targets");
  ck_assert_uint_eq(json_object_size(all), 1);
  ck_assert_uint_eq(json_array_size(targets), FIXTURE_TARGETS);
  assert_member(json_array_get(targets, FIXTURE_PAYMENTS), "target", "\"payments-api\"");
  assert_member(json_array_get(targets, FIXTURE_LEDGER), "target", "\"ledger\"");
  const json_t *payments = json_array_get(targets, FIXTURE_PAYMENTS);
  ck_assert_uint_eq(json_array_size(json_object_get(payments, "routes")), FIXTURE_ROUTES);
  json_decref(all);
}
END_TEST

START_TEST(no_targets_are_an_empty_array)
{
  struct settings *settings = settings_create();
  struct store *store = store_create(settings);
  settings_unref(settings);
  json_t *all = parse(store, report_json_targets);
  assert_member(all, "targets", "[]");
  json_decref(all);
}
END_TEST

START_TEST(secrets_are_not_told)
{
  json_t *all = parse(fixture_store(), report_json_targets);
  char *dumped = json_dumps(all, 0);
  ck_assert_ptr_null(strstr(dumped, "hunter2"));
  free(dumped);
  json_decref(all);
}
END_TEST

START_TEST(text_that_does_not_fit_is_a_failure)
{
  struct store *store = fixture_store();
  struct buffer out;
  buffer_init(&out, 100);
  report_json_targets(store, &out);
  ck_assert_int_ne(buffer_status(&out), STATUS_OK);
  buffer_deinit(&out);
  store_unref(store);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("report/json");
  TCase *cases = tcase_create("json");
  tcase_add_test(cases, members_stand_in_the_order_of_the_contract);
  tcase_add_test(cases, good_route_is_told_in_full);
  tcase_add_test(cases, probes_tell_what_each_one_met);
  tcase_add_test(cases, intercepted_route_tells_of_the_tunnel);
  tcase_add_test(cases, unknown_is_null_before_the_first_round);
  tcase_add_test(cases, hostile_text_comes_back_as_it_was);
  tcase_add_test(cases, bytes_that_are_no_text_are_replaced);
  tcase_add_test(cases, all_targets_are_an_array);
  tcase_add_test(cases, no_targets_are_an_empty_array);
  tcase_add_test(cases, secrets_are_not_told);
  tcase_add_test(cases, text_that_does_not_fit_is_a_failure);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
