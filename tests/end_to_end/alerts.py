#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a change on a real server to the right person's webhook and back: nginx stops asking for
client certificates, and Prometheus and Alertmanager say so with our rules and our routes."""
import os
import re
import shutil
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../integration"))

from lab import configuration, program
from lab.alertmanager import Alertmanager, Webhook
from lab.certificates import Pki
from lab.processes import wait_until
from lab.prometheus import Prometheus
from lab.proxies import Squid
from lab.servers import Nginx, NginxServer

ETC = os.path.join(HERE, "../../etc")
CONFIGURATION = """
global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}
rule_files: [ "{rules}" ]
alerting: {{ alertmanagers: [ {{ static_configs: [ {{ targets: [ "{alertmanager}" ] }} ] }} ] }}
scrape_configs:
  - job_name: mtls
    static_configs: [ {{ targets: [ "{exporter}" ] }} ]
"""


def read(name):
    with open(os.path.join(ETC, name), encoding="utf-8") as file:
        return file.read()


def minutes_to_seconds(text, *names):
    """The same text with these durations a sixtieth as long."""
    return re.sub(rf"^(\s*(?:{'|'.join(names)}): \d+)m$", r"\1s", text, flags=re.MULTILINE)


class AlertsTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="mtls-alerts-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.start_servers()
        self.start_exporter()
        self.webhook = self.keep(Webhook())
        self.alertmanager = self.keep(Alertmanager(self.routes(), self.directory))
        scraped = CONFIGURATION.format(
            rules=self.write_rules(),
            alertmanager=self.alertmanager.address,
            exporter=self.exporter.address,
        )
        self.prometheus = self.keep(Prometheus(scraped, self.directory))

    def keep(self, part):
        self.addCleanup(part.stop)
        return part

    def start_servers(self):
        self.pki = Pki(self.directory)
        self.payments = NginxServer("on", name="payments")
        self.files = NginxServer("on", name="files")
        self.nginx = self.keep(Nginx(self.pki, self.directory, [self.payments, self.files]))
        self.squid = self.keep(Squid(self.pki, self.directory, 1))

    def start_exporter(self):
        team = '{ team = "payments"; severity = "critical"; }'
        path = configuration.write(
            self.directory,
            self.pki,
            [
                configuration.target("payments", self.payments.port, labels=team),
                configuration.target("files", self.files.port),
            ],
            proxies={"bumping": self.squid.url("bump-first")},
        )
        self.exporter = self.keep(program.Exporter(path, self.directory))
        self.exporter.wait_until_ready()

    def routes(self):
        text = read("alertmanager/alertmanager.yml")
        text = text.replace("https://hooks.example", self.webhook.url)
        text = text.replace("group_wait: 30s", "group_wait: 1s")
        return minutes_to_seconds(text, "group_interval")

    def write_rules(self):
        path = os.path.join(self.directory, "rules.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(minutes_to_seconds(read("prometheus/mtls_exporter.rules.yml"), "for"))
        return path

    def wait_for(self, status, alert):
        def told():
            return [one for one in self.webhook.alerts(status) if one[1]["alertname"] == alert]

        return wait_until(told, f"{alert} {status}")

    def test_an_alert_reaches_who_is_concerned_and_is_resolved(self):
        self.wait_for("firing", "MTLSProxyAtFault")
        self.nginx.change_mode(self.payments, "off")
        path, labels, annotations = self.wait_for(
            "firing", "MTLSClientCertificateNotRequested"
        )[0]
        self.assertEqual(path, "/payments-pager")
        self.assertEqual(
            labels,
            {
                "alertname": "MTLSClientCertificateNotRequested",
                "severity": "critical",
                "team": "payments",
                "target": "payments",
                "route": "direct",
                "fault": "server",
                "reason": "client_certificate_not_requested",
                "job": "mtls",
                "instance": self.exporter.address,
            },
        )
        self.assertIn("payments does not ask for a client certificate", annotations["description"])
        self.nginx.change_mode(self.payments, "on")
        resolved = self.wait_for("resolved", "MTLSClientCertificateNotRequested")
        self.assertEqual(resolved[0][:2], (path, labels))
        self.check_that_the_proxy_was_told_of_once()
        self.check_that_nothing_else_was_told()

    def check_that_the_proxy_was_told_of_once(self):
        firing = 'ALERTS{alertname="MTLSTunnelIntercepted",alertstate="firing"}'
        self.assertEqual(len(self.prometheus.query(firing)), 2, "there is nothing to silence")
        told = self.wait_for("firing", "MTLSProxyAtFault")
        paths_and_routes = {(path, labels["route"]) for path, labels, _ in told}
        self.assertEqual(paths_and_routes, {("/network", "bumping")})

    def check_that_nothing_else_was_told(self):
        told = {labels["alertname"] for _, labels, _ in self.webhook.alerts("firing")}
        expected = {"MTLSProxyAtFault", "MTLSClientCertificateNotRequested"}
        # the lab's certificates live for 30 days
        self.assertEqual(told - {"MTLSClientCertificateExpiring"}, expected)


if __name__ == "__main__":
    unittest.main()
