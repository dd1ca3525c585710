# SPDX-License-Identifier: GPL-3.0-or-later
"""What openssl s_client sees: the truth that the program is measured against.

It shares no code with the program, presents what it is told to without looking
at the server's certificate, and shows every handshake message and alert.
"""
import re
import subprocess

from lab.processes import wait_until

ALERTS = {
    "handshake_failure": 40,
    "bad_certificate": 42,
    "unsupported_certificate": 43,
    "certificate_expired": 45,
    "certificate_unknown": 46,
    "unknown_ca": 48,
    "protocol_version": 70,
    "certificate_required": 116,
}
VERSION_OPTIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}
RECEIVED = r"^<<< TLS [\d.]+, "
REQUESTED = re.compile(RECEIVED + r"Handshake .*, CertificateRequest$", re.MULTILINE)
TICKET = re.compile(RECEIVED + r"Handshake .*, NewSessionTicket$", re.MULTILINE)
FINISHED = re.compile(RECEIVED + r"Handshake .*, Finished$", re.MULTILINE)
ALERT = re.compile(RECEIVED + r"Alert .*, fatal (\w+)$", re.MULTILINE)
STATUS = re.compile(r"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)
VERIFICATION = re.compile(r"^\s*Verify return code: (\d+)", re.MULTILINE)
PROXY_STATUS = re.compile(r"HTTP CONNECT failed, reason=\s*(\d{3})")
REFUSED_BY_HTTP = re.compile(
    r"No required SSL certificate was sent|The SSL certificate error"
)
END_SECONDS = 20


class Sighting:
    """One connection as s_client told it."""

    def __init__(self, text, version, http):
        self.text = text
        self.requested = bool(REQUESTED.search(text))
        self.handshake_complete = bool(FINISHED.search(text))
        alert = ALERT.search(text)
        self.alert = ALERTS[alert.group(1)] if alert else None
        status = STATUS.search(text)
        self.http_status = int(status.group(1)) if status else None
        verification = VERIFICATION.findall(text)
        self.verification = int(verification[-1]) if verification else None
        connect = PROXY_STATUS.search(text)
        self.connect_status = int(connect.group(1)) if connect else None
        self.admitted = self._admitted(version, http)

    def _admitted(self, version, http):
        if self.alert is not None or REFUSED_BY_HTTP.search(self.text):
            return False
        if http:
            return self.http_status is not None
        evidence = TICKET if version == "1.3" else FINISHED
        return bool(evidence.search(self.text))


def look(host, port, version, ca_file, identity=None, **more):
    """Connects once. more: http (a path), server_name, proxy (HOST:PORT), user
    and password_file for the proxy."""
    arguments = ["openssl", "s_client", "-msg", "-connect", f"{host}:{port}"]
    arguments += [VERSION_OPTIONS[version], "-CAfile", ca_file]
    arguments += _identity(identity) + _name(host, more.get("server_name"))
    arguments += _proxy(more)
    request = None
    if more.get("http"):
        target = f"{more.get('server_name', host)}:{port}"
        request = f"GET {more['http']} HTTP/1.1\r\nHost: {target}\r\n"
        request += "Connection: close\r\n\r\n"
    return Sighting(_converse(arguments, request), version, bool(request))


def _identity(identity):
    if identity is None:
        return []
    return ["-cert", identity.certificate, "-key", identity.key]


def _name(host, server_name):
    if server_name:
        return ["-servername", server_name, "-verify_hostname", server_name]
    bare = host.strip("[]")
    if bare == "localhost":
        return ["-servername", bare, "-verify_hostname", bare]
    return ["-noservername", "-verify_ip", bare]


def _proxy(more):
    if not more.get("proxy"):
        return []
    arguments = ["-proxy", more["proxy"]]
    if more.get("user"):
        password = "file:" + more["password_file"]
        arguments += ["-proxy_user", more["user"], "-proxy_pass", password]
    return arguments


def _converse(arguments, request):
    """Everything s_client printed, from the connection to its end."""
    with subprocess.Popen(
        arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    ) as child:
        try:
            return _listen(child, request).decode("utf-8", errors="replace")
        finally:
            child.kill()


def _listen(child, request):
    """With a request: until the server closes. Without: until the server has
    judged, which shows in a ticket or TLS 1.2's Finished, or in a fatal alert, after
    which s_client says the rest and ends."""
    if request:
        child.stdin.write(request.encode("ascii"))
        return _read_to_end(child)
    return _read_until_judged(child)


def _read_to_end(child):
    parts = []

    def ended():
        part = child.stdout.read(65536)
        parts.append(part)
        return not part

    wait_until(ended, "the end of s_client", END_SECONDS)
    return b"".join(parts)


def _read_until_judged(child):
    text = b""

    def judged():
        nonlocal text
        part = child.stdout.read(65536)
        text += part
        seen = text.decode("utf-8", errors="replace")
        old = "Protocol  : TLSv1.2" in seen and VERIFICATION.search(seen)
        return not part or TICKET.search(seen) or old

    wait_until(judged, "a judgement", END_SECONDS)
    return text
