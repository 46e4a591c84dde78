/**
 * Reads the primitives of the `structured` format, never beyond the end.
 *
 * @module
 */
import { CorruptError } from "../../errors.ts";
import { magnitude } from "./magnitude.ts";
import * as mark from "./structured-format.ts";

const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
const { fromCharCode } = String;

/** Names of properties repeat from value to value: so many are kept, so that they need not be decoded again. */
const NAMES = 1024;
/** Longest name that is kept. */
const LONGEST_NAME = 24;

/** A cursor over bytes. Every method throws a {@linkcode CorruptError} when fewer bytes are left than it needs. */
export class ByteReader {
  #bytes = NOTHING;
  #at = 0;
  readonly #scratch = new DataView(new ArrayBuffer(8));
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #names = new Array<string | undefined>(NAMES).fill(undefined);

  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
  }

  close(): void {
    this.#bytes = NOTHING;
  }

  /** @throws {CorruptError} when there are bytes left */
  finish(): void {
    if (this.#at !== this.#bytes.length) throw new CorruptError("Cannot decode value as it must end with its bytes");
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw cutOff();
    return this.#bytes[this.#at++]!;
  }

  uint16(): number {
    const at = this.#take(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  uint32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  float(): number {
    this.#scratch.setUint32(0, this.uint32());
    this.#scratch.setUint32(4, this.uint32());
    return this.#scratch.getFloat64(0);
  }

  /** LEB128 of at most 32 bits. */
  count(): number {
    let value = 0;
    for (let factor = 1; factor <= 0x10000000; factor *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > 0xffffffff) break;
        return value;
      }
    }
    throw new CorruptError("Cannot decode value as a number must have at most 32 bits");
  }

  /** A number of things each of which takes at least one byte. */
  items(): number {
    const count = this.count();
    if (count > this.left) throw cutOff();
    return count;
  }

  /** Whatever string comes next. */
  name(): string {
    const head = this.byte();
    if (head < mark.SHORT_STRING || head >= mark.SHORT_ARRAY) return this.string(head);
    const length = head & 0x1f;
    return length === 0 || length > LONGEST_NAME ? this.utf8(length) : this.#known(length);
  }

  /** A string after its mark. */
  string(head: number): string {
    switch (head) {
      case mark.STRING8:
        return this.utf8(this.byte());
      case mark.STRING32:
        return this.utf8(this.uint32());
      case mark.STRING_UTF16:
        return this.#utf16(this.count());
      default:
        throw new CorruptError("Cannot decode value as a name must be a string: received something else");
    }
  }

  utf8(length: number): string {
    const start = this.#take(length);
    const bytes = this.#bytes;
    if (length > 32) return this.#decoder.decode(bytes.subarray(start, this.#at));
    const units = new Array<number>(length);
    for (let index = 0; index < length; index++) {
      const unit = bytes[start + index]!;
      if (unit > 0x7f) return this.#decoder.decode(bytes.subarray(start, this.#at));
      units[index] = unit;
    }
    return fromCharCode.apply(null, units);
  }

  /** Bytes in a buffer of their own. */
  copy(length: number): ArrayBuffer {
    const start = this.#take(length);
    const copy = new Uint8Array(length);
    copy.set(this.#bytes.subarray(start, this.#at));
    return copy.buffer;
  }

  /** Bytes as one unsigned integer, the highest first. */
  bigint(length: number): bigint {
    const start = this.#take(length);
    return magnitude(this.#bytes.subarray(start, this.#at));
  }

  /** A short string that was probably read before: found by a hash of its bytes (FNV-1a), proved by comparing them. */
  #known(length: number): string {
    const start = this.#at;
    if (length > this.left) throw cutOff();
    const bytes = this.#bytes;
    let hash = length;
    for (let index = 0; index < length; index++) hash = Math.imul(hash ^ bytes[start + index]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (NAMES - 1);
    const known = this.#names[slot];
    if (known !== undefined && known.length === length) {
      let index = 0;
      while (index < length && known.charCodeAt(index) === bytes[start + index]) index++;
      if (index === length) {
        this.#at = start + length;
        return known;
      }
    }
    const name = this.utf8(length);
    // As many code units as bytes: ASCII, the only text whose units are its bytes.
    if (name.length === length) this.#names[slot] = name;
    return name;
  }

  #utf16(length: number): string {
    const start = this.#take(length * 2);
    let text = "";
    for (let at = start; at < this.#at; at += 2) text += fromCharCode((this.#bytes[at]! << 8) | this.#bytes[at + 1]!);
    return text;
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw cutOff();
    this.#at = start + length;
    return start;
  }
}

function cutOff(): CorruptError {
  return new CorruptError("Cannot decode value as it must be whole: received its beginning");
}
