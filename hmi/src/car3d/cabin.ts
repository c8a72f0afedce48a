// The inside: seats that recline and glow, dashboard with screens, wheel, console, door cards with ambient light.

import {
  BoxGeometry,
  CanvasTexture,
  CapsuleGeometry,
  CircleGeometry,
  Color,
  CylinderGeometry,
  DoubleSide,
  Group,
  Mesh,
  MeshBasicMaterial,
  PlaneGeometry,
  SRGBColorSpace,
  SphereGeometry,
  TorusGeometry,
  type BufferGeometry,
  type Material,
  type ShaderMaterial,
} from "three";
import { RoundedBoxGeometry } from "three/examples/jsm/geometries/RoundedBoxGeometry.js";
import { DOORS, SEATS, type DoorPlace, type Seat } from "../signals";
import { bake } from "./bake";
import type { BodyModel } from "./body";
import { plain } from "./shade";

export interface SeatModel {
  root: Group;
  back: Group;
  cover: ShaderMaterial;
  person: Group;
  ring: Mesh;
}

export interface CabinModel {
  root: Group;
  seats: Record<Seat, SeatModel>;
  steering: Group;
  ambient: Record<DoorPlace | "dash", MeshBasicMaterial>;
  cluster: Screen;
  centre: Screen;
  shade: Mesh;
}

const LEATHER = 0xb9a48c;
const LEATHER_DARK = 0x2a2c31;

function mesh(geometry: BufferGeometry, material: Material, at: readonly [number, number, number] = [0, 0, 0]): Mesh {
  const made = new Mesh(geometry, material);
  made.position.set(...at);
  return made;
}

// A display in the car: a small picture that is drawn anew only when what it says changes.
export class Screen {
  readonly material: MeshBasicMaterial;
  private readonly draw: CanvasRenderingContext2D;
  private readonly texture: CanvasTexture;
  private said = "";

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    this.draw = canvas.getContext("2d")!;
    this.texture = new CanvasTexture(canvas);
    this.texture.colorSpace = SRGBColorSpace;
    this.material = new MeshBasicMaterial({ map: this.texture });
  }

  // Returns whether it changed.
  show(key: string, paint: (draw: CanvasRenderingContext2D, width: number, height: number) => void): boolean {
    if (key === this.said) return false;
    this.said = key;
    this.draw.clearRect(0, 0, this.width, this.height);
    paint(this.draw, this.width, this.height);
    this.texture.needsUpdate = true;
    return true;
  }
}

const SEAT_AT: Record<Seat, [number, number, number]> = {
  "row1.left": [0.41, 0.42, 0.12],
  "row1.right": [-0.41, 0.42, 0.12],
  "row2.left": [0.44, 0.43, -0.78],
  "row2.middle": [0, 0.43, -0.8],
  "row2.right": [-0.44, 0.43, -0.78],
  "row3.left": [0.34, 0.47, -1.52],
  "row3.right": [-0.34, 0.47, -1.52],
};

export function buildCabin(body: BodyModel): CabinModel {
  const root = new Group();
  const carpet = plain({ colour: 0x17181c, rough: 0.98, inside: true });
  root.add(mesh(new BoxGeometry(1.66, 0.04, 3.5), carpet, [0, 0.32, -0.55]));
  root.add(mesh(new RoundedBoxGeometry(0.26, 0.2, 1.2, 1, 0.05), plain({ colour: 0x1d1f24, rough: 0.6, inside: true }), [0, 0.46, 0.36]));
  root.add(mesh(new RoundedBoxGeometry(0.2, 0.03, 0.42, 1, 0.014), plain({ colour: LEATHER, rough: 0.7, inside: true }), [0, 0.575, 0.02]));
  root.add(
    mesh(
      new RoundedBoxGeometry(0.17, 0.012, 0.5, 1, 0.006),
      plain({ colour: 0x050608, rough: 0.1, clear: 1, inside: true }),
      [0, 0.566, 0.56],
    ),
  );
  const seats = {} as Record<Seat, SeatModel>;
  for (const place of SEATS) {
    seats[place] = seat(place.startsWith("row3") ? 0.86 : place === "row2.middle" ? 0.8 : 1);
    seats[place].root.position.set(...SEAT_AT[place]);
    seats[place].root.userData["seat"] = place;
    root.add(seats[place].root);
  }
  const { dash, cluster, centre, steering, glow } = dashboard();
  root.add(dash);
  const ambient = { dash: glow } as CabinModel["ambient"];
  for (const place of DOORS) ambient[place] = doorCard(place, body.doors[place].trim);
  const shade = mesh(new PlaneGeometry(1.16, 2.1), plain({ colour: 0x8c8272, rough: 0.95, inside: true, open: true }), [0, 1.5, -0.7]);
  shade.rotation.x = Math.PI / 2;
  const sides = sideTrim();
  root.add(shade, sides);
  bake(root, new Set([shade, ...SEATS.map((place) => seats[place].ring)]));
  for (const place of DOORS) bake(body.doors[place].trim);
  return { root, seats, steering, ambient, cluster, centre, shade };
}

