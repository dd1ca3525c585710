# SPDX-License-Identifier: GPL-3.0-or-later
"""Prosody on loopback: STARTTLS in XMPP, for clients of the domain localhost."""
import os

from lab import unprivileged
from lab.processes import Process, StartFailed, free_ports, started

CONFIGURATION = """
pidfile = "{directory}/prosody.pid"
data_path = "{directory}"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{ }}
modules_enabled = {{ "saslauth"{tls_module} }}
modules_disabled = {{ "s2s", "offline", "posix"{no_tls_module} }}
authentication = "internal_hashed"
log = {{ info = "*console" }}
c2s_require_encryption = {encryption}
ssl = {{
  key = "{key}"; certificate = "{certificate}"; cafile = "{client_ca}";
  verify = {verify}; verifyext = {extra};
}}
VirtualHost "localhost"
"""
# LuaSec's words. lenient is what Prosody makes of verify alone: any certificate
# will do. plain: there is no STARTTLS.
ANY = '{ "lsec_continue", "lsec_ignore_purpose" }'
MODES = {
    "off": ('{ "none" }', "{}"),
    "lenient": ('{ "peer" }', ANY),
    "optional": ('{ "peer" }', "{}"),
    "required": ('{ "peer", "fail_if_no_peer_cert" }', "{}"),
    "plain": ('{ "none" }', "{}"),
}


class Prosody:
    """One Prosody in one mode."""

    def __init__(self, pki, directory, mode):
        self.pki = pki
        self.mode = mode
        self.directory = unprivileged.own_directory(directory, f"prosody-{mode}")
        self.port = None
        self.process = started(self._start)

    def log(self):
        return self.process.log()

    def stop(self):
        self.process.stop()

    def _start(self):
        (self.port,) = free_ports(1)
        path = os.path.join(self.directory, "prosody.cfg.lua")
        with open(path, "w", encoding="ascii") as file:
            file.write(self._configuration())
        process = Process(
            "prosody",
            ("prosody", "-F", "--config", path),
            self.directory,
            cwd=self.directory,
            **unprivileged.options(),
        )
        try:
            process.wait_for_ports((self.port,))
        except StartFailed:
            process.stop()
            raise
        return process

    def _configuration(self):
        identity = self.pki.servers["good"]
        verify, extra = MODES[self.mode]
        tls = self.mode != "plain"
        return CONFIGURATION.format(
            directory=self.directory,
            port=self.port,
            tls_module=', "tls"' if tls else "",
            no_tls_module="" if tls else ', "tls"',
            encryption="true" if tls else "false",
            key=identity.key,
            certificate=identity.certificate,
            client_ca=self.pki.client_ca.certificate,
            verify=verify,
            extra=extra,
        )
