// Around the car: sky, hills, road, posts, rain. What moves here moves because the car drives.

import {
  AdditiveBlending,
  BackSide,
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  Color,
  CylinderGeometry,
  DataTexture,
  Group,
  InstancedMesh,
  LinearFilter,
  LinearMipmapLinearFilter,
  LineBasicMaterial,
  LineSegments,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  PlaneGeometry,
  RedFormat,
  RepeatWrapping,
  ShaderMaterial,
  SphereGeometry,
  Sprite,
  SpriteMaterial,
  Vector3,
  Vector4,
} from "three";
import { SKY, lamps, light, setCheap } from "./shade";

const DOME_VERTEX = /* glsl */ `
varying vec3 vDirection;
varying float vTurn;
void main() {
  vDirection = position;
  vTurn = uv.x;
  vec4 p = projectionMatrix * mat4(mat3(viewMatrix)) * vec4(position, 1.0);
  gl_Position = p.xyww;
}
`;

const HILLS = /* glsl */ `
uniform sampler2D uView; // red: far hills, green: near ones, blue: lights of a town
float hash(float n) { return fract(sin(n * 127.1) * 43758.5453); }
float ridge(float a, float seed) {
  return 0.5 + 0.26 * sin(a * 3.0 + seed) + 0.16 * sin(a * 7.0 + seed * 2.3) + 0.08 * sin(a * 19.0 + seed * 5.1);
}
vec3 landscape(vec3 d, float turn) {
  vec3 c = skyAt(d, 0.02);
  vec3 haze = mix(uHorizon, uZenith, 0.15);
  vec3 farHill = mix(haze, vec3(0.22, 0.30, 0.40) * (1.0 - uNight * 0.93), 0.42);
  vec3 nearHill = mix(haze, vec3(0.14, 0.20, 0.24) * (1.0 - uNight * 0.95), 0.62);
  #ifdef CHEAP
  vec3 view = texture2D(uView, vec2(turn + 0.25, d.y / ${VIEW_HIGH().toFixed(3)})).rgb;
  c = mix(mix(c, farHill, view.r), nearHill, view.g) + vec3(1.0, 0.72, 0.38) * view.b * uNight * 0.7;
  #else
  if (d.y > 0.15 && uNight < 0.02) return c;
  float a = atan(d.x, d.z);
  float far = 0.015 + 0.085 * ridge(a, 1.7);
  float near = 0.002 + 0.052 * ridge(a * 1.3, 4.2);
  c = mix(c, farHill, 1.0 - smoothstep(far - 0.002, far + 0.002, d.y));
  c = mix(c, nearHill, 1.0 - smoothstep(near - 0.002, near + 0.002, d.y));
  if (uNight > 0.02 && d.y > 0.002) {
    float cell = floor(a * 130.0);
    float on = step(0.74, hash(cell)) * smoothstep(0.45, 0.1, abs(fract(a * 130.0) - 0.5));
    float high = 0.004 + 0.018 * hash(cell + 9.0);
    c += vec3(1.0, 0.72, 0.38) * on * (1.0 - smoothstep(0.0, 0.003, abs(d.y - high))) * uNight * 0.7;
    vec2 star = floor(vec2(a * 260.0, d.y * 260.0));
    c += vec3(0.7, 0.8, 1.0) * step(0.9965, hash(star.x * 1.7 + star.y * 31.0)) * smoothstep(0.15, 0.45, d.y) * uNight * 0.5 * (1.0 - uWet);
  }
  #endif
  return mix(c, mix(uGround, uHorizon, 0.72), 1.0 - smoothstep(-0.012, 0.0, d.y));
}
`;

const DOME_FRAGMENT =
  SKY +
  HILLS +
  /* glsl */ `
varying vec3 vDirection;
varying float vTurn;
void main() { gl_FragColor = vec4(finish(landscape(normalize(vDirection), vTurn)), 1.0); }
`;

