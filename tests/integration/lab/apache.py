# SPDX-License-Identifier: GPL-3.0-or-later
"""Apache on loopback: one process, one port for each way it treats client
certificates, and one on which it is a proxy that tunnels (mod_proxy_connect)."""
import os

from lab.processes import Process, start_on_free_ports

MODULES = "/usr/lib/apache2/modules"
LOADED = ("mpm_event", "authz_core", "dir", "ssl", "proxy", "proxy_connect")
VERSIONS = {"1.2": "TLSv1.2", "1.3": "TLSv1.3"}
PROXY = "proxy"

CONFIGURATION = """
ServerRoot {directory}
ServerName localhost
PidFile {directory}/apache.pid
DefaultRuntimeDir {directory}
ErrorLog {directory}/apache-error.log
LogLevel warn ssl:info
{modules}
<IfModule unixd_module>
  User www-data
  Group www-data
</IfModule>
StartServers 1
ServerLimit 1
ThreadsPerChild 32
MaxRequestWorkers 32
DocumentRoot {directory}/apache-pages
SSLSessionCache none
{hosts}
Listen 127.0.0.1:{proxy}
<VirtualHost 127.0.0.1:{proxy}>
  ProxyRequests on
  AllowCONNECT {allowed}
  ProxyTimeout 5
</VirtualHost>
"""

HOST = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
  SSLEngine on
  SSLProtocol {protocol}
  SSLCertificateFile {certificate}
  SSLCertificateKeyFile {key}
  SSLCACertificateFile {client_ca}
  SSLVerifyDepth 3
  {settings}
</VirtualHost>
"""

# How client certificates are treated. wrong-trust: lists the CA names of one CA and
# trusts another one.
MODES = {
    "require": "SSLVerifyClient require",
    "optional": "SSLVerifyClient optional",
    "optional_no_ca": "SSLVerifyClient optional_no_ca",
    "none": "SSLVerifyClient none",
    "location": "<Location /private>\n    SSLVerifyClient require\n  </Location>",
    "crl": "SSLVerifyClient require\n  SSLCARevocationCheck leaf\n"
    "  SSLCARevocationFile {revocation_list}",
    "rsa-only": "SSLVerifyClient require\n"
    "  SSLOpenSSLConfCmd ClientSignatureAlgorithms RSA+SHA256:RSA-PSS+SHA256",
    "wrong-trust": "SSLVerifyClient require\n  SSLCADNRequestFile {listed_ca}",
}


class Apache:
    """forbidden: a port that its proxy does not tunnel to."""

    def __init__(self, pki, directory, forbidden):
        self.pki = pki
        self.directory = directory
        self.forbidden = forbidden
        self._write_pages()
        names = [(mode, version) for mode in MODES for version in VERSIONS]
        self.process, self.ports = start_on_free_ports([PROXY, *names], self._start)

    def port(self, mode, version, _certificate="good"):
        return self.ports[mode, version]

    def proxy_port(self):
        return self.ports[PROXY]

    def stop(self):
        self.process.stop()

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _write_pages(self):
        for folder in ("apache-pages", "apache-pages/private"):
            os.mkdir(self._path(folder))
            with open(self._path(folder + "/index.html"), "w", encoding="ascii") as file:
                file.write("welcome\n")

    def _start(self, ports):
        with open(self._path("apache.conf"), "w", encoding="ascii") as file:
            file.write(self._configuration(ports))
        arguments = ("apache2", "-DFOREGROUND", "-f", self._path("apache.conf"))
        log = self._path("apache-error.log")
        return Process("apache", arguments, self.directory, log_file=log)

    def _configuration(self, ports):
        modules = "\n".join(
            f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED
        )
        hosts = (self._host(*name, port) for name, port in ports.items() if name != PROXY)
        return CONFIGURATION.format(
            directory=self.directory,
            modules=modules,
            hosts="".join(hosts),
            proxy=ports[PROXY],
            allowed=f"1-{self.forbidden - 1} {self.forbidden + 1}-65535",
        )

    def _host(self, mode, version, port):
        identity = self.pki.servers["good"]
        trusted = self.pki.other_client_ca if mode == "wrong-trust" else self.pki.client_ca
        settings = MODES[mode].format(
            revocation_list=self.pki.revocation_list,
            listed_ca=self.pki.client_ca.certificate,
        )
        return HOST.format(
            port=port,
            protocol=VERSIONS[version],
            certificate=identity.certificate,
            key=identity.key,
            client_ca=trusted.certificate,
            settings=settings,
        )
