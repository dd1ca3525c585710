/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One case, at least, for each reason that diagnosis can give: how it comes about,
 * and the whole verdict on it. Read by the tests of reason and facts.
 */
#ifndef SUPPORT_DIAGNOSIS_CASES_H
#define SUPPORT_DIAGNOSIS_CASES_H

#include "support/observations.h"

enum { UNKNOWN = ANSWER_UNKNOWN, NO = ANSWER_NO, YES = ANSWER_YES };

static inline void case_ok(struct bench *bench)
{
  (void)bench; /* it starts like that */
}

static inline void case_ok_through_proxy(struct bench *bench)
{
  bench_through_proxy(bench);
}

static inline void case_ok_through_proxy_alone(struct bench *bench)
{
  bench_through_proxy(bench);
  bench_no_direct(bench);
}

/* ---- the way -------------------------------------------------------------------------- */

static inline void case_name_not_resolved(struct bench *bench)
{
  bench_end(bench->here, PHASE_RESOLVE);
  bench->here[PRESENTED_CLIENT].resolve_error = "Domain name not found";
}

static inline void case_connection_refused(struct bench *bench)
{
  bench_refuse_connection(bench->here, ECONNREFUSED);
}

static inline void case_down_for_everybody(struct bench *bench)
{
  bench_connect_answer(bench, 503, "Service Unavailable");
  bench->here[PRESENTED_CLIENT].tunnel.x_squid_error = "ERR_CONNECT_FAIL 111";
  bench_refuse_connection(bench->direct, ECONNREFUSED);
}

static inline void case_connection_timed_out(struct bench *bench)
{
  bench_time_out(bench->here, PHASE_CONNECT);
}

static inline void case_connection_reset(struct bench *bench)
{
  bench_refuse_connection(bench->here, ECONNRESET);
}

static inline void case_no_route(struct bench *bench)
{
  bench_refuse_connection(bench->here, EHOSTUNREACH);
}

/* ---- the proxy ------------------------------------------------------------------------ */

static inline void case_proxy_not_resolved(struct bench *bench)
{
  bench_through_proxy(bench);
  bench_end(bench->here, PHASE_RESOLVE);
  bench->here[PRESENTED_CLIENT].resolve_error = "Domain name not found";
}

static inline void case_proxy_unreachable(struct bench *bench)
{
  bench_through_proxy(bench);
  bench_refuse_connection(bench->here, ECONNREFUSED);
}

static inline void case_proxy_tls_failed(struct bench *bench)
{
  bench_connect_answer(bench, 0, NULL);
  bench->proxy.tls = true;
  bench->here[PRESENTED_CLIENT].proxy_tls.verification = VERIFICATION_UNTRUSTED;
  bench->here[PRESENTED_CLIENT].proxy_tls.verification_text = "no path to a trusted CA";
}

static inline void case_proxy_timed_out(struct bench *bench)
{
  bench_through_proxy(bench);
  bench_time_out(bench->here, PHASE_TUNNEL);
}

static inline void case_silent_tunnel(struct bench *bench)
{
  bench_through_proxy(bench);
  bench_time_out(bench->here, PHASE_HANDSHAKE);
}

static inline void case_proxy_authentication_required(struct bench *bench)
{
  bench_connect_answer(bench, 407, "Proxy Authentication Required");
  bench->here[PRESENTED_CLIENT].tunnel.proxy_authenticate = "Basic realm=\"edge\"";
}

static inline void case_proxy_authentication_rejected(struct bench *bench)
{
  case_proxy_authentication_required(bench);
  bench->here[PRESENTED_CLIENT].tunnel.credentials_sent = true;
}

static inline void case_proxy_denied(struct bench *bench)
{
  bench_connect_answer(bench, 403, "Forbidden");
  bench->here[PRESENTED_CLIENT].tunnel.x_squid_error = "ERR_ACCESS_DENIED 0";
}

static inline void case_denied_by_a_page(struct bench *bench)
{
  bench_intercept(bench);
  bench_http(&bench->here[PRESENTED_NONE], 403, "<title>Access Denied (policy_denied)</title>");
}

static inline void case_proxy_cannot_reach_target(struct bench *bench)
{
  bench_connect_answer(bench, 503, "Service Unavailable");
  bench->here[PRESENTED_CLIENT].tunnel.x_squid_error = "ERR_CONNECT_FAIL 110";
}

