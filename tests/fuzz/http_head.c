/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A response as a peer may send it: the head, then the body that its fields
 * announce. The input is the bytes on the wire.
 */
#include "wire/http_head.h"

#include "support/fuzz.h"
#include "wire/http_body.h"

struct content {
  uint64_t digest;
  size_t bytes;
};

static void take_content(void *context, const char *bytes, size_t length)
{
  struct content *content = context;
  content->digest = fuzz_digest(content->digest, bytes, length);
  content->bytes += length;
}

static void check_inside(struct http_text text, const char *bytes, size_t length)
{
  fuzz_check(text.bytes >= bytes && text.length <= length &&
                 (size_t)(text.bytes - bytes) <= length - text.length,
             "texts lie inside the head");
  fuzz_check(text.length == 0 || (memchr(text.bytes, '\r', text.length) == NULL &&
                                  memchr(text.bytes, '\n', text.length) == NULL &&
                                  memchr(text.bytes, '\0', text.length) == NULL),
             "texts hold no CR, LF or NUL");
}

static void check_head(const char *bytes, size_t length, const struct http_head *head)
{
  fuzz_check(head->head_bytes <= length && head->head_bytes <= HTTP_HEAD_MAX_BYTES,
             "a head is no longer than the input and the cap");
  fuzz_check(head->status >= 100 && head->status <= 999, "a status has three digits");
  fuzz_check(head->minor_version <= 9, "a minor version has one digit");
  fuzz_check(head->field_count <= HTTP_FIELDS_MAX, "fields are capped");
  check_inside(head->reason, bytes, head->head_bytes);
  for (size_t i = 0; i < head->field_count; i++) {
    check_inside(head->fields[i].name, bytes, head->head_bytes);
    check_inside(head->fields[i].value, bytes, head->head_bytes);
    fuzz_check(head->fields[i].name.length > 0, "a field has a name");
  }
}

/* Reads what has arrived after length bytes; the whole input was found to be what whole says. */
static void check_prefix(const uint8_t *data, size_t length, enum http_head_result whole,
                         const struct http_head *whole_head)
{
  char *copy = fuzz_copy(data, length);
  struct http_head head;
  enum http_head_result result = http_head_read(copy, length, &head);
  fuzz_check(result == HTTP_HEAD_INCOMPLETE || result == whole, "more input changes no verdict");
  if (whole == HTTP_HEAD_COMPLETE) {
    fuzz_check((result == HTTP_HEAD_COMPLETE) == (length >= whole_head->head_bytes),
               "a head is complete with its last byte");
  }
  if (result == HTTP_HEAD_COMPLETE) {
    fuzz_check(head.head_bytes == whole_head->head_bytes && head.status == whole_head->status &&
                   head.field_count == whole_head->field_count,
               "more input changes no head");
  }
  free(copy);
}

static size_t read_part(struct http_body *body, const char *bytes, size_t length,
                        struct content *content)
{
  char *copy = fuzz_copy(bytes, length);
  size_t before = content->bytes;
  size_t consumed = http_body_read(body, copy, length, take_content, content);
  fuzz_check(consumed <= length, "no more is consumed than there is");
  fuzz_check(content->bytes - before <= consumed, "content is part of what is consumed");
  fuzz_check(consumed == length || body->complete || body->malformed,
             "all is consumed unless the body has ended");
  free(copy);
  return consumed;
}

static void check_body(const char *bytes, size_t length, size_t split, const struct http_head *head,
                       bool head_request)
{
  struct http_body whole;
  struct http_body parts;
  struct content whole_content = {FUZZ_DIGEST_START, 0};
  struct content parts_content = {FUZZ_DIGEST_START, 0};
  http_body_begin(&whole, head, head_request);
  http_body_begin(&parts, head, head_request);
  size_t whole_consumed = read_part(&whole, bytes, length, &whole_content);
  size_t parts_consumed = read_part(&parts, bytes, split, &parts_content);
  parts_consumed +=
      read_part(&parts, bytes + parts_consumed, length - parts_consumed, &parts_content);
  fuzz_check(whole_consumed == parts_consumed && whole_content.digest == parts_content.digest &&
                 whole_content.bytes == parts_content.bytes && whole.complete == parts.complete &&
                 whole.malformed == parts.malformed && whole.remaining == parts.remaining,
             "a body in two parts is the same body");
  fuzz_check(!(whole.complete && whole.malformed), "a body is not complete and malformed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *bytes = fuzz_copy(data, size);
  struct http_head head;
  enum http_head_result result = http_head_read(bytes, size, &head);
  uint64_t random = fuzz_digest(FUZZ_DIGEST_START, data, size);
  check_prefix(data, (size_t)(random % (size + 1)), result, &head);
  check_prefix(data, size - size / 16, result, &head);
  if (result == HTTP_HEAD_COMPLETE) {
    check_head(bytes, size, &head);
    check_prefix(data, head.head_bytes, result, &head);
    check_prefix(data, head.head_bytes - 1, result, &head);
    size_t rest = size - head.head_bytes;
    check_body(bytes + head.head_bytes, rest, (size_t)(random % (rest + 1)), &head, false);
    check_body(bytes + head.head_bytes, rest, rest / 2, &head, true);
  }
  free(bytes);
  return 0;
}
