#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The truth on every real server and proxy of the lab: truth_table.tsv.

Each row is asked of the program, and each row that openssl s_client can see is
asked of that too, so that the table itself is proven. For people:

    truth_table.py --server nginx --client-cert expired --html=truth.html
    truth_table.py --repeat 2 --load 2
"""
import argparse
import concurrent.futures
import re
import sys
import time
import unittest

from lab import matrix, oracle, program
from lab.asking import Asked, ca_file, host_and_port, is_http, password_file, proxy_url
from lab.matrix import Result
from lab.processes import Process, read_text
from lab.proxies import USERNAME
from lab.table import ANSWER, QUESTION, agrees, as_text, question, read_rows
from lab.world import World

SLACK_SECONDS = 1.5
# A probe mostly waits: for the settle time, for a timeout.
AT_ONCE = 12

world = None
filters = {}
written = {"json": None, "html": None}
strain = {"repeat": 1, "load": 0}


def setUpModule():
    global world
    world = World()
    for number in range(strain["load"]):
        busy = Process(f"busy-{number}", (sys.executable, "-c", "while True: pass"), world.directory)
        unittest.addModuleCleanup(busy.stop)


def tearDownModule():
    world.stop()


def chosen_rows():
    return [
        row
        for row in read_rows()
        if all(wanted in row[name] for name, wanted in filters.items())
    ]


def for_all(rows, ask):
    """{question: ask(row), or the exception it ended in}, several at once."""
    first = {row.question: row for row in reversed(rows)}

    def attempt(row):
        try:
            return ask(row)
        except Exception as error:  # shown with its row
            return error

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(first, pool.map(attempt, first.values())))


class TheTruth(unittest.TestCase):
    def test_the_program_tells_the_truth_in_every_row(self):
        rows = chosen_rows()
        turns = [self.turn(rows) for _ in range(strain["repeat"])]
        results = [worst(of_one_row) for of_one_row in zip(*turns, strict=True)]
        for result in results:
            with self.subTest(line=result.row.line, row=result.row.title()):
                if not result.right:
                    self.fail("\n" + "\n".join(result.details()))
        print(matrix.as_terminal(results), flush=True)
        write(written["json"], matrix.as_json(results))
        write(written["html"], matrix.as_html(results))

    def turn(self, rows):
        begin = time.monotonic()
        asked = for_all(rows, lambda row: Asked(world, row))
        results = [result_of(row, asked[row.question]) for row in rows]
        seconds = time.monotonic() - begin
        print(f"turn: {matrix.score(results)} rows right in {seconds:.0f} s", flush=True)
        return results


def worst(turns):
    """What became of a row in the turn that went wrong first."""
    return next((result for result in turns if not result.right), turns[0])


def write(path, text):
    if path is not None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def result_of(row, asked):
    if isinstance(asked, Exception):
        return Result(row, {}, [f"{type(asked).__name__}: {asked}"], "")
    verdict = asked.verdict
    problems = what_went_wrong(row, verdict)
    if problems:
        return Result(row, {}, problems, verdict.command_line())
    found = asked.answer(row.route)
    problems = [
        f"{name}: expected {row[name]}, found {found[name]}"
        for name in ANSWER
        if not agrees(row[name], found[name])
    ]
    return Result(row, found, problems + too_slow(row, verdict), verdict.command_line())


def what_went_wrong(row, verdict):
    if verdict.crash():
        return ["crash: " + verdict.crash()]
    if verdict.json is None:
        return [f"no JSON, exit {verdict.status}: {verdict.errors.strip()}"]
    if verdict.route(row.route) is None:
        return [f"no {row.route} route in the JSON"]
    return []


def too_slow(row, verdict):
    seconds = program.probe_seconds(verdict.route(row.route))
    if seconds > row.seconds() + SLACK_SECONDS:
        return [f"a probe took {seconds:.1f} s, its timeout is {row.seconds()} s"]
    return []


# s_client has no TLS to a proxy, and waits long for nobody.
BEYOND_S_CLIENT = ("odd", "down", "black_hole", "unresolvable")
S_CLIENT_PROXY = re.compile(
    "plain|password|bump-.*|splice.*|tinyproxy.*|apache|swg-p.*|interceptor-.*|balanced-.*"
)
# X509_V_ERR_*: what s_client says about the server's certificate
VERIFICATIONS = {
    "good": {0},
    "expired": {10},
    "not-yet-valid": {9},
    "untrusted": {19, 20, 21},
    "wrong-name": {62, 64},
}


def visible(row):
    """Whether s_client can go that way."""
    if row["server"] in BEYOND_S_CLIENT or "tls_min" in row.options:
        return False
    return row.route == "direct" or bool(S_CLIENT_PROXY.fullmatch(row["proxy"]))


def told(row):
    """Whether the row says what comes of its client certificate."""
    return row["client_cert"] != "none" and row["http_client"] != "-"


def shown_a_look_alike(row):
    return row["untrusted"] in ("true", "false")


def place(row):
    """Who is asked and how; the same for every client certificate."""
    return *(row[name] for name in QUESTION if name != "client_cert"), row.route


def look(row, presented):
    """The row's connection, made by s_client."""
    host, port = host_and_port(world, row)
    more = {"server_name": row.options.get("server_name")}
    if is_http(row):
        more["http"] = row.options.get("path", "/")
    if row.route == "proxy":
        more["proxy"] = proxy_url(world, row).rpartition("/")[2].rpartition("@")[2]
        if "password" in row.options:
            more.update(user=USERNAME, password_file=password_file(world, row))
    certificates = {"client": world.pki.clients, "untrusted": world.pki.look_alikes}
    identity = certificates[presented][row["client_cert"]] if presented != "none" else None
    return oracle.look(host, port, row["tls"], ca_file(world, row), identity, **more)


