// The car's outside: shell, doors, lids, glass, wheels, mirrors, wipers, lamps. What moves is a group that turns about its hinge.

import {
  BoxGeometry,
  CapsuleGeometry,
  CircleGeometry,
  CylinderGeometry,
  ExtrudeGeometry,
  Group,
  LatheGeometry,
  Mesh,
  Shape,
  SphereGeometry,
  TorusGeometry,
  Vector2,
  type BufferGeometry,
  type Material,
  type ShaderMaterial,
} from "three";
import { mergeVertices } from "three/examples/jsm/utils/BufferGeometryUtils.js";
import type { DoorPlace, Side } from "../signals";
import { bake } from "./bake";
import { cutMask, trimMask } from "./masks";
import { glass, paint, plain, type Cuts, type Look, type Part, type Zone } from "./shade";
import { AXLE_FRONT, AXLE_REAR, WHEEL_RADIUS, alongTheCar, grid, normalAt, patch, surface } from "./surface";

export const PAINT: Look = { colour: 0x2b6f8c, metal: 0.6, rough: 0.38, clear: 1 };
// Beyond it, front and rear, are the lamps.
const BUMPER = 2;
const DARK: Look = { colour: 0x0b0c0e, rough: 0.75 };
const GLOSS: Look = { colour: 0x08090b, rough: 0.12, clear: 1 };

export interface DoorModel {
  swing: Group;
  pane: ShaderMaterial;
  trim: Group; // where the cabin hangs its door card
}

export interface BodyModel {
  root: Group;
  doors: Record<DoorPlace, DoorModel>;
  hood: Group;
  hatch: Group;
  sunroof: Group;
  wheels: Group[];
  steered: Group[];
  mirrors: Record<Side, Group>;
  mirrorGlass: Record<Side, ShaderMaterial>;
  wipers: Group[];
  rearWiper: Group;
  flap: Group;
  plug: ShaderMaterial;
  windscreen: ShaderMaterial;
  rearWindow: ShaderMaterial;
  cutaway: { value: number };
}

const SIDES: readonly Side[] = ["left", "right"];
const span = (from: number, to: number, count: number) => grid(from, to, count);

function mesh(geometry: BufferGeometry, material: Material, at: readonly [number, number, number] = [0, 0, 0]): Mesh {
  const made = new Mesh(geometry, material);
  made.position.set(...at);
  return made;
}

