// The car's plan in its own units: x to the right, y to the rear, nose at y = -392, the middle line x = 0.

import type { DoorPlace, Seat, Side } from "../signals";

export const VIEW = { x: -290, y: -468, width: 580, height: 904 };

export const BODY =
  "M0,-393 C58,-393 104,-389 130,-368 C154,-347 165,-302 168,-252 C170,-190 164,-130 164,-60 C164,40 165,120 169,196" +
  "C172,268 169,322 158,354 C146,386 104,399 0,399" +
  "C-104,399 -146,386 -158,354 C-169,322 -172,268 -169,196 C-165,120 -164,40 -164,-60 C-164,-130 -170,-190 -168,-252" +
  "C-165,-302 -154,-347 -130,-368 C-104,-389 -58,-393 0,-393 Z";

export const HOOD = "M0,-378 C50,-378 92,-374 112,-360 C128,-336 138,-262 140,-188 C100,-204 50,-210 0,-210 C-50,-210 -100,-204 -140,-188 C-138,-262 -128,-336 -112,-360 C-92,-374 -50,-378 0,-378 Z";
export const TRUNK = "M0,322 C50,322 104,316 132,304 C140,330 138,352 126,368 C100,384 50,386 0,386 C-50,386 -100,384 -126,368 C-138,352 -140,330 -132,304 C-104,316 -50,322 0,322 Z";
export const CABIN = "M0,-190 C56,-190 108,-182 138,-166 C146,-120 146,-60 146,40 C146,140 147,220 136,290 C100,308 50,312 0,312 C-50,312 -100,308 -136,290 C-147,220 -146,140 -146,40 C-146,-60 -146,-120 -138,-166 C-108,-182 -56,-190 0,-190 Z";
export const WINDSCREEN = "M0,-203 C56,-203 110,-195 141,-178 C136,-152 130,-130 122,-112 C84,-124 42,-128 0,-128 C-42,-128 -84,-124 -122,-112 C-130,-130 -136,-152 -141,-178 C-110,-195 -56,-203 0,-203 Z";
export const REAR_SCREEN = "M0,316 C50,316 102,310 132,298 C128,282 122,270 114,260 C80,266 40,268 0,268 C-40,268 -80,266 -114,260 C-122,270 -128,282 -132,298 C-102,310 -50,316 0,316 Z";
export const DASH = "M-134,-160 C-96,-176 -50,-182 0,-182 C50,-182 96,-176 134,-160 L132,-126 C96,-134 52,-138 0,-138 C-52,-138 -96,-134 -132,-126 Z";

// For the right side; the left is the mirror image.
export const HEADLAMP = "M72,-386 C104,-383 134,-368 148,-330 L150,-310 C142,-322 134,-344 118,-358 C104,-370 88,-376 70,-378 Z";
export const TAILLAMP = "M0,391 C96,391 138,378 150,350 L158,336 C158,356 150,376 132,386 C104,398 60,399 0,399 Z";
export const TURN_FRONT = "M140,-352 C152,-334 158,-312 161,-290 L155,-294 C151,-314 146,-332 136,-348 Z";
export const TURN_REAR = "M150,366 C158,354 162,340 164,322 L158,326 C156,340 152,352 144,362 Z";

export const ROOF_GLASS = { x: -108, y: -104, width: 216, height: 360 };
export const SUNROOF = { height: 150, travel: 158 };

export interface SeatPlan {
  x: number;
  y: number; // middle of the cushion
  width: number;
  depth: number;
}

export const SEAT_PLAN: Record<Seat, SeatPlan> = {
  "row1.left": { x: -66, y: -58, width: 80, depth: 74 },
  "row1.right": { x: 66, y: -58, width: 80, depth: 74 },
  "row2.left": { x: -84, y: 82, width: 72, depth: 64 },
  "row2.middle": { x: 0, y: 84, width: 66, depth: 58 },
  "row2.right": { x: 84, y: 82, width: 72, depth: 64 },
  "row3.left": { x: -58, y: 202, width: 76, depth: 56 },
  "row3.right": { x: 58, y: 202, width: 76, depth: 56 },
};

export interface DoorPlan {
  hingeX: number;
  hingeY: number;
  length: number;
}

export const DOOR_PLAN: Record<DoorPlace, DoorPlan> = {
  "row1.left": { hingeX: -161, hingeY: -152, length: 152 },
  "row1.right": { hingeX: 161, hingeY: -152, length: 152 },
  "row2.left": { hingeX: -161, hingeY: 8, length: 142 },
  "row2.right": { hingeX: 161, hingeY: 8, length: 142 },
};

export function sign(place: string): 1 | -1 {
  return place.endsWith("left") ? -1 : 1;
}

export function mirrored(side: Side): string {
  return side === "left" ? "scale(-1,1)" : "";
}
