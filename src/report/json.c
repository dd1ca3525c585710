/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report_internal.h"

/* Every function that makes a value answers NULL where memory is out, and a value
 * that holds a NULL becomes NULL itself: so the failure reaches the top. */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct member {
  const char *key;
  json_t *value;
};

/* Takes over the values, also when it fails. */
static json_t *object(const struct member *members, size_t count)
{
  json_t *made = json_object();
  bool complete = made != NULL;
  for (size_t i = 0; i < count; i++) {
    complete = json_object_set_new(made, members[i].key, members[i].value) == 0 && complete;
  }
  if (!complete) {
    json_decref(made);
    return NULL;
  }
  return made;
}

enum { ADDRESS_BYTES = 4096, TEXT_LIMIT_BYTES = 1 << 20, NS_DIGITS = 15 };

/* json_string() refuses what is not UTF-8, and names of a file may not be. */
static json_t *text(const char *value)
{
  if (value == NULL) {
    return json_null();
  }
  json_t *string = json_string(value);
  if (string == NULL) {
    char *clean = text_clean(value, strlen(value), TEXT_LIMIT_BYTES);
    string = clean != NULL ? json_string(clean) : NULL;
    free(clean);
  }
  return string;
}

static json_t *answer(enum answer value)
{
  return value == ANSWER_UNKNOWN ? json_null() : json_boolean(value == ANSWER_YES);
}

static json_t *number_unless(int value, int absent)
{
  return value == absent ? json_null() : json_integer(value);
}

static json_t *seconds(int64_t ns)
{
  return json_real((double)ns / (double)NS_PER_SECOND);
}

/* Unix time to the millisecond; null for never. */
static json_t *timestamp(int64_t ns)
{
  int64_t ms = ns / NS_PER_MS;
  return ns == 0 ? json_null() : json_real((double)ms / 1000.0);
}

static json_t *own_labels(const struct target *target)
{
  json_t *labels = json_object();
  for (size_t i = 0; i < target->label_count; i++) {
    if (json_object_set_new(labels, target->labels[i].name, text(target->labels[i].value)) != 0) {
      json_decref(labels);
      return NULL;
    }
  }
  return labels;
}

/* null where the CertificateRequest could not be read; empty where none came. */
static json_t *acceptable_issuers(const struct route_view *route)
{
  const struct tls_observation *tls = view_certificate_request(route);
  const struct verdict *verdict = route->snapshot.verdict;
  if (tls == NULL && (verdict == NULL || verdict->requested != ANSWER_NO)) {
    return json_null();
  }
  json_t *array = json_array();
  for (size_t i = 0; tls != NULL && i < tls->acceptable_issuer_count; i++) {
    if (json_array_append_new(array, text(tls->acceptable_issuers[i])) != 0) {
      json_decref(array);
      return NULL;
    }
  }
  return array;
}

/* By name; "0x1234" for one that has none here. */
static json_t *signature_algorithms(const struct tls_observation *tls)
{
  if (tls == NULL) {
    return json_null();
  }
  json_t *array = json_array();
  for (size_t i = 0; i < tls->signature_algorithm_count; i++) {
    uint16_t scheme = tls->signature_algorithms[i];
    const char *name = signature_algorithm_name(scheme);
    json_t *value = name != NULL ? json_string(name) : json_sprintf("0x%04x", scheme);
    if (json_array_append_new(array, value) != 0) {
      json_decref(array);
      return NULL;
    }
  }
  return array;
}

static json_t *client_certificate(const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  bool known = verdict != NULL;
  const struct tls_observation *tls = view_certificate_request(route);
  const struct member members[] = {
      {"requested", answer(known ? verdict->requested : ANSWER_UNKNOWN)},
      {"requested_during", text(known ? requested_during_name(verdict->requested_during) : NULL)},
      {"required", answer(known ? verdict->required : ANSWER_UNKNOWN)},
      {"accepted", answer(known ? verdict->accepted : ANSWER_UNKNOWN)},
      {"accepted_by", text(known ? accepted_by_name(verdict->accepted_by) : NULL)},
      {"untrusted_accepted", answer(known ? verdict->untrusted_accepted : ANSWER_UNKNOWN)},
      {"issuer_acceptable", answer(known ? verdict->issuer_acceptable : ANSWER_UNKNOWN)},
      {"acceptable_issuers", acceptable_issuers(route)},
      {"acceptable_issuers_truncated",
       json_boolean(tls != NULL && tls->acceptable_issuers_truncated)},
      {"signature_algorithms", signature_algorithms(tls)},
  };
  return object(members, COUNT_OF(members));
}