export function buildBody(): BodyModel {
  const cutaway = { value: 0 };
  const cuts: Cuts = { cut: cutMask(), trim: trimMask(), cutaway };
  const root = new Group();
  const shell = skins(0, cuts);
  const quarter = glass(0, "BAND", 0.45, cuts);
  const hatchSkin = skins(4, cuts);
  const zs = alongTheCar();
  for (const mirror of [false, true]) {
    for (const [zone, part] of [
      ["NOSE", zs.filter((z) => z >= BUMPER)],
      ["SIDE", zs.filter((z) => Math.abs(z) <= BUMPER)],
      ["TAIL", zs.filter((z) => z <= -BUMPER)],
    ] as const)
      root.add(mesh(patch({ zs: part, vs: span(0, 0.999, 20), mirror }), shell(zone)));
    root.add(mesh(patch({ zs, vs: span(1.0001, 1.999, 9), mirror }), shell("BAND")));
    for (const part of [zs.filter((z) => z > 1.04), zs.filter((z) => z < -2.28)])
      root.add(mesh(patch({ zs: part, vs: span(2.0001, 3, 14), mirror }), shell("TOP")));
    root.add(mesh(patch({ zs: zs.filter((z) => z < 1.16 && z > -2.45), vs: span(2.0001, 2.12, 3), mirror }), shell("TOP"))); // roof rails
    root.add(mesh(patch({ zs: zs.filter((z) => z < 1.12 && z > -1.9), vs: [...span(1.0001, 1.999, 8)], mirror, grow: -0.012 }), quarter));
  }
  roofFrame(root, shell("TOP"));
  const panes = roofGlass(root, cuts);
  root.add(underbody());
  const hood = lid(
    paint(PAINT, 3, "TOP", cuts),
    [0, 1.06, 1.12],
    zs.filter((z) => z > 1.04),
    [2.0001, 3],
  );
  const hatch = lid(
    hatchSkin("TOP"),
    [0, 1.45, -1.94],
    zs.filter((z) => z < -1.88),
    [2.0001, 2.14],
  );
  const behind = zs.filter((z) => z < -2.12);
  for (const mirror of [false, true]) {
    hatch.add(mesh(patch({ zs: behind, vs: span(0.2, 0.999, 16), mirror, origin: [0, 1.45, -1.94] }), hatchSkin("TAIL")));
    hatch.add(mesh(patch({ zs: behind, vs: span(1.0001, 1.999, 4), mirror, origin: [0, 1.45, -1.94] }), hatchSkin("BAND")));
    hatch.add(mesh(patch({ zs: zs.filter((z) => z < -2.16), vs: span(2.14, 3, 12), mirror, origin: [0, 1.45, -1.94] }), hatchSkin("TOP")));
    hatch.add(
      mesh(
        patch({ zs: zs.filter((z) => z < -1.95 && z > -2.46), vs: span(2.14, 3, 10), mirror, origin: [0, 1.45, -1.94] }),
        panes.rearWindow,
      ),
    );
  }
  root.add(hood, hatch, trunkBox(), frunkBox());
  const doors = {} as Record<DoorPlace, DoorModel>;
  for (const side of SIDES) {
    doors[`row1.${side}`] = door(cuts, side, 1);
    doors[`row2.${side}`] = door(cuts, side, 2);
    root.add(doors[`row1.${side}`].swing, doors[`row2.${side}`].swing);
  }
  const mirrorGlass = {} as Record<Side, ShaderMaterial>;
  const mirrors = {} as Record<Side, Group>;
  for (const side of SIDES) {
    const { arm, face } = mirrorArm(side);
    doors[`row1.${side}`].swing.add(arm);
    mirrors[side] = arm;
    mirrorGlass[side] = face;
  }
  const { wheels, steered, all } = buildWheels();
  root.add(...all);
  const wipers = [wiper(0.62, 0.62), wiper(-0.02, 0.58)];
  const rearWiper = wiper(0, 0.32);
  rearWiper.position.set(0, 1.205, -2.29);
  rearWiper.rotation.set(0.72, Math.PI, 0);
  hatch.attach(rearWiper);
  root.add(...wipers);
  for (const [y, z, turn] of [
    [0.6, 2.5, 0],
    [0.8, -2.5, Math.PI],
  ] as const) {
    const chrome = plain({ colour: 0xd5dbe2, metal: 1, rough: 0.15, solid: true });
    const badge = mesh(new CylinderGeometry(0.036, 0.036, 0.012, 28), chrome, [0, y, z]);
    badge.rotation.set(Math.PI / 2, 0, turn);
    (z > 0 ? root : hatch).attach(badge);
  }
  const { flap, plug, port } = chargePort();
  root.add(flap, port);
  bake(root);
  return {
    root,
    doors,
    hood,
    hatch,
    sunroof: panes.sunroof,
    wheels,
    steered,
    mirrors,
    mirrorGlass,
    wipers,
    rearWiper,
    flap,
    plug,
    windscreen: panes.windscreen,
    rearWindow: panes.rearWindow,
    cutaway,
  };
}

// The paint of one part, a material for each zone.
function skins(part: Part, cuts: Cuts): (zone: Zone) => ShaderMaterial {
  const made = new Map<Zone, ShaderMaterial>();
  return (zone) => made.get(zone) ?? made.set(zone, paint(PAINT, part, zone, cuts)).get(zone)!;
}

