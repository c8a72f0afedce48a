// The voice against the real program: espeak-ng speaks, a stand-in of a transcription server hears, and talking, pressing or typing stops
// the sound at once.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { realProgram, startBrowser, startServer } from "../../hmi/dev/browser.mjs";
import { openPage, say, teller, until } from "./support.mjs";

const STOP_MS_MAX = 150;
const skip = realProgram() ? false : "only the program has a voice";
let browser;
let server;
let ears; // a transcription server
let folder;
const heard = [];

before(async () => {
  if (skip) return;
  ears = createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      heard.push({ url: request.url, key: request.headers.authorization, body: Buffer.concat(pieces) });
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ text: "座椅加热开到二档" }));
    });
  });
  await new Promise((ready) => ears.listen(0, "127.0.0.1", ready));
  folder = mkdtempSync(join(tmpdir(), "deepcabin-voice-"));
  const settings = join(folder, "speech.yaml");
  writeFileSync(settings, `transcription:\n  url: http://127.0.0.1:${ears.address().port}/inference\n  model: whisper-1\n  key: env:EAR_KEY\n`);
  [browser, server] = await Promise.all([
    startBrowser({ microphone: true }),
    startServer({ env: { DEEPCABIN_SPEECH: settings, EAR_KEY: "sk-ear" } }),
  ]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  ears?.close();
  if (folder) rmSync(folder, { recursive: true });
});

// Notes when sound starts and stops.
function listenIn() {
  window.started = [];
  window.stopped = [];
  const { start, stop } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (...rest) {
    window.started.push(this.buffer.duration);
    return start.apply(this, rest);
  };
  AudioBufferSourceNode.prototype.stop = function (...rest) {
    window.stopped.push(performance.now());
    return stop.apply(this, rest);
  };
}

async function openWithVoice(t, options = {}) {
  const opened = await openPage(browser, server.url, { prepare: listenIn, ...options });
  const has = await opened.page.evaluate(() => fetch("v1/audio").then((answer) => answer.json()));
  if (!has.speech) t.skip("espeak-ng is not installed");
  else if ((await opened.page.locator(".aloud").getAttribute("aria-pressed")) === "false") await opened.page.locator(".aloud").click();
  return { ...opened, speaks: has.speech };
}

test("an answer is spoken by the car's own voice", { skip }, async (t) => {
  const { page, problems, close, speaks } = await openWithVoice(t);
  if (speaks) {
    await say(page, "主驾座椅加热开到二档");
    await until(page, "sound", () => window.started.length > 0 && window.started[0] > 0.5);
    assert.deepEqual(problems, []);
  }
  await close();
});

for (const what of ["pressing the microphone", "typing"]) {
  test(`${what} stops the sound within ${STOP_MS_MAX} ms, and what was interrupted is not taken up again`, { skip }, async (t) => {
    const socket = {};
    const { page, close, speaks } = await openWithVoice(t, { socket });
    if (speaks) {
      const session = await page.evaluate(() => sessionStorage.getItem("deepcabin.session"));
      const turn = { session, turn: `${session}-99` };
      const tell = teller(socket);
      tell(
        { type: "turn.started", ...turn, text: "讲个故事", speaker: "row1.left" },
        { type: "turn.piece", ...turn, piece: "从前有座很高很高很高很高的山。山上有一座很老很老很老的庙。庙" },
      );
      await until(page, "the first sentence heard", () => window.started.length === 1);
      const late = await page.evaluate((act) => {
        const from = performance.now();
        if (act === "typing") document.querySelector("#say").dispatchEvent(new Event("input"));
        else document.querySelector(".mic").click();
        return window.stopped[window.stopped.length - 1] - from;
      }, what);
      assert.ok(late >= 0 && late < STOP_MS_MAX, `${late} ms`);
      tell({ type: "turn.piece", ...turn, piece: "里有个老和尚。" }, { type: "turn.reply", ...turn, reply: "从前有座山。" });
      await page.locator(".car-bubble:not(.streaming)", { hasText: "从前有座山。" }).waitFor();
      assert.equal(await page.evaluate(() => window.started.length), 1);
      assert.equal(await page.locator(".turn", { hasText: "讲个故事" }).count(), 1, "the conversation keeps it");
    }
    await close();
  });
}

test("push to talk records, the server's ears hear, and it is said from the seat that was chosen", { skip }, async () => {
  const { page, problems, close } = await openPage(browser, server.url);
  await page.locator(".speaker select").selectOption("row1.right");
  await page.locator(".mic").click();
  await page.locator(".talk.listening").waitFor();
  await until(page, "half a second of sound", (from) => performance.now() - from > 500, await page.evaluate(() => performance.now()));
  await page.locator(".mic").click();
  await page.locator(".turn", { hasText: "座椅加热开到二档" }).waitFor();
  await until(page, "the passenger's seat warm", () => document.querySelector('[data-seat="row1.right"]')?.dataset.heat === "2");
  assert.equal(await page.locator(".talk.listening").count(), 0);
  assert.equal(heard.length, 1);
  assert.equal(heard[0].url, "/inference");
  assert.equal(heard[0].key, "Bearer sk-ear");
  const body = heard[0].body.toString("latin1");
  const wav = heard[0].body.subarray(body.indexOf("RIFF"));
  assert.equal(wav.readUInt32LE(24), 16_000);
  assert.ok(wav.readUInt32LE(40) > 0.2 * 32_000, `${wav.readUInt32LE(40)} bytes of sound`);
  assert.match(body, /name="language"\r\n\r\nzh\r\n/);
  assert.deepEqual(problems, []);
  await close();
});
