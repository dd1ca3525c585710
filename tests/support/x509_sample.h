/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fixture of the tests that read hand-made certificates: a recipe to spoil,
 * and what was read of the certificate made by it.
 */
#ifndef SUPPORT_X509_SAMPLE_H
#define SUPPORT_X509_SAMPLE_H

#include "support/certificate_recipe.h"
#include "wire/x509.h"

/* fields point into bytes. */
struct x509_sample {
  struct certificate_recipe recipe;
  struct buffer bytes;
  struct x509_certificate fields;
};

static struct x509_sample sample;

static void setup(void)
{
  recipe_init(&sample.recipe);
  buffer_init(&sample.bytes, DER_WRITER_MAX_BYTES);
}

static void teardown(void)
{
  recipe_deinit(&sample.recipe);
  buffer_deinit(&sample.bytes);
}

static bool read_sample(void)
{
  buffer_clear(&sample.bytes);
  recipe_write(&sample.recipe, &sample.bytes);
  return x509_read((const uint8_t *)sample.bytes.data, sample.bytes.length, &sample.fields);
}

#endif
