// Signals to movement: every moving part follows its signal at its own pace.

import { Color, Vector2, type Sprite, type Vector3 } from "three";
import { CAR, DOORS, SEATS, SEATS_WITH, SIDES, ambientPath, doorPath, mirrorPath, seatPath, type DoorPlace, type Seat } from "../signals";
import type { SignalStore } from "../store";
import type { BodyModel } from "./body";
import { heatColour, type CabinModel } from "./cabin";
import { paintCentre, paintCluster } from "./screens";
import { lamps, light } from "./shade";
import type { World } from "./world";
import { WHEEL_RADIUS } from "./surface";

const WIPES_PER_SECOND = [0, 0.35, 0.6, 0.9, 1.35];
const BLINKS_PER_SECOND = 1.4;
const DOOR_TURN = 1.12; // radians
const UPRIGHT_DEGREES = 105;
const BRAKING_KMH_PER_SECOND = 4;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

export class Motion {
  time = 0;
  readonly front = new Vector2();
  private readonly now = new Map<string, number>();
  private travel = 0;
  private wiped = 0;
  private rearWiped = 0;
  private blink = 0;
  private speedBefore = 0;
  private braking = 0;
  private step = 0;
  private moving = false;

  constructor(
    private readonly store: SignalStore,
    private readonly body: BodyModel,
    private readonly cabin: CabinModel,
    private readonly world: World,
    private readonly halos: Record<string, Sprite[]>,
  ) {}

  // One step of time; whether anything still moves.
  advance(seconds: number, still: boolean): boolean {
    this.step = seconds;
    this.moving = false;
    this.drive(still ? 0 : seconds);
    this.openings();
    this.seats();
    this.lights(still ? 0 : seconds, still);
    this.wipers(still ? 0 : seconds);
    this.ambient();
    this.displays();
    return this.moving;
  }

  rainAround(camera: Vector3): void {
    this.world.fall(Math.min(this.step, 0.05), this.store.number(CAR.speed) ?? 0, camera);
  }

  // Follows a value at a pace (units of the value per second).
  private follow(name: string, wanted: number, pace: number): number {
    const before = this.now.get(name);
    if (before === undefined || before === wanted) {
      this.now.set(name, wanted);
      return wanted;
    }
    const way = wanted - before;
    const next = Math.abs(way) <= pace * this.step ? wanted : before + Math.sign(way) * pace * this.step;
    if (next !== wanted) this.moving = true;
    this.now.set(name, next);
    return next;
  }

  private share(path: string): number {
    return clamp((this.store.number(path) ?? 0) / 100, 0, 1);
  }

  private drive(seconds: number): void {
    const speed = this.store.number(CAR.speed) ?? 0;
    const slowing = seconds > 0 ? (this.speedBefore - speed) / seconds : 0;
    this.speedBefore = speed;
    this.braking = slowing > BRAKING_KMH_PER_SECOND ? 1 : Math.max(0, this.braking - seconds * 1.5);
    const rain = this.share(CAR.rain);
    const daylight = this.follow("daylight", clamp((this.store.number(CAR.daylight) ?? 60) / 100, 0, 1), 0.8);
    const wet = this.follow("rain", rain, 0.7);
    const parked = (this.store.number(CAR.gear) ?? 126) === 126 && Math.abs(speed) < 0.5;
    this.world.weather(daylight, wet, !parked);
    if (Math.abs(speed) > 0.3 || wet > 0.01) this.moving = this.moving || seconds > 0;
    this.travel += (speed / 3.6) * seconds;
    this.world.drive(this.travel);
    for (const wheel of this.body.wheels) wheel.rotation.x = this.travel / WHEEL_RADIUS;
    this.body.root.position.y = speed > 1 && seconds > 0 ? 0.003 * Math.sin(this.travel * 0.9) : 0;
    this.cabin.root.position.y = this.body.root.position.y;
    this.time += seconds;
  }

