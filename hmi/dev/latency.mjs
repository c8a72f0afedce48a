// Prints how long a changed signal takes to the page while the car changes 500 a second: until the browser has the event, the page has
// written it, and until the frame that shows it is done. No graphics processor, the car drawn from above.
//
// Every 20th change is a probe: a value of a sensor that the page shows as a number, different from the last. A probe's clock starts when
// its PUT is sent, before the store has it, and stops in the page; so what is printed is a little more than the way from the store. The
// server's and the browser's clocks are one machine's, but not one zero: the offset comes from the quickest of many questions. A frame is
// done when a message that the page posts to itself while drawing comes back, which it does after style, layout and paint.

import { Agent, request } from "node:http";
import { loadavg } from "node:os";
import { startBrowser, startServer } from "./browser.mjs";

const CHANGES_PER_SECOND = 500;
const TICK_MS = 10;
const PROBE_EVERY = 20;
const WARM_MS = 3_000;
const MEASURE_MS = Number(process.argv[2] ?? 20) * 1000;
// What sets the whole picture in motion is left alone, but for the last measurement.
const STIRRING = /^Vehicle\.Speed$|Raindetection|LightIntensity/;
const PROBE = { path: "Vehicle.Exterior.AirTemperature", from: -20, to: 40 };

// In the page: notes when a probe's value comes in, is written, and is drawn.
function watch(path) {
  const seen = (window.seen = new Map());
  const note = (value, what) => {
    const times = seen.get(value) ?? {};
    times[what] ??= performance.now();
    seen.set(value, times);
  };
  window.WebSocket = class extends WebSocket {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", ({ data }) => {
        if (!data.includes(path)) return;
        for (const change of JSON.parse(data).changes ?? []) if (change.path === path) note(change.current, "event");
      });
    }
  };
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => note(data, "drawn");
  window.watchDom = () => {
    const place = [...document.querySelectorAll(".fact b")][2];
    new MutationObserver(() => {
      const value = Number.parseInt(place.textContent, 10);
      note(value, "written");
      port2.postMessage(value);
    }).observe(place, { childList: true, characterData: true, subtree: true });
  };
}

const [browser, server] = await Promise.all([startBrowser(), startServer()]);
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const to = new URL(server.url);

function put(path, value) {
  return new Promise((resolve) => {
    const body = JSON.stringify({ value });
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const asked = request({ agent, host: to.hostname, port: to.port, method: "PUT", path: `/v1/signals/${path}`, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode));
    });
    asked.on("error", () => resolve(0));
    asked.end(body);
  });
}

// Numbers of simulated sensors that take a change, with two values each.
async function sensors(stirring) {
  const { signals } = await (await fetch(`${server.url}/v1/signals?changed=true`)).json();
  const found = [];
  for (const { path, node, current } of signals) {
    if (node !== "sensor" || typeof current !== "number" || path === PROBE.path) continue;
    if (!stirring && STIRRING.test(path)) continue;
    for (const other of [current + 1, current - 1]) {
      if ((await put(path, other)) === 200) {
        found.push({ path, values: [current, other], turn: 0 });
        break;
      }
    }
  }
  return found;
}

const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const told = (list) => {
  const sorted = list.filter(Number.isFinite).sort((a, b) => a - b);
  return `p50 ${share(sorted, 0.5)?.toFixed(1)} ms, p99 ${share(sorted, 0.99)?.toFixed(1)} ms, most ${sorted.at(-1)?.toFixed(1)} ms`;
};

async function measure(room, stirring = false) {

  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(watch, PROBE.path);
  await page.goto(server.url);
  await page.locator(".line.online").waitFor();
  if (room === "glass") {
    await page.locator('[data-room="glass"].room').click();
    await page.locator('[data-tab="signals"]').click();
    await page.locator(".path-button").first().waitFor();
  }
  await page.evaluate(() => window.watchDom());
  const offsets = [];
  for (let i = 0; i < 50; i += 1) {
    const before = performance.now();
    const theirs = await page.evaluate(() => performance.now());
    const after = performance.now();
    offsets.push({ took: after - before, offset: theirs - (before + after) / 2 });
  }
  const { took, offset } = offsets.sort((a, b) => a.took - b.took)[0];
  const others = await sensors(stirring);
  const sent = [];
  let [count, refused, probe] = [0, 0, PROBE.from];
  const begin = performance.now();
  const due = () => ((performance.now() - begin) / 1000) * CHANGES_PER_SECOND;
  const change = () => {
    count += 1;
    const probing = count % PROBE_EVERY === 0;
    const other = others[count % others.length];
    if (probing) {
      probe = probe >= PROBE.to ? PROBE.from : probe + 1;
      sent.push({ value: probe, at: performance.now() });
    }
    void put(probing ? PROBE.path : other.path, probing ? probe : other.values[(other.turn += 1) % 2]).then((code) => {
      if (code !== 200) refused += 1;
    });
  };
  const results = [];
  let collected = 0;
  while (performance.now() - begin < WARM_MS + MEASURE_MS) {
    while (count < due()) change();
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    // A value comes again after 61 probes; it is taken out of the page long before.
    if (sent.length - collected > 20) {
      const ready = sent.slice(collected, sent.length - 10);
      collected += ready.length;
      const taken = await page.evaluate((values) => values.map((value) => {
        const times = window.seen.get(value);
        window.seen.delete(value);
        return times ?? {};
      }), ready.map(({ value }) => value));
      taken.forEach((times, i) => {
        if (ready[i].at - begin < WARM_MS) return;
        results.push(Object.fromEntries(Object.entries(times).map(([what, at]) => [what, at - offset - ready[i].at])));
      });
    }
  }
  const seconds = (performance.now() - begin) / 1000;
  console.log(`${room}${stirring ? ", car and weather moving" : ""}: ${(count / seconds).toFixed(0)} changes a second of ` +
    `${others.length + 1} sensors, ${refused} refused, ` +
    `${results.length} probes, load ${loadavg()[0].toFixed(1)}, clocks known to ${(took / 2).toFixed(1)} ms`);
  for (const what of ["event", "written", "drawn"]) {
    const missing = results.filter((one) => !(what in one)).length;
    console.log(`  change to ${what}: ${told(results.map((one) => one[what]))}${missing ? `; ${missing} probes were overtaken` : ""}`);
  }
  await page.close();
}

await measure("cockpit");
await measure("glass");
await measure("cockpit", true);
await browser.close();
await server.stop();
agent.destroy();
