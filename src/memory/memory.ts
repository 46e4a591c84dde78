/**
 * The memory tier: values by reference, bounded by entries and by bytes, expired lazily.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import { type Entry, endingBy, freshness } from "../entry.ts";
import { callable, invalid, mustBe, ValueError } from "../errors.ts";
import { tierTtl } from "../options.ts";
import type {
  ReadOptions,
  ReadResult,
  RemovalReason,
  ScanOptions,
  ScanResult,
  SyncTier,
  Tier,
  TierContext,
  TierOptions,
  Touch,
  Write,
  WriteResult,
} from "../tier.ts";
import { type Link, Lru } from "./lru.ts";
import type { Policy } from "./policy.ts";
import { estimateBytes } from "./weight.ts";

/** Options of {@linkcode memory}. */
export interface MemoryOptions extends TierOptions {
  /** Most entries, exact. Default 10,000. `Infinity` only together with `maxBytes`. */
  maxEntries?: number;
  /** Most bytes of keys and values together, by `sizeOf`. Default: no bound, and no estimating on writes. */
  maxBytes?: number;
  /** Bytes of one entry. Default: a rough estimate of its heap size. */
  sizeOf?: (value: unknown, key: string) => number;
}

/** The memory tier, with its synchronous face. */
export interface MemoryTier extends Tier {
  readonly sync: SyncTier;
}

/**
 * A tier in this process's memory. It holds values by reference: whoever changes a value that came from the cache
 * changes it for everyone.
 *
 * @throws {ConfigError} for a bound that is not a positive integer
 */
export function memory(options: MemoryOptions = {}): MemoryTier {
  return new MemoryStore(options);
}

/** Entries measured when the bytes of a tier without `maxBytes` are asked for. */
const SAMPLE = 200;

/** No tags, no sequence. */
const STORED: WriteResult = { sequence: 0 };

/** An entry in its place among the others by last use. */
interface Slot extends Link<Slot> {
  readonly key: string;
  entry: Entry;
  weight: number;
}

class MemoryStore implements MemoryTier {
  declare readonly name: string;
  readonly capabilities = { sync: true, keys: true, local: true } as const;
  declare readonly options: TierOptions;
  declare readonly sync: SyncTier;

  readonly #slots = new Map<string, Slot>();
  readonly #policy: Policy<Slot> = new Lru();
  #bytes = 0;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  /** Longest stay, in milliseconds. */
  readonly #cap: number;
  readonly #sizeOf: (value: unknown, key: string) => number;
  #clock: Clock = systemClock;
  #removed: TierContext["removed"] = () => {};

  constructor(options: MemoryOptions) {
    const {
      name = "memory",
      sizeOf = defaultSizeOf,
      maxBytes = Infinity,
      maxEntries = maxBytes === Infinity ? 10_000 : Infinity,
    } = options;
    this.#maxBytes = bound("maxBytes", maxBytes);
    this.#maxEntries = bound("maxEntries", maxEntries);
    if (maxEntries === Infinity && maxBytes === Infinity)
      throw invalid("maxEntries", "finite without maxBytes", maxEntries);
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
    this.#clock = context.clock;
    this.#removed = context.removed;
  }

