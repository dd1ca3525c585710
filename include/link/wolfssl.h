/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How this room sees wolfSSL: the build options of the installed library first,
 * then its API, with its headers' own warnings kept out of ours. For the modules
 * of link/ only.
 */
#ifndef LINK_WOLFSSL_H
#define LINK_WOLFSSL_H

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
/* options.h comes first: every other header reads it. */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/coding.h>
#include <wolfssl/wolfcrypt/cryptocb.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>
#include <wolfssl/wolfcrypt/signature.h>
#pragma GCC diagnostic pop

#endif
