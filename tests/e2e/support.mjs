// What the browser tests share: a fresh tab on the page, saying something, waiting for something.

import assert from "node:assert/strict";

export const WAIT_MS = 20_000;

// A fresh tab, watched for script errors and policy violations. `routes`: answers in place of the server's. `socket` gets the page's event
// line, to say things on it.
export async function openPage(
  browser,
  url,
  { locale = "zh-CN", width = 1280, height = 800, scenario = "parked", colorScheme = "dark", query = "", prepare, socket, ...more } = {},
) {
  const context = await browser.newContext({ viewport: { width, height }, locale, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) problems.push(message.text());
  });
  for (const [address, json] of Object.entries(more.routes ?? {})) await page.route(address, (route) => route.fulfill({ json }));
  if (prepare) await page.addInitScript(prepare);
  if (socket) {
    await page.routeWebSocket(/\/v1\/events/, (line) => {
      line.connectToServer();
      socket.line = line;
    });
  }
  await page.goto(`${url}/${query}`);
  await page.locator(".line.online").waitFor();
  if (scenario) {
    await page.evaluate(
      (name) => fetch("v1/scenario", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name }) }),
      scenario,
    );
    await page.locator(`.lab [data-scenario="${scenario}"][aria-pressed="true"]`).waitFor({ state: "attached" });
  }
  return { page, problems, close: () => context.close() };
}

// Says it and waits for the car's answer; returns the turn.
export async function say(page, text) {
  const count = await page.locator(".turn").count();
  await page.locator("#say").fill(text);
  await page.keyboard.press("Enter");
  const turn = page.locator(".turn").nth(count);
  await turn.locator(".meta").waitFor();
  return turn;
}

export async function until(page, what, check, argument) {
  await page.waitForFunction(check, argument, { timeout: WAIT_MS }).catch(() => assert.fail(`in vain waited for: ${what}`));
}

// Events as a server would send them, told on the page's own line. Without numbers, so that the real ones go on counting.
export function teller(socket) {
  return (...events) => {
    for (const event of events) socket.line.send(JSON.stringify(event));
  };
}
