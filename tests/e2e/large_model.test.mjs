// The real program with a scripted endpoint behind it, seen on the page: reasoning that streams, who answered at what price, a call that
// the model wants done, and what happens when the endpoint fails. Then the founding dialogue, with the trip it makes.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { realProgram, startBrowser, startServer } from "../../hmi/dev/browser.mjs";
import { openPage, say } from "./support.mjs";

const skip = realProgram() === null && "build/deepcabin is not there";
const USAGE = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
const directory = mkdtempSync(join(tmpdir(), "deepcabin-model-"));
let browser;
let endpoint;
let server;
let env;

// A PNG of one point.
const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const CALL = { capability: "seat.heating", zone: "row1.left", op: "set", value: 2, unit: "level" };

// What the scripted model says to what it was told last.
function script({ messages }) {
  const last = messages.at(-1);
  if (last.role === "tool") return { deltas: [{ content: "座椅加热打开了。" }] };
  if (JSON.stringify(last.content).includes("彩虹")) {
    const thought = [{ reasoning_content: "光进到水滴里，" }, { reasoning_content: "会散开。" }];
    return { deltas: [...thought, { content: "因为阳光" }, { content: "被水滴分开了颜色。" }] };
  }
  if (JSON.stringify(last.content).includes("木乃伊")) {
    const call = { index: 0, id: "call_1", type: "function", function: { name: "car_call", arguments: JSON.stringify(CALL) } };
    return { deltas: [{ tool_calls: [call] }], finish: "tool_calls" };
  }
  return null;
}

before(async () => {
  if (skip) return;
  endpoint = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    if (request.url.endsWith("/images/generations")) {
      response.writeHead(200, { "Content-Type": "application/json" });
      return response.end(JSON.stringify({ data: [{ b64_json: DOT }] }));
    }
    const answer = script(JSON.parse(body));
    if (!answer) return response.writeHead(503).end();
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const send = (event) => response.write(`data: ${JSON.stringify({ id: "x", model: "scripted-r1", ...event })}\n\n`);
    for (const delta of answer.deltas) send({ choices: [{ index: 0, delta, finish_reason: null }] });
    send({ choices: [{ index: 0, delta: {}, finish_reason: answer.finish ?? "stop" }] });
    send({ choices: [], usage: USAGE });
    response.end("data: [DONE]\n\n");
  });
  endpoint.listen(0, "127.0.0.1");
  await once(endpoint, "listening");
  const models = join(directory, "models.yaml");
  writeFileSync(models, `models:
  - name: scripted
    dialect: deepseek
    url: http://127.0.0.1:${endpoint.address().port}/v1
    model: scripted-r1
    price: {input: 2, output: 10}
`);
  const services = join(directory, "services.yaml");
  writeFileSync(services, `pictures: {source: openai, url: "http://127.0.0.1:${endpoint.address().port}/v1"}\n`);
  env = { DEEPCABIN_MODELS: models, DEEPCABIN_SERVICES: services, HOME: directory, XDG_STATE_HOME: directory };
  [browser, server] = await Promise.all([startBrowser(), startServer({ env })]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  endpoint?.closeAllConnections();
  endpoint?.close();
  rmSync(directory, { recursive: true, force: true });
});

test("a question goes to the large model: its reasoning is shown, its price too", { skip }, async () => {
  const { page, problems, close } = await openPage(browser, server.url);
  const turn = await say(page, "为什么天上会有彩虹");
  await turn.locator(".car-bubble", { hasText: "因为阳光被水滴分开了颜色。" }).waitFor();
  await turn.locator(".thought summary").click();
  assert.match(await turn.locator(".thought p").innerText(), /光进到水滴里，会散开。/);
  const badge = await turn.locator(".endpoint-badge").innerText();
  for (const word of ["scripted", "0.003"]) assert.ok(badge.includes(word), `${word} in ${badge}`);
  assert.deepEqual(problems, []);
  await close();
});

test("what the model wants done is done by way of the guard, and the receipt is shown", { skip }, async () => {
  const { page, close } = await openPage(browser, server.url);
  const turn = await say(page, "我感觉自己像个刚出土的木乃伊");
  await turn.locator('.call[data-capability="seat.heating"][data-outcome="done"]').waitFor();
  const value = await page.evaluate(async () => {
    const answer = await fetch("v1/signals/Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling");
    return JSON.stringify(await answer.json());
  });
  assert.match(value, /67/);
  await close();
});

test("an endpoint that fails leaves a useful answer", { skip }, async () => {
  const { page, close } = await openPage(browser, server.url);
  const turn = await say(page, "讲讲宋朝的瓷器为什么有名");
  const answer = await turn.locator(".car-bubble").innerText();
  assert.ok(answer.length > 5 && !/繁忙|busy/i.test(answer), answer);
  await close();
});

// What is open, and so what is suggested, depends on the time of day; word for word the dialogue is a test of src/cli, on simulated time.
test("the founding dialogue, and the trip on the map", { skip }, async () => {
  const { page, close } = await openPage(browser, server.url);
  await say(page, "我爱吃川菜");
  const hungry = await say(page, "我有些饿。");
  await hungry.locator(".car-bubble", { hasText: /推荐附近一家.*需要导航过去吗？/ }).waitFor();
  const charge = await say(page, "可以，但我想先把电充满。");
  await charge.locator(".car-bubble", { hasText: /有充电桩，充满后我会带您去/ }).waitFor();
  const trip = await page.evaluate(async () => (await fetch("v1/trip")).json());
  assert.equal(trip.active, true);
  assert.deepEqual([trip.stops.length, trip.stops[0].kind], [2, "charger"]);
  await page.locator(".trip-stop.charger").waitFor({ state: "attached" });
  await close();
});

test("the terminal: the answer as it comes, thoughts folded, nothing that a plain terminal cannot show", { skip }, async () => {
  const chat = spawn(realProgram(), ["chat"], { env: { ...process.env, ...env, TERM: "dumb" } });
  let shown = "";
  chat.stdout.setEncoding("utf8").on("data", (piece) => (shown += piece));
  chat.stdin.end("为什么天上会有彩虹\n/think\n副驾座椅加热开到二档\n");
  assert.deepEqual(await once(chat, "close"), [0, null]);
  const lines = shown.split("\n");
  assert.deepEqual(lines.slice(0, 2), ["    thinking…", "因为阳光被水滴分开了颜色。"]);
  assert.match(lines[2], /endpoint:scripted · .* ms$/);
  assert.equal(lines[3], "光进到水滴里，会散开。");
  assert.match(shown, /done +seat\.heating row1\.right set 2/);
  assert.ok(!shown.includes("\u001b"), "no escape sequences");
});

test("a picture is painted and shown; under way the driver's display has none", { skip }, async () => {
  const { page, problems, close } = await openPage(browser, server.url, { query: "?role=driver" });
  const turn = await say(page, "画一只会飞的猫");
  await turn.locator(".car-bubble", { hasText: "画好了。" }).waitFor();
  const picture = turn.locator(".service-picture img");
  await picture.waitFor();
  assert.equal(await picture.evaluate(async (image) => (await image.decode(), image.naturalWidth)), 1);
  assert.equal(await picture.getAttribute("alt"), "画一只会飞的猫");
  const headers = { "Content-Type": "application/json" };
  await page.evaluate((init) => fetch("v1/scenario", init), { method: "POST", headers, body: JSON.stringify({ name: "highway" }) });
  await page.locator('html[data-restricted="true"]').waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".service img").length === 0);
  assert.deepEqual(problems, []);
  await close();
});
