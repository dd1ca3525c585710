/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that a probe stands on, for the tests of probe/: a loop, a resolver that
 * asks support/dns_server.h, a pool, and a target "server.test" at whose address
 * a support/tls_peer.h can be put, directly or behind a proxy.
 */
#ifndef SUPPORT_PROBE_STAGE_H
#define SUPPORT_PROBE_STAGE_H

#include <dirent.h>

#include "base/clock.h"
#include "probe/probe.h"
#include "support/dns_server.h"
#include "support/tls_peer.h"

struct probe_stage {
  struct loop *loop;
  struct dns_server dns;
  struct probe_environment environment;
  struct credential credential;
  struct proxy proxy;
  struct route routes[2];
  struct target target;
  char files[3][160]; /* ca_file, cert_file, key_file */
};

static inline void stage_make_certificates(void)
{
  static const struct pki_certificate made[] = {
      {.name = "root", .extensions = PKI_CA},
      {.name = "stranger_root", .extensions = PKI_CA},
      {.name = "server", .issuer = "root", .extensions = PKI_SERVER},
      {.name = "stranger", .issuer = "stranger_root", .extensions = PKI_SERVER},
      {.name = "client", .issuer = "root", .extensions = PKI_CLIENT},
  };
  pki_open();
  for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
    pki_make(&made[i]);
  }
}

/* A target that is probed over the first of its routes, the direct one. */
static inline void stage_set(struct probe_stage *stage)
{
  static const char *const names[] = {"root.pem", "client.pem", "client.key"};
  *stage = (struct probe_stage){.loop = loop_create()};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    (void)snprintf(stage->files[i], sizeof(stage->files[i]), "%s", pki_path(names[i]));
  }
  dns_server_start(&stage->dns);
  stage->environment.loop = stage->loop;
  stage->environment.resolver = resolver_create(stage->loop, stage->dns.servers);
  stage->environment.pool = tls_pool_create();
  ck_assert(stage->loop != NULL && stage->environment.resolver != NULL &&
            stage->environment.pool != NULL);
  stage->credential = (struct credential){
      .name = "client", .cert_file = stage->files[1], .key_file = stage->files[2]};
  stage->proxy = (struct proxy){
      .name = "edge", .host = "127.0.0.1", .password = "", .ca_file = stage->files[0]};
  stage->routes[0] = (struct route){.name = "direct"};
  stage->routes[1] = (struct route){.name = "edge", .proxy = &stage->proxy};
  stage->target = (struct target){.name = "target", .host = "127.0.0.1"};
  stage->target.probe = (struct probe_settings){
      .protocol = PROTOCOL_HTTPS,
      .credential = &stage->credential,
      .ca_file = stage->files[0],
      .server_name = "server.test",
      .tls_min = TLS_VERSION_1_2,
      .tls_max = TLS_VERSION_1_3,
      .routes = stage->routes,
      .route_count = 1,
      .interval_ms = 30000,
      .contrast_interval_ms = 300000,
      .timeout_ms = PATIENCE_MS,
      .present_direct = {[PRESENTED_CLIENT] = true, [PRESENTED_NONE] = true},
      .present_proxy = {[PRESENTED_CLIENT] = true, [PRESENTED_NONE] = true},
      .http = {.method = "GET", .path = "/"},
  };
}

static inline void stage_clear(struct probe_stage *stage)
{
  resolver_destroy(stage->environment.resolver);
  tls_pool_destroy(stage->environment.pool);
  loop_destroy(stage->loop);
  dns_server_stop(&stage->dns);
  clock_replace(NULL, NULL);
}

static inline int descriptors_open(void)
{
  int count = 0;
  DIR *all = opendir("/proc/self/fd");
  while (readdir(all) != NULL) {
    count++;
  }
  closedir(all);
  return count;
}

#endif
