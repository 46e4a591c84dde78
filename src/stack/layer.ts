/**
 * A layer: one tier as the engine sees it. It puts the cache's prefix before keys and tags, caps lifetimes, splits
 * batches, and remembers what a failing tier has missed, so that it never serves what was invalidated meanwhile.
 *
 * @module
 */

import type { Engine } from "../engine.ts";
import { type Entry, endingBy } from "../entry.ts";
import { TierError } from "../errors.ts";
import { decodeKey } from "../key.ts";
import { all, settle, then } from "../maybe.ts";
import { type Resolved, sharedPrefix, tierTtl } from "../options.ts";
import type { LayerCounters } from "../stats.ts";
import type {
  InvalidationMode,
  MaybePromise,
  ReadOptions,
  ReadResult,
  ScanResult,
  TagMatch,
  Tier,
  Touch,
  Write,
} from "../tier.ts";
import { Guard, type GuardObserver } from "./guard.ts";

/** Most keys remembered as missed; beyond it the tier is cleared of our keys before it serves again. */
const MAX_MISSED = 10_000;

/** How long reads leave a tier alone that could not be told what it missed, in milliseconds. */
const REPLAY_PAUSE = 5_000;

/** A tier in its place in the stack. */
export class Layer {
  readonly tier: Tier;
  readonly name: string;
  /** Place in the stack, 0 on top. */
  readonly index: number;
  /** Only this cache sees the tier: no prefix, and it may be changed at once. */
  readonly isPrivate: boolean;
  readonly counters: LayerCounters;
  readonly guard: Guard;
  readonly #prefix: string;
  readonly #cap: number;
  readonly #maxBatch: number;
  readonly #missed = new Set<string>();
  #missedAll = false;
  #replaying: Promise<TierError | undefined> | undefined;
  #replayFault: { error: TierError; until: number } | undefined;
  #missedTags: { tags: readonly string[]; mode: InvalidationMode; match: TagMatch; after: number }[] = [];

  constructor(tier: Tier, index: number, options: Resolved, counters: LayerCounters, observer: GuardObserver) {
    const { shared, durable, maxBatch = Infinity } = tier.capabilities;
    this.tier = tier;
    this.name = tier.name;
    this.index = index;
    this.isPrivate = !shared && !durable;
    this.counters = counters;
    this.guard = new Guard(tier, options.clock, observer);
    this.#prefix = this.isPrivate ? "" : sharedPrefix(options);
    this.#cap = tierTtl(tier.options ?? {});
    this.#maxBatch = maxBatch;
  }

  open(engine: Engine): void {
    const { clock, random, name: cacheName } = engine.options;
    const opened = this.tier.open?.({
      cacheName,
      clock,
      random,
      removed: (key, reason) => engine.left(this.name, this.strip(key), reason),
      report: (kind, error, key) => {
        this.counters[kind === "corrupt" ? "corrupt" : "errors"]++;
        if (kind === "corrupt")
          engine.emit("corrupt", () => ({ key: decodeKey(this.strip(key ?? "")), tier: this.name, error }));
        else engine.emit("error", () => ({ error, operation: "background", tier: this.name }));
      },
    });
    if (opened) engine.background(opened, `open of ${this.name}`);
  }