static inline void case_proxy_protocol_error(struct bench *bench)
{
  bench_connect_answer(bench, 0, NULL);
  bench->here[PRESENTED_CLIENT].tunnel.malformed = true;
}

static inline void case_early_bytes(struct bench *bench)
{
  bench_through_proxy(bench);
  bench_end(bench->here, PHASE_HANDSHAKE);
  bench->here[PRESENTED_CLIENT].tunnel.early_bytes = true;
}

static inline void case_tunnel_reset(struct bench *bench)
{
  bench_through_proxy(bench);
  bench_end(bench->here, PHASE_HANDSHAKE);
  bench->here[PRESENTED_CLIENT].tls.ending = ENDING_RESET;
}

static inline void case_no_answer_through_tunnel(struct bench *bench)
{
  case_tunnel_reset(bench);
  bench_no_direct(bench);
}

/* ---- the server ----------------------------------------------------------------------- */

static inline void case_server_untrusted(struct bench *bench)
{
  bench_unverified(bench->here, &bench->server, VERIFICATION_UNTRUSTED, "no path to a trusted CA");
}

static inline void case_server_untrusted_alone(struct bench *bench)
{
  bench_through_proxy(bench);
  bench_no_direct(bench);
  case_server_untrusted(bench);
}

static inline void case_server_expired(struct bench *bench)
{
  bench->server.not_after = NOW_SECONDS - DAY_SECONDS;
  bench_unverified(bench->here, &bench->server, VERIFICATION_EXPIRED, "expired");
}

static inline void case_server_not_yet_valid(struct bench *bench)
{
  bench->server.not_before = NOW_SECONDS + DAY_SECONDS;
  bench_unverified(bench->here, &bench->server, VERIFICATION_NOT_YET_VALID, "not yet valid");
}

static inline void case_server_name_mismatch(struct bench *bench)
{
  bench->target.probe.server_name = "other.example";
  bench_unverified(bench->here, &bench->server, VERIFICATION_NAME_MISMATCH,
                   "not issued for other.example");
}

static inline void case_tls_version(struct bench *bench)
{
  bench->target.probe.tls_min = TLS_VERSION_1_3;
  bench_end(bench->here, PHASE_HANDSHAKE);
  bench->here[PRESENTED_CLIENT].tls.server_hello_received = true;
  bench->here[PRESENTED_CLIENT].tls.alert_received = 70;
}

static inline void case_handshake_timed_out(struct bench *bench)
{
  bench_time_out(bench->here, PHASE_HANDSHAKE);
}

static inline void case_handshake_failed(struct bench *bench)
{
  bench_end(bench->here, PHASE_HANDSHAKE);
  bench->here[PRESENTED_CLIENT].tls.server_hello_received = true;
  bench->here[PRESENTED_CLIENT].tls.alert_received = 40;
}

/* wolfSSL takes 18462 bytes. The client probe alone is made new. */
static inline void case_long_request(struct bench *bench)
{
  struct tls_observation *tls = &bench->here[PRESENTED_CLIENT].tls;
  bench_end(bench->here, PHASE_HANDSHAKE);
  tls->requested_during = REQUESTED_HANDSHAKE;
  tls->certificate_request_read = true;
  tls->acceptable_issuers_listed = 180;
  tls->acceptable_issuers_truncated = true;
  tls->refused_message_bytes = 54012;
}

static inline void case_message_without_end(struct bench *bench)
{
  bench_end(bench->here, PHASE_HANDSHAKE);
  bench->here[PRESENTED_CLIENT].tls.refused_message_bytes = 1 << 24;
}

static inline void case_closed_after_handshake(struct bench *bench)
{
  bench_never_request(bench->here);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench->here[p].ended_in = PHASE_SETTLE;
    bench->here[p].http = (struct http_observation){0};
    bench->here[p].tls.ending = ENDING_EOF;
  }
}

/* ---- our certificate ------------------------------------------------------------------ */

static inline void case_missing(struct bench *bench)
{
  bench_no_credential(bench);
}

static inline void case_not_sendable(struct bench *bench)
{
  bench_refuse_ours(bench, 116);
  bench->here[PRESENTED_CLIENT].tls.certificate_sent = CERTIFICATE_SENT_EMPTY;
}

static inline void case_expired(struct bench *bench)
{
  bench->own[0].not_after = NOW_SECONDS - DAY_SECONDS;
  bench_refuse_ours(bench, 45);
}

