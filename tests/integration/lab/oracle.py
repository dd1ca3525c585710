# SPDX-License-Identifier: GPL-3.0-or-later
"""What openssl s_client sees: the truth that the program is measured against.

It shares no code with the program, presents what it is told to without looking
at the server's certificate, and shows every handshake message and alert.
"""
import contextlib
import re
import select
import subprocess
import time

ALERTS = {
    "handshake_failure": 40,
    "bad_certificate": 42,
    "unsupported_certificate": 43,
    "certificate_revoked": 44,
    "certificate_expired": 45,
    "certificate_unknown": 46,
    "illegal_parameter": 47,
    "unknown_ca": 48,
    "access_denied": 49,
    "decode_error": 50,
    "decrypt_error": 51,
    "protocol_version": 70,
    "internal_error": 80,
    "certificate_required": 116,
}
VERSION_OPTIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}
RECEIVED = r"^<<< TLS [\d.]+, "
REQUESTED = re.compile(RECEIVED + r"Handshake .*, CertificateRequest$", re.MULTILINE)
TICKET = re.compile(RECEIVED + r"Handshake .*, NewSessionTicket$", re.MULTILINE)
FINISHED = re.compile(RECEIVED + r"Handshake .*, Finished$", re.MULTILINE)
ALERT = re.compile(RECEIVED + r"Alert .*, fatal (\w+)$", re.MULTILINE)
STATUS = re.compile(r"^HTTP/1\.[01] (\d{3}) ", re.MULTILINE)
VERIFICATION = re.compile(r"^\s*Verify return code: (\d+)", re.MULTILINE)
PROXY_STATUS = re.compile(r"HTTP CONNECT failed, reason=\s*(\d{3})")
# What the lab's servers answer to a certificate that they do not take.
REFUSALS = (400, 401, 403)
STORY = re.compile(r"^(?:(?:<<<|>>>) .*(?:Handshake|Alert).*|HTTP/.*|.*CONNECT.*|.*rror.*)$", re.M)
END_SECONDS = 20
LATE_ALERT_SECONDS = 3


class Sighting:
    """One connection as s_client told it."""

    def __init__(self, text, version, http):
        self.text = text
        self.requested = bool(REQUESTED.search(text))
        self.during = self._during()
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

    def story(self):
        """The messages and the HTTP status, without the bytes."""
        return "\n".join(STORY.findall(self.text))

    def _during(self):
        """The table's word: before or after the first Finished of the server."""
        request, finished = REQUESTED.search(self.text), FINISHED.search(self.text)
        if not request:
            return None
        if not finished or request.start() < finished.start():
            return "handshake"
        return "post_handshake" if "<<< TLS 1.3" in self.text else "renegotiation"

    def _admitted(self, version, http):
        if self.alert is not None:
            return False
        if http:
            return self.http_status is not None and self.http_status not in REFUSALS
        evidence = TICKET if version == "1.3" else FINISHED
        return bool(evidence.search(self.text))


def look(host, port, version, ca_file, identity=None, **more):
    """Connects once. more: http (a path), server_name, proxy (HOST:PORT), user
    and password_file for the proxy."""
    arguments = ["openssl", "s_client", "-msg", "-enable_pha"]
    arguments += ["-connect", f"{host}:{port}"]
    arguments += [VERSION_OPTIONS[version], "-CAfile", ca_file]
    arguments += _identity(identity) + _name(host, more.get("server_name"))
    arguments += _proxy(more)
    request = None
    if more.get("http"):
        target = f"{more.get('server_name', host)}:{port}"
        request = f"GET {more['http']} HTTP/1.1\r\nHost: {target}\r\n"
        request += "Connection: close\r\n\r\n"
    return Sighting(_converse(arguments, request, version), version, bool(request))


def _identity(identity):
    if identity is None:
        return []
    arguments = ["-cert", identity.certificate, "-cert_chain", identity.certificate]
    arguments += ["-key", identity.key]
    if identity.key_password_file:
        arguments += ["-pass", "file:" + identity.key_password_file]
    return arguments


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


def _converse(arguments, request, version):
    """Everything s_client printed, from the connection to its end."""
    with subprocess.Popen(
        arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    ) as child:
        try:
            return _listen(child, request, version).decode("utf-8", errors="replace")
        finally:
            child.kill()


def _listen(child, request, version):
    """Without a request: until the server has judged. With one: it is sent then, not
    before, because a request under way can cost a refusal its alert; and until the
    server closes."""
    evidence = TICKET if version == "1.3" else FINISHED

    def judged(text):
        seen = text.decode("utf-8", errors="replace")
        # printed once the handshake is over, whatever came of it
        over = VERIFICATION.search(seen)
        return over and (ALERT.search(seen) or evidence.search(seen))

    text = _read_until(child, judged, LATE_ALERT_SECONDS if request else END_SECONDS)
    if request:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(request.encode("ascii"))
        text += _read_until(child, lambda _: False, END_SECONDS)
    return text


def _read_until(child, enough, seconds):
    """What the child prints until that is enough, it ends, or the time is over."""
    text = b""
    deadline = time.monotonic() + seconds
    while not enough(text):
        left = max(0, deadline - time.monotonic())
        if not select.select([child.stdout], [], [], left)[0]:
            break
        part = child.stdout.read(65536)
        if not part:
            break
        text += part
    return text