function seat(scale: number): SeatModel {
  const root = new Group();
  const cover = plain({ colour: LEATHER, rough: 0.62, inside: true });
  const shell = plain({ colour: LEATHER_DARK, rough: 0.6, inside: true });
  const wide = scale < 0.85 ? 0.36 : 0.5;
  const cushion = mesh(new RoundedBoxGeometry(wide - 0.12, 0.13, 0.5, 1, 0.055), cover, [0, 0.06, 0.02]);
  cushion.rotation.x = -0.1;
  root.add(cushion, mesh(new RoundedBoxGeometry(wide, 0.1, 0.5, 1, 0.04), shell, [0, 0.0, -0.01]));
  for (const sign of [1, -1]) {
    const bolster = mesh(new CapsuleGeometry(0.05, 0.36, 3, 8), cover, [sign * (wide / 2 - 0.045), 0.085, 0.01]);
    bolster.rotation.x = Math.PI / 2 - 0.1;
    root.add(bolster);
  }
  const back = new Group();
  back.position.set(0, 0.07, -0.22);
  back.add(mesh(new RoundedBoxGeometry(wide - 0.13, 0.6, 0.11, 1, 0.05), cover, [0, 0.31, 0.015]));
  back.add(mesh(new RoundedBoxGeometry(wide, 0.62, 0.1, 1, 0.05), shell, [0, 0.31, -0.035]));
  for (const y of [0.18, 0.29, 0.4, 0.51]) back.add(mesh(new BoxGeometry(wide - 0.18, 0.006, 0.004), shell, [0, y, 0.071]));
  for (const sign of [1, -1]) {
    const bolster = mesh(new CapsuleGeometry(0.048, 0.42, 3, 8), cover, [sign * (wide / 2 - 0.04), 0.3, 0.035]);
    bolster.rotation.z = sign * 0.04;
    back.add(bolster);
  }
  back.add(mesh(new RoundedBoxGeometry(wide * 0.55, 0.16, 0.09, 1, 0.042), cover, [0, 0.7, 0.01]));
  for (const sign of [1, -1]) back.add(mesh(new CylinderGeometry(0.007, 0.007, 0.1, 6), shell, [sign * 0.05, 0.6, 0.01]));
  root.add(back);
  const ring = mesh(
    new TorusGeometry(0.27, 0.008, 4, 32),
    new MeshBasicMaterial({ color: 0x5cc8ff, transparent: true, opacity: 0.9 }),
    [0, -0.06, -0.02],
  );
  ring.rotation.x = Math.PI / 2;
  ring.visible = false;
  const person = figure();
  root.add(ring, person);
  root.scale.setScalar(scale);
  return { root, back, cover, person, ring };
}

// Who sits there: a plain figure, like on a seat plan.
function figure(): Group {
  const group = new Group();
  const cloth = plain({ colour: 0x9fb6cc, rough: 0.9, inside: true });
  group.add(mesh(new SphereGeometry(0.1, 14, 10), plain({ colour: 0xd9dfe6, rough: 0.9, inside: true }), [0, 0.78, -0.16]));
  const chest = mesh(new CapsuleGeometry(0.14, 0.26, 4, 10), cloth, [0, 0.42, -0.12]);
  chest.scale.z = 0.72;
  chest.rotation.x = -0.16;
  group.add(chest);
  for (const sign of [1, -1]) {
    const thigh = mesh(new CapsuleGeometry(0.068, 0.3, 4, 10), cloth, [sign * 0.09, 0.19, 0.1]);
    thigh.rotation.x = Math.PI / 2 - 0.1;
    group.add(thigh);
  }
  group.visible = false;
  return group;
}

