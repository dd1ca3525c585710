/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates for tests, made at run time by the openssl command in a directory
 * of their own: "NAME.pem", "NAME.der" and "NAME.key" (P-256 unless told). Each
 * test is one file, includes this once, and calls pki_open() and pki_close()
 * around all of its cases.
 */
#ifndef SUPPORT_PKI_H
#define SUPPORT_PKI_H

#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PKI_CA "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
#define PKI_SERVER                                                                                 \
  "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"                              \
  "subjectAltName=DNS:server.test,DNS:localhost,IP:127.0.0.1,IP:::1\n"
#define PKI_CLIENT "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
#define PKI_PAST_START "20200101000000Z"
#define PKI_PAST_END "20200201000000Z"
#define PKI_FUTURE_START "20490101000000Z"
#define PKI_FUTURE_END "20491231000000Z"

struct pki_certificate {
  const char *name;       /* of the files */
  const char *issuer;     /* whose files sign it; NULL: its own */
  const char *subject;    /* NULL: "/CN=NAME" */
  const char *extensions; /* lines of an openssl extension section */
  const char *start;      /* NULL: years ago */
  const char *end;        /* NULL: in years */
  const char *key;        /* what follows -newkey; NULL: P-256 */
};

static char pki_directory[64];

/* Also outside of a test case, where Check cannot be asked. */
static inline void pki_expect(bool good, const char *what)
{
  if (!good) {
    (void)fprintf(stderr, "pki: %s\n", what);
    exit(EXIT_FAILURE);
  }
}

static inline void pki_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void pki_run(const char *format, ...)
{
  char arguments[4096];
  char command[8192];
  va_list list;
  va_start(list, format);
  (void)vsnprintf(arguments, sizeof(arguments), format, list);
  va_end(list);
  (void)snprintf(command, sizeof(command), "cd %s && exec >command.log 2>&1; set -e; %s",
                 pki_directory, arguments);
  pki_expect(system(command) == 0, arguments);
}

/* A path in the directory, good until the eighth call from now. */
static inline const char *pki_path(const char *file)
{
  static char paths[8][512];
  static unsigned turn;
  char *out = paths[turn++ % 8];
  (void)snprintf(out, sizeof(paths[0]), "%s/%s", pki_directory, file);
  return out;
}

static inline void pki_write(const char *file, const void *bytes, size_t length)
{
  FILE *stream = fopen(pki_path(file), "wb");
  pki_expect(stream != NULL && fwrite(bytes, 1, length, stream) == length && fclose(stream) == 0,
             file);
}

/* Returns the length; fails when it does not fit. */
static inline size_t pki_read(const char *file, uint8_t *out, size_t out_bytes)
{
  FILE *stream = fopen(pki_path(file), "rb");
  pki_expect(stream != NULL, file);
  size_t length = fread(out, 1, out_bytes, stream);
  int closed = fclose(stream);
  pki_expect(length < out_bytes && closed == 0, file);
  return length;
}

static inline void pki_make(const struct pki_certificate *made)
{
  char subject[256];
  (void)snprintf(subject, sizeof(subject), "/CN=%s", made->name);
  pki_write("extensions", made->extensions, strlen(made->extensions));
  pki_run("openssl req -utf8 -new -newkey %s -nodes -config ca.conf -subj '%s' -keyout %s.key "
          "-out request",
          made->key != NULL ? made->key : "ec -pkeyopt ec_paramgen_curve:P-256",
          made->subject != NULL ? made->subject : subject, made->name);
  const char *issuer = made->issuer != NULL ? made->issuer : made->name;
  pki_run("openssl ca -batch -notext -config ca.conf -in request -out %s.pem -keyfile %s.key %s "
          "%s%s -startdate %s -enddate %s -extfile extensions",
          made->name, issuer, made->issuer != NULL ? "-cert" : "-selfsign",
          made->issuer != NULL ? issuer : "", made->issuer != NULL ? ".pem" : "",
          made->start != NULL ? made->start : PKI_PAST_START,
          made->end != NULL ? made->end : PKI_FUTURE_END);
  pki_run("openssl x509 -in %s.pem -outform DER -out %s.der", made->name, made->name);
}

static inline void pki_open(void)
{
  static const char configuration[] =
      "[ca]\ndefault_ca=any\n[any]\ndir=.\ndatabase=./index\nnew_certs_dir=.\nrand_serial=yes\n"
      "default_md=sha256\npolicy=policy\nunique_subject=no\nemail_in_dn=no\nstring_mask=utf8only\n"
      "[policy]\ncountryName=optional\norganizationName=optional\norganizationalUnitName=optional\n"
      "commonName=optional\n[req]\ndistinguished_name=name\n[name]\n";
  (void)snprintf(pki_directory, sizeof(pki_directory), "/tmp/pki.XXXXXX");
  pki_expect(mkdtemp(pki_directory) != NULL, pki_directory);
  pki_write("ca.conf", configuration, sizeof(configuration) - 1);
  pki_write("index", "", 0);
}

static inline int pki_remove(const char *name, const struct stat *status, int kind,
                             struct FTW *walk)
{
  (void)status;
  (void)kind;
  (void)walk;
  return remove(name);
}

static inline void pki_close(void)
{
  (void)nftw(pki_directory, pki_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
