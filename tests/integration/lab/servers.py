# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx and openssl s_server on loopback.

Each knows, from its own log, what it was sent: that is how a test proves that a
certificate did or did not arrive.
"""
import os
import re
import signal
import threading

from lab.certificates import Lazily
from lab.processes import (
    Process,
    StartFailed,
    free_ports,
    read_text,
    start_on_free_ports,
    wait_until,
)

NGINX_VERSIONS = {"1.2": "TLSv1.2", "1.3": "TLSv1.3"}

NGINX_CONFIGURATION = """
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log info;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  log_format lab 'verify=$ssl_client_verify subject="$ssl_client_s_dn" status=$status '
                 'request="$request" fields="$http_x_lab"';
  client_body_temp_path {directory}/nginx-body;
  proxy_temp_path {directory}/nginx-proxy;
  fastcgi_temp_path {directory}/nginx-fastcgi;
  uwsgi_temp_path {directory}/nginx-uwsgi;
  scgi_temp_path {directory}/nginx-scgi;
  ssl_session_cache none;
  ssl_client_certificate {client_ca};
{servers}}}
"""

NGINX_SERVER = """
  server {{
    listen 127.0.0.1:{port} ssl;
    {listen_ipv6}
    ssl_protocols {protocols};
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_verify_client {verify};
    access_log {directory}/nginx-{name}.log lab;
    location / {{ return 200 "verify=$ssl_client_verify subject=$ssl_client_s_dn\\n"; }}
    location /teapot {{ return 418 "I'm a teapot\\n"; }}
    {settings}
  }}
