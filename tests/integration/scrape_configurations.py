#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example scrape configurations: promtool accepts them, and finds what they are meant to find."""
import glob
import json
import os
import subprocess
import tempfile
import unittest

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.normpath(os.path.join(HERE, "../../etc/prometheus"))

# As /sd lists targets.
LISTED = [
    {
        "targets": [f"{name}.example:443"],
        "labels": {
            "__param_target": f"{name}.example:443",
            "__param_module": "https_mtls",
            "__param_proxy": "edge_swg",
            "__meta_mtls_target": name,
            "__meta_mtls_label_team": "payments",
        },
    }
    for name in (f"host-{number}" for number in range(40))
]


def path(name):
    return os.path.join(FOLDER, name)


def read(name):
    with open(path(name), encoding="utf-8") as file:
        return file.read()


def promtool(*arguments):
    done = subprocess.run(
        ["promtool", *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def discovered(file, job):
    """The labels of every target that is kept."""
    status, said, errors = promtool("check", "service-discovery", "--timeout=3s", file, job)
    if status != 0:
        raise AssertionError(errors)
    return [one["labels"] for one in json.loads(said) if one.get("labels")]


def asked(labels):
    """What the exporter is asked, as (target, module, proxy)."""
    return tuple(labels.get("__param_" + name, "") for name in ("target", "module", "proxy"))


def manifests(name):
    return list(yaml.safe_load_all(read(name)))


class ScrapeConfigurationsTest(unittest.TestCase):
    def test_promtool_accepts_every_one(self):
        files = glob.glob(path("scrape_*.yml"))
        self.assertEqual(len(files), 3)
        for file in files:
            with self.subTest(file=os.path.basename(file)):
                status, said, errors = promtool("check", "config", file)
                self.assertEqual(status, 0, said + errors)

    def test_every_one_scrapes_the_exporter_itself_as_job_mtls(self):
        for file in glob.glob(path("scrape_*.yml")):
            with self.subTest(file=os.path.basename(file)):
                jobs = {job["job_name"]: job for job in yaml.safe_load(read(file))["scrape_configs"]}
                self.assertEqual(jobs["mtls"].get("metrics_path", "/metrics"), "/metrics")

    def test_the_scheduled_one_finds_the_exporter(self):
        found = discovered(path("scrape_scheduled.yml"), "mtls")
        self.assertEqual([one["instance"] for one in found], ["127.0.0.1:10063"])

    def test_the_probing_one_asks_the_exporter_for_each_target(self):
        found = discovered(path("scrape_probe.yml"), "mtls_probe")
        self.assertEqual(
            {asked(one) for one in found},
            {
                ("https://api.example/health", "https_mtls", ""),
                ("ledger.example:8443", "https_mtls", ""),
                ("https://partner.example/", "https_mtls", "edge_swg"),
            },
        )
        self.check_probe_targets(found, "127.0.0.1:10063")

    def check_probe_targets(self, found, exporter):
        for labels in found:
            with self.subTest(asked=asked(labels)):
                self.assertEqual(labels["__address__"], exporter)
                self.assertEqual(labels["__metrics_path__"], "/probe")
                self.assertEqual(labels["instance"], labels["__param_target"])
        public = {
            tuple(item for item in sorted(labels.items()) if not item[0].startswith("__"))
            for labels in found
        }
        self.assertEqual(len(public), len(found), "two targets have the same labels")

    def test_the_shards_share_all_that_is_listed_and_nothing_twice(self):
        shares = [self.discover_shard(number) for number in range(4)]
        together = [one for share in shares for one in share]
        self.assertEqual(
            sorted(asked(one) for one in together),
            sorted(asked(one["labels"]) for one in LISTED),
        )
        self.assertTrue(all(shares), "a shard has nothing to do")
        self.assertEqual({one["team"] for one in together}, {"payments"})
        self.assertEqual(len({one["target"] for one in together}), len(LISTED))
        self.check_probe_targets(together, "mtls-exporter.example:10063")

    def discover_shard(self, number):
        """The shipped file, with a file in place of the exporter's /sd."""
        settings = yaml.safe_load(read("scrape_sharded.yml"))
        job = settings["scrape_configs"][1]
        job["relabel_configs"][1]["regex"] = str(number)
        del job["http_sd_configs"]
        with tempfile.TemporaryDirectory() as directory:
            job["file_sd_configs"] = [{"files": [os.path.join(directory, "sd.json")]}]
            settings.pop("rule_files")
            with open(os.path.join(directory, "sd.json"), "w", encoding="ascii") as file:
                json.dump(LISTED, file)
            file = os.path.join(directory, "prometheus.yml")
            with open(file, "w", encoding="ascii") as out:
                yaml.safe_dump(settings, out)
            return discovered(file, "mtls_probe")


class KubernetesTest(unittest.TestCase):
    def test_the_probes_ask_the_same_as_the_scrape_configuration(self):
        found = set()
        for manifest in manifests("kubernetes_probe.yml"):
            self.assertEqual(manifest["kind"], "Probe")
            spec = manifest["spec"]
            self.assertEqual((spec["jobName"], spec["prober"]["path"]), ("mtls_probe", "/probe"))
            group = spec["targets"]["staticConfig"]
            relabelled = {
                one["targetLabel"]: one["replacement"]
                for one in group.get("relabelingConfigs", ())
            }
            proxy = relabelled.get("__param_proxy", "")
            found |= {(target, spec["module"], proxy) for target in group["static"]}
        scraped = discovered(path("scrape_probe.yml"), "mtls_probe")
        self.assertEqual(found, {asked(one) for one in scraped})

    def test_the_service_monitor_names_the_job_that_the_rules_know(self):
        (manifest,) = manifests("kubernetes_servicemonitor.yml")
        self.assertEqual(manifest["kind"], "ServiceMonitor")
        (endpoint,) = manifest["spec"]["endpoints"]
        self.assertIn({"targetLabel": "job", "replacement": "mtls"}, endpoint["relabelings"])


if __name__ == "__main__":
    unittest.main()