static inline void case_not_yet_valid(struct bench *bench)
{
  bench->own[0].not_before = NOW_SECONDS + DAY_SECONDS;
  bench_refuse_ours(bench, 42);
}

static inline void case_revoked(struct bench *bench)
{
  bench_refuse_ours(bench, 44);
}

static inline void case_usage(struct bench *bench)
{
  bench->credential.may_authenticate_clients = false;
  bench_refuse_ours(bench, 43);
}

/* What the server takes is for RSA keys; ours is of P-256. */
static inline void list_rsa_only(struct tls_observation *tls)
{
  tls->signature_algorithms[0] = 0x0804;
  tls->signature_algorithms[1] = 0x0401;
  tls->signature_algorithm_count = 2;
}

/* wolfSSL then ends the handshake: neither a certificate nor an empty message is sent. */
static inline void case_signature(struct bench *bench)
{
  struct observation *ours = &bench->here[PRESENTED_CLIENT];
  ours->ended_in = PHASE_HANDSHAKE;
  ours->http = (struct http_observation){0};
  ours->tls.handshake_complete = false;
  ours->tls.certificate_sent = CERTIFICATE_SENT_NOTHING;
  list_rsa_only(&ours->tls);
}

static inline void case_signature_refused(struct bench *bench)
{
  bench_refuse_ours(bench, 42);
  list_rsa_only(&bench->here[PRESENTED_CLIENT].tls);
}

static inline void case_issuer(struct bench *bench)
{
  bench_foreign_issuer(bench);
  bench_refuse_ours(bench, 48);
}

static inline void case_key_mismatch(struct bench *bench)
{
  bench->credential = (struct credential_facts){
      .problem = "cert_file and key_file do not belong together", .key_mismatch = true};
  bench->input.observations[PRESENTED_CLIENT] = NULL;
}

static inline void case_rejected(struct bench *bench)
{
  bench_refuse_ours(bench, 46);
  bench_list_no_issuer(bench);
}

static inline void case_valid_rejected(struct bench *bench)
{
  bench_refuse_ours(bench, 48);
}

static inline void case_without_reason(struct bench *bench)
{
  bench_refuse_ours(bench, ALERT_NONE);
  bench_list_no_issuer(bench);
}

/* ---- HTTP, expectations, this program ------------------------------------------------- */

static inline void case_http_no_answer(struct bench *bench)
{
  struct observation *ours = &bench->here[PRESENTED_CLIENT];
  ours->ended_in = PHASE_REQUEST;
  ours->http = (struct http_observation){.request_sent = true};
  ours->timed_out = true;
}

/* Apache with SSLVerifyClient in a Location, and TLS 1.2. */
static inline void case_renegotiation(struct bench *bench)
{
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench_ask_to_renegotiate(&bench->here[p]);
  }
}

/* IIS goes on without, and answers 403.7. */
static inline void case_renegotiation_refused(struct bench *bench)
{
  case_renegotiation(bench);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench_http(&bench->here[p], 403, "403.7 - Forbidden: client certificate required");
  }
}

static inline void case_status(struct bench *bench)
{
  bench_http(&bench->here[PRESENTED_CLIENT], 503, "<title>503 Service Unavailable</title>");
  bench_http(&bench->here[PRESENTED_NONE], 503, "<title>503 Service Unavailable</title>");
}

static inline void case_status_past_the_gate(struct bench *bench)
{
  bench_http(&bench->here[PRESENTED_CLIENT], 418, NULL);
}

static inline void case_not_requested(struct bench *bench)
{
  bench_never_request(bench->here);
}

static inline void case_refused_unasked(struct bench *bench)
{
  bench_never_request(bench->here);
  bench_http(&bench->here[PRESENTED_CLIENT], 400, NGINX_496);
}

static inline void case_not_required(struct bench *bench)
{
  bench_http(&bench->here[PRESENTED_NONE], 200, "hello");
}

static inline void case_unexpectedly_required(struct bench *bench)
{
  bench->target.probe.expect_client_certificate = CERTIFICATE_OPTIONAL;
}

static inline void case_unexpectedly_requested(struct bench *bench)
{
  bench->target.probe.expect_client_certificate = CERTIFICATE_NONE;
  bench_http(&bench->here[PRESENTED_NONE], 200, "hello");
}

