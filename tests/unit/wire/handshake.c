/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/handshake.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "support/guarded.h"

/* The whole CertificateRequest messages of openssl s_server 3.0 -Verify 1 -CAfile, with one CA:
 * C=DE, O=Example, CN=CA 1. */
/* clang-format off */
static const uint8_t request_1_2[] = {
    0x0d, 0x00, 0x00, 0x62, 0x03, 0x01, 0x02, 0x40, 0x00, 0x28, 0x04, 0x03, 0x05, 0x03, 0x06, 0x03,
    0x08, 0x07, 0x08, 0x08, 0x08, 0x09, 0x08, 0x0a, 0x08, 0x0b, 0x08, 0x04, 0x08, 0x05, 0x08, 0x06,
    0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x03, 0x03, 0x03, 0x01, 0x03, 0x02, 0x04, 0x02, 0x05, 0x02,
    0x06, 0x02, 0x00, 0x32, 0x00, 0x30, 0x30, 0x2e, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04,
    0x06, 0x13, 0x02, 0x44, 0x45, 0x31, 0x10, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x07,
    0x45, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x03,
    0x0c, 0x04, 0x43, 0x41, 0x20, 0x31,
};
static const uint8_t request_1_3[] = {
    0x0d, 0x00, 0x00, 0x61, 0x00, 0x00, 0x5e, 0x00, 0x0d, 0x00, 0x22, 0x00, 0x20, 0x04, 0x03, 0x05,
    0x03, 0x06, 0x03, 0x08, 0x07, 0x08, 0x08, 0x08, 0x09, 0x08, 0x0a, 0x08, 0x0b, 0x08, 0x04, 0x08,
    0x05, 0x08, 0x06, 0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x03, 0x03, 0x03, 0x01, 0x00, 0x2f, 0x00,
    0x34, 0x00, 0x32, 0x00, 0x30, 0x30, 0x2e, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06,
    0x13, 0x02, 0x44, 0x45, 0x31, 0x10, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x07, 0x45,
    0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c,
    0x04, 0x43, 0x41, 0x20, 0x31,
};
/* clang-format on */
static const char name_der[] = "\x30\x2e\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
                               "DE\x31\x10\x30\x0e\x06\x03\x55\x04\x0a\x0c\x07"
                               "Example\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04"
                               "CA 1";
enum { NAME_BYTES = sizeof(name_der) - 1 };

static struct guarded guarded;

static void set_up(void)
{
  guarded_init(&guarded, 16384);
}

static void tear_down(void)
{
  guarded_deinit(&guarded);
}

/* What a stream reported. */
enum { MESSAGES_MAX = 16, BYTES_MAX = 4096 };
struct reported {
  uint8_t type;
  size_t body_bytes;
  size_t full_bytes;
  bool truncated;
};
static struct reported messages[MESSAGES_MAX];
static size_t message_count;
static char bodies[BYTES_MAX]; /* the first of each body, up to what fits */
static size_t bodies_bytes;

static void take_message(void *context, const struct handshake_message *message)
{
  ck_assert_ptr_eq(context, messages);
  ck_assert_uint_lt(message_count, MESSAGES_MAX);
  messages[message_count++] = (struct reported){message->type, message->body_bytes,
                                                message->full_bytes, message->truncated};
  if (message->body_bytes <= sizeof(bodies) - bodies_bytes) {
    memcpy(bodies + bodies_bytes, message->body, message->body_bytes);
    bodies_bytes += message->body_bytes;
  }
}

static void start(struct handshake_stream *stream)
{
  handshake_stream_init(stream);
  message_count = 0;
  bodies_bytes = 0;
}

static void feed(struct handshake_stream *stream, const void *bytes, size_t length)
{
  handshake_stream_feed(stream, guarded_copy(&guarded, bytes, length), length, take_message,
                        messages);
}

/* ServerHelloDone is an empty message. */
static const char flight[] = "\x08\x00\x00\x02\x00\x00"
                             "\x0e\x00\x00\x00"
                             "\x0b\x00\x00\x05hello"
                             "\x0e\x00\x00\x00";
enum { FLIGHT_BYTES = sizeof(flight) - 1 };

