/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that ends at a page nobody may touch: reading one byte past the input
 * ends the process, in every build and not only under a sanitizer.
 */
#ifndef SUPPORT_GUARDED_H
#define SUPPORT_GUARDED_H

#include <check.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guarded {
  uint8_t *pages;
  size_t room_bytes; /* before the page that is guarded */
};

static inline void guarded_init(struct guarded *guarded, size_t room_bytes)
{
  size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
  guarded->room_bytes = (room_bytes + page_bytes - 1) / page_bytes * page_bytes;
  guarded->pages = mmap(NULL, guarded->room_bytes + page_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ck_assert(guarded->pages != MAP_FAILED);
  ck_assert_int_eq(mprotect(guarded->pages + guarded->room_bytes, page_bytes, PROT_NONE), 0);
}

static inline void guarded_deinit(struct guarded *guarded)
{
  (void)munmap(guarded->pages, guarded->room_bytes + (size_t)sysconf(_SC_PAGESIZE));
}

/* A copy of the bytes that ends where the guarded page begins; valid until the next. */
static inline uint8_t *guarded_copy(struct guarded *guarded, const void *bytes, size_t length)
{
  ck_assert_uint_le(length, guarded->room_bytes);
  uint8_t *copy = guarded->pages + guarded->room_bytes - length;
  if (length > 0) {
    memcpy(copy, bytes, length);
  }
  return copy;
}

#endif
