/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/header.h"

#include <string.h>
#include <strings.h>

bool is_token(const char *text)
{
  static const char tchar[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return text[0] != '\0' && text[strspn(text, tchar)] == '\0';
}

static bool has_control_characters(const char *text)
{
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if ((c < 0x20 && c != '\t') || c == 0x7f) {
      return true;
    }
  }
  return false;
}

enum status header_check(const char *name, const char *value, struct error *error)
{
  static const char *const own[] = {"Host", "Connection", "Content-Length", "Transfer-Encoding"};
  if (!is_token(name)) {
    return error_set(error, STATUS_INVALID, NULL, 0,
                     "a header's name must be letters, digits and \"-\"");
  }
  for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
    if (strcasecmp(name, own[i]) == 0) {
      return error_set(error, STATUS_INVALID, NULL, 0,
                       "header %s cannot be configured: the program writes it itself", own[i]);
    }
  }
  return has_control_characters(value)
             ? error_set(error, STATUS_INVALID, NULL, 0,
                         "the value of header %.64s has control characters", name)
             : STATUS_OK;
}
