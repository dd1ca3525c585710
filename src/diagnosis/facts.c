/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/duration.h"
#include "evidence.h"

/* The {facts} that a sentence of reason.c may hold, each written by one function. */

enum { SENTENCE_LIMIT_BYTES = 8192, ISSUERS_SHOWN = 4, TEXT_SHOWN = 160 };

struct scene {
  const struct diagnosis_input *input;
  const struct verdict *verdict;
  const struct observation *observation; /* NULL: none */
  const struct certificate *leaf;        /* that the server presented on this route, or NULL */
};

static void add_endpoint(struct buffer *out, const char *host, uint16_t port)
{
  buffer_append_format(out, strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
}

static void add_date(struct buffer *out, int64_t seconds)
{
  time_t moment = (time_t)seconds;
  struct tm parts;
  char text[64] = "an unknown date";
  if (gmtime_r(&moment, &parts) != NULL) {
    (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
  }
  buffer_append_text(out, text);
}

static void add_or(struct buffer *out, const char *text, const char *otherwise)
{
  buffer_append_text(out, text != NULL && text[0] != '\0' ? text : otherwise);
}

/* ---- who and where -------------------------------------------------------------------- */

static void fact_host(const struct scene *scene, struct buffer *out)
{
  add_endpoint(out, scene->input->target->host, scene->input->target->port);
}

static void fact_first_host(const struct scene *scene, struct buffer *out)
{
  const struct proxy *proxy = scene->input->route->proxy;
  buffer_append_text(out, proxy != NULL ? proxy->host : scene->input->target->host);
}

static void fact_proxy(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, scene->input->route->name);
}

static void fact_at_address(const struct scene *scene, struct buffer *out)
{
  if (scene->observation != NULL && scene->observation->peer_address != NULL) {
    buffer_append_format(out, " (%s)", scene->observation->peer_address);
  }
}

static void fact_timeout(const struct scene *scene, struct buffer *out)
{
  char text[64];
  duration_format(scene->input->target->probe.timeout_ms, text, sizeof(text));
  buffer_append_text(out, text);
}

static void fact_resolve_error(const struct scene *scene, struct buffer *out)
{
  const struct observation *observation = scene->observation;
  if (observation->timed_out) {
    buffer_append_text(out, "no DNS server answered within ");
    fact_timeout(scene, out);
    return;
  }
  add_or(out, observation->resolve_error, "unknown error");
}

static void fact_system_error(const struct scene *scene, struct buffer *out)
{
  const struct observation *observation = scene->observation;
  if (observation == NULL) {
    buffer_append_text(out, "out of memory");
  } else if (observation->timed_out) {
    buffer_append_text(out, "no answer within ");
    fact_timeout(scene, out);
  } else {
    buffer_append_text(out, observation->connect_error != 0 ? strerror(observation->connect_error)
                                                            : "out of memory");
  }
}

/* ---- the proxy ------------------------------------------------------------------------ */

static void fact_connect_answer(const struct scene *scene, struct buffer *out)
{
  const struct tunnel_observation *tunnel = &scene->observation->tunnel;
  if (tunnel->connect_status != 0) {
    buffer_append_format(out, "%d %s", tunnel->connect_status,
                         tunnel->reason_phrase != NULL ? tunnel->reason_phrase : "");
    if (tunnel->x_squid_error != NULL) {
      buffer_append_format(out, " (X-Squid-Error: %s)", tunnel->x_squid_error);
    }
    if (tunnel->proxy_status != NULL) {
      buffer_append_format(out, " (Proxy-Status: %s)", tunnel->proxy_status);
    }
    if (tunnel->early_bytes) {
      buffer_append_text(out, ", then bytes that nobody had asked for");
    }
  } else if (tunnel->malformed) {
    buffer_append_text(out, "what it sends is no HTTP answer");
  } else {
    buffer_append_text(out, tunnel->ending == ENDING_RESET
                                ? "it reset the connection"
                                : "it closed the connection without an answer");
  }
}

static void fact_challenge(const struct scene *scene, struct buffer *out)
{
  const char *challenge = scene->observation->tunnel.proxy_authenticate;
  if (challenge != NULL) {
    buffer_append_format(out, ", Proxy-Authenticate: %s", challenge);
  }
}

static void fact_proxy_tls_failure(const struct scene *scene, struct buffer *out)
{
  const struct tls_observation *tls = &scene->observation->proxy_tls;
  if (tls->verification_text != NULL) {
    buffer_append_format(out, "its certificate is not trusted: %s", tls->verification_text);
  } else if (scene->observation->timed_out) {
    buffer_append_text(out, "no answer in time");
  } else if (tls->alert_received != ALERT_NONE) {
    buffer_append_format(out, "alert %s (%d)", alert_name(tls->alert_received),
                         tls->alert_received);
  } else {
    add_or(out, tls->library_error_text, "it closed the connection");
  }
}

static void fact_compared_with_direct(const struct scene *scene, struct buffer *out)
{
  if (direct_handshake_works(scene->input)) {
    buffer_append_text(out, "; direct, the server answers");
  }
}

static void fact_interception(const struct scene *scene, struct buffer *out)
{
  const struct observation *direct = certificate_observation(scene->input->direct);
  buffer_append_text(out, "issuer \"");
  add_or(out, scene->leaf != NULL ? scene->leaf->issuer : NULL, "an unknown issuer");
  if (direct != NULL && direct->tls.chain_length > 0) {
    buffer_append_text(out, "\" instead of \"");
    add_or(out, direct->tls.chain[0].issuer, "an unknown issuer");
  }
  buffer_append_char(out, '"');
  if (requested_by(scene->input->direct) == ANSWER_YES &&
      requested_by(scene->input->observations) == ANSWER_NO) {
    buffer_append_text(out, ", and the server's request for a certificate never arrived");
  }
}

/* ---- the server ----------------------------------------------------------------------- */

static void fact_verification(const struct scene *scene, struct buffer *out)
{
  const struct observation *seen = certificate_observation(scene->input->observations);
  add_or(out, seen != NULL ? seen->tls.verification_text : NULL, "not verified");
}

static void fact_server_certificate(const struct scene *scene, struct buffer *out)
{
  if (scene->leaf == NULL || scene->leaf->subject == NULL) {
    buffer_append_text(out, "not readable");
    return;
  }
  buffer_append_format(out, "\"%s\" issued by \"%s\"", scene->leaf->subject, scene->leaf->issuer);
}

static void fact_server_names(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = scene->leaf;
  if (leaf != NULL && leaf->dns_names != NULL && leaf->dns_names[0] != '\0') {
    buffer_append_text(out, leaf->dns_names);
  } else {
    add_or(out, leaf != NULL ? leaf->subject : NULL, "nobody");
  }
}

static void fact_server_name(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, target_server_name(scene->input->target));
}

