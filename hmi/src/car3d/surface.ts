// The body's shape: one surface, given by a handful of curves along the car. x points to the left of the car, y up, z forward, metres.
// Every half section runs from the sill (v = 0) over the shoulder (v = 1) and the side of the roof (v = 2) to the middle (v = 3).

import { BufferAttribute, BufferGeometry } from "three";

export const FRONT = 2.5;
export const REAR = -2.5;
export const AXLE_FRONT = 1.53;
export const AXLE_REAR = -1.5;
export const WHEEL_RADIUS = 0.39;
export const ARCH_RADIUS = 0.435;

type Curve = (z: number) => number;

// A smooth line through the points that does not overshoot between them (monotone cubic).
export function curve(points: readonly (readonly [number, number])[]): Curve {
  const x = points.map(([at]) => at);
  const y = points.map(([, value]) => value);
  const count = x.length;
  const slope = Array.from({ length: count - 1 }, (_, i) => (y[i + 1]! - y[i]!) / (x[i + 1]! - x[i]!));
  const tangent = Array.from({ length: count }, (_, i) => {
    const before = slope[i - 1] ?? slope[i]!;
    const after = slope[i] ?? slope[i - 1]!;
    return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
  });
  return (at) => {
    if (at <= x[0]!) return y[0]!;
    if (at >= x[count - 1]!) return y[count - 1]!;
    let i = 0;
    while (at > x[i + 1]!) i += 1;
    const width = x[i + 1]! - x[i]!;
    const t = (at - x[i]!) / width;
    const s = 1 - t;
    return (
      y[i]! * (1 + 2 * t) * s * s + width * tangent[i]! * t * s * s + y[i + 1]! * t * t * (3 - 2 * t) - width * tangent[i + 1]! * t * t * s
    );
  };
}

const top = curve([
  [-2.5, 0.74],
  [-2.47, 0.98],
  [-2.4, 1.09],
  [-2.25, 1.2],
  [-2.05, 1.365],
  [-1.9, 1.465],
  [-1.5, 1.545],
  [-0.9, 1.6],
  [-0.35, 1.612],
  [0.05, 1.578],
  [0.45, 1.465],
  [0.85, 1.265],
  [1.14, 1.095],
  [1.3, 1.055],
  [1.7, 0.995],
  [2.1, 0.91],
  [2.35, 0.82],
  [2.47, 0.73],
  [2.5, 0.62],
]);
const railY = curve([
  [-2.5, 0.72],
  [-2.42, 1.0],
  [-2.25, 1.15],
  [-2.05, 1.3],
  [-1.85, 1.4],
  [-1.4, 1.485],
  [-0.8, 1.54],
  [-0.3, 1.545],
  [0.05, 1.5],
  [0.45, 1.375],
  [0.85, 1.17],
  [1.12, 1.035],
  [1.3, 1.025],
  [1.7, 0.975],
  [2.1, 0.893],
  [2.35, 0.805],
  [2.47, 0.72],
  [2.5, 0.61],
]);
const railX = curve([
  [-2.5, 0.72],
  [-2.3, 0.66],
  [-1.9, 0.61],
  [-1.4, 0.64],
  [-0.6, 0.672],
  [0, 0.675],
  [0.45, 0.705],
  [0.85, 0.772],
  [1.12, 0.82],
  [1.35, 0.8],
  [1.8, 0.745],
  [2.3, 0.64],
  [2.5, 0.6],
]);
const beltY = curve([
  [-2.5, 0.7],
  [-2.44, 0.95],
  [-2.25, 1.045],
  [-1.7, 1.07],
  [-1.2, 1.045],
  [-0.4, 1.01],
  [0.5, 0.985],
  [1.1, 0.965],
  [1.6, 0.945],
  [2.0, 0.885],
  [2.3, 0.795],
  [2.45, 0.71],
  [2.5, 0.6],
]);
const beltX = curve([
  [-2.5, 0.9],
  [-2.2, 0.9],
  [-1.65, 0.935],
  [-1.1, 0.915],
  [-0.3, 0.895],
  [0.6, 0.9],
  [1.1, 0.9],
  [1.55, 0.905],
  [2.1, 0.87],
  [2.5, 0.86],
]);
const widest = curve([
  [-2.5, 0.93],
  [-2.1, 0.95],
  [-1.55, 0.985],
  [-1.0, 0.955],
  [-0.2, 0.935],
  [0.6, 0.935],
  [1.1, 0.95],
  [1.55, 0.97],
  [2.1, 0.94],
  [2.5, 0.93],
]);
const sillX = curve([
  [-2.5, 0.86],
  [-1.5, 0.93],
  [-0.8, 0.9],
  [0.7, 0.9],
  [1.5, 0.93],
  [2.5, 0.86],
]);
const sillY = curve([
  [-2.5, 0.42],
  [-2.35, 0.32],
  [-1.9, 0.25],
  [-1.0, 0.2],
  [1.0, 0.2],
  [1.9, 0.22],
  [2.35, 0.26],
  [2.5, 0.34],
]);

// How much narrower the car is at its ends: round corners, a blunt face.
function ends(z: number): number {
  const begin = z > 0 ? 1.72 : 1.6;
  const beyond = (Math.abs(z) - begin) / (2.5 - begin);
  return beyond <= 0 ? 1 : Math.pow(Math.max(0, 1 - Math.pow(beyond, z > 0 ? 3.1 : 3.4)), 1 / (z > 0 ? 2.7 : 3));
}

const LOWER = [0, 0.12, 0.3, 0.55, 0.78, 0.92, 1];

