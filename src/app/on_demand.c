/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/on_demand.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/address.h"

/* The answer must be back before Prometheus gives up; blackbox_exporter leaves as much. */
enum { TIMEOUT_OFFSET_MS = 500, ADDRESS_BYTES = 4096, QUOTE_BYTES = 160, NAMES_BYTES = 400 };

enum { HTTP_OK = 200, HTTP_BAD_REQUEST = 400, HTTP_FORBIDDEN = 403, HTTP_INTERNAL_ERROR = 500 };

struct asking {
  const struct settings *configured;
  const struct on_demand_query *query;
  struct settings *made;
  struct error *error;
};

static unsigned refuse(const struct asking *asking, unsigned status, const char *why,
                       const char *quoted)
{
  char quote[QUOTE_BYTES];
  (void)error_set(asking->error, STATUS_INVALID, NULL, 0, "%s: \"%s\"", why,
                  text_excerpt(quoted, quote, sizeof(quote)));
  return status;
}

static unsigned out_of_memory(const struct asking *asking)
{
  (void)error_set(asking->error, STATUS_OUT_OF_MEMORY, NULL, 0, "out of memory");
  return HTTP_INTERNAL_ERROR;
}

/* ---- which module ----------------------------------------------------------------------- */

static unsigned unknown_module(const struct asking *asking)
{
  char names[NAMES_BYTES] = "";
  size_t length = 0;
  const struct module *modules = asking->configured->modules;
  for (size_t i = 0; modules != NULL && i < asking->configured->module_count; i++) {
    const char *name = modules[i].name;
    if (length + strlen(name) + 3 > sizeof(names)) {
      break;
    }
    length +=
        (size_t)snprintf(names + length, sizeof(names) - length, "%s%s", i > 0 ? ", " : "", name);
  }
  char quote[QUOTE_BYTES];
  const char *module = asking->query->module;
  (void)error_set(asking->error, STATUS_INVALID, NULL, 0, "%s%s%s (available: %s)",
                  module != NULL ? "unknown module \"" : "module parameter is missing",
                  module != NULL ? text_excerpt(module, quote, sizeof(quote)) : "",
                  module != NULL ? "\"" : "", names);
  return HTTP_BAD_REQUEST;
}

static const struct module *find_module(const struct asking *asking)
{
  const struct settings *configured = asking->configured;
  if (asking->query->module == NULL) {
    return configured->module_count == 1 ? &configured->modules[0] : NULL;
  }
  for (size_t i = 0; i < configured->module_count; i++) {
    if (strcmp(configured->modules[i].name, asking->query->module) == 0) {
      return &configured->modules[i];
    }
  }
  return NULL;
}

/* ---- which target ------------------------------------------------------------------------ */

/* The configured target at that address whose module is this one; NULL: there is none. */
static const struct target *find_configured(const struct asking *asking,
                                            const struct module *module,
                                            const struct address *address)
{
  for (size_t i = 0; i < asking->configured->target_count; i++) {
    const struct target *target = &asking->configured->targets[i];
    if (target->port != address->port || strcmp(target->host, address->host) != 0 ||
        target->module == NULL || strcmp(target->module, module->name) != 0) {
      continue;
    }
    char text[ADDRESS_BYTES];
    target_address(target, text, sizeof(text));
    if (strcmp(text, asking->query->target) == 0) {
      return target;
    }
  }
  return NULL;
}

/* "*" stands for any bytes. */
static bool matches(const char *pattern, const char *text)
{
  const char *after_star = NULL;
  const char *resume = NULL;
  while (*text != '\0') {
    if (*pattern == '*') {
      after_star = ++pattern;
      resume = text;
    } else if (*pattern == *text) {
      pattern++;
      text++;
    } else if (after_star != NULL) {
      pattern = after_star;
      text = ++resume;
    } else {
      return false;
    }
  }
  while (*pattern == '*') {
    pattern++;
  }
  return *pattern == '\0';
}

static bool is_allowed(const struct settings *configured, const struct address *address)
{
  char endpoint[ENDPOINT_MAX];
  endpoint_text(address->host, address->port, endpoint, sizeof(endpoint));
  for (size_t i = 0; i < configured->probe_allow_count; i++) {
    if (matches(configured->probe_allow[i], endpoint)) {
      return true;
    }
  }
  return false;
}

/* An address that nobody configured, probed as the module says. */
static unsigned target_of_address(const struct asking *asking, const struct module *module,
                                  const struct address *address, struct target *target)
{
  if (!is_allowed(asking->configured, address)) {
    return refuse(asking, HTTP_FORBIDDEN,
                  "target is not allowed (add its HOST:PORT to probe = { allow = [ ... ]; } in the "
                  "configuration)",
                  asking->query->target);
  }
  if (address->has_scheme && address->protocol != module->probe.protocol) {
    return refuse(asking, HTTP_BAD_REQUEST, "the scheme is not the protocol of the module",
                  asking->query->target);
  }
  *target = (struct target){
      .name = settings_copy_text(asking->made, asking->query->target),
      .module = module->name,
      .host = settings_copy_text(asking->made, address->host),
      .port = address->port,
      .probe = module->probe,
  };
  if (address->path[0] != '\0') {
    target->probe.http.path = settings_copy_text(asking->made, address->path);
  }
  return target->name != NULL && target->host != NULL && target->probe.http.path != NULL
             ? HTTP_OK
             : out_of_memory(asking);
}

/* ---- which routes, and how long ---------------------------------------------------------- */

