/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "facts.h"
#include "model/address.h"

/* The observation of the way that failed: of a proxy route that works as far as the proxy, the
 * direct one. */
static const struct observation *way(const struct scene *scene)
{
  bool fails_here = network_cause(scene->observation) != REASON_NONE;
  return is_direct(scene->input) || fails_here ? scene->observation : main_of(scene->input->direct);
}

/* ---- where to -------------------------------------------------------------------------- */

static void fact_host(const struct scene *scene, struct buffer *out)
{
  char text[ENDPOINT_MAX];
  endpoint_text(scene->input->target->host, scene->input->target->port, text, sizeof(text));
  buffer_append_text(out, text);
}

static void fact_host_name(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, scene->input->target->host);
}

static void fact_timeout(const struct scene *scene, struct buffer *out)
{
  add_timeout(out, scene);
}

/* Nothing where the sentence names the address already: "10.0.0.1:443 (10.0.0.1:443)". */
static void fact_at_address(const struct scene *scene, struct buffer *out)
{
  const struct observation *observation = way(scene);
  if (observation == NULL || observation->peer_address == NULL) {
    return;
  }
  char target[ENDPOINT_MAX];
  endpoint_text(scene->input->target->host, scene->input->target->port, target, sizeof(target));
  if (strcmp(observation->peer_address, target) != 0 &&
      strcmp(observation->peer_address, scene->input->route->name) != 0) {
    buffer_append_format(out, " (%s)", observation->peer_address);
  }
}

static void fact_resolve_error(const struct scene *scene, struct buffer *out)
{
  const struct observation *observation = way(scene);
  if (observation != NULL && observation->timed_out) {
    buffer_append_text(out, "no DNS server answered within ");
    add_timeout(out, scene);
    return;
  }
  add_text(out, observation != NULL ? observation->resolve_error : NULL, "unknown error");
}

static void fact_system_error(const struct scene *scene, struct buffer *out)
{
  const struct observation *observation =
      scene->observation != NULL && scene->observation->out_of_resources ? scene->observation
                                                                         : way(scene);
  if (observation == NULL) {
    buffer_append_text(out, "out of memory or file descriptors");
  } else if (observation->connect_error != 0) {
    buffer_append_text(out, strerror(observation->connect_error));
  } else if (observation->starttls.system_error != 0) {
    buffer_append_text(out, strerror(observation->starttls.system_error));
  } else if (observation->timed_out) {
    buffer_append_text(out, "no answer within ");
    add_timeout(out, scene);
  } else {
    buffer_append_text(out, observation->out_of_resources ? "out of memory or file descriptors"
                                                          : "unknown error");
  }
}

/* ---- the proxy ------------------------------------------------------------------------- */

static void fact_proxy(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, scene->input->route->name);
}

static void fact_proxy_host(const struct scene *scene, struct buffer *out)
{
  const struct proxy *proxy = scene->input->route->proxy;
  buffer_append_text(out, proxy != NULL ? proxy->host : "none");
}

static void add_status(struct buffer *out, const struct tunnel_observation *tunnel)
{
  buffer_append_format(out, "%d", tunnel->connect_status);
  if (tunnel->reason_phrase != NULL && tunnel->reason_phrase[0] != '\0') {
    buffer_append_char(out, ' ');
    add_text(out, tunnel->reason_phrase, "");
  }
  if (tunnel->x_squid_error != NULL) {
    buffer_append_text(out, " (X-Squid-Error: ");
    add_text(out, tunnel->x_squid_error, "");
    buffer_append_char(out, ')');
  }
  if (tunnel->proxy_status != NULL) {
    buffer_append_text(out, " (Proxy-Status: ");
    add_text(out, tunnel->proxy_status, "");
    buffer_append_char(out, ')');
  }
  if (tunnel->early_bytes) {
    buffer_append_text(out, ", then bytes that nobody had asked for");
  }
}

/* The proxy opened the tunnel, and denies inside it (tunnel_state.c). */
static bool denied_inside(const struct scene *scene)
{
  return scene->verdict->tunnel == TUNNEL_DENIED && scene->observation->ended_in > PHASE_TUNNEL &&
         scene->observation->tls.server_hello_received;
}

static void add_page_of_denial(struct buffer *out, const struct scene *scene)
{
  buffer_append_text(out, "it opens it, and inside, with a certificate issued by ");
  add_quoted(out, scene->seen->tls.chain[0].issuer);
  buffer_append_text(out, ", answers ");
  add_http(out, &scene->input->observations[PRESENTED_NONE]->http);
}

static void fact_connect_answer(const struct scene *scene, struct buffer *out)
{
  const struct tunnel_observation *tunnel = &scene->observation->tunnel;
  int alert = scene->observation->proxy_tls.alert_received;
  if (denied_inside(scene)) {
    add_page_of_denial(out, scene);
  } else if (tunnel->connect_status != 0) {
    add_status(out, tunnel);
  } else if (tunnel->malformed) {
    buffer_append_text(out, "what it sends is no HTTP answer");
  } else if (alert != ALERT_NONE) {
    buffer_append_text(out, "it ends its own TLS with ");
    add_alert(out, alert);
  } else {
    buffer_append_text(out, tunnel->ending == ENDING_RESET
                                ? "it reset the connection"
                                : "it closed the connection without an answer");
  }
}

