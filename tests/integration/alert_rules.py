#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alerting rules: promtool runs alert_rules.yml, no alert is without a test, no reason without
an alert, no alert without its section in the runbook."""
import os
import re
import subprocess
import tempfile
import unittest

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
RULES = os.path.join(TOP, "etc/prometheus/mtls_exporter.rules.yml")
README = os.path.join(TOP, "README.md")
RUNBOOK = os.path.join(TOP, "etc/prometheus/runbook.md")
REASONS = os.path.join(TOP, "src/diagnosis/reason.c")
TESTS = os.path.join(HERE, "alert_rules.yml")

DURATION = re.compile(r"^(\d+)([smh])$")
SECONDS = {"s": 1, "m": 60, "h": 3600}
STANDS_IN_SECONDS = 180  # as long as a last known value counts
REASON_ROW = re.compile(r'\{"([a-z_]+)",\s*FAULT_([A-Z]+),')
SECTION = re.compile(r"^## (\w+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
PARAGRAPH = re.compile(r"^\*\*(\w+)\.\*\* ", re.MULTILINE)
SLUG = re.compile(r"`((?:client|server|proxy|tls|http|tunnel|no)_[a-z_]+)`")
SETTINGS = {"server_name"}  # words of the runbook that look like a reason
PARAGRAPHS = ("Meaning", "Impact", "Diagnosis", "Mitigation")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def promtool(*arguments):
    done = subprocess.run(
        ["promtool", *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def alerts():
    groups = yaml.safe_load(read(RULES))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def names():
    return {rule["alert"] for rule in alerts()}


def seconds(duration):
    number, unit = DURATION.match(duration).groups()
    return int(number) * SECONDS[unit]


def expectations():
    """(test, alert, seconds, [labels of those that are to fire]) for every test of an alert."""
    for test in yaml.safe_load(read(TESTS))["tests"]:
        for one in test.get("alert_rule_test", ()):
            firing = [alert["exp_labels"] for alert in one.get("exp_alerts", ())]
            yield test["name"], one["alertname"], seconds(one["eval_time"]), firing


def life(alert):
    """What alert_rules.yml sees of an alert in one test, test by test: [[False, True, False]]."""
    tests = {}
    for test, name, when, firing in expectations():
        if name == alert:
            tests.setdefault(test, []).append((when, bool(firing)))
    return [[fires for _, fires in sorted(moments)] for moments in tests.values()]


class RulesTest(unittest.TestCase):
    def test_promtool_accepts_the_rules(self):
        status, said = promtool("check", "rules", RULES)
        self.assertEqual(status, 0, said)

    def test_every_alert_behaves_as_alert_rules_yml_says(self):
        status, said = promtool("test", "rules", TESTS)
        self.assertEqual(status, 0, said)

    def test_every_alert_is_seen_before_while_and_after_it_fires(self):
        for alert in names():
            with self.subTest(alert=alert):
                lives = ("".join("-+"[fires] for fires in one) for one in life(alert))
                self.assertTrue(any(re.fullmatch(r"-+\++-+", one) for one in lives))

    def test_every_severity_that_a_rule_has_is_seen(self):
        ruled = {
            (rule["alert"], rule["labels"]["severity"])
            for rule in alerts()
            if "{{" not in rule["labels"]["severity"]
        }
        seen = {
            (name, one["severity"]) for _, name, _, firing in expectations() for one in firing
        }
        self.assertEqual(ruled - seen, set())

    def test_a_value_that_stands_in_for_missed_scrapes_never_fires_alone(self):
        for rule in alerts():
            if "3m" in rule["expr"]:
                with self.subTest(alert=rule["alert"]):
                    self.assertGreater(seconds(rule["for"]), STANDS_IN_SECONDS)

    def test_the_alert_in_the_readme_is_the_real_one(self):
        (shown,) = re.findall(r"```yaml\n(- alert: .*?)```", read(README), re.DOTALL)
        self.assertIn(yaml.safe_load(shown)[0], alerts())

    def test_annotations_follow_the_convention(self):
        for rule in alerts():
            with self.subTest(alert=rule["alert"]):
                notes = rule["annotations"]
                self.assertEqual(set(notes), {"summary", "description", "runbook_url"})
                self.assertRegex(notes["summary"], r"^[A-Z][^{]*\.$")
                self.assertRegex(notes["description"], r"\.$")
                self.assertTrue(notes["runbook_url"].endswith("#" + rule["alert"].lower()))


class ReasonsTest(unittest.TestCase):
    """Each reason that the program knows, on a target of its own, for half an hour."""

    @classmethod
    def setUpClass(cls):
        cls.rows = [(slug, fault.lower()) for slug, fault in REASON_ROW.findall(read(REASONS))]

    def expect(self, expression, samples):
        """Has promtool evaluate it after 20 minutes."""
        series = [
            {
                "series": f'mtls_diagnosis_info{{target="{slug}",route="direct",'
                f'fault="{fault}",reason="{slug}"}}',
                "values": "1x30",
            }
            for slug, fault in self.rows
        ]
        test = {"expr": expression, "eval_time": "20m", "exp_samples": samples}
        tests = [{"interval": "1m", "input_series": series, "promql_expr_test": [test]}]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump({"rule_files": [RULES], "tests": tests}, file)
            file.flush()
            status, said = promtool("test", "rules", file.name)
        self.assertEqual(status, 0, said)

    def test_the_table_of_reasons_is_found(self):
        self.assertIn(("ok", "none"), self.rows)
        self.assertIn(("tls_intercepted", "proxy"), self.rows)

    def test_every_reason_but_ok_raises_exactly_one_alert(self):
        firing = 'ALERTS{alertstate="firing",target!=""}'
        samples = [
            {"labels": f'{{target="{slug}"}}', "value": 1}
            for slug, fault in self.rows
            if fault != "none"
        ]
        self.expect(f"count by (target) ({firing})", samples)

    def test_an_alert_names_the_party_at_fault(self):
        firing = 'ALERTS{alertstate="firing",target!=""}'
        samples = [
            {"labels": f'{{target="{slug}",fault="{fault}"}}', "value": 1}
            for slug, fault in self.rows
            if fault != "none"
        ]
        self.expect(f"count by (target, fault) ({firing})", samples)


class RunbookTest(unittest.TestCase):
    def test_every_alert_has_its_section_and_every_section_its_alert(self):
        found = [name for name, _ in SECTION.findall(read(RUNBOOK))]
        self.assertEqual(sorted(found), sorted(names()))

    def test_every_section_tells_meaning_impact_diagnosis_and_mitigation(self):
        for name, text in SECTION.findall(read(RUNBOOK)):
            with self.subTest(section=name):
                self.assertEqual(tuple(PARAGRAPH.findall(text)), PARAGRAPHS)

    def test_only_known_alerts_and_reasons_are_spoken_of(self):
        text = read(RUNBOOK)
        self.assertEqual(set(re.findall(r"\bMTLS[A-Z]\w+", text)) - names(), set())
        slugs = {slug for slug, _ in REASON_ROW.findall(read(REASONS))}
        self.assertEqual(set(SLUG.findall(text)) - slugs, SETTINGS)


if __name__ == "__main__":
    unittest.main()
