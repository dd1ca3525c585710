#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes packaging/pictures/dashboard.png in six minutes: the dashboard's own queries, asked of real
Prometheus, which scrapes the exporter, which watches a small company on loopback where things go
wrong. Needs the packages of tests/run, chromium and fonts-liberation.

usage: packaging/pictures/dashboard.py BINARY"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tests/integration"))

# The lab's own modules, found only now.
# pylint: disable=wrong-import-position
import panels  # noqa: E402
from lab import dashboard, program  # noqa: E402
from lab.certificates import Pki  # noqa: E402
from lab.prometheus import Prometheus  # noqa: E402
from lab.proxies import Squid  # noqa: E402
from lab.servers import Nginx, NginxServer, OpensslServer  # noqa: E402

SECONDS = 360
ROWS = 4  # of the dashboard: what a README has room for
RATE_INTERVAL = "20s"
SCALE = 1.5

# Credential: days until its certificate expires, and whether the servers trust its CA.
CREDENTIALS = {
    "payments": (64, True),
    "partner": (41, False),
    "reporting": (17, True),
    "ops": (4, True),
}
# Target: how nginx treats client certificates (None: openssl s_server, which requires them), days
# left of its certificate, credential, routes.
TARGETS = {
    "payments-api": ("on", 58, "payments", ("direct", "swg", "swg_emea")),
    "ledger": ("on", 58, "payments", ("direct", "swg", "swg_emea")),
    "partner-api": ("on", 71, "partner", ("direct", "swg")),
    "reports": ("optional", 9, "reporting", ("direct", "swg")),
    "intranet": ("on", 30, "ops", ("direct", "swg")),
    "archive": (None, 83, "ops", ("direct", "swg")),
}
PROXIES = {"swg": "plain", "swg_emea": "bump-peeked"}

CONFIGURATION = """
proxies = {{
{proxies}
}};
credentials = {{
{credentials}
}};
modules = {{
  mtls = {{ protocol = "https"; ca_file = "{ca}"; interval = "2s"; timeout = "2s";
           contrast_interval = "10s"; }};
}};
targets = (
{targets}
);
"""
SCRAPE = """
global: {{ scrape_interval: 2s, scrape_timeout: 2s }}
scrape_configs:
  - job_name: mtls
    static_configs: [ {{ targets: [ "{address}" ] }} ]
"""


def quoted(names):
    return ", ".join(f'"{name}"' for name in names)


class Company:
    """Servers and proxies, the exporter on top of them, Prometheus on top of that."""

    def __init__(self, directory):
        self.directory = directory
        self.parts = []
        self.pki = Pki(directory)
        for name, (_, days, *_) in TARGETS.items():
            self.certify_server(name, days)
        self.archive = self.add(OpensslServer(self.pki, directory, "required", "1.3", "archive"))
        self.servers = {
            name: NginxServer(mode, certificate=name, name=name)
            for name, (mode, *_) in TARGETS.items()
            if mode
        }
        self.nginx = self.add(Nginx(self.pki, directory, self.servers.values()))
        self.servers["archive"] = self.archive
        self.squid = self.add(Squid(self.pki, directory, 1))
        self.exporter = self.add(program.Exporter(self.configure(), directory))
        scraped = SCRAPE.format(address=self.exporter.address)
        self.prometheus = self.add(Prometheus(scraped, directory))

    def add(self, part):
        self.parts.append(part)
        return part

    def stop(self):
        for part in reversed(self.parts):
            part.stop()

    def certify_server(self, name, days):
        names = "subjectAltName = IP:127.0.0.1"
        issue = self.pki.server_ca.issue
        self.pki.servers[name] = issue(name, f"/O=Lab/CN={name}", "serverAuth", names, end=days)

    def certify_client(self, name, days, trusted):
        authority = self.pki.client_ca if trusted else self.pki.other_client_ca
        made = authority.issue("client-" + name, f"/O=Lab/CN={name}", "clientAuth", end=days)
        return f'  {name} = {{ cert_file = "{made.certificate}"; key_file = "{made.key}"; }};'

    def target(self, name, credential, routes):
        scheme = "https" if TARGETS[name][0] else "tls"
        address = f"{scheme}://127.0.0.1:{self.servers[name].port}"
        return (
            f'  {{ name = "{name}"; address = "{address}"; module = "mtls"; '
            f'credential = "{credential}"; routes = [ {quoted(routes)} ]; }}'
        )

    def configure(self):
        proxies = (
            f'  {name} = {{ url = "{self.squid.url(role)}"; }};' for name, role in PROXIES.items()
        )
        credentials = (self.certify_client(name, *how) for name, how in CREDENTIALS.items())
        targets = (self.target(name, *how[2:]) for name, how in TARGETS.items())
        path = os.path.join(self.directory, "mtls_exporter.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                CONFIGURATION.format(
                    proxies="\n".join(proxies),
                    credentials="\n".join(credentials),
                    targets=",\n".join(targets),
                    ca=self.pki.server_ca.certificate,
                )
            )
        return path

    def live(self, seconds):
        """Somebody turns mutual TLS off on intranet; archive hangs for a while."""
        time.sleep(seconds * 0.4)
        self.nginx.change_mode(self.servers["intranet"], "off")
        time.sleep(seconds * 0.15)
        self.archive.process.child.send_signal(signal.SIGSTOP)
        time.sleep(seconds * 0.15)
        self.archive.process.child.send_signal(signal.SIGCONT)
        time.sleep(seconds * 0.3)


def photograph(page, height, directory, picture):
    path = os.path.join(directory, "dashboard.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)
    subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--window-size={panels.WIDTH},{height}", f"--force-device-scale-factor={SCALE}"),
            *("--user-data-dir=" + os.path.join(directory, "chromium"), "--screenshot=" + picture),
            "file://" + path,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.environ["MTLS_EXPORTER"] = sys.argv[1]
    directory = tempfile.mkdtemp(prefix="mtls-picture-")
    try:
        company = Company(directory)
        try:
            company.live(SECONDS)
            source = panels.Source(company.prometheus, time.time(), SECONDS, RATE_INTERVAL)
            page, height = panels.draw(dashboard.load(), source, ROWS)
        finally:
            company.stop()
        photograph(page, height, directory, os.path.join(HERE, "dashboard.png"))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
