/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "support/x509_sample.h"

enum { LIMIT_BYTES = 4096, TEXT_MAX_BYTES = 1 << 20 };

/* value: the whole GeneralNames */
static bool read_names(const void *value, size_t length)
{
  buffer_clear(&sample.recipe.extensions);
  der_put_extension(&sample.recipe.extensions, "\x55\x1D\x11", value, length);
  return read_sample();
}

/* To be freed. */
static char *alternative_names(const struct x509_certificate *fields, size_t limit_bytes)
{
  struct buffer text;
  buffer_init(&text, TEXT_MAX_BYTES);
  x509_alternative_names_text(fields, limit_bytes, &text);
  ck_assert_int_eq(buffer_status(&text), STATUS_OK);
  char *taken = buffer_take(&text);
  ck_assert_ptr_nonnull(taken);
  buffer_deinit(&text);
  ck_assert(text_is_clean(taken));
  ck_assert_uint_le(strlen(taken), limit_bytes + strlen("…"));
  return taken;
}

static void assert_alternative_names(const char *expected)
{
  char *text = alternative_names(&sample.fields, LIMIT_BYTES);
  ck_assert_str_eq(text, expected);
  free(text);
}

/* GeneralNames of all kinds that may stand between those that we report. */
START_TEST(alternative_names_are_cleaned_and_joined)
{
  struct buffer names;
  buffer_init(&names, DER_WRITER_MAX_BYTES);
  static const uint8_t ipv6[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = 1};
  der_put(&names, 0x86, "spiffe://x", 10);
  der_put(&names, 0x82, "a.example", 9);
  der_put(&names, 0xA0, "\x06\x01\x2A\xA0\x00", 5);
  der_put(&names, 0x87, "\xC0\x00\x02\x07", 4);
  der_put(&names, 0x82, "b\nc\0d\x7F\xC2\x85\xFF\xE2\x98", 11);
  der_put(&names, 0x87, ipv6, sizeof(ipv6));
  der_put(&names, 0x87, "\x0A\x00\x00\x00\xFF\x00\x00\x00", 8);
  der_put(&names, 0x82, "", 0);
  der_put(&names, 0x82, "m\u00FC,\"", 5);
  der_wrap(&names, 0x30, 0);
  ck_assert(read_names(names.data, names.length));
  const char *whole = "a.example,192.0.2.7,b\uFFFDc\uFFFDd\uFFFD\uFFFD\uFFFD\uFFFD,2001:db8::1,"
                      "#0A000000FF000000,,m\u00FC,\"";
  assert_alternative_names(whole);
  for (size_t limit = 0; limit < strlen(whole); limit++) {
    char *text = alternative_names(&sample.fields, limit);
    size_t length = strlen(text);
    ck_assert_uint_ge(length, 3);
    ck_assert_str_eq(text + length - 3, "…");
    ck_assert_int_eq(strncmp(text, whole, length - 3), 0);
    free(text);
  }
  buffer_deinit(&names);
}
END_TEST

