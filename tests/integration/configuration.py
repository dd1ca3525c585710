#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files: good ones are accepted, and of bad ones every mistake is
told in one go, as FILE:LINE: message.

A line of a bad file that ends in  // ! WORDS  must be told, with these WORDS."""
import os
import re
import shutil
import tempfile
import unittest

from lab import program
from lab.certificates import Pki

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
EXAMPLE = os.path.join(SOURCE, "etc/mtls_exporter.conf")
MARK = re.compile(r"// ! (.*)$")
ERROR = re.compile(r"^(.+?):(\d+): (.+)$")

GOOD = """
web = { listen_address = [ "127.0.0.1:0" ]; };
proxies = {
  plain = { url = "http://proxy.test:8080"; };
  named = { url = "http://proxy.test"; username = "probe"; password_file = "proxy.pw"; };
  secure = { url = "https://proxy.test:8443"; ca_file = "server-ca.crt"; credential = "good";
             headers = ( { name = "X-Team"; value = "red"; } ); };
};
credentials = {
  good = { cert_file = "client-good.crt"; key_file = "client-good.key"; };
  sealed = { cert_file = "client-good.crt"; key_file = "client-encrypted.key";
             key_password_file = "client-encrypted.password"; };
  old = { cert_file = "client-expired.crt"; key_file = "client-expired.key"; };
};
@include "modules.conf"
targets = (
  { name = "one"; address = "https://a.test/health"; module = "https_mtls";
    labels = { team = "red"; severity = "critical"; }; },
  { name = "two"; address = "a.test"; module = "https_mtls"; interval = "1m30s";
    server_name = "b.test"; tls_min = "1.3"; tls_max = "1.3"; },
  { name = "three"; address = "[::1]:443"; module = "tls_only"; credential = "old"; }
);
probe = { allow = [ "*.test:443" ]; };
"""

MODULES = """
modules = {
  https_mtls = {
    protocol = "https"; credential = "good"; ca_file = "server-ca.crt";
    routes = [ "direct", "plain", "named", "secure" ];
    interval = "30s"; present = [ "client", "none" ]; contrast_interval = "5m"; timeout = "10s";
    http = { path = "/health"; expect_status = "200-399,401"; method = "HEAD";
             headers = ( { name = "Authorization"; value_file = "token"; } ); };
    expect = { client_certificate = "required"; untrusted_refused = true; };
  };
  tls_only = { protocol = "tls"; routes = [ "direct" ]; };
};
"""

BAD = """
web = { listen_address = [ "127.0.0.1:99999" ]; };  // ! 99999
proxies = {
  socks = { url = "socks5://proxy.test:1080"; };  // ! socks5
  secret = { url = "http://user:hunter2@proxy.test:3128"; };  // ! password
};
credentials = {
  missing = { cert_file = "nowhere.crt"; key_file = "client-good.key"; };  // ! nowhere.crt
  swapped = { cert_file = "client-good.crt";
              key_file = "client-expired.key"; };  // ! client-expired.key
  sealed = { cert_file = "client-good.crt";
             key_file = "client-encrypted.key"; };  // ! client-encrypted.key
};
modules = {
  good = { protocol = "https"; };
  misspelt = { protokol = "https"; };  // ! protokol
  gopher = { protocol = "gopher"; };  // ! gopher
  hasty = { interval = "10parsecs"; };  // ! 10parsecs
  nowhere = { routes = [ ]; };  // ! routes
  astray = { routes = [ "direct", "unheard" ]; };  // ! unheard
  keyless = { credential = "lost"; };  // ! lost
  choosy = { expect = { client_certificate = "maybe"; }; };  // ! maybe
  statuses = { http = { expect_status = "700"; }; };  // ! 700
  versions = { tls_min = "1.1"; };  // ! 1.1
  trusting = { ca_file = "no-ca.pem"; };  // ! no-ca.pem
};
targets = (
  { name = "twin"; address = "a.test"; module = "good"; },
  { name = "twin"; address = "b.test"; module = "good"; },  // ! twin
  { name = "lost"; address = "c.test"; module = "absent"; },  // ! absent
  { name = "port"; address = "d.test:99999"; module = "good"; },  // ! d.test:99999
  { name = "label"; address = "e.test"; module = "good";
    labels = { target = "mine"; }; },  // ! target
  { address = "f.test"; module = "good"; }  // ! name
);
"""


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="mtls-configuration-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.pki = Pki(self.directory)
        for name in ("good", "expired", "encrypted-key"):  # whose files the texts name
            self.pki.client(name)
        self.write("proxy.pw", "hunter2\n")
        self.write("token", "Bearer hunter2\n")

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def check(self, path):
        done = program.run("--config.file=" + path, "--config.check")
        self.assertIsNone(done.crash(), done.errors)
        return done

    def accept(self, path, targets):
        done = self.check(path)
        self.assertEqual(done.status, 0, done.output + done.errors)
        self.assertIn(f"configuration ok: {targets} target", done.output)
        self.assertEqual(done.errors, "")

    def refuse(self, path):
        """The errors told, as (file, line, message)."""
        done = self.check(path)
        self.assertEqual(done.status, 2, done.output + done.errors)
        self.assertNotIn("hunter2", done.output + done.errors)
        lines = (done.output + done.errors).splitlines()
        found = [ERROR.match(line) for line in lines]
        self.assertTrue(lines and all(found), lines)
        return [(one[1], int(one[2]), one[3]) for one in found]

    def refuse_text(self, text, line, words):
        """A file with one mistake: exactly one error, there, with these words."""
        path = self.write("bad.conf", text)
        errors = self.refuse(path)
        self.assertEqual([one[:2] for one in errors], [(path, line)], errors)
        self.assertIn(words, errors[0][2])


