// The glass wall: an engineer's view of everything that happens inside a turn and around it.

import { ApiError, api, type CapabilityJson, type InterfaceJson } from "../api";
import { h, setText } from "../dom";
import { currentLanguage, errorText, t, tWord, zoneName, type TextKey } from "../i18n";
import type { CarEvent } from "../events";
import type { Proposals } from "../proposals";
import type { SignalStore } from "../store";
import type { Turn, Turns } from "../turns";
import { SignalTable } from "./signaltable";
import { renderWay } from "./timeline";

const AUDIT_COUNT = 200;
const CATALOGUE_ROWS_MAX = 80;
const MODEL_EVENTS_MAX = 40;
const REFRESH_MS = 4_000;

type Tab = "way" | "signals" | "catalogue" | "audit" | "models" | "proposals" | "memory";
const TABS: readonly Tab[] = ["way", "signals", "catalogue", "audit", "models", "proposals", "memory"];
const KEYS: Record<Tab, TextKey> = {
  way: "glass.way",
  signals: "glass.signals",
  catalogue: "glass.catalogue",
  audit: "glass.audit",
  models: "glass.models",
  proposals: "proposal.label",
  memory: "glass.memory",
};

type Json = Record<string, unknown>;
const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

function cell(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString() : value.toPrecision(4);
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

const AUDIT_FIRST = ["time", "utterance", "capability", "op", "value", "decision", "rule", "sent", "speaker", "motion", "speed_kmh"];
const HASH_SHOWN = 10;

function cellOf(name: string, value: unknown): HTMLElement {
  const text = cell(value);
  if (name === "time" && !Number.isNaN(Date.parse(text)))
    return h("td", { text: new Date(text).toLocaleTimeString(), attrs: { title: text } });
  if (name === "speaker") return h("td", { text: zoneName(text) });
  if (typeof value === "boolean") return h("td", { text: t(value ? "talk.yes" : "talk.no") });
  if (/^[0-9a-f]{32,}$/.test(text)) return h("td", { text: `${text.slice(0, HASH_SHOWN)}…`, attrs: { title: text } });
  return h("td", { class: text.length > 24 ? "long" : "", text });
}

function columnName(name: string): string {
  const known = tWord("column", name);
  return known.startsWith("column.") ? name : known;
}

// What an object says that is no list.
function factsOf(json: Json): HTMLElement | null {
  const facts = Object.entries(json).filter(([, value]) => typeof value !== "object");
  if (facts.length === 0) return null;
  const list = facts.map(([name, value]) =>
    h("div", { class: "way-fact" }, h("dt", { text: columnName(name) }), h("dd", { text: cell(value) })),
  );
  return h("dl", { class: "way-facts" }, ...list);
}

// A table of whatever fields the rows have: those named first, then the others as they appear.
function table(rows: readonly Json[], caption: string, first: readonly string[] = []): HTMLElement {
  const there = new Set(rows.flatMap((row) => Object.keys(row)));
  const names = [...new Set([...first.filter((name) => there.has(name)), ...there])];
  return h(
    "div",
    { class: "scroll", attrs: { tabindex: 0, role: "region", "aria-label": caption } },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { text: columnName(name), attrs: { scope: "col" } })))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...names.map((name) => cellOf(name, row[name]))))),
    ),
  );
}

export class Glass {
  readonly root: HTMLElement;
  private tab: Tab = "way";
  private open = false;
  private turn: Turn | null = null;
  private pinned = false;
  private readonly tabs = h("div", { class: "tabs", tLabel: "glass.title", attrs: { role: "tablist" } });
  private readonly panel = h("div", { class: "glass-panel", id: "glass-panel", attrs: { role: "tabpanel", tabindex: 0 } });
  private readonly faults = h("p", { class: "fault-note", attrs: { role: "status", hidden: true } });
  private readonly table: SignalTable;
  private readonly modelEvents: { at: Date; event: CarEvent }[] = [];
  private catalogue: { capabilities: CapabilityJson[]; interfaces: InterfaceJson[] } | null = null;
  private drawTimer = 0;