class TheTable(unittest.TestCase):
    def test_openssl_sees_what_the_table_says(self):
        rows = [row for row in chosen_rows() if visible(row)]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            first = {place(row): row for row in rows}
            without = {at: pool.submit(look, row, "none") for at, row in first.items()}
            client = [pool.submit(look, row, "client") if told(row) else None for row in rows]
            untrusted = [
                pool.submit(look, row, "untrusted") if shown_a_look_alike(row) else None
                for row in rows
            ]
        for row, *seen in zip(rows, client, untrusted, strict=True):
            with self.subTest(line=row.line, row=row.title()):
                none = without[place(row)].result()
                self.check(row, none, *(one.result() if one else None for one in seen))

    def check(self, row, none, client, untrusted):
        if row["requested"] == "null":
            self.assertIn(none.connect_status, (401, 403, 407), none.story())
            return
        self.assertEqual(as_text(none.requested), row["requested"], none.story())
        if row["tunnel"] != "intact" and row.route == "proxy":
            self.assertIn("Lab Interception CA", none.text)
            return
        self.assertTrue(agrees(row["during"], as_text(none.during)), none.story())
        self.check_server_certificate(row, none)
        self.check_refusal(row, "none", none, "required", False)
        if client is not None:
            self.check_refusal(row, "client", client, "accepted", True)
        if untrusted is not None:
            self.check_answer(row, "untrusted", untrusted, True)

    def check_refusal(self, row, presented, seen, asked, when_admitted):
        for name, value in (("alert_", seen.alert), ("http_", seen.http_status)):
            expected = row[name + presented]
            self.assertTrue(agrees(expected, as_text(value)), f"{name}{value}\n{seen.story()}")
        self.check_answer(row, asked, seen, when_admitted)

    def check_answer(self, row, asked, seen, when_admitted):
        answer = seen.requested and seen.admitted == when_admitted
        if row[asked] in ("true", "false"):
            self.assertEqual(as_text(answer), row[asked], seen.story())

    def check_server_certificate(self, row, seen):
        expected = VERIFICATIONS[row["server_cert"]]
        if row["reason"] == "server_name_mismatch":
            expected = VERIFICATIONS["wrong-name"]
        self.assertIn(seen.verification, expected, seen.story())


