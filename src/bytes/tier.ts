/**
 * A tier of values over a store of bytes, for any codecs.
 *
 * @module
 */
import { defineTier } from "../define-tier.ts";
import { ConfigError, checkOptions, kindOf, methods } from "../errors.ts";
import { then } from "../maybe.ts";
import type { Answer, Codec, MaybePromise, ReadResult, Tier, TierOperations, WriteResult } from "../tier.ts";
import { codecRegistry } from "./registry.ts";
import { Sealer } from "./sealer.ts";
import type { AttachedEncryption, Compression, Encryption } from "./steps.ts";

/** What a tier does to values besides encoding them. */
export interface ByteSteps {
  /** Compresses large values: `compression()` of `tiercel/compression`. Default none, and what is compressed is a miss. */
  readonly compression?: Compression | undefined;
  /** Encrypts: `encryption()` of `tiercel/encryption`. Default none, and what is encrypted is a miss. The tier is not synchronous then. */
  readonly encryption?: Encryption | undefined;
}

/**
 * Makes a tier of values from a store of bytes and the given codecs, the first of which encodes by default.
 * As `bytes()`, but with no codec of its own, so that a bundle holds only those that are used.
 *
 * Sealed entries go to the store with `codec` and `size` (of the payload) set. `setMany` takes what `prepare`
 * answered, and encodes what did not go through `prepare`. A codec object that comes with a write is kept, to decode
 * what it encoded.
 *
 * @throws {ConfigError} when there is no codec, two share an id, or an id is not 1 to 32 characters of `a-z`, `0-9`, `-`; and for what is
 * no store, compression or encryption
 */
export function codecTier(bytes: Tier<Uint8Array>, codecs: readonly Codec[], steps: ByteSteps = {}): Tier {
  checkOptions(steps, "steps");
  const { compression, encryption: given } = steps;
  methods("store", bytes ?? null, "getMany", "setMany");
  check("compression", compression?.pack, compression, "compression()");
  check("encryption", given?.attach, given, "encryption()");
  const encryption = given?.attach(bytes);
  const store = encryption?.store ?? bytes;
  const isSync = store.sync !== undefined && encryption === undefined && compression?.sync !== false;
  const sealer = new Sealer(store, codecRegistry(codecs), { compression, encryption, isSync });
  const tier: { -readonly [K in keyof Tier]: Tier[K] } = {
    name: store.name,
    capabilities: isSync || !store.capabilities.sync ? store.capabilities : { ...store.capabilities, sync: false },
    ...face<"async">(store, sealer),
    prepare: (writes) => sealer.prepare(writes),
    open(context) {
      sealer.context = context;
      encryption?.open(context);
      return store.open?.(context);
    },
  };
  if (encryption !== undefined) encrypted(tier, store, encryption);
  if (isSync) tier.sync = face<"sync">(store.sync!, sealer);
  if (store.options !== undefined) tier.options = store.options;
  if (store.profiles !== undefined) tier.profiles = store.profiles;
  if (store.logs !== undefined) tier.logs = store.logs;
  if (store.inspect !== undefined) tier.inspect = store.inspect.bind(store);
  if (store.usage !== undefined) tier.usage = store.usage.bind(store);
  if (store.close !== undefined && encryption === undefined) tier.close = store.close.bind(store);
  // A store may have its client only once it is open.
  if ("client" in store) Object.defineProperty(tier, "client", { get: () => store.client, enumerable: true });
  return defineTier(tier);
}

/** What is written again in the background keeps its order with deadlines, and is done before the store is closed. */
function encrypted(
  tier: { -readonly [K in keyof Tier]: Tier[K] },
  store: Tier<Uint8Array>,
  encryption: AttachedEncryption,
): void {
  const { touchMany } = tier;
  if (touchMany !== undefined) tier.touchMany = (touches, now) => encryption.touch(() => touchMany(touches, now));
  tier.close = () => then(encryption.settled(), () => store.close?.());
}

function check(option: string, method: unknown, given: unknown, maker: string): void {
  if (given === undefined || typeof method === "function") return;
  throw new ConfigError(option, `Cannot use ${option} as it must be made by ${maker}: received ${kindOf(given)}`);
}

/** The operations of one face: reads and writes through the sealer, the others straight to the store. */
function face<A extends "async" | "sync">(
  store: TierOperations<Uint8Array, A>,
  sealer: Sealer,
): TierOperations<unknown, A> {
  const operations: TierOperations<unknown, A> = {
    getMany: (keys, options) =>
      then(store.getMany(keys, options) as MaybePromise<ReadResult<Uint8Array>>, (result) =>
        sealer.open(store, keys, result, options),
      ) as Answer<ReadResult, A>,
    setMany: (writes, now) =>
      then(sealer.sealed(writes), (sealed) => store.setMany(sealed, now) as MaybePromise<WriteResult>) as Answer<
        WriteResult,
        A
      >,
    deleteMany: (keys, now) => store.deleteMany(keys, now),
    clear: (prefix, now, progress) => store.clear(prefix, now, progress),
  };
  if (store.touchMany !== undefined) operations.touchMany = store.touchMany.bind(store);
  if (store.prune !== undefined) operations.prune = store.prune.bind(store);
  if (store.scan !== undefined) operations.scan = store.scan.bind(store);
  if (store.size !== undefined) operations.size = store.size.bind(store);
  if (store.invalidate !== undefined) operations.invalidate = store.invalidate.bind(store);
  if (store.journal !== undefined) operations.journal = store.journal.bind(store);
  if (store.release !== undefined) operations.release = store.release.bind(store);
  return operations;
}