static inline void case_untrusted_accepted(struct bench *bench)
{
  bench_http(&bench->here[PRESENTED_UNTRUSTED], 200, "hello");
}

static inline void case_late(struct bench *bench)
{
  bench_time_out(bench->here, PHASE_CONNECT);
  bench->here[PRESENTED_CLIENT].lagged = true;
}

static inline void case_out_of_resources(struct bench *bench)
{
  bench_refuse_connection(bench->here, EMFILE);
  bench->here[PRESENTED_CLIENT].out_of_resources = true;
}

static inline void case_unreadable(struct bench *bench)
{
  bench->credential = (struct credential_facts){
      .problem = "cert_file payments.crt cannot be read: No such file or directory"};
  bench->input.observations[PRESENTED_CLIENT] = NULL;
}

static inline void case_ca_file_unreadable(struct bench *bench)
{
  bench_end(bench->here, PHASE_RESOLVE);
  bench->here[PRESENTED_CLIENT].local_problem = "ca_file ca.pem cannot be read: Permission denied";
}

/* ---- protocols that have STARTTLS ------------------------------------------------------ */

static inline void case_service_ok(struct bench *bench)
{
  bench_service(bench, PROTOCOL_SMTP);
  bench_reply(&bench->here[PRESENTED_NONE].service.reply, REPLY_NEGATIVE, "421",
              "4.7.1 mail.example Error: No client certificate presented");
  bench_reply(&bench->here[PRESENTED_UNTRUSTED].service.reply, REPLY_NEGATIVE, "421",
              "4.7.1 mail.example Error: Client certificate not trusted");
}

/* The texts do not tell: the contrast does. */
static inline void case_service_contrast(struct bench *bench)
{
  bench_service(bench, PROTOCOL_MYSQL);
  bench_reply(&bench->here[PRESENTED_NONE].service.reply, REPLY_NEGATIVE, "1045",
              "Access denied for user 'probe'@'192.0.2.1' (using password: NO)");
  bench_refuse_in_tls(bench, PRESENTED_UNTRUSTED, TLS_VERSION_1_3, 48, ENDING_NONE);
}

static inline void case_password_asked(struct bench *bench)
{
  bench_service(bench, PROTOCOL_POSTGRES);
  bench_reply(&bench->here[PRESENTED_CLIENT].service.reply, REPLY_CHALLENGE, "AuthenticationSASL",
              NULL);
  bench_reply(&bench->here[PRESENTED_NONE].service.reply, REPLY_NEGATIVE, "28000",
              "connection requires a valid client certificate");
  bench_refuse_in_tls(bench, PRESENTED_UNTRUSTED, TLS_VERSION_1_3, 48, ENDING_NONE);
}

static inline void case_service_through_proxy(struct bench *bench)
{
  case_service_ok(bench);
  bench_through_proxy(bench);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench->here[p].tunnel.early_bytes = true; /* an SMTP server greets */
  }
}

static inline void case_ldap_speaks_too_early(struct bench *bench)
{
  bench_service(bench, PROTOCOL_LDAP);
  bench_through_proxy(bench);
  bench->here[PRESENTED_CLIENT].tunnel.early_bytes = true;
}

static inline void case_starttls_blocked(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_SMTP, REPLY_POSITIVE, "250", "mail.example");
  bench_through_proxy(bench);
  bench->here[PRESENTED_CLIENT].starttls.not_offered = true;
}

static inline void case_starttls_reset_in_tunnel(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_SMTP, REPLY_NONE, NULL, NULL);
  bench_through_proxy(bench);
  bench->here[PRESENTED_CLIENT].starttls.ending = ENDING_RESET;
}

static inline void case_starttls_silent_tunnel(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_SMTP, REPLY_NONE, NULL, NULL);
  bench_through_proxy(bench);
  bench->here[PRESENTED_CLIENT].timed_out = true;
}

static inline void case_starttls_silent_tunnel_alone(struct bench *bench)
{
  case_starttls_silent_tunnel(bench);
  bench_no_direct(bench);
}

static inline void case_starttls_refused(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_SMTP, REPLY_NEGATIVE, "454",
                        "4.7.0 TLS not available due to local problem");
}

static inline void case_starttls_not_offered(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_MYSQL, REPLY_POSITIVE, "HandshakeV10", "8.0.36");
  bench->here[PRESENTED_CLIENT].starttls.not_offered = true;
}

