// Draws the seats: cushion, backrest, headrest, who sits there, warmth and wind by level, massage; each is a button to speak from.

import { svg } from "../dom";
import { SEATS, type Seat } from "../signals";
import { SEAT_PLAN } from "./plan";

export interface SeatParts {
  root: SVGGElement; // the button
  moving: SVGGElement; // what slides with the seat
  back: SVGGElement;
  heat: SVGElement;
  cool: SVGElement;
  levels: SVGGElement;
  dots: SVGElement[];
  reading: SVGElement;
}

const LEVELS = 3;

function levelDots(x: number, y: number): { group: SVGGElement; dots: SVGElement[] } {
  const dots = Array.from({ length: LEVELS }, (_, i) => svg("circle", { cx: x + (i - 1) * 13, cy: y, r: 4.5 }));
  return { group: svg("g", { class: "levels" }, svg("rect", { x: x - 24, y: y - 9, width: 48, height: 18, rx: 9 }), ...dots), dots };
}

function person(x: number, y: number): SVGGElement {
  return svg("g", { class: "person" },
    svg("path", { d: `M${x - 26},${y + 26} C${x - 28},${y + 2} ${x - 16},${y - 4} ${x},${y - 4} C${x + 16},${y - 4} ${x + 28},${y + 2} ${x + 26},${y + 26} C${x + 12},${y + 34} ${x - 12},${y + 34} ${x - 26},${y + 26} Z` }),
    svg("circle", { cx: x, cy: y + 6, r: 13.5 }));
}

function seat(place: Seat, choose: (seat: Seat) => void): SeatParts {
  const { x, y, width, depth } = SEAT_PLAN[place];
  const left = x - width / 2;
  const top = y - depth / 2;
  const rear = y + depth / 2;
  const heat = svg("ellipse", { class: "warmth", cx: x, cy: y + 10, rx: width * 0.66, ry: depth * 0.8, fill: "url(#heat)" });
  const cool = svg("ellipse", { class: "warmth", cx: x, cy: y + 10, rx: width * 0.66, ry: depth * 0.8, fill: "url(#cool)" });
  const back = svg("g", { class: "back" },
    svg("rect", { x: left + 1, y: rear - 14, width: width - 2, height: 32, rx: 13, fill: "url(#leather2)", stroke: "#141b25", "stroke-width": 1.5 }),
    svg("rect", { x: x - 20, y: rear + 8, width: 40, height: 17, rx: 8, fill: "#59667a", stroke: "#141b25" }));
  back.style.transformOrigin = `0 ${rear - 14}px`;
  const { group: levels, dots } = levelDots(x, rear + 16);
  const rings = [0, 1, 2].map(() => svg("ellipse", { class: "ring", cx: x, cy: rear - 4, rx: width * 0.44, ry: 20 }));
  for (const [i, ring] of rings.entries()) ring.style.animationDelay = `${-i * 0.6}s`;
  const moving = svg("g", { class: "moving" },
    svg("rect", { x: left, y: top, width, height: depth, rx: 17, fill: "url(#leather)", stroke: "#141b25", "stroke-width": 1.5 }),
    svg("path", { class: "seam", d: `M${x - width * 0.26},${top + 8} V${rear - 16} M${x + width * 0.26},${top + 8} V${rear - 16} M${x - width * 0.26},${y} H${x + width * 0.26}` }),
    back, heat, cool, ...rings, person(x, y), levels);
  const reading = svg("circle", { class: "reading", cx: x, cy: y, r: 64, fill: "url(#warm)" });
  const root = svg("g", { class: "seat", role: "radio", tabindex: 0, "aria-checked": "false", "data-seat": place },
    svg("rect", { class: "hit", x: left - 4, y: top - 8, width: width + 8, height: depth + 40, rx: 16 }),
    moving,
    svg("rect", { class: "ring-speaker", x: left - 6, y: top - 7, width: width + 12, height: depth + 36, rx: 20 }));
  root.addEventListener("click", () => choose(place));
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(place);
  });
  return { root, moving, back, heat, cool, levels, dots, reading };
}

export function seatParts(choose: (seat: Seat) => void): Record<Seat, SeatParts> {
  return Object.fromEntries(SEATS.map((place) => [place, seat(place, choose)])) as Record<Seat, SeatParts>;
}
