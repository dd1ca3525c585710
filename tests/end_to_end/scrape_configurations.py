#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example scrape configurations at work: real Prometheus has the exporter probe real servers,
with the shipped files but for the addresses and the pace."""
import os
import shutil
import sys
import tempfile
import unittest

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../integration"))

from lab import configuration, program
from lab.certificates import Pki
from lab.processes import wait_until
from lab.prometheus import Prometheus
from lab.proxies import Squid
from lab.servers import Nginx, NginxServer

FOLDER = os.path.join(HERE, "../../etc/prometheus")


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


class ScrapeConfigurationsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="mtls-scrape-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        pki = Pki(cls.directory)
        cls.servers = [NginxServer("on", name=f"server-{number}") for number in range(8)]
        cls.keep(Nginx(pki, cls.directory, cls.servers))
        squid = cls.keep(Squid(pki, cls.directory, 1))
        labels = '{ team = "payments"; }'
        targets = [
            configuration.target(server.name, server.port, labels=labels)
            for server in cls.servers[:6]
        ]
        path = configuration.write(
            cls.directory,
            pki,
            targets,
            proxies={"edge_swg": squid.url("plain")},
            interval="1h",
        )
        with open(path, "a", encoding="ascii") as file:
            file.write('probe = { allow = [ "127.0.0.1:*" ]; };\n')
        cls.exporter = cls.keep(program.Exporter(path, cls.directory))
        cls.exporter.wait_until_ready()

    @classmethod
    def keep(cls, part):
        cls.addClassCleanup(part.stop)
        return part

    def start(self, settings):
        """Prometheus with the job that probes, once a second."""
        settings["global"].update(scrape_interval="1s", scrape_timeout="1s")
        settings["scrape_configs"] = [
            job for job in settings["scrape_configs"] if job["job_name"] == "mtls_probe"
        ]
        settings.pop("rule_files")
        directory = tempfile.mkdtemp(dir=self.directory)
        prometheus = Prometheus(yaml.safe_dump(settings), directory)
        self.addCleanup(prometheus.stop)
        return prometheus

    def test_targets_of_the_probing_one_are_probed_over_the_routes_asked_for(self):
        known, stranger = self.servers[0], self.servers[7]
        text = read("scrape_probe.yml").replace("https_mtls", "lab")
        text = text.replace("https://api.example/health", f"https://127.0.0.1:{known.port}/")
        text = text.replace("ledger.example:8443", f"127.0.0.1:{self.servers[6].port}")
        text = text.replace("https://partner.example/", f"127.0.0.1:{stranger.port}")
        text = text.replace("127.0.0.1:10063", self.exporter.address)
        prometheus = self.start(yaml.safe_load(text))
        healthy = 'mtls_fault{fault="none"} == 1'
        wait_until(lambda: len(prometheus.query(healthy)) == 6, "three targets on two routes")
        self.assertEqual(set(prometheus.query("probe_success").values()), {1})
        teams = {
            (dict(labels)["instance"], dict(labels)["team"]) for labels in prometheus.query("up")
        }
        self.assertIn((f"127.0.0.1:{stranger.port}", "partners"), teams)

    def test_a_single_shard_of_the_sharded_one_probes_all_that_the_exporter_lists(self):
        text = read("scrape_sharded.yml").replace("modulus: 4", "modulus: 1")
        text = text.replace("mtls-exporter.example:10063", self.exporter.address)
        prometheus = self.start(yaml.safe_load(text))
        wait_until(lambda: len(prometheus.query("up == 1")) == 6, "six targets")
        wanted = {(server.name, "payments") for server in self.servers[:6]}
        for series in ("up", "probe_success", 'mtls_fault{route="edge_swg",fault="none"}'):
            with self.subTest(series=series):
                found = map(dict, prometheus.query(series + " == 1"))
                self.assertEqual({(one["target"], one["team"]) for one in found}, wanted)


if __name__ == "__main__":
    unittest.main()
