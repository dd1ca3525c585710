#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every reason that diagnosis can give comes about on a real server or proxy, or on a
scripted one. Most of them do in a row of the truth table; here are the others."""
import ast
import os
import re
import resource
import shutil
import signal
import ssl
import struct
import time
import unittest

from lab import configuration, program
from lab.checks import PeerTest
from lab.processes import read_text, wait_until
from lab.scripted import CONNECTED, Peer, read_head, reset, wait_for_close
from lab.table import read_rows

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REASON_ROW = re.compile(r'\{"([a-z_]+)",\s*FAULT_')
# Reasons of which no row of the truth table tells, and the test that produces each.
HERE = "tests/integration/reasons.py"
ELSEWHERE = {
    "connection_reset": (HERE, "test_a_server_that_resets_at_once"),
    "http_no_answer": (HERE, "test_a_server_that_is_silent_in_tls"),
    "starttls_refused": (HERE, "test_a_server_without_tls"),
    "starttls_timed_out": (HERE, "test_a_server_that_does_not_greet"),
    "starttls_protocol_error": (HERE, "test_a_server_of_another_protocol"),
    "starttls_blocked": (HERE, "test_a_proxy_that_takes_tls_out_of_the_offer"),
    "service_no_answer": (HERE, "test_a_service_that_talks_nonsense_over_tls"),
    "service_refused": (HERE, "test_a_service_that_turns_everybody_away"),
    "client_certificate_wrong_account": (HERE, "test_a_certificate_of_another_account"),
    "client_key_mismatch": (HERE, "test_a_key_of_another_certificate"),
    "credential_unreadable": (HERE, "test_a_key_that_is_gone"),
    "out_of_resources": (HERE, "test_no_file_descriptor_is_left"),
    "timed_out_locally": (HERE, "test_the_exporter_sleeps_past_a_deadline"),
    "handshake_message_too_long": (
        "tests/hostile/tls_peers.py",
        "test_a_ca_list_as_long_as_can_be_is_cut_and_not_the_servers_fault",
    ),
}

GREETING = b"220 mail.lab.test ESMTP\r\n"
OFFERS_TLS = b"250-mail.lab.test\r\n250 STARTTLS\r\n"
OFFERS_NOTHING = b"250 mail.lab.test\r\n"
# ErrorResponse: https://www.postgresql.org/docs/current/protocol-message-formats.html
WRONG_ACCOUNT = (
    b'SFATAL\0C28000\0Mcertificate authentication failed for user "probe"\0\0'
)


def read_line(connection):
    line = b""
    while not line.endswith(b"\n"):
        line += connection.recv(1) or b"\n"


def smtp(offer, context=None, inside=b""):
    """An SMTP server that answers EHLO so; with a context it goes on to TLS, where it
    answers otherwise."""

    def script(connection):
        connection.sendall(GREETING)
        read_line(connection)
        connection.sendall(offer)
        read_line(connection)
        if context:
            connection.sendall(b"220 go ahead\r\n")
            with context.wrap_socket(connection, server_side=True) as secure:
                read_line(secure)
                secure.sendall(inside)
                wait_for_close(secure)

    return script


def postgres(context):
    """Takes every certificate of its CA, but for no account."""

    def script(connection):
        connection.recv(8)  # SSLRequest
        connection.sendall(b"S")
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(b"E" + struct.pack(">I", 4 + len(WRONG_ACCOUNT)) + WRONG_ACCOUNT)
            wait_for_close(secure)

    return script


class ScriptTest(PeerTest):
    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server = self.pki.servers["good"]
        context.load_cert_chain(server.certificate, server.key)
        context.load_verify_locations(self.pki.client_ca.certificate)
        return context

    def peer(self, script):
        peer = Peer(script)
        self.addCleanup(peer.stop)
        return peer.port


class ByScript(ScriptTest):
    """Servers and proxies that no program of Debian can be made to be."""

    def ask(self, protocol, script, *flags):
        return self.probe(f"{protocol}://127.0.0.1:{self.peer(script)}", *flags)

    def test_a_server_that_resets_at_once(self):
        self.assert_fault(self.ask("smtp", reset), "network", "connection_reset")

    def test_a_server_that_is_silent_in_tls(self):
        def script(connection):
            with self.context().wrap_socket(connection, server_side=True) as secure:
                wait_for_close(secure)

        self.assert_fault(self.ask("https", script), "server", "http_no_answer")

    def test_a_server_without_tls(self):
        self.assert_fault(self.ask("smtp", smtp(OFFERS_NOTHING)), "server", "starttls_refused")

    def test_a_server_that_does_not_greet(self):
        self.assert_fault(self.ask("imap", wait_for_close), "server", "starttls_timed_out")

    def test_a_server_of_another_protocol(self):
        def script(connection):
            connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
            wait_for_close(connection)

        self.assert_fault(self.ask("pop3", script), "server", "starttls_protocol_error")

    def test_a_proxy_that_takes_tls_out_of_the_offer(self):
        def script(connection):
            read_head(connection)
            connection.sendall(CONNECTED)
            smtp(OFFERS_NOTHING)(connection)

        proxy = f"--proxy=http://127.0.0.1:{self.peer(script)}"
        server = smtp(OFFERS_TLS, self.context(), OFFERS_NOTHING)
        verdict = self.ask("smtp", server, proxy)
        self.assert_fault(verdict, "none", "ok")
        self.assert_fault(verdict, "proxy", "starttls_blocked", route="proxy")

    def test_a_service_that_talks_nonsense_over_tls(self):
        server = smtp(OFFERS_TLS, self.context(), b"\0\1\2\3\r\n")
        self.assert_fault(self.ask("smtp", server), "server", "service_no_answer")

    def test_a_service_that_turns_everybody_away(self):
        server = smtp(OFFERS_TLS, self.context(), b"550 5.7.1 not from your network\r\n")
        self.assert_fault(self.ask("smtp", server), "server", "service_refused")

    def test_a_certificate_of_another_account(self):
        context = self.context()
        context.verify_mode = ssl.CERT_REQUIRED
        verdict = self.ask("postgres", postgres(context), *self.client_flags())
        self.assert_fault(verdict, "client", "client_certificate_wrong_account")


class OfTheExporter(ScriptTest):
    """What goes wrong on our own side, while the exporter runs."""

    exporter = None

    def serve(self, script, **module):
        """The exporter with a copy of our certificate in its own folder."""
        good = self.pki.clients["good"]
        for kind, path in (("crt", good.certificate), ("key", good.key)):
            shutil.copy(path, os.path.join(self.directory, "ours." + kind))
        targets = [configuration.target("one", self.peer(script))]
        path = configuration.write(
            self.directory, self.pki, targets, protocol="tls", timeout="1s", **module
        )
        text = read_text(path)
        text = text.replace(good.certificate, "ours.crt").replace(good.key, "ours.key")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.exporter = program.Exporter(path, self.directory)
        self.addCleanup(self.exporter.stop)
        self.exporter.wait_until_ready()

    def requires_ours(self):
        context = self.context()
        context.verify_mode = ssl.CERT_REQUIRED

        def script(connection):
            with context.wrap_socket(connection, server_side=True) as secure:
                wait_for_close(secure)

        return script

    def wait_for(self, fault, reason):
        said = f"fault={fault} reason={reason} "
        wait_until(lambda: said in self.exporter.log(), reason, seconds=20)

    def test_a_key_of_another_certificate(self):
        self.serve(self.requires_ours())
        ours = os.path.join(self.directory, "ours.key")
        shutil.copy(self.pki.clients["other-ca"].key, ours + ".new")
        os.rename(ours + ".new", ours)  # as certificate managers do it
        self.wait_for("client", "client_key_mismatch")

    def test_a_key_that_is_gone(self):
        self.serve(self.requires_ours())
        os.unlink(os.path.join(self.directory, "ours.key"))
        self.wait_for("exporter", "credential_unreadable")

    def test_no_file_descriptor_is_left(self):
        self.serve(self.requires_ours())
        resource.prlimit(self.exporter.pid, resource.RLIMIT_NOFILE, (3, 3))
        self.wait_for("exporter", "out_of_resources")

    def test_the_exporter_sleeps_past_a_deadline(self):
        def script(connection):
            wait_until(lambda: self.exporter, "the exporter")
            self.exporter.process.child.send_signal(signal.SIGSTOP)
            time.sleep(2)  # its timeout, and more than it bears of being late
            self.exporter.process.child.send_signal(signal.SIGCONT)
            wait_for_close(connection)

        self.serve(script)
        self.wait_for("exporter", "timed_out_locally")


def produced_by_rows():
    return {reason for row in read_rows() for reason in row["reason"].split("|")}


def words_of(path, name):
    """The string constants of a test."""
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
    raise LookupError(f"{path} has no {name}")


class EveryReason(unittest.TestCase):
    def test_each_comes_about_in_a_row_or_in_a_test(self):
        reasons = set(REASON_ROW.findall(read_text(os.path.join(TOP, "src/diagnosis/reason.c"))))
        self.assertGreater(len(reasons), 40)
        self.assertEqual(reasons - produced_by_rows() - set(ELSEWHERE), set())
        self.assertEqual(set(ELSEWHERE) - reasons, set(), "named, and not to be had")

    def test_the_tests_that_are_named_assert_it(self):
        for reason, (path, name) in ELSEWHERE.items():
            with self.subTest(reason=reason):
                self.assertIn(reason, words_of(path, name))


if __name__ == "__main__":
    unittest.main()
