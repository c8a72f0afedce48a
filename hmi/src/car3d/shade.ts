// How everything is lit: one cheap shader. The surroundings (sky, horizon, studio light bands) are a formula instead of a picture, so
// reflections cost a few operations, follow day and night at once, and run in software rendering too.

import { Color, DoubleSide, FrontSide, ShaderMaterial, Vector2, Vector3, type Texture } from "three";

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

const VERTEX = /* glsl */ `
attribute vec4 place;
varying vec3 vNormal2, vWorld;
varying vec4 vPlace;
void main() {
  vec4 world = modelMatrix * vec4(position, 1.0);
  vWorld = world.xyz;
  vNormal2 = normalize(mat3(modelMatrix) * normal);
  #ifdef BODY
  vPlace = place;
  #else
  vPlace = vec4(position, 0.0);
  #endif
  gl_Position = projectionMatrix * viewMatrix * world;
}
`;

// What belongs to which part, in places on the closed car.
const PARTS = /* glsl */ `
uniform sampler2D uCut, uTrim;
uniform int uPart; // 0 the shell, 1 front door, 2 rear door, 3 hood, 4 hatch
float box(vec2 p, vec2 half_size, float r) { vec2 q = abs(p) - half_size + r; return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - r; }
float hoodAt(vec4 p) { return p.w < 2.0 ? 1.0 : max(box(vec2(p.x, p.z - 1.715), vec2(3.0, 0.585), 0.05), (3.0 - p.w) - 0.985); }
float hatchAt(vec4 p) {
  if (p.w >= 2.0) return max(p.z + 1.93, abs(p.x) - 0.60 - 0.16 * smoothstep(-1.95, -2.35, p.z));
  if (p.w >= 1.0) return max(p.z + 2.3, abs(p.x) - 0.735);
  return max(max(p.z + 2.2, abs(p.x) - 0.735), 0.56 - p.y);
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

const SURFACE = /* glsl */ `
uniform vec3 uColour, uEmissive;
uniform float uMetal, uRough, uClear, uFade;
varying vec3 vNormal2, vWorld;
varying vec4 vPlace;
vec3 lit(vec3 n, vec3 colour, float metal, float rough, float clear) {
  vec3 view = normalize(cameraPosition - vWorld);
  vec3 bounce = reflect(-view, n);
  float up = n.y * 0.5 + 0.5;
  vec3 sky = mix(uHorizon, uZenith, 0.45);
  #ifdef INSIDE
  sky = vec3(dot(sky, vec3(0.35, 0.45, 0.2))) * vec3(0.72, 0.69, 0.66);
  #endif
  vec3 ambient = mix(uGround * 0.7, sky, up) * 0.85 + uBands * 0.22 * up;
  vec3 diffuse = colour * (ambient + uSunColour * max(dot(n, uSun), 0.0) * 0.75) * (1.0 - metal * 0.72);
  float facing = max(dot(n, view), 0.0);
  float edge = 1.0 - facing;
  edge *= edge * edge * edge;
  #ifdef INSIDE
  // No studio lights in a cabin: a soft sheen at grazing angles is enough.
  float coat = 0.0;
  vec3 shine = vec3((0.02 + 0.10 * edge) * (1.0 - rough) * (0.2 + dot(uHorizon, vec3(0.33))));
  vec3 lacquer = vec3(0.0);
  #else
  // One look around serves paint and lacquer.
  vec3 around = surroundings(bounce, clear > 0.0 ? 0.05 : rough);
  vec3 base = mix(vec3(0.04) * (1.0 - rough), colour, metal);
  float coat = clear * (0.045 + 0.75 * edge);
  vec3 shine = around * (base + (1.0 - base) * edge * (1.0 - rough) * 0.6);
  vec3 lacquer = around * coat;
  #endif
  float sun = exp2((dot(bounce, uSun) - 1.0) * mix(600.0, 22.0, rough)) * mix(2.2, 0.25, rough) * (1.0 - uNight) * (1.0 - uWet * 0.9);
  return diffuse + shine * (1.0 - coat) + lacquer + uSunColour * sun * (clear + metal * 0.4 + 0.1);
}
`;

const BODY_MAIN = /* glsl */ `
uniform vec2 uFront, uTail, uTurn;
uniform float uCutaway;
void main() {
  vec4 p = vPlace;
  float ax = abs(p.x);
  vec4 cut = vec4(0.0);
  vec4 trim = vec4(0.0);
  if (p.w < 2.0) {
    vec2 at = vec2((p.z + 2.6) / 5.2, p.w / 2.0);
    cut = texture2D(uCut, at);
    trim = texture2D(uTrim, at);
  }
  float hood = hoodAt(p);
  float hatch = hatchAt(p);
  float arch = p.w < 1.0 ? wheelArch(p.xyz) : 1.0;
  if (arch < 0.0) discard;
  if (uPart == 0 && (cut.r > 0.5 || cut.g > 0.5 || hood < 0.0 || hatch < 0.0)) discard;
  if (uPart == 1 && cut.r < 0.5) discard;
  if (uPart == 2 && cut.g < 0.5) discard;
  if (uPart == 3 && hood > 0.0) discard;
  if (uPart == 4 && hatch > 0.0) discard;
  if (cut.b > 0.5) discard;
  if (uCutaway > 0.0 && p.z < 1.12 && p.y > 2.0 - uCutaway) discard;
  bool behind = p.w >= 2.0 && p.z < -1.94;
  if (uPart == 4 && behind && p.y > 1.085 && 3.0 - p.w < 0.87) discard;
  vec3 n = normalize(vNormal2);
  if (!gl_FrontFacing) { // the inside of the skin
    vec3 inner = vec3(0.030, 0.031, 0.034) * (0.25 + 0.75 * dot(uHorizon, vec3(0.33))) * (0.75 - 0.25 * n.y);
    gl_FragColor = vec4(finish(inner + uGlow * 0.035 * mix(0.15, 1.0, uNight)), uFade);
    return;
  }
  vec3 colour = uColour;
  float metal = uMetal, rough = uRough, clear = uClear;
  vec3 shining = vec3(0.0);
  float black = trim.g;
  float line = trim.r;
  // Panoramic roof, windscreen and rear window: what is around the glass is black.
  if (p.w >= 2.0) {
    float s = 3.0 - p.w;
    black = max(black, step(p.z, 1.10) * step(s, 0.93) * (behind ? step(1.055, p.y) : 1.0));
    line = max(line, 1.0 - smoothstep(0.003, 0.008, abs(hood)));
    line = max(line, 1.0 - smoothstep(0.003, 0.008, abs(hatch)));
  } else if (p.z < -2.0) line = max(line, 1.0 - smoothstep(0.004, 0.009, abs(hatch)));
  if (p.w < 1.0) black = max(black, 1.0 - smoothstep(0.018, 0.026, arch)); // arch lip
  if (p.w < 1.0 || p.z < -2.0) {
    float side = p.x > 0.0 ? uTurn.x : uTurn.y;
    if (p.z > 1.7) {
      float bar = box(vec2(ax, p.y - 0.70 - 0.03 * smoothstep(0.55, 0.95, ax)), vec2(0.93, 0.009), 0.009);
      float lens = box(vec2(ax - 0.74, p.y - 0.585), vec2(0.13, 0.042), 0.035);
      float mouth = box(vec2(ax, p.y - 0.335), vec2(0.62, 0.065), 0.05);
      float curtain = box(vec2(ax - 0.83, p.y - 0.42), vec2(0.03, 0.12), 0.03);
      float seam = box(vec2(ax, p.y - 0.70 - 0.03 * smoothstep(0.55, 0.95, ax)), vec2(0.96, 0.022), 0.02);
      if (p.z > 1.98) {
        black = max(black, 1.0 - smoothstep(-0.004, 0.004, min(min(lens, mouth), min(seam, curtain))));
        vec3 white = vec3(0.92, 0.97, 1.1);
        shining += white * (1.0 - smoothstep(-0.003, 0.005, bar)) * (0.10 + 1.6 * uFront.x);
        shining += vec3(1.2, 0.5, 0.03) * (1.0 - smoothstep(-0.003, 0.005, bar)) * smoothstep(0.5, 0.56, ax) * side * 1.5;
        float led = box(vec2(mod(ax - 0.655, 0.057) - 0.0285, p.y - 0.585), vec2(0.020, 0.022), 0.012);
        if (lens < -0.008) shining += white * (1.0 - smoothstep(-0.004, 0.004, led)) * (0.07 + 2.4 * uFront.y);
        if (mouth < -0.01) shining += vec3(0.012) * step(0.5, fract(p.y * 42.0));
      }
    }
    if (p.z < -1.75) {
      float bar = box(vec2(ax, p.y - 0.955 + 0.02 * smoothstep(0.6, 0.95, ax)), vec2(0.95, 0.017), 0.015);
      float frame = box(vec2(ax, p.y - 0.955 + 0.02 * smoothstep(0.6, 0.95, ax)), vec2(0.97, 0.036), 0.03);
      float lip = box(vec2(ax, p.y - 0.38), vec2(0.66, 0.07), 0.05);
      float plate = box(vec2(ax, p.y - 0.70), vec2(0.26, 0.055), 0.015);
      if (p.z < -2.0) {
        black = max(black, 1.0 - smoothstep(-0.004, 0.004, min(frame, lip)));
        float on = 1.0 - smoothstep(-0.004, 0.006, bar);
        shining += vec3(1.0, 0.035, 0.03) * on * (0.10 + 1.0 * uTail.x + 1.6 * uTail.y);
        shining += vec3(1.2, 0.42, 0.02) * on * smoothstep(0.6, 0.64, ax) * side * 1.6;
        line = max(line, (1.0 - smoothstep(0.002, 0.006, abs(plate))) * 0.7);
      }
    }
  }
  if (trim.b > 0.4) { colour = vec3(0.62, 0.65, 0.68); metal = 0.85; rough = 0.25; }
  colour = mix(colour, vec3(0.012, 0.013, 0.015), black);
  metal *= 1.0 - black;
  float low = smoothstep(0.05, 0.5, p.y);
  vec3 c = lit(n, colour, metal, mix(rough, 0.18, black), clear);
  c *= mix(0.55, 1.0, low); // the ground takes light away
  c *= 1.0 - 0.88 * clamp(line, 0.0, 1.0);
  gl_FragColor = vec4(finish(c + shining), uFade);
}
`;

const PLAIN_MAIN = /* glsl */ `
void main() {
  vec3 n = normalize(vNormal2) * (gl_FrontFacing ? 1.0 : -1.0);
  vec3 c = lit(n, uColour, uMetal, uRough, uClear);
  #ifdef INSIDE
  c = c * mix(0.8, 1.0, 1.0 - uNight) + (uColour * (0.5 + 0.3 * n.y) + 0.012) * uGlow * mix(0.22, 1.0, uNight);
  #endif
  gl_FragColor = vec4(finish(c + uEmissive), uFade);
}
`;

const GLASS_MAIN = /* glsl */ `
uniform float uDrop, uTint, uHeat, uCutaway;
void main() {
  vec4 p = vPlace;
  if (uCutaway > 0.0 && p.z < 1.2 && p.y > 2.0 - uCutaway) discard;
  if (p.w >= 2.0 && p.z < -1.9 && p.y < 1.075) discard;
  float heat = 0.0;
  if (p.w < 2.0) {
    float v = p.w + uDrop * 0.88;
    vec2 at = vec2((p.z + 2.6) / 5.2, v / 2.0);
    if (v > 1.999 || p.w < 1.04) discard;
    vec4 cut = texture2D(uCut, at);
    if (cut.b < 0.5) discard;
    if (uPart == 1 && cut.r < 0.5) discard;
    if (uPart == 2 && cut.g < 0.5) discard;
    if (uPart == 0 && (cut.r > 0.5 || cut.g > 0.5)) discard;
  } else {
    heat = uHeat * smoothstep(0.55, 1.0, sin(p.z * 190.0)) ;
  }
  vec3 n = normalize(vNormal2) * (gl_FrontFacing ? 1.0 : -1.0);
  vec3 view = normalize(cameraPosition - vWorld);
  float edge = 1.0 - max(dot(n, view), 0.0);
  edge *= edge;
  edge *= edge;
  float shine = 0.05 + 0.75 * edge;
  vec3 c = surroundings(reflect(-view, n), 0.02) * shine + vec3(1.1, 0.32, 0.08) * heat * 0.35;
  float a = clamp(uTint + shine * 0.6 + heat * 0.3, 0.0, 0.96) * uFade;
  gl_FragColor = vec4(finish(c), a);
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
  return new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: SKY + SURFACE + PLAIN_MAIN,
    uniforms: common(look),
    side: DoubleSide,
    transparent: (look.opacity ?? 1) < 1,
    ...(look.inside ? { defines: { INSIDE: 1 } } : {}),
  });
}

export interface Cuts {
  cut: Texture;
  trim: Texture;
  cutaway: { value: number };
}

export function paint(look: Look, part: number, cuts: Cuts): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: SKY + SURFACE + PARTS + BODY_MAIN,
    defines: { BODY: 1 },
    side: DoubleSide,
    uniforms: {
      ...common(look),
      ...lamps,
      uCut: { value: cuts.cut },
      uTrim: { value: cuts.trim },
      uPart: { value: part },
      uCutaway: cuts.cutaway,
    },
  });
}

export function glass(part: number, tint: number, cuts: Cuts): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: SKY + SURFACE + PARTS + GLASS_MAIN,
    defines: { BODY: 1 },
    side: FrontSide,
    transparent: true,
    depthWrite: false,
    uniforms: {
      ...common({}),
      uCut: { value: cuts.cut },
      uPart: { value: part },
      uDrop: { value: 0 },
      uTint: { value: tint },
      uHeat: { value: 0 },
      uCutaway: cuts.cutaway,
    },
  });
}
