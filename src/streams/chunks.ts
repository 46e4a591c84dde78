/**
 * The complete chunks of a stream that is being written: held until they are stored, and read from where they were stored after that.
 *
 * @module
 */
import { free } from "../bytes/free.ts";
import { CorruptError } from "../errors.ts";

/** What becomes of chunks. */
export interface ChunksOptions {
  /** Encrypts a chunk. */
  readonly seal?: ((index: number, bytes: Uint8Array, isLast: boolean) => Promise<Uint8Array>) | undefined;
  /** Decrypts one. */
  readonly open?: ((index: number, bytes: Uint8Array, isLast: boolean) => Promise<Uint8Array>) | undefined;
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

/** The chunks of one stream. */
export class Chunks {
  readonly #options: ChunksOptions;
  /** Those that are not stored yet, or never to be stored. */
  readonly #held = new Map<number, Uint8Array>();
  readonly #parts: Uint8Array[] = [];
  #count = 0;
  #lastIndex = -1;

  constructor(options: ChunksOptions) {
    this.#options = options;
  }

  /** Number of chunks that are complete. */
  get count(): number {
    return this.#count;
  }

  /** Number of chunks that were stored, all before the first that was not. */
  get settled(): number {
    return this.#held.keys().next().value ?? this.#count;
  }

  /** All of them, where they are kept here. */
  get parts(): readonly Uint8Array[] | undefined {
    return this.#options.shelf ? undefined : this.#parts;
  }

  /** The next is complete. Answers with its index. */
  add(bytes: Uint8Array, isLast: boolean): number {
    const index = this.#count++;
    if (isLast) this.#lastIndex = index;
    this.#held.set(index, bytes);
    return index;
  }

  held(index: number): Uint8Array | undefined {
    return this.#held.get(index);
  }

  /** Those before an index are held no more. */
  dropBefore(index: number): void {
    for (const held of this.#held.keys()) if (held < index) this.#held.delete(held);
  }

  /** Stores one that is held, and holds it no more. Answers whether nobody needs its bytes any more. */
  async store(index: number): Promise<boolean> {
    const { seal, shelf } = this.#options;
    const bytes = this.#held.get(index)!;
    const sealed = seal ? await seal(index, bytes, index === this.#lastIndex) : bytes;
    let isFree = seal !== undefined;
    if (shelf) {
      const isCopied = await shelf.put(index, sealed);
      if (isCopied && seal) free(sealed);
      isFree ||= isCopied;
    } else {
      this.#parts[index] = sealed;
      if (!seal) return false;
    }
    this.#held.delete(index);
    // Readers were given copies.
    return isFree;
  }

  /** Reads what is held no more. */
  async load(from: number, count: number): Promise<readonly Promise<Uint8Array>[]> {
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
}
