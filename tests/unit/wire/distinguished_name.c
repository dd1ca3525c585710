/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "support/certificate_recipe.h"
#include "support/guarded.h"
#include "support/openssl_command.h"
#include "wire/x509.h"

enum { LIMIT_BYTES = 4096, TEXT_MAX_BYTES = 1 << 20 };
enum { UTF8 = 0x0C, PRINTABLE = 0x13, T61 = 0x14, IA5 = 0x16, UNIVERSAL = 0x1C, BMP = 0x1E };

static const char common_name[] = "\x55\x04\x03";
static const char organization[] = "\x55\x04\x0A";

/* To be freed. */
static char *name_text(const void *der, size_t length, size_t limit_bytes)
{
  struct guarded guarded;
  guarded_init(&guarded, length);
  struct buffer text;
  buffer_init(&text, TEXT_MAX_BYTES);
  x509_name_text((struct der){guarded_copy(&guarded, der, length), length}, limit_bytes, &text);
  ck_assert_int_eq(buffer_status(&text), STATUS_OK);
  char *taken = buffer_take(&text);
  ck_assert_ptr_nonnull(taken);
  buffer_deinit(&text);
  guarded_deinit(&guarded);
  ck_assert(text_is_clean(taken));
  ck_assert_uint_le(strlen(taken), limit_bytes + strlen("…"));
  return taken;
}

static void assert_text(const struct buffer *name, const char *expected)
{
  char *text = name_text(name->data, name->length, LIMIT_BYTES);
  ck_assert_str_eq(text, expected);
  free(text);
}

/* What openssl reads as the subject of a certificate with these RDNs; to be freed. */
static char *openssl_subject(const struct buffer *rdns)
{
  struct certificate_recipe recipe;
  struct buffer certificate;
  buffer_init(&certificate, DER_WRITER_MAX_BYTES);
  recipe_init(&recipe);
  der_replace(&recipe.subject, rdns->data, rdns->length);
  recipe_write(&recipe, &certificate);
  char *text =
      openssl_x509(certificate.data, certificate.length, "-subject -nameopt RFC2253,utf8,-esc_msb");
  ck_assert_int_eq(strncmp(text, "subject=", 8), 0);
  memmove(text, text + 8, strlen(text + 8) + 1);
  recipe_deinit(&recipe);
  buffer_deinit(&certificate);
  return text;
}

struct value_case {
  const char *type;
  uint8_t tag;
  const char *value;
  size_t length;
  const char *expected;
  bool openssl_agrees;
};

