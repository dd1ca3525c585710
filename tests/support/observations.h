/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One round's observations made by hand, for the tests of diagnosis. A bench starts
 * as all is well: api.example requires a certificate in HTTP as nginx does, ours
 * is accepted, the proxy tunnels. Functions then make one thing after the other
 * wrong. Owns nothing: all text is literals.
 */
#ifndef SUPPORT_OBSERVATIONS_H
#define SUPPORT_OBSERVATIONS_H

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis/diagnose.h"
#include "diagnosis/reason.h"

#define NGINX_496                                                                                  \
  "<html>\xEF\xBF\xBD<head><title>400 No required SSL certificate was sent</title></head>"
#define NGINX_495 "<html><head><title>400 The SSL certificate error</title></head>"
#define NOW_SECONDS INT64_C(1795491873) /* 2026-11-24T03:44:33Z */
enum { DAY_SECONDS = 86400 };

struct bench {
  struct target target;
  struct route route;
  struct proxy proxy;
  struct credential_facts credential;
  struct certificate own[2];
  struct certificate server;     /* what the server presents */
  struct certificate proxy_leaf; /* what an intercepting proxy presents */
  char *issuers[2];              /* CA names that the server lists */
  char issuers_sha256[2][FINGERPRINT_BYTES];
  char other_sha256[1][FINGERPRINT_BYTES];
  struct observation here[PRESENTED_COUNT];
  struct observation direct[PRESENTED_COUNT];
  struct diagnosis_input input;
};

/* A fingerprint that differs by the letter. */
static inline void bench_fingerprint(char out[FINGERPRINT_BYTES], char letter)
{
  memset(out, letter, FINGERPRINT_BYTES - 1);
  out[FINGERPRINT_BYTES - 1] = '\0';
}

/* Names and keys told apart by letters: the certificate's own, its issuer's. */
static inline void bench_certificate(struct certificate *out, const char *subject,
                                     const char *issuer, char letter, char issuer_letter)
{
  *out = (struct certificate){.subject = (char *)(uintptr_t)subject,
                              .issuer = (char *)(uintptr_t)issuer,
                              .serial = "0f",
                              .dns_names = "api.example,*.api.example",
                              .key_type = "P-256",
                              .not_before = NOW_SECONDS - 10 * DAY_SECONDS,
                              .not_after = NOW_SECONDS + 80 * DAY_SECONDS};
  bench_fingerprint(out->sha256, letter);
  bench_fingerprint(out->spki_sha256, letter);
  bench_fingerprint(out->subject_sha256, letter);
  bench_fingerprint(out->issuer_sha256, issuer_letter);
}

/* Reset, and still before its first byte. */
static inline void bench_blank(struct observation *observation, enum presented presented)
{
  memset(observation, 0, sizeof(*observation));
  observation->presented = presented;
  observation->peer_address = "192.0.2.7:443";
  observation->tls.alert_received = ALERT_NONE;
  observation->tls.alert_sent = ALERT_NONE;
  observation->proxy_tls.alert_received = ALERT_NONE;
  observation->proxy_tls.alert_sent = ALERT_NONE;
}

/* A finished handshake in which a certificate was asked for, and what was to be sent was. */
static inline void bench_handshake(struct bench *bench, struct observation *observation,
                                   enum tls_version version)
{
  struct tls_observation *tls = &observation->tls;
  tls->client_hello_sent = true;
  tls->server_hello_received = true;
  tls->handshake_complete = true;
  tls->version = version;
  tls->verification = VERIFICATION_OK;
  tls->chain = &bench->server;
  tls->chain_length = 1;
  tls->requested_during = REQUESTED_HANDSHAKE;
  tls->certificate_request_read = true;
  tls->acceptable_issuers = bench->issuers;
  tls->acceptable_issuers_sha256 = bench->issuers_sha256;
  tls->acceptable_issuer_count = 2;
  tls->acceptable_issuers_listed = 2;
  tls->certificate_sent =
      observation->presented == PRESENTED_NONE ? CERTIFICATE_SENT_EMPTY : CERTIFICATE_SENT_CHAIN;
}

