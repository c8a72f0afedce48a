// Faults put into the simulated car from the scenario desk: what the cockpit does then, and that the glass wall says so.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { realProgram, startBrowser, startServer } from "../../hmi/dev/browser.mjs";
import { WAIT_MS, openPage, say } from "./support.mjs";

const SLOW_MS = 4_000;
const skip = realProgram() ? false : "faults are put into the program's car";
let browser;
let endpoint;
let server;
let directory;

before(async () => {
  if (skip) return;
  directory = mkdtempSync(join(tmpdir(), "deepcabin-faults-"));
  endpoint = createServer(async (request, response) => {
    for await (const piece of request) void piece;
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const choice = { index: 0, delta: { content: "因为阳光被水滴分开了颜色。" }, finish_reason: "stop" };
    response.end(`data: ${JSON.stringify({ id: "x", model: "m", choices: [choice] })}\n\ndata: [DONE]\n\n`);
  });
  endpoint.listen(0, "127.0.0.1");
  await once(endpoint, "listening");
  const models = join(directory, "models.yaml");
  const url = `http://127.0.0.1:${endpoint.address().port}/v1`;
  writeFileSync(models, `models:\n  - {name: scripted, dialect: deepseek, url: "${url}", model: m}\n`);
  const env = { DEEPCABIN_MODELS: models, HOME: directory, XDG_STATE_HOME: directory };
  [browser, server] = await Promise.all([startBrowser(), startServer({ env })]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  endpoint?.closeAllConnections();
  endpoint?.close();
  if (directory) rmSync(directory, { recursive: true, force: true });
});

async function fault(page, name, on) {
  await page.locator('[data-room="desk"].room').click();
  await page.locator(`[data-fault="${name}"]`).click();
  await page.locator(`[data-fault="${name}"][aria-pressed="${on}"]`).waitFor();
  await page.locator('[data-room="cockpit"].room').click();
}

// Waits until the speed's age is so.
async function age(page, wanted) {
  const deadline = Date.now() + WAIT_MS;
  for (let ms = NaN; !wanted(ms) && Date.now() < deadline; ) {
    ms = await page.evaluate(() => fetch("v1/signals/Vehicle.Speed").then((answer) => answer.json()).then(({ age_ms }) => age_ms));
  }
}

test("a slow large model answers late, one that is down does not, and the glass wall says why", { skip }, async () => {
  const { page, problems, close } = await openPage(browser, server.url);
  await fault(page, "model_slow", true);
  const from = performance.now();
  const late = await say(page, "为什么天上会有彩虹");
  await late.locator(".car-bubble", { hasText: "因为阳光被水滴分开了颜色。" }).waitFor();
  assert.ok(performance.now() - from >= SLOW_MS, "not before its time");
  await fault(page, "model_slow", false);
  await fault(page, "model_down", true);
  const lost = await say(page, "为什么天上会有彩虹");
  assert.equal(await lost.locator(".car-bubble", { hasText: "因为阳光" }).count(), 0);
  const done = await say(page, "主驾座椅加热开到二档");
  await done.locator('.call[data-outcome="done"]').waitFor();
  await page.locator('[data-room="glass"].room').click();
  assert.match(await page.locator(".fault-note").innerText(), /大模型断开/);
  await page.locator('[data-tab="models"]').click();
  await page.locator(".glass-panel", { hasText: "unreachable" }).waitFor();
  if (process.env.E2E_LOOK) await page.screenshot({ path: `${process.env.E2E_LOOK}/faults-glass.png` });
  await fault(page, "model_down", false);
  assert.equal(await page.locator(".fault-note").isVisible(), false);
  assert.deepEqual(problems, []);
  await close();
});

test("when speed and gear grow stale the car counts as moving", { skip }, async () => {
  const { page, close } = await openPage(browser, server.url, { locale: "en-GB" });
  const before = await say(page, "Open the driver's door");
  await before.locator(".offer.open").waitFor();
  await say(page, "no");
  await fault(page, "signals_stale", true);
  await age(page, (ms) => ms > 3_000);
  const stale = await say(page, "Open the driver's door");
  await stale.locator('.call[data-outcome="denied"]').waitFor();
  await page.locator('[data-room="desk"].room').click();
  if (process.env.E2E_LOOK) await page.screenshot({ path: `${process.env.E2E_LOOK}/faults-desk.png` });
  await fault(page, "signals_stale", false);
  await age(page, (ms) => ms < 1_000);
  const again = await say(page, "Open the driver's door");
  await again.locator(".offer.open").waitFor();
  await close();
});
