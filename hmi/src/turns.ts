// The conversation as data: turns, merged from the answer to our own request and from events, in whatever order they come.

import type { Call, Offer, TurnJson } from "./api";
import type { CarEvent } from "./events";

export interface OpenOffer extends Offer {
  deadline: number; // performance.now() when it expires
  state: "open" | "sent" | "yes" | "no" | "expired";
}

export interface Endpoint {
  name: string;
  model: string;
  cost: number | null;
  tokens: number | null;
  firstTokenMs: number | null;
  tries: number;
}

// A moment on the way of a turn, for the timeline; `at` counts milliseconds since the turn began here.
export interface Mark {
  at: number;
  kind: string;
  detail: string;
}

export interface Turn {
  key: string; // stable for the page, also before the server gave an id
  id: string | null; // unique in its session while the server runs; a server that starts anew counts from one again
  started: boolean; // its turn.started event was seen
  answered: boolean; // the answer to our request was seen
  session: string;
  mine: boolean;
  text: string;
  speaker: string;
  calls: Call[];
  escalation: string | null;
  confidence: number | null;
  route: string | null;
  reasoning: string;
  reply: string;
  receipts: string[];
  card: unknown; // what is shown with the reply
  latencyMs: Record<string, number> | null;
  offer: OpenOffer | null;
  error: { code: string; message: string } | null;
  pending: boolean;
  reasoningOpen: boolean;
  thought: string; // the model's own reasoning, as it streams; never spoken
  thoughtOpen: boolean;
  streamed: string; // the reply so far, until the whole one comes
  endpoint: Endpoint | null;
  begun: number; // performance.now()
  marks: Mark[];
}

const ENDINGS = new Set(["offer.closed", "turn.receipt"]);
const TURNS_KEPT = 100;
const STREAM_LENGTH_MAX = 64_000;
const MARKS_MAX = 60;

export interface TurnsListener {
  changed(turn: Turn): void;
  said(words: string, turn: Turn | null): void; // whole sentences for ears and screen readers
  piece?(turn: Turn): void; // the reply has grown, or was begun anew (then it is empty)
}

function endpointOf(event: CarEvent): Endpoint {
  const { tokens } = event;
  return {
    name: event.endpoint ?? "",
    model: event.model ?? "",
    cost: event.cost ?? null,
    tokens: typeof tokens === "number" ? tokens : tokens ? (tokens.input ?? 0) + (tokens.output ?? 0) : null,
    firstTokenMs: event.first_token_ms ?? null,
    tries: event.tries ?? 1,
  };
}

export class Turns {
  readonly list: Turn[] = [];
  private nextKey = 1;

  constructor(
    private readonly session: string,
    private readonly listener: TurnsListener,
  ) {}

  private changed(turn: Turn): void {
    this.listener.changed(turn);
  }

  private mark(turn: Turn, kind: string, detail = ""): void {
    if (turn.marks.length < MARKS_MAX) turn.marks.push({ at: performance.now() - turn.begun, kind, detail });
  }

  begin(text: string, speaker: string): Turn {
    return this.add({ id: null, session: this.session, text, speaker });
  }

  answered(turn: Turn, json: TurnJson): void {
    // The event may have come first and made another entry for the same turn.
    const same = json.turn ? this.list.find((other) => other.id === json.turn && other.session === turn.session) : undefined;
    if (same && same !== turn && same.answered) same.id = null;
    else if (same && same !== turn) {
      this.list.splice(this.list.indexOf(turn), 1);
      turn.text = "";
      this.changed(turn);
      turn = same;
    }
    turn.id = json.turn ?? turn.id;
    turn.answered = true;
    this.frame(turn, json);
    (json.calls ?? []).forEach((call, index) => (turn.calls[index] = { ...turn.calls[index], ...call }));
    if (json.offer && !turn.offer) this.open(turn, json.offer);
    turn.card = json.card ?? turn.card;
    this.reply(turn, json.reply ?? turn.reply, json.latency_ms);
  }

  failed(turn: Turn, code: string, message: string): void {
    turn.error = { code, message };
    turn.pending = false;
    this.changed(turn);
  }

  expire(turn: Turn): void {
    if (turn.offer && (turn.offer.state === "open" || turn.offer.state === "sent")) {
      turn.offer.state = "expired";
      this.changed(turn);
    }
  }

