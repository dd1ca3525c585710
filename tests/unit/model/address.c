/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/address.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct error error;

struct good_row {
  const char *text;
  bool has_scheme;
  enum protocol protocol;
  const char *host;
  unsigned port;
  bool has_port;
  const char *path;
};

START_TEST(addresses_are_taken_apart)
{
  static const struct good_row rows[] = {
      {"https://api.example/health", true, PROTOCOL_HTTPS, "api.example", 443, false, "/health"},
      {"https://api.example", true, PROTOCOL_HTTPS, "api.example", 443, false, ""},
      {"HTTPS://API.Example:8443/A?b=%20c&d=@", true, PROTOCOL_HTTPS, "api.example", 8443, true,
       "/A?b=%20c&d=@"},
      {"https://h/x://y", true, PROTOCOL_HTTPS, "h", 443, false, "/x://y"},
      {"tls://db.example:5432", true, PROTOCOL_TLS, "db.example", 5432, true, ""},
      {"api.example", false, PROTOCOL_TLS, "api.example", 443, false, ""},
      {"api.example:1", false, PROTOCOL_TLS, "api.example", 1, true, ""},
      {"localhost:65535", false, PROTOCOL_TLS, "localhost", 65535, true, ""},
      {"api.example.:443", false, PROTOCOL_TLS, "api.example", 443, true, ""},
      {"_x.a-b.xn--caf-dma.example", false, PROTOCOL_TLS, "_x.a-b.xn--caf-dma.example", 443, false,
       ""},
      {"192.0.2.1:8443", false, PROTOCOL_TLS, "192.0.2.1", 8443, true, ""},
      {"[::1]:443", false, PROTOCOL_TLS, "::1", 443, true, ""},
      {"[2001:DB8::A]", false, PROTOCOL_TLS, "2001:db8::a", 443, false, ""},
      {"https://[::1]/", true, PROTOCOL_HTTPS, "::1", 443, false, "/"},
      {"1.2.3.example", false, PROTOCOL_TLS, "1.2.3.example", 443, false, ""},
      {"smtp://mx.example", true, PROTOCOL_SMTP, "mx.example", 25, false, ""},
      {"imap://mx.example", true, PROTOCOL_IMAP, "mx.example", 143, false, ""},
      {"pop3://mx.example", true, PROTOCOL_POP3, "mx.example", 110, false, ""},
      {"ldap://dc.example", true, PROTOCOL_LDAP, "dc.example", 389, false, ""},
      {"postgres://db.example", true, PROTOCOL_POSTGRES, "db.example", 5432, false, ""},
      {"mysql://db.example", true, PROTOCOL_MYSQL, "db.example", 3306, false, ""},
      {"xmpp://chat.example", true, PROTOCOL_XMPP, "chat.example", 5222, false, ""},
      {"SMTP://[::1]:587", true, PROTOCOL_SMTP, "::1", 587, true, ""},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const struct good_row *row = &rows[i];
    struct address address;
    ck_assert_msg(address_parse(row->text, &address, &error) == STATUS_OK, "%s: %s", row->text,
                  error.text);
    ck_assert_int_eq(address.has_scheme, row->has_scheme);
    ck_assert_int_eq(address.protocol, row->protocol);
    ck_assert_str_eq(address.host, row->host);
    ck_assert_uint_eq(address.port, row->port);
    ck_assert_int_eq(address.has_port, row->has_port);
    ck_assert_str_eq(address.path, row->path);
  }
}
END_TEST

#define AVAILABLE "(available: https, tls, smtp, imap, pop3, ldap, postgres, mysql, xmpp)"

struct bad_row {
  const char *text;
  const char *message;
};

