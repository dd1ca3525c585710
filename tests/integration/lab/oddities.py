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


def shows_page(identity):
    """Answers TLS itself, with a page that denies; Edge SWG with protocol detection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)

    def script(connection):
        with contextlib.suppress(ssl.SSLError):
            with context.wrap_socket(connection, server_side=True) as inside:
                read_head(inside)
                inside.sendall(DENIAL)

    return script


def leads_to(port):
    """Another server than the one that was asked for."""

    def script(connection):
        with socket.create_connection(("127.0.0.1", port)) as elsewhere:
            splice(connection, elsewhere)

    return script


def proxies(interceptor, balanced_port, interceptor_port):
    """What a proxy does with each connection. balanced_port: another server behind
    the same name."""
    return {
        "swg-denies": says(DENIAL),
        "swg-resets": opens_then(resets),
        "swg-page": opens_then(shows_page(interceptor)),
        "silent": wait_for_close,
        "silent-tunnel": opens_then(wait_for_close),
        "hangs-up": hangs_up,
        "garbage": says(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
        "early-bytes": says(CONNECTED + b"hello"),
        "broken": says(b"HTTP/1.1 500 Internal Server Error\r\n\r\n"),
        "balanced": opens_then(leads_to(balanced_port)),
        "interceptor": opens_then(leads_to(interceptor_port)),
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
