/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text into the readers of what users write. What is accepted must keep the
 * promises of model/address.h, and read the same when it is written out again.
 */
#include "model/address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/text.h"

enum { TEXT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
  if (!condition) {
    abort();
  }
}

static void check_host(const char *host)
{
  require(strlen(host) > 0 && strlen(host) < HOST_MAX);
  require(host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-_.:")] == '\0');
}

static void read_address(const char *text)
{
  struct address address;
  struct address again;
  struct error error = {.text = ""};
  if (address_parse(text, &address, &error) != STATUS_OK) {
    require(error.text[0] != '\0' && text_is_clean(error.text));
    return;
  }
  check_host(address.host);
  require(address.port > 0);
  require(address.path[0] == '\0' || address.path[0] == '/');
  char written[HOST_MAX + PATH_MAX_BYTES + 32];
  const struct target target = {
      .host = address.host,
      .port = address.port,
      .probe = {.protocol = address.protocol, .http = {.path = address.path}}};
  target_address(&target, written, sizeof(written));
  require(address_parse(written, &again, &error) == STATUS_OK);
  require(strcmp(again.host, address.host) == 0 && again.port == address.port);
  require(strcmp(again.path, address.path) == 0 && again.protocol == address.protocol);
}

static void read_others(const char *text)
{
  struct proxy_address proxy;
  struct error error = {.text = ""};
  char host[HOST_MAX];
  uint16_t port = 0;
  struct status_range ranges[STATUS_RANGES_MAX];
  size_t count = 0;
  int64_t ms = 0;
  if (proxy_address_parse(text, &proxy, &error) == STATUS_OK) {
    check_host(proxy.host);
    require(proxy.port > 0 && text_is_clean(proxy.username));
  }
  if (listen_address_parse(text, host, &port, &error) == STATUS_OK && host[0] != '\0') {
    check_host(host);
  }
  if (host_parse(text, host, &error) == STATUS_OK) {
    check_host(host);
  }
  if (status_ranges_parse(text, ranges, &count, &error) == STATUS_OK) {
    require(count > 0 && count <= STATUS_RANGES_MAX);
    require(ranges[count - 1].first >= 100 && ranges[count - 1].last <= 599);
  }
  if (duration_parse(text, &ms) == STATUS_OK) {
    char written[64];
    int64_t again = -1;
    duration_format(ms, written, sizeof(written));
    require(duration_parse(written, &again) == STATUS_OK && again == ms);
  }
  require(text_is_clean(error.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char text[TEXT_MAX];
  if (size >= sizeof(text)) {
    return 0;
  }
  memcpy(text, data, size);
  text[size] = '\0';
  read_address(text);
  read_others(text);
  return 0;
}
