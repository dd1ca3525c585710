/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/x509.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "support/guarded.h"
#include "support/openssl_command.h"
#include "support/x509_sample.h"

enum { LIMIT_BYTES = 4096, TEXT_MAX_BYTES = 1 << 20, KEY_TYPE_BYTES = 64 };

static const char key_usage[] = "\x55\x1D\x0F";
static const char subject_alt_name[] = "\x55\x1D\x11";
static const char basic_constraints[] = "\x55\x1D\x13";
static const char extended_key_usage[] = "\x55\x1D\x25";

static bool read_extension(const char *oid, const void *value, size_t length)
{
  buffer_clear(&sample.recipe.extensions);
  der_put_extension(&sample.recipe.extensions, oid, value, length);
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

static void assert_name(struct der name, const char *expected)
{
  struct buffer text;
  buffer_init(&text, TEXT_MAX_BYTES);
  x509_name_text(name, LIMIT_BYTES, &text);
  ck_assert_str_eq(buffer_text(&text), expected);
  buffer_deinit(&text);
}

static void assert_key_type(const char *expected)
{
  char text[KEY_TYPE_BYTES];
  x509_key_type(&sample.fields, text, sizeof(text));
  ck_assert_str_eq(text, expected);
}

static void assert_empty(const struct x509_certificate *fields)
{
  const struct der *parts[] = {&fields->serial, &fields->issuer, &fields->subject, &fields->spki,
                               &fields->subject_alternative_names};
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    ck_assert(parts[i]->bytes == NULL && parts[i]->length == 0);
  }
  ck_assert(fields->not_before == 0 && fields->not_after == 0 && fields->path_length == -1);
  ck_assert(!fields->has_key_usage && !fields->digital_signature && !fields->key_encipherment &&
            !fields->key_cert_sign);
  ck_assert(!fields->has_extended_key_usage && !fields->client_auth && !fields->server_auth);
  ck_assert(!fields->is_ca);
}

/* With the real ones there is something of every kind to trip over. */
static const char extensions[] =
    "subjectAltName=DNS:payments.example,DNS:*.payments.example,IP:192.0.2.7,IP:2001:db8::1,"
    "URI:spiffe://example/payments,email:a@b.example\n"
    "keyUsage=critical,digitalSignature,keyEncipherment\n"
    "extendedKeyUsage=clientAuth,serverAuth\n"
    "basicConstraints=critical,CA:FALSE\n";
static const char p_256[] = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";

static const struct {
  const char *options;
  const char *key_type;
} keys[] = {
    {p_256, "P-256"},
    {"-newkey ec -pkeyopt ec_paramgen_curve:P-384", "P-384"},
    {"-newkey ec -pkeyopt ec_paramgen_curve:P-521", "P-521"},
    {"-newkey ec -pkeyopt ec_paramgen_curve:secp256k1", "secp256k1"},
    {"-newkey ec -pkeyopt ec_paramgen_curve:brainpoolP320r1", "1.3.36.3.3.2.8.1.1.9"},
    {"-newkey rsa:2048", "RSA-2048"},
    {"-newkey rsa:1025", "RSA-1025"},
    {"-newkey rsa-pss -pkeyopt rsa_keygen_bits:2048", "RSA-PSS-2048"},
    {"-newkey ed25519", "Ed25519"},
    {"-newkey ed448", "Ed448"},
};

/* The time in a line "notBefore=2026-01-31 12:00:00Z" of openssl. */
static int64_t openssl_time(const char *lines, const char *name)
{
  const char *line = strstr(lines, name);
  struct tm parts = {0};
  ck_assert_ptr_nonnull(line);
  const char *end = strptime(line + strlen(name), "=%Y-%m-%d %H:%M:%SZ", &parts);
  ck_assert_ptr_nonnull(end);
  return timegm(&parts);
}

