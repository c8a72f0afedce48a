// A planned trip on a map of our own: the route, its stops, the battery along the way. The roads around come from the car's map where it
// has one; without them the route still stands on a plain ground.

import { api } from "./api";
import { h } from "./dom";
import { currentLanguage, t, tWord } from "./i18n";
import type { SignalStore } from "./store";

type Point = readonly [number, number]; // longitude, latitude
type Words = string | { zh?: string; en?: string };

interface Stop {
  name: string;
  kind: string;
  at: Point | null;
  arrival: string;
  battery: number | null;
  chargeMinutes: number;
  explanation: string;
}

export interface Plan {
  route: Point[];
  stops: Stop[];
  explanation: string;
  arrival: string;
  kilometres: number | null;
}

const LOCATION = "Vehicle.CurrentLocation.";
const ROUTE_POINTS_MAX = 20_000;
const STOPS_MAX = 30;
const ROADS_MAX = 6_000;

type Json = Record<string, unknown>;
const record = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const numeric = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

function words(value: unknown): string {
  if (typeof value === "string") return value;
  const { zh, en } = record(value) as Exclude<Words, string>;
  return (currentLanguage() === "zh" ? zh : en) ?? zh ?? en ?? "";
}

function point(value: unknown): Point | null {
  if (Array.isArray(value)) {
    const [lon, lat] = [numeric(value[0]), numeric(value[1])];
    return lon !== null && lat !== null && Math.abs(lon) <= 180 && Math.abs(lat) <= 85 ? [lon, lat] : null;
  }
  const { lon, lat } = record(value);
  return numeric(lon) !== null && numeric(lat) !== null ? point([lon, lat]) : null;
}

function line(value: unknown): Point[] {
  const json = record(value);
  const geometry = json["type"] === "Feature" ? record(json["geometry"]) : json;
  const list = Array.isArray(geometry["coordinates"]) ? geometry["coordinates"].slice(0, ROUTE_POINTS_MAX) : [];
  return list.map(point).filter((at) => at !== null);
}

// Whatever comes from outside: what fits is taken, the rest is left out. Null without a route and without stops.
export function readPlan(value: unknown): Plan | null {
  const json = record(value);
  if (json["active"] === false) return null;
  const route = line(json["route"]);
  const stops = (Array.isArray(json["stops"]) ? json["stops"] : []).slice(0, STOPS_MAX).map((entry): Stop => {
    const stop = record(entry);
    return {
      name: words(stop["name"]),
      kind: String(stop["kind"] ?? ""),
      at: point(stop["position"] ?? stop["at"] ?? stop["coordinates"]),
      arrival: String(stop["arrival"] ?? ""),
      battery: numeric(stop["battery_arrival"] ?? stop["battery"]),
      chargeMinutes: numeric(stop["charge_minutes"]) ?? 0,
      explanation: words(stop["explanation"]),
    };
  });
  if (route.length < 2 && stops.length === 0) return null;
  const metres = numeric(json["distance_m"]);
  return {
    route,
    stops,
    explanation: words(json["explanation"]),
    arrival: String(json["arrival"] ?? ""),
    kilometres: metres === null ? null : Math.round(metres / 100) / 10,
  };
}

// Places on the earth to places on the canvas (Mercator), with the whole route in view.
export function project(points: readonly Point[], width: number, height: number, margin: number): (at: Point) => [number, number] {
  const mercator = (lat: number) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  const xs = points.map(([lon]) => (lon * Math.PI) / 180);
  const ys = points.map(([, lat]) => mercator(lat));
  const range = (values: number[]) =>
    values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)] as [number, number], [Infinity, -Infinity] as [
      number,
      number,
    ]);
  const [x0, x1] = range(xs);
  const [y0, y1] = range(ys);
  const scale = Math.min((width - 2 * margin) / Math.max(1e-6, x1 - x0), (height - 2 * margin) / Math.max(1e-6, y1 - y0));
  return ([lon, lat]) => [
    width / 2 + ((lon * Math.PI) / 180 - (x0 + x1) / 2) * scale,
    height / 2 - (mercator(lat) - (y0 + y1) / 2) * scale,
  ];
}

export class TripView {
  readonly root: HTMLElement;
  plan: Plan | null = null;
  private raw: unknown = null;
  private roads: Point[][] = [];
  private waits = false;
  private readonly canvas = h("canvas", { class: "trip-map", attrs: { role: "img" } });
  private readonly list = h("ol", { class: "trip-stops" });
  private readonly why = h("p", { class: "trip-why" });
  private readonly sum = h("p", { class: "trip-sum" });

