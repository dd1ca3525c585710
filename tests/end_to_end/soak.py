#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""200 targets, each probed every second, for SOAK_SECONDS (60): no round is
skipped, memory is flat, no descriptor leaks."""
import os
import shutil
import statistics
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import configuration, program
from lab.certificates import Pki
from lab.servers import Nginx, NginxServer

TARGETS = 200
SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))
WARM_UP_SECONDS = max(5.0, SECONDS / 6)
MIB = 1024 * 1024
# A sanitizer keeps freed memory back for a while.
GROWTH_BYTES = 256 * MIB if program.sanitized() else 2 * MIB
DESCRIPTORS = 8
# Longer than this, and it is the machine that was late, not the program.
STALL_SECONDS = 0.25


class Soak(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="mtls-soak-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.pki = Pki(cls.directory)
        cls.servers = [NginxServer("on", (version,)) for version in ("1.2", "1.3")]
        cls.nginx = Nginx(cls.pki, cls.directory, cls.servers)
        cls.addClassCleanup(cls.nginx.stop)

    def start(self):
        targets = [
            configuration.target(f"soak-{number}", self.servers[number % 2].port)
            for number in range(TARGETS)
        ]
        path = configuration.write(
            self.directory, self.pki, targets, interval="1s", contrast_interval="10s"
        )
        exporter = program.Exporter(path, self.directory)
        self.addCleanup(exporter.stop)
        return exporter

    def watch(self, exporter):
        """A moment each second, from the warm-up on."""
        time.sleep(WARM_UP_SECONDS)
        seen = []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            page = exporter.fetch("/metrics")[2]
            begin = time.monotonic()
            time.sleep(1)
            seen.append(Moment(exporter.pid, page, time.monotonic() - begin - 1))
        return seen

    def test_a_minute_of_200_targets_leaves_no_trace(self):
        seen, rate = self.soak()
        if seen[-1].skipped and max(one.overslept for one in seen) > STALL_SECONDS:
            print("this machine stood still for a while: once more", flush=True)
            seen, rate = self.soak()
        skipped = [one.skipped for one in seen]
        self.assertEqual(skipped[-1], 0, f"rounds skipped, by second: {skipped}")
        self.assertGreater(rate, TARGETS * 0.95)
        self.assert_flat([one.memory for one in seen], GROWTH_BYTES, "memory")
        self.assert_flat([one.descriptors for one in seen], DESCRIPTORS, "descriptors")

    def soak(self):
        """What was seen, and how many probes ran each second."""
        exporter = self.start()
        exporter.wait_until_ready()
        before, begin = self.probes(exporter), time.monotonic()
        seen = self.watch(exporter)
        rate = (self.probes(exporter) - before) / (time.monotonic() - begin)
        page = exporter.fetch("/metrics")[2]
        self.report(seen, rate)
        self.assertEqual(program.values(page, "mtls_probe_success"), [1.0] * TARGETS)
        status, _ = exporter.end()
        self.assertEqual(status, 0, exporter.log())
        self.assertNotRegex(exporter.log(), program.SANITIZER)
        return seen, rate

    def probes(self, exporter):
        page = exporter.fetch("/metrics")[2]
        return sum(program.values(page, "mtls_probes_total"))

    def assert_flat(self, numbers, limit, what):
        """The median of the last quarter is no more than limit above the first's."""
        quarter = max(1, len(numbers) // 4)
        first = statistics.median(numbers[:quarter])
        last = statistics.median(numbers[-quarter:])
        self.assertLessEqual(last - first, limit, f"{what}: {numbers}")

    @staticmethod
    def report(seen, rate):
        memory = [one.memory / MIB for one in seen]
        files = [one.descriptors for one in seen]
        print(f"\n{rate:.0f} probes/s, {seen[-1].skipped:.0f} rounds skipped, resident ", end="")
        print(f"{memory[0]:.1f} to {memory[-1]:.1f} MiB, descriptors ", end="")
        print(f"{min(files)} to {max(files)}", flush=True)


class Moment:
    def __init__(self, pid, page, overslept):
        self.overslept = overslept
        self.skipped = program.values(page, "mtls_rounds_skipped_total")[0]
        self.descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            self.memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    unittest.main()
