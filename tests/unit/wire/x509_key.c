/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "support/x509_sample.h"

enum { KEY_TYPE_BYTES = 64 };

/* Empty parameters are left out. */
static void write_key(const char *algorithm, const char *parameters, size_t parameters_bytes,
                      const void *key, size_t key_bytes)
{
  struct buffer *spki = &sample.recipe.spki;
  buffer_clear(spki);
  der_put(spki, 0x06, algorithm, strlen(algorithm));
  buffer_append(spki, parameters, parameters_bytes);
  der_wrap(spki, 0x30, 0);
  der_put(spki, 0x03, key, key_bytes);
  ck_assert(read_sample());
}

static void assert_key_type(const char *expected)
{
  char text[KEY_TYPE_BYTES];
  x509_key_type(&sample.fields, text, sizeof(text));
  ck_assert_str_eq(text, expected);
}

static const char ec[] = "\x2A\x86\x48\xCE\x3D\x02\x01";
static const char rsa[] = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01";
static const char rsa_pss[] = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A";

static const struct {
  const char *algorithm;
  const char *parameters;
  size_t parameters_bytes;
  const char *expected;
} algorithms[] = {
    {ec, "\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07", 10, "P-256"},
    {ec, "\x06\x05\x2B\x81\x04\x00\x22", 7, "P-384"},
    {ec, "\x06\x05\x2B\x81\x04\x00\x23", 7, "P-521"},
    {ec, "\x06\x05\x2B\x81\x04\x00\x27", 7, "1.3.132.0.39"},
    {ec, "\x30\x00", 2, "1.2.840.10045.2.1"}, /* the curve by its own parameters */
    {ec, "", 0, "1.2.840.10045.2.1"},
    {ec, "\x06\x01\x80", 3, ""},
    {"\x2B\x65\x70", "", 0, "Ed25519"},
    {"\x2B\x65\x71", "", 0, "Ed448"},
    {"\x2A\x86\x48\xCE\x38\x04\x01", "", 0, "DSA"},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x11", "", 0, "ML-DSA-44"},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x12", "", 0, "ML-DSA-65"},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x13", "", 0, "ML-DSA-87"},
    {"\x2A\x03\x04", "", 0, "1.2.3.4"},
    {"\x01", "", 0, "0.1"},
    {"\x27", "", 0, "0.39"},
    {"\x28", "", 0, "1.0"},
    {"\x4F", "", 0, "1.39"},
    {"\x50", "", 0, "2.0"},
    {"\x81\x34", "", 0, "2.100"},
    {"\x88\x37", "", 0, "2.999"},
    {"\x2A\x8F\xFF\xFF\xFF\x7F", "", 0, "1.2.4294967295"},
    {"\x2A\x83\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", "", 0,
     "1.2.340282366920938463463374607431768211455"},
    {"\x2A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", "", 0,
     ""},
    {"", "", 0, ""},
    {"\x2A\x86", "", 0, ""},
};

START_TEST(algorithms_and_curves_have_names)
{
  write_key(algorithms[_i].algorithm, algorithms[_i].parameters, algorithms[_i].parameters_bytes,
            "\0key", 4);
  assert_key_type(algorithms[_i].expected);
}
END_TEST

static const struct {
  const char *algorithm;
  const char *key;
  size_t key_bytes;
  const char *expected;
} rsa_keys[] = {
    {rsa, "\x00\x30\x06\x02\x01\x7F\x02\x01\x03", 9, "RSA-7"},
    {rsa, "\x00\x30\x07\x02\x02\x00\xFF\x02\x01\x03", 10, "RSA-8"},
    {rsa, "\x00\x30\x07\x02\x02\x01\x00\x02\x01\x03", 10, "RSA-9"},
    {rsa_pss, "\x00\x30\x07\x02\x02\x01\x00\x02\x01\x03", 10, "RSA-PSS-9"},
    {rsa, "\x00\x30\x06\x02\x01\x00\x02\x01\x03", 9, ""},
    {rsa, "\x00\x30\x05\x02\x00\x02\x01\x03", 8, ""},
    {rsa, "\x00\x30\x06\x02\x05\x7F\x02\x01\x03", 9, ""},
    {rsa, "\x00\x30\x06\x04\x01\x7F\x02\x01\x03", 9, ""},
    {rsa, "\x01\x30\x06\x02\x01\x7F\x02\x01\x03", 9, ""},
    {rsa, "\x00", 1, ""},
    {rsa, "", 0, ""},
};

