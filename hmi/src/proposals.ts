// What the car suggests unasked: a card with yes and no that expires by itself, and a list of what became of each for the glass wall.

import { h, setText } from "./dom";
import type { CarEvent } from "./events";
import { currentLanguage, t } from "./i18n";

const KEPT_MAX = 50;
const EXPIRES_MS = 15_000;

export interface Proposal {
  id: string;
  session: string;
  text: string;
  yes: string;
  deadline: number; // performance.now()
  at: Date;
  answer: string | null; // yes, no, expired, held
  why: string;
}

export class Proposals {
  readonly root = h("div", { class: "proposals", tLabel: "proposal.label", attrs: { role: "group", "aria-live": "polite" } });
  readonly list: Proposal[] = [];

  constructor(
    private readonly accept: (proposal: Proposal, yes: boolean) => void,
    private readonly changed: () => void,
    private readonly said: (words: string) => void,
  ) {}

  take(event: CarEvent): boolean {
    if (event.type === "proposal") this.open(event, null);
    else if (event.type === "proposal.held")
      this.open(event, "held"); // thought of, and kept back
    else if (event.type === "proposal.closed") this.close(String(event.id ?? ""), event.answer ?? "expired");
    else return false;
    return true;
  }

  tick(): void {
    const now = performance.now();
    for (const proposal of this.list) if (!proposal.answer && now > proposal.deadline) this.close(proposal.id, "expired");
    for (const seconds of this.root.querySelectorAll<HTMLElement>(".proposal-seconds")) {
      setText(seconds, String(Math.max(0, Math.ceil((Number(seconds.dataset["deadline"]) - now) / 1000))));
    }
  }

  forget(): void {
    for (const proposal of this.list) proposal.answer ??= "expired";
    this.draw();
  }

  draw(): void {
    this.root.replaceChildren(...this.list.filter(({ answer }) => answer === null).map((proposal) => this.card(proposal)));
    this.changed();
  }

  private open(event: CarEvent, answer: string | null): void {
    const id = String(event.id ?? `p${this.list.length}`);
    if (this.list.some((known) => known.id === id && known.answer === null)) return;
    const own = event[currentLanguage()] ?? event["zh"] ?? event["en"];
    const text = event.text ?? (typeof own === "string" ? own : "");
    if (event["unasked"] === true) answer ??= "done"; // done already and told: nothing to answer
    const deadline = performance.now() + (event.expires_ms ?? EXPIRES_MS);
    this.list.push({
      id,
      session: event.session ?? "",
      text,
      yes: event.yes ?? "",
      deadline,
      at: new Date(),
      answer,
      why: event.reason ?? "",
    });
    if (this.list.length > KEPT_MAX) this.list.shift();
    if (answer !== "held" && text) this.said(text);
    this.draw();
  }

  private close(id: string, answer: string): void {
    const proposal = this.list.find((known) => known.id === id && known.answer === null);
    if (!proposal) return;
    proposal.answer = answer;
    this.draw();
  }

  private card(proposal: Proposal): HTMLElement {
    const answer = (yes: boolean) => {
      this.close(proposal.id, yes ? "yes" : "no");
      this.accept(proposal, yes);
    };
    return h(
      "article",
      { class: "proposal", attrs: { "data-proposal": proposal.id } },
      h("p", { class: "proposal-text", text: proposal.text }),
      h(
        "div",
        { class: "buttons" },
        h("button", { class: "yes", text: t("talk.yes"), attrs: { type: "button" }, on: { click: () => answer(true) } }),
        h("button", { class: "no", text: t("talk.no"), attrs: { type: "button" }, on: { click: () => answer(false) } }),
        h("span", { class: "proposal-seconds", attrs: { "data-deadline": proposal.deadline, "aria-hidden": "true" } }),
      ),
    );
  }
}
