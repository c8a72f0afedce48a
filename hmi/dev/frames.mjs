// Prints how many frames a second the car is drawn with while it drives, in a browser without a graphics processor: SwiftShader computes
// every pixel on the processor. Measure on a machine that does nothing else; the load average is printed with the numbers.

import { loadavg } from "node:os";
import { startBrowser, startServer } from "./browser.mjs";

const SETTLE_MS = 5_000; // the picture finds its size
const MEASURE_MS = Number(process.argv[3] ?? 10) * 1000;
const VIEWS = ["outside", "cabin", "seat"];
const [width, height] = (process.argv[2] ?? "1280x800").split("x").map(Number);

const [browser, server] = await Promise.all([startBrowser({ draw3d: true }), startServer()]);
for (const view of VIEWS) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(`${server.url}/?view=${view}`);
  await page.locator(".line.online").waitFor();
  await page.locator('.lab [data-scenario="highway"]').click();
  await page.waitForFunction(() => document.querySelector(".scene3d")?.scene?.frames.count > 0, null, { timeout: 180_000 });
  await page.waitForTimeout(SETTLE_MS);
  const { frames, ratio, cheap } = await page.evaluate(async (ms) => {
    const { scene } = document.querySelector(".scene3d");
    const before = scene.frames.count;
    const from = performance.now();
    await new Promise((done) => setTimeout(done, ms));
    const { count, pixelRatio, cheap: light } = scene.frames;
    return { frames: ((count - before) * 1000) / (performance.now() - from), ratio: pixelRatio, cheap: light };
  }, MEASURE_MS);
  const load = loadavg()[0].toFixed(1);
  const how = `at ${ratio} of the pixels' width, ${cheap ? "cheap" : "fine"} light, ${width}x${height}, load ${load}`;
  console.log(`${view}: ${frames.toFixed(1)} frames a second ${how}`);
  await page.close();
}
await browser.close();
await server.stop();
