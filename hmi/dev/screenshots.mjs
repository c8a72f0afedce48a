// Writes docs/images/*.png: the pictures of the README, taken from the running page.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startBrowser, startServer } from "./browser.mjs";

const OUT = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const SHOTS = [
  { name: "cockpit-wide", width: 1920, height: 720, locale: "zh-CN", scenario: "night_rain", say: ["氛围灯换成紫色", "我有点冷，副驾座椅加热开到二档，再把后面的窗关上"] },
  { name: "cockpit-desktop", width: 1280, height: 800, locale: "en-US", scenario: "parked", say: ["I'm cold, set the passenger seat heating to level 2 and close the rear windows", "Open the trunk"] },
  { name: "cockpit-phone", width: 390, height: 844, locale: "zh-CN", scenario: "highway", say: ["打开后备箱"], phone: true },
];

mkdirSync(OUT, { recursive: true });
const browser = await startBrowser();
for (const shot of SHOTS) {
  const server = await startServer();
  const context = await browser.newContext({ viewport: { width: shot.width, height: shot.height }, locale: shot.locale, deviceScaleFactor: shot.phone ? 1.5 : 1, hasTouch: Boolean(shot.phone) });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator(".line.online").waitFor();
  await page.locator(`[data-scenario="${shot.scenario}"]`).click();
  for (const text of shot.say) {
    await page.locator("#say").fill(text);
    await page.keyboard.press("Enter");
    await page.locator(".car-bubble").last().waitFor();
    await page.waitForTimeout(900);
  }
  await page.waitForTimeout(1200);
  if (shot.phone) await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: `${OUT}${shot.name}.png` });
  await context.close();
  await server.stop();
}
await browser.close();
