/**
 * The filling of a stream: a source is read, cut into chunks and stored, while any number of readers follow.
 *
 * Held in memory are the chunk that is being gathered and the few that are on their way to the tiers. A reader gets what is held from here, the
 * part of a chunk that is there included, and what is not held from the tiers. So neither a source that is faster than the tiers nor a
 * reader that is slower than the source makes anything grow.
 *
 * @module
 */
import { TierLimitError } from "../errors.ts";
import { alive } from "../joined.ts";
import { Chunks, type ChunksOptions } from "./chunks.ts";
import { type FillReader, FillReaders } from "./fill-readers.ts";
import { Gathering } from "./gathering.ts";
import type { Pieces } from "./source.ts";

/** Chunks that are encrypted and stored at the same time. */
const WINDOW = 6;
/** Chunks that the source may be ahead of the slowest reader, once nothing is stored any more. */
const AHEAD = 8;

/** What a fill is told. */
export interface FillOptions extends ChunksOptions {
  /** Bytes of a chunk. */
  readonly chunk: number;
  readonly maxBytes: number;
  /** Told when it cannot be kept, as it is longer than that or a tier fails: those who read it read on. Without it, it fails then. */
  readonly spilled?: (() => void) | undefined;
  /** Lets others have their turn. */
  readonly breathe: () => Promise<void> | undefined;
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
  readonly #gathering: Gathering;
  readonly #chunks: Chunks;
  readonly #readers: FillReaders;
  #size = 0;
  #isOver = false;
  /** Why it is stored no more, though it goes on. */
  #spilling: { readonly error: unknown } | undefined;
  #failure: { readonly error: unknown } | undefined;
  #writing = 0;
  #interrupt: ((error: unknown) => void) | undefined;
  #room: (() => void) | undefined;

  constructor(pieces: Pieces, options: FillOptions) {
    this.#pieces = pieces;
    this.#options = options;
    this.#gathering = new Gathering(options.chunk);
    this.#chunks = new Chunks(options);
    this.#readers = new FillReaders(this, this.#chunks, this.#gathering, options.breathe, () => {
      if (this.#spilling) this.#room?.();
    });
    this.done = alive(this.#run());
    // Its readers and who began it see how it failed.
    this.done.catch(() => {});
  }

  /** Number of chunks that were stored or may have been. */
  get begun(): number {
    return this.#chunks.count;
  }

  /** Number of chunks that were stored, all before the first that was not. */
  get settled(): number {
    return this.#chunks.settled;
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** What it has failed with. */
  get error(): unknown {
    return this.#failure?.error;
  }

  /** Whether nothing has failed, and all is there that there was. */
  get isSound(): boolean {
    return this.#failure === undefined && this.#spilling === undefined;
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
    this.#readers.wake();
  }

  /** It cannot be kept: it is stored no more, and ends where nobody is to read on. */
  spill(error: unknown): void {
    const { spilled } = this.#options;
    if (!spilled) this.abort(error);
    else if (!this.#spilling) {
      this.#spilling = { error };
      spilled();
    }
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
    const { maxBytes } = this.#options;
    if (this.#size + piece.length > maxBytes) {
      this.spill(new TierLimitError(`Cannot store stream as it must be at most ${maxBytes} bytes: received more`));
    }
    if (this.#failure) throw this.#failure.error;
    for (let at = 0; at < piece.length; ) {
      // Not before there is more: the last one is written as such.
      if (this.#gathering.room === 0) await this.#flush(false);
      const some = piece.subarray(at, at + this.#gathering.room);
      this.#gathering.append(some);
      this.#size += some.length;
      at += some.length;
    }
    this.#readers.wake();
  }

  /** Ends when the slowest reader is near enough. What all have read is held no more. */
  async #followed(): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      const { slowest } = this.#readers;
      if (slowest === undefined) throw this.#spilling!.error;
      this.#chunks.dropBefore(slowest);
      if (this.#chunks.count - slowest < AHEAD) return;
      await this.#hasRoom();
    }
  }

  /** Sends the chunk that was gathered on its way, when there is room for it. */
  async #flush(isLast: boolean): Promise<void> {
    await this.#options.breathe();
    if (this.#spilling) await this.#followed();
    while (this.#writing >= WINDOW) await this.#hasRoom();
    if (this.#failure) throw this.#failure.error;
    const bytes = this.#gathering.next();
    const index = this.#chunks.add(bytes, isLast);
    // Of a long piece there is more to come, which may have to wait for its readers.
    this.#readers.wake();
    if (this.#spilling) return;
    this.#writing++;
    this.#chunks
      .store(index)
      .then(
        (isFree) => {
          if (isFree) this.#gathering.reuse(bytes);
        },
        (error) => this.spill(error),
      )
      .then(() => {
        this.#writing--;
        this.#room?.();
      });
  }

  #hasRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  async #finish(): Promise<Filled> {
    const { seal } = this.#options;
    let parts: readonly Uint8Array[] | undefined;
    if (this.#spilling) parts = undefined;
    else if (this.#chunks.count === 0) {
      const whole = this.#gathering.whole();
      // What readers still get from here is not touched any more.
      parts = [seal ? await seal(0, whole, true) : whole];
    } else {
      await this.#flush(true);
      while (this.#writing > 0) await this.#hasRoom();
      parts = this.#chunks.parts;
    }
    if (this.#failure) throw this.#failure.error;
    this.#isOver = true;
    this.#readers.wake();
    // Nothing is to be written after it is over.
    while (this.#writing > 0) await this.#hasRoom();
    return { size: this.#size, count: Math.max(1, this.#chunks.count), parts };
  }

  /** The bytes from the first on, for one reader. */
  reader(): FillReader {
    return this.#readers.reader();
  }
}
