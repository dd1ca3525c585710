# SPDX-License-Identifier: GPL-3.0-or-later
"""Includes go down the floors, and one third-party library is seen by one room."""
import re

from rules.finding import Finding
from rules.tree import c_files

FLOORS = {
    **{"base": 1},
    **{"wire": 2, "event": 2, "model": 2},
    **{"link": 3, "diagnosis": 3, "schedule": 3, "settings": 3, "bypass": 3},
    **{"probe": 4, "store": 4},
    **{"report": 5},
    **{"web": 6},
    **{"app": 7},
    **{"cli": 8},
    **{"main": 9},
}

# Headers that are no library's: of C11, of POSIX and of Linux.
SYSTEM = re.compile(
    r"(sys|netinet|arpa|net|linux)/\w+\.h|(assert|ctype|dirent|errno|fcntl|float|fnmatch|ftw|glob"
    r"|inttypes|langinfo|libgen|limits|locale|math|netdb|poll|pthread|sched|semaphore|signal"
    r"|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings"
    r"|termios|time|unistd|wchar)\.h"
)
# How a header's name begins: who may see it, a room with its tests, or the tests.
LIBRARIES = {
    "wolfssl/": "link",
    "uv.h": "event",
    "ares.h": "event",
    "ares_": "event",
    "microhttpd.h": "web",
    "zlib.h": "web",
    "libconfig.h": "settings",
    "jansson.h": "report",
    "check.h": "tests",
}
# What CMakeLists.txt calls them: PkgConfig::NAME.
PACKAGES = {
    "wolfssl": "link",
    "libuv": "event",
    "libcares": "event",
    "libmicrohttpd": "web",
    "zlib": "web",
    "libconfig": "settings",
    "jansson": "report",
}

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"\n]+)[>\"]", re.MULTILINE)
ROOM = re.compile(r"^room\((\w+)([^)]*)\)", re.MULTILINE)


def room_of(path):
    """The room that a file is in, or that its tests are of; None: in none."""
    parts = path.split("/")
    if path == "src/main.c":
        return "main"
    if parts[0] in ("src", "include") and len(parts) == 3:
        return parts[1]
    if parts[:2] == ["tests", "unit"] and len(parts) == 4:
        return parts[2]
    return None


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def includes(tree):
    """(path, line, kind, name) of every #include."""
    for path, text in c_files(tree):
        for found in INCLUDE.finditer(text):
            yield path, line_of(text, found.start()), found.group(1), found.group(2)


def includes_go_down(tree):
    for path, line, kind, name in includes(tree):
        here = room_of(path)
        if here is not None and here not in FLOORS:
            message = f"is included by {here}, which stands on no floor"
        elif kind == "<":
            message = None
        elif "/" in name:
            message = _wrong_way(path, here, name.split("/")[0])
        else:
            message = _not_beside(tree, path, name)
        if message:
            yield Finding(path, line, f'"{name}" {message}')


def _wrong_way(path, here, there):
    if there == "support" and path.startswith("tests/"):
        return None
    if there not in FLOORS:
        return f"is in {there}, which is no room"
    if here is None or here == there or FLOORS[there] < FLOORS[here]:
        return None
    return f"goes from floor {FLOORS[here]} ({here}) to floor {FLOORS[there]}"


def _not_beside(tree, path, name):
    folder = path.rpartition("/")[0]
    # tests of a room may include its own headers, which stand beside its files
    places = (folder, folder.replace("tests/unit/", "src/"))
    beside = any(f"{place}/{name}" in tree for place in places)
    return None if beside else "is not in this folder"


def one_library_one_room(tree):
    for path, line, kind, name in includes(tree):
        if kind != "<" or SYSTEM.fullmatch(name):
            continue
        owners = [owner for start, owner in LIBRARIES.items() if name.startswith(start)]
        if not owners:
            yield Finding(path, line, f"<{name}> is of no library that a room may see")
        elif owners[0] not in (room_of(path), path.split("/")[0]):
            yield Finding(path, line, f"<{name}> may be seen by {owners[0]} only")


def rooms_link_down(tree):
    """CMakeLists.txt: room(NAME ROOM... PkgConfig::LIBRARY...)"""
    path = "CMakeLists.txt"
    text = tree.get(path, "")
    for found in ROOM.finditer(text):
        here, line = found.group(1), line_of(text, found.start())
        if here not in FLOORS:
            yield Finding(path, line, f"the room {here} stands on no floor")
            continue
        for word in found.group(2).split():
            kind, _, library = word.rpartition("::")
            if kind == "PkgConfig" and PACKAGES.get(library) != here:
                yield Finding(path, line, f"{library} is not the library of {here}")
            elif not kind and FLOORS.get(word, 99) >= FLOORS[here]:
                yield Finding(path, line, f"{here} links {word}, which is not below it")
