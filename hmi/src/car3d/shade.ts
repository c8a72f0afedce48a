// How everything is lit: one cheap shader. The surroundings (sky, horizon, studio light bands) are a formula instead of a picture, so
// reflections cost a few operations, follow day and night at once, and run in software rendering too.

import {
  Color,
  DoubleSide,
  FrontSide,
  ShaderMaterial,
  Uint32BufferAttribute,
  Vector2,
  Vector3,
  type BufferAttribute,
  type Mesh,
  type Object3D,
  type Texture,
} from "three";

// Shared by all materials; changed in one place, seen by every shader.
export const light = {
  uSun: { value: new Vector3(0.45, 0.62, 0.55).normalize() },
  uSunColour: { value: new Color(1, 0.95, 0.86) },
  uZenith: { value: new Color(0.25, 0.45, 0.75) },
  uHorizon: { value: new Color(0.8, 0.86, 0.92) },
  uGround: { value: new Color(0.16, 0.17, 0.19) },
  uBands: { value: 0.6 },
  uWet: { value: 0 },
  uTime: { value: 0 },
  uNight: { value: 0 },
  uGlow: { value: new Color(0, 0, 0) }, // what shines from inside the car
};

export const lamps = {
  uFront: { value: new Vector2(0, 0) }, // daytime line, headlamps
  uTail: { value: new Vector2(0.15, 0) }, // tail, brake
  uTurn: { value: new Vector2(0, 0) }, // left, right
};

export const SKY = /* glsl */ `
uniform vec3 uSun, uSunColour, uZenith, uHorizon, uGround, uGlow;
uniform float uBands, uWet, uTime, uNight;
vec3 skyAt(vec3 d, float blur) {
  float h = d.y;
  vec3 sky = mix(uHorizon, uZenith, smoothstep(-0.02, 0.55, h));
  float toSun = max(dot(d, uSun), 0.0);
  float near = toSun * toSun * toSun;
  near *= near;
  float disc = near * near * near;
  disc *= disc;
  sky += uSunColour * (0.30 * near + 0.5 * disc) * (1.0 - uWet * 0.8);
  return mix(uGround, sky, smoothstep(-0.02 - blur * 0.6, 0.02 + blur * 0.6, h));
}
vec3 surroundings(vec3 d, float blur) {
  vec3 c = skyAt(d, blur);
  float edge = 0.03 + blur * 0.4;
  float overhead = smoothstep(0.80 - edge, 0.80 + edge, d.y) * (1.0 - smoothstep(0.55 - edge, 0.55 + edge, abs(d.x)));
  float side = smoothstep(0.16 - edge, 0.20 + edge, d.y) * (1.0 - smoothstep(0.40 - edge, 0.46 + edge, d.y));
  side *= smoothstep(0.25, 0.6, abs(d.x));
  return c + uBands * (vec3(1.25, 1.27, 1.3) * overhead + vec3(0.55, 0.6, 0.68) * side);
}
vec3 finish(vec3 c) {
  c = c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14);
  return sqrt(clamp(c, 0.0, 1.0));
}
`;

