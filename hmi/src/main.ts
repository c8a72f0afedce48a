// Puts the page together: one store of signals, one event stream, and the panels that show them.

import "./styles/base.css";
import "./styles/car.css";
import "./styles/stage.css";
import "./styles/panels.css";
import { api } from "./api";
import { Cluster } from "./cluster";
import { h, setText, translate } from "./dom";
import { EventStream, type CarEvent, type Connection } from "./events";
import { currentLanguage, setCapabilities, setLanguage, t } from "./i18n";
import { Lab, SignalList } from "./lab";
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
const cluster = new Cluster(store);
const signals = new SignalList(store);
const lab = new Lab(store, signals);
const talk: Talk = new Talk(sessionName(), (seat) => car.setSpeaker(seat));
const car = new Stage(store, (seat) => talk.setSpeaker(seat));

const line = h("span", { class: "line connecting", attrs: { role: "status" } });
const toggle = h("button", { class: "language", attrs: { type: "button" } });

function page(): HTMLElement {
  return h("div", { class: "page" },
    h("a", { class: "skip", t: "app.skip", attrs: { href: "#say" } }),
    h("header", { class: "bar" }, h("span", { class: "brand" }, h("i", { class: "mark", attrs: { "aria-hidden": "true" } }), h("h1", { text: "DeepCabin" })), cluster.tellTales, line, toggle),
    h("main", { class: "grid" },
      h("section", { class: "stage", tLabel: "stage.label" }, car.root, cluster.left, cluster.right),
      talk.root, lab.root));
}

function showLanguage(): void {
  const zh = currentLanguage() === "zh";
  document.documentElement.lang = zh ? "zh-CN" : "en";
  toggle.textContent = zh ? "EN" : "中文";
  toggle.setAttribute("aria-label", zh ? "Switch to English" : "切换到中文");
  translate(document);
  lab.drawScenarios();
  talk.translate();
  car.translate();
  cluster.draw();
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
    car.changed(event.changes);
    signals.changed(event.changes);
  } else if (event.type === "scenario" && event.name) {
    lab.setScenario(event.name);
  } else {
    if (event.type === "turn.started") car.listen();
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
  },
});

toggle.addEventListener("click", () => {
  setLanguage(currentLanguage() === "zh" ? "en" : "zh");
  showLanguage();
});

document.getElementById("app")?.append(page());
talk.setSpeaker("row1.left");
showLanguage();
events.start();
if (matchMedia("(pointer: fine)").matches) talk.focus();
