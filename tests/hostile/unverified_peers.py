#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer whose certificate does not verify, directly or inside a tunnel, gets what a
probe without a certificate would give it and nothing more: asserted on its own side."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab.checks import PeerTest
from lab.corporate import CorporateSquid
from lab.proxies import USERNAME, PASSWORD
from lab.scripted import connect_responder
from lab.servers import Nginx, NginxServer
from lab.tempting import TemptingServer

VERSIONS = ("1.2", "1.3")
BAD_CERTIFICATES = ("untrusted", "expired", "not-yet-valid", "wrong-name", "interceptor")
SECRET = "hunter2"
HEADERS = ("--http-header=X-Lab: " + SECRET, "--http-header=Authorization: Bearer " + SECRET)


class UnverifiedPeers(PeerTest):
    def setUp(self):
        os.chmod(self.directory, 0o755)

    def server(self, certificate, version):
        server = TemptingServer(self.pki.servers[certificate], version, self.directory)
        self.addCleanup(server.stop)
        return server

    def probe_all(self, port, *flags, present="client,none,untrusted", host="127.0.0.1"):
        """A round with everything that a peer could be after."""
        address = f"https://{host}:{port}/"
        return self.probe(address, *self.client_flags(), *HEADERS, "--present=" + present, *flags)

    def assert_got_nothing(self, server):
        self.assertGreater(server.client_hellos(), 1)
        self.assertEqual((server.certificates(), server.signatures()), (0, 0))
        self.assertNotIn(SECRET, server.everything())

    def test_a_server_that_verifies_gets_them(self):
        """What the other tests look for shows when it is there."""
        for version in VERSIONS:
            with self.subTest(version=version):
                server = self.server("good", version)
                self.probe_all(server.port, present="client")
                self.assertEqual((server.certificates(), server.signatures()), (1, 1))
                self.assertIn("X-Lab: " + SECRET, server.everything())
                self.assertIn("Authorization: Bearer " + SECRET, server.requests()[0])

    def test_a_server_that_does_not_verify_gets_no_certificate_signature_or_header(self):
        for certificate in BAD_CERTIFICATES:
            for version in VERSIONS:
                with self.subTest(certificate=certificate, version=version):
                    server = self.server(certificate, version)
                    verdict = self.probe_all(server.port)
                    self.assertEqual(verdict.status, 1)
                    self.assert_got_nothing(server)

    def test_a_server_that_does_not_verify_gets_the_request_without_a_certificate_alone(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                alone, whole = (self.server("untrusted", version) for _ in range(2))
                self.probe_all(alone.port, present="none")
                self.probe_all(whole.port)
                requests = [text.replace(str(whole.port), "PORT") for text in whole.requests()]
                wanted = [text.replace(str(alone.port), "PORT") for text in alone.requests()]
                self.assertEqual(len(wanted), 1)
                self.assertEqual(requests, wanted)

    def test_an_interceptor_that_asks_for_a_certificate_gets_none(self):
        target = self.server("good", "1.3")
        for version in VERSIONS:
            with self.subTest(version=version):
                interceptor = self.server("interceptor", version)
                proxy = connect_responder(interceptor.port)
                self.addCleanup(proxy.stop)
                url = f"--proxy=http://127.0.0.1:{proxy.port}"
                verdict = self.probe_all(target.port, url)
                self.assert_fault(verdict, "proxy", "tls_intercepted", route="proxy")
                self.assert_got_nothing(interceptor)

    def test_a_squid_that_intercepts_has_no_certificate_or_header_to_hand_on(self):
        server = NginxServer("optional")
        nginx = Nginx(self.pki, self.directory, [server])
        self.addCleanup(nginx.stop)
        squid = CorporateSquid(self.pki, self.directory, forbidden=9)
        self.addCleanup(squid.stop)
        password = os.path.join(self.directory, "proxy.password")
        with open(password, "w", encoding="ascii") as file:
            file.write(PASSWORD + "\n")
        for role in ("bump-first", "bump-peeked"):
            proxy = "--proxy=" + squid.url(role, USERNAME)
            flags = (proxy, "--proxy-password-file=" + password, "--no-direct")
            verdict = self.probe_all(server.port, *flags, host="localhost")
            self.assert_fault(verdict, "proxy", "tls_intercepted", route="proxy")
        lines = nginx.requests(server)
        self.assertTrue(lines)
        for line in lines:
            self.assertIn('verify=NONE subject="-"', line)
            self.assertIn('fields="-"', line)

    def test_a_proxy_that_does_not_verify_gets_no_connect_and_no_password(self):
        password = os.path.join(self.directory, "proxy.password")
        with open(password, "w", encoding="ascii") as file:
            file.write(SECRET + "\n")
        good = self.pki.clients["good"]
        for certificate in ("untrusted", "expired", "wrong-name"):
            with self.subTest(certificate=certificate):
                proxy = self.server(certificate, "1.3")
                verdict = self.probe_all(
                    1,
                    *(f"--proxy=https://probe@127.0.0.1:{proxy.port}", "--no-direct"),
                    *("--proxy-password-file=" + password,),
                    *("--proxy-ca-file=" + self.pki.server_ca.certificate,),
                    *("--proxy-client-cert=" + good.certificate, "--proxy-client-key=" + good.key),
                )
                self.assert_fault(verdict, "proxy", route="proxy")
                self.assertGreater(proxy.client_hellos(), 0)
                self.assertEqual((proxy.certificates(), proxy.signatures()), (0, 0))
                self.assertNotIn("CONNECT", proxy.everything())
                self.assertNotIn("Proxy-Authorization", proxy.everything())


if __name__ == "__main__":
    unittest.main()
