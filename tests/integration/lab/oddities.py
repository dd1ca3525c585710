# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers and proxies that no program of Debian can be made to be, by script."""
import contextlib
import socket
import ssl

from lab.scripted import CONNECTED, Peer, read_head, reset, splice, wait_for_close

RECORD_HEAD_BYTES = 5
# What Edge SWG's denial looks like; its policy may say anything.
DENIAL = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b"<html><head><title>Access Denied (policy_denied)</title></head></html>"
)
# What a server says to a proxy that goes to it in our place, as that hands it on.
PASSED_ON = (
    b"HTTP/1.1 200 OK\r\nVia: 1.1 edge.lab.test\r\nContent-Length: 8\r\n"
    b"Connection: close\r\n\r\nwelcome\n"
)
# Answers to CONNECT, without the line's end: status, and fields that say more.
REFUSALS = {
    "says-405": "405 Method Not Allowed",
    "says-451": "451 Unavailable For Legal Reasons",
    "asks-basic": '407 Who\r\nProxy-Authenticate: Basic realm="edge"',
    "asks-digest": '407 Who\r\nProxy-Authenticate: Digest realm="edge", nonce="1", qop="auth"',
    "asks-ntlm": "407 Who\r\nProxy-Authenticate: NTLM",
    "asks-negotiate": "407 Who\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM",
    "squid-refused": "503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111",
    "squid-timed-out": "503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 110",
    "status-dns": '502 Bad Gateway\r\nProxy-Status: edge; error=dns_error; rcode="NXDOMAIN"',
    "status-slow": "504 Gateway Timeout\r\nProxy-Status: edge; error=connection_timeout",
    "bare-500": "500 Internal Server Error",
    "bare-502": "502 Bad Gateway",
    "bare-504": "504 Gateway Timeout",
    "moved": "302 Found\r\nLocation: http://login.lab.test/",
}


def read_client_hello(connection):
    """The first record, so that closing afterwards is a FIN and not a RST."""
    head = connection.recv(RECORD_HEAD_BYTES, socket.MSG_WAITALL)
    connection.recv(int.from_bytes(head[3:], "big"), socket.MSG_WAITALL)


def resets(connection):
    read_client_hello(connection)
    reset(connection)


def closes(connection):
    read_client_hello(connection)


# What a server does with each connection.
SERVERS = {"silent": wait_for_close, "resets": resets, "closes": closes}


def says(answer):
    """A proxy that answers CONNECT so, and no more."""

    def script(connection):
        read_head(connection)
        connection.sendall(answer)
        wait_for_close(connection)

    return script


def hangs_up(connection):
    read_head(connection)


def opens_then(script):
    """A proxy that opens the tunnel, and in it does that."""

    def opened(connection):
        read_head(connection)
        connection.sendall(CONNECTED)
        script(connection)

    return opened


def answers_in_place(identity, page):
    """Answers TLS itself, and the request with that page."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)

    def script(connection):
        with contextlib.suppress(ssl.SSLError):
            with context.wrap_socket(connection, server_side=True) as inside:
                read_head(inside)
                inside.sendall(page)

    return script


def leads_to(port):
    """Another server than the one that was asked for."""

    def script(connection):
        with socket.create_connection(("127.0.0.1", port)) as elsewhere:
            splice(connection, elsewhere)

    return script


def refuses_connect():
    """Proxies that say no to CONNECT, each in its own words."""
    return {
        "swg-denies": says(DENIAL),
        "hangs-up": hangs_up,
        "garbage": says(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
        "early-bytes": says(CONNECTED + b"hello"),
        "silent": wait_for_close,
        **{
            name: says(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode("ascii"))
            for name, answer in REFUSALS.items()
        },
    }


def opens_tunnel(interceptor, ways):
    """Proxies that say yes to CONNECT. ways: {name: port} of where some of them lead,
    wherever they were sent."""
    return {
        "swg-resets": opens_then(resets),
        "swg-closes": opens_then(closes),
        "swg-page": opens_then(answers_in_place(interceptor, DENIAL)),
        "swg-passes-on": opens_then(answers_in_place(interceptor, PASSED_ON)),
        "silent-tunnel": opens_then(wait_for_close),
        **{name: opens_then(leads_to(port)) for name, port in ways.items()},
    }


class Peers:
    """A listening peer for each script."""

    def __init__(self, scripts):
        self.peers = {name: Peer(script) for name, script in scripts.items()}

    def port(self, name, _version=None, _certificate=None):
        return self.peers[name].port

    def stop(self):
        for peer in self.peers.values():
            peer.stop()