function lid(material: ShaderMaterial, hinge: [number, number, number], zs: number[], [low, high]: [number, number]): Group {
  const group = new Group();
  group.position.set(...hinge);
  const pieces = span(low, high, high < 2.5 ? 3 : 14);
  for (const mirror of [false, true]) group.add(mesh(patch({ zs, vs: pieces, mirror, origin: hinge }), material));
  return group;
}

// Black beams over the cabin: above the windscreen, between the roof panes, at the tail of the roof.
function roofFrame(root: Group, shell: Material): void {
  for (const mirror of [false, true]) {
    for (const [from, to] of [
      [0.16, 0.26],
      [-0.66, -0.56],
      [-1.96, -1.5],
    ] as const) {
      root.add(mesh(patch({ zs: span(from, to, 4), vs: span(2.1, 3, 10), mirror }), shell));
    }
  }
}

function roofGlass(root: Group, cuts: Cuts) {
  const windscreen = glass(0, "TOP", 0.22, cuts);
  const rearWindow = glass(0, "TOP", 0.5, cuts);
  const roof = glass(0, "TOP", 0.62, cuts);
  const sunroof = new Group();
  for (const mirror of [false, true]) {
    root.add(mesh(patch({ zs: span(0.24, 1.13, 16), vs: span(2.1, 3, 14), mirror }), windscreen));
    root.add(mesh(patch({ zs: span(-1.52, -0.64, 10), vs: span(2.1, 3, 12), mirror }), roof));
    sunroof.add(mesh(patch({ zs: span(-0.58, 0.18, 10), vs: span(2.1, 3, 12), mirror, grow: 0.003 }), roof));
  }
  root.add(sunroof);
  return { windscreen, rearWindow, sunroof };
}

function underbody(): Group {
  const group = new Group();
  const dark = plain(DARK);
  group.add(mesh(new BoxGeometry(1.56, 0.08, 4.1), dark, [0, 0.225, 0]));
  for (const z of [AXLE_FRONT, AXLE_REAR]) {
    for (const sign of [1, -1]) {
      const well = mesh(new CylinderGeometry(0.45, 0.45, 0.3, 20, 1, true, 0, Math.PI), dark, [sign * 0.74, 0.4, z]);
      well.rotation.z = Math.PI / 2;
      group.add(well);
      const wall = mesh(new CircleGeometry(0.45, 20, 0, Math.PI), dark, [sign * 0.6, 0.4, z]);
      wall.rotation.y = (sign * Math.PI) / 2;
      group.add(wall);
    }
  }
  return group;
}

function trunkBox(): Group {
  const group = new Group();
  const felt = plain({ colour: 0x1a1c20, rough: 0.95, inside: true });
  group.add(mesh(new BoxGeometry(1.2, 0.03, 0.62), felt, [0, 0.62, -2.05]));
  group.add(
    mesh(new BoxGeometry(0.03, 0.4, 0.5), felt, [0.62, 0.8, -1.98]),
    mesh(new BoxGeometry(0.03, 0.4, 0.5), felt, [-0.62, 0.8, -1.98]),
  );
  return group;
}

function frunkBox(): Group {
  const group = new Group();
  const felt = plain({ colour: 0x15171b, rough: 0.95, solid: true });
  group.add(mesh(new BoxGeometry(1.16, 0.04, 0.95), felt, [0, 0.66, 1.72]));
  group.add(mesh(new BoxGeometry(0.7, 0.12, 0.42), plain({ colour: 0x22262c, rough: 0.5, clear: 0.5, solid: true }), [0, 0.72, 1.72]));
  return group;
}

