// The car's own voice: sentences become sound at the server and are played one after the other, the next one fetched while one is heard.

import { api } from "./api";

const QUEUE_MAX = 20;
const AHEAD_MAX = 2; // sentences fetched before they are heard

interface Sentence {
  readonly sound: () => Promise<AudioBuffer>;
  fetched: Promise<AudioBuffer | null> | null;
}

export class Mouth {
  private context: AudioContext | null = null;
  private readonly queue: Sentence[] = [];
  private playing: AudioBufferSourceNode | null = null;
  private asking = new AbortController();
  private busy = false;

  say(words: string): void {
    if (this.queue.length >= QUEUE_MAX) return;
    this.context ??= new AudioContext();
    const { context, asking } = this;
    this.queue.push({
      sound: async () => context.decodeAudioData(await api.speech(words, asking.signal)),
      fetched: null,
    });
    this.prefetch();
    if (!this.busy) void this.run(asking);
  }

  // At once: what is heard stops, what waits is forgotten, what is being fetched is given up.
  cancel(): void {
    this.asking.abort();
    this.asking = new AbortController();
    this.queue.length = 0;
    this.busy = false;
    try {
      this.playing?.stop();
    } catch {
      // it had just ended
    }
    this.playing = null;
  }

  private prefetch(): void {
    for (const sentence of this.queue.slice(0, AHEAD_MAX)) sentence.fetched ??= sentence.sound().catch(() => null);
  }

  private async run(asking: AbortController): Promise<void> {
    this.busy = true;
    for (let next = this.queue[0]; next; next = this.queue[0]) {
      this.prefetch();
      const sound = await next.fetched;
      if (asking.signal.aborted) return;
      this.queue.shift();
      this.prefetch();
      if (sound) await this.play(sound, asking.signal);
      if (asking.signal.aborted) return;
    }
    this.busy = false;
  }

  private play(sound: AudioBuffer, stopped: AbortSignal): Promise<void> {
    const source = new AudioBufferSourceNode(this.context!, { buffer: sound });
    source.connect(this.context!.destination);
    this.playing = source;
    return new Promise((done) => {
      source.addEventListener("ended", () => done());
      stopped.addEventListener("abort", () => done());
      void this.context!.resume();
      source.start();
    });
  }
}
