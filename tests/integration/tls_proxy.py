#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that is itself reached by mutual TLS: its certificate is verified, and the
credential configured for it goes to it, not the target's."""
import contextlib
import os
import shutil
import socket
import ssl
import tempfile
import threading
import unittest

from lab import program
from lab.certificates import Pki
from lab.scripted import CONNECTED, Peer, read_head
from lab.servers import Nginx, NginxServer

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def pump(source, sink):
    """Copies until one side ends: TLS keeps bytes that a selector does not see."""
    with contextlib.suppress(OSError):
        data = source.recv(65536)
        while data:
            sink.sendall(data)
            data = source.recv(65536)
        sink.shutdown(socket.SHUT_WR)


class MutualTlsProxy(Peer):
    """Asks every client for a certificate of the lab's CA, then tunnels."""

    def __init__(self, pki, version):
        self.subjects = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server = pki.servers["good"]
        self.context.load_cert_chain(server.certificate, server.key)
        self.context.load_verify_locations(pki.client_ca.certificate)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.minimum_version = self.context.maximum_version = VERSIONS[version]
        super().__init__(self._tunnel)

    def _tunnel(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as inside:
            self.subjects.append(dict(one[0] for one in inside.getpeercert()["subject"]))
            host, port = read_head(inside).split()[1].decode().rsplit(":", 1)
            with socket.create_connection((host, int(port))) as elsewhere:
                inside.sendall(CONNECTED)
                back = threading.Thread(target=pump, args=(elsewhere, inside), daemon=True)
                back.start()
                pump(inside, elsewhere)
                back.join()


class TlsProxyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="mtls-proxy-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        os.chmod(cls.directory, 0o755)
        cls.pki = Pki(cls.directory)
        cls.server = NginxServer("on")
        cls.addClassCleanup(Nginx(cls.pki, cls.directory, [cls.server]).stop)

    def probe(self, proxy, *flags, ca=None):
        good = self.pki.client("good")
        verdict = program.probe(
            f"https://127.0.0.1:{self.server.port}/",
            *("--client-cert=" + good.certificate, "--client-key=" + good.key),
            "--ca-file=" + self.pki.server_ca.certificate,
            *(f"--proxy=https://127.0.0.1:{proxy.port}", "--timeout=5s"),
            "--proxy-ca-file=" + (ca or self.pki.server_ca).certificate,
            *flags,
        )
        self.assertEqual(verdict.route("direct")["reason"], "ok", verdict.output)
        return verdict.route("proxy")

    def credential(self, identity):
        return (
            "--proxy-client-cert=" + identity.certificate,
            "--proxy-client-key=" + identity.key,
        )

    def proxy(self, version):
        proxy = MutualTlsProxy(self.pki, version)
        self.addCleanup(proxy.stop)
        return proxy

    def test_the_proxy_gets_its_own_certificate_and_tunnels(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                proxy = self.proxy(version)
                route = self.probe(proxy, *self.credential(self.pki.clients["wrong-usage"]))
                self.assertEqual(route["reason"], "proxy_tls_failed", "its usage is not client")
                self.assertEqual(proxy.subjects, [])
                identity = self.pki.client_ca.issue(
                    f"to-proxy-{version}", "/O=Lab/CN=to the proxy", "clientAuth"
                )
                route = self.probe(proxy, *self.credential(identity))
                self.assertEqual((route["reason"], route["tunnel"]["state"]), ("ok", "intact"))
                self.assertEqual({one["commonName"] for one in proxy.subjects}, {"to the proxy"})

    def test_an_encrypted_key_for_the_proxy_is_opened(self):
        good = self.pki.client("good")
        flags = ("--proxy-client-cert=" + good.certificate,)
        flags += ("--proxy-client-key=" + self.pki.encrypted_key,)
        flags += ("--proxy-client-key-password-file=" + self.pki.key_password,)
        self.assertEqual(self.probe(self.proxy("1.3"), *flags)["reason"], "ok")

    def test_a_proxy_that_refuses_our_certificate_or_its_lack_is_named(self):
        for version in VERSIONS:
            for flags in ((), self.credential(self.pki.clients["other-ca"])):
                with self.subTest(version=version, certificate=bool(flags)):
                    route = self.probe(self.proxy(version), *flags)
                    self.assertEqual((route["fault"], route["reason"]), ("proxy", "proxy_tls_failed"))
                    self.assertIn("alert", route["explanation"])
                    self.assertIn("credential of the proxy", route["remedy"])

    def test_a_proxy_whose_certificate_does_not_verify_is_named(self):
        route = self.probe(self.proxy("1.3"), ca=self.pki.untrusted_ca)
        self.assertEqual((route["fault"], route["reason"]), ("proxy", "proxy_tls_failed"))
        self.assertIn("does not verify", route["explanation"])


if __name__ == "__main__":
    unittest.main()
