# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on loopback where nobody answers, each in its own way."""
import select
import socket


class Down:
    """A port that refuses: bound, so that nobody else gets it, but not listening."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def stop(self):
        self.socket.close()


class BlackHole:
    """A port that stays silent: its backlog is full, so the kernel drops SYNs."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(0)
        self.port = self.socket.getsockname()[1]
        self.fillers = []
        self._fill()

    def stop(self):
        for filler in self.fillers:
            filler.close()
        self.socket.close()

    def _fill(self):
        """Adds connections until one does not come through."""
        for _ in range(16):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)
            if not select.select([], [filler], [], 0.2)[1]:
                return
        raise RuntimeError("the backlog does not fill")