// Every part is drawn by one of two shaders. FINE works out the light for every pixel. CHEAP works it out for every corner of the mesh and
// leaves to a pixel little more than what is cut out of the sheet metal: what a machine without a graphics processor can do. A processor
// runs both sides of every branch and goes on after a discard, so what a part has no use for is left out when it is compiled: PART and the
// zone (NOSE, TAIL, BAND, TOP, or the side between the bumpers) say what can lie on it.
const LIT = /* glsl */ `
uniform vec3 uColour, uEmissive;
uniform float uMetal, uRough, uClear, uFade;
// The light at a point: what is multiplied with the colour there, and what is added to it.
void shine(vec3 n, vec3 world, float metal, float rough, float clear, out vec3 base, out vec3 sheen) {
  vec3 view = normalize(cameraPosition - world);
  vec3 bounce = reflect(-view, n);
  float up = n.y * 0.5 + 0.5;
  vec3 sky = mix(uHorizon, uZenith, 0.45);
  #ifdef INSIDE
  sky = vec3(dot(sky, vec3(0.35, 0.45, 0.2))) * vec3(0.72, 0.69, 0.66);
  #endif
  vec3 ambient = mix(uGround * 0.7, sky, up) * 0.85 + uBands * 0.22 * up;
  base = (ambient + uSunColour * max(dot(n, uSun), 0.0) * 0.75) * (1.0 - metal * 0.72);
  float edge = 1.0 - max(dot(n, view), 0.0);
  edge *= edge * edge * edge;
  #ifdef INSIDE
  // No studio lights in a cabin: a soft sheen at grazing angles is enough.
  sheen = vec3((0.02 + 0.10 * edge) * (1.0 - rough) * (0.2 + dot(uHorizon, vec3(0.33))));
  #else
  // One look around serves paint and lacquer.
  vec3 around = surroundings(bounce, clear > 0.0 ? 0.05 : rough);
  float coat = clear * (0.045 + 0.75 * edge);
  float grazing = edge * (1.0 - rough) * 0.6;
  base += around * (1.0 - coat) * metal * (1.0 - grazing);
  sheen = around * ((1.0 - coat) * ((1.0 - metal) * 0.04 * (1.0 - rough) * (1.0 - grazing) + grazing) + coat);
  #endif
  float sun = exp2((dot(bounce, uSun) - 1.0) * mix(600.0, 22.0, rough)) * mix(2.2, 0.25, rough) * (1.0 - uNight) * (1.0 - uWet * 0.9);
  sheen += uSunColour * sun * (clear + metal * 0.4 + 0.1);
}
vec3 inner(vec3 n) { // the inside of the skin
  vec3 c = vec3(0.030, 0.031, 0.034) * (0.25 + 0.75 * dot(uHorizon, vec3(0.33))) * (0.75 - 0.25 * n.y);
  return c + uGlow * 0.035 * mix(0.15, 1.0, uNight);
}
vec3 plainly(vec3 n, vec3 world) {
  vec3 base, sheen;
  shine(n, world, uMetal, uRough, uClear, base, sheen);
  vec3 c = uColour * base + sheen;
  #ifdef INSIDE
  c = c * mix(0.8, 1.0, 1.0 - uNight) + (uColour * (0.5 + 0.3 * n.y) + 0.012) * uGlow * mix(0.22, 1.0, uNight);
  #endif
  return finish(c + uEmissive);
}
`;

const GLAZED = /* glsl */ `
uniform float uTint;
vec4 glazed(vec3 n, vec3 world) {
  vec3 view = normalize(cameraPosition - world);
  float edge = 1.0 - max(dot(n, view), 0.0);
  edge *= edge;
  edge *= edge;
  float mirrored = 0.05 + 0.75 * edge;
  return vec4(surroundings(reflect(-view, n), 0.02) * mirrored, uTint + mirrored * 0.6);
}
`;

const VARYING = /* glsl */ `
#ifdef BODY
varying vec4 vPlace;
#endif
#ifdef CHEAP
varying vec3 vShade;
#ifdef SKIN
varying vec3 vBlack, vBright, vInner;
#endif
#ifdef PANE
varying float vAlpha;
#endif
#else
varying vec3 vNormal2, vWorld;
#endif
`;

const VERTEX = /* glsl */ `
#ifdef BODY
attribute vec4 place;
#endif
void main() {
  vec4 world = modelMatrix * vec4(position, 1.0);
  gl_Position = projectionMatrix * viewMatrix * world;
  vec3 n = normalize(mat3(modelMatrix) * normal);
  #ifdef BODY
  vPlace = place;
  #endif
  #ifndef CHEAP
  vWorld = world.xyz;
  vNormal2 = n;
  #elif defined(SKIN)
  vec3 base, sheen;
  shine(n, world.xyz, uMetal, uRough, uClear, base, sheen);
  float low = mix(0.55, 1.0, smoothstep(0.05, 0.5, place.y)); // the ground takes light away
  vShade = finish((uColour * base + sheen) * low);
  vBlack = finish((vec3(0.012, 0.013, 0.015) * base + sheen) * low);
  vBright = finish((vec3(0.62, 0.65, 0.68) * base + sheen) * low);
  vInner = finish(inner(n));
  #elif defined(PANE)
  vec4 c = glazed(n, world.xyz);
  vShade = finish(c.rgb);
  vAlpha = c.a;
  #else
  #ifdef OPEN
  if (dot(n, cameraPosition - world.xyz) < 0.0) n = -n;
  #endif
  vShade = plainly(n, world.xyz);
  #endif
}
`;

