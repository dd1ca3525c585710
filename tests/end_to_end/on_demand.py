#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""/probe and /sd: Prometheus schedules, and the exporter answers."""
import json
import os
import shutil
import socket
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import configuration, program
from lab.certificates import Pki
from lab.holes import BlackHole
from lab.processes import wait_until
from lab.prometheus import Prometheus
from lab.proxies import Squid
from lab.servers import Nginx, NginxServer

AT_ONCE = 500

SCRAPE = """
global: {{ scrape_interval: 1s, scrape_timeout: 1s }}
scrape_configs:
  - job_name: mtls
    metrics_path: /probe
    http_sd_configs: [ {{ url: "http://{address}/sd", refresh_interval: 1s }} ]
    relabel_configs:
      - {{ source_labels: [ __address__ ], target_label: instance }}
      - {{ target_label: __address__, replacement: "{address}" }}
"""


class OnDemand(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="mtls-on-demand-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.pki = Pki(cls.directory)
        cls.on, cls.optional = NginxServer("on"), NginxServer("optional")
        cls.keep(Nginx(cls.pki, cls.directory, [cls.on, cls.optional]))
        squid = cls.keep(Squid(cls.pki, cls.directory, 1))
        cls.hole = cls.keep(BlackHole())
        labels = '{ team = "red"; }'
        path = configuration.write(
            cls.directory,
            cls.pki,
            [configuration.target("payments", cls.on.port, labels=labels)],
            proxies={"tunnel": squid.url("plain"), "bumping": squid.url("bump-first")},
            interval="1h",
        )
        with open(path, "a", encoding="ascii") as file:
            file.write('probe = { allow = [ "127.0.0.1:*", "*.example:8443" ]; };\n')
        cls.exporter = cls.keep(program.Exporter(path, cls.directory))
        cls.exporter.wait_until_ready()

    @classmethod
    def keep(cls, part):
        cls.addClassCleanup(part.stop)
        return part

    def probe(self, target=None, seconds=30, timeout=None, **parameters):
        if target is not None:
            parameters["target"] = target
        fields = {"x_prometheus_scrape_timeout_seconds": timeout} if timeout else {}
        query = urllib.parse.urlencode(parameters)
        return self.exporter.fetch(f"/probe?{query}", seconds, **fields)

    def test_a_probe_that_succeeds_has_blackbox_exporters_families_and_ours(self):
        status, kind, page = self.probe(f"127.0.0.1:{self.on.port}", module="lab")
        self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
        # through the bumping proxy it fails
        self.assertEqual(program.values(page, "probe_success"), [0])
        self.assertGreater(program.values(page, "probe_duration_seconds")[0], 0)
        self.assertEqual(
            program.values(page, "mtls_client_certificate_required", route="direct"), [1]
        )
        self.assertNotIn("process_", page)
        self.assertNotIn("mtls_probes_total", page)

    def test_a_proxy_chooses_the_routes_and_direct_stays_to_compare_with(self):
        address = f"https://127.0.0.1:{self.on.port}/"
        page = self.probe(address, module="lab", proxy="tunnel")[2]
        self.assertEqual(program.values(page, "probe_success"), [1])
        self.assertIn('route="direct"', page)
        self.assertIn('route="tunnel"', page)
        self.assertNotIn('route="bumping"', page)

    def test_a_configured_target_is_probed_under_its_name_with_its_labels(self):
        page = self.probe(f"https://127.0.0.1:{self.on.port}/", proxy="tunnel")[2]
        self.assertIn('mtls_probe_success{target="payments",route="direct",team="red"} 1', page)

    def test_what_is_wrong_is_said_in_a_line(self):
        good = f"127.0.0.1:{self.on.port}"
        for parameters, status, words in (
            ({}, 400, "target parameter is missing"),
            ({"target": ""}, 400, "target parameter is missing"),
            ({"target": good, "module": "lb"}, 400, 'unknown module "lb" (available: lab)'),
            ({"target": good, "proxy": "none"}, 400, 'unknown proxy: "none"'),
            ({"target": "http://a"}, 400, "http://a"),
            ({"target": "tls://" + good}, 400, "the scheme is not the protocol"),
            ({"target": "a.example:443"}, 403, 'not allowed'),
            ({"target": "10.0.0.1:22"}, 403, 'not allowed'),
            ({"target": "127.0.0.10:22"}, 403, 'not allowed'),
            ({"target": good, "timeout": "soon"}, 400, '"soon"'),
        ):
            with self.subTest(parameters=parameters):
                found = self.probe(**parameters)
                self.assertEqual(found[0], status)
                self.assertIn(words, found[2])
                self.assertEqual(found[2].count("\n"), 1)

    def test_an_allowed_pattern_permits_all_names_below_it(self):
        status, _, page = self.probe("a.b.example:8443", timeout="2")
        self.assertEqual(status, 200)
        self.assertEqual(program.values(page, "probe_success"), [0])

    def test_the_answer_comes_before_prometheus_gives_up(self):
        begin = time.monotonic()
        status, _, page = self.probe(f"127.0.0.1:{self.hole.port}", timeout="1.5")
        self.assertEqual(status, 200)
        self.assertLess(time.monotonic() - begin, 1.5)
        self.assertIn('fault="network",reason="connection_timed_out"', page)

    def test_debug_tells_the_story_in_plain_text(self):
        status, kind, page = self.probe(f"127.0.0.1:{self.on.port}", debug="true")
        self.assertEqual((status, kind), (200, "text/plain; charset=utf-8"))
        for words in ("tls_intercepted", "presented client", "presented none", "What to do:"):
            self.assertIn(words, page)

    def test_hundreds_at_once_are_served_without_a_thread_each(self):
        path = f"/probe?target=127.0.0.1:{self.hole.port}&proxy=tunnel"
        host, port = self.exporter.address.split(":")
        clients = []
        for _ in range(AT_ONCE):
            client = socket.create_connection((host, int(port)), timeout=60)
            self.addCleanup(client.close)
            client.sendall(
                f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
            )
            clients.append(client)
        wait_until(
            lambda: self.number("mtls_probes_in_flight") >= AT_ONCE, "all of them under way"
        )
        self.assertLess(self.number("process_threads"), 32)
        self.assertEqual(self.exporter.fetch("/-/healthy")[0], 200)
        for client in clients:
            with client.makefile("rb") as answer:
                self.assertIn(b"200 OK", answer.readline())
                self.assertIn(b"\nprobe_success 0\n", answer.read())

    def number(self, name):
        return program.values(self.exporter.fetch()[2], name)[0]

    def test_sd_lists_what_to_ask_for(self):
        status, kind, text = self.exporter.fetch("/sd")
        self.assertEqual((status, kind), (200, "application/json"))
        address = f"https://127.0.0.1:{self.on.port}/"
        self.assertEqual(
            json.loads(text),
            [
                {
                    "targets": [address],
                    "labels": {
                        "__param_target": address,
                        "__param_module": "lab",
                        "__param_proxy": "tunnel,bumping",
                        "__meta_mtls_target": "payments",
                        "__meta_mtls_label_team": "red",
                    },
                }
            ],
        )

    def test_real_prometheus_schedules_what_sd_lists(self):
        prometheus = Prometheus(
            SCRAPE.format(address=self.exporter.address), self.directory
        )
        self.addCleanup(prometheus.stop)
        wait_until(lambda: prometheus.query("probe_success"), "the first scrape")
        found = prometheus.query('mtls_fault{fault="none"}')
        by_route = {dict(labels)["route"]: value for labels, value in found.items()}
        self.assertEqual(by_route, {"direct": 1, "tunnel": 1, "bumping": 0})
        instance = f"https://127.0.0.1:{self.on.port}/"
        self.assertEqual({dict(labels)["instance"] for labels in found}, {instance})
        self.assertEqual({dict(labels)["team"] for labels in found}, {"red"})


if __name__ == "__main__":
    unittest.main()