static inline void case_starttls_host_unknown(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_XMPP, REPLY_NEGATIVE, "host-unknown",
                        "This server does not serve api.example");
}

static inline void case_starttls_closed(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_LDAP, REPLY_NONE, NULL, NULL);
  bench->here[PRESENTED_CLIENT].starttls.ending = ENDING_EOF;
}

static inline void case_starttls_refused_alone(struct bench *bench)
{
  case_starttls_refused(bench);
  bench_through_proxy(bench);
  bench_no_direct(bench);
}

static inline void case_starttls_reset(struct bench *bench)
{
  case_starttls_closed(bench);
  bench->here[PRESENTED_CLIENT].starttls.ending = ENDING_RESET;
}

static inline void case_starttls_unreachable(struct bench *bench)
{
  case_starttls_closed(bench);
  bench->here[PRESENTED_CLIENT].starttls.ending = ENDING_ERROR;
  bench->here[PRESENTED_CLIENT].starttls.system_error = EHOSTUNREACH;
}

static inline void case_starttls_timed_out(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_IMAP, REPLY_NONE, NULL, NULL);
  bench->here[PRESENTED_CLIENT].timed_out = true;
}

static inline void case_starttls_malformed(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_POP3, REPLY_NONE, NULL, NULL);
  bench->here[PRESENTED_CLIENT].starttls.malformed = true;
}

static inline void case_starttls_injection(struct bench *bench)
{
  bench_end_in_starttls(bench, PROTOCOL_POSTGRES, REPLY_POSITIVE, "S", NULL);
  bench->here[PRESENTED_CLIENT].starttls.early_bytes = true;
}

static inline void case_wrong_account(struct bench *bench)
{
  case_password_asked(bench);
  bench_reply(&bench->here[PRESENTED_CLIENT].service.reply, REPLY_NEGATIVE, "28000",
              "certificate authentication failed for user \"probe\"");
  bench->target.probe.login.user = "probe";
}

static inline void case_service_rejected(struct bench *bench)
{
  case_service_ok(bench);
  bench_list_no_issuer(bench);
  bench_reply(&bench->here[PRESENTED_CLIENT].service.reply, REPLY_NEGATIVE, "421",
              "4.7.1 mail.example Error: Client certificate not trusted");
}

static inline void case_service_no_answer(struct bench *bench)
{
  bench_service(bench, PROTOCOL_XMPP);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench_reply(&bench->here[p].service.reply, REPLY_NONE, NULL, NULL);
    bench->here[p].ended_in = PHASE_REQUEST;
    bench->here[p].service.malformed = true;
  }
}

static inline void case_service_refused(struct bench *bench)
{
  bench_service(bench, PROTOCOL_MYSQL);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    bench_reply(&bench->here[p].service.reply, REPLY_NEGATIVE, "1045",
                "Access denied for user 'mtls_exporter'@'192.0.2.1' (using password: NO)");
  }
}

/* Refused for another cause, and past the gate that stops who has no certificate. */
static inline void case_service_refused_past_the_gate(struct bench *bench)
{
  bench_service(bench, PROTOCOL_LDAP);
  bench_strict_tls(bench);
  bench_reply(&bench->here[PRESENTED_CLIENT].service.reply, REPLY_NEGATIVE, "unwillingToPerform",
              "server is read-only");
}

static inline void case_service_not_requested(struct bench *bench)
{
  bench_service(bench, PROTOCOL_IMAP);
  for (int p = 0; p < PRESENTED_COUNT; p++) {
    struct tls_observation *tls = &bench->here[p].tls;
    tls->requested_during = REQUESTED_NOT;
    tls->certificate_request_read = false;
    tls->certificate_sent = CERTIFICATE_SENT_NOTHING;
  }
}