static const struct proxy *find_proxy(const struct settings *configured, const char *name,
                                      size_t length)
{
  for (size_t i = 0; i < configured->proxy_count; i++) {
    if (strlen(configured->proxies[i].name) == length &&
        strncmp(configured->proxies[i].name, name, length) == 0) {
      return &configured->proxies[i];
    }
  }
  return NULL;
}

/* The direct route, where there is one, to compare with; then the proxies of the query. */
static unsigned choose_routes(const struct asking *asking, struct target *target)
{
  const char *name = asking->query->proxies;
  if (name == NULL || *name == '\0') {
    return HTTP_OK;
  }
  size_t most = asking->configured->proxy_count + 1;
  struct route *routes = settings_allocate(asking->made, most * sizeof(*routes));
  if (routes == NULL) {
    return out_of_memory(asking);
  }
  size_t count = 0;
  for (size_t i = 0; i < target->probe.route_count; i++) {
    if (target->probe.routes[i].proxy == NULL) {
      routes[count++] = target->probe.routes[i];
      break;
    }
  }
  while (*name != '\0') {
    size_t length = strcspn(name, ",");
    const struct proxy *proxy = find_proxy(asking->configured, name, length);
    if (proxy == NULL || count == most) {
      return refuse(asking, HTTP_BAD_REQUEST, "unknown proxy", asking->query->proxies);
    }
    routes[count++] = (struct route){proxy->name, proxy};
    name += length;
    name += *name == ',';
  }
  target->probe.routes = routes;
  target->probe.route_count = count;
  return HTTP_OK;
}

/* "9.5" in milliseconds; negative: it is no such number. */
static int64_t read_seconds_ms(const char *text)
{
  enum { SECONDS_MOST = 1000000 };
  int64_t ms = 0;
  int64_t unit = 0; /* of the next digit behind the point; 0: before it */
  if (*text < '0' || *text > '9') {
    return -1;
  }
  for (; *text != '\0'; text++) {
    if (*text == '.' && unit == 0) {
      unit = 1000; /* ten times it, so that it never becomes 0 */
    } else if (*text < '0' || *text > '9' || ms > (int64_t)SECONDS_MOST * 1000) {
      return -1;
    } else if (unit == 0) {
      ms = ms * 10 + (int64_t)(*text - '0') * 1000;
    } else {
      ms += (*text - '0') * unit / 10; /* what is less than a millisecond does not matter */
      unit = unit > 10 ? unit / 10 : 1;
    }
  }
  return ms;
}

/* How many probes follow one another on a route. */
static int64_t probes_in_a_row(const struct target *target)
{
  int64_t most = 1;
  for (size_t i = 0; i < target->probe.route_count; i++) {
    int64_t count = 0;
    for (int presented = 0; presented < PRESENTED_COUNT; presented++) {
      count += target_presents(target, &target->probe.routes[i], (enum presented)presented) ? 1 : 0;
    }
    most = count > most ? count : most;
  }
  return most;
}

static unsigned limit_time(const struct asking *asking, struct target *target)
{
  if (asking->query->timeout_seconds == NULL) {
    return HTTP_OK;
  }
  int64_t scrape_ms = read_seconds_ms(asking->query->timeout_seconds);
  if (scrape_ms <= 0) {
    return refuse(asking, HTTP_BAD_REQUEST,
                  "X-Prometheus-Scrape-Timeout-Seconds is no number of seconds",
                  asking->query->timeout_seconds);
  }
  int64_t round_ms =
      scrape_ms / 2 > TIMEOUT_OFFSET_MS ? scrape_ms - TIMEOUT_OFFSET_MS : scrape_ms / 2;
  int64_t probe_ms = round_ms / probes_in_a_row(target);
  if (probe_ms < target->probe.timeout_ms) {
    target->probe.timeout_ms = probe_ms > 0 ? probe_ms : 1;
  }
  return HTTP_OK;
}

/* ---- the whole --------------------------------------------------------------------------- */

static unsigned make_target(const struct asking *asking, struct target *target)
{
  if (asking->query->target == NULL || asking->query->target[0] == '\0') {
    (void)error_set(asking->error, STATUS_INVALID, NULL, 0, "target parameter is missing");
    return HTTP_BAD_REQUEST;
  }
  const struct module *module = find_module(asking);
  if (module == NULL) {
    return unknown_module(asking);
  }
  struct address address;
  if (address_parse(asking->query->target, &address, asking->error) != STATUS_OK) {
    return HTTP_BAD_REQUEST;
  }
  address_set_protocol(&address, module->probe.protocol);
  const struct target *known = find_configured(asking, module, &address);
  unsigned status = HTTP_OK;
  if (known != NULL) {
    *target = *known;
  } else {
    status = target_of_address(asking, module, &address, target);
  }
  if (status == HTTP_OK) {
    status = choose_routes(asking, target);
  }
  return status == HTTP_OK ? limit_time(asking, target) : status;
}

unsigned on_demand_settings(const struct settings *configured, const struct on_demand_query *query,
                            struct settings **out, struct error *error)
{
  *out = NULL;
  struct asking asking = {configured, query, settings_borrow(configured), error};
  if (asking.made == NULL) {
    return out_of_memory(&asking);
  }
  unsigned status = HTTP_INTERNAL_ERROR;
  struct target *target = settings_allocate(asking.made, sizeof(*target));
  if (target == NULL) {
    status = out_of_memory(&asking);
  } else {
    status = make_target(&asking, target);
  }
  if (status != HTTP_OK) {
    settings_unref(asking.made);
    return status;
  }
  asking.made->targets = target;
  asking.made->target_count = 1;
  *out = asking.made;
  return HTTP_OK;
}