#define BYTES(literal) (literal), sizeof(literal) - 1
static const struct value_case values[] = {
    {common_name, UTF8, BYTES("payments"), "CN=payments", true},
    {common_name, UTF8, BYTES(""), "CN=", true},
    {common_name, UTF8, BYTES("Müller ☃ 𝄞"), "CN=Müller ☃ 𝄞", true},
    {common_name, UTF8, BYTES("a,b+c\"d\\e<f>g;h"), "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h", true},
    {common_name, UTF8, BYTES("a=b/c'd"), "CN=a=b/c'd", true},
    {common_name, UTF8, BYTES("#1 a#b"), "CN=\\#1 a#b", true},
    {common_name, UTF8, BYTES(" a  b "), "CN=\\ a  b\\ ", true},
    {common_name, UTF8, BYTES(" "), "CN=\\ ", true},
    {common_name, UTF8, BYTES("  "), "CN=\\ \\ ", true},
    {common_name, UTF8, BYTES("a\nCN=b\r\t"), "CN=a\\0ACN=b\\0D\\09", true},
    {common_name, UTF8, BYTES("a\0b"), "CN=a\\00b", true},
    {common_name, UTF8, BYTES("\x1B[31m\x7F"), "CN=\\1B[31m\\7F", true},
    /* C1 controls: openssl leaves them, a terminal may obey them */
    {common_name, UTF8, BYTES("a\xC2\x9B"), "CN=a\\C2\\9B", false},
    /* bytes that are no UTF-8: openssl refuses the value or makes Latin-1 of it */
    {common_name, UTF8, BYTES("a\xFFz"), "CN=a\uFFFDz", false},
    {common_name, UTF8, BYTES("a\xC0\xAF"), "CN=a\uFFFD\uFFFD", false},
    {common_name, UTF8, BYTES("\xED\xA0\x80"), "CN=\uFFFD\uFFFD\uFFFD", false},
    {common_name, UTF8, BYTES("\xF4\x90\x80\x80"), "CN=\uFFFD\uFFFD\uFFFD\uFFFD", false},
    {common_name, UTF8, BYTES("\xE2\x98,"), "CN=\uFFFD\\,", false},
    {common_name, UTF8, BYTES("a\xF0\x9D\x84"), "CN=a\uFFFD", false},
    {common_name, PRINTABLE, BYTES("plain"), "CN=plain", true},
    {common_name, IA5, BYTES("caf\xE9"), "CN=café", true},
    {common_name, T61, BYTES("M\xFCller"), "CN=Müller", true},
    {common_name, T61, BYTES("a\x85"), "CN=a\\C2\\85", false},
    {common_name, BMP, BYTES("\0M\0\xFC\x26\x03"), "CN=Mü☃", true},
    {common_name, BMP, BYTES("\0,\0\0\0 "), "CN=\\,\\00\\ ", true},
    {common_name, BMP, BYTES("\xD8\x34\xDD\x1E"), "CN=𝄞", false},
    {common_name, BMP, BYTES("\xD8\x34\0a\xDD\x1E"), "CN=\uFFFDa\uFFFD", false},
    {common_name, BMP, BYTES("\xDD\x1E\xDD\x1E"), "CN=\uFFFD\uFFFD", false},
    {common_name, BMP, BYTES("\0a\xD8\x34"), "CN=a\uFFFD", false},
    {common_name, BMP, BYTES("\0a\0"), "CN=a\uFFFD", false},
    {common_name, UNIVERSAL, BYTES("\0\0\0a\0\1\xD1\x1E"), "CN=a𝄞", true},
    {common_name, UNIVERSAL, BYTES("\0\x11\0\0\0\0\xD8\0a"), "CN=\uFFFD\uFFFD\uFFFD", false},
    /* no strings: the whole value in hexadecimal */
    {common_name, 0x03, BYTES("\0a"), "CN=#03020061", true},
    {common_name, 0x04, BYTES("ab"), "CN=#04026162", false},
    {common_name, 0x30, BYTES(""), "CN=#3000", true},
    {common_name, 0x05, BYTES(""), "CN=#0500", false},
    {common_name, 0x2C, BYTES("\x0C\x01z"), "CN=#2C030C017A", false},
    /* types */
    {"\x55\x04\x06", PRINTABLE, BYTES("DE"), "C=DE", true},
    {"\x55\x04\x07", UTF8, BYTES("x"), "L=x", true},
    {"\x55\x04\x08", UTF8, BYTES("x"), "ST=x", true},
    {"\x55\x04\x09", UTF8, BYTES("x"), "STREET=x", false},
    {"\x55\x04\x0A", UTF8, BYTES("x"), "O=x", true},
    {"\x55\x04\x0B", UTF8, BYTES("x"), "OU=x", true},
    {"\x55\x04\x04", UTF8, BYTES("x"), "SN=x", true},
    {"\x55\x04\x05", PRINTABLE, BYTES("x"), "serialNumber=x", true},
    {"\x55\x04\x0C", UTF8, BYTES("x"), "title=x", true},
    {"\x55\x04\x0D", UTF8, BYTES("x"), "description=x", true},
    {"\x55\x04\x0F", UTF8, BYTES("x"), "businessCategory=x", true},
    {"\x55\x04\x11", UTF8, BYTES("x"), "postalCode=x", true},
    {"\x55\x04\x29", UTF8, BYTES("x"), "name=x", true},
    {"\x55\x04\x2A", UTF8, BYTES("x"), "GN=x", true},
    {"\x55\x04\x2B", UTF8, BYTES("x"), "initials=x", true},
    {"\x55\x04\x2C", UTF8, BYTES("x"), "generationQualifier=x", true},
    {"\x55\x04\x2E", PRINTABLE, BYTES("x"), "dnQualifier=x", true},
    {"\x55\x04\x41", UTF8, BYTES("x"), "pseudonym=x", true},
    {"\x55\x04\x61", UTF8, BYTES("x"), "organizationIdentifier=x", true},
    {"\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x19", IA5, BYTES("x"), "DC=x", true},
    {"\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x01", UTF8, BYTES("x"), "UID=x", true},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01", IA5, BYTES("x@y"), "emailAddress=x@y", true},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x02", UTF8, BYTES("x"), "unstructuredName=x", true},
    {"\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01\x01", UTF8, BYTES("x"), "jurisdictionL=x", true},
    {"\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01\x02", UTF8, BYTES("x"), "jurisdictionST=x", true},
    {"\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01\x03", UTF8, BYTES("DE"), "jurisdictionC=DE", true},
    {"\x2A\x03\x04", UTF8, BYTES("x"), "1.2.3.4=#0C0178", true},
    {"\x88\x37\x03", UTF8, BYTES("x"), "2.999.3=#0C0178", true},
    {"\x69\x83\xF8\xE9\xE3\xF2\xA4\xFB\xFD\xDE\xC4\xA8\xB6\x92\x87\xAD\xC2\xBB\x9C\x6D", UTF8,
     BYTES("x"), "2.25.335514698244618436321231842525787901549=#0C0178", true},
};
enum { VALUES = sizeof(values) / sizeof(values[0]) };

