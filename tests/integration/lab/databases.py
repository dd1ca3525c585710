# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL and MariaDB on loopback: TLS after the protocol's own greeting.

How a client is treated depends on the account that it names, so the accounts
are called after it. Both databases ask every client for a certificate when they
have a CA, and end TLS with who presents one of another CA.
"""
import glob
import os
import re

from lab import unprivileged
from lab.processes import Process, StartFailed, free_ports, started, wait_until

READY = re.compile("ready (to accept|for) connections")

# Accounts of both. password: whose password is asked for. Nobody is called unknown.
ACCOUNTS = ("optional", "required", "password", "other")

POSTGRES_CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = off
ssl = {ssl}
ssl_cert_file = '{certificate}'
ssl_key_file = '{key}'
ssl_ca_file = '{client_ca}'
"""
# required: any certificate of the CA. mapped: the certificate of "client good" and no
# other. other: a certificate whose CN is the account's name, which ours is not.
POSTGRES_ACCESS = """
hostssl all optional 127.0.0.1/32 trust
hostssl all required 127.0.0.1/32 trust         clientcert=verify-ca
hostssl all password 127.0.0.1/32 scram-sha-256 clientcert=verify-ca
hostssl all mapped   127.0.0.1/32 cert          map=lab
hostssl all other    127.0.0.1/32 cert
"""
POSTGRES_MAP = 'lab "client good" mapped\n'


def postgres_programs():
    """Where the newest installed PostgreSQL has its programs: not in PATH."""
    found = glob.glob("/usr/lib/postgresql/*/bin")
    return max(found, key=lambda path: int(path.split("/")[-2]))


class PostgresTemplate:
    """A data directory with the accounts, made once and copied for each server."""

    def __init__(self, directory):
        self.parent = unprivileged.own_directory(directory, "postgres")
        self.data = os.path.join(self.parent, "template")
        self.programs = postgres_programs()
        unprivileged.run(
            *(self.programs + "/initdb", "-D", self.data, "-U", "postgres"),
            *("--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8"),
        )
        names = ("mapped", *ACCOUNTS)
        roles = (f"CREATE ROLE {name} LOGIN PASSWORD 'secret'\n" for name in names)
        single = ("--single", "-D", self.data, "postgres")
        unprivileged.run(self.programs + "/postgres", *single, stdin="".join(roles))

    def copy(self, name):
        return copy_data(self.data, os.path.join(self.parent, name))


class Postgres:
    """asks: for client certificates. tls: it has TLS at all."""

    def __init__(self, pki, template, asks=True, tls=True):
        self.pki = pki
        self.template = template
        self.asks = asks
        self.tls = tls
        self.data = template.copy(variant(asks, tls))
        self.key = unprivileged.own_copy(pki.servers["good"].key, self.data)
        self.port = None
        self.process = started(self._start)

    def log(self):
        return self.process.log()

    def stop(self):
        self.process.stop()

    def _start(self):
        (self.port,) = free_ports(1)
        self._write("postgresql.conf", self._configuration())
        self._write("pg_hba.conf", POSTGRES_ACCESS)
        self._write("pg_ident.conf", POSTGRES_MAP)
        arguments = (self.template.programs + "/postgres", "-D", self.data)
        return start(arguments, self.data, self.port)

    def _write(self, name, text):
        with open(os.path.join(self.data, name), "w", encoding="ascii") as file:
            file.write(text)

    def _configuration(self):
        return POSTGRES_CONFIGURATION.format(
            port=self.port,
            ssl="on" if self.tls else "off",
            certificate=self.pki.servers["good"].certificate,
            key=self.key,
            client_ca=self.pki.client_ca.certificate if self.asks else "",
        )


# other: a certificate of the right CA, but of somebody else.
MARIADB_ACCOUNTS = """CREATE OR REPLACE USER optional;
CREATE OR REPLACE USER required REQUIRE X509;
CREATE OR REPLACE USER password IDENTIFIED BY 'secret' REQUIRE X509;
CREATE OR REPLACE USER other REQUIRE SUBJECT '/O=Lab/CN=somebody else';
"""
MARIADB_OPTIONS = ("--no-defaults", "--skip-innodb", "--default-storage-engine=Aria")


class MariadbTemplate:
    """A data directory, made once and copied for each server."""

    def __init__(self, directory):
        self.parent = unprivileged.own_directory(directory, "mariadb")
        self.data = os.path.join(self.parent, "template")
        unprivileged.run(
            *("mariadb-install-db", *MARIADB_OPTIONS, "--datadir=" + self.data),
            *("--skip-test-db", "--skip-name-resolve"),
            *("--auth-root-authentication-method=normal",),
        )

    def copy(self, name):
        return copy_data(self.data, os.path.join(self.parent, name))


class Mariadb:
    """asks: for client certificates. tls: it has TLS at all."""

    def __init__(self, pki, template, asks=True, tls=True):
        self.pki = pki
        self.asks = asks
        self.tls = tls
        self.data = template.copy(variant(asks, tls))
        self.port = None
        self.process = started(self._start)

    def log(self):
        return self.process.log()

    def stop(self):
        self.process.stop()

    def _start(self):
        (self.port,) = free_ports(1)
        accounts = os.path.join(self.data, "accounts.sql")
        with open(accounts, "w", encoding="ascii") as file:
            file.write(MARIADB_ACCOUNTS)
        arguments = (
            *("mariadbd", *MARIADB_OPTIONS, "--skip-name-resolve"),
            *("--datadir=" + self.data, "--init-file=" + accounts),
            *("--bind-address=127.0.0.1", f"--port={self.port}"),
            *("--socket=" + os.path.join(self.data, "socket"), *self._tls()),
        )
        return start(arguments, self.data, self.port)

    def _tls(self):
        identity = self.pki.servers["good"]
        if not self.tls:
            return ("--skip-ssl",)
        files = ("--ssl-cert=" + identity.certificate, "--ssl-key=" + identity.key)
        if self.asks:
            files += ("--ssl-ca=" + self.pki.client_ca.certificate,)
        return files


def variant(asks, tls):
    return ("asking" if asks else "silent") if tls else "plain"


def copy_data(data, to):
    unprivileged.run("cp", "-a", data, to)
    return to


def start(arguments, directory, port):
    """A database listens before it lets anybody in: its log says when it does."""
    name = os.path.basename(arguments[0])
    process = Process(name, arguments, directory, cwd="/", **unprivileged.options())

    def ready():
        process.check_alive()
        return READY.search(process.log())

    try:
        wait_until(ready, name)
        process.wait_for_ports((port,))
    except StartFailed:
        process.stop()
        raise
    return process
