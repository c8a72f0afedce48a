// The conversation panel: the list of turns, suggestions, who speaks, the input box and the microphone.

import { ApiError, api } from "./api";
import { renderBrief, renderTurn, type TurnActions } from "./card";
import { icon } from "./cluster";
import { h, setText, translate } from "./dom";
import type { CarEvent } from "./events";
import { SUGGESTIONS, currentLanguage, t, zoneName } from "./i18n";
import { Proposals } from "./proposals";
import { SEATS, type Seat } from "./signals";
import { Turns, type Turn } from "./turns";
import { Voice, type VoiceState } from "./voice";

const TEXT_LENGTH_MAX = 1000;
const GLANCE_SUGGESTIONS_MAX = 3;
const ANSWER_WORDS = { zh: { yes: "好", no: "不用了", undo: "撤销" }, en: { yes: "yes", no: "no", undo: "undo" } } as const;

interface Handlers {
  speakerChanged(seat: Seat): void;
  inspect(turn: Turn): void;
  changed(): void; // a turn or proposal is another
  spoken(text: string, seat: Seat): void; // for the recorder
}

export class Talk {
  readonly root: HTMLElement;
  readonly turns: Turns;
  readonly proposals: Proposals;
  readonly voice: Voice;
  private readonly nodes = new Map<string, HTMLElement>();
  private readonly stale = new Set<Turn>();
  private drawQueued = false;
  private restricted = false;
  private driver = false;
  private readonly log = h("div", { class: "log", tLabel: "talk.title", attrs: { role: "log", "aria-live": "off", tabindex: 0 } });
  private readonly live = h("div", { class: "visually-hidden", attrs: { "aria-live": "polite" } });
  private readonly empty = h("p", { class: "empty", t: "talk.empty" });
  private readonly suggestions = h("div", { class: "suggestions", tLabel: "talk.suggestions", attrs: { role: "group" } });
  private readonly speakerSelect = h("select", { tLabel: "talk.speaker" });
  private readonly mic = h(
    "button",
    { class: "mic", tLabel: "voice.talk", attrs: { type: "button", "aria-pressed": "false" } },
    icon("M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.500 11a6.500 6.500 0 0 0 13 0M12 17.500v3.500"),
  );
  readonly aloud = h(
    "button",
    { class: "aloud", tLabel: "voice.aloud", attrs: { type: "button" } },
    icon("M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11"),
  );
  private readonly input = h("input", {
    id: "say",
    tLabel: "talk.placeholder",
    tPlaceholder: "talk.placeholder",
    attrs: { type: "text", autocomplete: "off", enterkeyhint: "send", maxlength: TEXT_LENGTH_MAX },
  });
  private speaker: Seat = "row1.left";
  private listeningFor: Seat = "row1.left";

  constructor(
    private readonly session: string,
    private readonly handlers: Handlers,
  ) {
    this.turns = new Turns(session, {
      changed: (turn) => this.queue(turn),
      said: (words, turn) => {
        setText(this.live, words);
        if (turn && words === turn.reply) this.voice.follow(turn, words, true);
        else this.voice.say(words);
      },
      piece: (turn) => turn.mine && this.voice.follow(turn, turn.streamed, false),
    });
    this.proposals = new Proposals(
      (proposal, yes) =>
        void this.say(
          yes && proposal.yes ? proposal.yes : ANSWER_WORDS[currentLanguage()][yes ? "yes" : "no"],
          true,
          proposal.session || this.session,
        ),
      () => handlers.changed(),
      (words) => {
        setText(this.live, words);
        this.voice.say(words);
      },
    );
    this.voice = new Voice({
      heard: (text) => {
        this.input.value = "";
        if (text) void this.say(text, false, this.session, this.listeningFor);
      },
      available: () => this.showVoice("idle"),
      hearing: (text) => (this.input.value = text),
      state: (state) => this.showVoice(state),
    });
    this.root = h(
      "section",
      { class: "talk", tLabel: "talk.title" },
      this.log,
      h("div", { class: "composer" }, this.proposals.root, this.suggestions, this.form()),
      this.live,
    );
    this.log.append(this.empty);
    this.translate();
    this.showVoice("idle");
    window.setInterval(() => this.tick(), 250);
  }

  focus(): void {
    this.input.focus({ preventScroll: true });
  }

  setSpeaker(seat: Seat): void {
    this.speaker = seat;
    this.speakerSelect.value = seat;
    this.handlers.speakerChanged(seat);
  }

  event(event: CarEvent): void {
    if (this.proposals.take(event)) return;
    if (!event.type.startsWith("turn.") && !event.type.startsWith("offer")) return;
    this.turns.take(event);
  }

  forgetOffers(): void {
    for (const turn of this.turns.list) this.turns.expire(turn);
    this.proposals.forget();
  }

  // What may be shown to somebody who drives: only the last turn, in short, and nothing to type.
  showFor(restricted: boolean, driver: boolean): void {
    if (restricted === this.restricted && driver === this.driver) return;
    this.restricted = restricted;
    this.driver = driver;
    this.translate();
  }