function door(cuts: Cuts, side: Side, row: 1 | 2): DoorModel {
  const mirror = side === "right";
  const sign = mirror ? -1 : 1;
  const hinge: [number, number, number] = row === 1 ? [sign * 0.9, 0, 1.1] : [sign * 0.9, 0, 0.02];
  const zs = row === 1 ? span(-0.06, 1.2, 26) : span(-1.34, 0.1, 28);
  const swing = new Group();
  swing.position.set(...hinge);
  const skin = skins(row, cuts);
  const pane = glass(row, "BAND", 0.34, cuts);
  if (row === 2) pane.uniforms["uTint"]!.value = 0.5;
  swing.add(mesh(patch({ zs, vs: span(0.05, 0.999, 18), mirror, origin: hinge }), skin("SIDE")));
  swing.add(mesh(patch({ zs, vs: span(1.0001, 1.999, 9), mirror, origin: hinge }), skin("BAND")));
  swing.add(mesh(patch({ zs, vs: span(1.0001, 1.999, 9), mirror, origin: hinge, grow: -0.012 }), pane));
  const trim = new Group();
  trim.position.set(-hinge[0], 0, -hinge[2]); // so that the cabin can think in the car's coordinates
  swing.add(trim);
  return { swing, pane, trim };
}

function mirrorArm(side: Side): { arm: Group; face: ShaderMaterial } {
  const sign = side === "left" ? 1 : -1;
  const arm = new Group();
  arm.position.set(sign * 0.01, 1.02, -0.22); // in the door's coordinates
  const foot = mesh(new CapsuleGeometry(0.016, 0.1, 4, 8), plain({ ...GLOSS, solid: true }), [sign * 0.07, 0.0, 0]);
  foot.rotation.z = Math.PI / 2;
  const shellShape = new SphereGeometry(0.1, 14, 10);
  const cap = mesh(shellShape, plain({ ...PAINT, solid: true }), [sign * 0.17, 0.03, 0.02]);
  cap.scale.set(1.05, 0.62, 0.62);
  const face = plain({ colour: 0xaec4d6, metal: 1, rough: 0.05 });
  const pane = mesh(new CircleGeometry(0.085, 24), face, [sign * 0.17, 0.03, -0.046]);
  pane.scale.set(1.05, 0.6, 1);
  pane.rotation.y = Math.PI;
  arm.add(foot, cap, pane);
  return { arm, face };
}

function tyre(): LatheGeometry {
  const r = WHEEL_RADIUS;
  const w = 0.125;
  const outline = [
    [r - 0.115, -w + 0.02],
    [r - 0.05, -w],
    [r - 0.012, -w + 0.02],
    [r, -w + 0.05],
    [r, w - 0.05],
    [r - 0.012, w - 0.02],
    [r - 0.05, w],
    [r - 0.115, w - 0.02],
  ];
  return new LatheGeometry(
    outline.map(([x, y]) => new Vector2(x, y)),
    32,
  );
}

function spokes(): BufferGeometry {
  const shape = new Shape();
  const outer = 0.272;
  shape.absarc(0, 0, outer, 0, Math.PI * 2, false);
  for (let i = 0; i < 10; i += 1) {
    const middle = (i * Math.PI * 2) / 10 + 0.16;
    const wide = i % 2 === 0 ? 0.235 : 0.16;
    const hole = new Shape();
    hole.moveTo(Math.cos(middle - wide * 0.55) * 0.1, Math.sin(middle - wide * 0.55) * 0.1);
    hole.lineTo(Math.cos(middle - wide) * 0.25, Math.sin(middle - wide) * 0.25);
    hole.absarc(0, 0, 0.25, middle - wide, middle + wide, false);
    hole.lineTo(Math.cos(middle + wide * 0.55) * 0.1, Math.sin(middle + wide * 0.55) * 0.1);
    hole.closePath();
    shape.holes.push(hole);
  }
  const made = new ExtrudeGeometry(shape, {
    depth: 0.018,
    bevelEnabled: true,
    bevelThickness: 0.008,
    bevelSize: 0.005,
    bevelSegments: 1,
    curveSegments: 5,
  });
  made.deleteAttribute("uv");
  const wheel = mergeVertices(made);
  // Nobody sees the side that looks at the brake; from afar the face alone is enough.
  const facing = (least: number) => {
    const normal = wheel.getAttribute("normal");
    const all = Array.from(wheel.index!.array);
    return all.filter((_, i) => normal.getZ(all[i - (i % 3)]!) > least);
  };
  const [fine, coarse] = [facing(-0.2), facing(0.9)];
  wheel.setIndex(fine);
  wheel.userData["coarse"] = coarse;
  return wheel;
}

