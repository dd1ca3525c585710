#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quickstart's lab, and a probe in it, print what README.md shows, but for ports, times and
versions."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "../.."))
sys.path.insert(0, os.path.join(TOP, "tests/integration"))

from lab import program
from lab.certificates import Pki
from lab.servers import Nginx, NginxServer

RUNNING = "Running; Ctrl-C stops everything.\n"
# What differs from run to run, or from one Debian to the next.
VARIABLE = (
    (re.compile(r"^Port 10063 is taken: .*\n", re.MULTILINE), ""),
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d+"), r"\1:PORT"),
    (re.compile(r"\bmtls-quickstart-\w+"), "mtls-quickstart-NAME"),
    (re.compile(r"\b\d+(\.\d+)?(us|ms|s)\b"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \(in \d+ days\)"), "DAY"),
    (re.compile(r"\bnginx/[\d.]+"), "nginx/VERSION"),
)


def constant(text):
    for pattern, word in VARIABLE:
        text = pattern.sub(word, text)
    return text


def shown_after(introduction):
    """The first block of README.md after these words."""
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
        rest = file.read().split(introduction, 1)[1]
    return rest.split("```\n", 2)[1]


class Lab:
    """packaging/quickstart, once the program is built."""

    def __init__(self, *arguments):
        script = os.path.join(TOP, "packaging/quickstart_lab.py")
        self.child = subprocess.Popen(
            [sys.executable, script, program.binary(), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def read_until_running(self):
        for line in self.child.stdout:
            self.said += line
            if line == RUNNING:
                return

    def address(self, what):
        return re.search(rf"^{what} +(\S+)$", self.said, re.MULTILINE).group(1)

    def end(self):
        """The exit status."""
        if not self.child.stdout.closed:
            self.said += self.child.communicate()[0]
        return self.child.returncode

    def stop(self):
        self.child.terminate()
        self.end()


class Quickstart(unittest.TestCase):
    maxDiff = None

    def lab(self, *arguments):
        lab = Lab(*arguments)
        self.addCleanup(lab.stop)
        lab.read_until_running()
        return lab

    def test_it_prints_what_the_readme_shows_and_serves_what_it_says(self):
        lab = self.lab()
        shown = shown_after("## Try it\n") + "\n" + RUNNING
        self.assertEqual(constant(lab.said), constant(shown))
        for what in ("page", "metrics", "JSON"):
            with urllib.request.urlopen(lab.address(what), timeout=10) as answer:
                self.assertIn(b"swg_intercepting", answer.read())
        self.assertTrue(os.path.exists(lab.address("config")))

    def test_every_way_to_end_it_stops_everything(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                lab = self.lab()
                lab.child.send_signal(number)
                self.assertEqual(lab.end(), 0, lab.said)
                self.assertTrue(lab.said.endswith("\nStopping\n"), lab.said)
                self.assertFalse(os.path.exists(os.path.dirname(lab.address("config"))))
                with self.assertRaises(OSError):
                    urllib.request.urlopen(lab.address("page"), timeout=1)

    def test_once_shows_the_verdicts_alone(self):
        lab = self.lab("--once")
        self.assertEqual(lab.end(), 0, lab.said)
        shown = shown_after("## Try it\n").split("\npage ")[0]
        self.assertEqual(constant(lab.said), constant(shown))

    def test_a_taken_port_is_said_and_another_one_used(self):
        first, second = self.lab(), self.lab()
        self.assertIn("Port 10063 is taken: the exporter gets another\n", second.said)
        self.assertNotEqual(first.address("page"), second.address("page"))

    def test_an_exporter_that_dies_is_no_success(self):
        lab = self.lab()
        children = f"/proc/{lab.child.pid}/task/{lab.child.pid}/children"
        with open(children, encoding="ascii") as file:
            for pid in file.read().split():
                if os.readlink(f"/proc/{pid}/exe") == os.path.realpath(program.binary()):
                    os.kill(int(pid), signal.SIGKILL)
        self.assertEqual(lab.end(), 1)
        self.assertIn("mtls_exporter ended by itself with -9", lab.said)


class Probe(unittest.TestCase):
    maxDiff = None

    def test_it_prints_what_the_readme_shows(self):
        shown = shown_after("Your own endpoint, once")
        command, _, output = shown.replace("\\\n", "").partition("\n")
        words = command.split()
        self.assertEqual(words[:3], ["$", "mtls_exporter", "probe"])
        with tempfile.TemporaryDirectory() as directory:
            pki = Pki(directory)
            pki.client("other-ca")  # its files are made when it is asked for
            nginx = Nginx(pki, directory, [NginxServer("on", name="api")])
            self.addCleanup(nginx.stop)
            address = f"https://localhost:{nginx.servers['api'].port}/"
            done = program.run("probe", address, *words[4:], directory=directory)
        self.assertEqual(done.errors, "")
        self.assertEqual(constant(done.output), constant(output))
        self.assertEqual(done.status, 1)


if __name__ == "__main__":
    unittest.main()
