// The instruments around the car: speed, gear, battery, range, temperatures, tell-tales and the climate of each zone.

import { h, setStyle, setText } from "./dom";
import { t, type TextKey } from "./i18n";
import { CAR, DOORS, climatePath, doorPath, type DoorPlace } from "./signals";
import type { SignalStore } from "./store";

const VSS_PARK = 126;
const VSS_DRIVE = 127;
const NIGHT_BELOW_PERCENT = 25;
const BATTERY_LOW_PERCENT = 20;
const FAN_BARS = 5;
const TEMPERATURE_MIDDLE = 22;

function gearLetter(gear: number | null): string {
  if (gear === null) return "–";
  if (gear === VSS_PARK) return "P";
  if (gear === VSS_DRIVE || gear > 0) return "D";
  return gear === 0 ? "N" : "R";
}

function degrees(value: number | null): string {
  return value === null ? "–" : `${(Math.round(value * 2) / 2).toFixed(1).replace(/\.0$/, "")}°`;
}

// Blue below the middle, orange above, nearly white at it.
export function airColour(celsius: number | null): string {
  const warm = Math.min(1, Math.max(-1, ((celsius ?? TEMPERATURE_MIDDLE) - TEMPERATURE_MIDDLE) / 6));
  return `hsl(${warm >= 0 ? 26 : 204} ${Math.round(30 + 70 * Math.abs(warm))}% ${Math.round(84 - 20 * Math.abs(warm))}%)`;
}

interface TellTale {
  key: TextKey;
  symbol: string;
  tone: string;
  lit: (store: SignalStore) => boolean;
}

const anyWiper = (store: SignalStore) => store.on(CAR.wiperFrontMode) || store.on(CAR.wiperFrontLevel) || store.on(CAR.wiperRearMode);

const TELL_TALES: readonly TellTale[] = [
  { key: "car.lowBeam", symbol: "M4 6q9 1 9 6t-9 6zM16 7h5M16 11h5M16 15h5", tone: "green", lit: (s) => s.on(CAR.lowBeam) },
  { key: "car.highBeam", symbol: "M4 6q9 1 9 6t-9 6zM15 6h6M15 10h6M15 14h6M15 18h6", tone: "blue", lit: (s) => s.text(CAR.highBeam) === "ON" },
  { key: "car.fogFront", symbol: "M3 6q8 1 8 6t-8 6zM14 7h7M14 12h7M14 17h7M17 4q-2 4 0 8t0 8", tone: "green", lit: (s) => s.on(CAR.fogFront) },
  { key: "car.fogRear", symbol: "M21 6q-8 1-8 6t8 6zM3 7h7M3 12h7M3 17h7M7 4q-2 4 0 8t0 8", tone: "amber", lit: (s) => s.on(CAR.fogRear) },
  { key: "car.hazard", symbol: "M12 4 21 19H3zM12 9 17 17H7z", tone: "red", lit: (s) => s.on(CAR.hazard) },
  { key: "car.wiper", symbol: "M3 9q9-6 18 0l-3 9H6zM12 18 7 8", tone: "blue", lit: anyWiper },
  { key: "car.defrostFront", symbol: "M3 8q9-5 18 0l-3 10H6zM9 20q-2-4 0-7M15 20q-2-4 0-7", tone: "amber", lit: (s) => s.on(CAR.defrostFront) },
  { key: "car.defrostRear", symbol: "M4 6h16v12H4zM9 20q-2-4 0-9M15 20q-2-4 0-9", tone: "amber", lit: (s) => s.on(CAR.defrostRear) },
  { key: "car.airConditioning", symbol: "M12 3v18M4 7.500l16 9M20 7.500l-16 9", tone: "blue", lit: (s) => s.on(CAR.airConditioning) },
  { key: "car.recirculation", symbol: "M7 8h8a4 4 0 0 1 0 8H6M9 13l-3 3 3 3", tone: "blue", lit: (s) => s.text(CAR.recirculation) === "INSIDE" },
  { key: "car.rain", symbol: "M7 13a4 4 0 1 1 1-8 5 5 0 0 1 9 2 3 3 0 0 1 0 6zM8 16l-1 4M13 16l-1 4M18 16l-1 4", tone: "blue", lit: (s) => (s.number(CAR.rain) ?? 0) > 0 },
  { key: "car.night", symbol: "M19 14A8 8 0 1 1 10 5a6 6 0 0 0 9 9z", tone: "blue", lit: (s) => (s.number(CAR.daylight) ?? 100) < NIGHT_BELOW_PERCENT },
  { key: "car.charging", symbol: "M13 3 5 14h6l-1 7 9-12h-6z", tone: "green", lit: (s) => s.on(CAR.charging) },
  { key: "car.locked", symbol: "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3", tone: "green", lit: (s) => DOORS.every((door) => s.on(doorPath.locked(door))) },
];

export function icon(path: string): SVGSVGElement {
  const ns = "http://www.w3.org/2000/svg";
  const root = document.createElementNS(ns, "svg");
  root.setAttribute("viewBox", "0 0 24 24");
  root.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(ns, "path");
  line.setAttribute("d", path);
  root.append(line);
  return root;
}

