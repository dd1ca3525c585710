#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dashboard's file: made by packaging/dashboard.py, and by the rules of Grafana's
dashboard-linter, named here as there."""
import os
import re
import subprocess
import sys
import unittest

from lab import dashboard

GENERATOR = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../packaging/dashboard.py"
)
UNITS = {"none", "s", "ops", "bytes", "percentunit", "dateTimeFromNow"}
SELECTOR = re.compile(r"\b((?:mtls|process|up)[a-z_]*)\{([^}]*)\}")
METRIC = re.compile(r"\b(?:mtls_[a-z_]+|process_[a-z_]+|up)\b")
COUNTER = re.compile(r"\b\w+_total\b")
RATED = re.compile(r"\b(?:rate|increase)\((\w+)\{[^}]*\}\[\$__rate_interval\]\)")
LABEL_QUERY = re.compile(r"^label_values\(mtls_fault(\{.*\})?, \w+\)$")


class DashboardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dashboard = dashboard.load()
        cls.panels = dashboard.panels(cls.dashboard)
        cls.variables = {one["name"]: one for one in cls.dashboard["templating"]["list"]}

    def each_panel(self):
        for panel in self.panels:
            with self.subTest(panel=panel["title"]):
                yield panel

    def each_expression(self):
        for panel in self.each_panel():
            for target in panel["targets"]:
                with self.subTest(query=target["refId"]):
                    yield target["expr"]

    def test_the_file_is_what_the_generator_prints(self):
        made = subprocess.run(
            [sys.executable, GENERATOR], capture_output=True, text=True, check=True
        )
        with open(dashboard.FILE, encoding="utf-8") as file:
            self.assertEqual(file.read(), made.stdout)

    def test_template_datasource(self):
        variable = self.variables["datasource"]
        self.assertEqual((variable["type"], variable["query"]), ("datasource", "prometheus"))
        self.assertEqual(variable["label"], "Data source")

    def test_template_job_and_template_instance(self):
        for name in ("job", "instance", "target", "route"):
            with self.subTest(variable=name):
                variable = self.variables[name]
                self.assertEqual(variable["label"], name.capitalize())
                self.assertEqual(variable["datasource"]["uid"], "${datasource}")
                self.assertEqual((variable["type"], variable["allValue"]), ("query", ".+"))
                self.assertTrue(variable["multi"] and variable["includeAll"])

    def test_template_on_time_change_reload_and_template_label_promql(self):
        for variable in self.variables.values():
            if variable["type"] == "query":
                with self.subTest(variable=variable["name"]):
                    self.assertEqual(variable["refresh"], 2)
                    self.assertRegex(variable["query"], LABEL_QUERY)

    def test_panel_datasource(self):
        for panel in self.each_panel():
            uids = {one["datasource"]["uid"] for one in (panel, *panel["targets"])}
            self.assertEqual(uids, {"${datasource}"})

    def test_panel_title_description(self):
        for panel in self.each_panel():
            self.assertTrue(panel["title"])
            self.assertRegex(panel["description"], r"[.?]$")

    def test_panel_units(self):
        for panel in self.each_panel():
            self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS)

    def test_panel_no_targets(self):
        for panel in self.each_panel():
            letters = [target["refId"] for target in panel["targets"]]
            self.assertEqual(letters, list("ABCDEFG")[: max(len(letters), 1)])

    def test_target_job_and_target_instance(self):
        for expression in self.each_expression():
            selected = SELECTOR.findall(expression)
            self.assertEqual(
                len(selected), len(METRIC.findall(expression)), "a metric without selector"
            )
            for _, matchers in selected:
                self.assertIn('job=~"$job"', matchers)
                self.assertIn('instance=~"$instance"', matchers)

    def test_target_rate_interval_and_target_counter_agg(self):
        for expression in self.each_expression():
            rated = RATED.findall(expression)
            self.assertEqual(expression.count("$__rate_interval"), len(rated))
            self.assertEqual(expression.count("["), len(rated))
            self.assertLessEqual(set(COUNTER.findall(expression)), set(rated))

    def test_uneditable_dashboard(self):
        self.assertFalse(self.dashboard["editable"])

    def test_panels_lie_side_by_side_and_have_numbers_of_their_own(self):
        taken = set()
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            with self.subTest(panel=panel["title"]):
                self.assertLessEqual(place["x"] + place["w"], 24)
                self.assertEqual(taken & cells, set())
            taken |= cells
        numbers = [panel["id"] for panel in self.dashboard["panels"]]
        self.assertEqual(len(set(numbers)), len(numbers))

    def test_it_can_be_imported_and_provisioned_everywhere(self):
        self.assertIsNone(self.dashboard["id"])
        self.assertNotIn("__inputs", self.dashboard)
        kinds = {panel["type"] for panel in self.panels}
        known = {"stat", "table", "state-timeline", "bargauge", "timeseries"}
        self.assertEqual(kinds, known)


if __name__ == "__main__":
    unittest.main()