class OurCertificateIsKept(unittest.TestCase):
    """Asserted on the side of those who must not get it."""

    def ask(self, **fields):
        plain = {"server": "nginx", "mode": "on", "tls": "1.3", "server_cert": "good"}
        return Asked(world, question(**(plain | {"client_cert": "good"} | fields))).verdict

    @staticmethod
    def interceptor():
        return world.part("interceptor").servers["required", "1.3", "interceptor"]

    def requests(self, name, **fields):
        """What nginx saw of a question: a line for each HTTP request."""
        nginx = world.part("nginx")
        before = len(nginx.requests(nginx.servers[name]))
        self.ask(**fields)
        return nginx.requests(nginx.servers[name])[before:]

    def test_an_interceptor_that_asks_for_it_does_not_get_it(self):
        interceptor = self.interceptor()
        before = interceptor.certificate_messages()
        self.ask(proxy="interceptor-1.3")
        self.assertEqual(interceptor.certificates_received(), 0)
        self.assertGreater(interceptor.certificate_messages(), before)
        self.assertNotIn("client good", interceptor.process.log())

    def test_the_lab_would_notice_a_certificate_given_to_the_interceptor(self):
        interceptor = self.interceptor()
        before = interceptor.certificates_received()
        trusted = world.pki.all_authorities
        good = world.pki.client("good")
        oracle.look("127.0.0.1", interceptor.port, "1.3", trusted, good)
        self.assertEqual(interceptor.certificates_received(), before + 1)

    def test_a_server_behind_a_bumping_proxy_sees_no_certificate(self):
        options = "host=localhost no-direct"
        lines = self.requests("on-1.3-good", proxy="bump-first", options=options)
        self.assertTrue(lines)
        for line in lines:
            self.assertIn("verify=NONE", line)

    def test_a_server_whose_certificate_does_not_verify_does_not_get_it(self):
        for version in ("1.2", "1.3"):
            for bad in ("expired", "not-yet-valid", "untrusted", "wrong-name"):
                with self.subTest(version=version, server_certificate=bad):
                    name = f"on-{version}-{bad}"
                    lines = self.requests(name, tls=version, server_cert=bad)
                    self.assertTrue(lines, "not even none was presented")
                    for line in lines:
                        self.assertIn("verify=NONE", line)

    def test_a_server_that_verifies_gets_it(self):
        for version in ("1.2", "1.3"):
            lines = self.requests(f"on-{version}-good", tls=version)
            self.assertTrue(any("verify=SUCCESS" in line for line in lines), lines)


class ThePasswordIsKept(unittest.TestCase):
    def test_no_output_shows_the_proxy_password(self):
        secret = read_text(world.right_password).strip()
        fields = {"server": "nginx", "mode": "on", "tls": "1.3", "server_cert": "good"}
        fields.update(client_cert="good", proxy="password", options="user password=right")
        verdict = Asked(world, question(**fields)).verdict
        self.assertEqual(verdict.status, 0, verdict.output + verdict.errors)
        self.assertNotIn(secret, verdict.output + verdict.errors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    columns = (*QUESTION, "route", "reason")
    for name in columns:
        flag = "--" + name.replace("_", "-")
        parser.add_argument(flag, help=f"only rows whose {name} has this in it")
    parser.add_argument("--show", action="store_true", help="name every row")
    parser.add_argument("--json", metavar="FILE", help="write the score there")
    parser.add_argument("--html", metavar="FILE", help="write the score there")
    parser.add_argument("--repeat", type=int, default=1, help="ask that often in a row")
    parser.add_argument("--load", type=int, default=0, help="beside so many busy processes")
    chosen, rest = parser.parse_known_args()
    filters.update(
        {name: getattr(chosen, name) for name in columns if getattr(chosen, name) is not None}
    )
    written.update(json=chosen.json, html=chosen.html)
    strain.update(repeat=chosen.repeat, load=chosen.load)
    if chosen.show:
        print("\n".join(f"{row.line}: {row.title()}" for row in chosen_rows()))
    if filters and not any(not word.startswith("-") for word in rest):
        rest += ["TheTruth", "TheTable"]
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