// What light does on the ground: what the ground's colour is multiplied with, and what is added to it.
const ROAD_LIGHT = /* glsl */ `
uniform float uTravel, uStudio;
uniform vec2 uFront, uTail, uTurn;
uniform vec4 uBeam; // low, high, fog, inside glow
#ifdef CHEAP
varying vec3 vBright, vAdded;
varying float vDetail;
#endif
varying vec3 vWorld;
float two(float x) { return x * x; }
float pool(vec2 p, float spread, float reach) {
  float along = p.y - 2.4;
  float wide = 0.5 + along * spread;
  float beam = exp(-two((abs(p.x) - 0.35) / wide)) * smoothstep(0.0, 1.4, along) * exp(-along / reach);
  return along > 0.0 ? beam : 0.0;
}
void fall(vec3 p, float smooth_, out vec3 bright, out vec3 added) {
  vec2 q = abs(p.xz) - vec2(0.62, 2.0);
  float body = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0);
  float shadow = smoothstep(0.75, -0.45, body);
  vec2 sunward = p.xz + uSun.xz / max(uSun.y, 0.3) * 0.5;
  vec2 sq = abs(sunward) - vec2(0.78, 2.2);
  float thrown = smoothstep(0.25, -0.2, length(max(sq, 0.0)) + min(max(sq.x, sq.y), 0.0)) * (1.0 - uNight) * (1.0 - uWet * 0.8);
  bright = (mix(uHorizon, uZenith, 0.5) * 0.9 + uBands * 0.25) * (1.0 - 0.94 * shadow);
  bright += uSunColour * max(uSun.y, 0.0) * 0.75 * (1.0 - thrown) * (1.0 - shadow);
  if (uBeam.x + uBeam.y + uBeam.z > 0.0) bright += vec3(1.0, 0.97, 0.9) *
    (uBeam.x * 9.0 * pool(p.xz, 0.16, 9.0) + uBeam.y * 9.0 * pool(p.xz, 0.10, 30.0) + uBeam.z * 3.0 * pool(p.xz, 0.5, 3.0));
  float behind = exp(-two(p.x) - two((p.z + 2.9) / 0.75)) * step(p.z, -2.0);
  vec3 red = vec3(1.0, 0.05, 0.03) * behind * (uTail.x * 0.8 + uTail.y * 1.8);
  float corner = exp(-two((abs(p.z) - 2.4) / 0.6) - two((abs(p.x) - 1.25) / 0.6));
  vec3 amber = vec3(1.2, 0.45, 0.03) * corner * (p.x > 0.0 ? uTurn.x : uTurn.y) * 1.6;
  vec3 glow = uGlow * uBeam.w * smoothstep(1.1, 0.2, abs(body)) * 0.5;
  bright += red + amber + glow;
  added = red * smooth_ * 0.3 + amber * smooth_ * 0.2 + glow * 0.05;
  vec3 view = normalize(cameraPosition - p);
  float edge = 1.0 - max(view.y, 0.0);
  edge *= edge;
  edge *= edge;
  added += skyAt(reflect(-view, vec3(0.0, 1.0, 0.0)), 0.08) * smooth_ * (0.06 + 0.94 * edge) * (1.0 - shadow * 0.8);
  float fog = 1.0 - exp(-length(p.xz - cameraPosition.xz) * mix(0.010, 0.028, max(uWet, uStudio * 0.9)));
  bright *= 1.0 - fog;
  added = mix(added, mix(uGround, uHorizon, 0.72), fog);
}
float smoothness(float blot) { return mix(0.04 + 0.5 * uWet * (0.45 + 0.55 * blot), 0.16 + 0.4 * uWet, uStudio); }
float detail(vec3 p) { return smoothstep(22.0, 5.0, length(p.xz - cameraPosition.xz)); }
`;

const ROAD_VERTEX =
  SKY +
  ROAD_LIGHT +
  /* glsl */ `
void main() {
  vec4 world = modelMatrix * vec4(position, 1.0);
  vWorld = world.xyz;
  #ifdef CHEAP
  fall(vWorld, smoothness(0.5), vBright, vAdded);
  vDetail = detail(vWorld);
  #endif
  gl_Position = projectionMatrix * viewMatrix * world;
}
`;

const ROAD_FRAGMENT =
  SKY +
  ROAD_LIGHT +
  /* glsl */ `
uniform sampler2D uGrain;
void main() {
  vec3 p = vWorld;
  vec2 at = vec2(p.x, p.z + uTravel);
  #ifdef CHEAP
  float near = vDetail;
  float blot = 0.5;
  #else
  float near = detail(p);
  float blot = texture2D(uGrain, at * 0.013).r;
  #endif
  float grain = mix(0.5, texture2D(uGrain, at * 0.31).r, near);
  float on_road = 1.0 - smoothstep(5.45, 5.6, abs(p.x + 1.75));
  vec3 asphalt = vec3(0.105, 0.108, 0.115) * (0.82 + 0.36 * grain) * (1.0 - 0.4 * uWet);
  vec3 grass = mix(vec3(0.11, 0.125, 0.075), vec3(0.16, 0.165, 0.10), blot) * (0.8 + 0.4 * grain);
  float line = 0.0;
  float dash = step(fract(at.y / 9.0), 0.45);
  line = max(line, (1.0 - smoothstep(0.06, 0.085, abs(abs(p.x) - 1.75))) * dash);
  line = max(line, 1.0 - smoothstep(0.07, 0.095, abs(abs(p.x + 1.75) - 5.2)));
  vec3 road = mix(asphalt, vec3(0.78), line * 0.85);
  vec3 floor_ = mix(grass, road, on_road);
  vec3 slab = vec3(0.185, 0.19, 0.20) * (0.93 + 0.14 * grain);
  vec2 tile = abs(fract(at / 1.6) - 0.5);
  slab *= 1.0 - 0.22 * smoothstep(0.492, 0.497, max(tile.x, tile.y)) * smoothstep(0.0, 0.65, near);
  floor_ = mix(floor_, slab, uStudio);
  #ifdef CHEAP
  gl_FragColor = vec4(finish(floor_ * vBright + vAdded), 1.0);
  #else
  vec3 bright, added;
  fall(p, smoothness(texture2D(uGrain, at * 0.021).r), bright, added);
  gl_FragColor = vec4(finish(floor_ * bright + added), 1.0);
  #endif
}
`;

