// What is cut out of the car's side: doors, glass, shut lines, drawn once as pictures over (z, v) that the paint's shader reads.

import { CanvasTexture, LinearFilter, NoColorSpace } from "three";

const WIDTH = 2048;
const HEIGHT = 1024;
const Z_MIN = -2.6;
const Z_SPAN = 5.2;

type Draw = CanvasRenderingContext2D;

function x(z: number): number {
  return ((z - Z_MIN) / Z_SPAN) * WIDTH;
}

function y(v: number): number {
  return HEIGHT - (v / 2) * HEIGHT;
}

function canvas(): Draw {
  const element = document.createElement("canvas");
  element.width = WIDTH;
  element.height = HEIGHT;
  const draw = element.getContext("2d", { willReadFrequently: false });
  if (!draw) throw new Error("no canvas");
  draw.fillStyle = "#000";
  draw.fillRect(0, 0, WIDTH, HEIGHT);
  draw.globalCompositeOperation = "lighter";
  return draw;
}

// A closed outline through the corners, each rounded.
function outline(corners: readonly (readonly [number, number, number])[]): Path2D {
  const path = new Path2D();
  const points = corners.map(([z, v, round]) => [x(z), y(v), round * 394] as const);
  const [first, last] = [points[0]!, points[points.length - 1]!];
  path.moveTo((first[0] + last[0]) / 2, (first[1] + last[1]) / 2);
  points.forEach((point, i) => {
    const next = points[(i + 1) % points.length]!;
    path.arcTo(point[0], point[1], (point[0] + next[0]) / 2, (point[1] + next[1]) / 2, point[2]);
  });
  path.closePath();
  return path;
}

const FRONT_DOOR = outline([
  [0.02, 0.16, 0.05],
  [0.0, 0.6, 0.2],
  [-0.02, 1.0, 0.3],
  [0.05, 1.97, 0.02],
  [0.3, 1.985, 0.02],
  [1.2, 1.985, 0.01],
  [1.12, 1.0, 0.02],
  [1.1, 0.7, 0.2],
  [1.03, 0.16, 0.05],
]);
const REAR_DOOR = outline([
  [-0.86, 0.16, 0.06],
  [-1.02, 0.36, 0.2],
  [-1.17, 0.72, 0.2],
  [-1.27, 1.0, 0.1],
  [-1.16, 1.965, 0.06],
  [0.038, 1.97, 0.02],
  [-0.032, 1.0, 0.3],
  [-0.012, 0.6, 0.2],
  [0.008, 0.16, 0.05],
]);
const FRONT_GLASS = outline([
  [0.055, 1.05, 0.03],
  [0.125, 1.88, 0.03],
  [0.3, 1.9, 0.06],
  [0.92, 1.86, 0.05],
  [0.98, 1.05, 0.03],
]);
const REAR_GLASS = outline([
  [-1.13, 1.05, 0.04],
  [-1.06, 1.86, 0.05],
  [0.02, 1.88, 0.03],
  [-0.05, 1.05, 0.03],
]);
const QUARTER_GLASS = outline([
  [-1.98, 1.14, 0.07],
  [-1.84, 1.62, 0.1],
  [-1.5, 1.84, 0.1],
  [-1.19, 1.86, 0.04],
  [-1.28, 1.05, 0.05],
  [-1.66, 1.05, 0.1],
]);

function texture(draw: Draw): CanvasTexture {
  const made = new CanvasTexture(draw.canvas);
  made.colorSpace = NoColorSpace;
  made.generateMipmaps = false;
  made.minFilter = LinearFilter;
  made.magFilter = LinearFilter;
  return made;
}

// Red: front door, green: rear door, blue: glass.
export function cutMask(): CanvasTexture {
  const draw = canvas();
  draw.fillStyle = "#f00";
  draw.fill(FRONT_DOOR);
  draw.fillStyle = "#0f0";
  draw.fill(REAR_DOOR);
  draw.fillStyle = "#00f";
  for (const glass of [FRONT_GLASS, REAR_GLASS, QUARTER_GLASS]) draw.fill(glass);
  return texture(draw);
}

// Red: shut lines, green: black trim, blue: bright metal.
export function trimMask(): CanvasTexture {
  const draw = canvas();
  draw.lineJoin = "round";
  draw.strokeStyle = "#f00";
  draw.lineWidth = 5;
  for (const door of [FRONT_DOOR, REAR_DOOR]) draw.stroke(door);
  draw.fillStyle = "#0f0";
  draw.strokeStyle = "#0f0";
  draw.lineWidth = 26;
  for (const glass of [FRONT_GLASS, REAR_GLASS, QUARTER_GLASS]) draw.stroke(glass);
  draw.fillRect(x(-0.06), y(1.9), x(0.13) - x(-0.06), y(1.03) - y(1.9)); // B pillar
  draw.fillRect(x(-1.3), y(1.86), x(-1.08) - x(-1.3), y(1.03) - y(1.86));
  draw.fillRect(0, y(0.13), WIDTH, y(0) - y(0.13)); // rocker
  for (const z of [0.16, -0.98]) {
    // flush handles
    const handle = new Path2D();
    handle.roundRect(x(z), y(0.87), 92, 15, 7);
    draw.strokeStyle = "#f00";
    draw.lineWidth = 2.5;
    draw.stroke(handle);
    draw.fillStyle = "#00f";
    draw.fill(handle);
  }
  draw.fillStyle = "#00f"; // a bright line under the glass
  draw.fillRect(x(-1.98), y(1.035), x(1.06) - x(-1.98), 9);
  draw.strokeStyle = "#f00"; // charging flap, rear left
  draw.lineWidth = 3;
  const flap = new Path2D();
  flap.roundRect(x(-1.92), y(0.93), 66, 62, 14);
  draw.stroke(flap);
  return texture(draw);
}