  private openings(): void {
    const { store, body } = this;
    for (const place of DOORS) {
      const sign = place.endsWith("left") ? -1 : 1;
      const angle = store.number(doorPath.angle(place)) ?? 0;
      const open = angle > 0 ? clamp(angle / 100, 0, 1) : store.on(doorPath.open(place)) ? 1 : 0;
      body.doors[place].swing.rotation.y = sign * DOOR_TURN * this.follow(`door ${place}`, open, 0.9);
      body.doors[place].pane.uniforms["uDrop"]!.value = this.follow(`pane ${place}`, this.share(doorPath.window(place)), 0.6);
    }
    body.hatch.rotation.x = 1.28 * this.follow("hatch", this.share(CAR.trunk), 0.5);
    body.hood.rotation.x = -0.85 * this.follow("hood", store.on(CAR.frunk) ? 1 : 0, 0.9);
    const roof = store.number(CAR.sunroof) ?? 0;
    const slid = this.follow("roof", clamp(roof, 0, 100) / 100, 0.5);
    const tilt = this.follow("tilt", clamp(-roof, 0, 100) / 100, 0.8);
    body.sunroof.position.set(0, 0.03 * Math.min(1, slid * 6) + 0.035 * tilt, -0.72 * slid);
    body.sunroof.rotation.x = 0.03 * tilt;
    const shade = this.follow("shade", this.share(CAR.sunshade), 0.6);
    this.cabin.shade.scale.y = Math.max(0.001, shade);
    this.cabin.shade.position.z = 0.28 - 1.05 * shade;
    for (const side of SIDES) {
      const folded = this.follow(`mirror ${side}`, store.on(mirrorPath.folded(side)) ? 1 : 0, 1.2);
      body.mirrors[side].rotation.y = (side === "left" ? 1.25 : -1.25) * folded;
      const warm = store.on(mirrorPath.heating(side)) ? 0.35 : 0;
      (body.mirrorGlass[side].uniforms["uEmissive"]!.value as Color).setRGB(warm, warm * 0.3, warm * 0.06);
    }
    const charging = store.on(CAR.charging);
    const flap = this.follow("flap", store.on(CAR.chargeFlap) || charging ? 1 : 0, 1.5);
    const port = body.flap.userData["port"] as { visible: boolean };
    port.visible = flap > 0.02;
    body.flap.visible = flap > 0.02;
    body.flap.rotation.y = 1.9 * flap;
    const pulse = charging ? 0.65 + 0.35 * Math.sin(this.time * 3) : flap > 0.5 ? 0.35 : 0;
    if (charging) this.moving = true;
    (body.plug.uniforms["uEmissive"]!.value as Color).setRGB(0.08 * pulse, 1.1 * pulse, 0.55 * pulse);
    body.windscreen.uniforms["uHeat"]!.value = this.follow("heat front", store.on(CAR.defrostFront) ? 1 : 0, 1.5);
    body.rearWindow.uniforms["uHeat"]!.value = this.follow("heat rear", store.on(CAR.defrostRear) ? 1 : 0, 1.5);
  }

  private seats(): void {
    const { store } = this;
    const read = (what: keyof typeof seatPath, seat: Seat) =>
      (SEATS_WITH[what] as readonly Seat[]).includes(seat) ? (store.number(seatPath[what](seat)) ?? 0) : 0;
    for (const place of SEATS) {
      const seat = this.cabin.seats[place];
      const angle = read("backrest", place) || UPRIGHT_DEGREES;
      const folded = (SEATS_WITH.folded as readonly Seat[]).includes(place) && store.on(seatPath.folded(place));
      const lean = this.follow(`back ${place}`, folded ? 1.45 : -clamp(((angle - 90) * Math.PI) / 180, 0.05, 1.25), 1.1);
      seat.back.rotation.x = lean;
      const slide = read("position", place);
      seat.root.position.z = SEAT_Z(seat, slide > 0 ? this.follow(`slide ${place}`, (120 - clamp(slide, 0, 260)) / 1000, 0.12) : 0);
      const heat = this.follow(`heat ${place}`, clamp(read("heating", place) / 100, 0, 1), 1.2);
      const cool = this.follow(`cool ${place}`, clamp(read("ventilation", place) / 100, 0, 1), 1.2);
      const glow = heatColour(heat, cool);
      (seat.cover.uniforms["uEmissive"]!.value as Color).copy(glow).multiplyScalar(0.8);
      const massage = (SEATS_WITH.massage as readonly Seat[]).includes(place) && store.on(seatPath.massage(place));
      if (massage) this.moving = true;
      seat.back.position.z = -0.22 + (massage ? 0.008 * Math.sin(this.time * 9) : 0);
      const occupied = store.text(seatPath.occupancy(place)) === "OCCUPIED";
      if (seat.person.visible !== occupied) seat.person.visible = occupied;
      seat.person.rotation.x = (lean + 0.26) * 0.35;
    }
  }

