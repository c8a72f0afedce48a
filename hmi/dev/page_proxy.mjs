// The page of dist/ in front of a running `deepcabin serve`: for work on the page without building the program anew. Files come from the
// folder, everything else (requests and WebSockets) goes on to the program.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function fileOf(url) {
  const path = new URL(url, "http://x").pathname;
  const file = join(DIST, normalize(path === "/" ? "/index.html" : path));
  return file.startsWith(DIST) && existsSync(file) && statSync(file).isFile() ? file : null;
}

export async function proxyPage(target, port = 0) {
  const to = new URL(target);
  const headersFor = (headers) => ({ ...headers, host: to.host, ...(headers.origin ? { origin: to.origin } : {}) });
  const server = createServer((incoming, outgoing) => {
    const file = incoming.url.startsWith("/v1") ? null : fileOf(incoming.url);
    if (file) {
      outgoing.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": CSP });
      createReadStream(file).pipe(outgoing);
      return;
    }
    const passed = request(
      { host: to.hostname, port: to.port, method: incoming.method, path: incoming.url, headers: headersFor(incoming.headers) },
      (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      },
    );
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  const open = new Set();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.on("upgrade", (incoming, socket, head) => {
    const onward = connect(Number(to.port), to.hostname, () => {
      const lines = Object.entries(headersFor(incoming.headers)).map(([name, value]) => `${name}: ${value}`);
      onward.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket);
      socket.pipe(onward);
    });
    for (const [one, other] of [
      [onward, socket],
      [socket, onward],
    ]) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(resolve);
      }),
  };
}
