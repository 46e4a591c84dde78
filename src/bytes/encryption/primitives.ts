/**
 * AES and HMAC by Web Crypto, and for small texts by the runtime's own crypto where that is much faster.
 *
 * On Node every call of Web Crypto goes to another thread and back, which costs more than encrypting a few kilobytes. The bytes are the same.
 *
 * @module
 */
import type { MaybePromise } from "../../tier.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The slice of node:crypto that is used. */
interface NodeCrypto {
  createSecretKey(key: Uint8Array): object;
  createCipheriv(algorithm: string, key: object, iv: Uint8Array, options?: object): NodeCipher;
  createDecipheriv(algorithm: string, key: object, iv: Uint8Array, options?: object): NodeCipher;
  createHmac(algorithm: string, key: object): { update(bytes: Uint8Array): { digest(): Uint8Array } };
}

interface NodeCipher {
  setAAD(bytes: Uint8Array): void;
  setAuthTag(tag: Uint8Array): void;
  getAuthTag(): Uint8Array;
  update(bytes: Uint8Array): Uint8Array;
  final(): Uint8Array;
}

interface Scope {
  readonly process?: { getBuiltinModule?(name: string): unknown };
  readonly navigator?: { readonly userAgent?: string };
}

/** Up to so many bytes the way to another thread and back is the longer one. */
const SMALL = 32_768;
export const TAG_LENGTH = 16;

let found: { readonly node: NodeCrypto | null } | undefined;

/** node:crypto on Node itself: others have Web Crypto in this thread, or a copy of node:crypto that is slower. */
function nodeCrypto(): NodeCrypto | null {
  if (found === undefined) {
    const { process, navigator } = globalThis as Scope;
    const isNode = /^(Node\.js\/|$)/.test(navigator?.userAgent ?? "");
    const node = isNode ? (process?.getBuiltinModule?.("node:crypto") as Partial<NodeCrypto> | undefined) : undefined;
    found = { node: typeof node?.createSecretKey === "function" ? (node as NodeCrypto) : null };
  }
  return found.node;
}

/** AES-256-GCM under one key (NIST SP 800-38D), with tags of 16 bytes behind the ciphertext. */
export interface Gcm {
  encrypt(iv: Bytes, additionalData: Bytes, bytes: Uint8Array): MaybePromise<Uint8Array>;
  /** Throws or rejects when the tag does not match. */
  decrypt(iv: Bytes, additionalData: Bytes, bytes: Uint8Array): MaybePromise<Uint8Array>;
}

/** @param raw 32 bytes, which are forgotten
 * @param node `null`: Web Crypto alone */
export async function gcmOf(raw: Bytes, node: NodeCrypto | null = nodeCrypto()): Promise<Gcm> {
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  const web: Gcm = {
    encrypt: async (iv, additionalData, bytes) =>
      new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, bytes as BufferSource)),
    // A copy, since a store's bytes may be in a buffer of a kind that Web Crypto refuses.
    decrypt: async (iv, additionalData, bytes) =>
      new Uint8Array(
        await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, bytes.slice() as BufferSource),
      ),
  };
  const secret = node?.createSecretKey(raw);
  raw.fill(0);
  if (!node || !secret) return web;
  const options = { authTagLength: TAG_LENGTH };
  return {
    encrypt(iv, additionalData, bytes) {
      if (bytes.length > SMALL) return web.encrypt(iv, additionalData, bytes);
      const cipher = node.createCipheriv("aes-256-gcm", secret, iv, options);
      cipher.setAAD(additionalData);
      const sealed = new Uint8Array(bytes.length + TAG_LENGTH);
      sealed.set(cipher.update(bytes));
      cipher.final();
      sealed.set(cipher.getAuthTag(), bytes.length);
      return sealed;
    },
    decrypt(iv, additionalData, bytes) {
      if (bytes.length > SMALL) return web.decrypt(iv, additionalData, bytes);
      const decipher = node.createDecipheriv("aes-256-gcm", secret, iv, options);
      const end = bytes.length - TAG_LENGTH;
      decipher.setAAD(additionalData);
      decipher.setAuthTag(bytes.subarray(end));
      const opened = decipher.update(bytes.subarray(0, end));
      // Throws unless the tag matches.
      decipher.final();
      return opened;
    },
  };
}

/** HMAC-SHA-256 and AES-256-CTR with a counter of 64 bits, each under a key of its own. */
export interface Siv {
  mac(bytes: Bytes): MaybePromise<Uint8Array>;
  /** Encrypts what is plain, and decrypts what is not: it is the same. */
  crypt(counter: Bytes, bytes: Bytes): MaybePromise<Uint8Array>;
}

/** @param macKey 32 bytes as `counterKey`, which are forgotten
 * @param node `null`: Web Crypto alone */
export async function sivOf(macKey: Bytes, counterKey: Bytes, node: NodeCrypto | null = nodeCrypto()): Promise<Siv> {
  const secrets = node && [node.createSecretKey(macKey), node.createSecretKey(counterKey)];
  const [mac, counting] = await Promise.all([
    crypto.subtle.importKey("raw", macKey, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
    crypto.subtle.importKey("raw", counterKey, "AES-CTR", false, ["encrypt"]),
  ]);
  macKey.fill(0);
  counterKey.fill(0);
  const crypt: Siv["crypt"] = async (counter, bytes) =>
    new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 64 }, counting, bytes));
  if (!node || !secrets)
    return { mac: async (bytes) => new Uint8Array(await crypto.subtle.sign("HMAC", mac, bytes)), crypt };
  return {
    mac: (bytes) => node.createHmac("sha256", secrets[0]!).update(bytes).digest(),
    crypt(counter, bytes) {
      // It counts with all 128 bits, which is the same unless the lower 64 overflow: after 256 blocks of 16 bytes at the soonest, but for these.
      if (bytes.length > 4_096 || counter.subarray(8, 15).every((byte) => byte === 0xff)) return crypt(counter, bytes);
      const cipher = node.createCipheriv("aes-256-ctr", secrets[1]!, counter);
      return cipher.update(bytes);
    },
  };
}

/** Whether two rows of bytes are the same, in a time that does not tell where they differ. */
export function isSame(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [at, byte] of left.entries()) difference |= byte ^ (right[at] ?? 0);
  return difference === 0;
}

/** Goes on with what is at hand, or is being made and is then kept. */
export function kept<T>(make: () => Promise<T>): () => MaybePromise<T> {
  let value: MaybePromise<T> | undefined;
  return () => {
    if (value !== undefined) return value;
    const made = make();
    value = made;
    made.then(
      (ready) => {
        value = ready;
      },
      () => {
        value = undefined;
      },
    );
    return value;
  };
}
