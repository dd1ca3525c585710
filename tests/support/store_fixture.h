/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store as a round of probes leaves it, for the tests of the report: a target
 * that is good on the direct route and intercepted by a proxy, and one that has
 * not been probed. Names and values are as hostile as a peer can make them.
 */
#ifndef SUPPORT_STORE_FIXTURE_H
#define SUPPORT_STORE_FIXTURE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/store.h"

#define HOSTILE_TEXT "a \"b\" \\c </script><script>alert('x')</script>\nmtls_fault 1"
#define HOSTILE_BYTES "\xff\xfe{broken\x1b[31m"
#define FIXTURE_NOW_SECONDS INT64_C(1795491873) /* 2026-11-24T03:44:33Z */

enum { FIXTURE_PAYMENTS, FIXTURE_LEDGER, FIXTURE_TARGETS };
enum { FIXTURE_DIRECT, FIXTURE_PROXY, FIXTURE_ROUTES };

static inline int64_t fixture_wall_ns(void)
{
  return FIXTURE_NOW_SECONDS * NS_PER_SECOND + 123 * NS_PER_MS;
}

static inline void fixture_add_target(struct settings *settings, size_t index, struct target target)
{
  target.probe.timeout_ms = 10000;
  target.probe.interval_ms = 30000;
  settings->targets[index] = target;
}

static inline struct settings *fixture_settings(void)
{
  struct settings *settings = settings_create();
  ck_assert_ptr_nonnull(settings);
  settings->proxy_count = 2;
  settings->proxies = settings_allocate(settings, 2 * sizeof(*settings->proxies));
  settings->proxies[0] = (struct proxy){.name = "unused", .url = "http://unused:1"};
  settings->proxies[1] = (struct proxy){.name = "edge_swg",
                                        .url = "http://proxy.example:8080",
                                        .host = "proxy.example",
                                        .port = 8080,
                                        .username = "probe",
                                        .password = "hunter2"};
  settings->credential_count = 1;
  settings->credentials = settings_allocate(settings, sizeof(*settings->credentials));
  settings->credentials[0].name = "payments";

  struct route *routes = settings_allocate(settings, FIXTURE_ROUTES * sizeof(*routes));
  routes[FIXTURE_DIRECT] = (struct route){.name = "direct"};
  routes[FIXTURE_PROXY] = (struct route){.name = "edge_swg", .proxy = &settings->proxies[1]};
  struct label *labels = settings_allocate(settings, 2 * sizeof(*labels));
  labels[0] = (struct label){.name = "team", .value = "payments"};
  labels[1] = (struct label){.name = "note", .value = HOSTILE_TEXT};

  settings->target_count = FIXTURE_TARGETS;
  settings->targets = settings_allocate(settings, FIXTURE_TARGETS * sizeof(*settings->targets));
  struct probe_settings https = {.protocol = PROTOCOL_HTTPS,
                                 .credential = &settings->credentials[0],
                                 .routes = routes,
                                 .route_count = FIXTURE_ROUTES,
                                 .http = {.method = "GET", .path = "/health"}};
  struct probe_settings tls = {.protocol = PROTOCOL_TLS, .routes = routes, .route_count = 1};
  fixture_add_target(settings, FIXTURE_PAYMENTS,
                     (struct target){.name = "payments-api",
                                     .host = "api.example",
                                     .port = 443,
                                     .labels = labels,
                                     .label_count = 2,
                                     .probe = https});
  fixture_add_target(settings, FIXTURE_LEDGER,
                     (struct target){.name = "ledger", .host = "::1", .port = 8443, .probe = tls});
  return settings;
}

static inline void fixture_certificate(struct certificate *out, const char *subject,
                                       const char *issuer, int64_t not_after)
{
  char hex[FINGERPRINT_BYTES];
  memset(hex, 'a', sizeof(hex) - 1);
  hex[sizeof(hex) - 1] = '\0';
  out->subject = strdup(subject);
  out->issuer = strdup(issuer);
  out->serial = strdup("0f");
  out->dns_names = strdup("api.example,10.0.0.1");
  out->key_type = strdup("P-256");
  memcpy(out->sha256, hex, sizeof(hex));
  hex[0] = 'b';
  memcpy(out->spki_sha256, hex, sizeof(hex));
  out->not_before = FIXTURE_NOW_SECONDS - 1000;
  out->not_after = not_after;
}

