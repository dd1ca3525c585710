#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule finds what breaks it, and nothing in what keeps it."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import rules
from rules import floors, sources, tree


def places(rule, files):
    return [(found.path, found.line) for found in rule(files)]


class RuleTest(unittest.TestCase):
    rule = None

    def finds(self, line, path, text):
        """Exactly this line of the file breaks the rule."""
        self.assertEqual(places(type(self).rule, {path: text}), [(path, line)])

    def passes(self, path, text, *others):
        """With the other files there, nothing is found."""
        files = dict.fromkeys(others, "") | {path: text}
        self.assertEqual(places(type(self).rule, files), [])


class IncludesGoDown(RuleTest):
    rule = floors.includes_go_down

    def test_up_is_found(self):
        self.finds(2, "src/wire/record.c", '#include "base/buffer.h"\n#include "link/tls.h"\n')
        self.finds(1, "include/base/log.h", '#  include "model/target.h"\n')
        self.finds(1, "src/cli/serve.c", '#include "main/main.h"\n')

    def test_another_room_on_the_same_floor_is_found(self):
        self.finds(1, "src/link/tls.c", '#include "settings/settings_file.h"\n')
        self.finds(1, "tests/unit/probe/probe.c", '#include "store/store.h"\n')

    def test_a_file_of_another_folder_is_found(self):
        self.finds(1, "src/web/web.c", '#include "html.h"\n')
        self.finds(1, "tests/unit/web/web.c", '#include "html.h"\n')

    def test_a_room_that_nobody_planned_is_found(self):
        self.finds(1, "src/attic/chest.c", '#include "base/log.h"\n')
        self.finds(1, "src/web/web.c", '#include "attic/chest.h"\n')

    def test_what_is_for_tests_is_found_in_the_program(self):
        self.finds(1, "src/link/tls.c", '#include "support/pki.h"\n')

    def test_down_and_inside_the_room_is_fine(self):
        text = '#include "app/app.h"\n#include "base/log.h"\n#include "beside.h"\n#include <x.h>\n'
        self.passes("src/app/serve.c", text, "src/app/beside.h")
        self.passes("src/main.c", '#include "cli/cli.h"\n')
        self.passes("tests/unit/wire/der.c", '#include "support/guarded.h"\n')
        self.passes("tests/support/pki.h", '#include "link/tls.h"\n')
        self.passes("tests/unit/app/serve.c", '#include "beside.h"\n', "src/app/beside.h")


class OneLibraryOneRoom(RuleTest):
    rule = floors.one_library_one_room

    def test_a_library_in_another_room_is_found(self):
        self.finds(2, "src/probe/probe.c", "#include <string.h>\n#include <wolfssl/ssl.h>\n")
        self.finds(1, "include/app/app.h", "#include <microhttpd.h>\n")
        self.finds(1, "src/link/tls.c", "#include <check.h>\n")
        self.finds(1, "tests/support/dns_server.h", "#include <ares.h>\n")

    def test_a_library_that_nobody_planned_is_found(self):
        self.finds(1, "src/link/tls.c", "#include <openssl/ssl.h>\n")

    def test_a_room_and_its_tests_see_its_library(self):
        self.passes("include/link/wolfssl.h", "#include <wolfssl/ssl.h>\n")
        self.passes("tests/unit/report/json.c", "#include <check.h>\n#include <jansson.h>\n")

    def test_the_system_is_seen_by_all(self):
        self.passes("src/base/clock.c", "#include <time.h>\n#include <sys/socket.h>\n")


class RoomsLinkDown(RuleTest):
    rule = floors.rooms_link_down

    def test_a_room_that_links_up_or_across_is_found(self):
        self.finds(2, "CMakeLists.txt", "room(base Threads::Threads)\nroom(model base wire)\n")
        self.finds(1, "CMakeLists.txt", "room(model\n  cli)\n")

    def test_a_library_of_another_room_is_found(self):
        self.finds(1, "CMakeLists.txt", "room(store model PkgConfig::jansson)\n")
        self.finds(1, "CMakeLists.txt", "room(store model PkgConfig::sqlite3)\n")

    def test_a_room_that_nobody_planned_is_found(self):
        self.finds(1, "CMakeLists.txt", "room(attic base)\n")

    def test_down_is_fine(self):
        self.passes("CMakeLists.txt", "room(report store model PkgConfig::jansson)\n")


