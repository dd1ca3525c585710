/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/pem.h"

#include <check.h>
#include <sys/stat.h>

#include "link/tls_context.h"
#include "support/allocation_fails.h"
#include "support/pki.h"

static struct buffer content;
static struct error error;

static void begin_case(void)
{
  buffer_init(&content, PEM_FILE_MAX_BYTES);
}

static void end_case(void)
{
  buffer_deinit(&content);
}

static enum status read_file(const char *name)
{
  return pem_file_read(pki_path(name), "ca_file", &content, &error);
}

/* ---- reading --------------------------------------------------------------------------- */

START_TEST(a_file_is_read_whole)
{
  pki_write("text", "two\nlines\n", 10);
  ck_assert_int_eq(read_file("text"), STATUS_OK);
  ck_assert_str_eq(buffer_text(&content), "two\nlines\n");
}
END_TEST

START_TEST(an_empty_file_is_empty)
{
  pki_write("empty", "", 0);
  ck_assert_int_eq(read_file("empty"), STATUS_OK);
  ck_assert_uint_eq(content.length, 0);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
  ck_assert_int_eq(read_file("gone.pem"), STATUS_IO);
  char expected[256];
  (void)snprintf(expected, sizeof(expected), "ca_file %s cannot be read: No such file or directory",
                 pki_path("gone.pem"));
  ck_assert_str_eq(error.text, expected);
}
END_TEST

START_TEST(a_directory_cannot_be_read)
{
  ck_assert_int_eq(pem_file_read(pki_directory, "key_file", &content, &error), STATUS_IO);
  ck_assert_ptr_nonnull(strstr(error.text, "key_file "));
  ck_assert_ptr_nonnull(strstr(error.text, "cannot be read: Is a directory"));
}
END_TEST

START_TEST(a_pipe_without_a_writer_is_not_waited_for)
{
  ck_assert_int_eq(mkfifo(pki_path("pipe"), 0600), 0);
  ck_assert_int_eq(read_file("pipe"), STATUS_OK);
  ck_assert_uint_eq(content.length, 0);
}
END_TEST

START_TEST(a_file_as_large_as_the_cap_is_read)
{
  pki_run("head -c %d /dev/zero > large", PEM_FILE_MAX_BYTES);
  ck_assert_int_eq(read_file("large"), STATUS_OK);
  ck_assert_uint_eq(content.length, PEM_FILE_MAX_BYTES);
}
END_TEST

START_TEST(a_larger_or_endless_file_is_refused)
{
  pki_run("head -c %d /dev/zero > larger", PEM_FILE_MAX_BYTES + 1);
  ck_assert_int_eq(read_file("larger"), STATUS_TOO_LARGE);
  ck_assert_ptr_nonnull(strstr(error.text, "is larger than 4194304 bytes"));
  buffer_clear(&content);
  ck_assert_int_eq(pem_file_read("/dev/zero", "ca_file", &content, &error), STATUS_TOO_LARGE);
}
END_TEST

START_TEST(want_of_memory_is_told)
{
  pki_write("text", "text", 4);
  allocation_fails_at(1);
  enum status status = read_file("text");
  ck_assert(allocation_did_fail());
  ck_assert_int_eq(status, STATUS_OUT_OF_MEMORY);
  ck_assert_str_eq(error.text, "out of memory");
}
END_TEST

/* ---- taking apart ---------------------------------------------------------------------- */

static struct {
  uint8_t bytes[4][4096];
  size_t length[4];
  size_t count;
} got;

static void keep(void *context, const uint8_t *der, size_t length)
{
  (void)context;
  if (got.count < 4) {
    memcpy(got.bytes[got.count], der, length);
    got.length[got.count] = length;
  }
  got.count++;
}

/* How many certificates the shell's output holds. */
static size_t count_in(const char *commands)
{
  pki_run("{ %s; } > made", commands);
  buffer_clear(&content);
  ck_assert_int_eq(read_file("made"), STATUS_OK);
  got.count = 0;
  size_t count = pem_certificates(&content, keep, NULL);
  ck_assert_uint_eq(count, got.count);
  return count;
}

