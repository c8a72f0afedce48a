// The car in three dimensions: ties the parts to the signals, turns the camera, and draws only when something changed or moves.

import { PerspectiveCamera, Raycaster, Scene, Vector2, WebGLRenderer, type Sprite } from "three";
import { SEATS, type Seat } from "../signals";
import type { SignalStore } from "../store";
import { buildBody, type BodyModel } from "./body";
import { buildCabin, type CabinModel } from "./cabin";
import { Motion } from "./motion";
import { lamps, light, setCheap } from "./shade";
import { World, halo } from "./world";

export type View = "outside" | "cabin" | "seat";

interface Pose {
  azimuth: number; // degrees round the car, 0 in front, 90 on its left
  height: number; // degrees above the ground
  distance: number;
  target: [number, number, number];
  fov: number;
}

const POSES: Record<View, Pose> = {
  outside: { azimuth: 38, height: 10, distance: 7.5, target: [0, 0.62, 0.05], fov: 28 },
  cabin: { azimuth: 154, height: 47, distance: 6.5, target: [0, 0.5, -0.25], fov: 36 },
  seat: { azimuth: 180, height: 4, distance: 0.02, target: [0.16, 1.2, -0.3], fov: 60 },
};
// Where the camera looks when something changes there.
export const SIGHTS: Record<string, Partial<Pose> & { view: View }> = {
  front: { view: "outside", azimuth: 30, height: 12 },
  rear: { view: "outside", azimuth: 146, height: 16 },
  left: { view: "outside", azimuth: 62, height: 12 },
  right: { view: "outside", azimuth: -62, height: 12 },
  port: { view: "outside", azimuth: 128, height: 14 },
  roof: { view: "outside", azimuth: 40, height: 32 },
  cabin: { view: "cabin" },
};

const PIXEL_STEPS = [1.5, 1.25, 1, 0.8, 0.65, 0.5, 0.4];
const SLOW_FRAME_MS = 58;
const FAST_FRAME_MS = 22;
const FAST_CHEAP_FRAME_MS = 34;
const CHEAP_BELOW = 1; // pixels are given up down to here first, then the fine light, then pixels again
const GLIDE_SECONDS = 0.55;
const PIXELS_MAX = 2_600_000;
const DRAG_SLOP_PIXELS = 6;

// Without a graphics processor the light is worked out the cheap way from the beginning.
function isSoftware(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  const details = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl && details ? String(gl.getParameter(details.UNMASKED_RENDERER_WEBGL)) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software/i.test(name);
}

