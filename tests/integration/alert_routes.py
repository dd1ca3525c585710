#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example configuration of Alertmanager: amtool accepts it, and each alert finds its way."""
import os
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIGURATION = os.path.join(HERE, "../../etc/alertmanager/alertmanager.yml")

# receiver, alert, labels
WAYS = (
    ("payments-pager", "MTLSClientCertificateNotRequested", "fault=server team=payments severity=critical"),
    ("payments-chat", "MTLSAcceptableIssuersChanged", "team=payments severity=info"),
    ("payments-chat", "MTLSTargetUnreachable", "fault=network team=payments severity=warning"),
    ("network", "MTLSTunnelIntercepted", "fault=proxy team=payments severity=critical"),
    ("network", "MTLSProxyAtFault", "fault=proxy severity=critical"),
    ("sre", "MTLSClientCertificateRejected", "fault=client team=another severity=critical"),
    ("sre", "MTLSExporterDown", "severity=critical"),
    ("sre-chat", "MTLSReloadFailed", "severity=warning"),
)


def amtool(*arguments):
    done = subprocess.run(
        ["amtool", *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip(), done.stderr


class RoutesTest(unittest.TestCase):
    def test_amtool_accepts_the_configuration(self):
        status, said, errors = amtool("check-config", CONFIGURATION)
        self.assertEqual(status, 0, said + errors)

    def test_each_alert_goes_to_who_can_act(self):
        command = ("config", "routes", "test", "--config.file=" + CONFIGURATION)
        for receiver, alert, labels in WAYS:
            with self.subTest(alert=alert, labels=labels):
                status, said, errors = amtool(*command, "alertname=" + alert, *labels.split())
                self.assertEqual((status, said), (0, receiver), errors)


if __name__ == "__main__":
    unittest.main()