START_TEST(values_are_written_as_rfc_4514_says)
{
  const struct value_case *value = &values[_i];
  struct buffer name;
  buffer_init(&name, DER_WRITER_MAX_BYTES);
  der_put_rdn(&name, value->type, value->tag, value->value, value->length);
  char *openssl = value->openssl_agrees ? openssl_subject(&name) : NULL;
  der_wrap(&name, 0x30, 0);
  assert_text(&name, value->expected);
  if (openssl != NULL) {
    assert_text(&name, openssl);
  }
  free(openssl);
  buffer_deinit(&name);
}
END_TEST

START_TEST(the_most_specific_part_comes_first)
{
  struct buffer name;
  buffer_init(&name, DER_WRITER_MAX_BYTES);
  der_put_rdn(&name, "\x55\x04\x06", PRINTABLE, "DE", 2);
  der_put_rdn(&name, organization, UTF8, "Example, Inc.", 13);
  der_put_rdn(&name, common_name, UTF8, "payments", 8);
  char *openssl = openssl_subject(&name);
  der_wrap(&name, 0x30, 0);
  assert_text(&name, "CN=payments,O=Example\\, Inc.,C=DE");
  assert_text(&name, openssl);
  free(openssl);
  buffer_deinit(&name);
}
END_TEST

START_TEST(attributes_of_one_part_are_joined_by_plus)
{
  struct buffer name;
  buffer_init(&name, DER_WRITER_MAX_BYTES);
  der_put_rdn(&name, organization, UTF8, "o", 1);
  size_t rdn = name.length;
  for (size_t i = 0; i < 2; i++) {
    size_t start = name.length;
    der_put(&name, 0x06, i == 0 ? common_name : "\x55\x04\x05", 3);
    der_put(&name, UTF8, i == 0 ? "a" : "b", 1);
    der_wrap(&name, 0x30, start);
  }
  der_wrap(&name, 0x31, rdn);
  der_wrap(&name, 0x30, 0);
  assert_text(&name, "CN=a+serialNumber=b,O=o");
  buffer_deinit(&name);
}
END_TEST

