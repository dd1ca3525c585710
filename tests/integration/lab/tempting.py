# SPDX-License-Identifier: GPL-3.0-or-later
"""A TLS server that asks for a certificate, would take any, and tells everything that
it was sent: what a client gives away shows here."""
import itertools
import re

from lab.processes import Process, wait_until

VERSIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}
LISTENING = re.compile(r"^ACCEPT 127\.0\.0\.1:(\d+)$", re.MULTILINE)
RECEIVED = r"^<<< TLS [\d.]+, Handshake \[length ([0-9a-f]+)\], "
CERTIFICATE = re.compile(RECEIVED + "Certificate$", re.MULTILINE)
SIGNATURE = re.compile(RECEIVED + "CertificateVerify$", re.MULTILINE)
CLIENT_HELLO = re.compile(RECEIVED + "ClientHello$", re.MULTILINE)
# RFC 8446 section 4.4.2 and RFC 5246 section 7.4.6: header, context, length of the list
EMPTY_CERTIFICATE_BYTES = 8
numbers = itertools.count()


class TemptingServer:
    """openssl s_server. It answers no HTTP: a request is what it prints."""

    def __init__(self, identity, version, directory):
        arguments = (
            *("openssl", "s_server", "-accept", "127.0.0.1:0", "-msg", "-verify", "1"),
            *("-cert", identity.certificate, "-key", identity.key, VERSIONS[version]),
        )
        self.process = Process(f"tempting-{next(numbers)}", arguments, directory)
        self.port = int(wait_until(self._listening, "openssl s_server").group(1))

    def stop(self):
        self.process.stop()

    def client_hellos(self):
        return len(CLIENT_HELLO.findall(self.process.output()))

    def certificates(self):
        """Certificate messages with a certificate in them."""
        sizes = CERTIFICATE.findall(self.process.output())
        return sum(int(size, 16) > EMPTY_CERTIFICATE_BYTES for size in sizes)

    def signatures(self):
        return len(SIGNATURE.findall(self.process.output()))

    def everything(self):
        """Its own words and, between them, what came through TLS."""
        return self.process.output()

    def requests(self):
        """The heads of the HTTP requests that came."""
        text = self.process.output().replace("\r\n", "\n")
        return re.findall(r"^[A-Z]+ \S+ HTTP/1\.1\n(?:.+\n)*\n", text, re.MULTILINE)

    def _listening(self):
        self.process.check_alive()
        return LISTENING.search(self.process.output())
