# SPDX-License-Identifier: GPL-3.0-or-later
"""The score of the truth table: for a terminal, as JSON, and as one HTML page."""
import html
import json

from lab.table import ANSWER

VERSIONS = ("1.2", "1.3", "-")
HEADINGS = {"1.2": "TLS 1.2", "1.3": "TLS 1.3", "-": "other"}

STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border-bottom: 1px solid #ddd; padding: .2em .8em; text-align: left; vertical-align: top; }
td.score { text-align: right; font-variant-numeric: tabular-nums; }
.wrong { background: #fde2e1; }
.right { background: #e6f4e6; }
code { font-size: 12px; word-break: break-all; }
summary { cursor: pointer; }
"""


class Result:
    """What became of one row. found: {column: text}; problems: what is wrong."""

    def __init__(self, row, found, problems, command):
        self.row = row
        self.found = found
        self.problems = problems
        self.command = command

    @property
    def right(self):
        return not self.problems

    def where(self):
        """The line of the matrix that it belongs to."""
        if self.row["proxy"] != "-":
            return "through " + self.row["proxy"], self.row["server"]
        return self.row["server"], self.row["mode"]

    def details(self):
        note = self.row["note"]
        return [*self.problems, "with: " + self.command, *(["note: " + note] if note else [])]


def cells(results):
    """{(server, mode): {version: [results]}} in the table's order."""
    found = {}
    for result in results:
        versions = found.setdefault(result.where(), {})
        versions.setdefault(result.row["tls"], []).append(result)
    return found


def score(results):
    return f"{sum(result.right for result in results)}/{len(results)}" if results else ""


def as_terminal(results):
    lines = ["", f"{'where':<24}{'mode':<18}{'TLS 1.2':>9}{'TLS 1.3':>9}{'other':>9}"]
    for (where, mode), versions in cells(results).items():
        scores = "".join(f"{score(versions.get(name)):>9}" for name in VERSIONS)
        wrong = any(not result.right for part in versions.values() for result in part)
        lines.append(f"{where:<24}{mode:<18}{scores}" + ("  WRONG" if wrong else ""))
    for result in results:
        if not result.right:
            lines += ["", f"line {result.row.line}: {result.row.title()}"]
            lines += ["  " + detail for detail in result.details()]
    right = sum(result.right for result in results)
    lines += ["", f"score: {right} of {len(results)} rows right, {len(results) - right} wrong"]
    return "\n".join(lines)


def as_json(results):
    rows = [
        {
            "line": result.row.line,
            **dict(zip(("where", "in"), result.where())),
            **result.row.fields,
            "found": {name: result.found.get(name) for name in ANSWER},
            "right": result.right,
            "problems": result.problems,
            "command": result.command,
        }
        for result in results
    ]
    return json.dumps({"right": sum(one["right"] for one in rows), "rows": rows}, indent=1)


def _cell(versions, name):
    results = versions.get(name, [])
    kind = "" if not results else "right" if all(one.right for one in results) else "wrong"
    return f'<td class="score {kind}">{score(results)}</td>'


def _row(result):
    shown = []
    for name in ANSWER:
        expected, found = result.row[name], result.found.get(name, "")
        wrong = any(problem.startswith(name + ":") for problem in result.problems)
        text = f"{found} instead of {expected}" if wrong else found
        shown.append(f'<td class="{"wrong" if wrong else ""}">{html.escape(text)}</td>')
    about = html.escape(result.row.title())
    more = "<br>".join(html.escape(detail) for detail in result.details())
    return (
        f'<tr class="{"" if result.right else "wrong"}"><td>{result.row.line}</td>'
        f"<td><details><summary>{about}</summary><code>{more}</code></details></td>"
        + "".join(shown)
        + "</tr>"
    )


def as_html(results):
    right = sum(result.right for result in results)
    matrix = "".join(
        f"<tr><td>{html.escape(where)}</td><td>{html.escape(mode)}</td>"
        + "".join(_cell(versions, name) for name in VERSIONS)
        + "</tr>"
        for (where, mode), versions in cells(results).items()
    )
    headings = "".join(f"<th>{HEADINGS[name]}</th>" for name in VERSIONS)
    columns = "".join(f"<th>{name}</th>" for name in ANSWER)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>The truth table</title>'
        f"<style>{STYLE}</style><h1>{right} of {len(results)} rows right</h1>"
        f"<table><tr><th>where</th><th>mode</th>{headings}</tr>{matrix}</table>"
        f"<table><tr><th>line</th><th>row</th>{columns}</tr>"
        + "".join(_row(result) for result in results)
        + "</table></html>\n"
    )
