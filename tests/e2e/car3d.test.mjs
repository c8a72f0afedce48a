// The three-dimensional car in a browser that draws without a graphics processor: it appears, it follows the signals, and it rests.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser, startServer } from "../../hmi/dev/browser.mjs";
import { openPage, say } from "./support.mjs";

const DRAW_MS = 90_000; // compiling shaders in software takes its time on a busy machine
let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([startBrowser({ draw3d: true }), startServer()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// The scene hangs on its holder for tests.
const scene = (page, read, argument) => page.waitForFunction(read, argument, { timeout: DRAW_MS });

test("the car is drawn, its parts move with the signals, and nothing is drawn while nothing moves", async () => {
  const { page, problems, close } = await openPage(browser, server.url, { width: 640, height: 480 });
  await scene(page, () => document.querySelector(".scene3d")?.scene?.frames.count > 0);
  assert.equal(await page.locator('[data-view="outside"].view').getAttribute("aria-pressed"), "true");
  assert.ok(await page.locator(".car3d").getAttribute("aria-label"));
  await say(page, "打开副驾车窗");
  await scene(page, () => document.querySelector(".scene3d").scene.body.doors["row1.right"].pane.uniforms.uDrop.value > 0.9);
  await say(page, "副驾座椅加热开到三档");
  await scene(page, () => document.querySelector(".scene3d").scene.cabin.seats["row1.right"].cover.uniforms.uEmissive.value.r > 0.3);
  await page.locator('[data-view="cabin"].view').click();
  await scene(page, () => document.querySelector(".scene3d").scene.cutaway > 0.99);
  // Rest: the loop has ended.
  await scene(page, () => {
    const { scene: car } = document.querySelector(".scene3d");
    return !car.scheduled && !car.dirty;
  });
  assert.deepEqual(problems, []);
  await close();
});
