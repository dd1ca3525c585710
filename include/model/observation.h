/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The raw facts of one probe: one connection, on one route, presenting one
 * thing. No judgement. Links and the probe write it; once the probe ends it is
 * immutable and shared by reference count between a worker and the store.
 * Owns all that it points to. Text in it is clean (base/text.h).
 */
#ifndef MODEL_OBSERVATION_H
#define MODEL_OBSERVATION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/reply_kind.h"
#include "model/certificate.h"
#include "model/target.h"

/* In the order of the wire. */
enum phase {
  PHASE_RESOLVE, /* of the target, or of the proxy */
  PHASE_CONNECT, /* TCP */
  PHASE_TUNNEL,  /* TLS to the proxy where there is one, then CONNECT */
  PHASE_STARTTLS,
  PHASE_HANDSHAKE,
  PHASE_SETTLE, /* waiting for a late alert, RFC 8446 section 4.4.2.4 */
  PHASE_REQUEST,
  PHASE_DONE,
};
enum { PHASE_COUNT = PHASE_DONE };
const char *phase_name(enum phase phase);

/* How the connection came to its end, as one layer saw it. */
enum ending {
  ENDING_NONE,         /* still open, or closed by us */
  ENDING_CLOSE_NOTIFY, /* RFC 8446 section 6.1 */
  ENDING_EOF,          /* TCP FIN without close_notify */
  ENDING_RESET,        /* ECONNRESET, EPIPE */
  ENDING_ERROR,        /* another errno, see system_error */
};

enum { ALERT_NONE = -1 };

/* RFC 8446 section 6 */
struct alert {
  uint8_t level; /* ALERT_WARNING, ALERT_FATAL, or whatever the peer sent */
  uint8_t description;
};
enum { ALERT_WARNING = 1, ALERT_FATAL = 2, ALERTS_KEPT_MAX = 8, SIGNATURE_ALGORITHMS_MAX = 64 };

/* RFC 8446 section 4.3.2, RFC 5246 section 7.4.4 */
enum requested_during {
  REQUESTED_NOT,
  REQUESTED_HANDSHAKE,
  REQUESTED_POST_HANDSHAKE,
  REQUESTED_RENEGOTIATION,
};

/* What went out when a certificate was asked for. */
enum certificate_sent {
  CERTIFICATE_SENT_NOTHING, /* no Certificate message */
  CERTIFICATE_SENT_EMPTY,   /* a Certificate message without a certificate */
  CERTIFICATE_SENT_CHAIN,
};

/* Result of verifying the peer's certificate. */
enum verification {
  VERIFICATION_NOT_DONE, /* no certificate arrived */
  VERIFICATION_OK,
  VERIFICATION_UNTRUSTED, /* no path to a trust anchor, or a bad signature */
  VERIFICATION_EXPIRED,
  VERIFICATION_NOT_YET_VALID,
  VERIFICATION_NAME_MISMATCH,
};

struct tls_observation {
  bool client_hello_sent;
  bool server_hello_received; /* any TLS handshake byte came from the peer */
  bool hello_retry_request;   /* the server wanted another key share first */
  bool handshake_complete;
  enum tls_version version; /* as the server chose it */
  char *cipher;             /* IANA name */
  char *group;
  char *alpn;
  struct alert alerts_received[ALERTS_KEPT_MAX]; /* the first of them, close_notify too */
  size_t alerts_received_count;                  /* all of them; more than are held above */
  int alert_received; /* last fatal or warning alert other than close_notify; ALERT_NONE */
  int alert_sent;     /* the last other than close_notify; ALERT_NONE */
  int library_error;  /* the TLS library's own code, 0 for none */
  char *library_error_text;
  size_t refused_message_bytes; /* a handshake message longer than the TLS library takes ended it;
                                   0: none did */
  enum ending ending;
  int system_error; /* errno of the socket, 0 for none */
  enum verification verification;
  char *verification_text;   /* the library's words, NULL when OK */
  struct certificate *chain; /* as presented, leaf first */
  size_t chain_length;
  bool chain_truncated;                   /* more than the caps hold */
  enum requested_during requested_during; /* the first time */
  bool hello_request_received;            /* RFC 5246 section 7.4.1.1: after the handshake */
  uint16_t signature_algorithms[SIGNATURE_ALGORITHMS_MAX]; /* SignatureScheme, of the request */
  size_t signature_algorithm_count;                        /* entries held above */
  char **acceptable_issuers;                             /* RFC 4514 text of each CA name listed */
  char (*acceptable_issuers_sha256)[FINGERPRINT_BYTES];  /* of each name's DER */
  size_t acceptable_issuer_count;                        /* entries held above */
  char acceptable_issuer_list_sha256[FINGERPRINT_BYTES]; /* of them all, whatever their order */
  size_t acceptable_issuers_listed; /* entries the server listed; more when truncated */
  bool certificate_request_read;    /* the message itself was read: the names are known */
  bool acceptable_issuers_truncated;
  enum certificate_sent certificate_sent;
  unsigned session_tickets;
  bool application_data_received; /* before any request of ours */
};