// A net over the ground, close under the car, where shadow and lamps change quickly, and wide beyond.
function ground(): BufferGeometry {
  const half = (near: number, step: number, far: readonly number[]) => [
    ...Array.from({ length: Math.round(near / step) + 1 }, (_, i) => i * step),
    ...far,
  ];
  const both = (side: readonly number[]) => [...side.slice(1).reverse().map((value) => -value), ...side];
  const xs = both(half(2, 0.4, [2.5, 3.5, 5, 8, 16, 50, 200]));
  const zs = both(half(3.6, 0.4, [4.2, 5, 6, 8, 11, 15, 21, 30, 48, 90, 200]));
  const made = new PlaneGeometry(1, 1, xs.length - 1, zs.length - 1);
  const at = made.getAttribute("position");
  zs.forEach((z, row) => xs.forEach((x, column) => at.setXY(row * xs.length + column, x, -z)));
  return made;
}

// The hills and lights of the landscape as a picture, for a machine that cannot work them out for every pixel.
function VIEW_HIGH(): number {
  return 0.128;
}

function farView(): DataTexture {
  const [width, height] = [2048, 128];
  const data = new Uint8Array(width * height * 4);
  const clamp = (t: number) => Math.min(1, Math.max(0, t));
  const smooth = (from: number, to: number, at: number) => {
    const t = clamp((at - from) / (to - from));
    return t * t * (3 - 2 * t);
  };
  const ridge = (a: number, seed: number) =>
    0.5 + 0.26 * Math.sin(a * 3 + seed) + 0.16 * Math.sin(a * 7 + seed * 2.3) + 0.08 * Math.sin(a * 19 + seed * 5.1);
  const hash = (n: number) => {
    const wide = Math.sin(n * 127.1) * 43758.5453;
    return wide - Math.floor(wide);
  };
  for (let x = 0; x < width; x += 1) {
    const a = ((x + 0.5) / width) * 2 * Math.PI - Math.PI;
    const far = 0.015 + 0.085 * ridge(a, 1.7);
    const near = 0.002 + 0.052 * ridge(a * 1.3, 4.2);
    const cell = Math.floor(a * 130);
    const on = hash(cell) > 0.74 ? smooth(0.45, 0.1, Math.abs(a * 130 - cell - 0.5)) : 0;
    const high = 0.004 + 0.018 * hash(cell + 9);
    for (let y = 0; y < height; y += 1) {
      const up = ((y + 0.5) / height) * VIEW_HIGH();
      const i = (y * width + x) * 4;
      data[i] = 255 * (1 - smooth(far - 0.002, far + 0.002, up));
      data[i + 1] = 255 * (1 - smooth(near - 0.002, near + 0.002, up));
      data[i + 2] = 255 * on * (1 - smooth(0, 0.003, Math.abs(up - high)));
      data[i + 3] = 255;
    }
  }
  const texture = new DataTexture(data, width, height);
  texture.wrapS = RepeatWrapping;
  texture.magFilter = texture.minFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}

export class World {
  readonly root = new Group();
  readonly travel = { value: 0 };
  readonly studio = { value: 1 };
  readonly beam = { value: new Vector4(0, 0, 0, 0) };
  private readonly view: { value: DataTexture | null } = { value: null };
  private readonly posts: InstancedMesh;
  private readonly lampsAlong: InstancedMesh;
  private readonly lampHeads: InstancedMesh;
  private readonly rain: LineSegments;
  private readonly drops: Float32Array;
  private readonly matrix = new Matrix4();
  private rainAmount = 0;