START_TEST(alternative_names_are_cleaned_as_other_text_is)
{
  uint32_t random = 1;
  for (int round = 0; round < 2000; round++) {
    uint8_t name[4 + 16] = {0x30, 18, 0x82, 16};
    for (size_t i = 4; i < sizeof(name); i++) {
      static const uint8_t telling[] = {'a',  0x00, 0x1F, 0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2,
                                        0xDF, 0xE0, 0xE2, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
      random = random * 1103515245 + 12345;
      name[i] = telling[random / 65536 % sizeof(telling)];
    }
    ck_assert(read_names(name, sizeof(name)));
    char *expected = text_clean(name + 4, 16, LIMIT_BYTES);
    assert_alternative_names(expected);
    free(expected);
  }
}
END_TEST

START_TEST(malformed_alternative_names_end_the_list)
{
  ck_assert(read_names("\x30\x06\x82\x01x\x82\x05y", 8));
  assert_alternative_names("x");
  ck_assert(read_names("\x30\x03\x82\x01x\x00", 6));
  assert_alternative_names("");
  ck_assert(read_names("\x30\x05\x82\x80\x82\x01x", 7)); /* indefinite length */
  assert_alternative_names("");
  ck_assert(read_names("", 0));
  assert_alternative_names("");
}
END_TEST

START_TEST(an_ip_address_is_found_among_the_alternative_names)
{
  static const char names[] = "\x30\x1C\x82\x04\xC0\x00\x02\x01\x87\x04\xC0\x00\x02\x07\x87\x0E"
                              "\x20\x01\x0D\xB8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
  static const uint8_t ipv6[16] = {0x20, 0x01, 0x0D, 0xB8};
  ck_assert(read_names(names, sizeof(names) - 1));
  const struct x509_certificate *fields = &sample.fields;
  ck_assert(x509_has_ip_address(fields, (const uint8_t *)"\xC0\x00\x02\x07", 4));
  ck_assert(!x509_has_ip_address(fields, (const uint8_t *)"\xC0\x00\x02\x08", 4));
  ck_assert(!x509_has_ip_address(fields, (const uint8_t *)"\xC0\x00\x02\x01", 4)); /* a dNSName */
  ck_assert(!x509_has_ip_address(fields, ipv6, sizeof(ipv6))); /* two octets are missing */
  ck_assert(read_sample());
  buffer_clear(&sample.recipe.extensions);
  ck_assert(read_sample());
  ck_assert(!x509_has_ip_address(fields, (const uint8_t *)"\xC0\x00\x02\x07", 4));
}
END_TEST

static const struct {
  const char *name;
  const char *host;
  bool matches;
} hosts[] = {
    {"a.example", "a.example", true},
    {"A.Example", "a.eXAMPLE", true},
    {"a.example", "b.example", false},
    {"a.example", "a.example.", false},
    {"a.example", "x.a.example", false},
    {"a.example", "", false},
    {"", "", false},
    {"*.example", "a.example", true},
    {"*.EXAMPLE", "a.example", true},
    {"*.example", "a.b.example", false},
    {"*.example", "example", false},
    {"*.example", ".example", false},
    {"*.*.example", "a.b.example", false},
    {"a*.example", "ab.example", false},
    {"a.*.example", "a.b.example", false},
    {"*", "example", false},
    {"*.", "a.", false},
    {"*", "*", true},
};

START_TEST(a_host_is_found_by_name_or_by_a_wildcard_for_its_first_label)
{
  struct buffer names;
  buffer_init(&names, DER_WRITER_MAX_BYTES);
  der_put(&names, 0x86, hosts[_i].host, strlen(hosts[_i].host)); /* no dNSName */
  der_put(&names, 0x82, "other.test", 10);
  der_put(&names, 0x82, hosts[_i].name, strlen(hosts[_i].name));
  der_wrap(&names, 0x30, 0);
  ck_assert(read_names(names.data, names.length));
  ck_assert_msg(x509_has_dns_name(&sample.fields, hosts[_i].host) == hosts[_i].matches, "%s for %s",
                hosts[_i].name, hosts[_i].host);
  buffer_deinit(&names);
}
END_TEST

START_TEST(a_nul_inside_a_name_ends_nothing)
{
  ck_assert(read_names("\x30\x0D\x82\x0B\x78.test\0evil", 15));
  ck_assert(!x509_has_dns_name(&sample.fields, "x.test"));
}
END_TEST

static Suite *alternative_names_suite(void)
{
  Suite *suite = suite_create("alternative_names");
  TCase *names = tcase_create("names");
  tcase_add_checked_fixture(names, setup, teardown);
  tcase_set_timeout(names, 60);
  tcase_add_test(names, alternative_names_are_cleaned_and_joined);
  tcase_add_test(names, alternative_names_are_cleaned_as_other_text_is);
  tcase_add_test(names, malformed_alternative_names_end_the_list);
  tcase_add_test(names, an_ip_address_is_found_among_the_alternative_names);
  tcase_add_loop_test(names, a_host_is_found_by_name_or_by_a_wildcard_for_its_first_label, 0,
                      (int)(sizeof(hosts) / sizeof(hosts[0])));
  tcase_add_test(names, a_nul_inside_a_name_ends_nothing);
  suite_add_tcase(suite, names);
  return suite;
}

int main(void)
{
  SRunner *runner = srunner_create(alternative_names_suite());
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
