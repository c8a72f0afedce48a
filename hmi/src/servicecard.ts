// What a service has to show with its answer: media, weather, a message, the car's health, a booking, a claim, a page of the manual, a
// picture, people to call. It comes from outside: every field is checked and bounded, text becomes text nodes, and a kind that is not known
// shows nothing.

import { h } from "./dom";
import { currentLanguage, t } from "./i18n";

type Json = Record<string, unknown>;
const TEXT_MAX = 600;
const ROWS_MAX = 12;

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

function text(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return "";
  return value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX - 1)}…` : value;
}

const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : null);
const rows = (value: unknown) => (Array.isArray(value) ? value.filter(isRecord).slice(0, ROWS_MAX) : []);
const inWords = (row: Json) => text(row[currentLanguage()]) || text(row["zh"]) || text(row["en"]);

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// A title, and lines under it; empty ones are left out.
function plain(title: string, ...lines: string[]): HTMLElement[] {
  return [h("strong", { text: title }), ...lines.filter(Boolean).map((line) => h("span", { class: "service-line", text: line }))];
}

function media(card: Json): HTMLElement[] {
  const [at, length] = [number(card["position_s"]), number(card["length_s"])];
  const parts = plain(text(card["title"]), text(card["artist"]));
  const playing = card["state"] === "play";
  parts.unshift(h("i", { class: playing ? "disc playing" : "disc", attrs: { "aria-hidden": "true" } }));
  if (at === null || length === null || length <= 0) return parts;
  const fill = h("i");
  fill.style.width = `${Math.min(100, Math.max(0, (at / length) * 100))}%`;
  parts.push(
    h("span", { class: "service-bar", attrs: { "aria-hidden": "true" } }, fill),
    h("small", { text: `${clock(at)} / ${clock(length)} · ${t(playing ? "service.playing" : "service.paused")}` }),
  );
  return parts;
}

function degrees(value: unknown): string {
  const known = number(value);
  return known === null ? "–" : `${Math.round(known)}°`;
}

function day(value: Json): HTMLElement {
  const date = /^\d{4}-(\d\d)-(\d\d)$/.exec(text(value["date"]));
  const rain = number(value["rain_percent"]);
  return h(
    "li",
    {},
    h("b", { text: date ? `${Number(date[1])}/${Number(date[2])}` : text(value["date"]) }),
    h("span", { text: inWords(value) }),
    h("span", { class: "degrees", text: [value["max"], value["min"]].map(degrees).join(" / ") }),
    rain !== null && h("small", { text: `${t("service.rain")} ${Math.round(rain)} %` }),
  );
}

function health(card: Json): HTMLElement[] {
  const checks = rows(card["checks"]).map((check) =>
    h(
      "li",
      { class: check["ok"] === true ? "well" : "ill" },
      h("i", { text: check["ok"] === true ? "✓" : "!", attrs: { "aria-hidden": "true" } }),
      h("span", { text: inWords(check) }),
      h("span", { class: "visually-hidden", text: t(check["ok"] === true ? "service.well" : "service.ill") }),
      h("b", { text: text(check["value"]) }),
    ),
  );
  return [h("strong", { text: t("service.health") }), h("ul", { class: "checks" }, ...checks)];
}

// Only pictures of the car itself: what the page's policy lets through.
function picture(card: Json): HTMLElement[] {
  const url = text(card["url"]);
  if (!/^\/?(?!\/)[\w./-]+$/.test(url) || url.includes("..")) return [];
  return [h("img", { attrs: { src: url, alt: text(card["title"]), loading: "lazy" } }), ...plain(text(card["title"]))];
}

function contacts(card: Json): HTMLElement[] {
  const person = (one: Json) => h("li", {}, h("b", { text: text(one["name"]) }), h("span", { text: text(one["number"]) }));
  return [h("ul", { class: "people" }, ...rows(card["contacts"]).map(person))];
}

function booking(card: Json): HTMLElement[] {
  const at = text(card["at"]);
  const state = t(card["booked"] === true ? "service.booked" : "service.offered");
  return at ? plain(text(card["what"]) || t("service.booking"), at, state) : [];
}

function agenda(card: Json): HTMLElement[] {
  const item = (one: Json) =>
    h(
      "li",
      {},
      h("b", { text: text(one["at"]) }),
      h("span", { text: ["title", "place"].map((key) => text(one[key])).filter(Boolean).join(" · ") }),
    );
  return [h("ul", { class: "people" }, ...rows(card["items"]).map(item))];
}

function claim(card: Json): HTMLElement[] {
  const fact = (one: Json) => h("li", {}, h("span", { text: inWords(one) }), h("b", { text: text(one["value"]) }));
  const item = (one: Json) => h("li", { text: inWords(one) });
  if (!text(card["time"])) return [];
  return [
    ...plain(t("service.claim"), text(card["time"]), text(card["file"])),
    h("ul", { class: "checks" }, ...rows(card["facts"]).map(fact)),
    h("ul", {}, ...rows(card["photos"]).map(item)),
  ];
}

const KINDS: Record<string, (card: Json) => HTMLElement[]> = {
  media,
  health,
  picture,
  contacts,
  weather: (card) => [...plain(text(card["place"])), h("ol", { class: "days" }, ...rows(card["days"]).map(day))],
  message: (card) => plain(text(card["from"]), text(card["text"])),
  booking,
  agenda,
  claim,
  manual: (card) => [
    ...plain(text(card["title"]), card["page"] === undefined ? "" : `${t("service.page")} ${text(card["page"])}`),
    h("blockquote", { text: text(card["quote"]) }),
  ],
};

// Null where there is nothing to show. `driver`: on the driver's display, where what is for passengers never stands; while the car moves no
// card does.
export function serviceCard(card: unknown, driver: boolean): HTMLElement | null {
  if (!isRecord(card) || typeof card["kind"] !== "string" || !Object.hasOwn(KINDS, card["kind"])) return null;
  const kind = card["kind"];
  if (driver && card["passenger_only"] === true) return null;
  const parts = KINDS[kind]!(card);
  if (!parts.some((part) => part.textContent || part.tagName === "IMG")) return null;
  return h("div", { class: `service service-${kind}`, attrs: { "data-kind": kind } }, ...parts);
}