  constructor() {
    const dome = new Mesh(
      new SphereGeometry(10, 24, 8),
      new ShaderMaterial({
        vertexShader: DOME_VERTEX,
        fragmentShader: DOME_FRAGMENT,
        uniforms: { ...light, uView: this.view },
        side: BackSide,
        depthWrite: false,
      }),
    );
    dome.frustumCulled = false;
    dome.renderOrder = 2; // last of what is solid: where the car stands, no sky is worked out
    const floor = new Mesh(
      ground(),
      new ShaderMaterial({
        vertexShader: ROAD_VERTEX,
        fragmentShader: ROAD_FRAGMENT,
        uniforms: { ...light, ...lamps, uTravel: this.travel, uStudio: this.studio, uBeam: this.beam, uGrain: { value: grain() } },
      }),
    );
    floor.rotation.x = -Math.PI / 2;
    floor.renderOrder = 1;
    this.posts = new InstancedMesh(new BoxGeometry(0.1, 0.9, 0.1), new MeshBasicMaterial({ color: 0xdfe4ea }), 24);
    this.lampsAlong = new InstancedMesh(new CylinderGeometry(0.05, 0.09, 7, 8), new MeshBasicMaterial({ color: 0x4a5058 }), 8);
    this.lampHeads = new InstancedMesh(new BoxGeometry(1.5, 0.06, 0.22), new MeshBasicMaterial({ color: 0xffe6b8 }), 8);
    for (const rows of [this.posts, this.lampsAlong, this.lampHeads]) rows.frustumCulled = false;
    this.drops = new Float32Array(420 * 3);
    for (let i = 0; i < 420; i += 1) this.drops.set([(Math.random() - 0.5) * 14, Math.random() * 6, (Math.random() - 0.5) * 14], i * 3);
    const streaks = new BufferGeometry();
    streaks.setAttribute("position", new BufferAttribute(new Float32Array(420 * 6), 3));
    this.rain = new LineSegments(streaks, new LineBasicMaterial({ color: 0xb8cfe6, transparent: true, opacity: 0.3, depthWrite: false }));
    this.rain.frustumCulled = false;
    this.rain.visible = false;
    this.root.add(dome, floor, this.posts, this.lampsAlong, this.lampHeads, this.rain);
  }

  setCheap(cheap: boolean): void {
    if (cheap) this.view.value ??= farView();
    setCheap(this.root, cheap);
  }

  // daylight and rain from 0 to 1.
  weather(daylight: number, rain: number, moving: boolean): void {
    const day = Math.max(0, Math.min(1, daylight));
    const night = Math.max(0, Math.min(1, (0.3 - day) / 0.25));
    const grey = rain > 0 ? 0.35 + 0.65 * rain : 0;
    const mix = (out: Color, dark: number, bright: number, wet: number) =>
      out
        .set(dark)
        .lerp(new Color(bright), 1 - night)
        .lerp(new Color(wet).multiplyScalar(0.16 + 0.84 * (1 - night)), grey * 0.75);
    mix(light.uZenith.value, 0x101b36, 0x3a6ea8, 0x6d7a88);
    mix(light.uHorizon.value, 0x2b3e60, 0xc9d8e4, 0xa9b2bb);
    mix(light.uGround.value, 0x0a0d13, 0x5a6066, 0x4a5056);
    light.uSunColour.value
      .set(0x9fb8ff)
      .multiplyScalar(0.1)
      .lerp(new Color(1.0, 0.93, 0.82).multiplyScalar(0.4 + 0.75 * day), 1 - night)
      .multiplyScalar(1 - 0.7 * grey);
    light.uBands.value = 0.44 + 0.22 * (1 - night);
    light.uNight.value = night;
    light.uWet.value = Math.min(1, grey);
    this.rainAmount = rain;
    this.rain.visible = rain > 0.01;
    const visible = moving ? 1 : 0;
    this.studio.value = 1 - visible;
    for (const rows of [this.posts, this.lampsAlong, this.lampHeads]) rows.visible = moving;
    (this.posts.material as MeshBasicMaterial).color.set(0xdfe4ea).multiplyScalar(0.1 + 0.8 * (1 - night));
    (this.lampsAlong.material as MeshBasicMaterial).color.set(0x59616a).multiplyScalar(0.12 + 0.8 * (1 - night));
    (this.lampHeads.material as MeshBasicMaterial).color.set(night > 0.4 ? 0xffe6b8 : 0x7a8088);
  }

