/**
 * What a tier is to be told: keys to delete, leases to give back, invalidations, or to clear all of our keys. And the operations that tell it.
 *
 * @module
 */
import type { InvalidationMode, MaybePromise, TagMatch, Tier, TierOperations } from "../tier.ts";

/** Most keys remembered; beyond it the tier is cleared of our keys. */
const MAX_KEYS = 10_000;

/** An invalidation by tag, with the sequence that it must be above. */
export interface Bump {
  readonly tags: readonly string[];
  readonly match: TagMatch;
  readonly mode: InvalidationMode;
  readonly after: number;
}

/** One operation that tells a tier a part of what is due. */
export interface Step {
  /** Keys that it deletes. */
  readonly keys?: readonly string[];
  run(): MaybePromise<unknown>;
  /** Takes the part off what is due. */
  done(): void;
}

/** What one tier is to be told. Keys and tags are whole, as the tier knows them. */
export class Due {
  readonly #canRelease: boolean;
  #everything = false;
  readonly #keys = new Set<string>();
  readonly #leases = new Set<string>();
  readonly #bumps: Bump[] = [];

  /** @param canRelease whether the tier can be given leases back */
  constructor(canRelease: boolean) {
    this.#canRelease = canRelease;
  }

  get isAny(): boolean {
    return this.#everything || this.#keys.size + this.#leases.size + this.#bumps.length > 0;
  }

  /** Any entry may be concerned: only the tier could tell which have all of some tags, or exactly those. */
  get isUnbounded(): boolean {
    return this.#everything || this.#bumps.some(({ match }) => match !== "any");
  }

  /** Nothing but entries under keys that are known. */
  get isKeysAlone(): boolean {
    return !this.#everything && this.#bumps.length === 0;
  }

  /** How many changes the tier is to be told of. */
  get size(): number {
    return Number(this.#everything) + this.#keys.size + this.#bumps.length;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(keys: readonly string[]): void {
    if (this.#keys.size + keys.length > MAX_KEYS) this.#everything = true;
    else for (const key of keys) this.#keys.add(key);
  }

  addAll(): void {
    this.#everything = true;
  }

  addLeases(keys: readonly string[]): void {
    if (this.#canRelease && this.#leases.size + keys.length <= MAX_KEYS) for (const key of keys) this.#leases.add(key);
  }

  addBump(bump: Bump): void {
    if (this.#bumps.length < MAX_KEYS) this.#bumps.push(bump);
    else this.#everything = true;
  }

  /** The tier was cleared of our keys. */
  cleared(): void {
    this.#everything = false;
    this.#keys.clear();
  }

  /** These keys alone. */
  take(keys: readonly string[]): Due {
    const some = new Due(this.#canRelease);
    some.add(keys.filter((key) => this.#keys.delete(key)));
    return some;
  }

  /** What came later, or was taken and has not been told. */
  append(due: Due): void {
    this.#everything ||= due.#everything;
    this.add([...due.#keys]);
    this.addLeases([...due.#leases]);
    for (const bump of due.#bumps) this.addBump(bump);
  }

  /**
   * The next operation that tells the tier. Keys come after invalidations, as there may be one that it does not take; leases are last, as they
   * end by themselves.
   *
   * @param most keys in it
   */
  next(face: TierOperations<unknown, "async">, prefix: string, now: number, most: number): Step | undefined {
    if (this.#everything) return { run: () => face.clear(prefix, now), done: () => this.cleared() };
    const [bump] = this.#bumps;
    if (bump) return { run: () => face.invalidate!({ ...bump, now }), done: () => void this.#bumps.shift() };
    if (this.#keys.size > 0) {
      const keys = first(this.#keys, most);
      return { keys, run: () => face.deleteMany(keys, now), done: () => remove(this.#keys, keys) };
    }
    if (this.#leases.size === 0) return undefined;
    const some = first(this.#leases, most);
    const run = () => face.release!(some.map((key) => ({ key })));
    return { run, done: () => remove(this.#leases, some) };
  }
}

function first(all: Set<string>, most: number): string[] {
  const some: string[] = [];
  for (const one of all) if (some.push(one) === most) break;
  return some;
}

function remove(all: Set<string>, some: readonly string[]): void {
  for (const one of some) all.delete(one);
}

/** How a tier is asked in the call that runs. */
export function faceOf(tier: Tier, { isSync }: { readonly isSync: boolean }): TierOperations<unknown, "async"> {
  return isSync ? (tier.sync as unknown as Tier) : tier;
}
