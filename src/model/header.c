/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/header.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

static const char *const own_fields[] = {"Host", "Connection", "Content-Length",
                                         "Transfer-Encoding", "Proxy-Authorization"};

static bool is_token(const char *text)
{
  static const char tchar[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return text[0] != '\0' && text[strspn(text, tchar)] == '\0';
}

enum status header_name_check(const char *name, struct error *error)
{
  char quote[96];
  if (!is_token(name)) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "\"%s\" is not a header name: letters, digits and \"-\"",
                     text_excerpt(name, quote, sizeof(quote)));
  }
  for (size_t i = 0; i < sizeof(own_fields) / sizeof(own_fields[0]); i++) {
    if (strcasecmp(name, own_fields[i]) == 0) {
      return error_set(error, STATUS_INVALID, NULL, 0,
                       "header %s cannot be configured: the program writes it itself", name);
    }
  }
  return STATUS_OK;
}

enum status header_check(const char *name, const char *value, struct error *error)
{
  enum status status = header_name_check(name, error);
  if (status == STATUS_OK && !text_is_clean(value)) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "the value of header %.64s must be UTF-8 text without control characters",
                     name);
  }
  return status;
}
