/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the fuzz targets share: a check that ends the process in every build,
 * a copy of exactly so many bytes, so that AddressSanitizer sees the first read
 * past its end, and a digest to compare two readings of the same bytes.
 */
#ifndef SUPPORT_FUZZ_H
#define SUPPORT_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_check(int holds, const char *property)
{
  if (!holds) {
    (void)fprintf(stderr, "does not hold: %s\n", property);
    abort();
  }
}

/* To be freed with free(). */
static inline void *fuzz_copy(const void *bytes, size_t length)
{
  void *copy = calloc(length != 0 ? length : 1, 1); /* a compiler must see it initialised */
  fuzz_check(copy != NULL, "there is memory");
  if (length != 0) {
    memcpy(copy, bytes, length);
  }
  return copy;
}

/* FNV-1a, 64 bits; start with FUZZ_DIGEST_START. */
#define FUZZ_DIGEST_START UINT64_C(0xcbf29ce484222325)
static inline uint64_t fuzz_digest(uint64_t digest, const void *bytes, size_t length)
{
  const uint8_t *next = bytes;
  for (size_t i = 0; i < length; i++) {
    digest = (digest ^ next[i]) * UINT64_C(0x100000001b3);
  }
  return digest;
}

static inline uint64_t fuzz_digest_number(uint64_t digest, uint64_t number)
{
  return fuzz_digest(digest, &number, sizeof(number));
}

#endif
