// The WebSocket half of docs/api.md: reconnects by itself with since=SEQ, so nothing is lost while the line is down, and says when
// something was lost after all (a gap, or a server that started anew), so that the page can fetch the whole state again.
// Numbers may jump: a slow reader gets merged signal changes, which still hold the newest value of each signal.

import { accessToken, type Call, type Offer } from "./api";
import type { Change } from "./store";

export interface CarEvent {
  seq: number;
  type: string;
  session?: string;
  turn?: string;
  text?: string;
  speaker?: string;
  name?: string;
  changes?: Change[];
  calls?: Call[];
  escalation?: string | null;
  confidence?: number;
  route?: string;
  reasoning?: string;
  index?: number;
  call?: Call;
  outcome?: string;
  reason?: string;
  rule?: string;
  interfaces?: string[];
  card?: unknown;
  reply?: string;
  latency_ms?: Record<string, number>;
  question?: Offer["question"];
  expires_ms?: number;
  touch?: boolean;
  answer?: string;
  version?: string;
  run?: string; // of hello: one run of the server
  piece?: string; // of turn.piece and turn.reasoning
  endpoint?: string; // who answers, and at what price
  model?: string;
  cost?: number;
  tokens?: number | { input?: number; cached?: number; output?: number };
  first_token_ms?: number;
  tries?: number;
  id?: string; // of a proposal
  yes?: string;
  plan?: unknown;
  [other: string]: unknown; // what a newer server tells and this page does not know
}

export type Connection = "connecting" | "online" | "offline";

interface Handlers {
  event(event: CarEvent): void;
  connection(state: Connection): void;
  resync(): void; // signals, scenario and catalogue may have changed unseen
  restarted(): void; // another run of the server: what waited there (offers) is gone
}

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;

export class EventStream {
  private socket: WebSocket | null = null;
  private lastSeq: number | null = null;
  private run: string | null = null;
  private retryMs = RETRY_MS_MIN;
  private retryTimer = 0;
  private cutUntil = 0;

  constructor(private readonly handlers: Handlers) {
    // A laptop lid or a returning network should not wait for the back-off.
    window.addEventListener("online", () => this.connectNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.socket === null) this.connectNow();
    });
  }

  start(): void {
    this.connectNow();
  }

  // As if the line had been cut, for `seconds`: what happens meanwhile is told afterwards.
  cut(seconds: number): void {
    this.cutUntil = performance.now() + seconds * 1000;
    this.socket?.close();
  }

  private connectNow(): void {
    clearTimeout(this.retryTimer);
    if (this.socket !== null) return;
    const wait = this.cutUntil - performance.now();
    if (wait > 0) {
      this.retryTimer = window.setTimeout(() => this.connectNow(), wait);
      return;
    }
    this.handlers.connection("connecting");
    const url = new URL("v1/events", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    if (this.lastSeq !== null) url.searchParams.set("since", String(this.lastSeq));
    const token = accessToken();
    if (token) url.searchParams.set("access_token", token);
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.retryMs = RETRY_MS_MIN;
      this.handlers.connection("online");
      this.handlers.resync();
    };
    socket.onmessage = (message) => this.take(String(message.data));
    socket.onclose = () => {
      if (this.socket !== socket) return; // given up on purpose
      this.socket = null;
      this.handlers.connection("offline");
      this.retryTimer = window.setTimeout(() => this.connectNow(), this.retryMs * (0.75 + Math.random() / 2));
      this.retryMs = Math.min(this.retryMs * 1.7, RETRY_MS_MAX);
    };
  }

  private take(text: string): void {
    let event: CarEvent;
    try {
      event = JSON.parse(text) as CarEvent;
    } catch {
      return;
    }
    if (typeof event !== "object" || event === null || typeof event.type !== "string") return;
    const seq = typeof event.seq === "number" ? event.seq : null;
    if (event.type === "hello") {
      this.greet(event, seq);
      return;
    }
    if (event.type === "gap") this.handlers.resync();
    else if (seq !== null && this.lastSeq !== null && seq <= this.lastSeq) return; // seen already
    if (seq !== null) this.lastSeq = seq;
    this.handlers.event(event);
  }

  // Numbers of another run mean nothing here: then everything that run still keeps is asked for.
  private greet(event: CarEvent, seq: number | null): void {
    const run = event.run ?? null;
    const anew = this.lastSeq !== null && (run !== this.run || (seq !== null && seq < this.lastSeq));
    this.run = run;
    if (!anew) {
      this.lastSeq = seq;
      return;
    }
    this.lastSeq = 0;
    this.handlers.restarted();
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.connectNow();
  }
}
