/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/settings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
  struct arena_block *next;
  size_t length;
  _Alignas(max_align_t) unsigned char bytes[];
};

struct settings *settings_create(void)
{
  struct settings *settings = calloc(1, sizeof(*settings));
  if (settings != NULL) {
    atomic_init(&settings->references, 1);
  }
  return settings;
}

struct settings *settings_ref(struct settings *settings)
{
  (void)atomic_fetch_add_explicit(&settings->references, 1, memory_order_relaxed);
  return settings;
}

struct settings *settings_borrow(const struct settings *lender)
{
  struct settings *settings = settings_create();
  if (settings == NULL) {
    return NULL;
  }
  settings->credentials = lender->credentials;
  settings->credential_count = lender->credential_count;
  settings->proxies = lender->proxies;
  settings->proxy_count = lender->proxy_count;
  settings->modules = lender->modules;
  settings->module_count = lender->module_count;
  /* nothing of it is written but the count of references */
  settings->lender = settings_ref((struct settings *)(uintptr_t)lender);
  return settings;
}

static void free_arena(struct arena_block *block)
{
  while (block != NULL) {
    struct arena_block *next = block->next;
    explicit_bzero(block->bytes, block->length); /* passwords are inside */
    free(block);
    block = next;
  }
}

void settings_unref(struct settings *settings)
{
  while (settings != NULL &&
         atomic_fetch_sub_explicit(&settings->references, 1, memory_order_acq_rel) == 1) {
    struct settings *lender = settings->lender;
    free_arena(settings->arena);
    free(settings);
    settings = lender;
  }
}

void *settings_allocate(struct settings *settings, size_t bytes)
{
  if (bytes > SIZE_MAX - sizeof(struct arena_block)) {
    return NULL;
  }
  struct arena_block *block = calloc(1, sizeof(*block) + bytes);
  if (block == NULL) {
    return NULL;
  }
  block->length = bytes;
  block->next = settings->arena;
  settings->arena = block;
  return block->bytes;
}

char *settings_copy_text(struct settings *settings, const char *text)
{
  size_t length = strlen(text);
  char *copy = settings_allocate(settings, length + 1);
  if (copy != NULL) {
    memcpy(copy, text, length + 1);
  }
  return copy;
}
