/**
 * The keys that come most often in a stream, in bounded memory.
 *
 * @module
 */

/** A key, how often it came at most, and by how much that may be too high. */
export interface Heavy {
  readonly key: string;
  readonly count: number;
  readonly error: number;
}

/**
 * Space-Saving (Metwally, Agrawal, El Abbadi: "Efficient Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005):
 * one counter for each of `capacity` keys; a key without one takes that of the lowest count, and its count as well. So
 * no count is too low, each is too high by no more than its `error`, that is at most what came in all, divided by `capacity`; and every
 * key that makes up more than that part of the stream has a counter. The counters are a binary heap, so that a step takes the
 * logarithm of their number.
 */
export class SpaceSaving {
  readonly #capacity: number;
  readonly #places = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #counts: Float64Array;
  readonly #errors: Float64Array;
  /** What came in all. */
  total = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#counts = new Float64Array(capacity);
    this.#errors = new Float64Array(capacity);
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The key came so many times. */
  add(key: string, times: number): void {
    this.total += times;
    const place = this.#places.get(key);
    if (place !== undefined) {
      this.#counts[place]! += times;
      this.#sink(place);
    } else if (this.#keys.length < this.#capacity) {
      const last = this.#keys.length;
      this.#keys.push(key);
      this.#places.set(key, last);
      this.#counts[last] = times;
      this.#errors[last] = 0;
      this.#rise(last);
    } else {
      this.#places.delete(this.#keys[0]!);
      this.#errors[0] = this.#counts[0]!;
      this.#counts[0]! += times;
      this.#keys[0] = key;
      this.#places.set(key, 0);
      this.#sink(0);
    }
  }

  /** The `limit` highest, highest first. */
  top(limit: number): Heavy[] {
    const all = this.#keys.map((key, i) => ({ key, count: this.#counts[i]!, error: this.#errors[i]! }));
    return all.sort((a, b) => b.count - a.count || a.error - b.error).slice(0, limit);
  }

  clear(): void {
    this.#places.clear();
    this.#keys.length = 0;
    this.total = 0;
  }

  #rise(place: number): void {
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#counts[parent]! <= this.#counts[place]!) return;
      this.#swap(parent, place);
      place = parent;
    }
  }

  #sink(place: number): void {
    const counts = this.#counts;
    const { length } = this.#keys;
    for (;;) {
      let least = 2 * place + 1;
      if (least >= length) return;
      if (least + 1 < length && counts[least + 1]! < counts[least]!) least++;
      if (counts[place]! <= counts[least]!) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #swap(a: number, b: number): void {
    const keys = this.#keys;
    [keys[a], keys[b]] = [keys[b]!, keys[a]!];
    for (const column of [this.#counts, this.#errors]) [column[a], column[b]] = [column[b]!, column[a]!];
    this.#places.set(keys[a]!, a);
    this.#places.set(keys[b]!, b);
  }
}
