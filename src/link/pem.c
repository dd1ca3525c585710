/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/pem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "link/wolfssl.h"

static enum status read_all(int descriptor, struct buffer *out)
{
  char chunk[16384];
  enum status status = STATUS_OK;
  for (;;) {
    ssize_t got = read(descriptor, chunk, sizeof(chunk));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      status = got < 0 ? STATUS_IO : STATUS_OK;
      break;
    }
    buffer_append(out, chunk, (size_t)got);
    status = buffer_status(out);
    if (status != STATUS_OK) {
      break;
    }
  }
  int system_error = errno;
  explicit_bzero(chunk, sizeof(chunk));
  errno = system_error;
  return status;
}

enum status pem_file_read(const char *path, const char *what, struct buffer *out,
                          struct error *error)
{
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    int system_error = errno;
    return error_set(error, STATUS_IO, NULL, 0, "%s %s cannot be read: %s", what, path,
                     strerror(system_error));
  }
  enum status status = read_all(descriptor, out);
  int system_error = errno;
  (void)close(descriptor);
  if (status == STATUS_IO) {
    return error_set(error, status, NULL, 0, "%s %s cannot be read: %s", what, path,
                     strerror(system_error));
  }
  if (status == STATUS_TOO_LARGE) {
    return error_set(error, status, NULL, 0, "%s %s is larger than %d bytes", what, path,
                     PEM_FILE_MAX_BYTES);
  }
  return status == STATUS_OK ? STATUS_OK : error_set(error, status, NULL, 0, "out of memory");
}

size_t pem_certificates(const struct buffer *pem,
                        void (*each)(void *context, const uint8_t *der, size_t length),
                        void *context)
{
  size_t offset = 0;
  size_t count = 0;
  while (offset < pem->length && count < PEM_CERTIFICATES_MAX) {
    DerBuffer *der = NULL;
    EncryptedInfo info = {0};
    int result = wc_PemToDer((const unsigned char *)pem->data + offset,
                             (long)(pem->length - offset), CERT_TYPE, &der, NULL, &info, NULL);
    if (result != 0 || info.consumed <= 0) {
      wc_FreeDer(&der);
      break;
    }
    each(context, der->buffer, der->length);
    wc_FreeDer(&der);
    count++;
    offset += (size_t)info.consumed;
  }
  return count;
}
