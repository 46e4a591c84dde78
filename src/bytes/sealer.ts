/**
 * Seals values on their way down to a store of bytes, opens payloads on their way up.
 *
 * @module
 */
import type { Entry } from "../entry.ts";
import { CodecError, CorruptError, TiercelError, TierLimitError } from "../errors.ts";
import { all, ended, isPromise, then } from "../maybe.ts";
import type {
  Codec,
  MaybePromise,
  ReadOptions,
  ReadResult,
  Tier,
  TierContext,
  TierOperations,
  Write,
} from "../tier.ts";
import { free } from "./free.ts";
import { newPayload, type OpenedPayload, openPayload, readPayload, sealPayload } from "./payload.ts";
import type { CodecRegistry } from "./registry.ts";
import type { AttachedEncryption, Compression } from "./steps.ts";

/**
 * Marks an entry whose value is sealed, with who sealed it. A property, so that it survives a spread: the cache sets
 * the sequence between `prepare` and `setMany`.
 */
const SEALED_BY: unique symbol = Symbol("sealed by");

/** Length of bytes from which on it pays to give their memory back at once. */
const LARGE = 16_384;

type SealedEntry = Entry<Uint8Array> & { [SEALED_BY]?: unknown };
type Store = TierOperations<Uint8Array, "async" | "sync">;

/** What values go through between their codec and the store. */
export interface SealerSteps {
  readonly compression: Compression | undefined;
  readonly encryption: AttachedEncryption | undefined;
  /** Whether the tier has a synchronous face, and so must encode at once. */
  readonly isSync: boolean;
}

/** What {@linkcode Sealer} does with values is in docs/format.md. */
export class Sealer {
  /** Where faults are told; known once the tier is open. */
  context: TierContext | undefined;
  readonly #store: Tier<Uint8Array>;
  readonly #codecs: CodecRegistry;
  readonly #compression: Compression | undefined;
  readonly #isSync: boolean;
  readonly #encryption: AttachedEncryption | undefined;
  readonly #maxKeyBytes: number;
  readonly #maxValueBytes: number;

  constructor(store: Tier<Uint8Array>, codecs: CodecRegistry, { compression, encryption, isSync }: SealerSteps) {
    this.#isSync = isSync;
    this.#store = store;
    this.#codecs = codecs;
    this.#compression = compression;
    this.#encryption = encryption;
    this.#maxKeyBytes = store.capabilities.maxKeyBytes ?? Infinity;
    this.#maxValueBytes = store.capabilities.maxValueBytes ?? Infinity;
  }

