// The page's paths against the catalogue: a renamed signal must fail here and not freeze a part of the picture.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { loadModule } from "./support/load.mjs";

const CATALOGUE = new URL("../../catalogue/", import.meta.url);
const SIDE = { left: "DriverSide", middle: "Middle", right: "PassengerSide" };

function expand(signal, zones) {
  if (!zones) return [signal];
  return zones.map((zone) => {
    const [row, side] = zone.includes(".") ? zone.split(".") : [{ front: "row1", rear: "row2" }[zone], { left: "left", right: "right" }[zone]];
    return signal
      .replaceAll("{row}", row?.replace("row", "Row"))
      .replaceAll("{side}", SIDE[side])
      .replaceAll("{station}", side === "right" ? "Passenger" : "Driver")
      .replaceAll("{end}", zone === "rear" ? "Rear" : "Front")
      .replaceAll("{hand}", side === "right" ? "Right" : "Left");
  });
}

function cataloguePaths() {
  const paths = new Set();
  for (const file of readdirSync(CATALOGUE).filter((name) => name.endsWith(".yaml"))) {
    const { capabilities = [], signals = [] } = parse(readFileSync(new URL(file, CATALOGUE), "utf8")) ?? {};
    for (const { signal, zones } of capabilities) if (signal) for (const path of expand(signal, zones)) paths.add(path);
    for (const { path } of signals) paths.add(path);
  }
  return paths;
}

test("every signal of the page is in the catalogue", { skip: !existsSync(CATALOGUE) && "no catalogue here" }, async () => {
  const { ALL_PATHS } = await loadModule("/src/signals.ts");
  const known = cataloguePaths();
  assert.ok(known.size > 500, `the catalogue was read (${known.size} signals)`);
  assert.deepEqual(ALL_PATHS.filter((path) => !known.has(path)), []);
});

test("no path is listed twice", async () => {
  const { ALL_PATHS } = await loadModule("/src/signals.ts");
  assert.equal(new Set(ALL_PATHS).size, ALL_PATHS.length);
});
