/**
 * The codecs of one tier, by id.
 *
 * @module
 */
import { CodecError, describe, invalid } from "../errors.ts";
import type { Codec } from "../tier.ts";

const ID = /^[a-z0-9-]{1,32}$/;

/** Most codecs of one tier, those counted that come with single writes. */
const MOST = 64;

/** Codecs by id; the first is the default. */
export interface CodecRegistry {
  /** The codec with this id, if it is known. */
  find(id: string): Codec | undefined;
  /**
   * The codec that a caller asked for: an object, an id, or the default. An object that is new here is kept, as what it
   * encodes must be decoded.
   *
   * @throws {CodecError} when no codec has this id
   * @throws {ConfigError} when an object is no codec, or another one has its id
   */
  choose(codec: Codec | string | undefined): Codec;
}

/** @throws {ConfigError} when there is none, two share an id, or one is no codec */
export function codecRegistry(codecs: readonly Codec[]): CodecRegistry {
  const known = new Map<string, Codec>();
  for (const codec of codecs) register(known, codec);
  const preferred = codecs[0];
  if (preferred === undefined) throw invalid("codecs", "a list of at least one codec", undefined);
  return {
    find: (id) => known.get(id),
    choose(codec = preferred) {
      if (typeof codec === "string") {
        const ids = [...known.keys()];
        return (
          known.get(codec) ??
          refuse(`Cannot encode value as its codec must be one of ${ids.join(", ")}: received ${describe(codec)}`)
        );
      }
      if (known.get(codec?.id) !== codec) register(known, codec);
      return codec;
    },
  };
}

function register(known: Map<string, Codec>, codec: Codec): void {
  if (typeof codec?.encode !== "function" || typeof codec.decode !== "function") {
    throw invalid("codec", "an object with id, encode and decode", codec);
  }
  const { id } = codec;
  if (typeof id !== "string" || !ID.test(id))
    throw invalid("codec", "of an id of 1 to 32 characters of a-z, 0-9, -", id);
  if (known.has(id)) throw invalid("codec", "the only one with its id", id);
  if (known.size >= MOST) throw invalid("codec", `one of at most ${MOST}`, id);
  known.set(id, codec);
}

function refuse(message: string): never {
  throw new CodecError(message);
}