START_TEST(every_mistake_has_its_message)
{
  static const struct bad_row rows[] = {
      {"", "address \"\": write \"https://HOST[:PORT]/PATH\" or \"HOST:PORT\""},
      {"https://", "address \"https://\": the host is missing"},
      {":443", "address \":443\": the host is missing"},
      {".", "address \".\": the host name has an empty label"},
      {"a..b", "address \"a..b\": the host name has an empty label"},
      {"-a.b", "address \"-a.b\": a label of the host name begins or ends with \"-\""},
      {"a-.b", "address \"a-.b\": a label of the host name begins or ends with \"-\""},
      {"a b", "address \"a b\": a host name has only letters, digits, \"-\" and \".\""},
      {" a", "address \" a\": a host name has only letters, digits, \"-\" and \".\""},
      {"a\nb", "address \"a\xEF\xBF\xBD"
               "b\": a host name has only letters, digits, \"-\" and \".\""},
      {"caf\xC3\xA9.example", "address \"caf\xC3\xA9.example\": write an international host name "
                              "as A-labels (\"xn--...\")"},
      {"256.1.1.1", "address \"256.1.1.1\": the host is not an IPv4 address"},
      {"1.2.3", "address \"1.2.3\": the host is not an IPv4 address"},
      {"::1", "address \"::1\": write an IPv6 address in brackets, as in \"[::1]:443\""},
      {"[::1", "address \"[::1\": \"]\" is missing after the IPv6 address"},
      {"[]:1", "address \"[]:1\": the host is missing"},
      {"[1.2.3.4]", "address \"[1.2.3.4]\": the IPv6 address is not valid"},
      {"[fe80::1%eth0]", "address \"[fe80::1%eth0]\": the IPv6 address is not valid"},
      {"[::1]443", "address \"[::1]443\": only \":PORT\" may follow \"]\""},
      {"h:", "address \"h:\": the port must be a number from 1 to 65535"},
      {"h:0", "address \"h:0\": the port must be a number from 1 to 65535"},
      {"h:65536", "address \"h:65536\": the port must be a number from 1 to 65535"},
      {"h:+1", "address \"h:+1\": the port must be a number from 1 to 65535"},
      {"h:4 3", "address \"h:4 3\": the port must be a number from 1 to 65535"},
      {"h:000443", "address \"h:000443\": the port must be a number from 1 to 65535"},
      {"h/path", "address \"h/path\": an address with a path begins with \"https://\""},
      {"tls://h:1/", "address \"tls://h:1/\": \"tls://\" takes no path"},
      {"https://h?x", "address \"https://h?x\": the path must begin with \"/\""},
      {"https://h/a#b", "address \"https://h/a#b\": a fragment (\"#...\") is never sent to a "
                        "server: leave it out"},
      {"https://h#b", "address \"https://h#b\": a fragment (\"#...\") is never sent to a server: "
                      "leave it out"},
      {"https://h/a b",
       "address \"https://h/a b\": the path may only have visible ASCII: percent-encode the rest"},
      {"https://h/\x7F", "address \"https://h/\xEF\xBF\xBD\": the path may only have visible "
                         "ASCII: percent-encode the rest"},
      {"https://h/\xC3\xA9", "address \"https://h/\xC3\xA9\": the path may only have visible "
                             "ASCII: percent-encode the rest"},
      {"http://h", "address \"http://h\": protocol \"http\" has no TLS " AVAILABLE},
      {"gopher://h", "address \"gopher://h\": unknown protocol \"gopher\" " AVAILABLE},
      {"://h", "address \"://h\": what stands before \"://\" is not a protocol " AVAILABLE},
      {"postgresql://h",
       "address \"postgresql://h\": unknown protocol \"postgresql\" (did you mean "
       "\"postgres\"?)"},
      {"ldaps://h", "address \"ldaps://h\": protocol \"ldaps\" is TLS from the first byte: write "
                    "\"tls://HOST:636\""},
      {"smtp://h/path", "address \"smtp://h/path\": \"smtp://\" takes no path"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct address address;
    ck_assert_msg(address_parse(rows[i].text, &address, &error) == STATUS_INVALID, "%s",
                  rows[i].text);
    ck_assert_str_eq(error.text, rows[i].message);
  }
}
END_TEST

START_TEST(settings_say_the_protocol_where_an_address_has_no_scheme)
{
  struct address address;
  ck_assert_int_eq(address_parse("mx.example", &address, &error), STATUS_OK);
  address_set_protocol(&address, PROTOCOL_SMTP);
  ck_assert_int_eq(address.protocol, PROTOCOL_SMTP);
  ck_assert_uint_eq(address.port, 25);
  ck_assert_int_eq(address_parse("mx.example:587", &address, &error), STATUS_OK);
  address_set_protocol(&address, PROTOCOL_SMTP);
  ck_assert_uint_eq(address.port, 587);
  ck_assert_int_eq(address_parse("imap://mx.example", &address, &error), STATUS_OK);
  address_set_protocol(&address, PROTOCOL_SMTP);
  ck_assert_int_eq(address.protocol, PROTOCOL_IMAP);
  ck_assert_uint_eq(address.port, 143);
}
END_TEST

START_TEST(a_login_name_has_bytes_and_a_limit)
{
  char name[USERNAME_MAX + 1] = "";
  ck_assert_int_eq(login_name_check(name, &error), STATUS_INVALID);
  memset(name, 'x', USERNAME_MAX);
  ck_assert_int_eq(login_name_check(name, &error), STATUS_INVALID);
  ck_assert_str_eq(error.text, "must be 1 to 255 bytes of plain text");
  name[USERNAME_MAX - 1] = '\0';
  ck_assert_int_eq(login_name_check(name, &error), STATUS_OK);
  ck_assert_int_eq(login_name_check("a\nb", &error), STATUS_INVALID);
}
END_TEST

START_TEST(lengths_have_a_limit)
{
  struct address address;
  char text[PATH_MAX_BYTES + 64];
  char label[65];
  memset(label, 'a', 64);
  label[64] = '\0';
  ck_assert_int_eq(address_parse(label, &address, &error), STATUS_INVALID);
  label[63] = '\0';
  ck_assert_int_eq(address_parse(label, &address, &error), STATUS_OK);
  for (size_t i = 0; i < 254; i++) {
    text[i] = i % 2 == 0 ? 'a' : '.';
  }
  text[253] = '\0';
  ck_assert_int_eq(address_parse(text, &address, &error), STATUS_OK);
  ck_assert_uint_eq(strlen(address.host), 253);
  memcpy(text + 253, ".a", 3);
  ck_assert_int_eq(address_parse(text, &address, &error), STATUS_INVALID);
  memcpy(text, "https://h/", 10);
  memset(text + 10, 'p', PATH_MAX_BYTES);
  text[9 + PATH_MAX_BYTES - 1] = '\0';
  ck_assert_int_eq(address_parse(text, &address, &error), STATUS_OK);
  text[9 + PATH_MAX_BYTES - 1] = 'p';
  text[9 + PATH_MAX_BYTES] = '\0';
  ck_assert_int_eq(address_parse(text, &address, &error), STATUS_INVALID);
}
END_TEST

START_TEST(a_user_in_an_address_is_refused_and_not_repeated)
{
  static const char *const texts[] = {"https://bob:hunter2@h/", "hunter2@h",
                                      "tls://hunter2@h:1",      "https://bob:hunter2/@h",
                                      "smtp://bob:hunter2@h",   "https://bob:hunter2#@h",
                                      "bob:hunter2@[::1"};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    struct address address;
    ck_assert_msg(address_parse(texts[i], &address, &error) == STATUS_INVALID, "%s", texts[i]);
    ck_assert_msg(strstr(error.text, "hunter2") == NULL, "%s", error.text);
  }
}
END_TEST

