#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Prometheus scrapes the exporter, which watches real servers."""
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import configuration, program
from lab.certificates import Pki
from lab.holes import Down
from lab.processes import Process, StartFailed, free_ports, started, wait_until
from lab.prometheus import Prometheus
from lab.proxies import Squid
from lab.servers import Nginx, NginxServer, OpensslServer

CONFIGURATION = """
global: {{ scrape_interval: 1s, scrape_timeout: 1s }}
scrape_configs:
  - job_name: mtls
    static_configs: [ {{ targets: [ "{address}" ] }} ]
  # the same in the text format, which this Prometheus cannot be told to ask for
  - job_name: mtls_text
    static_configs: [ {{ targets: [ "{text_address}" ] }} ]
    metric_relabel_configs:
      - {{ source_labels: [ __name__ ], regex: mtls_targets, action: keep }}
"""

TEXT_FORMAT_ONLY = """
daemon off;
master_process off;
pid {directory}/text.pid;
error_log stderr;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {directory}/text-body;
  proxy_temp_path {directory}/text-proxy;
  fastcgi_temp_path {directory}/text-fastcgi;
  uwsgi_temp_path {directory}/text-uwsgi;
  scgi_temp_path {directory}/text-scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://{address}; proxy_set_header Accept "text/plain"; }}
  }}
}}
"""

OPENMETRICS = "application/openmetrics-text; version=1.0.0"

# Debian's python3-prometheus-client belongs to Debian's own python3.
PARSE_OPENMETRICS = """
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
print(*sorted(family.type + " " + family.name for family in families), sep="\\n")
"""

# What interface.md promises and this world can fill.
FAMILIES = """
mtls_probe_success mtls_client_certificate_requested mtls_client_certificate_required
mtls_client_certificate_accepted mtls_client_certificate_issuer_acceptable mtls_acceptable_issuers
mtls_acceptable_issuer_list_info mtls_tunnel_intact mtls_fault mtls_diagnosis_info
mtls_diagnosis_changes_total mtls_last_contrast_timestamp_seconds
mtls_last_diagnosis_change_timestamp_seconds mtls_probe_interval_seconds
mtls_last_probe_timestamp_seconds mtls_last_success_timestamp_seconds
mtls_probe_phase_duration_seconds mtls_probe_duration_seconds_bucket
mtls_probe_duration_seconds_sum mtls_probe_duration_seconds_count mtls_probes_total
mtls_probe_failures_total mtls_tls_alert_code mtls_http_status_code mtls_proxy_connect_status_code
mtls_tls_info mtls_server_certificate_not_after_timestamp_seconds
mtls_server_certificate_not_before_timestamp_seconds mtls_server_chain_not_after_timestamp_seconds
mtls_server_certificate_info mtls_server_certificate_verified
mtls_client_certificate_not_after_timestamp_seconds mtls_client_certificate_info
mtls_client_certificate_usable mtls_targets mtls_probes_in_flight mtls_rounds_skipped_total
mtls_scheduler_lag_seconds mtls_exporter_build_info mtls_exporter_config_last_reload_successful
mtls_exporter_config_last_reload_success_timestamp_seconds process_cpu_seconds_total
process_open_fds process_resident_memory_bytes process_start_time_seconds
""".split()


class TextFormatOnly:
    """nginx before the exporter, which asks it for nothing but the text format."""

    def __init__(self, address, directory):
        self.directory = directory
        self.target = address
        self.process = started(self._start)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self.process.stop()

    def _start(self):
        self.port = free_ports(1)[0]
        path = os.path.join(self.directory, "text.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(
                TEXT_FORMAT_ONLY.format(
                    directory=self.directory, port=self.port, address=self.target
                )
            )
        process = Process("nginx-text", ("nginx", "-c", path), self.directory)
        try:
            process.wait_for_ports([self.port])
        except StartFailed:
            process.stop()
            raise
        return process


