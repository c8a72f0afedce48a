// A snapshot that was asked for before an event must not undo that event.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModule } from "./support/load.mjs";

const { SignalStore } = await loadModule("/src/store.ts");

test("an event that comes while a snapshot is on its way wins", () => {
  const store = new SignalStore();
  store.beginSnapshot();
  store.apply([{ path: "A", current: 2 }]);
  store.endSnapshot([{ path: "A", current: 1 }, { path: "B", current: true }]);
  assert.equal(store.number("A"), 2);
  assert.equal(store.on("B"), true);
});

test("a change without a target keeps the target", () => {
  const store = new SignalStore();
  store.apply([{ path: "A", current: 0, target: 100 }]);
  store.apply([{ path: "A", current: 40 }]);
  assert.deepEqual(store.get("A"), { current: 40, target: 100 });
});

test("words that mean off are off", () => {
  const store = new SignalStore();
  store.apply([{ path: "A", current: "OFF" }, { path: "B", current: "MEDIUM" }, { path: "C", current: "" }]);
  assert.deepEqual(["A", "B", "C", "D"].map((path) => store.on(path)), [false, true, false, false]);
});
