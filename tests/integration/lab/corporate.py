# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies that intercept, and read a policy that says for whom they do not: Squid,
which also wants a password, and mitmproxy."""
import os
import re
import signal
import tempfile

from lab.processes import Process, read_text, wait_until
from lab.proxies import Squid

RULES_BEFORE = "\nhttp_access deny on_password_port"
POLICY = """
include {path}
acl on_interception_port myportname bump-first bump-peeked
http_access deny on_interception_port !has_password
"""
MITMPROXY_LISTENING = re.compile(r"Proxy server listening at \S+?:(\d+)")


class CorporateSquid(Squid):
    """The ports that bump also ask for the password. The policy stands where
    mtls_exporter bypass says that it belongs."""

    def __init__(self, pki, directory, forbidden):
        self.policy = os.path.join(directory, "bypass.conf")
        self._write_policy("")
        super().__init__(pki, directory, forbidden)

    def set_policy(self, text):
        """Takes effect for new connections before this returns."""
        before = self._reconfigured()
        self._write_policy(text)
        self.process.child.send_signal(signal.SIGHUP)
        wait_until(lambda: self._reconfigured() > before, "a reconfigured Squid")
        self.process.wait_for_ports(self.ports.values())

    def complaints(self):
        """What Squid has to say against its configuration."""
        marks = ("bypass.conf:", "FATAL", "WARNING", "unrecognized", "Bungled", "mtls_exporter_")
        lines = self._cache_log().splitlines()
        return [line for line in lines if any(mark in line for mark in marks)]

    def _write_policy(self, text):
        with open(self.policy, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self.policy, 0o644)

    def _cache_log(self):
        return read_text(os.path.join(self.directory, "squid-cache.log"))

    def _reconfigured(self):
        """How often it has read its configuration anew and listens again."""
        parts = self._cache_log().split("Reconfiguring Squid Cache")
        return sum("Accepting" in part for part in parts[1:])

    def _configuration(self, *arguments):
        text = super()._configuration(*arguments)
        if text.count(RULES_BEFORE) != 1:
            raise ValueError("the lab's squid.conf has changed")
        policy = POLICY.format(path=self.policy)
        return text.replace(RULES_BEFORE, policy + RULES_BEFORE)


class Mitmproxy:
    """mitmdump with this text added to its config.yaml."""

    def __init__(self, pki, directory, policy=""):
        self.directory = tempfile.mkdtemp(prefix="mitmproxy-", dir=directory)
        with open(os.path.join(self.directory, "config.yaml"), "w", encoding="ascii") as file:
            file.write("listen_host: 127.0.0.1\nlisten_port: 0\n")
            file.write(f"ssl_verify_upstream_trusted_ca: {pki.server_ca.certificate}\n")
            file.write(policy)
        arguments = ("mitmdump", "--set", "confdir=" + self.directory)
        self.process = Process("mitmproxy", arguments, self.directory)
        self.port = int(wait_until(self._listening, "mitmproxy").group(1))

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.process.stop()

    def _listening(self):
        self.process.check_alive()
        return MITMPROXY_LISTENING.search(self.process.output())