  // Moves what passes by; `travel` is how far the car has come.
  drive(travel: number): void {
    this.travel.value = travel;
    const wrap = (z: number, length: number) => ((((z - travel) % length) + length) % length) - length / 2 + 10;
    for (let i = 0; i < 24; i += 1) {
      const side = i % 2 === 0 ? 4.4 : -7.9;
      this.matrix.makeTranslation(side, 0.45, wrap(Math.floor(i / 2) * 12, 144));
      this.posts.setMatrixAt(i, this.matrix);
    }
    for (let i = 0; i < 8; i += 1) {
      const z = wrap(i * 26, 208);
      this.matrix.makeTranslation(-8.9, 3.5, z);
      this.lampsAlong.setMatrixAt(i, this.matrix);
      this.matrix.makeTranslation(-8.25, 6.95, z);
      this.lampHeads.setMatrixAt(i, this.matrix);
    }
    for (const rows of [this.posts, this.lampsAlong, this.lampHeads]) rows.instanceMatrix.needsUpdate = true;
  }

  fall(seconds: number, speed: number, at: Vector3): void {
    if (!this.rain.visible) return;
    const positions = this.rain.geometry.getAttribute("position") as BufferAttribute;
    const shown = Math.round(420 * Math.min(1, 0.25 + this.rainAmount));
    const wind = Math.min(9, speed * 0.22);
    for (let i = 0; i < shown; i += 1) {
      let y = this.drops[i * 3 + 1]! - seconds * 9;
      let z = this.drops[i * 3 + 2]! - seconds * wind;
      if (y < 0) y += 6;
      if (z < -7) z += 14;
      this.drops[i * 3 + 1] = y;
      this.drops[i * 3 + 2] = z;
      const x = this.drops[i * 3]! + at.x * 0.4;
      const zz = z + at.z * 0.4;
      const inside = Math.abs(x) < 1 && Math.abs(zz) < 2.5; // nobody rains into the car
      const base = inside ? Math.max(y, 1.75) : y;
      positions.setXYZ(i * 2, x, base, zz);
      positions.setXYZ(i * 2 + 1, x, base + (inside && y < 1.75 ? 0 : 0.26), zz + 0.03 * wind);
    }
    positions.needsUpdate = true;
    this.rain.geometry.setDrawRange(0, shown * 2);
  }
}

// Blotches that repeat without a seam, worked out once.
function grain(): DataTexture {
  const size = 128;
  const data = new Uint8Array(size * size);
  const random = (() => {
    let state = 7;
    return () => ((state = (state * 48271) % 2147483647) & 0xffff) / 0xffff;
  })();
  const layers = [4, 16, 64, 128].map((cells) => ({ cells, values: Array.from({ length: cells * cells }, random) }));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      let sum = 0;
      for (const { cells, values } of layers) {
        const [fx, fy] = [(x / size) * cells, (y / size) * cells];
        const [ix, iy] = [Math.floor(fx), Math.floor(fy)];
        const [tx, ty] = [fx - ix, fy - iy].map((t) => t * t * (3 - 2 * t)) as [number, number];
        const at = (i: number, j: number) => values[(j % cells) * cells + (i % cells)]!;
        sum += (at(ix, iy) * (1 - tx) + at(ix + 1, iy) * tx) * (1 - ty) + (at(ix, iy + 1) * (1 - tx) + at(ix + 1, iy + 1) * tx) * ty;
      }
      data[y * size + x] = Math.round((sum / layers.length) * 255);
    }
  }
  const texture = new DataTexture(data, size, size, RedFormat);
  texture.wrapS = texture.wrapT = RepeatWrapping;
  texture.magFilter = LinearFilter;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.generateMipmaps = true;
  texture.needsUpdate = true;
  return texture;
}

// A soft light around a lamp, in place of an expensive bloom.
export function halo(colour: number, size: number): Sprite {
  const sprite = new Sprite(
    new SpriteMaterial({
      map: haloTexture(),
      color: colour,
      transparent: true,
      blending: AdditiveBlending,
      depthWrite: false,
      depthTest: false,
      opacity: 0,
    }),
  );
  sprite.scale.setScalar(size);
  sprite.visible = false;
  return sprite;
}

let sharedHalo: CanvasTexture | null = null;

function haloTexture(): CanvasTexture {
  if (sharedHalo) return sharedHalo;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const draw = canvas.getContext("2d")!;
  const ramp = draw.createRadialGradient(32, 32, 0, 32, 32, 32);
  ramp.addColorStop(0, "rgba(255,255,255,1)");
  ramp.addColorStop(0.25, "rgba(255,255,255,0.35)");
  ramp.addColorStop(1, "rgba(255,255,255,0)");
  draw.fillStyle = ramp;
  draw.fillRect(0, 0, 64, 64);
  sharedHalo = new CanvasTexture(canvas);
  return sharedHalo;
}
