/**
 * Encryption of a tier.
 *
 * @module
 */
import { type Duration, toMilliseconds } from "../../duration.ts";
import { CodecError, checkOptions, invalid } from "../../errors.ts";
import type { Tier } from "../../tier.ts";
import { isEncrypted, openPayload } from "../payload.ts";
import type { AttachedEncryption, Encryption } from "../steps.ts";
import { Cipher } from "./cipher.ts";
import { checkRing, type KeyRing } from "./key-ring.ts";
import { hiddenNames } from "./names-store.ts";
import { Renewal } from "./renewal.ts";

/** Options of {@linkcode encryption}. */
export interface EncryptionOptions {
  /** Hide the names of keys and tags from the store as well. Default `false`. */
  readonly hashKeys?: boolean | undefined;
  /** Serve what was stored without encryption, and encrypt it when it is read: for the time of a migration. Default `false`. */
  readonly allowPlain?: boolean | undefined;
  /**
   * What is older than this is a miss, whatever its deadlines say: they are not encrypted, since they can be moved, but the time when a value was
   * made cannot be forged. Default `Infinity`.
   */
  readonly maxAge?: Duration | undefined;
  /** Writes under one key in one process after which an `error` event tells that it has to be rotated. Default 2³¹; 2³² are allowed. */
  readonly warnAfter?: number | undefined;
}

/** Half of what one key may encrypt: time to rotate it is left. */
const WARN_AFTER = 2 ** 31;

/**
 * Encrypts what a tier stores, by AES-256-GCM: every adapter takes it as its option `encryption`. Who can read the store learns nothing of
 * values; and what was changed in it, or moved to another key, namespace, scope or cache, is a miss and a `corrupt` event.
 *
 * Such a tier has no synchronous face. What is read under an older key of the ring is written again under the current one, in the
 * background, where the store gives leases (SQL, Redis, MongoDB and others); what is under a key that the ring has not is a miss, and stays.
 *
 * Not hidden are: tags and keys (unless `hashKeys`), the cache's name, lengths, times, versions, and the codec and profile of an entry. Whoever
 * can write to the store can delete, put back what the same key had before, and move deadlines (see `maxAge`).
 *
 * @throws {ConfigError} for what is no ring of `keyRing()`, and for a wrong option
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { encryption, keyRing } from "tiercel/encryption";
 * import { redis } from "tiercel/redis";
 *
 * const ring = keyRing({ current: process.env.CACHE_KEY! });
 * const cache = createCache({ tiers: [memory(), redis("redis://127.0.0.1:6379", { encryption: encryption(ring) })] });
 * ```
 */
export function encryption(ring: KeyRing, options: EncryptionOptions = {}): Encryption {
  checkRing(ring);
  checkOptions(options);
  const { hashKeys = false, allowPlain = false, maxAge = Infinity, warnAfter = WARN_AFTER } = options;
  for (const [name, flag] of Object.entries({ hashKeys, allowPlain }))
    if (typeof flag !== "boolean") throw invalid(name, "true or false", flag);
  if (!Number.isSafeInteger(warnAfter) || warnAfter < 1) throw invalid("warnAfter", "an integer above 0", warnAfter);
  const age = toMilliseconds(maxAge, "maxAge");
  if (!(age > 0)) throw invalid("maxAge", "above 0", maxAge);
  return {
    attach: (store) =>
      attach(hashKeys ? hiddenNames(store, ring) : store, ring, { allowPlain, maxAge: age, warnAfter }),
  };
}

interface Settings {
  readonly allowPlain: boolean;
  readonly maxAge: number;
  readonly warnAfter: number;
}

function attach(
  store: Tier<Uint8Array>,
  ring: KeyRing,
  { allowPlain, maxAge, warnAfter }: Settings,
): AttachedEncryption {
  const { capabilities } = store;
  let cipher: Cipher;
  let renewal: Renewal | undefined;
  const attached: AttachedEncryption = {
    store,
    open(context) {
      const warn = (error: unknown): void => context.report("fault", error);
      cipher = new Cipher({ ring, cacheName: context.cacheName, warnAfter, warn });
      if (!capabilities.leases || capabilities.readOnly) return;
      renewal = new Renewal({
        store,
        context,
        isOld: attached.isOld,
        unseal: attached.unseal,
        seal: attached.seal,
      });
    },
    seal: (key, meta, payload) => cipher.seal(key, meta, payload),
    unseal(key, meta, payload) {
      if (isEncrypted(payload)) return cipher.unseal(key, meta, payload);
      if (!allowPlain) throw new CodecError("Cannot decrypt payload as it must be encrypted: received a plain one");
      openPayload(key, meta, payload);
      return payload;
    },
    isOld: (payload) => !isEncrypted(payload) || cipher.isOld(payload),
    isOver: (createdAt, now) => createdAt + maxAge <= now,
    renew: (key) => renewal?.add(key),
    touch: (change) => (renewal ? renewal.touch(change) : change()),
    settled: () => renewal?.settled(),
  };
  return attached;
}