// What belongs to which part, in places on the closed car.
const PARTS = /* glsl */ `
uniform sampler2D uCut, uTrim;
float box(vec2 p, vec2 half_size, float r) { vec2 q = abs(p) - half_size + r; return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - r; }
float hoodAt(vec4 p) { return max(box(vec2(p.x, p.z - 1.715), vec2(3.0, 0.585), 0.05), (3.0 - p.w) - 0.985); }
float hatchAt(vec4 p) {
  #ifdef TOP
  return max(p.z + 1.93, abs(p.x) - 0.60 - 0.16 * smoothstep(-1.95, -2.35, p.z));
  #elif defined(BAND)
  return max(p.z + 2.3, abs(p.x) - 0.735);
  #else
  return max(max(p.z + 2.2, abs(p.x) - 0.735), 0.56 - p.y);
  #endif
}
float wheelArch(vec3 p) {
  float front = length(vec2(p.z - ${AXLES().front}, p.y - 0.40)) - 0.445;
  float rear = length(vec2(p.z + ${AXLES().rear}, p.y - 0.40)) - 0.445;
  return min(front, rear);
}
`;

function AXLES(): { front: string; rear: string } {
  return { front: "1.53", rear: "1.50" };
}

const BODY_MAIN = /* glsl */ `
uniform vec2 uFront, uTail, uTurn;
uniform float uCutaway;
void main() {
  vec4 p = vPlace;
  float ax = abs(p.x);
  float black = 0.0, line = 0.0, bright = 0.0;
  vec3 shining = vec3(0.0);
  if (uCutaway > 0.0 && p.z < 1.12 && p.y > 2.0 - uCutaway) discard;
  #ifdef TOP
  bool behind = p.z < -1.94;
  float s = 3.0 - p.w;
  #if PART == 0 || PART == 3
  float hood = hoodAt(p);
  if (PART == 0 ? hood < 0.0 : hood > 0.0) discard;
  line = max(line, 1.0 - smoothstep(0.003, 0.008, abs(hood)));
  #endif
  // Panoramic roof, windscreen and rear window: what is around the glass is black.
  black = step(p.z, 1.10) * step(s, 0.93) * (behind ? step(1.055, p.y) : 1.0);
  #else
  vec2 at = vec2((p.z + 2.6) / 5.2, p.w / 2.0);
  vec4 cut = texture2D(uCut, at);
  if (cut.b > 0.5) discard;
  #if PART == 0
  if (cut.r > 0.5 || cut.g > 0.5) discard;
  #elif PART == 1
  if (cut.r < 0.5) discard;
  #elif PART == 2
  if (cut.g < 0.5) discard;
  #endif
  vec4 trim = texture2D(uTrim, at);
  black = trim.g;
  line = trim.r;
  bright = step(0.4, trim.b);
  #endif
  #if (PART == 0 || PART == 4) && (defined(TOP) || defined(BAND) || defined(TAIL))
  float hatch = hatchAt(p);
  if (PART == 0 ? hatch < 0.0 : hatch > 0.0) discard;
  #ifdef TOP
  if (PART == 4 && behind && p.y > 1.085 && s < 0.87) discard;
  line = max(line, 1.0 - smoothstep(0.003, 0.008, abs(hatch)));
  #else
  line = max(line, step(p.z, -2.0) * (1.0 - smoothstep(0.004, 0.009, abs(hatch))));
  #endif
  #endif
  #if !defined(TOP) && !defined(BAND) && !defined(NOSE) && !defined(TAIL)
  float arch = wheelArch(p.xyz);
  if (arch < 0.0) discard;
  black = max(black, 1.0 - smoothstep(0.018, 0.026, arch)); // arch lip
  #endif
  #if defined(NOSE) || defined(TAIL)
  float side = p.x > 0.0 ? uTurn.x : uTurn.y;
  #endif
  #ifdef NOSE
  float rise = p.y - 0.70 - 0.03 * smoothstep(0.55, 0.95, ax);
  float bar = box(vec2(ax, rise), vec2(0.93, 0.009), 0.009);
  float lens = box(vec2(ax - 0.74, p.y - 0.585), vec2(0.13, 0.042), 0.035);
  float mouth = box(vec2(ax, p.y - 0.335), vec2(0.62, 0.065), 0.05);
  float curtain = box(vec2(ax - 0.83, p.y - 0.42), vec2(0.03, 0.12), 0.03);
  float seam = box(vec2(ax, rise), vec2(0.96, 0.022), 0.02);
  black = max(black, 1.0 - smoothstep(-0.004, 0.004, min(min(lens, mouth), min(seam, curtain))));
  vec3 white = vec3(0.92, 0.97, 1.1);
  float on = 1.0 - smoothstep(-0.003, 0.005, bar);
  shining += white * on * (0.10 + 1.6 * uFront.x);
  shining += vec3(1.2, 0.5, 0.03) * on * smoothstep(0.5, 0.56, ax) * side * 1.5;
  float led = box(vec2(mod(ax - 0.655, 0.057) - 0.0285, p.y - 0.585), vec2(0.020, 0.022), 0.012);
  if (lens < -0.008) shining += white * (1.0 - smoothstep(-0.004, 0.004, led)) * (0.07 + 2.4 * uFront.y);
  if (mouth < -0.01) shining += vec3(0.012) * step(0.5, fract(p.y * 42.0));
  #endif
  #ifdef TAIL
  float rise = p.y - 0.955 + 0.02 * smoothstep(0.6, 0.95, ax);
  float bar = box(vec2(ax, rise), vec2(0.95, 0.017), 0.015);
  float frame = box(vec2(ax, rise), vec2(0.97, 0.036), 0.03);
  float lip = box(vec2(ax, p.y - 0.38), vec2(0.66, 0.07), 0.05);
  float plate = box(vec2(ax, p.y - 0.70), vec2(0.26, 0.055), 0.015);
  black = max(black, 1.0 - smoothstep(-0.004, 0.004, min(frame, lip)));
  float on = 1.0 - smoothstep(-0.004, 0.006, bar);
  shining += vec3(1.0, 0.035, 0.03) * on * (0.10 + 1.0 * uTail.x + 1.6 * uTail.y);
  shining += vec3(1.2, 0.42, 0.02) * on * smoothstep(0.6, 0.64, ax) * side * 1.6;
  line = max(line, (1.0 - smoothstep(0.002, 0.006, abs(plate))) * 0.7);
  #endif
  line = clamp(line, 0.0, 1.0);
  #ifdef CHEAP
  vec3 c = mix(mix(vShade, vBright, bright), vBlack, black) * (1.0 - 0.65 * line);
  #if defined(NOSE) || defined(TAIL)
  c = max(c, finish(shining));
  #endif
  gl_FragColor = vec4(gl_FrontFacing ? c : vInner, uFade);
  #else
  vec3 n = normalize(vNormal2);
  if (!gl_FrontFacing) {
    gl_FragColor = vec4(finish(inner(n)), uFade);
    return;
  }
  vec3 colour = mix(mix(uColour, vec3(0.62, 0.65, 0.68), bright), vec3(0.012, 0.013, 0.015), black);
  float metal = mix(uMetal, 0.85, bright) * (1.0 - black);
  float rough = mix(mix(uRough, 0.25, bright), 0.18, black);
  vec3 base, sheen;
  shine(n, vWorld, metal, rough, uClear, base, sheen);
  vec3 c = (colour * base + sheen) * mix(0.55, 1.0, smoothstep(0.05, 0.5, p.y)); // the ground takes light away
  gl_FragColor = vec4(finish(c * (1.0 - 0.88 * line) + shining), uFade);
  #endif
}
`;

