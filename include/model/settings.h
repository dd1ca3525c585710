/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole configuration as one immutable value with one owner of its memory:
 * every string and array inside lives in the arena and goes, wiped, with the
 * last reference. Built by settings/ from a file and by cli/ from arguments.
 */
#ifndef MODEL_SETTINGS_H
#define MODEL_SETTINGS_H

#include <stdatomic.h>

#include "base/status.h"
#include "model/target.h"

struct arena_block;

struct settings {
  const char *file;                    /* NULL: from the command line */
  const char *const *listen_addresses; /* "HOST:PORT", as written; 0 when not set */
  size_t listen_address_count;
  struct credential *credentials;
  size_t credential_count;
  struct proxy *proxies;
  size_t proxy_count;
  struct module *modules;
  size_t module_count;
  struct target *targets;
  size_t target_count;
  const char *const *probe_allow; /* patterns "HOST:PORT" */
  size_t probe_allow_count;

  atomic_uint references;
  struct settings *lender; /* referenced; NULL: none, see settings_borrow() */
  struct arena_block *arena;
};

/* An empty one with one reference. NULL where memory is out. */
struct settings *settings_create(void);
struct settings *settings_ref(struct settings *settings);
void settings_unref(struct settings *settings); /* NULL-safe */
/* New settings without targets that have the lender's credentials, proxies and modules, the very
 * same ones, and keep it alive. NULL where memory is out. */
struct settings *settings_borrow(const struct settings *lender);

/* Zeroed memory, resp. a copy, that lives as long as the settings; NULL where
 * memory is out. Only for whoever builds the settings. */
void *settings_allocate(struct settings *settings, size_t bytes);
char *settings_copy_text(struct settings *settings, const char *text);

#endif