class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="mtls-prometheus-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.start_world()
        path = configuration.write(
            cls.directory,
            cls.pki,
            cls.targets(),
            proxies={"squid": cls.squid.url("plain"), "bumping": cls.squid.url("bump-first")},
        )
        cls.exporter = cls.keep(program.Exporter(path, cls.directory))
        cls.exporter.wait_until_ready()
        text = cls.keep(TextFormatOnly(cls.exporter.address, cls.directory))
        scraped = CONFIGURATION.format(
            address=cls.exporter.address, text_address=text.address
        )
        cls.prometheus = cls.keep(Prometheus(scraped, cls.directory))
        wait_until(
            lambda: len(cls.prometheus.query("mtls_targets")) == 2, "the first scrapes"
        )

    @classmethod
    def keep(cls, part):
        cls.addClassCleanup(part.stop)
        return part

    @classmethod
    def start_world(cls):
        cls.pki = Pki(cls.directory)
        cls.on = NginxServer("on")
        cls.optional = NginxServer("optional")
        cls.nginx = cls.keep(Nginx(cls.pki, cls.directory, [cls.on, cls.optional]))
        cls.s_server = cls.keep(OpensslServer(cls.pki, cls.directory, "required", "1.3"))
        cls.squid = cls.keep(Squid(cls.pki, cls.directory, 1))
        cls.down = cls.keep(Down())

    @classmethod
    def targets(cls):
        labels = '{ team = "red"; severity = "critical"; }'
        return [
            configuration.target("required", cls.on.port, labels=labels),
            configuration.target("optional", cls.optional.port),
            configuration.target("alerts", cls.s_server.port, protocol="tls"),
            configuration.target("down", cls.down.port),
        ]

    def one(self, expression):
        found = self.prometheus.query(expression)
        self.assertEqual(len(found), 1, f"{expression}: {found}")
        return next(iter(found.values()))

    def test_up_is_one(self):
        for job in ("mtls", "mtls_text"):
            with self.subTest(job=job):
                self.assertEqual(self.one(f'up{{job="{job}"}}'), 1)

    def test_prometheus_has_nothing_to_complain_about(self):
        scraped = set(self.prometheus.query("scrape_samples_scraped").values())
        self.assertGreater(min(scraped), 100)
        log = self.prometheus.log()
        for line in log.splitlines():
            self.assertNotRegex(line, r"level=(warn|error)")

    def test_promtool_is_silent(self):
        page = self.exporter.fetch("/metrics")[2]
        done = subprocess.run(
            ["promtool", "check", "metrics"],
            input=page.encode(),
            capture_output=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_every_family_is_there(self):
        missing = [name for name in FAMILIES if not self.prometheus.query(name)]
        self.assertEqual(missing, [])

    def test_every_family_has_help_and_type(self):
        page = self.exporter.fetch("/metrics")[2]
        for name in FAMILIES:
            family = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
            with self.subTest(family=family):
                self.assertIn(f"# HELP {family} ", page)
                self.assertIn(f"# TYPE {family} ", page)

    def test_the_content_type_is_that_of_the_text_format(self):
        kind = self.exporter.fetch("/metrics")[1]
        self.assertIn("text/plain; version=0.0.4", kind)

    def test_openmetrics_is_what_debians_parser_takes(self):
        status, kind, page = self.exporter.fetch("/metrics", accept=OPENMETRICS)
        self.assertEqual((status, kind), (200, OPENMETRICS + "; charset=utf-8"))
        done = subprocess.run(
            ["/usr/bin/python3", "-c", PARSE_OPENMETRICS],
            input=page,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = done.stdout.splitlines()
        for family in ("info mtls_diagnosis", "counter mtls_probes", "gauge mtls_fault"):
            self.assertIn(family, found)

    def test_both_formats_have_the_same_series(self):
        text, openmetrics = (
            {
                # le="1.0" is the same bucket as le="1"
                line.rsplit(" ", 1)[0].replace('.0"', '"')
                for line in self.exporter.fetch("/metrics", accept=accept)[2].splitlines()
                if not line.startswith("#")
            }
            for accept in ("text/plain", OPENMETRICS)
        )
        self.assertEqual(text, openmetrics)

    def test_no_series_is_exposed_twice(self):
        for accept in ("text/plain", OPENMETRICS):
            lines = self.exporter.fetch("/metrics", accept=accept)[2].splitlines()
            series = [line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")]
            families = [line for line in lines if line.startswith("# TYPE")]
            with self.subTest(accept=accept):
                self.assertEqual(len(set(series)), len(series))
                self.assertEqual(len(set(families)), len(families))

    def test_only_the_families_asked_for_are_served(self):
        page = self.exporter.fetch("/metrics?name[]=mtls_fault&name%5B%5D=mtls_targets")[2]
        names = {line.split("{")[0].split(" ")[0] for line in page.splitlines()}
        self.assertEqual(names, {"#", "mtls_fault", "mtls_targets"})

    def test_the_page_comes_compressed_to_those_who_ask(self):
        request = urllib.request.Request(
            self.exporter.url("/metrics"), headers={"Accept-Encoding": "gzip"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual(answer.headers["Content-Encoding"], "gzip")
            page = gzip.decompress(answer.read()).decode()
        self.assertIn("mtls_exporter_build_info{", page)

    def test_exactly_one_fault_is_set_for_each_target_and_route(self):
        sums = self.prometheus.query("sum by (target, route) (mtls_fault)")
        self.assertEqual(len(sums), 4 * 3)
        self.assertEqual(set(sums.values()), {1.0})

    def test_what_is_watched_is_told_as_it_is(self):
        for expression, value in (
            ('mtls_probe_success{target="required",route="direct"}', 1),
            ('mtls_probe_success{target="required",route="squid"}', 1),
            ('mtls_client_certificate_required{target="required",route="direct"}', 1),
            ('mtls_client_certificate_required{target="optional",route="direct"}', 0),
            ('mtls_client_certificate_accepted{target="required",route="squid"}', 1),
            ('mtls_fault{target="optional",route="direct",fault="server"}', 1),
            ('mtls_fault{target="required",route="bumping",fault="proxy"}', 1),
            ('mtls_fault{target="down",route="direct",fault="network"}', 1),
            ('mtls_fault{target="down",route="squid",fault="network"}', 1),
            ('mtls_tunnel_intact{target="required",route="squid"}', 1),
            ('mtls_tunnel_intact{target="required",route="bumping"}', 0),
            ('mtls_tls_alert_code{target="alerts",route="direct",presented="none"}', 116),
            ('mtls_http_status_code{target="required",route="direct",presented="none"}', 400),
            ('mtls_proxy_connect_status_code{target="required",route="squid"}', 200),
            ('mtls_targets{job="mtls"}', 4),
        ):
            with self.subTest(series=expression):
                self.assertEqual(self.one(expression), value)

    def test_what_cannot_be_known_is_absent(self):
        for expression in (
            'mtls_client_certificate_required{target="down",route!="bumping"}',
            'mtls_client_certificate_accepted{target="down"}',
            'mtls_tunnel_intact{route="direct"}',
            'mtls_tls_alert_code{target="required",route="direct"}',
            'mtls_server_certificate_info{target="down",route="direct"}',
        ):
            with self.subTest(series=expression):
                self.assertEqual(self.prometheus.query(expression), {})

    def test_labels_of_a_target_stand_on_all_its_series(self):
        labelled = self.prometheus.query('count({target="required",team="red"})')
        every = self.prometheus.query('count({target="required"})')
        self.assertEqual(list(labelled.values()), list(every.values()))

    def test_the_reason_is_one_series_for_each_target_and_route(self):
        counts = self.prometheus.query("count by (target, route) (mtls_diagnosis_info)")
        self.assertEqual((len(counts), set(counts.values())), (4 * 3, {1.0}))

    def test_nothing_is_served_twice_or_as_nan(self):
        found = program.samples(self.exporter.fetch("/metrics")[2])
        self.assertFalse([key for key, value in found.items() if value != value])

    def test_healthy_ready_and_the_page_for_people(self):
        for path in ("/-/healthy", "/-/ready", "/"):
            with self.subTest(path=path):
                self.assertEqual(self.exporter.fetch(path)[0], 200)
        page = self.exporter.fetch("/")[2]
        for words in ("required", "optional", "bumping", "tls_intercepted"):
            self.assertIn(words, page)

    def test_what_is_not_there_is_404(self):
        self.assertEqual(self.exporter.fetch("/nothing")[0], 404)


if __name__ == "__main__":
    unittest.main()
