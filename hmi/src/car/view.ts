// The car from above: puts the drawn parts together and moves them as signals move.

import { h, setStyle, setText, svg } from "../dom";
import { t, zoneName } from "../i18n";
import { CAR, DOORS, SEATS, SEATS_WITH, SIDES, ambientPath, climatePath, doorPath, mirrorPath, seatPath, type DoorPlace, type Seat } from "../signals";
import type { SignalStore } from "../store";
import { airColour } from "../cluster";
import { bodyParts, defs, interior, rainLayer, shell, type BodyParts } from "./body";
import { airParts, lightParts, type AirParts, type LightParts } from "./lights";
import { HOOD, SUNROOF, TRUNK, VIEW, sign } from "./plan";
import { seatParts, type SeatParts } from "./seats";

const WIPER_PACE: Record<string, string> = { SLOW: "slow", INTERVAL: "interval", RAIN_SENSOR: "slow", MEDIUM: "medium", FAST: "fast" };
const WIPER_LEVELS = ["", "interval", "slow", "medium", "fast"];
const BACKREST_UPRIGHT_DEGREES = 105;
const SEAT_MIDDLE_MM = 120;
const DOOR_DEGREES_MAX = 64;
const ROAD_PIXELS_PER_KMH_SECOND = 9;
const DAYLIGHT_STEPS = 20; // every step is a new background for the whole picture
const NIGHT_BELOW_PERCENT = 25;

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

// 0 = off, else the nearest of three levels.
function level(percent: number): number {
  return percent <= 0 ? 0 : clamp(Math.round((percent / 100) * 3), 1, 3);
}

export class CarView {
  readonly root: HTMLElement;
  private readonly picture: SVGSVGElement;
  private readonly body: BodyParts = bodyParts();
  private readonly lights: LightParts = lightParts();
  private readonly seats: Record<Seat, SeatParts>;
  private readonly air: Record<DoorPlace, AirParts>;
  private readonly road = h("div", { class: "road", attrs: { "aria-hidden": "true" } });
  private readonly rain = rainLayer();
  private roadSpeed: number | null = null;
  private roadMotion: Animation | null = null;
  private drawQueued = false;

  constructor(
    private readonly store: SignalStore,
    choose: (seat: Seat) => void,
  ) {
    this.seats = seatParts(choose);
    this.air = Object.fromEntries(DOORS.map((zone) => [zone, airParts(zone)])) as Record<DoorPlace, AirParts>;
    this.picture = this.assemble();
    this.root = h("div", { class: "scene" }, this.road, this.picture, this.rain);
    store.subscribe(() => this.queueDraw());
    this.translate();
    this.draw();
  }

  setSpeaker(speaker: Seat): void {
    for (const seat of SEATS) {
      this.seats[seat].root.setAttribute("aria-checked", String(seat === speaker));
      this.seats[seat].root.setAttribute("tabindex", seat === speaker ? "0" : "-1");
    }
  }

  translate(): void {
    this.picture.setAttribute("aria-label", `${t("stage.label")}. ${t("stage.pick")}`);
    for (const seat of SEATS) this.seats[seat].root.setAttribute("aria-label", zoneName(seat));
  }

