// Draws the lights outside and the moving air inside; view.ts switches them by classes.

import { svg } from "../dom";
import { SIDES, type DoorPlace, type Side } from "../signals";
import { HEADLAMP, SEAT_PLAN, TAILLAMP, TURN_FRONT, TURN_REAR, mirrored, sign } from "./plan";

export interface LightParts {
  beams: SVGGElement; // under the car
  lamps: SVGGElement; // on the car
  low: SVGGElement;
  high: SVGGElement;
  fogFront: SVGGElement;
  fogRear: SVGGElement;
  position: SVGGElement;
  turn: Record<Side, SVGGElement>;
}

const LOW_BEAM = "M88,-378 L146,-352 L292,-560 C220,-640 60,-650 10,-600 Z";
const HIGH_BEAM = "M96,-380 L138,-362 L210,-1000 L20,-1000 Z";

export function lightParts(): LightParts {
  const both = (name: string, draw: (side: Side) => SVGElement[]) => {
    const group = svg("g", { class: `light ${name}` });
    for (const side of SIDES) group.append(svg("g", { transform: mirrored(side) }, ...draw(side)));
    return group;
  };
  const low = both("low", () => [svg("path", { d: LOW_BEAM, fill: "url(#beamlow)", filter: "url(#soft)" })]);
  const high = both("high", () => [svg("path", { d: HIGH_BEAM, fill: "url(#beamhigh)", filter: "url(#soft)" })]);
  const fogFront = both("fog", () => [svg("ellipse", { cx: 128, cy: -398, rx: 120, ry: 74, fill: "url(#warm)" })]);
  const fogRear = svg("g", { class: "light fog" }, svg("ellipse", { cx: -110, cy: 406, rx: 110, ry: 62, fill: "url(#red)" }), svg("ellipse", { cx: 110, cy: 406, rx: 110, ry: 62, fill: "url(#red)" }));
  const position = svg("g", { class: "light position" });
  for (const side of SIDES) {
    position.append(svg("g", { transform: mirrored(side) },
      svg("circle", { cx: 124, cy: -364, r: 56, fill: "url(#white)" }),
      svg("path", { d: HEADLAMP, fill: "#f7fbff" }),
      svg("ellipse", { cx: 96, cy: 394, rx: 96, ry: 34, fill: "url(#red)" }),
      svg("path", { d: TAILLAMP, fill: "#ff3a3a" })));
  }
  const off = svg("g", { class: "lamps-off" });
  for (const side of SIDES) {
    off.append(svg("g", { transform: mirrored(side) }, svg("path", { d: HEADLAMP, fill: "#8fa3ba" }), svg("path", { d: TAILLAMP, fill: "#6d1e26" })));
  }
  const turn = Object.fromEntries(SIDES.map((side) => [side, svg("g", { class: "light turn" }, svg("g", { transform: mirrored(side) },
    svg("circle", { cx: 154, cy: -322, r: 74, fill: "url(#amber)" }), svg("path", { d: TURN_FRONT, fill: "#ffb22e" }),
    svg("circle", { cx: 160, cy: 346, r: 70, fill: "url(#amber)" }), svg("path", { d: TURN_REAR, fill: "#ffb22e" }),
    svg("circle", { cx: 196, cy: -140, r: 36, fill: "url(#amber)" })))])) as Record<Side, SVGGElement>;
  return {
    beams: svg("g", {}, high, low, fogFront, fogRear),
    lamps: svg("g", {}, off, position, turn.left, turn.right),
    low, high, fogFront, fogRear, position, turn,
  };
}

export interface AirParts {
  root: SVGGElement;
  face: SVGGElement;
  feet: SVGGElement;
  window: SVGGElement;
}

export function airParts(zone: DoorPlace): AirParts {
  const { x, y, depth } = SEAT_PLAN[zone];
  const from = zone.startsWith("row1") ? -136 : 14;
  const to = y - depth / 2 + 14;
  const stream = (name: string, paths: string[]) => svg("g", { class: `stream ${name}` }, ...paths.map((d) => svg("path", { d })));
  const face = stream("face", [-20, 0, 20].map((dx) => `M${x + dx * 1.3},${from} C${x + dx},${from + 12} ${x + dx * 0.8},${to - 10} ${x + dx * 0.7},${to + 24}`));
  const s = sign(zone);
  const feet = stream("feet", [-30, 30].map((dx) => `M${x + dx * 0.6},${from + 4} C${x + dx * 1.3},${from + 14} ${x + dx * 1.4},${from + 26} ${x + dx * 1.1},${from + 40}`));
  const windows = stream("window", zone.startsWith("row1") ? [-26, 0, 26].map((dx) => `M${x + dx},-158 C${x + dx},-168 ${x + dx + s * 4},-176 ${x + dx + s * 6},-188`) : []);
  return { root: svg("g", { class: "air" }, face, feet, windows), face, feet, window: windows };
}
