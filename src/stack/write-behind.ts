/**
 * Write-behind: writes to a tier are acknowledged at once and stored in the background.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import type { Engine } from "../engine.ts";
import type { Entry } from "../entry.ts";
import { TierLimitError } from "../errors.ts";
import { alive, joined, unlessLost } from "../joined.ts";
import { isPromise, settle, then } from "../maybe.ts";
import type { MaybePromise, ReadOptions, ReadResult, Tier, TierContext, Write, WriteResult } from "../tier.ts";

/** Most changes that wait to be stored; one beyond it waits until there is room. */
const MAX_PENDING = 10_000;
/** Keys of one write to the tier. */
const STEP = 500;
/** Microtasks before a write. */
const GATHER = 20;
/** Pause after a failed write, in milliseconds. */
const RETRY = 1_000;
/** Under this a prepared write has its entry as it was before it was encoded. */
const ORIGINAL = Symbol();

/** A write that a read can be answered with. */
interface Readable extends Write {
  readonly [ORIGINAL]?: Entry;
}

/** What is to become of a key: a write, or where there is none its deletion. Or an operation, which has its place among them. */
interface Change {
  /** In the order of the calls. */
  readonly number: number;
  readonly write?: Readable | undefined;
  readonly operation?: () => Promise<unknown>;
}

/**
 * A tier whose writes and deletions are queued, the last one of each key only, and read back from the queue until they
 * are stored; a tagged entry of a tier that keeps tags is stored before it is read. What is still queued when the
 * process dies is lost; `close()` stores it. Other operations wait for what was queued before them. Tagged entries that
 * are not the result of a load take their place among the invalidations when they are stored, so they are such an
 * operation, and acknowledged when it has ended. Such a tier gives no leases, as a write is acknowledged before it is
 * known whether its lease still stands.
 */
export function writeBehind(tier: Tier, engine: Pick<Engine, "hold">): Tier {
  const { sync: _, fresh: __, ...rest } = tier;
  const behind = new Behind(tier, engine);
  const inOrder = <A extends unknown[], R>(operation: ((...args: A) => MaybePromise<R>) | undefined) =>
    operation && ((...args: A): MaybePromise<R> => behind.inOrder(() => operation.apply(tier, args)));
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
    clear: (prefix, now, progress) => behind.clear(prefix, now, progress),
    touchMany: inOrder(tier.touchMany)!,
    prune: inOrder(tier.prune)!,
    scan: inOrder(tier.scan)!,
    size: inOrder(tier.size)!,
    invalidate: inOrder(tier.invalidate)!,
    ...(tier.journal && { journal: (since?: number) => tier.journal!(since) }),
    ...(tier.inspect && { inspect: inOrder(tier.inspect)! }),
    release: inOrder(tier.release)!,
    close: () => behind.close(),
  };
}

class Behind {
  readonly #tier: Tier;
  readonly #engine: Pick<Engine, "hold">;
  /** In the order of their numbers; operations are under symbols. */
  readonly #pending = new Map<string | symbol, Change>();
  /** Number of the last change. */
  #latest = 0;
  /** What is being done to the tier, one at a time: says whether it could be. */
  #running: Promise<boolean> | undefined;
  /** Until when nothing is stored for want of success, but by `close()`. */
  #pausedUntil = -Infinity;
  #retry: unknown;
  #clock: Clock = systemClock;
  #report: TierContext["report"] = () => {};
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

