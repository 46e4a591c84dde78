/**
 * The end of an entry by itself, for stores that know it without reading the entry.
 *
 * @module
 */
import { encodeEnvelope } from "../../src/bytes/envelope.ts";
import { NO_TAGS } from "../../src/entry.ts";

const NOTHING = /* @__PURE__ */ new Uint8Array(0);

/** An envelope that ends at `staleUntil` and has no value, for whoever only asks whether an entry was there. */
export function envelopeUntil(staleUntil: number): Uint8Array {
  return encodeEnvelope({
    value: NOTHING,
    createdAt: 0,
    freshUntil: staleUntil,
    staleUntil,
    tags: NO_TAGS,
    sequence: undefined,
    version: undefined,
    loadTime: 0,
  });
}