"""


def refuses(status, missing, rejected, revoked=None):
    """Settings with which nginx refuses in the words of another product."""
    return f"""
    error_page 496 = @missing;
    error_page 495 = @rejected;
    location @missing {{ return {status} '{missing}'; }}
    location @rejected {{
      if ($ssl_client_verify ~ revoked) {{ return {status} '{revoked or rejected}'; }}
      return {status} '{rejected}';
    }}"""


RSA_ONLY = "ssl_conf_command ClientSignatureAlgorithms RSA+SHA256:RSA-PSS+SHA256;"
CHECK_CRL = "ssl_crl CRL_FILE;"

# ssl_verify_client, and settings beside it. as-PRODUCT: refuses as that does.
NGINX_MODES = {
    **{mode: (mode, "") for mode in ("on", "optional", "off", "optional_no_ca")},
    "crl": ("on", CHECK_CRL),
    "shallow": ("on", "ssl_verify_depth 0;"),
    "rsa-only": ("on", RSA_ONLY),
    "other-groups": ("on", "ssl_ecdh_curve secp384r1:prime256v1;"),
    "as-kong": (
        "on",
        refuses(
            401,
            '{"message":"No required TLS certificate was sent"}',
            '{"message":"TLS certificate failed verification"}',
        ),
    ),
    "as-iis": (
        "on",
        CHECK_CRL
        + refuses(
            403,
            "<h2>HTTP Error 403.7 - Forbidden</h2>Client certificate required.",
            "<h2>HTTP Error 403.16 - Forbidden</h2>Client certificate is untrusted or invalid.",
            "<h2>HTTP Error 403.13 - Forbidden</h2>Client certificate revoked.",
        ),
    ),
    "as-api-gateway": (
        "on",
        refuses(403, '{"message":"Forbidden"}', '{"message":"Forbidden"}'),
    ),
}


def has_ipv6():
    """Whether there is an IPv6 loopback: containers may lack it."""
    try:
        return bool(free_ports(1, "::1"))
    except OSError:
        return False


class NginxServer:
    """One server block: how it treats client certificates, and what it shows."""

    def __init__(self, mode, versions=("1.2", "1.3"), certificate="good", name=None):
        self.mode = mode
        self.versions = versions
        self.certificate = certificate
        self.name = name or "-".join((mode, *versions, certificate))
        self.port = None


class Nginx:
    """One nginx process with any number of server blocks, each on its own port."""

    def __init__(self, pki, directory, servers, client_ca=None):
        self.pki = pki
        self.directory = directory
        self.client_ca = client_ca or pki.client_ca.certificate
        self.servers = {server.name: server for server in servers}
        self.ipv6 = has_ipv6()
        self.process, _ = start_on_free_ports(self.servers, self._start)

    def port(self, mode, version, certificate="good"):
        return self.servers["-".join((mode, version, certificate))].port

    def requests(self, server):
        """The access log of one server block: a line for each HTTP request."""
        path = os.path.join(self.directory, f"nginx-{server.name}.log")
        return read_text(path).splitlines()

    def change_mode(self, server, mode):
        """Has nginx treat client certificates otherwise, by a reload as its owner would do it."""
        server.mode = mode
        self._write_configuration()
        self.process.child.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.stop()

    def _start(self, ports):
        for name, port in ports.items():
            self.servers[name].port = port
        path = self._write_configuration()
        arguments = ("nginx", "-p", self.directory, "-c", path)
        return Process("nginx", arguments, self.directory)

    def _write_configuration(self):
        path = os.path.join(self.directory, "nginx.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(self._configuration())
        return path

    def _configuration(self):
        blocks = "".join(self._block(server) for server in self.servers.values())
        return NGINX_CONFIGURATION.format(
            directory=self.directory,
            client_ca=self.client_ca,
            servers=blocks,
        )

    def _block(self, server):
        verify, settings = NGINX_MODES[server.mode]
        identity = self.pki.servers[server.certificate]
        return NGINX_SERVER.format(
            name=server.name,
            directory=self.directory,
            port=server.port,
            listen_ipv6=f"listen [::1]:{server.port} ssl;" if self.ipv6 else "",
            verify=verify,
            settings=settings.replace("CRL_FILE", self.pki.revocation_list),
            protocols=" ".join(NGINX_VERSIONS[one] for one in server.versions),
            certificate=identity.certificate,
            key=identity.key,
        )


# any: wants a certificate, and goes on whatever it finds wrong with it. listed: lists the
# CA names of a file, whatever it trusts.
S_SERVER_MODES = {
    "required": ("-Verify", "2", "-verify_return_error"),
    "optional": ("-verify", "2", "-verify_return_error"),
    "any": ("-Verify", "2"),
    "off": (),
    "crl": ("-Verify", "2", "-verify_return_error", "-crl_check", "-CRL", "{revocation_list}"),
    "listed": ("-Verify", "2", "-verify_return_error", "-requestCAfile", "{issuing_ca}"),
}
S_SERVER_VERSIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}
ACCEPTING = re.compile(r"^ACCEPT (?:127\.0\.0\.1|0\.0\.0\.0)?:?(\d+)$", re.MULTILINE)
CERTIFICATE_MESSAGE = re.compile(
    r"^<<< TLS [\d.]+, Handshake \[length ([0-9a-f]+)\], (?:Compressed)?Certificate$", re.MULTILINE
)
EMPTY_CERTIFICATE_BYTES = 8  # RFC 8446 section 4.4.2, with the 4-byte header


class OpensslServer:
    """openssl s_server: TLS without HTTP, one connection at a time."""

    def __init__(self, pki, directory, mode, version, certificate="good", client_ca=None):
        self.pki = pki
        self.client_ca = client_ca or pki.client_ca.certificate
        self.name = f"s_server-{mode}-{version}-{certificate}"
        self.process = Process(
            self.name, self._arguments(mode, version, certificate), directory
        )
        self.port = self._wait()

    def certificates_received(self):
        """How many clients sent a Certificate message with a certificate in it."""
        sizes = CERTIFICATE_MESSAGE.findall(self.process.output())
        return sum(int(size, 16) > EMPTY_CERTIFICATE_BYTES for size in sizes)

    def certificate_messages(self):
        return len(CERTIFICATE_MESSAGE.findall(self.process.output()))

    def stop(self):
        self.process.stop()

    def _arguments(self, mode, version, certificate):
        identity = self.pki.servers[certificate]
        return (
            *("openssl", "s_server", "-accept", "127.0.0.1:0", "-msg"),
            *("-cert", identity.certificate, "-key", identity.key),
            *("-CAfile", self.client_ca),
            *(self._filled_in(word) for word in S_SERVER_MODES[mode]),
            S_SERVER_VERSIONS[version],
        )

    def _filled_in(self, word):
        return word.format(
            revocation_list=self.pki.revocation_list,
            issuing_ca=self.pki.issuing_ca.certificate,
        )

    def _wait(self):
        def accepting():
            self.process.check_alive()
            return ACCEPTING.search(self.process.output())

        try:
            found = wait_until(accepting, self.name)
        except StartFailed:
            self.process.stop()
            raise
        return int(found.group(1))


class OpensslServers:
    """An openssl s_server for each mode and version; started when first asked for."""

    def __init__(self, pki, directory, **options):
        self.servers = Lazily(
            threading.Lock(), lambda name: OpensslServer(pki, directory, *name, **options)
        )

    def port(self, mode, version, certificate="good"):
        return self.servers[mode, version, certificate].port

    def stop(self):
        for server in self.servers.values():
            server.stop()