static inline void fixture_tls(struct tls_observation *tls, const char *issuer)
{
  tls->client_hello_sent = true;
  tls->server_hello_received = true;
  tls->handshake_complete = true;
  tls->version = TLS_VERSION_1_3;
  tls->cipher = strdup("TLS_AES_128_GCM_SHA256");
  tls->group = strdup("x25519");
  tls->alpn = strdup("http/1.1");
  tls->verification = VERIFICATION_OK;
  tls->chain = calloc(2, sizeof(*tls->chain));
  tls->chain_length = 2;
  fixture_certificate(&tls->chain[0], "CN=" HOSTILE_TEXT, issuer, FIXTURE_NOW_SECONDS + 864000);
  fixture_certificate(&tls->chain[1], issuer, issuer, FIXTURE_NOW_SECONDS + 86400);
}

static inline void fixture_request(struct tls_observation *tls)
{
  tls->requested_during = REQUESTED_HANDSHAKE;
  tls->certificate_request_read = true;
  tls->acceptable_issuers = calloc(2, sizeof(*tls->acceptable_issuers));
  tls->acceptable_issuers[0] = strdup("CN=Clients CA,O=Example");
  tls->acceptable_issuers[1] = strdup("CN=" HOSTILE_TEXT);
  tls->acceptable_issuer_count = 2;
  tls->acceptable_issuers_listed = 2;
  memcpy(tls->acceptable_issuer_list_sha256, "c0ffee", sizeof("c0ffee"));
}

static inline struct observation *fixture_observation(enum presented presented)
{
  struct observation *observation = observation_create(presented);
  ck_assert_ptr_nonnull(observation);
  observation->started_ns = fixture_wall_ns() - 20 * NS_PER_MS;
  observation->duration_ns = 12500000;
  observation->ended_in = PHASE_DONE;
  observation->phase_ns[PHASE_RESOLVE] = NS_PER_MS;
  observation->phase_ns[PHASE_CONNECT] = 250000;
  observation->phase_ns[PHASE_HANDSHAKE] = 4123456;
  observation->phase_ns[PHASE_SETTLE] = 1000;
  observation->phase_ns[PHASE_REQUEST] = 2 * NS_PER_MS;
  observation->peer_address = strdup("192.0.2.1:443");
  return observation;
}

static inline struct verdict *fixture_verdict(enum fault fault, const char *reason)
{
  struct verdict *verdict = verdict_create();
  ck_assert_ptr_nonnull(verdict);
  verdict->success = fault == FAULT_NONE;
  verdict->fault = fault;
  verdict->reason = reason;
  return verdict;
}

static inline void fixture_record(struct store *store, size_t target, size_t route,
                                  struct route_result *result)
{
  store_record_route(store, target, route, result);
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    if (result->observations[i] != NULL) {
      store_record_probe(store, target, route, result->observations[i]->duration_ns,
                         result->observations[i]->ended_in != PHASE_DONE);
    }
    observation_unref(result->observations[i]);
  }
  verdict_unref(result->verdict);
}