/* The chain as presented may have expired above the leaf. */
static int64_t chain_not_after(const struct scene *scene)
{
  const struct observation *seen = certificate_observation(scene->input->observations);
  int64_t earliest = scene->leaf != NULL ? scene->leaf->not_after : 0;
  for (size_t i = 0; seen != NULL && i < seen->tls.chain_length; i++) {
    if (seen->tls.chain[i].not_after < earliest) {
      earliest = seen->tls.chain[i].not_after;
    }
  }
  return earliest;
}

static void fact_server_not_after(const struct scene *scene, struct buffer *out)
{
  add_date(out, chain_not_after(scene));
}

static void fact_server_not_before(const struct scene *scene, struct buffer *out)
{
  add_date(out, scene->leaf != NULL ? scene->leaf->not_before : 0);
}

static void fact_alone(const struct scene *scene, struct buffer *out)
{
  if (!is_direct(scene->input) && certificate_observation(scene->input->direct) == NULL) {
    buffer_append_text(out, "; a proxy that intercepts would look the same, and there is no "
                            "direct route to compare with");
  }
}

static void fact_tls_versions(const struct scene *scene, struct buffer *out)
{
  const struct probe_settings *settings = &scene->input->target->probe;
  buffer_append_text(out, tls_version_name(settings->tls_min));
  if (settings->tls_max != settings->tls_min) {
    buffer_append_format(out, " to %s", tls_version_name(settings->tls_max));
  }
}

