#!/usr/bin/env python3
"""Every check of tidy.py: something that must be found, and its twin that must not. Run by CTest and by hand."""

import unittest

import tidy

ROOM = "deepcabin_module(NAME {0} SOURCES a.cc DEPENDS {1})\n"
HEADER = "#pragma once\n"


def found(check, texts, **more):
    return list(check(tidy.Tree(texts, **more)))


class TidyTest(unittest.TestCase):
    def both(self, check, bad, good, words=""):
        findings = found(check, bad)
        self.assertEqual(len(findings), 1, findings)
        self.assertIn(words, findings[0])
        self.assertEqual(found(check, good), [])

    def test_columns(self):
        self.both(tidy.sizes, {"src/base/a.cc": "x" * 141 + "\n"}, {"src/base/a.cc": "字" * 140 + "\n"}, "a.cc:1: 141 columns")
        self.assertEqual(found(tidy.sizes, {"docs/a.md": "x" * 500}), [])

    def test_file_length_and_its_exception(self):
        self.both(tidy.sizes, {"src/base/a.cc": "\n" * 601}, {"src/base/a.cc": "\n" * 600}, "601 lines")
        self.assertEqual(found(tidy.sizes, {"src/base/a.cc": "\n" * 601}, exceptions=[("file", "src/base/a.cc", "601")]), [])
        self.assertEqual(len(found(tidy.sizes, {"src/base/a.cc": "\n" * 602}, exceptions=[("file", "src/base/a.cc", "601")])), 1)

    def test_exceptions_only_shrink(self):
        exceptions = [("file", "src/base/a.cc", "700")]
        self.assertEqual(len(found(tidy.loose_exceptions, {"src/base/a.cc": "\n"}, exceptions=exceptions)), 1)
        self.assertEqual(found(tidy.loose_exceptions, {"src/base/a.cc": "\n" * 650}, exceptions=exceptions), [])

    def test_function_length(self):
        def function(lines):
            return "namespace a {\nint F(int x) {\n" + "  if (x) { x++; }\n" * (lines - 2) + "}\n}\n"
        self.both(tidy.sizes, {"src/base/a.cc": function(101)}, {"src/base/a.cc": function(100)}, "a.cc:2: a function of 101 lines")
        self.both(tidy.sizes, {"a.py": "def f():\n" + "    f()\n" * 100}, {"a.py": "def f():\n" + "    f()\n" * 99}, "101 lines")

    def test_functions_are_told_from_tables_and_classes(self):
        table = "constexpr std::array<Row, 200> kRows{{\n" + "  {1, F(2)},\n" * 150 + "}};\n"
        klass = "class A final : public B {\n" + "  void F() { g(\"}\"); }  // {\n" * 150 + "};\n"
        self.assertEqual(found(tidy.sizes, {"src/base/a.cc": table + klass}), [])

    def test_budget(self):
        source = {f"src/engine/{n}.cc": "\n" * 500 for n in range(12)}
        self.assertEqual(found(tidy.source_budget, source | {"src/engine/a_test.cc": "\n" * 500}), [])
        self.assertEqual(len(found(tidy.source_budget, source | {"src/engine/a.cc": "\n"})), 1)

    def test_blobs(self):
        for path, count in (("eval/a.bin", 1), ("docs/images/a.png", 0), ("models/student.gguf", 0)):
            self.assertEqual(len(found(tidy.sizes, {}, sizes={path: 256 * 1024 + 1})), count, path)

    def test_white_space(self):
        self.both(tidy.white_space, {"a.cc": "int a; \n"}, {"a.cc": "int a;\n"}, "a.cc:1")
        self.both(tidy.white_space, {"a.cc": "int a;"}, {"a.cc": ""}, "no newline")

    def test_arrows(self):
        house = {"src/vehicle/CMakeLists.txt": ROOM.format("vehicle", "base catalogue")}
        self.both(tidy.arrows, house | {"src/vehicle/a.cc": '#include "safety/guard.h"\n'},
                  house | {"src/vehicle/a.cc": '#include "catalogue/call.h"\n#include "vehicle/broker.h"\n'}, "includes safety")
        self.both(tidy.arrows, {"src/vehicle/CMakeLists.txt": ROOM.format("vehicle", "agent")}, house, "may not need agent")
        self.assertEqual(found(tidy.arrows, {"src/engine/CMakeLists.txt": ROOM.format("engine", "base")}), [])
        self.assertTrue(found(tidy.arrows, {"src/engine/CMakeLists.txt": ROOM.format("engine", "base catalogue")}))

    def test_tests_may_use_what_they_link(self):
        house = {"src/agent/CMakeLists.txt": "deepcabin_module(NAME agent DEPENDS base TESTS a_test.cc TEST_LIBRARIES deepcabin_vehicle)\n"}
        self.both(tidy.arrows, house | {"src/agent/a.cc": '#include "vehicle/broker.h"\n'},
                  house | {"src/agent/a_test.cc": '#include "vehicle/broker.h"\n'}, "includes vehicle")

    def test_unlisted_sources(self):
        house = {"src/base/CMakeLists.txt": ROOM.format("base", "")}
        self.both(tidy.unlisted_sources, house | {"src/base/aa.cc": ""}, house | {"src/base/a.cc": ""}, "not in src/base")

    def test_dead_headers(self):
        user = {"src/base/a.cc": '#include "base/a.h"\n'}
        self.both(tidy.dead_headers, {"src/base/a.h": HEADER}, user | {"src/base/a.h": HEADER}, "nobody")
        self.assertEqual(len(found(tidy.dead_headers, user | {"src/base/a.h": "int a;\n"})), 1)

    def test_authority(self):
        for text in ("broker.actuator(key);", "vehicle::ActuatorKey k;", "RawActuator& raw;", "class GuardedActuator {\n};"):
            self.both(tidy.authority, {"src/agent/a.cc": text}, {"src/agent/a.cc": f"// {text.splitlines()[0]}\n"})
        self.assertEqual(found(tidy.authority, {"src/safety/a.cc": "broker.actuator(key);"}), [])
        self.assertEqual(found(tidy.authority, {"src/agent/a.h": "class GuardedActuator;"}), [])
        self.assertEqual(len(found(tidy.authority, {"src/agent/a_test.cc": '#include "vehicle/vehicle_for_test.h"\n'})), 1)

    def test_banned_calls(self):
        for text in ('std::system("ls");', "sprintf(a, b);", "strcpy(a, b);", "int a = rand();", "using namespace std;", "atoi(a);"):
            self.both(tidy.banned_calls, {"src/base/a.cc": text}, {"src/base/a.cc": f'Say(R"({text})");  // {text}\n'})
        for text in ("snprintf(a, 1, b);", "random.rand();", "operating_system(1);", "my::rand(1);"):
            self.assertEqual(found(tidy.banned_calls, {"src/base/a.cc": text}), [], text)

    def test_no_sleeps_in_tests(self):
        text = "std::this_thread::sleep_for(1ms);"
        self.both(tidy.banned_calls, {"src/base/a_test.cc": text}, {"src/base/a.cc": text}, "sleep")

    def test_page_makes_no_markup(self):
        self.both(tidy.banned_calls, {"hmi/src/a.ts": "node.innerHTML = text;"}, {"hmi/src/a.ts": "node.textContent = text;"}, "innerHTML")

    def test_machine_paths(self):
        home = "/".join(("", "home", "ann", "deepcabin"))
        self.both(tidy.machine_paths, {"docs/a.md": f"see {home}"}, {"docs/a.md": "see docs/work/a and https://a.org/home/x"}, "machine")

    def test_commands(self):
        house = {"dev": "#!/bin/bash\n#   ./dev run [options]   runs\n"}
        self.both(tidy.commands, house | {"README.md": "`./dev fly`"}, house | {"README.md": "`./dev run`"}, "./dev fly")

    def test_dead_links(self):
        self.both(tidy.dead_links, {"docs/a.md": "[b](b.md#part)"}, {"docs/a.md": "[b](b.md#part) [c](https://c.org)", "docs/b.md": ""},
                  "b.md is not there")
        self.both(tidy.dead_links, {"ARCHITECTURE.md": "`agent/b.cc`"},
                  {"ARCHITECTURE.md": "`agent/b.cc` `agent`", "src/agent/b.cc": ""}, "b.cc")


if __name__ == "__main__":
    unittest.main()