  take(event: CarEvent): void {
    if (!event.turn || !event.session) return;
    if (event.type === "turn.started") this.forgetReusedId(event);
    // How something ended whose beginning this page never saw: there is nothing to show it under.
    if (ENDINGS.has(event.type) && !this.known(event)) return;
    const turn = this.find(event);
    this.note(turn, event);
    switch (event.type) {
      case "turn.started":
        turn.started = true;
        if (event.speaker) turn.speaker = event.speaker;
        break;
      case "turn.frame":
        this.frame(turn, event);
        break;
      case "turn.call": {
        const index = event.index ?? turn.calls.length;
        const { outcome, reason, rule, interfaces, card } = event;
        turn.calls[index] = {
          ...(turn.calls[index] ?? { capability: "?", op: "" }),
          ...event.call,
          ...(outcome ? { outcome } : {}),
          ...(reason !== undefined ? { reason } : {}),
          ...(rule ? { rule } : {}),
          ...(interfaces ? { interfaces } : {}),
          ...(card ? { card } : {}),
        };
        break;
      }
      case "turn.reasoning":
        turn.thought = (turn.thought + (event.piece ?? "")).slice(-STREAM_LENGTH_MAX);
        break;
      case "turn.piece":
        turn.streamed = (turn.streamed + (event.piece ?? "")).slice(0, STREAM_LENGTH_MAX);
        this.listener.piece?.(turn);
        break;
      case "turn.restart": // another endpoint begins from the start
        turn.streamed = "";
        turn.thought = "";
        this.listener.piece?.(turn);
        break;
      case "turn.endpoint":
        turn.endpoint = endpointOf(event);
        break;
      case "turn.reply":
        turn.card = event.card ?? turn.card;
        this.reply(turn, event.reply ?? "", event.latency_ms);
        return;
      case "turn.receipt":
        if (event.reply && !turn.receipts.includes(event.reply)) {
          turn.receipts.push(event.reply);
          if (turn.mine) this.listener.said(event.reply, turn);
        }
        break;
      case "offer":
        if (!turn.offer || turn.offer.question !== event.question) {
          this.open(turn, { question: event.question ?? "", expires_ms: event.expires_ms ?? 15_000, touch: event.touch ?? false });
        }
        break;
      case "offer.closed":
        if (turn.offer) turn.offer.state = event.answer === "yes" ? "yes" : event.answer === "no" ? "no" : "expired";
        break;
    }
    this.changed(turn);
  }

  private note(turn: Turn, event: CarEvent): void {
    if (event.type === "turn.piece" || event.type === "turn.reasoning") {
      if (!turn.marks.some((mark) => mark.kind === event.type)) this.mark(turn, event.type);
    } else this.mark(turn, event.type, event.rule ?? event.route ?? event.endpoint ?? event.outcome ?? "");
  }

  private add(start: Pick<Turn, "id" | "session" | "text" | "speaker">): Turn {
    const turn: Turn = {
      ...start,
      key: `t${this.nextKey++}`,
      started: false,
      answered: false,
      mine: start.session === this.session,
      calls: [],
      escalation: null,
      confidence: null,
      route: null,
      reasoning: "",
      reply: "",
      receipts: [],
      card: null,
      latencyMs: null,
      offer: null,
      error: null,
      pending: true,
      reasoningOpen: false,
      thought: "",
      thoughtOpen: false,
      streamed: "",
      endpoint: null,
      begun: performance.now(),
      marks: [],
    };
    this.list.push(turn);
    if (this.list.length > TURNS_KEPT) this.list.shift();
    this.changed(turn);
    return turn;
  }

  // Events come once each (the stream drops repeats), so a second start of an id is another turn, of a server that started anew.
  private forgetReusedId(event: CarEvent): void {
    const old = this.list.find((turn) => turn.id === event.turn && turn.session === event.session);
    if (old && (old.started || old.text !== event.text)) old.id = null;
  }

  private known(event: CarEvent): Turn | undefined {
    return this.list.find((turn) => turn.id === event.turn && turn.session === event.session);
  }

  private find(event: CarEvent): Turn {
    const session = event.session ?? "";
    const known = this.known(event);
    if (known) return known;
    const waiting = this.list.find((turn) => turn.id === null && turn.session === session && turn.pending && turn.text === event.text);
    if (waiting) {
      waiting.id = event.turn ?? null;
      return waiting;
    }
    return this.add({ id: event.turn ?? null, session, text: event.text ?? "", speaker: event.speaker ?? "" });
  }

  private frame(turn: Turn, from: TurnJson | CarEvent): void {
    (from.calls ?? []).forEach((call, index) => (turn.calls[index] = { ...call, ...turn.calls[index] }));
    if (from.escalation !== undefined) turn.escalation = from.escalation || null;
    if (from.confidence !== undefined) turn.confidence = from.confidence;
    if (from.route) turn.route = from.route;
    if (from.reasoning) turn.reasoning = from.reasoning;
  }

  private open(turn: Turn, offer: Offer): void {
    turn.offer = { ...offer, deadline: performance.now() + offer.expires_ms, state: "open" };
    if (turn.mine) this.listener.said(offer.question, turn);
  }

  private reply(turn: Turn, reply: string, latencyMs: Record<string, number> | undefined): void {
    const isNew = reply !== "" && reply !== turn.reply && turn.mine;
    turn.reply = reply;
    if (isNew) this.listener.said(reply, turn);
    turn.streamed = "";
    if (latencyMs) turn.latencyMs = latencyMs;
    turn.pending = false;
    this.changed(turn);
  }
}
