// The states of the page that the pictures in docs/images show, and how to get there.

const BYTES_MAX = 256 * 1024;
const DRAW_MS = 180_000;
const COLD = "I'm cold, set the passenger seat heating to level 2 and close the rear windows";
export const SHOTS = [
  { name: "cockpit-desktop", width: 1280, height: 800, locale: "en-GB", scenario: "parked", view: "outside",
    say: [COLD, "Open the trunk"] },
  { name: "cockpit-wide", width: 1920, height: 720, locale: "zh-CN", scenario: "night_rain", view: "outside",
    say: ["打开近光灯", "打开氛围灯", "我有点冷，副驾座椅加热开到二档，再把后面的窗关上"] },
  { name: "cockpit-cabin", width: 1280, height: 800, locale: "zh-CN", scenario: "parked", view: "cabin",
    say: ["打开氛围灯", "主驾座椅加热开到三档", "副驾座椅通风开到二档"] },
  { name: "cockpit-inside", width: 1280, height: 800, locale: "en-GB", scenario: "night_rain", view: "seat",
    say: ["Turn on the ambient light", "Make the ambient light purple", "Turn on the low beam"] },
  { name: "glass-wall", width: 1280, height: 800, locale: "en-GB", scenario: "parked", view: "plan", room: "glass", say: [COLD] },
  { name: "cockpit-phone", width: 390, height: 844, locale: "zh-CN", scenario: "highway", view: "outside",
    say: ["打开后备箱"], scheme: "light", scale: 1.5 },
];

// The page's own pixels, as small as they have to be.
export async function webp(page, png) {
  for (const quality of [0.92, 0.85, 0.75, 0.6]) {
    const text = await page.evaluate(async ([data, q]) => {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", q).split(",")[1];
    }, [png.toString("base64"), quality]);
    const bytes = Buffer.from(text, "base64");
    if (bytes.length < BYTES_MAX) return bytes;
  }
  throw new Error("a picture does not get small enough");
}

// Lets everything arrive where it is going, then draws one frame with all pixels.
async function settle(page) {
  await page.waitForFunction(() => document.querySelector(".scene3d")?.scene?.frames.count > 0, null, { timeout: DRAW_MS });
  await page.evaluate(() => document.querySelector(".scene3d").scene.portrait(1.5));
}

// A page in that state, at rest; whoever asks closes its context.
export async function stage(browser, server, shot) {
  const context = await browser.newContext({
    viewport: { width: shot.width, height: shot.height },
    locale: shot.locale,
    colorScheme: shot.scheme ?? "dark",
    deviceScaleFactor: shot.scale ?? 1,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${server.url}/?view=${shot.view}`);
  await page.locator(".line.online").waitFor();
  await page.locator(`.lab [data-scenario="${shot.scenario}"]`).click();
  await page.locator(`.lab [data-scenario="${shot.scenario}"][aria-pressed="true"]`).waitFor();
  for (const [i, text] of shot.say.entries()) {
    await page.locator("#say").fill(text);
    await page.keyboard.press("Enter");
    await page.locator("article.turn").nth(i).locator(".car-bubble, .offer").first().waitFor();
    await page.locator("article.turn").nth(i).locator(".meta").waitFor(); // comes last and moves what is above it
  }
  if (shot.room) await page.locator(`[data-room="${shot.room}"].room`).click();
  else if (shot.view !== "plan") {
    await page.locator(`[data-view="${shot.view}"].view`).click();
    await settle(page);
  }
  // What the car suggests by itself comes when it likes, and would make the same state look another way from run to run.
  await page.locator(".proposals").evaluate((panel) => (panel.style.display = "none"));
  await page.evaluate(() => window.scrollTo(0, 0));
  return page;
}

// Its picture, in which nothing moves.
export const picture = (page) => page.screenshot({ timeout: DRAW_MS, animations: "disabled" });
