// The workshop side: driving scenarios, a few simulated sensors, and the live list of changed signals.

import { ApiError, api } from "./api";
import { h, setText } from "./dom";
import { errorText, tWord, type TextKey } from "./i18n";
import { CAR, seatPath } from "./signals";
import type { Recorder } from "./recorder";
import type { Change, SignalStore, Value } from "./store";

const ROWS_MAX = 12;
const CHATTY_PER_WINDOW = 6;
const CHATTY_WINDOW_MS = 6_000;

export interface Slider {
  key: TextKey;
  path: string;
  min: number;
  max: number;
  unit: string;
  toSignal?: (value: number) => number;
}

// Slider and signal are both read through toSignal: darkness is daylight upside down, and that is its own inverse.
const SLIDERS: readonly Slider[] = [
  { key: "lab.speed", path: CAR.speed, min: 0, max: 140, unit: "km/h" },
  { key: "lab.outside", path: CAR.outsideTemperature, min: -20, max: 45, unit: "°C" },
  { key: "lab.rain", path: CAR.rain, min: 0, max: 100, unit: "%" },
  { key: "lab.dark", path: CAR.daylight, min: 0, max: 100, unit: "%", toSignal: (value) => 100 - value },
];

const SWITCHES: readonly { key: TextKey; path: string }[] = [
  { key: "lab.passenger", path: seatPath.occupancy("row1.right") },
  { key: "lab.rear", path: seatPath.occupancy("row2.left") },
];

export class Lab {
  readonly root: HTMLElement;
  private readonly scenarios = h("div", { class: "scenarios", tLabel: "lab.title", attrs: { role: "group" } });
  private readonly problem = h("p", { class: "problem", attrs: { role: "status", hidden: true } });
  private scenario = "";
  private told = 0; // how often the scenario was said to be another
  private names: string[] = ["city", "highway", "parked", "parked_in_sun", "night_rain"];

  constructor(
    private readonly store: SignalStore,
    signals: SignalList,
    private readonly recorder: Recorder,
    private readonly scenarioChanged: () => void,
  ) {
    this.root = h("section", { class: "lab" },
      h("div", { class: "panel controls" },
        h("h2", { t: "lab.title" }), this.scenarios,
        h("h2", { t: "lab.sensors" }), ...SLIDERS.map((slider) => this.slider(slider)),
        h("div", { class: "switches" }, ...SWITCHES.map(({ key, path }) => this.toggle(key, path))), this.problem),
      signals.root);
    this.drawScenarios();
  }

  async load(): Promise<void> {
    await this.guarded(async () => {
      const before = this.told;
      const { name, names } = await api.scenario();
      if (names.length > 0) this.names = names;
      // What was told meanwhile is newer than this answer may be.
      if (this.told === before) this.setScenario(name);
      else this.drawScenarios();
    });
  }

  setScenario(name: string): void {
    this.told += 1;
    this.scenario = name;
    this.drawScenarios();
  }

  drawScenarios(): void {
    this.scenarios.replaceChildren(...this.scenarioButtons());
    this.scenarioChanged();
  }

  scenarioButtons(): HTMLElement[] {
    const begin = async (name: string) => {
      this.recorder.note({ scenario: name });
      await api.setScenario(name);
      this.setScenario(name);
    };
    return this.names.map((name) => h("button", {
      class: "scenario", text: tWord("scenario", name),
      attrs: { type: "button", "data-scenario": name, "aria-pressed": String(name === this.scenario) },
      on: { click: () => void this.guarded(() => begin(name)) },
    }));
  }

  private set(path: string, value: Value): Promise<unknown> {
    this.recorder.note({ set: path, value });
    return api.setSignal(path, value);
  }

  slider({ key, path, min, max, unit, toSignal = (value) => value }: Slider): HTMLElement {
    const input = h("input", { attrs: { type: "range", min, max, step: 1, "data-path": path }, tLabel: key });
    const output = h("output", { text: "–" });
    let dragging = false;
    let wanted: number | null = null;
    let sending = false;
    const label = (value: number) => {
      setText(output, `${Math.round(value)} ${unit}`);
      input.style.setProperty("--at", `${((value - min) / (max - min)) * 100}%`);
    };
    // One request at a time, always ending with the newest value.
    const send = async () => {
      if (sending) return;
      sending = true;
      while (wanted !== null) {
        const value = wanted;
        wanted = null;
        await this.guarded(() => this.set(path, toSignal(value)));
      }
      sending = false;
    };
    input.addEventListener("input", () => {
      dragging = true;
      wanted = Number(input.value);
      label(wanted);
      void send();
    });
    input.addEventListener("change", () => (dragging = false));
    this.store.subscribe((changes) => {
      if (dragging || !changes.some((change) => change.path === path)) return;
      const value = this.store.number(path);
      if (value === null) return;
      input.value = String(Math.round(toSignal(value)));
      label(toSignal(value));
    });
    return h("label", { class: "slider" }, h("span", { t: key }), output, input);
  }