/* A target that is down for everybody is told from the direct route; this adds what the proxy
 * said. */
static void fact_through_proxy(const struct scene *scene, struct buffer *out)
{
  if (is_direct(scene->input)) {
    return;
  }
  buffer_append_text(out, "; proxy ");
  buffer_append_text(out, scene->input->route->name);
  if (scene->observation->timed_out) {
    buffer_append_text(out, " does not answer CONNECT either");
  } else {
    buffer_append_text(out, " does not reach it either: ");
    fact_connect_answer(scene, out);
  }
}

static void fact_proxy_silence(const struct scene *scene, struct buffer *out)
{
  bool opened = scene->observation->ended_in > PHASE_TUNNEL;
  buffer_append_text(out, opened ? "opened the tunnel to " : "did not answer CONNECT ");
  fact_host(scene, out);
  buffer_append_text(out, opened ? ", but nothing came back through it" : "");
}

static void fact_challenge(const struct scene *scene, struct buffer *out)
{
  const char *challenge = scene->observation->tunnel.proxy_authenticate;
  if (challenge != NULL) {
    buffer_append_text(out, ", Proxy-Authenticate: ");
    add_text(out, challenge, "");
  }
}

static void fact_proxy_tls_failure(const struct scene *scene, struct buffer *out)
{
  const struct tls_observation *tls = &scene->observation->proxy_tls;
  if (tls->verification > VERIFICATION_OK) {
    buffer_append_text(out, "its certificate does not verify: ");
    add_text(out, tls->verification_text, "not trusted");
  } else if (scene->observation->timed_out) {
    buffer_append_text(out, "no answer within ");
    add_timeout(out, scene);
  } else if (tls->alert_received != ALERT_NONE) {
    add_alert(out, tls->alert_received);
  } else if (tls->ending != ENDING_NONE) {
    buffer_append_text(out, tls->ending == ENDING_RESET ? "it reset the connection"
                                                        : "it closed the connection");
  } else {
    add_text(out, tls->library_error_text, "what it sends is not TLS");
  }
}

static void fact_compared_with_direct(const struct scene *scene, struct buffer *out)
{
  if (direct_handshake_works(scene->input)) {
    buffer_append_text(out, "; the direct route reaches the server");
  }
}

/* Nothing to compare with: what is seen here may be the proxy, unless the server's certificate
 * vouches for it. */
static void fact_alone(const struct scene *scene, struct buffer *out)
{
  const struct observation *direct = main_of(scene->input->direct);
  bool comparable = direct != NULL && direct->ended_in >= PHASE_HANDSHAKE;
  if (is_direct(scene->input) || comparable) {
    return;
  }
  if (scene->verdict->tunnel == TUNNEL_INTACT) {
    buffer_append_text(out, "; the tunnel is judged by the certificate in it alone");
  } else {
    buffer_append_text(out, "; or it is proxy ");
    buffer_append_text(out, scene->input->route->name);
    buffer_append_text(out, " that answers so");
  }
  buffer_append_text(out, ": there is no direct route to compare with");
}

static void fact_interception(const struct scene *scene, struct buffer *out)
{
  const struct observation *direct = certificate_observation(scene->input->direct);
  const char *via = scene->observation->http.via;
  buffer_append_text(out, "the certificate in the tunnel is issued by ");
  add_quoted(out, scene->seen != NULL ? scene->seen->tls.chain[0].issuer : NULL);
  if (direct != NULL) {
    buffer_append_text(out, ", on the direct route by ");
    add_quoted(out, direct->tls.chain[0].issuer);
  }
  if (request_is_missing(scene->input)) {
    buffer_append_text(out, ", and the server's request for ours does not come through");
  } else if (via != NULL) {
    buffer_append_text(out, ", and the answer names a proxy in Via: ");
    add_text(out, via, "");
  }
}

const struct fact route_facts[] = {
    {"host", fact_host},
    {"host_name", fact_host_name},
    {"timeout", fact_timeout},
    {"at_address", fact_at_address},
    {"resolve_error", fact_resolve_error},
    {"system_error", fact_system_error},
    {"proxy", fact_proxy},
    {"proxy_host", fact_proxy_host},
    {"connect_answer", fact_connect_answer},
    {"through_proxy", fact_through_proxy},
    {"proxy_silence", fact_proxy_silence},
    {"challenge", fact_challenge},
    {"proxy_tls_failure", fact_proxy_tls_failure},
    {"compared_with_direct", fact_compared_with_direct},
    {"alone", fact_alone},
    {"interception", fact_interception},
    {NULL, NULL},
};
