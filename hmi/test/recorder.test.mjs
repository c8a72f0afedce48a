// A recorded drive must come back as it was, and a file from elsewhere must not get in unread. Sentences must not break inside numbers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModule } from "./support/load.mjs";

const { Recorder, readRecording } = await loadModule("/src/recorder.ts");
const { nextSentence } = await loadModule("/src/sentences.ts");

test("what is recorded reads back the same, in the order of its times", () => {
  let now = 0;
  const recorder = new Recorder(
    () => {},
    () => now,
  );
  recorder.note({ scenario: "city" }); // not recording yet
  recorder.start();
  for (const [at, step] of [
    [10, { scenario: "city" }],
    [500, { set: "Vehicle.Speed", value: 30 }],
    [600, { set: "Vehicle.Speed", value: 42 }],
    [900, { say: "好", speaker: "row1.right" }],
  ]) {
    now = at;
    recorder.note(step);
  }
  recorder.stop();
  assert.deepEqual(recorder.steps, [
    { at_ms: 10, scenario: "city" },
    { at_ms: 500, set: "Vehicle.Speed", value: 42 },
    { at_ms: 900, say: "好", speaker: "row1.right" },
  ]);
  assert.deepEqual(readRecording(recorder.file()), recorder.steps);
});

test("a broken file is refused with the reason", () => {
  const of = (steps) => readRecording(JSON.stringify({ steps }));
  assert.equal(readRecording("{"), "not JSON");
  assert.equal(readRecording("[]"), 'no "steps"');
  assert.match(readRecording(" ".repeat((1 << 20) + 1)), /at most 1048576/);
  for (const bad of [
    { at_ms: -1, say: "x" },
    { at_ms: 1, say: "" },
    { at_ms: 1, set: "Elsewhere.X", value: 1 },
    { at_ms: 1, set: "Vehicle.Speed", value: {} },
    { at_ms: 1, scenario: "../x" },
    null,
    3,
  ]) {
    assert.match(of([{ at_ms: 0, say: "x" }, bad]), /step 2/);
  }
  assert.match(of(Array.from({ length: 5001 }, () => ({ at_ms: 0, say: "x" }))), /at most 5000/);
  assert.equal(of([{ at_ms: 0, say: "x", speaker: "roof" }])[0].speaker, "row1.left");
});

test("sentences end at full stops, not inside numbers, and not before they are whole", () => {
  assert.deepEqual(nextSentence("到了。然后", 0), { sentence: "到了。", end: 3 });
  assert.equal(nextSentence("It is 3.5", 0), null);
  assert.equal(nextSentence("It is 3.", 0), null);
  assert.deepEqual(nextSentence("It is 3.5 km. Then", 0), { sentence: "It is 3.5 km.", end: 13 });
  assert.equal(nextSentence("到了。然后", 3), null);
});
