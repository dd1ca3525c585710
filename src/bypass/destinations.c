/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bypass_internal.h"
#include "model/address.h"

static bool uses_proxy(const struct target *target)
{
  for (size_t i = 0; i < target->probe.route_count; i++) {
    if (target->probe.routes[i].proxy != NULL) {
      return true;
    }
  }
  return false;
}

/* Every byte stands for itself in CPL, squid.conf and YAML. A "." in front would be a suffix to
 * Squid, a "-" an option. */
static bool is_safe_name(const char *host)
{
  static const char labels[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  size_t length = strlen(host);
  return length > 0 && length < HOST_MAX && strspn(host, labels) == length && host[0] != '.' &&
         host[0] != '-' && host[length - 1] != '.' && strstr(host, "..") == NULL;
}

static enum status add(struct destinations *destinations, const struct target *target,
                       const char *host, struct error *error)
{
  bool is_address = host_is_address(host);
  if (!is_address && !is_safe_name(host)) {
    char quote[HOST_MAX];
    return error_set(error, STATUS_INVALID, target->source.file, target->source.line,
                     "target \"%.200s\": the name \"%s\" cannot be quoted safely in a policy",
                     target->name, text_excerpt(host, quote, sizeof(quote)));
  }
  destinations->items[destinations->count++] =
      (struct destination){.host = host, .is_address = is_address, .port = target->port};
  return STATUS_OK;
}

/* On its way a connection shows an address, and a name only in its ClientHello: the SNI. */
static enum status add_target(struct destinations *destinations, const struct target *target,
                              enum bypass_deployment deployment, struct error *error)
{
  const char *server_name = target_server_name(target);
  bool by_name = deployment == BYPASS_TRANSPARENT && strcmp(server_name, target->host) != 0;
  enum status status = STATUS_OK;
  if (!by_name || host_is_address(target->host)) {
    status = add(destinations, target, target->host, error);
  }
  return status == STATUS_OK && by_name ? add(destinations, target, server_name, error) : status;
}

static int compare(const void *left, const void *right)
{
  const struct destination *a = left;
  const struct destination *b = right;
  if (a->port != b->port) {
    return a->port < b->port ? -1 : 1;
  }
  if (a->is_address != b->is_address) {
    return a->is_address ? 1 : -1;
  }
  return strcmp(a->host, b->host);
}

static void sort_and_drop_doubles(struct destinations *destinations)
{
  size_t kept = 0;
  qsort(destinations->items, destinations->count, sizeof(*destinations->items), compare);
  for (size_t i = 0; i < destinations->count; i++) {
    if (kept == 0 || compare(&destinations->items[kept - 1], &destinations->items[i]) != 0) {
      destinations->items[kept++] = destinations->items[i];
    }
  }
  destinations->count = kept;
}

enum status destinations_collect(const struct target *targets, size_t count,
                                 enum bypass_deployment deployment, struct destinations *out,
                                 struct error *error)
{
  bool any_proxy = false;
  for (size_t i = 0; i < count; i++) {
    any_proxy = any_proxy || uses_proxy(&targets[i]);
  }
  *out = (struct destinations){.items = calloc(2 * count + 1, sizeof(*out->items))};
  if (out->items == NULL) {
    return error_set(error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  }
  for (size_t i = 0; i < count; i++) {
    enum status status = any_proxy && !uses_proxy(&targets[i])
                             ? STATUS_OK
                             : add_target(out, &targets[i], deployment, error);
    if (status != STATUS_OK) {
      destinations_deinit(out);
      return status;
    }
  }
  sort_and_drop_doubles(out);
  return STATUS_OK;
}

void destinations_deinit(struct destinations *destinations)
{
  free(destinations->items);
  *destinations = (struct destinations){.items = NULL};
}