START_TEST(malformed_names_are_empty_text)
{
  static const struct {
    const char *bytes;
    size_t length;
  } malformed[] = {
      {BYTES("")},
      {BYTES("\x30")},
      {BYTES("\x30\x00")},                                              /* empty, not malformed */
      {BYTES("\x31\x00")},                                              /* no SEQUENCE */
      {BYTES("\x30\x00\x00")},                                          /* bytes behind it */
      {BYTES("\x30\x80\x00\x00")},                                      /* indefinite length */
      {BYTES("\x30\x85\x00\x00\x00\x00\x00")},                          /* length of 5 octets */
      {BYTES("\x3F\x10\x00")},                                          /* tag above 30 */
      {BYTES("\x30\x84\xFF\xFF\xFF\xFF")},                              /* as long as can be said */
      {BYTES("\x30\x02\x31\x00")},                                      /* empty RDN */
      {BYTES("\x30\x02\x30\x00")},                                      /* RDN no SET */
      {BYTES("\x30\x04\x31\x02\x30\x00")},                              /* no type */
      {BYTES("\x30\x09\x31\x07\x30\x05\x06\x03\x55\x04\x03")},          /* no value */
      {BYTES("\x30\x0A\x31\x08\x30\x06\x06\x00\x0C\x02xy")},            /* empty type */
      {BYTES("\x30\x0B\x31\x09\x30\x07\x06\x01\x80\x0C\x02xy")},        /* unfinished type */
      {BYTES("\x30\x0C\x31\x0A\x30\x08\x06\x02\x80\x01\x0C\x02xy")},    /* number led by 0 */
      {BYTES("\x30\x0C\x31\x0A\x30\x08\x06\x03\x55\x04\x03\x0C\x02x")}, /* value too short */
      {BYTES("\x30\x0E\x31\x0C\x30\x0A\x06\x03\x55\x04\x03\x0C\x01x\x05\x00")}, /* a third */
      /* a good part before or behind a bad one */
      {BYTES("\x30\x0F\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x0C\x02xy\x31\x00")},
      {BYTES("\x30\x11\x31\x02\x30\x00\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x0C\x02xy")},

  };
  for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
    char *text = name_text(malformed[i].bytes, malformed[i].length, LIMIT_BYTES);
    ck_assert_msg(strcmp(text, "") == 0, "case %zu: %s", i, text);
    free(text);
  }
  char *text = name_text("\x30\x0D\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x0C\x02xy", 15, 16);
  ck_assert_str_eq(text, "CN=xy");
  free(text);
}
END_TEST

START_TEST(lengths_that_are_not_the_shortest_are_read)
{
  static const char name[] = "\x30\x84\x00\x00\x00\x0E\x31\x81\x0B\x30\x09\x06\x03\x55\x04\x03\x0C"
                             "\x02xy";
  char *text = name_text(name, sizeof(name) - 1, LIMIT_BYTES);
  ck_assert_str_eq(text, "CN=xy");
  free(text);
}
END_TEST

/* Everything that is written as more than one byte. */
static void put_awkward_name(struct buffer *name)
{
  der_put_rdn(name, "\x2A\x03\x04", 0x04, "\x01\x02", 2);
  der_put_rdn(name, organization, UTF8, "\xC2\x9B\n\xFF", 4);
  der_put_rdn(name, common_name, UTF8, "a,Ü☃𝄞 ", 12);
  der_wrap(name, 0x30, 0);
}

START_TEST(a_long_name_is_cut_between_characters)
{
  struct buffer name;
  buffer_init(&name, DER_WRITER_MAX_BYTES);
  put_awkward_name(&name);
  const char *whole = "CN=a\\,Ü☃𝄞\\ ,O=\\C2\\9B\\0A\uFFFD,1.2.3.4=#04020102";
  assert_text(&name, whole);
  for (size_t limit = 0; limit < strlen(whole); limit++) {
    char *text = name_text(name.data, name.length, limit);
    size_t length = strlen(text);
    ck_assert_uint_ge(length, 3);
    ck_assert_str_eq(text + length - 3, "…");
    ck_assert_int_eq(strncmp(text, whole, length - 3), 0);
    free(text);
  }
  char *text = name_text(name.data, name.length, strlen(whole));
  ck_assert_str_eq(text, whole);
  free(text);
  text = name_text(name.data, name.length, 5);
  ck_assert_str_eq(text, "CN=a…"); /* never half of an escape */
  free(text);
  buffer_deinit(&name);
}
END_TEST

