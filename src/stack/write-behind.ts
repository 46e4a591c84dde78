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
import type { MaybePromise, ReadOptions, ReadResult, Tier, TierContext, Touch, Write, WriteResult } from "../tier.ts";
import { within } from "../timeout.ts";

/** Most changes that wait to be stored; one beyond it waits until there is room. */
const MAX_PENDING = 10_000;
/** Keys of one write to the tier. */
const STEP = 500;
/** Microtasks before a write. */
const GATHER = 20;
/** Pause after a failed write, in milliseconds. */
const RETRY = 1_000;
/** How long an operation may keep changes waiting that come after it, in milliseconds; who has called it is given up on sooner. */
const PATIENCE = 10_000;
/** Under this a prepared write has its entry as it was before it was encoded. */
const ORIGINAL = Symbol();

/** A write that a read can be answered with. */
interface Readable extends Write {
  readonly [ORIGINAL]?: Entry;
}

/** What is to become of a key: a write, or where there is none its deletion. Or an operation that changes several, among them. */
interface Change {
  /** In the order of the calls. */
  readonly number: number;
  readonly write?: Readable | undefined;
  readonly operation?: () => Promise<unknown>;
}

/** Why an operation is not done: what was acknowledged before it could not be stored. */
function unstored(): Error {
  return new Error("What waits could not be stored, and without it this cannot be done");
}

/**
 * A tier whose writes and deletions are queued, the last one of each key only, and read back from the queue until they
 * are stored; a tagged entry of a tier that keeps tags is stored before it is read. What is still queued when the
 * process dies is lost; `close()` stores it. Other operations wait for what was queued before them, and those that
 * change something keep what comes after them waiting. Tagged entries that are not the result of a load take their
 * place among the invalidations when they are stored, so they are such an operation, and acknowledged when it has
 * ended. Such a tier gives no leases, as a write is acknowledged before it is known whether its lease still stands.
 */