static void assert_openssl_agrees(const struct buffer *der, const struct x509_certificate *fields)
{
  char *text = openssl_x509(der->data, der->length, "-serial");
  char serial[2 * 64 + sizeof("serial=")] = "serial=";
  ck_assert_uint_le(fields->serial.length, 64);
  for (size_t i = 0; i < fields->serial.length; i++) {
    (void)snprintf(serial + strlen(serial), 3, "%02X", fields->serial.bytes[i]);
  }
  ck_assert_str_eq(text, serial);
  free(text);
  text = openssl_x509(der->data, der->length, "-dates -dateopt iso_8601");
  ck_assert_int_eq(fields->not_before, openssl_time(text, "notBefore"));
  ck_assert_int_eq(fields->not_after, openssl_time(text, "notAfter"));
  free(text);
  text = openssl_x509(der->data, der->length, "-subject -nameopt RFC2253,utf8,-esc_msb");
  assert_name(fields->subject, text + strlen("subject="));
  assert_name(fields->issuer, text + strlen("subject="));
  free(text);
}

START_TEST(real_certificates_are_read_as_openssl_reads_them)
{
  make_certificate(keys[_i].options, "/C=DE/O=Example, Inc./CN=Zahlungen #1 \u00FC ", extensions,
                   &sample.bytes);
  struct x509_certificate *fields = &sample.fields;
  ck_assert(x509_read((const uint8_t *)sample.bytes.data, sample.bytes.length, fields));
  assert_key_type(keys[_i].key_type);
  assert_name(fields->subject, "CN=Zahlungen #1 \u00FC\\ ,O=Example\\, Inc.,C=DE");
  assert_alternative_names("payments.example,*.payments.example,192.0.2.7,2001:db8::1");
  ck_assert(fields->has_key_usage && fields->digital_signature && fields->key_encipherment);
  ck_assert(fields->has_extended_key_usage && fields->client_auth && fields->server_auth);
  ck_assert(!fields->key_cert_sign && !fields->is_ca);
  ck_assert_int_eq(fields->path_length, -1);
  /* openssl looks at the clock for each of the two */
  int64_t seconds = fields->not_after - fields->not_before;
  ck_assert(seconds == 30 * 86400 || seconds == 30 * 86400 + 1);
  assert_openssl_agrees(&sample.bytes, fields);
}
END_TEST

START_TEST(a_real_ca_may_sign)
{
  make_certificate(p_256, "/CN=CA",
                   "basicConstraints=critical,CA:TRUE,pathlen:3\nkeyUsage=keyCertSign,cRLSign",
                   &sample.bytes);
  ck_assert(x509_read((const uint8_t *)sample.bytes.data, sample.bytes.length, &sample.fields));
  ck_assert(sample.fields.is_ca && sample.fields.key_cert_sign && sample.fields.has_key_usage);
  ck_assert(!sample.fields.digital_signature && !sample.fields.key_encipherment);
  ck_assert(!sample.fields.has_extended_key_usage && !sample.fields.client_auth);
  ck_assert_int_eq(sample.fields.path_length, 3);
  assert_alternative_names("");
}
END_TEST

START_TEST(every_truncation_is_refused)
{
  struct guarded guarded;
  make_certificate(p_256, "/CN=test", extensions, &sample.bytes);
  guarded_init(&guarded, sample.bytes.length);
  for (size_t length = 0; length < sample.bytes.length; length++) {
    memset(&sample.fields, 0xFF, sizeof(sample.fields));
    ck_assert(
        !x509_read(guarded_copy(&guarded, sample.bytes.data, length), length, &sample.fields));
    assert_empty(&sample.fields);
  }
  guarded_deinit(&guarded);
}
END_TEST

static void read_everything(const uint8_t *der, size_t length)
{
  struct x509_certificate fields;
  if (!x509_read(der, length, &fields)) {
    assert_empty(&fields);
    return;
  }
  char key_type[KEY_TYPE_BYTES];
  struct buffer text;
  buffer_init(&text, TEXT_MAX_BYTES);
  x509_key_type(&fields, key_type, sizeof(key_type));
  x509_name_text(fields.subject, 30, &text);
  x509_name_text(fields.issuer, 30, &text);
  ck_assert(text_is_clean(buffer_text(&text)));
  ck_assert_uint_le(text.length, 2 * (30 + strlen("…")));
  buffer_deinit(&text);
  free(alternative_names(&fields, 50));
  (void)x509_has_ip_address(&fields, (const uint8_t *)"\xC0\x00\x02\x07", 4);
}

