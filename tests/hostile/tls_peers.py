#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS servers that are slow, broken, endless or malicious."""
import os
import ssl
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import handshake
from lab.certificates import der_of, rewritten
from lab.checks import CONTROLS, PeerTest
from lab.handshake import Flight
from lab.scripted import Peer, reset, wait_for_close

ENOUGH_BYTES = 24 * 1024 * 1024


class TlsPeers(PeerTest):
    def ask(self, script, *flags):
        """Probes a server that follows a script, with a certificate at hand."""
        peer = Peer(script)
        try:
            address = f"tls://127.0.0.1:{peer.port}"
            return self.probe(address, *self.client_flags(), "--present=client", *flags)
        finally:
            peer.stop()

    def ask_for(self, answer):
        """A server that answers the ClientHello with bytes and then waits."""

        def script(connection):
            handshake.read_client_hello(connection)
            connection.sendall(answer)
            wait_for_close(connection)

        return self.ask(script)

    def assert_server(self, verdict, *reasons):
        self.assertEqual(verdict.status, 1)
        self.assert_fault(verdict, "server", *reasons)

    def flight(self):
        return Flight(self.pki.servers["good"])

    def send_flight(self, flight, *flags):
        def script(connection):
            flight.send(connection)
            wait_for_close(connection)

        return self.ask(script, *flags)

    def requested(self, verdict):
        return verdict.route("direct")["client_certificate"]["requested"]

    # Not TLS at all

    def test_silence_ends_at_the_timeout(self):
        self.assert_server(self.ask(wait_for_close))

    def test_a_close_at_once_is_stated(self):
        self.assertEqual(self.ask(lambda connection: None).status, 1)

    def test_a_reset_at_once_is_stated(self):
        self.assertEqual(self.ask(reset).status, 1)

    def test_a_close_after_the_client_hello_is_stated(self):
        self.assertEqual(self.ask(handshake.read_client_hello).status, 1)

    def test_garbage_is_no_tls(self):
        # The first byte is no content type (RFC 8446 section 5.1). With one, and whatever version,
        # which a client must ignore, it would be a record, and waited for.
        for garbage in (
            b"\x00" + os.urandom(4095),
            b"\xff" + os.urandom(4095),
            bytes(4096),
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"220 mail ESMTP\r\n",
        ):
            with self.subTest(garbage=garbage[:20]):
                self.assert_server(self.ask_for(garbage), "tls_handshake_failed")

    def test_garbage_without_end_does_not_hold_the_probe(self):
        sent = 0

        def script(connection):
            nonlocal sent
            while sent < 10 * ENOUGH_BYTES:
                connection.sendall(b"\x17" * 65536)
                sent += 65536

        self.assert_server(self.ask(script), "tls_handshake_failed")
        self.assertLess(sent, ENOUGH_BYTES)

    # Records and messages out of order or over their length

    def test_a_record_over_the_limit_is_refused(self):
        self.assert_server(self.ask_for(b"\x16\x03\x03\xff\xff" + bytes(65535)))

    def test_empty_records_without_end_do_not_hold_the_probe(self):
        def script(connection):
            handshake.read_client_hello(connection)
            while True:
                connection.sendall(b"\x16\x03\x03\x00\x00" * 1000)

        self.assert_server(self.ask(script))

    def test_warnings_without_end_do_not_hold_the_probe(self):
        def script(connection):
            handshake.read_client_hello(connection)
            while True:
                connection.sendall(b"\x15\x03\x03\x00\x02\x01\x70" * 100)

        self.assert_server(self.ask(script))

    def test_a_fatal_alert_is_named(self):
        verdict = self.ask_for(b"\x15\x03\x03\x00\x02\x02\x28")
        self.assert_server(verdict)
        self.assertEqual(verdict.route("direct")["probes"][0]["alert"], 40)

    def test_an_alert_that_no_registry_knows_is_reported_as_it_came(self):
        verdict = self.ask_for(b"\x15\x03\x03\x00\x02\x02\xfe")
        self.assertEqual(verdict.route("direct")["probes"][0]["alert"], 254)

    def test_a_server_hello_and_then_silence_ends_at_the_timeout(self):
        hello = handshake.records(handshake.server_hello(os.urandom(32)))
        self.assert_server(self.ask_for(hello))

    def test_a_server_hello_cut_short_is_stated(self):
        hello = handshake.server_hello(os.urandom(32))
        self.assert_server(self.ask_for(handshake.records(hello[:4] + hello[4:20])))

    def test_a_flight_that_drips_ends_at_the_timeout(self):
        flight = handshake.server_hello(os.urandom(32))
        flight += handshake.certificate([der_of(self.pki.servers["good"].certificate)])

        def script(connection):
            handshake.read_client_hello(connection)
            connection.settimeout(0.02)
            for byte in handshake.records(flight):
                connection.sendall(bytes([byte]))
                try:
                    if not connection.recv(65536):
                        return
                except TimeoutError:
                    pass

        self.assert_server(self.ask(script))

    def test_a_message_that_claims_16_mb_is_not_waited_for_without_end(self):
        claim = handshake.server_hello(os.urandom(32)) + b"\x0b\xff\xff\xff"
        sent = 0

        def script(connection):
            nonlocal sent
            handshake.read_client_hello(connection)
            connection.sendall(handshake.records(claim))
            while sent < 10 * ENOUGH_BYTES:
                connection.sendall(handshake.records(bytes(16384)))
                sent += 16384

        self.assert_server(self.ask(script))
        self.assertLess(sent, ENOUGH_BYTES)

    # Certificates

    def test_a_flight_in_order_is_taken_up_to_its_silence(self):
        flight = self.flight()
        flight.request = handshake.certificate_request(handshake.name_list([]))
        verdict = self.send_flight(flight)
        self.assert_server(verdict)
        self.assertTrue(self.requested(verdict), verdict.output)

    def test_an_empty_chain_is_stated(self):
        flight = self.flight()
        flight.chain = []
        self.assert_server(self.send_flight(flight))

    def test_a_chain_over_64_kib_is_cut_and_stated(self):
        flight = self.flight()
        filler = der_of(self.pki.untrusted_ca.certificate)
        flight.chain += [filler] * (80 * 1024 // len(filler))
        self.assert_server(self.send_flight(flight))

    def test_a_chain_of_junk_is_stated(self):
        flight = self.flight()
        for junk in (b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", os.urandom(700), bytes(700)):
            with self.subTest(junk=junk[:8]):
                flight.chain = [junk]
                self.assert_server(self.send_flight(flight))

    def test_a_name_that_is_no_utf_8_is_told_in_utf_8(self):
        flight = self.flight()
        authority, good = self.pki.server_ca, self.pki.servers["good"]
        name = b"\xff\xfe\x1b[2J\n\"\x00!"
        changes = {b"server good": name.ljust(11, b"!")}
        flight.chain = [rewritten(good.certificate, authority.key, changes)]
        verdict = self.send_flight(flight)
        subject = verdict.route("direct")["server_certificate"]["subject"]
        self.assertIsNone(CONTROLS.search(subject), repr(subject))
        self.assertNotIn("\n", subject)

    def test_a_certificate_with_one_byte_changed_is_not_trusted(self):
        flight = self.flight()
        der = flight.chain[0]
        flight.chain = [der[:-1] + bytes([der[-1] ^ 1])]
        self.assert_server(self.send_flight(flight))

    # CertificateRequest

    def test_a_ca_list_as_long_as_can_be_is_cut_and_not_the_servers_fault(self):
        flight = self.flight()
        start = b"\x30\x12\x31\x10\x30\x0e\x06\x03\x55\x04\x03\x0c\x07"
        names = [start + b"CA%05d" % number for number in range(2978)]
        flight.request = handshake.certificate_request(handshake.name_list(names))
        verdict = self.send_flight(flight)
        self.assert_fault(verdict, "exporter", "handshake_message_too_long")
        self.assertTrue(self.requested(verdict), verdict.output)
        told = verdict.route("direct")["client_certificate"]
        self.assertTrue(told["acceptable_issuers_truncated"], verdict.output)
        self.assertGreater(len(told["acceptable_issuers"]), 500, verdict.output)

    def test_a_broken_ca_list_is_stated(self):
        for names in (
            b"\xff\xff",
            b"\x00\x02\xff\xff",
            b"\x00\x04\x00\x02\x30\x7f",
            b"\x00\x08\x00\x06\x30\x04\x31\x84\xff\xff",
            b"\x00\x03\x00\x00\x00",
        ):
            with self.subTest(names=names):
                flight = self.flight()
                flight.request = handshake.certificate_request(names)
                self.assert_server(self.send_flight(flight))

    def test_a_certificate_request_cut_short_is_stated(self):
        flight = self.flight()
        flight.request = handshake.message(handshake.CERTIFICATE_REQUEST, b"\x05")
        self.assert_server(self.send_flight(flight))

    # After the handshake

    def test_data_without_end_after_the_handshake_does_not_hold_the_probe(self):
        context = self.server_context()
        sent = 0

        def script(raw):
            nonlocal sent
            with context.wrap_socket(raw, server_side=True) as connection:
                while sent < 10 * ENOUGH_BYTES:
                    connection.sendall(b"x" * 16384)
                    sent += 16384

        self.ask(script)
        self.assertLess(sent, ENOUGH_BYTES)

    def test_silence_after_the_handshake_ends_with_the_settle_time(self):
        context = self.server_context()
        context.num_tickets = 0

        def script(raw):
            with context.wrap_socket(raw, server_side=True) as connection:
                wait_for_close(connection)

        begin = time.monotonic()
        verdict = self.ask(script, "--expect=none")
        self.assertEqual(verdict.status, 0, verdict.output)
        self.assertLess(time.monotonic() - begin, 2 + self.timeout_seconds)

    def test_a_close_after_the_handshake_without_close_notify_is_stated(self):
        context = self.server_context()

        def script(raw):
            context.wrap_socket(raw, server_side=True).detach()

        self.ask(script)

    def server_context(self):
        identity = self.pki.servers["good"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.certificate, identity.key)
        return context


if __name__ == "__main__":
    unittest.main()