static const struct diagnosis_case {
  enum reason reason;
  const char *slug;
  enum fault fault;
  void (*arrange)(struct bench *bench);
  int requested;
  int required;
  int accepted;
  enum tunnel_state tunnel;
} diagnosis_cases[] = {
    {REASON_OK, "ok", FAULT_NONE, case_ok, YES, YES, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_OK, "ok", FAULT_NONE, case_ok_through_proxy, YES, YES, YES, TUNNEL_INTACT},
    {REASON_OK, "ok", FAULT_NONE, case_ok_through_proxy_alone, YES, YES, YES, TUNNEL_INTACT},
    {REASON_NAME_NOT_RESOLVED, "name_not_resolved", FAULT_NETWORK, case_name_not_resolved, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CONNECTION_REFUSED, "connection_refused", FAULT_NETWORK, case_connection_refused,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CONNECTION_REFUSED, "connection_refused", FAULT_NETWORK, case_down_for_everybody,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_UNKNOWN},
    {REASON_CONNECTION_TIMED_OUT, "connection_timed_out", FAULT_NETWORK, case_connection_timed_out,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CONNECTION_RESET, "connection_reset", FAULT_NETWORK, case_connection_reset, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_NO_ROUTE, "no_route", FAULT_NETWORK, case_no_route, UNKNOWN, UNKNOWN, UNKNOWN,
     TUNNEL_NOT_APPLICABLE},
    {REASON_PROXY_NOT_RESOLVED, "proxy_not_resolved", FAULT_PROXY, case_proxy_not_resolved, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_UNREACHABLE},
    {REASON_PROXY_UNREACHABLE, "proxy_unreachable", FAULT_PROXY, case_proxy_unreachable, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_UNREACHABLE},
    {REASON_PROXY_TLS_FAILED, "proxy_tls_failed", FAULT_PROXY, case_proxy_tls_failed, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_BROKEN},
    {REASON_PROXY_TIMED_OUT, "proxy_timed_out", FAULT_PROXY, case_proxy_timed_out, UNKNOWN, UNKNOWN,
     UNKNOWN, TUNNEL_BROKEN},
    {REASON_PROXY_TIMED_OUT, "proxy_timed_out", FAULT_PROXY, case_silent_tunnel, UNKNOWN, UNKNOWN,
     UNKNOWN, TUNNEL_BROKEN},
    {REASON_PROXY_AUTHENTICATION_REQUIRED, "proxy_authentication_required", FAULT_PROXY,
     case_proxy_authentication_required, UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_AUTHENTICATION_REQUIRED},
    {REASON_PROXY_AUTHENTICATION_REJECTED, "proxy_authentication_rejected", FAULT_PROXY,
     case_proxy_authentication_rejected, UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_AUTHENTICATION_REQUIRED},
    {REASON_PROXY_DENIED, "proxy_denied", FAULT_PROXY, case_proxy_denied, UNKNOWN, UNKNOWN, UNKNOWN,
     TUNNEL_DENIED},
    {REASON_PROXY_DENIED, "proxy_denied", FAULT_PROXY, case_denied_by_a_page, NO, NO, UNKNOWN,
     TUNNEL_DENIED},
    {REASON_PROXY_CANNOT_REACH_TARGET, "proxy_cannot_reach_target", FAULT_PROXY,
     case_proxy_cannot_reach_target, UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_BROKEN},
    {REASON_PROXY_PROTOCOL_ERROR, "proxy_protocol_error", FAULT_PROXY, case_proxy_protocol_error,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_BROKEN},
    {REASON_PROXY_PROTOCOL_ERROR, "proxy_protocol_error", FAULT_PROXY, case_early_bytes, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_BROKEN},
    {REASON_TLS_INTERCEPTED, "tls_intercepted", FAULT_PROXY, bench_intercept, NO, NO, UNKNOWN,
     TUNNEL_INTERCEPTED},
    {REASON_TUNNEL_RESET, "tunnel_reset", FAULT_PROXY, case_tunnel_reset, UNKNOWN, UNKNOWN, UNKNOWN,
     TUNNEL_DENIED},
    {REASON_NO_ANSWER_THROUGH_TUNNEL, "no_answer_through_tunnel", FAULT_UNKNOWN,
     case_no_answer_through_tunnel, UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_UNKNOWN},
    {REASON_SERVER_CERTIFICATE_UNTRUSTED, "server_certificate_untrusted", FAULT_SERVER,
     case_server_untrusted, YES, YES, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_SERVER_CERTIFICATE_UNTRUSTED, "server_certificate_untrusted", FAULT_SERVER,
     case_server_untrusted_alone, YES, YES, UNKNOWN, TUNNEL_UNKNOWN},
    {REASON_SERVER_CERTIFICATE_EXPIRED, "server_certificate_expired", FAULT_SERVER,
     case_server_expired, YES, YES, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_SERVER_CERTIFICATE_NOT_YET_VALID, "server_certificate_not_yet_valid", FAULT_SERVER,
     case_server_not_yet_valid, YES, YES, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_SERVER_NAME_MISMATCH, "server_name_mismatch", FAULT_SERVER, case_server_name_mismatch,
     YES, YES, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_TLS_VERSION_NOT_SUPPORTED, "tls_version_not_supported", FAULT_SERVER, case_tls_version,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_TLS_HANDSHAKE_TIMED_OUT, "tls_handshake_timed_out", FAULT_SERVER,
     case_handshake_timed_out, UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_TLS_HANDSHAKE_FAILED, "tls_handshake_failed", FAULT_SERVER, case_handshake_failed,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_TLS_HANDSHAKE_FAILED, "tls_handshake_failed", FAULT_SERVER, case_closed_after_handshake,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_TLS_HANDSHAKE_FAILED, "tls_handshake_failed", FAULT_SERVER, case_message_without_end,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_MISSING, "client_certificate_missing", FAULT_CLIENT, case_missing,
     YES, YES, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_MISSING, "client_certificate_missing", FAULT_CLIENT,
     case_not_sendable, YES, YES, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_EXPIRED, "client_certificate_expired", FAULT_CLIENT, case_expired,
     YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_NOT_YET_VALID, "client_certificate_not_yet_valid", FAULT_CLIENT,
     case_not_yet_valid, YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_REVOKED, "client_certificate_revoked", FAULT_CLIENT, case_revoked,
     YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_USAGE, "client_certificate_usage", FAULT_CLIENT, case_usage, YES,
     YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_SIGNATURE_NOT_ACCEPTED, "client_signature_not_accepted", FAULT_CLIENT,
     case_signature, YES, YES, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_SIGNATURE_NOT_ACCEPTED, "client_signature_not_accepted", FAULT_CLIENT,
     case_signature_refused, YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_ISSUER_NOT_ACCEPTED, "client_certificate_issuer_not_accepted",
     FAULT_CLIENT, case_issuer, YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_KEY_MISMATCH, "client_key_mismatch", FAULT_CLIENT, case_key_mismatch, YES, YES,
     UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_REJECTED, "client_certificate_rejected", FAULT_CLIENT, case_rejected,
     YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_SERVER_REJECTS_VALID_CERTIFICATE, "server_rejects_valid_certificate", FAULT_SERVER,
     case_valid_rejected, YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_REFUSED_WITHOUT_REASON, "refused_without_reason", FAULT_UNKNOWN, case_without_reason,
     YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_HTTP_NO_ANSWER, "http_no_answer", FAULT_SERVER, case_http_no_answer, YES, YES, UNKNOWN,
     TUNNEL_NOT_APPLICABLE},
    {REASON_HTTP_STATUS_UNEXPECTED, "http_status_unexpected", FAULT_SERVER, case_status, YES,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_HTTP_STATUS_UNEXPECTED, "http_status_unexpected", FAULT_SERVER,
     case_status_past_the_gate, YES, YES, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_NOT_REQUESTED, "client_certificate_not_requested", FAULT_SERVER,
     case_not_requested, NO, NO, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_NOT_REQUESTED, "client_certificate_not_requested", FAULT_SERVER,
     case_refused_unasked, NO, NO, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_NOT_REQUIRED, "client_certificate_not_required", FAULT_SERVER,
     case_not_required, YES, NO, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_REQUIRED_UNEXPECTEDLY, "client_certificate_required_unexpectedly",
     FAULT_SERVER, case_unexpectedly_required, YES, YES, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_REQUIRED_UNEXPECTEDLY, "client_certificate_required_unexpectedly",
     FAULT_SERVER, case_unexpectedly_requested, YES, NO, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_UNTRUSTED_CERTIFICATE_ACCEPTED, "untrusted_certificate_accepted", FAULT_SERVER,
     case_untrusted_accepted, YES, YES, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_HANDSHAKE_MESSAGE_TOO_LONG, "handshake_message_too_long", FAULT_EXPORTER,
     case_long_request, YES, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_RENEGOTIATION_NOT_SUPPORTED, "renegotiation_not_supported", FAULT_EXPORTER,
     case_renegotiation, YES, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_RENEGOTIATION_NOT_SUPPORTED, "renegotiation_not_supported", FAULT_EXPORTER,
     case_renegotiation_refused, YES, YES, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_TIMED_OUT_LOCALLY, "timed_out_locally", FAULT_EXPORTER, case_late, UNKNOWN, UNKNOWN,
     UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_OUT_OF_RESOURCES, "out_of_resources", FAULT_EXPORTER, case_out_of_resources, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CREDENTIAL_UNREADABLE, "credential_unreadable", FAULT_EXPORTER, case_unreadable, YES,
     YES, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CREDENTIAL_UNREADABLE, "credential_unreadable", FAULT_EXPORTER, case_ca_file_unreadable,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_OK, "ok", FAULT_NONE, case_service_ok, YES, YES, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_OK, "ok", FAULT_NONE, case_service_contrast, YES, YES, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_OK, "ok", FAULT_NONE, case_password_asked, YES, YES, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_OK, "ok", FAULT_NONE, case_service_through_proxy, YES, YES, YES, TUNNEL_INTACT},
    {REASON_PROXY_PROTOCOL_ERROR, "proxy_protocol_error", FAULT_PROXY, case_ldap_speaks_too_early,
     YES, NO, YES, TUNNEL_BROKEN},
    {REASON_STARTTLS_BLOCKED, "starttls_blocked", FAULT_PROXY, case_starttls_blocked, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_BROKEN},
    {REASON_TUNNEL_RESET, "tunnel_reset", FAULT_PROXY, case_starttls_reset_in_tunnel, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_DENIED},
    {REASON_PROXY_TIMED_OUT, "proxy_timed_out", FAULT_PROXY, case_starttls_silent_tunnel, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_BROKEN},
    {REASON_NO_ANSWER_THROUGH_TUNNEL, "no_answer_through_tunnel", FAULT_UNKNOWN,
     case_starttls_silent_tunnel_alone, UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_UNKNOWN},
    {REASON_STARTTLS_REFUSED, "starttls_refused", FAULT_SERVER, case_starttls_refused, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_STARTTLS_REFUSED, "starttls_refused", FAULT_SERVER, case_starttls_not_offered, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_STARTTLS_REFUSED, "starttls_refused", FAULT_SERVER, case_starttls_host_unknown, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_STARTTLS_REFUSED, "starttls_refused", FAULT_SERVER, case_starttls_closed, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_STARTTLS_REFUSED, "starttls_refused", FAULT_SERVER, case_starttls_refused_alone,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_UNKNOWN},
    {REASON_CONNECTION_RESET, "connection_reset", FAULT_NETWORK, case_starttls_reset, UNKNOWN,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_NO_ROUTE, "no_route", FAULT_NETWORK, case_starttls_unreachable, UNKNOWN, UNKNOWN,
     UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_STARTTLS_TIMED_OUT, "starttls_timed_out", FAULT_SERVER, case_starttls_timed_out,
     UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_STARTTLS_PROTOCOL_ERROR, "starttls_protocol_error", FAULT_SERVER,
     case_starttls_malformed, UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_STARTTLS_PROTOCOL_ERROR, "starttls_protocol_error", FAULT_SERVER,
     case_starttls_injection, UNKNOWN, UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_WRONG_ACCOUNT, "client_certificate_wrong_account", FAULT_CLIENT,
     case_wrong_account, YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_REJECTED, "client_certificate_rejected", FAULT_CLIENT,
     case_service_rejected, YES, YES, NO, TUNNEL_NOT_APPLICABLE},
    {REASON_SERVICE_NO_ANSWER, "service_no_answer", FAULT_SERVER, case_service_no_answer, YES,
     UNKNOWN, UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_SERVICE_REFUSED, "service_refused", FAULT_SERVER, case_service_refused, YES, UNKNOWN,
     UNKNOWN, TUNNEL_NOT_APPLICABLE},
    {REASON_SERVICE_REFUSED, "service_refused", FAULT_SERVER, case_service_refused_past_the_gate,
     YES, YES, YES, TUNNEL_NOT_APPLICABLE},
    {REASON_CLIENT_CERTIFICATE_NOT_REQUESTED, "client_certificate_not_requested", FAULT_SERVER,
     case_service_not_requested, NO, NO, UNKNOWN, TUNNEL_NOT_APPLICABLE},
};
enum { DIAGNOSIS_CASE_COUNT = sizeof(diagnosis_cases) / sizeof(diagnosis_cases[0]) };

#endif