static void assert_got(size_t i, const char *der_file)
{
  uint8_t expected[4096];
  size_t length = pki_read(der_file, expected, sizeof(expected));
  ck_assert_uint_eq(got.length[i], length);
  ck_assert_int_eq(memcmp(got.bytes[i], expected, length), 0);
}

START_TEST(each_certificate_is_given_in_order)
{
  ck_assert_uint_eq(count_in("cat one.pem two.pem"), 2);
  assert_got(0, "one.der");
  assert_got(1, "two.der");
}
END_TEST

START_TEST(text_keys_and_other_blocks_around_them_are_passed_over)
{
  ck_assert_uint_eq(count_in("echo '# ours'; cat one.key; openssl x509 -in one.pem -text; echo; "
                             "cat one.key; cat two.pem; echo end"),
                    2);
  assert_got(0, "one.der");
  assert_got(1, "two.der");
}
END_TEST

START_TEST(line_ends_of_windows_and_none_at_the_end_are_read)
{
  ck_assert_uint_eq(count_in("sed 's/$/\\r/' one.pem"), 1);
  assert_got(0, "one.der");
  ck_assert_uint_eq(count_in("head -c -1 two.pem"), 1);
  assert_got(0, "two.der");
}
END_TEST

START_TEST(a_broken_block_ends_the_walk)
{
  ck_assert_uint_eq(count_in("cat one.pem; head -n 3 two.pem; cat two.pem"), 1);
  assert_got(0, "one.der");
  ck_assert_uint_eq(
      count_in("echo '-----BEGIN CERTIFICATE-----'; echo '!!!!'; echo '-----END CERTIFICATE-----'"),
      0);
}
END_TEST

START_TEST(without_a_certificate_there_is_none)
{
  ck_assert_uint_eq(count_in("cat one.key"), 0);
  ck_assert_uint_eq(count_in("echo hello"), 0);
  ck_assert_uint_eq(count_in(":"), 0);
  ck_assert_uint_eq(count_in("head -c 100000 /dev/urandom"), 0);
}
END_TEST

START_TEST(more_than_the_cap_are_not_walked)
{
  ck_assert_uint_eq(
      count_in("awk '{ all = all $0 \"\\n\" } END { for (i = 0; i < 5000; i++) printf \"%s\", "
               "all }' one.pem"),
      PEM_CERTIFICATES_MAX);
}
END_TEST

int main(void)
{
  if (tls_initialise() != STATUS_OK) {
    return EXIT_FAILURE;
  }
  pki_open();
  pki_make(&(struct pki_certificate){.name = "one", .extensions = PKI_CA});
  pki_make(&(struct pki_certificate){.name = "two", .extensions = PKI_SERVER, .issuer = "one"});
  Suite *suite = suite_create("link/pem");
  TCase *tcase = tcase_create("all");
  tcase_set_timeout(tcase, 20);
  tcase_add_checked_fixture(tcase, begin_case, end_case);
  tcase_add_test(tcase, a_file_is_read_whole);
  tcase_add_test(tcase, an_empty_file_is_empty);
  tcase_add_test(tcase, a_file_that_is_not_there_is_named);
  tcase_add_test(tcase, a_directory_cannot_be_read);
  tcase_add_test(tcase, a_pipe_without_a_writer_is_not_waited_for);
  tcase_add_test(tcase, a_file_as_large_as_the_cap_is_read);
  tcase_add_test(tcase, a_larger_or_endless_file_is_refused);
  tcase_add_test(tcase, want_of_memory_is_told);
  tcase_add_test(tcase, each_certificate_is_given_in_order);
  tcase_add_test(tcase, text_keys_and_other_blocks_around_them_are_passed_over);
  tcase_add_test(tcase, line_ends_of_windows_and_none_at_the_end_are_read);
  tcase_add_test(tcase, a_broken_block_ends_the_walk);
  tcase_add_test(tcase, without_a_certificate_there_is_none);
  tcase_add_test(tcase, more_than_the_cap_are_not_walked);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  pki_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
