#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources keep the rules of the house: see the package rules, one function a rule."""
import os
import unittest

from rules import ALL
from rules.tree import read

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


class TheHouse(unittest.TestCase):
    def test_every_rule_is_kept_everywhere(self):
        tree = read(ROOT)
        self.assertIn("src/main.c", tree)
        for rule in ALL:
            with self.subTest(rule=rule.__name__):
                found = [str(finding) for finding in rule(tree)]
                self.assertFalse(found, "\n" + "\n".join(found))


if __name__ == "__main__":
    unittest.main()