struct tunnel_observation {
  bool tried; /* CONNECT was to be sent on this route */
  bool credentials_sent;
  int connect_status; /* 0: no reply */
  char *reason_phrase;
  char *via;
  char *x_squid_error;
  char *proxy_status;       /* RFC 9209 */
  char *proxy_authenticate; /* the challenges, joined by ", " */
  char *body_excerpt;       /* of a reply other than 2xx; NULL when none */
  bool malformed;           /* the reply is no HTTP head, or over the cap */
  bool early_bytes;         /* bytes followed the head before our ClientHello */
  enum ending ending;
  int system_error;
};

struct http_observation {
  bool request_sent;
  bool configured_headers_sent;
  int status; /* 0: no answer */
  char *server;
  char *via;
  char *body_excerpt; /* at most BODY_EXCERPT_BYTES, cleaned */
  bool malformed;
  bool body_truncated; /* over 1 MiB */
};
enum { BODY_EXCERPT_BYTES = 2048 };

/* What a server said last, in a protocol that has STARTTLS. */
struct reply_observation {
  enum reply_kind kind;
  char *code; /* as its protocol writes it: "250", "NO", "28000"; NULL: none */
  char *text; /* NULL: none */
};

struct starttls_observation {
  bool tried;
  bool answered;                  /* at least one reply of the protocol came */
  struct reply_observation reply; /* to what we said last; none: it is still due */
  bool not_offered;               /* the server does not list it */
  bool malformed;                 /* what came is not of the protocol, or over the cap */
  bool early_bytes;               /* bytes followed the go-ahead before our ClientHello */
  enum ending ending;
  int system_error;
};

/* The first thing that a client says over TLS, in a protocol that has STARTTLS. */
struct service_observation {
  struct reply_observation reply; /* to what we said last; none: it is still due */
  bool malformed;
};

struct observation {
  enum presented presented;
  enum phase ended_in;   /* PHASE_DONE, or the phase that failed */
  bool timed_out;        /* the deadline passed in ended_in */
  bool lagged;           /* the deadline passed while this program itself was late */
  bool out_of_resources; /* memory, descriptors: system_error says which */
  bool withheld;         /* presented client, but stopped before our certificate because the
                            peer did not verify */
  int64_t started_ns;    /* wall clock */
  int64_t duration_ns;
  int64_t phase_ns[PHASE_COUNT]; /* -1: not entered */
  char *local_problem;           /* why this program could not even try; NULL: it could */
  char *resolve_error;           /* NULL: resolved */
  char *peer_address;            /* "192.0.2.1:443", "[::1]:443": the one address used */
  int connect_error;             /* errno, 0 for none */
  struct tunnel_observation tunnel;
  struct tls_observation proxy_tls; /* https:// proxies */
  struct starttls_observation starttls;
  struct tls_observation tls; /* with the target, or who answers for it */
  struct http_observation http;
  struct service_observation service;

  atomic_uint references;
};

/* All unknown, one reference; NULL where memory is out. */
struct observation *observation_create(enum presented presented);
struct observation *observation_ref(struct observation *observation);
void observation_unref(struct observation *observation); /* NULL-safe */

/* "handshake", "post_handshake", "renegotiation"; NULL for REQUESTED_NOT. */
const char *requested_during_name(enum requested_during during);
/* IANA TLS Alerts registry: "certificate_required"; "unknown" for others. */
const char *alert_name(int code);
/* IANA TLS SignatureScheme registry, with RFC 5246's pairs: "ecdsa_secp256r1_sha256"; NULL for
 * others. */
const char *signature_algorithm_name(uint16_t scheme);

#endif
