/**
 * `bytes()` with the codecs of Tiercel.
 *
 * @module
 */
import { checkOptions, invalid } from "../errors.ts";
import type { Codec, Tier } from "../tier.ts";
import { cbor } from "./codecs/cbor.ts";
import { json } from "./codecs/json.ts";
import { structured } from "./codecs/structured.ts";
import { type ByteSteps, codecTier } from "./tier.ts";

/** How values become bytes: options of {@linkcode bytes}, and of every adapter that stores bytes. */
export interface BytesOptions extends ByteSteps {
  /** Encodes what is written without a codec of its own. Default `cbor`. */
  readonly codec?: Codec | undefined;
  /** Codecs that can be named by id and that stored values are decoded with. Default `cbor`, `json` and `structured`. */
  readonly codecs?: readonly Codec[] | undefined;
}

/**
 * Makes a tier of values from a store that keeps only bytes.
 *
 * Values are encoded by the codec of the write or the default one, and sealed with a checksum over the key, the
 * creation time, the version and the tags. What does not prove whole on the way back is a miss, is deleted from the store
 * and reported; a value of a codec that is not known here is a miss too, but stays. A store that answers at once makes
 * a tier that answers at once. To leave out the codecs that are not used, take {@linkcode codecTier}.
 *
 * @throws {ConfigError} when two codecs share an id or an id is not 1 to 32 characters of `a-z`, `0-9`, `-`, and for what is no
 * compression or encryption
 */
export function bytes(store: Tier<Uint8Array>, options: BytesOptions = {}): Tier {
  checkOptions(options);
  const { codec = cbor, codecs = [cbor, json, structured] } = options;
  if (!Array.isArray(codecs)) throw invalid("codecs", "a list of codecs", codecs);
  return codecTier(store, [codec, ...codecs.filter((one) => one !== codec)], options);
}