  toggle(key: TextKey | null, path: string, seat?: string): HTMLElement {
    const button = h("button", { class: "switch", ...(key ? { t: key } : {}), attrs: { ...(seat ? { "data-zone": seat } : {}), type: "button", role: "switch", "aria-checked": "false", "data-path": path } });
    button.addEventListener("click", () => {
      const next = this.store.text(path) === "OCCUPIED" ? "EMPTY" : "OCCUPIED";
      void this.guarded(() => this.set(path, next));
    });
    this.store.subscribe(() => button.setAttribute("aria-checked", String(this.store.text(path) === "OCCUPIED")));
    return button;
  }

  private async guarded(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.problem.hidden = true;
    } catch (error) {
      setText(this.problem, errorText(error instanceof ApiError ? error.code : "other"));
      this.problem.hidden = false;
    }
  }
}

interface Row {
  item: HTMLElement;
  value: HTMLElement;
  lastMs: number;
}

const FLASH_AFTER_MS = 700;
const FLASH = [{ backgroundColor: "rgb(92 200 255 / 28%)" }, { backgroundColor: "transparent" }];
const still = matchMedia("(prefers-reduced-motion: reduce)");

function shown(value: Value | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toFixed(2).replace(/0$/, "");
  return Array.isArray(value) ? value.join(", ") : String(value);
}

// The last paths that changed. Rows stay where they are while they change; a path that never stops moving (speed, temperatures) gives
// way to one that changed because somebody spoke.
export class SignalList {
  readonly root: HTMLElement;
  private readonly list = h("ul", { class: "signals" });
  private readonly quiet = h("p", { class: "quiet", t: "lab.quiet" });
  private readonly rows = new Map<string, Row>();
  private readonly recent = new Map<string, { since: number; count: number }>();
  private readonly waiting = new Set<string>();

  constructor(private readonly store: SignalStore) {
    this.root = h("div", { class: "panel changes" }, h("h2", { t: "lab.signals" }), this.quiet, this.list);
  }

  // A driving car changes hundreds of signals a second: they are counted as they come, and drawn once a frame.
  changed(changes: readonly Change[]): void {
    const now = performance.now();
    for (const { path } of changes) {
      const seen = this.recent.get(path);
      if (!seen || now - seen.since > CHATTY_WINDOW_MS) this.recent.set(path, { since: now, count: 1 });
      else seen.count += 1;
      this.waiting.delete(path);
      this.waiting.add(path); // the newest last
    }
    if (this.waiting.size > 0 && !this.queued) {
      this.queued = true;
      requestAnimationFrame(() => this.draw());
    }
  }

  private queued = false;

  private draw(): void {
    this.queued = false;
    const now = performance.now();
    const paths = [...this.waiting];
    this.waiting.clear();
    const newcomers = paths.filter((path) => !this.rows.has(path)).slice(-ROWS_MAX);
    for (const path of newcomers) this.admit(path);
    for (const path of paths) {
      const row = this.rows.get(path);
      if (row) this.update(path, row, now);
    }
  }

  private chatty(path: string): boolean {
    return (this.recent.get(path)?.count ?? 0) > CHATTY_PER_WINDOW;
  }

  private admit(path: string): void {
    if (this.rows.size >= ROWS_MAX) {
      if (this.chatty(path)) return;
      const busy = (candidate: string) => Number(this.chatty(candidate));
      const oldest = [...this.rows].sort(([a, ra], [b, rb]) => busy(b) - busy(a) || ra.lastMs - rb.lastMs)[0];
      if (oldest) {
        oldest[1].item.remove();
        this.rows.delete(oldest[0]);
      }
    }
    const cut = path.lastIndexOf(".") + 1;
    const value = h("b");
    const item = h("li", { attrs: { title: path, "data-path": path } }, h("span", { class: "path" }, h("span", { class: "stem" }, h("bdi", { text: path.slice(0, cut) })), h("span", { class: "leaf", text: path.slice(cut) })), value);
    this.rows.set(path, { item, value, lastMs: 0 });
    this.list.prepend(item);
    this.quiet.hidden = true;
  }

  private update(path: string, row: Row, now: number): void {
    const state = this.store.get(path);
    const moving = state && state.target !== null && state.target !== state.current;
    setText(row.value, moving ? `${shown(state.current)} → ${shown(state.target)}` : shown(state?.current));
    if (now - row.lastMs > FLASH_AFTER_MS && !still.matches) row.item.animate(FLASH, { duration: 900, easing: "ease-out" });
    row.lastMs = now;
  }
}
