// The cockpit page in a browser: say something, see the car change. Runs against build/deepcabin (or DEEPCABIN_BIN); against the
// stand-in of hmi/dev when that is not there or E2E_MOCK=1.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { realProgram, startBrowser, startServer } from "../../hmi/dev/browser.mjs";
import { openPage, say, until } from "./support.mjs";

const real = realProgram() !== null;
let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = ({ url = server.url, ...options } = {}) => openPage(browser, url, options);
// For a while after the car has stood still the guard does not believe it yet.
const isParked = () => {
  const stands = document.querySelector(".speed")?.textContent === "0" && document.querySelector(".gears")?.getAttribute("aria-label") === "P";
  window.parkedSince = stands ? window.parkedSince ?? performance.now() : undefined;
  return stands && performance.now() - window.parkedSince > 3000;
};
const windowOpen = (zone) => `.pane[data-zone="${zone}"]`;

test("a spoken wish becomes cards, and the car's picture changes", async () => {
  const { page, problems, close } = await open();
  await page.evaluate(async () => {
    // Something to close: the stand-in starts with open rear windows, the real car is asked to open them.
    await fetch("v1/turns", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: "打开后排车窗", session: "setup" }) });
  });
  await until(page, "an open rear window", (selector) => Number(document.querySelector(selector)?.dataset.open) > 20, windowOpen("row2.left"));
  const turn = await say(page, "我有点冷，副驾座椅加热开到二档，再把后面的窗关上");
  const heating = turn.locator('.call[data-capability="seat.heating"]').first();
  await heating.and(page.locator('[data-outcome="done"]')).waitFor();  // on a busy machine the receipt follows the answer
  assert.match(await heating.innerText(), /副驾/);
  assert.ok((await turn.locator('.call[data-capability="window"]').count()) >= 1, "a card for the windows");
  assert.match(await turn.locator(".meta").innerText(), /ms/);
  await until(page, "the passenger's seat glowing at level 2", () => document.querySelector('[data-seat="row1.right"]')?.dataset.heat === "2");
  for (const zone of ["row2.left", "row2.right"]) {
    await until(page, `the window ${zone} closed`, (selector) => document.querySelector(selector)?.dataset.open === "0", windowOpen(zone));
  }
  assert.ok((await page.locator(".signals li").count()) > 0, "changed signals are listed");
  assert.deepEqual(problems, []);
  await close();
});

test("on the highway the trunk stays shut, and the page says why", async () => {
  const { page, close } = await open({ scenario: "highway" });
  await until(page, "motorway speed", () => Number(document.querySelector(".speed")?.textContent) > 20);
  const turn = await say(page, "打开后备箱");
  const card = turn.locator('.call[data-capability="trunk"]');
  assert.equal(await card.getAttribute("data-outcome"), "denied");
  assert.match(await card.locator(".rule").innerText(), /^P\d\d/);
  assert.equal(await page.locator(".lid[data-open]").getAttribute("data-open"), "0");
  await close();
});

test("parked, the trunk opens after a yes by touch", async () => {
  const { page, close } = await open({ scenario: "parked" });
  await until(page, "standing still", isParked);
  const turn = await say(page, "打开后备箱");
  assert.equal(await turn.locator('.call[data-capability="trunk"]').getAttribute("data-outcome"), "confirm");
  assert.match(await turn.locator(".offer").innerText(), /后备箱|尾门/);
  await turn.locator(".offer .yes").click();
  await until(page, "the trunk open", () => Number(document.querySelector(".lid[data-open]")?.dataset.open) > 50);
  await page.locator(".offer.yes").waitFor();
  await close();
});

test("a no by touch closes the offer and nothing opens", async () => {
  const own = await startServer(); // a car whose trunk nobody has opened yet
  const { page, close } = await open({ url: own.url, scenario: "parked" });
  await until(page, "standing still", isParked);
  const before = await page.locator(".lid[data-open]").getAttribute("data-open");
  const turn = await say(page, "打开后备箱");
  await turn.locator(".offer .no").click();
  await page.locator(".offer.no").waitFor();
  assert.equal(await page.locator(".lid[data-open]").getAttribute("data-open"), before);
  await close();
  await own.stop();
});

