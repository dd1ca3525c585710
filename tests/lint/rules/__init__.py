# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house. Each takes a tree, {path: text}, and yields what it finds."""
from rules import floors, sources
from rules.finding import Finding

ALL = (
    *(floors.includes_go_down, floors.one_library_one_room, floors.rooms_link_down),
    *(sources.licence, sources.headers_are_guarded, sources.functions_fit_a_screen),
    *(sources.banned_calls, sources.nothing_left_to_do, sources.unit_tests_have_a_module),
)
__all__ = ["ALL", "Finding"]