static void assert_flight(void)
{
  static const uint8_t types[] = {HANDSHAKE_ENCRYPTED_EXTENSIONS, HANDSHAKE_SERVER_HELLO_DONE,
                                  HANDSHAKE_CERTIFICATE, HANDSHAKE_SERVER_HELLO_DONE};
  static const size_t lengths[] = {2, 0, 5, 0};
  ck_assert_uint_eq(message_count, 4);
  for (size_t i = 0; i < 4; i++) {
    ck_assert_uint_eq(messages[i].type, types[i]);
    ck_assert_uint_eq(messages[i].body_bytes, lengths[i]);
    ck_assert_uint_eq(messages[i].full_bytes, lengths[i]);
    ck_assert(!messages[i].truncated);
  }
  ck_assert_uint_eq(bodies_bytes, 7);
  ck_assert_mem_eq(bodies, "\0\0hello", 7);
}

START_TEST(messages_split_anywhere_are_the_same_messages)
{
  for (size_t split = 0; split <= FLIGHT_BYTES; split++) {
    struct handshake_stream stream;
    start(&stream);
    feed(&stream, flight, split);
    feed(&stream, flight + split, 0);
    feed(&stream, flight + split, FLIGHT_BYTES - split);
    assert_flight();
    handshake_stream_deinit(&stream);
  }
}
END_TEST

START_TEST(messages_byte_by_byte_are_the_same_messages)
{
  struct handshake_stream stream;
  start(&stream);
  for (size_t at = 0; at < FLIGHT_BYTES; at++) {
    feed(&stream, flight + at, 1);
  }
  assert_flight();
  handshake_stream_deinit(&stream);
}
END_TEST

/* Feeds count bytes 'x' in parts of 16 KiB, as records bring them. */
static void feed_filler(struct handshake_stream *stream, size_t count)
{
  static char filler[16384];
  memset(filler, 'x', sizeof(filler));
  while (count > 0) {
    size_t part = count < sizeof(filler) ? count : sizeof(filler);
    feed(stream, filler, part);
    count -= part;
  }
}

START_TEST(a_message_of_the_cap_is_whole)
{
  struct handshake_stream stream;
  start(&stream);
  feed(&stream, "\x0d\x01\x00\x00", 4);
  feed_filler(&stream, HANDSHAKE_MESSAGE_MAX_BYTES);
  ck_assert_uint_eq(message_count, 1);
  ck_assert_uint_eq(messages[0].body_bytes, HANDSHAKE_MESSAGE_MAX_BYTES);
  ck_assert(!messages[0].truncated);
  handshake_stream_deinit(&stream);
}
END_TEST

START_TEST(a_message_over_the_cap_is_reported_once_and_passed_over)
{
  struct handshake_stream stream;
  start(&stream);
  feed(&stream, "\x0d\x02\x00\x01", 4);
  feed_filler(&stream, HANDSHAKE_MESSAGE_MAX_BYTES - 1);
  ck_assert_uint_eq(message_count, 0);
  feed_filler(&stream, 1);
  ck_assert_uint_eq(message_count, 1);
  ck_assert_uint_eq(messages[0].type, HANDSHAKE_CERTIFICATE_REQUEST);
  ck_assert_uint_eq(messages[0].body_bytes, HANDSHAKE_MESSAGE_MAX_BYTES);
  ck_assert_uint_eq(messages[0].full_bytes, 0x020001);
  ck_assert(messages[0].truncated);
  feed_filler(&stream, 0x020001 - HANDSHAKE_MESSAGE_MAX_BYTES);
  ck_assert_uint_eq(message_count, 1);
  message_count = 0;
  bodies_bytes = 0;
  feed(&stream, flight, FLIGHT_BYTES);
  assert_flight();
  handshake_stream_deinit(&stream);
}
END_TEST