  prepare(writes: readonly Write[]): MaybePromise<readonly Readable[]> {
    if (!this.#tier.prepare) return writes;
    return then(this.#tier.prepare(writes), (prepared) =>
      prepared.map((write, i) => ({ ...write, [ORIGINAL]: writes[i]!.entry })),
    );
  }

  /** Where the tier keeps tags, it alone can tell whether a tagged entry is still valid: what waits is stored first. */
  getMany(keys: readonly string[], options: ReadOptions): MaybePromise<ReadResult> {
    const unknown = keys.filter((key) => this.#isForTheTier(key));
    if (unknown.length === 0) return this.#read(keys, options);
    const last = Math.max(...unknown.map((key) => this.#numberOf(key)));
    return this.#until(this.#isPaused ? -1 : last).then((isStored) =>
      isStored && !this.#isPaused ? this.getMany(keys, options) : this.#read(keys, options, unknown),
    );
  }

  #isForTheTier(key: string): boolean {
    const tags = this.#pending.get(key)?.write?.entry.tags;
    return tags !== undefined && tags.length > 0 && this.#tier.capabilities.tags === true;
  }

  /** @param lost keys that are misses */
  #read(keys: readonly string[], options: ReadOptions, lost: readonly string[] = []): MaybePromise<ReadResult> {
    const below = keys.filter((key) => !this.#pending.has(key));
    const queued = new Map(
      keys
        .filter((key) => this.#pending.has(key))
        .map((key) => [key, lost.includes(key) ? undefined : this.#queued(key, options.now)]),
    );
    return then(this.#tier.getMany(below, options), (result) => {
      let at = 0;
      return { ...result, entries: keys.map((key) => (queued.has(key) ? queued.get(key) : result.entries[at++])) };
    });
  }

  #queued(key: string, now: number): Entry | undefined {
    const write = this.#pending.get(key)?.write;
    if (!write || write.entry.staleUntil <= now) return undefined;
    const { [ORIGINAL]: original, entry } = write;
    // The sequence was given after it was encoded.
    return original ? { ...original, sequence: entry.sequence } : entry;
  }

  setMany(writes: readonly Readable[], now: number): MaybePromise<WriteResult> {
    if (writes.every(({ entry }) => entry.tags.length === 0 || entry.sequence !== undefined))
      return then(this.#enqueue(writes.map((write) => [write.key, { write }])), () => ({ sequence: 0 }));
    const before = this.#latest;
    return this.inOrder(() =>
      then(this.#tier.setMany(writes, now), (result) => {
        // What could not be stored before is not to be stored after it.
        for (const { key } of writes) if (this.#numberOf(key) <= before) this.#pending.delete(key);
        return result;
      }),
    );
  }

  deleteMany(keys: readonly string[], now: number): MaybePromise<readonly boolean[]> {
    const read = this.#read(keys, { now, peek: true, metaOnly: true });
    const queued = settle(() => this.#enqueue(keys.map((key) => [key, {}])));
    return Promise.all([read, queued]).then(([{ entries }]) => entries.map((entry) => entry !== undefined));
  }

  clear(prefix: string, now: number, progress?: () => void): MaybePromise<void> {
    for (const [key, { number, operation }] of this.#pending)
      if (!operation && (key as string).startsWith(prefix)) this.#pending.set(key, { number });
    return this.inOrder(() => this.#tier.clear(prefix, now, progress));
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#clock.clearTimer(this.#retry);
    await this.#until(this.#latest);
    if (this.#running) await joined(this.#running);
    await this.#tier.close?.();
  }

  /** Does something after all that waits now, and before what comes later; where that cannot be stored, at once. */
  inOrder<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#pending.size === 0 && !this.#running) {
      const answer = operation();
      if (isPromise(answer)) this.#occupy(answer.then(yes, yes));
      return answer;
    }
    let outcome: Promise<T> | undefined;
    const once = (): Promise<T> => (outcome ??= settle(operation));
    const id = Symbol();
    const number = ++this.#latest;
    this.#pending.set(id, { number, operation: once });
    return this.#until(this.#isPaused ? -1 : number).then(() => {
      this.#pending.delete(id);
      return once();
    });
  }

  #numberOf(key: string): number {
    return this.#pending.get(key)?.number ?? Infinity;
  }

  get #isPaused(): boolean {
    return this.#clock.now() < this.#pausedUntil;
  }

  /** @throws {TierLimitError} where no more can wait */
  #enqueue(changes: readonly (readonly [string, Pick<Change, "write">])[]): MaybePromise<void> {
    for (const [key, change] of changes) {
      this.#pending.delete(key);
      this.#pending.set(key, { ...change, number: ++this.#latest });
    }
    const number = this.#latest;
    const refuse = (): void => {
      for (const [key] of changes) if (this.#numberOf(key) <= number) this.#pending.delete(key);
      throw new TierLimitError(
        `Cannot queue ${changes.length} changes for tier ${this.#tier.name} as at most ${MAX_PENDING} may wait, and it takes none`,
      );
    };
    const isFull = this.#pending.size > MAX_PENDING;
    if (this.#isPaused) return isFull ? refuse() : undefined;
    const stored = this.#until(number);
    this.#engine.hold(stored);
    return isFull ? stored.then((isStored) => (isStored ? undefined : refuse())) : undefined;
  }

  /** Ends when the changes up to a number are stored, or one could not be: says which. */
  async #until(number: number): Promise<boolean> {
    for (;;) {
      const [first] = this.#pending.values();
      if (!first || first.number > number) return true;
      const running = this.#running ?? this.#occupy(this.#store());
      try {
        if (!(await unlessLost(running))) return false;
      } catch {
        // It was part of a request that has ended.
        if (this.#running === running) this.#running = undefined;
      }
    }
  }

  #occupy(work: Promise<boolean>): Promise<boolean> {
    const running = alive(
      work.then((isDone) => {
        if (this.#running === running) this.#running = undefined;
        return isDone;
      }),
    );
    this.#running = running;
    return running;
  }

  /** Does the operation that comes first, or stores the changes before the next. */
  async #store(): Promise<boolean> {
    // Lets the writes of this turn gather, some of which take a few steps more to get here.
    for (let step = 0; step < GATHER; step++) await undefined;
    const some: [string, Change][] = [];
    for (const [key, change] of this.#pending) {
      const { operation } = change;
      if (operation && some.length === 0) {
        await operation().then(yes, yes);
        this.#pending.delete(key);
        return true;
      }
      if (operation || some.push([key as string, change]) === STEP) break;
    }
    const now = this.#clock.now();
    try {
      const deleted = some.filter(([, { write }]) => !write).map(([key]) => key);
      if (deleted.length > 0) await this.#tier.deleteMany(deleted, now);
      const writes = some.flatMap(([, { write }]) => write ?? []);
      if (writes.length > 0) await this.#tier.setMany(writes, now);
    } catch (error) {
      this.#report("fault", error);
      this.#pause();
      return false;
    }
    for (const [key, change] of some) if (this.#pending.get(key) === change) this.#pending.delete(key);
    this.#pausedUntil = -Infinity;
    return true;
  }

  #pause(): void {
    this.#clock.clearTimer(this.#retry);
    if (this.#closing) return;
    this.#pausedUntil = this.#clock.now() + RETRY;
    this.#retry = this.#clock.setTimer(() => void this.#until(Infinity), RETRY, true);
  }
}

const yes = (): boolean => true;
