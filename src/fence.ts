/**
 * Fencing within the process: what was read or loaded before a mutation of its key must not become visible after it.
 *
 * @module
 */

/** Most keys remembered as mutated while reads are under way; beyond it, everything under way is fenced off. */
const MAX_MARKS = 10_000;

/** Most prefixes remembered so. */
const MAX_PREFIXES = 100;

/**
 * Who reads or loads takes a ticket first; who mutates a key marks it; who then wants to publish asks whether its
 * ticket still passes. Marks are kept only while tickets are out.
 */
export class Fence {
  #tick = 0;
  #floor = 0;
  #out = 0;
  readonly #marks = new Map<string, number>();
  readonly #prefixes = new Map<string, number>();

  /** Takes a ticket; give it back with {@linkcode leave}. */
  enter(): number {
    this.#out++;
    return this.#tick;
  }

  /** Gives a ticket back. */
  leave(): void {
    if (--this.#out === 0 && this.#marks.size + this.#prefixes.size > 0) this.#clear();
  }

  /** Whether a load has to mark what it stores: others have tickets too. */
  get isShared(): boolean {
    return this.#out > 1;
  }

  /** The key is being mutated: earlier tickets no longer pass for it. */
  mark(key: string): void {
    if (this.#out === 0) return;
    if (this.#marks.size >= MAX_MARKS) this.markAll();
    else this.#marks.set(key, ++this.#tick);
  }

  /** Every key is being mutated, or every one with a prefix. */
  markAll(prefix = ""): void {
    if (prefix !== "" && this.#prefixes.size < MAX_PREFIXES) {
      if (this.#out > 0) this.#prefixes.set(prefix, ++this.#tick);
      return;
    }
    this.#floor = ++this.#tick;
    this.#clear();
  }

  #clear(): void {
    this.#marks.clear();
    if (this.#prefixes.size > 0) this.#prefixes.clear();
  }

  /** Whether what was read or loaded under the ticket may be published under the key. */
  passes(key: string, ticket: number): boolean {
    if (this.#floor > ticket || (this.#marks.get(key) ?? 0) > ticket) return false;
    for (const [prefix, tick] of this.#prefixes) if (tick > ticket && key.startsWith(prefix)) return false;
    return true;
  }
}
