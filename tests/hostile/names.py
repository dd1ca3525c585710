#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates whose names are attacks: on the terminal, on JSON, on the metrics
page, on the browser. Served by a real nginx."""
import html.parser
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import configuration, program
from lab.certificates import Identity, pem_of, rewritten
from lab.checks import CONTROLS, PeerTest
from lab.servers import Nginx, NginxServer

ATTACKS = {
    "markup": b'"><script>alert(1)</script><img src=x onerror=alert(1)>\'&amp;',
    "metrics": b'"} 1\nmtls_probe_success{target="x",route="y"} 1\n# EOF\n\\"\\n\\',
    "terminal": b"\x1b]0;owned\x07\x1b[2J\x9b31m\x00\x7f\r\rright-to-left: \xe2\x80\xae",
    "encoding": b"\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x28\xa1 and a cut \xe2\x82",
}
LENGTH = 64  # the most that X.520 allows in a common name
PLACE = b"P" * LENGTH
UTF8_STRING, T61_STRING = b"\x0c", b"\x14"


def common_name(attack):
    """What to put in the place of the plain common name. nginx loads a UTF8String
    only when it is one; in a T61String anything goes."""
    name = attack.ljust(LENGTH, b"!")[:LENGTH]
    try:
        name.decode("utf-8")
        tag = UTF8_STRING
    except UnicodeDecodeError:
        tag = T61_STRING
    length = bytes([LENGTH])
    return {UTF8_STRING + length + PLACE: tag + length + name}


class Elements(html.parser.HTMLParser):
    """The names of all elements and attributes of a page."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes = set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


class HostileNames(PeerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = "subjectAltName = IP:127.0.0.1,DNS:" + PLACE.decode().lower()
        subject = "/O=Lab/CN=" + PLACE.decode()
        cls.plain = cls.pki.server_ca.issue("plain", subject, "serverAuth", names)
        bundle = cls.make_ca_list()
        blocks = [cls.make_server(attack) for attack in ATTACKS]
        cls.nginx = Nginx(cls.pki, cls.directory, blocks, client_ca=bundle)
        cls.addClassCleanup(cls.nginx.stop)

    @classmethod
    def make_server(cls, attack):
        identity = Identity(cls.directory, "server-" + attack)
        identity.key = cls.plain.key
        name = ATTACKS[attack].ljust(LENGTH, b"!")[:LENGTH]
        changes = common_name(ATTACKS[attack]) | {PLACE.lower(): name}
        cls.write(identity, rewritten(cls.plain.certificate, cls.pki.server_ca.key, changes))
        cls.pki.servers[attack] = identity
        return NginxServer("on", certificate=attack, name=attack)

    @classmethod
    def make_ca_list(cls):
        """The good client CA, and one CA for each attack."""
        with open(cls.pki.client_ca.certificate, encoding="ascii") as file:
            text = file.read()
        for attack in ATTACKS.values():
            key = cls.pki.server_ca.key
            changes = common_name(attack)
            text += pem_of(rewritten(cls.plain.certificate, key, changes))
        path = os.path.join(cls.directory, "ca-list.crt")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    @classmethod
    def write(cls, identity, der):
        with open(identity.certificate, "w", encoding="ascii") as file:
            file.write(pem_of(der))

    def address(self, attack):
        return f"https://127.0.0.1:{self.nginx.servers[attack].port}/"

    def test_the_verdict_is_right_and_json_holds_clean_text(self):
        for attack in ATTACKS:
            with self.subTest(attack=attack):
                verdict = self.probe(self.address(attack), *self.client_flags())
                self.assertEqual(verdict.status, 0, verdict.output)
                certificate = verdict.json["routes"][0]["server_certificate"]
                self.assertTrue(certificate["subject"])
                for text in strings(verdict.json):
                    self.assertIsNone(CONTROLS.search(text), repr(text))
                    self.assertNotIn("\n", text)

    def test_every_name_of_the_ca_list_is_told(self):
        verdict = self.probe(self.address("markup"), *self.client_flags())
        issuers = verdict.json["routes"][0]["client_certificate"]["acceptable_issuers"]
        self.assertEqual(len(issuers), 1 + len(ATTACKS), issuers)
        self.assertTrue(any("Lab Client CA" in one for one in issuers), issuers)

    def test_the_terminal_gets_no_control_characters(self):
        flags = ("--ca-file=" + self.pki.server_ca.certificate, *self.client_flags())
        for form in ("text", "metrics", "json"):
            for attack in ATTACKS:
                with self.subTest(attack=attack, format=form):
                    address = self.address(attack)
                    done = program.run("probe", address, "--format=" + form, *flags)
                    self.assertEqual(done.status, 0, done.output + done.errors)
                    self.assertIsNone(CONTROLS.search(done.output), repr(done.output))
                    if form == "metrics":
                        program.samples(done.output)


def strings(value):
    """Every string of a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


class HostileNamesOnPages(HostileNames):
    """The same servers, watched by `serve`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        targets = [
            configuration.target(name, server.port)
            for name, server in cls.nginx.servers.items()
        ]
        path = configuration.write(cls.directory, cls.pki, targets)
        cls.exporter = program.Exporter(path, cls.directory)
        cls.addClassCleanup(cls.exporter.stop)
        cls.exporter.wait_until_ready()

    def test_the_metrics_page_is_whole(self):
        status, _, page = self.exporter.fetch("/metrics")
        self.assertEqual(status, 200)
        for attack in ATTACKS:
            found = program.values(page, "mtls_probe_success", target=attack)
            self.assertEqual(found, [1.0], attack)
        self.assertFalse(program.values(page, "mtls_probe_success", target="x"))

    def test_promtool_is_content(self):
        page = self.exporter.fetch("/metrics")[2]
        done = subprocess.run(
            ["promtool", "check", "metrics"],
            input=page.encode(),
            capture_output=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""), page)

    def test_the_page_for_people_holds_no_foreign_markup(self):
        status, kind, page = self.exporter.fetch("/")
        self.assertEqual(status, 200)
        self.assertIn("text/html", kind)
        self.assertNotIn("<script>alert", page)
        elements = Elements(page)
        self.assertNotIn("img", elements.tags)
        self.assertFalse([one for one in elements.attributes if one.startswith("on")])


def load_tests(loader, _, __):
    """The second class inherits the servers of the first, not its tests."""
    suite = loader.loadTestsFromTestCase(HostileNames)
    inherited = set(loader.getTestCaseNames(HostileNames))
    for name in loader.getTestCaseNames(HostileNamesOnPages):
        if name not in inherited:
            suite.addTest(HostileNamesOnPages(name))
    return suite


if __name__ == "__main__":
    unittest.main()