/* The title of an HTML page is the shortest that a person recognises. */
static void add_body(struct buffer *out, const char *body)
{
  const char *title = strcasestr(body, "<title>");
  const char *begin = title != NULL ? title + strlen("<title>") : body;
  size_t length = strcspn(begin, "<");
  if (length > 0 && length <= TEXT_SHOWN) {
    buffer_append_text(out, " \"");
    buffer_append(out, begin, length);
    buffer_append_char(out, '"');
  }
}

static void add_ending(struct buffer *out, const struct observation *observation)
{
  const struct tls_observation *tls = &observation->tls;
  if (observation->timed_out) {
    buffer_append_text(out, "nothing more came in time");
  } else if (tls->alert_received != ALERT_NONE) {
    buffer_append_format(out, "alert %s (%d)", alert_name(tls->alert_received),
                         tls->alert_received);
  } else if (tls->ending == ENDING_RESET) {
    buffer_append_text(out, "connection reset without an alert");
  } else if (tls->ending == ENDING_EOF || tls->ending == ENDING_CLOSE_NOTIFY) {
    buffer_append_text(out, "connection closed without an alert");
  } else if (tls->ending == ENDING_ERROR) {
    buffer_append_text(out, strerror(tls->system_error));
  } else if (observation->http.malformed) {
    buffer_append_text(out, "what it sends is not HTTP");
  } else {
    add_or(out, tls->library_error_text, "it went no further");
  }
}

static void fact_seen(const struct scene *scene, struct buffer *out)
{
  const struct observation *observation = scene->observation;
  if (observation->http.status == 0) {
    add_ending(out, observation);
    return;
  }
  buffer_append_format(out, "HTTP %d", observation->http.status);
  if (observation->http.body_excerpt != NULL) {
    add_body(out, observation->http.body_excerpt);
  }
}

/* ---- our certificate ------------------------------------------------------------------ */

static const struct certificate *own_leaf(const struct scene *scene)
{
  const struct credential_facts *credential = scene->input->credential;
  return credential != NULL && credential->chain_length > 0 ? &credential->chain[0] : NULL;
}

static void fact_own_subject(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = own_leaf(scene);
  buffer_append_format(out, "\"%s\"", leaf != NULL ? leaf->subject : "?");
}

static void fact_own_issuer(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = own_leaf(scene);
  buffer_append_format(out, "\"%s\"", leaf != NULL ? leaf->issuer : "?");
}

static void fact_own_not_after(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = own_leaf(scene);
  add_date(out, leaf != NULL ? leaf->not_after : 0);
}

static void fact_own_not_before(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = own_leaf(scene);
  add_date(out, leaf != NULL ? leaf->not_before : 0);
}

static void fact_credential_problem(const struct scene *scene, struct buffer *out)
{
  const struct credential_facts *credential = scene->input->credential;
  const char *local = scene->observation != NULL ? scene->observation->local_problem : NULL;
  if (local != NULL) {
    buffer_append_text(out, local);
  } else {
    add_or(out, credential != NULL ? credential->problem : NULL, "unknown problem");
  }
}

static void fact_ca_names(const struct scene *scene, struct buffer *out)
{
  const struct tls_observation *tls = &scene->observation->tls;
  size_t shown =
      tls->acceptable_issuer_count < ISSUERS_SHOWN ? tls->acceptable_issuer_count : ISSUERS_SHOWN;
  for (size_t i = 0; i < shown; i++) {
    buffer_append_format(out, "%s\"%s\"", i > 0 ? ", " : "", tls->acceptable_issuers[i]);
  }
  if (tls->acceptable_issuers_listed > shown) {
    buffer_append_format(out, " and %zu more", tls->acceptable_issuers_listed - shown);
  }
}

