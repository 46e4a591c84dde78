/**
 * The columns of the policy: what it knows of each entry, and the rings in which entries stand.
 *
 * @module
 */

/** Of a meta byte: how often the entry was asked for, up to 15. Above it are the flags, and in the two highest bits the ring. */
export const COUNT = 15;
/** Asked for since the hand last came by. */
export const VISITED = 16;
/** Kept its place against a candidate, and was not asked for since. */
export const SURVIVOR = 32;
export const RING = 6;

/** What came lately. */
export const WINDOW = 0;
/** What must defend its place against candidates from the window. */
export const PROBATION = 1;
/** What was asked for on probation. */
export const PROTECTED = 2;
/** The meta byte of what is no entry: free, or removed and still linked. */
const GONE = 3 << RING;

/**
 * Slots are integers from 0, so that a cache can keep keys and values in arrays. A ring is a singly linked circle, known by
 * its tail: the head follows it, and the hand of a CLOCK passes an entry by (Corbató 1968) when the tail moves on by one.
 * What leaves from elsewhere than the head is only marked. Its slot is free when the hand comes there, or when no slot is
 * left and at least a fourth of them are marked.
 */
export class Slots {
  /** One byte each: {@linkcode COUNT}, flags and ring. */
  meta: Uint8Array = new Uint8Array();
  /** What follows in the ring, or among the free. */
  next: Int32Array = new Int32Array();
  /** Weights, unless all are 1. */
  weights: Float64Array | undefined;
  /** The last entry of each ring, or -1. */
  readonly tails: number[] = [-1, -1, -1];
  /** The weight of each ring. */
  readonly sizes: number[] = [0, 0, 0];
  /** How many entries there are. */
  count = 0;
  /** How many slots were ever given out. */
  used = 0;
  /** The first of the free slots among them, or -1. */
  free = -1;
  readonly #expected: number;

  /** @param expected slots that suffice as a rule; more are made only where removals are many */
  constructor(expected: number, weighted: boolean) {
    this.#expected = expected;
    if (weighted) this.weights = new Float64Array();
  }

  /** What all entries weigh together. */
  get weight(): number {
    const [window, probation, guarded] = this.sizes as [number, number, number];
    return window + probation + guarded;
  }

  /** A slot for an entry to come. */
  take(): number {
    if (this.free < 0 && this.used === this.next.length) this.#provide();
    const slot = this.free;
    if (slot < 0) return this.used++;
    this.free = this.next[slot]!;
    return slot;
  }

  /** The entry is gone; its slot is free later. */
  remove(slot: number): void {
    this.sizes[this.meta[slot]! >> RING]! -= this.weigh(slot);
    this.meta[slot] = GONE;
    this.count--;
  }

  /** The entry weighs something else now. */
  resize(slot: number, weight: number): void {
    this.sizes[this.meta[slot]! >> RING]! += weight - this.weigh(slot);
    this.weights![slot] = weight;
  }

  protected weigh(slot: number): number {
    return this.weights ? this.weights[slot]! : 1;
  }

  /** Puts an entry at the end of a ring, without flags. */
  protected push(ring: number, slot: number): void {
    const { next, meta, tails } = this;
    const tail = tails[ring]!;
    if (tail < 0) next[slot] = slot;
    else {
      next[slot] = next[tail]!;
      next[tail] = slot;
    }
    tails[ring] = slot;
    meta[slot] = (meta[slot]! & COUNT) | (ring << RING);
    this.sizes[ring]! += this.weigh(slot);
  }

  /** The first entry of a ring, or -1. */
  protected head(ring: number): number {
    for (;;) {
      const tail = this.tails[ring]!;
      if (tail < 0) return -1;
      const slot = this.next[tail]!;
      if (this.meta[slot]! < GONE) return slot;
      this.#unlink(ring, slot);
      this.#release(slot);
    }
  }

  /** Sends the head of a ring to its end, unvisited. */
  protected pass(ring: number, slot: number): void {
    this.meta[slot]! &= ~VISITED;
    this.tails[ring] = slot;
  }

  /** Takes the head out of its ring. */
  protected shift(ring: number, slot: number): void {
    this.sizes[ring]! -= this.weigh(slot);
    this.#unlink(ring, slot);
  }

  /** The entry, which is in no ring, is gone and its slot free. */
  protected drop(slot: number): number {
    this.meta[slot] = GONE;
    this.count--;
    this.#release(slot);
    return slot;
  }

  #unlink(ring: number, head: number): void {
    const { next, tails } = this;
    const tail = tails[ring]!;
    if (tail === head) tails[ring] = -1;
    else next[tail] = next[head]!;
  }

  #release(slot: number): void {
    this.next[slot] = this.free;
    this.free = slot;
  }

  /** Frees what is marked, if that is worth a pass over all; else makes the columns longer by half. */
  #provide(): void {
    const { next, meta, weights, used } = this;
    if (this.count * 4 < used * 3) {
      for (let ring = WINDOW; ring <= PROTECTED; ring++) {
        const first = this.head(ring);
        if (first < 0) continue;
        do this.tails[ring] = next[this.tails[ring]!]!;
        while (this.head(ring) !== first);
      }
      if (this.free >= 0) return;
    }
    const grown = used + (used >> 1) + 16;
    const length = used < this.#expected ? Math.min(grown, this.#expected) : grown;
    (this.next = new Int32Array(length)).set(next);
    (this.meta = new Uint8Array(length)).set(meta);
    if (weights) (this.weights = new Float64Array(length)).set(weights);
  }
}
