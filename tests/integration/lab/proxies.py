# SPDX-License-Identifier: GPL-3.0-or-later
"""Squid on loopback, in every role a corporate proxy plays: one process, one
port a role, because Squid takes its time to start."""
import glob
import os
import pwd
import re
import shutil
import tempfile

from lab.certificates import openssl
from lab.processes import (
    Process,
    StartFailed,
    free_ports,
    read_text,
    started,
)

USERNAME = "probe"
PASSWORD = "battery staple"
CERTIFICATE_GENERATOR = "/usr/lib/squid/security_file_certgen"
PASSWORD_CHECKER = "/usr/lib/squid/basic_ncsa_auth"
UNPRIVILEGED_USER = "proxy"  # what Debian's Squid turns into when root starts it

# plain: tunnels. bump-first: answers the client itself at once (step 1).
# bump-peeked: looks at the server first, then intercepts. password: wants one.
# tls: tunnels, and is itself reached by TLS.
ROLES = ("plain", "bump-first", "bump-peeked", "password", "tls")

CONFIGURATION = """
http_port 127.0.0.1:{plain} name=plain
http_port 127.0.0.1:{bump_first} name=bump-first {bump_options}
http_port 127.0.0.1:{bump_peeked} name=bump-peeked {bump_options}
http_port 127.0.0.1:{password} name=password
https_port 127.0.0.1:{tls} name=tls tls-cert={tls_certificate} tls-key={tls_key}

acl on_password_port myportname password
acl on_bump_first_port myportname bump-first
acl forbidden_port port {forbidden}
acl step_one at_step SslBump1
auth_param basic program {password_checker} {passwords}
auth_param basic children 1 startup=1 idle=1
auth_param basic realm lab
acl has_password proxy_auth REQUIRED

http_access deny forbidden_port
http_access deny on_password_port !has_password
http_access allow localhost
http_access deny all

ssl_bump bump on_bump_first_port
ssl_bump peek step_one
ssl_bump bump all
sslcrtd_program {generator} -s {database} -M 4MB
sslcrtd_children 1 startup=1 idle=1
tls_outgoing_options cafile={server_ca}
sslproxy_session_cache_size 0

visible_hostname labsquid
workers 1
pid_filename {directory}/squid.pid
coredump_dir {directory}
access_log stdio:{directory}/squid-access.log
cache_log {directory}/squid-cache.log
cache_store_log none
netdb_filename none
cache deny all
cache_mem 8 MB
memory_cache_shared off
max_filedescriptors 4096
icp_port 0
pinger_enable off
logfile_rotate 0
buffered_logs off
client_db off
connect_timeout 1 second
dns_nameservers 127.0.0.1
dns_timeout 1 second
dns_retransmit_interval 1 second
shutdown_lifetime 0 seconds
"""


class Squid:
    """forbidden: a port that no client may CONNECT to."""

    def __init__(self, pki, directory, forbidden):
        self.pki = pki
        self.forbidden = forbidden
        self.directory = tempfile.mkdtemp(prefix="squid-", dir=directory)
        os.chmod(self.directory, 0o755)
        self.ports = {}
        self._write_passwords()
        self._make_certificate_database()
        self.process = started(self._start)

    def url(self, role, user=None):
        scheme = "https" if role == "tls" else "http"
        who = user + "@" if user else ""
        return f"{scheme}://{who}127.0.0.1:{self.ports[role]}"

    def access_log(self):
        return read_text(os.path.join(self.directory, "squid-access.log"))

    def stop(self):
        self.process.child.kill()  # asked politely, Squid takes two seconds
        self.process.stop()
        service = self._service()
        for leftover in glob.glob(f"/dev/shm/{service}-*.shm"):
            os.unlink(leftover)

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _service(self):
        """Names Squid's shared memory: it must differ between Squids."""
        unique = re.sub("[^a-z0-9]", "", os.path.basename(self.directory).lower())
        return f"lab{os.getpid()}{unique}"

    def _log(self):
        logs = ("squid-cache.log", "squid.err", "squid.out")
        return "".join(read_text(self._path(log)) for log in logs)

    def _write_passwords(self):
        digest = openssl("passwd", "-apr1", "-stdin", stdin=PASSWORD.encode() + b"\n")
        with open(self._path("passwords"), "wb") as file:
            file.write(USERNAME.encode() + b":" + digest)

    def _make_certificate_database(self):
        database = self._path("certificates")
        arguments = (CERTIFICATE_GENERATOR, "-c", "-s", database, "-M", "4MB")
        maker = Process("certgen", arguments, self.directory)
        if maker.child.wait(timeout=30) != 0:
            raise StartFailed(maker.log())
        maker.stop()

    def _hand_over(self):
        """When root starts Squid, it writes as another user."""
        if os.geteuid() != 0:
            return
        user = pwd.getpwnam(UNPRIVILEGED_USER)
        for folder, _, files in os.walk(self.directory):
            for path in [folder] + [os.path.join(folder, name) for name in files]:
                shutil.chown(path, user.pw_uid, user.pw_gid)

    def _start(self):
        numbers = free_ports(len(ROLES))
        self.ports = dict(zip(ROLES, numbers))
        with open(self._path("squid.conf"), "w", encoding="ascii") as file:
            file.write(self._configuration())
        self._remove_old_log()
        self._hand_over()
        service = self._service()
        arguments = ("squid", "-N", "-n", service, "-f", self._path("squid.conf"))
        process = Process("squid", arguments, self.directory)
        try:
            process.wait_for_ports(numbers, self._log)
        except StartFailed:
            process.stop()
            raise
        return process

    def _remove_old_log(self):
        if os.path.exists(self._path("squid-cache.log")):
            os.unlink(self._path("squid-cache.log"))

    def _configuration(self):
        authority = self.pki.interception_ca
        bump_options = (
            f"ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB "
            f"tls-cert={authority.certificate} tls-key={authority.key}"
        )
        front = self.pki.servers["good"]
        ports = {role.replace("-", "_"): port for role, port in self.ports.items()}
        return CONFIGURATION.format(
            **ports,
            directory=self.directory,
            bump_options=bump_options,
            tls_certificate=front.certificate,
            tls_key=front.key,
            forbidden=self.forbidden,
            password_checker=PASSWORD_CHECKER,
            passwords=self._path("passwords"),
            generator=CERTIFICATE_GENERATOR,
            database=self._path("certificates"),
            server_ca=self.pki.server_ca.certificate,
        )
