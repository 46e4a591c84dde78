/**
 * Write-behind: writes to a tier are acknowledged at once and stored in the background. Here is the tier as the stack sees it; what waits
 * to be stored is in `write-queue.ts`.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Entry } from "../entry.ts";
import { settle, then } from "../maybe.ts";
import type { MaybePromise, ReadOptions, ReadResult, Tier, TierContext, Touch, Write, WriteResult } from "../tier.ts";
import { unstored } from "./changes.ts";
import { WriteQueue } from "./write-queue.ts";

/** Under this a prepared write has its entry as it was before it was encoded. */
const ORIGINAL = Symbol();

/** A write that a read can be answered with. */
interface Readable extends Write {
  readonly [ORIGINAL]?: Entry;
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
  const queue = new WriteQueue(tier, engine);
  const behind = new Behind(tier, queue);
  type Operation<A extends unknown[], R> = ((...args: A) => MaybePromise<R>) | undefined;
  const changing = <A extends unknown[], R>(operation: Operation<A, R>) =>
    operation && ((...args: A): MaybePromise<R> => queue.change(() => operation.apply(tier, args)));
  const looking = <A extends unknown[], R>(operation: Operation<A, R>) =>
    operation && ((...args: A): MaybePromise<R> => queue.look(() => operation.apply(tier, args)));
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
  readonly #queue: WriteQueue;

  constructor(tier: Tier, queue: WriteQueue) {
    this.#tier = tier;
    this.#queue = queue;
  }

  open(context: TierContext): MaybePromise<void> {
    this.#queue.open(context);
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
    const last = Math.max(...unknown.map((key) => this.#queue.changes.numberOf(key)));
    return this.#queue
      .until(this.#queue.isPaused ? -1 : last)
      .then((isStored) =>
        isStored && !this.#queue.isPaused ? this.getMany(keys, options) : this.#read(keys, options, unknown),
      );
  }

  #isForTheTier(key: string): boolean {
    const tags = this.#queue.changes.find(key)?.write?.entry.tags;
    return tags !== undefined && tags.length > 0 && this.#tier.capabilities.tags === true;
  }

  /** @param lost keys that are misses */
  #read(keys: readonly string[], options: ReadOptions, lost: readonly string[] = []): MaybePromise<ReadResult> {
    const below = keys.filter((key) => !this.#queue.changes.has(key));
    const queued = new Map(
      keys
        .filter((key) => this.#queue.changes.has(key))
        .map((key) => [key, lost.includes(key) ? undefined : this.#queued(key, options.now)]),
    );
    return then(this.#tier.getMany(below, options), (result) => {
      let at = 0;
      return { ...result, entries: keys.map((key) => (queued.has(key) ? queued.get(key) : result.entries[at++])) };
    });
  }

  #queued(key: string, now: number): Entry | undefined {
    const write: Readable | undefined = this.#queue.changes.find(key)?.write;
    if (!write || write.entry.staleUntil <= now) return undefined;
    const { [ORIGINAL]: original, entry } = write;
    // The sequence was given after it was encoded.
    return original ? { ...original, sequence: entry.sequence } : entry;
  }

  setMany(writes: readonly Readable[], now: number): MaybePromise<WriteResult> {
    if (writes.every(({ entry }) => entry.tags.length === 0 || entry.sequence !== undefined))
      return then(this.#queue.enqueue(writes.map((write) => [write.key, { write }])), () => ({ sequence: 0 }));
    const before = this.#queue.changes.latest;
    return this.#queue.change(() => {
      // What could not be stored before is not to be stored after it.
      for (const { key } of writes) if (this.#queue.changes.numberOf(key) <= before) this.#queue.changes.forget(key);
      return this.#tier.setMany(writes, now);
    });
  }

  touchMany(touches: readonly Touch[], now: number): MaybePromise<readonly boolean[]> {
    const before = this.#queue.changes.latest;
    return this.#queue.change(() => {
      if (touches.some(({ key }) => this.#queue.changes.numberOf(key) <= before)) throw unstored();
      return this.#tier.touchMany!(touches, now);
    });
  }

  deleteMany(keys: readonly string[], now: number): MaybePromise<readonly boolean[]> {
    const read = this.#read(keys, { now, peek: true, metaOnly: true });
    const queued = settle(() => this.#queue.enqueue(keys.map((key) => [key, {}])));
    return Promise.all([read, queued]).then(([{ entries }]) => entries.map((entry) => entry !== undefined));
  }

  clear(prefix: string, now: number, progress?: () => void): MaybePromise<void> {
    this.#queue.changes.clear(prefix);
    return this.#queue.change(() => this.#tier.clear(prefix, now, progress));
  }

  async close(): Promise<void> {
    await this.#queue.close();
    await this.#tier.close?.();
  }
}