  constructor(
    private readonly store: SignalStore,
    private readonly changed: () => void,
  ) {
    this.root = h(
      "div",
      { class: "trip", tLabel: "trip.title", attrs: { role: "region" } },
      this.canvas,
      h("div", { class: "trip-card" }, this.sum, this.list, this.why),
    );
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    store.subscribe((changes) => {
      if (changes.some(({ path }) => path.startsWith(LOCATION))) this.redraw();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  take(raw: unknown): void {
    this.raw = raw;
    this.plan = readPlan(raw);
    this.roads = [];
    this.translate();
    if (this.plan) void this.fetchRoads(this.plan);
    this.changed();
  }

  async load(): Promise<void> {
    try {
      this.take(await api.trip());
    } catch {
      // this car plans no trips yet
    }
  }

  translate(): void {
    const plan = (this.plan = readPlan(this.raw));
    if (!plan) return;
    this.sum.textContent = [plan.kilometres !== null && `${plan.kilometres} km`, plan.arrival && `${t("trip.arrival")} ${plan.arrival}`]
      .filter(Boolean)
      .join(" · ");
    this.why.textContent = plan.explanation;
    this.list.replaceChildren(
      ...plan.stops.map((stop, i) =>
        h(
          "li",
          { class: `trip-stop ${stop.kind}` },
          h("b", { class: "trip-number", text: String(i + 1) }),
          h("span", { class: "trip-name", text: stop.name }),
          h("span", { class: "trip-kind", text: tWord("place", stop.kind) }),
          h("span", {
            class: "trip-facts",
            text: [
              stop.arrival,
              stop.battery !== null && `${Math.round(stop.battery)} %`,
              stop.chargeMinutes > 0 && `${t("trip.charge")} ${Math.round(stop.chargeMinutes)} min`,
            ]
              .filter(Boolean)
              .join(" · "),
          }),
          stop.explanation && h("small", { text: stop.explanation }),
        ),
      ),
    );
    this.canvas.setAttribute("aria-label", `${t("trip.title")}: ${plan.stops.map(({ name }) => name).join(", ")}`);
    this.draw();
  }

  private points(plan: Plan): Point[] {
    return [...plan.route, ...plan.stops.flatMap(({ at }) => (at ? [at] : []))];
  }

  private async fetchRoads(plan: Plan): Promise<void> {
    const all = this.points(plan);
    const box = [
      Math.min(...all.map(([lon]) => lon)),
      Math.min(...all.map(([, lat]) => lat)),
      Math.max(...all.map(([lon]) => lon)),
      Math.max(...all.map(([, lat]) => lat)),
    ];
    try {
      const features = record(await api.roads(box.map((value) => value.toFixed(5)).join(",")))["features"];
      this.roads = (Array.isArray(features) ? features.slice(0, ROADS_MAX) : []).map(line).filter((road) => road.length > 1);
      this.draw();
    } catch {
      // no map here: the route alone
    }
  }

  // The car moves ten times a second; once a frame is enough.
  private redraw(): void {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => {
      this.waits = false;
      this.draw();
    });
  }

  private draw(): void {
    const { plan, canvas } = this;
    const ratio = Math.min(2, devicePixelRatio);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!plan || width === 0 || height === 0) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const draw = canvas.getContext("2d");
    const points = this.points(plan);
    if (!draw || points.length === 0) return;
    draw.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const at = project(points, width, height, Math.min(70, width / 6));
    draw.fillStyle = colour("--map-ground");
    draw.fillRect(0, 0, width, height);
    const trace = (road: readonly Point[], wide: number, stroke: string) => {
      draw.beginPath();
      road.forEach((place, i) => (i === 0 ? draw.moveTo(...at(place)) : draw.lineTo(...at(place))));
      draw.lineWidth = wide;
      draw.strokeStyle = stroke;
      draw.stroke();
    };
    draw.lineCap = draw.lineJoin = "round";
    if (this.roads.length === 0) this.graph(draw, width, height, colour("--map-road"));
    for (const road of this.roads) trace(road, 2.2, colour("--map-road"));
    trace(plan.route, 9, colour("--map-casing"));
    trace(plan.route, 6, colour("--map-route"));
    plan.stops.forEach((stop, i) => {
      const place = stop.at ?? plan.route[Math.round(((i + 1) / plan.stops.length) * (plan.route.length - 1))];
      if (!place) return;
      const [x, y] = at(place);
      draw.beginPath();
      draw.arc(x, y, 14, 0, Math.PI * 2);
      draw.fillStyle = colour(stop.chargeMinutes > 0 || /charg/.test(stop.kind) ? "--green-deep" : "--map-stop");
      draw.fill();
      draw.lineWidth = 2.5;
      draw.strokeStyle = "#fff";
      draw.stroke();
      draw.fillStyle = "#fff";
      draw.font = "600 14px system-ui";
      draw.textAlign = "center";
      draw.textBaseline = "middle";
      draw.fillText(String(i + 1), x, y + 0.5);
    });
    const here = point([this.store.number(`${LOCATION}Longitude`), this.store.number(`${LOCATION}Latitude`)]);
    const car = here ?? plan.route[0];
    if (car) this.car(draw, at(car), here ? this.store.number(`${LOCATION}Heading`) : null, colour("--map-route"));
  }

  // A dot, or an arrow where the heading is known.
  private car(draw: CanvasRenderingContext2D, [x, y]: readonly [number, number], heading: number | null, fill: string): void {
    draw.save();
    draw.translate(x, y);
    draw.beginPath();
    if (heading === null) draw.arc(0, 0, 8, 0, Math.PI * 2);
    else {
      draw.rotate((heading * Math.PI) / 180);
      draw.moveTo(0, -14);
      draw.lineTo(10, 11);
      draw.lineTo(0, 6);
      draw.lineTo(-10, 11);
      draw.closePath();
    }
    draw.fillStyle = fill;
    draw.fill();
    draw.strokeStyle = "#fff";
    draw.lineWidth = 3;
    draw.lineJoin = "round";
    draw.stroke();
    draw.restore();
  }

  // A faint net where no roads are known.
  private graph(draw: CanvasRenderingContext2D, width: number, height: number, stroke: string): void {
    draw.strokeStyle = stroke;
    draw.globalAlpha = 0.35;
    draw.lineWidth = 1;
    for (let x = 40; x < width; x += 80) draw.strokeRect(x, -1, 0, height + 2);
    for (let y = 40; y < height; y += 80) draw.strokeRect(-1, y, width + 2, 0);
    draw.globalAlpha = 1;
  }
}