test("the line heals by itself after the server started anew", async () => {
  const own = await startServer();
  const { page, close } = await open({ url: own.url });
  await say(page, "氛围灯换成紫色");
  await own.stop();
  await page.locator(".line.offline, .line.connecting").waitFor();
  await page.locator("#say").fill("氛围灯换成红色");
  await page.keyboard.press("Enter");
  await page.locator(".bubble.error").waitFor();
  const again = await startServer({ port: own.port });
  await page.locator(".line.online").waitFor();
  await say(page, "氛围灯换成紫色");
  await until(page, "purple light in the doors", () =>
    [...document.querySelectorAll(".ambient")].some((line) => getComputedStyle(line).getPropertyValue("--ambient").trim() === "#8000ff"));
  await close();
  await again.stop();
});

test("what happened while the line was down is told afterwards", async () => {
  // The page's socket goes through the hand of the test, which can drop it and refuse new ones.
  const { page, close } = await open({ scenario: null });
  let cut = false;
  const sockets = [];
  await page.routeWebSocket(/\/v1\/events/, (socket) => {
    if (cut) return void socket.close();
    socket.connectToServer();
    sockets.push(socket);
  });
  await page.reload();
  await page.locator(".line.online").waitFor();
  cut = true;
  for (const socket of sockets) await socket.close();
  await page.locator(".line.offline, .line.connecting").first().waitFor();
  await fetch(`${server.url}/v1/turns`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: "副驾座椅加热开到二档", session: "elsewhere" }) });
  cut = false;
  await page.locator(".turn.other", { hasText: "elsewhere" }).waitFor();
  assert.equal(await page.locator(".turn.other").count(), 1, "told once");
  await close();
});

test("both languages, chosen by the browser and by hand", async () => {
  const english = await open({ locale: "en-GB" });
  assert.equal(await english.page.locator("html").getAttribute("lang"), "en");
  assert.equal(await english.page.locator("#say").getAttribute("placeholder"), "Tell the car…");
  await english.page.locator(".language").click();
  assert.equal(await english.page.locator("#say").getAttribute("placeholder"), "对车说……");
  assert.equal(await english.page.locator("html").getAttribute("lang"), "zh-CN");
  await english.close();
});

test("on a phone nothing sticks out, and every button can be hit", async () => {
  const { page, close } = await open({ width: 390, height: 844, scenario: "parked" });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "no sideways scrolling");
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, select, #say")].filter((item) => item.offsetParent).map((item) => [item.className || item.id, item.getBoundingClientRect()])
      .filter(([, box]) => box.width < 43.5 || box.height < 43.5).map(([name, box]) => `${name} ${box.width}x${box.height}`));
  assert.deepEqual(small, []);
  const turn = await say(page, "副驾座椅加热开到二档");
  assert.ok(await turn.isVisible());
  await close();
});

test("a seat in the picture is where the next words come from, also by keyboard", async () => {
  const { page, close } = await open();
  await page.locator('[data-seat="row1.right"]').click();
  assert.equal(await page.locator(".speaker select").inputValue(), "row1.right");
  await page.locator('[data-seat="row1.right"]').press("ArrowRight");
  assert.equal(await page.locator(".speaker select").inputValue(), "row2.left");
  const turn = await say(page, "氛围灯换成紫色");
  assert.match(await turn.locator(".user-side small").innerText(), /后排左/);
  await close();
});

test("words from outside stay words", async () => {
  const { page, problems, close } = await open();
  const turn = await say(page, '<img src=x onerror="document.title=1">打开');
  assert.match(await turn.locator(".user-bubble").innerText(), /<img src=x/);
  assert.equal(await page.locator(".turn img").count(), 0);
  assert.equal(await page.title(), "DeepCabin");
  assert.deepEqual(problems, []);
  await close();
});

test("a simulated sensor follows its slider", { skip: real && "the simulator may move the temperature on" }, async () => {
  const { page, close } = await open({ scenario: "parked" });
  await page.locator('input[data-path="Vehicle.Exterior.AirTemperature"]').fill("-12");
  await until(page, "the outside temperature shown", () => [...document.querySelectorAll(".fact b")].some((fact) => fact.textContent === "-12°"));
  await close();
});
