# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that are compared, each the way it is meant to be used: ours probes by its own
schedule, blackbox_exporter when it is asked, which includes its answer."""
import collections
import time

from lab import blackbox, configuration, program
from lab.processes import processor_seconds

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


def seconds_run(pid):
    return sum(ran for ran, _ in processor_seconds(pid))


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
            before, spent = self._probes(exporter), seconds_run(exporter.pid)
            time.sleep(WINDOW_SECONDS)
            spent = seconds_run(exporter.pid) - spent
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

    def __init__(self, lab, case):
        scheme = "https://" if case.protocol == "https" else ""
        self.target = f"{scheme}127.0.0.1:{lab.ports[case.tls]}"
        ours = lab.pki.clients[CLIENTS[case.key]]
        prober = "http" if case.protocol == "https" else "tcp"
        proxy = {"proxy_url": lab.proxy_url} if case.route == "squid" else {}
        module = blackbox.module(prober, lab.pki.server_ca.certificate, ours, **proxy)
        self.exporter = blackbox.BlackboxExporter(lab.directory, {"lab": module})

    @staticmethod
    def can(case):
        """Its tcp prober knows no proxy."""
        return case.protocol == "https" or case.route == "direct"

    def microseconds_per_probe(self):
        spent = seconds_run(self.exporter.pid)
        for _ in range(PROBES):
            if not self.exporter.succeeds(self.target, "lab"):
                log = self.exporter.process.log()
                raise RuntimeError("blackbox_exporter does not succeed: " + log[-1000:])
        return (seconds_run(self.exporter.pid) - spent) / PROBES * 1e6

    def stop(self):
        self.exporter.stop()
