/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a configuration file: settings, or at least one message, each
 * placed in the order of lines and fit to print.
 */
#include "settings/settings_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
  if (!condition) {
    abort();
  }
}

static void check_settings(const struct settings *settings)
{
  require(settings->target_count > 0);
  for (size_t i = 0; i < settings->target_count; i++) {
    const struct target *target = &settings->targets[i];
    require(target->name[0] != '\0' && target->host[0] != '\0' && target->port > 0);
    require(target->probe.route_count > 0 && target->probe.interval_ms > 0);
    require(target->probe.timeout_ms > 0 && target->probe.contrast_interval_ms > 0);
    require(target->probe.tls_min <= target->probe.tls_max);
    require(target->probe.http.expect_status_count > 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char path[64];
  int fd = memfd_create("settings", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
    abort();
  }
  (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  struct settings *settings = NULL;
  struct error_list errors = {.items = NULL};
  enum status status = settings_file_load(path, NULL, &settings, &errors);
  require((status == STATUS_OK) == (settings != NULL));
  require((status == STATUS_OK) == (errors.count == 0));
  for (size_t i = 0; i < errors.count; i++) {
    require(errors.items[i].text[0] != '\0' && text_is_clean(errors.items[i].text));
  }
  if (settings != NULL) {
    check_settings(settings);
  }
  error_list_deinit(&errors);
  settings_unref(settings);
  (void)close(fd);
  return 0;
}
