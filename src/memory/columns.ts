/**
 * Entries as columns: what an entry has is kept in arrays, at the place of its slot. Slots are small integers, given out by
 * the policy.
 *
 * An entry takes its key, its value and 4 bytes for the time it was made. What few entries have (an end, tags, a version)
 * costs nothing until one comes that has it. Columns grow with what is in them, and shrink when all is gone.
 *
 * @module
 */
import { type Entry, freshness, NO_TAGS } from "../entry.ts";
import { SlotIndex } from "./slot-index.ts";

/** What only some entries have. */
interface Details {
  readonly tags: readonly string[];
  readonly sequence: number | undefined;
  readonly version: string | undefined;
  readonly profile: string | undefined;
}

/** Slots for which columns are made at first. */
const LEAST = 64;

/**
 * Slots up to which arrays are told their length, so that they have no room to spare, as those that grow by themselves have. V8
 * makes a hash table of an array that is told to be longer.
 */
const MOST_TOLD = 2 ** 25;

/** The entries of a memory tier, by key and by slot. */
export class Columns {
  /** Slot of each key. */
  readonly index: SlotIndex = new SlotIndex();
  /** Number of slots that the columns have room for. */
  capacity = 0;
  /** All slots that were ever in use are below this. */
  span = 0;
  values: unknown[] = [];
  /** When each is no longer fresh; absent while none ever ends. */
  freshUntil: Float64Array | undefined;
  /** Absent while none has any. */
  details: (Details | undefined)[] | undefined;
  #keys: (string | undefined)[] = [];
  /** When each was made, in milliseconds after the first; after 0 once 32 bits did not hold one exactly. */
  #ages: Int32Array | Float64Array = new Int32Array(0);
  #since: number | undefined;
  #isWide = false;
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
    if (slot === this.span) this.span++;
    this.#keys[slot] = key;
    this.index.add(key, slot);
  }

  /** Empties a slot; answers with its key. */
  give(slot: number): string {
    const key = this.#keys[slot]!;
    this.index.delete(key);
    this.#keys[slot] = this.values[slot] = undefined;
    if (this.details) this.details[slot] = undefined;
    return key;
  }

  key(slot: number): string {
    return this.#keys[slot]!;
  }

  put(slot: number, entry: Entry): void {
    const { tags, sequence, version, profile, loadTime } = entry;
    this.keep(slot, entry.value, entry.createdAt, entry.freshUntil, entry.staleUntil);
    if (loadTime > 0) (this.#loadTimes ??= new Float32Array(this.capacity))[slot] = loadTime;
    if (tags.length > 0 || version !== undefined || profile !== undefined)
      (this.details ??= Array.from(this.values, () => undefined))[slot] = { tags, sequence, version, profile };
  }

  /** Puts an entry that has nothing but a value and times. */
  keep(slot: number, value: unknown, createdAt: number, freshUntil: number, staleUntil: number): void {
    this.values[slot] = value;
    const age = (createdAt - (this.#since ??= createdAt)) | 0;
    if (age + this.#since === createdAt) this.#ages[slot] = age;
    else this.#widen(slot, createdAt);
    if (this.freshUntil || freshUntil !== Infinity) this.end(slot, freshUntil, staleUntil);
    if (this.#loadTimes) this.#loadTimes[slot] = 0;
    if (this.details) this.details[slot] = undefined;
  }

  /** Keeps a time that is not 32 bits after the first, and all others from now on. */
  #widen(slot: number, createdAt: number): void {
    if (!this.#isWide) this.#ages = Float64Array.from(this.#ages, (age) => age + this.#since!);
    this.#isWide = true;
    this.#since = 0;
    this.#ages[slot] = createdAt;
  }

  #createdAt(slot: number): number {
    return this.#ages[slot]! + this.#since!;
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
      createdAt: this.#createdAt(slot),
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
    return freshness({ freshUntil, staleUntil, createdAt: this.#createdAt(slot) }, now) === "expired";
  }

  #resize(capacity: number): void {
    this.capacity = capacity;
    if (capacity <= MOST_TOLD) this.#keys.length = this.values.length = capacity;
    this.#ages = copied(this.#ages, this.#isWide ? new Float64Array(capacity) : new Int32Array(capacity));
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
