/**
 * A layer: one tier as the engine sees it. It puts the cache's prefix before keys and tags, caps lifetimes, splits
 * batches, and remembers what a failing tier has missed, so that it never serves what was invalidated meanwhile.
 *
 * @module
 */

import type { Engine } from "../engine.ts";
import { type Entry, endingBy, NO_TAGS } from "../entry.ts";
import { MissingPackageError, TierError } from "../errors.ts";
import { keyOf } from "../key.ts";
import { all, then } from "../maybe.ts";
import { sharedPrefix, tierTtl } from "../options.ts";
import type { LayerCounters, TierHealth } from "../stats.ts";
import type { Inspected } from "../store.ts";
import type {
  Change,
  InvalidationMode,
  JournalPage,
  MaybePromise,
  ReadOptions,
  ReadResult,
  ScanOptions,
  ScanResult,
  TagMatch,
  Tier,
  TierOperations,
  Touch,
  Write,
  WriteResult,
} from "../tier.ts";
import { split } from "./batches.ts";
import { Guard, type GuardObserver } from "./guard.ts";
import { NO_LEASE } from "./leases.ts";
import { faceOf, Missed } from "./missed.ts";

/** How far the journal of a tier below was followed when all of it had been done to this one. */
export interface Note {
  readonly position: number;
  /** The invalidation sequence there. */
  readonly sequence: number;
}

