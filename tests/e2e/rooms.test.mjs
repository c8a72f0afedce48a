// What a large model's turn, proposals, trips, voice, the glass wall, the scenario desk and the driver's display look like in a browser.
// What the program does not do yet is told to the page on its own event line, as the program would tell it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { realProgram, startBrowser, startServer } from "../../hmi/dev/browser.mjs";
import { openPage, say, teller, until } from "./support.mjs";

const AXE = createRequire(new URL("../../hmi/package.json", import.meta.url)).resolve("axe-core/axe.min.js");
let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = (options) => openPage(browser, server.url, options);
const TURN = { session: "elsewhere", turn: "elsewhere-77" };

test("a model's answer and its reasoning stream in, and the page says who answered at what price", async () => {
  const socket = {};
  const { page, problems, close } = await open({ socket });
  const tell = teller(socket);
  tell(
    { type: "turn.started", ...TURN, text: "这座桥多少年了？", speaker: "row1.right" },
    { type: "turn.frame", ...TURN, calls: [], escalation: "answer", confidence: 0.3, route: "endpoint:first", reasoning: "no phrase" },
    { type: "turn.reasoning", ...TURN, piece: "<b>先想一想</b>" },
    { type: "something.newer", ...TURN, odd: [1] },
  );
  const turn = page.locator(".turn.other", { hasText: "这座桥" });
  await turn.locator(".thought.live").waitFor();
  assert.equal(await turn.locator(".thought p").isVisible(), false, "reasoning is folded");
  await turn.locator(".thought summary").click();
  assert.equal(await turn.locator(".thought p").innerText(), "<b>先想一想</b>");
  tell(
    { type: "turn.piece", ...TURN, piece: "半句" },
    { type: "turn.restart", ...TURN },
    { type: "turn.reasoning", ...TURN, piece: "换一个端点" },
    { type: "turn.piece", ...TURN, piece: "建于 " },
    { type: "turn.piece", ...TURN, piece: "1957 年" },
  );
  await turn.locator(".streaming", { hasText: "建于 1957 年" }).waitFor();
  assert.equal(await turn.locator(".thought p").isVisible(), true, "what was unfolded stays so");
  tell(
    {
      type: "turn.endpoint",
      ...TURN,
      endpoint: "second",
      model: "deepseek-reasoner",
      cost: 0.0031,
      tokens: 812,
      first_token_ms: 420,
      tries: 2,
    },
    { type: "turn.reply", ...TURN, reply: "建于 1957 年。", latency_ms: { total: 900, endpoint: 880 } },
  );
  await turn.locator(".car-bubble:not(.streaming)", { hasText: "建于 1957 年。" }).waitFor();
  const badge = await turn.locator(".endpoint-badge").innerText();
  for (const word of ["second", "deepseek-reasoner", "0.0031", "812", "420 ms"]) assert.ok(badge.includes(word), `${word} in ${badge}`);
  assert.deepEqual(problems, []);
  await close();
});

test("a spoken 好 confirms, and undo takes it back", async () => {
  const { page, close } = await open();
  const asked = await say(page, "打开主驾车门");
  await asked.locator(".offer.open").waitFor();
  await say(page, "好");
  await page.locator(".offer.yes").waitFor();
  const turn = await say(page, "副驾座椅加热开到二档");
  await turn.locator('.call[data-outcome="done"]').waitFor();
  await turn.locator(".undo").click();
  await until(page, "a cold seat", () => document.querySelector('[data-seat="row1.right"]')?.dataset.heat === "0");
  await close();
});

test("a proposal is accepted by touch, with the words it brought", async () => {
  const socket = {};
  const { page, close } = await open({ socket });
  teller(socket)(
    { type: "proposal", id: "p-1", text: "要不要把氛围灯换成紫色？", yes: "氛围灯换成紫色", expires_ms: 15_000 },
    { type: "proposal", id: "p-2", text: "另一个建议", expires_ms: 15_000 },
    { type: "proposal.closed", id: "p-2", answer: "expired" },
  );
  await page.locator('[data-proposal="p-1"] .yes').click();
  await until(page, "purple light in the doors", () =>
    [...document.querySelectorAll(".ambient")].some((line) => getComputedStyle(line).getPropertyValue("--ambient").trim() === "#8000ff"),
  );
  assert.equal(await page.locator(".proposal").count(), 0);
  await page.locator('[data-room="glass"].room').click();
  await page.locator('[data-tab="proposals"]').click();
  await page.locator(".way-marks li", { hasText: "另一个建议" }).filter({ hasText: "expired" }).waitFor();
  await close();
});

