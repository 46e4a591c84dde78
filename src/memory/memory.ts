/**
 * The memory tier: values by reference, bounded by entries and by bytes, expired lazily.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import { endingBy } from "../entry.ts";
import { callable, checkOptions, invalid, methods } from "../errors.ts";
import { tierTtl } from "../lifetimes.ts";
import type {
  ReadOptions,
  ReadResult,
  RemovalReason,
  ScanOptions,
  ScanResult,
  SyncTier,
  Tier,
  TierBounds,
  TierContext,
  TierOptions,
  Touch,
  Write,
  WriteResult,
} from "../tier.ts";
import { Columns } from "./columns.ts";
import { copier } from "./copy.ts";
import { boundsOf, type MemoryOptions } from "./options.ts";
import { hashKey } from "./policy/hash.ts";
import { TinyLfu } from "./policy/tiny-lfu.ts";
import type { Policy, PolicyContext } from "./policy.ts";
import type { EvictionRule, MemoryView } from "./rules.ts";
import { defaultSizeOf, type SizeOf, sampled, weigh } from "./size-of.ts";

/** The memory tier, with its synchronous face. */
export interface MemoryTier extends Tier {
  readonly sync: SyncTier;
}

/**
 * A tier in this process's memory. It holds values by reference: whoever changes a value that came from the cache
 * changes it for everyone, unless `clone` or `freeze` is set.
 *
 * @throws {ConfigError} for a bound that is not a positive integer, or another wrong option
 */
export function memory(options: MemoryOptions = {}): MemoryTier {
  return new MemoryStore(options);
}

/** Columns of so few slots are kept when the last entry is gone. */
const SMALL = 1_024;

/** A write, with what is known of it already. */
interface Weighed extends Write {
  readonly weight?: number | undefined;
  /** Of a new key the most entries beside which the rules have taken it; -1 where they refuse it. */
  readonly room?: number | undefined;
}

/** Slots looked at after every write for what is over. */
const STEP = 2;

/** No tags, no sequence. */
const STORED: WriteResult = { sequence: 0 };

class MemoryStore implements MemoryTier {
  declare readonly name: string;
  readonly capabilities = { sync: true, keys: true, local: true } as const;
  declare readonly options: TierOptions;
  declare readonly sync: SyncTier;

  #columns: Columns;
  #policy: Policy;
  readonly #newPolicy: () => Policy;
  readonly #rules: readonly EvictionRule[];
  /** Copies what goes out, where values are copied. */
  readonly #copy: ((value: unknown) => unknown) | undefined;
  declare readonly prepare?: NonNullable<Tier["prepare"]>;
  /** Bytes by slot, whole numbers; absent without `maxBytes`. */
  #weights: number[] | undefined;
  #bytes = 0;
  /** The slot at which the sweep has stopped. */
  #hand = -1;
  #isSweeping = false;
  #maxEntries = 0;
  #maxBytes = 0;
  /** The lowest bound that the rules bring along. */
  readonly #brought: number;
  /** Longest stay, in milliseconds. */
  readonly #cap: number;
  readonly #sizeOf: SizeOf;
  #clock: Clock = systemClock;
  #coarse: () => number = systemClock.now;
  #removed: TierContext["removed"] = () => {};
  #counters: NonNullable<TierContext["counters"]> = { added: 0, deletes: 0 };