  constructor(
    private readonly store: SignalStore,
    private readonly turns: Turns,
    private readonly proposals: Proposals,
  ) {
    this.table = new SignalTable(store);
    for (const tab of TABS) {
      this.tabs.append(
        h("button", {
          class: "tab",
          t: KEYS[tab],
          id: `tab-${tab}`,
          attrs: { type: "button", role: "tab", "aria-controls": "glass-panel", "data-tab": tab },
          on: { click: () => this.choose(tab) },
        }),
      );
    }
    this.tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      this.choose(TABS[(TABS.indexOf(this.tab) + step + TABS.length) % TABS.length]!);
      this.tabs.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
    });
    this.root = h("section", { class: "glass panel", tLabel: "glass.title" }, this.tabs, this.faults, this.panel);
    this.mark();
    window.setInterval(
      () => this.open && (this.tab === "audit" || this.tab === "models") && !document.hidden && void this.fill(),
      REFRESH_MS,
    );
  }

  show(open: boolean): void {
    this.open = open;
    if (open) void this.fill();
  }

  inspect(turn: Turn): void {
    this.turn = turn;
    this.pinned = true;
    this.choose("way");
  }

  // Turns and proposals change often; the page is drawn a few times a second at most, and only while it is looked at.
  changed(): void {
    if (!this.open || (this.tab !== "way" && this.tab !== "proposals") || this.drawTimer) return;
    this.drawTimer = window.setTimeout(() => {
      this.drawTimer = 0;
      if (this.open) void this.fill();
    }, 150);
  }

  // What was put into the car by hand, so that nobody looks for the cause elsewhere.
  showFaults(names: string): void {
    this.faults.hidden = names === "";
    setText(this.faults, `${t("glass.faults")} ${names}`);
  }

  event(event: CarEvent): void {
    if (!event.type.startsWith("model.")) return;
    this.modelEvents.push({ at: new Date(), event });
    if (this.modelEvents.length > MODEL_EVENTS_MAX) this.modelEvents.shift();
    if (this.open && this.tab === "models") void this.fill();
  }

  translate(): void {
    if (this.open) void this.fill();
  }

  private choose(tab: Tab): void {
    // What was there belongs to another tab: nobody should type into it while the new one is fetched.
    if (tab !== this.tab) this.panel.replaceChildren();
    this.tab = tab;
    this.mark();
    void this.fill();
  }

  private mark(): void {
    for (const button of this.tabs.children) {
      const here = (button as HTMLElement).dataset["tab"] === this.tab;
      button.setAttribute("aria-selected", String(here));
      button.setAttribute("tabindex", here ? "0" : "-1");
    }
    this.panel.setAttribute("aria-labelledby", `tab-${this.tab}`);
  }

  private async fill(): Promise<void> {
    const { tab } = this;
    try {
      const nodes = await this.nodes(tab);
      if (tab !== this.tab) return;
      if (nodes.length === 1 && nodes[0] === this.panel.firstChild) return;
      const scroll = this.panel.querySelector(".scroll")?.scrollTop ?? 0;
      this.panel.replaceChildren(...nodes);
      const next = this.panel.querySelector(".scroll");
      if (next && scroll) next.scrollTop = scroll;
    } catch (error) {
      if (tab !== this.tab) return;
      const missing = error instanceof ApiError && (error.code === "not_found" || error.code.startsWith("http_404"));
      this.panel.replaceChildren(
        h("p", { class: "quiet", text: missing ? t("glass.notYet") : errorText(error instanceof ApiError ? error.code : "other") }),
      );
    }
  }

  private async nodes(tab: Tab): Promise<Node[]> {
    switch (tab) {
      case "way":
        return this.way();
      case "signals":
        if (this.table.root !== this.panel.firstChild) void this.table.open();
        return [this.table.root];
      case "catalogue":
        this.catalogue ??= await api.catalogue();
        return [this.browser(this.catalogue)];
      case "audit": {
        const { records } = await api.audit(AUDIT_COUNT);
        if (records.length === 0) return [h("p", { class: "quiet hollow", text: t("glass.nothing") })];
        return [table(records.reverse(), t("glass.audit"), AUDIT_FIRST)];
      }
      case "models":
        return this.models();
      case "proposals":
        return [this.proposalList()];
      case "memory":
        return [this.memories(await api.memory())];
    }
  }

  private way(): Node[] {
    const all = this.turns.list;
    const latest = all[all.length - 1] ?? null;
    if (!this.pinned || !this.turn || !all.includes(this.turn)) this.turn = latest;
    const choice = h(
      "select",
      { attrs: { "aria-label": t("glass.turn") } },
      ...all
        .slice()
        .reverse()
        .map((turn) => h("option", { text: turn.text || turn.id || "", attrs: { value: turn.key, selected: turn === this.turn } })),
    );
    choice.addEventListener("change", () => {
      this.turn = all.find((turn) => turn.key === choice.value) ?? null;
      this.pinned = this.turn !== latest;
      void this.fill();
    });
    return [h("div", { class: "glass-bar" }, choice), renderWay(this.turn, this.store)];
  }

  private browser({ capabilities, interfaces }: { capabilities: CapabilityJson[]; interfaces: InterfaceJson[] }): HTMLElement {
    const places = new Map<string, number>();
    for (const { capability } of interfaces) places.set(capability, (places.get(capability) ?? 0) + 1);
    const search = h("input", {
      class: "search",
      tPlaceholder: "glass.search",
      tLabel: "glass.search",
      attrs: { type: "search", maxlength: 100 },
    });
    const list = h("ul", { class: "capabilities scroll", attrs: { tabindex: 0, "aria-label": t("glass.catalogue") } });
    const count = h("p", { class: "quiet", attrs: { role: "status" } });
    const draw = () => {
      const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const text = (entry: CapabilityJson) =>
        [entry.capability, entry.area, entry.signal, entry.skill, entry.safety, ...(entry.names?.zh ?? []), ...(entry.names?.en ?? [])]
          .join(" ")
          .toLowerCase();
      const found = capabilities.filter((entry) => wanted.every((word) => text(entry).includes(word)));
      setText(count, `${found.length} / ${capabilities.length} · ${interfaces.length} ${t("glass.interfaces")}`);
      list.replaceChildren(
        ...found.slice(0, CATALOGUE_ROWS_MAX).map((entry) => {
          const { value } = entry;
          const range = [value?.type, value?.min !== undefined && value.max !== undefined && `${value.min} … ${value.max}`, value?.unit]
            .filter(Boolean)
            .join(" ");
          return h(
            "li",
            { class: "capability" },
            h("strong", { text: entry.names?.[currentLanguage()]?.[0] ?? entry.capability ?? "" }),
            h("code", { text: entry.capability ?? "" }),
            h("span", { class: "badge pending", text: entry.safety ?? "" }),
            h("small", { text: entry.about ?? "" }),
            h("small", { text: [range, (entry.ops ?? []).join(" "), `× ${places.get(entry.capability ?? "") ?? 0}`].join("  ·  ") }),
            h("small", { text: (entry.zones ?? []).map((zone) => zoneName(zone)).join(", ") }),
            h("code", { class: "signal", text: entry.signal ?? entry.skill ?? "" }),
          );
        }),
      );
    };
    search.addEventListener("input", draw);
    draw();
    return h("div", { class: "browser" }, h("div", { class: "glass-bar" }, search, count), list);
  }

  private async models(): Promise<Node[]> {
    let usage: unknown = null;
    try {
      usage = await api.usage();
    } catch (error) {
      if (!(error instanceof ApiError) || (error.code !== "not_found" && error.code !== "http_404")) throw error;
    }
    const nodes: Node[] = [];
    const rowsOf = (value: unknown) => (Array.isArray(value) ? value.filter(isRecord) : []);
    const show = (key: TextKey, node: Node | null) => node && nodes.push(h("h3", { text: t(key) }), node);
    const all = isRecord(usage) ? usage : {};
    const endpoints = rowsOf(all["endpoints"]);
    const meter = isRecord(all["usage"]) ? all["usage"] : {};
    if (endpoints.length > 0) show("glass.endpoints", table(endpoints, t("glass.endpoints"), ["name", "model"]));
    else nodes.push(h("p", { class: "quiet hollow", text: t("glass.noModels") }));
    if (isRecord(meter["today"])) show("glass.today", factsOf(meter["today"]));
    for (const [key, list] of [["glass.usage", "rows"], ["glass.modelFaults", "faults"]] as const) {
      const rows = rowsOf(meter[list]);
      if (rows.length > 0) show(key, table(rows, t(key), ["day", "endpoint"]));
    }
    if (endpoints.length > 0 && isRecord(all["desk"])) show("glass.desk", factsOf(all["desk"]));
    if (this.modelEvents.length > 0) {
      nodes.push(
        h("h3", { text: t("glass.modelEvents") }),
        h(
          "ol",
          { class: "way-marks" },
          ...this.modelEvents
            .slice()
            .reverse()
            .map(({ at, event }) => {
              const { seq: _seq, type, ...rest } = event;
              return h(
                "li",
                {},
                h("b", { text: at.toLocaleTimeString() }),
                h("code", { text: type }),
                h("span", {
                  text: Object.entries(rest)
                    .map(([key, value]) => `${key} ${cell(value)}`)
                    .join(" · "),
                }),
              );
            }),
        ),
      );
    }
    return nodes;
  }

  private proposalList(): HTMLElement {
    const { list } = this.proposals;
    if (list.length === 0) return h("p", { class: "quiet hollow", text: t("glass.noProposals") });
    return h(
      "ol",
      { class: "way-marks" },
      ...list
        .slice()
        .reverse()
        .map((proposal) =>
          h(
            "li",
            {},
            h("b", { text: proposal.at.toLocaleTimeString() }),
            h("code", { text: proposal.answer ?? t("proposal.open") }),
            h("span", { text: [proposal.text, proposal.why].filter(Boolean).join(" · ") }),
          ),
        ),
    );
  }

  private memories(json: unknown): HTMLElement {
    const source = (said: unknown) => said && `「${cell(said)}」`;
    const remembered = (at: unknown) => (typeof at === "number" ? new Date(at * 1000).toLocaleString() : at);
    const list = isRecord(json) ? Object.values(json).find(Array.isArray) : Array.isArray(json) ? json : [];
    const rows = (list ?? []).filter(isRecord);
    if (rows.length === 0) return h("p", { class: "quiet hollow", text: t("glass.noMemory") });
    return h(
      "ul",
      { class: "memories" },
      ...rows.map((row) => {
        const id = String(row["id"] ?? row["key"] ?? "");
        const words = row["text"] ?? row["statement"] ?? row["value"] ?? JSON.stringify(row);
        const remove = h("button", { class: "small", text: t("glass.forget"), attrs: { type: "button" } });
        remove.addEventListener("click", () => {
          remove.disabled = true;
          void api.forget(id).then(
            () => this.fill(),
            () => (remove.disabled = false),
          );
        });
        return h(
          "li",
          {},
          h("span", { text: cell(words) }),
          h("small", { text: [row["kind"], source(row["source"]), remembered(row["at"])].filter(Boolean).map(cell).join(" · ") }),
          remove,
        );
      }),
    );
  }
}
