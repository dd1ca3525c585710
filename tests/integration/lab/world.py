# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole lab: certificates, servers, proxies, and the places where nobody is.
Each part starts when somebody first asks for it, from whatever thread."""
import shutil
import tempfile
import threading

from lab import oddities
from lab.apache import Apache
from lab.certificates import Lazily, Pki
from lab.gnutls import GnutlsServers
from lab.haproxy import Haproxy
from lab.holes import BlackHole, Down
from lab.node import Node
from lab.proxies import PASSWORD, ROLES, TINYPROXY_ROLES, USERNAME, Squid, Tinyproxy
from lab.servers import NGINX_MODES, Nginx, NginxServer, OpensslServers
from lab.stunnel import Stunnel

VERSIONS = ("1.2", "1.3")
OTHER_SERVER_CERTIFICATES = (
    *("expired", "not-yet-valid", "untrusted", "wrong-name"),
    *("good-p384", "good-rsa", "good-ed25519"),
)
NOBODY = "nothing.invalid"


class World:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="mtls-lab-")
        self.pki = Pki(self.directory)
        self.right_password = self.write("right.password", PASSWORD + "\n")
        self.wrong_password = self.write("wrong.password", "guess\n")
        self.locks = Lazily(threading.Lock(), lambda _: threading.Lock())
        self.parts = {}

    def part(self, kind):
        """The running servers or proxies of a kind."""
        with self.locks[kind]:
            if kind not in self.parts:
                self.parts[kind] = getattr(self, "_start_" + kind)()
            return self.parts[kind]

    def stop(self):
        while self.parts:
            self.parts.popitem()[1].stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def write(self, name, text):
        """A small file in the lab; its path."""
        path = f"{self.directory}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def server_port(self, kind, mode, version, certificate="good"):
        """Where the server of a row listens."""
        if kind in ("down", "black_hole"):
            return self.part(kind).port
        return self.part(kind).port(mode, version, certificate)

    def proxy_url(self, name, with_user=False):
        if name in ROLES:
            return self.part("squid").url(name, USERNAME if with_user else None)
        if name in TINYPROXY_ROLES:
            return self.part("tinyproxy").url(name, USERNAME if with_user else None)
        if name == "unresolvable":
            return f"http://{NOBODY}:3128"
        who = USERNAME + "@" if with_user else ""
        return f"http://{who}127.0.0.1:{self._proxy_port(name)}"

    def _proxy_port(self, name):
        if name in ("down", "black_hole"):
            return self.part(name).port
        if name == "apache":
            return self.part("apache").proxy_port()
        return self.part("odd_proxies").port(name)

    def _forbidden_port(self):
        """Where no proxy of the lab may go."""
        return self.server_port("nginx", "forbidden", "1.3")

    def _start_nginx(self):
        blocks = [NginxServer("on", ("1.3",), name="forbidden-1.3-good")]
        for version in VERSIONS:
            blocks += [NginxServer(mode, (version,), "second") for mode in ("on", "off")]
            blocks += [NginxServer(mode, (version,)) for mode in NGINX_MODES]
            for certificate in OTHER_SERVER_CERTIFICATES:
                blocks.append(NginxServer("on", (version,), certificate))
        return Nginx(self.pki, self.directory, blocks)

    def _start_s_server(self):
        return OpensslServers(self.pki, self.directory)

    def _start_apache(self):
        return Apache(self.pki, self.directory, self._forbidden_port())

    def _start_haproxy(self):
        return Haproxy(self.pki, self.directory)

    def _start_stunnel(self):
        return Stunnel(self.pki, self.directory)

    def _start_gnutls(self):
        return GnutlsServers(self.pki, self.directory)

    def _start_node(self):
        return Node(self.pki, self.directory)

    def _start_odd(self):
        return oddities.Peers(oddities.SERVERS)

    @staticmethod
    def _start_down():
        return Down()

    @staticmethod
    def _start_black_hole():
        return BlackHole()

    def _start_squid(self):
        return Squid(self.pki, self.directory, self._forbidden_port())

    def _start_tinyproxy(self):
        return Tinyproxy(self.directory)

    def _start_interceptor(self):
        """Answers for everybody, and asks for a certificate for its own purposes."""
        trusted = self.pki.interception_ca.certificate
        return OpensslServers(self.pki, self.directory, client_ca=trusted)

    def _start_odd_proxies(self):
        """balanced: another server behind the same name; only-way: a server that is
        not reached in another way."""
        ways = {}
        for version in VERSIONS:
            interceptor = self.server_port("interceptor", "required", version, "interceptor")
            ways["interceptor-" + version] = interceptor
            for mode in ("on", "off"):
                second = self.server_port("nginx", mode, version, "second")
                ways[f"balanced-{mode}-{version}"] = second
                ways[f"only-way-{mode}-{version}"] = self.server_port("nginx", mode, version)
        return oddities.Peers(
            oddities.refuses_connect()
            | oddities.opens_tunnel(self.pki.servers["interceptor"], ways)
        )
