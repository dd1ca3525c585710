/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "x509_internal.h"

/* GeneralName, RFC 5280 section 4.2.1.6 */
enum {
  GENERAL_NAME_DNS = DER_CONTEXT + 2,
  GENERAL_NAME_IP_ADDRESS = DER_CONTEXT + 7,
};
enum { IPV4_BYTES = 4, IPV6_BYTES = 16 };

static void append_dns_name(struct limited_text *text, struct der name)
{
  char piece[UTF8_MAX_BYTES];
  while (name.length > 0 && !text->cut) {
    uint32_t character = take_character(DER_UTF8_STRING, &name);
    if (is_control(character)) {
      character = CHARACTER_REPLACEMENT;
    }
    limited_append(text, piece, utf8_encode(character, piece));
  }
}

static void append_ip_address(struct limited_text *text, struct der address)
{
  char words[INET6_ADDRSTRLEN] = "";
  if (address.length == IPV4_BYTES || address.length == IPV6_BYTES) {
    int family = address.length == IPV4_BYTES ? AF_INET : AF_INET6;
    (void)inet_ntop(family, address.bytes, words, sizeof(words));
    limited_append_text(text, words);
  } else {
    limited_append_hex(text, address);
  }
}

void x509_alternative_names_text(const struct x509_certificate *certificate, size_t limit_bytes,
                                 struct buffer *out)
{
  struct limited_text text = {.out = out, .left_bytes = limit_bytes};
  struct der rest = certificate->subject_alternative_names;
  struct der_element name;
  bool first = true;
  while (!text.cut && der_next(&rest, &name)) {
    if (name.tag != GENERAL_NAME_DNS && name.tag != GENERAL_NAME_IP_ADDRESS) {
      continue;
    }
    if (!first) {
      limited_append_text(&text, ",");
    }
    first = false;
    if (name.tag == GENERAL_NAME_DNS) {
      append_dns_name(&text, name.content);
    } else {
      append_ip_address(&text, name.content);
    }
  }
}

bool x509_has_ip_address(const struct x509_certificate *certificate, const uint8_t *address,
                         size_t length)
{
  struct der rest = certificate->subject_alternative_names;
  struct der_element name;
  while (der_next(&rest, &name)) {
    if (name.tag == GENERAL_NAME_IP_ADDRESS && der_equals(name.content, address, length)) {
      return true;
    }
  }
  return false;
}

static bool same_host(struct der name, const char *host)
{
  if (name.length == 0 || name.length != strlen(host)) {
    return false;
  }
  for (size_t i = 0; i < name.length; i++) {
    if (text_lower((char)name.bytes[i]) != text_lower(host[i])) {
      return false;
    }
  }
  return true;
}

static bool stands_for(struct der name, const char *host)
{
  if (name.length > 2 && memcmp(name.bytes, "*.", 2) == 0) {
    const char *dot = strchr(host, '.');
    return dot != NULL && dot != host &&
           same_host((struct der){name.bytes + 2, name.length - 2}, dot + 1);
  }
  return same_host(name, host);
}

bool x509_has_dns_name(const struct x509_certificate *certificate, const char *host)
{
  struct der rest = certificate->subject_alternative_names;
  struct der_element name;
  while (der_next(&rest, &name)) {
    if (name.tag == GENERAL_NAME_DNS && stands_for(name.content, host)) {
      return true;
    }
  }
  return false;
}
