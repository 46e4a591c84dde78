/**
 * What was asked for lately.
 *
 * @module
 */

/** Remembers at least the last `most` values that were put in or found, and at most twice as many. */
export class Recent<V> {
  readonly #most: number;
  #young = new Map<string, V>();
  #old: Map<string, V> = new Map();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#most) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
