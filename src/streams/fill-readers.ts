/**
 * The readers of a stream that is being written: each gets the chunks that are complete, the part of a chunk that is there, and then what
 * comes.
 *
 * @module
 */
import { hasTimers } from "../clock.ts";
import { CorruptError } from "../errors.ts";
import { unlessLost } from "../joined.ts";
import { ChunkReader } from "./chunk-reader.ts";
import type { Chunks } from "./chunks.ts";
import type { Gathering } from "./gathering.ts";

/** How one reader reads it. */
export interface FillReader {
  /** The next bytes; `undefined` after the last. */
  next(): Promise<Uint8Array | undefined>;
  /** Nothing more is read. */
  end(): void;
}

/** What is read while it is written. */
export interface Followed {
  /** Ends when nothing will come any more. */
  readonly done: Promise<unknown>;
  readonly failure: { readonly error: unknown } | undefined;
  /** Bytes, once all are there. */
  readonly size: number | undefined;
}

/** All who read one stream. */
export class FillReaders {
  readonly #fill: Followed;
  readonly #chunks: Chunks;
  readonly #gathering: Gathering;
  readonly #breathe: () => Promise<void> | undefined;
  readonly #moved: () => void;
  /** The chunk that each is at. */
  readonly #places = new Set<{ index: number }>();
  #waiting: (() => void)[] = [];

  /**
   * @param breathe lets others have their turn
   * @param moved told when one goes on to the next chunk, or ends
   */
  constructor(
    fill: Followed,
    chunks: Chunks,
    gathering: Gathering,
    breathe: () => Promise<void> | undefined,
    moved: () => void,
  ) {
    this.#fill = fill;
    this.#chunks = chunks;
    this.#gathering = gathering;
    this.#breathe = breathe;
    this.#moved = moved;
  }

  /** The chunk that the slowest is at; `undefined` where nobody reads. */
  get slowest(): number | undefined {
    return this.#places.size === 0 ? undefined : Math.min(...[...this.#places].map(({ index }) => index));
  }

  /** There is more to read, or nothing will come any more. */
  wake(): void {
    if (this.#waiting.length === 0) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The bytes from the first on: those that are there, then those that come. */
  reader(): FillReader {
    const fill = this.#fill;
    const chunks = this.#chunks;
    const gathering = this.#gathering;
    const stored = new ChunkReader(
      (from, count) => chunks.load(from, count),
      () => chunks.settled,
      this.#breathe,
    );
    const place = { index: 0 };
    this.#places.add(place);
    let offset = 0;
    const next = async (): Promise<Uint8Array | undefined> => {
      for (;;) {
        if (fill.failure) throw fill.failure.error;
        const { index } = place;
        // Readers may change or transfer what they get.
        if (index < chunks.count) {
          const held = chunks.held(index);
          const bytes = held ? held.slice(offset) : (await stored.at(index)).subarray(offset);
          place.index++;
          offset = 0;
          this.#moved();
          if (bytes.length > 0) return bytes;
        } else if (offset < gathering.filled) {
          const bytes = gathering.slice(offset);
          offset += bytes.length;
          return bytes;
        } else if (fill.size !== undefined) return undefined;
        else await this.#change();
      }
    };
    const end = (): void => {
      this.#places.delete(place);
      this.#moved();
    };
    return { next, end };
  }

  /** Ends when there is more to read, or nothing will come any more. */
  #change(): Promise<unknown> {
    const changed = new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    if (hasTimers()) return changed;
    // Who fills may be a request that has ended.
    const lost = unlessLost(this.#fill.done).catch(() => {
      if (!this.#fill.failure)
        throw new CorruptError("Cannot read stream on as the request that was writing it has ended");
    });
    return Promise.race([changed, lost]);
  }
}
