#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The truth on every real server and proxy of the lab: truth_table.tsv.

Each row is asked of the program, and each row that openssl s_client can see is
asked of that too, so that the table itself is proven. For people:

    truth_table.py --server nginx --client-cert expired --show
"""
import argparse
import concurrent.futures
import csv
import os
import sys
import unittest

from lab import oracle, program
from lab.processes import read_text
from lab.proxies import ROLES, USERNAME
from lab.world import World

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "truth_table.tsv")
QUESTION = ("server", "mode", "tls", "server_cert", "client_cert", "proxy", "options")
ANSWER = (
    *("requested", "required", "accepted", "tunnel", "fault", "reason"),
    *("alert_client", "alert_none", "http_client", "http_none", "exit"),
)
TIMEOUT_SECONDS = 10
SLACK_SECONDS = 1.5
PROBES_AT_ONCE = 4

world = None
filters = {}


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.stop()


class Row:
    """One line of the table: a question and its true answer on one route."""

    def __init__(self, line, fields):
        self.line = line
        self.fields = fields
        self.question = tuple(fields[name] for name in QUESTION)
        self.route = fields["route"]
        words = fields["options"].split() if fields["options"] != "-" else []
        self.options = dict(word.partition("=")[::2] for word in words)

    def __getitem__(self, name):
        return self.fields[name]

    def title(self):
        parts = [part for part in self.question if part != "-"]
        return f"{' '.join(parts)} [{self.route}]"

    def chosen(self):
        return all(wanted in self.fields[name] for name, wanted in filters.items())

    def seconds(self):
        text = self.options.get("timeout")
        return float(text.rstrip("s")) if text else TIMEOUT_SECONDS


def read_rows():
    with open(TABLE, encoding="utf-8") as file:
        numbered = [
            (number, line)
            for number, line in enumerate(file, 1)
            if line.strip() and not line.startswith("#")
        ]
    header, *lines = csv.reader((line for _, line in numbered), delimiter="\t")
    numbers = [number for number, _ in numbered][1:]
    return [
        Row(number, dict(zip(header, fields, strict=True)))
        for number, fields in zip(numbers, lines, strict=True)
    ]


def host_and_port(row):
    host = row.options.get("host", "127.0.0.1")
    server, version = row["server"], row["tls"]
    if server == "nginx":
        return host, nginx_server(row).port
    if server == "s_server":
        return host, world.s_servers[row["mode"], version].port
    if server == "unresolvable":
        return "nothing.invalid", 443
    return host, getattr(world, server).port


def nginx_server(row):
    if row["mode"] == "forbidden":
        return world.forbidden
    return world.nginx.servers["-".join((row["mode"], row["tls"], row["server_cert"]))]


def ca_file(row):
    if row.options.get("ca") == "all":
        return world.pki.all_authorities
    return world.pki.server_ca.certificate


def proxy_url(row):
    name = row["proxy"]
    if name in ROLES:
        return world.squid.url(name, USERNAME if "user" in row.options else None)
    if name == "unresolvable":
        return "http://nothing.invalid:3128"
    part = world.interceptor_front if name == "interceptor" else getattr(world, name)
    return f"http://127.0.0.1:{part.port}"


def password_file(row):
    right = row.options["password"] == "right"
    return world.right_password if right else world.wrong_password


class ByProgram:
    """Asks the program, and takes its JSON apart into the table's columns."""

    def __init__(self, row):
        self.row = row
        self.verdict = program.probe(self._address(), *self._flags())

    def answer(self, route_name):
        """The columns as text."""
        route = self.verdict.route(route_name)
        certificate = route["client_certificate"]
        found = {name: certificate.get(name) for name in ANSWER[:3]}
        tunnel = route["tunnel"]
        found["tunnel"] = tunnel["state"] if tunnel else None
        found.update(fault=route["fault"], reason=route["reason"])
        for presented in ("client", "none"):
            seen = self._probe(route, presented)
            found["alert_" + presented] = seen["alert"]
            found["http_" + presented] = seen["http_status"]
        found["exit"] = self.verdict.status
        return {name: as_text(value) for name, value in found.items()}

    @staticmethod
    def _probe(route, presented):
        for one in route["probes"]:
            if one["presented"] == presented:
                return one
        return {"alert": None, "http_status": None}

    def _address(self):
        host, port = host_and_port(self.row)
        if self.row["server"] == "s_server":
            return f"tls://{host}:{port}"
        return f"https://{host}:{port}{self.row.options.get('path', '/')}"

    def _flags(self):
        flags = ["--ca-file=" + ca_file(self.row)]
        identity = world.pki.client(self.row["client_cert"])
        if identity:
            flags.append("--client-cert=" + identity.certificate)
            flags.append("--client-key=" + identity.key)
        return flags + self._proxy_flags() + self._option_flags()

    def _proxy_flags(self):
        if self.row["proxy"] == "-":
            return []
        flags = ["--proxy=" + proxy_url(self.row)]
        if self.row["proxy"] == "tls" and "proxy_ca" not in self.row.options:
            flags.append("--proxy-ca-file=" + world.pki.server_ca.certificate)
        if "password" in self.row.options:
            flags.append("--proxy-password-file=" + password_file(self.row))
        if "no-direct" in self.row.options:
            flags.append("--no-direct")
        return flags

    def _option_flags(self):
        same = {"expect": "expect", "present": "present", "timeout": "timeout"}
        same.update(tls_min="tls-min", server_name="server-name")
        same.update(expect_status="http-expect-status")
        options = self.row.options
        return [
            f"--{flag}={options[name]}" for name, flag in same.items() if name in options
        ]


