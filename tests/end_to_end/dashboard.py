#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every query and every variable of the dashboard finds something in real Prometheus, which scrapes
the exporter, which watches real servers."""
import os
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import configuration, dashboard, program
from lab.certificates import Pki
from lab.processes import wait_until
from lab.prometheus import Prometheus
from lab.proxies import Squid
from lab.servers import Nginx, NginxServer

CONFIGURATION = """
global: {{ scrape_interval: 1s, scrape_timeout: 1s }}
scrape_configs:
  - job_name: mtls
    static_configs: [ {{ targets: [ "{address}" ] }} ]
"""
LABEL_VALUES = re.compile(r"^label_values\((.*), (\w+)\)$")


class DashboardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="mtls-dashboard-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        pki = Pki(cls.directory)
        servers = [NginxServer("on"), NginxServer("optional")]
        cls.keep(Nginx(pki, cls.directory, servers))
        squid = cls.keep(Squid(pki, cls.directory, 1))
        path = configuration.write(
            cls.directory,
            pki,
            [configuration.target(server.mode, server.port) for server in servers],
            proxies={"squid": squid.url("plain"), "bumping": squid.url("bump-first")},
        )
        exporter = cls.keep(program.Exporter(path, cls.directory))
        exporter.wait_until_ready()
        scraped = CONFIGURATION.format(address=exporter.address)
        cls.prometheus = cls.keep(Prometheus(scraped, cls.directory))
        wait_until(
            lambda: cls.prometheus.query("count_over_time(mtls_targets[1m]) > 5"), "six scrapes"
        )

    @classmethod
    def keep(cls, part):
        cls.addClassCleanup(part.stop)
        return part

    def test_every_query_returns_series(self):
        for panel in dashboard.panels(dashboard.load()):
            for target in panel["targets"]:
                with self.subTest(panel=panel["title"], query=target["refId"]):
                    asked = dashboard.filled_in(target["expr"], "5s")
                    values = self.prometheus.query(asked).values()
                    self.assertTrue(values)
                    self.assertFalse([value for value in values if value != value], "NaN")

    def test_a_choice_of_target_and_route_leaves_only_those(self):
        for panel in dashboard.panels(dashboard.load()):
            for target in panel["targets"]:
                with self.subTest(panel=panel["title"], query=target["refId"]):
                    asked = dashboard.filled_in(
                        target["expr"], "5s", target="optional", route="bumping"
                    )
                    for labels in map(dict, self.prometheus.query(asked)):
                        self.assertEqual(labels.get("target", "optional"), "optional")
                        self.assertEqual(labels.get("route", "bumping"), "bumping")

    def test_every_variable_has_values(self):
        found = {}
        for variable in dashboard.load()["templating"]["list"]:
            if variable["type"] == "query":
                series, label = LABEL_VALUES.match(variable["query"]).groups()
                parameters = {"match[]": dashboard.filled_in(series, "5s")}
                found[variable["name"]] = self.prometheus.ask(f"label/{label}/values", **parameters)
        self.assertEqual(found["job"], ["mtls"])
        self.assertEqual(found["target"], ["on", "optional"])
        self.assertEqual(found["route"], ["bumping", "direct", "squid"])


if __name__ == "__main__":
    unittest.main()
