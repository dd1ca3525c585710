# SPDX-License-Identifier: GPL-3.0-or-later
"""A TLS 1.2 server's flight written by hand (RFC 5246), for messages that no
library would send. It never finishes a handshake."""
import os
import struct

from lab.certificates import der_of, openssl

CONTENT_ALERT, CONTENT_HANDSHAKE = 21, 22
SERVER_HELLO, NEW_SESSION_TICKET, CERTIFICATE = 2, 4, 11
SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE = 12, 13, 14
ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xC02B
ECDSA_SECP256R1_SHA256 = 0x0403
X25519 = 0x001D
RECORD_MAX_BYTES = 16384


def vector(length_bytes, content):
    return len(content).to_bytes(length_bytes, "big") + content


def message(kind, body):
    return bytes([kind]) + vector(3, body)


def records(content, content_type=CONTENT_HANDSHAKE, size=RECORD_MAX_BYTES):
    """The content cut into records."""
    parts = (content[at : at + size] for at in range(0, len(content), size))
    head = struct.pack("!BH", content_type, 0x0303)
    return b"".join(head + vector(2, part) for part in parts)


def read_client_hello(connection):
    """Reads the first record; the client's random."""
    head = _exactly(connection, 5)
    body = _exactly(connection, int.from_bytes(head[3:5], "big"))
    return body[6:38]


def _exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise OSError("closed inside a record")
        data += part
    return data


def server_hello(server_random):
    suite = struct.pack("!H", ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
    body = b"\x03\x03" + server_random + vector(1, b"") + suite + b"\x00"
    point_formats = b"\x00\x0b" + vector(2, b"\x01\x00")
    return message(SERVER_HELLO, body + vector(2, point_formats))


def certificate(chain):
    entries = b"".join(vector(3, der) for der in chain)
    return message(CERTIFICATE, vector(3, entries))


def key_exchange(client_random, server_random, key):
    """ECDHE whose share is the base point: nobody will compute with it."""
    share = b"\x09" + bytes(31)
    parameters = struct.pack("!BH", 3, X25519) + vector(1, share)
    signed = client_random + server_random + parameters
    signature = openssl("dgst", "-sha256", "-sign", key, stdin=signed)
    algorithm = struct.pack("!H", ECDSA_SECP256R1_SHA256)
    return message(SERVER_KEY_EXCHANGE, parameters + algorithm + vector(2, signature))


def certificate_request(names):
    """names: the DistinguishedName list as it is to stand in the message."""
    algorithms = vector(2, struct.pack("!H", ECDSA_SECP256R1_SHA256))
    return message(CERTIFICATE_REQUEST, vector(1, b"\x40") + algorithms + names)


def name_list(ders):
    return vector(2, b"".join(vector(2, der) for der in ders))


class Flight:
    """What a server says up to ServerHelloDone; every part can be exchanged."""

    def __init__(self, identity):
        self.identity = identity
        self.chain = [der_of(identity.certificate)]
        self.request = None

    def send(self, connection):
        client_random = read_client_hello(connection)
        connection.sendall(records(self._messages(client_random)))

    def _messages(self, client_random):
        server_random = os.urandom(32)
        exchange = key_exchange(client_random, server_random, self.identity.key)
        parts = [server_hello(server_random), certificate(self.chain), exchange]
        if self.request is not None:
            parts.append(self.request)
        return b"".join(parts) + message(SERVER_HELLO_DONE, b"")