static inline void bench_http(struct observation *observation, int status, const char *body)
{
  observation->ended_in = PHASE_DONE;
  observation->http.request_sent = true;
  observation->http.status = status;
  observation->http.body_excerpt = (char *)(uintptr_t)body;
}

/* nginx with ssl_verify_client on: tickets for everybody, the refusal in HTTP. */
static inline void bench_nginx(struct bench *bench,
                               struct observation observations[PRESENTED_COUNT])
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench_blank(&observations[p], (enum presented)p);
    bench_handshake(bench, &observations[p], TLS_VERSION_1_3);
    observations[p].tls.session_tickets = 2;
  }
  bench_http(&observations[PRESENTED_CLIENT], 200, "hello");
  bench_http(&observations[PRESENTED_NONE], 400, NGINX_496);
  bench_http(&observations[PRESENTED_UNTRUSTED], 400, NGINX_495);
}

static inline void bench_init_values(struct bench *bench)
{
  bench->target = (struct target){.name = "payments-api", .host = "api.example", .port = 443};
  struct probe_settings *probe = &bench->target.probe;
  probe->protocol = PROTOCOL_HTTPS;
  probe->ca_file = "servers-ca.pem";
  probe->tls_min = TLS_VERSION_1_2;
  probe->tls_max = TLS_VERSION_1_3;
  probe->timeout_ms = 10000;
  probe->http = (struct http_settings){.method = "GET", .path = "/", .expect_status_count = 1};
  probe->http.expect_status[0] = (struct status_range){200, 399};
  probe->expect_client_certificate = CERTIFICATE_REQUIRED;
  probe->expect_untrusted_refused = true;
  bench->proxy = (struct proxy){.name = "edge_swg",
                                .url = "http://proxy.example:8080",
                                .host = "proxy.example",
                                .port = 8080};
  bench->route = (struct route){.name = "direct"};
  bench_certificate(&bench->own[0], "CN=payments", "CN=Clients CA", 'c', 'a');
  bench_certificate(&bench->own[1], "CN=Clients CA", "CN=Root", 'a', 'r');
  bench->credential = (struct credential_facts){.name = "payments",
                                                .loaded = true,
                                                .chain = bench->own,
                                                .chain_length = 1,
                                                .may_authenticate_clients = true};
  bench_certificate(&bench->server, "CN=api.example", "CN=Servers CA", 's', 'b');
  bench_certificate(&bench->proxy_leaf, "CN=api.example", "CN=Proxy CA", 'p', 'q');
  bench->issuers[0] = "CN=Clients CA";
  bench->issuers[1] = "CN=Partners CA";
  bench_fingerprint(bench->issuers_sha256[0], 'a');
  bench_fingerprint(bench->issuers_sha256[1], 'e');
  bench_fingerprint(bench->other_sha256[0], 'o');
}

static inline void bench_init(struct bench *bench)
{
  memset(bench, 0, sizeof(*bench));
  bench_init_values(bench);
  bench_nginx(bench, bench->here);
  bench_nginx(bench, bench->direct);
  bench->input = (struct diagnosis_input){.target = &bench->target,
                                          .route = &bench->route,
                                          .credential = &bench->credential,
                                          .now_seconds = NOW_SECONDS};
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench->input.observations[p] = &bench->here[p];
    bench->input.direct[p] = &bench->here[p]; /* this is the direct route */
  }
}

/* The route leads through the proxy; the direct one is all right. */
static inline void bench_through_proxy(struct bench *bench)
{
  bench->route = (struct route){.name = "edge_swg", .proxy = &bench->proxy};
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench->input.direct[p] = &bench->direct[p];
    bench->here[p].peer_address = "192.0.2.80:8080";
    bench->here[p].tunnel.tried = true;
    bench->here[p].tunnel.connect_status = 200;
    bench->here[p].tunnel.reason_phrase = "Connection established";
  }
}

static inline void bench_no_direct(struct bench *bench)
{
  memset(bench->input.direct, 0, sizeof(bench->input.direct));
}

