#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx that lists many acceptable CAs: OpenSSL's clients get through, and so the
server must not be blamed."""
import os
import shutil
import tempfile
import unittest

from lab import oracle, program
from lab.certificates import Authority, Pki, der_of, pem_of
from lab.servers import Nginx, NginxServer

PLACE = b"N" * 60
COUNTS = (10, 150, 200, 250, 600)  # of names of about 90 bytes


class LongCaLists(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="mtls-ca-lists-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.pki = Pki(cls.directory)
        subject = "/O=Lab/CN=" + PLACE.decode("ascii")
        cls.pattern = der_of(Authority(cls.directory, "pattern", subject).certificate)

    def write_list(self, count):
        """The CA of our certificate, and as many others as it takes."""
        path = os.path.join(self.directory, f"list-{count}.crt")
        shutil.copy(self.pki.client_ca.certificate, path)
        with open(path, "a", encoding="ascii") as file:
            for number in range(count - 1):
                name = b"%060d" % number
                file.write(pem_of(self.pattern.replace(PLACE, name)))
        return path

    def test_every_length_of_the_list_gives_the_same_verdict(self):
        for count in COUNTS:
            servers = [NginxServer("on", (version,)) for version in ("1.2", "1.3")]
            directory = os.path.join(self.directory, str(count))
            os.mkdir(directory)
            nginx = Nginx(self.pki, directory, servers, self.write_list(count))
            try:
                for server in servers:
                    with self.subTest(count=count, version=server.versions[0]):
                        self.check(server, count)
            finally:
                nginx.stop()

    def check(self, server, count):
        good, ca_file = self.pki.client("good"), self.pki.server_ca.certificate
        where = ("127.0.0.1", server.port, server.versions[0], ca_file, good)
        seen = oracle.look(*where, http="/")
        self.assertTrue(seen.requested and seen.admitted, seen.text)
        verdict = program.probe(
            f"https://127.0.0.1:{server.port}/",
            "--ca-file=" + ca_file,
            *("--client-cert=" + good.certificate, "--client-key=" + good.key),
        )
        route = verdict.route("direct")
        told = f"{verdict.command_line()}\n{route['explanation']}"
        self.assertTrue(route["client_certificate"]["requested"], told)
        self.assertNotIn(route["fault"], ("server", "client", "network"), told)
        if route["fault"] == "none":
            listed = len(route["client_certificate"]["acceptable_issuers"])
            self.assertEqual(listed, count, told)


if __name__ == "__main__":
    unittest.main()
