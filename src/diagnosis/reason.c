/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diagnosis/reason.h"

/* {facts} are filled in by facts.c. */
static const struct reason_row rows[REASON_COUNT] = {
    [REASON_NONE] = {"", FAULT_UNKNOWN, "", ""},
    [REASON_OK] = {"ok", FAULT_NONE, "{host} answers as expected: {admission}{alone}", ""},

    /* the way to the target */
    [REASON_NAME_NOT_RESOLVED] =
        {"name_not_resolved", FAULT_NETWORK,
         "the name {host_name} does not resolve: {resolve_error}{through_proxy}",
         "check the spelling of the name and the DNS servers of this machine"},
    [REASON_CONNECTION_REFUSED] =
        {"connection_refused", FAULT_NETWORK,
         "{host} refuses the TCP connection{at_address}{through_proxy}",
         "start the server, or correct the port; check the firewall in front of it"},
    [REASON_CONNECTION_TIMED_OUT] =
        {"connection_timed_out", FAULT_NETWORK,
         "{host} does not answer the TCP connection{at_address} within {timeout}{through_proxy}",
         "check that the server is up, and that firewalls and routing let this machine reach it"},
    [REASON_CONNECTION_RESET] =
        {"connection_reset", FAULT_NETWORK,
         "the TCP connection to {host} was reset{at_address}{through_proxy}",
         "check firewalls and load balancers between this machine and the server"},
    [REASON_NO_ROUTE] = {"no_route", FAULT_NETWORK,
                         "{host} cannot be reached{at_address}: {system_error}{through_proxy}",
                         "check this machine's routes, and whether it has IPv4 or IPv6 as needed"},

    /* the proxy */
    [REASON_PROXY_NOT_RESOLVED] =
        {"proxy_not_resolved", FAULT_PROXY,
         "the name of proxy {proxy}, {proxy_host}, does not resolve: {resolve_error}",
         "correct the proxy's url, or the DNS entry of the proxy"},
    [REASON_PROXY_UNREACHABLE] = {"proxy_unreachable", FAULT_PROXY,
                                  "proxy {proxy} cannot be reached{at_address}: {system_error}",
                                  "start the proxy, or correct its url; check the firewall to it"},
    [REASON_PROXY_TLS_FAILED] = {"proxy_tls_failed", FAULT_PROXY,
                                 "TLS to proxy {proxy} itself failed: {proxy_tls_failure}",
                                 "check that the proxy speaks TLS on this port, that ca_file of "
                                 "the proxy names the CA of its certificate, and, where it asks "
                                 "for a client certificate, the credential of the proxy"},
    [REASON_PROXY_TIMED_OUT] = {"proxy_timed_out", FAULT_PROXY,
                                "proxy {proxy} {proxy_silence} within {timeout}"
                                "{compared_with_direct}",
                                "ask the proxy's owner why it does not answer for {host}"},
    [REASON_PROXY_AUTHENTICATION_REQUIRED] =
        {"proxy_authentication_required", FAULT_PROXY,
         "proxy {proxy} asks for a password before it tunnels: {connect_answer}{challenge}",
         "have the proxy's owner exempt {host} from authentication, or configure username and "
         "password_file of the proxy"},
    [REASON_PROXY_AUTHENTICATION_REJECTED] =
        {"proxy_authentication_rejected", FAULT_PROXY,
         "proxy {proxy} does not take the configured username and password: "
         "{connect_answer}{challenge}",
         "correct username and password_file of the proxy, or have its owner exempt {host} from "
         "authentication"},
    [REASON_PROXY_DENIED] = {"proxy_denied", FAULT_PROXY,
                             "proxy {proxy} denies the tunnel to {host}: {connect_answer}",
                             "have the proxy's owner allow CONNECT to {host}"},
    [REASON_PROXY_CANNOT_REACH_TARGET] =
        {"proxy_cannot_reach_target", FAULT_PROXY,
         "proxy {proxy} cannot reach {host}: {connect_answer}{compared_with_direct}",
         "have the proxy's owner check DNS, routing and firewalls from the proxy to {host}"},
    [REASON_PROXY_PROTOCOL_ERROR] =
        {"proxy_protocol_error", FAULT_PROXY,
         "proxy {proxy} gives no usable answer to CONNECT {host}: {connect_answer}",
         "check that the proxy's url names an HTTP proxy and the right port; if it does, ask the "
         "proxy's owner"},
    [REASON_TLS_INTERCEPTED] =
        {"tls_intercepted", FAULT_PROXY,
         "proxy {proxy} intercepts TLS: {interception}; our certificate can never reach the server",
         "have the proxy's owner tunnel {host} without interception, protocol detection or "
         "authentication"},
    [REASON_TUNNEL_RESET] =
        {"tunnel_reset", FAULT_PROXY,
         "proxy {proxy} opened the tunnel to {host} and then broke it: "
         "{seen}{compared_with_direct}",
         "have the proxy's owner allow {host} and tunnel it without protocol detection"},
    [REASON_NO_ANSWER_THROUGH_TUNNEL] =
        {"no_answer_through_tunnel", FAULT_UNKNOWN,
         "proxy {proxy} opened the tunnel to {host}, but no TLS server answered in it: {seen}; "
         "without a working direct route it cannot be told whether proxy or server is at fault",
         "probe the direct route as well, or look into the logs of the proxy and of the server"},

    [REASON_STARTTLS_BLOCKED] =
        {"starttls_blocked", FAULT_PROXY,
         "proxy {proxy} does not let TLS begin with {host}: {starttls}; on the direct route it "
         "begins",
         "have the proxy's owner tunnel {host} without looking into the connection"},

    /* asking for TLS */
    [REASON_STARTTLS_REFUSED] = {"starttls_refused", FAULT_SERVER,
                                 "{host} does not go on to TLS: {starttls}{alone}",
                                 "have the server's owner enable TLS on this port, or correct the "
                                 "port{starttls_hint}"},
    [REASON_STARTTLS_TIMED_OUT] =
        {"starttls_timed_out", FAULT_SERVER,
         "{host} accepts the TCP connection, but {starttls_silence} within {timeout}{alone}",
         "check that this port speaks {protocol} and that its server is not overloaded"
         "{starttls_hint}"},
    [REASON_STARTTLS_PROTOCOL_ERROR] =
        {"starttls_protocol_error", FAULT_SERVER,
         "{host} does not lead to TLS as {protocol} does: {starttls}{alone}", "{starttls_repair}"},

    /* the server's side of the handshake */
    [REASON_SERVER_CERTIFICATE_UNTRUSTED] =
        {"server_certificate_untrusted", FAULT_SERVER,
         "the certificate of {host} is not trusted: {verification}; it is {server_certificate}"
         "{alone}",
         "have the server's owner present a server certificate with its whole chain up to a CA in "
         "{trust_store}, or give that CA as ca_file"},
    [REASON_SERVER_CERTIFICATE_EXPIRED] =
        {"server_certificate_expired", FAULT_SERVER,
         "the certificate {expired_certificate} that {host} presents expired on {server_not_after}"
         "{alone}",
         "have the server's owner renew it"},
    [REASON_SERVER_CERTIFICATE_NOT_YET_VALID] =
        {"server_certificate_not_yet_valid", FAULT_SERVER,
         "the certificate {future_certificate} that {host} presents is not valid before "
         "{server_not_before}{alone}",
         "check the clocks of this machine and of the CA, or have the server's owner present a "
         "certificate that is valid now"},
    [REASON_SERVER_NAME_MISMATCH] =
        {"server_name_mismatch", FAULT_SERVER,
         "the certificate of {host} is not issued for {server_name} but for {server_names}{alone}",
         "have the server's owner get a certificate for {server_name}, or correct address or "
         "server_name"},
    [REASON_TLS_VERSION_NOT_SUPPORTED] =
        {"tls_version_not_supported", FAULT_SERVER, "{host} does not speak {tls_versions}: {seen}",
         "have the server's owner enable {tls_versions}, or change tls_min and tls_max"},
    [REASON_TLS_HANDSHAKE_TIMED_OUT] =
        {"tls_handshake_timed_out", FAULT_SERVER,
         "{host} did not finish the TLS handshake within {timeout}{alone}",
         "check that a TLS server listens on this port and is not overloaded"},
    [REASON_TLS_HANDSHAKE_FAILED] = {"tls_handshake_failed", FAULT_SERVER,
                                     "{broken_handshake} {host}{failing_where}: {seen}{alone}",
                                     "check that a TLS server listens on this port; its log "
                                     "should name the cause"},

    /* our certificate */
    [REASON_CLIENT_CERTIFICATE_MISSING] =
        {"client_certificate_missing", FAULT_CLIENT,
         "{host} requires a client certificate, and {why_missing}: {seen}", "{supply}{ca_hint}"},
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
         "have a new client certificate issued in place of {own_subject}"},
    [REASON_CLIENT_CERTIFICATE_USAGE] =
        {"client_certificate_usage", FAULT_CLIENT,
         "our certificate is not issued for client authentication, and {host} refuses it: {seen}",
         "have a certificate issued with the extended key usage clientAuth"},
    [REASON_CLIENT_SIGNATURE_NOT_ACCEPTED] =
        {"client_signature_not_accepted", FAULT_CLIENT,
         "{host} takes signatures by {signature_algorithms} only, and our key, {own_key_type}, "
         "makes none of these: {seen}",
         "present a certificate with a key that the server takes, or have the server's owner "
         "allow signatures by {own_key_type}"},
    [REASON_CLIENT_CERTIFICATE_ISSUER_NOT_ACCEPTED] =
        {"client_certificate_issuer_not_accepted", FAULT_CLIENT,
         "{host} refuses our certificate: {seen}; its issuer {own_issuer} is not among the CAs "
         "that the server accepts: {ca_names}",
         "present a certificate of one of these CAs, or have the server's owner add "
         "{own_issuer}{chain_hint}"},
    [REASON_CLIENT_CERTIFICATE_WRONG_ACCOUNT] =
        {"client_certificate_wrong_account", FAULT_CLIENT,
         "{host} does not take our certificate {own_subject} for the account {account}: {seen}",
         "name the account that the certificate belongs to (user in login, or --login-user), or "
         "have "
         "the server's owner map it to {account}"},
    [REASON_CLIENT_KEY_MISMATCH] = {"client_key_mismatch", FAULT_CLIENT,
                                    "our certificate cannot be used: {credential_problem}",
                                    "put the key that belongs to the certificate into key_file"},
    [REASON_CLIENT_CERTIFICATE_REJECTED] =
        {"client_certificate_rejected", FAULT_CLIENT, "{host} refuses our certificate: {seen}",
         "compare the CAs that the server trusts with {own_issuer}; the server's log should say "
         "more"},
    [REASON_SERVER_REJECTS_VALID_CERTIFICATE] =
        {"server_rejects_valid_certificate", FAULT_SERVER,
         "{host} refuses our certificate ({seen}), though it is in its dates, meant for clients, "
         "and of a CA that the server lists as acceptable",
         "have the server's owner check whether it is revoked, then its trust store and verify "
         "depth{chain_hint}"},
    [REASON_REFUSED_WITHOUT_REASON] =
        {"refused_without_reason", FAULT_UNKNOWN,
         "{host} asked for a certificate, was sent ours, and then ended the connection: {seen}",
         "look into the server's log: it alone knows why"},

    /* HTTP */
    [REASON_HTTP_NO_ANSWER] = {"http_no_answer", FAULT_SERVER,
                               "{host} finished the TLS handshake, but {http_failure}",
                               "check that this port speaks HTTP; the server's log should name "
                               "the cause"},
    [REASON_HTTP_STATUS_UNEXPECTED] =
        {"http_status_unexpected", FAULT_SERVER,
         "{host} answers {seen}, which is not expected{status_contrast}",
         "correct path or expect_status, or have the server's owner look into its log"},

    /* other protocols over TLS */
    [REASON_SERVICE_NO_ANSWER] =
        {"service_no_answer", FAULT_SERVER,
         "{host} finished the TLS handshake, but does not answer as {protocol} does: {seen}",
         "check that this port speaks {protocol}; the server's log should name the cause"},
    [REASON_SERVICE_REFUSED] = {"service_refused", FAULT_SERVER,
                                "{host} answers {seen}, which is not expected{status_contrast}",
                                "{account_hint}have the server's owner look into its log"},

    /* what the owner expects */
    [REASON_CLIENT_CERTIFICATE_NOT_REQUESTED] =
        {"client_certificate_not_requested", FAULT_SERVER,
         "{host} does not ask for a client certificate{unasked}{alone}",
         "have the server's owner request client certificates where its TLS ends "
         "({request_setting})"},
    [REASON_CLIENT_CERTIFICATE_NOT_REQUIRED] =
        {"client_certificate_not_required", FAULT_SERVER,
         "{host} asks for a client certificate but admits clients without one",
         "have the server's owner require client certificates, or expect client_certificate = "
         "\"optional\""},
    [REASON_CLIENT_CERTIFICATE_REQUIRED_UNEXPECTEDLY] =
        {"client_certificate_required_unexpectedly", FAULT_SERVER,
         "{host} {asks_or_requires} a client certificate, which is not expected",
         "have the server's owner correct this, or expect client_certificate = {policy_seen}"},
    [REASON_UNTRUSTED_CERTIFICATE_ACCEPTED] =
        {"untrusted_certificate_accepted", FAULT_SERVER,
         "{host} admits a certificate that no CA has signed: it does not verify client "
         "certificates",
         "have the server's owner verify client certificates against their CA"},

    /* this program */
    [REASON_HANDSHAKE_MESSAGE_TOO_LONG] =
        {"handshake_message_too_long", FAULT_EXPORTER,
         "{host} sends a TLS message of {message_bytes} bytes{listed}, more than this exporter's "
         "TLS library takes: the handshake cannot go on",
         "have the server's owner list fewer CAs in its request, or build wolfSSL with a larger "
         "MAX_HANDSHAKE_SZ"},
    [REASON_RENEGOTIATION_NOT_SUPPORTED] =
        {"renegotiation_not_supported", FAULT_EXPORTER,
         "{host} wants to renegotiate TLS (HelloRequest) before it goes on, as servers do that ask "
         "for a client certificate on some paths only; this exporter's TLS library cannot: {seen}",
         "have the server's owner ask for the certificate in the first handshake (Apache: "
         "SSLVerifyClient in the virtual host, not in a Location or Directory), or let TLS 1.3 be "
         "spoken, which asks later without renegotiation"},
    [REASON_TIMED_OUT_LOCALLY] = {"timed_out_locally", FAULT_EXPORTER,
                                  "this exporter itself was too late to tell: its machine is "
                                  "overloaded",
                                  "give the exporter more CPU, or probe fewer targets"},
    [REASON_OUT_OF_RESOURCES] = {"out_of_resources", FAULT_EXPORTER,
                                 "this exporter could not probe: {system_error}",
                                 "raise the exporter's limit of open files or of memory"},
    [REASON_CREDENTIAL_UNREADABLE] = {"credential_unreadable", FAULT_EXPORTER,
                                      "this exporter cannot use its files: {credential_problem}",
                                      "correct the file, and let the exporter's user read it"},
};

const struct reason_row *reason_row(enum reason reason)
{
  return &rows[reason];
}
