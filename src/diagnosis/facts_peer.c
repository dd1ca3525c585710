/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "facts.h"

/* ---- the server's certificate ---------------------------------------------------------- */

static const struct certificate *leaf_of(const struct scene *scene)
{
  return scene->seen != NULL ? &scene->seen->tls.chain[0] : NULL;
}

static void fact_verification(const struct scene *scene, struct buffer *out)
{
  add_text(out, scene->seen != NULL ? scene->seen->tls.verification_text : NULL, "not verified");
}

static void fact_server_certificate(const struct scene *scene, struct buffer *out)
{
  add_certificate(out, leaf_of(scene));
}

static void fact_server_names(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = leaf_of(scene);
  bool has_names = leaf != NULL && leaf->dns_names != NULL && leaf->dns_names[0] != '\0';
  if (has_names) {
    add_text(out, leaf->dns_names, "");
  } else {
    add_quoted(out, leaf != NULL ? leaf->subject : NULL);
  }
}

static void fact_server_name(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, target_server_name(scene->input->target));
}

static bool expired(const struct certificate *certificate, int64_t now)
{
  return now > certificate->not_after;
}

static bool in_future(const struct certificate *certificate, int64_t now)
{
  return now < certificate->not_before;
}

/* The presented one to which it applies, from the leaf upwards; where none is, the leaf. */
static const struct certificate *presented(const struct scene *scene,
                                           bool (*applies)(const struct certificate *, int64_t))
{
  for (size_t i = 0; scene->seen != NULL && i < scene->seen->tls.chain_length; i++) {
    if (applies(&scene->seen->tls.chain[i], scene->input->now_seconds)) {
      return &scene->seen->tls.chain[i];
    }
  }
  return leaf_of(scene);
}

static void fact_expired_certificate(const struct scene *scene, struct buffer *out)
{
  add_certificate(out, presented(scene, expired));
}

static void fact_server_not_after(const struct scene *scene, struct buffer *out)
{
  const struct certificate *certificate = presented(scene, expired);
  add_date(out, certificate != NULL ? certificate->not_after : 0);
}

static void fact_future_certificate(const struct scene *scene, struct buffer *out)
{
  add_certificate(out, presented(scene, in_future));
}

static void fact_server_not_before(const struct scene *scene, struct buffer *out)
{
  const struct certificate *certificate = presented(scene, in_future);
  add_date(out, certificate != NULL ? certificate->not_before : 0);
}

static void fact_trust_store(const struct scene *scene, struct buffer *out)
{
  bool configured = scene->input->target->probe.ca_file != NULL;
  buffer_append_text(out, configured ? "ca_file" : "this machine's trust store");
}

/* ---- what it said ---------------------------------------------------------------------- */

static void fact_tls_versions(const struct scene *scene, struct buffer *out)
{
  const struct probe_settings *settings = &scene->input->target->probe;
  buffer_append_text(out, tls_version_name(settings->tls_min));
  if (settings->tls_max != settings->tls_min) {
    buffer_append_format(out, " to %s", tls_version_name(settings->tls_max));
  }
}

/* Line ends and tabs of a page are U+FFFD by now (base/text.h). */
static const char line_end[] = "\xEF\xBF\xBD";

static const char *skip_blanks(const char *text)
{
  for (;;) {
    if (*text == ' ') {
      text++;
    } else if (strncmp(text, line_end, strlen(line_end)) == 0) {
      text += strlen(line_end);
    } else {
      return text;
    }
  }
}

/* What a page says in short: its title, or all of it where it is one short line. */
static void add_page(struct buffer *out, const char *body)
{
  enum { PAGE_SHOWN_BYTES = 120 };
  const char *title = strcasestr(body, "<title>");
  const char *begin = skip_blanks(title != NULL ? title + strlen("<title>") : body);
  size_t length = strcspn(begin, "<");
  const char *end = strstr(begin, line_end);
  if (end != NULL && (size_t)(end - begin) < length) {
    length = (size_t)(end - begin);
  }
  if (length > 0 && length <= PAGE_SHOWN_BYTES) {
    buffer_append_text(out, " \"");
    buffer_append(out, begin, length);
    buffer_append_char(out, '"');
  }
}

