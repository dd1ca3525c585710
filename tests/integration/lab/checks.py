# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold whatever a peer does: a stated fact, in time, and no crash."""
import re
import shutil
import tempfile
import unittest

from lab import program
from lab.certificates import Pki

FAULTS = {"none", "client", "server", "proxy", "network", "exporter", "unknown"}
SLUG = re.compile(r"^[a-z][a-z0-9_]*$")
# C0 controls but line feed and tab, DEL, C1 controls
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
START_SECONDS = 1.5


class PeerTest(unittest.TestCase):
    """Probes of scripted peers, with certificates made once for the class."""

    timeout_seconds = 1

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="mtls-peers-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.pki = Pki(cls.directory)

    def probe(self, address, *flags):
        """Probes, and checks all that must hold whatever the peer does."""
        flags = (f"--timeout={self.timeout_seconds}s", *flags)
        flags = ("--ca-file=" + self.pki.server_ca.certificate, *flags)
        verdict = program.probe(address, *flags)
        self.assert_stated_fact(verdict)
        return verdict

    def client_flags(self, name="good"):
        identity = self.pki.clients[name]
        return (f"--client-cert={identity.certificate}", f"--client-key={identity.key}")

    def assert_stated_fact(self, verdict):
        told = f"{verdict.command_line()}\n{verdict.output}\n{verdict.errors}"
        self.assertIsNone(verdict.crash(), told)
        self.assertIn(verdict.status, (0, 1), told)
        self.assertIsNotNone(verdict.json, told)
        self.assertTrue(verdict.json["routes"], told)
        for route in verdict.json["routes"]:
            self.assert_route_stated(route, told)
        self.assertEqual(verdict.json["success"], verdict.status == 0, told)
        self.assert_in_time(verdict, told)

    def assert_route_stated(self, route, told):
        self.assertIn(route["fault"], FAULTS, told)
        self.assertRegex(route["reason"], SLUG, told)
        self.assertTrue(route["explanation"], told)
        self.assertIsNone(CONTROLS.search(route["explanation"]), told)
        self.assertEqual(route["fault"] == "none", route["reason"] == "ok", told)
        self.assertTrue(route["probes"], told)

    def assert_in_time(self, verdict, told):
        probes = sum(len(route["probes"]) for route in verdict.json["routes"])
        limit = probes * self.timeout_seconds + START_SECONDS
        if program.sanitized():
            limit *= 2
        self.assertLess(verdict.seconds, limit, told)
        for route in verdict.json["routes"]:
            for one in route["probes"]:
                spent = sum(value for value in one["seconds"].values() if value)
                self.assertLess(spent, self.timeout_seconds + START_SECONDS, told)

    def assert_fault(self, verdict, fault, *reasons, route="direct"):
        found = verdict.route(route)
        told = f"{verdict.command_line()}\n{verdict.output}"
        self.assertEqual(found["fault"], fault, told)
        if reasons:
            self.assertIn(found["reason"], reasons, told)