function dashboard() {
  const dash = new Group();
  const soft = plain({ colour: 0x23262c, rough: 0.8, inside: true });
  const wrap = plain({ colour: LEATHER, rough: 0.7, inside: true });
  const upper = mesh(new RoundedBoxGeometry(1.7, 0.12, 0.46, 2, 0.055), soft, [0, 0.86, 1.02]);
  const middle = mesh(new RoundedBoxGeometry(1.68, 0.1, 0.3, 2, 0.045), wrap, [0, 0.755, 0.93]);
  const lower = mesh(new RoundedBoxGeometry(1.62, 0.3, 0.3, 2, 0.06), soft, [0, 0.58, 1.05]);
  dash.add(upper, middle, lower);
  const glow = new MeshBasicMaterial({ color: 0x5cc8ff });
  dash.add(mesh(new BoxGeometry(1.62, 0.009, 0.01), glow, [0, 0.806, 0.785]));
  const gloss = plain({ colour: 0x060709, rough: 0.1, clear: 1, inside: true });
  const vents = mesh(new BoxGeometry(1.5, 0.022, 0.01), gloss, [0, 0.83, 0.79]);
  dash.add(vents);
  const cluster = new Screen(512, 192);
  const centre = new Screen(768, 432);
  const left = new Group();
  left.position.set(0.41, 0.955, 0.86);
  left.rotation.set(-0.16, Math.PI, 0);
  left.add(
    mesh(new RoundedBoxGeometry(0.38, 0.155, 0.018, 1, 0.008), gloss, [0, 0, -0.011]),
    mesh(new PlaneGeometry(0.366, 0.137), cluster.material, [0, 0, 0.0005]),
  );
  const wide = new Group();
  wide.position.set(-0.08, 0.945, 0.8);
  wide.rotation.set(-0.2, Math.PI, 0);
  wide.add(
    mesh(new RoundedBoxGeometry(0.53, 0.31, 0.018, 1, 0.008), gloss, [0, 0, -0.011]),
    mesh(new PlaneGeometry(0.512, 0.288), centre.material, [0, 0, 0.0005]),
  );
  dash.add(left, wide);
  const steering = new Group();
  const dark = plain({ colour: 0x1a1b1f, rough: 0.55, inside: true });
  steering.position.set(0.41, 0.82, 0.56);
  steering.rotation.set(-0.38, Math.PI, 0);
  const rim = mesh(new TorusGeometry(0.175, 0.017, 7, 28), dark);
  rim.scale.y = 0.9;
  steering.add(
    rim,
    mesh(new RoundedBoxGeometry(0.32, 0.045, 0.025, 1, 0.012), dark),
    mesh(new RoundedBoxGeometry(0.12, 0.1, 0.04, 1, 0.018), dark),
    mesh(new CircleGeometry(0.018, 20), plain({ colour: 0xc8ced6, metal: 0.9, rough: 0.2, solid: true }), [0, 0, 0.022]),
  );
  const column = mesh(new CylinderGeometry(0.04, 0.05, 0.3, 14), dark, [0.41, 0.77, 0.7]);
  column.rotation.x = Math.PI / 2 - 0.38;
  dash.add(steering, column);
  return { dash, cluster, centre, steering, glow };
}

function doorCard(place: DoorPlace, trim: Group): MeshBasicMaterial {
  const sign = place.endsWith("left") ? 1 : -1;
  const front = place.startsWith("row1");
  const middle = front ? 0.5 : -0.55;
  const length = front ? 0.98 : 0.9;
  const card = plain({ colour: 0x24272d, rough: 0.8, inside: true });
  const leather = plain({ colour: LEATHER, rough: 0.7, inside: true });
  trim.add(mesh(new RoundedBoxGeometry(0.05, 0.56, length, 1, 0.022), card, [sign * 0.845, 0.66, middle]));
  trim.add(mesh(new RoundedBoxGeometry(0.05, 0.16, length - 0.12, 1, 0.022), leather, [sign * 0.828, 0.8, middle]));
  trim.add(mesh(new RoundedBoxGeometry(0.1, 0.06, length * 0.62, 1, 0.025), leather, [sign * 0.79, 0.66, middle - 0.06]));
  const glow = new MeshBasicMaterial({ color: 0x5cc8ff, side: DoubleSide });
  trim.add(mesh(new BoxGeometry(0.008, 0.009, length - 0.1), glow, [sign * 0.801, 0.888, middle]));
  trim.add(mesh(new BoxGeometry(0.008, 0.006, length * 0.5), glow, [sign * 0.815, 0.5, middle]));
  return glow;
}

// Behind the doors: the sides of the third row.
function sideTrim(): Group {
  const group = new Group();
  const card = plain({ colour: 0x24272d, rough: 0.85, inside: true });
  for (const sign of [1, -1]) {
    group.add(mesh(new RoundedBoxGeometry(0.06, 0.5, 0.85, 1, 0.02), card, [sign * 0.74, 0.72, -1.5]));
  }
  return group;
}

export function heatColour(heat: number, cool: number): Color {
  return heat >= cool ? new Color(1, 0.24, 0.05).multiplyScalar(heat * 0.85) : new Color(0.1, 0.5, 1).multiplyScalar(cool * 0.6);
}