const PLAIN_MAIN = /* glsl */ `
void main() {
  #ifdef CHEAP
  gl_FragColor = vec4(vShade, uFade);
  #else
  gl_FragColor = vec4(plainly(normalize(vNormal2) * (gl_FrontFacing ? 1.0 : -1.0), vWorld), uFade);
  #endif
}
`;

const GLASS_MAIN = /* glsl */ `
uniform float uDrop, uHeat, uCutaway;
void main() {
  vec4 p = vPlace;
  if (uCutaway > 0.0 && p.z < 1.2 && p.y > 2.0 - uCutaway) discard;
  float heat = 0.0;
  #ifdef TOP
  if (p.z < -1.9 && p.y < 1.075) discard;
  heat = uHeat * smoothstep(0.55, 1.0, sin(p.z * 190.0));
  #else
  float v = p.w + uDrop * 0.88;
  if (v > 1.999 || p.w < 1.04) discard;
  vec4 cut = texture2D(uCut, vec2((p.z + 2.6) / 5.2, v / 2.0));
  if (cut.b < 0.5) discard;
  #if PART == 0
  if (cut.r > 0.5 || cut.g > 0.5) discard;
  #elif PART == 1
  if (cut.r < 0.5) discard;
  #else
  if (cut.g < 0.5) discard;
  #endif
  #endif
  vec3 warm = vec3(1.1, 0.32, 0.08) * heat * 0.35;
  #ifdef CHEAP
  gl_FragColor = vec4(max(vShade, finish(warm)), clamp(vAlpha + heat * 0.3, 0.0, 0.96) * uFade);
  #else
  vec4 c = glazed(normalize(vNormal2), vWorld);
  gl_FragColor = vec4(finish(c.rgb + warm), clamp(c.a + heat * 0.3, 0.0, 0.96) * uFade);
  #endif
}
`;