// Where the surface is: half section at z, v from 0 to 3.
export function surface(z: number, v: number): [number, number, number] {
  const narrow = ends(z);
  const bottom = sillY(z);
  const shoulder = beltY(z);
  const beltAt = beltX(z) * narrow;
  if (v <= 1) {
    const height = shoulder - bottom;
    const xs = [
      sillX(z) * narrow - 0.05,
      sillX(z) * narrow - 0.005,
      (sillX(z) * 0.45 + widest(z) * 0.55) * narrow - 0.012,
      widest(z) * narrow,
      widest(z) * narrow - 0.004,
      (beltAt + widest(z) * narrow) / 2 + 0.012,
      beltAt,
    ];
    const ys = [0, 0.07, 0.3, 0.6, 0.82, 0.955, 1];
    return [curve(LOWER.map((at, i) => [at, xs[i]!]))(v), bottom + height * curve(LOWER.map((at, i) => [at, ys[i]!]))(v), z];
  }
  const railAt = Math.min(railX(z) * narrow, beltAt * 0.985);
  const railHigh = railY(z);
  if (v <= 2) {
    const t = v - 1;
    const bulge = Math.sin(Math.PI * Math.min(1, t * 1.04)) * 0.16 * Math.max(0, railHigh - shoulder);
    return [beltAt + (railAt - beltAt) * t + bulge * 0.55, shoulder + (railHigh - shoulder) * t, z];
  }
  const s = 3 - v;
  return [railAt * s, top(z) - (top(z) - railHigh) * Math.pow(s, 2.1), z];
}

export function grid(z0: number, z1: number, count: number): number[] {
  return Array.from({ length: count + 1 }, (_, i) => z0 + ((z1 - z0) * i) / count);
}

// All along the car, closer together where it bends.
export function alongTheCar(): number[] {
  const tip = (from: number, to: number, count: number) =>
    Array.from({ length: count }, (_, i) => to + (from - to) * Math.pow(1 - (i + 1) / count, 2));
  return [...tip(-2.0, REAR, 18).reverse(), ...grid(-2.0, 2.0, 56), ...tip(2.0, FRONT, 18)];
}

interface Patch {
  zs: readonly number[];
  vs: readonly number[];
  origin?: readonly [number, number, number];
  mirror?: boolean; // the right half
  grow?: number; // outwards, metres
}

// A piece of the surface as a mesh. `place` keeps where a point lies on the car, whatever the mesh does later: the paint follows it.
export function patch({ zs, vs, origin = [0, 0, 0], mirror = false, grow = 0 }: Patch): BufferGeometry {
  const columns = vs.length;
  const positions = new Float32Array(zs.length * columns * 3);
  const normals = new Float32Array(zs.length * columns * 3);
  const place = new Float32Array(zs.length * columns * 4);
  const sign = mirror ? -1 : 1;
  let at = 0;
  for (const z of zs) {
    for (const v of vs) {
      const seam = Math.abs(v - Math.round(v)) < 0.01 ? Math.round(v) : v; // neighbours meet exactly
      const point = surface(z, seam);
      const normal = normalAt(z, v);
      for (let i = 0; i < 3; i += 1) {
        const side = i === 0 ? sign : 1;
        positions[at * 3 + i] = side * (point[i]! + grow * normal[i]!) - origin[i]!;
        normals[at * 3 + i] = side * normal[i]!;
        place[at * 4 + i] = side * point[i]!;
      }
      place[at * 4 + 3] = v;
      at += 1;
    }
  }
  const net = (step: number) => {
    const rows = every(zs.length, step);
    const places = every(columns, step);
    const index: number[] = [];
    for (let i = 0; i + 1 < rows.length; i += 1) {
      for (let j = 0; j + 1 < places.length; j += 1) {
        const [a, b] = [rows[i]! * columns + places[j]!, rows[i]! * columns + places[j + 1]!];
        const [c, d] = [rows[i + 1]! * columns + places[j]!, rows[i + 1]! * columns + places[j + 1]!];
        if (mirror) index.push(a, c, b, b, c, d);
        else index.push(a, b, c, b, d, c);
      }
    }
    return index;
  };
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setAttribute("normal", new BufferAttribute(normals, 3));
  geometry.setAttribute("place", new BufferAttribute(place, 4));
  geometry.setIndex(net(1));
  geometry.userData["coarse"] = net(2); // the same surface with a quarter of the triangles
  return geometry;
}

// 0, step, 2 · step … and the last of `count`.
function every(count: number, step: number): number[] {
  const all = Array.from({ length: Math.ceil((count - 1) / step) }, (_, i) => i * step);
  return [...all, count - 1];
}

// By differences, on this side of the creases at v = 1 and 2.
export function normalAt(z: number, v: number): [number, number, number] {
  const dz = 0.004;
  const dv = 0.006;
  const zA = Math.max(REAR + 0.0006, z - dz);
  const zB = Math.min(FRONT - 0.0006, z + dz);
  const zone = v < 1 ? [0, 1] : v < 2 ? [1, 2] : [2, 3];
  const vA = Math.max(zone[0]!, v - dv);
  const vB = Math.min(zone[1]!, v + dv);
  const safe = Math.min(FRONT - 0.0006, Math.max(REAR + 0.0006, z));
  const [pa, pb, qa, qb] = [surface(zA, v), surface(zB, v), surface(safe, vA), surface(safe, vB)];
  const a = [0, 1, 2].map((i) => pb[i]! - pa[i]!);
  const b = [0, 1, 2].map((i) => qb[i]! - qa[i]!);
  const n = [b[1]! * a[2]! - b[2]! * a[1]!, b[2]! * a[0]! - b[0]! * a[2]!, b[0]! * a[1]! - b[1]! * a[0]!];
  const length = Math.hypot(n[0]!, n[1]!, n[2]!) || 1;
  return [n[0]! / length, n[1]! / length, n[2]! / length];
}
