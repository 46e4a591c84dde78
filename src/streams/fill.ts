/**
 * The filling of a stream: a source is read, cut into chunks and stored, while any number of readers follow.
 *
 * Held in memory are the chunk that is being gathered and the few that are on their way to the tiers. A reader gets what is held from here, the
 * part of a chunk that is there included, and what is not held from the tiers. So neither a source that is faster than the tiers nor a
 * reader that is slower than the source makes anything grow.
 *
 * @module
 */

import { free } from "../bytes/free.ts";
import { hasTimers } from "../clock.ts";
import { CorruptError, TierLimitError } from "../errors.ts";
import { alive, unlessLost } from "../joined.ts";
import { ChunkReader } from "./chunk-reader.ts";
import type { Pieces } from "./source.ts";

/** Chunks that are encrypted and stored at the same time. */
const WINDOW = 6;
/** Chunks that the source may be ahead of the slowest reader, once nothing is stored any more. */
const AHEAD = 8;
/** Smallest buffer for a chunk that is being gathered. */
const SMALLEST = 4_096;

const NOTHING = /* @__PURE__ */ new Uint8Array(0);

/** What a fill is told. */
export interface FillOptions {
  /** Bytes of a chunk. */
  readonly chunk: number;
  readonly maxBytes: number;
  /** Told when it is longer than that: it is stored no more, and those who read it read on. Without it, it fails then. */
  readonly spilled?: (() => void) | undefined;
  /** Encrypts a chunk. */
  readonly seal?: ((index: number, bytes: Uint8Array, isLast: boolean) => Promise<Uint8Array>) | undefined;
  /** Decrypts one. */
  readonly open?: ((index: number, bytes: Uint8Array, isLast: boolean) => Promise<Uint8Array>) | undefined;
  /** Lets others have their turn. */
  readonly breathe: () => Promise<void> | undefined;
  /** Where chunks are; without it, all are kept here. */
  readonly shelf?: ChunkPlace | undefined;
}

/** Where chunks are stored. */
export interface ChunkPlace {
  /** Stores a chunk; answers whether nobody needs its bytes any more. */
  put(index: number, bytes: Uint8Array): Promise<boolean>;
  /** Reads chunks that were stored. */
  read(from: number, count: number): Promise<readonly (Uint8Array | undefined)[]>;
}

/** How one reader reads it. */
export interface FillReader {
  /** The next bytes; `undefined` after the last. */
  next(): Promise<Uint8Array | undefined>;
  /** Nothing more is read. */
  end(): void;
}

/** What a fill has made. */
export interface Filled {
  readonly size: number;
  readonly count: number;
  /** The chunks, where they were not stored. */
  readonly parts: readonly Uint8Array[] | undefined;
}

/** A source being stored. */
export class Fill {
  /** Ends when all is stored; rejects with what the source or the tiers failed with. */
  readonly done: Promise<Filled>;
  readonly #options: FillOptions;
  readonly #pieces: Pieces;
  /** Chunks that are complete and not stored yet, or never to be stored. */
  readonly #held = new Map<number, Uint8Array>();
  readonly #parts: Uint8Array[] = [];
  /** Buffers for chunks that are free again: making one anew takes as long as filling it. */
  readonly #spare: Uint8Array[] = [];
  #partial: Uint8Array = NOTHING;
  #filled = 0;
  /** Number of chunks before the one that is being gathered. */
  #next = 0;
  #size = 0;
  #lastIndex = -1;
  #isOver = false;
  #isSpilling = false;
  /** The chunk that each reader is at. */
  readonly #readers = new Set<{ index: number }>();
  #failure: { readonly error: unknown } | undefined;
  #writing = 0;
  #interrupt: ((error: unknown) => void) | undefined;
  #room: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  constructor(pieces: Pieces, options: FillOptions) {
    this.#pieces = pieces;
    this.#options = options;
    this.done = alive(this.#run());
    // Its readers and who began it see how it failed.
    this.done.catch(() => {});
  }

