/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses as users write them, taken apart: what is to be probed, a proxy's
 * URL, where to listen. Pure. Called by the settings and the command line.
 */
#ifndef MODEL_ADDRESS_H
#define MODEL_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/target.h"

enum { HOST_MAX = 254, PATH_MAX_BYTES = 2048, USERNAME_MAX = 256 };

struct address {
  bool has_scheme;
  enum protocol protocol; /* of the scheme; PROTOCOL_TLS where there is none */
  char host[HOST_MAX];    /* lower case, no brackets, no trailing dot */
  uint16_t port;
  bool has_port;             /* false: port is the protocol's default */
  char path[PATH_MAX_BYTES]; /* "" where none was written; else begins with '/' */
};

/* "https://host[:port]/path", "tls://host:port", "smtp://host", "host[:port]", "[::1]:443".
 * On STATUS_INVALID error->text says what is wrong and quotes the value. */
NODISCARD enum status address_parse(const char *text, struct address *out, struct error *error);
/* An address without a scheme has the protocol that settings say, and that one's default port. */
void address_set_protocol(struct address *address, enum protocol protocol);

struct proxy_address {
  bool tls;                    /* https:// */
  char username[USERNAME_MAX]; /* "" where none was written; percent-decoded */
  char host[HOST_MAX];
  uint16_t port; /* default 3128 for http://, 443 for https:// */
};

/* "http://[user@]host[:port]" or "https://...". A password inside is refused with
 * a text that does not repeat it: it belongs into a file. */
NODISCARD enum status proxy_address_parse(const char *text, struct proxy_address *out,
                                          struct error *error);

/* "HOST:PORT", ":PORT" (host ""), "[::1]:PORT". Port 0 lets the kernel choose. */
NODISCARD enum status listen_address_parse(const char *text, char host[HOST_MAX], uint16_t *port,
                                           struct error *error);

/* A host alone: a name of LDH labels (RFC 1123 section 2.1; underscores are
 * tolerated, RFC 5890 A-labels are not decoded) or an address without brackets. */
NODISCARD enum status host_parse(const char *text, char out[HOST_MAX], struct error *error);

/* Whether path is a request target in origin-form, RFC 9112 section 3.2.1. */
NODISCARD enum status request_path_check(const char *path, struct error *error);

/* "https", "tls", "smtp" ... On STATUS_INVALID error->text says which one was meant. */
NODISCARD enum status protocol_parse(const char *text, enum protocol *out, struct error *error);

/* Whether a database can be told this name of an account or of itself. error->text begins with
 * what it must be. */
NODISCARD enum status login_name_check(const char *name, struct error *error);

/* "host:port", "[::1]:port". Always terminated, cut to out_bytes. */
void endpoint_text(const char *host, uint16_t port, char *out, size_t out_bytes);
enum { ENDPOINT_MAX = HOST_MAX + 16 };

/* Whether host is an IPv4 or IPv6 literal (no brackets). */
bool host_is_address(const char *host);

/* "200-399", "200,204,300-399" into ranges. */
NODISCARD enum status status_ranges_parse(const char *text, struct status_range *ranges,
                                          size_t *count, struct error *error);

#endif
