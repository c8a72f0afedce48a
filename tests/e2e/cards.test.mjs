// What services show with their answers, as the program would tell it on the page's event line.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser, startServer } from "../../hmi/dev/browser.mjs";
import { openPage, teller } from "./support.mjs";

const TURN = { session: "elsewhere", turn: "elsewhere-7" };
const CARDS = [
  { kind: "media", title: "晴天", artist: "周杰伦", state: "play", position_s: 83, length_s: 269 },
  {
    kind: "weather",
    place: "上海",
    days: [
      { date: "2026-11-29", zh: "小雨", en: "light rain", min: 7.4, max: 12, rain_percent: 80 },
      { date: "2026-11-30", zh: "多云", en: "cloudy", min: 5, max: 11 },
    ],
  },
  { kind: "message", from: "妈妈", text: "<img src=x onerror=alert(1)> 晚上回家吃饭吗？" },
  {
    kind: "health",
    checks: [
      { zh: "胎压", en: "Tyre pressure", ok: true, value: "2.4 bar" },
      { zh: "玻璃水", en: "Washer fluid", ok: false, value: "12 %" },
    ],
  },
  { kind: "booking", at: "03-03 10:00", what: "保养", booked: true },
  {
    kind: "claim",
    what: "accident",
    time: "2026-03-02 14:20",
    facts: [{ zh: "车速", en: "Speed", value: "0" }],
    photos: [{ zh: "双方车牌", en: "both plates" }],
    file: "claim-0007.json",
  },
  { kind: "manual", title: "儿童锁", page: 112, quote: "后门内侧的旋钮转到锁定位置。" },
  { kind: "contacts", contacts: [{ name: "张三", number: "138****1234" }, { name: "张珊", number: "139****5678" }] },
  { kind: "picture", url: "/icon.svg", title: "一辆车", passenger_only: true },
];
const STRANGE = [
  { kind: "hologram", title: "?" },
  { kind: "constructor" },
  "text",
  null,
  { kind: "weather", days: "no", place: [] },
  { kind: "picture", url: "//evil.example/x.png", title: "x" },
];
let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function show(options, cards) {
  const socket = {};
  const opened = await openPage(browser, server.url, { socket, ...options });
  const calls = cards.map((_, index) => ({ capability: `service.${index}`, op: "query" }));
  teller(socket)(
    { type: "turn.started", ...TURN, text: "都给我看看", speaker: "row1.right" },
    { type: "turn.frame", ...TURN, calls, escalation: null, confidence: 1, route: "phrasebook", reasoning: "" },
    ...cards.map((card, index) => {
      const call = calls[index];
      return { type: "turn.call", ...TURN, index, call, outcome: "done", reason: "", rule: "", interfaces: [], card };
    }),
    { type: "turn.reply", ...TURN, reply: "都在这里。", latency_ms: { total: 3 } },
  );
  await opened.page.locator(".turn", { hasText: "都在这里。" }).waitFor();
  return opened;
}

test("every kind of card is drawn, in words and never as markup", async () => {
  const { page, problems, close } = await show({}, CARDS);
  const kinds = await page.locator(".service").evaluateAll((all) => all.map((one) => one.dataset.kind));
  assert.deepEqual(kinds, CARDS.map(({ kind }) => kind));
  const words = {
    media: ["晴天", "周杰伦", "1:23 / 4:29", "正在播放"],
    weather: ["上海", "11/29", "小雨", "12° / 7°", "降雨 80 %", "11/30"],
    message: ["妈妈", "<img src=x onerror=alert(1)>"],
    health: ["胎压", "2.4 bar", "需要留意"],
    booking: ["保养", "03-03 10:00", "已预约"],
    claim: ["理赔材料", "双方车牌", "claim-0007.json"],
    manual: ["儿童锁", "112", "后门内侧的旋钮转到锁定位置。"],
    contacts: ["张三", "139****5678"],
    picture: ["一辆车"],
  };
  for (const [kind, all] of Object.entries(words)) {
    const text = await page.locator(`.service-${kind}`).textContent();
    for (const word of all) assert.ok(text.includes(word), `${word} in ${kind}: ${text}`);
  }
  assert.equal(await page.locator(".service img").count(), 1);
  if (process.env.E2E_LOOK) {
    await page.setViewportSize({ width: 1280, height: 2000 });
    await page.screenshot({ path: `${process.env.E2E_LOOK}/cards.png` });
  }
  assert.deepEqual(problems, []);
  await close();
});

test("in English, on a phone, in the light", async () => {
  const { page, close } = await show({ locale: "en-GB", width: 390, height: 844, colorScheme: "light" }, CARDS);
  for (const [kind, word] of [["weather", "light rain"], ["health", "Washer fluid"], ["media", "playing"]]) {
    assert.ok((await page.locator(`.service-${kind}`).textContent()).includes(word), word);
  }
  const wide = await page
    .locator(".service")
    .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.dataset.kind));
  assert.deepEqual(wide, [], "nothing is wider than its card");
  if (process.env.E2E_LOOK) {
    await page.setViewportSize({ width: 390, height: 2200 });
    await page.screenshot({ path: `${process.env.E2E_LOOK}/cards-phone.png` });
  }
  await close();
});

test("what is strange shows nothing, and breaks nothing", async () => {
  const { page, problems, close } = await show({}, STRANGE);
  const kinds = await page.locator(".service").evaluateAll((all) => all.map((one) => one.dataset.kind));
  assert.deepEqual(kinds, []);
  assert.equal(await page.locator(".service img").count(), 0);
  assert.deepEqual(problems, []);
  await close();
});

test("the driver's display has nothing that is for passengers, and under way no cards at all", async () => {
  const parked = await show({ query: "?role=driver" }, CARDS);
  assert.equal(await parked.page.locator(".service-booking").count(), 1);
  assert.equal(await parked.page.locator(".service-picture").count(), 0);
  await parked.close();
  const driving = await show({ query: "?role=driver", scenario: null }, CARDS);
  const headers = { "Content-Type": "application/json" };
  await driving.page.evaluate((init) => fetch("v1/scenario", init), { method: "POST", headers, body: JSON.stringify({ name: "highway" }) });
  await driving.page.locator('html[data-restricted="true"]').waitFor();
  await driving.page.waitForFunction(() => document.querySelectorAll(".service").length === 0);
  await driving.close();
});