START_TEST(rsa_keys_are_told_by_the_bits_of_the_modulus)
{
  write_key(rsa_keys[_i].algorithm, "\x05\x00", 2, rsa_keys[_i].key, rsa_keys[_i].key_bytes);
  assert_key_type(rsa_keys[_i].expected);
}
END_TEST

START_TEST(a_key_type_is_always_terminated)
{
  static const char *const cut[] = {"", "", "1", "1.", "1.2", "1.2.", "1.2.3"};
  write_key("\x2A\x03", "", 0, "\0key", 4);
  for (size_t out_bytes = 0; out_bytes < sizeof(cut) / sizeof(cut[0]); out_bytes++) {
    char text[16];
    memset(text, 'x', sizeof(text));
    x509_key_type(&sample.fields, text, out_bytes);
    ck_assert_int_eq(text[out_bytes], 'x');
    if (out_bytes > 0) {
      ck_assert_str_eq(text, cut[out_bytes]);
    }
  }
}
END_TEST

/* Room for the dotted text ends at 256 bytes with the terminator. */
START_TEST(an_object_identifier_of_extreme_length_has_no_text)
{
  enum { FITTING_NUMBERS = 126 };
  char oid[FITTING_NUMBERS + 2] = "\x2A";
  char text[512];
  memset(oid + 1, 1, FITTING_NUMBERS);
  write_key(oid, "", 0, "\0key", 4);
  x509_key_type(&sample.fields, text, sizeof(text));
  ck_assert_uint_eq(strlen(text), 255);
  oid[FITTING_NUMBERS] = 10;
  write_key(oid, "", 0, "\0key", 4);
  x509_key_type(&sample.fields, text, sizeof(text));
  ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(key_information_that_is_no_sequence_of_two_has_no_type)
{
  static const char *const infos[] = {"\x30\x00", "\x30\x02\x30\x00", "\x30\x02\x03\x00",
                                      "\x30\x04\x30\x00\x03\x00", "\x30\x05\x30\x03\x06\x01\x2A"};
  for (size_t i = 0; i < sizeof(infos) / sizeof(infos[0]); i++) {
    sample.fields.spki = (struct der){(const uint8_t *)infos[i], 2 + (size_t)infos[i][1]};
    assert_key_type("");
  }
  sample.fields.spki = (struct der){NULL, 0};
  assert_key_type("");
}
END_TEST

static Suite *x509_key_suite(void)
{
  Suite *suite = suite_create("x509_key");
  TCase *type = tcase_create("type");
  tcase_add_checked_fixture(type, setup, teardown);
  tcase_add_loop_test(type, algorithms_and_curves_have_names, 0,
                      (int)(sizeof(algorithms) / sizeof(algorithms[0])));
  tcase_add_loop_test(type, rsa_keys_are_told_by_the_bits_of_the_modulus, 0,
                      (int)(sizeof(rsa_keys) / sizeof(rsa_keys[0])));
  tcase_add_test(type, a_key_type_is_always_terminated);
  tcase_add_test(type, an_object_identifier_of_extreme_length_has_no_text);
  tcase_add_test(type, key_information_that_is_no_sequence_of_two_has_no_type);
  suite_add_tcase(suite, type);
  return suite;
}

int main(void)
{
  SRunner *runner = srunner_create(x509_key_suite());
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