function reduced(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export class CarScene {
  readonly canvas: HTMLCanvasElement;
  readonly frames = { count: 0, lastMs: 0, pixelRatio: 1, cheap: false };
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(34, 1, 0.05, 260);
  private readonly world = new World();
  private readonly body: BodyModel = buildBody();
  private readonly cabin: CabinModel = buildCabin(this.body);
  private readonly motion: Motion;
  private readonly halos: Record<string, Sprite[]> = {};
  private view: View = "outside";
  private pose: Pose = { ...POSES.outside };
  private goal: Pose = { ...POSES.outside };
  private cutaway = 0;
  private step = PIXEL_STEPS.indexOf(1);
  private slow = 0;
  private fast = 0;
  private fence: WebGLSync | null = null;
  private fenceFrom = 0;
  private dirty = true;
  private scheduled = false;
  private last = 0;
  private touchedUntil = 0;
  private visible = true;

  constructor(
    store: SignalStore,
    private readonly choose: (seat: Seat) => void,
  ) {
    const software = isSoftware();
    if (software) this.step = PIXEL_STEPS.indexOf(0.65);
    this.renderer = new WebGLRenderer({
      antialias: !software,
      alpha: false,
      powerPreference: "high-performance",
      failIfMajorPerformanceCaveat: false,
    });
    this.renderer.info.autoReset = true;
    this.canvas = this.renderer.domElement;
    this.canvas.className = "car3d";
    this.canvas.setAttribute("role", "img");
    this.scene.add(this.world.root, this.body.root, this.cabin.root);
    // From the outside inwards, then the ground, then the sky: what is hidden is never shaded. Glass is transparent and comes last anyway.
    this.cabin.root.traverse((part) => (part.renderOrder = -1));
    this.body.root.traverse((part) => (part.renderOrder = -2));
    for (const door of Object.values(this.body.doors)) door.trim.traverse((part) => (part.renderOrder = -1));
    this.addHalos();
    this.setCheap(software);
    this.motion = new Motion(store, this.body, this.cabin, this.world, this.halos);
    store.subscribe(() => this.wake());
    this.hands();
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    new IntersectionObserver((entries) => {
      this.visible = entries[0]?.isIntersecting ?? true;
      this.wake();
    }).observe(this.canvas);
    document.addEventListener("visibilitychange", () => this.wake());
    this.wake();
  }

  label(text: string): void {
    this.canvas.setAttribute("aria-label", text);
  }

  setSpeaker(seat: Seat): void {
    for (const place of SEATS) this.cabin.seats[place].ring.visible = place === seat;
    this.wake();
  }

  show(view: View): void {
    this.view = view;
    this.goal = { ...POSES[view], target: [...POSES[view].target] };
    if (reduced() || view === "seat") this.pose = { ...this.goal };
    this.wake();
  }

  // Glides to where something is happening, unless a hand is on the picture.
  attend(sight: string): View | null {
    const wanted = SIGHTS[sight];
    if (!wanted || this.view === "seat" || performance.now() < this.touchedUntil) return null;
    const { view, ...rest } = wanted;
    this.view = view;
    this.goal = { ...POSES[view], ...rest };
    const turn = this.goal.azimuth - this.pose.azimuth;
    this.goal.azimuth -= Math.round(turn / 360) * 360; // the short way round
    if (reduced()) this.pose = { ...this.goal };
    this.wake();
    return view;
  }

  wake(): void {
    this.dirty = true;
    if (!this.scheduled) {
      this.scheduled = true;
      requestAnimationFrame((now) => this.frame(now));
    }
  }

  // A still picture with everything where it is going, for screenshots: the loop rests until the page is loaded anew.
  portrait(pixelRatio: number): void {
    this.frame = () => undefined;
    this.step = 0;
    this.setCheap(false);
    this.renderer.setPixelRatio(pixelRatio);
    this.renderer.setSize(this.canvas.clientWidth, this.canvas.clientHeight, false);
    this.camera.aspect = this.canvas.clientWidth / this.canvas.clientHeight;
    this.goal = { ...POSES[this.view] };
    this.pose = { ...this.goal };
    this.cutaway = this.view === "cabin" ? 1 : 0;
    for (let i = 0; i < 10; i += 1) this.motion.advance(0.5, false);
    this.place();
    this.renderer.render(this.scene, this.camera);
  }

  private setCheap(cheap: boolean): void {
    this.frames.cheap = cheap;
    this.world.setCheap(cheap);
    for (const part of [this.body.root, this.cabin.root]) setCheap(part, cheap);
  }

  private addHalos(): void {
    const put = (name: string, colour: number, size: number, ...places: [number, number, number][]) => {
      this.halos[name] = places.map((place) => {
        const sprite = halo(colour, size);
        sprite.position.set(...place);
        this.scene.add(sprite);
        return sprite;
      });
    };
    put("low", 0xe8f2ff, 1.25, [0.73, 0.6, 2.42], [-0.73, 0.6, 2.42]);
    put("line", 0xdcecff, 0.7, [0.6, 0.72, 2.46], [-0.6, 0.72, 2.46], [0, 0.71, 2.52]);
    put("tail", 0xff2a20, 0.8, [0.7, 0.95, -2.42], [-0.7, 0.95, -2.42], [0, 0.95, -2.5]);
    put("brake", 0xff2a20, 1.6, [0.7, 0.95, -2.42], [-0.7, 0.95, -2.42]);
    put("left", 0xff9a2a, 1.1, [0.88, 0.74, 2.3], [0.88, 0.95, -2.28]);
    put("right", 0xff9a2a, 1.1, [-0.88, 0.74, 2.3], [-0.88, 0.95, -2.28]);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0) return;
    let ratio = Math.min(PIXEL_STEPS[this.step]!, devicePixelRatio * Math.max(1, PIXEL_STEPS[this.step]!));
    ratio = Math.min(ratio, Math.sqrt(PIXELS_MAX / (width * height)));
    this.frames.pixelRatio = ratio;
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.wake();
  }

  private frame = (now: number): void => {
    this.scheduled = false;
    if (!this.visible || document.hidden) return; // wake() comes when it is seen again
    if (!this.gpuIsDone(now)) {
      this.scheduled = true;
      requestAnimationFrame((next) => this.frame(next));
      return;
    }
    const seconds = Math.min(0.4, this.last === 0 ? 0.016 : (now - this.last) / 1000);
    this.last = now;
    const stirring = this.motion.advance(reduced() ? 10 : seconds, reduced()) || this.glide(seconds);
    if (this.dirty || stirring) {
      this.dirty = false;
      this.place();
      this.renderer.render(this.scene, this.camera);
      this.frames.count += 1;
      this.raiseFence(now);
    }
    if (stirring || this.fence) {
      this.scheduled = true;
      requestAnimationFrame((next) => this.frame(next));
    } else this.last = 0;
  };

  // One frame under way at a time, so that a slow renderer never stands between a hand and the page.
  private raiseFence(now: number): void {
    const gl = this.renderer.getContext() as WebGL2RenderingContext;
    this.fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    this.fenceFrom = now;
    gl.flush();
  }

  private gpuIsDone(now: number): boolean {
    if (!this.fence) return true;
    const gl = this.renderer.getContext() as WebGL2RenderingContext;
    const state = gl.clientWaitSync(this.fence, 0, 0);
    if (state === gl.TIMEOUT_EXPIRED && now - this.fenceFrom < 2000) return false;
    gl.deleteSync(this.fence);
    this.fence = null;
    this.pace(now - this.fenceFrom);
    return true;
  }

  // Fewer pixels while frames are slow; more again, carefully, when they are quick.
  private pace(ms: number): void {
    this.frames.lastMs = ms;
    this.slow = ms > SLOW_FRAME_MS ? this.slow + 1 : 0;
    this.fast = ms < (this.frames.cheap ? FAST_CHEAP_FRAME_MS : FAST_FRAME_MS) ? this.fast + 1 : 0;
    if (this.slow >= 3 && !this.frames.cheap && PIXEL_STEPS[this.step]! <= CHEAP_BELOW) {
      this.slow = 0;
      this.setCheap(true);
      this.wake();
    } else if (this.slow >= 3 && this.step < PIXEL_STEPS.length - 1) {
      this.step += 1;
      this.slow = 0;
      this.resize();
    } else if (this.fast >= 90 && this.step > 0 && PIXEL_STEPS[this.step - 1]! <= Math.max(1, devicePixelRatio)) {
      this.step -= 1;
      this.fast = 0;
      this.resize();
    }
  }

  private glide(seconds: number): boolean {
    const t = 1 - Math.exp(-seconds / (GLIDE_SECONDS / 2.2));
    const keys = ["azimuth", "height", "distance", "fov"] as const;
    let far = 0;
    for (const key of keys) {
      const way = this.goal[key] - this.pose[key];
      far = Math.max(far, Math.abs(way) / (key === "distance" ? 0.02 : 0.15));
      this.pose[key] += way * t;
    }
    this.pose.target = this.pose.target.map((value, i) => value + (this.goal.target[i]! - value) * t) as Pose["target"];
    const open = this.view === "cabin" ? 1 : 0;
    far = Math.max(far, Math.abs(open - this.cutaway) / 0.01);
    this.cutaway += (open - this.cutaway) * t;
    return far > 1;
  }

  private place(): void {
    const cut = this.cutaway > 0.4;
    this.cabin.seats["row1.left"].person.scale.setScalar(this.view === "seat" ? 0.0001 : 1);
    for (const part of [...this.body.wipers, this.body.rearWiper, ...Object.values(this.body.mirrors)]) part.visible = !cut;
    const { azimuth, height, distance, target, fov } = this.pose;
    const [a, e] = [(azimuth * Math.PI) / 180, (height * Math.PI) / 180];
    // A narrow window steps back until the whole car fits.
    const fit = this.view === "seat" ? 1 : Math.max(1, 1.55 / this.camera.aspect);
    const reach = distance * fit;
    this.camera.position.set(
      target[0] + reach * Math.sin(a) * Math.cos(e),
      Math.max(0.25, target[1] + reach * Math.sin(e)),
      target[2] + reach * Math.cos(a) * Math.cos(e),
    );
    if (this.view === "seat") this.camera.lookAt(target[0] - Math.sin(a), target[1] - Math.sin(e), target[2] - Math.cos(a));
    else this.camera.lookAt(...target);
    this.camera.fov = fov;
    this.camera.updateProjectionMatrix();
    this.body.cutaway.value = this.cutaway < 0.02 ? 0 : 0.32 + 0.68 * this.cutaway;
    this.cabin.shade.visible = this.cutaway < 0.5 && this.cabin.shade.scale.y > 0.02;
    // A lamp shines only towards whoever it faces.
    for (const [name, sprites] of Object.entries(this.halos)) {
      for (const sprite of sprites) {
        const towards = sprite.position.clone().sub(this.camera.position).normalize().z * (sprite.position.z > 0 ? -1 : 1);
        const side = name === "left" ? 1 : name === "right" ? -1 : 0;
        sprite.material.opacity =
          ((sprite.userData["strength"] as number) ?? 0) * Math.max(0, Math.min(1, towards * 1.6 + (side === 0 ? 0 : 0.25)));
        sprite.visible = sprite.material.opacity > 0.02 && this.view !== "seat" && !cut;
      }
    }
    light.uTime.value = this.motion.time;
    lamps.uFront.value.copy(this.motion.front);
    this.motion.rainAround(this.camera.position);
  }

  // Dragging turns, the wheel comes nearer, a tap on a seat chooses it.
  private hands(): void {
    const { canvas } = this;
    let from: { x: number; y: number; azimuth: number; height: number; moved: boolean } | null = null;
    canvas.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, azimuth: this.goal.azimuth, height: this.goal.height, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.moved && Math.hypot(dx, dy) < DRAG_SLOP_PIXELS) return;
      from.moved = true;
      this.touchedUntil = performance.now() + 8000;
      const gentle = this.view === "seat" ? 0.12 : 0.35;
      this.goal.azimuth = from.azimuth - dx * gentle;
      this.goal.height = Math.max(this.view === "seat" ? -30 : 2, Math.min(this.view === "seat" ? 30 : 80, from.height + dy * 0.25));
      this.wake();
    });
    const end = (event: PointerEvent) => {
      if (from && !from.moved && event.type === "pointerup") this.tap(event);
      from = null;
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (this.view === "seat") return;
        event.preventDefault();
        this.touchedUntil = performance.now() + 8000;
        this.goal.distance = Math.max(4, Math.min(14, this.goal.distance * Math.exp(event.deltaY * 0.001)));
        this.wake();
      },
      { passive: false },
    );
  }

  private tap(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const ray = new Raycaster();
    ray.setFromCamera(
      new Vector2(((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2),
      this.camera,
    );
    const hit = ray.intersectObjects(
      SEATS.map((seat) => this.cabin.seats[seat].root),
      true,
    )[0];
    let node = hit?.object ?? null;
    while (node && !node.userData["seat"]) node = node.parent;
    if (node) this.choose(node.userData["seat"] as Seat);
  }

  dispose(): void {
    this.renderer.dispose();
  }
}

// Which part of the car a signal is about, for the camera.
export function sightOf(path: string): string | null {
  if (/Trunk\.Rear|Windshield\.Rear/.test(path)) return "rear";
  if (/Trunk\.Front|Lights\.(Beam|Fog\.Front|Parking)|HighBeamMode|Windshield\.Front\.Wip/.test(path)) return "front";
  if (/ChargingPort|IsCharging$/.test(path)) return "port";
  if (/Sunroof/.test(path)) return "roof";
  const door =
    /Cabin\.Door\.Row\d\.(DriverSide|PassengerSide)\.(Window\.Position|IsOpen|Position)/.exec(path) ??
    /Body\.Mirrors\.(DriverSide|PassengerSide)/.exec(path);
  if (door) return door[1] === "DriverSide" ? "left" : "right";
  if (/Cabin\.Seat\.|DeepCabin\.Seat\.|AmbientLight|Light\.Ambient|Light\.Reading/.test(path)) return "cabin";
  return null;
}