static json_t *tunnel(const struct route_view *route)
{
  if (route->route->proxy == NULL) {
    return json_null();
  }
  const struct verdict *verdict = route->snapshot.verdict;
  const char *state = verdict != NULL ? tunnel_state_name(verdict->tunnel) : NULL;
  const struct observation *observation = view_tunnel(route);
  static const struct tunnel_observation nothing;
  const struct tunnel_observation *seen = observation != NULL ? &observation->tunnel : &nothing;
  const struct member members[] = {
      {"state", text(state != NULL ? state : tunnel_state_name(TUNNEL_UNKNOWN))},
      {"connect_status", number_unless(seen->connect_status, 0)},
      {"reason_phrase", text(seen->reason_phrase)},
      {"via", text(seen->via)},
      {"x_squid_error", text(seen->x_squid_error)},
      {"proxy_status", text(seen->proxy_status)},
      {"proxy_authenticate", text(seen->proxy_authenticate)},
  };
  return object(members, COUNT_OF(members));
}

static json_t *server_certificate(const struct route_view *route)
{
  const struct tls_observation *tls = view_server_chain(route);
  if (tls == NULL) {
    return json_null();
  }
  const struct certificate *leaf = &tls->chain[0];
  bool judged = tls->verification != VERIFICATION_NOT_DONE;
  const struct member members[] = {
      {"verified", judged ? json_boolean(tls->verification == VERIFICATION_OK) : json_null()},
      {"subject", text(leaf->subject)},
      {"issuer", text(leaf->issuer)},
      {"sha256", text(leaf->sha256)},
      {"spki_sha256", text(leaf->spki_sha256)},
      {"not_before", json_integer((json_int_t)leaf->not_before)},
      {"not_after", json_integer((json_int_t)leaf->not_after)},
      {"serial", text(leaf->serial)},
      {"dns_names", text(leaf->dns_names)},
      {"key_type", text(leaf->key_type)},
      {"verification", text(verification_name(tls->verification))},
      {"verification_text", text(tls->verification_text)},
      {"chain_length", json_integer((json_int_t)tls->chain_length)},
      {"chain_not_after", json_integer((json_int_t)chain_not_after(tls))},
  };
  return object(members, COUNT_OF(members));
}

static json_t *tls_object(const struct route_view *route)
{
  const struct tls_observation *tls = view_tls(route);
  if (tls == NULL) {
    return json_null();
  }
  const struct member members[] = {
      {"version", text(tls_version_name(tls->version))},
      {"cipher", text(tls->cipher)},
      {"group", text(tls->group)},
      {"alpn", text(tls->alpn)},
      {"hello_retry_request", json_boolean(tls->hello_retry_request)},
  };
  return object(members, COUNT_OF(members));
}

static json_t *phases(const struct observation *observation)
{
  json_t *by_phase = json_object();
  for (int phase = 0; phase < PHASE_COUNT; phase++) {
    if (observation->phase_ns[phase] >= 0 &&
        json_object_set_new(by_phase, phase_name((enum phase)phase),
                            seconds(observation->phase_ns[phase])) != 0) {
      json_decref(by_phase);
      return NULL;
    }
  }
  return by_phase;
}

static json_t *problem(const struct observation *observation)
{
  struct buffer words;
  buffer_init(&words, TEXT_LIMIT_BYTES);
  view_append_problem(&words, observation);
  json_t *value = NULL;
  if (buffer_status(&words) == STATUS_OK) {
    value = words.length > 0 ? text(buffer_text(&words)) : json_null();
  }
  buffer_deinit(&words);
  return value;
}

static json_t *alert_text(int alert)
{
  return alert == ALERT_NONE ? json_null() : text(alert_name(alert));
}

/* In the order in which they came. */
static json_t *alerts_received(const struct tls_observation *tls)
{
  json_t *array = json_array();
  for (size_t i = 0; i < tls->alerts_received_count && i < ALERTS_KEPT_MAX; i++) {
    const struct alert *alert = &tls->alerts_received[i];
    const struct member members[] = {
        {"code", json_integer(alert->description)},
        {"name", text(alert_name(alert->description))},
        {"fatal", json_boolean(alert->level == ALERT_FATAL)},
    };
    if (json_array_append_new(array, object(members, COUNT_OF(members))) != 0) {
      json_decref(array);
      return NULL;
    }
  }
  return array;
}

