# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy on loopback: one process, one port for each way it treats client
certificates."""
import os

from lab.processes import Process, start_on_free_ports

VERSIONS = {"1.2": "TLSv1.2", "1.3": "TLSv1.3"}

CONFIGURATION = """
global
  nbthread 1
  maxconn 200
defaults
  mode http
  timeout client 10s
  timeout connect 5s
  timeout server 10s
{frontends}
"""

FRONTEND = """
frontend {mode}-{version}
  bind 127.0.0.1:{port} ssl crt {bundle} ssl-min-ver {protocol} ssl-max-ver {protocol} {bind}
  {rule}
  http-request return status 200 content-type text/plain string welcome
"""

DENY_UNVERIFIED = "http-request deny deny_status 403 if { ssl_c_verify gt 0 }"
DENY_WITHOUT = "http-request deny deny_status 403 unless { ssl_c_used }"

# How client certificates are treated: words of the bind line, and a rule.
# ignore-errors: every certificate passes TLS, a rule then looks at the result. any: no
# rule does.
# no-names: the CertificateRequest lists no CA.
IGNORE_ERRORS = "crt-ignore-err all ca-ignore-err all"
MODES = {
    "required": ("ca-file {client_ca} verify required", ""),
    "optional": ("ca-file {client_ca} verify optional", ""),
    "off": ("", ""),
    "optional-deny": ("ca-file {client_ca} verify optional", DENY_WITHOUT),
    "ignore-errors": (
        "ca-file {client_ca} verify required " + IGNORE_ERRORS,
        DENY_UNVERIFIED,
    ),
    "any": ("ca-file {client_ca} verify required " + IGNORE_ERRORS, ""),
    "optional-any": ("ca-file {client_ca} verify optional " + IGNORE_ERRORS, ""),
    "no-names": ("ca-file {client_ca} verify required no-ca-names", ""),
    "crl": ("ca-file {client_ca} verify required crl-file {revocation_list}", ""),
}


class Haproxy:
    def __init__(self, pki, directory):
        self.pki = pki
        self.directory = directory
        names = [(mode, version) for mode in MODES for version in VERSIONS]
        self.process, self.ports = start_on_free_ports(names, self._start)

    def port(self, mode, version, _certificate="good"):
        return self.ports[mode, version]

    def stop(self):
        self.process.stop()

    def _start(self, ports):
        frontends = (self._frontend(*name, port) for name, port in ports.items())
        path = os.path.join(self.directory, "haproxy.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(frontends="".join(frontends)))
        return Process("haproxy", ("haproxy", "-db", "-f", path), self.directory)

    def _frontend(self, mode, version, port):
        bind, rule = MODES[mode]
        bind = bind.format(
            client_ca=self.pki.client_ca.certificate,
            revocation_list=self.pki.revocation_list,
        )
        return FRONTEND.format(
            mode=mode,
            version=version,
            port=port,
            bundle=self._bundle(),
            protocol=VERSIONS[version],
            bind=bind,
            rule=rule,
        )

    def _bundle(self):
        """Certificate and key in one file, as HAProxy wants them."""
        identity = self.pki.servers["good"]
        path = os.path.join(self.directory, "haproxy.pem")
        with open(path, "w", encoding="ascii") as out:
            for part in (identity.certificate, identity.key):
                with open(part, encoding="ascii") as file:
                    out.write(file.read())
        return path
