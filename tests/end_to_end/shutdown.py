#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`serve` ends within a second of a signal, whatever it is waiting for."""
import os
import shutil
import signal
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import configuration, program
from lab.certificates import Pki
from lab.handshake import Flight
from lab.holes import BlackHole
from lab.processes import wait_until
from lab.scripted import CONNECTED, Peer, read_head, wait_for_close

END_SECONDS = 5 if program.sanitized() else 1
TARGETS_EACH = 10


class Shutdown(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="mtls-shutdown-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.pki = Pki(cls.directory)
        cls.parts = [
            BlackHole(),  # TCP connect
            Peer(wait_for_close),  # handshake, before the first byte
            Peer(cls.stop_inside_the_handshake),
        ]
        cls.proxy = Peer(cls.tunnel_to_nowhere)
        for part in (*cls.parts, cls.proxy):
            cls.addClassCleanup(part.stop)

    @classmethod
    def stop_inside_the_handshake(cls, connection):
        Flight(cls.pki.servers["good"]).send(connection)
        wait_for_close(connection)

    @staticmethod
    def tunnel_to_nowhere(connection):
        read_head(connection)
        connection.sendall(CONNECTED)
        wait_for_close(connection)

    def start(self, *flags):
        targets = [
            configuration.target(f"stuck-{kind}-{number}", part.port)
            for kind, part in enumerate(self.parts)
            for number in range(TARGETS_EACH)
        ]
        proxies = {"nowhere": f"http://127.0.0.1:{self.proxy.port}"}
        path = configuration.write(
            self.directory, self.pki, targets, proxies=proxies, timeout="30s", interval="30s"
        )
        exporter = program.Exporter(path, self.directory, *flags)
        self.addCleanup(exporter.stop)
        return exporter

    def in_flight(self, exporter):
        page = exporter.fetch("/metrics")[2]
        return sum(program.values(page, "mtls_probes_in_flight"))

    def assert_ends(self, exporter, number=signal.SIGTERM):
        status, seconds = exporter.end(number)
        self.assertEqual(status, 0, exporter.log())
        self.assertLess(seconds, END_SECONDS)
        self.assertNotRegex(exporter.log(), program.SANITIZER)

    def test_sigterm_ends_it_with_probes_in_flight(self):
        exporter = self.start()
        least = len(self.parts) * TARGETS_EACH
        wait_until(lambda: self.in_flight(exporter) >= least, "probes in flight", 60)
        self.assert_ends(exporter)

    def test_sigint_ends_it_with_probes_in_flight(self):
        exporter = self.start()
        wait_until(lambda: self.in_flight(exporter) >= 1, "probes in flight", 60)
        self.assert_ends(exporter, signal.SIGINT)

    def test_sigterm_right_after_the_start_ends_it(self):
        self.assert_ends(self.start())

    def test_dead_scrapers_do_not_hold_it(self):
        exporter = self.start()
        host, _, port = exporter.address.rpartition(":")
        scrapers = [socket.create_connection((host, int(port))) for _ in range(20)]
        self.addCleanup(lambda: [scraper.close() for scraper in scrapers])
        for scraper in scrapers[:10]:
            scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
        for scraper in scrapers[10:]:
            scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        self.assertEqual(exporter.fetch("/-/healthy")[0], 200)
        self.assert_ends(exporter)

    def test_one_worker_ends_as_fast(self):
        exporter = self.start("--workers=1")
        wait_until(lambda: self.in_flight(exporter) >= 1, "probes in flight", 60)
        self.assert_ends(exporter)


if __name__ == "__main__":
    unittest.main()