START_TEST(proxies_are_taken_apart)
{
  struct proxy_address proxy;
  ck_assert_int_eq(proxy_address_parse("http://proxy.example", &proxy, &error), STATUS_OK);
  ck_assert(!proxy.tls);
  ck_assert_uint_eq(proxy.port, 3128);
  ck_assert_str_eq(proxy.host, "proxy.example");
  ck_assert_str_eq(proxy.username, "");
  ck_assert_int_eq(proxy_address_parse("HTTPS://us%2Fer%40x@[::1]/", &proxy, &error), STATUS_OK);
  ck_assert(proxy.tls);
  ck_assert_uint_eq(proxy.port, 443);
  ck_assert_str_eq(proxy.host, "::1");
  ck_assert_str_eq(proxy.username, "us/er@x");
  ck_assert_int_eq(proxy_address_parse("http://a@b@h:8080", &proxy, &error), STATUS_OK);
  ck_assert_str_eq(proxy.username, "a@b");
  ck_assert_uint_eq(proxy.port, 8080);
}
END_TEST

START_TEST(every_mistake_in_a_proxy_has_its_message)
{
  static const struct bad_row rows[] = {
      {"proxy:8080", "proxy URL \"proxy:8080\": it must begin with \"http://\" or \"https://\""},
      {"socks5://p", "proxy URL \"socks5://p\": it must begin with \"http://\" or \"https://\""},
      {"http://", "proxy URL \"http://\": the host is missing"},
      {"http://p:0", "proxy URL \"http://p:0\": the port must be a number from 1 to 65535"},
      {"http://p/path", "proxy URL \"http://p/path\": a proxy has no path"},
      {"http://p?x", "proxy URL \"http://p?x\": a proxy has no path"},
      {"http://::1",
       "proxy URL \"http://::1\": write an IPv6 address in brackets, as in \"http://[::1]:3128\""},
      {"http://@p", "proxy URL: the user name before \"@\" is missing"},
      {"http://a%00b@p", "proxy URL: the user name must be percent-encoded and without \":\""},
      {"http://a%3Ab@p", "proxy URL: the user name must be percent-encoded and without \":\""},
      {"http://a%0Ab@p", "proxy URL: the user name must be percent-encoded and without \":\""},
      {"http://a%4@p", "proxy URL: the user name must be percent-encoded and without \":\""},
      {"http://a%zz@p", "proxy URL: the user name must be percent-encoded and without \":\""},
      {"http://a/b@p", "proxy URL: the user name must be percent-encoded and without \":\""},
      {"http://%FF@p", "proxy URL: the user name is not valid UTF-8"},
      {"http://u:hunter2@p",
       "proxy URL: a password must not stand in it: put it into a password file"},
      {"http://u:hun/t@er2@p",
       "proxy URL: a password must not stand in it: put it into a password file"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct proxy_address proxy;
    ck_assert_msg(proxy_address_parse(rows[i].text, &proxy, &error) == STATUS_INVALID, "%s",
                  rows[i].text);
    ck_assert_str_eq(error.text, rows[i].message);
  }
}
END_TEST

START_TEST(listen_addresses_are_taken_apart)
{
  char host[HOST_MAX];
  uint16_t port = 1;
  ck_assert_int_eq(listen_address_parse(":10063", host, &port, &error), STATUS_OK);
  ck_assert_str_eq(host, "");
  ck_assert_uint_eq(port, 10063);
  ck_assert_int_eq(listen_address_parse("[::1]:0", host, &port, &error), STATUS_OK);
  ck_assert_str_eq(host, "::1");
  ck_assert_uint_eq(port, 0);
  ck_assert_int_eq(listen_address_parse("localhost:80", host, &port, &error), STATUS_OK);
  ck_assert_str_eq(host, "localhost");
}
END_TEST

START_TEST(every_mistake_in_a_listen_address_has_its_message)
{
  static const struct bad_row rows[] = {
      {"", "listen address \"\": the port is missing, as in \"127.0.0.1:10063\" or \":10063\""},
      {"[::1]",
       "listen address \"[::1]\": the port is missing, as in \"127.0.0.1:10063\" or \":10063\""},
      {":", "listen address \":\": the port must be a number from 0 to 65535"},
      {"127.0.0.1", "listen address \"127.0.0.1\": the port is missing, as in "
                    "\"127.0.0.1:10063\" or \":10063\""},
      {"::1:80", "listen address \"::1:80\": write an IPv6 address in brackets, as in "
                 "\"[::1]:10063\""},
      {"h:99999", "listen address \"h:99999\": the port must be a number from 0 to 65535"},
      {"*:80", "listen address \"*:80\": a host name has only letters, digits, \"-\" and \".\""},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char host[HOST_MAX];
    uint16_t port = 0;
    ck_assert_int_eq(listen_address_parse(rows[i].text, host, &port, &error), STATUS_INVALID);
    ck_assert_str_eq(error.text, rows[i].message);
  }
}
END_TEST

START_TEST(addresses_are_told_from_names)
{
  ck_assert(host_is_address("127.0.0.1"));
  ck_assert(host_is_address("::1"));
  ck_assert(!host_is_address("[::1]"));
  ck_assert(!host_is_address("localhost"));
  ck_assert(!host_is_address("1.2.3"));
}
END_TEST

START_TEST(a_host_alone_is_read)
{
  char host[HOST_MAX];
  ck_assert_int_eq(host_parse("API.example.", host, &error), STATUS_OK);
  ck_assert_str_eq(host, "api.example");
  ck_assert_int_eq(host_parse("2001:DB8::1", host, &error), STATUS_OK);
  ck_assert_str_eq(host, "2001:db8::1");
  ck_assert_int_eq(host_parse("h:443", host, &error), STATUS_INVALID);
  ck_assert_int_eq(host_parse("[::1]", host, &error), STATUS_INVALID);
  ck_assert_int_eq(host_parse("", host, &error), STATUS_INVALID);
}
END_TEST

START_TEST(status_ranges_are_read)
{
  struct status_range ranges[STATUS_RANGES_MAX];
  size_t count = 0;
  ck_assert_int_eq(status_ranges_parse("200-399", ranges, &count, &error), STATUS_OK);
  ck_assert_uint_eq(count, 1);
  ck_assert_uint_eq(ranges[0].first, 200);
  ck_assert_uint_eq(ranges[0].last, 399);
  ck_assert_int_eq(status_ranges_parse("200, 204 ,300-399", ranges, &count, &error), STATUS_OK);
  ck_assert_uint_eq(count, 3);
  ck_assert_uint_eq(ranges[1].first, 204);
  ck_assert_uint_eq(ranges[1].last, 204);
  ck_assert_uint_eq(ranges[2].last, 399);
}
END_TEST

START_TEST(wrong_status_ranges_are_refused)
{
  static const char *const wrong[] = {"",        "20",   "2000",     "099",     "600", "399-200",
                                      "200-",    "200,", "-200",     "200;204", "2xx", "200-600",
                                      "200 204", "+200", "200--300", "2 00"};
  struct status_range ranges[STATUS_RANGES_MAX];
  size_t count = 0;
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    ck_assert_msg(status_ranges_parse(wrong[i], ranges, &count, &error) == STATUS_INVALID, "%s",
                  wrong[i]);
  }
  ck_assert_int_eq(status_ranges_parse("200,201,202,203,204,205,206,207,208,209,210,211,212,213,"
                                       "214,215",
                                       ranges, &count, &error),
                   STATUS_OK);
  ck_assert_int_eq(status_ranges_parse("200,201,202,203,204,205,206,207,208,209,210,211,212,213,"
                                       "214,215,216",
                                       ranges, &count, &error),
                   STATUS_INVALID);
  ck_assert_ptr_nonnull(strstr(error.text, "more than 16 ranges"));
}
END_TEST

START_TEST(nobody_need_listen)
{
  struct address address;
  ck_assert_int_eq(address_parse("", &address, NULL), STATUS_INVALID);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("address");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, addresses_are_taken_apart);
  tcase_add_test(cases, every_mistake_has_its_message);
  tcase_add_test(cases, settings_say_the_protocol_where_an_address_has_no_scheme);
  tcase_add_test(cases, a_login_name_has_bytes_and_a_limit);
  tcase_add_test(cases, lengths_have_a_limit);
  tcase_add_test(cases, a_user_in_an_address_is_refused_and_not_repeated);
  tcase_add_test(cases, proxies_are_taken_apart);
  tcase_add_test(cases, every_mistake_in_a_proxy_has_its_message);
  tcase_add_test(cases, listen_addresses_are_taken_apart);
  tcase_add_test(cases, every_mistake_in_a_listen_address_has_its_message);
  tcase_add_test(cases, addresses_are_told_from_names);
  tcase_add_test(cases, a_host_alone_is_read);
  tcase_add_test(cases, status_ranges_are_read);
  tcase_add_test(cases, wrong_status_ranges_are_refused);
  tcase_add_test(cases, nobody_need_listen);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
