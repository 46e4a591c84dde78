/**
 * What left the cache lately.
 *
 * @module
 */

/** Cells of a bucket: 16 bytes, so that each bucket is in one line of the processor's cache. With 4 regrets are less certain. */
const WAYS = 8;

/** Cells for each entry of the cache. With 2 the hit ratio would be better by half a point, with 1 worse by one. */
const CELLS = 1.5;

/** In a cell: the entry was turned away as a candidate. */
const REJECTED = 8;

/** The highest count that a cell can hold. */
const MOST = 7;

/**
 * Remembers how often entries had been asked for when they left: a table of buckets by hash, each a queue, the latest first.
 * A cell has 12 bits of the hash, {@linkcode REJECTED} and a count up to {@linkcode MOST}; 0 is empty. One of 500
 * strangers finds a cell that is not its own, and begins with a count too high.
 */
export class History {
  /** For how many entries of the cache it was made. */
  readonly entries: number;
  readonly buckets: number;
  readonly #cells: Uint16Array;

  constructor(entries: number) {
    this.entries = entries;
    this.buckets = Math.ceil((entries * CELLS) / WAYS);
    this.#cells = new Uint16Array(this.buckets * WAYS);
  }

  /** Notes an entry that leaves; the oldest of its bucket is forgotten. */
  note(hash: number, count: number, rejected: boolean): void {
    const cells = this.#cells;
    let cell = (tag(hash) << 4) | (rejected ? REJECTED : 0) | Math.min(count, MOST);
    const start = this.#bucket(hash);
    for (let at = start; at < start + WAYS && cell !== 0; at++) {
      const older = cells[at]!;
      cells[at] = cell;
      cell = older;
    }
  }

  /** The count of an entry, which is thereby forgotten, or 0. */
  recall(hash: number): number {
    const cells = this.#cells;
    const start = this.#bucket(hash);
    for (let at = start; at < start + WAYS; at++) {
      const cell = cells[at]!;
      if (cell >> 4 === tag(hash)) {
        cells[at] = 0;
        return cell & MOST;
      }
    }
    return 0;
  }

  /** Whether an entry was turned away, and nothing came to its bucket since. */
  regrets(hash: number): boolean {
    const cell = this.#cells[this.#bucket(hash)]!;
    return cell >> 4 === tag(hash) && (cell & REJECTED) !== 0;
  }

  #bucket(hash: number): number {
    return Math.floor(((hash >>> 0) / 2 ** 32) * this.buckets) * WAYS;
  }
}

function tag(hash: number): number {
  return hash & 0xfff;
}
