/**
 * What a user gives as a key, checked and made a key that others can be derived of.
 *
 * @module
 */
import { ConfigError } from "../../errors.ts";

/** What is used of a `CryptoKey`, whose type not every project has. */
export interface WebCryptoKey {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}

/**
 * A key of 256 bits: raw bytes; base64 (standard or URL-safe, with or without padding); or a `CryptoKey`, which is either
 * for HKDF with the usage `deriveBits`, or a secret one of 256 bits that can be exported.
 */
export type KeyInput = string | Uint8Array | ArrayBuffer | WebCryptoKey;

/** Bytes of a key. */
const LENGTH = 32;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** A key that was checked. Nothing in here can be printed. */
export class KeyMaterial {
  readonly #key: CryptoKey | Uint8Array<ArrayBuffer>;

  /** @throws {ConfigError} naming `option`, and never showing the key */
  constructor(option: string, input: unknown) {
    this.#key = read(option, input);
  }

  /** The key for HKDF. Bytes that were given are forgotten. */
  async import(): Promise<WebCryptoKey> {
    const { subtle } = globalThis.crypto ?? {};
    if (subtle === undefined) {
      throw new ConfigError(
        "ring",
        "Cannot use ring as the runtime must have crypto.subtle (browsers: only on https and localhost): received none",
      );
    }
    const key = this.#key;
    if (key instanceof Uint8Array) return importRaw(subtle, key);
    return key.algorithm.name === "HKDF" ? key : importRaw(subtle, new Uint8Array(await subtle.exportKey("raw", key)));
  }
}

async function importRaw(subtle: SubtleCrypto, bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const key = await subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  bytes.fill(0);
  return key;
}

function read(option: string, input: unknown): CryptoKey | Uint8Array<ArrayBuffer> {
  if (typeof input === "string") return sized(option, decode(option, input));
  if (input instanceof Uint8Array) return sized(option, Uint8Array.from(input));
  if (input instanceof ArrayBuffer) return sized(option, new Uint8Array(input.slice(0)));
  if (isCryptoKey(input)) return checked(option, input);
  const received = input === null ? "null" : Array.isArray(input) ? "an array" : `${typeof input}`;
  throw wrong(option, `${LENGTH} bytes, their base64 or a CryptoKey`, received);
}

function sized(option: string, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length === LENGTH) return bytes;
  throw wrong(option, `${LENGTH} bytes long`, `${bytes.length}`);
}

function decode(option: string, text: string): Uint8Array<ArrayBuffer> {
  if (!BASE64.test(text) || text.replace(/=+$/, "").length % 4 === 1)
    throw wrong(option, `${LENGTH} bytes as base64`, "another text");
  const units = atob(text.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(units, (unit) => unit.charCodeAt(0));
}

/** By its form: a runtime may have several realms, each with a class of its own. */
function isCryptoKey(input: unknown): input is CryptoKey {
  const key = input as Partial<CryptoKey> | null | undefined;
  return typeof key === "object" && typeof key?.algorithm?.name === "string" && Array.isArray(key.usages);
}

function checked(option: string, key: CryptoKey): CryptoKey {
  if (key.type !== "secret") throw wrong(option, "a secret CryptoKey", `a ${key.type} one`);
  if (key.algorithm.name === "HKDF") {
    if (key.usages.includes("deriveBits")) return key;
    throw wrong(option, "a CryptoKey with the usage deriveBits", "one without");
  }
  const { length } = key.algorithm as { length?: number };
  if (!key.extractable) throw wrong(option, "a CryptoKey for HKDF, or one that can be exported", "another");
  if (length === LENGTH * 8) return key;
  throw wrong(option, `a CryptoKey of ${LENGTH * 8} bits`, `${length ?? "another"}`);
}

/** Tells what is wrong, never what was received but its kind or length. */
function wrong(option: string, rule: string, received: string): ConfigError {
  return new ConfigError(option, `Cannot use ${option} as it must be ${rule}: received ${received}`);
}
