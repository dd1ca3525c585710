# SPDX-License-Identifier: GPL-3.0-or-later
"""Other programs asked what the truth table asks: each says of a row what its reader
can take from its output, and None where that says nothing."""
import re
import subprocess

from lab import blackbox
from lab.asking import Asked, host_and_port, is_http

QUESTIONS = ("requested", "required", "accepted")
NOTHING = dict.fromkeys(QUESTIONS)


def output_of(*arguments):
    done = subprocess.run(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode("utf-8", errors="replace")


def package_version(package):
    return output_of("dpkg-query", "-W", "-f", "${Version}", package)


class Peer:
    """One program. answer(row) may come from several threads."""

    package = None

    def __init__(self, world):
        self.world = world

    def stop(self):
        pass

    def name(self):
        return f"{self.package} {package_version(self.package)}"

    @staticmethod
    def same_run(row):
        """Rows for which this is equal are answered by one run."""
        return row.question

    def answer(self, row):
        raise NotImplementedError

    def where(self, row):
        host, port = host_and_port(self.world, row)
        return f"{host}:{port}"


class MtlsExporter(Peer):
    def name(self):
        return "mtls_exporter"

    def answer(self, row):
        return Asked(self.world, row).verdict.route(row.route)["client_certificate"]


class Testssl(Peer):
    """testssl.sh 3.0 says of a server that it wants certificates, or nothing about that;
    it cannot present one. Its shortest check is run: the rest is not about this."""

    package = "testssl.sh"

    @staticmethod
    def same_run(row):
        return tuple(row[name] for name in ("server", "mode", "tls"))

    def answer(self, row):
        flags = ("--color", "0", "--quiet", "--warnings", "batch", "--nodns", "none", "--ccs")
        wanted = "certificate-based authentication" in output_of(
            "testssl", *flags, self.where(row)
        )
        return NOTHING | {"requested": wanted or None, "required": wanted or None}


class Sslscan(Peer):
    """sslscan lists the CA names of the request; none may be no request, or one that
    names nobody. It presents a certificate and does not say what became of it."""

    package = "sslscan"
    flags = (
        *("--no-colour", "--show-client-cas", "--no-ciphersuites", "--no-fallback"),
        *("--no-renegotiation", "--no-compression", "--no-heartbleed", "--no-groups"),
    )

    def answer(self, row):
        ours = self.world.pki.client(row["client_cert"])
        identity = (f"--certs={ours.certificate}", f"--pk={ours.key}")
        said = output_of("sslscan", *self.flags, *identity, self.where(row))
        listed = re.search(r"Acceptable client certificate CA names:\n/", said)
        return NOTHING | {"requested": True if listed else None}


class Blackbox(Peer):
    """blackbox_exporter, told to probe with our certificate and without one: its success
    with is taken for accepted, its failure without for required."""

    package = blackbox.PACKAGE

    def __init__(self, world):
        super().__init__(world)
        ca_file = world.pki.server_ca.certificate
        modules = {
            f"{prober}-{certificate}": blackbox.module(
                prober, ca_file, world.pki.client(certificate)
            )
            for prober in ("http", "tcp")
            for certificate in ("none", "good", "other-ca", "expired")
        }
        self.exporter = blackbox.BlackboxExporter(world.directory, modules)

    def answer(self, row):
        return NOTHING | {
            "accepted": self._success(row, row["client_cert"]),
            "required": not self._success(row, "none"),
        }

    def stop(self):
        self.exporter.stop()

    def _success(self, row, certificate):
        target, prober = self.where(row), "tcp"
        if is_http(row):
            target, prober = f"https://{target}{row.options.get('path', '/')}", "http"
        return self.exporter.succeeds(target, f"{prober}-{certificate}")


ALL = (MtlsExporter, Testssl, Sslscan, Blackbox)