class Licence(RuleTest):
    rule = sources.licence
    line = "SPDX-License-Identifier: GPL-3.0-or-later"

    def test_a_source_without_it_is_found(self):
        for path in ("src/main.c", "tests/run.py", "CMakeLists.txt", "tests/CMakeLists.txt"):
            self.finds(1, path, "nothing\n")
        self.finds(1, "tests/run", "#!/bin/sh\n")

    def test_another_licence_is_found(self):
        self.finds(1, "src/main.c", "/* SPDX-License-Identifier: MIT */\n")

    def test_with_it_and_in_what_is_no_source_nothing_is_found(self):
        self.passes("src/main.c", f"/* {self.line} */\n")
        self.passes("tests/run", f"#!/bin/sh\n# {self.line}\n")
        self.passes("README.md", "nothing\n")


class HeadersAreGuarded(RuleTest):
    rule = sources.headers_are_guarded

    def test_a_header_without_a_guard_or_with_that_of_another_is_found(self):
        self.finds(1, "include/base/log.h", "int log_level;\n")
        self.finds(1, "include/base/log.h", "#ifndef LOG_H\n#define LOG_H\n#endif\n")

    def test_a_guarded_one_is_fine(self):
        self.passes("src/base/log.h", "#ifndef BASE_LOG_H\n#define BASE_LOG_H\n#endif\n")


class FunctionsFitAScreen(RuleTest):
    rule = sources.functions_fit_a_screen

    def test_a_longer_function_is_found(self):
        body = "  work();\n" * (sources.FUNCTION_LINES_MAX - 1)
        self.finds(2, "src/main.c", "int main(void)\n{\n" + body + "}\n")
        self.finds(1, "tests/run.py", "def run():\n  more()\n" + body)

    def test_one_that_just_fits_is_fine(self):
        body = "  work();\n" * (sources.FUNCTION_LINES_MAX - 2)
        self.passes("src/main.c", ("int run(void)\n{\n" + body + "}\n\n") * 2)
        self.passes("tests/run.py", "def run():\n  more()\n" + body)

    def test_a_brace_in_a_comment_ends_nothing(self):
        body = "  work();\n" * sources.FUNCTION_LINES_MAX
        self.finds(2, "src/main.c", "int main(void)\n{\n/*\n}\n*/" + body + "}\n")


class BannedCalls(RuleTest):
    rule = sources.banned_calls

    def test_a_call_is_found_in_the_program_and_in_tests(self):
        self.finds(3, "src/main.c", "/* a\n */\n  strcpy(to, from);\n")
        self.finds(1, "tests/unit/base/log.c", "int i = atoi (text);\n")

    def test_a_shell_is_found_in_the_program_alone(self):
        self.finds(1, "src/main.c", 'system("ls");\n')
        self.passes("tests/support/pki.h", 'system("openssl");\n')

    def test_words_members_and_longer_names_are_fine(self):
        self.passes("src/main.c", '/* gets (it) */ puts("system("); // atoi(x)\n')
        self.passes("src/main.c", "loop->system(x); loop.exit(x); snprintf(y); my_exit(z);\n")


class NothingLeftToDo(RuleTest):
    rule = sources.nothing_left_to_do

    def test_a_mark_is_found_in_every_kind_of_file(self):
        for path in ("src/main.c", "README.md", "tests/run"):
            self.finds(2, path, "one\nTODO: two\n")
        self.finds(1, "src/main.c", "/* FIXME */\n")

    def test_a_longer_word_is_none(self):
        self.passes("tests/support/pki.h", 'char path[] = "/tmp/XXXXXX";\n')


class UnitTestsHaveAModule(RuleTest):
    rule = sources.unit_tests_have_a_module

    def test_a_test_of_nothing_is_found(self):
        self.finds(1, "tests/unit/base/gone.c", "")

    def test_a_test_of_a_module_is_fine(self):
        self.passes("tests/unit/base/log.c", "", "src/base/log.c")


class TheTree(unittest.TestCase):
    def test_what_a_build_made_and_what_is_no_text_is_not_read(self):
        with tempfile.TemporaryDirectory() as root:
            for path in ("src/base/log.c", "build-dev/made.c", ".git/config", "picture.png"):
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "wb") as file:
                    file.write(b"\x89PNG" if path.endswith("png") else b"text\n")
            self.assertEqual(tree.read(root), {"src/base/log.c": "text\n"})

    def test_comments_and_literals_are_blanked_line_by_line(self):
        code = tree.code_alone("a /* b\n\" */ 'c' \"d // \\\" e\" // f\ng")
        self.assertEqual(code, "a     \n     ' ' \"         \"     \ng")

    def test_every_rule_that_there_is_has_a_test(self):
        tested = {one.rule for one in RuleTest.__subclasses__()}
        self.assertEqual(tested, set(rules.ALL))


if __name__ == "__main__":
    unittest.main()
