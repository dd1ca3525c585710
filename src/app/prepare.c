/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/app.h"
#include "base/version.h"
#include "link/tls_context.h"

/* Keys live in this process: whatever makes a core file of it, also a program behind
 * core_pattern, gets no memory to write (core(5), /proc/PID/coredump_filter). */
static void keep_memory_out_of_core_files(void)
{
  const struct rlimit none = {0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  int descriptor = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    ssize_t written = write(descriptor, "0", 1);
    (void)written; /* where it cannot be set, the limit above still holds */
    (void)close(descriptor);
  }
}

static void allow_many_descriptors(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
}

enum status app_prepare(struct error *error)
{
  keep_memory_out_of_core_files();
  allow_many_descriptors();
  (void)signal(SIGPIPE, SIG_IGN);
  if (tls_initialise() != STATUS_OK) {
    return error_set(error, STATUS_IO, NULL, 0, "wolfSSL cannot be initialised");
  }
  return STATUS_OK;
}

const char *app_version_text(void)
{
  static char text[128];
  (void)snprintf(text, sizeof(text), "mtls_exporter, version %s (wolfSSL %s)", VERSION_TEXT,
                 tls_library_version());
  return text;
}
