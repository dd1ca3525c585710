# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers that follow a script: a listening socket and a function for each
connection. For what no real server or proxy can be made to do."""
import contextlib
import selectors
import socket
import struct
import threading

CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Peer:
    """script(connection) runs on a thread for each connection; when it returns
    the connection is closed. Counts the connections it has seen."""

    def __init__(self, script):
        self.script = script
        self.connections = 0
        self.open = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for connection in self.open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(connection)
            arguments = (connection,)
            threading.Thread(target=self._serve, args=arguments, daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            self.script(connection)
        with self.lock:
            self.open.discard(connection)


def read_head(connection):
    """The bytes up to and with the empty line; what comes after is kept back."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise OSError("closed inside a head")
        head += byte
    return head


def reset(connection):
    """Ends with a RST instead of a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def wait_for_close(connection):
    """Reads and forgets until the other side closes."""
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


def splice(left, right):
    """Copies bytes both ways until one side closes."""
    with selectors.DefaultSelector() as selector:
        selector.register(left, selectors.EVENT_READ, right)
        selector.register(right, selectors.EVENT_READ, left)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)


def connect_responder(port):
    """A proxy that says yes to every CONNECT and then leads to that port instead."""

    def script(connection):
        read_head(connection)
        connection.sendall(CONNECTED)
        with socket.create_connection(("127.0.0.1", port)) as elsewhere:
            splice(connection, elsewhere)

    return Peer(script)


def http_server(body=b"welcome\n"):
    """A server that answers every request with 200."""
    length = str(len(body)).encode("ascii")
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n"
    answer += b"Connection: close\r\n\r\n" + body

    def script(connection):
        read_head(connection)
        connection.sendall(answer)

    return Peer(script)
