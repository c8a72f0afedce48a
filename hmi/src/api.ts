// The HTTP half of docs/api.md. Every failure becomes an ApiError with a stable code; the page turns codes into kind words.

import type { Change, Value } from "./store";

export interface When {
  kind: string;
  seconds?: number;
  time?: string;
  day?: string;
  repeat?: string;
  condition?: { text?: string; signal?: string; capability?: string; comparison?: string; value?: Value };
}

export interface Call {
  capability: string;
  zone?: string;
  op: string;
  value?: number | string | boolean;
  unit?: string;
  text?: string;
  to?: string;
  when?: When;
  outcome?: string;
  reason?: string;
  rule?: string;
  interface?: string;
  interfaces?: string[];
  card?: unknown; // what a service shows (servicecard.ts)
}

export interface Offer {
  question: string;
  expires_ms: number;
  touch?: boolean;
}

export interface TurnJson {
  session?: string;
  turn?: string;
  text?: string;
  lang?: string;
  calls?: Call[];
  escalation?: string | null;
  confidence?: number;
  route?: string;
  reasoning?: string;
  reply?: string;
  card?: unknown;
  latency_ms?: Record<string, number>;
  offer?: Offer | null;
}

export interface CapabilityJson {
  capability?: string;
  name?: string;
  area?: string;
  signal?: string;
  skill?: string;
  zones?: string[];
  ops?: string[];
  safety?: string;
  about?: string;
  names?: { zh?: string[]; en?: string[] };
  value?: { type?: string; min?: number; max?: number; unit?: string; words?: Record<string, { zh?: string[]; en?: string[] }> };
}

export interface InterfaceJson {
  interface: string;
  capability: string;
  zone?: string;
}

export interface SignalJson extends Change {
  node?: string;
  type?: string;
  unit?: string | null;
  age_ms?: number | null;
}

export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const REQUEST_TIMEOUT_MS = 30_000;

// An access token comes in the fragment (#token=…), which no server and no log sees, and stays in this tab.
export function accessToken(): string | null {
  const match = /[#&]token=([^&]+)/.exec(location.hash);
  if (match?.[1]) {
    sessionStorage.setItem("deepcabin.token", decodeURIComponent(match[1]));
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem("deepcabin.token");
}

function authorisation(): Record<string, string> {
  const token = accessToken();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const sound = body instanceof ArrayBuffer;
  const headers = authorisation();
  if (body !== undefined) headers["Content-Type"] = sound ? "audio/wav" : "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: sound ? body : JSON.stringify(body) }),
    });
  } catch (error) {
    throw new ApiError(error instanceof DOMException && error.name === "TimeoutError" ? "deadline_exceeded" : "unreachable", String(error));
  }
  const json = (await response.json().catch(() => null)) as (T & { error?: { code?: string; message?: string } }) | null;
  if (response.status === 204) return {} as T;
  if (!response.ok) throw new ApiError(json?.error?.code ?? `http_${response.status}`, json?.error?.message ?? response.statusText);
  if (json === null) throw new ApiError("internal", "not JSON");
  return json;
}

// A sentence as sound.
async function speech(input: string, stop: AbortSignal): Promise<ArrayBuffer> {
  const headers = { ...authorisation(), "Content-Type": "application/json" };
  const signal = AbortSignal.any([stop, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  const response = await fetch("v1/audio/speech", { method: "POST", headers, body: JSON.stringify({ input }), signal });
  if (!response.ok) throw new ApiError(`http_${response.status}`, response.statusText);
  return response.arrayBuffer();
}

export interface Fault {
  name: string;
  on: boolean;
}

export interface TurnRequest {
  text: string;
  session: string;
  speaker: string;
  touched?: boolean;
}

export const api = {
  turn: (body: TurnRequest) => request<TurnJson>("POST", "v1/turns", body),
  signals: () => request<{ signals: Change[] }>("GET", "v1/signals?changed=true"),
  setSignal: (path: string, value: Value) => request<unknown>("PUT", `v1/signals/${encodeURIComponent(path)}`, { value }),
  scenario: () => request<{ name: string; names: string[] }>("GET", "v1/scenario"),
  setScenario: (name: string) => request<unknown>("POST", "v1/scenario", { name }),
  catalogue: () => request<{ capabilities: CapabilityJson[]; interfaces: InterfaceJson[] }>("GET", "v1/catalogue"),
  allSignals: () => request<{ signals: SignalJson[] }>("GET", "v1/signals"),
  audit: (count: number) => request<{ records: Record<string, unknown>[] }>("GET", `v1/audit?count=${count}`),
  // Routes that an older server answers with not_found: the page then shows that there is nothing.
  usage: () => request<unknown>("GET", "v1/models/usage"),
  memory: () => request<unknown>("GET", "v1/memory"),
  forget: (id: string) => request<unknown>("DELETE", `v1/memory/${encodeURIComponent(id)}`),
  trip: () => request<unknown>("GET", "v1/trip"),
  audio: () => request<{ transcription: boolean; speech: boolean }>("GET", "v1/audio"),
  transcribe: (wav: ArrayBuffer, language: string) =>
    request<{ text: string }>("POST", `v1/audio/transcriptions?language=${language}`, wav),
  speech,
  faults: () => request<{ faults: Fault[] }>("GET", "v1/simulation/faults"),
  setFault: (name: string, on: boolean) => request<{ faults: Fault[] }>("POST", "v1/simulation/faults", { name, on }),
  roads: (box: string) => request<unknown>("GET", `v1/map/roads?bbox=${box}`),
};