START_TEST(a_header_of_16_megabytes_costs_nothing)
{
  struct handshake_stream stream;
  start(&stream);
  feed(&stream, "\x0d\xff\xff\xff", 4);
  ck_assert_uint_eq(stream.body.capacity, 0);
  feed_filler(&stream, 10);
  ck_assert_uint_le(stream.body.capacity, 1024);
  feed_filler(&stream, 1 << 20);
  ck_assert_uint_eq(stream.body.length, HANDSHAKE_MESSAGE_MAX_BYTES);
  ck_assert_uint_le(stream.body.capacity, 2 * HANDSHAKE_MESSAGE_MAX_BYTES);
  handshake_stream_deinit(&stream);
}
END_TEST

START_TEST(a_message_cut_by_the_end_of_the_connection_can_be_read)
{
  struct handshake_stream stream;
  struct handshake_message message;
  start(&stream);
  ck_assert(!handshake_stream_partial(&stream, &message));
  feed(&stream, request_1_2, 3);
  ck_assert(!handshake_stream_partial(&stream, &message));
  feed(&stream, request_1_2 + 3, 47);
  ck_assert(handshake_stream_partial(&stream, &message));
  ck_assert_uint_eq(message.type, HANDSHAKE_CERTIFICATE_REQUEST);
  ck_assert_uint_eq(message.body_bytes, 46);
  ck_assert(message.truncated);
  ck_assert_mem_eq(message.body, request_1_2 + 4, 46);
  feed(&stream, request_1_2 + 50, sizeof(request_1_2) - 50);
  ck_assert_uint_eq(message_count, 1);
  ck_assert(!handshake_stream_partial(&stream, &message));
  handshake_stream_deinit(&stream);
}
END_TEST

static struct certificate_request request;

/* The body ends at the guarded page. */
static struct handshake_message message_of(const void *bytes, size_t length, bool truncated)
{
  return (struct handshake_message){.type = HANDSHAKE_CERTIFICATE_REQUEST,
                                    .body = guarded_copy(&guarded, bytes, length),
                                    .body_bytes = length,
                                    .full_bytes = length + truncated,
                                    .truncated = truncated};
}

static bool read_request(const void *bytes, size_t length, enum tls_version version, bool truncated)
{
  struct handshake_message message = message_of(bytes, length, truncated);
  return certificate_request_read(&message, version, &request);
}

static size_t count_names(void)
{
  size_t offset = 0;
  size_t count = 0;
  const uint8_t *der;
  size_t der_bytes;
  while (certificate_request_next_name(&request, &offset, &der, &der_bytes)) {
    count++;
  }
  return count;
}

static void assert_one_name(void)
{
  size_t offset = 0;
  const uint8_t *der;
  size_t der_bytes;
  ck_assert(!request.names_truncated);
  ck_assert(certificate_request_next_name(&request, &offset, &der, &der_bytes));
  ck_assert_uint_eq(der_bytes, NAME_BYTES);
  ck_assert_mem_eq(der, name_der, NAME_BYTES);
  ck_assert(!certificate_request_next_name(&request, &offset, &der, &der_bytes));
}

START_TEST(a_request_of_tls_1_2_is_read)
{
  ck_assert(read_request(request_1_2 + 4, sizeof(request_1_2) - 4, TLS_VERSION_1_2, false));
  ck_assert_uint_eq(request.signature_algorithms_bytes, 40);
  ck_assert_mem_eq(request.signature_algorithms, "\x04\x03\x05\x03", 4);
  assert_one_name();
}
END_TEST

START_TEST(a_request_of_tls_1_3_is_read)
{
  ck_assert(read_request(request_1_3 + 4, sizeof(request_1_3) - 4, TLS_VERSION_1_3, false));
  ck_assert_uint_eq(request.context_bytes, 0);
  ck_assert_uint_eq(request.signature_algorithms_bytes, 32);
  assert_one_name();
}
END_TEST

START_TEST(a_request_is_read_only_as_the_version_it_is_of)
{
  ck_assert(!read_request(request_1_2 + 4, sizeof(request_1_2) - 4, TLS_VERSION_1_3, false));
  ck_assert(!read_request(request_1_3 + 4, sizeof(request_1_3) - 4, TLS_VERSION_1_2, false));
  ck_assert(!read_request(request_1_3 + 4, sizeof(request_1_3) - 4, TLS_VERSION_UNKNOWN, false));
}
END_TEST

