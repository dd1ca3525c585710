/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/certificate_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/wolfssl.h"

enum {
  NAME_LIMIT_BYTES = 512,
  NAME_BUFFER_BYTES = NAME_LIMIT_BYTES * 4,
  ALTERNATIVE_NAMES_LIMIT_BYTES = 1024,
  ALTERNATIVE_NAMES_BUFFER_BYTES = ALTERNATIVE_NAMES_LIMIT_BYTES * 4,
  SERIAL_MAX_BYTES = 32,
  KEY_TYPE_BYTES = 64,
};

void fingerprint(const uint8_t *bytes, size_t length, char out[FINGERPRINT_BYTES])
{
  uint8_t digest[WC_SHA256_DIGEST_SIZE];
  if (wc_Sha256Hash(bytes, (word32)length, digest) != 0) {
    out[0] = '\0';
    return;
  }
  for (size_t i = 0; i < sizeof(digest); i++) {
    (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
  }
}

static char *name_text(struct der name)
{
  struct buffer text;
  buffer_init(&text, NAME_BUFFER_BYTES);
  x509_name_text(name, NAME_LIMIT_BYTES, &text);
  char *taken = buffer_take(&text);
  buffer_deinit(&text);
  return taken;
}

static char *alternative_names_text(const struct x509_certificate *fields)
{
  struct buffer text;
  buffer_init(&text, ALTERNATIVE_NAMES_BUFFER_BYTES);
  x509_alternative_names_text(fields, ALTERNATIVE_NAMES_LIMIT_BYTES, &text);
  char *taken = buffer_take(&text);
  buffer_deinit(&text);
  return taken;
}

static char *serial_text(struct der serial)
{
  char text[2 * SERIAL_MAX_BYTES + 1] = "";
  size_t length = serial.length < SERIAL_MAX_BYTES ? serial.length : SERIAL_MAX_BYTES;
  for (size_t i = 0; i < length; i++) {
    (void)snprintf(text + 2 * i, 3, "%02x", serial.bytes[i]);
  }
  return strdup(text);
}

static char *key_type_text(const struct x509_certificate *fields)
{
  char text[KEY_TYPE_BYTES] = "";
  x509_key_type(fields, text, sizeof(text));
  return strdup(text);
}

enum status certificate_facts_read(const uint8_t *der, size_t length, struct certificate *out)
{
  *out = (struct certificate){0};
  fingerprint(der, length, out->sha256);
  struct x509_certificate fields;
  if (!x509_read(der, length, &fields)) {
    return STATUS_INVALID;
  }
  fingerprint(fields.spki.bytes, fields.spki.length, out->spki_sha256);
  fingerprint(fields.subject.bytes, fields.subject.length, out->subject_sha256);
  fingerprint(fields.issuer.bytes, fields.issuer.length, out->issuer_sha256);
  out->not_before = fields.not_before;
  out->not_after = fields.not_after;
  out->subject = name_text(fields.subject);
  out->issuer = name_text(fields.issuer);
  out->serial = serial_text(fields.serial);
  out->dns_names = alternative_names_text(&fields);
  out->key_type = key_type_text(&fields);
  if (out->subject == NULL || out->issuer == NULL || out->serial == NULL ||
      out->dns_names == NULL || out->key_type == NULL) {
    certificate_deinit(out);
    *out = (struct certificate){0};
    return STATUS_OUT_OF_MEMORY;
  }
  return STATUS_OK;
}
