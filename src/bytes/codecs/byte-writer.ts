/**
 * A growing row of bytes with the primitives of the `structured` format.
 *
 * @module
 */
import * as mark from "./structured-format.ts";

/** Values are written one after another into one buffer of this size, as a buffer for each costs more than its bytes. */
const SLAB = 8192;
/** A new buffer is begun when less than this is left. */
const LEAST = 512;
/** Characters up to which a string is copied here instead of by TextEncoder, whose call costs more. */
const SHORT = 64;

/** Writes from {@linkcode ByteWriter.begin} to {@linkcode ByteWriter.finish}; what came before stays as it is. */
export class ByteWriter {
  #bytes = new Uint8Array(SLAB);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #at = 0;
  readonly #encoder = new TextEncoder();

  begin(): void {
    if (this.#bytes.length - this.#at < LEAST || this.#bytes.length > SLAB) this.#replace(SLAB);
    this.#start = this.#at;
  }

  /** What was written, as a view of a buffer that later writes leave alone. */
  finish(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#at);
  }

  byte(value: number): void {
    if (this.#at === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#at++] = value;
  }

  /** LEB128: seven bits at a time, the lowest first, the top bit set on all but the last. */
  count(value: number): void {
    while (value > 0x7f) {
      this.byte((value & 0x7f) | 0x80);
      value >>>= 7;
    }
    this.byte(value);
  }

  number(value: number): void {
    if (this.#bytes.length - this.#at < 9) this.#grow(9);
    const bytes = this.#bytes;
    if (value >>> 0 === value && (value !== 0 || 1 / value > 0)) {
      if (value < mark.SMALL_INTEGERS) bytes[this.#at++] = value;
      else this.#integer(mark.UINT8, value);
    } else if (value < 0 && value >= -0x100000000 && Math.floor(value) === value) {
      this.#integer(mark.NEGATIVE8, -1 - value);
    } else {
      bytes[this.#at++] = mark.FLOAT64;
      this.#view.setFloat64(this.#at, value);
      this.#at += 8;
    }
  }

  float(value: number): void {
    if (this.#bytes.length - this.#at < 8) this.#grow(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  string(text: string): void {
    const { length } = text;
    // Three bytes of UTF-8 at most for each code unit, and the head.
    if (this.#bytes.length - this.#at < length * 3 + 5) this.#grow(length * 3 + 5);
    if (length >= SHORT || !this.#ascii(text)) this.#unicode(text);
  }

  raw(source: Uint8Array): void {
    if (this.#bytes.length - this.#at < source.length) this.#grow(source.length);
    this.#bytes.set(source, this.#at);
    this.#at += source.length;
  }

  /** Writes a short string of ASCII; takes it back and answers `false` when it is not. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    const { length } = text;
    let at = this.#at;
    if (length < 32) {
      bytes[at++] = mark.SHORT_STRING | length;
    } else {
      bytes[at++] = mark.STRING8;
      bytes[at++] = length;
    }
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      bytes[at++] = unit;
    }
    this.#at = at;
    return true;
  }

  #unicode(text: string): void {
    const bytes = this.#bytes;
    const head = this.#at;
    const fits = text.length * 3 < 0x100;
    const start = head + (fits ? 2 : 5);
    const { written } = this.#encoder.encodeInto(text, bytes.subarray(start));
    // Of one byte each, all are ASCII. TextEncoder replaces lone surrogates.
    if (written !== text.length && /\p{Surrogate}/u.test(text)) {
      this.#utf16(text);
      return;
    }
    if (fits) {
      bytes[head] = mark.STRING8;
      bytes[head + 1] = written;
    } else {
      bytes[head] = mark.STRING32;
      this.#view.setUint32(head + 1, written);
    }
    this.#at = start + written;
  }

  #utf16(text: string): void {
    this.byte(mark.STRING_UTF16);
    this.count(text.length);
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      this.byte(unit >> 8);
      this.byte(unit & 0xff);
    }
  }

  /** An unsigned integer of 8, 16 or 32 bits after its mark; the marks follow each other in this order. */
  #integer(mark8: number, value: number): void {
    const bytes = this.#bytes;
    if (value < 0x100) {
      bytes[this.#at++] = mark8;
      bytes[this.#at++] = value;
    } else if (value < 0x10000) {
      bytes[this.#at++] = mark8 + 1;
      bytes[this.#at++] = value >> 8;
      bytes[this.#at++] = value;
    } else {
      bytes[this.#at++] = mark8 + 2;
      this.#view.setUint32(this.#at, value);
      this.#at += 4;
    }
  }

  /** Goes on in a larger buffer with what was written since `begin`. */
  #grow(needed: number): void {
    const written = this.#bytes.subarray(this.#start, this.#at);
    this.#replace(Math.max(SLAB, (written.length + needed) * 2));
    this.#bytes.set(written);
    this.#start = 0;
    this.#at = written.length;
  }

  #replace(size: number): void {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
    this.#at = 0;
  }
}