START_TEST(a_request_cut_anywhere_is_malformed_unless_it_says_so)
{
  for (size_t length = 0; length < sizeof(request_1_2) - 4; length++) {
    ck_assert(!read_request(request_1_2 + 4, length, TLS_VERSION_1_2, false));
    ck_assert(read_request(request_1_2 + 4, length, TLS_VERSION_1_2, true));
    ck_assert_msg(request.names_truncated && count_names() == 0, "after %zu", length);
  }
  for (size_t length = 0; length < sizeof(request_1_3) - 4; length++) {
    ck_assert(!read_request(request_1_3 + 4, length, TLS_VERSION_1_3, false));
    ck_assert(read_request(request_1_3 + 4, length, TLS_VERSION_1_3, true));
    ck_assert_msg(request.names_truncated && count_names() == 0, "after %zu", length);
  }
}
END_TEST

START_TEST(the_names_before_a_cut_are_read)
{
  static const char two_names[] = "\x01\x01\x00\x02\x04\x03\x00\x0a\x00\x03"
                                  "abc\x00\x03"
                                  "def";
  ck_assert(read_request(two_names, sizeof(two_names) - 1, TLS_VERSION_1_2, false));
  ck_assert(!request.names_truncated);
  ck_assert_uint_eq(count_names(), 2);
  ck_assert(read_request(two_names, sizeof(two_names) - 2, TLS_VERSION_1_2, true));
  ck_assert(request.names_truncated);
  ck_assert_uint_eq(count_names(), 1);
}
END_TEST

START_TEST(extensions_that_we_do_not_read_are_passed_over)
{
  static const char other[] = "\x02"
                              "id\x00\x18"
                              "\x00\x32\x00\x04\x00\x02\x04\x03" /* signature_algorithms_cert */
                              "\x7a\x7a\x00\x00"
                              "\x00\x0d\x00\x08\x00\x06\x04\x03\x08\x04\x08\x07";
  ck_assert(read_request(other, sizeof(other) - 1, TLS_VERSION_1_3, false));
  ck_assert_uint_eq(request.context_bytes, 2);
  ck_assert_uint_eq(request.signature_algorithms_bytes, 6);
  ck_assert_uint_eq(request.names_bytes, 0);
  ck_assert(!request.names_truncated);
}
END_TEST

#define BYTES(text)                                                                                \
  {                                                                                                \
    text, sizeof(text) - 1                                                                         \
  }
static const struct bad_request {
  const char *bytes;
  size_t length;
} bad_1_3[] =
    {
        BYTES(""),
        BYTES("\x00"),
        BYTES("\x05"
              "ctx"),
        BYTES("\x00\x00\x04\x00\x0d\x00\x05"),                         /* past the end */
        BYTES("\x00\x00\x03\x00\x0d\x00"),                             /* half an extension */
        BYTES("\x00\x00\x00!"),                                        /* a rest */
        BYTES("\x00\x00\x07\x00\x0d\x00\x03\x00\x01\x04"),             /* half an algorithm */
        BYTES("\x00\x00\x09\x00\x0d\x00\x05\x00\x02\x04\x03!"),        /* a rest in the extension */
        BYTES("\x00\x00\x06\x00\x0d\x00\x02\x00\x04\x04\x03\x04\x03"), /* list past its extension */
        BYTES("\x00\x00\x0c\x00\x0d\x00\x02\x00\x00\x00\x0d\x00\x02\x00\x00"), /* twice */
        BYTES("\x00\x00\x08\x00\x2f\x00\x04\x00\x02\x00\x00"),                 /* an empty name */
        BYTES("\x00\x00\x09\x00\x2f\x00\x05\x00\x03\x00\x02"
              "a"),                                        /* a name past its list */
        BYTES("\x00\x00\x07\x00\x2f\x00\x03\x00\x01\x00"), /* half a length */
},
  bad_1_2[] = {
      BYTES(""),
      BYTES("\x01"),
      BYTES("\x01\x01\x00\x02\x04\x03"),
      BYTES("\x01\x01\x00\x03\x04\x03\x04\x00\x00"),
      BYTES("\x01\x01\x00\x02\x04\x03\x00\x00!"),
      BYTES("\x01\x01\x00\x02\x04\x03\x00\x02\x00\x00"),
      BYTES("\x01\x01\x00\x02\x04\x03\x00\x03\x00\x02"
            "a"),
      BYTES("\x01\x01\x00\x02\x04\x03\x00\x04\x00\x01"
            "a"),
};

