# SPDX-License-Identifier: GPL-3.0-or-later
"""The truth table: truth_table.tsv, read into rows."""
import csv
import os

TABLE = os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "truth_table.tsv"
)
# What is asked: these together are one run of the program.
QUESTION = ("server", "mode", "tls", "server_cert", "client_cert", "proxy", "options")
# What is true on the row's route.
ANSWER = (
    *("requested", "during", "required", "accepted", "untrusted", "tunnel", "fault", "reason"),
    *("alert_client", "alert_none", "http_client", "http_none", "exit"),
)
TIMEOUT_SECONDS = 10


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

    def seconds(self):
        text = self.options.get("timeout")
        return float(text.rstrip("s")) if text else TIMEOUT_SECONDS


def question(**fields):
    """A row that asks without knowing the answer."""
    return Row(0, dict.fromkeys(QUESTION, "-") | {"route": "direct"} | fields)


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


def as_text(value):
    """As the table writes it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def agrees(expected, found):
    if expected == "-":
        return True
    if expected.startswith("!"):
        return found != expected[1:]
    return found in expected.split("|")
