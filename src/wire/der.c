/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "x509_internal.h"

enum {
  TAG_NUMBER_MASK = 0x1F, /* all ones: the number follows in octets of its own */
  LENGTH_LONG_FORM = 0x80,
  LENGTH_OCTETS_MAX = 4,
};

bool der_next(struct der *rest, struct der_element *out)
{
  *out = (struct der_element){0};
  if (rest->length < 2 || (rest->bytes[0] & TAG_NUMBER_MASK) == TAG_NUMBER_MASK) {
    return false;
  }
  size_t header_bytes = 2;
  size_t length = rest->bytes[1];
  if (length >= LENGTH_LONG_FORM) {
    size_t octets = length - LENGTH_LONG_FORM;
    if (octets == 0 || octets > LENGTH_OCTETS_MAX || octets > rest->length - header_bytes) {
      return false;
    }
    length = 0;
    for (size_t i = 0; i < octets; i++) {
      length = length << 8 | rest->bytes[header_bytes + i];
    }
    header_bytes += octets;
  }
  if (length > rest->length - header_bytes) {
    return false;
  }
  out->tag = rest->bytes[0];
  out->content = (struct der){rest->bytes + header_bytes, length};
  out->whole = (struct der){rest->bytes, header_bytes + length};
  rest->bytes += out->whole.length;
  rest->length -= out->whole.length;
  return true;
}

bool der_expect(struct der *rest, uint8_t tag, struct der *content)
{
  struct der after = *rest;
  struct der_element element;
  if (!der_next(&after, &element) || element.tag != tag) {
    *content = (struct der){0};
    return false;
  }
  *content = element.content;
  *rest = after;
  return true;
}

bool der_whole_sequence(struct der *rest, struct der *whole)
{
  struct der_element element;
  bool good = der_next(rest, &element) && element.tag == DER_SEQUENCE;
  *whole = element.whole;
  return good;
}

bool der_only(struct der input, uint8_t tag, struct der *content)
{
  if (der_expect(&input, tag, content) && input.length == 0) {
    return true;
  }
  *content = (struct der){0};
  return false;
}

bool der_equals(struct der a, const void *bytes, size_t length)
{
  return a.length == length && (length == 0 || memcmp(a.bytes, bytes, length) == 0);
}

struct der der_magnitude(struct der integer)
{
  while (integer.length > 1 && integer.bytes[0] == 0) {
    integer.bytes++;
    integer.length--;
  }
  return integer;
}

static bool take_digits(struct der *rest, size_t count, int *out)
{
  *out = 0;
  if (rest->length < count) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (rest->bytes[i] < '0' || rest->bytes[i] > '9') {
      return false;
    }
    *out = *out * 10 + (rest->bytes[i] - '0');
  }
  rest->bytes += count;
  rest->length -= count;
  return true;
}

static int days_in_month(int year, int month)
{
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days since 1970-01-01 in the Gregorian calendar. Years are counted from March, so that the
 * leap day comes last and months have a regular pattern: 153 days every five. */
static int64_t days_from_date(int year, int month, int day)
{
  int64_t y = month > 2 ? year : year - 1;
  int64_t months_since_march = month > 2 ? month - 3 : month + 9;
  int64_t day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
  int64_t days_to_1970 = 719468; /* from 0000-03-01 */
  return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - days_to_1970;
}

static bool take_year(const struct der_element *element, struct der *rest, int *out)
{
  if (element->tag == DER_GENERALIZED_TIME) {
    return take_digits(rest, 4, out) && *out >= 1950;
  }
  if (element->tag != DER_UTC_TIME || !take_digits(rest, 2, out)) {
    return false;
  }
  *out += *out >= 50 ? 1900 : 2000;
  return true;
}

bool der_time(const struct der_element *element, int64_t *out)
{
  struct der rest = element->content;
  int year, month, day, hour, minute, second;
  *out = 0;
  if (!take_year(element, &rest, &year) || !take_digits(&rest, 2, &month) ||
      !take_digits(&rest, 2, &day) || !take_digits(&rest, 2, &hour) ||
      !take_digits(&rest, 2, &minute) || !take_digits(&rest, 2, &second) ||
      !der_equals(rest, "Z", 1)) {
    return false;
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
      minute > 59 || second > 59) {
    return false;
  }
  *out = ((days_from_date(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  return true;
}

/* A number of an object identifier in decimal digits, the lowest first: those below 2.25 are
 * UUIDs of 128 bits, which no type of C11 holds. */
enum { OID_NUMBER_DIGITS = 39 };

struct oid_number {
  uint8_t digits[OID_NUMBER_DIGITS];
  size_t count;
};

static bool multiply_and_add(struct oid_number *number, unsigned factor, unsigned addend)
{
  unsigned carry = addend;
  for (size_t i = 0; i < number->count; i++) {
    carry += number->digits[i] * factor;
    number->digits[i] = (uint8_t)(carry % 10);
    carry /= 10;
  }
  while (carry > 0) {
    if (number->count == OID_NUMBER_DIGITS) {
      return false;
    }
    number->digits[number->count] = (uint8_t)(carry % 10);
    number->count++;
    carry /= 10;
  }
  return true;
}

/* X.690 section 8.19.2: seven bits an octet, the top bit set in all but the last. */
static bool take_oid_number(struct der *rest, struct oid_number *out)
{
  *out = (struct oid_number){0};
  if (rest->length == 0 || rest->bytes[0] == 0x80) {
    return false;
  }
  while (rest->length > 0) {
    uint8_t octet = rest->bytes[0];
    rest->bytes++;
    rest->length--;
    if (!multiply_and_add(out, 128, octet & 0x7F)) {
      return false;
    }
    if ((octet & 0x80) == 0) {
      return true;
    }
  }
  return false;
}

/* Section 8.19.4: the first two numbers are packed into one, 40 * first + second. */
static uint8_t take_first_number(struct oid_number *number)
{
  unsigned value = 0;
  for (size_t i = number->count; i-- > 0 && value < 80;) {
    value = value * 10 + number->digits[i];
  }
  uint8_t first = value < 80 ? (uint8_t)(value / 40) : 2;
  unsigned borrow = first * 40U;
  for (size_t i = 0; i < number->count && borrow > 0; i++) {
    unsigned digit = number->digits[i] + 10U - borrow % 10;
    number->digits[i] = (uint8_t)(digit % 10);
    borrow = borrow / 10 + (digit < 10 ? 1 : 0);
  }
  while (number->count > 0 && number->digits[number->count - 1] == 0) {
    number->count--;
  }
  return first;
}

static bool append_number(const struct oid_number *number, char *out, size_t out_bytes,
                          size_t *length)
{
  size_t count = number->count > 0 ? number->count : 1; /* zero has no digits */
  if (out_bytes - *length < count + 2) {
    return false;
  }
  out[(*length)++] = '.';
  for (size_t i = count; i-- > 0;) {
    out[(*length)++] = (char)('0' + number->digits[i]);
  }
  out[*length] = '\0';
  return true;
}

bool der_oid_text(struct der oid, char *out, size_t out_bytes)
{
  struct oid_number number;
  size_t length = 0;
  if (out_bytes > 0) {
    out[0] = '\0';
  }
  if (out_bytes < 2 || !take_oid_number(&oid, &number)) {
    return false;
  }
  out[length++] = (char)('0' + take_first_number(&number));
  bool good = append_number(&number, out, out_bytes, &length);
  while (good && oid.length > 0) {
    good = take_oid_number(&oid, &number) && append_number(&number, out, out_bytes, &length);
  }
  if (!good) {
    out[0] = '\0';
  }
  return good;
}
