/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/address.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/text.h"

enum {
  DEFAULT_HTTP_PROXY_PORT = 3128,
  DEFAULT_HTTPS_PROXY_PORT = 443,
  LABEL_MAX = 63, /* RFC 1035 section 2.3.4 */
  QUOTE_BYTES = 128,
};

#define MISSING_PORT "the port is missing, as in \"127.0.0.1:10063\" or \":10063\""
#define AVAILABLE "(available: https, tls, smtp, imap, pop3, ldap, postgres, mysql, xmpp)"

/* Who is to be told what is wrong with which text. */
struct complaint {
  struct error *error;
  const char *noun;
  const char *text;
};

struct authority {
  char host[HOST_MAX];
  bool has_port;
  uint16_t port;
};

static enum status refuse(const struct complaint *complaint, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* A text with '@' may hold a password, so it is not quoted. */
static enum status refuse(const struct complaint *complaint, const char *format, ...)
{
  char reason[512];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(reason, sizeof(reason), format, arguments);
  va_end(arguments);
  if (strchr(complaint->text, '@') != NULL) {
    return error_set(complaint->error, STATUS_INVALID, NULL, 0, "%s: %s", complaint->noun, reason);
  }
  char quote[QUOTE_BYTES];
  return error_set(complaint->error, STATUS_INVALID, NULL, 0, "%s \"%s\": %s", complaint->noun,
                   text_excerpt(complaint->text, quote, sizeof(quote)), reason);
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool is_visible_ascii(char c)
{
  return c > ' ' && c <= '~';
}

static bool is_label_byte(char c)
{
  return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

bool host_is_address(const char *host)
{
  struct in6_addr address;
  return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static enum status check_label(const struct complaint *complaint, const char *label, size_t length)
{
  if (length == 0) {
    return refuse(complaint, "the host name has an empty label");
  }
  if (length > LABEL_MAX) {
    return refuse(complaint, "a label of the host name is longer than %d bytes", LABEL_MAX);
  }
  if (label[0] == '-' || label[length - 1] == '-') {
    return refuse(complaint, "a label of the host name begins or ends with \"-\"");
  }
  return STATUS_OK;
}

/* A name whose last label is a number can only be meant as an IPv4 address. */
static enum status check_name(const struct complaint *complaint, const char *name)
{
  const char *label = name;
  for (const char *at = name;; at++) {
    if (*at == '.' || *at == '\0') {
      enum status status = check_label(complaint, label, (size_t)(at - label));
      if (status != STATUS_OK) {
        return status;
      }
      if (*at == '\0') {
        break;
      }
      label = at + 1;
    } else if ((unsigned char)*at >= 0x80) {
      return refuse(complaint, "write an international host name as A-labels (\"xn--...\")");
    } else if (!is_label_byte(*at)) {
      return refuse(complaint, "a host name has only letters, digits, \"-\" and \".\"");
    }
  }
  if (label[strspn(label, "0123456789")] == '\0' && !host_is_address(name)) {
    return refuse(complaint, "the host is not an IPv4 address");
  }
  return STATUS_OK;
}

static enum status read_host(const struct complaint *complaint, const char *text, size_t length,
                             bool bracketed, char out[HOST_MAX])
{
  if (!bracketed && length > 1 && text[length - 1] == '.') {
    length--;
  }
  if (length == 0) {
    return refuse(complaint, "the host is missing");
  }
  if (length >= HOST_MAX) {
    return refuse(complaint, "the host is longer than %d bytes", HOST_MAX - 1);
  }
  for (size_t i = 0; i < length; i++) {
    out[i] = text_lower(text[i]);
  }
  out[length] = '\0';
  if (!bracketed) {
    return check_name(complaint, out);
  }
  struct in6_addr address;
  if (inet_pton(AF_INET6, out, &address) != 1) {
    return refuse(complaint, "the IPv6 address is not valid");
  }
  return STATUS_OK;
}

static enum status read_port(const struct complaint *complaint, const char *text, size_t length,
                             unsigned least, uint16_t *out)
{
  unsigned port = 0;
  bool valid = length > 0 && length <= 5;
  for (size_t i = 0; valid && i < length; i++) {
    valid = is_digit(text[i]);
    port = port * 10 + (unsigned)(text[i] - '0');
  }
  if (!valid || port < least || port > UINT16_MAX) {
    return refuse(complaint, "the port must be a number from %u to 65535", least);
  }
  *out = (uint16_t)port;
  return STATUS_OK;
}

/* "host", "host:port", "[::1]", "[::1]:port" */
static enum status read_authority(const struct complaint *complaint, const char *text,
                                  size_t length, unsigned least_port, struct authority *out)
{
  const char *end = text + length;
  const char *host = text;
  const char *host_end = memchr(text, ':', length);
  bool bracketed = length > 0 && text[0] == '[';
  if (bracketed) {
    host = text + 1;
    host_end = memchr(text, ']', length);
    if (host_end == NULL) {
      return refuse(complaint, "\"]\" is missing after the IPv6 address");
    }
  } else if (host_end == NULL) {
    host_end = end;
  }
  enum status status = read_host(complaint, host, (size_t)(host_end - host), bracketed, out->host);
  if (status != STATUS_OK) {
    return status;
  }
  const char *rest = bracketed ? host_end + 1 : host_end;
  out->has_port = rest != end;
  if (!out->has_port) {
    return STATUS_OK;
  }
  if (*rest != ':') {
    return refuse(complaint, "only \":PORT\" may follow \"]\"");
  }
  rest++;
  return read_port(complaint, rest, (size_t)(end - rest), least_port, &out->port);
}

/* Without brackets nobody can say where the address ends and the port begins. */
static bool is_bare_ipv6(const char *text, size_t length)
{
  const char *colon = length > 0 && text[0] != '[' ? memchr(text, ':', length) : NULL;
  return colon != NULL && memchr(colon + 1, ':', length - (size_t)(colon + 1 - text)) != NULL;
}

static enum status check_path(const struct complaint *complaint, const char *path)
{
  if (strchr(path, '#') != NULL) {
    return refuse(complaint, "a fragment (\"#...\") is never sent to a server: leave it out");
  }
  if (path[0] != '/') {
    return refuse(complaint, "the path must begin with \"/\"");
  }
  if (strlen(path) >= PATH_MAX_BYTES) {
    return refuse(complaint, "the path is longer than %d bytes", PATH_MAX_BYTES - 1);
  }
  for (const char *at = path; *at != '\0'; at++) {
    if (!is_visible_ascii(*at)) {
      return refuse(complaint, "the path may only have visible ASCII: percent-encode the rest");
    }
  }
  return STATUS_OK;
}

enum status request_path_check(const char *path, struct error *error)
{
  const struct complaint complaint = {error, "path", path};
  return check_path(&complaint, path);
}

enum status host_parse(const char *text, char out[HOST_MAX], struct error *error)
{
  const struct complaint complaint = {error, "host", text};
  out[0] = '\0';
  size_t length = strlen(text);
  return read_host(&complaint, text, length, strchr(text, ':') != NULL, out);
}

/* Protocols that have no STARTTLS to be asked for. port: of TLS from the first byte; 0: none. */
static const struct neighbour {
  const char *name;
  uint16_t port;
} neighbours[] = {
    {"http", 0}, {"smtps", 465}, {"imaps", 993}, {"pop3s", 995}, {"ldaps", 636}, {"xmpps", 5223},
};

static enum status refuse_neighbour(const struct neighbour *neighbour, struct error *error)
{
  if (neighbour->port == 0) {
    return error_set(error, STATUS_INVALID, NULL, 0, "protocol \"%s\" has no TLS " AVAILABLE,
                     neighbour->name);
  }
  return error_set(error, STATUS_INVALID, NULL, 0,
                   "protocol \"%s\" is TLS from the first byte: write \"tls://HOST:%u\"",
                   neighbour->name, (unsigned)neighbour->port);
}

static enum status refuse_protocol(const char *text, struct error *error)
{
  const char *names[PROTOCOL_COUNT];
  for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
    names[i] = protocol_name((enum protocol)i);
  }
  char quote[QUOTE_BYTES];
  const char *shown = text_excerpt(text, quote, sizeof(quote));
  const char *meant = nearest_name(text, names, PROTOCOL_COUNT);
  return meant != NULL ? error_set(error, STATUS_INVALID, NULL, 0,
                                   "unknown protocol \"%s\" (did you mean \"%s\"?)", shown, meant)
                       : error_set(error, STATUS_INVALID, NULL, 0,
                                   "unknown protocol \"%s\" " AVAILABLE, shown);
}

enum status protocol_parse(const char *text, enum protocol *out, struct error *error)
{
  for (int protocol = 0; protocol < PROTOCOL_COUNT; protocol++) {
    if (strcmp(text, protocol_name((enum protocol)protocol)) == 0) {
      *out = (enum protocol)protocol;
      return STATUS_OK;
    }
  }
  for (size_t i = 0; i < sizeof(neighbours) / sizeof(neighbours[0]); i++) {
    if (strcmp(text, neighbours[i].name) == 0) {
      return refuse_neighbour(&neighbours[i], error);
    }
  }
  return refuse_protocol(text, error);
}

/* Reads "scheme://" where there is one; *rest is what follows. Schemes are the
 * same in upper and lower case, RFC 3986 section 3.1. */
static enum status read_scheme(const struct complaint *complaint, struct address *out,
                               const char **rest)
{
  const char *text = complaint->text;
  const char *separator = strstr(text, "://");
  *rest = text;
  if (separator == NULL || strcspn(text, "/?#") < (size_t)(separator - text)) {
    return STATUS_OK;
  }
  char scheme[32];
  size_t length = (size_t)(separator - text);
  if (length == 0 || length >= sizeof(scheme)) {
    return refuse(complaint, "what stands before \"://\" is not a protocol " AVAILABLE);
  }
  for (size_t i = 0; i < length; i++) {
    scheme[i] = text_lower(text[i]);
  }
  scheme[length] = '\0';
  struct error reason;
  if (protocol_parse(scheme, &out->protocol, &reason) != STATUS_OK) {
    return refuse(complaint, "%s", reason.text);
  }
  out->has_scheme = true;
  *rest = separator + strlen("://");
  return STATUS_OK;
}

static enum status read_address_path(const struct complaint *complaint, const char *path,
                                     struct address *out)
{
  if (path[0] == '\0') {
    return STATUS_OK;
  }
  if (!out->has_scheme) {
    return refuse(complaint, "an address with a path begins with \"https://\"");
  }
  if (out->protocol != PROTOCOL_HTTPS) {
    return refuse(complaint, "\"%s://\" takes no path", protocol_name(out->protocol));
  }
  enum status status = check_path(complaint, path);
  if (status == STATUS_OK) {
    memcpy(out->path, path, strlen(path) + 1);
  }
  return status;
}

enum status address_parse(const char *text, struct address *out, struct error *error)
{
  const struct complaint complaint = {error, "address", text};
  *out = (struct address){.protocol = PROTOCOL_TLS};
  if (text[0] == '\0') {
    return refuse(&complaint, "write \"https://HOST[:PORT]/PATH\" or \"HOST:PORT\"");
  }
  const char *rest = NULL;
  enum status status = read_scheme(&complaint, out, &rest);
  if (status != STATUS_OK) {
    return status;
  }
  size_t length = strcspn(rest, "/?#");
  if (memchr(rest, '@', length) != NULL) {
    return refuse(&complaint, "a user or password must not stand in it");
  }
  if (is_bare_ipv6(rest, length)) {
    return refuse(&complaint, "write an IPv6 address in brackets, as in \"[::1]:443\"");
  }
  struct authority authority = {.port = protocol_default_port(out->protocol)};
  status = read_authority(&complaint, rest, length, 1, &authority);
  if (status != STATUS_OK) {
    return status;
  }
  memcpy(out->host, authority.host, sizeof(out->host));
  out->port = authority.port;
  out->has_port = authority.has_port;
  return read_address_path(&complaint, rest + length, out);
}

void address_set_protocol(struct address *address, enum protocol protocol)
{
  if (address->has_scheme) {
    return;
  }
  address->protocol = protocol;
  if (!address->has_port) {
    address->port = protocol_default_port(protocol);
  }
}

static int hex_value(char c)
{
  if (is_digit(c)) {
    return c - '0';
  }
  c = text_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes, RFC 3986 section 2.1. A colon ends a user-id in Basic
 * authentication (RFC 7617 section 2), so it cannot be part of one. */
static enum status read_username(const struct complaint *complaint, const char *text, size_t length,
                                 char out[USERNAME_MAX])
{
  size_t used = 0;
  for (size_t i = 0; i < length; i++) {
    int c = (unsigned char)text[i];
    if (c == '%') {
      int high = i + 2 < length ? hex_value(text[i + 1]) : -1;
      int low = i + 2 < length ? hex_value(text[i + 2]) : -1;
      c = high >= 0 && low >= 0 ? high * 16 + low : 0;
      i += 2;
    } else if (strchr("/?#", c) != NULL) {
      c = 0;
    }
    if (c < ' ' || c == 0x7F || c == ':') {
      return refuse(complaint, "the user name must be percent-encoded and without \":\"");
    }
    if (used + 1 >= USERNAME_MAX) {
      return refuse(complaint, "the user name is longer than %d bytes", USERNAME_MAX - 1);
    }
    out[used++] = (char)c;
  }
  out[used] = '\0';
  if (used == 0) {
    return refuse(complaint, "the user name before \"@\" is missing");
  }
  return text_is_clean(out) ? STATUS_OK : refuse(complaint, "the user name is not valid UTF-8");
}

/* A password may hold any of "/?#@", so the user ends at the last '@' of all. */
static enum status read_proxy_user(const struct complaint *complaint, const char **rest,
                                   struct proxy_address *out)
{
  const char *at_sign = strrchr(*rest, '@');
  if (at_sign == NULL) {
    return STATUS_OK;
  }
  size_t length = (size_t)(at_sign - *rest);
  if (memchr(*rest, ':', length) != NULL) {
    return refuse(complaint, "a password must not stand in it: put it into a password file");
  }
  enum status status = read_username(complaint, *rest, length, out->username);
  *rest = at_sign + 1;
  return status;
}

static bool skip_prefix(const char **text, const char *prefix)
{
  size_t length = 0;
  while (prefix[length] != '\0') {
    if (text_lower((*text)[length]) != prefix[length]) {
      return false;
    }
    length++;
  }
  *text += length;
  return true;
}

enum status proxy_address_parse(const char *text, struct proxy_address *out, struct error *error)
{
  const struct complaint complaint = {error, "proxy URL", text};
  *out = (struct proxy_address){.tls = false};
  const char *rest = text;
  if (skip_prefix(&rest, "https://")) {
    out->tls = true;
  } else if (!skip_prefix(&rest, "http://")) {
    return refuse(&complaint, "it must begin with \"http://\" or \"https://\"");
  }
  enum status status = read_proxy_user(&complaint, &rest, out);
  if (status != STATUS_OK) {
    return status;
  }
  size_t length = strcspn(rest, "/?#");
  if (rest[length] != '\0' && strcmp(rest + length, "/") != 0) {
    return refuse(&complaint, "a proxy has no path");
  }
  if (is_bare_ipv6(rest, length)) {
    return refuse(&complaint, "write an IPv6 address in brackets, as in \"http://[::1]:3128\"");
  }
  struct authority authority = {.port =
                                    out->tls ? DEFAULT_HTTPS_PROXY_PORT : DEFAULT_HTTP_PROXY_PORT};
  status = read_authority(&complaint, rest, length, 1, &authority);
  memcpy(out->host, authority.host, sizeof(out->host));
  out->port = authority.port;
  return status;
}

enum status listen_address_parse(const char *text, char host[HOST_MAX], uint16_t *port,
                                 struct error *error)
{
  const struct complaint complaint = {error, "listen address", text};
  size_t length = strlen(text);
  host[0] = '\0';
  *port = 0;
  if (is_bare_ipv6(text, length)) {
    return refuse(&complaint, "write an IPv6 address in brackets, as in \"[::1]:10063\"");
  }
  if (strchr(text, ':') == NULL) {
    return refuse(&complaint, MISSING_PORT);
  }
  if (text[0] == ':') {
    return read_port(&complaint, text + 1, length - 1, 0, port);
  }
  struct authority authority = {.port = 0};
  enum status status = read_authority(&complaint, text, length, 0, &authority);
  if (status == STATUS_OK && !authority.has_port) {
    return refuse(&complaint, MISSING_PORT);
  }
  memcpy(host, authority.host, HOST_MAX);
  *port = authority.port;
  return status;
}

/* Three digits, 100 to 599: RFC 9110 section 15. */
static bool read_status_code(const char **text, uint16_t *out)
{
  const char *at = *text;
  if (strspn(at, "0123456789") != 3 || at[0] < '1' || at[0] > '5') {
    return false;
  }
  *out = (uint16_t)((at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0'));
  *text = at + 3;
  return true;
}

static bool read_status_range(const char **text, struct status_range *out)
{
  if (!read_status_code(text, &out->first)) {
    return false;
  }
  out->last = out->first;
  if (**text != '-') {
    return true;
  }
  (*text)++;
  return read_status_code(text, &out->last) && out->first <= out->last;
}

enum status status_ranges_parse(const char *text, struct status_range *ranges, size_t *count,
                                struct error *error)
{
  const struct complaint complaint = {error, "expected status", text};
  const char *at = text;
  *count = 0;
  while (*count < STATUS_RANGES_MAX) {
    at += strspn(at, " ");
    if (!read_status_range(&at, &ranges[*count])) {
      return refuse(&complaint, "write codes from 100 to 599, as in \"200-399\" or \"200,204\"");
    }
    (*count)++;
    at += strspn(at, " ");
    if (*at == '\0') {
      return STATUS_OK;
    }
    if (*at != ',') {
      return refuse(&complaint, "write codes from 100 to 599, as in \"200-399\" or \"200,204\"");
    }
    at++;
  }
  return refuse(&complaint, "more than %d ranges", STATUS_RANGES_MAX);
}

enum status login_name_check(const char *name, struct error *error)
{
  size_t length = strlen(name);
  return length > 0 && length < USERNAME_MAX && text_is_clean(name)
             ? STATUS_OK
             : error_set(error, STATUS_INVALID, NULL, 0, "must be 1 to %d bytes of plain text",
                         USERNAME_MAX - 1);
}

void endpoint_text(const char *host, uint16_t port, char *out, size_t out_bytes)
{
  bool bracketed = strchr(host, ':') != NULL;
  (void)snprintf(out, out_bytes, "%s%s%s:%u", bracketed ? "[" : "", host, bracketed ? "]" : "",
                 (unsigned)port);
}
