// Whether the page still looks as in docs/images. Both pictures are made small and grey, so that a digit that counts or the grain of
// software rendering is nothing and a panel that has gone is much; what is told is the worst of the picture's blocks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { realProgram, startBrowser, startServer } from "../../hmi/dev/browser.mjs";
import { SHOTS, picture, stage } from "../../hmi/dev/shots.mjs";

// The greatest difference of a block, of 255 greys. hmi/README.md has the measured noise.
const DIFFERENCE_MAX = 16;
// What differs from run to run by its nature: measured times, and of a car that drives the roadside and its sensors.
const RESTLESS = ".latency, .way, .way-facts, .way-marks";
const skip = realProgram() ? false : "the pictures were taken from the program";
let browser;

before(async () => {
  if (!skip) browser = await startBrowser({ draw3d: true });
});
after(async () => browser?.close());

// Where it stands, in parts of the picture's size.
function restless(page, shot) {
  return page.locator(shot.scenario !== "parked" ? `${RESTLESS}, .scene3d, .lab` : RESTLESS).evaluateAll((all) =>
    all.map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return [x / innerWidth, y / innerHeight, width / innerWidth, height / innerHeight];
    }),
  );
}

// Mean difference of the worst block of 6 × 6 cells, of which 120 make the picture's width.
function worstBlock(page, one, other, hidden) {
  return page.evaluate(
    async ([pictures, places]) => {
      const CELLS = 120;
      const BLOCK = 6;
      const greys = [];
      let rows = 0;
      for (const { type, data } of pictures) {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        let image = await createImageBitmap(new Blob([bytes], { type }));
        rows ||= Math.round((CELLS * image.height) / image.width);
        const canvas = new OffscreenCanvas(CELLS, rows);
        const draw = canvas.getContext("2d");
        for (let width = image.width >> 1; width > CELLS * 2; width >>= 1) {
          const resizeHeight = Math.round((width * rows) / CELLS);
          image = await createImageBitmap(image, { resizeWidth: width, resizeHeight, resizeQuality: "high" });
        }
        draw.imageSmoothingQuality = "high";
        draw.drawImage(image, 0, 0, CELLS, rows);
        for (const [x, y, wide, high] of places) {
          draw.fillRect(Math.floor(x * CELLS) - 1, Math.floor(y * rows) - 1, Math.ceil(wide * CELLS) + 2, Math.ceil(high * rows) + 2);
        }
        const { data: pixels } = draw.getImageData(0, 0, CELLS, rows);
        const grey = (_, i) => 0.3 * pixels[i * 4] + 0.59 * pixels[i * 4 + 1] + 0.11 * pixels[i * 4 + 2];
        greys.push(Float32Array.from({ length: CELLS * rows }, grey));
      }
      let worst = { difference: 0, at: "" };
      for (let top = 0; top + BLOCK <= rows; top += BLOCK / 2) {
        for (let left = 0; left + BLOCK <= CELLS; left += BLOCK / 2) {
          let sum = 0;
          for (let y = top; y < top + BLOCK; y += 1) {
            for (let x = left; x < left + BLOCK; x += 1) sum += Math.abs(greys[0][y * CELLS + x] - greys[1][y * CELLS + x]);
          }
          const difference = sum / BLOCK / BLOCK;
          const at = `${Math.round((left / CELLS) * 100)} % from the left, ${Math.round((top / rows) * 100)} % from the top`;
          if (difference > worst.difference) worst = { difference, at };
        }
      }
      return worst;
    },
    [
      [
        { type: "image/png", data: one.toString("base64") },
        { type: "image/webp", data: other.toString("base64") },
      ],
      hidden,
    ],
  );
}

for (const shot of SHOTS) {
  test(`${shot.name} looks as in docs/images`, { skip }, async (t) => {
    const server = await startServer();
    try {
      const page = await stage(browser, server, shot);
      const wanted = readFileSync(new URL(`../../docs/images/${shot.name}.webp`, import.meta.url));
      const hidden = await restless(page, shot);
      const { difference, at } = await worstBlock(page, await picture(page), wanted, hidden);
      t.diagnostic(`worst block: ${difference.toFixed(1)} of 255, ${at}`);
      assert.ok(
        difference < DIFFERENCE_MAX,
        `the page differs from docs/images/${shot.name}.webp by ${difference.toFixed(1)} of 255 greys (at most ${DIFFERENCE_MAX}) ` +
          `about ${at}. ` +
          `If that is meant: npm --prefix hmi run shots -- ${shot.name}, look at the picture, and commit it.`,
      );
      if (shot.view !== "plan") {
        await page.locator(".composer").evaluate((panel) => (panel.style.visibility = "hidden"));
        const without = await worstBlock(page, await picture(page), wanted, hidden);
        t.diagnostic(`without the input box: ${without.difference.toFixed(1)}`);
        assert.ok(without.difference > DIFFERENCE_MAX, `a hidden panel is noticed: ${without.difference.toFixed(1)}`);
      }
      await page.context().close();
    } finally {
      await server.stop();
    }
  });
}