START_TEST(every_corruption_of_a_byte_is_survived)
{
  struct guarded guarded;
  make_certificate(p_256, "/CN=test", extensions, &sample.bytes);
  guarded_init(&guarded, sample.bytes.length);
  uint8_t *copy = guarded_copy(&guarded, sample.bytes.data, sample.bytes.length);
  for (size_t at = 0; at < sample.bytes.length; at++) {
    for (int change = 1; change < 256; change++) {
      copy[at] = (uint8_t)(copy[at] ^ change);
      read_everything(copy, sample.bytes.length);
      copy[at] = (uint8_t)(copy[at] ^ change);
    }
  }
  guarded_deinit(&guarded);
}
END_TEST

START_TEST(the_fields_of_a_plain_certificate)
{
  ck_assert(read_sample());
  ck_assert_int_eq(sample.fields.not_before, INT64_C(1767225600));
  ck_assert_int_eq(sample.fields.not_after, INT64_C(1798761599));
  assert_name(sample.fields.subject, "CN=test");
  assert_name(sample.fields.issuer, "CN=issuer");
  assert_key_type("P-256");
  assert_alternative_names("");
  ck_assert_mem_eq(sample.fields.spki.bytes, "\x30\x1C\x30\x13\x06\x07", 6);
  ck_assert_uint_eq(sample.fields.spki.length, 0x1E);
  ck_assert(!sample.fields.has_key_usage && !sample.fields.has_extended_key_usage);
  ck_assert(!sample.fields.is_ca);
  ck_assert_int_eq(sample.fields.path_length, -1);
}
END_TEST

START_TEST(unique_identifiers_are_passed_over)
{
  der_put(&sample.recipe.extra, 0x81, "\0a", 2);
  der_put(&sample.recipe.extra, 0x82, "\0b", 2);
  ck_assert(read_extension(key_usage, "\x03\x02\x07\x80", 4));
  ck_assert(sample.fields.digital_signature);
}
END_TEST

START_TEST(bytes_that_belong_to_no_field_are_refused)
{
  static const char *const strays[] = {"\x05\x01x", "\x83\x01x", "\xA3\x01x", "\xA4\x01x"};
  for (size_t i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
    der_replace(&sample.recipe.extra, strays[i], 3);
    ck_assert(!read_sample());
    assert_empty(&sample.fields);
  }
  buffer_clear(&sample.recipe.extra);
  ck_assert(read_sample());
  buffer_append_char(&sample.bytes, '\0');
  ck_assert(!x509_read((const uint8_t *)sample.bytes.data, sample.bytes.length, &sample.fields));
}
END_TEST

static const struct {
  const char *octets;
  size_t length;
  const char *expected;
  size_t expected_length;
} serials[] = {
    {"\x00", 1, "\x00", 1},
    {"\x00\xC3\x01", 3, "\xC3\x01", 2},
    {"\x00\x00\x7F", 3, "\x7F", 1},
    {"\x01\x00", 2, "\x01\x00", 2},
    {"", 0, "", 0},
};

START_TEST(a_serial_has_no_leading_zero_octets)
{
  der_replace(&sample.recipe.serial, serials[_i].octets, serials[_i].length);
  ck_assert(read_sample());
  ck_assert_uint_eq(sample.fields.serial.length, serials[_i].expected_length);
  ck_assert_int_eq(
      memcmp(sample.fields.serial.bytes, serials[_i].expected, serials[_i].expected_length), 0);
}
END_TEST

/* allowed: the letters of what a verifier may take from it: digital Signature, key
 * Encipherment, key Cert sign. */
static const struct {
  const char *value;
  size_t length;
  const char *allowed;
} key_usages[] = {
    {"\x03\x02\x07\x80", 4, "S"},
    {"\x03\x02\x05\xA0", 4, "SE"},
    {"\x03\x02\x01\x06", 4, "C"},
    {"\x03\x02\x00\xFF", 4, "SEC"},
    {"\x03\x03\x07\x80\x80", 5, "S"},
    {"\x03\x02\x07\xFF", 4, "S"}, /* bits that are said to be unused */
    {"\x03\x01\x00", 3, ""},
    {"\x03\x00", 2, ""},
    {"\x03\x02\x08\x80", 4, ""}, /* eight of eight unused */
    {"\x03\x03\x00\xFF", 4, ""}, /* too short for its length */
    {"\x03\x02\x00\xFF\x00", 5, ""},
    {"\x04\x02\x00\xFF", 4, ""},
    {"", 0, ""},
};

