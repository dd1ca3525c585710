#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies whose answer to CONNECT is slow, broken, endless or malicious."""
import base64
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab.checks import PeerTest
from lab.scripted import CONNECTED, Peer, read_head, reset, wait_for_close
from lab.servers import OpensslServer

PASSWORD = "p\u00e4ss:w\u00f6rd"


class ConnectAnswers(PeerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = OpensslServer(cls.pki, cls.directory, "required", "1.3")
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.heads = []

    def ask(self, answer, *flags, user="", alone=True):
        """Probes through a proxy that reads the head and lets answer(connection)
        speak. Not alone: direct too, where the server answers as it should."""

        def script(connection):
            self.heads.append(read_head(connection))
            answer(connection)

        peer = Peer(script)
        try:
            return self.probe(
                f"tls://127.0.0.1:{self.server.port}",
                f"--proxy=http://{user}127.0.0.1:{peer.port}",
                *(("--no-direct",) if alone else ()),
                *(*self.client_flags(), *flags),
            )
        finally:
            peer.stop()

    def ask_for(self, answer):
        """The same with bytes, after which the proxy waits."""

        def speak(connection):
            connection.sendall(answer)
            wait_for_close(connection)

        return self.ask(speak)

    def assert_proxy(self, verdict, *reasons):
        self.assertEqual(verdict.status, 1)
        self.assert_fault(verdict, "proxy", *reasons, route="proxy")
        state = verdict.route("proxy")["tunnel"]["state"]
        self.assertNotEqual(state, "intact", verdict.output)

    def test_silence_ends_at_the_timeout(self):
        self.assert_proxy(self.ask(wait_for_close))

    def test_a_close_instead_of_an_answer_is_the_proxys_fault(self):
        self.assert_proxy(self.ask(lambda connection: None))

    def test_a_reset_instead_of_an_answer_is_the_proxys_fault(self):
        self.assert_proxy(self.ask(reset))

    def test_an_answer_that_drips_ends_at_the_timeout(self):
        def answer(connection):
            connection.settimeout(0.05)
            for byte in b"HTTP/1.1 200 " + b"O" * 1000:
                connection.sendall(bytes([byte]))
                try:
                    connection.recv(1)
                    return
                except TimeoutError:
                    pass

        self.assert_proxy(self.ask(answer))

    def test_an_endless_head_is_cut_at_its_cap(self):
        sent = 0

        def answer(connection):
            nonlocal sent
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while sent < 100_000_000:
                connection.sendall(b"X-Again: and again\r\n" * 1000)
                sent += 20_000

        self.assert_proxy(self.ask(answer), "proxy_protocol_error")
        self.assertLess(sent, 24 * 1024 * 1024)

    def test_a_head_of_17_kib_is_over_the_cap(self):
        field = b"X-Long: " + b"a" * (17 * 1024)
        verdict = self.ask_for(b"HTTP/1.1 200 OK\r\n" + field + b"\r\n\r\n")
        self.assert_proxy(verdict, "proxy_protocol_error")

    def test_garbage_is_no_http(self):
        for garbage in (os.urandom(4096), bytes(20000), b"SSH-2.0-OpenSSH_9.2\r\n\r\n"):
            with self.subTest(garbage=garbage[:20]):
                self.assert_proxy(self.ask_for(garbage), "proxy_protocol_error")

    def test_a_tls_alert_is_no_http(self):
        verdict = self.ask_for(b"\x15\x03\x01\x00\x02\x02\x46")
        self.assert_proxy(verdict)

    def test_bytes_after_the_head_and_before_our_client_hello_are_a_fault(self):
        verdict = self.ask_for(CONNECTED + b"<html>Welcome</html>")
        self.assert_proxy(verdict, "proxy_protocol_error")

    def test_a_200_with_a_body_is_a_fault(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"
        self.assert_proxy(self.ask_for(head + b"<html>\n</html>"), "proxy_protocol_error")

    def test_a_200_and_then_a_close_is_the_proxys_fault(self):
        def answer(connection):
            connection.sendall(CONNECTED)

        verdict = self.ask(answer)
        self.assertEqual(verdict.status, 1)
        self.assertNotEqual(verdict.route("proxy")["reason"], "ok", verdict.output)

    def test_a_200_and_then_a_reset_is_the_proxys_fault_where_direct_works(self):
        verdict = self.ask(reset_after_the_client_hello, alone=False)
        self.assert_proxy(verdict, "tunnel_reset", "proxy_denied")
        self.assert_fault(verdict, "none", "ok", route="direct")

    def test_a_200_and_then_a_reset_is_not_blamed_on_the_server_unseen(self):
        verdict = self.ask(reset_after_the_client_hello)
        self.assertIn(verdict.route("proxy")["fault"], ("proxy", "unknown"), verdict.output)

    def test_a_200_and_then_silence_ends_at_the_timeout(self):
        def answer(connection):
            connection.sendall(CONNECTED)
            wait_for_close(connection)

        self.assertEqual(self.ask(answer).status, 1)

    def test_statuses_that_are_neither_yes_nor_no(self):
        for status in (b"301 Moved", b"204 No Content", b"999 Odd", b"000 Nil", b"599 Last"):
            with self.subTest(status=status):
                verdict = self.ask_for(b"HTTP/1.1 " + status + b"\r\n\r\n")
                self.assertIn(verdict.status, (0, 1))

    def test_denials_are_named(self):
        for status in (b"403 Forbidden", b"405 Not Allowed", b"451 Legal"):
            with self.subTest(status=status):
                verdict = self.ask_for(b"HTTP/1.1 " + status + b"\r\n\r\n")
                self.assert_proxy(verdict, "proxy_denied")

    def test_interim_answers_without_end_do_not_hold_the_probe(self):
        def answer(connection):
            while True:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

        self.assert_proxy(self.ask(answer))

    def test_a_huge_challenge_is_cut(self):
        fields = b"Proxy-Authenticate: Basic realm=\"" + b"r" * 10000 + b"\"\r\n"
        head = b"HTTP/1.1 407 Who\r\n" + fields + b"Content-Length: 0\r\n\r\n"
        self.assert_proxy(self.ask_for(head), "proxy_authentication_required")

    def test_control_characters_of_a_proxy_stay_out_of_the_explanation(self):
        head = b"HTTP/1.1 403 \x1b[31mno\x07\xff\r\nVia: \x1b]0;title\x07\r\n\r\n"
        self.assert_proxy(self.ask_for(head))

    def test_no_password_is_sent_where_none_is_configured(self):
        self.ask_for(b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n")
        self.assertTrue(self.heads)
        for head in self.heads:
            self.assertNotIn(b"authorization", head.lower())

    def test_the_configured_password_goes_to_the_proxy_as_basic(self):
        path = os.path.join(self.directory, "proxy.password")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PASSWORD + "\n")
        denied = b"HTTP/1.1 403 No\r\n\r\n"
        self.ask(
            lambda connection: connection.sendall(denied),
            "--proxy-password-file=" + path,
            user="someone@",
        )
        expected = base64.b64encode(f"someone:{PASSWORD}".encode())
        self.assertTrue(self.heads)
        for head in self.heads:
            self.assertIn(b"Proxy-Authorization: Basic " + expected + b"\r\n", head)

    def test_connect_names_host_and_port_in_both_places(self):
        self.ask_for(b"HTTP/1.1 403 No\r\n\r\n")
        target = b"127.0.0.1:%d" % self.server.port
        lines = self.heads[0].split(b"\r\n")
        self.assertEqual(lines[0], b"CONNECT " + target + b" HTTP/1.1")
        self.assertIn(b"Host: " + target, lines)


def reset_after_the_client_hello(connection):
    """How an Edge SWG denies when it detects the protocol."""
    connection.sendall(CONNECTED)
    connection.recv(1)
    reset(connection)


if __name__ == "__main__":
    unittest.main()