/** Nothing was refused. */
const STORED: WriteResult = { sequence: 0 };

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
  readonly #missed: Missed;
  readonly #engine: Engine;
  /** Tagged entries with a lower sequence are from before anything is known of their tags. */
  #floor = 0;

  constructor(tier: Tier, index: number, engine: Engine, counters: LayerCounters, observer: GuardObserver) {
    const { options } = engine;
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
    this.#engine = engine;
    this.#missed = new Missed(tier, this.guard, this.#prefix, engine);
  }

  /** How the tier is asked in the call that runs. */
  get #face(): TierOperations<unknown, "async"> {
    return faceOf(this.tier, this.#engine);
  }

  open(engine: Engine): void {
    const { clock, random, name: cacheName } = engine.options;
    const opened = this.tier.open?.({
      cacheName,
      clock,
      random,
      counters: this.counters,
      removed: (key, reason) => engine.left(this.name, this.strip(key), reason, this.counters),
      report: (kind, error, key) => {
        this.counters[kind === "corrupt" ? "corrupt" : "errors"]++;
        if (kind === "corrupt") {
          const text = this.strip(key ?? "");
          engine.gone?.(text, "corrupt", this.name);
          engine.emit("corrupt", () => ({ key: keyOf(text), tier: this.name, error }));
        } else engine.emit("error", () => ({ error, operation: "background", tier: this.name }));
      },
    });
    if (opened) engine.background(opened, `open of ${this.name}`);
  }

  /** The key as this cache knows it, of a key as the tier knows it. */
  strip(key: string): string {
    return key.slice(this.#prefix.length);
  }

  /** Whether the entry is from before this process, and nobody knows which tags were invalidated since. */
  isUnknown({ tags, sequence = 0 }: Entry): boolean {
    return tags.length > 0 && sequence < this.#floor;
  }

  /** Under no key that a cache can have. */
  get #noteKey(): string {
    return `${this.#prefix.slice(0, -1)}#journal`;
  }

  /** Reads what an earlier process noted. Without it, the tier is emptied of our keys before it serves. */
  recall(now: number): MaybePromise<number | undefined> {
    const read = this.guard.run("getMany", () => this.#face.getMany([this.#noteKey], { now, peek: true }));
    return then(read, (answer) => {
      const note = answer instanceof TierError ? undefined : (answer.entries[0]?.value as Partial<Note> | undefined);
      const { position, sequence } = note ?? {};
      if (!Number.isSafeInteger(position) || !Number.isSafeInteger(sequence)) {
        this.forget();
        return undefined;
      }
      if (!this.tier.capabilities.tags) this.#floor = sequence!;
      return position;
    });
  }

  /** Notes it, unless the tier has still to be told of something; says whether it did. */
  note(note: Note, now: number): MaybePromise<boolean> {
    if (this.#missed.isAny) return false;
    const entry: Entry = {
      value: note,
      createdAt: now,
      freshUntil: Infinity,
      staleUntil: Infinity,
      tags: NO_TAGS,
      sequence: 0,
      version: undefined,
      loadTime: 0,
    };
    const writes = [{ key: this.#noteKey, entry }];
    const stored = this.guard.run("setMany", () =>
      then(this.tier.prepare ? this.tier.prepare(writes) : writes, (some) => this.#face.setMany(some, now)),
    );
    return then(stored, (answer) => !(answer instanceof TierError));
  }

  /**
   * Where the tier cannot be told what it missed (a full disk, a file that became read-only), or has missed more meanwhile,
   * those keys alone are misses.
   */
  read(keys: readonly string[], options: ReadOptions): MaybePromise<ReadResult | TierError> {
    if (!this.#missed.isAny) return this.#read(keys, options);
    return then(this.#missed.replay(options.now, false), (fault) => {
      if (!this.#missed.isAny) return this.#read(keys, options);
      if (this.#missed.isUnbounded) return fault ?? this.#missed.busy();
      const known = keys.map((key) => !this.#missed.has(this.#prefix + key));
      const answer = this.#read(
        keys.filter((_, i) => known[i]),
        options,
      );
      return then(answer, (result) => {
        if (result instanceof TierError) return result;
        const { entries, sequence, leases } = result;
        const spread = <T>(some: readonly T[], missing?: T): (T | undefined)[] => {
          let at = 0;
          return known.map((isKnown) => (isKnown ? some[at++] : missing));
        };
        return { entries: spread(entries), sequence, leases: leases && spread(leases, NO_LEASE) };
      });
    });
  }

  #read(keys: readonly string[], options: ReadOptions): MaybePromise<ReadResult | TierError> {
    const { lease = 0 } = options;
    const lost = () => this.#missed.addLeases(this.#whole(keys));
    const read = this.guard.run(
      "getMany",
      () => this.#batched(this.#whole(keys), (some) => this.#face.getMany(some, options), joinReads),
      // What was given by then is given back a second time.
      lease > 0 ? lost : undefined,
    );
    if (this.#prefix === "" && !(lease > 0)) return read;
    return then(read, (answer) => {
      if (!(answer instanceof TierError)) return this.#stripTags(answer);
      if (lease > 0) lost();
      return answer;
    });
  }

  #stripTags(result: ReadResult): ReadResult {
    const { entries, sequence, leases } = result;
    if (this.#prefix === "" || !entries.some((entry) => entry && entry.tags.length > 0)) return result;
    const strip = (tag: string): string => this.strip(tag);
    return { entries: entries.map((entry) => entry && this.#retag(entry, strip)), sequence, leases };
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
  write(prepared: readonly Write[], now: number): MaybePromise<WriteResult | TierError> {
    if (prepared.length === 0) return STORED;
    if (this.tier.options?.write === "around")
      return then(
        this.#deleteWhole(
          prepared.map(({ key }) => key),
          now,
        ),
        faultOr(STORED),
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
      () => (lasting.length === 0 ? STORED : this.#store(lasting, now)),
    );
  }

  /** Whether a tier that cannot keep brief entries can keep this one. */
  #isLasting({ staleUntil }: Pick<Entry, "staleUntil">, now: number): boolean {
    return staleUntil - now >= (this.tier.capabilities.minTtl ?? -Infinity);
  }

  #store(writes: readonly Write[], now: number): MaybePromise<WriteResult | TierError> {
    const stored = this.#set(writes, now, "setMany");
    return then(stored, (answer) => {
      // The tier may hold the older value.
      if (answer instanceof TierError) {
        this.#missed.add(writes.map(({ key }) => key));
        return answer;
      }
      const { sequence, refused = [] } = answer;
      this.counters.sets += writes.length - refused.length;
      return refused.length === 0 ? answer : { sequence, refused: refused.map((key) => this.strip(key)) };
    });
  }

  #set(writes: readonly Write[], now: number, operation: string): MaybePromise<WriteResult | TierError> {
    return this.#missed.ready(
      now,
      operation,
      () => this.#batched(writes, (some) => this.#face.setMany(some, now), joinWrites),
      // By then the tier may have been given something newer.
      () => this.#missed.add(writes.map(({ key }) => key)),
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
            prepared.length === 0 ? STORED : this.#set(prepared, now, "promotion"),
            (answer) => !(answer instanceof TierError),
          ),
      );
    } catch {
      return false;
    }
  }

  delete(keys: readonly string[], now: number): MaybePromise<readonly boolean[] | TierError> {
    return this.#deleteWhole(this.#whole(keys), now);
  }

  #deleteWhole(keys: readonly string[], now: number): MaybePromise<readonly boolean[] | TierError> {
    const deleted = this.#missed.ready(now, "deleteMany", () =>
      this.#batched(keys, (some) => this.#face.deleteMany(some, now), joinExisted),
    );
    return then(deleted, (answer) => {
      if (answer instanceof TierError) this.#missed.add(keys);
      else if (!this.tier.usage) this.counters.deletes += answer.filter(Boolean).length;
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
    const missed = () => this.#missed.add(keys);
    const touched = this.#missed.ready(
      now,
      "touchMany",
      () => this.#batched(whole, (some) => this.#touch(some, now), joinExisted),
      missed,
    );
    return then(touched, (answer) => {
      // The entry would outlive its new deadline.
      if (answer instanceof TierError) missed();
      return answer;
    });
  }

  #touch(touches: readonly Touch[], now: number): MaybePromise<readonly boolean[]> {
    if (this.tier.touchMany) return this.#face.touchMany!(touches, now);
    // A store that cannot move a deadline gets the entry written again, unless that was invalidated.
    return then(
      this.#face.getMany(
        touches.map(({ key }) => key),
        { now, peek: true },
      ),
      ({ entries }) => {
        const writes = touches.flatMap(({ key, ...times }, i) =>
          entries[i]?.freshUntil ? [{ key, entry: { ...entries[i], ...times } }] : [],
        );
        const prepared = this.tier.prepare ? this.tier.prepare(writes) : writes;
        return then(
          then(prepared, (some) => this.#face.setMany(some, now)),
          () => entries.map((entry) => Boolean(entry?.freshUntil)),
        );
      },
    );
  }

  /** It cannot be told what is in the tier: it is cleared of our keys before it serves again. */
  forget(): void {
    this.#missed.addAll();
  }

  clear(prefix: string, now: number): MaybePromise<TierError | undefined> {
    return then(
      this.guard.run("clear", (progress) => this.#face.clear(this.#prefix + prefix, now, progress)),
      (answer) => {
        if (answer instanceof TierError) {
          this.#missed.addAll();
          return answer;
        }
        if (prefix === "") this.#missed.cleared();
        return undefined;
      },
    );
  }

  scan(options: ScanOptions): MaybePromise<ScanResult | TierError> {
    return this.#missed.ready(options.now, "scan", () =>
      this.#face.scan!({ ...options, prefix: this.#prefix + options.prefix }),
    );
  }

  /** What is under a key, and where the tier tells it, what has become of its tags. */
  inspect(key: string, now: number): MaybePromise<Pick<Inspected, "entry" | "known"> | TierError> {
    const { tier } = this;
    if (!tier.inspect || this.#missed.isAny)
      return then(this.read([key], { now, peek: true, metaOnly: true }), (answer) =>
        answer instanceof TierError ? answer : { entry: answer.entries[0] },
      );
    const inspected = this.guard.run("inspect", () => tier.inspect!(this.#prefix + key));
    return then(inspected, (answer) => {
      if (!answer || answer instanceof TierError) return answer ?? {};
      const { entry, ...known } = answer;
      return { entry: this.#retag(entry, (tag) => this.strip(tag)), known };
    });
  }

  /** Reads what no cache can have written, so that nothing is left behind. */
  probe(entries?: boolean): MaybePromise<Pick<TierHealth, "ok" | "latency" | "entries" | "error">> {
    const { capabilities, usage } = this.tier;
    const startedAt = this.#engine.now();
    const read = this.guard.run("probe", () =>
      then(this.#face.getMany([`${this.#prefix.slice(0, -1)}#probe`], { now: startedAt, peek: true }), () =>
        entries && capabilities.keys && !usage ? this.#face.size!(this.#prefix, startedAt) : undefined,
      ),
    );
    return then(read, (answer) => {
      const latency = this.#engine.now() - startedAt;
      if (answer instanceof TierError) return { ok: false, latency, error: told(answer) };
      return { ok: true, latency, ...(answer !== undefined && { entries: answer }) };
    });
  }

  size(prefix: string, now: number): MaybePromise<number | TierError> {
    return this.#missed.ready(now, "size", () => this.#face.size!(this.#prefix + prefix, now));
  }

  /** Removes up to `limit` expired entries; answers with our keys among them, and how many it removed in all. */
  prune(limit: number, now: number): MaybePromise<{ keys: string[]; removed: number } | TierError> {
    const pruned = this.tier.prune ? this.#missed.ready(now, "prune", () => this.#face.prune!(limit, now)) : [];
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
    const answer = this.#missed.ready(now, "invalidate", () =>
      this.#face.invalidate!({ tags: whole, match, mode, after, now }),
    );
    return then(answer, (sequence) => {
      if (sequence instanceof TierError) this.#missed.addBump({ tags: whole, match, mode, after: after + 1 });
      return sequence;
    });
  }

  /** What others changed in the tier since a position, as far as it concerns this cache. */
  journal(since: number | undefined): MaybePromise<JournalPage | TierError> {
    return then(
      this.guard.run("journal", () => this.#face.journal!(since)),
      (page) =>
        page instanceof TierError || page.changes === undefined
          ? page
          : { ...page, changes: page.changes.flatMap((change) => this.#ours(change) ?? []) },
    );
  }

  #ours(change: Change): Change | undefined {
    const isOurs = (text: string): boolean => text.startsWith(this.#prefix);
    if (change.by === "keys") return { by: "keys", keys: change.keys.filter(isOurs).map((key) => this.strip(key)) };
    if (change.by === "prefix") {
      // What was cleared may be a part of our keys, or have all of them in it.
      return isOurs(change.prefix) || this.#prefix.startsWith(change.prefix)
        ? { by: "prefix", prefix: this.strip(change.prefix) }
        : undefined;
    }
    return change.tags.every(isOurs) ? { ...change, tags: change.tags.map((tag) => this.strip(tag)) } : undefined;
  }

  /** Gives leases back; without a number, revokes whatever lease a key has. A tier that fails lets them run out. */
  release(leases: readonly { key: string; lease?: number }[]): MaybePromise<unknown> {
    const whole = leases.map((lease) => ({ ...lease, key: this.#prefix + lease.key }));
    return this.guard.run("release", () => this.#face.release!(whole));
  }

  /** Keys as the tier knows them. */
  #whole(keys: readonly string[]): readonly string[] {
    return this.#prefix === "" ? keys : keys.map((key) => this.#prefix + key);
  }

  /** Calls the tier with as much as it can take at once. */
  #batched<T, A>(
    items: readonly T[],
    call: (some: readonly T[]) => MaybePromise<A>,
    join: (answers: readonly A[]) => A,
  ): MaybePromise<A> {
    return items.length <= this.#maxBatch ? call(items) : then(all(split(items, this.#maxBatch).map(call)), join);
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

function joinReads(results: readonly ReadResult[]): ReadResult {
  const [{ sequence, leases }] = results as readonly [ReadResult];
  return {
    entries: results.flatMap((result) => result.entries),
    sequence,
    leases: leases && results.flatMap((result) => result.leases!),
  };
}

function joinWrites(results: readonly WriteResult[]): WriteResult {
  return { sequence: results[0]!.sequence, refused: results.flatMap(({ refused = [] }) => refused) };
}

function joinExisted(answers: readonly (readonly boolean[])[]): readonly boolean[] {
  return answers.flatMap((existed) => [...existed]);
}

function faultOr<T>(value: T): (answer: unknown) => T | TierError {
  return (answer) => (answer instanceof TierError ? answer : value);
}

/** What is told of a fault: of a package that is not there, how to install it. */
function told({ message, cause }: TierError): string {
  return cause instanceof MissingPackageError ? cause.message : message;
}