  constructor(options: MemoryOptions) {
    checkOptions(options);
    const {
      name = "memory",
      sizeOf = defaultSizeOf,
      maxBytes = Infinity,
      policy,
      rules = [],
      clone = false,
      freeze = false,
    } = options;
    methods("policy", policy, "policy");
    if (!Array.isArray(rules)) throw invalid("rules", "an array of rules", rules);
    for (const rule of rules) checkOptions(rule, "rules");
    const all = policy ? [policy, ...rules] : rules;
    this.#brought = Math.min(...all.map((rule) => rule.maxEntries ?? Infinity));
    this.#bound(options);
    this.#weights = maxBytes === Infinity ? undefined : [];
    // Nobody knows it, so that nobody can choose keys that collide. Workers give no random numbers before the first request.
    let seed: number | undefined;
    const context: PolicyContext = {
      maxEntries: this.#maxEntries,
      isWeighted: maxBytes !== Infinity,
      hashOf: (slot) => {
        seed ??= crypto.getRandomValues(new Int32Array(1))[0]!;
        return hashKey(this.#columns.key(slot), seed);
      },
    };
    const make = all.find((rule) => rule.policy)?.policy ?? tinyLfu;
    this.#newPolicy = () => make({ ...context, maxEntries: this.#maxEntries });
    this.#policy = this.#newPolicy();
    this.#columns = new Columns(this.#maxEntries + 1);
    this.#rules = all.filter((rule) => rule.admit);
    const { into, out } = copier(clone, freeze);
    this.#copy = out;
    if (into || this.#weights || this.#rules.length > 0) this.prepare = (writes) => this.#prepare(writes, into);
    if (typeof name !== "string" || name === "") throw invalid("name", "a non-empty string", name);
    callable("sizeOf", sizeOf);
    this.name = name;
    this.#sizeOf = sizeOf;
    this.#cap = tierTtl(options);
    this.options = Object.freeze({ ...options });
    // Every operation answers at once, so one set of methods is both faces.
    this.sync = this;
  }

  open(context: TierContext): void {
    const { clock } = context;
    this.#clock = clock;
    this.#coarse = clock.coarse ?? (() => clock.now());
    this.#removed = context.removed;
    this.#counters = context.counters ?? this.#counters;
  }

  fresh(key: string, sequence: number, now?: number): unknown {
    const { index, freshUntil, details, values } = this.#columns;
    const slot = index.get(key);
    if (slot === undefined) return undefined;
    if (freshUntil !== undefined) {
      const end = freshUntil[slot]!;
      if (end !== Infinity && end <= (now ?? this.#coarse())) return undefined;
    }
    const detail = details?.[slot];
    if (detail && (detail.version !== undefined || (detail.tags.length > 0 && detail.sequence! < sequence)))
      return undefined;
    this.#policy.hit(slot);
    if (!this.#copy) return values[slot];
    try {
      return this.#copy(values[slot]);
    } catch {
      // For the way that can fail.
      return undefined;
    }
  }

  getMany(keys: readonly string[], { now, peek, metaOnly }: ReadOptions): ReadResult {
    const entries = keys.map((key) => {
      const slot = this.#live(key, now, peek);
      if (slot === undefined) return undefined;
      if (!peek) this.#policy.hit(slot);
      const entry = this.#columns.entry(slot);
      return this.#copy && !metaOnly ? { ...entry, value: this.#copy(entry.value) } : entry;
    });
    return { entries };
  }

  /** The slot of a key, unless its time is over: then it leaves, except at a `peek`. */
  #live(key: string, now: number, peek?: boolean): number | undefined {
    const slot = this.#columns.index.get(key);
    if (slot === undefined || !this.#columns.isOver(slot, now)) return slot;
    if (!peek) this.#expire(slot);
    return undefined;
  }

  /** Copies, freezes and weighs values, and lets the rules speak, before anything is changed. */
  #prepare(writes: readonly Write[], into: ((value: unknown) => unknown) | undefined): readonly Weighed[] {
    let taken = 0;
    return writes.map((write) => {
      const { key, entry } = write;
      let room: number | undefined;
      if (this.#rules.length > 0 && this.#columns.index.get(key) === undefined) {
        room = this.#admits(key, entry.value, taken) ? this.#columns.index.size + taken++ : -1;
      }
      const value = into ? into(entry.value) : entry.value;
      const weight = this.#weights && weigh(this.#sizeOf, key, value);
      return { ...write, entry: { ...entry, value }, weight, room };
    });
  }

  /** @param taken keys that are about to be stored before this one */
  #admits(key: string, value: unknown, taken = 0): boolean {
    const entries = () => this.#columns.index.size + taken;
    const view: MemoryView = {
      // As it is after what the rules before have swept.
      get entries() {
        return entries();
      },
      maxEntries: this.#maxEntries,
      maxBytes: this.#maxBytes,
      sweep: (limit) => this.#sweep(Math.min(limit, this.#columns.span), this.#clock.now()),
    };
    return this.#rules.every((rule) => rule.admit!({ key, value }, view));
  }

  /** Removes entries that are over, among the next `limit` slots. */
  #sweep(limit: number, now: number): number {
    let gone = 0;
    // Who hears of what has left may store something, which would sweep on, ever deeper.
    for (let looked = 0; looked < limit && this.#columns.index.size > 0 && !this.#isSweeping; looked++) {
      this.#hand = (this.#hand + 1) % this.#columns.span;
      if (!this.#columns.isOver(this.#hand, now)) continue;
      this.#isSweeping = true;
      try {
        this.#expire(this.#hand);
      } finally {
        this.#isSweeping = false;
      }
      gone++;
    }
    return gone;
  }

  setMany(writes: readonly Weighed[], now: number): WriteResult {
    // By index: an iterator takes much of what the compiler is willing to put into one function.
    for (let at = 0; at < writes.length; at++) this.#set(writes[at]!, now + this.#cap);
    if (this.#columns.freshUntil) this.#sweep(STEP, now);
    return STORED;
  }

  /** Only where nothing is done to what is stored. */
  get keep(): Tier["keep"] {
    return this.prepare || this.#cap < Infinity ? undefined : this.#keep;
  }

  #keep(key: string, value: unknown, createdAt: number, freshUntil: number, staleUntil: number): void {
    let slot = this.#columns.index.get(key);
    if (slot === undefined) slot = this.#insert(key, 1);
    else this.#policy.hit(slot);
    this.#columns.keep(slot, value, createdAt, freshUntil, staleUntil);
    this.#fit();
    if (this.#columns.freshUntil) this.#sweep(STEP, createdAt);
  }

  #set({ key, entry, weight: known, room }: Weighed, end: number): void {
    const weight = this.#weights && (known ?? weigh(this.#sizeOf, key, entry.value));
    let slot = this.#columns.index.get(key);
    if (weight !== undefined && weight > this.#maxBytes) {
      if (slot !== undefined) this.#drop(slot);
      else this.#counters.added++;
      this.#removed(key, "capacity");
      return;
    }
    if (slot === undefined && this.#rules.length > 0) {
      // With no more entries than the rules were told of, their answer stands.
      if (room === -1 || !(this.#columns.index.size <= room! || this.#admits(key, entry.value))) return;
      // Where a rule sweeps, who hears of it may have stored this very key.
      slot = this.#columns.index.get(key);
    }
    if (slot !== undefined) {
      this.#policy.hit(slot);
      if (weight !== undefined) this.#policy.resize?.(slot, weight || 1);
    } else slot = this.#insert(key, weight || 1);
    // Not the columns of before: a rule may have swept all away, and then they are others.
    this.#columns.put(slot, end === Infinity ? entry : endingBy(entry, end));
    if (weight !== undefined) {
      this.#bytes += weight - (this.#weights![slot] ?? 0);
      this.#weights![slot] = weight;
    }
    this.#fit();
  }

  #insert(key: string, weight: number): number {
    const slot = this.#policy.take();
    this.#columns.take(key, slot);
    this.#counters.added++;
    this.#policy.insert(slot, weight);
    return slot;
  }

  #fit(): void {
    while (this.#columns.index.size > this.#maxEntries || this.#bytes > this.#maxBytes) this.#evict();
  }

  #bound(bounds: TierBounds): void {
    const { maxEntries, maxBytes } = boundsOf(bounds, this.#brought);
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  resize({ maxEntries, maxBytes }: TierBounds): void {
    const made = this.options as MemoryOptions;
    // Weights are kept from the beginning or not at all.
    if (!this.#weights && maxBytes !== undefined && maxBytes !== Infinity)
      throw invalid("maxBytes", "given when the tier is made", maxBytes);
    this.#bound({ maxEntries: maxEntries ?? made.maxEntries, maxBytes: maxBytes ?? made.maxBytes });
    this.#fit();
  }

  shed(limit: number): void {
    while (limit-- > 0 && this.#columns.index.size > 0) this.#evict("memory-pressure");
  }

  #evict(reason: RemovalReason = "capacity"): void {
    this.#removed(this.#forget(this.#policy.evict()), reason);
  }

  deleteMany(keys: readonly string[], now: number): boolean[] {
    return keys.map((key) => {
      const slot = this.#live(key, now);
      if (slot !== undefined) this.#delete(slot);
      return slot !== undefined;
    });
  }

  touchMany(touches: readonly Touch[], now: number): boolean[] {
    return touches.map(({ key, freshUntil, staleUntil }) => {
      const slot = this.#live(key, now);
      // Freshness that an invalidation has ended stays so.
      if (slot === undefined || !this.#columns.entry(slot).freshUntil) return false;
      const end = now + this.#cap;
      this.#columns.end(slot, Math.min(freshUntil, end), Math.min(staleUntil, end));
      return true;
    });
  }

  clear(prefix: string): void {
    for (const [key, slot] of this.#columns.index) if (key.startsWith(prefix)) this.#delete(slot);
  }

  prune(limit: number, now: number): string[] {
    const pruned: string[] = [];
    for (const [key] of this.#columns.index) {
      if (pruned.length === limit) break;
      if (this.#live(key, now) === undefined) pruned.push(key);
    }
    return pruned;
  }

  scan({ prefix, now }: ScanOptions): ScanResult {
    const all = Array.from(this.#columns.index, ([key]) => key);
    return { keys: all.filter((key) => key.startsWith(prefix) && this.#live(key, now, true) !== undefined) };
  }

  size(prefix: string, now: number): number {
    return this.scan({ prefix, now, limit: Infinity }).keys.length;
  }

  usage(): { entries: number; bytes: number; maxEntries: number; maxBytes: number } {
    return {
      entries: this.#columns.index.size,
      bytes: this.#maxBytes === Infinity ? sampled(this.#columns, this.#sizeOf) : this.#bytes,
      maxEntries: this.#maxEntries,
      maxBytes: this.#maxBytes,
    };
  }

  close(): void {
    this.clear("");
    // A load may end later.
    this.setMany = () => STORED;
  }

  #expire(slot: number): void {
    this.#removed(this.#drop(slot), "ttl");
  }

  #delete(slot: number): void {
    this.#counters.deletes++;
    this.#drop(slot);
  }

  /** Removes an entry; answers with its key. */
  #drop(slot: number): string {
    this.#policy.remove(slot);
    return this.#forget(slot);
  }

  /** Empties the slot of an entry that the policy has let go; answers with its key. */
  #forget(slot: number): string {
    const columns = this.#columns;
    const weights = this.#weights;
    const key = columns.give(slot);
    if (weights) {
      this.#bytes -= weights[slot]!;
      weights[slot] = 0;
    }
    if (columns.index.size > 0 || columns.capacity <= SMALL) return key;
    // Columns do not shrink: new ones are small.
    this.#columns = new Columns(this.#maxEntries + 1);
    this.#policy = this.#newPolicy();
    if (weights) this.#weights = [];
    return key;
  }
}

/** {@linkcode TinyLfu} as a policy. */
function tinyLfu({ maxEntries, isWeighted, hashOf }: PolicyContext): Policy {
  return new TinyLfu(maxEntries + 1, hashOf, isWeighted);
}
