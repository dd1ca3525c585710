/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imitation.h"

#include <stdlib.h>

#include "support/guarded.h"
#include "support/x509_sample.h"

static const char key_usage[] = "\x55\x1D\x0F";
static const char subject_key_identifier[] = "\x55\x1D\x0E";
static const char authority_key_identifier[] = "\x55\x1D\x23";

static const char own_spki[] = "\x30\x0A\x30\x03\x06\x01\x2A\x03\x03\x00\x01\x02";
static const char own_algorithm[] = "\x30\x04\x06\x02\x2A\x03";
static const char own_serial[] = "\x55\x66";
static const char own_identifier[] = "0123456789abcdefghij";
static const char issuer_identifier[] = "ABCDEFGHIJklmnopqrst";
enum { IDENTIFIER_BYTES = 20 };

static struct der der_of_text(const char *text, size_t length)
{
  return (struct der){(const uint8_t *)text, length};
}

static struct imitation imitation_of(struct der original)
{
  return (struct imitation){
      .original = original,
      .serial = der_of_text(own_serial, 2),
      .signature_algorithm = der_of_text(own_algorithm, sizeof(own_algorithm) - 1),
      .spki = der_of_text(own_spki, sizeof(own_spki) - 1),
      .key_identifier = der_of_text(own_identifier, IDENTIFIER_BYTES),
      .issuer_key_identifier = der_of_text(issuer_identifier, IDENTIFIER_BYTES),
  };
}

static struct buffer made; /* the likeness of the sample, whole */
static struct x509_certificate likeness;

static void set_up(void)
{
  setup();
  buffer_init(&made, DER_WRITER_MAX_BYTES);
}

static void tear_down(void)
{
  buffer_deinit(&made);
  teardown();
}

static void imitate_sample(void)
{
  struct buffer tbs;
  buffer_init(&tbs, DER_WRITER_MAX_BYTES);
  ck_assert(read_sample());
  struct imitation imitation = imitation_of(der_of_text(sample.bytes.data, sample.bytes.length));
  ck_assert(imitation_write_tbs(&imitation, &tbs));
  imitation_write_certificate(der_of_text(tbs.data, tbs.length), imitation.signature_algorithm,
                              der_of_text("signature", 9), &made);
  ck_assert_int_eq(buffer_status(&made), STATUS_OK);
  ck_assert(x509_read((const uint8_t *)made.data, made.length, &likeness));
  buffer_deinit(&tbs);
}

static void assert_same(struct der a, struct der b)
{
  ck_assert_uint_eq(a.length, b.length);
  ck_assert(memcmp(a.bytes, b.bytes, a.length) == 0);
}

static bool made_contains(const char *bytes, size_t length)
{
  return memmem(made.data, made.length, bytes, length) != NULL;
}

START_TEST(names_and_dates_are_copied_byte_by_byte)
{
  der_put_rdn(&sample.recipe.subject, "\x55\x04\x0A", 0x14, "T61 \xe4", 5);
  imitate_sample();
  assert_same(likeness.issuer, sample.fields.issuer);
  assert_same(likeness.subject, sample.fields.subject);
  ck_assert_int_eq(likeness.not_before, sample.fields.not_before);
  ck_assert_int_eq(likeness.not_after, sample.fields.not_after);
}
END_TEST

START_TEST(key_serial_number_and_algorithm_are_its_own)
{
  imitate_sample();
  assert_same(likeness.spki, der_of_text(own_spki, sizeof(own_spki) - 1));
  assert_same(likeness.serial, der_of_text(own_serial, 2));
  assert_same(likeness.signature_algorithm, der_of_text(own_algorithm, sizeof(own_algorithm) - 1));
  ck_assert(made_contains("\x00signature", 10));
}
END_TEST

START_TEST(extensions_are_copied_known_or_not)
{
  der_put_extension(&sample.recipe.extensions, key_usage, "\x03\x02\x07\x80", 4);
  der_put_extension(&sample.recipe.extensions, "\x2A\x03\x04", "whatever", 8);
  imitate_sample();
  ck_assert(likeness.has_key_usage && likeness.digital_signature);
  ck_assert(made_contains(sample.recipe.extensions.data, sample.recipe.extensions.length));
}
END_TEST