  /**
   * Encodes and seals, then lets the store prepare what it gets.
   *
   * @throws {CodecError} when a value would not come back equal, or no codec has the given id
   * @throws {TierLimitError} when a key or a payload is larger than the store can hold
   */
  prepare(writes: readonly Write[]): MaybePromise<readonly Write<Uint8Array>[]> {
    return then(all(writes.map((write) => this.#seal(write))), (sealed) =>
      this.#store.prepare === undefined ? sealed : this.#store.prepare(sealed),
    );
  }

  /** The writes as the store takes them: prepared ones as they are, any other prepared now. */
  sealed(writes: readonly Write[]): MaybePromise<readonly Write<Uint8Array>[]> {
    const isSealed = ({ entry }: Write): boolean => (entry as SealedEntry)[SEALED_BY] === this;
    if (writes.every(isSealed)) return writes as readonly Write<Uint8Array>[];
    const rest = writes.filter((write) => !isSealed(write));
    return then(this.prepare(rest), (prepared) => {
      let next = 0;
      return writes.map((write) => (isSealed(write) ? (write as Write<Uint8Array>) : prepared[next++]!));
    });
  }

  /** Opens what the store answered. What is corrupt becomes a miss, is reported, and is deleted before the answer. */
  open(
    store: Store,
    keys: readonly string[],
    result: ReadResult<Uint8Array>,
    options: ReadOptions,
  ): MaybePromise<ReadResult> {
    const { entries, sequence, leases } = result;
    const values = new Array<Entry | undefined>(keys.length).fill(undefined);
    let corrupt: string[] | undefined;
    let late: Promise<void>[] | undefined;
    for (let index = 0; index < keys.length; index++) {
      const entry = entries[index];
      if (entry === undefined || this.#encryption?.isOver(entry.createdAt, options.now)) continue;
      if (options.metaOnly) {
        values[index] = withoutValue(entry);
        continue;
      }
      const key = keys[index]!;
      const opened = ended(
        () => this.#open(key, entry, options.now),
        (value) => {
          values[index] = value;
        },
        (error) => {
          this.context?.report("corrupt", error, key);
          // Of a codec or key that is unknown here, it may be whole: another program knows it.
          if (error instanceof CorruptError) corrupt = [...(corrupt ?? []), key];
        },
      );
      if (isPromise(opened)) late = [...(late ?? []), opened];
    }
    const opened: ReadResult =
      leases === undefined ? { entries: values, sequence } : { entries: values, sequence, leases };
    const answer = (): MaybePromise<ReadResult> =>
      corrupt === undefined ? opened : this.#drop(store, corrupt, options.now, opened);
    return late === undefined ? answer() : Promise.all(late).then(answer);
  }

  #seal({ key, entry, lease, codec: choice }: Write): MaybePromise<Write<Uint8Array>> {
    const codec = this.#codecs.choose(choice);
    // A code unit has at most three bytes of UTF-8.
    if (key.length * 3 > this.#maxKeyBytes) this.#check("key", new TextEncoder().encode(key).length, this.#maxKeyBytes);
    const body = encode(codec, entry.value);
    const sealed = (payload: Uint8Array): Write<Uint8Array> => {
      this.#check("value", payload.length, this.#maxValueBytes);
      const sealed: SealedEntry = copy(entry, payload, codec.id, payload.length);
      sealed[SEALED_BY] = this;
      return { key, entry: sealed, lease };
    };
    const close = (packed: Uint8Array | undefined): MaybePromise<Write<Uint8Array>> =>
      this.#encryption === undefined
        ? sealed(sealPayload(key, entry, codec.id, packed ?? body, packed !== undefined))
        : then(this.#encryption.seal(key, entry, newPayload(codec.id, packed ?? body, packed !== undefined)), sealed);
    return this.#compression === undefined ? close(undefined) : then(this.#compression.pack(body, this.#isSync), close);
  }

  #check(what: string, length: number, limit: number): void {
    if (length <= limit) return;
    throw new TierLimitError(
      `Cannot store ${what} in ${this.#store.name} as it must be at most ${limit} bytes: received ${length}`,
    );
  }

  #open(key: string, entry: Entry<Uint8Array>, now: number): MaybePromise<Entry> {
    const { value } = entry;
    const encryption = this.#encryption;
    if (encryption === undefined) return this.#decode(entry, openPayload(key, entry, value));
    return then(encryption.unseal(key, entry, value), (payload) => {
      if (entry.freshUntil > now && encryption.isOld(value)) encryption.renew(key);
      return this.#decode(entry, readPayload(payload));
    });
  }

  #decode(entry: Entry<Uint8Array>, { codec: id, body, isPacked }: OpenedPayload): MaybePromise<Entry> {
    const codec = this.#codecs.find(id);
    if (codec === undefined) throw new CodecError(`Cannot decode value as its codec must be known: received "${id}"`);
    const decoded = (bytes: Uint8Array): Entry => {
      const value = decode(codec, bytes);
      const opened = copy(entry, value, id, entry.size ?? entry.value.length);
      // Bytes elsewhere are no part of what the store has answered.
      const isApart = value instanceof Uint8Array && value.length >= LARGE && value.buffer !== entry.value.buffer;
      if (isApart && this.#store.capabilities.copies) free(entry.value);
      return opened;
    };
    if (!isPacked) return decoded(body);
    if (this.#compression !== undefined) return then(this.#compression.unpack(body, this.#isSync), decoded);
    throw new CodecError("Cannot decode value as its tier must have a compression: received a compressed one");
  }

  /** Deletes what is corrupt. A store that cannot is reported, and the read is answered all the same. */
  #drop<T>(store: Store, keys: readonly string[], now: number, answer: T): MaybePromise<T> {
    const dropped = (gone: readonly boolean[]): T => {
      for (let index = 0; index < keys.length; index++) if (gone[index]) this.context?.removed(keys[index]!, "corrupt");
      return answer;
    };
    const failed = (error: unknown): T => {
      this.context?.report("fault", error);
      return answer;
    };
    try {
      const deleted = store.deleteMany(keys, now);
      return isPromise(deleted) ? deleted.then(dropped).catch(failed) : dropped(deleted);
    } catch (error) {
      return failed(error);
    }
  }
}

function encode(codec: Codec, value: unknown): Uint8Array {
  let bytes: unknown;
  try {
    bytes = codec.encode(value);
  } catch (cause) {
    throw cause instanceof TiercelError
      ? cause
      : new CodecError(`Cannot encode value by the codec ${codec.id}`, { cause });
  }
  if (bytes instanceof Uint8Array) return bytes;
  throw new CodecError(`Cannot encode value as the codec ${codec.id} must give a Uint8Array: received ${typeof bytes}`);
}

/** A codec's own errors become {@linkcode CorruptError}, whatever they are, but {@linkcode CodecError}: what another program can decode. */
function decode(codec: Codec, body: Uint8Array): unknown {
  let value: unknown;
  try {
    value = codec.decode(body);
  } catch (cause) {
    throw cause instanceof CorruptError || cause instanceof CodecError
      ? cause
      : new CorruptError(`Cannot decode value by the codec ${codec.id}`, { cause });
  }
  const isLate = isPromise(value);
  if (value !== undefined && !isLate) return value;
  // Nobody waits for it.
  if (isLate) Promise.resolve(value).catch(() => {});
  const received = isLate ? "a promise" : "undefined";
  throw new CodecError(`Cannot decode value as the codec ${codec.id} must give one at once: received ${received}`);
}

function withoutValue(entry: Entry<Uint8Array>): Entry {
  // A store may have left the value out itself.
  const value = entry.value as Uint8Array | undefined;
  return copy(entry, undefined, entry.codec, entry.size ?? value?.length);
}

/** A copy of an entry with another value. All copies have one shape, which keeps reading them fast. */
function copy<V>(entry: Entry, value: V, codec: string | undefined, size: number | undefined): Entry<V> {
  const { createdAt, freshUntil, staleUntil, tags, sequence, version, loadTime, profile } = entry;
  return { value, createdAt, freshUntil, staleUntil, tags, sequence, version, loadTime, codec, profile, size };
}