  private lights(seconds: number, still: boolean): void {
    const { store } = this;
    const low = store.on(CAR.lowBeam);
    const high = store.text(CAR.highBeam) === "ON";
    const position = low || high || store.on(CAR.parkingLight);
    const awake = (store.number(CAR.gear) ?? 126) !== 126;
    const hazard = store.on(CAR.hazard);
    const turning = { left: hazard || store.on(CAR.turnLeft), right: hazard || store.on(CAR.turnRight) };
    const any = turning.left || turning.right;
    this.blink = any ? this.blink + seconds * BLINKS_PER_SECOND : 0;
    if (any && !still) this.moving = true;
    const lit = any && (still || this.blink % 1 < 0.55);
    const line = this.follow("drl", position ? 1 : awake ? 0.75 : 0.15, 3);
    const beam = this.follow("beam", low ? 0.8 : 0, 4);
    const far = this.follow("far", high ? 1 : 0, 4);
    const fog = this.follow("fog", store.on(CAR.fogFront) ? 1 : 0, 4);
    this.front.set(line, Math.max(beam, far * 1.2));
    lamps.uTail.value.set(
      this.follow("tail", position ? 0.8 : awake ? 0.35 : 0.1, 3) + (store.on(CAR.fogRear) ? 0.8 : 0),
      this.follow("brake", this.braking > 0.1 ? 1 : 0, 6),
    );
    lamps.uTurn.value.set(turning.left && lit ? 1 : 0, turning.right && lit ? 1 : 0);
    const night = light.uNight.value;
    const dim = 0.12 + 0.88 * Math.max(night, light.uWet.value * 0.5);
    this.world.beam.value.set(beam * dim, far * dim, fog * dim, 0.35 * night);
    const glow = (name: string, strength: number) => {
      for (const sprite of this.halos[name] ?? []) {
        sprite.userData["strength"] = Math.min(1, strength);
      }
    };
    glow("low", Math.max(beam, far) * (0.25 + 0.65 * dim));
    glow("line", line * 0.22 * dim);
    glow("tail", lamps.uTail.value.x * 0.35 * dim);
    glow("brake", lamps.uTail.value.y * 0.6);
    glow("left", lamps.uTurn.value.x * 0.8);
    glow("right", lamps.uTurn.value.y * 0.8);
  }

  private wipers(seconds: number): void {
    const { store } = this;
    const rain = store.number(CAR.rain) ?? 0;
    const sensed = store.text(CAR.wiperFrontMode) === "RAIN_SENSOR" && rain > 0 ? (rain > 60 ? 4 : rain > 25 ? 3 : 2) : 0;
    const level = clamp(Math.round(store.number(CAR.wiperFrontLevel) ?? 0), 0, 4) || sensed;
    this.wiped = this.sweep(this.wiped, WIPES_PER_SECOND[level] ?? 0, seconds);
    const angle = (1 - Math.cos(this.wiped * 2 * Math.PI)) / 2;
    this.body.wipers.forEach((wiper, i) => (wiper.rotation.y = 1.32 - 1.36 * angle + (i === 1 ? 0.03 : 0)));
    const rear = store.on(CAR.wiperRearMode);
    this.rearWiped = this.sweep(this.rearWiped, rear ? 0.6 : 0, seconds);
    this.body.rearWiper.rotation.z = 1.35 - 1.5 * ((1 - Math.cos(this.rearWiped * 2 * Math.PI)) / 2);
  }

  // A sweep that was begun is ended, so that a wiper never stops in the middle of the glass.
  private sweep(at: number, pace: number, seconds: number): number {
    if (pace === 0 && at % 1 === 0) return 0;
    const next = at + (pace || 0.6) * seconds;
    if (pace === 0 && Math.floor(next) > Math.floor(at)) return 0;
    if (seconds > 0) this.moving = true;
    return next;
  }

  private ambient(): void {
    const { store } = this;
    const sum = new Color(0, 0, 0);
    const read = (place: DoorPlace) => {
      const word = store.text(ambientPath.colour(place)) ?? "";
      const colour = new Color(/^#[0-9a-f]{6}$/i.test(word) ? word : "#5cc8ff");
      const strength = store.on(ambientPath.on(place))
        ? 0.35 + 0.65 * clamp((store.number(ambientPath.brightness(place)) ?? 60) / 100, 0, 1)
        : 0;
      const mode = store.text(ambientPath.mode(place)) ?? "STATIC";
      const breath = strength > 0 && mode !== "STATIC" ? 0.65 + 0.35 * Math.sin(this.time * 2.2) : 1;
      if (breath !== 1) this.moving = true;
      return colour.multiplyScalar(this.follow(`ambient ${place}`, strength, 1.5) * breath);
    };
    for (const place of DOORS) {
      const colour = read(place);
      this.cabin.ambient[place].color.copy(colour).multiplyScalar(1.6);
      if (place === "row1.left") this.cabin.ambient.dash.color.copy(colour).multiplyScalar(1.6);
      sum.add(colour.multiplyScalar(0.25));
    }
    let reading = 0;
    for (const seat of SEATS_WITH.reading) if (store.on(seatPath.reading(seat))) reading += 0.25;
    const lamp = this.follow("reading", Math.min(1, reading), 2);
    sum.multiplyScalar(1.6).add(new Color(1.0, 0.86, 0.66).multiplyScalar(lamp * 1.3));
    light.uGlow.value.copy(sum);
  }

  private displays(): void {
    if (paintCluster(this.cabin.cluster, this.store) || paintCentre(this.cabin.centre, this.store)) this.moving = true;
    this.cabin.steering.rotation.z = this.follow(
      "steering",
      this.store.on(CAR.turnLeft) ? 0.12 : this.store.on(CAR.turnRight) ? -0.12 : 0,
      0.3,
    );
  }
}

function SEAT_Z(seat: { root: { userData: Record<string, unknown>; position: { z: number } } }, offset: number): number {
  const data = seat.root.userData;
  data["z"] ??= seat.root.position.z;
  return (data["z"] as number) + offset;
}
