/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hand-made certificate, whose every part a test may replace by whatever it likes
 * to see refused.
 */
#ifndef SUPPORT_CERTIFICATE_RECIPE_H
#define SUPPORT_CERTIFICATE_RECIPE_H

#include <check.h>
#include <string.h>

#include "wire/der_writer.h"

enum { DER_WRITER_MAX_BYTES = 1 << 20 };

/* An RDN of one attribute; type: content of the OID. */
static inline void der_put_rdn(struct buffer *out, const char *type, uint8_t tag, const void *value,
                               size_t length)
{
  size_t start = out->length;
  der_put(out, 0x06, type, strlen(type));
  der_put(out, tag, value, length);
  der_wrap(out, 0x30, start);
  der_wrap(out, 0x31, start);
}

static inline void der_put_extension(struct buffer *out, const char *oid, const void *value,
                                     size_t length)
{
  size_t start = out->length;
  der_put(out, 0x06, oid, strlen(oid));
  der_put(out, 0x01, "\xFF", 1);
  der_put(out, 0x04, value, length);
  der_wrap(out, 0x30, start);
}

/* Whole elements unless said otherwise. */
struct certificate_recipe {
  struct buffer serial;     /* content */
  struct buffer validity;   /* content */
  struct buffer subject;    /* content: the RDNs */
  struct buffer spki;       /* content */
  struct buffer extra;      /* between SubjectPublicKeyInfo and the extensions */
  struct buffer extensions; /* content; none at all when empty */
};

static inline void der_replace(struct buffer *part, const void *bytes, size_t length)
{
  buffer_clear(part);
  buffer_append(part, bytes, length);
}

/* A certificate with a P-256 key, without extensions. */
static inline void recipe_init(struct certificate_recipe *recipe)
{
  struct buffer *parts[] = {&recipe->serial, &recipe->validity, &recipe->subject,
                            &recipe->spki,   &recipe->extra,    &recipe->extensions};
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    buffer_init(parts[i], DER_WRITER_MAX_BYTES);
  }
  der_replace(&recipe->serial, "\x2A", 1);
  der_put(&recipe->validity, 0x17, "260101000000Z", 13);
  der_put(&recipe->validity, 0x17, "261231235959Z", 13);
  der_put_rdn(&recipe->subject, "\x55\x04\x03", 0x0C, "test", 4);
  der_put(&recipe->spki, 0x06, "\x2A\x86\x48\xCE\x3D\x02\x01", 7);
  der_put(&recipe->spki, 0x06, "\x2A\x86\x48\xCE\x3D\x03\x01\x07", 8);
  der_wrap(&recipe->spki, 0x30, 0);
  der_put(&recipe->spki, 0x03, "\x00\x04key", 5);
}

static inline void recipe_deinit(struct certificate_recipe *recipe)
{
  buffer_deinit(&recipe->serial);
  buffer_deinit(&recipe->validity);
  buffer_deinit(&recipe->subject);
  buffer_deinit(&recipe->spki);
  buffer_deinit(&recipe->extra);
  buffer_deinit(&recipe->extensions);
}

static inline void der_put_algorithm(struct buffer *out)
{
  size_t start = out->length;
  der_put(out, 0x06, "\x2A\x86\x48\xCE\x3D\x04\x03\x02", 8); /* ecdsa-with-SHA256 */
  der_wrap(out, 0x30, start);
}

/* The whole certificate; what signs it is no signature. */
static inline void recipe_write(const struct certificate_recipe *recipe, struct buffer *out)
{
  size_t start = out->length;
  der_put(out, 0xA0, "\x02\x01\x02", 3);
  der_put(out, 0x02, recipe->serial.data, recipe->serial.length);
  der_put_algorithm(out);
  size_t issuer = out->length;
  der_put_rdn(out, "\x55\x04\x03", 0x0C, "issuer", 6);
  der_wrap(out, 0x30, issuer);
  der_put(out, 0x30, recipe->validity.data, recipe->validity.length);
  der_put(out, 0x30, recipe->subject.data, recipe->subject.length);
  der_put(out, 0x30, recipe->spki.data, recipe->spki.length);
  buffer_append(out, recipe->extra.data, recipe->extra.length);
  if (recipe->extensions.length > 0) {
    size_t extensions = out->length;
    der_put(out, 0x30, recipe->extensions.data, recipe->extensions.length);
    der_wrap(out, 0xA3, extensions);
  }
  der_wrap(out, 0x30, start);
  der_put_algorithm(out);
  der_put(out, 0x03, "\x00\x30\x06\x02\x01\x01\x02\x01\x01", 9);
  der_wrap(out, 0x30, start);
}

#endif
