/**
 * What is stored in the place of a compressed value: a byte for the format, the number of bytes that it has unpacked, and the stream.
 * docs/format.md has it.
 *
 * @module
 */
import { CodecError, CorruptError } from "../../errors.ts";
import { then } from "../../maybe.ts";
import { FieldReader, varintSize, writeVarint } from "../envelope-fields.ts";
import type { Compression } from "../steps.ts";
import type { CompressionFormat, Engine } from "./engines.ts";

/** The first byte of what is packed is the place in this list, counted from 1. */
export const FORMATS: readonly CompressionFormat[] = ["deflate-raw", "gzip", "deflate"];

/** Settings of a {@linkcode Packer}. */
export interface PackerSettings {
  readonly threshold: number;
  readonly minGain: number;
  readonly maxSize: number;
  readonly format: CompressionFormat;
}

/** Packs by an engine, which is asked for when it is needed. */
export class Packer implements Compression {
  readonly #settings: PackerSettings;
  readonly #engine: () => Engine;

  constructor(settings: PackerSettings, engine: () => Engine) {
    this.#settings = settings;
    this.#engine = engine;
  }

  get sync(): boolean {
    return this.#engine().sync;
  }

  pack(body: Uint8Array, now: boolean): ReturnType<Compression["pack"]> {
    const { threshold, minGain, maxSize, format } = this.#settings;
    const { length } = body;
    if (length < threshold || length > maxSize) return undefined;
    const head = 1 + varintSize(length);
    return then(this.#engine().pack(body, format, now), (packed) => {
      if (packed === undefined || head + packed.length > length * (1 - minGain)) return undefined;
      const bytes = new Uint8Array(head + packed.length);
      bytes[0] = FORMATS.indexOf(format) + 1;
      bytes.set(packed, writeVarint(bytes, 1, length));
      return bytes;
    });
  }

  unpack(packed: Uint8Array, now: boolean): ReturnType<Compression["unpack"]> {
    const format = FORMATS[(packed[0] ?? 0) - 1];
    if (format === undefined) {
      throw new CodecError(`Cannot unpack value as its format must be known: received ${packed[0] ?? "none"}`);
    }
    const reader = new FieldReader(packed, new DataView(packed.buffer, packed.byteOffset, packed.byteLength), 1);
    const size = reader.length();
    if (size > this.#settings.maxSize) {
      throw new CorruptError(
        `Cannot unpack value as it must have at most ${this.#settings.maxSize} bytes: received ${size}`,
      );
    }
    return this.#engine().unpack(reader.rest(), format, size, now);
  }
}
