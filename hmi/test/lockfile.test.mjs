// The lock file must name every package exactly, on every platform, and no address of anybody's registry.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

test("the lock file is complete and names no registry", () => {
  const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
  for (const [name, entry] of Object.entries(packages)) {
    if (name === "") continue;
    assert.ok(entry.version && entry.integrity, `${name} has version and integrity`);
    assert.equal(entry.resolved, undefined, `${name} names no address: .npmrc sees to that`);
  }
  assert.ok(Object.keys(packages).some((name) => name.includes("linux-arm64")), "packages of other platforms are there");
});
