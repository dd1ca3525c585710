#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS servers whose answer is slow, broken, endless or malicious."""
import contextlib
import os
import ssl
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab.checks import PeerTest
from lab.scripted import Peer, read_head, reset, wait_for_close

OK = b"HTTP/1.1 200 OK\r\n"
KIB, MIB = 1024, 1024 * 1024
# What the program may take in of a body, with what the kernel's buffers hold.
BODY_LIMIT_BYTES = 24 * MIB
ENDLESS_BYTES = 100 * MIB


class HttpAnswers(PeerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        identity = cls.pki.servers["good"]
        cls.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.context.load_cert_chain(identity.certificate, identity.key)

    def setUp(self):
        self.sent_bytes = 0

    def ask(self, answer, *flags):
        """Probes a server that reads the request and then lets answer(connection) speak."""

        def script(raw):
            with contextlib.suppress(OSError):
                with self.context.wrap_socket(raw, server_side=True) as connection:
                    read_head(connection)
                    answer(connection)

        peer = Peer(script)
        try:
            return self.probe(f"https://127.0.0.1:{peer.port}/", *flags)
        finally:
            peer.stop()

    def ask_for(self, answer, *flags):
        """The same with bytes, after which the server closes."""
        return self.ask(lambda connection: connection.sendall(answer), *flags)

    def pour(self, connection, piece, limit=ENDLESS_BYTES):
        """Sends a piece again and again, counting."""
        while self.sent_bytes < limit:
            connection.sendall(piece)
            self.sent_bytes += len(piece)

    def status(self, verdict):
        return verdict.json["routes"][0]["probes"][0]["http_status"]

    def assert_no_answer(self, verdict):
        self.assert_fault(verdict, "server")
        self.assertIsNone(self.status(verdict), verdict.output)

    def assert_ok(self, verdict):
        self.assertEqual(verdict.status, 0, verdict.output)
        self.assertEqual(self.status(verdict), 200, verdict.output)

    def test_a_plain_answer_is_taken(self):
        self.assert_ok(self.ask_for(OK + b"Content-Length: 2\r\n\r\nhi"))

    def test_an_endless_head_is_cut_at_its_cap(self):
        def answer(connection):
            connection.sendall(OK)
            self.pour(connection, b"X-Again: and again\r\n" * 1000)

        self.assert_no_answer(self.ask(answer))
        self.assertLess(self.sent_bytes, BODY_LIMIT_BYTES)

    def test_a_head_of_17_kib_is_over_the_cap(self):
        field = b"X-Long: " + b"a" * (17 * KIB) + b"\r\n\r\n"
        self.assert_no_answer(self.ask_for(OK + field))

    def test_a_head_of_15_kib_is_read(self):
        field = b"X-Long: " + b"a" * (15 * KIB) + b"\r\nContent-Length: 0\r\n\r\n"
        self.assert_ok(self.ask_for(OK + field))

    def test_a_body_of_100_mb_is_not_taken_in(self):
        def answer(connection):
            connection.sendall(OK + b"Content-Length: 104857600\r\n\r\n")
            self.pour(connection, b"x" * (64 * KIB))

        self.assert_ok(self.ask(answer))
        self.assertLess(self.sent_bytes, BODY_LIMIT_BYTES)

    def test_a_chunked_body_without_end_is_not_taken_in(self):
        def answer(connection):
            connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
            self.pour(connection, (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 16)

        self.assert_ok(self.ask(answer))
        self.assertLess(self.sent_bytes, BODY_LIMIT_BYTES)

    def test_a_body_until_close_without_end_is_not_taken_in(self):
        def answer(connection):
            connection.sendall(OK + b"\r\n")
            self.pour(connection, b"x" * (64 * KIB))

        self.assert_ok(self.ask(answer))
        self.assertLess(self.sent_bytes, BODY_LIMIT_BYTES)

    def test_a_head_that_drips_ends_at_the_timeout(self):
        def answer(connection):
            for byte in OK + b"X-Slow: " + b"z" * 1000:
                connection.sendall(bytes([byte]))
                if not drip(connection):
                    return

        self.assert_no_answer(self.ask(answer))

    def test_a_body_that_never_comes_ends_within_the_timeout(self):
        def answer(connection):
            connection.sendall(OK + b"Content-Length: 10\r\n\r\n")
            wait_for_close(connection)

        verdict = self.ask(answer)
        self.assertEqual(self.status(verdict), 200, verdict.output)

    def test_silence_after_the_request_ends_at_the_timeout(self):
        self.assert_no_answer(self.ask(wait_for_close))

    def test_a_close_instead_of_an_answer_is_stated(self):
        self.assert_no_answer(self.ask_for(b""))

    def test_a_reset_instead_of_an_answer_is_stated(self):
        self.assert_no_answer(self.ask(reset))

    def test_a_close_inside_the_head_is_stated(self):
        self.assert_no_answer(self.ask_for(OK + b"Content-Le"))

    def test_garbage_instead_of_http_is_stated(self):
        self.assert_no_answer(self.ask_for(os.urandom(4096)))

    def test_zero_bytes_instead_of_http_are_stated(self):
        self.assert_no_answer(self.ask_for(bytes(20000)))

    def test_an_http_2_preface_is_no_http_1(self):
        self.assert_no_answer(self.ask_for(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)))

    def test_a_status_of_four_digits_is_no_status(self):
        self.assert_no_answer(self.ask_for(b"HTTP/1.1 2000 OK\r\n\r\n"))

    def test_a_thousand_fields_are_over_the_cap(self):
        fields = b"".join(b"X-%d: y\r\n" % number for number in range(1000))
        self.assert_no_answer(self.ask_for(OK + fields + b"\r\n"))

    def test_interim_answers_without_end_do_not_hold_the_probe(self):
        def answer(connection):
            self.pour(connection, b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

        self.assert_no_answer(self.ask(answer))

    def test_an_interim_answer_before_the_real_one_is_passed_over(self):
        early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        self.assert_ok(self.ask_for(early + OK + b"Content-Length: 0\r\n\r\n"))

    def test_framing_that_contradicts_itself_is_survived(self):
        for fields in (
            b"Content-Length: -1\r\n",
            b"Content-Length: 99999999999999999999999999\r\n",
            b"Content-Length: 1\r\nContent-Length: 2\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        ):
            with self.subTest(fields=fields):
                self.ask_for(OK + fields + b"\r\nffffffffffffffffff\r\nhello")

    def test_control_characters_of_an_answer_do_not_reach_the_terminal(self):
        head = b"HTTP/1.1 503 \x1b[31mred\x07\r\nServer: \x1b]0;title\x07\xff\xfe\r\n"
        answer = head + b"Content-Length: 9\r\n\r\n<\x1b[2J\x9b\xff\x00>\r\n"
        verdict = self.ask_for(answer)
        self.assert_fault(verdict, "server", "http_status_unexpected", "http_no_answer")


def drip(connection, seconds=0.05):
    """Waits a little; false once the client has gone."""
    connection.settimeout(seconds)
    try:
        return bool(connection.recv(1))
    except TimeoutError:
        return True


if __name__ == "__main__":
    unittest.main()
