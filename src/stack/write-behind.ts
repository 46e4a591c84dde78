/**
 * Write-behind: writes to a tier are acknowledged at once and stored in the background.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import type { Engine } from "../engine.ts";
import type { Entry } from "../entry.ts";
import { alive, joined } from "../joined.ts";
import { then } from "../maybe.ts";
import type { MaybePromise, Tier, TierContext, Write, WriteResult } from "../tier.ts";

/** Most keys that wait to be written; a write beyond it waits until there is room. */
const MAX_PENDING = 10_000;
/** Keys of one write to the tier. */
const STEP = 500;
/** Microtasks before a write. */
const GATHER = 20;
/** Pause after a failed write, in milliseconds. */
const RETRY = 1_000;

/**
 * A tier whose writes and deletions are queued, the last one of each key only, and read back from the queue until they
 * are stored. What is still queued when the process dies is lost; `close()` stores it. Tagged entries that are not the
 * result of a load take their place among the invalidations when they are stored, so they are written through. Such a
 * tier gives no leases, as a write is acknowledged before it is known whether its lease still stands.
 */
export function writeBehind(tier: Tier, engine: Pick<Engine, "hold">): Tier {
  const { sync: _, fresh: __, ...rest } = tier;
  const behind = new Behind(tier, engine);
  const flushed = <A extends unknown[], R>(operation: ((...args: A) => MaybePromise<R>) | undefined) =>
    operation && ((...args: A): MaybePromise<R> => then(behind.flush(), () => operation.apply(tier, args)));
  return {
    ...rest,
    // A store may have its client only once it is open.
    get client() {
      return tier.client;
    },
    name: tier.name,
    capabilities: { ...tier.capabilities, sync: false, leases: false, copies: false },
    options: tier.options ?? {},
    open: (context) => behind.open(context),
    prepare: (writes) => behind.prepare(writes),
    getMany: (keys, options) => behind.getMany(keys, options),
    setMany: (writes, now) => behind.setMany(writes, now),
    deleteMany: (keys, now) => behind.deleteMany(keys, now),
    clear: (prefix, now) => behind.clear(prefix, now),
    touchMany: flushed(tier.touchMany)!,
    prune: flushed(tier.prune)!,
    scan: flushed(tier.scan)!,
    size: flushed(tier.size)!,
    invalidate: flushed(tier.invalidate)!,
    ...(tier.journal && { journal: (since?: number) => tier.journal!(since) }),
    release: flushed(tier.release)!,
    close: () => behind.close(),
  };
}

class Behind {
  readonly #tier: Tier;
  readonly #engine: Pick<Engine, "hold">;
  /** What is to become of a key: a write, or `undefined` for its deletion. */
  readonly #pending = new Map<string, Write | undefined>();
  /** Entries as they were before they were encoded, for reading them back. */
  readonly #originals = new WeakMap<Entry, Entry>();
  #clock: Clock = systemClock;
  #report: TierContext["report"] = () => {};
  #running: Promise<void> | undefined;
  #closing = false;

  constructor(tier: Tier, engine: Pick<Engine, "hold">) {
    this.#tier = tier;
    this.#engine = engine;
  }

  open(context: TierContext): MaybePromise<void> {
    this.#clock = context.clock;
    this.#report = context.report;
    return this.#tier.open?.(context);
  }

  prepare(writes: readonly Write[]): MaybePromise<readonly Write[]> {
    return then(this.#tier.prepare ? this.#tier.prepare(writes) : writes, (prepared) => {
      prepared.forEach(({ entry }, i) => {
        this.#originals.set(entry, writes[i]!.entry);
      });
      return prepared;
    });
  }

  getMany(keys: readonly string[], options: Parameters<Tier["getMany"]>[1]): ReturnType<Tier["getMany"]> {
    const below = keys.filter((key) => !this.#pending.has(key));
    const queued = new Map(
      keys.filter((key) => this.#pending.has(key)).map((key) => [key, this.#queued(key, options.now)]),
    );
    return then(this.#tier.getMany(below, options), (result) => {
      let at = 0;
      return { ...result, entries: keys.map((key) => (queued.has(key) ? queued.get(key) : result.entries[at++])) };
    });
  }

  #queued(key: string, now: number): Entry | undefined {
    const write = this.#pending.get(key);
    const entry = write && (this.#originals.get(write.entry) ?? write.entry);
    return entry && entry.staleUntil > now ? entry : undefined;
  }

  setMany(writes: readonly Write[], now: number): MaybePromise<WriteResult> {
    if (writes.some(({ entry }) => entry.tags.length > 0 && entry.sequence === undefined)) {
      return then(this.flush(), () => this.#tier.setMany(writes, now));
    }
    return then(this.#enqueue(writes.map((write) => [write.key, write])), () => ({ sequence: 0 }));
  }

  deleteMany(keys: readonly string[], now: number): MaybePromise<readonly boolean[]> {
    return then(this.getMany(keys, { now, peek: true, metaOnly: true }), ({ entries }) =>
      then(this.#enqueue(keys.map((key) => [key, undefined])), () => entries.map((entry) => entry !== undefined)),
    );
  }

  clear(prefix: string, now: number): MaybePromise<void> {
    for (const key of this.#pending.keys()) if (key.startsWith(prefix)) this.#pending.delete(key);
    return then(this.#running && this.#ended(this.#running), () => this.#tier.clear(prefix, now));
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.flush();
    await this.#tier.close?.();
  }

  /** Ends when all that waits now is stored, or storing it failed. */
  flush(): MaybePromise<void> {
    return this.#pending.size === 0 && !this.#running ? undefined : this.#drain();
  }

  #enqueue(changes: readonly [string, Write | undefined][]): MaybePromise<void> {
    for (const [key, write] of changes) {
      this.#pending.delete(key);
      this.#pending.set(key, write);
    }
    const drained = this.#drain();
    this.#engine.hold(drained);
    return this.#pending.size > MAX_PENDING ? drained : undefined;
  }

  async #drain(): Promise<void> {
    while (this.#running) if (await this.#ended(this.#running)) return;
    const running = this.#store().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = alive(running);
    await running;
  }

  /** Ends with the storing that is under way: `false` when it will not, as it was part of a request that has ended. */
  async #ended(running: Promise<void>): Promise<boolean> {
    const ended = await joined(running);
    if (!ended && this.#running === running) this.#running = undefined;
    return ended;
  }

  async #store(): Promise<void> {
    // Lets the writes of this turn gather, some of which take a few steps more to get here.
    for (let step = 0; step < GATHER; step++) await undefined;
    while (this.#pending.size > 0) {
      const some = [...this.#pending].slice(0, STEP);
      const now = this.#clock.now();
      try {
        const deleted = some.filter(([, write]) => !write).map(([key]) => key);
        if (deleted.length > 0) await this.#tier.deleteMany(deleted, now);
        const writes = some.flatMap(([, write]) => write ?? []);
        if (writes.length > 0) await this.#tier.setMany(writes, now);
        for (const [key, write] of some) if (this.#pending.get(key) === write) this.#pending.delete(key);
      } catch (error) {
        this.#report("fault", error);
        if (this.#closing) return;
        this.#clock.setTimer(() => void this.#drain(), RETRY, true);
        return;
      }
    }
  }
}
