/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A configured client certificate with its key: read from its files, checked
 * (do they belong together?), and put into TLS contexts. The files' own facts go
 * to diagnosis and metrics. Immutable, reference-counted, for one thread; owns
 * the key and wipes it.
 */
#ifndef LINK_CREDENTIAL_H
#define LINK_CREDENTIAL_H

#include "base/buffer.h"
#include "base/status.h"
#include "model/certificate.h"
#include "model/target.h"

struct credential_material;

/* Always gives the material, also of files that cannot be read: its facts then say so and the
 * status is STATUS_INVALID or STATUS_IO, with the same words in error. *out is NULL only with
 * STATUS_OUT_OF_MEMORY. */
NODISCARD enum status credential_load(const struct credential *credential,
                                      struct credential_material **out, struct error *error);
struct credential_material *credential_ref(struct credential_material *material);
void credential_unref(struct credential_material *material); /* NULL-safe */

/* Borrowed, as long as the material lives. */
const struct credential_facts *
credential_material_facts(const struct credential_material *material);

/* The file, PEM, leaf first; borrowed likewise. */
const struct buffer *credential_material_certificates(const struct credential_material *material);

/* Puts certificate chain and key into a WOLFSSL_CTX. Only for loaded material. */
struct WOLFSSL_CTX;
NODISCARD enum status credential_install(const struct credential_material *material,
                                         struct WOLFSSL_CTX *context);

#endif
