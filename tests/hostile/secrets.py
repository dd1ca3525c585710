#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords and configured headers go where they are configured to go, and show
nowhere: no log, page, metric, JSON, error, argument list or environment has them."""
import base64
import os
import socket
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

from lab import program
from lab.checks import PeerTest
from lab.processes import accepts, free_ports, wait_until
from lab.scripted import CONNECTED, Peer, read_head, splice, wait_for_close
from lab.servers import Nginx, NginxServer
from lab.tempting import TemptingServer

PROXY_PASSWORD = "battery/staple+hunter2"
OTHER_PASSWORD = "wrong-hunter2-guess"
KEY_PASSWORD = "correct horse"  # of the lab's encrypted key
WRONG_KEY_PASSWORD = "hunter2-horse"
HEADER_SECRET = "hunter2-token"
CONNECT_SECRET = "hunter2-connect"
SECRETS = (
    *(PROXY_PASSWORD, OTHER_PASSWORD, KEY_PASSWORD, WRONG_KEY_PASSWORD),
    *(HEADER_SECRET, CONNECT_SECRET),
)
LOGS = (
    *(("debug", "logfmt"), ("debug", "json"), ("info", "logfmt")),
    *(("warn", "json"), ("error", "logfmt")),
)
PAGES = (
    *("/", "/metrics", "/api/v1/targets", "/verdicts", "/sd", "/-/healthy", "/-/ready"),
    *("/targets/good", "/targets/refused", "/nowhere?q=1"),
    "/probe?target=https%3A%2F%2F127.0.0.1%3A{port}%2F&module=all&debug=true",
    "/probe?target=https%3A%2F%2F127.0.0.1%3A{port}%2F&module=all&proxy=right&debug=true",
)

CONFIGURATION = """
credentials = {{
  sealed = {{ cert_file = "{certificate}"; key_file = "{key}"; key_password_file = "key.pw"; }};
}};
proxies = {{
  right = {{ url = "http://127.0.0.1:{right}"; username = "probe"; password_file = "right.pw";
            headers = ( {{ name = "X-Connect"; value = "{connect_secret}"; }} ); }};
  wrong = {{ url = "http://probe@127.0.0.1:{right}"; password_file = "wrong.pw"; }};
  open  = {{ url = "http://127.0.0.1:{open}"; }};
  down  = {{ url = "http://probe@127.0.0.1:1"; password_file = "right.pw"; }};
  sham  = {{ url = "https://probe@127.0.0.1:{sham}"; password_file = "right.pw"; ca_file = "{ca}"; }};
}};
modules = {{
  all = {{ credential = "sealed"; ca_file = "{ca}"; interval = "1s"; timeout = "2s";
          routes = [ "direct", "right", "wrong", "open", "down", "sham" ];
          http = {{ headers = ( {{ name = "X-Lab"; value_file = "token"; }},
                                {{ name = "Authorization"; value = "Bearer {header_secret}"; }} ); }};
        }};
}};
targets = (
  {{ name = "good"; address = "127.0.0.1:{port}"; module = "all"; }},
  {{ name = "refused"; address = "127.0.0.1:1"; module = "all"; }},
  {{ name = "unverified"; address = "127.0.0.1:{untrusted}"; module = "all"; }}
);
probe = {{ allow = [ "*:*" ]; }};
"""


def basic(password):
    return base64.b64encode(f"probe:{password}".encode()).decode()


def forms(secret):
    """How it could show: as it is, quoted for a URL, in base64 alone or behind a user."""
    plain = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, urllib.parse.quote(secret, safe=""), plain, basic(secret).rstrip("=")}


class RecordingProxy(Peer):
    """Asks for the password, where it has one, and keeps every CONNECT and what came
    through the tunnel from the client."""

    def __init__(self, password=None):
        self.password = password
        self.heads = []
        super().__init__(self._answer)

    def _answer(self, connection):
        head = read_head(connection)
        self.heads.append(head)
        if self.password and f"Basic {basic(self.password)}".encode() not in head:
            challenge = b"Proxy-Authenticate: Basic realm=lab\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n" + challenge)
            wait_for_close(connection)
            return
        host, port = head.split()[1].decode().rsplit(":", 1)
        address = (host.strip("[]"), int(port))
        with socket.create_connection(address) as elsewhere:
            connection.sendall(CONNECTED)
            splice(connection, elsewhere)


class QuietExporter(program.Exporter):
    """One that may log nothing: its port is known, not read from the log."""

    def _wait(self):
        wait_until(lambda: accepts(self.port), "the exporter")
        return f"127.0.0.1:{self.port}"

    def __init__(self, configuration, directory, *arguments):
        self.port = free_ports(1)[0]
        listen = f"127.0.0.1:{self.port}"
        super().__init__(configuration, directory, *arguments, listen=listen)


class SecretsTest(PeerTest):
    def setUp(self):
        os.chmod(self.directory, 0o755)
        for name, text in (
            *(("right.pw", PROXY_PASSWORD), ("wrong.pw", OTHER_PASSWORD)),
            *(("key.pw", KEY_PASSWORD), ("wrong-key.pw", WRONG_KEY_PASSWORD)),
            ("token", HEADER_SECRET),
        ):
            self.write(name, text + "\n")

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, part):
        self.addCleanup(part.stop)
        return part

    def assert_no_secret(self, text, where):
        for secret in SECRETS:
            for form in forms(secret):
                self.assertNotIn(form, text, where)


class NothingShows(SecretsTest):
    """A configuration full of secrets, and every way in which it can go wrong."""

    def setUp(self):
        super().setUp()
        server = NginxServer("on")
        self.nginx = self.start(Nginx(self.pki, self.directory, [server]))
        sham = self.start(TemptingServer(self.pki.servers["untrusted"], "1.3", self.directory))
        untrusted = self.start(TemptingServer(self.pki.servers["expired"], "1.3", self.directory))
        self.port = server.port
        text = CONFIGURATION.format(
            certificate=self.pki.clients["good"].certificate,
            key=self.pki.encrypted_key,
            right=self.start(RecordingProxy(PROXY_PASSWORD)).port,
            open=self.start(RecordingProxy()).port,
            sham=sham.port,
            untrusted=untrusted.port,
            port=server.port,
            ca=self.pki.server_ca.certificate,
            header_secret=HEADER_SECRET,
            connect_secret=CONNECT_SECRET,
        )
        self.configuration = self.write("mtls_exporter.conf", text)

    def pages(self, exporter):
        for page in PAGES:
            path = page.format(port=self.port)
            yield path, exporter.fetch(path)[2]

    def assert_process_silent(self, pid):
        for name in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{name}", "rb") as file:
                self.assert_no_secret(file.read().decode(errors="replace"), name)

    def test_no_page_and_no_log_has_a_secret_at_any_level(self):
        for level, log_format in LOGS:
            with self.subTest(level=level, format=log_format):
                flags = ("--log.level=" + level, "--log.format=" + log_format)
                exporter = QuietExporter(self.configuration, self.directory, *flags)
                self.addCleanup(exporter.stop)
                exporter.wait_until_ready()
                for path, text in self.pages(exporter):
                    self.assert_no_secret(text, path)
                self.assert_process_silent(exporter.pid)
                exporter.end()
                self.assert_no_secret(exporter.log(), "log")

    def test_the_secrets_were_used(self):
        """Or the other test would find nothing, whatever the program does."""
        verdict = program.probe("--config.file=" + self.configuration, "--target=good")
        reasons = {route["route"]: route["reason"] for route in verdict.json["routes"]}
        self.assertEqual(reasons["right"], "ok", verdict.output)
        self.assertEqual(reasons["wrong"], "proxy_authentication_rejected")
        self.assertTrue(verdict.route("right")["client_certificate"]["accepted"])

    def test_no_verdict_of_a_probe_has_a_secret(self):
        for target in ("good", "refused", "unverified"):
            for output in ("text", "json", "metrics"):
                with self.subTest(target=target, format=output):
                    flags = ("--config.file=" + self.configuration, "--target=" + target)
                    done = program.run("probe", *flags, "--format=" + output)
                    self.assertIn(done.status, (0, 1), done.errors)
                    self.assert_no_secret(done.output + done.errors, done.command_line())

    def test_no_message_about_a_secret_repeats_it(self):
        path = self.directory + "/{}"
        good = self.pki.clients["good"]
        key = (f"--client-cert={good.certificate}", f"--client-key={self.pki.encrypted_key}")
        self.write("two.pw", f"\n{PROXY_PASSWORD}\n")
        self.write("control.pw", f"{PROXY_PASSWORD}\x01\n")
        self.write("long.pw", PROXY_PASSWORD * 1000 + "\n")
        user = "--proxy=http://probe@127.0.0.1:1"
        for flags in (
            (*key, "--client-key-password-file=" + path.format("wrong-key.pw")),
            (user, "--proxy-password-file=" + path.format("two.pw")),
            (user, "--proxy-password-file=" + path.format("control.pw")),
            (user, "--proxy-password-file=" + path.format("long.pw")),
            (f"--proxy=http://probe:{OTHER_PASSWORD}@127.0.0.1:1",),
            (f"--http-header=X-Lab {HEADER_SECRET}",),
            (f"--http-header=X-Lab: {HEADER_SECRET}\x01",),
        ):
            with self.subTest(flags=flags[-1].split("=")[0]):
                done = program.run("probe", "https://127.0.0.1:1/", *flags)
                self.assertEqual(done.status, 2, done.output + done.errors)
                self.assert_no_secret(done.output + done.errors, done.errors)

    def test_no_mistake_in_a_configuration_repeats_a_secret(self):
        self.write("control.pw", f"{PROXY_PASSWORD}\x01\n")
        with open(self.configuration, encoding="utf-8") as file:
            text = file.read()
        for old, new in (
            ('password_file = "right.pw"', 'password_file = "control.pw"'),
            ('"key.pw"', '"wrong-key.pw"'),
            ("probe@", f"probe:{OTHER_PASSWORD}@"),
            (f'"{CONNECT_SECRET}"', f'"{CONNECT_SECRET}'),
            (f'"Bearer {HEADER_SECRET}"', f'"Bearer {HEADER_SECRET}\x01"'),
            (f'"Bearer {HEADER_SECRET}"', f'{HEADER_SECRET}'),
        ):
            with self.subTest(new=new.split()[0]):
                path = self.write("bad.conf", text.replace(old, new))
                done = program.run("--config.file=" + path, "--config.check")
                self.assertEqual(done.status, 2, done.output)
                self.assert_no_secret(done.output + done.errors, done.errors)


class WhereTheyGo(SecretsTest):
    """On the wire: to the proxy that they are configured for."""

    def setUp(self):
        super().setUp()
        self.target = self.start(
            TemptingServer(self.pki.servers["good"], "1.3", self.directory)
        )

    def probe_through(self, url, *flags, password="right.pw"):
        flags = ["--proxy=" + url, *flags]
        if password:
            flags.append(f"--proxy-password-file={self.directory}/{password}")
        return self.probe(f"https://127.0.0.1:{self.target.port}/", *flags)

    def url(self, proxy, user="probe@"):
        return f"http://{user}127.0.0.1:{proxy.port}"

    def test_the_password_goes_to_the_proxy_and_not_through_it(self):
        proxy = self.start(RecordingProxy(PROXY_PASSWORD))
        self.probe_through(self.url(proxy), "--no-direct")
        self.assertTrue(proxy.heads)
        for head in proxy.heads:
            self.assertIn(f"Proxy-Authorization: Basic {basic(PROXY_PASSWORD)}\r\n".encode(), head)
        requests = self.target.requests()
        self.assertEqual(len(requests), 1)
        self.assertNotIn("Proxy-Authorization", requests[0])
        self.assert_no_secret(self.target.everything(), "what the target got")

    def test_a_proxy_that_asks_gets_no_password_that_is_not_configured(self):
        proxy = self.start(RecordingProxy(PROXY_PASSWORD))
        verdict = self.probe_through(self.url(proxy, user=""), password=None)
        self.assert_fault(verdict, "proxy", "proxy_authentication_required", route="proxy")
        self.assertTrue(proxy.heads)
        for head in proxy.heads:
            self.assertNotIn(b"Authorization", head)

    def test_a_wrong_password_is_said_once_a_probe(self):
        proxy = self.start(RecordingProxy(PROXY_PASSWORD))
        verdict = self.probe_through(self.url(proxy), password="wrong.pw")
        self.assert_fault(verdict, "proxy", "proxy_authentication_rejected", route="proxy")
        self.assertEqual(proxy.connections, len(verdict.route("proxy")["probes"]))

    def test_password_and_headers_of_one_proxy_do_not_go_to_another(self):
        mine = self.start(RecordingProxy(PROXY_PASSWORD))
        other = self.start(RecordingProxy())
        text = f"""
proxies = {{
  mine = {{ url = "{self.url(mine)}"; password_file = "right.pw";
           headers = ( {{ name = "X-Connect"; value = "{CONNECT_SECRET}"; }} ); }};
  other = {{ url = "{self.url(other, user="")}"; }};
}};
targets = ( {{ name = "t"; address = "127.0.0.1:{self.target.port}"; timeout = "1s";
              ca_file = "{self.pki.server_ca.certificate}";
              routes = [ "direct", "mine", "other" ]; }} );
"""
        path = self.write("two_proxies.conf", text)
        program.probe("--config.file=" + path, "--target=t")
        for head in mine.heads:
            self.assertIn(b"X-Connect: " + CONNECT_SECRET.encode(), head)
            self.assertIn(basic(PROXY_PASSWORD).encode(), head)
        self.assertTrue(mine.heads and other.heads)
        for head in other.heads:
            self.assert_no_secret(head.decode(), "what the other proxy got")
            self.assertNotIn(b"Authorization", head)
        self.assert_no_secret(self.target.everything(), "what the target got")


if __name__ == "__main__":
    unittest.main()
