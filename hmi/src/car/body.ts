// Draws the car's body, doors and glass. Returns the parts that move; view.ts moves them.

import { h, svg } from "../dom";
import { DOORS, SIDES, type DoorPlace, type Side } from "../signals";
import * as plan from "./plan";

export interface DoorParts {
  leaf: SVGGElement;
  glass: SVGElement;
  chip: SVGGElement;
  chipText: SVGTextElement;
  ambient: SVGGElement;
}

export interface BodyParts {
  doors: Record<DoorPlace, DoorParts>;
  mirrors: Record<Side, SVGGElement>;
  hood: SVGElement;
  trunk: SVGElement;
  sunroof: SVGElement;
  shade: SVGElement;
  flap: SVGGElement;
  windscreen: SVGGElement;
  rearScreen: SVGGElement;
  wiperFront: SVGGElement;
  wiperRear: SVGGElement;
}

export function gradient(id: string, kind: "linear" | "radial", attrs: Record<string, string | number>, stops: [number, string, number?][]): SVGElement {
  const node = svg(kind === "linear" ? "linearGradient" : "radialGradient", { id, ...attrs });
  for (const [offset, colour, opacity] of stops) {
    node.append(svg("stop", { offset, "stop-color": colour, "stop-opacity": opacity ?? 1 }));
  }
  return node;
}

export function defs(): SVGDefsElement {
  const across = { gradientUnits: "userSpaceOnUse", x1: -170, y1: 0, x2: 170, y2: 0 };
  const along = (y1: number, y2: number) => ({ gradientUnits: "userSpaceOnUse", x1: 0, y1, x2: 0, y2 });
  return svg(
    "defs",
    {},
    gradient("paint", "linear", across, [[0, "#1d2836"], [0.07, "#6f8298"], [0.2, "#3f5064"], [0.5, "#5a6d83"], [0.8, "#3f5064"], [0.93, "#6f8298"], [1, "#1d2836"]]),
    gradient("sheen", "linear", along(-393, 399), [[0, "#dcebff", 0.42], [0.2, "#9db7d4", 0.06], [0.75, "#04070c", 0.1], [1, "#04070c", 0.55]]),
    gradient("panel", "linear", across, [[0.08, "#425468"], [0.3, "#5d7188"], [0.5, "#7d91a8"], [0.7, "#5d7188"], [0.92, "#425468"]]),
    gradient("floor", "linear", along(-190, 312), [[0, "#0a0e15"], [0.5, "#151b26"], [1, "#0b0f16"]]),
    gradient("glass", "linear", along(-203, -112), [[0, "#a9d4ff", 0.34], [0.6, "#5f8fc4", 0.16], [1, "#bfe0ff", 0.26]]),
    gradient("rearglass", "linear", along(260, 316), [[0, "#bfe0ff", 0.22], [1, "#5f8fc4", 0.3]]),
    gradient("roofglass", "linear", { gradientUnits: "userSpaceOnUse", x1: -108, y1: -104, x2: 108, y2: 256 }, [[0, "#cfe7ff", 0.22], [0.45, "#7fb2e6", 0.07], [1, "#cfe7ff", 0.14]]),
    gradient("leather", "linear", { x1: 0, y1: 0, x2: 0, y2: 1 }, [[0, "#566376"], [1, "#39434f"]]),
    gradient("leather2", "linear", { x1: 0, y1: 0, x2: 0, y2: 1 }, [[0, "#667488"], [1, "#434e5d"]]),
    gradient("heat", "radial", {}, [[0, "#ffb057"], [0.55, "#ff6a2b", 0.85], [1, "#ff3b1f", 0]]),
    gradient("cool", "radial", {}, [[0, "#aef0ff"], [0.55, "#37b6ff", 0.8], [1, "#2a7bff", 0]]),
    gradient("warm", "radial", {}, [[0, "#ffe9c4", 0.85], [1, "#ffd28a", 0]]),
    gradient("amber", "radial", {}, [[0, "#ffc45c", 0.95], [0.35, "#ff9d1f", 0.5], [1, "#ff8a00", 0]]),
    gradient("red", "radial", {}, [[0, "#ff4545", 0.8], [1, "#ff1f1f", 0]]),
    gradient("white", "radial", {}, [[0, "#f4f9ff", 0.9], [1, "#cfe4ff", 0]]),
    gradient("beamlow", "linear", along(-372, -640), [[0, "#f6f2e2", 0.75], [0.45, "#e8ecf5", 0.25], [1, "#dfeaff", 0]]),
    gradient("beamhigh", "linear", along(-372, -1100), [[0, "#e4f0ff", 0.9], [0.35, "#cfe2ff", 0.35], [1, "#b8d4ff", 0]]),
    gradient("shadow", "radial", { cx: 0.5, cy: 0.5, r: 0.5 }, [[0.55, "#000", 0.75], [1, "#000", 0]]),
    svg("filter", { id: "soft", x: "-40%", y: "-20%", width: "180%", height: "140%" }, svg("feGaussianBlur", { stdDeviation: 9 })),
    svg("filter", { id: "glow", x: "-60%", y: "-60%", width: "220%", height: "220%" }, svg("feGaussianBlur", { stdDeviation: 7 })),
    svg("clipPath", { id: "cabinclip" }, svg("path", { d: plan.CABIN })),
    svg("clipPath", { id: "roofclip" }, svg("rect", { ...plan.ROOF_GLASS, rx: 22 })),
    svg("pattern", { id: "cloth", width: 8, height: 8, patternUnits: "userSpaceOnUse" },
      svg("rect", { width: 8, height: 8, fill: "#c3b9a8" }), svg("rect", { y: 6, width: 8, height: 1.5, fill: "#8f8675" })),
  );
}

