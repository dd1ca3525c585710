# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources as {path: text}, and C without what the compiler does not read."""
import os
import re

SKIPPED_FOLDERS = re.compile(r"build.*|corpus|node_modules|__pycache__|\.git|log")
# A literal or a comment, whichever begins first.
NOT_CODE = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?\*/|//[^\n]*', re.DOTALL
)


def read(root):
    """Every text file below root that is not made by a build."""
    found = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not SKIPPED_FOLDERS.fullmatch(name)]
        for name in names:
            path = os.path.join(folder, name)
            text = read_text(path)
            if text is not None:
                found[os.path.relpath(path, root)] = text
    return found


def read_text(path):
    """None for what is not UTF-8, or no file."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (UnicodeDecodeError, FileNotFoundError):
        return None


def is_c(path):
    return path.endswith((".c", ".h"))


def c_files(tree):
    """(path, text) of what is written in C."""
    return ((path, text) for path, text in sorted(tree.items()) if is_c(path))


def code_alone(text):
    """C with comments and the content of literals blanked, line by line as it was."""
    return NOT_CODE.sub(lambda found: _blank(found.group()), text)


def _blank(text):
    if text[0] in "\"'":
        return text[0] + " " * (len(text) - 2) + text[0]
    return re.sub(r"[^\n]", " ", text)