def as_text(value):
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def agrees(expected, found):
    if expected == "-":
        return True
    if expected.startswith("!"):
        return found != expected[1:]
    return found in expected.split("|")


class TheTruth(unittest.TestCase):
    def test_the_program_tells_the_truth_in_every_row(self):
        rows = [row for row in read_rows() if row.chosen()]
        answers = ask_all(rows)
        marks = []
        for row in rows:
            problems = self.compare(row, answers[row.question])
            marks.append(not problems)
            with self.subTest(line=row.line, row=row.title()):
                if problems:
                    self.fail("\n" + "\n".join(problems))
        print_matrix(rows, marks)

    def compare(self, row, asked):
        if isinstance(asked, Exception):
            return [f"{type(asked).__name__}: {asked}"]
        verdict = asked.verdict
        problems = self.what_went_wrong(row, verdict)
        if not problems:
            found = asked.answer(row.route)
            problems = [
                f"{name}: expected {row[name]}, found {found[name]}"
                for name in ANSWER
                if not agrees(row[name], found[name])
            ]
            problems += self.too_slow(row, verdict)
        return problems and problems + ["with: " + verdict.command_line()] + note(row)

    @staticmethod
    def what_went_wrong(row, verdict):
        if verdict.crash():
            return ["crash: " + verdict.crash()]
        if verdict.json is None:
            return [f"no JSON, exit {verdict.status}: {verdict.errors.strip()}"]
        if verdict.route(row.route) is None:
            return [f"no {row.route} route in the JSON"]
        return []

    @staticmethod
    def too_slow(row, verdict):
        seconds = program.probe_seconds(verdict.route(row.route))
        if seconds > row.seconds() + SLACK_SECONDS:
            return [f"a probe took {seconds:.1f} s, its timeout is {row.seconds()} s"]
        return []


def note(row):
    return ["note: " + row["note"]] if row["note"] else []


def ask_all(rows):
    """One run of the program for each question, several at once."""
    first = {row.question: row for row in reversed(rows)}

    def ask(row):
        try:
            return ByProgram(row)
        except Exception as error:  # shown with its row
            return error

    with concurrent.futures.ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        return dict(zip(first, pool.map(ask, first.values())))


def print_matrix(rows, marks):
    """The score of each server and proxy, and its rows one character each."""
    groups = {}
    for row, right in zip(rows, marks):
        where = row["server"] if row["proxy"] == "-" else "through " + row["proxy"]
        groups.setdefault((where, row["mode"], row["tls"]), []).append(right)
    print("\n{:<22}{:<16}{:<5}{:>7}".format("where", "mode", "TLS", "right"))
    for (where, mode, version), found in groups.items():
        shown = "".join("+" if right else "X" for right in found)
        score = f"{sum(found)}/{len(found)}"
        print(f"{where:<22}{mode:<16}{version:<5}{score:>7}  {shown}")
    print(f"score: {sum(marks)} of {len(marks)} rows", flush=True)


S_CLIENT_PROXIES = ("-", "plain", "bump-first", "bump-peeked", "password", "interceptor")
# X509_V_ERR_*: what s_client says about the server's certificate
VERIFICATIONS = {
    "good": {0},
    "expired": {10},
    "not-yet-valid": {9},
    "untrusted": {19, 20, 21},
    "wrong-name": {62, 64},
}


class TheTable(unittest.TestCase):
    def test_openssl_sees_what_the_table_says(self):
        for row in read_rows():
            if row.chosen() and self.visible(row):
                with self.subTest(line=row.line, row=row.title()):
                    self.check(row)

    @staticmethod
    def visible(row):
        """Whether s_client can go that way. It has no TLS to a proxy."""
        if row["server"] not in ("nginx", "s_server"):
            return False
        if row.route == "direct":
            return "tls_min" not in row.options
        return row["proxy"] in S_CLIENT_PROXIES

    def look(self, row, presented):
        host, port = host_and_port(row)
        more = {"server_name": row.options.get("server_name")}
        if row["server"] == "nginx":
            more["http"] = row.options.get("path", "/")
        if row.route == "proxy":
            more["proxy"] = proxy_url(row).rpartition("/")[2].rpartition("@")[2]
            if "password" in row.options:
                more.update(user=USERNAME, password_file=password_file(row))
        identity = world.pki.client(row["client_cert"]) if presented == "client" else None
        version = "1.3" if row.route == "proxy" and row["tunnel"] != "intact" else row["tls"]
        return oracle.look(host, port, version, ca_file(row), identity, **more)

    def check(self, row):
        none = self.look(row, "none")
        if row["requested"] == "null":
            self.assertIn(none.connect_status, (403, 407), none.text)
            return
        self.assertEqual(as_text(none.requested), row["requested"], none.text)
        self.check_server_certificate(row, none)
        if row["tunnel"] == "intercepted":
            self.assertIn("Lab Interception CA", none.text)
            return
        self.check_refusal(row, "none", none, "required", False)
        if row["client_cert"] != "none" and row["http_client"] != "-":
            client = self.look(row, "client")
            self.check_refusal(row, "client", client, "accepted", True)

    def check_refusal(self, row, presented, seen, question, when_admitted):
        for name, value in (("alert_", seen.alert), ("http_", seen.http_status)):
            expected = row[name + presented]
            self.assertTrue(agrees(expected, as_text(value)), f"{name}{value}\n{seen.text}")
        answer = seen.requested and seen.admitted == when_admitted
        if row[question] in ("true", "false"):
            self.assertEqual(as_text(answer), row[question], seen.text)

    def check_server_certificate(self, row, seen):
        if row["tunnel"] == "intercepted":
            return
        expected = VERIFICATIONS[row["server_cert"]]
        if row["reason"] == "server_name_mismatch":
            expected = VERIFICATIONS["wrong-name"]
        self.assertIn(seen.verification, expected, seen.text)


