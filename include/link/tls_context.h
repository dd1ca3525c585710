/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What many connections of one worker share: TLS contexts, trust stores,
 * credentials and their look-alikes, each made once per (trust, credential,
 * presented, versions) and made anew when a file behind it has changed on disk. The pool belongs to
 * one thread; what it gives is referenced by the connections that use it.
 */
#ifndef LINK_TLS_CONTEXT_H
#define LINK_TLS_CONTEXT_H

#include "base/status.h"
#include "link/credential.h"
#include "link/trust.h"
#include "model/target.h"

/* Once per process, before any other function of this room. */
NODISCARD enum status tls_initialise(void);
/* "5.5.4": of the library at run time. Static. */
const char *tls_library_version(void);

struct tls_need {
  const char *ca_file;                 /* NULL: the system's trust store */
  const struct credential *credential; /* presented itself, or in its likeness; NULL: none */
  enum presented presented;
  enum tls_version tls_min;
  enum tls_version tls_max;
};

struct tls_context;
struct tls_pool;

struct tls_pool *tls_pool_create(void); /* NULL where memory is out */
/* By the thread that used it; what wolfSSL keeps for the thread goes, too. */
void tls_pool_destroy(struct tls_pool *pool);

/* *out is a new reference. On failure error says which file is at fault. */
NODISCARD enum status tls_pool_context(struct tls_pool *pool, const struct tls_need *need,
                                       struct tls_context **out, struct error *error);
/* The material as the files are now, borrowed until the next call; NULL where memory is out. */
struct credential_material *tls_pool_credential(struct tls_pool *pool,
                                                const struct credential *credential);

/* Makes the look-alike of the credential, which may take seconds, before it is wanted. */
void tls_pool_prepare_look_alike(struct tls_pool *pool, const struct credential *credential);

void tls_context_unref(struct tls_context *context); /* NULL-safe */

/* For tls.c. strict: an unverified peer ends the handshake. */
struct WOLFSSL_CTX *tls_context_wolfssl(const struct tls_context *context);
const struct trust *tls_context_trust(const struct tls_context *context);
bool tls_context_strict(const struct tls_context *context);
bool tls_context_presents(const struct tls_context *context);

#endif
