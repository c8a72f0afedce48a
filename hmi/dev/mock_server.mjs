// A stand-in for `deepcabin serve` while the page is being developed: dist/ and a small scripted car behind the API of docs/api.md.
// It understands a dozen sentences by plain patterns and knows one rule: above 5 km/h nothing that opens the body.
// Usage: node dev/mock_server.mjs [--listen 127.0.0.1:8080]

import { createReadStream, existsSync, statSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const RING_MAX = 1000;
const OFFER_MS = 15_000;
const RUN = randomUUID();

const listen = process.argv[process.argv.indexOf("--listen") + 1] ?? "127.0.0.1:8080";
const [host, port] = process.argv.includes("--listen") ? listen.split(":") : ["127.0.0.1", "8080"];

// ---- the car -------------------------------------------------------------------------------------------------------------------

const SIDES = { left: "DriverSide", middle: "Middle", right: "PassengerSide" };
const place = (zone) => zone.replace("row", "Row").replace(/\.(\w+)$/, (_, side) => `.${SIDES[side]}`);
const seat = (zone, leaf) => `Vehicle.Cabin.Seat.${place(zone)}.${leaf}`;
const windowOf = (zone) => `Vehicle.Cabin.Door.${place(zone)}.Window.Position`;
const station = (zone) => zone.replace("row", "Row").replace(/\.(\w+)$/, (_, side) => (side === "left" ? ".Driver" : ".Passenger"));
const ambient = (zone, leaf) => `Vehicle.Cabin.Light.AmbientLight.${place(zone)}.${leaf}`;
const CORNERS = ["row1.left", "row1.right", "row2.left", "row2.right"];
const CHARGE = "Vehicle.Powertrain.TractionBattery";

const START = {
  "Vehicle.Speed": 0,
  "Vehicle.Powertrain.Transmission.SelectedGear": 126,
  [`${CHARGE}.StateOfCharge.Displayed`]: 76,
  [`${CHARGE}.Range`]: 412000,
  "Vehicle.Exterior.AirTemperature": 18,
  "Vehicle.Cabin.HVAC.AmbientAirTemperature": 21.5,
  "Vehicle.Exterior.LightIntensity": 80,
  "Vehicle.Body.Raindetection.Intensity": 0,
  "Vehicle.Body.Trunk.Rear.Position": 0,
  "Vehicle.DeepCabin.Sunroof.TargetPosition": 0,
  "Vehicle.Cabin.Sunroof.Shade.Position": 0,
  "Vehicle.Body.Lights.Beam.Low.IsOn": false,
  "Vehicle.DeepCabin.Light.HighBeamMode": "OFF",
  "Vehicle.Body.Windshield.Front.Wiping.Intensity": 0,
  "Vehicle.Cabin.HVAC.IsAirConditioningActive": true,
  [seat("row1.left", "OccupancyStatus")]: "OCCUPIED",
  [seat("row1.right", "OccupancyStatus")]: "EMPTY",
  [seat("row2.left", "OccupancyStatus")]: "EMPTY",
};
for (const zone of CORNERS) {
  START[windowOf(zone)] = zone.startsWith("row2") ? 60 : 0;
  START[`Vehicle.Cabin.Door.${place(zone)}.IsLocked`] = true;
  START[seat(zone, "HeatingCooling")] = 0;
  START[ambient(zone, "IsLightOn")] = true;
  START[ambient(zone, "Color")] = "#3FA9FF";
  START[ambient(zone, "Intensity")] = 60;
  START[`Vehicle.Cabin.HVAC.Station.${station(zone)}.Temperature`] = 22;
  START[`Vehicle.Cabin.HVAC.Station.${station(zone)}.FanSpeed`] = 40;
  START[`Vehicle.DeepCabin.HVAC.${station(zone)}.IsOn`] = zone.startsWith("row1");
  START[`Vehicle.DeepCabin.HVAC.${station(zone)}.AirflowMode`] = "FACE";
}

const BASE = { "Vehicle.Speed": 0, "Vehicle.Powertrain.Transmission.SelectedGear": 126, "Vehicle.Exterior.LightIntensity": 80, "Vehicle.Body.Raindetection.Intensity": 0, "Vehicle.Exterior.AirTemperature": 18, "Vehicle.Body.Lights.Beam.Low.IsOn": false, "Vehicle.Body.Windshield.Front.Wiping.Intensity": 0 };
const SCENARIOS = {
  city: { ...BASE, "Vehicle.Speed": 42, "Vehicle.Powertrain.Transmission.SelectedGear": 127 },
  highway: { ...BASE, "Vehicle.Speed": 118, "Vehicle.Powertrain.Transmission.SelectedGear": 127 },
  parked: BASE,
  parked_in_sun: { ...BASE, "Vehicle.Exterior.AirTemperature": 37, "Vehicle.Cabin.HVAC.AmbientAirTemperature": 49, "Vehicle.Exterior.LightIntensity": 100 },
  night_rain: { ...BASE, "Vehicle.Speed": 63, "Vehicle.Powertrain.Transmission.SelectedGear": 127, "Vehicle.Exterior.LightIntensity": 4, "Vehicle.Body.Raindetection.Intensity": 65, "Vehicle.Body.Lights.Beam.Low.IsOn": true, "Vehicle.Body.Windshield.Front.Wiping.Intensity": 3, "Vehicle.Exterior.AirTemperature": 9 },
};

const current = new Map(Object.entries(START));
const target = new Map();
let scenario = "parked";

// ---- events --------------------------------------------------------------------------------------------------------------------

let seq = 0;
const ring = [];
const clients = new Set();

function emit(event) {
  const message = JSON.stringify({ seq: ++seq, ...event });
  ring.push({ seq, message });
  if (ring.length > RING_MAX) ring.shift();
  for (const client of clients) client.send(message);
}

function write(changes) {
  const list = Object.entries(changes).filter(([path, value]) => current.get(path) !== value || target.has(path));
  for (const [path, value] of list) current.set(path, value);
  if (list.length) emit({ type: "signals", changes: list.map(([path, value]) => ({ path, current: value, ...(target.has(path) ? { target: target.get(path) } : {}) })) });
}

// What travels moves five percent a step; everything else is there at once.
const TRAVELS = /Window\.Position|Trunk\.Rear\.Position|Sunroof/;
function actuate(changes) {
  const now = {};
  for (const [path, value] of Object.entries(changes)) {
    target.set(path, value);
    now[path] = TRAVELS.test(path) && typeof value === "number" ? (current.get(path) ?? 0) : value;
  }
  write(now);
}

setInterval(() => {
  const step = {};
  for (const [path, goal] of target) {
    const at = current.get(path) ?? 0;
    if (TRAVELS.test(path) && at !== goal) step[path] = at + Math.sign(goal - at) * Math.min(5, Math.abs(goal - at));
  }
  write(step);
}, 100).unref();

setInterval(() => {
  const speed = current.get("Vehicle.Speed");
  if (speed > 0) write({ [`${CHARGE}.Range`]: current.get(`${CHARGE}.Range`) - Math.round(speed / 3.6) });
}, 1000).unref();

// ---- understanding, by patterns ------------------------------------------------------------------------------------------------

const CALLS = [
  [/副驾座椅加热.*二档|passenger seat heat\w* to level 2/i, () => ({ call: { capability: "seat.heating", zone: "row1.right", op: "set", value: 2, unit: "level" }, write: { [seat("row1.right", "HeatingCooling")]: 67 }, say: ["副驾座椅加热已经是二档", "The passenger seat heating is at level 2"] })],
  [/冷|\bcold\b/i, () => ({ call: { capability: "hvac.temperature", zone: "row1.left", op: "increase" }, write: { "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature": 24 }, say: ["主驾温度调到了 24 度", "The driver's side is set to 24 degrees"] })],
  [/后面的窗关|close the rear windows/i, () => ({ call: { capability: "window", zone: "rear", op: "close" }, write: { [windowOf("row2.left")]: 0, [windowOf("row2.right")]: 0 }, say: ["后排车窗正在关", "The rear windows are closing"], receipt: ["后排车窗已经关好", "The rear windows are closed"] })],
  [/紫色|purple/i, () => ({ call: { capability: "light.ambient_color", op: "set", value: "purple" }, write: Object.fromEntries(CORNERS.map((zone) => [ambient(zone, "Color"), "#8000FF"])), say: ["氛围灯换成了紫色", "The ambient light is purple"] })],
  [/看不清|can't see/i, () => ({ call: { capability: "wiper.front", op: "on" }, write: { "Vehicle.Body.Windshield.Front.Wiping.Intensity": 2 }, say: ["雨刮打开了", "The wipers are on"] })],
  [/看不清|can't see/i, () => ({ call: { capability: "light.low_beam", op: "on" }, write: { "Vehicle.Body.Lights.Beam.Low.IsOn": true }, say: ["近光灯打开了", "The low beam is on"] })],
  [/天窗|sunroof/i, () => ({ call: { capability: "sunroof", op: "set", value: 50, unit: "percent" }, write: { "Vehicle.DeepCabin.Sunroof.TargetPosition": 50 }, say: ["天窗正在打开", "The sunroof is opening"] })],
  [/后备箱|trunk/i, () => ({ call: { capability: "trunk", op: "open" }, write: { "Vehicle.Body.Trunk.Rear.Position": 100 }, say: ["后备箱正在打开", "The trunk is opening"], rule: "P09.closure" })],
  [/十分钟后|in ten minutes/i, () => ({ call: { capability: "hvac.ac", op: "off", when: { kind: "after", seconds: 600 } }, scheduled: true, say: ["好，十分钟后关空调", "The AC goes off in ten minutes"] })],
];
const NAMES = {
  "seat.heating": [["座椅加热"], ["seat heating"]],
  "hvac.temperature": [["空调温度"], ["temperature"]],
  window: [["车窗"], ["window"]],
  "light.ambient_color": [["氛围灯颜色"], ["ambient light colour"], { purple: { zh: ["紫色"], en: ["purple"] } }],
  "wiper.front": [["雨刮"], ["wipers"]],
  "light.low_beam": [["近光灯"], ["low beam"]],
  sunroof: [["天窗"], ["sunroof"]],
  trunk: [["后备箱"], ["trunk"]],
  "hvac.ac": [["空调制冷"], ["air conditioning"]],
};

const offers = new Map(); // session → {turn, action, lang, timer}
let turns = 0;

function decide(action) {
  if (action.scheduled) return ["scheduled", "", "P01.comfort"];
  if (!action.rule) return ["done", "", "P01.comfort"];
  if (current.get("Vehicle.Speed") > 5) return ["denied", ["行驶中不能打开后备箱", "The trunk stays shut while driving"], "P09.moving"];
  return ["confirm", ["需要在屏幕上确认", "Needs a touch on the screen"], "P09.parked"];
}

function closeOffer(session, answer) {
  const offer = offers.get(session);
  if (!offer) return null;
  clearTimeout(offer.timer);
  offers.delete(session);
  emit({ type: "offer.closed", session, turn: offer.turn, answer });
  return offer;
}

function runTurn({ text, session = "default", speaker = "row1.left", touched = false }) {
  const lang = /[\u4e00-\u9fff]/.test(text) ? 0 : 1;
  const turn = `${session}-${++turns}`;
  emit({ type: "turn.started", session, turn, text, speaker });
  const yes = /^(好|好的|是|yes|ok)$/i.test(text.trim());
  const no = /^(不用了|不|否|no)$/i.test(text.trim());
  const open = yes || no ? offers.get(session) : null;
  let reply = "";
  let actions = CALLS.filter(([pattern]) => pattern.test(text)).map(([, make]) => make());
  if (open && yes && !touched) reply = ["请在屏幕上点“是”来确认", "Please confirm by touch on the screen"][lang];
  if (open && (no || touched)) {
    closeOffer(session, yes ? "yes" : "no");
    actions = yes ? [{ ...open.action, rule: undefined }] : [];
    if (no) reply = ["好，不打开了", "All right, it stays shut"][lang];
  }
  const asks = /几度|how warm/i.test(text);
  if (asks) reply = [`车内 ${current.get("Vehicle.Cabin.HVAC.AmbientAirTemperature")} 度`, `It is ${current.get("Vehicle.Cabin.HVAC.AmbientAirTemperature")} degrees inside`][lang];
  const known = actions.length > 0 || reply !== "";
  const frame = {
    calls: actions.map(({ call }) => call),
    escalation: known ? null : "clarify",
    confidence: known ? 0.98 : 0.31,
    route: known ? "phrasebook" : "none",
    reasoning: known ? ["匹配：", "matched: "][lang] + (actions.map(({ call }) => `${call.capability}${call.zone ? ` @ ${call.zone}` : ""} ${call.op}`).join("\n") || text) : "",
  };
  emit({ type: "turn.frame", session, turn, ...frame });
  const spoken = [];
  const results = actions.map((action, index) => {
    const [outcome, why, rule] = decide(action);
    const reason = Array.isArray(why) ? why[lang] : why;
    if (outcome === "done" && action.write) actuate(action.write);
    spoken.push(outcome === "denied" ? reason : outcome === "confirm" ? ["要打开后备箱吗？", "Open the trunk?"][lang] : action.say[lang]);
    const result = { call: action.call, outcome, reason, rule, interfaces: Object.keys(action.write ?? {}) };
    emit({ type: "turn.call", session, turn, index, ...result });
    if (outcome === "confirm") {
      closeOffer(session, "expired");
      const timer = setTimeout(() => closeOffer(session, "expired"), OFFER_MS);
      timer.unref();
      offers.set(session, { turn, action, timer });
      emit({ type: "offer", session, turn, question: spoken.at(-1), expires_ms: OFFER_MS, touch: true });
    }
    if (outcome === "done" && action.receipt) setTimeout(() => emit({ type: "turn.receipt", session, turn, reply: action.receipt[lang] }), 1500).unref();
    return { ...action.call, outcome, reason, rule, interfaces: result.interfaces };
  });
  reply ||= spoken.join(["，", ". "][lang]) || ["这句我还不会，换个说法试试", "I cannot do that yet, please put it another way"][lang];
  const latency_ms = { normalise: 0.021, phrasebook: 0.064, student: 0, endpoint: 0, guard: 0.043, vehicle: 0.31, total: 0.46 };
  emit({ type: "turn.reply", session, turn, reply, latency_ms });
  const offer = offers.get(session);
  return { session, turn, text, lang: lang ? "en" : "zh", ...frame, calls: results, reply, latency_ms, offer: offer?.turn === turn ? { question: spoken.at(-1), expires_ms: OFFER_MS, touch: true } : null };
}

// ---- HTTP ----------------------------------------------------------------------------------------------------------------------

function send(response, status, json) {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(json));
}

function fail(response, status, code, message) {
  send(response, status, { error: { code, message } });
}

async function body(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

function serveFile(response, path) {
  const file = normalize(join(DIST, path === "/" ? "index.html" : path));
  if (!file.startsWith(DIST) || !existsSync(file) || !statSync(file).isFile()) return fail(response, 404, "not_found", path);
  response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff" });
  createReadStream(file).pipe(response);
}

const signalJson = (path) => ({ path, node: "actuator", type: "", unit: "", current: current.get(path) ?? null, target: target.get(path) ?? null, age_ms: 10 });

async function route(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  const key = `${request.method} ${pathname}`;
  if (key === "POST /v1/turns") {
    const json = await body(request);
    if (typeof json.text !== "string" || !json.text) return fail(response, 400, "invalid_argument", "text is missing");
    return send(response, 200, runTurn(json));
  }
  if (key === "GET /v1/signals") return send(response, 200, { signals: [...current.keys()].map(signalJson) });
  if (request.method === "PUT" && pathname.startsWith("/v1/signals/")) {
    const path = decodeURIComponent(pathname.slice("/v1/signals/".length));
    if (!path.startsWith("Vehicle.")) return fail(response, 404, "not_found", `no signal ${path}`);
    write({ [path]: (await body(request)).value });
    return send(response, 200, signalJson(path));
  }
  if (key === "GET /v1/scenario") return send(response, 200, { name: scenario, names: Object.keys(SCENARIOS) });
  if (key === "POST /v1/scenario") {
    const { name } = await body(request);
    if (!SCENARIOS[name]) return fail(response, 400, "invalid_argument", `no scenario ${name}`);
    scenario = name;
    write(SCENARIOS[name]);
    emit({ type: "scenario", name });
    return send(response, 200, { name });
  }
  if (key === "GET /v1/catalogue") return send(response, 200, { capabilities: Object.entries(NAMES).map(([capability, [zh, en, words]]) => ({ capability, names: { zh, en }, value: { words } })), interfaces: [] });
  if (key === "GET /healthz") return send(response, 200, { status: "ok" });
  if (request.method === "GET") return serveFile(response, pathname);
  return fail(response, 404, "not_found", pathname);
}

const server = createServer((request, response) => {
  route(request, response).catch((error) => fail(response, 400, "invalid_argument", error.message));
});
const sockets = new WebSocketServer({ server, path: "/v1/events" });
sockets.on("connection", (socket, request) => {
  const since = Number(new URL(request.url, "http://localhost").searchParams.get("since") ?? NaN);
  const replays = since <= seq && since + 1 >= (ring[0]?.seq ?? seq + 1);
  const start = replays ? since : seq;
  socket.send(JSON.stringify({ seq: start, type: "hello", version: "mock", run: RUN }));
  if (!Number.isNaN(since) && !replays) socket.send(JSON.stringify({ seq: start, type: "gap" }));
  for (const entry of ring) if (entry.seq > start) socket.send(entry.message);
  clients.add(socket);
  socket.on("close", () => clients.delete(socket));
});

server.listen(Number(port), host, () => console.log(`DeepCabin listens on http://${host}:${server.address().port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