const proposes = realProgram() ? {} : { skip: "only the program proposes" };
test("it rains into open windows: the car proposes, a yes closes them", proposes, async () => {
  const { page, close } = await open();
  const opening = await say(page, "打开主驾车窗");
  await opening.locator('.call:is([data-outcome="done"], [data-outcome="scheduled"])').waitFor();
  const put = (path, value) =>
    page.evaluate(
      ([name, to]) =>
        fetch(`v1/signals/${name}`, {
          method: "PUT",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ value: to }),
        }),
      [path, value],
    );
  const position = () =>
    page.evaluate(() =>
      fetch("v1/signals/Vehicle.Cabin.Door.Row1.DriverSide.Window.Position").then((answer) => answer.json()).then(({ current }) => current),
    );
  while ((await position()) < 20) await page.evaluate(() => new Promise(requestAnimationFrame));
  await put("Vehicle.Body.Raindetection.Intensity", 60);
  const proposal = page.locator(".proposal", { hasText: "下雨了" });
  await proposal.waitFor();
  await say(page, "好");
  const deadline = Date.now() + 20_000;
  while ((await position()) > 0 && Date.now() < deadline) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(await position(), 0);
  assert.equal(await page.locator(".proposal", { hasText: "下雨了" }).count(), 0);
  await close();
});

test("a trip is drawn, with its stops, and broken ones are not", async () => {
  const socket = {};
  const { page, problems, close } = await open({ socket, locale: "en-GB" });
  const tell = teller(socket);
  tell(
    {
      type: "trip",
      plan: {
        route: {
          coordinates: [
            ["x", 1],
            [900, 0],
          ],
        },
        stops: "no",
      },
    },
    {
      type: "trip",
      plan: {
        distance_m: 83_200,
        arrival: "18:42",
        route: {
          type: "LineString",
          coordinates: [
            [116.4, 39.9],
            [116.6, 39.99],
            [116.75, 40.05],
          ],
        },
        stops: [
          {
            kind: "charger",
            name: { zh: "超充站", en: "Fast charger" },
            position: [116.6, 39.99],
            arrival: "17:31",
            battery_arrival: 22.4,
            charge_minutes: 18,
            explanation: { zh: "", en: "enough to get here" },
          },
        ],
      },
    },
  );
  const stop = page.locator(".trip-stop");
  await stop.waitFor();
  assert.match(await stop.innerText(), /Fast charger[\s\S]*17:31 · 22 % · charge 18 min/);
  const colours = await page
    .locator(".trip-map")
    .evaluate(
      (canvas) => new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size,
    );
  assert.ok(colours > 4, "something is drawn");
  assert.deepEqual(problems, []);
  tell({ type: "trip", plan: { active: false } });
  await page.locator(".trip-stop").waitFor({ state: "hidden" });
  await close();
});

