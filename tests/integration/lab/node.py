# SPDX-License-Identifier: GPL-3.0-or-later
"""Node.js on loopback: one process, one https server for each way it treats client
certificates. The kernel chooses the ports, Node.js prints them."""
import json
import os

from lab.processes import Process, StartFailed, wait_until

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_servers.js")
VERSIONS = {"1.2": "TLSv1.2", "1.3": "TLSv1.3"}
# request: asks and takes everybody. application: asks, and the program behind refuses.
# any-name: lists no CA names, because it trusts what Node.js itself brings along.
MODES = {
    "required": {"requestCert": True, "rejectUnauthorized": True},
    "request": {"requestCert": True, "rejectUnauthorized": False},
    "application": {"requestCert": True, "rejectUnauthorized": False, "judged": True},
    "off": {},
    "any-name": {"requestCert": True, "rejectUnauthorized": True, "ca": None},
    "crl": {"requestCert": True, "rejectUnauthorized": True, "crl": True},
}


class Node:
    def __init__(self, pki, directory):
        servers = [
            self._settings(pki, mode, version) for mode in MODES for version in VERSIONS
        ]
        path = os.path.join(directory, "node.json")
        with open(path, "w", encoding="ascii") as file:
            json.dump(servers, file)
        self.process = Process("node", ("node", PROGRAM, path), directory)
        self.ports = self._wait()

    def port(self, mode, version, _certificate="good"):
        return self.ports[f"{mode}-{version}"]

    def stop(self):
        self.process.stop()

    @staticmethod
    def _settings(pki, mode, version):
        identity = pki.servers["good"]
        settings = {"ca": pki.client_ca.certificate} | MODES[mode]
        if settings.get("crl"):
            settings["crl"] = pki.revocation_list
        return settings | {
            "name": f"{mode}-{version}",
            "cert": identity.certificate,
            "key": identity.key,
            "minVersion": VERSIONS[version],
            "maxVersion": VERSIONS[version],
        }

    def _wait(self):
        def listening():
            self.process.check_alive()
            return self.process.output().endswith("}\n")

        try:
            wait_until(listening, "the ports of node")
        except StartFailed:
            self.process.stop()
            raise
        return json.loads(self.process.output())