static json_t *reply(const struct reply_observation *seen)
{
  if (seen->kind == REPLY_NONE) {
    return json_null();
  }
  const struct member members[] = {
      {"code", text(seen->code)},
      {"text", text(seen->text)},
      {"refused", json_boolean(seen->kind == REPLY_NEGATIVE)},
  };
  return object(members, COUNT_OF(members));
}

static json_t *probe(const struct observation *observation)
{
  const struct tls_observation *tls = &observation->tls;
  const struct http_observation *http = &observation->http;
  const struct member members[] = {
      {"presented", text(presented_name(observation->presented))},
      {"ended_in", text(phase_name(observation->ended_in))},
      {"alert", number_unless(tls->alert_received, ALERT_NONE)},
      {"http_status", number_unless(http->status, 0)},
      {"seconds", phases(observation)},
      {"alert_name", alert_text(tls->alert_received)},
      {"alerts_received", alerts_received(tls)},
      {"alert_sent", number_unless(tls->alert_sent, ALERT_NONE)},
      {"timed_out", json_boolean(observation->timed_out)},
      {"error", problem(observation)},
      {"certificate_sent", text(certificate_sent_name(tls->certificate_sent))},
      {"withheld", json_boolean(observation->withheld)},
      {"verification", text(verification_name(tls->verification))},
      {"session_tickets", json_integer((json_int_t)tls->session_tickets)},
      {"http_server", text(http->server)},
      {"starttls_reply", reply(&observation->starttls.reply)},
      {"reply", reply(&observation->service.reply)},
      {"peer_address", text(observation->peer_address)},
      {"started", timestamp(observation->started_ns)},
      {"duration", seconds(observation->duration_ns)},
  };
  return object(members, COUNT_OF(members));
}

static json_t *probes(const struct route_view *route)
{
  json_t *array = json_array();
  for (size_t i = 0; i < PRESENTED_COUNT; i++) {
    if (route->snapshot.observations[i] != NULL &&
        json_array_append_new(array, probe(route->snapshot.observations[i])) != 0) {
      json_decref(array);
      return NULL;
    }
  }
  return array;
}

static json_t *route_object(const struct route_view *route)
{
  const struct route_snapshot *snapshot = &route->snapshot;
  const struct verdict *verdict = snapshot->verdict;
  const struct member members[] = {
      {"route", text(route->route->name)},
      {"success", verdict != NULL ? json_boolean(verdict->success) : json_null()},
      {"fault", text(fault_name(view_fault(route)))},
      {"reason", text(verdict != NULL ? verdict->reason : NULL)},
      {"explanation", text(verdict != NULL ? verdict->explanation : NULL)},
      {"remedy", text(verdict != NULL ? verdict->remedy : NULL)},
      {"client_certificate", client_certificate(route)},
      {"tunnel", tunnel(route)},
      {"server_certificate", server_certificate(route)},
      {"tls", tls_object(route)},
      {"probes", probes(route)},
      {"since", timestamp(snapshot->last_change_ns)},
      {"last_probe", timestamp(snapshot->last_probe_ns)},
      {"last_success", timestamp(snapshot->last_success_ns)},
      {"last_contrast", timestamp(snapshot->contrast_ns)},
      {"proxy_policy", text(verdict != NULL ? verdict->proxy_policy : NULL)},
  };
  return object(members, COUNT_OF(members));
}

/* true: all routes; false: one is not; null: not all are known, and none is bad. */
static json_t *success_of_all(const struct view *view, size_t first, size_t count)
{
  bool known = true;
  for (size_t i = first; i < first + count; i++) {
    switch (view_condition(&view->routes[i])) {
    case CONDITION_FAULT:
      return json_false();
    case CONDITION_WAITING:
      known = false;
      break;
    case CONDITION_OK:
      break;
    }
  }
  return known ? json_true() : json_null();
}

