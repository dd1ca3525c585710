/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diagnosis/reason.h"

/* {facts} are filled in by facts.c. */
static const struct reason_row rows[REASON_COUNT] = {
    [REASON_NONE] = {"", FAULT_UNKNOWN, "", ""},
    [REASON_OK] = {"ok", FAULT_NONE, "{host} answers as expected: {admission}", ""},

    /* the way to the target */
    [REASON_NAME_NOT_RESOLVED] =
        {"name_not_resolved", FAULT_NETWORK,
         "the name {first_host} does not resolve: {resolve_error}",
         "check the spelling of the name and the DNS servers of this machine"},
    [REASON_CONNECTION_REFUSED] =
        {"connection_refused", FAULT_NETWORK, "{host} refuses the TCP connection{at_address}",
         "start the server, or correct the port; check the firewall in front of it"},
    [REASON_CONNECTION_TIMED_OUT] =
        {"connection_timed_out", FAULT_NETWORK,
         "{host} does not answer the TCP connection{at_address} within {timeout}",
         "check that the server is up and that firewalls and routing let this machine reach it"},
    [REASON_CONNECTION_RESET] =
        {"connection_reset", FAULT_NETWORK, "the TCP connection to {host} was reset{at_address}",
         "check firewalls and load balancers between this machine and the server"},
    [REASON_NO_ROUTE] = {"no_route", FAULT_NETWORK,
                         "{host} cannot be reached{at_address}: {system_error}",
                         "check this machine's routes and whether it has IPv4 or IPv6 as needed"},

    /* the proxy */
    [REASON_PROXY_NOT_RESOLVED] =
        {"proxy_not_resolved", FAULT_PROXY,
         "the name of proxy {proxy}, {first_host}, does not resolve: {resolve_error}",
         "correct the proxy's url, or the DNS entry of the proxy"},
    [REASON_PROXY_UNREACHABLE] = {"proxy_unreachable", FAULT_PROXY,
                                  "proxy {proxy} cannot be reached{at_address}: {system_error}",
                                  "start the proxy, or correct its url; check the firewall to it"},
    [REASON_PROXY_TLS_FAILED] = {"proxy_tls_failed", FAULT_PROXY,
                                 "TLS to proxy {proxy} itself failed: {proxy_tls_failure}",
                                 "give the proxy's CA as its ca_file, or correct the proxy's "
                                 "certificate"},
    [REASON_PROXY_TIMED_OUT] = {"proxy_timed_out", FAULT_PROXY,
                                "proxy {proxy} did not answer CONNECT {host} within {timeout}",
                                "ask the owner of the proxy why it does not answer for this host"},
    [REASON_PROXY_AUTHENTICATION_REQUIRED] =
        {"proxy_authentication_required", FAULT_PROXY,
         "proxy {proxy} asks for a password before it tunnels: {connect_answer}{challenge}",
         "exempt {host} from proxy authentication, or configure username and password_file for "
         "the proxy"},
    [REASON_PROXY_AUTHENTICATION_REJECTED] =
        {"proxy_authentication_rejected", FAULT_PROXY,
         "proxy {proxy} does not take the configured user and password: "
         "{connect_answer}{challenge}",
         "correct username and password_file of the proxy, or exempt {host} from authentication"},
    [REASON_PROXY_DENIED] = {"proxy_denied", FAULT_PROXY,
                             "proxy {proxy} denies the tunnel to {host}: {connect_answer}",
                             "have the proxy's policy allow CONNECT to {host}"},
    [REASON_PROXY_CANNOT_REACH_TARGET] =
        {"proxy_cannot_reach_target", FAULT_PROXY,
         "proxy {proxy} cannot reach {host}: {connect_answer}{compared_with_direct}",
         "have the proxy's owner check DNS, routing and firewalls from the proxy to {host}"},
    [REASON_PROXY_PROTOCOL_ERROR] =
        {"proxy_protocol_error", FAULT_PROXY,
         "proxy {proxy} does not answer CONNECT by the rules: {connect_answer}",
         "check that the url of the proxy names an HTTP proxy and its right port"},
    [REASON_TLS_INTERCEPTED] =
        {"tls_intercepted", FAULT_PROXY,
         "proxy {proxy} intercepts TLS: {interception}; our certificate can never reach the server",
         "have the proxy tunnel {host} without interception, protocol detection or authentication"},
    [REASON_TUNNEL_RESET] =
        {"tunnel_reset", FAULT_PROXY,
         "proxy {proxy} opened the tunnel to {host} and then broke it: {seen}; direct, the same "
         "server shakes hands",
         "have the proxy's policy tunnel {host} without protocol detection"},

    /* the server's side of the handshake */
    [REASON_SERVER_CERTIFICATE_UNTRUSTED] =
        {"server_certificate_untrusted", FAULT_SERVER,
         "the certificate of {host} is not trusted: {verification}; it is {server_certificate}"
         "{alone}",
         "have the server present a certificate of a CA in ca_file with its whole chain, or "
         "correct ca_file"},
    [REASON_SERVER_CERTIFICATE_EXPIRED] =
        {"server_certificate_expired", FAULT_SERVER,
         "a certificate of {host} expired on {server_not_after}: {server_certificate}",
         "have the server's owner renew the certificate"},
    [REASON_SERVER_CERTIFICATE_NOT_YET_VALID] =
        {"server_certificate_not_yet_valid", FAULT_SERVER,
         "a certificate of {host} is not valid before {server_not_before}: {server_certificate}",
         "check the clocks of this machine and of the CA; have the server present a valid "
         "certificate"},
    [REASON_SERVER_NAME_MISMATCH] =
        {"server_name_mismatch", FAULT_SERVER,
         "the certificate of {host} is not issued for {server_name} but for {server_names}",
         "have a certificate issued for {server_name}, or correct address or server_name"},
    [REASON_TLS_VERSION_NOT_SUPPORTED] =
        {"tls_version_not_supported", FAULT_SERVER, "{host} does not speak {tls_versions}: {seen}",
         "enable {tls_versions} on the server, or change tls_min and tls_max"},
    [REASON_TLS_HANDSHAKE_TIMED_OUT] =
        {"tls_handshake_timed_out", FAULT_SERVER,
         "{host} took the TCP connection but did not finish the TLS handshake within {timeout}",
         "check that a TLS server listens on this port and is not overloaded"},
    [REASON_TLS_HANDSHAKE_FAILED] = {"tls_handshake_failed", FAULT_SERVER,
                                     "the TLS handshake with {host} failed: {seen}",
                                     "check that a TLS server listens on this port; its log "
                                     "should name the cause"},

    /* our certificate */
    [REASON_CLIENT_CERTIFICATE_MISSING] =
        {"client_certificate_missing", FAULT_CLIENT,
         "{host} requires a client certificate and none is configured: {seen}",
         "configure a credential for this target{ca_hint}"},
    [REASON_CLIENT_CERTIFICATE_EXPIRED] =
        {"client_certificate_expired", FAULT_CLIENT,
         "our certificate expired on {own_not_after}, and {host} refuses it: {seen}",
         "renew the client certificate {own_subject}"},
    [REASON_CLIENT_CERTIFICATE_NOT_YET_VALID] =
        {"client_certificate_not_yet_valid", FAULT_CLIENT,
         "our certificate is not valid before {own_not_before}, and {host} refuses it: {seen}",
         "check the clocks of this machine and of the CA, or wait"},
    [REASON_CLIENT_CERTIFICATE_REVOKED] =
        {"client_certificate_revoked", FAULT_CLIENT,
         "{host} says that our certificate is revoked: {seen}",
         "have a new client certificate issued instead of {own_subject}"},
    [REASON_CLIENT_CERTIFICATE_USAGE] =
        {"client_certificate_usage", FAULT_CLIENT,
         "our certificate is not issued for client authentication, and {host} refuses it: {seen}",
         "have a certificate issued with extended key usage clientAuth"},
    [REASON_CLIENT_CERTIFICATE_ISSUER_NOT_ACCEPTED] =
        {"client_certificate_issuer_not_accepted", FAULT_CLIENT,
         "{host} refuses our certificate: {seen}; its issuer {own_issuer} is not among the CAs "
         "that the server accepts: {ca_names}",
         "present a certificate of one of these CAs, or have the server's owner add {own_issuer}"},
    [REASON_CLIENT_KEY_MISMATCH] = {"client_key_mismatch", FAULT_CLIENT,
                                    "our certificate cannot be used: {credential_problem}",
                                    "put the key that belongs to the certificate into key_file"},
    [REASON_CLIENT_CERTIFICATE_REJECTED] =
        {"client_certificate_rejected", FAULT_CLIENT, "{host} refuses our certificate: {seen}",
         "compare the CA that the server trusts with {own_issuer}; the server's log should say "
         "more"},
    [REASON_SERVER_REJECTS_VALID_CERTIFICATE] =
        {"server_rejects_valid_certificate", FAULT_SERVER,
         "{host} refuses our certificate ({seen}), though it is in its dates, meant for clients, "
         "and of {own_issuer}, which the server lists as acceptable",
         "have the server's owner check its trust store, verify depth and revocation lists"},
    [REASON_REFUSED_WITHOUT_REASON] =
        {"refused_without_reason", FAULT_UNKNOWN,
         "{host} asked for a certificate, was sent ours, and gave no reason for refusing: {seen}",
         "look into the server's log: it alone knows"},

    /* HTTP */
    [REASON_HTTP_NO_ANSWER] = {"http_no_answer", FAULT_SERVER,
                               "{host} finished the handshake but did not answer the HTTP "
                               "request: {seen}",
                               "check that this port speaks HTTP, and the server's log"},
    [REASON_HTTP_STATUS_UNEXPECTED] =
        {"http_status_unexpected", FAULT_SERVER,
         "{host} answers {seen}, which says nothing about certificates",
         "correct path or expect_status, or have the server's owner look at its log"},

    /* what the owner expects */
    [REASON_CLIENT_CERTIFICATE_NOT_REQUESTED] =
        {"client_certificate_not_requested", FAULT_SERVER,
         "{host} does not ask for a client certificate: mutual TLS is off, everybody is admitted",
         "have the server request and require client certificates (nginx: ssl_verify_client on)"},
    [REASON_CLIENT_CERTIFICATE_NOT_REQUIRED] =
        {"client_certificate_not_required", FAULT_SERVER,
         "{host} asks for a client certificate but admits clients without one",
         "have the server require client certificates, or expect client_certificate = "
         "\"optional\""},
    [REASON_CLIENT_CERTIFICATE_REQUIRED_UNEXPECTEDLY] =
        {"client_certificate_required_unexpectedly", FAULT_SERVER,
         "{host} {asks_or_requires} a client certificate, though that is not expected",
         "correct the server, or expect client_certificate = \"required\""},
    [REASON_UNTRUSTED_CERTIFICATE_ACCEPTED] =
        {"untrusted_certificate_accepted", FAULT_SERVER,
         "{host} admits a certificate that no CA has signed: it does not verify client "
         "certificates",
         "have the server verify client certificates against its CA"},

    /* this program */
    [REASON_TIMED_OUT_LOCALLY] = {"timed_out_locally", FAULT_EXPORTER,
                                  "this exporter was too late itself to tell: its machine is "
                                  "overloaded",
                                  "give the exporter more CPU, or probe fewer targets"},
    [REASON_OUT_OF_RESOURCES] = {"out_of_resources", FAULT_EXPORTER,
                                 "this exporter could not probe: {system_error}",
                                 "raise the limit of open files or memory of the exporter"},
    [REASON_CREDENTIAL_UNREADABLE] = {"credential_unreadable", FAULT_EXPORTER,
                                      "this exporter cannot use its files: {credential_problem}",
                                      "put the file in place, readable for the exporter"},
};

const struct reason_row *reason_row(enum reason reason)
{
  return &rows[reason];
}
