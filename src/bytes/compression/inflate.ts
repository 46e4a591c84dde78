/**
 * Inflate in JavaScript, for runtimes that have neither `DecompressionStream` nor zlib: they can read what others wrote.
 *
 * After RFC 1951. Codes are read bit by bit by their counts per length, as in Mark Adler's puff.
 *
 * @module
 */
import { CorruptError } from "../../errors.ts";

/** RFC 1951 section 3.2.5: of each length code from 257 the least length and its extra bits, and of each distance code. */
const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const DISTANCE_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** Section 3.2.7: the order of the code lengths of code lengths. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MOST_BITS = 15;

/** A Huffman code: how many symbols have each length, and the symbols in order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codeOf(lengths: readonly number[]): Code {
  const counts = new Uint16Array(MOST_BITS + 1);
  for (const length of lengths) counts[length]!++;
  const offsets = new Uint16Array(MOST_BITS + 2);
  for (let length = 1; length <= MOST_BITS; length++) offsets[length + 1] = offsets[length]! + counts[length]!;
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) if (length > 0) symbols[offsets[length]!++] = symbol;
  counts[0] = 0;
  return { counts, symbols };
}

/**
 * The bytes of a raw deflate stream.
 *
 * @param size of the bytes, exactly
 * @throws {CorruptError} for another stream, and for one of another size
 */
export function inflate(deflated: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  return new Inflater(deflated, size).run();
}

class Inflater {
  readonly #in: Uint8Array;
  readonly #out: Uint8Array<ArrayBuffer>;
  #at = 0;
  #to = 0;
  #bits = 0;
  #held = 0;

  constructor(deflated: Uint8Array, size: number) {
    this.#in = deflated;
    this.#out = new Uint8Array(size);
  }

  run(): Uint8Array<ArrayBuffer> {
    let isLast = 0;
    while (!isLast) {
      isLast = this.#take(1);
      const type = this.#take(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#coded(codeOf(fixedLengths()), codeOf(new Array<number>(30).fill(5)));
      else if (type === 2) this.#dynamic();
      else throw wrong();
    }
    if (this.#to !== this.#out.length) throw wrong();
    return this.#out;
  }

  #take(count: number): number {
    while (this.#held < count) {
      if (this.#at >= this.#in.length) throw wrong();
      this.#bits |= this.#in[this.#at++]! << this.#held;
      this.#held += 8;
    }
    const taken = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#held -= count;
    return taken;
  }

  #put(byte: number): void {
    if (this.#to >= this.#out.length) throw wrong();
    this.#out[this.#to++] = byte;
  }

  #symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MOST_BITS; length++) {
      code |= this.#take(1);
      const count = counts[length]!;
      if (code - count < first) return symbols[index + (code - first)]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw wrong();
  }

  #stored(): void {
    this.#bits = 0;
    this.#held = 0;
    const length = this.#take(16);
    if ((length ^ this.#take(16)) !== 0xffff) throw wrong();
    for (let left = length; left > 0; left--) this.#put(this.#take(8));
  }

  #dynamic(): void {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const own = new Array<number>(19).fill(0);
    const count = this.#take(4) + 4;
    for (let index = 0; index < count; index++) own[ORDER[index]!] = this.#take(3);
    const code = codeOf(own);
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      const last = lengths.at(-1);
      if (symbol === 16 && last === undefined) throw wrong();
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      for (let left = times; left > 0; left--) lengths.push(symbol === 16 ? last! : 0);
    }
    if (lengths.length > literals + distances) throw wrong();
    this.#coded(codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals)));
  }

  #coded(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.#put(symbol);
        continue;
      }
      const base = LENGTHS[symbol - 257];
      if (base === undefined) throw wrong();
      const length = base + this.#take(LENGTH_BITS[symbol - 257]!);
      const far = this.#symbol(distances);
      const distance = (DISTANCES[far] ?? Infinity) + this.#take(DISTANCE_BITS[far] ?? 0);
      if (distance > this.#to) throw wrong();
      for (let left = length; left > 0; left--) this.#put(this.#out[this.#to - distance]!);
    }
  }
}

/** Section 3.2.6. */
function fixedLengths(): number[] {
  return Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8));
}

function wrong(): CorruptError {
  return new CorruptError("Cannot unpack value as it must be a whole deflate stream of its size: received another");
}