interface ZoneParts {
  card: HTMLElement;
  temperature: HTMLElement;
  bars: HTMLElement[];
  airflow: HTMLElement;
}

export class Cluster {
  readonly speed = h("output", { class: "speed", tLabel: "lab.speed" });
  readonly gears = h("div", { class: "gears", attrs: { role: "img" } }, ...["P", "R", "N", "D"].map((gear) => h("span", { text: gear })));
  readonly left: HTMLElement;
  readonly right: HTMLElement;
  readonly tellTales = h("ul", { class: "telltales" });
  private readonly battery = h("b");
  private readonly batteryFill = h("i");
  private readonly range = h("b");
  private readonly outside = h("b");
  private readonly inside = h("b");
  private readonly zones: Record<DoorPlace, ZoneParts>;

  constructor(private readonly store: SignalStore) {
    this.zones = Object.fromEntries(DOORS.map((zone) => [zone, this.zone(zone)])) as Record<DoorPlace, ZoneParts>;
    this.left = h("div", { class: "hud hud-left" },
      h("div", { class: "drive" }, h("div", { class: "speedline" }, this.speed, h("span", { class: "unit", text: "km/h" })), this.gears),
      h("div", { class: "zones" }, this.zones["row1.left"].card, this.zones["row2.left"].card));
    this.right = h("div", { class: "hud hud-right" },
      h("dl", { class: "facts" },
        h("div", { class: "fact wide" }, h("dt", { t: "car.battery" }), h("dd", {}, this.battery, h("span", { class: "cell" }, this.batteryFill))),
        h("div", { class: "fact" }, h("dt", { t: "car.range" }), h("dd", {}, this.range)),
        h("div", { class: "fact" }, h("dt", { t: "car.outside" }), h("dd", {}, this.outside)),
        h("div", { class: "fact" }, h("dt", { t: "car.inside" }), h("dd", {}, this.inside))),
      h("div", { class: "zones" }, this.zones["row1.right"].card, this.zones["row2.right"].card));
    for (const { symbol, tone } of TELL_TALES) this.tellTales.append(h("li", { class: `telltale ${tone}` }, icon(symbol)));
    store.subscribe(() => this.queue());
    this.draw();
  }

  private queued = false;

  private queue(): void {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.draw();
    });
  }

  draw(): void {
    const { store } = this;
    const speed = store.number(CAR.speed);
    setText(this.speed, speed === null ? "–" : String(Math.round(Math.abs(speed))));
    const letter = gearLetter(store.number(CAR.gear));
    this.gears.setAttribute("aria-label", letter);
    for (const span of this.gears.children) span.classList.toggle("on", span.textContent === letter);
    const battery = store.number(CAR.battery);
    setText(this.battery, battery === null ? "–" : `${Math.round(battery)}%`);
    setStyle(this.batteryFill, "width", `${battery ?? 0}%`);
    this.batteryFill.classList.toggle("low", battery !== null && battery < BATTERY_LOW_PERCENT);
    const range = store.number(CAR.range);
    setText(this.range, range === null ? "–" : `${Math.round(range / 1000)} km`);
    setText(this.outside, degrees(store.number(CAR.outsideTemperature)));
    setText(this.inside, degrees(store.number(CAR.insideTemperature)));
    TELL_TALES.forEach((tale, i) => {
      const item = this.tellTales.children[i] as HTMLElement;
      item.hidden = !tale.lit(store);
      item.title = t(tale.key);
      item.setAttribute("aria-label", t(tale.key));
    });
    for (const zone of DOORS) this.drawZone(zone);
  }

  private zone(zone: DoorPlace): ZoneParts {
    const temperature = h("b", { class: "temp" });
    const bars = Array.from({ length: FAN_BARS }, () => h("i"));
    const airflow = h("span", { class: "airflow" }, ...["M6 5q4 0 4 4M3 11h12l-3-3M15 11l-3 3", "M4 4v8h8l-3-3M12 12l-3 3M14 19h6", "M4 18q8-10 16 0M8 12V5M12 11V4M16 12V5"].map(icon));
    const card = h("section", { class: "zone", tLabel: `climate.${zone}` },
      h("h3", { t: `climate.${zone}` }), temperature, h("span", { class: "fan", tLabel: "climate.fan", attrs: { role: "img" } }, ...bars), airflow);
    return { card, temperature, bars, airflow };
  }

  private drawZone(zone: DoorPlace): void {
    const { card, temperature, bars, airflow } = this.zones[zone];
    const set = this.store.number(climatePath.temperature(zone));
    const fan = this.store.on(climatePath.power(zone)) ? (this.store.number(climatePath.fan(zone)) ?? 0) : 0;
    const words = this.store.text(climatePath.airflow(zone)) ?? "";
    setText(temperature, degrees(set));
    card.classList.toggle("off", fan <= 0);
    bars.forEach((bar, i) => bar.classList.toggle("on", fan > (i * 100) / FAN_BARS));
    const flows = [/FACE|AVOID|DIRECT|SWEEP/, /FEET/, /WINDOW/];
    flows.forEach((flow, i) => airflow.children[i]?.classList.toggle("on", fan > 0 && flow.test(words)));
    setStyle(card, "--tone", airColour(set));
  }
}
