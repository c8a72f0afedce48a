// Push to talk with the car's own ears: the microphone of the speaker's seat is recorded until a second press, silence, or half a minute;
// the sound goes to the server as WAV, 16,000 samples a second, and comes back as text.

import { api } from "./api";

const RATE = 16_000;
const LISTEN_MS_MAX = 29_000; // the server takes thirty seconds
const SILENCE_MS = 1_300; // after speech
const LOUD = 0.02; // of full scale: louder than this is speech
const LISTEN_EVERY_MS = 60;

// PCM of one channel as a WAV file.
export function wavOf(samples: Float32Array, rate: number): ArrayBuffer {
  const bytes = new ArrayBuffer(44 + samples.length * 2);
  const view = new DataView(bytes);
  const word = (at: number, text: string) => [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, i) => view.setInt16(44 + i * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true));
  return bytes;
}

// Whether what is heard has been quiet for long enough, after something was said.
export class Silence {
  private spoke = false;
  private quietSince = 0;

  ended(loudness: number, now: number): boolean {
    if (loudness > LOUD) {
      this.spoke = true;
      this.quietSince = now;
    }
    return this.spoke && now - this.quietSince > SILENCE_MS;
  }
}

// A car has a microphone for each seat: one whose name holds the seat's name belongs to it. Elsewhere there is but one.
async function microphoneOf(seat: string): Promise<MediaStream> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const own = devices.find(({ kind, label }) => kind === "audioinput" && label.includes(seat));
  const audio = { echoCancellation: true, noiseSuppression: true, ...(own ? { deviceId: own.deviceId } : {}) };
  return navigator.mediaDevices.getUserMedia({ audio });
}

export class Ears {
  private stopRecording: (() => void) | null = null;

  static get possible(): boolean {
    return "mediaDevices" in navigator && "MediaRecorder" in window;
  }

  get listening(): boolean {
    return this.stopRecording !== null;
  }

  stop(): void {
    this.stopRecording?.();
  }

  // What was said; null where nothing was recorded. `state` hears when the microphone is open and when it is closed again.
  async listen(seat: string, language: string, state: (open: boolean) => void): Promise<string | null> {
    let cancelled = false;
    this.stopRecording = () => (cancelled = true); // until the microphone is open
    let stream: MediaStream | null = null;
    try {
      stream = await microphoneOf(seat);
      if (cancelled) return null;
      state(true);
      const recording = await this.record(stream);
      stream.getTracks().forEach((track) => track.stop());
      stream = null;
      state(false);
      const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await recording.arrayBuffer());
      return (await api.transcribe(wavOf(sound.getChannelData(0).slice(0, RATE * 30), RATE), language)).text;
    } finally {
      stream?.getTracks().forEach((track) => track.stop());
      this.stopRecording = null;
      state(false);
    }
  }

  private record(stream: MediaStream): Promise<Blob> {
    const recorder = new MediaRecorder(stream);
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const silence = new Silence();
    const samples = new Float32Array(analyser.fftSize);
    const watch = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      if (silence.ended(Math.hypot(...samples) / Math.sqrt(samples.length), performance.now())) this.stop();
    }, LISTEN_EVERY_MS);
    const limit = window.setTimeout(() => this.stop(), LISTEN_MS_MAX);
    return new Promise((done) => {
      const pieces: Blob[] = [];
      recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
      recorder.addEventListener("stop", () => {
        window.clearInterval(watch);
        window.clearTimeout(limit);
        void context.close();
        done(new Blob(pieces, { type: recorder.mimeType }));
      });
      this.stopRecording = () => recorder.state !== "inactive" && recorder.stop();
      recorder.start();
    });
  }
}
