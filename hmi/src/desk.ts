// The scenario desk: more of the world than fits under the car, faults of the line, and drives recorded to a file.

import { api, type Fault } from "./api";
import { h, setText } from "./dom";
import { t, zoneName, type TextKey } from "./i18n";
import type { Lab, Slider } from "./lab";
import { FILE_BYTES_MAX, readRecording, type Recorder } from "./recorder";
import { CAR, SEATS, seatPath, type Seat } from "./signals";

const PACES = [1, 2, 5] as const;

const SLIDERS: readonly Slider[] = [
  { key: "car.battery", path: CAR.battery, min: 0, max: 100, unit: "%" },
  { key: "lab.speed", path: CAR.speed, min: 0, max: 140, unit: "km/h" },
  { key: "lab.outside", path: CAR.outsideTemperature, min: -20, max: 45, unit: "°C" },
  { key: "car.inside", path: CAR.insideTemperature, min: -10, max: 60, unit: "°C" },
  { key: "lab.rain", path: CAR.rain, min: 0, max: 100, unit: "%" },
  { key: "lab.dark", path: CAR.daylight, min: 0, max: 100, unit: "%", toSignal: (value) => 100 - value },
];

// Faults of the simulated car that have a name here; what a newer server knows besides is not shown.
const CAR_FAULTS: Record<string, TextKey> = {
  model_down: "desk.model_down",
  model_slow: "desk.model_slow",
  signals_stale: "desk.signals_stale",
};

interface Faults {
  cutLine(seconds: number): void;
  inTheCar(names: string): void; // those that are on, in people's words
}

export class Desk {
  readonly root: HTMLElement;
  private pace: number = 1;
  private readonly steps = h("ol", { class: "steps", attrs: { tabindex: 0 }, tLabel: "desk.steps" });
  private readonly note = h("p", { class: "quiet", attrs: { role: "status" } });
  private readonly record = h("button", { class: "action-button record", attrs: { type: "button" } });
  private readonly play = h("button", { class: "action-button", attrs: { type: "button" } });
  private readonly save = h("button", { class: "action-button", t: "desk.save", attrs: { type: "button" } });
  private known: readonly Fault[] = [];
  private readonly carFaults = h("div", { class: "desk-buttons" });
  private readonly carFaultsNote = h("p", { class: "quiet", t: "desk.carFaultsNote", attrs: { hidden: true } });
  private readonly scenarios = h("div", { class: "scenarios", tLabel: "lab.title", attrs: { role: "group" } });

  constructor(
    private readonly lab: Lab,
    private readonly recorder: Recorder,
    private readonly say: (text: string, seat: Seat) => Promise<void>,
    private readonly faults: Faults,
  ) {
    const file = h("input", {
      class: "visually-hidden",
      id: "recording-file",
      attrs: { type: "file", accept: "application/json,.json", tabindex: -1 },
      tLabel: "desk.load",
    });
    const load = h("button", { class: "action-button", t: "desk.load", attrs: { type: "button" }, on: { click: () => file.click() } });
    file.addEventListener("change", () => void this.read(file));
    this.record.addEventListener("click", () => (recorder.recording ? recorder.stop() : recorder.start()));
    this.play.addEventListener("click", () => this.playOrStop());
    this.save.addEventListener("click", () => this.download());
    const pace = h("select", { tLabel: "desk.pace" }, ...PACES.map((value) => h("option", { text: `${value}×`, attrs: { value } })));
    pace.addEventListener("change", () => (this.pace = Number(pace.value)));
    this.root = h(
      "section",
      { class: "desk", tLabel: "desk.title" },
      h(
        "div",
        { class: "panel" },
        h("h2", { t: "lab.title" }),
        this.scenarios,
        h("h2", { t: "lab.sensors" }),
        h("div", { class: "desk-sliders" }, ...SLIDERS.map((slider) => lab.slider(slider))),
      ),
      h(
        "div",
        { class: "panel" },
        h("h2", { t: "desk.occupants" }),
        h("div", { class: "switches column" }, ...SEATS.map((seat) => this.occupant(seat))),
        h("h2", { t: "desk.faults" }),
        h(
          "div",
          { class: "desk-buttons" },
          h("button", { class: "action-button", t: "desk.cut5", attrs: { type: "button" }, on: { click: () => faults.cutLine(5) } }),
          h("button", { class: "action-button", t: "desk.cut20", attrs: { type: "button" }, on: { click: () => faults.cutLine(20) } }),
        ),
        h("p", { class: "quiet", t: "desk.faultsNote" }),
        this.carFaults,
        this.carFaultsNote,
      ),
      h(
        "div",
        { class: "panel recorder" },
        h("h2", { t: "desk.recorder" }),
        h("div", { class: "desk-buttons" }, this.record, this.play, pace, this.save, load, file),
        this.note,
        this.steps,
      ),
    );
    this.draw();
  }

