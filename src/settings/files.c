/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "settings_internal.h"

int file_read(const char *path, size_t most_bytes, struct buffer *out)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    return errno;
  }
  int result = 0;
  char chunk[4096];
  while (most_bytes > 0) {
    ssize_t got = read(fd, chunk, most_bytes < sizeof(chunk) ? most_bytes : sizeof(chunk));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      result = got < 0 ? errno : 0;
      break;
    }
    buffer_append(out, chunk, (size_t)got);
    most_bytes -= (size_t)got;
  }
  explicit_bzero(chunk, sizeof(chunk));
  (void)close(fd);
  return result;
}

const char *file_resolve(struct loader *loader, const char *name)
{
  if (name[0] == '/' || loader->directory[0] == '\0') {
    return loader_copy(loader, name);
  }
  size_t directory_length = strlen(loader->directory);
  size_t name_length = strlen(name);
  char *path = loader_allocate(loader, directory_length + name_length + 1, 1);
  if (path == NULL) {
    return "";
  }
  memcpy(path, loader->directory, directory_length);
  memcpy(path + directory_length, name, name_length + 1);
  return path;
}
