// Writes docs/images/*.webp: the pictures of the README, taken from the running page. Pictures are made by the browser itself from its own
// screenshots, so that nothing else is needed. tests/e2e/pictures.test.mjs compares the page with them.

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startBrowser, startServer } from "./browser.mjs";
import { SHOTS, picture, stage, webp } from "./shots.mjs";

const OUT = fileURLToPath(new URL("../../docs/images/", import.meta.url));

mkdirSync(OUT, { recursive: true });
const wanted = process.argv.slice(2);
const browser = await startBrowser({ draw3d: true });
for (const shot of SHOTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const server = await startServer();
  const page = await stage(browser, server, shot);
  writeFileSync(`${OUT}${shot.name}.webp`, await webp(page, await picture(page)));
  console.log(shot.name);
  await page.context().close();
  await server.stop();
}
await browser.close();