class GoodFiles(ConfigurationTest):
    def test_the_shipped_example_is_valid(self):
        done = self.check(EXAMPLE)
        self.assertEqual(done.status, 0, done.output + done.errors)
        self.assertRegex(done.output, r"^configuration ok: \d+ target")

    def test_every_setting_is_taken(self):
        self.write("modules.conf", MODULES)
        self.accept(self.write("good.conf", GOOD), 3)

    def test_file_names_are_relative_to_the_file_not_to_the_shell(self):
        self.write("modules.conf", MODULES)
        path = self.write("good.conf", GOOD)
        done = program.run("--config.file=" + path, "--config.check", directory="/")
        self.assertEqual(done.status, 0, done.errors)

    def test_serve_may_be_named_or_left_out(self):
        path = self.write("good.conf", 'modules = { m = {}; }; targets = ();\n')
        statuses = {
            program.run(*words, "--config.file=" + path, "--config.check").status
            for words in ((), ("serve",))
        }
        self.assertEqual(len(statuses), 1)


class BadFiles(ConfigurationTest):
    def test_every_mistake_is_told_in_one_go_in_the_order_of_the_file(self):
        path = self.write("bad.conf", BAD)
        errors = self.refuse(path)
        marks = {
            number: MARK.search(line).group(1)
            for number, line in enumerate(BAD.splitlines(), 1)
            if MARK.search(line)
        }
        told = {line: message for _, line, message in errors}
        self.assertEqual({file for file, _, _ in errors}, {path})
        self.assertEqual(sorted(told), sorted(marks), errors)
        self.assertEqual([line for _, line, _ in errors], sorted(marks))
        for line, words in marks.items():
            with self.subTest(line=line, words=words):
                self.assertIn(words, told[line])

    def test_a_mistake_in_an_included_file_names_that_file(self):
        bad = MODULES.replace('"30s"', '"30"')
        included = self.write("modules.conf", bad)
        line = next(n for n, text in enumerate(bad.splitlines(), 1) if '"30"' in text)
        errors = self.refuse(self.write("main.conf", GOOD))
        self.assertEqual([one[:2] for one in errors], [(included, line)])

    def test_a_missing_include_is_told(self):
        path = self.write("main.conf", GOOD)
        errors = self.refuse(path)
        line = next(n for n, text in enumerate(GOOD.splitlines(), 1) if "@include" in text)
        self.assertIn((path, line), [one[:2] for one in errors])

    def test_a_file_that_includes_itself_is_refused(self):
        path = self.write("loop.conf", '@include "loop.conf"\n')
        self.assertTrue(self.refuse(path))

    def test_a_syntax_error_names_its_line(self):
        for text, line in (
            ('modules = {\n  a = { protocol = "tls" };\n  b = ;\n};\n', 3),
            ('modules = {\n  a = { protocol = "tls };\n', 2),
            ("targets = (\n  { name = 'x'; }\n);\n", 2),
        ):
            with self.subTest(text=text):
                errors = self.refuse(self.write("bad.conf", text))
                self.assertIn(line, [one[1] for one in errors], errors)

    def test_a_wrong_type_is_told(self):
        text = 'modules = { m = { interval = 30; }; };\n'
        text += 'targets = ( { name = "n"; address = "a.test"; module = "m"; } );\n'
        self.refuse_text(text, 1, "interval")

    def test_a_file_of_junk_is_refused(self):
        path = os.path.join(self.directory, "junk.conf")
        for junk in (os.urandom(4096), b"\0" * 100, b"{" * 100000, b"(" * 100000):
            with self.subTest(junk=junk[:8]):
                with open(path, "wb") as file:
                    file.write(junk)
                done = self.check(path)
                self.assertEqual(done.status, 2, done.errors)
                self.assertTrue(done.errors.startswith(path + ":"), done.errors)

    def test_a_directory_is_no_configuration(self):
        done = self.check(self.directory)
        self.assertEqual(done.status, 2)
        self.assertEqual(len(done.errors.splitlines()), 1, done.errors)

    def test_serve_refuses_what_the_check_refuses(self):
        path = self.write("bad.conf", BAD)
        done = program.run("serve", "--config.file=" + path)
        self.assertEqual(done.status, 2, done.errors)
        self.assertIn(path + ":", done.errors)
        self.assertNotIn("hunter2", done.errors)


class FilesThatGoAway(ConfigurationTest):
    def test_a_certificate_that_goes_away_is_a_fact_of_its_target(self):
        text = """
modules = { m = { protocol = "tls"; routes = [ "direct" ]; interval = "1s"; }; };
credentials = { c = { cert_file = "client-good.crt"; key_file = "client-good.key"; }; };
targets = ( { name = "n"; address = "127.0.0.1:1"; module = "m"; credential = "c"; } );
"""
        path = self.write("exporter.conf", text)
        exporter = program.Exporter(path, self.directory)
        self.addCleanup(exporter.stop)
        exporter.wait_until_ready()
        os.unlink(self.pki.client("good").certificate)
        before = self.probes(exporter)
        program.wait_until(lambda: self.probes(exporter) > before + 2, "more probes", 20)
        self.assertEqual(exporter.fetch("/-/healthy")[0], 200)

    def probes(self, exporter):
        page = exporter.fetch("/metrics")[2]
        return sum(program.values(page, "mtls_probes_total"))


if __name__ == "__main__":
    unittest.main()
