/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a query of /probe asks for becomes a target of its own: a configured one,
 * known by its address and module, or any address that `probe.allow` permits, probed
 * as a module says. Pure; called by the pages.
 */
#ifndef APP_ON_DEMAND_H
#define APP_ON_DEMAND_H

#include "model/settings.h"

/* Texts of the query, NULL where there is none; borrowed. */
struct on_demand_query {
  const char *target;          /* an address */
  const char *module;          /* may be left out where only one is configured */
  const char *proxies;         /* names joined by ","; NULL: the routes as configured */
  const char *timeout_seconds; /* the scrape's: X-Prometheus-Scrape-Timeout-Seconds */
};

/* Settings with that one target, which keep the configured ones alive. The HTTP status: 200; 400
 * for what cannot be read or is unknown; 403 for an address that is not allowed; 500 where memory
 * is out. error says why. */
NODISCARD unsigned on_demand_settings(const struct settings *configured,
                                      const struct on_demand_query *query, struct settings **out,
                                      struct error *error);

#endif
