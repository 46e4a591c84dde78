/**
 * A body on its way into the cache, which all who asked for it read while it comes.
 *
 * A window of the newest bytes is kept in memory, and what is longer than that goes on into a store of streams. The source is read no faster than
 * the fastest reader, so that one never depends on the store: where that fails, or the body is too long for it, those in the window read on,
 * and then the source waits for the slowest of them. Who falls behind the window, or comes later, reads what is stored. When nobody reads any
 * more, the body is stored as fast as it comes. So memory stays flat, and who reads slowly holds up nobody.
 *
 * @module
 */

import { bodyOf } from "../streams/body.ts";
import { bytesOf } from "../streams/source.ts";
import { type Spill, Spilling, sliced } from "./spilling.ts";

/** What a body is stored with. */
export interface FillOptions {
  /** Longest body that is kept as one value. */
  readonly inlineBytes: number;
  /** Longest body that is kept at all. */
  readonly maxBytes: number;
  readonly spill: Spill;
}

/** What became of a body: its bytes where it is short, or how many there are where it went on. `undefined` when it is not kept. */
export type Filled = { readonly bytes: Uint8Array } | { readonly size: number } | undefined;

/** Bytes that are kept for readers when more is stored: one mebibyte. */
const WINDOW = 1_048_576;

/** One reader, by how much it has read. */
interface Reader {
  at: number;
}

/** One body, many readers. */
export class Fill {
  readonly #source: ReadableStreamDefaultReader<Uint8Array>;
  readonly #options: FillOptions;
  /** The newest bytes, the first of them at `#base`. */
  #window: Uint8Array[] = [];
  #base = 0;
  /** How many bytes have come. */
  #end = 0;
  readonly #readers = new Set<Reader>();
  #spilling: Spilling | undefined;
  /** Nothing more is stored. */
  #isLoose = false;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #waiting: (() => void)[] = [];
  /** Never rejects. */
  readonly finished: Promise<Filled>;
  /** Ends when it is known whether the body is long. */
  readonly measured: Promise<void>;
  #measured!: () => void;

  constructor(source: ReadableStream<Uint8Array>, options: FillOptions) {
    this.#source = source.getReader();
    this.#options = options;
    this.measured = new Promise((resolve) => {
      this.#measured = resolve;
    });
    this.finished = this.#run();
  }

  async #run(): Promise<Filled> {
    try {
      for (;;) {
        while (!this.#hasRoom()) await this.#change();
        if (this.#isLoose && this.#readers.size === 0) {
          await this.#source.cancel();
          break;
        }
        const { done, value } = await this.#source.read();
        if (done) break;
        const bytes = bytesOfChunk(value);
        if (bytes.byteLength > 0) await this.#add(bytes);
      }
      this.#isOver = true;
      this.#wake();
      if (this.#isLoose) return await this.#dropped();
      if (!this.#spilling) return { bytes: joined(this.#window, this.#end) };
      return (await this.#spilling.end()) ? { size: this.#end } : undefined;
    } catch (error) {
      this.#failure = { error };
      this.#source.cancel(error).catch(() => {});
      this.#spilling?.fail(error);
      return undefined;
    } finally {
      this.#isOver = true;
      this.#measured();
      this.#wake();
    }
  }

  /** Leaves nothing of a body that was stored in part. */
  async #dropped(): Promise<undefined> {
    if (await this.#spilling?.end()) await this.#options.spill.drop();
  }

  /** Whether the source may go on: for the fastest reader, or when nothing is stored any more for the slowest. */
  #hasRoom(): boolean {
    if (this.#readers.size === 0) return true;
    const positions = [...this.#readers].map(({ at }) => at);
    const at = this.#isLoose ? Math.min(...positions) : Math.max(...positions);
    return this.#end - at < WINDOW;
  }

  async #add(chunk: Uint8Array): Promise<void> {
    this.#window.push(chunk);
    this.#end += chunk.byteLength;
    this.#wake();
    if (this.#isLoose) return this.#trim();
    const { inlineBytes, maxBytes, spill } = this.#options;
    if (this.#end > maxBytes) {
      this.#isLoose = true;
      this.#spilling?.close();
      this.#measured();
      return;
    }
    if (!this.#spilling && this.#end <= inlineBytes) return;
    let isStored = true;
    if (this.#spilling) isStored = await this.#spilling.add(chunk);
    else {
      this.#spilling = new Spilling(spill);
      this.#measured();
      for (const part of [...this.#window]) isStored &&= await this.#spilling.add(part);
    }
    if (!isStored) this.#isLoose = true;
    this.#trim();
  }

  #trim(): void {
    const slowest = this.#isLoose ? Math.min(this.#end, ...[...this.#readers].map(({ at }) => at)) : this.#end - WINDOW;
    while (this.#window.length > 1 && this.#base + this.#window[0]!.byteLength <= slowest)
      this.#base += this.#window.shift()!.byteLength;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Whether it is too long for one value. */
  get isLong(): boolean {
    return this.#isLoose || this.#spilling !== undefined;
  }

  /** Whether somebody who comes now can have the body from its beginning, and as fast as he reads. */
  get isWhole(): boolean {
    return !this.#failure && !this.#isLoose;
  }

  /** The body from its beginning. Whoever cancels it leaves the others alone. */
  open(): ReadableStream<Uint8Array> {
    const reader: Reader = { at: 0 };
    this.#readers.add(reader);
    let stored: ReadableStreamDefaultReader<Uint8Array> | undefined;
    const leave = (): void => {
      this.#readers.delete(reader);
      this.#wake();
    };
    const next = async (): Promise<Uint8Array | undefined> => {
      for (;;) {
        if (!this.#readers.has(reader)) {
          // Who left while it was opened, or while nothing came.
          await stored?.cancel();
          return undefined;
        }
        if (stored) {
          const { value } = await stored.read();
          if (value) return value;
          stored = undefined;
        } else if (reader.at < this.#base) {
          stored = await this.#stored(reader.at);
        } else if (reader.at < this.#end) {
          return this.#at(reader.at);
        } else if (this.#failure) throw this.#failure.error;
        else if (this.#isOver) return undefined;
        else await this.#change();
      }
    };
    return bodyOf(
      async () => {
        const bytes = await next();
        reader.at += bytes?.byteLength ?? 0;
        this.#wake();
        return bytes;
      },
      () => {
        leave();
        stored?.cancel().catch(() => {});
      },
    );
  }

  /** Bytes of the window, as a copy: readers may do with them what they like. */
  #at(position: number): Uint8Array {
    let start = this.#base;
    for (const chunk of this.#window) {
      if (position < start + chunk.byteLength) return chunk.slice(position - start);
      start += chunk.byteLength;
    }
    throw new RangeError("No such bytes");
  }

  async #stored(skip: number): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const body = await this.#options.spill.read();
    if (!body) throw this.#failure?.error ?? new TypeError("Cannot read the body on as the store has lost it");
    return sliced(body, skip, Infinity).getReader();
  }
}

/** Bytes of a chunk. Some runtimes and servers take texts and buffers as well. */
function bytesOfChunk(chunk: unknown): Uint8Array {
  // A slice of Node's Buffer would be no copy.
  const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : bytesOf(chunk);
  if (bytes) return bytes;
  throw new TypeError(`Cannot read the body on as its chunks must be bytes: received ${typeof chunk}`);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
