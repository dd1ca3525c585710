/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The openssl command as the second opinion: makes certificates at run time and
 * tells what it reads in ours.
 */
#ifndef SUPPORT_OPENSSL_COMMAND_H
#define SUPPORT_OPENSSL_COMMAND_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

enum { OPENSSL_OUTPUT_MAX_BYTES = 1 << 20 };

/* Appends what the shell command prints; it must succeed. */
static inline void run_command(const char *command, struct buffer *out)
{
  FILE *pipe = popen(command, "r");
  ck_assert_ptr_nonnull(pipe);
  char chunk[4096];
  size_t length;
  while ((length = fread(chunk, 1, sizeof(chunk), pipe)) > 0) {
    buffer_append(out, chunk, length);
  }
  ck_assert_msg(pclose(pipe) == 0, "failed: %s", command);
  ck_assert_int_eq(buffer_status(out), STATUS_OK);
}

/* Appends a self-signed certificate in DER. key: options of `openssl req` that make it; subject:
 * as -subj takes it; extensions: lines of a configuration section. */
static inline void make_certificate(const char *key, const char *subject, const char *extensions,
                                    struct buffer *out)
{
  struct buffer command;
  buffer_init(&command, OPENSSL_OUTPUT_MAX_BYTES);
  buffer_append_format(&command,
                       "openssl req -x509 -config /dev/stdin %s -nodes -keyout /dev/null -utf8"
                       " -subj '%s' -days 30 -outform DER 2>/dev/null <<'END'\n"
                       "[req]\nstring_mask=utf8only\ndistinguished_name=dn\n"
                       "x509_extensions=extensions\n[dn]\n[extensions]\n%s\nEND\n",
                       key, subject, extensions);
  run_command(buffer_text(&command), out);
  buffer_deinit(&command);
}

/* What `openssl x509` prints for the options, without the last line feed; to be freed. */
static inline char *openssl_x509(const void *der, size_t length, const char *options)
{
  char path[] = "/tmp/mtls_exporter_test_XXXXXX";
  int file = mkstemp(path);
  ck_assert_int_ge(file, 0);
  ck_assert_int_eq(write(file, der, length), (ssize_t)length);
  close(file);
  struct buffer command;
  struct buffer output;
  buffer_init(&command, OPENSSL_OUTPUT_MAX_BYTES);
  buffer_init(&output, OPENSSL_OUTPUT_MAX_BYTES);
  buffer_append_format(&command, "openssl x509 -inform DER -in %s -noout %s", path, options);
  run_command(buffer_text(&command), &output);
  unlink(path);
  ck_assert_uint_gt(output.length, 0);
  ck_assert_int_eq(output.data[output.length - 1], '\n');
  output.data[output.length - 1] = '\0';
  char *text = buffer_take(&output);
  ck_assert_ptr_nonnull(text);
  buffer_deinit(&command);
  buffer_deinit(&output);
  return text;
}

#endif
