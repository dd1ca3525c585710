# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies on loopback. Squid in every role a corporate proxy plays: one process,
one port a role, because Squid takes its time to start. tinyproxy: a process a role."""
import glob
import os
import pwd
import re
import shutil
import tempfile

from lab.certificates import openssl
from lab.processes import Process, StartFailed, read_text, start_on_free_ports

USERNAME = "probe"
PASSWORD = "battery-staple"
CERTIFICATE_GENERATOR = "/usr/lib/squid/security_file_certgen"
PASSWORD_CHECKER = "/usr/lib/squid/basic_ncsa_auth"
UNPRIVILEGED_USER = "proxy"  # what Debian's Squid turns into when root starts it

# Tunnels; wants a password; tunnels, and is itself reached by TLS.
PLAIN_ROLES = ("plain", "password", "tls")
# Looks into TLS: answers the client itself at once (step 1), after a look at its
# ClientHello (step 2), or after one at the server (step 3); or hands the connection on
# unchanged (splice), or ends it (terminate).
TLS_ROLES = (
    *("bump-first", "bump-peeked", "bump-stared", "bump-last"),
    *("splice", "splice-last", "terminate-first", "terminate"),
)
ROLES = PLAIN_ROLES + TLS_ROLES

CONFIGURATION = """
http_port 127.0.0.1:{plain} name=plain
http_port 127.0.0.1:{password} name=password
https_port 127.0.0.1:{tls} name=tls tls-cert={tls_certificate} tls-key={tls_key}
{tls_ports}
acl on_password_port myportname password
acl bumps_first myportname bump-first
acl terminates_first myportname terminate-first
acl terminates myportname terminate
acl peeks myportname bump-peeked splice splice-last terminate
acl splices myportname splice
acl goes_on_peeking myportname splice-last
acl goes_on_staring myportname bump-last
acl forbidden_port port {forbidden}
acl step_one at_step SslBump1
acl step_two at_step SslBump2
auth_param basic program {password_checker} {passwords}
auth_param basic children 1 startup=1 idle=1
auth_param basic realm lab
acl has_password proxy_auth REQUIRED

http_access deny forbidden_port
http_access deny on_password_port !has_password
http_access allow localhost
http_access deny all

ssl_bump bump bumps_first
ssl_bump terminate terminates_first
ssl_bump peek step_one peeks
ssl_bump terminate terminates
ssl_bump stare step_one
ssl_bump peek step_two goes_on_peeking
ssl_bump stare step_two goes_on_staring
ssl_bump splice splices
ssl_bump splice goes_on_peeking
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
connect_timeout 5 seconds
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
        self._write_passwords()
        self._make_certificate_database()
        self.process, self.ports = start_on_free_ports(ROLES, self._start)

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

    def _start(self, ports):
        log = self._path("squid-cache.log")
        with open(log, "w", encoding="ascii"):
            pass  # an earlier start may have failed
        with open(self._path("squid.conf"), "w", encoding="ascii") as file:
            file.write(self._configuration(ports))
        self._hand_over()
        service = self._service()
        arguments = ("squid", "-N", "-n", service, "-f", self._path("squid.conf"))
        return Process("squid", arguments, self.directory, log_file=log)

    def _configuration(self, ports):
        authority = self.pki.interception_ca
        bump_options = (
            f"ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB "
            f"tls-cert={authority.certificate} tls-key={authority.key}"
        )
        tls_ports = (
            f"http_port 127.0.0.1:{ports[role]} name={role} {bump_options}\n"
            for role in TLS_ROLES
        )
        front = self.pki.servers["good"]
        return CONFIGURATION.format(
            **{role: ports[role] for role in PLAIN_ROLES},
            tls_ports="".join(tls_ports),
            directory=self.directory,
            tls_certificate=front.certificate,
            tls_key=front.key,
            forbidden=self.forbidden,
            password_checker=PASSWORD_CHECKER,
            passwords=self._path("passwords"),
            generator=CERTIFICATE_GENERATOR,
            database=self._path("certificates"),
            server_ca=self.pki.server_ca.certificate,
        )


TINYPROXY_CONFIGURATION = """
Listen 127.0.0.1
Port {port}
Timeout 10
MaxClients 50
LogFile "{directory}/tinyproxy-{role}.log"
LogLevel Info
{settings}
"""

TINYPROXY_ROLES = {
    "tinyproxy": "",
    "tinyproxy-password": f'BasicAuth {USERNAME} {PASSWORD}',
    "tinyproxy-deny": "ConnectPort 443",
}


class Tinyproxy:
    def __init__(self, directory):
        self.directory = directory
        self.processes = []
        self.ports = {}
        try:
            for role in TINYPROXY_ROLES:
                process, ports = start_on_free_ports([role], self._start)
                self.processes.append(process)
                self.ports.update(ports)
        except BaseException:
            self.stop()
            raise

    def url(self, role, user=None):
        who = user + "@" if user else ""
        return f"http://{who}127.0.0.1:{self.ports[role]}"

    def stop(self):
        for process in self.processes:
            process.stop()

    def _start(self, ports):
        ((role, port),) = ports.items()
        path = os.path.join(self.directory, role + ".conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(
                TINYPROXY_CONFIGURATION.format(
                    role=role,
                    port=port,
                    directory=self.directory,
                    settings=TINYPROXY_ROLES[role],
                )
            )
        return Process(role, ("tinyproxy", "-d", "-c", path), self.directory)