START_TEST(a_bad_request_of_tls_1_3_is_malformed)
{
  ck_assert(!read_request(bad_1_3[_i].bytes, bad_1_3[_i].length, TLS_VERSION_1_3, false));
}
END_TEST

START_TEST(a_bad_request_of_tls_1_2_is_malformed)
{
  ck_assert(!read_request(bad_1_2[_i].bytes, bad_1_2[_i].length, TLS_VERSION_1_2, false));
}
END_TEST

/* SIZE_MAX: malformed */
static size_t count_certificates(const char *bytes, size_t length, enum tls_version version,
                                 bool truncated)
{
  struct handshake_message message = message_of(bytes, length, truncated);
  size_t count;
  return certificate_message_count(&message, version, &count) ? count : SIZE_MAX;
}

START_TEST(certificates_are_counted)
{
  static const char empty_1_2[] = "\x00\x00\x00";
  static const char empty_1_3[] = "\x00\x00\x00\x00";
  static const char two_1_2[] = "\x00\x00\x09\x00\x00\x01"
                                "a\x00\x00\x02"
                                "bc";
  static const char two_1_3[] = "\x01!\x00\x00\x0e\x00\x00\x01"
                                "a\x00\x00\x00\x00\x02"
                                "bc\x00\x01"
                                "e";
  ck_assert_uint_eq(count_certificates(empty_1_2, 3, TLS_VERSION_1_2, false), 0);
  ck_assert_uint_eq(count_certificates(empty_1_3, 4, TLS_VERSION_1_3, false), 0);
  ck_assert_uint_eq(count_certificates(two_1_2, 12, TLS_VERSION_1_2, false), 2);
  ck_assert_uint_eq(count_certificates(two_1_3, 19, TLS_VERSION_1_3, false), 2);
  for (size_t length = 0; length < 12; length++) {
    ck_assert_uint_eq(count_certificates(two_1_2, length, TLS_VERSION_1_2, false), SIZE_MAX);
    size_t begun = length <= 3 ? 0 : length <= 7 ? 1 : 2;
    ck_assert_uint_eq(count_certificates(two_1_2, length, TLS_VERSION_1_2, true), begun);
  }
  for (size_t length = 0; length < 19; length++) {
    ck_assert_uint_eq(count_certificates(two_1_3, length, TLS_VERSION_1_3, false), SIZE_MAX);
  }
}
END_TEST

START_TEST(bad_certificate_messages_are_malformed)
{
  ck_assert_uint_eq(count_certificates("\x00\x00\x00!", 4, TLS_VERSION_1_2, false), SIZE_MAX);
  ck_assert_uint_eq(count_certificates("\x00\x00\x03\x00\x00\x00", 6, TLS_VERSION_1_2, false),
                    SIZE_MAX);
  ck_assert_uint_eq(count_certificates("\x00\x00\x00", 3, TLS_VERSION_UNKNOWN, false), SIZE_MAX);
}
END_TEST

/* ServerHello messages of openssl s_server 3.0 -groups P-256: TLS 1.2, TLS 1.3, and what TLS 1.3
 * says first to a client whose key share is of another group. */