static void fact_ca_hint(const struct scene *scene, struct buffer *out)
{
  if (scene->observation->tls.acceptable_issuer_count > 0) {
    buffer_append_text(out, " with a certificate of ");
    fact_ca_names(scene, out);
  }
}

/* ---- the answers ---------------------------------------------------------------------- */

static void fact_admission(const struct scene *scene, struct buffer *out)
{
  const struct verdict *verdict = scene->verdict;
  if (verdict->requested != ANSWER_YES) {
    buffer_append_text(out, verdict->requested == ANSWER_NO
                                ? "it asks for no client certificate"
                                : "whether it asks for a client certificate is not known");
    return;
  }
  buffer_append_text(out, verdict->required == ANSWER_YES ? "a client certificate is required"
                          : verdict->required == ANSWER_NO
                              ? "a client certificate is asked for, not required"
                              : "a client certificate is asked for");
  if (verdict->accepted != ANSWER_UNKNOWN) {
    buffer_append_text(out, ", and ours is accepted");
  }
  if (verdict->tunnel == TUNNEL_INTACT) {
    buffer_append_text(out, ", through an intact tunnel");
  }
}

static void fact_asks_or_requires(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, scene->verdict->required == ANSWER_YES ? "requires" : "asks for");
}

static const struct fact {
  const char *name;
  void (*write)(const struct scene *scene, struct buffer *out);
} facts[] = {
    {"host", fact_host},
    {"first_host", fact_first_host},
    {"proxy", fact_proxy},
    {"at_address", fact_at_address},
    {"timeout", fact_timeout},
    {"resolve_error", fact_resolve_error},
    {"system_error", fact_system_error},
    {"connect_answer", fact_connect_answer},
    {"challenge", fact_challenge},
    {"proxy_tls_failure", fact_proxy_tls_failure},
    {"compared_with_direct", fact_compared_with_direct},
    {"interception", fact_interception},
    {"verification", fact_verification},
    {"server_certificate", fact_server_certificate},
    {"server_names", fact_server_names},
    {"server_name", fact_server_name},
    {"server_not_after", fact_server_not_after},
    {"server_not_before", fact_server_not_before},
    {"alone", fact_alone},
    {"tls_versions", fact_tls_versions},
    {"seen", fact_seen},
    {"own_subject", fact_own_subject},
    {"own_issuer", fact_own_issuer},
    {"own_not_after", fact_own_not_after},
    {"own_not_before", fact_own_not_before},
    {"credential_problem", fact_credential_problem},
    {"ca_names", fact_ca_names},
    {"ca_hint", fact_ca_hint},
    {"admission", fact_admission},
    {"asks_or_requires", fact_asks_or_requires},
};

/* Writes the fact whose name is at form, up to the closing brace; how long the name is. */
static size_t write_fact(const char *form, const struct scene *scene, struct buffer *out)
{
  size_t length = strcspn(form, "}");
  for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
    if (strlen(facts[i].name) == length && strncmp(facts[i].name, form, length) == 0) {
      facts[i].write(scene, out);
      return length;
    }
  }
  buffer_append_text(out, "{unknown fact}"); /* a test looks for it in every row */
  return length;
}

char *sentence(const char *form, const struct diagnosis_input *input, const struct verdict *verdict)
{
  const struct observation *seen = certificate_observation(input->observations);
  const struct scene scene = {
      .input = input,
      .verdict = verdict,
      .observation = main_observation(input),
      .leaf = seen != NULL ? &seen->tls.chain[0] : NULL,
  };
  struct buffer out;
  buffer_init(&out, SENTENCE_LIMIT_BYTES);
  while (*form != '\0') {
    size_t plain = strcspn(form, "{");
    buffer_append(&out, form, plain);
    form += plain;
    if (*form == '{') {
      form += 1 + write_fact(form + 1, &scene, &out);
      form += *form == '}';
    }
  }
  char *text = buffer_take(&out);
  buffer_deinit(&out);
  return text;
}