  draw(): void {
    const { recorder } = this;
    if (this.known.length > 0) this.showFaults(this.known);
    for (const button of this.root.querySelectorAll<HTMLElement>("[data-zone]")) setText(button, zoneName(button.dataset["zone"]));
    setText(this.record, t(recorder.recording ? "desk.stop" : "desk.record"));
    this.record.classList.toggle("on", recorder.recording);
    setText(this.play, t(recorder.playing ? "desk.stop" : "desk.play"));
    this.play.disabled = recorder.recording || recorder.steps.length === 0;
    this.save.disabled = recorder.recording || recorder.steps.length === 0;
    setText(this.note, recorder.steps.length === 0 ? t("desk.empty") : `${recorder.steps.length} ${t("desk.count")}`);
    this.steps.replaceChildren(
      ...recorder.steps
        .slice(-200)
        .map((step) =>
          h(
            "li",
            {},
            h("b", { text: `${(step.at_ms / 1000).toFixed(1)} s` }),
            h("span", {
              text:
                "say" in step
                  ? `${zoneName(step.speaker)}: ${step.say}`
                  : "set" in step
                    ? `${step.set.split(".").slice(-2).join(".")} = ${String(step.value)}`
                    : `${t("lab.title")}: ${step.scenario}`,
            }),
          ),
        ),
    );
    this.scenarios.replaceChildren(...this.lab.scenarioButtons());
  }

  // A car that is not simulated has no such faults, and no buttons for them.
  async loadFaults(): Promise<void> {
    this.showFaults(await api.faults().then(({ faults }) => faults, () => []));
  }

  showFaults(faults: unknown): void {
    const known = (Array.isArray(faults) ? (faults as Fault[]) : []).filter(({ name }) => Object.hasOwn(CAR_FAULTS, name));
    this.known = known;
    this.faults.inTheCar(known.filter(({ on }) => on).map(({ name }) => t(CAR_FAULTS[name]!)).join(", "));
    this.carFaultsNote.hidden = known.length === 0;
    this.carFaults.replaceChildren(
      ...known.map(({ name, on }) =>
        h("button", {
          class: "action-button fault",
          t: CAR_FAULTS[name]!,
          attrs: { type: "button", "aria-pressed": String(on), "data-fault": name },
          on: { click: () => void api.setFault(name, !on).then((now) => this.showFaults(now.faults), () => this.loadFaults()) },
        }),
      ),
    );
  }

  private occupant(seat: Seat): HTMLElement {
    return this.lab.toggle(null, seatPath.occupancy(seat), seat);
  }

  private playOrStop(): void {
    if (this.recorder.playing) return this.recorder.stop();
    this.recorder.play(
      {
        say: (text, seat) => this.say(text, seat),
        set: async (path, value) => void (await api.setSignal(path, value)),
        scenario: async (name) => void (await api.setScenario(name)),
      },
      this.pace,
    );
  }

  private async read(file: HTMLInputElement): Promise<void> {
    const chosen = file.files?.[0];
    file.value = "";
    if (!chosen) return;
    const steps = chosen.size > FILE_BYTES_MAX ? `${chosen.size} bytes, at most ${FILE_BYTES_MAX}` : readRecording(await chosen.text());
    if (typeof steps === "string") setText(this.note, `${t("desk.badFile")} ${steps}`);
    else this.recorder.load(steps);
  }

  private download(): void {
    const url = URL.createObjectURL(new Blob([this.recorder.file()], { type: "application/json" }));
    const link = h("a", { attrs: { href: url, download: "deepcabin-drive.json" } });
    link.click();
    URL.revokeObjectURL(url);
  }
}