  translate(): void {
    this.speakerSelect.replaceChildren(...SEATS.map((seat) => h("option", { text: zoneName(seat), attrs: { value: seat } })));
    this.speakerSelect.value = this.speaker;
    const offered = SUGGESTIONS[currentLanguage()].slice().sort((a, b) => (this.restricted ? a.length - b.length : 0));
    this.suggestions.replaceChildren(
      ...offered
        .slice(0, this.restricted ? GLANCE_SUGGESTIONS_MAX : offered.length)
        .map((text) => h("button", { class: "suggestion", text, attrs: { type: "button" }, on: { click: () => void this.say(text) } })),
    );
    for (const turn of this.turns.list) this.queue(turn);
    this.proposals.draw();
    translate(this.root);
  }

  // Says something as if it had been typed; used by the replay too.
  async say(text: string, touched = false, session = this.session, speaker = this.speaker): Promise<void> {
    this.voice.hush();
    this.handlers.spoken(text, speaker);
    const turn = this.turns.begin(text, speaker);
    try {
      const json = await api.turn({ text, session, speaker, ...(touched ? { touched } : {}) });
      this.turns.answered(turn, json);
    } catch (error) {
      this.turns.failed(turn, error instanceof ApiError ? error.code : "other", error instanceof Error ? error.message : "");
    }
  }

  private form(): HTMLElement {
    this.speakerSelect.addEventListener("change", () => this.setSpeaker(this.speakerSelect.value as Seat));
    this.input.addEventListener("input", () => this.voice.hush());
    this.mic.addEventListener("click", () => {
      this.listeningFor = this.speaker; // whose seat it is may be chosen anew before the text is there
      this.voice.press(this.speaker);
    });
    this.aloud.addEventListener("click", () => {
      this.voice.setAloud(!this.voice.aloud);
      this.showVoice("idle");
    });
    const send = h("button", { class: "send", tLabel: "talk.send", attrs: { type: "submit" } }, icon("M4 12h15M13 6l6 6-6 6"));
    const seat = icon("M8 4h5v8h5v4H8zM8 16v4M16 16v4");
    const form = h("form", { class: "say" }, h("label", { class: "speaker" }, seat, this.speakerSelect), this.input, this.mic, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      if (!text) return;
      this.input.value = "";
      void this.say(text);
    });
    return form;
  }

  private showVoice(state: VoiceState): void {
    this.mic.hidden = !this.voice.canHear;
    this.aloud.hidden = !this.voice.canSpeak;
    this.mic.setAttribute("aria-pressed", String(state === "listening"));
    this.mic.classList.toggle("denied", state === "denied");
    this.mic.classList.toggle("unheard", state === "unheard");
    this.mic.title = t(state === "denied" ? "voice.denied" : state === "unheard" ? "voice.unheard" : "voice.talk");
    if (state === "denied" || state === "unheard") setText(this.live, this.mic.title);
    this.aloud.setAttribute("aria-pressed", String(this.voice.aloud));
    this.root.classList.toggle("listening", state === "listening");
  }

  private readonly actions: TurnActions = {
    answer: (turn, yes) => this.answer(turn, yes),
    retry: (turn) => {
      this.turns.list.splice(this.turns.list.indexOf(turn), 1);
      this.queue(turn);
      void this.say(turn.text);
    },
    undo: () => void this.say(ANSWER_WORDS[currentLanguage()].undo),
    inspect: (turn) => this.handlers.inspect(turn),
    canUndo: (turn) => {
      const mine = this.turns.list.filter((other) => other.mine);
      return mine[mine.length - 1] === turn && turn.calls.some((call) => call?.outcome === "done" && call.op !== "query");
    },
  };

  private answer(turn: Turn, yes: boolean): void {
    if (turn.offer?.state !== "open") return;
    turn.offer.state = "sent";
    this.queue(turn);
    void this.say(ANSWER_WORDS[currentLanguage()][yes ? "yes" : "no"], true);
  }

  // A stream of pieces is drawn once a frame.
  private queue(turn: Turn): void {
    this.stale.add(turn);
    if (this.drawQueued) return;
    this.drawQueued = true;
    const draw = () => {
      if (!this.drawQueued) return;
      this.drawQueued = false;
      const turns = [...this.stale];
      this.stale.clear();
      for (const one of turns) this.show(one);
      this.handlers.changed();
    };
    requestAnimationFrame(draw);
    window.setTimeout(draw, 60); // a hidden or busy tab has no frames
  }

  private show(turn: Turn): void {
    const old = this.nodes.get(turn.key);
    if (!this.turns.list.includes(turn)) {
      old?.remove();
      this.nodes.delete(turn.key);
      return;
    }
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 120;
    const node = this.restricted ? renderBrief(turn, this.actions) : renderTurn(turn, this.actions, this.driver);
    const hadFocus = old?.contains(document.activeElement) ?? false;
    this.nodes.set(turn.key, node);
    if (old) old.replaceWith(node);
    else {
      const before = this.turns.list[this.turns.list.indexOf(turn) - 1];
      if (before?.mine) this.queue(before); // only the last can be undone
      this.log.append(node);
    }
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
      setText(seconds, String(Math.max(0, Math.ceil(leftMs / 1000))));
    }
    for (const turn of this.turns.list) {
      if (turn.offer && performance.now() > turn.offer.deadline + 500) this.turns.expire(turn);
    }
    this.proposals.tick();
  }
}