function wheels(): SVGGElement {
  const group = svg("g", { class: "wheels" });
  for (const y of [-262, 236]) {
    for (const x of [-176, 154]) group.append(svg("rect", { x, y: y - 46, width: 22, height: 92, rx: 8, fill: "#05070a", stroke: "#1e2733" }));
  }
  return group;
}

export function shell(): { under: SVGGElement; frame: SVGGElement } {
  const under = svg(
    "g",
    { class: "shell" },
    svg("ellipse", { cx: 0, cy: 10, rx: 228, ry: 446, fill: "url(#shadow)" }),
    wheels(),
    svg("path", { d: plan.BODY, fill: "url(#paint)" }),
    svg("path", { d: plan.BODY, fill: "url(#sheen)" }),
    svg("path", { d: plan.BODY, fill: "none", stroke: "#c3d6ec", "stroke-opacity": 0.35, "stroke-width": 1.5 }),
    svg("path", { d: "M-150,-300 C-140,-250 -146,-200 -150,-160 M150,-300 C140,-250 146,-200 150,-160", fill: "none", stroke: "#0a0f16", "stroke-opacity": 0.5, "stroke-width": 2 }),
    // Door sills: seen when a door stands open.
    svg("path", { d: "M-166,-150 L-144,-150 L-144,152 L-166,152 Z M166,-150 L144,-150 L144,152 L166,152 Z", fill: "#070a0f" }),
  );
  const frame = svg(
    "g",
    { class: "frame" },
    svg("path", { d: plan.CABIN, fill: "none", stroke: "#0b1119", "stroke-width": 7 }),
    svg("path", { d: plan.CABIN, fill: "none", stroke: "#9db4cd", "stroke-opacity": 0.45, "stroke-width": 1.5 }),
    // Pillars and the roof's cross members.
    svg("path", { d: "M-122,-112 C-84,-124 -42,-128 0,-128 C42,-128 84,-124 122,-112 M-114,260 C-80,266 -40,268 0,268 C40,268 80,266 114,260", fill: "none", stroke: "#26323f", "stroke-width": 6, "stroke-linecap": "round" }),
    svg("path", { d: "M-122,-112 C-124,-40 -124,180 -114,260 M122,-112 C124,-40 124,180 114,260", fill: "none", stroke: "#5d7188", "stroke-width": 4 }),
    svg("path", { d: "M-141,-178 L-122,-112 M141,-178 L122,-112 M-132,298 L-114,260 M132,298 L114,260 M-144,6 L-123,2 M144,6 L123,2 M-145,156 L-121,150 M145,156 L121,150", stroke: "#3d4c5e", "stroke-width": 6, "stroke-linecap": "round" }),
  );
  return { under, frame };
}