  private assemble(): SVGSVGElement {
    const { under, frame } = shell();
    const { body, lights } = this;
    const seats = svg("g", { class: "seats" }, ...SEATS.map((seat) => this.seats[seat].root));
    seats.addEventListener("keydown", (event) => this.moveFocus(event as KeyboardEvent));
    for (const side of SIDES) body.doors[`row1.${side}`].leaf.prepend(body.mirrors[side]); // they swing with the front doors
    const cavity = { fill: "#060a10", stroke: "#26323f" };
    return svg(
      "svg",
      { class: "car", viewBox: `${VIEW.x} ${VIEW.y} ${VIEW.width} ${VIEW.height}`, role: "radiogroup", preserveAspectRatio: "xMidYMid meet" },
      defs(),
      lights.beams,
      body.flap,
      under,
      svg("path", { d: HOOD, ...cavity }), svg("path", { d: TRUNK, ...cavity }),
      interior(),
      svg("g", { class: "ambient-fill", "clip-path": "url(#cabinclip)" }, ...DOORS.map((door) => this.ambientFill(door))),
      seats,
      svg("g", { class: "overlay", "clip-path": "url(#cabinclip)" }, ...SEATS.map((seat) => this.seats[seat].reading)),
      svg("g", { class: "airs" }, ...DOORS.map((zone) => this.air[zone].root)),
      svg("g", { class: "overlay", "clip-path": "url(#roofclip)" }, body.shade),
      svg("g", { class: "overlay" }, body.sunroof, body.windscreen, body.rearScreen),
      frame,
      body.hood, body.trunk,
      svg("g", { class: "overlay" }, body.wiperFront, body.wiperRear),
      ...DOORS.map((door) => body.doors[door].leaf),
      lights.lamps,
      ...DOORS.map((door) => body.doors[door].chip),
    );
  }

  private ambientFill(door: DoorPlace): SVGElement {
    const y = door.startsWith("row1") ? -70 : 110;
    return svg("ellipse", { class: "ambient-floor", "data-door": door, cx: sign(door) * 140, cy: y, rx: 92, ry: 120, filter: "url(#soft)" });
  }

  // Arrow keys walk from seat to seat, as in any radio group.
  private moveFocus(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const from = SEATS.findIndex((seat) => this.seats[seat].root === document.activeElement);
    if (step === undefined || from < 0) return;
    event.preventDefault();
    const next = SEATS[(from + step + SEATS.length) % SEATS.length];
    if (next) {
      this.seats[next].root.focus();
      this.seats[next].root.dispatchEvent(new MouseEvent("click"));
    }
  }

  private queueDraw(): void {
    if (this.drawQueued) return;
    this.drawQueued = true;
    requestAnimationFrame(() => {
      this.drawQueued = false;
      this.draw();
    });
  }

  private draw(): void {
    this.drawDoors();
    this.drawSeats();
    this.drawLids();
    this.drawLights();
    this.drawScreens();
    this.drawAir();
    this.drawWorld();
  }

  private drawDoors(): void {
    const { store, body } = this;
    for (const place of DOORS) {
      const parts = body.doors[place];
      const angle = clamp(store.number(doorPath.angle(place)) ?? 0, 0, 100);
      const open = angle > 0 ? angle : store.on(doorPath.open(place)) ? 100 : 0;
      setStyle(parts.leaf, "transform", `rotate(${(-sign(place) * open * DOOR_DEGREES_MAX) / 100}deg)`);
      parts.leaf.classList.toggle("ajar", open > 0);
      const window = Math.round(clamp(store.number(doorPath.window(place)) ?? 0, 0, 100));
      setStyle(parts.glass, "transform", `scaleY(${1 - window / 100})`);
      parts.glass.dataset["open"] = String(window);
      parts.glass.dataset["zone"] = place;
      parts.chip.classList.toggle("shown", window > 0 && open < 5);
      setText(parts.chipText, `${window}%`);
      this.drawAmbient(place, parts.ambient);
    }
    for (const side of SIDES) {
      const mirror = body.mirrors[side];
      setStyle(mirror, "transform", store.on(mirrorPath.folded(side)) ? `rotate(${side === "left" ? -62 : 62}deg)` : "none");
      mirror.classList.toggle("heated", store.on(mirrorPath.heating(side)));
    }
  }

