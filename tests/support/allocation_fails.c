/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/allocation_fails.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* The linker's names: __wrap_ is what the rooms call, __real_ what they would have called.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
char *__real_strdup(const char *text);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

static atomic_uint left; /* allocations until the one that fails; 0: none does */
static atomic_bool failed;
static atomic_long alive;

void allocation_fails_at(unsigned nth)
{
  atomic_store(&failed, false);
  atomic_store(&left, nth);
}

bool allocation_did_fail(void)
{
  atomic_store(&left, 0);
  return atomic_load(&failed);
}

long allocations_alive(void)
{
  return atomic_load(&alive);
}

static bool fails_now(void)
{
  unsigned before = atomic_load(&left);
  while (before > 0 && !atomic_compare_exchange_weak(&left, &before, before - 1)) {
  }
  if (before == 1) {
    atomic_store(&failed, true);
  }
  return before == 1;
}

static void *counted(void *block)
{
  if (block != NULL) {
    (void)atomic_fetch_add(&alive, 1);
  }
  return block;
}

void *__wrap_malloc(size_t bytes)
{
  return fails_now() ? NULL : counted(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes)
{
  return fails_now() ? NULL : counted(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *block, size_t bytes)
{
  if (fails_now()) {
    return NULL;
  }
  void *grown = __real_realloc(block, bytes);
  return block == NULL ? counted(grown) : grown;
}

char *__wrap_strdup(const char *text)
{
  return fails_now() ? NULL : counted(__real_strdup(text));
}

void __wrap_free(void *block)
{
  if (block != NULL) {
    (void)atomic_fetch_sub(&alive, 1);
  }
  __real_free(block);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
