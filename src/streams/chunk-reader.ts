/**
 * Reading chunks one after the other, a few ahead.
 *
 * @module
 */

/** Chunks of one read. Two of these are held at a time. */
const AHEAD = 4;

/** Reads some chunks at once, each of which is there when it was decrypted. */
export type LoadChunks = (from: number, count: number) => Promise<readonly Promise<Uint8Array>[]>;

interface Batch {
  readonly from: number;
  readonly chunks: ReturnType<LoadChunks>;
  readonly count: number;
}

/** Reads the chunks of one stream for one reader. */
export class ChunkReader {
  readonly #load: LoadChunks;
  readonly #end: () => number;
  readonly #breathe: () => Promise<void> | undefined;
  #batch: Batch | undefined;
  #next: Batch | undefined;

  /**
   * @param load gives chunks, or rejects
   * @param end number of chunks that can be read by now
   * @param breathe lets others have their turn
   */
  constructor(load: LoadChunks, end: () => number, breathe: () => Promise<void> | undefined) {
    this.#load = load;
    this.#end = end;
    this.#breathe = breathe;
  }

  /** A chunk that can be read by now. */
  async at(index: number): Promise<Uint8Array> {
    await this.#breathe();
    if (!has(this.#batch, index)) {
      this.#batch = has(this.#next, index) ? this.#next : this.#begin(index, 1);
      this.#next = undefined;
    }
    const batch = this.#batch!;
    const chunks = await batch.chunks;
    if (this.#next === undefined && batch === this.#batch) this.#next = this.#begin(batch.from + batch.count);
    return chunks[index - batch.from]!;
  }

  /** @param least chunks that can be read for certain: those before it may still be on their way */
  #begin(from: number, least = 0): Batch | undefined {
    const count = Math.max(least, Math.min(AHEAD, this.#end() - from));
    if (count <= 0) return undefined;
    const chunks = this.#load(from, count);
    // Whoever comes to them sees how they failed.
    chunks
      .then((all) => {
        for (const chunk of all) chunk.catch(() => {});
      })
      .catch(() => {});
    return { from, count, chunks };
  }
}

function has(batch: Batch | undefined, index: number): boolean {
  return batch !== undefined && index >= batch.from && index < batch.from + batch.count;
}
