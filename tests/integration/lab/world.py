# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole lab: certificates, servers, proxies, and the places where nobody is."""
import shutil
import tempfile

from lab.certificates import Pki
from lab.holes import BlackHole, Down
from lab.proxies import PASSWORD, Squid
from lab.scripted import connect_responder
from lab.servers import S_SERVER_MODES, Nginx, NginxServer, OpensslServer

VERSIONS = ("1.2", "1.3")
NGINX_MODES = ("on", "optional", "off", "optional_no_ca")
BAD_SERVER_CERTIFICATES = ("expired", "not-yet-valid", "untrusted", "wrong-name")


class World:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="mtls-lab-")
        self.parts = []
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        while self.parts:
            self.parts.pop().stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def write(self, name, text):
        """A small file in the lab; its path."""
        path = f"{self.directory}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def _start(self):
        self.pki = Pki(self.directory)
        self.forbidden = NginxServer("on", ("1.3",), name="forbidden")
        self.nginx = self._add(Nginx(self.pki, self.directory, self._server_blocks()))
        self.s_servers = {
            (mode, version): self._add(self._s_server(mode, version))
            for mode in S_SERVER_MODES
            for version in VERSIONS
        }
        self.squid = self._add(Squid(self.pki, self.directory, self.forbidden.port))
        self.interceptor = self._add(self._s_server("required", "1.3", "interceptor"))
        self.interceptor_front = self._add(connect_responder(self.interceptor.port))
        self.down = self._add(Down())
        self.black_hole = self._add(BlackHole())
        self.right_password = self.write("right.password", PASSWORD + "\n")
        self.wrong_password = self.write("wrong.password", "guess\n")

    def _add(self, part):
        self.parts.append(part)
        return part

    def _server_blocks(self):
        blocks = [self.forbidden]
        for version in VERSIONS:
            blocks += [NginxServer(mode, (version,)) for mode in NGINX_MODES]
            for certificate in BAD_SERVER_CERTIFICATES:
                blocks.append(NginxServer("on", (version,), certificate))
        return blocks

    def _s_server(self, mode, version, certificate="good"):
        return OpensslServer(self.pki, self.directory, mode, version, certificate)