export function interior(): SVGGElement {
  const group = svg("g", { class: "interior" });
  group.append(
    svg("path", { d: plan.CABIN, fill: "url(#floor)" }),
    svg("path", { d: plan.DASH, fill: "#202936", stroke: "#35445a" }),
    svg("path", { class: "screen", d: "M-22,-161 C20,-163 70,-160 104,-153 L103,-143 C70,-149 20,-151 -22,-150 Z" }),
    svg("path", { class: "screen", d: "M-96,-153 C-82,-157 -56,-159 -36,-160 L-36,-150 C-56,-149 -80,-147 -95,-144 Z" }),
    svg("rect", { x: -15, y: -132, width: 30, height: 140, rx: 10, fill: "#1b2330", stroke: "#303d50" }),
    svg("rect", { x: -9, y: -86, width: 18, height: 40, rx: 6, fill: "#0c1118", stroke: "#26323f" }),
    svg("ellipse", { cx: -66, cy: -118, rx: 28, ry: 13, fill: "none", stroke: "#8796a8", "stroke-width": 5 }),
    svg("path", { d: "M-92,-116 L-40,-116 M-66,-117 L-66,-107", stroke: "#5c6a7c", "stroke-width": 5 }),
  );
  return group;
}

function door(place: DoorPlace): DoorParts {
  const { hingeX, hingeY, length } = plan.DOOR_PLAN[place];
  const s = plan.sign(place);
  const end = hingeY + length;
  const x = (inner: number) => hingeX - s * inner;
  const glass = svg("rect", { class: "pane", x: Math.min(x(9), x(16)), y: hingeY + 14, width: 7, height: length - 22, rx: 3 });
  const ambientPath = `M${x(20)},${hingeY + 12} L${x(20)},${end - 8}`;
  const ambient = svg("g", { class: "ambient" },
    svg("path", { class: "ambient-glow", d: ambientPath, filter: "url(#glow)" }),
    svg("path", { class: "ambient-line", d: ambientPath }));
  const leaf = svg(
    "g",
    { class: "door" },
    svg("path", { d: `M${x(-4)},${hingeY} L${x(18)},${hingeY + 3} L${x(18)},${end - 4} L${x(-4)},${end - 2} Q${x(-7)},${hingeY + length / 2} ${x(-4)},${hingeY} Z`, fill: "url(#panel)", stroke: "#0a0f16", "stroke-width": 1.5 }),
    svg("rect", { x: Math.min(x(8), x(17)), y: hingeY + 12, width: 9, height: length - 18, rx: 4, fill: "#05080c" }),
    glass,
    svg("rect", { x: Math.min(x(0), x(-3)), y: end - 40, width: 3, height: 24, rx: 1.5, fill: "#0c1219" }),
    ambient,
  );
  leaf.style.transformOrigin = `${hingeX}px ${hingeY}px`;
  glass.style.transformOrigin = `0 ${hingeY + 14}px`;
  const chipText = svg("text", { x: s * 216, y: hingeY + length / 2 + 5, "text-anchor": "middle" });
  const chip = svg("g", { class: "chip" },
    svg("path", { d: `M${s * 172},${hingeY + length / 2} L${s * 190},${hingeY + length / 2}`, class: "chip-line" }),
    svg("rect", { x: s * 216 - 27, y: hingeY + length / 2 - 14, width: 54, height: 28, rx: 14 }),
    chipText);
  return { leaf, glass, chip, chipText, ambient };
}

function mirror(side: Side): SVGGElement {
  const s = side === "left" ? -1 : 1;
  const group = svg(
    "g",
    { class: "mirror" },
    svg("path", { d: `M${s * 158},-140 L${s * 176},-146 C${s * 200},-152 ${s * 206},-140 ${s * 198},-130 C${s * 186},-124 ${s * 170},-126 ${s * 158},-130 Z`, fill: "url(#panel)", stroke: "#0a0f16", "stroke-width": 1.5 }),
    svg("path", { class: "mirror-glass", d: `M${s * 172},-128 L${s * 198},-132` }),
    svg("path", { class: "mirror-turn", d: `M${s * 178},-146 C${s * 196},-151 ${s * 204},-144 ${s * 202},-137` }),
  );
  group.style.transformOrigin = `${s * 162}px -135px`;
  return group;
}

