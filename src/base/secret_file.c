/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Room for one byte more than the longest line with CRLF. */
enum { READ_BYTES = SECRET_MAX_BYTES + 3 };

/* 0 or an errno. */
static int read_beginning(const char *path, char bytes[READ_BYTES], size_t *length)
{
  *length = 0;
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) {
    return errno;
  }
  int system_error = 0;
  while (*length < READ_BYTES) {
    ssize_t got = read(descriptor, bytes + *length, READ_BYTES - *length);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      system_error = got < 0 ? errno : 0;
      break;
    }
    *length += (size_t)got;
  }
  (void)close(descriptor);
  return system_error;
}

/* NULL: the bytes begin with a line that is a secret, of *line_length bytes. */
static const char *check_line(const char *bytes, size_t length, size_t *line_length)
{
  const char *end = memchr(bytes, '\n', length);
  size_t line = end != NULL ? (size_t)(end - bytes) : length;
  if (line > 0 && bytes[line - 1] == '\r') {
    line--;
  }
  if (line > SECRET_MAX_BYTES) {
    return "has a first line longer than 4096 bytes";
  }
  for (size_t i = 0; i < line; i++) {
    if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7F) {
      return "has a control character in its first line";
    }
  }
  *line_length = line;
  return line > 0 ? NULL : "has nothing in its first line";
}

enum status secret_file_read(const char *path, char out[SECRET_MAX_BYTES + 1],
                             char why[SECRET_WHY_BYTES])
{
  char bytes[READ_BYTES] = "";
  size_t length = 0;
  size_t line_length = 0;
  char words[96];
  const char *mistake = NULL;
  int system_error = read_beginning(path, bytes, &length);
  if (system_error != 0) {
    (void)snprintf(why, SECRET_WHY_BYTES, "cannot be read: %s",
                   strerror_r(system_error, words, sizeof(words)));
  } else {
    mistake = check_line(bytes, length, &line_length);
    (void)snprintf(why, SECRET_WHY_BYTES, "%s", mistake != NULL ? mistake : "");
  }
  bool good = system_error == 0 && mistake == NULL;
  memcpy(out, bytes, good ? line_length : 0);
  out[good ? line_length : 0] = '\0';
  explicit_bzero(bytes, sizeof(bytes));
  return good ? STATUS_OK : STATUS_INVALID;
}
