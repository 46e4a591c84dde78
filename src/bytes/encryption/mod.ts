/**
 * Encryption of what tiers store, `tiercel/encryption`.
 *
 * @module
 */
export type { Encryption } from "../steps.ts";
export { type EncryptionOptions, encryption } from "./encryption.ts";
export type { KeyInput, WebCryptoKey } from "./key-material.ts";
export { type KeyRing, type KeyRingOptions, keyRing } from "./key-ring.ts";