function wiper(rear: boolean): SVGGElement {
  const arms = rear ? [[30, 310, -54, 284]] : [[-84, -186, -20, -148], [40, -196, 108, -152]];
  const group = svg("g", { class: rear ? "wiper rear" : "wiper" });
  for (const [px = 0, py = 0, tx = 0, ty = 0] of arms) {
    const arm = svg("path", { class: "arm", d: `M${px},${py} L${tx},${ty}` });
    arm.style.transformOrigin = `${px}px ${py}px`;
    group.append(arm);
  }
  return group;
}

function screenGlass(d: string, fill: string, waves: string): SVGGElement {
  return svg("g", { class: "windshield" }, svg("path", { d, fill, stroke: "#cfe6ff", "stroke-opacity": 0.35 }), svg("path", { class: "defrost", d: waves }));
}

export function bodyParts(): BodyParts {
  const doors = Object.fromEntries(DOORS.map((place) => [place, door(place)])) as Record<DoorPlace, DoorParts>;
  const mirrors = Object.fromEntries(SIDES.map((side) => [side, mirror(side)])) as Record<Side, SVGGElement>;
  const hood = svg("path", { class: "lid", d: plan.HOOD, fill: "url(#panel)", stroke: "#0a0f16", "stroke-width": 2 });
  hood.style.transformOrigin = "0 -200px";
  const trunk = svg("path", { class: "lid", d: plan.TRUNK, fill: "url(#panel)", stroke: "#0a0f16", "stroke-width": 2 });
  trunk.style.transformOrigin = "0 304px";
  const roof = plan.ROOF_GLASS;
  const sunroof = svg("g", { class: "sunroof" },
    svg("rect", { x: roof.x + 4, y: roof.y + 4, width: roof.width - 8, height: plan.SUNROOF.height, rx: 16, fill: "url(#roofglass)", stroke: "#d4e9ff", "stroke-opacity": 0.55, "stroke-width": 2 }),
    svg("path", { d: `M${roof.x + 26},${roof.y + 120} L${roof.x + 96},${roof.y + 18}`, stroke: "#fff", "stroke-opacity": 0.16, "stroke-width": 10, "stroke-linecap": "round" }));
  const shade = svg("rect", { class: "shade", ...roof, fill: "url(#cloth)" });
  shade.style.transformOrigin = `0 ${roof.y + roof.height}px`;
  const lid = svg("path", { class: "flap-lid", d: "M-168,250 L-168,280 L-160,280 L-160,250 Z", fill: "url(#panel)", stroke: "#0a0f16" });
  lid.style.transformOrigin = "-168px 250px";
  const flap = svg("g", { class: "flap" },
    svg("path", { class: "cable", d: "M-176,265 C-214,265 -214,300 -250,300 L-330,300" }),
    svg("path", { class: "cable-flow", d: "M-330,300 L-250,300 C-214,300 -214,265 -176,265" }),
    svg("circle", { class: "port-glow", cx: -166, cy: 265, r: 34, fill: "url(#cool)" }),
    svg("rect", { class: "port", x: -172, y: 254, width: 12, height: 22, rx: 5 }),
    lid);
  const windscreen = screenGlass(plan.WINDSCREEN, "url(#glass)", [-90, -54, -18, 18, 54, 90].map((x) => `M${x},-140 q7,-9 0,-18 q-7,-9 0,-18`).join(" "));
  const rearScreen = screenGlass(plan.REAR_SCREEN, "url(#rearglass)", [278, 288, 298].map((y) => `M-104,${y} Q0,${y + 8} 104,${y}`).join(" "));
  return { doors, mirrors, hood, trunk, sunroof, shade, flap, windscreen, rearScreen, wiperFront: wiper(false), wiperRear: wiper(true) };
}

export function rainLayer(): HTMLDivElement {
  const layer = h("div", { class: "rain", attrs: { "aria-hidden": "true" } });
  // A fixed, even scatter (golden ratio), so the page looks the same at every start.
  for (let i = 0; i < 72; ++i) {
    const drop = h("i");
    drop.style.left = `${((i * 61.803) % 100).toFixed(1)}%`;
    drop.style.top = `${((i * 38.197 + (i % 7) * 9) % 100).toFixed(1)}%`;
    drop.style.animationDelay = `${(-(i * 0.137) % 1.3).toFixed(2)}s`;
    layer.append(drop);
  }
  return layer;
}
