#!/usr/bin/env python3
"""Sums up a test run for ./dev test: the last line says "N passed, N failed", the exit code is 0 only when nothing failed.

The folder given holds what the runners left: ctest.xml (ctest --output-junit), NAME_test.json (one per GoogleTest program), and for the
page's two runs page.log and browser.log (node --test), each with an empty NAME.failed beside it when npm ended with an error.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


class Tally:
    """Counts of one runner."""

    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def google_test(report):
    tally = Tally()
    for suite in report["testsuites"]:
        for case in suite["testsuite"]:
            if case.get("failures"):
                tally.failed += 1
            elif case.get("result") == "COMPLETED":
                tally.passed += 1
            else:
                tally.skipped += 1
    return tally


def ctest(folder):
    """Every CTest entry; a GoogleTest program counts as its cases, and once more as failed when it died outside them."""
    total = Tally()
    if not (folder / "ctest.xml").exists():  # ctest itself did not run
        total.failed = 1
        return total
    for case in ElementTree.parse(folder / "ctest.xml").getroot().iter("testcase"):
        report, tally = folder / f"{case.get('name')}_test.json", Tally()
        failed = case.get("status") == "fail"
        if report.exists():
            tally = google_test(json.loads(report.read_text(encoding="utf-8")))
        elif case.get("status") == "run":
            tally.passed = 1
        elif not failed:
            tally.skipped = 1
        if failed and tally.failed == 0:
            tally.failed = 1
        total.add(tally)
    return total


def node_test(folder, name):
    """A run of `node --test`, whose last lines say `# pass 12` or, on newer versions, `ℹ pass 12`."""
    tally = Tally()
    text = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
    for word, count in re.findall(r"^(?:#|ℹ) (pass|fail|cancelled|skipped) (\d+)$", text, re.MULTILINE):
        field = {"pass": "passed", "skipped": "skipped"}.get(word, "failed")
        setattr(tally, field, getattr(tally, field) + int(count))
    broke = (folder / f"{name}.failed").exists() or tally.passed == 0
    if broke and tally.failed == 0:
        tally.failed = 1
    return tally


def main(folder):
    parts = [("C++", ctest(folder))]
    for name in ("page", "browser"):
        if (folder / f"{name}.log").exists():
            parts.append((name, node_test(folder, name)))
    total = Tally()
    print()
    for name, tally in parts:
        print(f"{name}: {tally.passed} passed, {tally.failed} failed" + (f", {tally.skipped} skipped" if tally.skipped else ""))
        total.add(tally)
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
