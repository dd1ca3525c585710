#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running exporter takes over a changed configuration, all of it or nothing."""
import os
import shutil
import signal
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import configuration, program
from lab.certificates import Pki
from lab.processes import wait_until
from lab.servers import Nginx, NginxServer

SUCCESSFUL = "mtls_exporter_config_last_reload_successful"


class Reload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = tempfile.mkdtemp(prefix="mtls-reload-lab-")
        cls.addClassCleanup(shutil.rmtree, cls.lab, ignore_errors=True)
        cls.pki = Pki(cls.lab)
        cls.server = NginxServer("on")
        nginx = Nginx(cls.pki, cls.lab, [cls.server])
        cls.addClassCleanup(nginx.stop)

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="mtls-reload-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.path = self.write("kept", "removed")
        self.exporter = program.Exporter(
            self.path, self.directory, "--web.enable-lifecycle"
        )
        self.addCleanup(self.exporter.stop)
        self.exporter.wait_until_ready()

    def write(self, *names, **module):
        targets = [configuration.target(name, self.server.port) for name in names]
        return configuration.write(self.directory, self.pki, targets, **module)

    def value(self, family, **labels):
        """Of the one series with these labels; None: there is none."""
        found = program.values(self.exporter.fetch()[2], family, **labels)
        self.assertLess(len(found), 2)
        return found[0] if found else None

    def post(self, path="/-/reload"):
        request = urllib.request.Request(self.exporter.url(path), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()

    def test_removed_targets_vanish_kept_ones_go_on_and_new_ones_come(self):
        wait_until(lambda: self.value("mtls_probes_total", target="kept") >= 4, "probes")
        before = self.value("mtls_probes_total", target="kept")
        self.write("kept", "added")
        self.assertEqual(self.post()[0], 200)
        page = self.exporter.fetch()[2]
        self.assertNotIn('target="removed"', page)
        self.assertIn('target="added"', page)
        self.assertGreaterEqual(self.value("mtls_probes_total", target="kept"), before)
        self.assertEqual(self.value("mtls_probe_success", target="kept"), 1)
        self.assertEqual(self.value("mtls_diagnosis_changes_total", target="kept"), 0)
        wait_until(
            lambda: self.value("mtls_probe_success", target="added") == 1, "the new target"
        )
        wait_until(
            lambda: self.value("mtls_probes_total", target="kept") > before, "further probes"
        )
        self.assertEqual(self.exporter.fetch("/-/ready")[0], 200)

    def test_a_mistake_leaves_everything_as_it_was(self):
        with open(self.path, "a", encoding="ascii") as file:
            file.write('nonsense = 1;\nmore = "2";\n')
        with open(self.path, encoding="utf-8") as file:
            line = len(file.readlines())
        status, text = self.post()
        self.assertEqual(status, 500)
        self.assertIn(f"{self.path}:{line - 1}: unknown setting \"nonsense\"", text)
        self.assertIn(f"{self.path}:{line}: unknown setting \"more\"", text)
        self.assertEqual(self.value(SUCCESSFUL), 0)
        before = self.value("mtls_probes_total", target="removed")
        wait_until(
            lambda: self.value("mtls_probes_total", target="removed") > before, "probes"
        )
        self.write("kept")
        self.assertEqual(self.post()[0], 200)
        self.assertEqual(self.value(SUCCESSFUL), 1)

    def test_sighup_reloads(self):
        self.write("kept", "added")
        self.exporter.process.child.send_signal(signal.SIGHUP)
        wait_until(lambda: self.value("mtls_targets") == 2, "the reload")
        wait_until(
            lambda: self.value("mtls_probe_success", target="added") == 1, "the new target"
        )
        self.assertIn("configuration reloaded", self.exporter.log())

    def test_reloads_in_a_storm_end_well(self):
        for number in range(20):
            self.write("kept", f"added-{number}")
            self.exporter.process.child.send_signal(signal.SIGHUP)
            self.assertEqual(self.post()[0], 200)
        self.assertEqual(self.value("mtls_targets"), 2)
        wait_until(
            lambda: self.value("mtls_probe_success", target="added-19") == 1,
            "the last target",
        )

    def test_reload_wants_post_or_put(self):
        self.assertEqual(self.exporter.fetch("/-/reload")[0], 405)

    def test_new_certificate_files_are_read_without_a_reload(self):
        identity = self.pki.clients["good"]
        copies = {}
        for kind, path in (("crt", identity.certificate), ("key", identity.key)):
            copies[kind] = os.path.join(self.directory, "ours." + kind)
            shutil.copy(path, copies[kind])
        with open(self.path, encoding="utf-8") as file:
            text = file.read()
        text = text.replace(identity.certificate, copies["crt"])
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text.replace(identity.key, copies["key"]))
        self.assertEqual(self.post()[0], 200)
        before = self.value("mtls_client_certificate_changes_total", credential="good")
        # by rename, as certificate managers do it
        other = self.pki.clients["other-ca"]
        for kind, path in (("crt", other.certificate), ("key", other.key)):
            shutil.copy(path, copies[kind] + ".new")
        for path in copies.values():
            os.rename(path + ".new", path)
        wait_until(
            lambda: self.value("mtls_client_certificate_accepted", target="kept") == 0,
            "the other certificate",
        )
        after = self.value("mtls_client_certificate_changes_total", credential="good")
        self.assertGreater(after, before)
        self.assertIn("certificate files have changed", self.exporter.log())

    def test_certificates_behind_a_symlink_are_followed_as_kubernetes_turns_it(self):
        for name, identity in (("..v1", "good"), ("..v2", "other-ca")):
            folder = os.path.join(self.directory, name)
            os.mkdir(folder)
            shutil.copy(self.pki.clients[identity].certificate, folder + "/tls.crt")
            shutil.copy(self.pki.clients[identity].key, folder + "/tls.key")
        data = os.path.join(self.directory, "..data")
        os.symlink("..v1", data)
        for name in ("tls.crt", "tls.key"):
            os.symlink("..data/" + name, os.path.join(self.directory, name))
        good = self.pki.clients["good"]
        with open(self.path, encoding="utf-8") as file:
            text = file.read()
        text = text.replace(good.certificate, "tls.crt").replace(good.key, "tls.key")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        self.assertEqual(self.post()[0], 200)
        wait_until(
            lambda: self.value("mtls_client_certificate_accepted", target="kept") == 1,
            "the first certificate",
        )
        os.symlink("..v2", data + ".new")
        os.rename(data + ".new", data)
        wait_until(
            lambda: self.value("mtls_client_certificate_accepted", target="kept") == 0,
            "the second certificate",
        )


class Lifecycle(unittest.TestCase):
    def test_reload_by_http_must_be_enabled(self):
        with tempfile.TemporaryDirectory(prefix="mtls-reload-") as directory:
            path = os.path.join(directory, "empty.conf")
            with open(path, "w", encoding="ascii") as file:
                file.write('modules = { m = { protocol = "tls"; }; };\n')
                file.write('probe = { allow = [ "*:443" ]; };\n')
            exporter = program.Exporter(path, directory)
            self.addCleanup(exporter.stop)
            request = urllib.request.Request(exporter.url("/-/reload"), method="POST")
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=10)
            with refused.exception as answer:
                self.assertEqual(answer.code, 403)
                self.assertIn("--web.enable-lifecycle", answer.read().decode())


if __name__ == "__main__":
    unittest.main()
