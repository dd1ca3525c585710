# SPDX-License-Identifier: GPL-3.0-or-later
"""stunnel on loopback, in front of a small HTTP server: one process, one port for
each way it treats client certificates."""
import os

from lab.processes import Process, start_on_free_ports
from lab.scripted import http_server

VERSIONS = {"1.2": "TLSv1.2", "1.3": "TLSv1.3"}

CONFIGURATION = """
foreground = yes
syslog = no
pid =
debug = notice
cert = {certificate}
key = {key}
CAfile = {client_ca}
{services}
"""

SERVICE = """
[{mode}-{version}]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{backend}
sslVersionMin = {protocol}
sslVersionMax = {protocol}
{settings}
"""

MODES = {
    "required": "verifyChain = yes\nrequireCert = yes",
    "optional": "verifyChain = yes\nrequireCert = no",
    "off": "",
    "crl": "verifyChain = yes\nrequireCert = yes\nCRLfile = {revocation_list}",
}


class Stunnel:
    def __init__(self, pki, directory):
        self.pki = pki
        self.directory = directory
        self.backend = http_server()
        names = [(mode, version) for mode in MODES for version in VERSIONS]
        self.process, self.ports = start_on_free_ports(names, self._start)

    def port(self, mode, version, _certificate="good"):
        return self.ports[mode, version]

    def stop(self):
        self.process.stop()
        self.backend.stop()

    def _start(self, ports):
        path = os.path.join(self.directory, "stunnel.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(self._configuration(ports))
        return Process("stunnel", ("stunnel4", path), self.directory)

    def _configuration(self, ports):
        identity = self.pki.servers["good"]
        services = (self._service(*name, port) for name, port in ports.items())
        return CONFIGURATION.format(
            certificate=identity.certificate,
            key=identity.key,
            client_ca=self.pki.client_ca.certificate,
            services="".join(services),
        )

    def _service(self, mode, version, port):
        return SERVICE.format(
            mode=mode,
            version=version,
            port=port,
            backend=self.backend.port,
            protocol=VERSIONS[version],
            settings=MODES[mode].format(revocation_list=self.pki.revocation_list),
        )