/* clang-format off */
static const uint8_t hello_1_2[] = {
    0x02, 0x00, 0x00, 0x3d, 0x03, 0x03, 0xc7, 0x32, 0x6b, 0x05, 0xe3, 0x1d, 0x98, 0x5e, 0xd0, 0x5b,
    0x34, 0x24, 0xfd, 0xa7, 0x8c, 0x40, 0xb4, 0x18, 0x43, 0xb5, 0x38, 0xa1, 0x83, 0xab, 0x44, 0x4f,
    0x57, 0x4e, 0x47, 0x52, 0x44, 0x01, 0x00, 0xc0, 0x2c, 0x00, 0x00, 0x15, 0xff, 0x01, 0x00, 0x01,
    0x00, 0x00, 0x0b, 0x00, 0x04, 0x03, 0x00, 0x01, 0x02, 0x00, 0x23, 0x00, 0x00, 0x00, 0x17, 0x00,
    0x00,
};
static const uint8_t hello_1_3[] = {
    0x02, 0x00, 0x00, 0x97, 0x03, 0x03, 0x76, 0xea, 0xa1, 0xcf, 0x0e, 0x07, 0x6e, 0x2b, 0xa6, 0xfb,
    0x4f, 0x48, 0xcc, 0x9c, 0x24, 0x4a, 0x1f, 0x69, 0xc2, 0x8b, 0x2b, 0xbf, 0xe2, 0x36, 0xf7, 0xeb,
    0xee, 0x09, 0x48, 0xc6, 0x29, 0x5c, 0x20, 0xf2, 0x2c, 0x72, 0x83, 0x5d, 0xaf, 0xb9, 0xb9, 0xb1,
    0xa8, 0x30, 0x73, 0xcc, 0xf0, 0xde, 0xe5, 0x31, 0xd6, 0xb1, 0x6c, 0xc3, 0xaf, 0x06, 0x40, 0x31,
    0x55, 0x47, 0x37, 0x67, 0xd9, 0xfe, 0x58, 0x13, 0x02, 0x00, 0x00, 0x4f, 0x00, 0x2b, 0x00, 0x02,
    0x03, 0x04, 0x00, 0x33, 0x00, 0x45, 0x00, 0x17, 0x00, 0x41, 0x04, 0x71, 0xe0, 0xdb, 0x84, 0x51,
    0x27, 0xf4, 0x03, 0x5f, 0x5b, 0x37, 0xc0, 0x29, 0x20, 0x59, 0xb5, 0x85, 0xea, 0x47, 0xbe, 0x09,
    0x10, 0xa3, 0x5b, 0xe0, 0x7e, 0x9a, 0x93, 0x91, 0x78, 0x72, 0x93, 0xa9, 0x47, 0x9e, 0x31, 0x49,
    0x73, 0x1a, 0x90, 0xee, 0x8f, 0xc8, 0x23, 0xe6, 0xe4, 0x50, 0x28, 0xdb, 0xa1, 0xb0, 0xe6, 0x68,
    0x1a, 0x5a, 0x1c, 0x77, 0x6b, 0xe4, 0xe6, 0xb5, 0x63, 0x68, 0x9a,
};
static const uint8_t hello_retry[] = {
    0x02, 0x00, 0x00, 0x54, 0x03, 0x03, 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d,
    0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e,
    0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c, 0x20, 0xf2, 0x2c, 0x72, 0x83, 0x5d, 0xaf, 0xb9, 0xb9, 0xb1,
    0xa8, 0x30, 0x73, 0xcc, 0xf0, 0xde, 0xe5, 0x31, 0xd6, 0xb1, 0x6c, 0xc3, 0xaf, 0x06, 0x40, 0x31,
    0x55, 0x47, 0x37, 0x67, 0xd9, 0xfe, 0x58, 0x13, 0x02, 0x00, 0x00, 0x0c, 0x00, 0x2b, 0x00, 0x02,
    0x03, 0x04, 0x00, 0x33, 0x00, 0x02, 0x00, 0x17,
};
/* clang-format on */
enum { HELLO_CIPHER_OFFSET_1_2 = 4 + 2 + 32 + 1 };

/* Of a whole message, without its header. */
static bool read_hello(const uint8_t *bytes, size_t length, struct server_hello *hello)
{
  struct handshake_message message = message_of(bytes + 4, length - 4, false);
  return server_hello_read(&message, hello);
}

START_TEST(a_hello_of_each_version_is_read)
{
  struct server_hello hello;
  ck_assert(read_hello(hello_1_2, sizeof(hello_1_2), &hello));
  ck_assert_int_eq(hello.version, TLS_VERSION_1_2);
  ck_assert_uint_eq(hello.cipher_suite, 0xc02c);
  ck_assert(!hello.retry_request);
  ck_assert(read_hello(hello_1_3, sizeof(hello_1_3), &hello));
  ck_assert_int_eq(hello.version, TLS_VERSION_1_3);
  ck_assert_uint_eq(hello.cipher_suite, 0x1302);
  ck_assert(!hello.retry_request);
}
END_TEST