export interface Look {
  colour?: number;
  metal?: number;
  rough?: number;
  clear?: number;
  emissive?: number;
  inside?: boolean;
  opacity?: number;
  solid?: boolean; // closed: nobody sees its back. What is inside the car is, unless it is `open`.
  open?: boolean;
}

function common(look: Look) {
  return {
    ...light,
    uColour: { value: new Color(look.colour ?? 0x888888) },
    uEmissive: { value: new Color(look.emissive ?? 0) },
    uMetal: { value: look.metal ?? 0 },
    uRough: { value: look.rough ?? 0.6 },
    uClear: { value: look.clear ?? 0 },
    uFade: { value: look.opacity ?? 1 },
  };
}

export function plain(look: Look): ShaderMaterial {
  const open = !look.solid && !(look.inside && !look.open);
  return new ShaderMaterial({
    vertexShader: SKY + VARYING + LIT + VERTEX,
    fragmentShader: SKY + VARYING + LIT + PLAIN_MAIN,
    uniforms: common(look),
    side: open ? DoubleSide : FrontSide,
    transparent: (look.opacity ?? 1) < 1,
    defines: { ...(look.inside ? { INSIDE: 1 } : {}), ...(open ? { OPEN: 1 } : {}) },
  });
}

export interface Cuts {
  cut: Texture;
  trim: Texture;
  cutaway: { value: number };
}

export type Zone = "SIDE" | "NOSE" | "TAIL" | "BAND" | "TOP";
export type Part = 0 | 1 | 2 | 3 | 4; // the shell, front door, rear door, hood, hatch

export function paint(look: Look, part: Part, zone: Zone, cuts: Cuts): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader: SKY + VARYING + LIT + VERTEX,
    fragmentShader: SKY + VARYING + LIT + PARTS + BODY_MAIN,
    defines: { BODY: 1, SKIN: 1, PART: part, [zone]: 1 },
    side: DoubleSide,
    uniforms: {
      ...common(look),
      ...lamps,
      uCut: { value: cuts.cut },
      uTrim: { value: cuts.trim },
      uCutaway: cuts.cutaway,
    },
  });
}

export function glass(part: Part, zone: "BAND" | "TOP", tint: number, cuts: Cuts): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader: SKY + VARYING + LIT + GLAZED + VERTEX,
    fragmentShader: SKY + VARYING + LIT + PARTS + GLAZED + GLASS_MAIN,
    defines: { BODY: 1, PANE: 1, PART: part, [zone]: 1 },
    side: FrontSide,
    transparent: true,
    depthWrite: false,
    uniforms: {
      ...common({}),
      uCut: { value: cuts.cut },
      uDrop: { value: 0 },
      uTint: { value: tint },
      uHeat: { value: 0 },
      uCutaway: cuts.cutaway,
    },
  });
}

// Draws everything below `root` the cheap way, or the fine one.
export function setCheap(root: Object3D, cheap: boolean): void {
  root.traverse((part) => {
    const { material, geometry } = part as Mesh;
    const coarse = geometry?.userData["coarse"] as number[] | undefined;
    if (coarse) {
      geometry.userData["fine"] ??= geometry.index;
      geometry.userData["few"] ??= new Uint32BufferAttribute(coarse, 1);
      geometry.setIndex(geometry.userData[cheap ? "few" : "fine"] as BufferAttribute);
    }
    if (!(material instanceof ShaderMaterial) || "CHEAP" in material.defines === cheap) return;
    if (cheap) material.defines["CHEAP"] = 1;
    else delete material.defines["CHEAP"];
    material.needsUpdate = true;
  });
}
