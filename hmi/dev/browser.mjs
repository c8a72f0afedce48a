// What the end-to-end tests and the screenshots share: a server (the real one, or the stand-in) and a browser.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { proxyPage } from "./page_proxy.mjs";

const MOCK = fileURLToPath(new URL("mock_server.mjs", import.meta.url));
const BUILT = fileURLToPath(new URL("../../build/deepcabin", import.meta.url));
const START_MS_MAX = 60_000;
const CHROMIUM_ARGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WITHOUT_3D = ["--disable-gpu", "--disable-3d-apis"];
const SOFTWARE_3D = ["--use-angle=swiftshader-webgl", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];
const MADE_MICROPHONE = [
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
];

// The program to test, or null when only the stand-in is there (or asked for by E2E_MOCK=1).
export function realProgram() {
  if (process.env.E2E_MOCK === "1") return null;
  const program = process.env.DEEPCABIN_BIN ?? BUILT;
  return existsSync(program) ? program : null;
}

export async function startServer({ port = 0, args = [], env = {} } = {}) {
  const program = realProgram();
  // E2E_PAGE=dist: the page as it lies in dist/, in front of a program that holds an older one.
  const proxied = program !== null && process.env.E2E_PAGE === "dist";
  const address = `127.0.0.1:${proxied ? 0 : port}`;
  const child = program
    ? spawn(program, ["serve", "--listen", address, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } })
    : spawn(process.execPath, [MOCK, "--listen", address], { stdio: ["ignore", "pipe", "pipe"] });
  const end = () => child.kill("SIGTERM");
  process.once("exit", end); // also when a test fails in the middle
  child.once("exit", () => process.off("exit", end));
  let said = "";
  child.stderr.on("data", (chunk) => (said = (said + chunk).slice(-4000)));
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address within ${START_MS_MAX} ms\n${said}`)), START_MS_MAX);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}\n${said}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const match = /listens on (http:\/\/\S+)/.exec(line);
      if (!match) return;
      clearTimeout(timer);
      resolve(match[1].replace(/\/$/, ""));
    });
  });
  const proxy = proxied ? await proxyPage(url, port) : null;
  return {
    url: proxy?.url ?? url,
    port: proxy?.port ?? Number(new URL(url).port),
    stop: async () => {
      await proxy?.stop();
      if (child.exitCode !== null || child.signalCode !== null) return;
      await new Promise((resolve) => {
        child.once("exit", resolve);
        child.kill("SIGTERM");
      });
    },
  };
}

// Without `draw3d` the page shows the car from above: quick on two cores, and the fallback is tested on the way.
// With `microphone` a made one, that beeps.
export function startBrowser({ draw3d = false, microphone = false } = {}) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...CHROMIUM_ARGS, ...(draw3d ? SOFTWARE_3D : WITHOUT_3D), ...(microphone ? MADE_MICROPHONE : [])],
  });
}