START_TEST(a_hello_that_asks_for_another_key_share_is_told_apart)
{
  struct server_hello hello;
  ck_assert(read_hello(hello_retry, sizeof(hello_retry), &hello));
  ck_assert_int_eq(hello.version, TLS_VERSION_1_3);
  ck_assert_uint_eq(hello.cipher_suite, 0x1302);
  ck_assert(hello.retry_request);
}
END_TEST

START_TEST(a_hello_without_extensions_is_one_of_tls_1_2)
{
  struct server_hello hello;
  ck_assert(read_hello(hello_1_2, HELLO_CIPHER_OFFSET_1_2 + 3, &hello));
  ck_assert_int_eq(hello.version, TLS_VERSION_1_2);
}
END_TEST

START_TEST(a_hello_of_another_version_is_of_none_that_we_speak)
{
  uint8_t bytes[sizeof(hello_1_2)];
  struct server_hello hello;
  memcpy(bytes, hello_1_2, sizeof(bytes));
  bytes[5] = 2; /* TLS 1.1 */
  ck_assert(read_hello(bytes, sizeof(bytes), &hello));
  ck_assert_int_eq(hello.version, TLS_VERSION_UNKNOWN);
}
END_TEST

START_TEST(a_hello_cut_anywhere_is_malformed)
{
  struct server_hello hello;
  for (size_t length = 4; length < sizeof(hello_1_3); length++) {
    bool whole_without_extensions = length == 4 + 2 + 32 + 33 + 3;
    ck_assert_int_eq(read_hello(hello_1_3, length, &hello), whole_without_extensions);
  }
  struct handshake_message cut = message_of(hello_1_3 + 4, sizeof(hello_1_3) - 4, true);
  ck_assert(!server_hello_read(&cut, &hello));
}
END_TEST

static void add_reader_tests(TCase *all)
{
  tcase_add_test(all, a_hello_of_each_version_is_read);
  tcase_add_test(all, a_hello_that_asks_for_another_key_share_is_told_apart);
  tcase_add_test(all, a_hello_without_extensions_is_one_of_tls_1_2);
  tcase_add_test(all, a_hello_of_another_version_is_of_none_that_we_speak);
  tcase_add_test(all, a_hello_cut_anywhere_is_malformed);
  tcase_add_test(all, a_request_of_tls_1_2_is_read);
  tcase_add_test(all, a_request_of_tls_1_3_is_read);
  tcase_add_test(all, a_request_is_read_only_as_the_version_it_is_of);
  tcase_add_test(all, a_request_cut_anywhere_is_malformed_unless_it_says_so);
  tcase_add_test(all, the_names_before_a_cut_are_read);
  tcase_add_test(all, extensions_that_we_do_not_read_are_passed_over);
  tcase_add_loop_test(all, a_bad_request_of_tls_1_3_is_malformed, 0,
                      sizeof(bad_1_3) / sizeof(bad_1_3[0]));
  tcase_add_loop_test(all, a_bad_request_of_tls_1_2_is_malformed, 0,
                      sizeof(bad_1_2) / sizeof(bad_1_2[0]));
  tcase_add_test(all, certificates_are_counted);
  tcase_add_test(all, bad_certificate_messages_are_malformed);
}

int main(void)
{
  Suite *suite = suite_create("wire/handshake");
  TCase *all = tcase_create("all");
  suite_add_tcase(suite, all);
  tcase_add_checked_fixture(all, set_up, tear_down);
  tcase_add_test(all, messages_split_anywhere_are_the_same_messages);
  tcase_add_test(all, messages_byte_by_byte_are_the_same_messages);
  tcase_add_test(all, a_message_of_the_cap_is_whole);
  tcase_add_test(all, a_message_over_the_cap_is_reported_once_and_passed_over);
  tcase_add_test(all, a_header_of_16_megabytes_costs_nothing);
  tcase_add_test(all, a_message_cut_by_the_end_of_the_connection_can_be_read);
  add_reader_tests(all);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
