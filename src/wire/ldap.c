/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/ldap.h"

#include <stdio.h>
#include <string.h>

#include "reply_internal.h"
#include "x509_internal.h"

/* protocolOp, RFC 4511 section 4.2 and on: [APPLICATION n]. */
enum {
  LDAP_BIND_RESPONSE = 0x61,
  LDAP_SEARCH_RESULT_ENTRY = 0x64,
  LDAP_SEARCH_RESULT_DONE = 0x65,
  LDAP_SEARCH_RESULT_REFERENCE = 0x73,
  LDAP_EXTENDED_RESPONSE = 0x78,
  LDAP_INTERMEDIATE_RESPONSE = 0x79,
};
enum { DER_ENUMERATED = 0x0A, LENGTH_LONG_FORM = 0x80, LENGTH_OCTETS_MAX = 4 };

void ldap_starttls_write(struct buffer *out)
{
  static const char request[] = "\x30\x1D\x02\x01\x01" /* messageID 1 */
                                "\x77\x18\x80\x16"     /* requestName */
                                "1.3.6.1.4.1.1466.20037";
  buffer_append(out, request, sizeof(request) - 1);
}

void ldap_root_dse_search_write(struct buffer *out)
{
  static const char request[] = "\x30\x2A\x02\x01\x02"          /* messageID 2 */
                                "\x63\x25\x04\x00"              /* baseObject "" */
                                "\x0A\x01\x00\x0A\x01\x00"      /* this object, never deref */
                                "\x02\x01\x00\x02\x01\x00"      /* no limits */
                                "\x01\x01\x00"                  /* types and values */
                                "\x87\x0BobjectClass"           /* (objectClass=*) */
                                "\x30\x05\x04\x03\x31\x2E\x31"; /* "1.1": no attributes */
  buffer_append(out, request, sizeof(request) - 1);
}

void ldap_unbind_write(struct buffer *out)
{
  static const char request[] = "\x30\x05\x02\x01\x03\x42\x00"; /* messageID 3 */
  buffer_append(out, request, sizeof(request) - 1);
}

/* How long the LDAPMessage is with its header; COMPLETE: it is all there. */
static enum reply_result measure(struct der input, size_t *whole)
{
  if (input.length > 0 && input.bytes[0] != DER_SEQUENCE) {
    return REPLY_MALFORMED;
  }
  if (input.length < 2) {
    return REPLY_INCOMPLETE;
  }
  size_t header_bytes = 2;
  *whole = input.bytes[1];
  if (*whole >= LENGTH_LONG_FORM) {
    size_t octets = *whole - LENGTH_LONG_FORM;
    if (octets == 0 || octets > LENGTH_OCTETS_MAX) {
      return REPLY_MALFORMED;
    }
    header_bytes += octets;
    if (input.length < header_bytes) {
      return REPLY_INCOMPLETE;
    }
    *whole = 0;
    for (size_t i = 0; i < octets; i++) {
      *whole = *whole << 8 | input.bytes[2 + i];
    }
  }
  if (*whole > REPLY_MAX_BYTES) {
    return REPLY_MALFORMED;
  }
  *whole += header_bytes;
  return *whole <= input.length ? REPLY_COMPLETE : REPLY_INCOMPLETE;
}

/* resultCode, section 4.1.9 and appendix A. */
static const char *const result_codes[] = {
    [0] = "success",
    [1] = "operationsError",
    [2] = "protocolError",
    [3] = "timeLimitExceeded",
    [4] = "sizeLimitExceeded",
    [5] = "compareFalse",
    [6] = "compareTrue",
    [7] = "authMethodNotSupported",
    [8] = "strongerAuthRequired",
    [10] = "referral",
    [11] = "adminLimitExceeded",
    [12] = "unavailableCriticalExtension",
    [13] = "confidentialityRequired",
    [14] = "saslBindInProgress",
    [16] = "noSuchAttribute",
    [17] = "undefinedAttributeType",
    [18] = "inappropriateMatching",
    [19] = "constraintViolation",
    [20] = "attributeOrValueExists",
    [21] = "invalidAttributeSyntax",
    [32] = "noSuchObject",
    [33] = "aliasProblem",
    [34] = "invalidDNSyntax",
    [36] = "aliasDereferencingProblem",
    [48] = "inappropriateAuthentication",
    [49] = "invalidCredentials",
    [50] = "insufficientAccessRights",
    [51] = "busy",
    [52] = "unavailable",
    [53] = "unwillingToPerform",
    [54] = "loopDetect",
    [64] = "namingViolation",
    [65] = "objectClassViolation",
    [80] = "other",
};

static void set_result_code(struct reply *out, unsigned value)
{
  bool named =
      value < sizeof(result_codes) / sizeof(result_codes[0]) && result_codes[value] != NULL;
  if (named) {
    reply_set_code(out, (struct span){result_codes[value], strlen(result_codes[value])});
  } else {
    (void)snprintf(out->code, sizeof(out->code), "%u", value);
  }
}

/* LDAPResult, section 4.1.9. */
static bool take_result(struct der operation, struct reply *out)
{
  struct der code;
  struct der matched_dn;
  struct der message;
  if (!der_expect(&operation, DER_ENUMERATED, &code) || code.length == 0 || code.length > 2 ||
      !der_expect(&operation, DER_OCTET_STRING, &matched_dn) ||
      !der_expect(&operation, DER_OCTET_STRING, &message)) {
    return false;
  }
  unsigned value = 0;
  for (size_t i = 0; i < code.length; i++) {
    value = value << 8 | code.bytes[i];
  }
  set_result_code(out, value);
  out->kind = value == 0 ? REPLY_POSITIVE : REPLY_NEGATIVE;
  reply_set_text(out, (struct span){(const char *)message.bytes, message.length});
  return true;
}

/* INCOMPLETE: the reply goes on after this message. */
static enum reply_result take_message(struct der message, struct reply *out)
{
  struct der content;
  struct der id;
  struct der_element operation;
  if (!der_expect(&message, DER_SEQUENCE, &content) || !der_expect(&content, DER_INTEGER, &id) ||
      !der_next(&content, &operation)) {
    return REPLY_MALFORMED;
  }
  switch (operation.tag) {
  case LDAP_SEARCH_RESULT_ENTRY:
  case LDAP_SEARCH_RESULT_REFERENCE:
  case LDAP_INTERMEDIATE_RESPONSE:
    return REPLY_INCOMPLETE;
  case LDAP_BIND_RESPONSE:
  case LDAP_SEARCH_RESULT_DONE:
  case LDAP_EXTENDED_RESPONSE:
    return take_result(operation.content, out) ? REPLY_COMPLETE : REPLY_MALFORMED;
  default:
    return REPLY_MALFORMED;
  }
}

enum reply_result ldap_reply_read(const char *bytes, size_t length, struct reply *out)
{
  *out = (struct reply){0};
  struct span input = reply_input(bytes, length);
  struct der rest = {(const uint8_t *)input.bytes, input.length};
  for (;;) {
    size_t whole = 0;
    enum reply_result result = measure(rest, &whole);
    if (result == REPLY_INCOMPLETE) {
      return reply_unfinished(input);
    }
    if (result == REPLY_COMPLETE) {
      result = take_message((struct der){rest.bytes, whole}, out);
    }
    if (result != REPLY_INCOMPLETE) {
      out->bytes = input.length - rest.length + whole;
      return result;
    }
    rest.bytes += whole;
    rest.length -= whole;
  }
}
