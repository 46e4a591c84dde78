/**
 * Compression of what tiers store, `tiercel/compression`.
 *
 * @module
 */
import { checkOptions, invalid, oneOf } from "../../errors.ts";
import type { Compression } from "../steps.ts";
import { type CompressionFormat, engine } from "./engines.ts";
import { FORMATS, Packer } from "./packer.ts";

/** Options of {@linkcode compression}. */
export interface CompressionOptions {
  /** Values of fewer encoded bytes are stored as they are. Default 1,024. */
  readonly threshold?: number | undefined;
  /** Share of the bytes that must be saved, from 0 to 1; else the value is stored as it is. Default 0.1. */
  readonly minGain?: number | undefined;
  /**
   * Most bytes that a value may have once it is unpacked: what claims or turns out to have more is a miss. Larger values are stored as
   * they are. Default 64 MiB.
   */
  readonly maxSize?: number | undefined;
  /** What values are compressed with; all formats are read. Default `deflate-raw`, which has the fewest bytes of its own. */
  readonly format?: CompressionFormat | undefined;
}

const THRESHOLD = 1_024;
const MIN_GAIN = 0.1;
const MAX_SIZE = 67_108_864;

/**
 * Compresses what a tier stores, before it is encrypted: every adapter takes it as its option `compression`. What does not pay is
 * stored as it is.
 *
 * zlib does it where the runtime has it built in, which also serves synchronous tiers, else `CompressionStream`. A runtime
 * with neither reads what others compressed, and stores without.
 *
 * Beside secrets that an attacker wants, whoever can choose a part of the same value can learn of the rest by how well it is
 * compressed, though it be encrypted (as in CRIME, 2012).
 *
 * @throws {ConfigError} for a wrong option
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { compression } from "tiercel/compression";
 * import { sqlite } from "tiercel/sqlite";
 *
 * const cache = createCache({ tiers: [memory(), sqlite("cache.db", { compression: compression({ threshold: 4_096 }) })] });
 * ```
 */
export function compression(options: CompressionOptions = {}): Compression {
  checkOptions(options);
  const { threshold = THRESHOLD, minGain = MIN_GAIN, maxSize = MAX_SIZE, format = "deflate-raw" } = options;
  oneOf("format", FORMATS, format);
  for (const [name, value] of Object.entries({ threshold, minGain, maxSize }))
    if (typeof value !== "number") throw invalid(name, "a number", value);
  if (!(threshold >= 0)) throw invalid("threshold", "a number of bytes", threshold);
  if (!(minGain >= 0 && minGain <= 1)) throw invalid("minGain", "a number from 0 to 1", minGain);
  if (!(maxSize >= 1 && maxSize <= 2 ** 31)) throw invalid("maxSize", "from 1 to 2147483648 bytes", maxSize);
  return new Packer({ threshold, minGain, maxSize, format }, engine);
}

export type { Compression } from "../steps.ts";
export type { CompressionFormat } from "./engines.ts";
