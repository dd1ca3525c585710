/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is to be probed and how, as plain values: targets, the proxies that lead
 * to them, the credentials presented. Made by the settings or by the command
 * line, read by every room above; immutable once made. All pointers belong to
 * the struct settings (model/settings.h) that holds the value.
 */
#ifndef MODEL_TARGET_H
#define MODEL_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tls_version.h"

enum protocol {
  PROTOCOL_TLS,   /* the handshake alone */
  PROTOCOL_HTTPS, /* the handshake, then one HTTP/1.1 request */
  /* STARTTLS, the handshake, then the first thing that a client says */
  PROTOCOL_SMTP,
  PROTOCOL_IMAP,
  PROTOCOL_POP3,
  PROTOCOL_LDAP,
  PROTOCOL_POSTGRES,
  PROTOCOL_MYSQL,
  PROTOCOL_XMPP,
};
enum { PROTOCOL_COUNT = PROTOCOL_XMPP + 1 };

/* What a probe answers when the server asks for a certificate. */
enum presented {
  PRESENTED_CLIENT,    /* the target's credential */
  PRESENTED_NONE,      /* an empty Certificate message */
  PRESENTED_UNTRUSTED, /* a look-alike of the credential that nobody trusts */
};
enum { PRESENTED_COUNT = 3 };

/* What the owner expects the server to do about client certificates. */
enum certificate_policy {
  CERTIFICATE_ANY, /* nothing is expected but to be admitted */
  CERTIFICATE_NONE,
  CERTIFICATE_OPTIONAL,
  CERTIFICATE_REQUIRED,
};

/* Where in which file a value was written; line 0: it came from the command line. */
struct source {
  const char *file;
  unsigned line;
  const char *setting; /* what it is called there: "key_file", "--client-key"; NULL: a group */
};

struct credential {
  const char *name;
  const char *cert_file;         /* PEM, leaf first, then the chain */
  const char *key_file;          /* PEM */
  const char *key_password_file; /* NULL: none */
  struct source cert_source;
  struct source key_source;
  struct source key_password_source; /* where it would be, when there is none */
};

/* One HTTP field. The value may be a secret: never log or report it. */
struct header {
  const char *name;
  const char *value;
};

struct proxy {
  const char *name;
  const char *url;  /* as configured, without user or password */
  bool tls;         /* reached by https:// */
  const char *host; /* a name or an address, without brackets */
  uint16_t port;
  const char *username;                /* NULL: no proxy authentication */
  const char *password;                /* "" where none was given; a secret */
  const char *ca_file;                 /* trust for an https:// proxy; NULL: the system's */
  const struct credential *credential; /* for an https:// proxy; NULL: none */
  const struct header *headers;        /* for CONNECT */
  size_t header_count;
  struct source source;
};

struct status_range {
  uint16_t first;
  uint16_t last; /* inclusive */
};
enum { STATUS_RANGES_MAX = 16 };

struct http_settings {
  const char *method; /* default GET */
  const char *path;   /* origin-form, default "/" */
  const struct header *headers;
  size_t header_count;
  struct status_range expect_status[STATUS_RANGES_MAX]; /* default 200-399 */
  size_t expect_status_count;
};

/* Who we say we are to a database: what it does with a certificate depends on the account. */
struct login_settings {
  const char *user;     /* NULL: "mtls_exporter" */
  const char *database; /* NULL: none is named */
};

/* A way to the target. */
struct route {
  const char *name;          /* "direct" or the proxy's name */
  const struct proxy *proxy; /* NULL: direct */
};

/* How a target is probed: what a module says and a target may override. */
struct probe_settings {
  enum protocol protocol;
  const struct credential *credential; /* NULL: none */
  const char *ca_file;                 /* NULL: the system's trust store */
  const char *server_name;             /* SNI and the name verified; NULL: the target's host */
  enum tls_version tls_min;
  enum tls_version tls_max;
  const struct route *routes;
  size_t route_count; /* at least 1 */
  int64_t interval_ms;
  int64_t contrast_interval_ms;
  int64_t timeout_ms; /* of one whole probe */
  bool present_direct[PRESENTED_COUNT];
  bool present_proxy[PRESENTED_COUNT];
  struct http_settings http;
  struct login_settings login; /* postgres and mysql */
  enum certificate_policy expect_client_certificate;
  bool expect_untrusted_refused;
};

struct label {
  const char *name;
  const char *value;
};

struct target {
  const char *name;
  const char *module; /* whose settings it began with; NULL: none's */
  const char *host;   /* a name or an address, without brackets */
  uint16_t port;
  const struct label *labels;
  size_t label_count;
  struct probe_settings probe;
  struct source source;
};

/* A named set of probe settings. */
struct module {
  const char *name;
  struct probe_settings probe;
  struct source source;
};

const char *protocol_name(enum protocol protocol);
/* IANA's; 443 for TLS alone. */
uint16_t protocol_default_port(enum protocol protocol);
/* Whether the server is asked for TLS in its own protocol first. */
bool protocol_has_starttls(enum protocol protocol);
/* Whether the server speaks first, before the client has said anything. */
bool protocol_greets(enum protocol protocol);
const char *presented_name(enum presented presented);
/* "TLSv1.2", "TLSv1.3", "" for unknown. */
const char *tls_version_name(enum tls_version version);
const char *certificate_policy_name(enum certificate_policy policy);

/* The name sent as SNI and verified in the server's certificate. */
const char *target_server_name(const struct target *target);
/* Whether a probe that presents this is made on this route (a target without
 * a credential is only ever probed with none). */
bool target_presents(const struct target *target, const struct route *route,
                     enum presented presented);
/* "https://host:port/path", "smtp://host:port"; IPv6 in brackets. Always
 * terminated, cut to out_bytes. */
void target_address(const struct target *target, char *out, size_t out_bytes);
/* Whether both would be probed in the same way and labelled alike: all that they say, files by
 * their names. */
bool target_same(const struct target *a, const struct target *b);
bool http_status_expected(const struct http_settings *http, unsigned status);

#endif
