#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of the exporter's own HTTP side that are slow, dead or malicious: none
of them holds up a scrape or a probe."""
import contextlib
import os
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import configuration, program
from lab.checks import PeerTest
from lab.holes import Down
from lab.processes import wait_until

SCRAPE_SECONDS = 2


class Scrapers(PeerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        down = Down()
        cls.addClassCleanup(down.stop)
        targets = [configuration.target(f"t{n}", down.port) for n in range(50)]
        path = configuration.write(cls.directory, cls.pki, targets)
        cls.exporter = program.Exporter(path, cls.directory)
        cls.addClassCleanup(cls.exporter.stop)
        cls.exporter.wait_until_ready()

    def connect(self, count=1):
        """From an address that is not the scraper's: one client may not take all
        the places, but it may well take its own."""
        host, _, port = self.exporter.address.rpartition(":")
        where, source = (host, int(port)), ("127.0.0.2", 0)
        sockets = []
        for _ in range(count):
            connection = socket.create_connection(where, 10, source_address=source)
            self.addCleanup(connection.close)
            sockets.append(connection)
        return sockets

    def send_to_all(self, connections, data):
        """Some may be refused: that is how places are kept for others."""
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.sendall(data)

    def send(self, data, seconds=10):
        """What comes back for these bytes until the other side closes."""
        connection = self.connect()[0]
        connection.settimeout(seconds)
        answer = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while True:
                part = connection.recv(65536)
                if not part:
                    return answer
                answer += part
        except OSError:
            return answer

    def assert_scrape_in_time(self):
        begin = time.monotonic()
        status, _, page = self.exporter.fetch("/metrics")
        seconds = time.monotonic() - begin
        self.assertEqual(status, 200)
        self.assertTrue(program.samples(page))
        limit = 3 * SCRAPE_SECONDS if program.sanitized() else SCRAPE_SECONDS
        self.assertLess(seconds, limit)

    def test_connections_that_say_nothing_hold_up_nobody(self):
        self.connect(200)
        self.assert_scrape_in_time()

    def test_requests_that_never_end_hold_up_nobody(self):
        request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: "
        self.send_to_all(self.connect(200), request)
        self.assert_scrape_in_time()

    def test_scrapers_that_do_not_read_hold_up_nobody(self):
        requests = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50
        self.send_to_all(self.connect(20), requests)
        self.assert_scrape_in_time()

    def test_scrapers_that_go_away_in_the_middle_hold_up_nobody(self):
        for connection in self.connect(100):
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.close()
        self.assert_scrape_in_time()

    def test_probing_goes_on_meanwhile(self):
        self.connect(100)
        before = self.probes()
        wait_until(lambda: self.probes() > before, "a next probe", 10)

    def test_junk_is_answered_or_closed_and_survived(self):
        for junk in (
            os.urandom(4096),
            bytes(4096),
            b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET /%00%ff/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        ):
            with self.subTest(junk=junk[:40]):
                self.assertNotIn(b"root:", self.send(junk))
                self.assert_scrape_in_time()

    def test_an_upload_is_not_taken_in(self):
        head = b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
        before = resident_bytes(self.exporter.pid)
        self.send(head + bytes(32 * 1024 * 1024))
        if not program.sanitized():
            self.assertLess(resident_bytes(self.exporter.pid) - before, 16 * 1024 * 1024)
        self.assert_scrape_in_time()

    def test_a_head_request_gets_no_body(self):
        answer = self.send(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer[:100])
        self.assertTrue(answer.endswith(b"\r\n\r\n"))

    def probes(self):
        page = self.exporter.fetch("/metrics")[2]
        return sum(program.values(page, "mtls_probes_total"))


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    unittest.main()
