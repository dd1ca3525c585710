# SPDX-License-Identifier: GPL-3.0-or-later
"""gnutls-serv on loopback: one process for each way it treats client certificates."""
import os
import subprocess

from lab.processes import Process, start_on_free_ports

PRIORITIES = {
    "1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2",
    "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3",
}
# required: as gnutls-serv does it alone. any and request: verify none.
MODES = {
    "required": ("--require-client-cert", "--verify-client-cert"),
    "verify": ("--verify-client-cert",),
    "any": ("--require-client-cert",),
    "request": (),
    "off": ("--disable-client-cert",),
    "crl": ("--require-client-cert", "--verify-client-cert", "--x509crlfile"),
}

# It listens on every address of the machine, and no option says otherwise.
PRELOADED = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>

int bind(int descriptor, const struct sockaddr *address, socklen_t length)
{
  int (*real_bind)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
  struct sockaddr_storage copy;
  memcpy(&copy, address, length);
  if (copy.ss_family == AF_INET) {
    ((struct sockaddr_in *)&copy)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  } else if (copy.ss_family == AF_INET6) {
    ((struct sockaddr_in6 *)&copy)->sin6_addr = in6addr_loopback;
  }
  return real_bind(descriptor, (struct sockaddr *)&copy, length);
}
"""


class GnutlsServers:
    def __init__(self, pki, directory):
        self.pki = pki
        self.directory = directory
        self.preloaded = self._compile()
        self.processes = []
        self.ports = {}
        try:
            for mode in MODES:
                for version in PRIORITIES:
                    self._add(mode, version)
        except BaseException:
            self.stop()
            raise

    def port(self, mode, version, _certificate="good"):
        return self.ports[mode, version]

    def stop(self):
        for process in self.processes:
            process.stop()

    def _compile(self):
        path = os.path.join(self.directory, "listen_on_loopback.so")
        command = ("cc", "-shared", "-fPIC", "-x", "c", "-", "-o", path, "-ldl")
        subprocess.run(command, input=PRELOADED.encode("ascii"), check=True)
        return path

    def _add(self, mode, version):
        name = (mode, version)

        def start(ports):
            return Process(
                f"gnutls-{mode}-{version}",
                self._arguments(mode, version, ports[name]),
                self.directory,
                env=os.environ | {"LD_PRELOAD": self.preloaded},
            )

        process, ports = start_on_free_ports([name], start)
        self.processes.append(process)
        self.ports.update(ports)

    def _arguments(self, mode, version, port):
        identity = self.pki.servers["good"]
        more = MODES[mode]
        if mode == "crl":
            more += (self.pki.revocation_list,)
        return (
            *("gnutls-serv", "--quiet", "--http", "--port", port),
            *("--priority", PRIORITIES[version]),
            *("--x509certfile", identity.certificate, "--x509keyfile", identity.key),
            *("--x509cafile", self.pki.client_ca.certificate, *more),
        )
