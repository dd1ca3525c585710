# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Alertmanager on loopback, and the place where its notifications arrive."""
import http.server
import json
import os
import threading

from lab.processes import Process, StartFailed, free_ports, started


class Webhook:
    """Keeps every notification, by the path that it was sent to."""

    def __init__(self):
        self.notifications = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def alerts(self, status):
        """(path, labels, annotations) of every alert told as "firing" or "resolved"."""
        return [
            (path, alert["labels"], alert["annotations"])
            for path, notification in list(self.notifications)
            for alert in notification["alerts"]
            if alert["status"] == status
        ]

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def _handler(self):
        notifications = self.notifications

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                notifications.append((self.path, json.loads(self.rfile.read(length))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler


class Alertmanager:
    def __init__(self, configuration, directory):
        self.directory = os.path.join(directory, "alertmanager")
        os.mkdir(self.directory)
        self.file = os.path.join(self.directory, "alertmanager.yml")
        with open(self.file, "w", encoding="ascii") as file:
            file.write(configuration)
        self.process = started(self._start)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self.process.stop()

    def log(self):
        return self.process.log()

    def _start(self):
        self.port = free_ports(1)[0]
        arguments = (
            *("prometheus-alertmanager", "--config.file=" + self.file),
            *("--storage.path=" + os.path.join(self.directory, "data"),),
            *("--cluster.listen-address=", "--web.listen-address=" + self.address),
        )
        process = Process("alertmanager", arguments, self.directory)
        try:
            process.wait_for_ports([self.port])
        except StartFailed:
            process.stop()
            raise
        return process
