# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Prometheus on loopback, with a configuration given as text."""
import json
import os
import urllib.parse
import urllib.request

from lab.processes import Process, StartFailed, accepts, free_ports, started, wait_until


class Prometheus:
    def __init__(self, configuration, directory):
        self.directory = os.path.join(directory, "prometheus")
        os.mkdir(self.directory)
        self.file = os.path.join(self.directory, "prometheus.yml")
        with open(self.file, "w", encoding="ascii") as file:
            file.write(configuration)
        self.process = started(self._start)

    def query(self, expression):
        """The answer as {labels: value}, the labels as a frozenset of pairs."""
        return {
            frozenset(one["metric"].items()): float(one["value"][1])
            for one in self.ask("query", query=expression)["result"]
        }

    def ask(self, path, **parameters):
        """The member "data" of an answer of the HTTP API."""
        data = urllib.parse.urlencode(parameters)
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{data}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def stop(self):
        self.process.stop()

    def log(self):
        return self.process.log()

    def _start(self):
        self.port = free_ports(1)[0]
        arguments = (
            *("prometheus", "--config.file=" + self.file),
            *("--storage.tsdb.path=" + os.path.join(self.directory, "data"),),
            f"--web.listen-address=127.0.0.1:{self.port}",
        )
        process = Process("prometheus", arguments, self.directory)
        try:
            process.wait_for_ports([self.port])
            wait_until(self._ready, "Prometheus")
        except StartFailed:
            process.stop()
            raise
        return process

    def _ready(self):
        if not accepts(self.port):
            return False
        try:
            self.query("vector(1)")
        except OSError:
            return False
        return True
