/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes read as a certificate and, since most mutations of a certificate are refused at its
 * frame, as each part that is read by itself: a Name, GeneralNames, SubjectPublicKeyInfo. What
 * is a certificate is imitated, too.
 */
#include "wire/x509.h"

#include "base/text.h"
#include "support/fuzz.h"
#include "wire/imitation.h"

enum { TEXT_MAX_BYTES = 1 << 24, KEY_TYPE_BYTES = 64, ELLIPSIS_BYTES = 3 };

static const size_t limits[] = {0, 7, 64, 1 << 20};
enum { LIMITS = sizeof(limits) / sizeof(limits[0]) };

static void check_text(const struct buffer *text, size_t limit_bytes)
{
  fuzz_check(buffer_status(text) == STATUS_OK, "a text fits");
  fuzz_check(strlen(buffer_text(text)) == text->length, "a text has no NUL");
  fuzz_check(text_is_clean(buffer_text(text)), "a text is UTF-8 without control characters");
  fuzz_check(text->length <= limit_bytes + ELLIPSIS_BYTES, "a text is within its limit");
}

static void check_name(struct der name)
{
  for (size_t i = 0; i < LIMITS; i++) {
    struct buffer text;
    buffer_init(&text, TEXT_MAX_BYTES);
    x509_name_text(name, limits[i], &text);
    check_text(&text, limits[i]);
    buffer_deinit(&text);
  }
}

static void check_alternative_names(const struct x509_certificate *certificate)
{
  static const uint8_t address[16] = {0};
  for (size_t i = 0; i < LIMITS; i++) {
    struct buffer text;
    buffer_init(&text, TEXT_MAX_BYTES);
    x509_alternative_names_text(certificate, limits[i], &text);
    check_text(&text, limits[i]);
    buffer_deinit(&text);
  }
  fuzz_check(certificate->subject_alternative_names.length > 0 ||
                 (!x509_has_ip_address(certificate, address, 4) &&
                  !x509_has_dns_name(certificate, "payments.example")),
             "nothing is found where there is nothing");
  (void)x509_has_ip_address(certificate, address, sizeof(address));
  (void)x509_has_dns_name(certificate, "payments.example");
}

static void check_key_type(const struct x509_certificate *certificate)
{
  char text[KEY_TYPE_BYTES];
  memset(text, 'x', sizeof(text));
  x509_key_type(certificate, text, sizeof(text));
  fuzz_check(memchr(text, '\0', sizeof(text)) != NULL, "a key type is terminated");
  fuzz_check(text_is_clean(text), "a key type is clean");
}

static void check_same(struct der a, struct der b)
{
  fuzz_check(a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0),
             "a likeness says what the original does");
}

static void check_likeness(const struct x509_certificate *original, struct der bytes)
{
  const struct imitation imitation = {
      .original = bytes,
      .serial = {(const uint8_t *)"\x41", 1},
      .signature_algorithm = original->signature_algorithm,
      .spki = original->spki,
      .key_identifier = {(const uint8_t *)"own", 3},
      .issuer_key_identifier = {(const uint8_t *)"its", 3},
  };
  struct buffer tbs;
  struct buffer made;
  struct x509_certificate likeness;
  buffer_init(&tbs, TEXT_MAX_BYTES);
  buffer_init(&made, TEXT_MAX_BYTES);
  fuzz_check(imitation_write_tbs(&imitation, &tbs), "what can be read can be imitated");
  imitation_write_certificate((struct der){(const uint8_t *)tbs.data, tbs.length},
                              original->signature_algorithm, (struct der){NULL, 0}, &made);
  fuzz_check(x509_read((const uint8_t *)made.data, made.length, &likeness),
             "a likeness is a certificate");
  check_same(likeness.issuer, original->issuer);
  check_same(likeness.subject, original->subject);
  check_same(likeness.spki, original->spki);
  check_same(likeness.subject_alternative_names, original->subject_alternative_names);
  fuzz_check(likeness.not_before == original->not_before &&
                 likeness.not_after == original->not_after &&
                 likeness.client_auth == original->client_auth &&
                 likeness.digital_signature == original->digital_signature &&
                 likeness.is_ca == original->is_ca,
             "a likeness may do what the original may");
  buffer_deinit(&tbs);
  buffer_deinit(&made);
}

static void check_inside(struct der part, const uint8_t *data, size_t size)
{
  fuzz_check(part.length == 0 || (part.bytes >= data && part.length <= size &&
                                  (size_t)(part.bytes - data) <= size - part.length),
             "a part lies inside the certificate");
}

static void check_certificate(const uint8_t *data, size_t size)
{
  const int64_t first = INT64_C(-631152000);  /* 1950-01-01 */
  const int64_t last = INT64_C(253402300799); /* 9999-12-31 23:59:59 */
  struct x509_certificate fields;
  if (!x509_read(data, size, &fields)) {
    fuzz_check(fields.subject.length == 0 && fields.spki.length == 0 && !fields.is_ca &&
                   fields.subject_alternative_names.length == 0,
               "what is refused leaves nothing");
    return;
  }
  check_inside(fields.serial, data, size);
  check_inside(fields.issuer, data, size);
  check_inside(fields.subject, data, size);
  check_inside(fields.spki, data, size);
  check_inside(fields.signature_algorithm, data, size);
  check_inside(fields.subject_alternative_names, data, size);
  fuzz_check(fields.not_before >= first && fields.not_before <= last, "not_before is a date");
  fuzz_check(fields.not_after >= first && fields.not_after <= last, "not_after is a date");
  fuzz_check(fields.has_key_usage ||
                 !(fields.digital_signature || fields.key_encipherment || fields.key_cert_sign),
             "an absent key usage allows nothing");
  fuzz_check(fields.has_extended_key_usage || !(fields.client_auth || fields.server_auth),
             "an absent extended key usage lists nothing");
  fuzz_check(fields.path_length >= -1, "a path length is a number or none");
  check_name(fields.subject);
  check_name(fields.issuer);
  check_alternative_names(&fields);
  check_key_type(&fields);
  check_likeness(&fields, (struct der){data, size});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  uint8_t *copy = fuzz_copy(data, size);
  struct x509_certificate parts = {.spki = {copy, size}, .subject_alternative_names = {copy, size}};
  check_certificate(copy, size);
  check_name((struct der){copy, size});
  check_alternative_names(&parts);
  check_key_type(&parts);
  free(copy);
  return 0;
}