test("the glass wall shows the way of a turn, the signals, the catalogue and the audit log", async () => {
  const { page, problems, close } = await open();
  const turn = await say(page, "副驾座椅加热开到三档");
  await turn.locator('.call[data-outcome="done"]').waitFor();
  await turn.locator(".inspect").click();
  const glass = page.locator(".glass-panel");
  await glass.locator(".way-stage", { hasText: "短语书" }).waitFor();
  assert.match(await glass.innerText(), /P01[\s\S]*Seat\.Row1\.PassengerSide\.HeatingCooling[\s\S]*100/);
  await page.locator('[data-tab="signals"]').click();
  await glass.locator(".signal-table .search").fill("passengerside.heatingcooling row1");
  await glass.locator(".path-button").first().click();
  await glass.locator(".plot-title", { hasText: "Row1.PassengerSide.HeatingCooling" }).waitFor();
  await page.locator('[data-tab="catalogue"]').click();
  await glass.locator(".browser .search").fill("座椅加热"); // the list comes from the car: until then there is nothing to type into
  await glass.locator(".capability", { hasText: "seat.heating" }).first().waitFor();
  await page.locator('[data-tab="audit"]').click();
  await glass.locator("td", { hasText: "P01" }).first().waitFor();
  await page.locator('[data-tab="models"]').click();
  await glass.locator(".quiet, table").first().waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test("what the car remembers is shown with where it comes from, and deleted for good", { skip: realProgram() === null }, async () => {
  const { page, problems, close } = await open();
  await say(page, "记住我不吃香菜");
  await page.locator('[data-room="glass"]').click();
  await page.locator('[data-tab="memory"]').click();
  const fact = page.locator(".memories li", { hasText: "记住我不吃香菜" });
  await fact.locator("button").click();
  await fact.waitFor({ state: "detached" });
  const left = await page.evaluate(async () => (await fetch("v1/memory")).text());
  assert.ok(!left.includes("香菜"), left);
  await page.locator('[data-room="cockpit"]').click();
  const told = await say(page, "你都记住了我什么");
  assert.ok(!(await told.locator(".car-bubble").innerText()).includes("香菜"));
  assert.deepEqual(problems, []);
  await close();
});

// Nothing but keys: to a room and its tabs, to the words, and through a question to its yes.
test("everything can be reached and done with the keyboard alone", async () => {
  const { page, problems, close } = await open();
  const focus = () => page.evaluate(() => document.activeElement?.className ?? "");
  const tabTo = async (what, selector, key = "Tab") => {
    for (let i = 0; i < 40; i += 1) {
      if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
      await page.keyboard.press(key);
    }
    assert.fail(`Tab never comes to ${what}; it stands at ${await focus()}`);
  };
  await tabTo("the glass wall", '.room[data-room="glass"]');
  await page.keyboard.press("Enter");
  await page.locator('.page[data-room="glass"]').waitFor();
  await tabTo("its tabs", '[role="tab"][aria-selected="true"]');
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-tab")), "signals");
  await tabTo("the words", "#say", "Shift+Tab"); // the table of signals is long
  await page.keyboard.type("打开前备箱");
  await page.keyboard.press("Enter");
  await page.locator('.call[data-capability="frunk"][data-outcome="confirm"]').waitFor();
  await tabTo("the yes", ".offer button.yes", "Shift+Tab");
  const outlined = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outlined, "none", "what has the focus is seen");
  await page.keyboard.press("Enter");
  await page.locator(".offer.yes").waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test("a drive is recorded, saved, read again and replayed", async () => {
  const { page, close } = await open();
  await page.locator('[data-room="desk"].room').click();
  await page.locator(".record").click();
  await say(page, "副驾座椅加热开到一档");
  await page.locator(".record").click();
  assert.equal(await page.locator(".steps li").count(), 1);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "存为文件" }).click()]);
  const file = JSON.parse(readFileSync(await download.path(), "utf8"));
  assert.equal(file.steps[0].say, "副驾座椅加热开到一档");
  await page
    .locator("#recording-file")
    .setInputFiles({ name: "bad.json", mimeType: "application/json", buffer: Buffer.from('{"steps":[{"at_ms":-1}]}') });
  await page.locator(".recorder .quiet", { hasText: "step 1" }).waitFor();
  const steps = [{ at_ms: 0, say: "副驾座椅加热开到三档", speaker: "row1.left" }];
  await page
    .locator("#recording-file")
    .setInputFiles({ name: "drive.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ steps })) });
  await page.locator(".steps li", { hasText: "三档" }).waitFor();
  await page.getByRole("button", { name: "回放" }).click();
  await until(page, "the seat at level 3", () => document.querySelector('[data-seat="row1.right"]')?.dataset.heat === "3");
  await close();
});

test("the driver under way sees thirty characters, no keyboard, nothing to scroll", async () => {
  const { page, close } = await open({ query: "?role=driver", scenario: "highway" });
  await page.locator('html[data-restricted="true"]').waitFor();
  for (const hidden of ["#say", ".rooms", ".lab", ".theme"]) assert.equal(await page.locator(hidden).isVisible(), false, hidden);
  await page.locator(".suggestion").first().click();
  await page.locator(".turn .primary").waitFor();
  for (const text of await page.locator(".turn .primary, .turn .user-bubble").allInnerTexts()) assert.ok([...text].length <= 30, text);
  assert.ok([...(await page.locator(".turn").last().innerText())].length <= 120);
  assert.ok(await page.locator(".log").evaluate((log) => getComputedStyle(log).overflowY === "hidden"));
  await page.evaluate(() =>
    fetch("v1/scenario", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "parked" }) }),
  );
  await page.locator('html[data-restricted="false"]').waitFor();
  assert.equal(await page.locator("#say").isVisible(), true);
  await close();
});

