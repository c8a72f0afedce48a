// Loads a TypeScript module of src/ into node, by Vite's own pipeline; one server a test process, closed at its end.

import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const server = await createServer({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  configFile: false,
  logLevel: "error",
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
after(() => server.close());

export function loadModule(path) {
  return server.ssrLoadModule(path);
}