void add_ending(struct buffer *out, const struct scene *scene)
{
  const struct observation *observation = scene->observation;
  const struct tls_observation *tls = &observation->tls;
  if (tls->alert_received != ALERT_NONE) {
    add_alert(out, tls->alert_received);
  } else if (observation->timed_out) {
    buffer_append_text(out, "nothing more came within ");
    add_timeout(out, scene);
  } else if (observation->http.malformed) {
    buffer_append_text(out, "what it sends is not HTTP");
  } else if (observation->service.malformed) {
    buffer_append_text(out, "what it sends cannot be read");
  } else if (tls->ending == ENDING_RESET) {
    buffer_append_text(out, "connection reset without an alert");
  } else if (tls->ending == ENDING_EOF || tls->ending == ENDING_CLOSE_NOTIFY) {
    buffer_append_text(out, "connection closed without an alert");
  } else if (tls->ending == ENDING_ERROR) {
    buffer_append_text(out, strerror(tls->system_error));
  } else {
    add_text(out, tls->library_error_text, "the connection ended");
  }
}

void add_http(struct buffer *out, const struct http_observation *http)
{
  buffer_append_format(out, "HTTP %d", http->status);
  if (http->body_excerpt != NULL) {
    add_page(out, http->body_excerpt);
  }
}

static void fact_seen(const struct scene *scene, struct buffer *out)
{
  if (scene->observation->http.status > 0) {
    add_http(out, &scene->observation->http);
  } else if (scene->observation->ended_in == PHASE_STARTTLS) {
    add_starttls(out, scene);
  } else if (scene->observation->service.reply.kind != REPLY_NONE) {
    add_service_reply(out, scene);
  } else {
    add_ending(out, scene);
  }
}

static void fact_message_bytes(const struct scene *scene, struct buffer *out)
{
  buffer_append_format(out, "%zu", scene->observation->tls.refused_message_bytes);
}

/* The long message is the request, in all likelihood: nothing else grows so. */
static void fact_listed(const struct scene *scene, struct buffer *out)
{
  const struct tls_observation *tls = &scene->observation->tls;
  if (tls->certificate_request_read && tls->acceptable_issuers_truncated) {
    buffer_append_format(out, ", its request for a certificate with %zu CA names and more",
                         tls->acceptable_issuers_listed);
  }
}

static bool handshake_done(const struct scene *scene)
{
  return scene->observation->ended_in > PHASE_HANDSHAKE;
}

static void fact_broken_handshake(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out,
                     handshake_done(scene) ? "the TLS connection with" : "the TLS handshake with");
}

static void fact_failing_where(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, handshake_done(scene) ? " ended right after the handshake" : " failed");
}

static void fact_http_failure(const struct scene *scene, struct buffer *out)
{
  const struct observation *observation = scene->observation;
  if (observation->http.status == 0) {
    buffer_append_text(out, "did not answer the HTTP request: ");
    add_ending(out, scene);
    return;
  }
  buffer_append_text(out, "did not finish its answer (");
  add_http(out, &observation->http);
  buffer_append_text(out, ") within ");
  add_timeout(out, scene);
}

static bool same_reply(const struct reply_observation *a, const struct reply_observation *b)
{
  return a->kind == b->kind && a->code != NULL && b->code != NULL && strcmp(a->code, b->code) == 0;
}

static bool same_answer(const struct observation *a, const struct observation *b)
{
  return a->http.status > 0 ? a->http.status == b->http.status
                            : same_reply(&a->service.reply, &b->service.reply);
}

/* What an unexpected answer says about certificates, with the one to a client without any beside
 * it. */