START_TEST(key_usage_allows_what_its_bits_say)
{
  ck_assert(read_extension(key_usage, key_usages[_i].value, key_usages[_i].length));
  const char *allowed = key_usages[_i].allowed;
  ck_assert(sample.fields.has_key_usage);
  ck_assert(sample.fields.digital_signature == (strchr(allowed, 'S') != NULL));
  ck_assert(sample.fields.key_encipherment == (strchr(allowed, 'E') != NULL));
  ck_assert(sample.fields.key_cert_sign == (strchr(allowed, 'C') != NULL));
}
END_TEST

static const struct {
  const char *value;
  size_t length;
  bool client;
  bool server;
} extended_key_usages[] = {
    {"\x30\x0A\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x02", 12, true, false},
    {"\x30\x0A\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x01", 12, false, true},
    {"\x30\x0A\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x03", 12, false, false},
    {"\x30\x06\x06\x04\x55\x1D\x25\x00", 8, true, true},
    {"\x30\x0C\x06\x00\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x02", 14, true, false},
    {"\x30\x00", 2, false, false},
    {"\x30\x0C\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x02\x05\x00", 14, false, false},
    {"\x30\x0A\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x02\x00", 13, false, false},
    {"\x30\x0A\x06\x09\x2B\x06\x01\x05\x05\x07\x03\x02", 12, false, false},
    {"", 0, false, false},
};

START_TEST(extended_key_usage_allows_what_it_lists)
{
  ck_assert(read_extension(extended_key_usage, extended_key_usages[_i].value,
                           extended_key_usages[_i].length));
  ck_assert(sample.fields.has_extended_key_usage);
  ck_assert(sample.fields.client_auth == extended_key_usages[_i].client);
  ck_assert(sample.fields.server_auth == extended_key_usages[_i].server);
}
END_TEST

static const struct {
  const char *value;
  size_t length;
  bool is_ca;
  int path_length;
} constraints[] = {
    {"\x30\x00", 2, false, -1},
    {"\x30\x03\x01\x01\xFF", 5, true, -1},
    {"\x30\x03\x01\x01\x00", 5, false, -1},
    {"\x30\x06\x01\x01\xFF\x02\x01\x00", 8, true, 0},
    {"\x30\x06\x01\x01\xFF\x02\x01\x7F", 8, true, 127},
    {"\x30\x07\x01\x01\xFF\x02\x02\x01\x00", 9, true, 256},
    {"\x30\x09\x01\x01\xFF\x02\x04\x7F\xFF\xFF\xFF", 11, true, INT_MAX},
    {"\x30\x0B\x01\x01\xFF\x02\x06\x01\x00\x00\x00\x00\x00", 13, true, INT_MAX},
    {"\x30\x0E\x01\x01\xFF\x02\x09\x7F\x00\x00\x00\x00\x00\x00\x00\x00", 16, true, INT_MAX},
    {"\x30\x06\x01\x01\xFF\x02\x01\xFF", 8, false, -1}, /* negative */
    {"\x30\x05\x01\x01\xFF\x02\x00", 7, false, -1},
    {"\x30\x05\x01\x01\xFF\x05\x00", 7, false, -1},
    {"\x30\x03\x01\x01\x01", 5, false, -1}, /* TRUE in BER alone */
    {"\x30\x04\x01\x02\xFF\xFF", 6, false, -1},
    {"\x30\x03\x01\x01\xFF\x00", 6, false, -1},
    {"\x31\x03\x01\x01\xFF", 5, false, -1},
    {"", 0, false, -1},
};

START_TEST(basic_constraints_make_a_ca)
{
  ck_assert(read_extension(basic_constraints, constraints[_i].value, constraints[_i].length));
  ck_assert(sample.fields.is_ca == constraints[_i].is_ca);
  ck_assert_int_eq(sample.fields.path_length, constraints[_i].path_length);
}
END_TEST