START_TEST(key_identifiers_are_those_of_its_own_keys)
{
  der_put_extension(&sample.recipe.extensions, subject_key_identifier, "\x04\x03old", 5);
  der_put_extension(&sample.recipe.extensions, authority_key_identifier, "\x30\x05\x80\x03its", 7);
  imitate_sample();
  ck_assert(made_contains("\x04\x16\x04\x14"
                          "0123456789abcdefghij",
                          24));
  ck_assert(made_contains("\x04\x18\x30\x16\x80\x14"
                          "ABCDEFGHIJklmnopqrst",
                          26));
  ck_assert(!made_contains("\x04\x03old", 5));
  ck_assert(!made_contains("\x80\x03its", 5));
}
END_TEST

START_TEST(who_has_another_issuer_always_says_whose_key_signed)
{
  imitate_sample(); /* it has no extensions at all */
  ck_assert(made_contains("\x80\x14"
                          "ABCDEFGHIJklmnopqrst",
                          22));
  ck_assert(!made_contains("0123456789abcdefghij", 20));
}
END_TEST

START_TEST(who_is_its_own_issuer_says_no_more_than_before)
{
  buffer_clear(&sample.recipe.subject);
  der_put_rdn(&sample.recipe.subject, "\x55\x04\x03", 0x0C, "issuer", 6);
  imitate_sample();
  ck_assert(!made_contains("ABCDEFGHIJklmnopqrst", 20));
}
END_TEST

START_TEST(unique_identifiers_are_copied)
{
  der_replace(&sample.recipe.extra, "\x81\x02\x00\x01\x82\x03\x00\x02\x03", 9);
  imitate_sample();
  ck_assert(made_contains("\x81\x02\x00\x01\x82\x03\x00\x02\x03", 9));
}
END_TEST

START_TEST(a_certificate_cut_anywhere_has_no_likeness)
{
  struct guarded guarded;
  guarded_init(&guarded, 4096);
  der_put_extension(&sample.recipe.extensions, key_usage, "\x03\x02\x07\x80", 4);
  ck_assert(read_sample());
  for (size_t length = 0; length < sample.bytes.length; length++) {
    struct imitation imitation =
        imitation_of((struct der){guarded_copy(&guarded, sample.bytes.data, length), length});
    buffer_clear(&made);
    ck_assert(!imitation_write_tbs(&imitation, &made));
  }
  guarded_deinit(&guarded);
}
END_TEST

/* Every octet spoilt, one at a time: whatever is accepted can be read as a certificate again. */
START_TEST(a_spoilt_certificate_has_a_readable_likeness_or_none)
{
  der_put_extension(&sample.recipe.extensions, key_usage, "\x03\x02\x07\x80", 4);
  ck_assert(read_sample());
  for (size_t at = 0; at < sample.bytes.length; at++) {
    sample.bytes.data[at] ^= 0x55;
    struct imitation imitation = imitation_of(der_of_text(sample.bytes.data, sample.bytes.length));
    struct buffer tbs;
    buffer_init(&tbs, DER_WRITER_MAX_BYTES);
    buffer_clear(&made);
    if (imitation_write_tbs(&imitation, &tbs) &&
        x509_read((const uint8_t *)sample.bytes.data, sample.bytes.length, &sample.fields)) {
      imitation_write_certificate(der_of_text(tbs.data, tbs.length), imitation.signature_algorithm,
                                  der_of_text("s", 1), &made);
      ck_assert(x509_read((const uint8_t *)made.data, made.length, &likeness));
    }
    buffer_deinit(&tbs);
    sample.bytes.data[at] ^= 0x55;
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("wire/imitation");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, set_up, tear_down);
  tcase_add_test(all, names_and_dates_are_copied_byte_by_byte);
  tcase_add_test(all, key_serial_number_and_algorithm_are_its_own);
  tcase_add_test(all, extensions_are_copied_known_or_not);
  tcase_add_test(all, key_identifiers_are_those_of_its_own_keys);
  tcase_add_test(all, who_has_another_issuer_always_says_whose_key_signed);
  tcase_add_test(all, who_is_its_own_issuer_says_no_more_than_before);
  tcase_add_test(all, unique_identifiers_are_copied);
  tcase_add_test(all, a_certificate_cut_anywhere_has_no_likeness);
  tcase_add_test(all, a_spoilt_certificate_has_a_readable_likeness_or_none);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
