#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""mtls_exporter bypass: what it prints makes a real Squid and a real mitmproxy tunnel
the configured targets and nothing else, and is CPL by the grammar."""
import os
import shutil
import tempfile
import unittest

from lab import cpl, program
from lab.certificates import Pki
from lab.corporate import CorporateSquid, Mitmproxy
from lab.proxies import PASSWORD, USERNAME
from lab.servers import Nginx, NginxServer

CONFIGURATION = """
proxies = {{ corporate = {{ url = "http://127.0.0.1:1"; }}; }};
modules = {{ tunnelled = {{ routes = [ "direct", "corporate" ]; }}; }};
targets = (
{targets}
  {{ name = "inside"; address = "inside.test"; }}
);
"""
TARGET = '  {{ name = "{}"; address = "{}"; module = "tunnelled"; {} }},'
ADDRESSES = ("https://api.test/health", "tls://api.test:443", "192.0.2.10:8443", "[2001:DB8::1]")


class BypassTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="mtls-bypass-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def configuration(self, *addresses, more=""):
        targets = (TARGET.format(f"t{i}", one, more) for i, one in enumerate(addresses))
        path = os.path.join(self.directory, "mtls_exporter.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(targets="\n".join(targets)))
        return path

    def run_bypass(self, path, *flags):
        return program.run("bypass", "--config.file=" + path, *flags)

    def policy(self, product, *addresses, deployment=None, more=""):
        path = self.configuration(*addresses, more=more)
        flags = [f"--deployment={deployment}"] if deployment else []
        done = self.run_bypass(path, "--format=" + product, *flags)
        self.assertEqual((done.status, done.errors), (0, ""), done.command_line())
        return done.output


class Output(BypassTest):
    def test_the_same_targets_give_the_same_text_in_any_order(self):
        for product in ("cpl", "squid", "mitmproxy"):
            with self.subTest(product=product):
                once = self.policy(product, *ADDRESSES)
                self.assertEqual(once, self.policy(product, *reversed(ADDRESSES)))
                self.assertEqual(once, self.policy(product, *ADDRESSES, *ADDRESSES))
                self.assertEqual(once, self.policy(product, *ADDRESSES, deployment="explicit"))

    def test_targets_without_a_proxy_are_left_out(self):
        self.assertNotIn("inside.test", self.policy("cpl", "api.test"))
        self.assertIn("inside.test", self.policy("cpl"))

    def test_keys_are_not_needed(self):
        path = self.configuration("api.test")
        with open(path, "a", encoding="utf-8") as file:
            file.write('credentials = { c = { cert_file = "x.crt"; key_file = "x.key"; }; };\n')
        self.assertEqual(self.run_bypass(path, "--format=cpl").status, 0)

    def test_bad_usage_is_told_in_one_line_and_nothing_is_printed(self):
        path = self.configuration("api.test")
        for flags, word in (
            ((), "--format"),
            (("--format=yaml",), "yaml"),
            (("--format=cpl", "--deployment=reverse"), "reverse"),
            (("--format=cpl", "api.test"), "api.test"),
            (("--format=cpl", "--target=t0"), "--target"),
        ):
            with self.subTest(flags=flags):
                done = self.run_bypass(path, *flags)
                self.assertEqual((done.status, done.output), (2, ""))
                self.assertIn(word, done.errors)
                self.assertEqual(len(done.errors.splitlines()), 1)
        self.assertEqual(program.run("bypass", "--format=cpl").status, 2)

    def test_a_bad_configuration_is_told_with_its_lines(self):
        path = self.configuration("api.test:99999")
        done = self.run_bypass(path, "--format=cpl")
        self.assertEqual((done.status, done.output), (2, ""))
        self.assertIn(f"{path}:5: ", done.errors)


class Cpl(BypassTest):
    TUNNELLED = {"detect_protocol": "no", "authenticate": "no"}

    def test_an_explicit_proxy_tunnels_the_targets_and_nothing_else(self):
        policy = cpl.Policy(self.policy("cpl", *ADDRESSES))
        for host, port in (("api.test", 443), ("192.0.2.10", 8443), ("2001:db8::1", 443)):
            self.assertEqual(policy.properties(host, port), {"Proxy": self.TUNNELLED})
        for host, port in (
            *(("api.test", 8443), ("192.0.2.10", 443), ("192.0.2.1", 8443)),
            *(("www.api.test", 443), ("xapi.test", 443), ("test", 443), ("inside.test", 443)),
        ):
            self.assertEqual(policy.properties(host, port), {"Proxy": {}}, (host, port))

    def test_a_transparent_proxy_also_does_not_intercept(self):
        more = 'server_name = "service.test";'
        text = self.policy("cpl", "api.test", "192.0.2.10", deployment="transparent", more=more)
        wanted = {"Proxy": self.TUNNELLED, "SSL-Intercept": {"ssl.forward_proxy": "no"}}
        policy = cpl.Policy(text)
        for host in ("service.test", "192.0.2.10"):
            self.assertEqual(policy.properties(host, 443), wanted)
        nothing = {"Proxy": {}, "SSL-Intercept": {}}
        self.assertEqual(policy.properties("api.test", 443), nothing)

    def test_what_is_given_up_is_said_in_comments(self):
        for deployment in ("explicit", "transparent"):
            text = self.policy("cpl", "api.test", deployment=deployment)
            comments = [line for line in text.splitlines() if line.startswith(";")]
            said = " ".join(comments)
            for words in ("malware", "SV-104223", "later layer", "clears the proxy alone"):
                self.assertIn(words, said)

    def test_the_parser_refuses_what_is_no_cpl(self):
        good = self.policy("cpl", "api.test")
        for old, new in (
            *(('"api.test"', "api<test"), ('"api.test"', '"api.test'), ('"api.test"', "a=b")),
            *(("url.port=443", "url.port = 443"), ("url.port=443", "url.port=0")),
            *(("end condition", "; end condition"), ("<Proxy", "<Forward"), ("<Proxy", "Proxy")),
            *(("(no)", "no"), ("condition=mtls", "condition=other"), ("mtls_exporter_tunnel>", "")),
        ):
            with self.subTest(new=new), self.assertRaises((cpl.CplError, ValueError)):
                cpl.Policy(good.replace(old, new))


class ProxiedTest(BypassTest):
    """A required and an optional server of ours on loopback, seen through a proxy."""

    def setUp(self):
        super().setUp()
        os.chmod(self.directory, 0o755)
        self.pki = Pki(self.directory)
        self.wanted = NginxServer("on")
        self.other = NginxServer("on", name="other")
        nginx = Nginx(self.pki, self.directory, [self.wanted, self.other])
        self.addCleanup(nginx.stop)

    def flags(self, proxy):
        good = self.pki.client("good")
        password = os.path.join(self.directory, "proxy.password")
        with open(password, "w", encoding="ascii") as file:
            file.write(PASSWORD + "\n")
        flags = ["--client-cert=" + good.certificate, "--client-key=" + good.key]
        flags += ["--ca-file=" + self.pki.server_ca.certificate, "--proxy=" + proxy]
        return flags + (["--proxy-password-file=" + password] if "@" in proxy else [])

    def address(self, server, host="localhost"):
        return f"https://{host}:{server.port}/"

    def reason(self, proxy, server, host="localhost"):
        verdict = program.probe(self.address(server, host), *self.flags(proxy))
        self.assertEqual(verdict.route("direct")["reason"], "ok", verdict.output)
        route = verdict.route("proxy")
        return route["reason"], route["tunnel"]["state"]


INTACT = ("ok", "intact")
INTERCEPTED = ("tls_intercepted", "intercepted")
LOCKED = ("proxy_authentication_required", "authentication_required")


class SquidTest(ProxiedTest):
    """A Squid that asks for a password, and then intercepts."""

    def setUp(self):
        super().setUp()
        self.squid = CorporateSquid(self.pki, self.directory, forbidden=9)
        self.addCleanup(self.squid.stop)

    def assert_without_policy(self, role):
        without, with_password = self.squid.url(role), self.squid.url(role, USERNAME)
        self.assertEqual(self.reason(without, self.wanted), LOCKED)
        self.assertEqual(self.reason(with_password, self.wanted), INTERCEPTED)

    def assert_with_policy(self, role, *hosts):
        self.assertEqual(self.squid.complaints(), [])
        for host in hosts:
            self.assertEqual(self.reason(self.squid.url(role), self.wanted, host), INTACT)
            self.assertEqual(self.reason(self.squid.url(role), self.other, host), LOCKED)
            with_password = self.squid.url(role, USERNAME)
            self.assertEqual(self.reason(with_password, self.other, host), INTERCEPTED)

    def test_the_policy_makes_it_tunnel_the_targets_and_nothing_else(self):
        addresses = [self.address(self.wanted, host) for host in ("localhost", "127.0.0.1")]
        policy = self.policy("squid", *addresses, "api.test:443", "[2001:db8::1]:8443")
        for role in ("bump-first", "bump-peeked"):
            self.assert_without_policy(role)
        self.squid.set_policy(policy)
        for role in ("bump-first", "bump-peeked"):
            self.assert_with_policy(role, "localhost", "127.0.0.1")
        self.squid.set_policy("")
        self.assert_without_policy("bump-first")

    def test_the_policy_for_transparent_proxies_reads_the_client_hello(self):
        address = self.address(self.wanted)
        self.squid.set_policy(self.policy("squid", address, deployment="transparent"))
        for role in ("bump-first", "bump-peeked"):
            self.assert_with_policy(role, "localhost")

    def test_the_rules_in_a_verdict_mend_what_it_complains_about(self):
        flags = self.flags(self.squid.url("bump-first"))
        done = program.run("probe", self.address(self.wanted), *flags)
        self.assertIn("proxy_authentication_required", done.output)
        rules = done.output.split("# Squid")[1].splitlines()[1:]
        self.squid.set_policy("\n".join(rule.strip() for rule in rules) + "\n")
        self.assert_with_policy("bump-first", "localhost")
        done = program.run("probe", self.address(self.wanted), *flags)
        self.assertEqual(done.status, 0, done.output)
        self.assertNotIn("Policy for the proxy", done.output)


@unittest.skipUnless(shutil.which("mitmdump"), "mitmproxy is not installed")
class MitmproxyTest(ProxiedTest):
    def test_the_policy_makes_it_leave_the_targets_alone(self):
        before = Mitmproxy(self.pki, self.directory)
        self.addCleanup(before.stop)
        self.assertEqual(self.reason(before.url(), self.wanted), INTERCEPTED)
        address = self.address(self.wanted)
        policy = self.policy("mitmproxy", address, "api.test:443", "[2001:db8::1]:443")
        after = Mitmproxy(self.pki, self.directory, policy)
        self.addCleanup(after.stop)
        self.assertEqual(self.reason(after.url(), self.wanted), INTACT)
        self.assertEqual(self.reason(after.url(), self.other, "127.0.0.1"), INTERCEPTED)


if __name__ == "__main__":
    unittest.main()
