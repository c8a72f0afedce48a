// The picture of the car: in three dimensions where the browser can, from above where it cannot or when asked. The three-dimensional part
// is a chunk of its own that is fetched after the page stands.

import type { CarScene, View } from "./car3d/scene";
import { CarView } from "./car/view";
import { h } from "./dom";
import { t, type TextKey } from "./i18n";
import type { Seat } from "./signals";
import type { Change, SignalStore } from "./store";
import { TripView } from "./trip";

export type Picture = View | "plan" | "trip";

const PICTURES: readonly { name: Picture; key: TextKey }[] = [
  { name: "outside", key: "view.outside" },
  { name: "cabin", key: "view.cabin" },
  { name: "seat", key: "view.seat" },
  { name: "plan", key: "view.plan" },
  { name: "trip", key: "view.trip" },
];
const ATTENTION_MS = 700; // after somebody spoke, the camera follows the first change it understands

function canDraw(): boolean {
  try {
    const gl = document.createElement("canvas").getContext("webgl2");
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
    return gl !== null;
  } catch {
    return false;
  }
}

export class Stage {
  readonly root: HTMLElement;
  readonly plan: CarView;
  readonly trip: TripView;
  private readonly holder = h("div", { class: "scene3d" });
  private readonly buttons = h("div", { class: "views", tLabel: "view.label", attrs: { role: "group" } });
  private scene: CarScene | null = null;
  private sightOf: ((path: string) => string | null) | null = null;
  private picture: Picture = "plan";
  private speaker: Seat = "row1.left";
  private attentionUntil = 0;

  constructor(
    private readonly store: SignalStore,
    private readonly choose: (seat: Seat) => void,
  ) {
    this.plan = new CarView(store, choose);
    this.trip = new TripView(store, () => this.tripChanged());
    for (const { name, key } of PICTURES) {
      this.buttons.append(
        h("button", { class: "view", t: key, attrs: { type: "button", "data-view": name }, on: { click: () => this.pick(name) } }),
      );
    }
    this.root = h("div", { class: "picture" }, this.plan.root, this.holder, this.trip.root, this.buttons);
    this.offer();
    this.mark("plan");
    const wanted = new URLSearchParams(location.search).get("view") ?? localStorage.getItem("deepcabin.view");
    if (wanted !== "plan-only" && canDraw()) void this.load(PICTURES.find(({ name }) => name === wanted)?.name ?? "outside");
  }

  private async load(first: Picture): Promise<void> {
    this.root.classList.add("loading");
    try {
      const { CarScene, sightOf } = await import("./car3d/scene");
      const scene = new CarScene(this.store, this.choose);
      this.sightOf = sightOf;
      this.scene = scene;
      this.holder.append(scene.canvas);
      scene.canvas.addEventListener("webglcontextlost", () => this.giveUp());
      Object.assign(this.holder, { scene }); // for tests and measurements
      this.offer();
      this.translate();
      scene.setSpeaker(this.speaker);
      this.pick(first, false);
    } catch (error) {
      console.warn("the car is shown from above:", error);
      this.giveUp();
    } finally {
      this.root.classList.remove("loading");
    }
  }

  private giveUp(): void {
    this.scene = null;
    this.holder.replaceChildren();
    this.offer();
    this.mark("plan");
  }

  private pick(name: Picture, keep = true): void {
    if (keep && name !== "trip") localStorage.setItem("deepcabin.view", name);
    if (name !== "plan" && name !== "trip") this.scene?.show(name);
    this.mark(name);
  }

  private mark(name: Picture): void {
    this.picture = name;
    this.root.dataset["view"] = name;
    for (const button of this.buttons.children)
      button.setAttribute("aria-pressed", String((button as HTMLElement).dataset["view"] === name));
  }

  // Only views that there are.
  private offer(): void {
    const there = (name: string) => name === "plan" || (name === "trip" ? this.trip.plan !== null : this.scene !== null);
    for (const button of this.buttons.children) (button as HTMLElement).hidden = !there((button as HTMLElement).dataset["view"] ?? "");
    this.buttons.hidden = this.scene === null && this.trip.plan === null;
  }

  private tripChanged(): void {
    this.offer();
    if (this.trip.plan) this.pick("trip", false);
    else if (this.picture === "trip") this.pick(this.scene ? "outside" : "plan", false);
  }

  // Somebody spoke: what changes now is worth a look.
  listen(): void {
    this.attentionUntil = performance.now() + ATTENTION_MS * 4;
  }

  changed(changes: readonly Change[]): void {
    if (!this.scene || this.picture === "plan" || this.picture === "trip" || performance.now() > this.attentionUntil) return;
    for (const { path } of changes) {
      const sight = this.sightOf?.(path);
      const view = sight ? this.scene.attend(sight) : null;
      if (!view) continue;
      this.mark(view);
      this.attentionUntil = 0;
      return;
    }
  }

  setSpeaker(seat: Seat): void {
    this.speaker = seat;
    this.plan.setSpeaker(seat);
    this.scene?.setSpeaker(seat);
  }

  translate(): void {
    this.plan.translate();
    this.trip.translate();
    this.scene?.label(`${t("stage.label3d")}. ${t("stage.drag")}`);
  }
}
