# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every source file by itself."""
import ast
import re

from rules.finding import Finding
from rules.floors import line_of
from rules.tree import c_files, code_alone

FUNCTION_LINES_MAX = 60
LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
LICENCE_WITHIN_LINES = 5
SOURCE = re.compile(
    r".*\.(c|h|in|py|sh|bash|cmake|js|mjs|css|html|yml|yaml|supp|1)|(.*/)?CMakeLists\.txt"
)

BANNED_EVERYWHERE = {
    "strcpy": "knows no bound: snprintf(), or struct buffer for a growing text",
    "stpcpy": "knows no bound: snprintf(), or struct buffer for a growing text",
    "strcat": "knows no bound: snprintf(), or struct buffer for a growing text",
    "strncpy": "may leave the text without its end: snprintf()",
    "strncat": "is bounded by what is left, which is soon wrong: snprintf()",
    "sprintf": "knows no bound: snprintf(), or struct buffer for a growing text",
    "vsprintf": "knows no bound: vsnprintf()",
    "gets": "knows no bound: fgets()",
    "scanf": "does not tell an overflow: strtol() and its family",
    "fscanf": "does not tell an overflow: strtol() and its family",
    "sscanf": "does not tell an overflow: strtol() and its family",
    "atoi": "does not tell an error: strtol()",
    "atol": "does not tell an error: strtol()",
    "atoll": "does not tell an error: strtoll()",
    "atof": "does not tell an error: strtod()",
    "strtok": "keeps its place for the whole process: strtok_r()",
    "gmtime": "has one result for the whole process: gmtime_r()",
    "localtime": "has one result for the whole process: localtime_r()",
    "asctime": "has one result for the whole process: strftime()",
    "ctime": "has one result for the whole process: strftime()",
    "inet_ntoa": "has one result for the whole process: inet_ntop()",
    "inet_addr": "does not tell an error: inet_pton()",
    "gethostbyname": "waits, and knows no IPv6: event/resolver.h",
    "tmpnam": "names a file that another may make first: mkstemp()",
    "tempnam": "names a file that another may make first: mkstemp()",
    "mktemp": "names a file that another may make first: mkstemp()",
    "alloca": "has no bound: an array of a constant size, or malloc()",
    "rand": "can be guessed: getrandom()",
}
BANNED_IN_THE_PROGRAM = {
    "system": "starts a shell",
    "popen": "starts a shell",
    "sleep": "waits: a timer of event/loop.h",
    "usleep": "waits: a timer of event/loop.h",
    "exit": "leaves no one to clean up: return a status",
    "abort": "leaves no one to clean up: return a status",
}
CALL = re.compile(r"(?<![\w.>])([a-z_]\w*)\s*\(")
LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
THE_RULE_ITSELF = "tests/lint/"


def licence(tree):
    for path, text in sorted(tree.items()):
        begin = text.splitlines()[:LICENCE_WITHIN_LINES]
        is_source = SOURCE.fullmatch(path) or text.startswith("#!")
        if is_source and not any(LICENCE in line for line in begin):
            yield Finding(path, 1, f"has no line with {LICENCE}")


def headers_are_guarded(tree):
    """By FOLDER_FILE_H, so that no two are alike."""
    for path, text in c_files(tree):
        if path.endswith(".h"):
            guard = "_".join(re.split(r"\W", path)[-3:]).upper()
            if f"#ifndef {guard}\n#define {guard}\n" not in text:
                yield Finding(path, 1, f"is not guarded by {guard}")


def functions_fit_a_screen(tree):
    for path, text in sorted(tree.items()):
        found = ()
        if path.endswith((".c", ".h")):
            found = _c_functions(text)
        elif path.endswith(".py"):
            found = _python_functions(text)
        for line, length in found:
            if length > FUNCTION_LINES_MAX:
                message = f"a function of {length} lines, more than {FUNCTION_LINES_MAX}"
                yield Finding(path, line, message)


def _c_functions(text):
    """(line, lines): a body begins and ends with a brace at the line's beginning."""
    begin = None
    for number, line in enumerate(code_alone(text).split("\n"), 1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            yield begin, number - begin + 1
            begin = None


def _python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def banned_calls(tree):
    for path, text in c_files(tree):
        banned = dict(BANNED_EVERYWHERE)
        if not path.startswith("tests/"):
            banned.update(BANNED_IN_THE_PROGRAM)
        code = code_alone(text)
        for found in CALL.finditer(code):
            why = banned.get(found.group(1))
            if why:
                yield Finding(path, line_of(code, found.start()), f"{found.group(1)}() {why}")


def nothing_left_to_do(tree):
    for path, text in sorted(tree.items()):
        if not path.startswith(THE_RULE_ITSELF):
            for found in LATER.finditer(text):
                line = line_of(text, found.start())
                yield Finding(path, line, f"{found.group(1)}: do it, or file it as an issue")


def unit_tests_have_a_module(tree):
    for path in sorted(tree):
        parts = path.split("/")
        if parts[:2] != ["tests", "unit"] or not path.endswith(".c"):
            continue
        module = "/".join(parts[2:])
        if "src/" + module not in tree:
            yield Finding(path, 1, f"tests no module: there is no src/{module}")
