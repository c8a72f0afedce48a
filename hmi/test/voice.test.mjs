// The sound that goes to the server, and when somebody has ended.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModule } from "./support/load.mjs";

const { Silence, wavOf } = await loadModule("/src/ears.ts");

test("a WAV file says what it holds, and loud samples are cut, not wrapped", () => {
  const bytes = wavOf(Float32Array.of(0, 1, -1, 2, -2, 0.5), 16_000);
  const view = new DataView(bytes);
  assert.equal(new TextDecoder().decode(bytes.slice(0, 16)).replace(/[^A-Za-z ]/g, ""), "RIFFWAVEfmt ".replace(/[^A-Za-z ]/g, ""));
  assert.equal(view.getUint32(4, true), bytes.byteLength - 8);
  assert.equal(view.getUint32(24, true), 16_000);
  assert.equal(view.getUint32(40, true), 12);
  assert.deepEqual(Array.from(new Int16Array(bytes, 44)), [0, 32_767, -32_767, 32_767, -32_767, 16_384]);
});

test("silence ends what was said, not what was not begun", () => {
  const silence = new Silence();
  assert.equal(silence.ended(0.001, 5_000), false);
  assert.equal(silence.ended(0.2, 6_000), false);
  assert.equal(silence.ended(0.001, 7_000), false);
  assert.equal(silence.ended(0.1, 7_100), false);
  assert.equal(silence.ended(0.001, 8_300), false);
  assert.equal(silence.ended(0.001, 8_500), true);
});
