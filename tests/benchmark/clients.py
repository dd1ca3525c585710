# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that are compared, each the way it is meant to be used: ours probes by its own
schedule, blackbox_exporter when it is asked, which includes its answer."""
import collections
import json
import os
import re
import time
import urllib.parse
import urllib.request

from lab import configuration, program
from lab.processes import Process, wait_until

Case = collections.namedtuple("Case", "protocol tls key route")
CASES = [
    *(Case(protocol, tls, "P-256", "direct") for protocol in ("https", "tls") for tls in ("1.3", "1.2")),
    *(Case("https", tls, "RSA-2048", "direct") for tls in ("1.3", "1.2")),
    Case("https", "1.3", "P-256", "squid"),
]
CLIENTS = {"P-256": "good", "RSA-2048": "good-rsa"}
TARGETS = 20
INTERVAL = "100ms"
WINDOW_SECONDS = 3
PROBES = 400


def processor_seconds(pid):
    """Of all threads, by proc(5) schedstat: to the nanosecond."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


class MtlsExporter:
    """Presents our certificate alone, as its peer does. Its pages are not asked for while it is
    measured but for the count of probes."""

    name = "mtls_exporter"

    def __init__(self, lab, case):
        self.lab, self.case = lab, case

    @staticmethod
    def can(_case):
        return True

    def microseconds_per_probe(self):
        exporter = self._start()
        try:
            exporter.wait_until_ready()
            before, spent = self._probes(exporter), processor_seconds(exporter.pid)
            time.sleep(WINDOW_SECONDS)
            spent = processor_seconds(exporter.pid) - spent
            count = self._probes(exporter) - before
            page = exporter.fetch("/metrics")[2]
            if set(program.values(page, "mtls_probe_success")) != {1.0}:
                raise RuntimeError("not every probe succeeds: " + exporter.log()[-1000:])
            return spent / count * 1e6
        finally:
            exporter.stop()

    def stop(self):
        pass

    def _start(self):
        case, port = self.case, self.lab.ports[self.case.tls]
        proxies = {"squid": self.lab.proxy_url} if case.route == "squid" else {}
        targets = [
            configuration.target(
                f"target-{number}", port, present='[ "client" ]', routes=f'[ "{case.route}" ]'
            )
            for number in range(TARGETS)
        ]
        path = configuration.write(
            self.lab.directory,
            self.lab.pki,
            targets,
            protocol=case.protocol,
            client=CLIENTS[case.key],
            proxies=proxies,
            interval=INTERVAL,
            contrast_interval="1h",
        )
        return program.Exporter(path, self.lab.directory, "--workers=1")

    @staticmethod
    def _probes(exporter):
        return sum(program.values(exporter.fetch("/metrics")[2], "mtls_probes_total"))


class BlackboxExporter:
    name = "blackbox_exporter"
    package = "prometheus-blackbox-exporter"

    def __init__(self, lab, case):
        self.case = case
        self.port = lab.ports[case.tls]
        path = os.path.join(lab.directory, "blackbox.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"modules": {"lab": self._module(lab)}}, file)
        arguments = ("--config.file=" + path, "--web.listen-address=127.0.0.1:0")
        self.process = Process("blackbox", (self.package, *arguments), lab.directory)
        self.own_port = wait_until(self._listening, "blackbox_exporter").group(1)

    @staticmethod
    def can(case):
        """Its tcp prober knows no proxy."""
        return case.protocol == "https" or case.route == "direct"

    def microseconds_per_probe(self):
        spent = processor_seconds(self.process.pid)
        for _ in range(PROBES):
            self._probe()
        return (processor_seconds(self.process.pid) - spent) / PROBES * 1e6

    def stop(self):
        self.process.stop()

    def _module(self, lab):
        ours = lab.pki.clients[CLIENTS[self.case.key]]
        trusted = {
            "ca_file": lab.pki.server_ca.certificate,
            "cert_file": ours.certificate,
            "key_file": ours.key,
        }
        if self.case.protocol == "tls":
            return {"prober": "tcp", "tcp": {"tls": True, "tls_config": trusted}}
        http = {"tls_config": trusted}
        if self.case.route == "squid":
            http["proxy_url"] = lab.proxy_url
        return {"prober": "http", "http": http}

    def _probe(self):
        scheme = "https://" if self.case.protocol == "https" else ""
        query = {"target": f"{scheme}127.0.0.1:{self.port}", "module": "lab"}
        url = f"http://127.0.0.1:{self.own_port}/probe?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as page:
            text = page.read().decode("utf-8")
        if "\nprobe_success 1" not in text:
            raise RuntimeError("blackbox_exporter does not succeed: " + self.process.log()[-1000:])

    def _listening(self):
        self.process.check_alive()
        return re.search(r"address=127\.0\.0\.1:(\d+)", self.process.errors())