static inline void bench_no_credential(struct bench *bench)
{
  bench->input.credential = NULL;
  bench->input.observations[PRESENTED_CLIENT] = NULL;
  bench->input.observations[PRESENTED_UNTRUSTED] = NULL;
  bench->target.probe.expect_client_certificate = CERTIFICATE_ANY;
}

/* All probes of one route end in the same phase and see nothing after it. */
static inline void bench_end(struct observation observations[PRESENTED_COUNT], enum phase phase)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    struct tunnel_observation tunnel = observations[p].tunnel;
    char *address = observations[p].peer_address;
    bench_blank(&observations[p], (enum presented)p);
    observations[p].peer_address = phase > PHASE_RESOLVE ? address : NULL;
    observations[p].ended_in = phase;
    if (phase > PHASE_TUNNEL) {
      observations[p].tunnel = tunnel;
      observations[p].tls.client_hello_sent = phase > PHASE_STARTTLS;
    }
  }
}

static inline void bench_refuse_connection(struct observation observations[PRESENTED_COUNT],
                                           int error)
{
  bench_end(observations, PHASE_CONNECT);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    observations[p].connect_error = error;
  }
}

static inline void bench_time_out(struct observation observations[PRESENTED_COUNT],
                                  enum phase phase)
{
  bench_end(observations, phase);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    observations[p].timed_out = true;
  }
}

/* The proxy answers CONNECT, but not with 2xx; status 0: it closes. */
static inline void bench_connect_answer(struct bench *bench, int status, const char *phrase)
{
  bench_through_proxy(bench);
  bench_end(bench->here, PHASE_TUNNEL);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench->here[p].tunnel.tried = true;
    bench->here[p].tunnel.connect_status = status;
    bench->here[p].tunnel.reason_phrase = (char *)(uintptr_t)phrase;
  }
}

/* As a server refuses inside the handshake of TLS 1.2, or in the settle phase of TLS 1.3; alert
 * ALERT_NONE: it ends the connection without a word. */
static inline void bench_refuse_in_tls(struct bench *bench, enum presented presented,
                                       enum tls_version version, int alert, enum ending ending)
{
  struct observation *observation = &bench->here[presented];
  struct tunnel_observation tunnel = observation->tunnel;
  bench_blank(observation, presented);
  observation->tunnel = tunnel;
  bench_handshake(bench, observation, version);
  observation->tls.handshake_complete = version == TLS_VERSION_1_3;
  observation->ended_in = version == TLS_VERSION_1_3 ? PHASE_SETTLE : PHASE_HANDSHAKE;
  observation->tls.alert_received = alert;
  observation->tls.ending = ending;
}

/* A server that judges in TLS 1.3 itself: none is refused with certificate_required. */
static inline void bench_strict_tls(struct bench *bench)
{
  bench_refuse_in_tls(bench, PRESENTED_NONE, TLS_VERSION_1_3, 116, ENDING_NONE);
  bench_refuse_in_tls(bench, PRESENTED_UNTRUSTED, TLS_VERSION_1_3, 48, ENDING_NONE);
}

/* Ours is refused with the alert; ALERT_NONE: by closing. */
static inline void bench_refuse_ours(struct bench *bench, int alert)
{
  bench_strict_tls(bench);
  bench_refuse_in_tls(bench, PRESENTED_CLIENT, TLS_VERSION_1_3, alert,
                      alert == ALERT_NONE ? ENDING_EOF : ENDING_NONE);
}

/* The CA names of the request; nothing is listed: any issuer may do. */
static inline void bench_list_no_issuer(struct bench *bench)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench->here[p].tls.acceptable_issuer_count = 0;
    bench->here[p].tls.acceptable_issuers_listed = 0;
  }
}

static inline void bench_foreign_issuer(struct bench *bench)
{
  bench->own[0].issuer = "CN=Other CA";
  bench_fingerprint(bench->own[0].issuer_sha256, 'z');
}

static inline void bench_never_request(struct observation observations[PRESENTED_COUNT])
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    struct tls_observation *tls = &observations[p].tls;
    tls->requested_during = REQUESTED_NOT;
    tls->certificate_request_read = false;
    tls->acceptable_issuer_count = 0;
    tls->acceptable_issuers_listed = 0;
    tls->certificate_sent = CERTIFICATE_SENT_NOTHING;
    bench_http(&observations[p], 200, "hello");
  }
}

