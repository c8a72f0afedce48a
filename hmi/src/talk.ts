// The conversation panel: the list of turns, suggestions, who speaks, and the input box.

import { ApiError, api } from "./api";
import { renderTurn } from "./card";
import { icon } from "./cluster";
import { h, translate } from "./dom";
import type { CarEvent } from "./events";
import { SUGGESTIONS, currentLanguage, zoneName } from "./i18n";
import { SEATS, type Seat } from "./signals";
import { Turns, type Turn } from "./turns";

const TEXT_LENGTH_MAX = 1000;
const ANSWER_WORDS = { zh: { yes: "好", no: "不用了" }, en: { yes: "yes", no: "no" } } as const;

export class Talk {
  readonly root: HTMLElement;
  private readonly turns: Turns;
  private readonly nodes = new Map<string, HTMLElement>();
  private readonly log = h("div", { class: "log", tLabel: "talk.title", attrs: { role: "log", "aria-live": "off", tabindex: 0 } });
  private readonly live = h("div", { class: "visually-hidden", attrs: { "aria-live": "polite" } });
  private readonly empty = h("p", { class: "empty", t: "talk.empty" });
  private readonly suggestions = h("div", { class: "suggestions", tLabel: "talk.suggestions", attrs: { role: "group" } });
  private readonly speakerSelect = h("select", { tLabel: "talk.speaker" });
  private readonly input = h("input", {
    id: "say", tLabel: "talk.placeholder", tPlaceholder: "talk.placeholder",
    attrs: { type: "text", autocomplete: "off", enterkeyhint: "send", maxlength: TEXT_LENGTH_MAX },
  });
  private speaker: Seat = "row1.left";

  constructor(
    private readonly session: string,
    private readonly speakerChanged: (seat: Seat) => void,
  ) {
    this.turns = new Turns(session, (turn) => this.show(turn), (words) => (this.live.textContent = words));
    this.speakerSelect.addEventListener("change", () => this.setSpeaker(this.speakerSelect.value as Seat));
    const send = h("button", { class: "send", tLabel: "talk.send", attrs: { type: "submit" } }, icon("M4 12h15M13 6l6 6-6 6"));
    const form = h("form", { class: "say" }, h("label", { class: "speaker" }, icon("M12 4a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v3"), this.speakerSelect), this.input, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      if (!text) return;
      this.input.value = "";
      void this.say(text);
    });
    this.log.append(this.empty);
    this.root = h("section", { class: "talk", tLabel: "talk.title" }, this.log, h("div", { class: "composer" }, this.suggestions, form), this.live);
    this.translate();
    window.setInterval(() => this.tick(), 250);
  }

  focus(): void {
    this.input.focus({ preventScroll: true });
  }

  setSpeaker(seat: Seat): void {
    this.speaker = seat;
    this.speakerSelect.value = seat;
    this.speakerChanged(seat);
  }

  event(event: CarEvent): void {
    this.turns.take(event);
  }

  forgetOffers(): void {
    for (const turn of this.turns.list) this.turns.expire(turn);
  }

  translate(): void {
    this.speakerSelect.replaceChildren(...SEATS.map((seat) => h("option", { text: zoneName(seat), attrs: { value: seat } })));
    this.speakerSelect.value = this.speaker;
    this.suggestions.replaceChildren(
      ...SUGGESTIONS[currentLanguage()].map((text) => h("button", { class: "suggestion", text, attrs: { type: "button" }, on: { click: () => void this.say(text) } })));
    for (const turn of this.turns.list) this.show(turn);
    translate(this.root);
  }

  private async say(text: string, touched = false): Promise<void> {
    const turn = this.turns.begin(text, this.speaker);
    try {
      const json = await api.turn({ text, session: this.session, speaker: this.speaker, ...(touched ? { touched } : {}) });
      this.turns.answered(turn, json);
    } catch (error) {
      this.turns.failed(turn, error instanceof ApiError ? error.code : "other", error instanceof Error ? error.message : "");
    }
  }

  private answer(turn: Turn, yes: boolean): void {
    if (turn.offer?.state !== "open") return;
    turn.offer.state = "sent";
    this.show(turn);
    void this.say(ANSWER_WORDS[currentLanguage()][yes ? "yes" : "no"], true);
  }

  private show(turn: Turn): void {
    const old = this.nodes.get(turn.key);
    const stillThere = this.turns.list.includes(turn);
    if (!stillThere) {
      old?.remove();
      this.nodes.delete(turn.key);
      return;
    }
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 120;
    const node = renderTurn(turn, {
      answer: (which, yes) => this.answer(which, yes),
      retry: (which) => {
        this.turns.list.splice(this.turns.list.indexOf(which), 1);
        this.show(which);
        void this.say(which.text);
      },
    });
    const hadFocus = old?.contains(document.activeElement) ?? false;
    this.nodes.set(turn.key, node);
    if (old) old.replaceWith(node);
    else this.log.append(node);
    if (hadFocus) this.focus();
    this.empty.hidden = true;
    this.root.classList.add("talking");
    if (!old) node.classList.add("arriving");
    if (atEnd || !old) this.log.scrollTop = this.log.scrollHeight;
  }

  // Counts the seconds of open offers down; an offer that ran out is closed here even when the line is down.
  private tick(): void {
    for (const seconds of this.log.querySelectorAll<HTMLElement>(".seconds")) {
      const leftMs = Number(seconds.dataset["deadline"]) - performance.now();
      seconds.textContent = String(Math.max(0, Math.ceil(leftMs / 1000)));
    }
    for (const turn of this.turns.list) {
      if (turn.offer && performance.now() > turn.offer.deadline + 500) this.turns.expire(turn);
    }
  }
}
