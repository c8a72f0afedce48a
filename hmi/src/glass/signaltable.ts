// All signals of the car, live: search, and for a chosen one its course over the last minutes.

import { ApiError, api, type SignalJson } from "../api";
import { h, setText } from "../dom";
import { errorText, t } from "../i18n";
import type { Change, SignalStore, Value } from "../store";

const ROWS_MAX = 120; // drawn at once; the search finds the others
const HISTORY_MAX = 600;
const DRAW_MS = 200;

export function shown(value: Value | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toFixed(2).replace(/0$/, "");
  return Array.isArray(value) ? value.join(", ") : String(value);
}

interface Sample {
  at: number;
  value: number;
}

export class SignalTable {
  readonly root: HTMLElement;
  private known: SignalJson[] = [];
  private readonly histories = new Map<string, Sample[]>();
  private readonly cells = new Map<string, HTMLElement>();
  private chosen: string | null = null;
  private drawTimer = 0;
  private readonly waiting = new Set<string>();
  private queued = false;
  private readonly search = h("input", {
    class: "search",
    tLabel: "glass.search",
    tPlaceholder: "glass.search",
    attrs: { type: "search", maxlength: 100 },
  });
  private readonly body = h("tbody");
  private readonly count = h("p", { class: "quiet", attrs: { role: "status" } });
  private readonly plot = h("canvas", { class: "plot", tLabel: "glass.choose", attrs: { role: "img" } });
  private readonly plotTitle = h("p", { class: "plot-title", t: "glass.choose" });

  constructor(private readonly store: SignalStore) {
    const head = h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...(["glass.path", "glass.current", "glass.target", "glass.unit"] as const).map((key) =>
          h("th", { t: key, attrs: { scope: "col" } }),
        ),
      ),
    );
    this.root = h(
      "div",
      { class: "signal-table" },
      h("div", { class: "glass-bar" }, this.search, this.count),
      h("div", { class: "plot-box" }, this.plotTitle, this.plot),
      h("div", { class: "scroll", tLabel: "glass.signals", attrs: { tabindex: 0, role: "region" } }, h("table", {}, head, this.body)),
    );
    this.search.addEventListener("input", () => this.list());
    store.subscribe((changes) => this.changed(changes));
  }

  async open(): Promise<void> {
    try {
      this.known = (await api.allSignals()).signals;
      this.list();
    } catch (error) {
      setText(this.count, errorText(error instanceof ApiError ? error.code : "other"));
    }
  }

  private matches(): SignalJson[] {
    const wanted = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.known.filter(({ path }) => wanted.every((word) => path.toLowerCase().includes(word)));
    const alive = (signal: SignalJson) => Number((this.store.get(signal.path)?.current ?? signal.current ?? null) !== null);
    return found.sort((a, b) => alive(b) - alive(a));
  }

  private list(): void {
    const found = this.matches();
    this.cells.clear();
    this.body.replaceChildren(...found.slice(0, ROWS_MAX).map((signal) => this.row(signal)));
    setText(this.count, `${found.length} / ${this.known.length}`);
  }

  private row(signal: SignalJson): HTMLElement {
    const state = this.store.get(signal.path);
    const current = h("td", { class: "value", text: shown(state?.current ?? signal.current) });
    const target = h("td", { text: shown(state?.target ?? signal.target) });
    const choose = h("button", {
      class: "path-button",
      text: signal.path.replace(/^Vehicle\./, ""),
      attrs: { type: "button", "aria-pressed": String(signal.path === this.chosen), title: signal.path },
    });
    choose.addEventListener("click", () => {
      this.chosen = signal.path;
      for (const button of this.body.querySelectorAll("[aria-pressed=true]")) button.setAttribute("aria-pressed", "false");
      choose.setAttribute("aria-pressed", "true");
      this.drawPlot();
    });
    const row = h(
      "tr",
      { attrs: { "data-path": signal.path } },
      h("th", { attrs: { scope: "row" } }, choose),
      current,
      target,
      h("td", { text: signal.unit ?? "" }),
    );
    this.cells.set(signal.path, row);
    return row;
  }

  private changed(changes: readonly Change[]): void {
    const at = performance.now();
    for (const { path } of changes) {
      const state = this.store.get(path);
      const value = typeof state?.current === "boolean" ? Number(state.current) : state?.current;
      if (typeof value === "number") {
        const history = this.histories.get(path) ?? [];
        history.push({ at, value });
        if (history.length > HISTORY_MAX) history.shift();
        this.histories.set(path, history);
      }
      if (this.cells.has(path)) this.waiting.add(path);
    }
    if (this.waiting.size > 0 && this.root.isConnected && !this.queued) {
      this.queued = true;
      requestAnimationFrame(() => this.drawCells());
    }
    if (this.chosen && changes.some(({ path }) => path === this.chosen) && !this.drawTimer) {
      this.drawTimer = window.setTimeout(() => {
        this.drawTimer = 0;
        this.drawPlot();
      }, DRAW_MS);
    }
  }

  // Once a frame, however often a signal changed.
  private drawCells(): void {
    this.queued = false;
    for (const path of this.waiting) {
      const row = this.cells.get(path);
      const state = this.store.get(path);
      if (!row?.isConnected) continue;
      setText(row.children[1]!, shown(state?.current));
      setText(row.children[2]!, shown(state?.target));
    }
    this.waiting.clear();
  }

  private drawPlot(): void {
    const history = this.chosen ? (this.histories.get(this.chosen) ?? []) : [];
    const values = history.map(({ value }) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    setText(
      this.plotTitle,
      this.chosen ? `${this.chosen}${values.length ? `  ${shown(low)} … ${shown(high)}` : `  ${t("glass.noHistory")}`}` : t("glass.choose"),
    );
    delete this.plotTitle.dataset["t"];
    delete this.plot.dataset["tLabel"];
    this.plot.setAttribute("aria-label", this.plotTitle.textContent ?? "");
    const [width, height] = [this.plot.clientWidth, this.plot.clientHeight];
    const draw = this.plot.getContext("2d");
    if (!draw || width === 0) return;
    this.plot.width = width * devicePixelRatio;
    this.plot.height = height * devicePixelRatio;
    draw.scale(devicePixelRatio, devicePixelRatio);
    if (history.length < 2) return;
    const [from, to] = [history[0]!.at, history[history.length - 1]!.at];
    const x = (at: number) => 4 + ((at - from) / Math.max(1, to - from)) * (width - 8);
    const y = (value: number) => (high === low ? height / 2 : height - 6 - ((value - low) / (high - low)) * (height - 12));
    draw.strokeStyle = getComputedStyle(this.plot).getPropertyValue("--accent").trim();
    draw.lineWidth = 1.8;
    draw.beginPath();
    history.forEach(({ at, value }, i) => {
      if (i > 0) draw.lineTo(x(at), y(history[i - 1]!.value)); // signals step, they do not slide
      draw[i === 0 ? "moveTo" : "lineTo"](x(at), y(value));
    });
    draw.stroke();
  }
}