  /** The key as this cache knows it, of a key as the tier knows it. */
  strip(key: string): string {
    return key.slice(this.#prefix.length);
  }

  /** Where the tier cannot be told what it missed (a full disk, a file that became read-only), those keys alone are misses. */
  read(keys: readonly string[], options: ReadOptions): MaybePromise<ReadResult | TierError> {
    if (!this.#hasMissed()) return this.#read(keys, options);
    return then(this.#replay(options.now, false), (fault) => {
      if (!fault) return this.read(keys, options);
      // Only the tier could tell which entries have all of some tags, or exactly those.
      if (this.#missedAll || this.#missedTags.some(({ match }) => match !== "any")) return fault;
      const known = keys.map((key) => !this.#missed.has(this.#prefix + key));
      const answer = this.#read(
        keys.filter((_, i) => known[i]),
        options,
      );
      return then(answer, (result) => {
        if (result instanceof TierError) return result;
        let at = 0;
        return {
          entries: known.map((isKnown) => (isKnown ? result.entries[at++] : undefined)),
          sequence: result.sequence,
        };
      });
    });
  }

  #read(keys: readonly string[], options: ReadOptions): MaybePromise<ReadResult | TierError> {
    return this.guard.run("getMany", () =>
      then(
        this.#batched(keys, (some) => this.tier.getMany(some, options)),
        (results) => (this.#prefix === "" && results.length === 1 ? results[0]! : this.#gather(results)),
      ),
    );
  }

  #gather(results: readonly ReadResult[]): ReadResult {
    const strip = (tag: string): string => this.strip(tag);
    const entries = results.length === 1 ? results[0]!.entries : results.flatMap((result) => result.entries);
    return { entries: entries.map((entry) => entry && this.#retag(entry, strip)), sequence: results[0]?.sequence };
  }

  /** Does what can fail because of a value. */
  prepare(writes: readonly Write[], now: number): MaybePromise<readonly Write[]> {
    return this.tier.options?.write === "around"
      ? writes.map((write) => this.#adapt(write, now))
      : this.#encode(writes, now);
  }

  #encode(writes: readonly Write[], now: number): MaybePromise<readonly Write[]> {
    const adapted =
      this.#prefix === "" && this.#cap === Infinity ? writes : writes.map((write) => this.#adapt(write, now));
    return this.tier.prepare ? this.tier.prepare(adapted) : adapted;
  }

  /** Writes what {@linkcode prepare} answered. */
  write(prepared: readonly Write[], now: number): MaybePromise<number | TierError> {
    if (prepared.length === 0) return 0;
    if (this.tier.options?.write === "around")
      return then(
        this.#deleteWhole(
          prepared.map(({ key }) => key),
          now,
        ),
        faultOr(0),
      );
    const lasting = prepared.filter(({ entry }) => this.#isLasting(entry, now));
    const brief = lasting.length === prepared.length ? [] : prepared.filter((write) => !lasting.includes(write));
    return then(
      brief.length === 0
        ? undefined
        : this.#deleteWhole(
            brief.map(({ key }) => key),
            now,
          ),
      () => (lasting.length === 0 ? 0 : this.#store(lasting, now)),
    );
  }

  /** Whether a tier that cannot keep brief entries can keep this one. */
  #isLasting({ staleUntil }: Pick<Entry, "staleUntil">, now: number): boolean {
    return staleUntil - now >= (this.tier.capabilities.minTtl ?? -Infinity);
  }

  #store(writes: readonly Write[], now: number): MaybePromise<number | TierError> {
    const stored = this.#set(writes, now, "setMany");
    return then(stored, (answer) => {
      // The tier may hold the older value.
      if (answer instanceof TierError) this.#miss(writes.map(({ key }) => key));
      else this.counters.sets += writes.length;
      return answer;
    });
  }

  #set(writes: readonly Write[], now: number, operation: string): MaybePromise<number | TierError> {
    return this.#ready(
      now,
      operation,
      () =>
        then(
          all(split(writes, this.#maxBatch).map((some) => this.tier.setMany(some, now))),
          (sequences) => sequences[0] ?? 0,
        ),
      // By then the tier may have been given something newer.
      () => this.#miss(writes.map(({ key }) => key)),
    );
  }

  /** Copies entries up into this tier, with the time that they have left. */
  promote(writes: readonly Write[], now: number): MaybePromise<boolean> {
    try {
      return then(
        this.#encode(
          writes.filter(({ entry }) => this.#isLasting(entry, now)),
          now,
        ),
        (prepared) =>
          then(
            prepared.length === 0 ? 0 : this.#set(prepared, now, "promotion"),
            (answer) => !(answer instanceof TierError),
          ),
      );
    } catch {
      return false;
    }
  }

  delete(keys: readonly string[], now: number): MaybePromise<readonly boolean[] | TierError> {
    return this.#deleteWhole(this.#prefix === "" ? keys : keys.map((key) => this.#prefix + key), now);
  }

  #deleteWhole(keys: readonly string[], now: number): MaybePromise<readonly boolean[] | TierError> {
    const deleted = this.#ready(now, "deleteMany", () =>
      then(all(split(keys, this.#maxBatch).map((some) => this.tier.deleteMany(some, now))), (answers) =>
        answers.flat(),
      ),
    );
    return then(deleted, (answer) => {
      if (answer instanceof TierError) this.#miss(keys);
      return answer;
    });
  }

  touch(touches: readonly Touch[], now: number): MaybePromise<readonly boolean[] | TierError> {
    const whole = touches.map(({ key, freshUntil, staleUntil }) => ({
      key: this.#prefix + key,
      freshUntil: Math.min(freshUntil, now + this.#cap),
      staleUntil: Math.min(staleUntil, now + this.#cap),
    }));
    const keys = whole.map(({ key }) => key);
    if (!whole.every((touch) => touch.freshUntil === 0 || this.#isLasting(touch, now)))
      return this.#deleteWhole(keys, now);
    const missed = () => this.#miss(keys);
    const touched = this.#ready(
      now,
      "touchMany",
      () => then(all(split(whole, this.#maxBatch).map((some) => this.#touch(some, now))), (answers) => answers.flat()),
      missed,
    );
    return then(touched, (answer) => {
      // The entry would outlive its new deadline.
      if (answer instanceof TierError) missed();
      return answer;
    });
  }

  #touch(touches: readonly Touch[], now: number): MaybePromise<readonly boolean[]> {
    if (this.tier.touchMany) return this.tier.touchMany(touches, now);
    // A store that cannot move a deadline gets the entry written again, unless that was invalidated.
    return then(
      this.tier.getMany(
        touches.map(({ key }) => key),
        { now, peek: true },
      ),
      ({ entries }) => {
        const writes = touches.flatMap(({ key, ...times }, i) =>
          entries[i]?.freshUntil ? [{ key, entry: { ...entries[i], ...times } }] : [],
        );
        const prepared = this.tier.prepare ? this.tier.prepare(writes) : writes;
        return then(
          then(prepared, (some) => this.tier.setMany(some, now)),
          () => entries.map((entry) => Boolean(entry?.freshUntil)),
        );
      },
    );
  }

  /** It cannot be told what is in the tier: it is cleared of our keys before it serves again. */
  forget(): void {
    this.#missedAll = true;
  }

  clear(prefix: string, now: number): MaybePromise<TierError | undefined> {
    return then(
      this.guard.run("clear", () => this.tier.clear(this.#prefix + prefix, now)),
      (answer) => {
        if (answer instanceof TierError) {
          this.#missedAll = true;
          return answer;
        }
        if (prefix === "") {
          this.#missedAll = false;
          this.#missed.clear();
        }
        return undefined;
      },
    );
  }

  scan(prefix: string, cursor: string | undefined, limit: number, now: number): MaybePromise<ScanResult | TierError> {
    return this.#ready(now, "scan", () => this.tier.scan!({ prefix: this.#prefix + prefix, cursor, limit, now }));
  }

  size(prefix: string, now: number): MaybePromise<number | TierError> {
    return this.#ready(now, "size", () => this.tier.size!(this.#prefix + prefix, now));
  }

  /** Removes up to `limit` expired entries; answers with our keys among them, and how many it removed in all. */
  prune(limit: number, now: number): MaybePromise<{ keys: string[]; removed: number } | TierError> {
    const pruned = this.tier.prune ? this.#ready(now, "prune", () => this.tier.prune!(limit, now)) : [];
    return then(pruned, (answer) => {
      if (answer instanceof TierError) return answer;
      const ours = answer.filter((key) => key.startsWith(this.#prefix));
      return { keys: ours.map((key) => this.strip(key)), removed: answer.length };
    });
  }

  invalidate(
    tags: readonly string[],
    match: TagMatch,
    mode: InvalidationMode,
    after: number,
    now: number,
  ): MaybePromise<number | TierError> {
    const whole = tags.map((tag) => this.#prefix + tag);
    const answer = this.#ready(now, "invalidate", () =>
      this.tier.invalidate!({ tags: whole, match, mode, after, now }),
    );
    return then(answer, (sequence) => {
      if (!(sequence instanceof TierError)) return sequence;
      if (this.#missedTags.length < MAX_MISSED) this.#missedTags.push({ tags: whole, match, mode, after: after + 1 });
      else this.#missedAll = true;
      return sequence;
    });
  }

  #miss(keys: readonly string[]): void {
    if (this.#missed.size + keys.length > MAX_MISSED) this.#missedAll = true;
    else for (const key of keys) this.#missed.add(key);
    // The fast path asks the tier past us.
    if (this.tier.fresh) settle(() => this.tier.deleteMany(keys, 0)).catch(() => {});
  }

  /** Runs an operation once the tier has been told what it missed while it failed. */
  #ready<T>(
    now: number,
    operation: string,
    call: () => MaybePromise<T>,
    arrived?: () => void,
  ): MaybePromise<T | TierError> {
    if (!this.#hasMissed()) return this.guard.run(operation, call, arrived);
    return then(this.#replay(now, true), (fault) => fault ?? this.#ready(now, operation, call, arrived));
  }

  #hasMissed(): boolean {
    return this.#replaying !== undefined || this.#missedAll || this.#missed.size > 0 || this.#missedTags.length > 0;
  }

  /** One replay at a time: whoever comes while it runs waits for the same. One that failed is tried again at once only if it must. */
  #replay(now: number, must: boolean): MaybePromise<TierError | undefined> {
    if (!must && !this.#replaying && this.#replayFault && now < this.#replayFault.until) return this.#replayFault.error;
    this.#replaying ??= this.#replayNow(now).then((error) => {
      this.#replaying = undefined;
      this.#replayFault = error && { error, until: now + REPLAY_PAUSE };
      return error;
    });
    return this.#replaying;
  }

  async #replayNow(now: number): Promise<TierError | undefined> {
    const everything = this.#missedAll;
    const keys = [...this.#missed];
    const bumps = this.#missedTags;
    // What is missed from now on is for the next replay.
    this.#missedAll = false;
    this.#missed.clear();
    this.#missedTags = [];
    const answer = await this.guard.run("replay", async () => {
      if (everything) await this.tier.clear(this.#prefix, now);
      else for (const some of split(keys, this.#maxBatch)) await this.tier.deleteMany(some, now);
      for (const bump of bumps) await this.tier.invalidate!({ ...bump, now });
    });
    if (!(answer instanceof TierError)) return undefined;
    this.#missedAll ||= everything;
    this.#miss(keys);
    this.#missedTags.unshift(...bumps);
    return answer;
  }

  #batched<T>(keys: readonly string[], call: (keys: readonly string[]) => MaybePromise<T>): MaybePromise<T[]> {
    const whole = this.#prefix === "" ? keys : keys.map((key) => this.#prefix + key);
    return whole.length <= this.#maxBatch
      ? then(call(whole), (answer) => [answer])
      : all(split(whole, this.#maxBatch).map(call));
  }

  #adapt({ key, entry, ...rest }: Write, now: number): Write {
    return {
      key: this.#prefix + key,
      entry: this.#retag(endingBy(entry, now + this.#cap), (tag) => this.#prefix + tag),
      ...rest,
    };
  }

  #retag(entry: Entry, change: (tag: string) => string): Entry {
    return entry.tags.length === 0 || this.#prefix === "" ? entry : { ...entry, tags: entry.tags.map(change) };
  }
}

function faultOr<T>(value: T): (answer: unknown) => T | TierError {
  return (answer) => (answer instanceof TierError ? answer : value);
}

function split<T>(items: readonly T[], size: number): (readonly T[])[] {
  if (items.length <= size) return [items];
  const parts: (readonly T[])[] = [];
  for (let i = 0; i < items.length; i += size) parts.push(items.slice(i, i + size));
  return parts;
}