function buildWheels() {
  const rubber = plain({ colour: 0x101113, rough: 0.85 });
  const alloy = plain({ colour: 0x80878f, metal: 0.9, rough: 0.3, clear: 0.3, solid: true });
  const disc = plain({ colour: 0x3a3d42, metal: 0.6, rough: 0.5 });
  const calliper = plain({ colour: 0x2aa7d8, rough: 0.35, clear: 0.6, solid: true });
  const [tyreShape, spokeShape] = [tyre(), spokes()];
  const barrel = new CylinderGeometry(0.272, 0.272, 0.2, 24, 1, true);
  const wheels: Group[] = [];
  const steered: Group[] = [];
  const all: Group[] = [];
  for (const z of [AXLE_FRONT, AXLE_REAR]) {
    for (const sign of [1, -1]) {
      const corner = new Group();
      corner.position.set(sign * 0.835, WHEEL_RADIUS, z);
      const spin = new Group();
      for (const part of [mesh(tyreShape, rubber), mesh(barrel, disc)]) {
        part.rotation.z = Math.PI / 2;
        spin.add(part);
      }
      const face = mesh(spokeShape, alloy, [sign * 0.085, 0, 0]);
      face.rotation.y = (sign * Math.PI) / 2;
      const plate = mesh(new CircleGeometry(0.19, 32), disc, [sign * 0.03, 0, 0]);
      plate.rotation.y = (sign * Math.PI) / 2;
      const hub = mesh(new CylinderGeometry(0.045, 0.05, 0.03, 20), alloy, [sign * 0.11, 0, 0]);
      hub.rotation.z = Math.PI / 2;
      spin.add(face, plate, hub);
      const brake = mesh(new BoxGeometry(0.05, 0.13, 0.07), calliper, [sign * 0.05, 0.05, z > 0 ? -0.15 : 0.15]);
      corner.add(spin, brake);
      wheels.push(spin);
      if (z > 0) steered.push(corner);
      all.push(corner);
    }
  }
  return { wheels, steered, all };
}

// Lies on the windscreen and sweeps about its root.
function wiper(x: number, length: number): Group {
  const root = new Group();
  const z = 1.1;
  const v = 3 - Math.min(0.9, Math.abs(x) / 0.8);
  const [, y] = surface(z, v);
  root.position.set(x, y + 0.012, z);
  const [, ny, nz] = normalAt(0.9, 2.9);
  root.rotation.x = Math.atan2(nz, ny);
  const blade = mesh(new BoxGeometry(0.016, 0.014, length), plain({ ...DARK, solid: true }), [0, 0.012, -length / 2]);
  root.add(blade);
  return root;
}

function chargePort() {
  const z = -1.84;
  const v = 0.885;
  const [x, y] = surface(z, v);
  const [nx, ny, nz] = normalAt(z, v);
  const port = new Group();
  port.position.set(x + 0.002, y, z);
  port.lookAt(x + nx, y + ny, z + nz);
  const plug = plain({ colour: 0x08090a, rough: 0.4 });
  port.add(mesh(new CircleGeometry(0.062, 24), plain(DARK)), mesh(new TorusGeometry(0.05, 0.007, 8, 28), plug, [0, 0, 0.004]));
  port.visible = false;
  const flap = new Group();
  flap.position.set(x + 0.004, y, z + 0.07);
  const leaf = mesh(new CircleGeometry(0.07, 24), plain(PAINT), [0, 0, -0.07]);
  leaf.rotation.y = Math.atan2(nx, nz);
  flap.add(leaf);
  flap.userData["port"] = port;
  flap.visible = false;
  return { flap, plug, port };
}