static void fact_status_contrast(const struct scene *scene, struct buffer *out)
{
  const struct observation *none = scene->input->observations[PRESENTED_NONE];
  if (scene->verdict->accepted == ANSWER_YES) {
    buffer_append_text(out, "; the client certificate itself is accepted");
  } else if (none != NULL && none != scene->observation && same_answer(none, scene->observation)) {
    buffer_append_text(out, "; it answers the same without a client certificate, so this says "
                            "nothing about certificates");
  }
}

static void fact_unasked(const struct scene *scene, struct buffer *out)
{
  if (main_outcome(scene->input) == OUTCOME_REFUSED) {
    buffer_append_text(out, ", yet refuses for want of one: ");
    fact_seen(scene, out);
  } else {
    buffer_append_text(out, ": mutual TLS is off, everybody is admitted");
  }
}

/* Where a well-known server is told to request certificates, and to require them. */
static const struct {
  const char *to_request;
  const char *to_require;
} request_settings[PROTOCOL_COUNT] = {
    [PROTOCOL_TLS] = {"nginx: ssl_verify_client optional", "nginx: ssl_verify_client on"},
    [PROTOCOL_HTTPS] = {"nginx: ssl_verify_client optional", "nginx: ssl_verify_client on"},
    [PROTOCOL_SMTP] = {"Postfix: smtpd_tls_ask_ccert", "Postfix: smtpd_tls_req_ccert"},
    [PROTOCOL_IMAP] = {"Dovecot: ssl_verify_client_cert", "Dovecot: auth_ssl_require_client_cert"},
    [PROTOCOL_POP3] = {"Dovecot: ssl_verify_client_cert", "Dovecot: auth_ssl_require_client_cert"},
    [PROTOCOL_LDAP] = {"slapd: TLSVerifyClient try", "slapd: TLSVerifyClient demand"},
    [PROTOCOL_POSTGRES] = {"PostgreSQL: ssl_ca_file", "PostgreSQL: ssl_ca_file and clientcert"},
    [PROTOCOL_MYSQL] = {"MariaDB: ssl_ca", "MariaDB: ssl_ca and REQUIRE X509"},
    [PROTOCOL_XMPP] = {"Prosody: verify = peer", "Prosody: verify with fail_if_no_peer_cert"},
};

static void fact_request_setting(const struct scene *scene, struct buffer *out)
{
  const struct probe_settings *settings = &scene->input->target->probe;
  bool optional = settings->expect_client_certificate == CERTIFICATE_OPTIONAL;
  buffer_append_text(out, optional ? request_settings[settings->protocol].to_request
                                   : request_settings[settings->protocol].to_require);
}

static void fact_asks_or_requires(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, scene->verdict->required == ANSWER_YES ? "requires" : "asks for");
}

static void fact_policy_seen(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, scene->verdict->required == ANSWER_YES ? "\"required\"" : "\"optional\"");
}

const struct fact peer_facts[] = {
    {"verification", fact_verification},
    {"server_certificate", fact_server_certificate},
    {"server_names", fact_server_names},
    {"server_name", fact_server_name},
    {"expired_certificate", fact_expired_certificate},
    {"server_not_after", fact_server_not_after},
    {"future_certificate", fact_future_certificate},
    {"server_not_before", fact_server_not_before},
    {"trust_store", fact_trust_store},
    {"tls_versions", fact_tls_versions},
    {"seen", fact_seen},
    {"message_bytes", fact_message_bytes},
    {"listed", fact_listed},
    {"broken_handshake", fact_broken_handshake},
    {"failing_where", fact_failing_where},
    {"http_failure", fact_http_failure},
    {"status_contrast", fact_status_contrast},
    {"unasked", fact_unasked},
    {"request_setting", fact_request_setting},
    {"asks_or_requires", fact_asks_or_requires},
    {"policy_seen", fact_policy_seen},
    {NULL, NULL},
};
