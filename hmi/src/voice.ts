// Ears and mouth: push to talk, and speech that starts with the first sentence and stops at once when somebody talks, presses or types. The
// car's own (ears.ts, mouth.ts) where the server has them, else the browser's. The words of a model's reasoning never come here.

import { api } from "./api";
import { Ears } from "./ears";
import { currentLanguage } from "./i18n";
import { Mouth } from "./mouth";
import { nextSentence } from "./sentences";

interface Heard {
  readonly transcript: string;
}

interface RecogniserEvent extends Event {
  readonly resultIndex: number;
  readonly results: { readonly length: number; readonly [i: number]: { readonly isFinal: boolean; readonly [j: number]: Heard } };
}

interface Recogniser extends EventTarget {
  lang: string;
  interimResults: boolean;
  continuous: boolean;
  start(): void;
  stop(): void;
  abort(): void;
}

export type VoiceState = "idle" | "listening" | "denied" | "unheard";

interface Handlers {
  heard(text: string): void; // an utterance has ended
  available(): void; // ears or mouth came or went
  hearing(text: string): void; // so far
  state(state: VoiceState): void;
}

const QUEUE_MAX = 20;

export class Voice {
  private readonly recogniser: Recogniser | null;
  private readonly mouth: SpeechSynthesis | null = "speechSynthesis" in window ? window.speechSynthesis : null;
  private readonly own = { ears: new Ears(), mouth: new Mouth(), hears: false, speaks: false };
  private listening = false;
  private queued = 0;
  private speakingOf: object | null = null; // the turn whose text is being spoken
  private spokenTo = 0;
  private silenced: object | null = null; // interrupted: the rest of it is not said
  aloud = localStorage.getItem("deepcabin.aloud") === "1";

  constructor(private readonly handlers: Handlers) {
    const make = (window as unknown as Record<string, (new () => Recogniser) | undefined>)["SpeechRecognition"]
      ?? (window as unknown as Record<string, (new () => Recogniser) | undefined>)["webkitSpeechRecognition"];
    this.recogniser = make ? new make() : null;
    if (this.recogniser) this.wire(this.recogniser);
  }

  get canHear(): boolean {
    return this.own.hears || this.recogniser !== null;
  }

  get canSpeak(): boolean {
    return this.own.speaks || this.mouth !== null;
  }

  // Asks the server what it has; again after every reconnection.
  async load(): Promise<void> {
    const has = await api.audio().catch(() => ({ transcription: false, speech: false })); // an older server: the browser's
    this.own.hears = has.transcription && Ears.possible;
    this.own.speaks = has.speech;
    this.handlers.available();
  }

  setAloud(on: boolean): void {
    this.aloud = on;
    localStorage.setItem("deepcabin.aloud", on ? "1" : "0");
    if (!on) this.hush();
  }

  // Pressing is talking: what the car was saying stops first.
  press(seat: string): void {
    this.hush();
    if (this.own.hears) return this.pressOwn(seat);
    if (!this.recogniser) return;
    if (this.listening) {
      this.recogniser.stop();
      return;
    }
    this.recogniser.lang = currentLanguage() === "zh" ? "zh-CN" : "en-US";
    try {
      this.recogniser.start();
    } catch {
      this.recogniser.abort(); // it was still ending
    }
  }

  hush(): void {
    this.silenced = this.speakingOf;
    this.queued = 0;
    this.own.mouth.cancel();
    this.mouth?.cancel();
  }

  private pressOwn(seat: string): void {
    const { ears } = this.own;
    if (ears.listening) return ears.stop();
    ears
      .listen(seat, currentLanguage(), (open) => this.handlers.state(open ? "listening" : "idle"))
      .then((text) => text !== null && (text ? this.handlers.heard(text) : this.handlers.state("unheard")))
      .catch((error: unknown) => {
        const denied = error instanceof DOMException && error.name === "NotAllowedError";
        this.handlers.state(denied ? "denied" : "unheard");
      });
  }

  // Says the sentences of a turn's text that have ended and were not said yet; with `whole`, all of it.
  follow(turn: object, text: string, whole: boolean): void {
    if (!this.aloud || !this.canSpeak || this.silenced === turn) return;
    if (this.speakingOf !== turn) {
      this.speakingOf = turn;
      this.spokenTo = 0;
    }
    if (text.length < this.spokenTo) this.spokenTo = 0; // begun anew
    for (let next = nextSentence(text, this.spokenTo); next; next = nextSentence(text, this.spokenTo)) {
      this.spokenTo = next.end;
      this.say(next.sentence);
    }
    if (whole && this.spokenTo < text.length) {
      this.say(text.slice(this.spokenTo).trim());
      this.spokenTo = text.length;
    }
  }

  say(sentence: string): void {
    if (!this.aloud || !sentence) return;
    if (this.own.speaks) return this.own.mouth.say(sentence);
    if (!this.mouth || this.queued >= QUEUE_MAX) return;
    const words = new SpeechSynthesisUtterance(sentence);
    words.lang = /[一-鿿]/.test(sentence) ? "zh-CN" : "en-US";
    words.rate = 1.05;
    this.queued += 1;
    words.addEventListener("end", () => (this.queued = Math.max(0, this.queued - 1)));
    this.mouth.speak(words);
  }

  private wire(recogniser: Recogniser): void {
    recogniser.interimResults = true;
    recogniser.continuous = false;
    recogniser.addEventListener("start", () => {
      this.listening = true;
      this.handlers.state("listening");
    });
    recogniser.addEventListener("speechstart", () => this.hush());
    recogniser.addEventListener("end", () => {
      this.listening = false;
      this.handlers.state("idle");
    });
    recogniser.addEventListener("error", (event) => {
      if ((event as Event & { error?: string }).error === "not-allowed") this.handlers.state("denied");
    });
    recogniser.addEventListener("result", (event) => {
      const { results, resultIndex } = event as RecogniserEvent;
      let text = "";
      let final = false;
      for (let i = resultIndex; i < results.length; i += 1) {
        text += results[i]?.[0]?.transcript ?? "";
        final ||= results[i]?.isFinal ?? false;
      }
      this.hush(); // barge-in
      if (final) this.handlers.heard(text.trim());
      else this.handlers.hearing(text);
    });
  }
}