export function writeBehind(tier: Tier, engine: Pick<Engine, "hold">): Tier {
  const { sync: _, fresh: __, ...rest } = tier;
  const behind = new Behind(tier, engine);
  type Operation<A extends unknown[], R> = ((...args: A) => MaybePromise<R>) | undefined;
  const changing = <A extends unknown[], R>(operation: Operation<A, R>) =>
    operation && ((...args: A): MaybePromise<R> => behind.change(() => operation.apply(tier, args)));
  const looking = <A extends unknown[], R>(operation: Operation<A, R>) =>
    operation && ((...args: A): MaybePromise<R> => behind.look(() => operation.apply(tier, args)));
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
    ...(tier.touchMany && { touchMany: (touches: readonly Touch[], now: number) => behind.touchMany(touches, now) }),
    ...(tier.prune && { prune: (limit: number, now: number) => tier.prune!(limit, now) }),
    scan: looking(tier.scan)!,
    size: looking(tier.size)!,
    invalidate: changing(tier.invalidate)!,
    ...(tier.journal && { journal: (since?: number) => tier.journal!(since) }),
    ...(tier.inspect && { inspect: looking(tier.inspect)! }),
    release: changing(tier.release)!,
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
  /** Operations that wait. */
  #operations = 0;
  /** What is being done to the tier, which is a batch of changes or some operations: says whether it could be. */
  #running: Promise<boolean> | undefined;
  /** The batch. */
  #batch: ReadonlySet<Change> | undefined;
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
    return this.change(() => {
      // What could not be stored before is not to be stored after it.
      for (const { key } of writes) if (this.#numberOf(key) <= before) this.#pending.delete(key);
      return this.#tier.setMany(writes, now);
    });
  }

  touchMany(touches: readonly Touch[], now: number): MaybePromise<readonly boolean[]> {
    const before = this.#latest;
    return this.change(() => {
      if (touches.some(({ key }) => this.#numberOf(key) <= before)) throw unstored();
      return this.#tier.touchMany!(touches, now);
    });
  }

  deleteMany(keys: readonly string[], now: number): MaybePromise<readonly boolean[]> {
    const read = this.#read(keys, { now, peek: true, metaOnly: true });
    const queued = settle(() => this.#enqueue(keys.map((key) => [key, {}])));
    return Promise.all([read, queued]).then(([{ entries }]) => entries.map((entry) => entry !== undefined));
  }

  clear(prefix: string, now: number, progress?: () => void): MaybePromise<void> {
    for (const [key, { number, operation }] of this.#pending)
      if (!operation && (key as string).startsWith(prefix)) this.#pending.set(key, { number });
    return this.change(() => this.#tier.clear(prefix, now, progress));
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#clock.clearTimer(this.#retry);
    await this.#until(this.#latest);
    if (this.#running) await joined(this.#running);
    await this.#tier.close?.();
  }

  /** Looks at all of the tier, with what has been queued by now. Fails where that cannot be stored. */
  look<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#pending.size === 0) return operation();
    return this.#until(this.#latest).then((isStored) => {
      if (!isStored) throw unstored();
      return operation();
    });
  }

  /** Does something after all that waits now, and before what comes later; after what cannot be stored, too. */
  change<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#pending.size === 0 && !this.#batch) return this.#begin(operation);
    let outcome: Promise<T> | undefined;
    const id = Symbol();
    const number = ++this.#latest;
    const begin = (): Promise<T> => {
      if (this.#pending.delete(id)) this.#operations--;
      return (outcome ??= settle(operation));
    };
    this.#operations++;
    this.#pending.set(id, { number, operation: begin });
    return this.#until(number).then(() => outcome ?? this.#alone(begin));
  }

  /** The same where something before it could not be stored. */
  async #alone<T>(begin: () => Promise<T>): Promise<T> {
    while (this.#batch && this.#running) await joined(this.#running);
    return this.#begin(begin);
  }

  /** Begins an operation beside those that are under way. */
  #begin<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    const answer = operation();
    if (isPromise(answer))
      this.#occupy(Promise.all([this.#running && joined(this.#running), this.#bounded(answer)]).then(yes));
    return answer;
  }

  #bounded(work: Promise<unknown>): Promise<unknown> {
    return within<unknown>(work, PATIENCE, this.#clock, yes).then(yes, yes);
  }

  #numberOf(key: string): number {
    return this.#pending.get(key)?.number ?? Infinity;
  }

  get #isPaused(): boolean {
    return this.#clock.now() < this.#pausedUntil;
  }

  /** @throws {TierLimitError} where no more can wait */
  #enqueue(changes: readonly (readonly [string, Pick<Change, "write">])[]): MaybePromise<void> {
    const queued = changes.map(([key, change]) => [key, this.#queue(key, change)] as const);
    const refuse = (): void => {
      for (const [key, change] of queued) if (this.#pending.get(key) === change) this.#pending.delete(key);
      throw new TierLimitError(
        `Cannot queue ${changes.length} changes for tier ${this.#tier.name} as at most ${MAX_PENDING} may wait, and it takes none`,
      );
    };
    const isFull = this.#pending.size > MAX_PENDING;
    if (this.#isPaused) return isFull ? refuse() : undefined;
    const stored = this.#until(this.#latest);
    this.#engine.hold(stored);
    return isFull ? stored.then((isStored) => (isStored ? undefined : refuse())) : undefined;
  }

  /** In the place of an earlier change of its key, for which somebody may wait, unless something has come between. */
  #queue(key: string, { write }: Pick<Change, "write">): Change {
    const earlier = this.#pending.get(key);
    const isInPlace = earlier !== undefined && this.#operations === 0 && !this.#batch?.has(earlier);
    if (!isInPlace) this.#pending.delete(key);
    const change: Change = { number: isInPlace ? earlier.number : ++this.#latest, write };
    this.#pending.set(key, change);
    return change;
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

  /** Begins the operations that come first, or stores the changes before the next. */
  async #store(): Promise<boolean> {
    // Lets the writes of this turn gather, some of which take a few steps more to get here.
    for (let step = 0; step < GATHER; step++) await undefined;
    const operations: Promise<unknown>[] = [];
    for (const { operation } of this.#pending.values()) {
      if (!operation) break;
      operations.push(this.#bounded(operation()));
    }
    if (operations.length > 0) return Promise.all(operations).then(yes);
    const some: [string, Change][] = [];
    for (const [key, change] of this.#pending)
      if (change.operation || some.push([key as string, change]) === STEP) break;
    this.#batch = new Set(some.map(([, change]) => change));
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
    } finally {
      this.#batch = undefined;
    }
    for (const [key, change] of some) if (this.#pending.get(key) === change) this.#pending.delete(key);
    this.#pausedUntil = -Infinity;
    return true;
  }

  #pause(): void {
    this.#clock.clearTimer(this.#retry);
    if (this.#closing) return;
    this.#pausedUntil = this.#clock.now() + RETRY;
    try {
      this.#retry = this.#clock.setTimer(() => void this.#until(Infinity), RETRY, true);
    } catch {
      // Workers have so many timers and no more: the next write after the pause tries it again.
    }
  }
}

const yes = (): boolean => true;
