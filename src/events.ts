/**
 * Events: what a cache tells those who listen. Nothing is made when nobody does.
 *
 * @module
 */
import { callable, oneOf } from "./errors.ts";
import type { Key } from "./key.ts";
import { ended } from "./maybe.ts";

/** Why an entry is no longer there. */
export type EvictionReason =
  | "ttl"
  | "capacity"
  | "memory-pressure"
  | "tag"
  | "pattern"
  | "scope"
  | "profile"
  | "manual"
  | "delete"
  | "clear"
  | "version"
  | "shutdown"
  | "corrupt";

/** The payload of each event, by its name. Keys are as the user gave them; values are never in an event. */
export interface CacheEvents {
  /** A read found a fresh value. */
  hit: { key: Key; tier: string };
  /** A read found nothing. */
  miss: { key: Key };
  /** A stale value was served, while it is refreshed (`swr`), because the load failed (`error`) or is slow (`timeout`). */
  stale: { key: Key; tier: string; reason: "swr" | "error" | "timeout" };
  /** A value was written; `ttl` in milliseconds. */
  set: { key: Key; ttl: number; tags: readonly string[] };
  /** A key was deleted by the caller. */
  delete: { key: Key; existed: boolean };
  /** An entry left a tier before its time. */
  evict: { key: Key; tier: string; reason: EvictionReason };
  /** An entry was removed because its time was over. */
  expire: { key: Key; tier: string };
  /** Many entries were invalidated at once. `count` where it is known without looking at each. */
  invalidate: { by: "tags" | "pattern" | "scope" | "clear"; what: string; count?: number };
  /** A value found below was copied up. */
  promote: { key: Key; from: string; to: string };
  /** A loader ran; `duration` in milliseconds. */
  load: { key: Key; duration: number; ok: boolean; background: boolean };
  /** A tier, a loader in the background, `waitUntil` or a listener failed. `tier` is absent where it was no tier. */
  error: { error: unknown; operation: string; tier?: string; key?: Key };
  /** Stored bytes could not be read and were treated as a miss. */
  corrupt: { key: Key; tier: string; error: unknown };
  /** A tier's breaker changed. */
  breaker: { tier: string; state: BreakerState };
}

/** `closed` works, `open` is not asked, `half-open` is being probed. */
export type BreakerState = "closed" | "open" | "half-open";

/** Name of an event. */
export type EventName = keyof CacheEvents;

/** All that can be listened to. */
const EVENTS = Object.keys({
  hit: 0,
  miss: 0,
  stale: 0,
  set: 0,
  delete: 0,
  evict: 0,
  expire: 0,
  invalidate: 0,
  promote: 0,
  load: 0,
  error: 0,
  corrupt: 0,
  breaker: 0,
} satisfies Record<EventName, 0>);

/** Something that listens to one kind of event. */
export type Listener<N extends EventName> = (event: CacheEvents[N]) => void;

/** Keeps the listeners of a cache. */
export class Events {
  /** Replaced by others, never changed: who comes while an event is told hears of the next. */
  readonly #listeners: { [N in EventName]?: readonly Listener<N>[] } = {};

  /** @throws {ConfigError} for what is no event, or no function */
  on<N extends EventName>(name: N, listener: Listener<N>): void {
    oneOf("event", EVENTS, name);
    callable("listener", listener);
    const listeners: readonly Listener<N>[] = this.#listeners[name] ?? [];
    if (!listeners.includes(listener)) this.#listeners[name] = [...listeners, listener] as never;
    this.listening();
  }

  /** @throws {ConfigError} for what is no event */
  off<N extends EventName>(name: N, listener: Listener<N>): void {
    oneOf("event", EVENTS, name);
    this.#listeners[name] = this.#listeners[name]?.filter((other) => other !== listener) as never;
    this.listening();
  }

  /** Somebody begins or stops listening. */
  listening(): void {}

  /** Whether anybody listens. */
  has(name: EventName): boolean {
    return Boolean(this.#listeners[name]?.length);
  }

  /** Tells the listeners of an event, which is made only if there are any. One that throws or rejects is an `error` event, and harms nobody. */
  emit<N extends EventName>(name: N, make: () => CacheEvents[N]): void {
    if (!this.has(name)) return;
    const event = make();
    const failed = (error: unknown): void => {
      if (name !== "error") this.emit("error", () => ({ error, operation: `listener of ${name}` }));
    };
    const listeners = this.#listeners[name]!;
    for (const listener of listeners) {
      // It may have left since.
      const now = this.#listeners[name]!;
      if (now !== listeners && !now.includes(listener)) continue;
      ended(
        () => listener(event),
        () => {},
        failed,
      );
    }
  }
}