START_TEST(of_many_parts_the_most_specific_are_kept)
{
  enum { KEPT = 64, EACH_BYTES = sizeof("CN=999,") - 1 };
  for (size_t count = KEPT; count <= KEPT * 3; count += KEPT / 2) {
    struct buffer name;
    buffer_init(&name, DER_WRITER_MAX_BYTES);
    for (size_t i = 0; i < count; i++) {
      char number[24];
      (void)snprintf(number, sizeof(number), "%03zu", i);
      der_put_rdn(&name, common_name, UTF8, number, 3);
    }
    der_wrap(&name, 0x30, 0);
    char *text = name_text(name.data, name.length, LIMIT_BYTES);
    for (size_t i = 0; i < KEPT; i++) {
      char expected[24];
      (void)snprintf(expected, sizeof(expected), "CN=%03zu,", count - 1 - i);
      ck_assert_int_eq(strncmp(text + i * EACH_BYTES, expected, EACH_BYTES - 1), 0);
    }
    ck_assert_str_eq(text + KEPT * EACH_BYTES - 1, count > KEPT ? "…" : "");
    free(text);
    buffer_deinit(&name);
  }
}
END_TEST

START_TEST(a_large_value_costs_no_more_than_its_limit)
{
  struct buffer name;
  struct buffer value;
  buffer_init(&name, DER_WRITER_MAX_BYTES);
  buffer_init(&value, DER_WRITER_MAX_BYTES);
  for (size_t i = 0; i < 50000; i++) {
    buffer_append_char(&value, '\n');
  }
  der_put_rdn(&name, common_name, UTF8, value.data, value.length);
  der_wrap(&name, 0x30, 0);
  char *text = name_text(name.data, name.length, 11);
  ck_assert_str_eq(text, "CN=\\0A\\0A…");
  free(text);
  buffer_deinit(&value);
  buffer_deinit(&name);
}
END_TEST

START_TEST(every_truncation_is_empty_text)
{
  struct buffer name;
  buffer_init(&name, DER_WRITER_MAX_BYTES);
  put_awkward_name(&name);
  for (size_t length = 0; length < name.length; length++) {
    char *text = name_text(name.data, length, LIMIT_BYTES);
    ck_assert_str_eq(text, "");
    free(text);
  }
  buffer_deinit(&name);
}
END_TEST

START_TEST(every_corruption_of_a_byte_is_survived)
{
  struct buffer name;
  buffer_init(&name, DER_WRITER_MAX_BYTES);
  put_awkward_name(&name);
  for (size_t at = 0; at < name.length; at++) {
    for (int change = 1; change < 256; change++) {
      name.data[at] = (char)(name.data[at] ^ change);
      free(name_text(name.data, name.length, 40));
      name.data[at] = (char)(name.data[at] ^ change);
    }
  }
  buffer_deinit(&name);
}
END_TEST

static Suite *distinguished_name_suite(void)
{
  Suite *suite = suite_create("distinguished_name");
  TCase *text = tcase_create("text");
  tcase_set_timeout(text, 60);
  tcase_add_loop_test(text, values_are_written_as_rfc_4514_says, 0, VALUES);
  tcase_add_test(text, the_most_specific_part_comes_first);
  tcase_add_test(text, attributes_of_one_part_are_joined_by_plus);
  tcase_add_test(text, malformed_names_are_empty_text);
  tcase_add_test(text, lengths_that_are_not_the_shortest_are_read);
  tcase_add_test(text, a_long_name_is_cut_between_characters);
  tcase_add_test(text, of_many_parts_the_most_specific_are_kept);
  tcase_add_test(text, a_large_value_costs_no_more_than_its_limit);
  tcase_add_test(text, every_truncation_is_empty_text);
  tcase_add_test(text, every_corruption_of_a_byte_is_survived);
  suite_add_tcase(suite, text);
  return suite;
}

int main(void)
{
  SRunner *runner = srunner_create(distinguished_name_suite());
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
