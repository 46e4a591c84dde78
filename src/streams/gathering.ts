/**
 * The gathering of a stream's pieces into chunks.
 *
 * @module
 */

/** Smallest buffer for a chunk that is being gathered. */
const SMALLEST = 4_096;

const NOTHING = /* @__PURE__ */ new Uint8Array(0);

/** The chunk that is being gathered. */
export class Gathering {
  readonly #chunk: number;
  /** Buffers for chunks that are free again: making one anew takes as long as filling it. */
  readonly #spare: Uint8Array[] = [];
  #partial: Uint8Array = NOTHING;
  #filled = 0;
  #isFirst = true;

  /** @param chunk bytes of a whole one */
  constructor(chunk: number) {
    this.#chunk = chunk;
  }

  /** Bytes that are there. */
  get filled(): number {
    return this.#filled;
  }

  /** Bytes that it still takes. */
  get room(): number {
    return this.#chunk - this.#filled;
  }

  /** @param bytes no more than there is room for */
  append(bytes: Uint8Array): void {
    const length = this.#filled + bytes.length;
    if (length > this.#partial.length) {
      // A short body takes no whole chunk, and a long one gets it at once.
      const isLong = !this.#isFirst || length > this.#chunk / 4;
      const room = isLong ? this.#chunk : Math.max(length, this.#partial.length * 2, SMALLEST);
      const larger = (isLong && this.#spare.pop()) || new Uint8Array(room);
      larger.set(this.#partial.subarray(0, this.#filled));
      this.#partial = larger;
    }
    this.#partial.set(bytes, this.#filled);
    this.#filled = length;
  }

  /** A copy of what is there from a place on. */
  slice(from: number): Uint8Array {
    return this.#partial.slice(from, this.#filled);
  }

  /** What is there, to be left as it is. */
  whole(): Uint8Array {
    return this.#partial.length === this.#filled ? this.#partial : this.#partial.slice(0, this.#filled);
  }

  /** Gives away what is there, and begins the next. */
  next(): Uint8Array {
    const bytes = this.whole();
    this.#partial = NOTHING;
    this.#filled = 0;
    this.#isFirst = false;
    return bytes;
  }

  /** A chunk is free, as nobody needs its bytes any more. */
  reuse(bytes: Uint8Array): void {
    if (bytes.length === this.#chunk) this.#spare.push(bytes);
  }
}
