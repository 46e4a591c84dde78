/**
 * What was changed here a short time ago. KV may go on answering with what was before, so that is told by its mark: every
 * write and deletion gets a higher one, by the clock, and what has a lower mark than the last change of its key counts as
 * gone.
 *
 * @module
 */

/** Most keys remembered; of the oldest one only KV itself is asked. */
const MAX_KEYS = 10_000;
/** Most cleared prefixes remembered. */
const MAX_PREFIXES = 100;

/** The last change of a key. */
export interface Change {
  /** Lowest mark that is not older. */
  readonly least: number;
  /** Until when it is remembered. */
  readonly until: number;
  /** `staleUntil` of what was written; `undefined` where it was deleted. */
  readonly end: number | undefined;
}

/** The changes of the last while, by key and by prefix. */
export class Recent {
  readonly #now: () => number;
  readonly #span: number;
  readonly #keys = new Map<string, Change>();
  readonly #prefixes = new Map<string, Change>();
  #last = 0;

  /** @param span how long KV may answer with what was before, in milliseconds */
  constructor(now: () => number, span: number) {
    this.#now = now;
    this.#span = span;
  }

  /** The mark for a write of a key that ends at `end`. */
  write(key: string, end: number): number {
    const mark = this.#mark();
    this.#note(this.#keys, MAX_KEYS, key, mark, end);
    return mark;
  }

  /** The key was deleted. */
  delete(key: string): void {
    this.#note(this.#keys, MAX_KEYS, key, this.#mark(), undefined);
  }

  /** All keys with the prefix were deleted. */
  clear(prefix: string): void {
    for (const key of this.#keys.keys()) if (key.startsWith(prefix)) this.#keys.delete(key);
    for (const other of this.#prefixes.keys()) if (other.startsWith(prefix)) this.#prefixes.delete(other);
    this.#note(this.#prefixes, MAX_PREFIXES, prefix, this.#mark(), undefined);
  }

  /** Whether what has this mark was changed here since. */
  isOld(key: string, mark = 0): boolean {
    const now = this.#now();
    if (isAfter(this.#keys.get(key), mark, now)) return true;
    for (const [prefix, change] of this.#prefixes)
      if (isAfter(change, mark, now) && key.startsWith(prefix)) return true;
    return false;
  }

  /** Keys with the prefix that were written, with the ends of their entries, whether they can be listed by now or not. */
  *written(prefix: string): Iterable<readonly [key: string, end: number]> {
    const now = this.#now();
    for (const [key, { end, until }] of this.#keys)
      if (end !== undefined && until > now && key.startsWith(prefix)) yield [key, end];
  }

  /** Above all before, so that changes of one millisecond are told apart. */
  #mark(): number {
    this.#last = Math.max(this.#now(), this.#last + 0.01);
    return this.#last;
  }

  #note(changes: Map<string, Change>, most: number, key: string, least: number, end: number | undefined): void {
    const now = this.#now();
    // Set anew, so that the oldest comes first.
    changes.delete(key);
    changes.set(key, { least, until: now + this.#span, end });
    for (const [oldest, { until }] of changes) {
      if (changes.size <= most && until > now) break;
      changes.delete(oldest);
    }
  }
}

function isAfter(change: Change | undefined, mark: number, now: number): boolean {
  return change !== undefined && change.until > now && mark < change.least;
}
