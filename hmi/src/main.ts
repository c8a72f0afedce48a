// Puts the page together: one store of signals, one event stream, and the panels that show them.

import "./styles/base.css";
import "./styles/car.css";
import "./styles/stage.css";
import "./styles/panels.css";
import "./styles/rooms.css";
import "./styles/service.css";
import "./styles/light.css";
import { api } from "./api";
import { Cluster, icon } from "./cluster";
import { Desk } from "./desk";
import { h, setText, translate } from "./dom";
import { EventStream, type CarEvent, type Connection } from "./events";
import { Glass } from "./glass/glass";
import { currentLanguage, setCapabilities, setLanguage, t, type TextKey } from "./i18n";
import { Lab, SignalList } from "./lab";
import { Recorder } from "./recorder";
import { ROLES, Viewer } from "./role";
import type { Seat } from "./signals";
import { Stage } from "./stage";
import { SignalStore } from "./store";
import { Talk } from "./talk";

// One dialogue per tab, kept over a reload.
function sessionName(): string {
  const known = sessionStorage.getItem("deepcabin.session");
  if (known) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  const name = `page-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  sessionStorage.setItem("deepcabin.session", name);
  return name;
}

const store = new SignalStore();
// Parts that hear of each other before all of them are there.
let desk: Desk | undefined;
let car: Stage | undefined;
let glass: Glass | undefined;
const recorder = new Recorder(() => desk?.draw());
const cluster = new Cluster(store);
const signals = new SignalList(store);
const lab = new Lab(store, signals, recorder, () => desk?.draw());
const talk: Talk = new Talk(sessionName(), {
  speakerChanged: (seat) => car?.setSpeaker(seat),
  inspect: (turn) => {
    glass?.inspect(turn);
    enter("glass");
  },
  changed: () => glass?.changed(),
  spoken: (text, speaker) => recorder.note({ say: text, speaker }),
});
const sayFrom = async (text: string, seat: Seat) => {
  talk.setSpeaker(seat);
  await talk.say(text);
};
desk = new Desk(lab, recorder, sayFrom, {
  cutLine: (seconds) => events.cut(seconds),
  inTheCar: (names) => glass?.showFaults(names),
});
car = new Stage(store, (seat) => talk.setSpeaker(seat));
glass = new Glass(store, talk.turns, talk.proposals);
const viewer = new Viewer(store, () => showRole());

const line = h("span", { class: "line connecting", attrs: { role: "status" } });
const toggle = h("button", { class: "language", attrs: { type: "button" } });
const role = h("select", { class: "role", tLabel: "role.label" });
const theme = h(
  "button",
  { class: "theme", tLabel: "app.theme", attrs: { type: "button" } },
  icon(
    "M12 4v2M12 18v2M4 12h2M18 12h2M6.300 6.300l1.400 1.400M16.300 16.300l1.400 1.400M6.300 17.700l1.400-1.400M16.300 7.700l1.400-1.400M12 8.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
  ),
);

type Room = "cockpit" | "glass" | "desk";
const ROOMS: readonly { name: Room; key: TextKey }[] = [
  { name: "cockpit", key: "room.cockpit" },
  { name: "glass", key: "glass.title" },
  { name: "desk", key: "desk.title" },
];
const rooms = h(
  "nav",
  { class: "rooms", tLabel: "room.label" },
  ...ROOMS.map(({ name, key }) =>
    h("button", { class: "room", t: key, attrs: { type: "button", "data-room": name }, on: { click: () => enter(name) } }),
  ),
);
let root: HTMLElement | null = null;

function page(): HTMLElement {
  return h(
    "div",
    { class: "page" },
    h("a", { class: "skip", t: "app.skip", attrs: { href: "#say" } }),
    h(
      "header",
      { class: "bar" },
      h("span", { class: "brand" }, h("i", { class: "mark", attrs: { "aria-hidden": "true" } }), h("h1", { text: "DeepCabin" })),
      rooms,
      cluster.tellTales,
      line,
      role,
      talk.aloud,
      theme,
      toggle,
    ),
    h(
      "main",
      { class: "grid" },
      h("section", { class: "stage", tLabel: "stage.label" }, car!.root, cluster.left, cluster.right),
      talk.root,
      lab.root,
      glass!.root,
      desk!.root,
    ),
  );
}

function enter(room: Room): void {
  if (!root) return;
  root.dataset["room"] = viewer.role === "bench" ? room : "cockpit";
  for (const button of rooms.children)
    button.setAttribute("aria-current", (button as HTMLElement).dataset["room"] === root.dataset["room"] ? "page" : "false");
  glass?.show(root.dataset["room"] === "glass");
}

function showRole(): void {
  role.value = viewer.role;
  talk.showFor(viewer.restricted, viewer.role === "driver");
  if (viewer.role !== "bench") enter("cockpit");
}

const THEMES = ["auto", "dark", "light"] as const;

function showTheme(): void {
  const known = localStorage.getItem("deepcabin.theme") ?? "auto";
  const light = known === "light" || (known === "auto" && matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset["theme"] = light ? "light" : "dark";
  theme.title = t(`theme.${THEMES.find((name) => name === known) ?? "auto"}`);
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", light ? "#eef2f6" : "#080b11");
  car?.trip.translate();
}

function showLanguage(): void {
  const zh = currentLanguage() === "zh";
  document.documentElement.lang = zh ? "zh-CN" : "en";
  toggle.textContent = zh ? "EN" : "中文";
  toggle.setAttribute("aria-label", zh ? "Switch to English" : "切换到中文");
  role.replaceChildren(...ROLES.map((name) => h("option", { text: t(`role.${name}`), attrs: { value: name } })));
  translate(document);
  lab.drawScenarios();
  talk.translate();
  car?.translate();
  glass?.translate();
  cluster.draw();
  showRole();
  showTheme();
  showLine(lineState);
}

let lineState: Connection = "connecting";
let wasOffline = false;

function showLine(state: Connection): void {
  lineState = state;
  line.className = `line ${state}`;
  const restored = state === "online" && wasOffline;
  setText(line, t(restored ? "line.restored" : `line.${state}`));
  if (state === "offline") wasOffline = true;
}

async function fetchState(): Promise<void> {
  store.beginSnapshot();
  try {
    store.endSnapshot((await api.signals()).signals);
  } catch {
    store.endSnapshot(null); // the event stream will ask again when the line is back
  }
}

let catalogueKnown = false;

async function fetchCatalogue(): Promise<void> {
  if (catalogueKnown) return;
  try {
    setCapabilities((await api.catalogue()).capabilities);
    catalogueKnown = true;
    talk.translate();
  } catch {
    // Technical names are shown until the next connection.
  }
}

function take(event: CarEvent): void {
  if (event.type === "signals" && event.changes) {
    store.apply(event.changes);
    car?.changed(event.changes);
    signals.changed(event.changes);
  } else if (event.type === "scenario" && event.name) {
    lab.setScenario(event.name);
  } else if (event.type === "simulation") {
    desk?.showFaults(event["faults"]);
  } else {
    if (event.type === "turn.started") car?.listen();
    if (event.type === "trip") car?.trip.take(event.plan);
    glass?.event(event);
    talk.event(event);
  }
}

const events = new EventStream({
  event: take,
  restarted: () => talk.forgetOffers(),
  connection: showLine,
  resync: () => {
    void fetchState();
    void lab.load();
    void fetchCatalogue();
    void talk.voice.load();
    void desk?.loadFaults();
    void car?.trip.load();
  },
});

toggle.addEventListener("click", () => {
  setLanguage(currentLanguage() === "zh" ? "en" : "zh");
  showLanguage();
});

role.addEventListener("change", () => viewer.choose(ROLES.find((name) => name === role.value) ?? "bench"));
theme.addEventListener("click", () => {
  const known = THEMES.indexOf((localStorage.getItem("deepcabin.theme") ?? "auto") as (typeof THEMES)[number]);
  localStorage.setItem("deepcabin.theme", THEMES[(known + 1) % THEMES.length]!);
  showTheme();
});
matchMedia("(prefers-color-scheme: light)").addEventListener("change", showTheme);

root = page();
document.getElementById("app")?.append(root);
enter("cockpit");
talk.setSpeaker("row1.left");
showLanguage();
events.start();
if (matchMedia("(pointer: fine)").matches) talk.focus();
