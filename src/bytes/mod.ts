/**
 * Values as bytes: codecs, the sealed payload, the envelope, and the tier over a byte store.
 *
 * @module
 */
export { type BytesOptions, bytes } from "./bytes.ts";
export { cbor } from "./codecs/cbor.ts";
export { json } from "./codecs/json.ts";
export { structured } from "./codecs/structured.ts";
export { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
export type { SealedMeta } from "./payload.ts";
export type { AttachedEncryption, Compression, Encryption } from "./steps.ts";
export { type ByteSteps, codecTier } from "./tier.ts";