  private drawAmbient(place: DoorPlace, lines: SVGGElement): void {
    const colour = this.store.text(ambientPath.colour(place)) ?? "";
    const lit = this.store.on(ambientPath.on(place));
    const mode = (this.store.text(ambientPath.mode(place)) ?? "STATIC").toLowerCase();
    lines.dataset["mode"] = lit ? mode : "static";
    const strength = lit ? 0.25 + 0.75 * clamp((this.store.number(ambientPath.brightness(place)) ?? 60) / 100, 0, 1) : 0;
    const floor = this.picture.querySelector<SVGElement>(`.ambient-floor[data-door="${place}"]`);
    for (const element of [lines, floor]) {
      if (!element) continue;
      // The CSSOM drops anything that is not a colour; then the default of the style sheet stands.
      setStyle(element, "--ambient", /^#[0-9a-f]{6}$/i.test(colour) ? colour.toLowerCase() : "#5cc8ff");
      setStyle(element, "--strength", strength.toFixed(2));
    }
  }

  private drawSeats(): void {
    const { store } = this;
    const has = (what: keyof typeof seatPath, seat: Seat) => (SEATS_WITH[what] as readonly Seat[]).includes(seat);
    const read = (what: keyof typeof seatPath, seat: Seat) => (has(what, seat) ? (store.number(seatPath[what](seat)) ?? 0) : 0);
    for (const seat of SEATS) {
      const parts = this.seats[seat];
      const heat = level(read("heating", seat));
      const cool = level(read("ventilation", seat));
      setStyle(parts.heat, "opacity", String([0, 0.42, 0.68, 0.95][heat]));
      setStyle(parts.cool, "opacity", String([0, 0.42, 0.68, 0.95][cool]));
      parts.root.dataset["heat"] = String(heat);
      parts.root.dataset["cool"] = String(cool);
      parts.levels.classList.toggle("shown", heat + cool > 0);
      parts.levels.classList.toggle("cold", cool > heat);
      parts.dots.forEach((dot, i) => dot.classList.toggle("lit", i < Math.max(heat, cool)));
      parts.root.classList.toggle("massage", has("massage", seat) && store.on(seatPath.massage(seat)));
      parts.root.classList.toggle("occupied", has("occupancy", seat) && store.text(seatPath.occupancy(seat)) === "OCCUPIED");
      const recline = clamp((store.number(seatPath.backrest(seat)) ?? BACKREST_UPRIGHT_DEGREES) - BACKREST_UPRIGHT_DEGREES, -15, 65);
      const folded = has("folded", seat) && store.on(seatPath.folded(seat));
      setStyle(parts.back, "transform", folded ? "scaleY(-1.35)" : `scaleY(${(1 + recline / 52).toFixed(3)})`);
      const position = has("position", seat) ? store.number(seatPath.position(seat)) : null;
      setStyle(parts.moving, "transform", `translateY(${position === null ? 0 : clamp((position - SEAT_MIDDLE_MM) / 10, -12, 12)}px)`);
      setStyle(parts.reading, "opacity", has("reading", seat) && store.on(seatPath.reading(seat)) ? "1" : "0");
    }
  }

  private drawLids(): void {
    const { store, body } = this;
    const fraction = (path: string) => clamp((store.number(path) ?? 0) / 100, 0, 1);
    setStyle(body.hood, "transform", store.on(CAR.frunk) ? "scaleY(0.42)" : "none");
    setStyle(body.trunk, "transform", `scaleY(${1 - 0.62 * fraction(CAR.trunk)})`);
    body.trunk.dataset["open"] = String(Math.round(100 * fraction(CAR.trunk)));
    const sunroof = store.number(CAR.sunroof) ?? 0;
    setStyle(body.sunroof, "transform", `translateY(${(SUNROOF.travel * clamp(sunroof, 0, 100)) / 100}px)`);
    body.sunroof.classList.toggle("tilted", sunroof < 0);
    setStyle(body.shade, "transform", `scaleY(${fraction(CAR.sunshade)})`); // 100 = drawn over the whole roof
    body.flap.classList.toggle("open", store.on(CAR.chargeFlap) || store.on(CAR.charging));
    body.flap.classList.toggle("charging", store.on(CAR.charging));
  }

  private drawLights(): void {
    const { store, lights, body } = this;
    const low = store.on(CAR.lowBeam);
    const high = store.text(CAR.highBeam) === "ON";
    const hazard = store.on(CAR.hazard);
    lights.low.classList.toggle("on", low);
    lights.high.classList.toggle("on", high);
    lights.fogFront.classList.toggle("on", store.on(CAR.fogFront));
    lights.fogRear.classList.toggle("on", store.on(CAR.fogRear));
    lights.position.classList.toggle("on", low || high || store.on(CAR.parkingLight));
    for (const side of SIDES) {
      const on = hazard || store.on(side === "left" ? CAR.turnLeft : CAR.turnRight);
      lights.turn[side].classList.toggle("on", on);
      body.mirrors[side].classList.toggle("signaling", on);
    }
  }

  private drawScreens(): void {
    const { store, body } = this;
    body.windscreen.classList.toggle("heated", store.on(CAR.defrostFront));
    body.rearScreen.classList.toggle("heated", store.on(CAR.defrostRear));
    const rain = store.number(CAR.rain) ?? 0;
    const sensed = store.text(CAR.wiperFrontMode) === "RAIN_SENSOR" && rain > 0 ? (rain > 60 ? "fast" : rain > 25 ? "medium" : "slow") : "";
    this.wipe(body.wiperFront, "wiper", WIPER_LEVELS[clamp(store.number(CAR.wiperFrontLevel) ?? 0, 0, 4)] || sensed);
    this.wipe(body.wiperRear, "wiper rear", WIPER_PACE[store.text(CAR.wiperRearMode) ?? ""] ?? "");
  }

  private wipe(wiper: SVGGElement, base: string, pace: string): void {
    const wanted = `${base} ${pace}`.trim();
    if (wiper.getAttribute("class") !== wanted) wiper.setAttribute("class", wanted); // else the animation would start again
  }

  private drawAir(): void {
    for (const zone of DOORS) {
      const { root, face, feet, window } = this.air[zone];
      const fan = this.store.on(climatePath.power(zone)) ? (this.store.number(climatePath.fan(zone)) ?? 0) : 0;
      const words = this.store.text(climatePath.airflow(zone)) ?? "FACE";
      setStyle(root, "--air", airColour(this.store.number(climatePath.temperature(zone))));
      setStyle(root, "opacity", fan > 0 ? String(0.35 + 0.65 * clamp(fan / 100, 0, 1)) : "0");
      root.classList.toggle("brisk", fan > 55);
      face.classList.toggle("on", !/^(FEET|WINDOW|FEET_WINDOW)$/.test(words));
      feet.classList.toggle("on", /FEET/.test(words));
      window.classList.toggle("on", /WINDOW/.test(words));
    }
  }

  private drawWorld(): void {
    const { store } = this;
    const daylight = store.number(CAR.daylight);
    const rain = clamp(store.number(CAR.rain) ?? 0, 0, 100);
    setStyle(this.root, "--daylight", (Math.round(clamp((daylight ?? 40) / 100, 0, 1) * DAYLIGHT_STEPS) / DAYLIGHT_STEPS).toFixed(2));
    this.root.classList.toggle("night", daylight !== null && daylight < NIGHT_BELOW_PERCENT);
    setStyle(this.rain, "opacity", rain > 0 ? String(0.3 + 0.7 * (rain / 100)) : "0");
    this.rain.classList.toggle("heavy", rain > 50);
    this.rain.classList.toggle("falling", rain > 0);
    this.moveRoad(store.number(CAR.speed) ?? 0);
  }

  private moveRoad(speed: number): void {
    if (speed === this.roadSpeed) return;
    this.roadSpeed = speed;
    this.road.classList.toggle("moving", speed > 0.5);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.roadMotion ??= this.road.animate([{ transform: "none" }, { transform: "translateY(180px)" }], {
      duration: 1000,
      iterations: Infinity,
      pseudoElement: "::before",
    });
    this.roadMotion.updatePlaybackRate((speed * ROAD_PIXELS_PER_KMH_SECOND) / 180);
  }
}

