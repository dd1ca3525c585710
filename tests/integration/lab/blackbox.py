# SPDX-License-Identifier: GPL-3.0-or-later
"""blackbox_exporter, asked for one probe at a time."""
import json
import os
import re
import urllib.parse
import urllib.request

from lab.processes import Process, wait_until

PACKAGE = "prometheus-blackbox-exporter"


def module(prober, ca_file, identity=None, **settings):
    """One of its modules, http or tcp, over TLS; identity: what it presents."""
    tls = {"ca_file": ca_file}
    if identity:
        tls |= {"cert_file": identity.certificate, "key_file": identity.key}
    own = {"tls_config": tls} | ({"tls": True} if prober == "tcp" else {}) | settings
    return {"prober": prober, "timeout": "5s", prober: own}


class BlackboxExporter:
    def __init__(self, directory, modules):
        path = os.path.join(directory, "blackbox.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"modules": modules}, file)
        arguments = ("--config.file=" + path, "--web.listen-address=127.0.0.1:0")
        self.process = Process("blackbox", (PACKAGE, *arguments), directory)
        self.port = wait_until(self._listening, "blackbox_exporter").group(1)

    @property
    def pid(self):
        return self.process.pid

    def succeeds(self, target, module_name):
        query = urllib.parse.urlencode({"target": target, "module": module_name})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/probe?{query}", timeout=10) as page:
            return "\nprobe_success 1" in page.read().decode("utf-8")

    def stop(self):
        self.process.stop()

    def _listening(self):
        self.process.check_alive()
        return re.search(r"address=127\.0\.0\.1:(\d+)", self.process.errors())
