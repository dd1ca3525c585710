# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix and Dovecot on loopback: STARTTLS in SMTP, IMAP and POP3.

A port each for how clients are treated. off: no certificate is asked for.
optional: asked for. required: asked for, and who has none is turned away, by
both in their own words and not in TLS. plain: there is no STARTTLS.
"""
import grp
import os
import pwd
import tempfile

from lab.processes import Process, StartFailed, free_ports, started

MODES = ("off", "optional", "required", "plain")

POSTFIX_DAEMONS = "/usr/lib/postfix/sbin"
POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {directory}/spool
data_directory = {directory}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {directory}/spool/mail.log
maillog_file_prefixes = {directory}
myhostname = mail.lab.test
inet_interfaces = loopback-only
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_tls_chain_files = {key}, {certificate}
smtpd_tls_CAfile = {client_ca}
tls_append_default_CA = no
smtpd_tls_security_level = encrypt
"""
POSTFIX_SERVICE = "127.0.0.1:{port} inet n - n - - smtpd -o {option}\n"
POSTFIX_SERVICES = """tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
POSTFIX_OPTIONS = {
    "off": "smtpd_tls_ask_ccert=no",
    "optional": "smtpd_tls_ask_ccert=yes",
    "required": "smtpd_tls_req_ccert=yes",
    "plain": "smtpd_tls_security_level=none",
}


def can_run_postfix():
    """Its master process wants to be root."""
    return os.geteuid() == 0


class Postfix:
    """One Postfix, with an SMTP server on a port for each mode."""

    def __init__(self, pki, directory):
        self.pki = pki
        self.directory = tempfile.mkdtemp(prefix="postfix-", dir=directory)
        os.chmod(self.directory, 0o755)
        self.ports = {}
        self._make_queue()
        self.process = started(self._start)

    def log(self):
        return self.process.log()

    def stop(self):
        self.process.stop()

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _make_queue(self):
        owner = pwd.getpwnam("postfix").pw_uid
        for name in ("etc", "data", "spool"):
            os.mkdir(self._path(name))
        for name in ("private", "public", "pid"):
            os.mkdir(self._path("spool/" + name), 0o700)
        for name in ("data", "spool/private", "spool/public"):
            os.chown(self._path(name), owner, -1)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="ascii") as file:
            file.write(text)

    def _start(self):
        self.ports = dict(zip(MODES, free_ports(len(MODES))))
        identity = self.pki.servers["good"]
        main = POSTFIX_MAIN.format(
            directory=self.directory,
            daemons=POSTFIX_DAEMONS,
            certificate=identity.certificate,
            key=identity.key,
            client_ca=self.pki.client_ca.certificate,
        )
        services = (
            POSTFIX_SERVICE.format(port=port, option=POSTFIX_OPTIONS[mode])
            for mode, port in self.ports.items()
        )
        self._write("etc/main.cf", main)
        self._write("etc/master.cf", "".join(services) + POSTFIX_SERVICES)
        arguments = (POSTFIX_DAEMONS + "/master", "-c", self._path("etc"), "-s")
        log = self._path("spool/mail.log")
        process = Process("postfix", arguments, self.directory, log_file=log)
        try:
            process.wait_for_ports(self.ports.values())
        except StartFailed:
            process.stop()
            raise
        return process


DOVECOT = """
base_dir = {directory}/run
state_dir = {directory}/run
log_path = /dev/stderr
protocols = imap pop3
listen = 127.0.0.1
mail_location = maildir:{directory}/mail
{users}
{tls}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={directory}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""
# Started by root it turns into users of its own; by anybody else it stays who it is.
DOVECOT_USERS = """
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
"""
DOVECOT_TLS = """
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_ca = <{client_ca}
ssl_require_crl = no
"""
DOVECOT_MODES = {
    "off": DOVECOT_TLS,
    "optional": DOVECOT_TLS + "ssl_verify_client_cert = yes\n",
    "required": DOVECOT_TLS
    + "ssl_verify_client_cert = yes\nauth_ssl_require_client_cert = yes\n",
    "plain": "ssl = no\n",
}


class Dovecot:
    """One Dovecot in one mode: how it asks is a setting of the whole process."""

    def __init__(self, pki, directory, mode):
        self.pki = pki
        self.mode = mode
        self.directory = tempfile.mkdtemp(prefix=f"dovecot-{mode}-", dir=directory)
        self.imap = None
        self.pop3 = None
        self.process = started(self._start)

    def log(self):
        return self.process.log()

    def stop(self):
        self.process.stop()

    def _start(self):
        self.imap, self.pop3 = free_ports(2)
        path = os.path.join(self.directory, "dovecot.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(self._configuration())
        process = Process("dovecot", ("dovecot", "-F", "-c", path), self.directory)
        try:
            process.wait_for_ports((self.imap, self.pop3))
        except StartFailed:
            process.stop()
            raise
        return process

    def _configuration(self):
        identity = self.pki.servers["good"]
        tls = DOVECOT_MODES[self.mode].format(
            certificate=identity.certificate,
            key=identity.key,
            client_ca=self.pki.client_ca.certificate,
        )
        return DOVECOT.format(
            directory=self.directory,
            users=self._users(),
            tls=tls,
            imap=self.imap,
            pop3=self.pop3,
        )

    @staticmethod
    def _users():
        if os.geteuid() == 0:
            return ""
        return DOVECOT_USERS.format(
            user=pwd.getpwuid(os.geteuid()).pw_name,
            group=grp.getgrgid(os.getegid()).gr_name,
        )
