/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/observation.h"

#include <stdlib.h>

static void tls_deinit(struct tls_observation *tls)
{
  free(tls->cipher);
  free(tls->group);
  free(tls->alpn);
  free(tls->library_error_text);
  free(tls->verification_text);
  for (size_t i = 0; i < tls->chain_length; i++) {
    certificate_deinit(&tls->chain[i]);
  }
  free(tls->chain);
  for (size_t i = 0; i < tls->acceptable_issuer_count; i++) {
    free(tls->acceptable_issuers[i]);
  }
  free(tls->acceptable_issuers);
  free(tls->acceptable_issuers_sha256);
}

static void tunnel_deinit(struct tunnel_observation *tunnel)
{
  free(tunnel->reason_phrase);
  free(tunnel->via);
  free(tunnel->x_squid_error);
  free(tunnel->proxy_status);
  free(tunnel->proxy_authenticate);
  free(tunnel->body_excerpt);
}

static void reply_deinit(struct reply_observation *reply)
{
  free(reply->code);
  free(reply->text);
}

static void http_deinit(struct http_observation *http)
{
  free(http->server);
  free(http->via);
  free(http->body_excerpt);
}

struct observation *observation_create(enum presented presented)
{
  struct observation *observation = calloc(1, sizeof(*observation));
  if (observation == NULL) {
    return NULL;
  }
  observation->presented = presented;
  for (size_t i = 0; i < PHASE_COUNT; i++) {
    observation->phase_ns[i] = -1;
  }
  observation->tls.alert_received = ALERT_NONE;
  observation->tls.alert_sent = ALERT_NONE;
  observation->proxy_tls.alert_received = ALERT_NONE;
  observation->proxy_tls.alert_sent = ALERT_NONE;
  atomic_init(&observation->references, 1);
  return observation;
}

struct observation *observation_ref(struct observation *observation)
{
  (void)atomic_fetch_add_explicit(&observation->references, 1, memory_order_relaxed);
  return observation;
}

void observation_unref(struct observation *observation)
{
  if (observation == NULL ||
      atomic_fetch_sub_explicit(&observation->references, 1, memory_order_acq_rel) != 1) {
    return;
  }
  free(observation->local_problem);
  free(observation->resolve_error);
  free(observation->peer_address);
  tunnel_deinit(&observation->tunnel);
  tls_deinit(&observation->proxy_tls);
  reply_deinit(&observation->starttls.reply);
  tls_deinit(&observation->tls);
  http_deinit(&observation->http);
  reply_deinit(&observation->service.reply);
  free(observation);
}

const char *phase_name(enum phase phase)
{
  switch (phase) {
  case PHASE_RESOLVE:
    return "resolve";
  case PHASE_CONNECT:
    return "connect";
  case PHASE_TUNNEL:
    return "tunnel";
  case PHASE_STARTTLS:
    return "starttls";
  case PHASE_HANDSHAKE:
    return "handshake";
  case PHASE_SETTLE:
    return "settle";
  case PHASE_REQUEST:
    return "request";
  case PHASE_DONE:
    return "done";
  }
  return "";
}

const char *requested_during_name(enum requested_during during)
{
  switch (during) {
  case REQUESTED_NOT:
    return NULL;
  case REQUESTED_HANDSHAKE:
    return "handshake";
  case REQUESTED_POST_HANDSHAKE:
    return "post_handshake";
  case REQUESTED_RENEGOTIATION:
    return "renegotiation";
  }
  return NULL;
}

/* IANA "TLS Alerts" registry, without the "_RESERVED" endings. */
static const char *const alert_names[] = {
    [0] = "close_notify",
    [10] = "unexpected_message",
    [20] = "bad_record_mac",
    [21] = "decryption_failed",
    [22] = "record_overflow",
    [30] = "decompression_failure",
    [40] = "handshake_failure",
    [41] = "no_certificate",
    [42] = "bad_certificate",
    [43] = "unsupported_certificate",
    [44] = "certificate_revoked",
    [45] = "certificate_expired",
    [46] = "certificate_unknown",
    [47] = "illegal_parameter",
    [48] = "unknown_ca",
    [49] = "access_denied",
    [50] = "decode_error",
    [51] = "decrypt_error",
    [52] = "too_many_cids_requested",
    [60] = "export_restriction",
    [70] = "protocol_version",
    [71] = "insufficient_security",
    [80] = "internal_error",
    [86] = "inappropriate_fallback",
    [90] = "user_canceled",
    [100] = "no_renegotiation",
    [109] = "missing_extension",
    [110] = "unsupported_extension",
    [111] = "certificate_unobtainable",
    [112] = "unrecognized_name",
    [113] = "bad_certificate_status_response",
    [114] = "bad_certificate_hash_value",
    [115] = "unknown_psk_identity",
    [116] = "certificate_required",
    [117] = "general_error",
    [120] = "no_application_protocol",
    [121] = "ech_required",
};

const char *alert_name(int code)
{
  if (code < 0 || (size_t)code >= sizeof(alert_names) / sizeof(alert_names[0]) ||
      alert_names[code] == NULL) {
    return "unknown";
  }
  return alert_names[code];
}

/* IANA "TLS SignatureScheme" registry; RFC 5246 section 7.4.1.4.1 gives its pairs the same numbers,
 * with the curve left open. */
static const struct {
  uint16_t scheme;
  const char *name;
} signature_algorithms[] = {
    {0x0201, "rsa_pkcs1_sha1"},
    {0x0202, "dsa_sha1"},
    {0x0203, "ecdsa_sha1"},
    {0x0301, "rsa_pkcs1_sha224"},
    {0x0302, "dsa_sha224"},
    {0x0303, "ecdsa_sha224"},
    {0x0401, "rsa_pkcs1_sha256"},
    {0x0402, "dsa_sha256"},
    {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0501, "rsa_pkcs1_sha384"},
    {0x0502, "dsa_sha384"},
    {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0601, "rsa_pkcs1_sha512"},
    {0x0602, "dsa_sha512"},
    {0x0603, "ecdsa_secp521r1_sha512"},
    {0x0804, "rsa_pss_rsae_sha256"},
    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512"},
    {0x0807, "ed25519"},
    {0x0808, "ed448"},
    {0x0809, "rsa_pss_pss_sha256"},
    {0x080a, "rsa_pss_pss_sha384"},
    {0x080b, "rsa_pss_pss_sha512"},
    {0x081a, "ecdsa_brainpoolP256r1tls13_sha256"},
    {0x081b, "ecdsa_brainpoolP384r1tls13_sha384"},
    {0x081c, "ecdsa_brainpoolP512r1tls13_sha512"},
    {0x0904, "mldsa44"},
    {0x0905, "mldsa65"},
    {0x0906, "mldsa87"},
};

const char *signature_algorithm_name(uint16_t scheme)
{
  for (size_t i = 0; i < sizeof(signature_algorithms) / sizeof(signature_algorithms[0]); i++) {
    if (signature_algorithms[i].scheme == scheme) {
      return signature_algorithms[i].name;
    }
  }
  return NULL;
}