  fresh(key: string, sequence: number, now?: number): unknown {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    const { entry } = slot;
    if (
      (entry.freshUntil === Infinity || entry.freshUntil > (now ?? this.#clock.now())) &&
      entry.version === undefined &&
      (entry.tags.length === 0 || entry.sequence! >= sequence)
    ) {
      this.#policy.hit(slot);
      return entry.value;
    }
    return undefined;
  }

  getMany(keys: readonly string[], { now, peek }: ReadOptions): ReadResult {
    const entries = keys.map((key) => {
      const slot = this.#live(key, now, peek);
      if (slot && !peek) this.#policy.hit(slot);
      return slot?.entry;
    });
    return { entries };
  }

  /** The slot of a key, unless its time is over: then it leaves, except at a `peek`. */
  #live(key: string, now: number, peek?: boolean): Slot | undefined {
    const slot = this.#slots.get(key);
    if (!slot || freshness(slot.entry, now) !== "expired") return slot;
    if (!peek) this.#leave(slot, "ttl");
    return undefined;
  }

  setMany(writes: readonly Write[], now: number): WriteResult {
    for (const { key, entry } of writes)
      this.#set(key, this.#cap === Infinity ? entry : endingBy(entry, now + this.#cap));
    return STORED;
  }

  #set(key: string, entry: Entry): void {
    const weight = this.#maxBytes === Infinity ? 0 : this.#sizeOf(entry.value, key);
    if (typeof weight !== "number" || !(weight >= 0))
      throw new ValueError(mustBe("answer of sizeOf", "0 or more", weight));
    let slot = this.#slots.get(key);
    if (weight > this.#maxBytes) {
      if (slot) this.#drop(slot);
      this.#removed(key, "capacity");
      return;
    }
    if (slot) this.#policy.hit(slot);
    else {
      if (this.#slots.size >= this.#maxEntries) this.#evict();
      slot = { key, entry, weight: 0, newer: undefined as never, older: undefined as never };
      this.#slots.set(key, slot);
      this.#policy.insert(slot);
    }
    slot.entry = entry;
    this.#bytes += weight - slot.weight;
    slot.weight = weight;
    while (this.#bytes > this.#maxBytes) this.#evict();
  }

  deleteMany(keys: readonly string[], now: number): boolean[] {
    return keys.map((key) => {
      const slot = this.#live(key, now);
      if (slot) this.#drop(slot);
      return Boolean(slot);
    });
  }

  touchMany(touches: readonly Touch[], now: number): boolean[] {
    return touches.map(({ key, ...deadlines }) => {
      const slot = this.#live(key, now);
      // Freshness that an invalidation has ended stays so.
      if (!slot?.entry.freshUntil) return false;
      slot.entry = endingBy({ ...slot.entry, ...deadlines }, now + this.#cap);
      return true;
    });
  }

  clear(prefix: string): void {
    for (const slot of this.#slots.values()) if (slot.key.startsWith(prefix)) this.#drop(slot);
  }

  prune(limit: number, now: number): string[] {
    const pruned: string[] = [];
    for (const key of this.#slots.keys()) {
      if (pruned.length === limit) break;
      if (!this.#live(key, now)) pruned.push(key);
    }
    return pruned;
  }

  scan({ prefix, now }: ScanOptions): ScanResult {
    return { keys: [...this.#slots.keys()].filter((key) => key.startsWith(prefix) && this.#live(key, now, true)) };
  }

  size(prefix: string, now: number): number {
    return this.scan({ prefix, now, limit: Infinity }).keys.length;
  }

  usage(): { entries: number; bytes: number; maxEntries: number; maxBytes: number } {
    return {
      entries: this.#slots.size,
      bytes: this.#measure(),
      maxEntries: this.#maxEntries,
      maxBytes: this.#maxBytes,
    };
  }

  #measure(): number {
    if (this.#maxBytes !== Infinity) return this.#bytes;
    let bytes = 0;
    let measured = 0;
    for (const { key, entry } of this.#slots.values()) {
      bytes += this.#sizeOf(entry.value, key);
      if (++measured === SAMPLE) break;
    }
    return Math.round((bytes / measured) * this.#slots.size) || 0;
  }

  close(): void {
    this.clear("");
  }

  /** What was just written is the last resort, and fits in alone. */
  #evict(): void {
    this.#leave(this.#policy.victim(), "capacity");
  }

  #leave(slot: Slot, reason: RemovalReason): void {
    this.#drop(slot);
    this.#removed(slot.key, reason);
  }

  #drop(slot: Slot): void {
    this.#slots.delete(slot.key);
    this.#policy.remove(slot);
    // Fractions do not add up exactly: nothing weighs nothing.
    this.#bytes = this.#slots.size && this.#bytes - slot.weight;
  }
}

function defaultSizeOf(value: unknown, key: string): number {
  return 48 + key.length + estimateBytes(value);
}

function bound(option: string, value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value > 0)) return value;
  throw invalid(option, "a positive integer", value);
}