/* Ours is admitted, none is refused by an alert, the look-alike in HTTP. */
static inline void fixture_record_direct(struct store *store)
{
  struct observation *client = fixture_observation(PRESENTED_CLIENT);
  fixture_tls(&client->tls, "CN=Servers CA");
  fixture_request(&client->tls);
  client->tls.certificate_sent = CERTIFICATE_SENT_CHAIN;
  client->tls.session_tickets = 2;
  client->http.status = 200;
  client->http.server = strdup("nginx " HOSTILE_TEXT);

  struct observation *none = fixture_observation(PRESENTED_NONE);
  fixture_tls(&none->tls, "CN=Servers CA");
  fixture_request(&none->tls);
  none->tls.certificate_sent = CERTIFICATE_SENT_EMPTY;
  none->tls.alert_received = 116;
  none->ended_in = PHASE_SETTLE;
  none->phase_ns[PHASE_REQUEST] = -1;

  struct observation *untrusted = fixture_observation(PRESENTED_UNTRUSTED);
  fixture_tls(&untrusted->tls, "CN=Servers CA");
  fixture_request(&untrusted->tls);
  untrusted->tls.certificate_sent = CERTIFICATE_SENT_CHAIN;
  untrusted->http.status = 400;

  struct verdict *verdict = fixture_verdict(FAULT_NONE, "ok");
  verdict->explanation = strdup("The server requires a client certificate and accepted ours.");
  verdict->remedy = strdup("");
  verdict->requested = ANSWER_YES;
  verdict->requested_during = REQUESTED_HANDSHAKE;
  verdict->required = ANSWER_YES;
  verdict->accepted = ANSWER_YES;
  verdict->accepted_by = ACCEPTED_BY_HTTP;
  verdict->untrusted_accepted = ANSWER_NO;
  verdict->issuer_acceptable = ANSWER_YES;
  verdict->tunnel = TUNNEL_NOT_APPLICABLE;
  struct route_result result = {.observations = {client, none, untrusted},
                                .verdict = verdict,
                                .contrast_ns = fixture_wall_ns()};
  fixture_record(store, FIXTURE_PAYMENTS, FIXTURE_DIRECT, &result);
}

/* The proxy answers for the target, so ours was withheld. */
static inline void fixture_record_intercepted(struct store *store)
{
  struct observation *client = fixture_observation(PRESENTED_CLIENT);
  fixture_tls(&client->tls, "CN=Proxy CA");
  client->tls.handshake_complete = false;
  client->tls.verification = VERIFICATION_UNTRUSTED;
  client->tls.verification_text = strdup("no signer in the trust store");
  client->tls.alert_sent = 48;
  client->withheld = true;
  client->ended_in = PHASE_HANDSHAKE;
  client->phase_ns[PHASE_TUNNEL] = 3 * NS_PER_MS;
  client->phase_ns[PHASE_SETTLE] = -1;
  client->phase_ns[PHASE_REQUEST] = -1;
  client->tunnel.tried = true;
  client->tunnel.connect_status = 200;
  client->tunnel.reason_phrase = strdup("Connection established");
  client->tunnel.via = strdup("1.1 " HOSTILE_TEXT);

  struct verdict *verdict = fixture_verdict(FAULT_PROXY, "tls_intercepted");
  verdict->explanation =
      strdup("The proxy answers TLS itself: its certificate was issued by CN=Proxy CA, " //
             "while the direct route shows CN=Servers CA and asks for a certificate.");
  verdict->remedy = strdup("Have the proxy tunnel api.example:443: detect_protocol(no).");
  verdict->proxy_policy = strdup("<Proxy tunnel>\n    url.port=443 authenticate(no)\n");
  verdict->requested = ANSWER_NO;
  verdict->required = ANSWER_NO;
  verdict->tunnel = TUNNEL_INTERCEPTED;
  struct route_result result = {.observations = {[PRESENTED_CLIENT] = client}, .verdict = verdict};
  fixture_record(store, FIXTURE_PAYMENTS, FIXTURE_PROXY, &result);
}

static inline void fixture_set_credential(struct store *store)
{
  struct credential_facts facts = {.name = strdup("payments"),
                                   .loaded = true,
                                   .chain = calloc(1, sizeof(*facts.chain)),
                                   .chain_length = 1,
                                   .may_authenticate_clients = true};
  fixture_certificate(&facts.chain[0], "CN=payments", "CN=Clients CA", FIXTURE_NOW_SECONDS + 3600);
  (void)store_set_credential(store, 0, &facts);
}

/* A store in which nothing has been recorded. */
static inline struct store *fixture_empty_store(void)
{
  clock_replace(NULL, fixture_wall_ns);
  struct settings *settings = fixture_settings();
  struct store *store = store_create(settings);
  ck_assert_ptr_nonnull(store);
  settings_unref(settings);
  return store;
}

static inline struct store *fixture_store(void)
{
  struct store *store = fixture_empty_store();
  fixture_record_direct(store);
  fixture_record_intercepted(store);
  fixture_set_credential(store);
  return store;
}

#endif
