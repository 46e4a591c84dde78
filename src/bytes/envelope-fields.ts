/**
 * Fields of an envelope. A text is a LEB128 varint of twice the length in code units, plus 1 if any is above 0xFF; then a byte for
 * each unit, or two. Exact also for what UTF-8 cannot hold.
 *
 * @module
 */
import { CorruptError } from "../errors.ts";

/** Bytes that {@linkcode writeText} writes. */
export function textSize(text: string): number {
  return varintSize(text.length * 2 + 1) + (text.length << isWide(text));
}

/** Writes a text and answers where the next field goes. */
export function writeText(bytes: Uint8Array, at: number, text: string): number {
  const wide = isWide(text);
  let next = writeVarint(bytes, at, text.length * 2 + wide);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (wide === 1) bytes[next++] = unit >> 8;
    bytes[next++] = unit;
  }
  return next;
}

/** Bytes that {@linkcode writeVarint} writes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let left = value; left > 0x7f; left = Math.floor(left / 0x80)) size++;
  return size;
}

/** Writes a LEB128 varint (seven bits at a time, the lowest first) and answers where the next field goes. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let next = at;
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 0x80)) bytes[next++] = (left % 0x80) | 0x80;
  bytes[next++] = left;
  return next;
}

function isWide(text: string): 0 | 1 {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return 1;
  return 0;
}

/** Reads the fields of an envelope, never beyond its end. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, view: DataView, at: number) {
    this.#bytes = bytes;
    this.#view = view;
    this.#at = at;
  }

  float(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  text(): string {
    const head = this.#varint();
    const isWide = head % 2 === 1;
    const length = (head - (head % 2)) / 2;
    let at = this.#take(isWide ? length * 2 : length);
    let text = "";
    for (; at < this.#at; at++) {
      const unit = isWide ? this.#view.getUint16(at++) : this.#bytes[at]!;
      text += String.fromCharCode(unit);
    }
    return text;
  }

  texts(): string[] {
    const count = this.#varint();
    const texts: string[] = [];
    // Each has at least one byte, so a wrong count soon meets the end.
    for (let left = count; left > 0; left--) texts.push(this.text());
    return texts;
  }

  /** A number that {@linkcode writeVarint} wrote. */
  length(): number {
    return this.#varint();
  }

  /** What is left, as a view. */
  rest(): Uint8Array {
    const { buffer, byteOffset, length } = this.#bytes;
    return new Uint8Array(buffer, byteOffset + this.#at, length - this.#at);
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 0x1_0000_0000; factor *= 0x80) {
      const byte = this.#bytes[this.#take(1)]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new CorruptError("Cannot read envelope as a length must have at most 35 bits: received a longer one");
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) {
      throw new CorruptError("Cannot read envelope as it must be whole: received its beginning");
    }
    this.#at = start + length;
    return start;
  }
}
