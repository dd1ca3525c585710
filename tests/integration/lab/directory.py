# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenLDAP's slapd on loopback: StartTLS in LDAP."""
import os
import tempfile

from lab.processes import Process, StartFailed, free_ports, started

CONFIGURATION = """
include /etc/ldap/schema/core.schema
pidfile {directory}/slapd.pid
{tls}
"""
TLS = """
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
TLSCACertificateFile {client_ca}
TLSVerifyClient {verify}
"""
# slapd.conf(5), TLSVerifyClient. lenient: a bad certificate counts as none. plain:
# there is no StartTLS.
MODES = {
    "off": "never",
    "lenient": "allow",
    "optional": "try",
    "required": "demand",
    "plain": None,
}


class Slapd:
    """One slapd with an empty directory: how it asks is a setting of the process."""

    def __init__(self, pki, directory, mode):
        self.pki = pki
        self.mode = mode
        self.directory = tempfile.mkdtemp(prefix=f"slapd-{mode}-", dir=directory)
        self.port = None
        self.process = started(self._start)

    def log(self):
        return self.process.log()

    def stop(self):
        self.process.stop()

    def _start(self):
        (self.port,) = free_ports(1)
        path = os.path.join(self.directory, "slapd.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(directory=self.directory, tls=self._tls()))
        address = f"ldap://127.0.0.1:{self.port}"
        # with -d it stays in the foreground; 256 logs connections and results
        arguments = ("slapd", "-d", "256", "-f", path, "-h", address)
        process = Process("slapd", arguments, self.directory)
        try:
            process.wait_for_ports((self.port,))
        except StartFailed:
            process.stop()
            raise
        return process

    def _tls(self):
        if MODES[self.mode] is None:
            return ""
        identity = self.pki.servers["good"]
        return TLS.format(
            certificate=identity.certificate,
            key=identity.key,
            client_ca=self.pki.client_ca.certificate,
            verify=MODES[self.mode],
        )