  /** Number of chunks that were stored or may have been. */
  get begun(): number {
    return this.#next;
  }

  /** Number of chunks that were stored, all before the first that was not. */
  get settled(): number {
    return this.#held.keys().next().value ?? this.#next;
  }

  /** What it has failed with. */
  get error(): unknown {
    return this.#failure?.error;
  }

  /** Whether nothing has failed, and all is there that there was. */
  get isSound(): boolean {
    return this.#failure === undefined && !this.#isSpilling;
  }

  /** Bytes, once all are there. */
  get size(): number | undefined {
    return this.#isOver ? this.#size : undefined;
  }

  /** Ends it where it is. */
  abort(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.#pieces.cancel(error);
    this.#interrupt?.(error);
    this.#room?.();
    this.#wake();
  }

  async #run(): Promise<Filled> {
    // Whoever began it has it in hand before the first byte comes.
    await undefined;
    try {
      for (let piece = await this.#piece(); piece; piece = await this.#piece()) await this.#take(piece);
      return await this.#finish();
    } catch (error) {
      this.abort(error);
      // Nothing is to be written after it is over.
      while (this.#writing > 0) await this.#hasRoom();
      throw this.#failure!.error;
    }
  }

  /** The next piece; rejects when it is aborted meanwhile, whatever the source does. */
  #piece(): Promise<Uint8Array | undefined> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      this.#pieces.next().then(resolve, reject);
    });
  }

  async #take(piece: Uint8Array): Promise<void> {
    const { chunk, maxBytes, spilled } = this.#options;
    if (this.#size + piece.length > maxBytes && !this.#isSpilling) {
      if (!spilled) throw this.#tooLong();
      this.#isSpilling = true;
      spilled();
    }
    for (let at = 0; at < piece.length; ) {
      // Not before there is more: the last one is written as such.
      if (this.#filled === chunk) await this.#flush(false);
      const some = piece.subarray(at, at + chunk - this.#filled);
      this.#append(some);
      at += some.length;
    }
    this.#wake();
  }

  #tooLong(): TierLimitError {
    return new TierLimitError(
      `Cannot store stream as it must be at most ${this.#options.maxBytes} bytes: received more`,
    );
  }

  /** Ends when the slowest reader is near enough. What all have read is held no more. */
  async #followed(): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      if (this.#readers.size === 0) throw this.#tooLong();
      const slowest = Math.min(...[...this.#readers].map(({ index }) => index));
      for (const index of this.#held.keys()) if (index < slowest) this.#held.delete(index);
      if (this.#next - slowest < AHEAD) return;
      await this.#hasRoom();
    }
  }

  #append(bytes: Uint8Array): void {
    const { chunk } = this.#options;
    const length = this.#filled + bytes.length;
    if (length > this.#partial.length) {
      // A short body takes no whole chunk, and a long one gets it at once.
      const isLong = this.#next > 0 || length > chunk / 4;
      const room = isLong ? chunk : Math.max(length, this.#partial.length * 2, SMALLEST);
      const larger = (isLong && this.#spare.pop()) || new Uint8Array(room);
      larger.set(this.#partial.subarray(0, this.#filled));
      this.#partial = larger;
    }
    this.#partial.set(bytes, this.#filled);
    this.#filled = length;
    this.#size += bytes.length;
  }

  /** Sends the chunk that was gathered on its way, when there is room for it. */
  async #flush(isLast: boolean): Promise<void> {
    await this.#options.breathe();
    if (this.#isSpilling) await this.#followed();
    while (this.#writing >= WINDOW) await this.#hasRoom();
    if (this.#failure) throw this.#failure.error;
    const index = this.#next++;
    if (isLast) this.#lastIndex = index;
    const bytes = this.#gathered();
    this.#held.set(index, bytes);
    this.#partial = NOTHING;
    this.#filled = 0;
    // Of a long piece there is more to come, which may have to wait for its readers.
    this.#wake();
    if (this.#isSpilling) return;
    this.#writing++;
    this.#write(index, bytes, isLast)
      .catch((error) => this.abort(error))
      .then(() => {
        this.#writing--;
        this.#room?.();
      });
  }

  #gathered(): Uint8Array {
    return this.#partial.length === this.#filled ? this.#partial : this.#partial.slice(0, this.#filled);
  }

  async #write(index: number, bytes: Uint8Array, isLast: boolean): Promise<void> {
    const { seal, shelf } = this.#options;
    const sealed = seal ? await seal(index, bytes, isLast) : bytes;
    let isFree = seal !== undefined;
    if (shelf) {
      const isCopied = await shelf.put(index, sealed);
      if (isCopied && seal) free(sealed);
      isFree ||= isCopied;
    } else {
      this.#parts[index] = sealed;
      if (!seal) return;
    }
    this.#held.delete(index);
    // Readers were given copies.
    if (isFree && bytes.length === this.#options.chunk) this.#spare.push(bytes);
  }

  #hasRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  async #finish(): Promise<Filled> {
    const { seal, shelf } = this.#options;
    let parts: readonly Uint8Array[] | undefined = this.#parts;
    if (this.#isSpilling) parts = undefined;
    else if (this.#next === 0) {
      const whole = this.#gathered();
      // What readers still get from here is not touched any more.
      parts = [seal ? await seal(0, whole, true) : whole];
    } else {
      await this.#flush(true);
      while (this.#writing > 0) await this.#hasRoom();
      if (shelf) parts = undefined;
    }
    if (this.#failure) throw this.#failure.error;
    this.#isOver = true;
    this.#wake();
    return { size: this.#size, count: Math.max(1, this.#next), parts };
  }

  /** Chunks that are held no more. */
  async #load(from: number, count: number): Promise<readonly Promise<Uint8Array>[]> {
    const { open, shelf } = this.#options;
    const chunks = shelf ? await shelf.read(from, count) : this.#parts.slice(from, from + count);
    return chunks.map(async (bytes, i) => {
      const index = from + i;
      if (!bytes) throw new CorruptError(`Cannot read stream as its chunk ${index} must be there: received none`);
      if (!open) return bytes;
      const plain = await open(index, bytes, index === this.#lastIndex);
      if (shelf) free(bytes);
      return plain;
    });
  }

  /** The bytes from the first on, for one reader: those that are there, then those that come. */
  reader(): FillReader {
    const stored = new ChunkReader(
      (from, count) => this.#load(from, count),
      () => this.settled,
      this.#options.breathe,
    );
    const place = { index: 0 };
    this.#readers.add(place);
    let offset = 0;
    const next = async (): Promise<Uint8Array | undefined> => {
      for (;;) {
        if (this.#failure) throw this.#failure.error;
        const { index } = place;
        const isPartial = index === this.#next;
        const end = isPartial ? this.#filled : Number.POSITIVE_INFINITY;
        if (offset < end) {
          // Readers may change or transfer what they get.
          const held = isPartial ? this.#partial : this.#held.get(index);
          const bytes = held
            ? held.slice(offset, isPartial ? end : held.length)
            : (await stored.at(index)).subarray(offset);
          if (isPartial) offset += bytes.length;
          else {
            place.index++;
            offset = 0;
            if (this.#isSpilling) this.#room?.();
          }
          if (bytes.length > 0) return bytes;
        } else if (this.#isOver) return undefined;
        else await this.#change();
      }
    };
    const end = (): void => {
      this.#readers.delete(place);
      if (this.#isSpilling) this.#room?.();
    };
    return { next, end };
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Ends when there is more to read, or nothing will come any more. */
  #change(): Promise<unknown> {
    const changed = new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    if (hasTimers()) return changed;
    // Who fills may be a request that has ended.
    const lost = unlessLost(this.done).catch(() => {
      if (!this.#failure) throw new CorruptError("Cannot read stream on as the request that was writing it has ended");
    });
    return Promise.race([changed, lost]);
  }
}
