/**
 * Entries as columns: what an entry has is kept in arrays, at the place of its slot. Slots are small integers, given out by
 * the policy.
 *
 * An entry takes its key, its value and 8 bytes for the time it was made. What few entries have (an end, tags, a version)
 * costs nothing until one comes that has it. Columns grow with what is in them, and shrink when all is gone.
 *
 * @module
 */
import { type Entry, freshness, NO_TAGS } from "../entry.ts";

/** What only some entries have. */
interface Details {
  readonly tags: readonly string[];
  readonly sequence: number | undefined;
  readonly version: string | undefined;
  readonly profile: string | undefined;
}

/** Slots for which columns are made at first. */
const LEAST = 64;

/** The entries of a memory tier, by key and by slot. */
export class Columns {
  /** Slot of each key, in the order of their coming. */
  index: Map<string, number> = new Map();
  /** Number of slots that the columns have room for. */
  capacity = 0;
  values: unknown[] = [];
  /** When each is no longer fresh; absent while none ever ends. */
  freshUntil: Float64Array | undefined;
  /** Absent while none has any. */
  details: (Details | undefined)[] | undefined;
  #keys: (string | undefined)[] = [];
  #createdAt: Float64Array = new Float64Array(0);
  #staleUntil: Float64Array | undefined;
  #loadTimes: Float32Array | undefined;

  readonly #most: number;

  /** @param most slots that are ever needed */
  constructor(most: number) {
    this.#most = most;
    this.#resize(Math.min(LEAST, most));
  }

  /** Puts a new key into a slot that is free. */
  take(key: string, slot: number): void {
    if (slot >= this.capacity) this.#resize(slot < this.#most ? Math.min(2 * this.capacity, this.#most) : 2 * slot);
    this.#keys[slot] = key;
    this.index.set(key, slot);
  }

  /** Empties a slot. */
  give(slot: number): void {
    this.index.delete(this.#keys[slot]!);
    this.#keys[slot] = this.values[slot] = undefined;
    if (this.details) this.details[slot] = undefined;
  }

  /** All slots in use are below this. */
  get span(): number {
    return this.#keys.length;
  }

  key(slot: number): string {
    return this.#keys[slot]!;
  }

  put(slot: number, entry: Entry): void {
    const { value, createdAt, freshUntil, staleUntil, loadTime, tags, sequence, version, profile } = entry;
    this.values[slot] = value;
    this.#createdAt[slot] = createdAt;
    this.end(slot, freshUntil, staleUntil);
    if (loadTime > 0) this.#loadTimes ??= new Float32Array(this.capacity);
    if (this.#loadTimes) this.#loadTimes[slot] = loadTime;
    const isPlain = tags.length === 0 && version === undefined && profile === undefined;
    if (!isPlain) this.details ??= [];
    if (this.details) this.details[slot] = isPlain ? undefined : { tags, sequence, version, profile };
  }

  /** Sets the deadlines of an entry. */
  end(slot: number, freshUntil: number, staleUntil: number): void {
    if (freshUntil !== Infinity) this.freshUntil ??= new Float64Array(this.capacity).fill(Infinity);
    if (this.freshUntil) this.freshUntil[slot] = freshUntil;
    // Most entries are not to be served when they are stale.
    if (staleUntil !== freshUntil) this.#staleUntil ??= this.freshUntil?.slice();
    if (this.#staleUntil) this.#staleUntil[slot] = staleUntil;
  }

  entry(slot: number): Entry {
    const { tags = NO_TAGS, sequence, version, profile } = this.details?.[slot] ?? {};
    const freshUntil = this.freshUntil?.[slot] ?? Infinity;
    return {
      value: this.values[slot],
      createdAt: this.#createdAt[slot]!,
      freshUntil,
      staleUntil: this.#staleUntil?.[slot] ?? freshUntil,
      tags,
      sequence,
      version,
      loadTime: this.#loadTimes?.[slot] ?? 0,
      profile,
    };
  }

  /** Whether an entry is neither fresh nor stale any more. */
  isOver(slot: number, now: number): boolean {
    if (!this.freshUntil || this.#keys[slot] === undefined) return false;
    const freshUntil = this.freshUntil[slot]!;
    const staleUntil = this.#staleUntil?.[slot] ?? freshUntil;
    return freshness({ freshUntil, staleUntil, createdAt: this.#createdAt[slot]! }, now) === "expired";
  }

  #resize(capacity: number): void {
    this.capacity = capacity;
    this.#createdAt = copied(this.#createdAt, new Float64Array(capacity));
    if (this.freshUntil) this.freshUntil = copied(this.freshUntil, new Float64Array(capacity).fill(Infinity));
    if (this.#staleUntil) this.#staleUntil = copied(this.#staleUntil, new Float64Array(capacity).fill(Infinity));
    if (this.#loadTimes) this.#loadTimes = copied(this.#loadTimes, new Float32Array(capacity));
  }
}

/** The new column with what is in the old one, as far as there is room. */
export function copied<T extends Float64Array | Float32Array | Int32Array | Uint8Array>(old: T, column: T): T {
  column.set(old.subarray(0, column.length) as never);
  return column;
}