START_TEST(the_first_extension_of_a_kind_counts)
{
  struct buffer *list = &sample.recipe.extensions;
  der_put_extension(list, basic_constraints, "\x30\x00", 2);
  der_put_extension(list, basic_constraints, "\x30\x03\x01\x01\xFF", 5);
  der_put_extension(list, subject_alt_name, "\x30\x03\x82\x01x", 5);
  der_put_extension(list, subject_alt_name, "\x30\x03\x82\x01y", 5);
  ck_assert(read_sample());
  ck_assert(!sample.fields.is_ca);
  assert_alternative_names("x");
}
END_TEST

START_TEST(unknown_extensions_are_passed_over)
{
  struct buffer *list = &sample.recipe.extensions;
  der_put_extension(list, "\x2A\x03\x04", "anything", 8);
  der_put_extension(list, "", "no type", 7);
  size_t start = list->length;
  der_put(list, 0x06, key_usage, 3);
  der_put(list, 0x04, "\x03\x02\x07\x80", 4); /* not critical */
  der_wrap(list, 0x30, start);
  ck_assert(read_sample());
  ck_assert(sample.fields.digital_signature);
}
END_TEST

START_TEST(extensions_that_do_not_fit_their_frame_are_refused)
{
  static const struct {
    const char *bytes;
    size_t length;
  } lists[] = {
      {"\x05\x00", 2},                                      /* no SEQUENCE */
      {"\x30\x02\x04\x00", 4},                              /* no type */
      {"\x30\x05\x06\x03\x55\x1D\x0F", 7},                  /* no value */
      {"\x30\x07\x06\x03\x55\x1D\x0F\x05\x00", 9},          /* value no OCTET STRING */
      {"\x30\x09\x06\x03\x55\x1D\x0F\x04\x00\x05\x00", 11}, /* something behind it */
      {"\x30\x08\x06\x03\x55\x1D\x0F\x04\x02\x03", 10},     /* value too short */
  };
  for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
    der_replace(&sample.recipe.extensions, lists[i].bytes, lists[i].length);
    ck_assert_msg(!read_sample(), "case %zu", i);
    assert_empty(&sample.fields);
  }
}
END_TEST

static Suite *x509_suite(void)
{
  Suite *suite = suite_create("x509");
  TCase *real = tcase_create("real");
  tcase_add_checked_fixture(real, setup, teardown);
  tcase_set_timeout(real, 60);
  tcase_add_loop_test(real, real_certificates_are_read_as_openssl_reads_them, 0,
                      (int)(sizeof(keys) / sizeof(keys[0])));
  tcase_add_test(real, a_real_ca_may_sign);
  tcase_add_test(real, every_truncation_is_refused);
  tcase_add_test(real, every_corruption_of_a_byte_is_survived);
  suite_add_tcase(suite, real);
  TCase *fields = tcase_create("fields");
  tcase_add_checked_fixture(fields, setup, teardown);
  tcase_set_timeout(fields, 60);
  tcase_add_test(fields, the_fields_of_a_plain_certificate);
  tcase_add_test(fields, unique_identifiers_are_passed_over);
  tcase_add_test(fields, bytes_that_belong_to_no_field_are_refused);
  tcase_add_loop_test(fields, a_serial_has_no_leading_zero_octets, 0,
                      (int)(sizeof(serials) / sizeof(serials[0])));
  suite_add_tcase(suite, fields);
  TCase *extension = tcase_create("extension");
  tcase_add_checked_fixture(extension, setup, teardown);
  tcase_set_timeout(extension, 60);
  tcase_add_loop_test(extension, key_usage_allows_what_its_bits_say, 0,
                      (int)(sizeof(key_usages) / sizeof(key_usages[0])));
  tcase_add_loop_test(extension, extended_key_usage_allows_what_it_lists, 0,
                      (int)(sizeof(extended_key_usages) / sizeof(extended_key_usages[0])));
  tcase_add_loop_test(extension, basic_constraints_make_a_ca, 0,
                      (int)(sizeof(constraints) / sizeof(constraints[0])));
  tcase_add_test(extension, the_first_extension_of_a_kind_counts);
  tcase_add_test(extension, unknown_extensions_are_passed_over);
  tcase_add_test(extension, extensions_that_do_not_fit_their_frame_are_refused);
  suite_add_tcase(suite, extension);
  return suite;
}

int main(void)
{
  SRunner *runner = srunner_create(x509_suite());
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