class OurCertificateIsKept(unittest.TestCase):
    """Asserted on the side of those who must not get it."""

    def ask(self, **fields):
        plain = dict.fromkeys(QUESTION, "-") | {"route": "proxy"}
        plain.update(server="nginx", mode="on", tls="1.3", server_cert="good")
        return ByProgram(Row(0, plain | {"client_cert": "good"} | fields)).verdict

    def test_an_interceptor_that_asks_for_it_does_not_get_it(self):
        before = world.interceptor.certificate_messages()
        self.ask(proxy="interceptor")
        self.assertEqual(world.interceptor.certificates_received(), 0)
        self.assertGreater(world.interceptor.certificate_messages(), before)
        self.assertNotIn("client good", world.interceptor.process.log())

    def test_the_lab_would_notice_a_certificate_given_to_the_interceptor(self):
        interceptor = world.interceptor
        before = interceptor.certificates_received()
        trusted = world.pki.all_authorities
        good = world.pki.client("good")
        oracle.look("127.0.0.1", interceptor.port, "1.3", trusted, good)
        self.assertEqual(interceptor.certificates_received(), before + 1)

    def test_a_server_behind_a_bumping_proxy_sees_no_certificate(self):
        server = world.nginx.servers["on-1.3-good"]
        before = len(world.nginx.requests(server))
        self.ask(proxy="bump-first", options="host=localhost no-direct")
        lines = world.nginx.requests(server)[before:]
        self.assertTrue(lines)
        for line in lines:
            self.assertIn("verify=NONE", line)

    def test_a_server_whose_certificate_does_not_verify_does_not_get_it(self):
        for version in ("1.2", "1.3"):
            for bad in ("expired", "not-yet-valid", "untrusted", "wrong-name"):
                with self.subTest(version=version, server_certificate=bad):
                    self.check_bad_server(version, bad)

    def check_bad_server(self, version, bad):
        server = world.nginx.servers[f"on-{version}-{bad}"]
        before = len(world.nginx.requests(server))
        self.ask(tls=version, server_cert=bad, route="direct")
        lines = world.nginx.requests(server)[before:]
        self.assertTrue(lines, "not even none was presented")
        for line in lines:
            self.assertIn("verify=NONE", line)

    def test_a_server_that_verifies_gets_it(self):
        for version in ("1.2", "1.3"):
            server = world.nginx.servers[f"on-{version}-good"]
            before = len(world.nginx.requests(server))
            self.ask(tls=version, route="direct")
            lines = world.nginx.requests(server)[before:]
            self.assertTrue(any("verify=SUCCESS" in line for line in lines), lines)


class ThePasswordIsKept(unittest.TestCase):
    def test_no_output_shows_the_proxy_password(self):
        secret = read_text(world.right_password).strip()
        fields = dict.fromkeys(QUESTION, "-") | {"route": "proxy", "proxy": "password"}
        fields.update(server="nginx", mode="on", tls="1.3", server_cert="good")
        fields.update(client_cert="good", options="user password=right")
        verdict = ByProgram(Row(0, fields)).verdict
        self.assertEqual(verdict.status, 0, verdict.output + verdict.errors)
        self.assertNotIn(secret, verdict.output + verdict.errors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in (*QUESTION, "route", "reason"):
        flag = "--" + name.replace("_", "-")
        parser.add_argument(flag, help=f"only rows whose {name} has this in it")
    parser.add_argument("--show", action="store_true", help="name every row")
    chosen, rest = parser.parse_known_args()
    for name in (*QUESTION, "route", "reason"):
        if getattr(chosen, name) is not None:
            filters[name] = getattr(chosen, name)
    if chosen.show:
        print("\n".join(f"{row.line}: {row.title()}" for row in read_rows() if row.chosen()))
    if filters and not any(not word.startswith("-") for word in rest):
        rest += ["TheTruth", "TheTable"]
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
