#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad usage: exit 2 and one line that names the offending value and what would
be right."""
import os
import shutil
import tempfile
import unittest

from lab import program
from lab.certificates import Pki

ADDRESS = "https://127.0.0.1:1/"
SECRET = "hunter2"

pki = None


def setUpModule():
    global pki
    directory = tempfile.mkdtemp(prefix="mtls-usage-")
    unittest.addModuleCleanup(shutil.rmtree, directory, ignore_errors=True)
    pki = Pki(directory)


def write(name, text):
    path = pki.path(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class UsageTest(unittest.TestCase):
    def refuse(self, *arguments, names):
        """Runs, and asserts exit 2 and one line that has every one of these in it."""
        done = program.run(*arguments)
        told = f"{done.command_line()}\nexit {done.status}\n{done.output}{done.errors}"
        self.assertIsNone(done.crash(), told)
        self.assertEqual(done.status, 2, told)
        self.assertEqual(done.output, "", told)
        lines = done.errors.splitlines()
        self.assertEqual(len(lines), 1, told)
        for name in (names,) if isinstance(names, str) else names:
            self.assertIn(name, lines[0], told)
        self.assertGreater(len(lines[0].split()), 4, told)
        return lines[0]

    def refuse_probe(self, *flags, names):
        return self.refuse("probe", ADDRESS, *flags, names=names)


class Commands(UsageTest):
    def test_an_unknown_command_is_named(self):
        self.refuse("prob", ADDRESS, names=("prob", "probe"))

    def test_an_unknown_flag_is_named(self):
        self.refuse_probe("--colour=red", names="--colour")
        self.refuse("serve", "--config.fiel=x", names="--config.fiel")
        self.refuse_probe("-x", names="-x")

    def test_a_flag_of_another_command_is_refused(self):
        self.refuse_probe("--web.listen-address=:0", names="--web.listen-address")
        self.refuse("serve", "--config.file=x", "--no-direct", names="--no-direct")

    def test_a_flag_without_its_value_is_named(self):
        self.refuse_probe("--timeout", names="--timeout")
        self.refuse("serve", "--config.file", names="--config.file")

    def test_a_value_for_a_switch_is_refused(self):
        self.refuse_probe("--no-direct=maybe", names="--no-direct")

    def test_serve_needs_a_configuration(self):
        self.refuse("serve", names="--config.file")

    def test_nothing_at_all_shows_the_usage(self):
        done = program.run()
        self.assertEqual((done.status, done.output), (2, ""))
        self.assertIn("--config.file", done.errors)

    def test_probe_needs_an_address(self):
        line = self.refuse("probe", names="probe")
        self.assertRegex(line, "ADDRESS|address")

    def test_a_second_address_is_named(self):
        self.refuse("probe", ADDRESS, "https://second.test/", names="https://second.test/")

    def test_an_empty_address_is_refused(self):
        self.refuse("probe", "", names="address")


class GoodUsage(unittest.TestCase):
    def test_help_is_everywhere(self):
        for command in ((), ("serve",), ("probe",)):
            with self.subTest(command=command):
                done = program.run(*command, "--help")
                self.assertEqual((done.status, done.errors), (0, ""))
                self.assertRegex(done.output, "[Uu]sage")
                self.assertEqual(program.run(*command, "-h").output, done.output)
                self.assertEqual(program.run("help", *command).output, done.output)

    def test_version_is_everywhere_and_names_wolfssl(self):
        for command in ((), ("serve",), ("probe",)):
            with self.subTest(command=command):
                done = program.run(*command, "--version")
                self.assertEqual((done.status, done.errors), (0, ""))
                self.assertIn("mtls_exporter", done.output)
                self.assertRegex(done.output, r"(?i)wolfssl.*\d+\.\d+\.\d+")

    def test_a_value_may_stand_after_a_space(self):
        joined = program.probe("tls://127.0.0.1:1", "--timeout=2s")
        apart = program.probe("tls://127.0.0.1:1", "--timeout", "2s")
        self.assertEqual((joined.status, apart.status), (1, 1))
        self.assertEqual(joined.json["routes"][0]["reason"], "connection_refused")
        self.assertEqual(apart.json["routes"][0]["reason"], "connection_refused")

    def test_flags_may_stand_before_the_address(self):
        done = program.run("probe", "--format=json", "tls://127.0.0.1:1")
        self.assertEqual(done.status, 1, done.errors)


class Addresses(UsageTest):
    def test_a_scheme_that_nobody_knows_is_named(self):
        self.refuse("probe", "gopher://a.test/", names=("gopher", "https"))

    def test_a_bad_port_is_named(self):
        for port in ("99999", "0", "abc", "-1", ""):
            with self.subTest(port=port):
                address = f"https://a.test:{port}/"
                self.refuse("probe", address, names=address)

    def test_a_missing_host_is_refused(self):
        for address in ("https://", "https:///path", "tls://:443", ":443"):
            with self.subTest(address=address):
                self.refuse("probe", address, names=address)

    def test_a_broken_ipv6_address_is_refused(self):
        for address in ("https://[::1/", "tls://[fe80::zz]:443", "[]:443"):
            with self.subTest(address=address):
                self.refuse("probe", address, names=address)

    def test_a_path_without_http_is_refused(self):
        self.refuse("probe", "tls://a.test:443/path", names="/path")

    def test_a_password_in_the_address_is_not_repeated(self):
        done = program.run("probe", f"https://user:{SECRET}@a.test/")
        self.assertEqual(done.status, 2, done.errors)
        self.assertNotIn(SECRET, done.output + done.errors)

    def test_a_host_with_line_feeds_is_refused_in_one_line(self):
        self.refuse("probe", "https://a.test\r\nX-Evil: 1/", names="a.test")


class Values(UsageTest):
    def test_a_bad_duration_is_named(self):
        for value in ("10parsecs", "-1s", "", "0s", "1", "99999999999999999999s"):
            with self.subTest(value=value):
                self.refuse_probe(f"--timeout={value}", names=(value, "--timeout"))

    def test_an_unknown_expectation_is_named(self):
        names = ("maybe", "required", "optional", "none")
        self.refuse_probe("--expect=maybe", names=names)

    def test_an_unknown_thing_to_present_is_named(self):
        names = ("everything", "client", "none")
        self.refuse_probe("--present=everything", names=names)
        self.refuse_probe("--present=", names="--present")
        for value in ("none,none", "none,", ",none", "none,,none"):
            self.refuse_probe("--present=" + value, names=(value, "--present"))

    def test_a_certificate_to_present_that_is_not_given_is_named(self):
        for value in ("client", "untrusted", "none,client"):
            self.refuse_probe("--present=" + value, names=(value, "--client-cert"))

    def test_a_tls_version_that_is_not_offered_is_named(self):
        self.refuse_probe("--tls-min=1.1", names=("1.1", "1.2", "1.3"))
        self.refuse_probe("--tls-max=SSLv3", names=("SSLv3", "1.2", "1.3"))

    def test_tls_versions_in_the_wrong_order_are_refused(self):
        flags = ("--tls-min=1.3", "--tls-max=1.2")
        self.refuse_probe(*flags, names=("--tls-min", "--tls-max"))

    def test_an_unknown_format_is_named(self):
        self.refuse_probe("--format=yaml", names=("yaml", "text", "json"))

    def test_a_header_without_a_colon_is_refused(self):
        self.refuse_probe("--http-header=NoColon", names="--http-header")

    def test_a_header_that_would_inject_another_is_refused(self):
        self.refuse_probe("--http-header=X: a\r\nY: b", names="header X")
        self.refuse_probe("--http-header=X Y: a", names="X Y")

    def test_a_method_that_is_no_token_is_refused(self):
        self.refuse_probe("--http-method=GET /", names="--http-method")

    def test_bad_statuses_are_named(self):
        for value in ("abc", "99", "200-700", "399-200", "200,,201"):
            with self.subTest(value=value):
                names = ("status", value, "100 to 599")
                self.refuse_probe(f"--http-expect-status={value}", names=names)

    def test_an_empty_value_is_refused(self):
        for flag in ("--http-expect-status", "--http-method", "--ca-file", "--proxy"):
            with self.subTest(flag=flag):
                self.refuse_probe(flag + "=", names=flag)

    def test_a_bad_server_name_is_named(self):
        for value in ("a b", "x\ny", "-", "a" * 300):
            with self.subTest(value=value):
                self.refuse_probe(f"--server-name={value}", names=("--server-name", value[:1]))

    def test_a_bad_log_level_is_named(self):
        flags = ("serve", "--config.file=x", "--log.level=loud")
        self.refuse(*flags, names=("loud", "info"))

    def test_a_bad_log_format_is_named(self):
        flags = ("serve", "--config.file=x", "--log.format=xml")
        self.refuse(*flags, names=("xml", "logfmt", "json"))

    def test_a_bad_number_of_workers_is_named(self):
        for value in ("none", "0", "-1", "1000000"):
            with self.subTest(value=value):
                flags = ("serve", "--config.file=x", f"--workers={value}")
                self.refuse(*flags, names=("--workers", value))


class Proxies(UsageTest):
    def test_a_scheme_that_proxies_do_not_have_is_named(self):
        url = "socks5://a.test:1080"
        self.refuse_probe("--proxy=" + url, names=("socks5", "http"))

    def test_a_password_in_the_url_is_refused_and_not_repeated(self):
        url = f"http://user:{SECRET}@a.test:3128"
        line = self.refuse_probe("--proxy=" + url, names=("proxy", "password file"))
        self.assertNotIn(SECRET, line)

    def test_a_bad_port_is_named(self):
        url = "http://a.test:99999"
        self.refuse_probe("--proxy=" + url, names="99999")

    def test_no_route_at_all_is_refused(self):
        self.refuse_probe("--no-direct", names=("--no-direct", "--proxy"))

    def test_a_password_without_a_proxy_is_refused(self):
        path = write("proxy.password", SECRET + "\n")
        line = self.refuse_probe(
            "--proxy-password-file=" + path, names="--proxy-password-file"
        )
        self.assertNotIn(SECRET, line)

    def test_a_password_for_a_proxy_without_a_user_is_refused(self):
        path = write("proxy.password", SECRET + "\n")
        flags = ("--proxy=http://a.test:3128", "--proxy-password-file=" + path)
        line = self.refuse_probe(*flags, names=("USER@", "--proxy-password-file"))
        self.assertNotIn(SECRET, line)

    def test_certificates_for_a_proxy_without_tls_are_refused(self):
        good = pki.client("good")
        pair = (f"--proxy-client-cert={good.certificate}", f"--proxy-client-key={good.key}")
        for flags in (pair, ("--proxy-ca-file=" + pki.server_ca.certificate,)):
            for proxy in ((), ("--proxy=http://a.test:3128",)):
                name = flags[0].split("=")[0]
                self.refuse_probe(*flags, *proxy, names=(name, "--proxy=https://"))

    def test_a_mistake_in_the_files_for_a_proxy_names_its_flag(self):
        good, other = pki.client("good"), pki.client("other-ca")
        flags = ("--proxy=https://a.test:3128", "--proxy-client-cert=" + good.certificate)
        self.refuse_probe(*flags, names="--proxy-client-key")
        self.refuse_probe(
            *flags, "--proxy-client-key=" + other.key, names=("--proxy-client-key", other.key)
        )
        self.refuse_probe(
            *flags,
            "--proxy-client-key=" + pki.encrypted_key,
            names="--proxy-client-key-password-file",
        )

    def test_a_missing_password_file_is_named(self):
        flags = ("--proxy=http://user@a.test:1", "--proxy-password-file=/missing.pw")
        self.refuse_probe(*flags, names="/missing.pw")


class Credentials(UsageTest):
    def refuse_files(self, certificate, key, *flags, names):
        files = (f"--client-cert={certificate}", f"--client-key={key}")
        return self.refuse_probe(*files, *flags, names=names)

    def test_a_missing_certificate_is_named(self):
        key = pki.client("good").key
        self.refuse_files("/missing/c.crt", key, names="/missing/c.crt")

    def test_a_missing_key_is_named(self):
        certificate = pki.client("good").certificate
        self.refuse_files(certificate, "/missing/k.key", names="/missing/k.key")

    def test_a_key_without_a_certificate_is_refused(self):
        key = "--client-key=" + pki.client("good").key
        self.refuse_probe(key, names="--client-cert")

    def test_a_certificate_without_a_key_is_refused(self):
        certificate = "--client-cert=" + pki.client("good").certificate
        self.refuse_probe(certificate, names="key")

    def test_a_key_that_belongs_to_another_certificate_is_named(self):
        good, other = pki.client("good"), pki.client("other-ca")
        names = ("--client-key", other.key, "--client-cert", good.certificate)
        self.refuse_files(good.certificate, other.key, names=names)

    def test_a_directory_is_no_key(self):
        good = pki.client("good")
        self.refuse_files(good.certificate, pki.directory, names=pki.directory)

    def test_junk_is_no_certificate_and_no_key(self):
        good, junk = pki.client("good"), write("junk.pem", "junk\n" * 100)
        self.refuse_files(junk, good.key, names=junk)
        self.refuse_files(good.certificate, junk, names=junk)

    def test_an_empty_file_is_no_certificate_and_no_key(self):
        good, empty = pki.client("good"), write("empty.pem", "")
        self.refuse_files(empty, good.key, names=empty)
        self.refuse_files(good.certificate, empty, names=empty)

    def test_an_encrypted_key_needs_its_password(self):
        good = pki.client("good")
        names = (pki.encrypted_key, "--client-key-password-file")
        self.refuse_files(good.certificate, pki.encrypted_key, names=names)

    def test_a_password_without_a_key_is_refused(self):
        flag = "--client-key-password-file=" + pki.key_password
        self.refuse_probe(flag, names=("--client-key-password-file", "--client-key"))

    def test_a_wrong_password_is_refused_and_not_repeated(self):
        wrong = write("wrong.password", SECRET + "\n")
        line = self.refuse_files(
            pki.client("good").certificate,
            pki.encrypted_key,
            "--client-key-password-file=" + wrong,
            names=pki.encrypted_key,
        )
        self.assertNotIn(SECRET, line)

    def test_the_right_password_opens_the_key(self):
        files = (
            "--client-cert=" + pki.client("good").certificate,
            "--client-key=" + pki.encrypted_key,
            "--client-key-password-file=" + pki.key_password,
        )
        verdict = program.probe("tls://127.0.0.1:1", *files)
        self.assertEqual(verdict.status, 1, verdict.errors)
        self.assertEqual(verdict.json["routes"][0]["reason"], "connection_refused")

    def test_a_missing_ca_file_is_named(self):
        self.refuse_probe("--ca-file=/missing/ca.pem", names="/missing/ca.pem")

    def test_a_ca_file_without_a_certificate_is_named(self):
        junk = write("junk-ca.pem", "junk\n")
        self.refuse_probe("--ca-file=" + junk, names=junk)

    @unittest.skipIf(os.geteuid() == 0, "root may read every file")
    def test_an_unreadable_key_is_named(self):
        key = write("secret.key", "")
        os.chmod(key, 0)
        self.refuse_files(pki.client("good").certificate, key, names=key)


class ConfiguredTargets(UsageTest):
    def test_a_missing_configuration_is_named(self):
        path = "/missing/mtls_exporter.conf"
        self.refuse("serve", "--config.file=" + path, names=path)
        self.refuse("probe", "--config.file=" + path, "--target=x", names=path)

    def test_an_unknown_target_is_named(self):
        path = write("one.conf", ONE_TARGET)
        flags = ("--config.file=" + path, "--target=unheard-of")
        self.refuse("probe", *flags, names="unheard-of")

    def test_a_target_without_a_configuration_is_refused(self):
        self.refuse("probe", "--target=x", names=("--target", "--config.file"))

    def test_a_configuration_and_an_address_exclude_each_other(self):
        path = write("one.conf", ONE_TARGET)
        self.refuse("probe", ADDRESS, "--config.file=" + path, names="--config.file")

    def test_a_flag_that_the_configured_target_would_ignore_is_refused(self):
        path = write("one.conf", ONE_TARGET)
        for flag in ("--timeout=2s", "--no-direct", "--http-header=X: y"):
            flags = ("--config.file=" + path, "--target=one", flag)
            self.refuse("probe", *flags, names=(flag.split("=")[0], "--config.file"))

    def test_a_configured_target_is_probed(self):
        path = write("one.conf", ONE_TARGET)
        verdict = program.probe("--config.file=" + path, "--target=one")
        self.assertEqual(verdict.status, 1, verdict.errors)
        self.assertEqual(verdict.json["target"], "one")

    def test_a_bad_listen_address_is_named(self):
        path = write("one.conf", ONE_TARGET)
        for value in ("nonsense", "127.0.0.1:99999", "[::1:80", "127.0.0.1", ""):
            with self.subTest(value=value):
                flags = (f"--config.file={path}", f"--web.listen-address={value}")
                self.refuse("serve", *flags, names=("listen", value))


ONE_TARGET = """
modules = { plain = { protocol = "tls"; routes = [ "direct" ]; }; };
targets = ( { name = "one"; address = "127.0.0.1:1"; module = "plain"; } );
"""


if __name__ == "__main__":
    unittest.main()