// Ears and mouth of the browser, in the hands of the test.
function standIns() {
  window.spoken = [];
  window.cancelled = [];
  const mouth = { speak: (words) => window.spoken.push(words.text), cancel: () => window.cancelled.push(performance.now()) };
  Object.defineProperty(window, "speechSynthesis", { value: mouth });
  window.SpeechSynthesisUtterance = class extends EventTarget {
    constructor(text) {
      super();
      this.text = text;
    }
  };
  window.SpeechRecognition = window.webkitSpeechRecognition = class extends EventTarget {
    constructor() {
      super();
      window.ears = this;
    }
    start() {
      this.dispatchEvent(new Event("start"));
    }
    stop() {
      this.dispatchEvent(new Event("end"));
    }
    abort() {}
  };
  localStorage.setItem("deepcabin.aloud", "1");
}

test("the microphone stops the voice at once, what was heard is said, an answer is spoken from its first sentence", async () => {
  const socket = {};
  const { page, close } = await open({ socket, prepare: standIns, routes: { "**/v1/audio": { transcription: false, speech: false } } });
  const session = await page.evaluate(() => sessionStorage.getItem("deepcabin.session"));
  const tell = teller(socket);
  const turn = { session, turn: `${session}-99` };
  tell(
    { type: "turn.started", ...turn, text: "讲个故事", speaker: "row1.left" },
    { type: "turn.reasoning", ...turn, piece: "这不许念出来。" },
    { type: "turn.piece", ...turn, piece: "从前有座 3.5 米高的山。山" },
    { type: "turn.piece", ...turn, piece: "里有" },
  );
  await until(page, "the first sentence spoken", () => window.spoken.length === 1);
  assert.deepEqual(await page.evaluate(() => window.spoken), ["从前有座 3.5 米高的山。"]);
  const late = await page.evaluate(() => {
    const from = performance.now();
    document.querySelector(".mic").click();
    return window.cancelled[window.cancelled.length - 1] - from;
  });
  assert.ok(late >= 0 && late < 150, `${late} ms`);
  tell({ type: "turn.piece", ...turn, piece: "个庙。" });
  await page.locator(".streaming", { hasText: "个庙" }).waitFor();
  assert.equal(await page.evaluate(() => window.spoken.length), 1, "the interrupted story stays interrupted");
  await page.evaluate(() => {
    const event = new Event("result");
    window.ears.dispatchEvent(
      Object.assign(event, { resultIndex: 0, results: [Object.assign([{ transcript: "现在车里几度？" }], { isFinal: true })] }),
    );
  });
  await page.locator(".turn", { hasText: "现在车里几度？" }).waitFor();
  await until(page, "an answer spoken", () => window.spoken.length > 1);
  await close();
});

const GLASS_TABS = ["way", "signals", "catalogue", "audit", "models", "proposals", "memory"];
const STATES = ["cockpit", ...GLASS_TABS.map((tab) => `glass ${tab}`), "desk", "phone"];
for (const colorScheme of ["dark", "light"]) {
  test(`no serious finding of axe-core, ${colorScheme}`, async () => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-GB",
      colorScheme,
      reducedMotion: "reduce",
      bypassCSP: true,
    });
    const page = await context.newPage();
    await page.goto(server.url);
    await page.locator(".line.online").waitFor();
    const turn = await say(page, "Open the trunk");
    await turn.locator(".offer.open").waitFor();
    await page.addScriptTag({ path: AXE });
    const all = {};
    for (const state of STATES) {
      const [room, tab] = state.split(" ");
      if (room === "phone") await page.setViewportSize({ width: 390, height: 844 });
      else await page.locator(`[data-room="${room}"].room`).click();
      if (tab) await page.locator(`[data-tab="${tab}"]`).click();
      if (room === "glass") await page.locator(".glass-panel > *").first().waitFor();
      const findings = await page.evaluate(async () =>
        (await window.axe.run(document, { resultTypes: ["violations"] })).violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(
            ({ id, nodes }) =>
              `${id}: ${nodes
                .slice(0, 4)
                .map(({ html, any }) => `${html.slice(0, 110)} ${any[0]?.message?.slice(0, 120) ?? ""}`)
                .join("\n    ")}`,
          ),
      );
      if (findings.length > 0) all[state] = findings;
    }
    assert.deepEqual(all, {});
    await context.close();
  });
}
