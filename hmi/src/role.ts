// Who looks at this screen. On the driver's display, while the car is in gear, only what may be read at a glance is shown (safety.md G04):
// no keyboard, no scrolling, no long text, no workshop. Unknown speed or gear counts as moving.

import { CAR } from "./signals";
import type { SignalStore } from "./store";

export type Role = "bench" | "driver" | "passenger";
export const ROLES: readonly Role[] = ["bench", "driver", "passenger"];

const VSS_PARK = 126;

export class Viewer {
  role: Role;
  restricted = false;

  constructor(private readonly store: SignalStore, private readonly changed: () => void) {
    const known = new URLSearchParams(location.search).get("role") ?? localStorage.getItem("deepcabin.role");
    this.role = ROLES.find((role) => role === known) ?? "bench";
    store.subscribe(() => this.judge() && this.changed());
    this.judge();
  }

  choose(role: Role): void {
    this.role = role;
    localStorage.setItem("deepcabin.role", role);
    this.judge();
    this.changed();
  }

  // Whether that changed what may be shown.
  private judge(): boolean {
    const speed = this.store.number(CAR.speed);
    const gear = this.store.number(CAR.gear);
    const moving = speed === null || gear === null || Math.abs(speed) > 0.3 || gear !== VSS_PARK;
    const restricted = this.role === "driver" && moving;
    const root = document.documentElement;
    // Written only when they change: the whole page is styled by them, and the car speaks hundreds of times a second.
    if (root.dataset["role"] !== this.role) root.dataset["role"] = this.role;
    if (root.dataset["restricted"] !== String(restricted)) root.dataset["restricted"] = String(restricted);
    if (restricted === this.restricted) return false;
    this.restricted = restricted;
    return true;
  }
}
