/**
 * The memory tier: values by reference, bounded by entries and by bytes, expired lazily.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import { type Entry, endingBy, freshness } from "../entry.ts";
import { invalid, mustBe, ValueError } from "../errors.ts";
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
} from "../tier.ts";
import { Lru } from "./lru.ts";
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

class MemoryStore implements MemoryTier {
  readonly name: string;
  readonly capabilities = { sync: true, keys: true, local: true } as const;
  readonly options: TierOptions;
  readonly sync: SyncTier;

  readonly #slots = new Map<string, number>();
  #entries: (Entry | undefined)[] = [];
  #keys: string[] = [];
  #weights: number[] = [];
  #free: number[] = [];
  #capacity = 0;
  #bytes = 0;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  /** Longest stay, in milliseconds. */
  readonly #cap: number;
  readonly #sizeOf: (value: unknown, key: string) => number;
  readonly #policy: Policy = new Lru();
  #clock: Clock = systemClock;
  #removed: TierContext["removed"] = () => {};

  constructor(options: MemoryOptions) {
    this.#maxBytes = bound("maxBytes", options.maxBytes ?? Infinity);
    this.#maxEntries = bound("maxEntries", options.maxEntries ?? (options.maxBytes === undefined ? 10_000 : Infinity));
    if (this.#maxEntries === Infinity && this.#maxBytes === Infinity) {
      throw invalid("maxEntries", "finite without maxBytes", Infinity);
    }
    const { name = "memory", sizeOf = defaultSizeOf } = options;
    if (typeof name !== "string" || name === "") throw invalid("name", "a string that is not empty", name);
    if (typeof sizeOf !== "function") throw invalid("sizeOf", "a function", sizeOf);
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

  fresh(key: string, sequence: number): unknown {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    const entry = this.#entries[slot]!;
    if (
      (entry.freshUntil === Infinity || entry.freshUntil > this.#clock.now()) &&
      entry.version === undefined &&
      (entry.tags.length === 0 || entry.sequence! >= sequence)
    ) {
      this.#policy.hit(slot);
      return entry.value;
    }
    return undefined;
  }

  getMany(keys: readonly string[], options: ReadOptions): ReadResult {
    return { entries: keys.map((key) => this.#get(key, options)) };
  }

  #get(key: string, { now, peek }: ReadOptions): Entry | undefined {
    const slot = this.#live(key, now, peek);
    if (slot === undefined) return undefined;
    if (!peek) this.#policy.hit(slot);
    return this.#entries[slot];
  }

  /** The slot of a key, unless its time is over: then it leaves, except at a `peek`. */
  #live(key: string, now: number, peek?: boolean): number | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined || freshness(this.#entries[slot]!, now) !== "expired") return slot;
    if (!peek) this.#leave(slot, "ttl");
    return undefined;
  }

  setMany(writes: readonly Write[], now: number): number {
    for (const { key, entry } of writes) this.#set(key, this.#cap === Infinity ? entry : endingBy(entry, now + this.#cap));
    return 0;
  }

  #set(key: string, entry: Entry): void {
    const weight = this.#maxBytes === Infinity ? 0 : this.#sizeOf(entry.value, key);
    if (typeof weight !== "number" || !(weight >= 0)) throw new ValueError(mustBe("answer of sizeOf", "0 or more", weight));
    let slot = this.#slots.get(key);
    if (weight > this.#maxBytes) {
      if (slot !== undefined) this.#drop(slot);
      this.#removed(key, "capacity");
      return;
    }
    if (slot === undefined) {
      if (this.#slots.size >= this.#maxEntries) this.#leave(this.#policy.victim(-1), "capacity");
      slot = this.#take();
      this.#slots.set(key, slot);
      this.#keys[slot] = key;
      this.#policy.insert(slot);
    } else {
      this.#bytes -= this.#weights[slot]!;
      this.#policy.hit(slot);
    }
    this.#entries[slot] = entry;
    this.#weights[slot] = weight;
    this.#bytes += weight;
    while (this.#bytes > this.#maxBytes) this.#leave(this.#policy.victim(slot), "capacity");
  }

  deleteMany(keys: readonly string[], now: number): boolean[] {
    return keys.map((key) => {
      const slot = this.#live(key, now);
      if (slot === undefined) return false;
      this.#drop(slot);
      return true;
    });
  }

  touchMany(touches: readonly Touch[], now: number): boolean[] {
    return touches.map(({ key, freshUntil, staleUntil }) => {
      const slot = this.#live(key, now);
      // Freshness that an invalidation has ended stays so.
      if (slot === undefined || this.#entries[slot]!.freshUntil === 0) return false;
      this.#entries[slot] = endingBy({ ...this.#entries[slot]!, freshUntil, staleUntil }, now + this.#cap);
      return true;
    });
  }

  clear(prefix: string): void {
    if (prefix !== "") {
      for (const [key, slot] of this.#slots) if (key.startsWith(prefix)) this.#drop(slot);
      return;
    }
    this.#slots.clear();
    this.#policy.clear();
    this.#entries = [];
    this.#keys = [];
    this.#weights = [];
    this.#free = [];
    this.#capacity = this.#bytes = 0;
  }

  prune(limit: number, now: number): string[] {
    const pruned: string[] = [];
    for (const key of this.#slots.keys()) {
      if (pruned.length === limit) break;
      if (this.#live(key, now) === undefined) pruned.push(key);
    }
    return pruned;
  }

  scan({ prefix, now }: ScanOptions): ScanResult {
    return { keys: [...this.#slots.keys()].filter((key) => key.startsWith(prefix) && this.#live(key, now, true) !== undefined) };
  }

  size(prefix: string, now: number): number {
    return this.scan({ prefix, now, limit: Infinity }).keys.length;
  }

  usage(): { entries: number; bytes: number; maxEntries: number; maxBytes: number } {
    return { entries: this.#slots.size, bytes: this.#measure(), maxEntries: this.#maxEntries, maxBytes: this.#maxBytes };
  }

  #measure(): number {
    if (this.#maxBytes !== Infinity) return this.#bytes;
    let bytes = 0;
    let measured = 0;
    for (const [key, slot] of this.#slots) {
      bytes += this.#sizeOf(this.#entries[slot]!.value, key);
      if (++measured === SAMPLE) break;
    }
    return measured === 0 ? 0 : Math.round((bytes / measured) * this.#slots.size);
  }

  close(): void {
    this.clear("");
  }

  /** A free slot; the arrays grow by half. */
  #take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const slot = this.#slots.size;
    if (slot >= this.#capacity) {
      this.#capacity = Math.min(this.#maxEntries, Math.max(64, Math.ceil(this.#capacity * 1.5)));
      this.#policy.grow(this.#capacity);
    }
    return slot;
  }

  #leave(slot: number, reason: RemovalReason): void {
    const key = this.#keys[slot]!;
    this.#drop(slot);
    this.#removed(key, reason);
  }

  #drop(slot: number): void {
    this.#slots.delete(this.#keys[slot]!);
    this.#policy.remove(slot);
    this.#bytes -= this.#weights[slot]!;
    this.#entries[slot] = undefined;
    this.#keys[slot] = "";
    this.#free.push(slot);
  }
}

function defaultSizeOf(value: unknown, key: string): number {
  return 48 + key.length + estimateBytes(value);
}

function bound(option: string, value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value > 0)) return value;
  throw invalid(option, "a positive integer", value);
}