/* Of the target whose routes are count from first on. */
static json_t *target_object(const struct view *view, size_t first, size_t count)
{
  const struct target *target = view->routes[first].target;
  json_t *routes = json_array();
  for (size_t i = first; i < first + count; i++) {
    if (json_array_append_new(routes, route_object(&view->routes[i])) != 0) {
      json_decref(routes);
      return NULL;
    }
  }
  char address[ADDRESS_BYTES];
  target_address(target, address, sizeof(address));
  const struct member members[] = {
      {"target", text(target->name)},
      {"address", text(address)},
      {"labels", own_labels(target)},
      {"success", success_of_all(view, first, count)},
      {"routes", routes},
  };
  return object(members, COUNT_OF(members));
}

static int append_dump(const char *bytes, size_t length, void *out)
{
  buffer_append(out, bytes, length);
  return 0;
}

/* Takes over the value; NULL: there was no memory for it. */
static void dump(json_t *value, size_t flags, struct buffer *out)
{
  flags |= JSON_REAL_PRECISION(NS_DIGITS);
  if (value == NULL || json_dump_callback(value, append_dump, out, flags) != 0) {
    out->status = STATUS_OUT_OF_MEMORY;
  }
  buffer_append_char(out, '\n');
  json_decref(value);
}

void report_json_target(struct store *store, size_t target, struct buffer *out)
{
  struct view view;
  if (view_init(&view, store, target, 1, out) == STATUS_OK) {
    dump(target_object(&view, 0, view.route_count), JSON_INDENT(2), out);
    view_deinit(&view);
  }
}

static json_t *targets_array(const struct view *view)
{
  json_t *array = json_array();
  for (size_t i = 0; i < view->route_count;) {
    size_t count = view->routes[i].target->probe.route_count;
    if (json_array_append_new(array, target_object(view, i, count)) != 0) {
      json_decref(array);
      return NULL;
    }
    i += count;
  }
  return array;
}

void report_json_targets(struct store *store, struct buffer *out)
{
  struct view view;
  if (view_init(&view, store, 0, store_settings(store)->target_count, out) == STATUS_OK) {
    const struct member targets = {"targets", targets_array(&view)};
    dump(object(&targets, 1), JSON_COMPACT, out);
    view_deinit(&view);
  }
}

/* ---- http_sd --------------------------------------------------------------------------- */

/* "edge_swg,other": the proxies among the target's routes; to be freed, NULL where memory is out.
 */
static char *proxy_names(const struct target *target)
{
  struct buffer names;
  buffer_init(&names, TEXT_LIMIT_BYTES);
  for (size_t i = 0; i < target->probe.route_count; i++) {
    if (target->probe.routes[i].proxy != NULL) {
      buffer_append_text(&names, names.length > 0 ? "," : "");
      buffer_append_text(&names, target->probe.routes[i].name);
    }
  }
  char *taken = buffer_take(&names);
  buffer_deinit(&names);
  return taken;
}

/* The target's own labels come with the answer of /probe already; here they are there to choose
 * by. */
static json_t *sd_labels(const struct target *target, const char *address)
{
  char *proxies = proxy_names(target);
  const struct member members[] = {
      {"__param_target", text(address)},
      {"__param_module", text(target->module)},
      {"__param_proxy", proxies != NULL ? text(proxies) : NULL},
      {"__meta_mtls_target", text(target->name)},
  };
  free(proxies);
  json_t *labels = object(members, COUNT_OF(members));
  for (size_t i = 0; labels != NULL && i < target->label_count; i++) {
    char name[256];
    (void)snprintf(name, sizeof(name), "__meta_mtls_label_%s", target->labels[i].name);
    if (json_object_set_new(labels, name, text(target->labels[i].value)) != 0) {
      json_decref(labels);
      return NULL;
    }
  }
  return labels;
}

static json_t *sd_entry(const struct target *target)
{
  char address[ADDRESS_BYTES];
  target_address(target, address, sizeof(address));
  const struct member members[] = {
      {"targets", json_pack("[o]", text(address))},
      {"labels", sd_labels(target, address)},
  };
  return object(members, COUNT_OF(members));
}

void report_sd(struct store *store, struct buffer *out)
{
  const struct settings *settings = store_settings(store);
  json_t *array = json_array();
  for (size_t i = 0; array != NULL && i < settings->target_count; i++) {
    if (json_array_append_new(array, sd_entry(&settings->targets[i])) != 0) {
      json_decref(array);
      array = NULL;
    }
  }
  dump(array, JSON_COMPACT, out);
}
