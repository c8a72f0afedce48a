#!/usr/bin/env python3
"""The house rules that a machine can check: ./tools/tidy.py (part of ./dev lint and of CTest).

Each check is a function from the tree (path -> text) to findings "path:line: what is wrong". tools/tidy_test.py shows every check a case
that must be found and a twin that must not. Files beyond a size rule stand in tools/tidy_exceptions.txt.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

LINE_COLUMNS_MAX = 140
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 100
BLOB_BYTES_MAX = 256 * 1024
# Tests apart; small is a feature. The budget of src/ is 25,000; with large models, skills and proposals it stands far over it
# (ARCHITECTURE.md says where): it gets smaller, not larger.
SOURCE_LINES_MAX = {"src/engine/": 6_000, "src/": 48_800, "hmi/src/": 9_200}

CODE = (".cc", ".h", ".cmake", ".py", ".ts", ".mjs", ".css", ".sh")
TEXT = CODE + (".md", ".txt", ".yaml", ".yml", ".json", ".jsonl", ".html", ".svg")

# The floor of every room: needs go downwards only. `cli` holds main(), which makes every object, so it stands on top of the server.
FLOORS = {"base": 0, "catalogue": 1, "engine": 1, "llm": 1, "web": 1, "vehicle": 2, "speech": 2, "understanding": 2, "safety": 3,
          "skills": 4,
          "agent": 5, "server": 6, "cli": 7}
KNOWS_NO_CAR = ("engine", "llm", "web")

BANNED_CPP = [
    (r"\bstd::system\s*\(|(?<![\w.:>])system\s*\(|\bpopen\s*\(", "starts a shell"),
    (r"\b(?:v?sprintf|strcpy|strcat|gets)\s*\(", "writes past the end"),
    (r"(?<![\w.:>])s?rand\s*\(|\bstd::s?rand\b", "use base/random.h: seeded, the same everywhere"),
    (r"(?<![\w.:>])(?:atoi|atol|atof)\s*\(|\bstd::ato[ilf]\b", "cannot fail visibly: use std::from_chars"),
    (r"(?<![\w.:>])(?:localtime|gmtime|strtok|asctime|ctime)\s*\(", "is not thread-safe"),
    (r"\busing\s+namespace\s+std\b", "name what is used"),
]
BANNED_IN_TESTS = [(r"\bsleep_(?:for|until)\b|(?<![\w.:>])u?sleep\s*\(", "no sleeps in tests: use SimulatedClock, or wait for the event")]
BANNED_PAGE = [(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML)\b|\bdocument\.write\b|(?<![\w.])eval\s*\(|\bnew Function\b",
                "text from outside becomes a text node, never markup or code")]

AUTHORITY = r"\bActuatorKey\b|\bRawActuator\b|(?:\.|->)actuator\s*\("
AUTHORITY_ROOMS = ("src/safety/", "src/vehicle/", "tests/compile_fail/")
IMPOSTOR = r"\bclass\s+GuardedActuator\b(?!\s*;)"
IMPOSTOR_FILES = ("src/safety/guarded_actuator.h", "src/vehicle/vehicle_for_test.h")
MACHINE_PATH = r"(?<![\w.~:/}])/(?:work|root|home/\w+|Users/\w+)/\w"


class Tree:
    """The files of the repository: text of those we read, sizes of all."""

    def __init__(self, texts, sizes=None, exceptions=()):
        self.texts = texts
        self.sizes = sizes or {path: len(text.encode()) for path, text in texts.items()}
        self.exceptions = {(kind, path): int(limit) for kind, path, limit in exceptions}

    def of(self, *suffixes, under=""):
        return [(path, text) for path, text in sorted(self.texts.items()) if path.startswith(under) and path.endswith(suffixes)]


def line_of(text, position):
    return text.count("\n", 0, position) + 1


CPP_NOISE = re.compile(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|(?<![\w])\'(?:[^\'\\\n]|\\.)+\'', re.DOTALL)


def bare(text):
    """C++ or TypeScript without comments and the inside of literals; every line and column stays where it is."""
    return CPP_NOISE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def is_test(path):
    return path.startswith("tests/") or re.search(r"_test(_support)?\.(cc|h)$|_for_test\.h$|\.test\.mjs$", path) is not None


# ---- sizes ----------------------------------------------------------------------------------------------------------------------------
# A measure yields (path, line or 0, how much); SIZES says how much is too much, in which words.


def columns(tree):
    for path, text in tree.of(*CODE, "CMakeLists.txt", "dev"):
        for number, line in enumerate(text.splitlines(), 1):
            if "://" not in line:
                yield path, number, len(line)


def file_lines(tree):
    for path, text in tree.of(*CODE):
        yield path, 0, text.count("\n")


def cpp_functions(text):
    """(first line, lines) of every function body, lambdas counted into what holds them. Reads braces, no more than that."""
    clean = re.sub(r"^[ ]*#.*(?:\\\n.*)*", "", bare(text), flags=re.MULTILINE) if "\\\n" not in text else bare(text)
    stack, head_start, functions = [], 0, []
    for match in re.finditer(r"[{};]", clean):
        at, sign = match.start(), match.group()
        inside = any(kind == "function" for kind, _ in stack)
        if sign == "{":
            head = clean[head_start:at]
            if inside:
                kind = "block"
            elif re.search(r"\b(?:namespace|class|struct|union|enum)\b[^()=]*$", head) or not re.search(r"\)[^()=;]*$", head):
                kind = "type"
            else:
                kind = "function"
            stack.append((kind, line_of(clean, head_start + len(head) - len(head.lstrip()))))
        elif sign == "}" and stack:
            kind, first = stack.pop()
            if kind == "function":
                functions.append((first, line_of(clean, at) - first + 1))
        head_start = at + 1
    return functions


def python_functions(text):
    return [(node.lineno, node.end_lineno - node.lineno + 1) for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def function_lines(tree):
    for path, text in tree.of(".cc", ".h", ".py"):
        for first, count in (python_functions if path.endswith(".py") else cpp_functions)(text):
            yield path, first, count


def blob_bytes(tree):
    for path, size in sorted(tree.sizes.items()):
        if not path.startswith(("models/", "docs/images/")):
            yield path, 0, size


SIZES = {
    "columns": (columns, LINE_COLUMNS_MAX, "{} columns, at most {}"),
    "file": (file_lines, FILE_LINES_MAX, "{} lines, at most {}: look for the second idea"),
    "function": (function_lines, FUNCTION_LINES_MAX, "a function of {} lines, at most {}"),
    "blob": (blob_bytes, BLOB_BYTES_MAX, "{} bytes, at most {}"),
}


def sizes(tree):
    for kind, (measure, standard, words) in SIZES.items():
        for path, number, count in measure(tree):
            limit = tree.exceptions.get((kind, path), standard)
            if count > limit:
                yield f"{path}{f':{number}' if number else ''}: {words.format(count, limit)}"


def largest(tree):
    """(kind, path) -> the largest measure, where it is beyond the standard: the exceptions that this tree needs."""
    needed = {}
    for kind, (measure, standard, _) in SIZES.items():
        for path, _, count in measure(tree):
            if count > standard:
                needed[kind, path] = max(count, needed.get((kind, path), 0))
    return needed


def loose_exceptions(tree):
    needed = largest(tree)
    for kind, path in sorted(tree.exceptions):
        if (kind, path) not in needed:
            yield f"tools/tidy_exceptions.txt: {kind} {path} is not needed any more"


def source_budget(tree):
    for folder, limit in SOURCE_LINES_MAX.items():
        count = sum(text.count("\n") for path, text in tree.of(".cc", ".h", ".ts", ".css", under=folder) if not is_test(path))
        if count > limit:
            yield f"{folder}: {count} lines of source, at most {limit}"


def white_space(tree):
    for path, text in tree.of(*CODE, ".yaml", "CMakeLists.txt", "dev"):
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip() or "\t" in line:
                yield f"{path}:{number}: a tab, a carriage return, or space at the end of the line"
        if text and not text.endswith("\n"):
            yield f"{path}: no newline at the end"


# ---- the map --------------------------------------------------------------------------------------------------------------------------


def rooms(tree):
    """room -> (what its CMakeLists.txt DEPENDS on, what its tests may use besides)."""
    found = {}
    for path, text in tree.of("/CMakeLists.txt", under="src/"):
        for body in re.findall(r"deepcabin_module\(([^)]*)\)", re.sub(r"#.*", "", text)):
            words, key, lists = re.sub(r"\$\{.*?\}", "", body).split(), None, {}
            for word in words:
                if re.fullmatch(r"NAME|SOURCES|DEPENDS|LIBRARIES|TESTS|TEST_LIBRARIES", word):
                    key = word
                else:
                    lists.setdefault(key, []).append(word)
            room = path.split("/")[1]
            test_rooms = {word.removeprefix("deepcabin_") for word in lists.get("TEST_LIBRARIES", []) if word.startswith("deepcabin_")}
            test_rooms |= {"llm"} if "deepcabin_fake_endpoint" in lists.get("TEST_LIBRARIES", []) else set()  # it lies there
            found[room] = (set(lists.get("DEPENDS", [])), test_rooms)
    return found


def arrows(tree):
    """A room includes what its CMakeLists.txt names, and that lies on a lower floor."""
    map_of_house = rooms(tree)
    for room, (depends, _) in sorted(map_of_house.items()):
        for other in sorted(depends):
            if FLOORS.get(other, 99) >= FLOORS.get(room, -1):
                yield f"src/{room}/CMakeLists.txt: {room} may not need {other}: rooms need only rooms on lower floors"
        if room in KNOWS_NO_CAR and depends - {"base"}:
            yield f"src/{room}/CMakeLists.txt: {room} needs base only; it knows nothing of cars"
    for path, text in tree.of(".cc", ".h", under="src/"):
        room = path.split("/")[1]
        if room not in map_of_house:
            continue
        depends, test_rooms = map_of_house[room]
        may = depends | {room} | (test_rooms if is_test(path) else set())
        for match in re.finditer(r'^#include "(\w+)/', text, re.MULTILINE):
            if match.group(1) in FLOORS and match.group(1) not in may:
                yield f"{path}:{line_of(text, match.start())}: {room} includes {match.group(1)}, which is not in its DEPENDS"


def unlisted_sources(tree):
    for path, _ in tree.of(".cc", under="src/"):
        room, rest = path.split("/", 2)[1:]
        if not re.search(rf"(?<![\w/.]){re.escape(rest)}(?![\w])", tree.texts.get(f"src/{room}/CMakeLists.txt", "")):
            yield f"{path}: not in src/{room}/CMakeLists.txt"


def dead_headers(tree):
    included = {name for _, text in tree.of(".cc", ".h") for name in re.findall(r'^#include "([^"]+)"', text, re.MULTILINE)}
    for path, text in tree.of(".h", under="src/"):
        if path.removeprefix("src/") not in included:
            yield f"{path}: nobody includes it"
        if not text.startswith("#pragma once\n"):
            yield f"{path}:1: begins with #pragma once"


# ---- authority and banned calls -------------------------------------------------------------------------------------------------------


def matches(text, rules):
    for pattern, why in rules:
        for match in re.finditer(pattern, text):
            yield line_of(text, match.start()), match.group().strip(), why


def authority(tree):
    """Only safety/ holds the raw actuator; vehicle/ defines it."""
    for path, text in tree.of(".cc", ".h"):
        clean = bare(text)
        if not path.startswith(AUTHORITY_ROOMS):
            for number, what, _ in matches(clean, [(AUTHORITY, "")]):
                yield f"{path}:{number}: {what}: only src/safety/ may hold the raw actuator"
            if "vehicle/vehicle_for_test.h" in text and not path.startswith("bench/"):
                yield f"{path}: vehicle_for_test.h has a key to the actuators and is for the tests of src/vehicle/ and for bench/"
        if path not in IMPOSTOR_FILES:
            for number, _, _ in matches(clean, [(IMPOSTOR, "")]):
                yield f"{path}:{number}: a second class GuardedActuator could make the key to the actuators"


def banned_calls(tree):
    for path, text in tree.of(".cc", ".h"):
        rules = BANNED_CPP + (BANNED_IN_TESTS if is_test(path) else [])
        for number, what, why in matches(bare(text), rules):
            yield f"{path}:{number}: {what} {why}"
    for path, text in tree.of(".ts", under="hmi/src/"):
        for number, what, why in matches(bare(text), BANNED_PAGE):
            yield f"{path}:{number}: {what}: {why}"


def machine_paths(tree):
    for path, text in tree.of(*TEXT, "CMakeLists.txt", "dev", ".ci/run"):
        for number, what, _ in matches(text, [(MACHINE_PATH, "")]):
            yield f"{path}:{number}: {what}…: a path of somebody's machine"


# ---- documents ------------------------------------------------------------------------------------------------------------------------


def commands(tree):
    """Every `./dev x` in a document is a command that ./dev help lists."""
    known = set(re.findall(r"^#   \./dev (\w+)", tree.texts.get("dev", ""), re.MULTILINE))
    for path, text in tree.of(".md"):
        for match in re.finditer(r"\./dev ([a-z]\w*)", text):
            if match.group(1) not in known:
                yield f"{path}:{line_of(text, match.start())}: ./dev {match.group(1)} is not in ./dev help"


def dead_links(tree):
    """Links to files, and files named in ARCHITECTURE.md, are there."""
    def is_there(name):
        return name in tree.sizes or any(other.startswith(name.rstrip("/") + "/") for other in tree.sizes)

    for path, text in tree.of(".md"):
        for match in re.finditer(r"\]\(([^)#\s]+)[^)]*\)|<img[^>]* src=\"([^\"]+)\"", text):
            target = match.group(1) or match.group(2)
            if "://" not in target and not target.startswith("mailto:"):
                if not is_there(os.path.normpath(os.path.join(os.path.dirname(path), target))):
                    yield f"{path}:{line_of(text, match.start())}: {target} is not there"
    text = tree.texts.get("ARCHITECTURE.md", "")
    for match in re.finditer(r"`([\w./-]+)`", text):
        name = match.group(1)
        if "/" in name and re.match(r"[a-z]", name) and not (is_there(name) or is_there(f"src/{name}")):
            yield f"ARCHITECTURE.md:{line_of(text, match.start())}: {name} is not there"


CHECKS = [sizes, loose_exceptions, source_budget, white_space, arrows, unlisted_sources, dead_headers, authority, banned_calls,
          machine_paths, commands, dead_links]


# ---- reading the repository -----------------------------------------------------------------------------------------------------------


def list_files(root):
    """What git tracks or would track; without git (a source archive), everything that is not built."""
    git = subprocess.run(["git", "-C", str(root), "ls-files", "-coz", "--exclude-standard"], capture_output=True, check=False)
    if git.returncode == 0:
        return [name for name in git.stdout.decode().split("\0") if name and (root / name).is_file()]
    skip = re.compile(r"(^|/)(\.git|\.cache|node_modules|build|build-\w+)(/|$)|^hmi/dist/")
    return [name for name in (str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) if not skip.search(name)]


def read(root):
    texts, sizes = {}, {}
    for name in list_files(root):
        path = root / name
        sizes[name] = path.stat().st_size
        if (name.endswith(TEXT) or name in ("dev", ".ci/run")) and not name.startswith("fuzz/corpus/"):
            texts[name] = path.read_text(encoding="utf-8")
    lines = texts.get("tools/tidy_exceptions.txt", "").splitlines()
    return Tree(texts, sizes, [line.split() for line in lines if line.strip() and not line.startswith("#")])


HEADER = """# Files beyond a size rule of tools/tidy.py, and how far they may go. A ratchet: make the numbers smaller, not larger.
# `tools/tidy.py --accept` writes what the tree needs now; whoever reviews sees the difference.
"""


def main(arguments):
    root = Path(__file__).resolve().parent.parent
    tree = read(root)
    if arguments == ["--accept"]:
        lines = [f"{kind} {path} {count}\n" for (kind, path), count in sorted(largest(tree).items())]
        (root / "tools/tidy_exceptions.txt").write_text(HEADER + "".join(lines), encoding="utf-8")
        return 0
    if arguments:
        print("usage: tools/tidy.py [--accept]", file=sys.stderr)
        return 2
    findings = [finding for check in CHECKS for finding in check(tree)]
    for finding in findings:
        print(finding)
    print(f"tidy: {len(CHECKS)} checks, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
