// What the page knows of the car's signals, and who wants to hear of changes.

export type Value = boolean | number | string | string[] | null;

export interface Change {
  path: string;
  current?: Value;
  target?: Value;
}

export interface SignalState {
  current: Value;
  target: Value;
}

type Listener = (changes: readonly Change[]) => void;

export class SignalStore {
  private readonly states = new Map<string, SignalState>();
  private readonly listeners = new Set<Listener>();
  // Paths changed by events while a snapshot is on its way; the snapshot may be older than those events, so it must not undo them.
  private changedMeanwhile: Set<string> | null = null;

  subscribe(listener: Listener): void {
    this.listeners.add(listener);
  }

  get(path: string): SignalState | undefined {
    return this.states.get(path);
  }

  number(path: string): number | null {
    const value = this.states.get(path)?.current;
    return typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : null;
  }

  // Booleans, and numbers or words that mean "not off".
  on(path: string): boolean {
    const value = this.states.get(path)?.current;
    if (typeof value === "string") return value !== "" && value !== "OFF" && value !== "NONE";
    return Boolean(value);
  }

  text(path: string): string | null {
    const value = this.states.get(path)?.current;
    return typeof value === "string" ? value : null;
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) this.changedMeanwhile?.add(change.path);
    this.merge(changes);
  }

  beginSnapshot(): void {
    this.changedMeanwhile = new Set();
  }

  endSnapshot(signals: readonly Change[] | null): void {
    const skip = this.changedMeanwhile ?? new Set<string>();
    this.changedMeanwhile = null;
    if (signals) this.merge(signals.filter((signal) => !skip.has(signal.path)));
  }

  private merge(changes: readonly Change[]): void {
    for (const change of changes) {
      const old = this.states.get(change.path);
      this.states.set(change.path, {
        current: change.current !== undefined ? change.current : (old?.current ?? null),
        target: change.target !== undefined ? change.target : (old?.target ?? null),
      });
    }
    for (const listener of this.listeners) listener(changes);
  }
}
