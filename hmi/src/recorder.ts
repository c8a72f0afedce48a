// A drive as a file: what was said, which sensors were set and which scenario began, each with its time. It can be saved, read
// and played again.

import { SEATS, type Seat } from "./signals";
import type { Value } from "./store";

export const FILE_BYTES_MAX = 1 << 20;
const STEPS_MAX = 5_000;
const TEXT_LENGTH_MAX = 1_000;
const TIME_MS_MAX = 6 * 3_600_000;
const PATH = /^Vehicle(\.[A-Za-z0-9_]+){1,12}$/;

export type Step = { at_ms: number } & ({ say: string; speaker: Seat } | { set: string; value: Value } | { scenario: string });

export interface Player {
  say(text: string, speaker: Seat): Promise<void>;
  set(path: string, value: Value): Promise<void>;
  scenario(name: string): Promise<void>;
}

function readStep(json: unknown): Step | null {
  if (typeof json !== "object" || json === null) return null;
  const { at_ms, say, speaker, set, value, scenario } = json as Record<string, unknown>;
  if (typeof at_ms !== "number" || !(at_ms >= 0 && at_ms <= TIME_MS_MAX)) return null;
  if (typeof say === "string" && say.length > 0 && say.length <= TEXT_LENGTH_MAX) {
    const seat = SEATS.find((known) => known === speaker) ?? "row1.left";
    return { at_ms, say, speaker: seat };
  }
  const plain = typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value.length <= TEXT_LENGTH_MAX);
  if (typeof set === "string" && PATH.test(set) && plain) return { at_ms, set, value: value as Value };
  if (typeof scenario === "string" && /^\w{1,40}$/.test(scenario)) return { at_ms, scenario };
  return null;
}

// The steps of a file in the order of their times, or what is wrong with it.
export function readRecording(text: string): Step[] | string {
  if (text.length > FILE_BYTES_MAX) return `${text.length} bytes, at most ${FILE_BYTES_MAX}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  const steps = (json as { steps?: unknown } | null)?.steps;
  if (!Array.isArray(steps)) return 'no "steps"';
  if (steps.length > STEPS_MAX) return `${steps.length} steps, at most ${STEPS_MAX}`;
  const read: Step[] = [];
  for (const [i, entry] of steps.entries()) {
    const step = readStep(entry);
    if (!step) return `step ${i + 1} is not understood`;
    read.push(step);
  }
  return read.sort((a, b) => a.at_ms - b.at_ms);
}

export class Recorder {
  steps: Step[] = [];
  recording = false;
  playing = false;
  private began = 0;
  private timer = 0;

  constructor(
    private readonly changed: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  start(): void {
    this.steps = [];
    this.recording = true;
    this.began = this.now();
    this.changed();
  }

  stop(): void {
    this.recording = false;
    this.playing = false;
    clearTimeout(this.timer);
    this.changed();
  }

  note(step: { say: string; speaker: Seat } | { set: string; value: Value } | { scenario: string }): void {
    if (!this.recording || this.steps.length >= STEPS_MAX) return;
    const at_ms = Math.round(this.now() - this.began);
    const last = this.steps[this.steps.length - 1];
    // A slider that is dragged is one step with its newest value.
    if (last && "set" in last && "set" in step && last.set === step.set && at_ms - last.at_ms < 200) last.value = step.value;
    else this.steps.push({ at_ms, ...step });
    this.changed();
  }

  file(): string {
    return JSON.stringify({ deepcabin: "recording", version: 1, recorded: new Date().toISOString(), steps: this.steps }, null, 1);
  }

  load(steps: Step[]): void {
    this.stop();
    this.steps = steps;
    this.changed();
  }

  play(player: Player, pace: number): void {
    this.recording = false;
    this.playing = true;
    this.changed();
    const began = this.now();
    const next = (i: number) => {
      const step = this.steps[i];
      if (!this.playing || !step) return this.stop();
      this.timer = window.setTimeout(
        () => {
          if (!this.playing) return;
          const done =
            "say" in step
              ? player.say(step.say, step.speaker)
              : "set" in step
                ? player.set(step.set, step.value)
                : player.scenario(step.scenario);
          void done.catch(() => undefined).then(() => next(i + 1));
        },
        Math.max(0, step.at_ms / pace - (this.now() - began)),
      );
    };
    next(0);
  }
}