/* The request over TLS 1.2 is answered by a HelloRequest, and our no_renegotiation by the end. */
static inline void bench_ask_to_renegotiate(struct observation *observation)
{
  struct tls_observation *tls = &observation->tls;
  tls->version = TLS_VERSION_1_2;
  tls->requested_during = REQUESTED_RENEGOTIATION;
  tls->hello_request_received = true;
  tls->certificate_request_read = false;
  tls->acceptable_issuer_count = 0;
  tls->acceptable_issuers_listed = 0;
  tls->certificate_sent = CERTIFICATE_SENT_NOTHING;
  tls->alert_sent = 100;
  tls->alert_received = 40;
  observation->ended_in = PHASE_REQUEST;
  observation->http = (struct http_observation){.request_sent = true};
}

/* Everybody is let in, asked or not. */
static inline void bench_admit_all(struct observation observations[PRESENTED_COUNT])
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench_http(&observations[p], 200, "hello");
  }
}

/* The server's certificate does not verify, so ours was kept back. */
static inline void bench_unverified(struct observation observations[PRESENTED_COUNT],
                                    struct certificate *leaf, enum verification verification,
                                    const char *text)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    struct tls_observation *tls = &observations[p].tls;
    tls->chain = leaf;
    tls->verification = verification;
    tls->verification_text = (char *)(uintptr_t)text;
    if (p != PRESENTED_NONE) {
      observations[p].withheld = true;
      observations[p].ended_in = PHASE_HANDSHAKE;
      observations[p].http = (struct http_observation){0};
      tls->handshake_complete = false;
      tls->alert_sent = 48;
      tls->certificate_sent = CERTIFICATE_SENT_NOTHING;
    }
  }
}

/* The proxy answers TLS itself, with a certificate of its own CA, and asks for none of ours. */
static inline void bench_intercept(struct bench *bench)
{
  bench_through_proxy(bench);
  bench_never_request(bench->here);
  bench_unverified(bench->here, &bench->proxy_leaf, VERIFICATION_UNTRUSTED,
                   "no path to a trusted CA");
  bench->here[PRESENTED_NONE].http.via = "1.1 edge (swg)";
  bench_http(&bench->here[PRESENTED_NONE], 400, NGINX_496);
}

static inline void bench_protocol_tls(struct bench *bench)
{
  bench->target.probe.protocol = PROTOCOL_TLS;
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench->here[p].ended_in = PHASE_DONE;
    bench->here[p].http = (struct http_observation){0};
  }
}

static inline void bench_reply(struct reply_observation *reply, enum reply_kind kind,
                               const char *code, const char *text)
{
  reply->kind = kind;
  reply->code = (char *)(uintptr_t)code;
  reply->text = (char *)(uintptr_t)text;
}

/* A protocol with STARTTLS, whose server has let everybody in. */
static inline void bench_service(struct bench *bench, enum protocol protocol)
{
  bench_protocol_tls(bench);
  bench->target.probe.protocol = protocol;
  bench->target.port = protocol_default_port(protocol);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench->here[p].starttls.tried = true;
    bench->here[p].starttls.answered = true;
    bench->direct[p].starttls = bench->here[p].starttls;
    bench_reply(&bench->here[p].service.reply, REPLY_POSITIVE, "OK", NULL);
  }
}

/* All probes of the route come no further than STARTTLS; what the server said to it. */
static inline void bench_end_in_starttls(struct bench *bench, enum protocol protocol,
                                         enum reply_kind kind, const char *code, const char *text)
{
  bench_service(bench, protocol);
  bench_end(bench->here, PHASE_STARTTLS);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench->here[p].starttls.tried = true;
    bench->here[p].starttls.answered = kind != REPLY_NONE;
    bench_reply(&bench->here[p].starttls.reply, kind, code, text);
  }
}

static inline struct verdict *bench_diagnose(const struct bench *bench)
{
  struct verdict *verdict = diagnose(&bench->input);
  ck_assert_ptr_nonnull(verdict);
  return verdict;
}

#endif
